"""What both sides of the comparison give back, and how two cells are compared."""

import math
import struct
from dataclasses import dataclass, field

KNOWN = [
    "person_name", "user_name", "email", "personal_number", "birth_date", "address", "phone", "mac_address",
    "ip_address", "iban", "accessed_at", "session_duration", "download_speed", "upload_speed", "consumed_traffic",
    "unique_id",
]
REQUIRED = [
    "person_name", "email", "birth_date", "phone", "accessed_at", "session_duration", "download_speed",
    "upload_speed", "consumed_traffic", "unique_id",
]
DERIVED = ["total_bandwidth", "activity_level", "masked_email"]
GROUPED = ["person_name", "avg_session_duration", "sum_consumed_traffic", "sessions"]
# Columns that Parquet holds cast and CSV as the source wrote them, which is what the script's Spark keeps of them.
CAST = ["accessed_at", "download_speed", "upload_speed", "consumed_traffic"]

# Sums are added up in the same order on both sides; should Spark choose another, the last digits may differ.
SUM_TOLERANCE = 1e-12


@dataclass
class Table:
    """Rows as tuples: texts, whole numbers (dates in days, moments in microseconds since 1970), doubles, None."""

    columns: list
    rows: list


@dataclass
class Result:
    """The outputs of one run; `filtered_csv` holds texts only, an empty one for null."""

    filtered: Table
    filtered_csv: Table
    grouped: Table
    grouped_csv: Table
    rejected: int = 0
    tables: tuple = field(default=("filtered", "filtered_csv", "grouped", "grouped_csv"), repr=False)


@dataclass(frozen=True)
class Difference:
    """One cell, or a whole row (no column), on which the two sides do not agree."""

    table: str
    row: int
    column: str | None
    spark: object
    ours: object
    context: tuple = ()

    def __str__(self):
        where = f"{self.table} row {self.row}" + (f", {self.column}" if self.column else "")
        return f"{where}: Spark has {self.spark!r}, CONTRACT=glue has {self.ours!r}"


def bits(value):
    """A double's bits; every NaN counts as the same."""
    return "NaN" if math.isnan(value) else struct.pack(">d", value)


def cells_equal(table, column, spark, ours):
    if isinstance(spark, float) and isinstance(ours, float):
        if bits(spark) == bits(ours):
            return True
        return table.startswith("grouped") and math.isclose(spark, ours, rel_tol=SUM_TOLERANCE, abs_tol=0.0)
    return type(spark) is type(ours) and spark == ours


def named_zone(text):
    """Whether a moment's text names its zone by region or abbreviation: declared as different, see the migration page."""
    time = text.strip()[10:]
    letters = [part for part in ("UTC", "GMT", "UT", "Z") if part in time]
    for part in letters:
        time = time.replace(part, "", 1)
    return any(letter.isalpha() for letter in time.lstrip("T "))


def compare(spark, ours):
    """All differences, the number of cells compared, and how many cells and rows were left out as declared."""
    differences, cells, declared = [], 0, 0
    alone = []
    for name in spark.tables:
        left, right = getattr(spark, name), getattr(ours, name)
        if left.columns != right.columns:
            differences.append(Difference(name, 0, "header", left.columns, right.columns))
            continue
        zones = spark.filtered_csv.rows if name == "filtered" else None
        at_zone = left.columns.index("accessed_at") if zones else None
        # Rows are told apart by what each output has once: the id, the name of a group.
        key = left.columns.index("unique_id" if name.startswith("filtered") else "person_name")
        pairs, strays = aligned(left.rows, right.rows, key)
        for a, b in strays:
            row = left.rows[a] if a is not None else right.rows[b]
            # Bytes that are not UTF-8: Spark replaces them, this program rejects the row, so its group differs too.
            if ours.rejected and b is None and any("\ufffd" in cell for cell in row if isinstance(cell, str)):
                alone.append(row[left.columns.index("person_name")])
                declared += 1
            else:
                differences.append(Difference(name, a if a is not None else b, None, *((row, None) if b is None else (None, row))))
        for a, b in pairs:
            if name.startswith("grouped") and alone and (left.rows[a][key] or None) in {each or None for each in alone}:
                declared += 1
                continue
            for at, column in enumerate(left.columns):
                one, other = left.rows[a][at], right.rows[b][at]
                cells += 1
                if cells_equal(name, column, one, other):
                    continue
                if at == at_zone and other is None and named_zone(zones[a][at]):
                    declared += 1
                    continue
                differences.append(Difference(name, a, column, one, other, tuple(left.rows[a])))
    return differences, cells, declared


def aligned(left, right, key):
    """Which rows belong together, and those that only one side has. Rows in another order do not belong together."""
    ours = {row[key]: at for at, row in enumerate(right)}
    if len(ours) < len(right):
        return zip_rows(left, right)
    pairs, strays, last, seen = [], [], -1, set()
    for at, row in enumerate(left):
        other = ours.get(row[key])
        if other is None or other <= last:
            strays.append((at, None))
        else:
            pairs.append((at, other))
            seen.add(other)
            last = other
    strays += [(None, other) for other in range(len(right)) if other not in seen]
    return pairs, strays


def zip_rows(left, right):
    """Rows by their position: for an output that breaks its promise to have each key once."""
    both = min(len(left), len(right))
    strays = [(at, None) for at in range(both, len(left))] + [(None, at) for at in range(both, len(right))]
    return [(at, at) for at in range(both)], strays
