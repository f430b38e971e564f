"""`make bench-instructions`: how many instructions a run takes, per stage, against what is stored in instructions.json.

    instructions.py PROGRAM [--update]

Seconds depend on the machine's mood; instructions hardly do, so small changes show. valgrind counts them, on one worker
thread and a small generated day. Fails when the total or a stage has grown by more than 3 %. Counts of another
compiler, C library or processor are not compared.
"""

import argparse
import json
import platform
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import report
import stages
from data import RUN_DATE, generate

BASELINE = Path(__file__).with_name("instructions.json")
ROWS = 20_000
GROWTH_MAX = 0.03
# A stage below this share of all instructions is shown, not judged.
SHARE_JUDGED = 0.005
# Threads that wait spin for a while: their instructions do depend on the machine's mood.
NOT_JUDGED = {stages.THREADS, stages.OTHER}
# Of what valgrind shows a program, which of these are there decides which loops it takes.
CPU_FEATURES = {"sse4_2", "pclmulqdq", "avx2", "bmi2", "asimd", "crc32", "sve"}
HEAD = ("stage", "stored, millions", "now, millions", "change", "share now")
_NAME = re.compile(r"(c?fn)=\((\d+)\)(?: (.*))?$")
# How far upwards a caller is looked for.
CALLERS_DEPTH = 20


@dataclass(frozen=True)
class Counts:
    made_with: dict[str, str]
    rows: int
    total: int
    stages: dict[str, int]


@dataclass
class Calls:
    """What callgrind found out: instructions of each function's own, and of each callee for each caller."""

    own: Counter[str] = field(default_factory=Counter)
    callers: dict[str, Counter[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, profile: Path) -> Self:
        """Reads callgrind's format, which gives a name once and its number from then on."""
        calls = cls()
        names: dict[str, str] = {}
        function, callee = "", None
        with profile.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if found := _NAME.match(line):
                    kind, number, name = found.groups()
                    named = names.setdefault(number, name or "")
                    function, callee = (named, None) if kind == "fn" else (function, named)
                elif line[0] in "+-*0123456789":
                    cost = int(line.split()[1])
                    if callee is None:
                        calls.own[function] += cost
                    else:
                        calls.callers.setdefault(callee, Counter())[function] += cost
                    callee = None
        return calls

    def by_stage(self) -> dict[str, float]:
        """What stages share, such as copying, is shared out among the callers by how much they had done of it."""
        settled: list[tuple[str, float]] = []
        moving: dict[str, float] = dict(self.own)
        for _ in range(CALLERS_DEPTH):
            above: Counter[str] = Counter()
            for function, cost in moving.items():
                callers = self.callers.get(function)
                if callers is None or stages.stage(function) not in stages.SHARED:
                    settled.append((function, cost))
                    continue
                total = sum(callers.values())
                for caller, share in callers.items():
                    above[caller] += cost * share / total if total else cost / len(callers)
            moving = dict(above)
        return stages.by_stage([*settled, *moving.items()])


def counted(program: Path) -> Counts:
    with TemporaryDirectory() as folder:
        lake, profile = Path(folder) / "lake", Path(folder) / "callgrind.out"
        generate(program, lake / "raw_data", RUN_DATE, ROWS)
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}"]
        run = [program, "run", "--lake", lake, "--date", RUN_DATE, "--threads", "1"]
        done = subprocess.run([*valgrind, *run], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"the program failed under valgrind:\n{done.stderr}")
        costs = Calls.read(profile).by_stage()
    if costs.get(stages.OTHER, 0) > 0.5 * sum(costs.values()):
        sys.exit(f"{program} has no symbols: build it with make bench-instructions")
    return Counts(made_with(), ROWS, int(sum(costs.values())), {name: int(cost) for name, cost in costs.items()})


def made_with() -> dict[str, str]:
    """What the counts depend on beside the code."""
    asked = {"rustc": ["rustc", "--version"], "valgrind": ["valgrind", "--version"]}
    versions = {
        name: subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        for name, command in asked.items()
    }
    words = set(re.findall(r"\w+", Path("/proc/cpuinfo").read_text(encoding="utf-8")))
    features = " ".join(sorted(words & CPU_FEATURES))
    return {**versions, "libc": " ".join(platform.libc_ver()), "processor": f"{platform.machine()} {features}"}


def growth(before: float, now: float) -> float:
    return now / before - 1 if before else float(now > 0)


def grown(stored: Counts, now: Counts) -> list[str]:
    """The stages that have grown too much, and the total."""
    judged = {
        name: (stored.stages.get(name, 0), cost)
        for name, cost in now.stages.items()
        if name not in NOT_JUDGED and cost >= SHARE_JUDGED * now.total
    }
    judged["total"] = (stored.total, now.total)
    return [name for name, (before, cost) in judged.items() if growth(before, cost) > GROWTH_MAX]


def shown(stored: Counts, now: Counts) -> str:
    def row(name: str, before: int, cost: int) -> list[str]:
        change = f"{growth(before, cost):+.1%}" if before else "new"
        return [name, f"{before / 1e6:.1f}", f"{cost / 1e6:.1f}", change, f"{cost / now.total:.1%}"]

    names = [*now.stages, *(name for name in stored.stages if name not in now.stages)]
    rows = [row(name, stored.stages.get(name, 0), now.stages.get(name, 0)) for name in names]
    return report.table(HEAD, [*rows, row("total", stored.total, now.total)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path, help="our command line, built for release, with symbols")
    parser.add_argument("--update", action="store_true", help="store the counts as what is compared with")
    arguments = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("this needs valgrind (Debian, Ubuntu: apt-get install valgrind)")
    now = counted(arguments.program.resolve())
    if arguments.update:
        BASELINE.write_text(json.dumps(asdict(now), indent=2) + "\n", encoding="utf-8")
        print(f"{shown(now, now)}\n\nstored in {BASELINE.name}")
        return 0
    stored = Counts(**json.loads(BASELINE.read_text(encoding="utf-8")))
    print(shown(stored, now))
    different = [
        f"{name} is {now.made_with.get(name)}, was {value}"
        for name, value in stored.made_with.items()
        if now.made_with.get(name) != value
    ]
    if different or stored.rows != now.rows:
        print(f"\nnot comparable, so not judged: {'; '.join(different) or 'other rows'}. UPDATE=1 stores these counts.")
        return 0
    if too_much := grown(stored, now):
        print(f"\ngrown by more than {GROWTH_MAX:.0%}: {', '.join(too_much)}. If it is worth it, UPDATE=1 stores it.")
        return 1
    print(f"\nneither the total nor a stage has grown by more than {GROWTH_MAX:.0%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
