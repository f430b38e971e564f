"""Spark's answers to expressions of the subset, stored for a test that needs no Spark.

    python tests/parity/expressions.py src/expr/tests/spark.jsonl

Each line has an expression, the type of its result, and its value in every row of `TABLE`. The test in
`src/expr/tests/spark.rs` has the same rows. Random expressions come from a seed, so the file changes with Spark only.
"""

import argparse
import json
import random
import sys
from decimal import Decimal

from pyspark.errors import AnalysisException

from oracle import session

# The columns of `Table` in src/expr/tests.rs.
TABLE = """
    SELECT CAST(i AS int) i, CAST(l AS bigint) l, CAST(d AS double) d, CAST(m AS decimal(10,2)) m,
           CAST(w AS decimal(38,10)) w, s, b, CAST(day AS date) day, timestamp_micros(at) at
    FROM VALUES
      (0, '1', '30', '0.5', '12.50', '1234567890123456789012345678.9012345678', NULL, true, '1970-01-01', 123000),
      (1, '-7', NULL, 'NaN', '-0.05', '-1.0000000001', '  Ana Ioniță ', false, '2024-02-29', 1709251199123000),
      (2, NULL, '-9223372036854775808', '-0.0', NULL, '0', '', NULL, NULL, -877000),
      (3, '2147483647', '9223372036854775807', NULL, '99999999.99', NULL, '12.5', true, '9999-12-31', 253402300799123000),
      (4, '-2147483648', '-15', '2.675', '0', '-9999999999999999999999999999.9999999999', '2024-02-29 23:59:59.5', false,
       '0001-01-01', 1719792000123000),
      (5, '0', '0', '-1e300', '-99999999.99', '0.0000000005', '😀ab@c.ro', NULL, '1969-12-31', NULL)
      AS t(n, i, l, d, m, w, s, b, day, at)
    ORDER BY n
"""

NUMBERS = ["i", "l", "d", "m", "w"]
LITERALS = ["0", "1", "-1", "3", "7", "10", "100", "2147483647", "-2147483648", "3000000000", "9223372036854775807",
            "0.5", "1.50", "-12.345", "0.05", "0.00", "7.", ".25", "99999999999999999999.99", "12345678901234567890123456789012345678",
            "0.00000000000000000001", "1e0", "2.5e0", "-1e308", "1e-3", "0e0", "5L"]
TEXTS = ["s", "'x'", "''", "'Ș'", "'12'", "'true'", "'2024-02-29'"]
DAYS = ["at", "DATE(s)", "'2000-01-01'"]
TYPES = ["int", "bigint", "double", "decimal(10,2)", "decimal(5,0)", "decimal(38,18)", "decimal(20,5)"]

