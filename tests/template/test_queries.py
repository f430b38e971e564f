"""The queries of docs/athena.md: Athena's grammar takes them, and run over real outputs they say what the page says."""

import csv
import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
import sqlglot
from lake import DATES, Lake
from stack import ROOT, Stack
from test_tables import PARQUET, columns, partition, serde, tables

BLOCK = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DUCKDB_TYPES = {"string": "VARCHAR", "timestamp": "TIMESTAMP", "int": "INTEGER"}


def queries() -> list[str]:
    return BLOCK.findall((ROOT / "docs/athena.md").read_text(encoding="utf-8"))


def query(text: str) -> str:
    """The one query of the page that holds `text`, in DuckDB's words."""
    (found,) = [one for one in queries() if text in one]
    return translated(found)


def translated(athena: str) -> str:
    (statement,) = sqlglot.transpile(athena, read="athena", write="duckdb", error_level=sqlglot.ErrorLevel.RAISE)
    return statement


def table_as_athena_sees_it(table: dict[str, Any], lake: Lake) -> str:
    """The declared columns in the declared types, of what lies in the declared place."""
    files = str(partition(table, "*", lake) / "*").replace("'", "''")
    partitions = "hive_partitioning = true, hive_types = {'run_date': DATE}"
    if serde(table) == PARQUET:
        types = {name: DUCKDB_TYPES.get(type_, type_.upper()) for name, type_ in columns(table)}
        selected = ", ".join(f'"{name}"::{type_} AS "{name}"' for name, type_ in types.items())
        rows = f"read_parquet('{files}', {partitions})"
    else:
        names = ", ".join(f"'{name}': 'VARCHAR'" for name, _ in columns(table))
        selected = ", ".join(f'"{name}"' for name, _ in columns(table))
        # Empty cells are empty texts there.
        options = "header = false, skip = 1, auto_detect = false, nullstr = '\\N'"
        rows = f"read_csv('{files}', columns = {{{names}}}, {options}, {partitions})"
    # Through a view, DuckDB would move a query's casts into its reader of CSV, where they fail. But rejected records may
    # hold any bytes, which it copies to no table, and no query of the page reads them.
    kind = "VIEW" if table["Name"] == "rejected" else "TABLE"
    return f'CREATE {kind} "{table["Name"]}" AS SELECT {selected}, run_date FROM {rows}'


@pytest.fixture(scope="module")
def athena(lake: Lake) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as engine:
        for table in tables(Stack({})).values():
            engine.execute(table_as_athena_sees_it(table, lake))
        engine.execute(query("CREATE OR REPLACE VIEW filtered_once"))
        yield engine


def ids_by_run(engine: duckdb.DuckDBPyConnection, table: str) -> dict[str, set[str]]:
    rows = engine.sql(f"SELECT CAST(run_date AS text), unique_id FROM {table}").fetchall()
    assert len(rows) == len(set(rows)), f"an id is twice in one run of {table}"
    return {date: {id_ for run, id_ in rows if run == date} for date in DATES}


def ids_of_single_batches(lake: Lake, output_prefix: str, *filter_settings: str) -> dict[str, set[str]]:
    """The ids of the rows that each batch gives on its own."""
    lake.run(output_prefix, 1, *filter_settings)
    found = {}
    for date in DATES:
        path = lake.folder / f"{output_prefix}filtered/csv/run_date={date}/filtered.csv"
        with path.open(encoding="utf-8", newline="") as file:
            found[date] = {row["unique_id"] for row in csv.DictReader(file)}
    return found


@pytest.mark.parametrize("statement", queries(), ids=lambda text: text.split("\n")[0][:60])
def test_every_query_of_the_page_runs(statement: str, athena: duckdb.DuckDBPyConnection) -> None:
    answer = athena.sql(translated(statement))
    assert statement.startswith("CREATE") or answer.fetchall()


