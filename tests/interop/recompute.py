"""The whole job a second time, by other means: the standard library reads the CSV, DuckDB's SQL does the rest."""

import csv
from pathlib import Path

import duckdb
import pyarrow

import lake
from twin import DERIVED, KNOWN

SQL = Path(__file__).with_name("recompute.sql").read_text(encoding="utf-8")


def raw_records(folder: Path, run_date: str):
    """The window's records as a table of texts, and the names of the extra columns."""
    records, extras = [], []
    for date in lake.window(run_date):
        # Bytes that are no UTF-8 become lone surrogates, by which they are known again.
        with lake.batch(folder, date).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            header, *rows = csv.reader(file)
        extras += [name for name in header if name not in KNOWN and name not in extras]
        for row in rows:
            whole = len(row) == len(header) and is_utf_8(row)
            records.append((whole, dict(zip(header, row, strict=True)) if whole else {}))
    columns = {
        "number": pyarrow.array(range(len(records)), pyarrow.int64()),
        "whole": pyarrow.array([whole for whole, _ in records], pyarrow.bool_()),
    }
    for name in [*KNOWN, *extras]:
        columns[name] = pyarrow.array([cells.get(name) or None for _, cells in records], pyarrow.string())
    return pyarrow.table(columns), extras


def is_utf_8(row) -> bool:
    try:
        "".join(row).encode()
    except UnicodeEncodeError:
        return False
    return True


def recompute(folder: Path, run_date: str):
    """The names and rows of the filtered output, the rows of the grouped one, and the balance."""
    raw, extras = raw_records(folder, run_date)
    names = [*KNOWN, *extras, *DERIVED]
    with duckdb.connect() as engine:
        engine.register("raw", raw)
        engine.execute(SQL.replace("{columns}", ", ".join(f'"{name}"' for name in names)))
        filtered = engine.execute("SELECT * FROM filtered").fetchall()
        grouped = engine.execute("SELECT * FROM grouped").fetchall()
        balance = dict(engine.execute("SELECT * FROM balance").fetchall())
    return names, filtered, grouped, balance
