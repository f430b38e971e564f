"""Stores inputs made by hand with Spark's answers, so that `cargo test` can compare without Spark: see tests/parity.rs.

A folder per input: `raw_data/`, `case.json` (run date, window), `filtered.jsonl` and `grouped.jsonl` (the column names,
then a row a line). Dates are in days, moments in microseconds since 1970; doubles are texts, to be exact.
"""

import json
import shutil

import oracle
from handmade import all_lakes

# One column of doubles is cast like another.
LEFT_OUT = {"upload_speed", "consumed_traffic"}


def write(spark, folder):
    """Replaces what is stored in `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    count = 0
    for lake in all_lakes(padded=False):
        if lake.name in LEFT_OUT:
            continue
        case = folder / lake.name
        (case / "raw_data").mkdir(parents=True)
        result = oracle.run(spark, lake.write(case / "raw_data"))
        (case / "case.json").write_text(json.dumps({"run_date": lake.run_date, "window_days": lake.window_days}) + "\n")
        for name in ("filtered", "grouped"):
            (case / f"{name}.jsonl").write_text(lines(getattr(result, name)), encoding="utf-8")
        count += lake.row_count()
    java = spark.sparkContext._jvm.System.getProperty("java.version")
    made_by = {"spark": spark.version, "java": java, "rows": count, "settings": "ANSI off, UTC, multiLine, quote and escape both \""}
    (folder / "made_by.json").write_text(json.dumps(made_by, indent=2) + "\n")
    print(f"{count} rows and the answers of Spark {spark.version} on Java {java} stored in {folder}")


def lines(table):
    rows = [table.columns, *([repr(cell) if isinstance(cell, float) else cell for cell in row] for row in table.rows)]
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