def test_the_view_has_each_row_in_the_run_of_its_own_batch(athena: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    runs, once = ids_by_run(athena, "filtered"), ids_by_run(athena, "filtered_once")
    kept = ids_of_single_batches(lake, "single_batches/")
    read = ids_of_single_batches(lake, "unfiltered/", "--accessed-from=open", "--accessed-to=open", "--min-session-duration=-1")
    assert once[DATES[0]] == kept[DATES[0]]
    hidden: set[str] = set()
    hidden_ever = 0
    for before, date in zip(DATES, DATES[1:], strict=False):
        twins = kept[date] & read[before]
        # Twins of rows of the day before are no rows of this day.
        # If the first row was filtered out, they appear a run later.
        assert once[date] == (kept[date] - twins | hidden) - ever(once, before)
        hidden = twins - runs[date]
        hidden_ever += len(hidden)
    assert hidden_ever > 0, "no such row: this proves less than it should"


def ever(once: dict[str, set[str]], until: str) -> set[str]:
    return set().union(*(ids for date, ids in once.items() if date <= until))


def test_the_view_has_every_row_of_any_run_exactly_once(athena: duckdb.DuckDBPyConnection) -> None:
    once = athena.sql("SELECT unique_id FROM filtered_once").fetchall()
    anywhere = athena.sql("SELECT DISTINCT unique_id FROM filtered").fetchall()
    assert sorted(once) == sorted(anywhere)


def test_without_the_view_rows_are_counted_twice(athena: duckdb.DuckDBPyConnection) -> None:
    ((everything,),) = athena.sql("SELECT count(*) FROM filtered").fetchall()
    ((once,),) = athena.sql("SELECT count(*) FROM filtered_once").fetchall()
    assert everything > 1.5 * once


def test_the_query_for_some_days_counts_what_their_batches_added(athena: duckdb.DuckDBPyConnection) -> None:
    runs = ids_by_run(athena, "filtered")
    ((rows, _),) = athena.sql(query("AS row_count")).fetchall()
    assert rows == len(ever(runs, DATES[-1]) - runs[DATES[0]])


def test_the_newest_run_of_each_access_date_would_lose_rows(athena: duckdb.DuckDBPyConnection) -> None:
    newest = """SELECT count(*) FROM filtered AS rows JOIN (
        SELECT CAST(accessed_at AS date) AS access_date, max(run_date) AS run_date FROM filtered GROUP BY 1
    ) AS newest ON newest.run_date = rows.run_date AND newest.access_date = CAST(rows.accessed_at AS date)"""
    ((kept,),) = athena.sql(newest).fetchall()
    ((once,),) = athena.sql("SELECT count(*) FROM filtered_once").fetchall()
    assert kept < once, "the page warns of this query"


def test_groups_over_the_view_are_those_of_the_program_where_there_is_one_run(
    athena: duckdb.DuckDBPyConnection,
) -> None:
    first = query("CREATE OR REPLACE VIEW").replace("filtered_once", "first_once")
    athena.execute(first.replace("occurrence = 1", f"occurrence = 1 AND run_date = DATE '{DATES[0]}'"))
    ours = athena.sql(
        query("FROM filtered_once\nGROUP BY person_name").replace("filtered_once", "first_once")
    ).fetchall()
    theirs = athena.sql(
        f"SELECT * EXCLUDE run_date FROM grouped WHERE run_date = DATE '{DATES[0]}' ORDER BY 1"
    ).fetchall()
    assert len(ours) == len(theirs) > 100
    for left, right in zip(ours, theirs, strict=True):
        assert left == pytest.approx(right)


def test_csv_and_parquet_say_the_same(athena: duckdb.DuckDBPyConnection) -> None:
    from_csv = athena.sql(query("FROM filtered_csv")).fetchall()
    typed = athena.sql(
        "SELECT unique_id, birth_date, session_duration FROM filtered WHERE run_date = DATE '2024-09-15'"
    )
    assert sorted(from_csv, key=str) == sorted(typed.fetchall(), key=str)
    assert any(birth_date is None for _, birth_date, _ in from_csv), "no empty cell: this proves less than it should"
