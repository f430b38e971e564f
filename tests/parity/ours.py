"""This program's side: runs `drivendata run --preset glue` on a lake in a folder and reads back what it published."""

import csv
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from table import CAST, DERIVED, GROUPED, Result, Table

csv.field_size_limit(1 << 30)

DOUBLES = {"total_bandwidth", "avg_session_duration", "sum_consumed_traffic"}


class Failed(Exception):
    """The program ended with an error."""


def run(spark, binary, files, run_date, window_days):
    """The program's outputs of these files; the lake they are in is not written to."""
    with tempfile.TemporaryDirectory(prefix="parity-") as folder:
        raw = Path(folder, "raw_data")
        raw.mkdir()
        for path in files:
            shutil.copy(path, raw)
        command = [
            binary, "run", "--lake", folder, "--date", run_date, "--preset", "glue", "--json",
            "--window-days", str(window_days), "--max-rejected-ratio", "1",
        ]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(done.stderr.strip() or done.stdout.strip())
        return read_back(spark, Path(folder, "transformed_data"), run_date)


def read_back(spark, outputs, run_date):
    def file(name, kind):
        return outputs / name / kind / f"run_date={run_date}" / f"{name}.{kind}"

    manifest = json.loads((outputs / "runs" / f"run_date={run_date}" / "manifest.json").read_text())
    return Result(
        parquet(spark, file("filtered", "parquet")),
        csv_table(file("filtered", "csv")),
        parquet(spark, file("grouped", "parquet")),
        csv_table(file("grouped", "csv")),
        rejected=manifest["balance"]["rejected"],
    )


def parquet(spark, path):
    frame = spark.read.parquet(str(path))
    cells = []
    for name, kind in frame.dtypes:
        quoted = f"`{name}`"
        cells.append({"date": f"unix_date({quoted})", "timestamp": f"unix_micros({quoted})"}.get(kind, quoted))
    return Table(frame.columns, [tuple(row) for row in frame.selectExpr(cells).collect()])


def csv_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    numbers = [name in DOUBLES for name in header]
    return Table(header, [tuple(map(cell, row, numbers)) for row in rows])


def cell(text, is_double):
    return float(text) if is_double and text else text
