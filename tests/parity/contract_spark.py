"""What Spark makes of a random contract: its rules said with Spark's own casts, windows and aggregates."""

import json
from dataclasses import dataclass, field

from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql import Window

from contract_cases import AVERAGES, EXTRAS

# Cells that are read cheaply decide first why a record is rejected.
COSTS = ["string", "boolean", "int", "bigint", "double", "decimal", "date", "timestamp"]
PARAMETERS = {":limit": "3", ":rate": "1.25", ":word": "'ab'", ":nothing": "NULL"}
BLANKS = " \t\n\r\x0b\x0c"


@dataclass
class Answer:
    """The outputs of one side. Tables are names of columns, their types, and rows."""

    tables: dict = field(default_factory=dict)
    csv: dict = field(default_factory=dict)
    balance: dict = field(default_factory=dict)
    rejected: dict = field(default_factory=dict)
    # The manifest's figures of the rows written.
    figures: dict = field(default_factory=dict)


def prepare(case, path):
    """Writes the window's records with what the contract says of missing cells; Spark does the rest."""
    number = 0
    with open(path, "w", encoding="utf-8") as out:
        for _, (header, *rows) in case.files:
            places = {name: index for index, name in enumerate(header)}
            for row in rows:
                number += 1
                record = {"_n": number, "_form": form(case, header, row)}
                if record["_form"]:
                    out.write(json.dumps(record) + "\n")
                    continue
                for column in case.columns:
                    at = places.get(column.source)
                    record |= looked_at(case, column, "" if at is None or at >= len(row) else row[at])
                for extra in EXTRAS:
                    record[f"e_{extra}"] = (row[places[extra]] or None) if places.get(extra, len(row)) < len(row) else None
                out.write(json.dumps({name: value for name, value in record.items() if value is not None}) + "\n")
    names = ["t", "r", "c"]
    fields = [T.StructField("_n", T.LongType()), T.StructField("_form", T.StringType())]
    fields += [T.StructField(f"{kind}_{column.name}", T.StringType()) for column in case.columns for kind in names]
    fields += [T.StructField(f"m_{column.name}", T.BooleanType()) for column in case.columns]
    fields += [T.StructField(f"e_{extra}", T.StringType()) for extra in EXTRAS]
    return T.StructType(fields)


def form(case, header, row):
    """Why a record is rejected whatever its cells hold."""
    if isinstance(row, str):
        return "|comment"
    if case.pads:
        return None
    if not any(row):
        return "|blank_record"
    if row == header:
        return "|repeated_header"
    return None if len(row) == len(header) else "|wrong_field_count"


def looked_at(case, column, raw):
    """A cell: `t` what is cast, `r` as it came, `c` for the CSV output, `m` whether it is missing."""
    is_marker = raw.strip(" \t\n\r\x0c") in column.nulls
    is_empty = not raw.strip() if case.blank_is_missing or column.kind != "string" else raw == ""
    is_missing = is_marker or is_empty
    shown = "" if is_marker else raw
    if is_missing and column.fill is not None:
        text = shown = column.fill
    elif is_marker or (is_empty and column.kind != "string"):
        text = None
    else:
        text = raw or None
    return {
        f"t_{column.name}": text, f"r_{column.name}": raw or None, f"c_{column.name}": shown or None,
        f"m_{column.name}": is_missing,
    }


def in_calendar(case, value, kind):
    if not case.calendar:
        return value
    first, last = ("0001-01-01", "9999-12-31") if kind == "date" else ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999")
    return f"(CASE WHEN {value} BETWEEN {kind} '{first}' AND {kind} '{last}' THEN {value} END)"


def cast(case, column):
    """SQL that reads a column's cells."""
    text = f"t_{column.name}"
    if column.comma:
        text = f"(CASE WHEN instr({text}, '.') = 0 THEN replace({text}, ',', '.') END)"
    if column.formats:
        read = [f'to_{column.kind}({text}, "{form}")' for form in column.formats]
        return f"coalesce({', '.join(read)})"
    value = f"cast({text} as {column.type})"
    return in_calendar(case, value, column.kind) if column.kind in ("date", "timestamp") else value


def written_date(case, column):
    """SQL for DATE(column): the date written in the cell."""
    source = f"t_{column.name}"
    written = in_calendar(case, f"cast({source} as date)", "date")
    return f"coalesce(cast({column.name} as date), {written})" if column.formats else written


def sql(case, text):
    """A contract's expression for Spark."""
    for name, value in PARAMETERS.items():
        text = text.replace(name, value)
    for name in ("s", "at", "at2"):
        text = text.replace(f"DATE({name})", f"wd_{name}")
    return text


def reason(case):
    """SQL that says why a record is rejected; null: it is a row."""
    cases = []
    for name in case.key:
        if case.column(name).required:
            cases.append((f"m_{name}", f"{name}|missing"))
    for column in sorted(case.columns, key=lambda column: COSTS.index(column.kind)):
        if column.required:
            cases.append((f"m_{column.name}", f"{column.name}|missing"))
        if column.required or column.rejects_unreadable:
            if column.kind != "string":
                cases.append((f"t_{column.name} IS NOT NULL AND {column.name} IS NULL", f"{column.name}|unreadable"))
    return "CASE WHEN _form IS NOT NULL THEN _form " + " ".join(f"WHEN {test} THEN '{why}'" for test, why in cases) + " END"


