"""`make parity`: runs the Glue script with Spark and this program with `CONTRACT=glue` on the same inputs and compares
every cell. Prints a verdict for each input and, where the two differ, the smallest failing input it can find.

    parity.py [--rounds 20] [--rows 5000] [--seed 1]     inputs made by hand, then random ones
    parity.py --lake FOLDER [--date D] [--window-days N]  one's own data; nothing is written to the folder
    parity.py --golden FOLDER                             store the hand-made inputs and Spark's answers
"""

import argparse
import re
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import golden
import oracle
import ours
from handmade import all_lakes
from lakes import ROW_NUMBER
from randoms import random_lake
from shrink import Shrinker
from table import Difference, compare

SHOWN = 5


class Parity:
    def __init__(self, spark, binary):
        self.spark = spark
        self.binary = binary
        self.cells = self.rows = self.declared = self.failed = self.rejected = 0

    def both(self, files, run_date, window_days):
        """Differences, cells compared, cells left out as declared, rows of Spark's."""
        spark = oracle.run(self.spark, files)
        try:
            own = ours.run(self.spark, self.binary, files, run_date, window_days)
        except ours.Failed as error:
            return [Difference("run", 0, None, "an answer", str(error))], 0, 0, spark
        differences, cells, declared = compare(spark, own)
        self.rejected = own.rejected
        return differences, cells, declared, spark

    def of_lake(self, lake):
        with tempfile.TemporaryDirectory(prefix="parity-") as folder:
            return self.both(lake.write(Path(folder)), lake.run_date, lake.window_days)

    def check(self, lake):
        """Compares one generated lake and prints what came of it."""
        begin = time.monotonic()
        differences, cells, declared, spark = self.of_lake(lake)
        if self.rejected:
            differences.append(Difference("rejected", 0, None, 0, self.rejected))
        self.report(lake.name, lake.row_count(), differences, cells, declared, spark, time.monotonic() - begin)
        if differences:
            self.show_smallest(lake, differences, spark)

    def report(self, name, rows, differences, cells, declared, spark, seconds):
        self.cells += cells
        self.rows += rows
        self.declared += declared
        self.failed += bool(differences)
        verdict = f"{len(differences)} DIFFERENCES" if differences else "equal"
        left_out = f", {declared} left out as declared" if declared else ""
        kept, groups = len(spark.filtered.rows), len(spark.grouped.rows)
        print(f"{name:<24} {rows:>7} rows {kept:>7} kept {groups:>5} groups {cells:>9} cells {seconds:>5.1f} s  {verdict}{left_out}", flush=True)
        for difference in differences[:SHOWN]:
            print(f"    {difference}")

    def show_smallest(self, lake, differences, spark):
        number = spark.filtered.columns.index(ROW_NUMBER) if ROW_NUMBER in spark.filtered.columns else None
        suspects = [d.context[number] for d in differences if d.context and number is not None and d.table == "filtered"]
        kinds = {(d.table, d.column) for d in differences}

        def fails(candidate):
            # The same kind of difference: a smaller input that fails for another reason explains nothing.
            found = self.of_lake(candidate)[0]
            return any((d.table, d.column) in kinds for d in found)

        smallest = Shrinker(fails).shrink(lake, list(dict.fromkeys(filter(None, suspects))))
        print("  the smallest failing input found:")
        for file in smallest.files:
            print(f"    {file.name}: {file.text().encode()!r}")
        for difference in self.of_lake(smallest)[0][:SHOWN]:
            print(f"    {difference}", flush=True)

    def check_own(self, folder, run_date, window_days):
        """Compares one's own data."""
        by_date = {}
        for path in sorted(Path(folder, "raw_data").iterdir()):
            found = re.fullmatch(r"batch_(\d{4}-\d\d-\d\d).*\.csv(\.gz|\.zst)?", path.name)
            if found:
                by_date.setdefault(found[1], []).append(path)
        if not by_date:
            sys.exit(f"there is no batch in {folder}/raw_data")
        run_date = run_date or max(by_date)
        window = consecutive_days(run_date, window_days)
        files = [path for date in window for path in by_date.get(date, [])]
        begin = time.monotonic()
        differences, cells, declared, spark = self.both(files, run_date, window_days)
        rows = sum(len(path.read_bytes().splitlines()) for path in files if path.suffix == ".csv")
        self.report(f"{folder} {run_date}", rows, differences, cells, declared, spark, time.monotonic() - begin)
        if self.rejected:
            print(f"  {self.rejected} rows were rejected, whatever Spark made of them: not UTF-8, a quote that never closes, over 1 MiB")


def consecutive_days(last, count):
    return [(date.fromisoformat(last) - timedelta(days=back)).isoformat() for back in reversed(range(count))]


def main():
    arguments = parse()
    begin = time.monotonic()
    spark = oracle.session()
    print(f"Spark {spark.version}, ANSI off, UTC; quote and escape are both \" (RFC 4180); started in {time.monotonic() - begin:.0f} s", flush=True)
    if arguments.golden:
        return golden.write(spark, Path(arguments.golden))
    parity = Parity(spark, arguments.binary)
    if arguments.lake:
        parity.check_own(arguments.lake, arguments.date, arguments.window_days)
    else:
        for lake in all_lakes():
            if not arguments.only or lake.name in arguments.only:
                parity.check(lake)
        by_hand = parity.rows
        for number in range(arguments.rounds):
            parity.check(random_lake(arguments.seed + number, arguments.rows))
        print(f"{by_hand} rows made by hand, {parity.rows - by_hand} random ones from seed {arguments.seed}")
    print(f"{parity.cells} cells compared, {parity.declared} left out as declared in docs/migrating-from-glue.md, in {time.monotonic() - begin:.0f} s")
    if parity.failed:
        sys.exit(f"NOT EQUAL: {parity.failed} inputs differ")
    print("EQUAL: CONTRACT=glue gives what Spark gives, cell by cell")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/debug/drivendata", help="this program's command line")
    parser.add_argument("--rounds", type=int, default=20, help="random inputs")
    parser.add_argument("--rows", type=int, default=5000, help="rows of a random input")
    parser.add_argument("--seed", type=int, default=1, help="the first random input's number")
    parser.add_argument("--only", action="append", help="a hand-made input's name")
    parser.add_argument("--lake", help="a folder with raw_data/batch_YYYY-MM-DD*.csv")
    parser.add_argument("--date", help="the run date in it [default: the newest batch's]")
    parser.add_argument("--window-days", type=int, default=2)
    parser.add_argument("--golden", help="where to store the hand-made inputs and Spark's answers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
