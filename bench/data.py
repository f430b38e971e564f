"""The input: a lake with two generated days and the names of what a run leaves in it.

Without malformed rows: half of the engines cannot skip a line that is no UTF-8, so nobody has to.
"""

import hashlib
import shutil
import subprocess
from pathlib import Path

BATCH_DATES = ("2024-09-14", "2024-09-15")
RUN_DATE = BATCH_DATES[-1]
OUTPUTS = ("filtered.parquet", "filtered.csv", "grouped.parquet", "grouped.csv")
SAMPLE_ROWS = 1000


def our_output(lake: Path, name: str) -> Path:
    """Where our program puts the output that peers call `name`."""
    table, form = name.split(".")
    return lake / "transformed_data" / table / form / f"run_date={RUN_DATE}" / name


def generated_lake(program: Path, folder: Path, rows: int) -> Path:
    """The lake with that many rows in both days together; kept, and made again if the generator has changed."""
    lake = folder / f"{rows}-rows"
    made_by = lake / "generator.txt"
    now = f"{rows} rows, sample {sample_digest(program, folder)}\n"
    if made_by.exists() and made_by.read_text(encoding="ascii") == now:
        return lake
    print(f"generating {rows} rows", flush=True)
    shutil.rmtree(lake, ignore_errors=True)
    for date, share in zip(BATCH_DATES, (rows // 2, rows - rows // 2), strict=True):
        generate(program, lake / "raw_data", date, share)
    made_by.write_text(now, encoding="ascii")
    return lake


def bring_into_page_cache(folder: Path) -> None:
    """Reads the files; the kernel takes back what was not used for minutes."""
    buffer = bytearray(1 << 20)
    for path in folder.iterdir():
        with path.open("rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def generate(program: Path, folder: Path, date: str, rows: int) -> None:
    options = ["--out", str(folder), "--date", date, "--rows", str(rows), "--malformed-share", "0"]
    subprocess.run([program, "generate", *options], check=True, stdout=subprocess.DEVNULL)


def sample_digest(program: Path, folder: Path) -> str:
    """Tells one generator from another by what it writes; versions change less often."""
    generate(program, folder / "sample", RUN_DATE, SAMPLE_ROWS)
    return hashlib.sha256((folder / "sample" / f"batch_{RUN_DATE}.csv").read_bytes()).hexdigest()
