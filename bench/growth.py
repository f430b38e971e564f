"""`make bench-growth`: how our program's time and memory grow with the rows, on one thread and on two.

    growth.py PROGRAM [--rows 100000 1000000 10000000 30000000] [--rounds 3]

The manifest tells what the identities and the groups took; the rest of the peak should stay the same from some size on.
"""

import argparse
import json
from pathlib import Path

import machine
import options
import report
from data import RUN_DATE, generated_lake
from engines import FOLDER, ours
from measure import Failed, Usage, use_two_cores

THREADS = (1, 2)
HEAD = (
    "rows",
    "threads",
    "CPU s",
    "wall s",
    "CPU s per million",
    "wall s per million",
    "peak MB",
    "identities MB",
    "groups MB",
    "the rest MB",
)


def main() -> None:
    parser = options.parser(__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000, 30_000_000])
    arguments = parser.parse_args()
    use_two_cores()
    rows = []
    for count in arguments.rows:
        lake = generated_lake(arguments.program, FOLDER, count)
        print(f"{count:,} rows", flush=True)
        rows += [one_line(arguments, lake, count, threads) for threads in THREADS]
    note = f"Measured on {machine.described()}; medians of {arguments.rounds} rounds."
    print(report.table(HEAD, rows))
    report.publish("bench-growth", f"{note}\n\n{report.table(HEAD, rows)}")


def one_line(arguments: argparse.Namespace, lake: Path, count: int, threads: int) -> list[str]:
    engine = ours(arguments.program, lake, "--threads", str(threads))
    usages: list[Usage] = []
    for _ in range(arguments.rounds):
        usage = engine.measured(FOLDER / "logs" / "growth.log")
        if isinstance(usage, Failed):
            return [f"{count:,}", str(threads), "failed", *["–"] * (len(HEAD) - 3)]
        usages.append(usage)
    memory = json.loads(our_manifest(lake).read_text(encoding="utf-8"))["memory"]
    identities, groups = memory["identities_bytes"], memory["groups_bytes"]
    rest = report.middle(usages, "peak_bytes") - identities - groups
    millions = count / 1_000_000
    cpu, wall, peak = report.usage_cells(usages)
    per_million = [f"{report.middle(usages, figure) / millions:.2f}" for figure in ("cpu_seconds", "wall_seconds")]
    return [
        f"{count:,}",
        str(threads),
        cpu,
        wall,
        *per_million,
        peak,
        *map(report.megabytes, (identities, groups, rest)),
    ]


def our_manifest(lake: Path) -> Path:
    return lake / "transformed_data" / "runs" / f"run_date={RUN_DATE}" / "manifest.json"


if __name__ == "__main__":
    main()
