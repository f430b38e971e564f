"""The Glue script's transformation as a user has it, run by Spark: the side that is right by definition.

Read like the script reads: `spark.read` with a header, every column a string, quote and escape both `"` (RFC 4180),
line breaks allowed in quotes; ANSI mode off, UTC. The one addition is an order: each file is read into one partition,
numbered, and `dropDuplicates` keeps the first row in window order, which Spark alone leaves to chance.
"""

import os
import sys

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from table import CAST, DERIVED, GROUPED, KNOWN, Result, Table


def session():
    """A quiet local Spark."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "2g",
        "spark.sql.ansi.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.codegen.wholeStage": "false",
        # How this program's Parquet is read back: moments without zone as UTC, old dates as they are.
        "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    }
    builder = SparkSession.builder.master("local[2]").appName("parity")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def read_window(spark, files):
    """The window's files, oldest first, as one frame; `_file` and `_pos` give the order."""
    frame = None
    for number, path in enumerate(files):
        one = spark.read.csv(str(path), header=True, multiLine=True, quote='"', escape='"')
        one = one.withColumn("_file", F.lit(number)).withColumn("_pos", F.monotonically_increasing_id())
        frame = one if frame is None else frame.unionByName(one, allowMissingColumns=True)
    return frame


def transform(frame):
    """The script: filled, cast, without duplicates, filtered, with the derived columns; and the groups."""
    frame = frame.na.fill({"email": "unknown@example.com", "phone": "000-000-0000"})
    frame = frame.withColumn("birth_date", F.col("birth_date").cast("date"))
    frame = frame.withColumn("session_duration", F.col("session_duration").cast("int"))

    first = Window.partitionBy("unique_id").orderBy("_file", "_pos")
    frame = frame.withColumn("_rank", F.row_number().over(first)).filter("_rank = 1").drop("_rank")

    frame = frame.filter("session_duration > 30 and to_date(accessed_at) > '2024-01-01'")
    frame = frame.orderBy("_file", "_pos")

    frame = frame.withColumn("total_bandwidth", F.col("download_speed") + F.col("upload_speed"))
    frame = frame.withColumn(
        "activity_level",
        F.when(F.col("session_duration") > 120, "active")
        .when(F.col("session_duration").between(30, 120), "moderate")
        .otherwise("less_active"),
    )
    frame = frame.withColumn("masked_email", F.regexp_replace("email", r"(\w{3})\w+@(\w+)", r"$1***@$2"))
    grouped = frame.groupBy("person_name").agg(
        F.avg("session_duration").alias("avg_session_duration"),
        F.sum("consumed_traffic").alias("sum_consumed_traffic"),
        F.count("*").alias("sessions"),
    )
    return frame, grouped


def run(spark, files):
    """The script's outputs of these files."""
    source = read_window(spark, files)
    extras = [name for name in source.columns if name not in KNOWN + ["_file", "_pos"]]
    missing = [name for name in KNOWN if name not in source.columns]
    filtered, grouped = transform(source)
    for name in missing:
        filtered = filtered.withColumn(name, F.lit(None).cast("string"))
    columns = KNOWN + extras + DERIVED
    cells = [typed(name) for name in columns] + [F.col(name) for name in CAST] + [F.col("birth_date").cast("string")]
    rows = filtered.select(cells).collect()
    typed_rows = [tuple(row[: len(columns)]) for row in rows]
    csv_rows = []
    for row in rows:
        texts = dict(zip(columns, row))
        texts.update(zip(CAST + ["birth_date"], row[len(columns) :]))
        csv_rows.append(tuple(as_csv(texts[name]) for name in columns))

    # Spark sorts texts by their UTF-8 bytes, null first, as the outputs are.
    groups = [tuple(row) for row in grouped.orderBy("person_name").collect()]
    return Result(
        Table(columns, typed_rows),
        Table(columns, csv_rows),
        Table(GROUPED, groups),
        Table(GROUPED, [tuple(as_csv(cell) for cell in row) for row in groups]),
    )


def typed(name):
    """A column as this program's Parquet has it, in numbers that Python can hold whatever the year."""
    match name:
        case "birth_date":
            return F.expr("unix_date(birth_date)")
        case "accessed_at":
            return F.expr("unix_micros(cast(accessed_at as timestamp))")
        case "download_speed" | "upload_speed" | "consumed_traffic":
            return F.col(name).cast("double")
        case _:
            return F.col(f"`{name}`")


def as_csv(cell):
    """A cell as a CSV output shows it: null as nothing; doubles stay numbers, whose text is a matter of taste."""
    if cell is None:
        return ""
    return str(cell) if isinstance(cell, int) else cell