HANDMADE = """
b AND NULL
b OR NULL
NOT b
b AND b IS NULL
b = true
b < true
b <=> NULL
NULL <=> NULL
i <=> NULL
d <=> d
d = d
d < CAST('NaN' AS double)
d > 1e0
d = 0e0
CAST('NaN' AS double) = CAST('NaN' AS double)
d IN (0e0, CAST('NaN' AS double))
NULL = NULL
i + NULL
NULL + NULL
- NULL
ABS(NULL)
ROUND(NULL)
ROUND(NULL, 2)
LENGTH(NULL)
NULL || NULL
YEAR(NULL)
NULL - m
NULL / m
NULL * i
NULL / NULL
NULL * NULL
CASE WHEN b THEN NULL END
NULL BETWEEN 1 AND 2
m / NULL
i / NULL
NULL / 2
m * NULL
NULL / 2.5
NULL IN (1, NULL)
i IN (1, NULL, 0)
i NOT IN (1, NULL, 0)
i IN (1, 2L, 0.5)
i IN (9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
i IN (9, 8, 7, 6, 5, 4, 3, 2, 1, NULL)
l NOT IN (9, 8, 7, 6, 30, 30, 30, 2, 1, NULL)
d IN (1e0, 0e0, 2.675e0, 5e0, 6e0, CAST('NaN' AS double))
m IN (1, 12.5, 3.25, -0.05, 9, 10)
s IN ('b', '', 'a', '12.5', 'c', 'd')
day IN (DATE '2024-02-29', DATE '1970-01-01', DATE '1970-01-02', DATE '1970-01-03', DATE '1970-01-04')
b IN (true, NULL)
i BETWEEN 0 AND 10
i NOT BETWEEN 0 AND 10
i BETWEEN NULL AND 10
s IS NULL
NULL IS NULL
NULL IS NOT NULL
i + 1
l + 1
l - 1
i * 2
l * l
- i
- l
- d
- m
ABS(i)
ABS(l)
ABS(d)
ABS(m)
i / 0
i / 2
l / 3
d / 0e0
m / 0
m / 3
m / 3.0
w / 3
1 / 3
1.0 / 3
1 / 3.0
w / w
w * w
w + w
w - 0.5
m * 2
m * i
m + i
m + 100
m + l
w * 2
w * 100
i > 1.5
i = 1.0
l > 1.5
m > 10
m = 12.5
w > m
w > 1234567890123456789012345678
d > 10
d = m
i < l
m < 2.5e0
CASE WHEN b THEN 1 ELSE 2.5 END
CASE WHEN b THEN 1 ELSE 2L END
CASE WHEN b THEN m ELSE w END
CASE WHEN b THEN i ELSE m END
CASE WHEN b THEN i END
CASE WHEN b THEN day ELSE at END
CASE i WHEN 1 THEN 'one' WHEN 0 THEN 'zero' END
CASE i WHEN NULL THEN 'null' ELSE 'other' END
CASE WHEN i > 0 THEN 'a' WHEN i < 0 THEN NULL ELSE 'c' END
COALESCE(i, l)
COALESCE(i, 0.5)
COALESCE(NULL, i, 7)
COALESCE(s, 'none')
COALESCE(day, at)
COALESCE(m, w, 0)
COALESCE(d, 1)
ROUND(d)
ROUND(d, 2)
ROUND(d, -1)
ROUND(2.5e0)
ROUND(-2.5e0)
ROUND(0.5e0)
ROUND(1.005e0, 2)
ROUND(2.675e0, 2)
ROUND(1e300, 2)
ROUND(123456789.987654321e0, 5)
ROUND(m)
ROUND(m, 1)
ROUND(m, 5)
ROUND(m, -2)
ROUND(m, -12)
ROUND(w, 3)
ROUND(w, -30)
ROUND(i, -1)
ROUND(i, 2)
ROUND(l, -3)
ROUND(2147483647, -1)
ROUND(9223372036854775807, -1)
ROUND(15, -1)
ROUND(-15, -1)
ROUND(25, -1)
ROUND(2.5)
ROUND(-0.05, 1)
LENGTH(s)
LOWER(s)
UPPER(s)
UPPER('straße ǆ ﬁ i')
LOWER('ΑΣ ΣΑΣ İI')
TRIM(s)
TRIM('\t x \u00a0 ')
SUBSTR(s, 1, 3)
SUBSTR(s, 2)
SUBSTR(s, 0, 2)
SUBSTR(s, -3)
SUBSTR(s, -3, 2)
SUBSTR(s, -100, 99)
SUBSTR(s, -5, 3)
SUBSTR('abc', -5, 3)
SUBSTR('abc', -5, 2)
SUBSTR('abc', 2, 0)
SUBSTR('abc', 2, -1)
SUBSTR('abc', 3, 2147483647)
SUBSTR('abc', 100)
SUBSTR('abc', -2147483648, 5)
SUBSTR('abc', -2147483648, 2147483647)
SUBSTRING(s FROM 2 FOR 2)
SUBSTR(s, i, 4)
SUBSTR(s, 1, i)
SUBSTR('déjà vu', i)
SUBSTR(NULL, 1)
SUBSTR(s, NULL)
s || 'x'
s || NULL
'a' || s || 'b'
'a' || 'b'
YEAR(day)
MONTH(day)
DAY(day)
YEAR(at)
MONTH(at)
DAY(at)
DATE(s)
DATE(at)
DATE(day)
DATE('2024-3-5')
DATE(TRIM(s))
DATE(NULL)
DATE '2024-3-5'
TIMESTAMP '2024-02-29 12:00:00.25'
day > '2024-01-01'
at > '2024-01-01'
at > DATE '2024-01-01'
day = at
day < TIMESTAMP '2024-02-29 00:00:01'
day IN (DATE '2024-02-29', DATE '1970-01-01')
at BETWEEN DATE '2024-01-01' AND '2024-12-31'
CAST(day AS timestamp)
CAST(at AS date)
CAST(day AS string)
CAST(at AS string)
CAST(TIMESTAMP '2024-01-01 00:00:00' AS string)
CAST(TIMESTAMP '2024-01-01 00:00:00.1' AS string)
CAST(i AS string)
CAST(l AS string)
CAST(m AS string)
CAST(w AS string)
CAST(b AS string)
CAST(0.0000001 AS string)
CAST(0.000001 AS string)
CAST(-0.00000012 AS string)
CAST(CAST(0 AS decimal(10,8)) AS string)
CAST(CAST(0 AS decimal(38,20)) AS string)
CAST(b AS int)
CAST(b AS double)
CAST(b AS decimal(3,1))
CAST(b AS decimal(1,1))
CAST(i AS boolean)
CAST(d AS boolean)
CAST(m AS boolean)
CAST(l AS int)
CAST(d AS int)
CAST(d AS bigint)
CAST(CAST('Infinity' AS double) AS int)
CAST(1e10 AS int)
CAST(m AS int)
CAST(w AS int)
CAST(w AS bigint)
CAST(w AS double)
CAST(m AS double)
CAST(w AS decimal(10,2))
CAST(m AS decimal(4,1))
CAST(i AS decimal(5,2))
CAST(l AS decimal(38,10))
CAST(d AS decimal(10,2))
CAST(2.675e0 AS decimal(10,2))
CAST(1e20 AS decimal(38,5))
CAST(1e-20 AS decimal(38,18))
CAST(s AS int)
CAST(s AS double)
CAST(s AS decimal(10,1))
CAST(s AS boolean)
CAST(s AS date)
CAST(s AS timestamp)
CAST(' 12 ' AS int)
CAST('12.99' AS bigint)
CAST('-12.99' AS bigint)
CAST('9223372036854775808' AS bigint)
CAST('-9223372036854775808' AS bigint)
CAST('.' AS bigint)
CAST('+' AS bigint)
CAST('+.5' AS bigint)
CAST('' AS bigint)
CAST('++1' AS bigint)
CAST('1e3' AS bigint)
CAST('1e3' AS decimal(10,2))
CAST('1E+3' AS decimal(10,2))
CAST('1e-3' AS decimal(10,2))
CAST(' 12.345 ' AS decimal(10,2))
CAST('.5' AS decimal(10,2))
CAST('5.' AS decimal(10,2))
CAST('.' AS decimal(10,2))
CAST('' AS decimal(10,2))
CAST('-' AS decimal(10,2))
CAST('1,5' AS decimal(10,2))
CAST('1.5d' AS decimal(10,2))
CAST('123456789012' AS decimal(10,2))
CAST('0.00000000000000000000000000000000000000000000001' AS decimal(10,2))
CAST('1234567890.12345678901234567890123456789012345678901234567890' AS decimal(38,10))
CAST('1e400' AS decimal(10,2))
CAST('0e400' AS decimal(10,2))
CAST('1e-400' AS decimal(10,2))
CAST('NaN' AS decimal(10,2))
CAST(' TRUE ' AS boolean)
CAST('y' AS boolean)
CAST('No' AS boolean)
CAST('on' AS boolean)
CAST('2' AS boolean)
CAST(NULL AS int)
CAST('x' AS string)
CAST(5 AS decimal)
1 + 2 * 3
(1 + 2) * 3
- 2 + 3
2 - -3
- 2147483648
-2147483648
1 - 2 - 3
8 / 4 / 2
'a' || 'b' = 'ab'
NOT i = 1
NOT i IS NULL
NOT i IN (1) OR b
i = 1 AND b OR NOT b
i = 1 OR b AND NOT b
1 == 1
1 != 2
i > 1.5
i >= 1.5
i < 1.5
i <= -6.5
-6.5 < i
1.5 >= i
i > 99999999999999999999.5
l < -99999999999999999999.5
9223372036854775807.5 > l
l <= 9223372036854775807.0
i < 0.00000000000000000000000000000000000001
m / CAST(3 AS int)
CAST(s AS decimal(5,0)) / CAST(1 AS int)
"""


