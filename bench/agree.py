"""Do two engines' outputs hold the same? agree.py LAKE OUT: ours in the lake, theirs in the folder.

Row counts, the set of ids and, per column, the same value beside the same id, whatever the order of the rows; sums and
the grouped tables within 1e-9. Prints each difference; exit code 1 if there is any.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb

from data import our_output

DOUBLES = ("download_speed", "upload_speed", "consumed_traffic", "total_bandwidth")
TYPES = {
    "birth_date": "DATE",
    "accessed_at": "TIMESTAMP",
    "session_duration": "BIGINT",
    **dict.fromkeys(DOUBLES, "DOUBLE"),
}
GROUPED_TYPES = {"avg_session_duration": "DOUBLE", "sum_consumed_traffic": "DOUBLE", "sessions": "BIGINT"}
TOLERANCE = 1e-9


def source(path: Path) -> str:
    """The file, or folder of parts, as a table expression; a CSV's cells as texts."""
    files = path / "part-*" if path.is_dir() else path
    if path.suffix == ".parquet":
        return f"read_parquet('{files}', hive_partitioning = false)"
    return (
        f"read_csv('{files}', header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', "
        "hive_partitioning = false)"
    )


def columns(engine: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    return [row[0] for row in engine.execute(f"DESCRIBE FROM {source(path)}").fetchall()]


def fingerprint(engine: duckdb.DuckDBPyConnection, path: Path) -> dict[str, int | float]:
    """What must be equal: the rows, and for each column a sum over rows of a hash of the id and the value."""
    asked = ['count(*) AS "rows"']
    for name in columns(engine, path):
        value = f'"{name}"::{TYPES.get(name, "VARCHAR")}'
        # An empty text and a missing one look the same in a CSV file.
        value = f"coalesce({value}, '')" if name not in TYPES else value
        asked.append(f'sum(hash(unique_id, {value})::HUGEINT) AS "{name}"')
        if name in DOUBLES:
            asked.append(f'sum({value}) AS "sum of {name}"')
    found = engine.execute(f"SELECT {', '.join(asked)} FROM {source(path)}")
    names = [column[0] for column in found.description]
    return dict(zip(names, found.fetchall()[0], strict=True))


def close(left: int | float, right: int | float) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return abs(left - right) <= TOLERANCE * max(abs(left), abs(right))
    return left == right


def filtered_differences(engine: duckdb.DuckDBPyConnection, ours: Path, theirs: Path) -> Iterator[str]:
    own, other = fingerprint(engine, ours), fingerprint(engine, theirs)
    if list(own) != list(other):
        yield f"{theirs.name}: columns {list(other)}, not {list(own)}"
        return
    for name, value in own.items():
        if not close(value, other[name]):
            yield f"{theirs.name}: {name}: {other[name]}, not {value}"


def grouped_differences(engine: duckdb.DuckDBPyConnection, ours: Path, theirs: Path) -> Iterator[str]:
    names = columns(engine, ours)
    if columns(engine, theirs) != names:
        yield f"{theirs.name}: columns {columns(engine, theirs)}, not {names}"
        return
    cast = ", ".join(f'"{name}"::{type_} AS "{name}"' for name, type_ in GROUPED_TYPES.items())
    equal = " AND ".join(
        f"abs(o.{name} - t.{name}) <= {TOLERANCE} * greatest(abs(o.{name}), abs(t.{name}))" for name in GROUPED_TYPES
    )
    wrong = engine.execute(
        f"""
        SELECT count(*) FROM (SELECT person_name, {cast} FROM {source(ours)}) AS o
        FULL JOIN (SELECT person_name, {cast} FROM {source(theirs)}) AS t USING (person_name)
        WHERE NOT coalesce({equal}, false)
        """
    ).fetchall()[0][0]
    if wrong:
        yield f"{theirs.name}: {wrong} groups differ"


def differences(lake: Path, out: Path) -> Iterator[str]:
    with duckdb.connect() as engine:
        # Some engines write moments as UTC, others without a zone.
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute("SET preserve_insertion_order = false")
        for name in ("filtered.parquet", "filtered.csv"):
            yield from filtered_differences(engine, our_output(lake, name), out / name)
        for name in ("grouped.parquet", "grouped.csv"):
            yield from grouped_differences(engine, our_output(lake, name), out / name)


def main() -> int:
    found = list(differences(Path(sys.argv[1]), Path(sys.argv[2])))
    print("\n".join(found) or "agree")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