def run(spark, case, folder):
    """Spark's outputs."""
    schema = prepare(case, folder / "records.json")
    frame = spark.read.schema(schema).json(str(folder / "records.json")).coalesce(1)
    frame = frame.select("*", *[F.expr(cast(case, column)).alias(column.name) for column in case.columns])
    dated = [column for column in case.columns if column.name in ("s", "at", "at2")]
    frame = frame.select("*", *[F.expr(written_date(case, column)).alias(f"wd_{column.name}") for column in dated])
    frame = frame.withColumn("_reason", F.expr(reason(case))).cache()
    answer = Answer()
    for row in frame.groupBy("_reason").count().collect():
        if row[0] is not None:
            column, why = row[0].split("|")
            answer.rejected[column or None, why] = row[1]
    answer.balance = {"read": frame.count(), "rejected": sum(answer.rejected.values())}
    rows = frame.filter("_reason IS NULL")
    if case.key:
        order = F.col("_n").asc() if case.keep == "first" else F.col("_n").desc()
        rows = rows.withColumn("_rank", F.row_number().over(Window.partitionBy(*case.key).orderBy(order)))
        answer.balance["duplicates"] = rows.filter("_rank > 1").count()
        rows = rows.filter("_rank = 1")
    else:
        answer.balance["duplicates"] = 0
    for name, text in case.derived:
        rows = rows.withColumn(name, F.expr(sql(case, text)))
    for name, text in case.filters:
        rows = rows.withColumn(f"_{name}", F.expr(f"coalesce({sql(case, text)}, false)"))
    verdict = " ".join(f"WHEN NOT _{name} THEN '{name}'" for name, _ in case.filters)
    rows = rows.withColumn("_verdict", F.expr(f"CASE {verdict} END" if verdict else "CAST(NULL AS string)"))
    rows = rows.orderBy("_n").cache()
    dropped = {row[0]: row[1] for row in rows.groupBy("_verdict").count().collect()}
    answer.balance["written"] = dropped.get(None, 0)
    for name, _ in case.filters:
        answer.balance[f"filtered_by_{name}"] = dropped.get(name, 0)
    rows = rows.filter("_verdict IS NULL")

    present = {name for _, (header, *_) in case.files for name in header}
    order = [name for _, (header, *_) in case.files for name in header if name in EXTRAS]
    extras = [name for name in dict.fromkeys(order)] if case.extra_mode == "carry" else []
    names = [column.name for column in case.columns] + [f"e_{extra}" for extra in extras] + [name for name, _ in case.derived]
    shown = [column.name if column.is_canonical else f"c_{column.name}" for column in case.columns]
    shown += names[len(case.columns):]
    plain = [name.removeprefix("e_") if name in [f"e_{extra}" for extra in extras] else name for name in names]
    answer.tables["filtered"], answer.csv["filtered"] = table(rows.orderBy("_n"), names, shown, plain)
    for name, keys, aggregates in case.groups:
        columns = [F.expr(sql(case, text) if text else key).alias(key) for key, text in keys]
        calls = [F.expr(sql(case, text)).alias(column) for column, text in aggregates]
        key_names = [key for key, _ in keys]
        # The keys may have names of columns that the aggregates read.
        grouped = rows.groupBy(*[column.alias(f"_k{index}") for index, column in enumerate(columns)]).agg(*calls)
        for index, key in enumerate(key_names):
            grouped = grouped.withColumnRenamed(f"_k{index}", key)
        grouped = grouped.orderBy(*key_names)
        every = key_names + [column for column, _ in aggregates]
        answer.tables[name], answer.csv[name] = table(grouped, every, every, every)
    answer.figures = figures(case, rows)
    frame.unpersist()
    rows.unpersist()
    return answer


def figures(case, rows):
    """What the manifest says of the rows written."""
    unreadable = [
        column.name for column in case.columns
        if column.kind != "string" and not (column.required or column.rejects_unreadable and column.required)
    ]
    calls = [F.expr(f"count_if(t_{name} IS NOT NULL AND {name} IS NULL)").alias(name) for name in unreadable]
    calls += [F.expr(f"{function}(cast({name} as double))") for name in AVERAGES for function in ("avg", "max")]
    row = tuple(rows.agg(*calls).collect()[0])
    numbers = [None if value is None else float(value) for value in row[len(unreadable):]]
    date = f"wd_{case.rows_per_date}" if case.rows_per_date != "day" else "day"
    days = rows.groupBy(F.expr(f"cast({date} as string)")).count().collect()
    return {
        "null_casts": dict(zip(unreadable, row)),
        "rows_per_date": {day: count for day, count in days if day is not None},
        "numbers": {name: {"average": numbers[2 * at], "maximum": numbers[2 * at + 1]} for at, name in enumerate(AVERAGES)},
    }


def table(frame, names, shown, plain):
    """Typed cells and those of the CSV output, with one job."""
    kinds = dict(frame.dtypes)
    typed = [F.expr(number_of(name, kinds[name])).alias(f"v{index}") for index, name in enumerate(names)]
    texts = [F.col(name).cast("string").alias(f"s{index}") for index, name in enumerate(shown)]
    rows = frame.select(*typed, *texts).collect()
    count = len(names)
    return (
        (plain, [kinds[name] for name in names], [tuple(row[:count]) for row in rows]),
        (plain, [kinds[name] for name in shown], [tuple(cell or "" for cell in row[count:]) for row in rows]),
    )


def number_of(name, kind):
    """SQL whose Python value has no calendar and no zone."""
    return {"date": f"unix_date(`{name}`)", "timestamp": f"unix_micros(`{name}`)"}.get(kind, f"`{name}`")
