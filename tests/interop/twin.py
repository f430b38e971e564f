"""The CSV outputs as typed rows, and what the columns should be. Uses the standard library only."""

import csv
import math
from datetime import date, datetime
from pathlib import Path

KINDS = {
    "birth_date": "date",
    "accessed_at": "timestamp",
    "session_duration": "int",
    "download_speed": "double",
    "upload_speed": "double",
    "consumed_traffic": "double",
    "total_bandwidth": "double",
    "avg_session_duration": "double",
    "sum_consumed_traffic": "double",
    "sessions": "bigint",
}

KNOWN = (
    "person_name user_name email personal_number birth_date address phone mac_address ip_address iban accessed_at "
    "session_duration download_speed upload_speed consumed_traffic unique_id"
).split()
DERIVED = ["total_bandwidth", "activity_level", "masked_email"]
GROUPED = ["person_name", "avg_session_duration", "sum_consumed_traffic", "sessions"]


def kind(column: str) -> str:
    return KINDS.get(column, "string")


def typed(column: str, text: str):
    """A cell as a value. The CSV outputs keep the source's text, so what cannot be read there is null too."""
    if text == "":
        return None
    read = {
        "string": str,
        "date": date.fromisoformat,
        "timestamp": timestamp,
        "int": int,
        "bigint": int,
        "double": float,
    }[kind(column)]
    try:
        return read(text)
    except ValueError:
        return None


def timestamp(text: str) -> datetime:
    form = "%Y-%m-%d %H:%M:%S" + (".%f" if "." in text else "")
    return datetime.strptime(text.strip().replace("T", " "), form)


def read(path: Path):
    """Column names and typed rows."""
    with path.open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file, strict=True)
    return names, [tuple(map(typed, names, row)) for row in rows]


def same(left, right) -> bool:
    """Equal, where a NaN equals itself and the two zeros differ."""
    if isinstance(left, float) and isinstance(right, float):
        if math.isnan(left) or math.isnan(right):
            return math.isnan(left) and math.isnan(right)
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    return type(left) is type(right) and left == right


def close(left, right) -> bool:
    """Like `same`, but sums may differ by the order of their additions."""
    if isinstance(left, float) and isinstance(right, float) and math.isfinite(left):
        return math.isclose(left, right, rel_tol=1e-9)
    return same(left, right)


def compare(what: str, names, expected, found, equal=same):
    """Every cell; fails at the first that differs."""
    assert len(expected) == len(found), f"{what}: {len(found)} rows, expected {len(expected)}"
    for number, (wanted, given) in enumerate(zip(expected, found, strict=True)):
        if wanted == given:
            # Equal tuples of equal types; only zeros and types could differ still.
            if all(type(a) is type(b) and (a != 0 or same(a, b)) for a, b in zip(wanted, given, strict=True)):
                continue
        for name, left, right in zip(names, wanted, given, strict=True):
            assert equal(left, right), f"{what}: row {number}, {name}: {right!r}, expected {left!r}"
