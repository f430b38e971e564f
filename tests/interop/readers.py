"""One Parquet file in several implementations: each gives column names, types in its own words, and rows."""

from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow.parquet

TYPES = {
    "pyarrow": {
        "string": "string",
        "date": "date32[day]",
        "timestamp": "timestamp[us]",
        "int": "int32",
        "double": "double",
        "bigint": "int64",
    },
    "DuckDB": {
        "string": "VARCHAR",
        "date": "DATE",
        "timestamp": "TIMESTAMP",
        "int": "INTEGER",
        "double": "DOUBLE",
        "bigint": "BIGINT",
    },
    "Polars": {
        "string": "String",
        "date": "Date",
        "timestamp": "Datetime(time_unit='us', time_zone=None)",
        "int": "Int32",
        "double": "Float64",
        "bigint": "Int64",
    },
    "pandas": {
        "string": "string[pyarrow]",
        "date": "date32[day][pyarrow]",
        "timestamp": "timestamp[us][pyarrow]",
        "int": "int32[pyarrow]",
        "double": "double[pyarrow]",
        "bigint": "int64[pyarrow]",
    },
    "Spark": {
        "string": "string",
        "date": "date",
        "timestamp": "timestamp_ntz",
        "int": "int",
        "double": "double",
        "bigint": "bigint",
    },
}


def with_pyarrow(path: Path):
    # Not read_table: that adds the folder's run_date=... as a column.
    table = pyarrow.parquet.ParquetFile(path).read()
    columns = [column.to_pylist() for column in table.columns]
    return table.column_names, [str(field.type) for field in table.schema], list(zip(*columns, strict=True))


def with_duckdb(path: Path):
    with duckdb.connect() as engine:
        relation = engine.read_parquet(str(path), hive_partitioning=False)
        names, types = relation.columns, [str(type_) for type_ in relation.types]
        return names, types, relation.fetchall()


def with_polars(path: Path):
    frame = polars.read_parquet(path, hive_partitioning=False)
    return frame.columns, [str(type_) for type_ in frame.dtypes], frame.rows()


def with_pandas(path: Path):
    # Its own numpy types know neither dates nor missing integers.
    frame = pandas.read_parquet(str(path), dtype_backend="pyarrow", partitioning=None)
    columns = [frame[name].array._pa_array.to_pylist() for name in frame.columns]
    return list(frame.columns), [str(type_) for type_ in frame.dtypes], list(zip(*columns, strict=True))


class Spark:
    """Started once; as in Glue, but on this machine."""

    def __init__(self):
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]").appName("interop")
        builder = builder.config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC")
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")

    def __call__(self, path: Path):
        frame = self.session.read.parquet(str(path))
        names, types = zip(*frame.dtypes, strict=True)
        return list(names), list(types), [tuple(row) for row in frame.collect()]


READERS = {"pyarrow": with_pyarrow, "DuckDB": with_duckdb, "Polars": with_polars, "pandas": with_pandas}
