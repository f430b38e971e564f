"""Reads the program's outputs in other implementations and computes them anew in another engine.

    python tests/interop/check.py target/debug/drivendata [--spark]

Ends with a non-zero exit code at the first difference. What is compared stands in the functions below; `make interop`
installs what this needs.
"""

import argparse
import tempfile
import time
from pathlib import Path

import footers
import lake
import odd
import readers
import twin
from recompute import recompute


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="the drivendata program")
    parser.add_argument("--spark", action="store_true", help="read with Spark, too (needs pyspark and Java)")
    arguments = parser.parse_args()
    engines = dict(readers.READERS)
    if arguments.spark:
        engines["Spark"] = readers.Spark()

    started = time.monotonic()
    for compression in ("snappy", "zstd"):
        print(f"compressed with {compression}:")
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            manifests = lake.make(folder, str(Path(arguments.program).resolve()), compression)
            assert list(manifests) == lake.RUN_DATES, f"runs of {list(manifests)}"
            for run_date, manifest in manifests.items():
                check_run(folder, run_date, manifest, engines)
    with tempfile.TemporaryDirectory() as folder:
        odd.check(str(Path(arguments.program).resolve()), Path(folder))
    print("odd records and dates open in pandas, Polars, DuckDB and pyarrow")
    seconds = time.monotonic() - started
    print(f"{', '.join(engines)} read what is published, and DuckDB computes the same ({seconds:.0f} s)")


def check_run(folder: Path, run_date: str, manifest, engines):
    balance = manifest["balance"]
    outputs = {output["key"]: output["rows"] for output in manifest["outputs"]}
    names, filtered, grouped, recomputed_balance = recompute(folder, run_date)
    places = {**dict.fromkeys(balance, 0), **recomputed_balance}
    assert places == balance, f"{run_date}: computed anew, the balance is {places}, not {balance}"
    row_groups = 0
    for table, columns, recomputed in [("filtered", names, filtered), ("grouped", twin.GROUPED, grouped)]:
        parquet = lake.output(folder, table, "parquet", run_date)
        rows = check_twins(folder, table, run_date, columns, engines)
        for form in ("parquet", "csv"):
            key = lake.output(folder, table, form, run_date).relative_to(folder)
            assert outputs[str(key)] == len(rows), f"{key}: the manifest says {outputs[str(key)]} rows, not {len(rows)}"
        equal = twin.same if table == "filtered" else twin.close
        twin.compare(f"{parquet}, computed anew", columns, recomputed, rows, equal)
        footers.check_calendar(parquet)
        footers.check_columns(parquet, columns, rows)
        footers.check_lookups(parquet, columns, rows)
        if table == "filtered":
            row_groups = footers.check_sizes(parquet, len(rows), lake.ROW_GROUP_ROWS)
            assert row_groups > 1, f"{parquet}: one row group proves little"
    counts = ", ".join(f"{rows} {place}" for place, rows in balance.items())
    print(f"{run_date}: {counts}; {len(grouped)} groups, {row_groups} row groups, {len(names)} columns")


def check_twins(folder: Path, table: str, run_date: str, columns, engines):
    """The Parquet file in every engine against the CSV file, cell by cell; gives the rows."""
    names, expected = twin.read(lake.output(folder, table, "csv", run_date))
    assert names == columns, f"{table}.csv of {run_date}: columns {names}, expected {columns}"
    parquet = lake.output(folder, table, "parquet", run_date)
    for engine, read in engines.items():
        found_names, types, rows = read(parquet)
        what = f"{parquet} in {engine}"
        assert list(found_names) == columns, f"{what}: columns {found_names}, expected {columns}"
        expected_types = [readers.TYPES[engine][twin.kind(column)] for column in columns]
        assert list(types) == expected_types, f"{what}: types {types}, expected {expected_types}"
        twin.compare(what, columns, expected, rows)
    return expected


if __name__ == "__main__":
    main()
