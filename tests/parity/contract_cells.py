"""Cells of every type for random contracts: readable ones in the column's form, and odd ones."""

from datetime import date, datetime, timedelta

# Java patterns, and how Python writes the same.
DATES = {"dd.MM.yyyy": "%d.%m.%Y", "MM/dd/yyyy": "%m/%d/%Y", "yyyyMMdd": "%Y%m%d", "yyyy-MM-dd": "%Y-%m-%d", "dd/MM/yyyy": "%d/%m/%Y"}
TIMES = {
    "dd.MM.yyyy HH:mm": "%d.%m.%Y %H:%M",
    "MM/dd/yyyy HH:mm:ss": "%m/%d/%Y %H:%M:%S",
    "yyyy-MM-dd'T'HH:mm:ss": "%Y-%m-%dT%H:%M:%S",
    "yyyyMMdd HHmmss": "%Y%m%d %H%M%S",
    "dd.MM.yyyy": "%d.%m.%Y",
}
JUNK = ["x", "n/a", "12abc", "--", "1.2.3", "2024-13-01", "31.02.2024", "?", "0x1F", "1e", "maybe", "24:00", "tru", "1,2,3"]
LETTERS = {
    "utf-8": "aăÎșȚé€😀",
    "utf-16": "aăÎșȚé€😀",
    "windows-1250": "aăÎşŢé€Ł",
    "windows-1252": "aâÎéñ€ß",
}
MARKERS = ["NULL", "n/a", "-", "\\N", "none", "-1", "1900-01-01", "1900-01-01 00:00:00", "ab"]


def text_cell(rng, encoding, delimiter):
    """A text; few enough different ones that groups have several rows."""
    pick = rng.random()
    letters = LETTERS[encoding]
    if pick < 0.5:
        return rng.choice(letters) + rng.choice("bc")
    if pick < 0.8:
        piece = rng.choice([delimiter, '"', "\n", "\r\n", " ", "'", ",", ";", '""'])
        return rng.choice(letters) + piece + rng.choice("xy")
    if pick < 0.9:
        return rng.choice([" ", "  a ", "\t", "a ", "2024-09-14 10:00", "2024-02-29", "12.5", "0001-01-01", "A@b.ro", "true"])
    return "".join(rng.choice(letters + " x") for _ in range(rng.randint(1, 40)))


def whole_cell(rng, bits):
    pick = rng.random()
    if pick < 0.6:
        return str(rng.randint(-9, 9))
    if pick < 0.8:
        return str(rng.randint(-(10**6), 10**6))
    limit = 2 ** (bits - 1)
    return rng.choice([" 7 ", "+7", "007", "7.9", "-7.9", ".5", "-0", "7.", str(limit - 1), str(-limit), str(limit), str(-limit - 1)])


def double_cell(rng):
    pick = rng.random()
    if pick < 0.6:
        return str(rng.randint(-40, 40) / 4)
    if pick < 0.8:
        return repr(rng.uniform(-1000, 1000))
    return rng.choice(["NaN", "-0.0", "0.0", "Infinity", "-Infinity", "1e300", " 2.5 ", "1E5", "-1e-7", "3", "1d", "+4.5", ".5", "1e400", "5e-324"])


def decimal_cell(rng, precision, scale):
    pick = rng.random()
    digits = rng.randint(1, precision - scale) if precision > scale else 0
    if pick < 0.5:
        return f"{rng.randint(-20, 20)}.{rng.randint(0, 9)}"
    whole = str(rng.randint(0, 10**digits))
    if pick < 0.8:
        return rng.choice(["", "-"]) + whole + "." + "".join(rng.choice("0123456789") for _ in range(rng.randint(1, scale + 3)))
    return rng.choice(["0", "-0", "1e2", "12.345", "0.005", "-0.005", "9" * (precision - scale + 1), "9" * max(1, precision - scale), " 1.5 ", "+2.5", "5."])


def boolean_cell(rng):
    return rng.choice(["true", "false", "TRUE", "f", "y", "No", "1", "0", " true ", "t", "n"])


def some_day(rng):
    pick = rng.random()
    if pick < 0.7:
        return date(2024, 9, 1) + timedelta(days=rng.randint(0, 20))
    if pick < 0.95:
        return date(1950, 1, 1) + timedelta(days=rng.randint(0, 40000))
    return rng.choice([date(1, 1, 1), date(9999, 12, 31), date(1582, 10, 10), date(1900, 2, 28)])


def written(moment, form):
    """Python writes years below 1000 with fewer digits."""
    return moment.strftime(form.replace("%Y", f"{moment.year:04}"))


def date_cell(rng, formats):
    day = some_day(rng)
    if formats:
        return written(day, DATES[rng.choice(formats)])
    if rng.random() < 0.85:
        return day.isoformat()
    return rng.choice(["2024-9-5", "2024-09", "2024", " 2024-09-05 ", "2024-09-05 12:00", "2024-09-05T01", "10000-01-01", "2023-02-29", "0000-01-01"])


def moment_cell(rng, formats):
    day = some_day(rng)
    moment = datetime(day.year, day.month, day.day, rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59))
    if formats:
        return written(moment, TIMES[rng.choice(formats)])
    pick = rng.random()
    if pick < 0.8:
        fraction = rng.choice(["", ".5", ".123456", ".123456789", ".000001"])
        return written(moment, "%Y-%m-%d %H:%M:%S") + fraction
    return rng.choice(["2024-09-05", "2024-09-05T10:00:00Z", "2024-09-05 10:00:00+02:00", "2024-09-05 23:30", "2024-9-5 1:2:3", "2024", "2024-09-05 25:00:00", "2024-09-05 23:00:00-03:00"])


def value_cell(rng, column, case):
    """A cell of a column that holds something."""
    kind, rest = column.kind, column.arguments
    match kind:
        case "string":
            return text_cell(rng, case.encoding, case.delimiter)
        case "int":
            return whole_cell(rng, 32)
        case "bigint":
            return whole_cell(rng, 64)
        case "double":
            cell = double_cell(rng)
        case "decimal":
            cell = decimal_cell(rng, *rest)
        case "boolean":
            return boolean_cell(rng)
        case "date":
            return date_cell(rng, column.formats)
        case "timestamp":
            return moment_cell(rng, column.formats)
    if column.comma and rng.random() < 0.95:
        cell = cell.replace(".", ",")
    return cell


def cell(rng, column, case):
    """A cell of a column."""
    pick = rng.random()
    if pick < column.missing_share:
        return rng.choice(["", "", "", " ", " \t"] + column.nulls * 2)
    if pick < column.missing_share + column.junk_share and column.kind != "string":
        junk = rng.choice(JUNK + column.nulls)
        return junk if encodable(junk, case.encoding) else "x"
    return value_cell(rng, column, case)


def encodable(text, encoding):
    try:
        text.encode(encoding)
        return True
    except UnicodeEncodeError:
        return False
