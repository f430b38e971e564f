"""The job in Spark: spark-submit spark_.py LAKE OUT

The fastest form found that keeps the first row of an id (`dropDuplicates` keeps any): the row with the smallest number,
the filtered rows persisted, then the four writes, each a folder of two parts. Masking takes the first `@`: no address
here has two.
"""

import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

SCHEMA = """
    person_name STRING, user_name STRING, email STRING, personal_number STRING, birth_date STRING, address STRING,
    phone STRING, mac_address STRING, ip_address STRING, iban STRING, accessed_at STRING, session_duration INT,
    download_speed DOUBLE, upload_speed DOUBLE, consumed_traffic DOUBLE, unique_id STRING
"""
COLUMNS = [part.split()[0] for part in SCHEMA.split(",")]


def session() -> SparkSession:
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )


def window(spark: SparkSession, lake: Path) -> DataFrame:
    """Both days; `place` orders the rows: the day, then the place in the file."""
    days = []
    for number, day in enumerate(("14", "15")):
        # Some addresses have two lines, hence multiLine, which keeps a file in one partition.
        one = spark.read.csv(
            str(lake / "raw_data" / f"batch_2024-09-{day}.csv"),
            SCHEMA,
            header=True,
            multiLine=True,
            quote='"',
            escape='"',
        )
        days.append(one.withColumn("place", F.lit(number * 10**15) + F.monotonically_increasing_id()))
    return days[0].unionByName(days[1])


def filled(name: str, value: str) -> F.Column:
    return F.when(F.trim(name) != "", F.col(name)).otherwise(value)


def transformed(rows: DataFrame) -> DataFrame:
    first = rows.groupBy("unique_id").agg(F.min_by(F.struct(*COLUMNS), "place").alias("row")).select("row.*")
    duration = F.col("session_duration")
    accessed_at = F.to_timestamp("accessed_at")
    return (
        first.withColumn("accessed_at", accessed_at)
        .where((F.col("accessed_at") >= "2024-01-01") & (F.col("accessed_at") < "2025-01-01") & (duration > 30))
        .withColumn("email", filled("email", "unknown@example.com"))
        .withColumn("phone", filled("phone", "000-000-0000"))
        .withColumn("birth_date", F.col("birth_date").cast("date"))
        .withColumn("total_bandwidth", F.col("download_speed") + F.col("upload_speed"))
        .withColumn(
            "activity_level",
            F.when(duration > 120, "active").when(duration >= 30, "moderate").otherwise("less_active"),
        )
        .withColumn("masked_email", F.regexp_replace("email", "^(?:([^@]{3})[^@]+|([^@]{0,2})[^@]|)@", "$1$2***@"))
    )


def main(lake: Path, out: Path) -> None:
    spark = session()
    filtered = transformed(window(spark, lake)).persist()
    grouped = (
        filtered.groupBy("person_name")
        .agg(
            F.avg("session_duration").alias("avg_session_duration"),
            F.sum("consumed_traffic").alias("sum_consumed_traffic"),
            F.count("*").alias("sessions"),
        )
        .orderBy("person_name")
    )
    for name, frame in {"filtered": filtered, "grouped": grouped}.items():
        frame.write.parquet(str(out / f"{name}.parquet"), compression="snappy")
        frame.write.csv(str(out / f"{name}.csv"), header=True, escape='"', timestampFormat="yyyy-MM-dd HH:mm:ss.SSSSSS")
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
