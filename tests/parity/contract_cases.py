"""Random contracts with data for them: every type, form, rule and kind of table that a contract may have."""

import json
import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import contract_cells
from expressions import Author

RUN_DATE = date(2024, 9, 15)

# The columns that the expressions use, with their types, and some that nothing reads.
COLUMNS = {
    "i": "int", "l": "bigint", "d": "double", "m": "decimal(10,2)", "w": "decimal(38,10)", "s": "string", "b": "boolean",
    "day": "date", "at": "timestamp", "t2": "string", "d2": "double", "m2": "decimal(18,4)", "day2": "date", "at2": "timestamp",
}
LOGICAL = {"int": "integer", "bigint": "integer", "double": "number", "decimal": "number"}
FILLS = {"string": "none,\"such", "int": "-1", "bigint": "7", "double": "2.5", "decimal": "0.5", "boolean": "false", "date": "2000-02-29", "timestamp": "2000-02-29 12:00:00"}
AVERAGES = ["i", "d", "m"]
EXTRAS = ["extra_a", "extra_b"]


@dataclass
class Column:
    """A column of the files."""

    name: str
    type: str
    source: str = ""
    formats: list = field(default_factory=list)
    comma: bool = False
    nulls: list = field(default_factory=list)
    is_optional: bool = False
    required: bool = False
    fill: str | None = None
    rejects_unreadable: bool = False
    csv_text: str | None = None
    missing_share: float = 0.1
    junk_share: float = 0.03

    @property
    def kind(self):
        return self.type.split("(")[0]

    @property
    def arguments(self):
        return tuple(map(int, self.type[:-1].split("(")[1].split(","))) if "(" in self.type else ()

    @property
    def is_canonical(self):
        if self.kind == "string":
            return False
        return (self.csv_text or ("canonical" if self.formats or self.comma else "source")) == "canonical"

    def property(self, key_position):
        words = []
        logical = {"logicalType": LOGICAL.get(self.kind, self.kind)}
        if self.formats:
            logical["logicalTypeOptions"] = {"format": self.formats[0]}
            if self.formats[1:]:
                words.append(("formats", self.formats[1:]))
        for word, value in [
            ("decimal", "," if self.comma else None), ("nulls", self.nulls or None), ("optional", self.is_optional or None),
            ("fill", self.fill), ("onUnreadable", "reject" if self.rejects_unreadable else None), ("csvText", self.csv_text),
        ]:
            if value is not None:
                words.append((word, value))
        made = {"name": self.name, **logical, "physicalType": self.type}
        if self.source != self.name:
            made["physicalName"] = self.source
        if self.required:
            made["required"] = True
        if key_position:
            made |= {"primaryKey": True, "primaryKeyPosition": key_position}
        if words:
            made["customProperties"] = [{"property": name, "value": value} for name, value in words]
        return made


@dataclass
class Case:
    """A contract, and the files of its window as cells."""

    seed: int
    columns: list = field(default_factory=list)
    key: list = field(default_factory=list)
    keep: str = "first"
    extra_mode: str = "carry"
    filters: list = field(default_factory=list)
    derived: list = field(default_factory=list)
    groups: list = field(default_factory=list)
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    window_days: int = 1
    blank_is_missing: bool = True
    calendar: bool = True
    pads: bool = False
    rows_per_date: str = "at"
    comment: str | None = None
    header_line: int = 1
    options: list = field(default_factory=list)
    # Pairs of a name and rows of cells, the header first; in window order. A row may be a text: a line as it is.
    files: list = field(default_factory=list)

    def column(self, name):
        return next(column for column in self.columns if column.name == name)

    def contract(self):
        """The contract's text: JSON is YAML."""
        positions = {name: number for number, name in enumerate(self.key, 1)}
        rows = {
            "name": "filtered",
            "properties": [column.property(positions.get(column.name)) for column in self.columns]
            + [{"name": name, "transformLogic": sql} for name, sql in self.derived],
            "customProperties": [
                {"property": "filters", "value": [{"name": name, "keep": sql} for name, sql in self.filters]},
                {"property": "duplicates", "value": {"keep": self.keep}},
                {"property": "figures", "value": {"rowsPerDate": self.rows_per_date, "averages": AVERAGES}},
            ],
        }
        tables = [rows]
        for name, keys, aggregates in self.groups:
            properties = []
            for position, (key, sql) in enumerate(keys, 1):
                made = {"name": key, "primaryKey": True, "primaryKeyPosition": position}
                properties.append(made if sql is None else {**made, "transformLogic": sql})
            properties += [{"name": column, "transformLogic": sql} for column, sql in aggregates]
            tables.append({"name": name, "properties": properties, "customProperties": [{"property": "from", "value": "filtered"}]})
        words = {
            "input": {
                "objects": "batch_{date}*.csv", "delimiter": self.delimiter, "quote": self.quote,
                "encoding": self.encoding, "windowDays": self.window_days, "headerLine": self.header_line,
                **({"comment": self.comment} if self.comment else {}),
            },
            "extraColumns": self.extra_mode,
            "records": {
                "missing": "blank" if self.blank_is_missing else "empty",
                "dates": "calendar" if self.calendar else "spark",
                "shortAndLong": "pad" if self.pads else "reject",
            },
            "parameters": {"limit": 3, "rate": 1.25, "word": "ab", "nothing": "open"},
        }
        contract = {
            "apiVersion": "v3.1.0", "kind": "DataContract", "id": "random", "name": "random", "version": "1.0.0", "status": "active",
            "customProperties": [{"property": name, "value": value} for name, value in words.items()],
            "schema": tables,
        }
        # A quoted text would be a text.
        return json.dumps(contract, ensure_ascii=False, indent=1).replace('"open"', 'open')

    def write(self, folder, rng):
        for name, rows in self.files:
            with open(folder / name, "w", encoding="utf-16" if self.encoding == "utf-16" else self.encoding, newline="") as file:
                end = rng.choice(["\n", "\r\n"])
                file.write(f"made by hand{end}" * (self.header_line - 1))
                for row in rows:
                    line = row if isinstance(row, str) else self.delimiter.join(self.raw(cell, rng) for cell in row)
                    file.write(line + end)

    def raw(self, cell, rng):
        must = any(part in cell for part in (self.delimiter, self.quote, "\n", "\r"))
        if must or rng.random() < 0.05:
            return self.quote + cell.replace(self.quote, self.quote * 2) + self.quote
        return cell


