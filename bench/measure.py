"""One program, run once in a fresh process: its processor time, wall time and peak memory as the kernel counted them.

Standard library only and small on purpose: a child's `ru_maxrss` starts at the size of the process that spawned it.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CORES = 2
ERROR_BYTES_SHOWN = 400


@dataclass(frozen=True)
class Usage:
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Failed:
    """Why a program gave no result."""

    why: str


def use_two_cores() -> None:
    """All programs get the same cores: this process and its children stay on the first two."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


def run(command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None) -> Usage | Failed:
    """Runs the command; its output goes to the log file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        begin = time.monotonic()
        child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        prefer_as_victim(child.pid)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        return Failed(reason(child.returncode, log))
    # The kernel counts the children that the program waited for, too; peak memory is the largest process's.
    return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss * 1024)


def prefer_as_victim(pid: int) -> None:
    """If memory runs out, the kernel shall end the engine, not the benchmark."""
    with suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000", encoding="ascii")


def reason(code: int, log: Path) -> str:
    if code == -signal.SIGKILL:
        return "killed, most likely out of memory"
    if code < 0:
        return f"ended by signal {signal.Signals(-code).name}"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no message"]
    return f"exit code {code}: {lines[-1][:ERROR_BYTES_SHOWN]}"
