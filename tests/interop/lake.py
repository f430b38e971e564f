"""A small lake made for comparing: two generated days and one made by hand, and the program's runs on it."""

import csv
import io
import json
import subprocess
from pathlib import Path

GENERATED_DAYS = ["2024-09-14", "2024-09-15"]
HAND_MADE_DAY = "2024-09-16"
RUN_DATES = [*GENERATED_DAYS, HAND_MADE_DAY]
ROWS_PER_DAY = 6000
ROW_GROUP_ROWS = 2000
WINDOW_DAYS = 2

HAND_MADE_HEADER = (
    "unique_id,remark,session_duration,accessed_at,download_speed,upload_speed,consumed_traffic,phone,email,"
    "person_name,birth_date,țară"
).split(",")


def hand_made_rows(id_of_the_day_before):
    """What real batches hardly have: every cell that one reader or another is known to stumble over."""
    usual = {
        "session_duration": "100",
        "accessed_at": "2024-09-15 10:00:00",
        "download_speed": "1.5",
        "upload_speed": "2.25",
        "consumed_traffic": "1000.1",
        "phone": "0700",
        "email": "ana.pop@example.ro",
        "person_name": "Ana Pop",
        "birth_date": "1990-05-07",
        "remark": "",
        "țară": "România",
    }
    changes = [
        {"remark": 'she said "no, thanks"', "person_name": "O'Brien, Ștefan"},
        {"remark": "two\nlines", "person_name": "Ănuța Țîrlea", "email": "ana.ioniță@exemplu.ro"},
        {"remark": "Windows\r\nlines, and a , comma"},
        {"remark": "😀" * 20, "țară": ""},
        {"remark": "\U0010ffff" * 30, "țară": "z" * 300},
        {"email": "", "phone": "", "person_name": ""},
        {"email": "  ", "phone": "\t", "birth_date": ""},
        {"email": "bob@x.ro", "birth_date": "1990"},
        {"email": "no at sign", "birth_date": "1990-5"},
        {"email": "a@b@c.ro", "birth_date": "1990-5-7T00:00"},
        {"email": "@x.ro", "birth_date": "7.5.1990"},
        {"birth_date": "1582-10-14"},
        {"birth_date": "1500-01-01"},
        {"birth_date": "0001-01-01"},
        {"birth_date": "9999-12-31"},
        {"download_speed": "", "consumed_traffic": ""},
        {"download_speed": "fast", "upload_speed": "1e3", "person_name": "Only Null", "consumed_traffic": "none"},
        {"download_speed": "NaN", "upload_speed": "-0.0"},
        {"download_speed": "1e-300", "upload_speed": "1.7976931348623157e308"},
        {"download_speed": "0.1", "upload_speed": "0.2", "consumed_traffic": "9007199254740993"},
        {"session_duration": " 45.9 ", "accessed_at": "2024-09-15T23:59:59.999999"},
        {"session_duration": "30"},
        {"session_duration": "31", "accessed_at": "2024-12-31 23:59:59.9"},
        {"session_duration": "2147483647", "accessed_at": "2024-01-01 00:00:00"},
        {"accessed_at": "2023-12-31 23:59:59.999999"},
        {"accessed_at": "2025-01-01 00:00:00"},
        {"session_duration": "2147483648"},
        {"session_duration": ""},
        {"accessed_at": "soon"},
        {"unique_id": ""},
        {"unique_id": id_of_the_day_before},
        {"unique_id": "hand-made-1", "remark": "a twin of the second row"},
        {"unique_id": "șirul " * 40},
    ]
    return [{**usual, "unique_id": f"hand-made-{number}", **change} for number, change in enumerate(changes)]


def make(folder: Path, program: str, compression: str):
    """Fills `folder` and runs every date; gives the manifests by run date."""
    for date in GENERATED_DAYS:
        # More than the usual share of everything odd, so that each kind occurs.
        shares = ["--malformed-share", "0.02", "--duplicate-share", "0.05", "--repeat-yesterday-share", "0.05"]
        options = ["--out", str(folder / "raw_data"), "--date", date, "--rows", str(ROWS_PER_DAY), *shares]
        subprocess.run([program, "generate", *options], check=True, stdout=subprocess.DEVNULL)
    with batch(folder, GENERATED_DAYS[-1]).open(encoding="utf-8", errors="replace", newline="") as file:
        an_id = next(csv.DictReader(file))["unique_id"]
    text = io.StringIO()
    writer = csv.DictWriter(text, HAND_MADE_HEADER)
    writer.writeheader()
    writer.writerows(hand_made_rows(an_id))
    batch(folder, HAND_MADE_DAY).write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())

    settings = ["--row-group-rows", str(ROW_GROUP_ROWS), "--window-days", str(WINDOW_DAYS)]
    settings += ["--parquet-compression", compression]
    dates = ["--from", RUN_DATES[0], "--to", RUN_DATES[-1]]
    run = [program, "run", "--lake", str(folder), *dates, *settings, "--json"]
    answer = subprocess.run(run, check=True, stdout=subprocess.PIPE).stdout
    return {run["run_date"]: run["manifest"] for run in json.loads(answer)["runs"]}


def batch(folder: Path, date: str) -> Path:
    return folder / "raw_data" / f"batch_{date}.csv"


def window(run_date: str):
    """The batch dates that a run reads and that exist."""
    end = RUN_DATES.index(run_date) + 1
    return RUN_DATES[max(0, end - WINDOW_DAYS) : end]


def output(folder: Path, table: str, form: str, run_date: str) -> Path:
    return folder / "transformed_data" / table / form / f"run_date={run_date}" / f"{table}.{form}"
