"""`make bench-s3`: our program on the embedded S3 server (`drivendata serve`) and on the folder itself, then over the
settings that shape its requests.

    s3.py PROGRAM [--rows 1000000] [--rounds 3]

Only the client is measured; the server works on the same two cores, so wall times hold its work, too. Loopback has no
latency to hide: the sweep shows what requests cost, not how many a real network wants.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import product
from pathlib import Path

import machine
import options
import report
from data import RUN_DATE, generated_lake
from engines import FOLDER
from measure import Failed, Usage, run, use_two_cores

BUCKET = "lake"
# The input, the folder's outputs, the bucket's old and new ones, and of these the largest once more while the server
# puts it together from its parts.
DISK_BYTES_PER_ROW = 2_000
Measured = Callable[..., list[str]]
READS = tuple(product((1, 4, 16), (1, 4, 8)))
UPLOADS = tuple(product((8, 16), (1, 2, 4)))
HEAD = ("lake", "CPU s", "wall s", "peak MB")
SWEEP_HEAD = ("setting", *HEAD[1:])


@contextmanager
def served(program: Path, buckets: Path) -> Iterator[dict[str, str]]:
    """The environment that leads a client to a server over that folder."""
    server = subprocess.Popen([program, "serve", "--folder", buckets], stdout=subprocess.PIPE, text=True)
    try:
        if server.stdout is None:
            raise RuntimeError("the server has no output")
        lines = [server.stdout.readline().strip() for _ in range(4)]
        yield dict(line.split("=", 1) for line in lines)
    finally:
        server.terminate()
        server.wait()


def median_cells(command: Sequence[str | Path], environment: Mapping[str, str], rounds: int) -> list[str]:
    """One run that is not counted, then the medians. Each run replaces the outputs of the one before: files must not
    vanish behind the server's back."""
    usages: list[Usage] = []
    for _ in range(rounds + 1):
        usage = run(command, FOLDER / "logs" / "s3.log", environment)
        if isinstance(usage, Failed):
            sys.exit(f"a run failed: {usage.why}")
        usages.append(usage)
    return report.usage_cells(usages[1:])


def need_disk(size: int) -> None:
    """A full disk would show only as a server that fails."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(FOLDER).free
    if free < size:
        sys.exit(f"this needs {report.megabytes(size)} MB of disk in {FOLDER}, which has {report.megabytes(free)} MB free")


def own_bucket(source: Path, buckets: Path) -> None:
    """A folder of buckets with nothing in it but the input: the server reads all it has when it starts."""
    shutil.rmtree(buckets, ignore_errors=True)
    (buckets / BUCKET / "raw_data").mkdir(parents=True)
    for batch in (source / "raw_data").iterdir():
        os.link(batch, buckets / BUCKET / "raw_data" / batch.name)


def sweep(names: tuple[str, str], values: Sequence[tuple[int, int]], measured: Measured) -> str:
    """A table of two settings' combinations; flags are settings in lower case with dashes."""
    rows = []
    for pair in values:
        flags = [part for name, value in zip(names, pair, strict=True) for part in (flag(name), str(value))]
        label = ", ".join(f"{name}={value}" for name, value in zip(names, pair, strict=True))
        print(label, flush=True)
        rows.append([label, *measured(*flags)])
    return report.table(SWEEP_HEAD, rows)


def flag(setting: str) -> str:
    return "--" + setting.lower().replace("_", "-")


def main() -> None:
    parser = options.parser(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="in both days together")
    arguments = parser.parse_args()
    need_disk(arguments.rows * DISK_BYTES_PER_ROW)
    use_two_cores()
    source = generated_lake(arguments.program, FOLDER, arguments.rows)
    buckets = FOLDER / "s3"
    own_bucket(source, buckets)

    def measured(lake: str | Path, environment: Mapping[str, str], *flags: str) -> list[str]:
        command = [arguments.program, "run", "--lake", lake, "--date", RUN_DATE, "--force", *flags]
        return median_cells(command, environment, arguments.rounds)

    with served(arguments.program, buckets) as environment:
        on_s3 = partial(measured, f"s3://{BUCKET}", environment)
        both = [["folder", *measured(source, {})], ["S3 on loopback", *on_s3()]]
        paragraphs = [
            f"Measured on {machine.described()}; {arguments.rows:,} rows, medians of {arguments.rounds} rounds.",
            report.table(HEAD, both),
            sweep(("READ_RANGE_MB", "READ_CONCURRENCY"), READS, on_s3),
            sweep(("UPLOAD_PART_MB", "UPLOAD_CONCURRENCY"), UPLOADS, on_s3),
        ]
    print("\n\n".join(paragraphs))
    report.publish("bench-s3", "\n\n".join(paragraphs))


if __name__ == "__main__":
    main()
