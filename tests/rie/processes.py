"""Starting, awaiting and ending the programs around the function."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

# Whatever takes longer has failed; nothing else depends on it.
TIMEOUT_SECONDS = 120
GRACE_SECONDS = 10


class Failed(Exception):
    """Something is not as it should be; the message says what."""


def wait_until(ready: Callable[[], bool], what: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Waits for a program that was just started, and says what it wrote if it ends instead."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not ready():
        if process.poll() is not None:
            raise Failed(f"{what} ended with {process.returncode}:\n{log.read_text(errors='replace')}")
        if time.monotonic() > deadline:
            raise Failed(f"{what} is not ready after {TIMEOUT_SECONDS} s")
        time.sleep(0.02)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a program that was started in a session of its own, and whatever it started there."""
    process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait(GRACE_SECONDS)


def end_like_ctrl_c_on_termination() -> None:
    """A program that is terminated leaves its `with` blocks, too, and so ends what it started."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