def random_case(seed, rows=None):
    rng = random.Random(seed)
    case = Case(seed)
    case.delimiter = rng.choice([",", ",", ";", "|", "\t"])
    case.quote = rng.choice(['"', '"', '"', "'"])
    case.encoding = rng.choice(["utf-8", "utf-8", "utf-8", "utf-16", "windows-1250", "windows-1252"])
    case.window_days = rng.choice([1, 1, 2, 4])
    case.blank_is_missing = rng.random() < 0.7
    case.calendar = rng.random() < 0.7
    case.pads = rng.random() < 0.3
    case.rows_per_date = rng.choice(["at", "at2", "day"])
    case.comment = rng.choice([None, None, "#", "//"])
    case.header_line = rng.choice([1, 1, 1, 3])
    case.keep = rng.choice(["first", "last"])
    case.extra_mode = rng.choice(["carry", "carry", "drop"])
    case.columns = [some_column(rng, name, kind) for name, kind in COLUMNS.items()]
    rng.shuffle(case.columns)
    case.columns.append(Column("row_number", "string", "row_number", required=rng.random() < 0.5, missing_share=0))
    choose_key(rng, case)
    author = Author(rng.randrange(1 << 30))
    case.derived = [(f"x{number}", author.any()) for number in range(rng.randint(0, 4))]
    if case.derived and rng.random() < 0.7:
        case.derived.append(("y0", f"CASE WHEN {case.derived[0][0]} IS NULL THEN 'none' ELSE s END"))
        case.derived.append(("y1", "y0 || '!'"))
    if rng.random() < 0.5:
        case.derived.append(("written", rng.choice(["DATE(s)", "DATE(at)", "DATE(at2)"])))
    case.filters = [(f"f{number}", condition(rng, author, case)) for number in range(rng.choice([0, 0, 1, 2, 3]))]
    case.groups = [group(rng, author, case, number) for number in range(rng.randint(1, 3))]
    if rows is None:
        rows = rng.choice([0, 1, 40, 300, 300, 1000, 1000, 2000])
    case.options = ["--row-group-rows", str(rng.choice([1000, 7, 65536] if rows < 5000 else [1000, 65536]))]
    make_files(rng, case, rows)
    return case


def some_column(rng, name, kind):
    column = Column(name, kind, name)
    if rng.random() < 0.2:
        column.source = f"Source {name}"
    if column.kind == "date" and rng.random() < 0.5:
        column.formats = rng.sample(list(contract_cells.DATES), rng.randint(1, 2))
    if column.kind == "timestamp" and rng.random() < 0.5:
        column.formats = rng.sample(list(contract_cells.TIMES), rng.randint(1, 2))
    if column.kind in ("double", "decimal"):
        column.comma = rng.random() < 0.3
    if rng.random() < 0.3:
        column.nulls = rng.sample(contract_cells.MARKERS, rng.randint(1, 2))
    pick = rng.random()
    if pick < 0.1:
        column.required, column.missing_share, column.junk_share = True, 0.02, 0.01
    elif pick < 0.3:
        column.fill = fill(rng, column)
    if column.kind != "string" and rng.random() < 0.1 and not column.required:
        column.rejects_unreadable, column.junk_share = True, 0.01
    if not column.required and rng.random() < 0.2:
        column.is_optional = True
    if column.kind != "string":
        column.csv_text = rng.choice([None, None, "source", "canonical"])
    return column


