"""The tables of the Glue database against the files the program writes: columns, types, headers, places."""

import csv
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from lake import DATES, Lake
from stack import ROOT, Stack

TABLES = ["filtered", "grouped", "filtered_csv", "grouped_csv", "rejected"]
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
# What a type of the file is called in Athena.
ATHENA_TYPES = {
    "string": "string",
    "date32[day]": "date",
    "timestamp[us]": "timestamp",
    "int32": "int",
    "int64": "bigint",
    "double": "double",
    "bool": "boolean",
}


def tables(stack: Stack) -> dict[str, dict[str, Any]]:
    found = [table["TableInput"] for table in stack.of_type("AWS::Glue::Table").values()]
    return {table["Name"]: table for table in found}


def columns(table: dict[str, Any]) -> list[tuple[str, str]]:
    return [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]


def athena_type(arrow: str) -> str:
    return ATHENA_TYPES.get(arrow) or arrow.replace("decimal128", "decimal").replace(", ", ",")


def serde(table: dict[str, Any]) -> str:
    return table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]


def partition(table: dict[str, Any], date: str, lake: Lake) -> Path:
    """The folder in which Athena looks for a run date."""
    location = table["Parameters"]["storage.location.template"].replace("${run_date}", date)
    return lake.folder / location.removeprefix("s3://driven-data-bucket/")


def only_file(table: dict[str, Any], date: str, lake: Lake) -> Path:
    """Athena reads whatever lies there, so nothing else may."""
    (path,) = partition(table, date, lake).iterdir()
    return path


@pytest.fixture
def declared() -> dict[str, dict[str, Any]]:
    return tables(Stack({}))


def test_the_tables_are_those_that_the_page_on_athena_shows(declared: dict[str, Any]) -> None:
    page = (ROOT / "docs/athena.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| `(\w+)` \| .+ \| `([^`]+)` \|$", page, re.MULTILINE)
    places = {
        name: table["StorageDescriptor"]["Location"].split("transformed_data/")[1] for name, table in declared.items()
    }
    assert dict(shown) == places
    assert list(declared) == TABLES


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_those_of_the_files(name: str, declared: dict[str, Any], lake: Lake) -> None:
    table = declared[name]
    for date in DATES:
        path = only_file(table, date, lake)
        if serde(table) == PARQUET:
            schema = pyarrow.parquet.read_schema(path)
            assert columns(table) == [(field.name, athena_type(str(field.type))) for field in schema]
        else:
            assert serde(table) == CSV
            # Rejected records may hold any bytes.
            with path.open(encoding="utf-8", errors="replace", newline="") as file:
                header = next(csv.reader(file))
            # The SerDe reads by position and gives texts.
            assert columns(table) == [(column, "string") for column in header]


def test_files_and_tables_agree_on_the_format(declared: dict[str, Any], lake: Lake) -> None:
    for table in declared.values():
        ending = only_file(table, DATES[0], lake).suffix
        assert ending == "." + table["Parameters"]["classification"]
        assert (serde(table) == PARQUET) == (ending == ".parquet")
        assert ("skip.header.line.count" in table["Parameters"]) == (ending == ".csv")


def test_every_output_but_the_manifests_lies_in_a_partition_of_one_table(declared: dict[str, Any], lake: Lake) -> None:
    files = [
        str(only_file(table, date, lake).relative_to(lake.folder)) for table in declared.values() for date in DATES
    ]
    assert sorted(files) == [key for key in lake.output_keys() if "/runs/" not in key]


def test_partitions_are_projected_from_dates_as_keys_have_them(stack: Stack) -> None:
    for name, table in tables(stack).items():
        parameters = table["Parameters"]
        assert table["PartitionKeys"] == [{"Name": "run_date", "Type": "date"}]
        assert (parameters["projection.enabled"], parameters["projection.run_date.type"]) == ("true", "date"), name
        assert parameters["projection.run_date.format"] == "yyyy-MM-dd"
        first, last = parameters["projection.run_date.range"].split(",")
        assert first < DATES[0] and last == "NOW+1DAYS"
        location = table["StorageDescriptor"]["Location"]
        assert location.startswith(f"s3://{stack.parameters['BucketName']}/transformed_data/")
        assert parameters["storage.location.template"] == location + "run_date=${run_date}/"


def test_tables_are_in_the_database_of_the_parameter() -> None:
    stack = Stack({"DatabaseName": "lead_data"})
    assert {table["DatabaseName"] for table in stack.of_type("AWS::Glue::Table").values()} == {"lead_data"}
    assert stack.outputs["DatabaseName"] == "lead_data"
