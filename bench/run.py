"""`make bench`: our program and other engines do the same job on the same input, in turns.

    run.py PROGRAM --rows 1000000 10000000 --rounds 3 [--peers polars duckdb …] [--section bench]

First each engine runs once and the outputs must agree. Then in each round ours and one other run after each other, for
every other engine. Each run is a fresh process on the same two cores. Prints tables and puts them into
docs/benchmarks.md.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import compared
import machine
import options
import report
from data import BATCH_DATES, generated_lake
from engines import FOLDER, PEERS, Engine, ours, peer
from measure import Failed, Usage, use_two_cores

HERE = Path(__file__).parent


def main() -> None:
    arguments = parse()
    use_two_cores()
    sections = [f"Measured on {machine.described()}; medians of {arguments.rounds} rounds."]
    for rows in arguments.rows:
        lake = generated_lake(arguments.program, FOLDER, rows)
        sections += one_size(arguments, lake, rows)
    report.publish(arguments.section, "\n\n".join(sections))


def one_size(arguments: argparse.Namespace, lake: Path, rows: int) -> list[str]:
    """Runs everything for one number of rows; gives the paragraphs of the report."""
    own = ours(arguments.program, lake)
    peers = [peer(key, lake) for key in arguments.peers]
    comparisons = [report.Comparison(other.label) for other in peers]
    must_work(own)
    sizes = own.sizes()
    for other, comparison in zip(peers, comparisons, strict=True):
        comparison.failed = agreed(own, other, lake)
        comparison.sizes = {} if comparison.failed else other.sizes()
    for number in range(arguments.rounds):
        for other, comparison in zip(peers, comparisons, strict=True):
            if not comparison.failed:
                print(f"{rows} rows, round {number + 1}: {other.label}", flush=True)
                one_pair(own, other, comparison)
    size = sum((lake / "raw_data" / f"batch_{date}.csv").stat().st_size for date in BATCH_DATES)
    paragraphs = [
        compared.rows_heading(rows, size),
        compared.main_table(own.label, sizes, comparisons),
        *compared.failures(comparisons),
        compared.target_table(rows, sizes, comparisons),
    ]
    print("\n\n".join(paragraphs), flush=True)
    return paragraphs


def must_work(own: Engine) -> Usage:
    usage = own.measured(log_of(own))
    if isinstance(usage, Failed):
        sys.exit(f"{own.label} failed: {usage.why}")
    return usage


def agreed(own: Engine, other: Engine, lake: Path) -> Failed | None:
    """An engine that fails is told in the report; one that disagrees ends the benchmark: its times mean nothing."""
    print(f"{other.label}: does it agree?", flush=True)
    result = other.measured(log_of(other))
    if isinstance(result, Failed):
        print(f"{other.label} failed: {result.why}", flush=True)
        return result
    # In a process of its own, which keeps this one small (see measure.py).
    if subprocess.run([sys.executable, HERE / "agree.py", lake, other.out], check=False).returncode != 0:
        sys.exit(f"{other.label} and {own.label} disagree")
    return None


def one_pair(own: Engine, other: Engine, comparison: report.Comparison) -> None:
    usage, result = must_work(own), other.measured(log_of(other))
    if isinstance(result, Failed):
        comparison.failed = result
    else:
        comparison.ours.append(usage)
        comparison.theirs.append(result)


def log_of(engine: Engine) -> Path:
    return FOLDER / "logs" / f"{engine.name.lower().replace(' ', '-')}.log"


def parse() -> argparse.Namespace:
    parser = options.parser(__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000], help="in both days together")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=["polars", "duckdb", "datafusion", "pandas"])
    parser.add_argument("--section", default="bench", help="the markers in docs/benchmarks.md to write between")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or min(arguments.rows) < 2:
        parser.error("at least one round and two rows")
    return arguments


if __name__ == "__main__":
    main()
