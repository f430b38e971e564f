"""A day of odd records, opened with each reader's defaults, as somebody would who wants a quick look."""

import base64
import json
import subprocess
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow.parquet

DATE = "2024-09-15"
KEY = f"raw_data/batch_{DATE}.csv"
HEADER = (
    "unique_id,email,phone,birth_date,accessed_at,session_duration,download_speed,upload_speed,consumed_traffic,"
    "person_name"
)
REJECTED = ["object", "record_number", "byte_offset", "column", "reason", "record", "record_bytes", "record_base64"]


def row(number: int, birth_date="1990-01-02", name="Ana") -> bytes:
    return f"id-{number},a@b.ro,07,{birth_date},2024-05-06 07:08:09,60,1.5,2.5,100.0,{name}\n".encode()


def records():
    """Good rows between records that cannot be used, each of another kind."""
    good = [row(number, birth_date) for number, birth_date in enumerate(["0001-01-01", "1500-02-28", "9999-12-31", "19850-03-04"])]
    odd = [
        row(10, name="Maria").replace(b"Maria", b"Mar\xeda"),
        b"\xff\xfe\x00\n",
        b'too,"few, with\nlines",and ""quotes""\n',
        b"=1+1,formula\n",
        b",,,,,,,,,\n",
        HEADER.encode() + b"\n",
        row(11, name='"open'),
        row(12, name="'" + "x" * 100_000),
        b"long," + "ș".encode() * 700_000 + b"\n",
        row(13).replace(b"60", b"soon"),
        b"7\n",
    ]
    return [record for pair in zip(good * 3, odd) for record in pair]


def check(program: str, folder: Path) -> None:
    """Raises at the first thing that a reader cannot open or reads differently."""
    raw = (HEADER + "\n").encode() + b"".join(records())
    (folder / "raw_data").mkdir()
    (folder / KEY).write_bytes(raw)
    settings = ["--date", DATE, "--window-days", "1", "--max-rejected-ratio", "1", "--json"]
    answer = subprocess.run([program, "run", "--lake", str(folder), *settings], check=True, stdout=subprocess.PIPE)
    balance = json.loads(answer.stdout)["runs"][0]["manifest"]["balance"]
    check_rejected(folder / f"transformed_data/rejected/run_date={DATE}/rejected.csv", raw, balance["rejected"])
    check_dates(folder / "transformed_data/filtered/parquet", balance["written"])


def check_rejected(path: Path, raw: bytes, count: int) -> None:
    for name, rows in {
        "pandas": pandas.read_csv(path, dtype_backend="pyarrow").to_dict("records"),
        "Polars": polars.read_csv(path).to_dicts(),
        "DuckDB": duckdb.sql(f"FROM read_csv('{path}', hive_partitioning = false)").pl().to_dicts(),
    }.items():
        assert len(rows) == count > 8, f"{name}: {len(rows)} records of {count}"
        assert list(rows[0]) == REJECTED, f"{name}: {list(rows[0])}"
        for found in rows:
            where = f"{name}: record {found['record_number']}, {found['reason']}"
            start, length = int(found["byte_offset"]), int(found["record_bytes"])
            record = raw[start : start + length]
            assert raw[start + length : start + length + 1] in (b"\n", b""), f"{where} is longer"
            kept = record if length <= 1 << 20 else record[: len(str(found["record"]).encode())]
            assert len(kept) > 65_000 or kept == record, f"{where} is cut"
            encoded = found["record_base64"]
            if isinstance(encoded, str) and encoded:
                assert base64.b64decode(encoded) == kept, f"{where}: base64"
                assert "\ufffd" in found["record"], where
            else:
                assert str(found["record"]).encode() == kept, f"{where}: {found['record'][:80]!r}"


def check_dates(folder: Path, count: int) -> None:
    """A folder of days, as the readers open it by themselves."""
    dates = sorted(set(pyarrow.parquet.read_table(folder)["birth_date"].to_pylist()) - {None})
    years = [date.year for date in dates]
    assert min(years) == 1 and max(years) == 9999, years
    for name, rows in {
        "pandas": len(pandas.read_parquet(folder)),
        "Polars": len(polars.read_parquet(folder / "**/*.parquet")),
        "DuckDB": len(duckdb.sql(f"FROM read_parquet('{folder}/**/*.parquet')").fetchall()),
    }.items():
        assert rows == count, f"{name}: {rows} rows of {count}"
