"""What a Parquet file says about itself: sizes of row groups, statistics, indexes. Readers skip data by them."""

import math
from pathlib import Path

import duckdb
import pyarrow.parquet

from twin import kind

# Longer texts may be cut in statistics, which then are bounds but no values.
EXACT_BYTES_MAX = 64

# What every reader understands, Spark 3.5 among them: it reads DELTA_LENGTH_BYTE_ARRAY wrongly behind nulls
# (SPARK-52240), which no other reader here would show.
ENCODINGS = {"PLAIN", "RLE", "RLE_DICTIONARY", "DELTA_BINARY_PACKED", "DELTA_BYTE_ARRAY"}


# By these Spark reads dates before 1582-10-15 as they are; without, it refuses their column.
CALENDAR_KEY, CALENDAR_VERSION = b"org.apache.spark.version", b"3.5.0"


def check_calendar(path: Path):
    found = pyarrow.parquet.ParquetFile(path).metadata.metadata.get(CALENDAR_KEY)
    assert found == CALENDAR_VERSION, f"{path}: the footer says {found}, expected {CALENDAR_VERSION}"


def check_sizes(path: Path, rows: int, row_group_rows: int):
    footer = pyarrow.parquet.ParquetFile(path).metadata
    sizes = [footer.row_group(index).num_rows for index in range(footer.num_row_groups)]
    full, rest = divmod(rows, row_group_rows)
    expected = [row_group_rows] * full + [rest] * (rest > 0)
    assert sizes == expected, f"{path}: row groups of {sizes} rows, expected {expected}"
    return len(sizes)


def check_columns(path: Path, names, rows):
    """Each column of each row group: encodings, the nulls counted, the least and the greatest value, both indexes."""
    file = pyarrow.parquet.ParquetFile(path)
    begin = 0
    for group in range(file.metadata.num_row_groups):
        chunk_rows = rows[begin : begin + file.metadata.row_group(group).num_rows]
        begin += len(chunk_rows)
        for index, name in enumerate(names):
            what = f"{path}: row group {group}, {name}"
            chunk = file.metadata.row_group(group).column(index)
            odd = set(chunk.encodings) - ENCODINGS
            assert not odd, f"{what}: encoded as {odd}"
            assert chunk.has_column_index and chunk.has_offset_index, f"{what}: no page index"
            check_chunk(what, name, chunk.statistics, [row[index] for row in chunk_rows])


def check_chunk(what: str, name: str, statistics, cells):
    assert statistics is not None, f"{what}: no statistics"
    nulls = cells.count(None)
    assert statistics.null_count == nulls, f"{what}: {statistics.null_count} nulls, expected {nulls}"
    values = [cell for cell in cells if cell is not None and not (isinstance(cell, float) and math.isnan(cell))]
    assert statistics.has_min_max == bool(values), f"{what}: minimum and maximum: {statistics.has_min_max}"
    if not values:
        return
    order = (lambda text: text.encode()) if kind(name) == "string" else (lambda value: value)
    least, greatest = min(values, key=order), max(values, key=order)
    shown = (statistics.min, statistics.max)
    assert order(shown[0]) <= order(least) and order(greatest) <= order(shown[1]), f"{what}: {shown} are no bounds"
    for value, stated in [(least, shown[0]), (greatest, shown[1])]:
        is_long = kind(name) == "string" and len(value.encode()) > EXACT_BYTES_MAX
        assert is_long or value == stated, f"{what}: {stated!r} stated for {value!r}"


def check_lookups(path: Path, names, rows):
    """Looks values up in DuckDB, which leaves out the row groups that the statistics exclude."""
    with duckdb.connect() as engine:
        for index, name in enumerate(names):
            cells = [row[index] for row in rows if row[index] is not None and row[index] == row[index]]
            column = '"' + name.replace('"', '""') + '"'
            query = f"SELECT count(*) FROM read_parquet(?, hive_partitioning = false) WHERE {column} = ?"
            for value in {cells[at] for at in (0, len(cells) // 2, -1) if cells}:
                [(found,)] = engine.execute(query, [str(path), value]).fetchall()
                expected = cells.count(value)
                assert found == expected, f"{path}: {found} rows where {name} = {value!r}, expected {expected}"
