"""Random contracts, run by this program and by Spark, compared cell by cell.

    python tests/parity/contracts.py --contracts 40 --seed 1
"""

import argparse
import csv
import json
import math
import random
import shutil
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from pyspark.errors import AnalysisException

import contract_spark
from contract_cases import RUN_DATE, random_case
from contract_spark import Answer
from oracle import session
from ours import Failed

csv.field_size_limit(1 << 30)


def ours(spark, case, binary, folder):
    """This program's outputs."""
    raw = folder / "raw_data"
    raw.mkdir()
    case.write(raw, random.Random(case.seed))
    contract = folder / "contract.yaml"
    contract.write_text(case.contract(), encoding="utf-8")
    command = [binary, "run", "--lake", folder, "--date", RUN_DATE, "--contract", contract, "--json", "--max-rejected-ratio", "1"]
    done = subprocess.run([str(part) for part in command + case.options], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or done.stdout.strip())
    answer = Answer()
    outputs = folder / "transformed_data"
    for name in ["filtered"] + [group[0] for group in case.groups]:
        def file(kind):
            return outputs / name / kind / f"run_date={RUN_DATE}" / f"{name}.{kind}"

        frame = spark.read.parquet(str(file("parquet"))).coalesce(1)
        cells = [contract_spark.number_of(column, kind) for column, kind in frame.dtypes]
        rows = [tuple(row) for row in frame.selectExpr(cells).collect()]
        answer.tables[name] = (frame.columns, [kind for _, kind in frame.dtypes], rows)
        with open(file("csv"), newline="", encoding="utf-8") as stream:
            header, *rows = csv.reader(stream)
        answer.csv[name] = (header, None, [tuple(row) for row in rows])
    manifest = json.loads((outputs / "runs" / f"run_date={RUN_DATE}" / "manifest.json").read_text())
    answer.balance = manifest["balance"]
    answer.figures = {name: manifest[name] for name in ("null_casts", "rows_per_date", "numbers")}
    answer.rejected = {(entry["column"], entry["reason"]): entry["rows"] for entry in manifest["rejected"]}
    return answer


def differences(case, spark, ours):
    """Every difference, as a sentence; and the number of cells compared."""
    found, cells = [], 0
    if spark.balance != ours.balance:
        found.append(f"balance: Spark {spark.balance}, ours {ours.balance}")
    if spark.rejected != ours.rejected:
        found.append(f"rejected: Spark {spark.rejected}, ours {ours.rejected}")
    for name, figures in spark.figures.items():
        if not alike(figures, ours.figures[name]):
            found.append(f"{name}: Spark {figures}, ours {ours.figures[name]}")
    for name, (columns, kinds, rows) in spark.tables.items():
        if (columns, kinds) != ours.tables[name][:2]:
            found.append(f"{name}: Spark {list(zip(columns, kinds))}, ours {list(zip(*ours.tables[name][:2]))}")
            continue
        group = next((group for group in case.groups if group[0] == name), None)
        texts = {name for name, kind in zip(columns, kinds) if kind == "string"}
        is_sorted = group is None or not any(column in texts for column, _ in group[2])
        cells += compare(f"{name}.parquet", columns, kinds, rows, ours.tables[name][2], is_sorted, found)
        kinds, rows = spark.csv[name][1:]
        cells += compare(f"{name}.csv", columns, kinds, rows, ours.csv[name][2], is_sorted, found)
    return found, cells


def compare(name, columns, kinds, expected, got, is_exact, found):
    if len(expected) != len(got):
        found.append(f"{name}: Spark has {len(expected)} rows, ours {len(got)}")
    if name.startswith("filtered") and (at := columns.index("row_number")) is not None:
        for side, rows, others in [("Spark", expected, got), ("ours", got, expected)]:
            known = {row[at] for row in others}
            only = [row for row in rows if row[at] not in known]
            if only:
                found.append(f"{name}: only {side} has {len(only)} rows, as {dict(zip(columns, only[0]))}")
    for number, (one, other) in enumerate(zip(expected, got)):
        for column, kind, left, right in zip(columns, kinds, one, other):
            if not same(left, right, kind, is_exact):
                if len(expected) != len(got):
                    break
                found.append(f"{name} row {number} {column} {kind}: Spark {left!r}, ours {right!r}; the row: {one!r}")
                return len(expected) * len(columns)
    return len(expected) * len(columns)


