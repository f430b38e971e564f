"""Spark's answers to casts of texts, stored for a test that needs no Spark.

    python tests/parity/casts.py crates/spark-cast/src/spark.jsonl

Each line has a text and what each cast gives; null is null. Texts that are times of the day alone get no timestamp: their
day would be the day on which this runs.
"""

import json
import sys
from decimal import Decimal

from cells import DATES, DOUBLES, INTS, SPACES, TEXTS, TIMES
from oracle import session

BOOLEANS = "true TRUE tRuE t T yes YES y Y 1 false FALSE f F no No n N 0 on off 01 00 tru truee -1 1.0".split()
CASTS = {
    "int": "CAST(s AS int)",
    "bigint": "CAST(s AS bigint)",
    "double": "CAST(s AS double)",
    "decimal(10,2)": "CAST(s AS decimal(10,2))",
    "decimal(38,10)": "CAST(s AS decimal(38,10))",
    "boolean": "CAST(s AS boolean)",
    "date": "datediff(CAST(s AS date), DATE'1970-01-01')",
    "timestamp": "unix_micros(CAST(s AS timestamp))",
}
# Digits of other scripts, which Java knows and `parse_decimal` does not.
DECIMALS = ("decimal(10,2)", "decimal(38,10)")


def texts() -> list[str]:
    plain = [*INTS, *DOUBLES, *DATES, *BOOLEANS, *TEXTS]
    spaced = [before + text + after for text in ("7", "1.5", "2024-09-14", "true") for before in SPACES for after in ("", before)]
    moments = [f"2024-09-14{between}{time}" for time in TIMES for between in (" ", "T")]
    return list(dict.fromkeys([*plain, *spaced, *moments]))


def is_a_time_alone(text: str) -> bool:
    return ":" in text and "-" not in text.split(":")[0].strip().lstrip("-+")


def answer(value):
    """As JSON holds it exactly: doubles and decimals as texts."""
    if isinstance(value, float):
        return repr(value)
    return format(value, "f") if isinstance(value, Decimal) else value


def is_skipped(cast: str, text: str) -> bool:
    other_digits = any(char.isdigit() and not char.isascii() for char in text)
    return (cast == "timestamp" and is_a_time_alone(text)) or (cast in DECIMALS and other_digits)


def main() -> None:
    spark = session()
    wanted = texts()
    frame = spark.createDataFrame([(number, text) for number, text in enumerate(wanted)], "n int, s string")
    rows = frame.selectExpr("n", *(f"{cast} AS `{name}`" for name, cast in CASTS.items())).orderBy("n").collect()
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        for text, row in zip(wanted, rows, strict=True):
            answers = {name: answer(row[name]) for name in CASTS if not is_skipped(name, text)}
            out.write(json.dumps({"text": text, **answers}, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