def fill(rng, column):
    text = FILLS[column.kind]
    if column.kind == "string" and rng.random() < 0.5:
        return "2024-09-10 08:00"
    if column.formats:
        forms = contract_cells.DATES if column.kind == "date" else contract_cells.TIMES
        return datetime(2000, 2, 29, 12).strftime(forms[column.formats[-1]])
    return text.replace(".", ",") if column.comma else text


def choose_key(rng, case):
    pick = rng.random()
    if pick < 0.2:
        return
    names = rng.choice([["k"], ["k"], ["k", "k2"], ["i"], ["day", "k"], ["m", "b", "at"], ["d"], ["s"]])
    for name in (name for name in names if name in COLUMNS):
        case.column(name).is_optional = False
    for name in (name for name in names if name not in COLUMNS):
        column = Column(name, "string", name, required=rng.random() < 0.5, missing_share=0.02)
        case.columns.insert(rng.randint(0, len(case.columns)), column)
    rng.shuffle(names)
    case.key = names


def condition(rng, author, case):
    usable = [name for name, _ in case.derived]
    forms = [
        "i > :limit OR i IS NULL",
        "DATE(s) IS NULL OR DATE(s) > '2024-01-01'",
        "DATE(at) >= '2024-09-03' OR DATE(at) IS NULL",
        "DATE(at2) <= DATE '2024-09-18'",
        "m < :rate * 10 OR m2 > :rate",
        "s <> :word AND (:nothing IS NULL OR i > 2)",
        "LENGTH(s) < 30",
        "d <> 0e0 OR d IS NULL",
    ] + [f"{name} IS NOT NULL" for name in usable]
    return rng.choice(forms) if rng.random() < 0.7 else f"({author.condition(1)}) OR i > 0"


def group(rng, author, case, number):
    plain = [column.name for column in case.columns if column.name != "row_number"] + [name for name, _ in case.derived]
    keys = [(name, None) for name in rng.sample(plain, rng.randint(1, 2))]
    if rng.random() < 0.4:
        sql = rng.choice(["DATE(at)", "CAST(at AS date)", "YEAR(day)", "i + 1", "SUBSTR(s, 1, 1)", "COALESCE(b, FALSE)", "- d", "i > 2"])
        keys.append(("key_of", sql))
    aggregates = [("rows", "COUNT(*)")]
    for index in range(rng.randint(1, 8)):
        aggregates.append((f"a{index}", aggregate(rng, author, case)))
    return f"group{number}", keys, aggregates


def aggregate(rng, author, case):
    function = rng.choice(["AVG", "SUM", "COUNT", "MIN", "MAX"])
    if function in ("AVG", "SUM"):
        argument = rng.choice(["i", "l", "d", "m", "w", "d2", "m2", "i * 2", "m + 1", "d / 2", "CAST(b AS int)"])
    else:
        argument = rng.choice(list(COLUMNS) + [name for name, _ in case.derived] + ["m * 2", "i > 2", "SUBSTR(s, 2)", "DATE(at)"])
    return f"{function}({argument})"


def make_files(rng, case, rows):
    days = [RUN_DATE - timedelta(days=back) for back in reversed(range(case.window_days))]
    names = []
    for day in days:
        if day != RUN_DATE and rng.random() < 0.2:
            continue
        names += [f"batch_{day}{part}.csv" for part in ([""] if rng.random() < 0.5 else ["_1", "_2", "_3"])]
    number = 0
    keys = max(2, rows * 2 // 3)
    for index, name in enumerate(names):
        here = rows // len(names) + (rows % len(names) if index == 0 else 0)
        columns = [column for column in case.columns if not (column.is_optional and rng.random() < 0.5)]
        header = [(column.source, column) for column in columns]
        header += [(extra, None) for extra in EXTRAS if rng.random() < 0.4]
        if rng.random() < 0.7:
            rng.shuffle(header)
        cells = [[name for name, _ in header]]
        for _ in range(here):
            number += 1
            row = []
            for _, column in header:
                if column is None:
                    row.append(rng.choice(["", "e", "NULL", "a" + case.delimiter + "b", "1"]))
                elif column.name == "row_number":
                    row.append(str(number))
                elif column.name in case.key and rng.random() > column.missing_share:
                    row.append(f"{column.name}{rng.randrange(keys if len(case.key) == 1 else max(2, keys // 3))}")
                else:
                    row.append(contract_cells.cell(rng, column, case))
            cells.append(row)
            odd = odd_record(rng, case, cells[0]) if rng.random() < 0.03 else None
            if odd is not None:
                cells.append(odd)
        case.files.append((name, cells))


def odd_record(rng, case, header):
    """A record that is no row, or, where records are padded, one that is made one."""
    pick = rng.choice(["short", "long", "blank", "header", "comment"])
    row = ["5"] * len(header)
    if pick == "short":
        return row[: rng.randint(2, len(header) - 1)]
    if pick == "long":
        return row + ["5"] * rng.randint(1, 3)
    if pick == "comment":
        return f"{case.comment} no row" if case.comment else None
    if case.pads:
        return None
    return [""] * len(header) if pick == "blank" else header