def values(column_type, column):
    """SQL whose Python value has no calendar and no zone."""
    return {"date": f"unix_date({column})", "timestamp": f"unix_micros({column})"}.get(column_type, column)


def text(value, kind):
    """A value as the test compares it. Spark's decimals do not always have the scale of their type."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:.{kind.rstrip(')').split(',')[1]}f}"
    return repr(value) if isinstance(value, float) else str(value)


class Author:
    """Writes expressions whose types fit."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def number(self, depth):
        pick = self.random.random()
        if depth == 0 or pick < 0.1:
            return self.random.choice(NUMBERS + self.random.sample(LITERALS, 4))
        below = depth - 1
        if pick < 0.6:
            return f"({self.number(below)} {self.random.choice('+-*/')} {self.number(below)})"
        forms = [
            lambda: f"(- {self.number(below)})",
            lambda: f"ABS({self.number(below)})",
            lambda: f"ROUND({self.number(below)}, {self.random.randint(-3, 5)})",
            lambda: f"CAST({self.number(below)} AS {self.random.choice(TYPES)})",
            lambda: f"CAST({self.text(below)} AS {self.random.choice(TYPES)})",
            lambda: f"COALESCE({self.number(below)}, {self.number(below)})",
            lambda: f"CASE WHEN {self.condition(below)} THEN {self.number(below)} ELSE {self.number(below)} END",
            lambda: f"LENGTH({self.text(below)})",
            lambda: f"{self.random.choice(['YEAR', 'MONTH', 'DAY'])}({self.random.choice(['day', 'at'])})",
        ]
        return self.random.choice(forms)()

    def text(self, depth):
        if depth == 0:
            return self.random.choice(TEXTS)
        below = depth - 1
        forms = [
            lambda: f"LOWER({self.text(below)})",
            lambda: f"TRIM({self.text(below)})",
            lambda: f"({self.text(below)} || {self.text(below)})",
            lambda: f"SUBSTR({self.text(below)}, {self.random.randint(-5, 5)}, {self.random.randint(-1, 6)})",
            lambda: f"COALESCE({self.text(below)}, {self.text(below)})",
            lambda: f"CAST({self.random.choice(['i', 'l', 'm', 'w', 'b', 'day', 'at'])} AS string)",
            lambda: f"CASE WHEN {self.condition(below)} THEN {self.text(below)} ELSE {self.text(below)} END",
        ]
        return self.random.choice(forms)()

    def condition(self, depth):
        comparison = self.random.choice(["=", "<>", "<", "<=", ">", ">=", "<=>"])
        if depth == 0:
            return self.random.choice(["b", "(i > 0)", "(s IS NULL)", "TRUE", "CAST(NULL AS boolean)", "(d = 0e0)"])
        below = depth - 1
        forms = [
            lambda: f"({self.number(below)} {comparison} {self.number(below)})",
            lambda: f"({self.text(below)} {comparison} {self.text(below)})",
            lambda: f"(day {comparison} {self.random.choice(DAYS)})",
            lambda: f"({self.condition(below)} AND {self.condition(below)})",
            lambda: f"({self.condition(below)} OR {self.condition(below)})",
            lambda: f"(NOT {self.condition(below)})",
            lambda: f"({self.number(below)} IS NOT NULL)",
            lambda: f"({self.number(below)} IN ({self.number(below)}, {self.number(0)}, {self.number(0)}))",
            lambda: f"({self.number(below)} BETWEEN {self.number(0)} AND {self.number(below)})",
        ]
        return self.random.choice(forms)()

    def any(self):
        return self.random.choice([self.number, self.number, self.text, self.condition])(self.random.randint(1, 3))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("out")
    arguments.add_argument("--random", type=int, default=600, help="how many random expressions")
    arguments.add_argument("--seed", type=int, default=1)
    arguments = arguments.parse_args()

    spark = session()
    spark.sql(TABLE).coalesce(1).cache().createOrReplaceTempView("t")
    author = Author(arguments.seed)
    expressions = HANDMADE.strip().splitlines()
    expressions += [author.any() for _ in range(arguments.random)]
    rows = spark.table("t")
    with open(arguments.out, "w") as out:
        for start in range(0, len(expressions), 25):
            batch = []
            for sql in expressions[start : start + 25]:
                try:
                    kind = rows.selectExpr(f"{sql} AS v").schema["v"].dataType.simpleString()
                    batch.append((sql, kind))
                except AnalysisException as error:
                    print(f"Spark refuses {sql}: {str(error).splitlines()[0]}", file=sys.stderr)
            shown = [f"{values(kind, f'({sql})')} AS v{index}" for index, (sql, kind) in enumerate(batch)]
            answers = rows.selectExpr(*shown).collect()
            for index, (sql, kind) in enumerate(batch):
                line = {"sql": sql, "type": kind, "values": [text(row[index], kind) for row in answers]}
                out.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