def alike(left, right):
    """Figures: without what JSON cannot say, NaN and infinity; the last digits of averages depend on the order."""
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(alike(left[name], right[name]) for name in left)
    if isinstance(left, float):
        return not math.isfinite(left) or right is not None and math.isclose(left, right, rel_tol=1e-9)
    return left == right


def same(left, right, kind, is_exact):
    if kind.startswith("decimal(38,") and not is_exact and right in (None, ""):
        # A sum that had too many digits on the way is null, as in Spark's hash aggregate. With a least text Spark sorts
        # instead, and then holds on to it.
        return True
    if kind.startswith("decimal") and isinstance(left, str) and left:
        # Spark's text of a small zero is 0E-10.
        return format(Decimal(left), "f") == right
    if kind != "double" or left in (None, "") or right in (None, ""):
        return left == right
    left, right = float(left), float(right)
    # Spark adds up the rows of groups with a least text in another order.
    return repr(left) == repr(right) or not is_exact and math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)


def check(spark, case, arguments):
    """Compares one contract: what differs, and how many cells were compared; `None`: Spark refuses an expression."""
    folder = Path(tempfile.mkdtemp(prefix="contracts-"))
    try:
        try:
            expected = contract_spark.run(spark, case, folder)
        except AnalysisException as error:
            print(f"seed {case.seed}: Spark refuses it: {str(error).splitlines()[0][:150]}")
            return None
        try:
            got = ours(spark, case, arguments.binary, folder)
        except Failed as failed:
            return [f"it failed: {failed}"], 0
        return differences(case, expected, got)
    finally:
        if arguments.keep:
            print(f"seed {case.seed}: {folder}")
        else:
            shutil.rmtree(folder)


def main():
    arguments = parse()
    begin = time.monotonic()
    spark = session()
    spark.conf.set("spark.sql.legacy.timeParserPolicy", "CORRECTED")
    cells, failed, refused = 0, [], 0
    for seed in range(arguments.seed, arguments.seed + arguments.contracts):
        started = time.monotonic()
        is_last = seed == arguments.seed + arguments.contracts - 1
        case = random_case(seed, arguments.rows or (25_000 if is_last and arguments.contracts > 1 else None))
        answer = check(spark, case, arguments)
        if answer is None:
            refused += 1
            continue
        found, compared = answer
        cells += compared
        if found:
            failed.append(seed)
        size = sum(len(rows) - 1 for _, rows in case.files)
        verdict = f"{len(found)} DIFFERENCES" if found else "equal"
        print(f"contract {seed:>5} {size:>6} rows {compared:>8} cells {time.monotonic() - started:>5.1f} s  {verdict}", flush=True)
        for difference in found[:4]:
            print(f"    {difference[:arguments.width]}", flush=True)
    print(f"{arguments.contracts - refused} contracts, {cells} cells compared in {time.monotonic() - begin:.0f} s")
    if failed:
        sys.exit(f"NOT EQUAL: the contracts with these seeds differ: {failed}; see one with --seed N --contracts 1 --keep")
    print("EQUAL: random contracts give what Spark gives, cell by cell")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/debug/drivendata", help="this program's command line")
    parser.add_argument("--contracts", type=int, default=40, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="the first one's number")
    parser.add_argument("--rows", type=int, help="of each; without it many sizes")
    parser.add_argument("--keep", action="store_true", help="leave the files where they are")
    parser.add_argument("--width", type=int, default=600, help="the longest line about a difference")
    return parser.parse_args()


if __name__ == "__main__":
    main()
