"""`make profile`: where a run's processor time goes, per stage and per thread, into docs/benchmarks.md.

    profile.py PROGRAM [--rows 1000000]

perf asks a thousand times a second what each core is at. It sees no callers, so copying and allocating stand alone.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import machine
import report
import stages
from data import generated_lake
from engines import FOLDER, ours
from measure import use_two_cores

SAMPLES_PER_SECOND = 997
NANOSECONDS = 1_000_000_000
Sample = tuple[str, str, float]
"""Thread, symbol, seconds."""


def sampled(command: tuple[str | Path, ...]) -> list[Sample]:
    samples = FOLDER / "profile.perf"
    samples.parent.mkdir(parents=True, exist_ok=True)
    # The clock instead of cycles, which virtual machines seldom count; its periods are nanoseconds.
    record = ["perf", "record", "--quiet", "--event", "cpu-clock", "--freq", str(SAMPLES_PER_SECOND)]
    done = subprocess.run([*record, "--output", samples, *command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"perf failed: {done.stderr.strip()}")
    shown = ["perf", "report", "--input", samples, "--stdio", "--no-children", "--sort", "comm,sym"]
    fields = ["--fields", "period,comm,sym", "--field-separator", "\t"]
    listed = subprocess.run([*shown, *fields], check=True, capture_output=True, text=True).stdout
    return [parsed(line) for line in listed.splitlines() if line.strip() and not line.startswith("#")]


def parsed(line: str) -> Sample:
    period, thread, symbol = (part.strip() for part in line.split("\t", 2))
    mode, _, name = symbol.partition(" ")
    return thread, stages.KERNEL if mode == "[k]" else name, int(period) / NANOSECONDS


def stage_table(samples: list[Sample]) -> str:
    seconds = stages.by_stage((symbol, cost) for _, symbol, cost in samples)
    total = sum(seconds.values())
    rows = [[name, f"{cost / total:.1%}", f"{cost:.2f}"] for name, cost in seconds.items()]
    return report.table(("stage", "share", "seconds"), [*rows, ["total", "100%", f"{total:.2f}"]])


def thread_table(samples: list[Sample]) -> str:
    program, kernel = Counter[str](), Counter[str]()
    for name, symbol, cost in samples:
        (kernel if symbol == stages.KERNEL else program)[thread(name)] += cost
    names = sorted(program | kernel, key=lambda name: -(program[name] + kernel[name]))
    rows = [[name, f"{program[name]:.2f}", f"{kernel[name]:.2f}"] for name in names]
    return report.table(("threads", "own seconds", "seconds in the kernel"), rows)


def thread(name: str) -> str:
    """Threads of one pool are one."""
    return re.sub(r"-\d+$", "s", name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path, help="our command line, built for release, with symbols")
    parser.add_argument("--rows", type=int, default=1_000_000, help="in both days together")
    arguments = parser.parse_args()
    if shutil.which("perf") is None:
        sys.exit("this needs perf (Debian: apt-get install linux-perf, Ubuntu: linux-tools-generic)")
    use_two_cores()
    program = arguments.program.resolve()
    engine = ours(program, generated_lake(program, FOLDER, arguments.rows))
    samples = sampled(engine.command)
    if not any(symbol == stages.KERNEL for _, symbol, _ in samples):
        print("without the kernel's share: /proc/sys/kernel/perf_event_paranoid must be 1 or less", file=sys.stderr)
    paragraphs = [
        f"Measured on {machine.described()}; {arguments.rows:,} rows, one run.",
        stage_table(samples),
        thread_table(samples),
    ]
    print("\n\n".join(paragraphs))
    report.publish("profile", "\n\n".join(paragraphs))


if __name__ == "__main__":
    main()
