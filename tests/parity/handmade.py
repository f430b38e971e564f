"""The inputs made by hand: a row for each edge cell, and lakes for what concerns whole rows, files and days."""

from cells import DATES, DOUBLES, EMAILS, INTS, QUOTINGS, SPACES, TEXTS, TIMES, ZONES_OF_REGIONS
from lakes import FULL_HEADER, PLAIN, ROW_NUMBER, SHORT_HEADER, Lake, Rows, cell, quoted
from table import REQUIRED


def all_lakes(padded=True):
    """Every lake. Without `padded`, only a few cells are tried with white space around them."""
    return [
        one_column("durations", "session_duration", INTS, padded),
        *(one_column(name, name, DOUBLES, padded) for name in ("download_speed", "upload_speed", "consumed_traffic")),
        one_column("birth_dates", "birth_date", DATES, padded),
        one_column("access_dates", "accessed_at", DATES, padded),
        access_times(padded),
        one_column("emails", "email", EMAILS, padded),
        texts(),
        quotings(),
        thresholds(),
        sums(),
        odd_rows(),
        duplicates(),
        columns(),
        *file_forms(),
        empty_days(),
    ]


def lake(name, *files, **more):
    return Lake(name, files, **more)


def one_column(name, column, texts, padded):
    rows = Rows()
    for text in texts:
        rows.add(**{column: cell(text)})
        if padded:
            rows.add(**{column: quoted(text)})
    for number, text in enumerate(texts if padded else texts[:1]):
        spaces = [SPACES[number % len(SPACES)]] if padded and number >= 12 else SPACES
        for space in spaces:
            rows.add(**{column: cell(space + text)})
            rows.add(**{column: cell(text + space)})
    for blank in ["", '""', *SPACES]:
        rows.add(**{column: blank})
    return lake(name, rows.file())


def access_times(padded):
    rows = Rows()
    for time in TIMES + ZONES_OF_REGIONS:
        rows.add(accessed_at=cell(f"2024-09-14 {time}"))
        rows.add(accessed_at=cell(f"2024-09-14T{time}"))
        if padded:
            rows.add(accessed_at=cell(f"2024-9-4 {time} "))
            rows.add(accessed_at=cell(f"+12024-09-14 {time}"))
            rows.add(accessed_at=cell(time))
    for edge in ["2024-01-01 23:59:59-18:00", "2024-01-02 00:00:00+18:00", "294247-01-10 04:00:54.775807", "294247-01-10 04:00:54.775808"]:
        rows.add(accessed_at=edge)
    return lake("access_times", rows.file())


def texts():
    rows = Rows(FULL_HEADER)
    for text in TEXTS:
        rows.add(person_name=cell(text), user_name=cell(text), address=quoted(text), unique_id=cell("t" + text))
        rows.add(email=quoted(text), phone=quoted(text), personal_number=cell(text), iban=quoted(text))
    return lake("texts", rows.file())


def quotings():
    rows = Rows()
    for raw in QUOTINGS:
        rows.add(person_name=raw)
        rows.add(email=raw, phone=raw)
        rows.add(session_duration=raw, birth_date=raw)
        rows.add(accessed_at=raw)
        rows.add(download_speed=raw, upload_speed=raw, consumed_traffic=raw)
        rows.add(unique_id=raw)
    # The id is the last cell of its row; here a cell of every form is the last but for one that is empty.
    return lake("quotings", rows.file("2024-09-14"), rows_with_last(QUOTINGS))


def rows_with_last(cells):
    rows = Rows((*SHORT_HEADER, "last"))
    rows.count = 10_000
    for raw in cells:
        rows.add(last=raw)
    return rows.file()


def thresholds():
    rows = Rows()
    for duration in range(25, 36):
        rows.add(session_duration=str(duration))
    for duration in range(115, 126):
        rows.add(session_duration=str(duration))
    for day in ("2023-12-31", "2024-01-01", "2024-01-02", "2024-12-31", "2025-01-01"):
        for time in ("", " 00:00:00", " 00:00:00.000001", " 12:00:00", " 23:59:59.999999", " 23:59:59-02:00", " 00:00:00+02:00"):
            rows.add(accessed_at=day + time)
    return lake("thresholds", rows.file())


def sums():
    rows = Rows()
    groups = {
        "nothing": ["", "x", '""'], "one": ["1.5"], "negative zero": ["-0.0"], "zeros": ["-0.0", "-0.0", "0.0"], "minus": ["-0", "x"],
        "nan": ["1", "NaN", "2"], "infinite": ["Infinity", "1"], "both": ["Infinity", "-Infinity"], "overflow": ["1.7e308", "1.7e308"],
        "overflow back": ["1.7e308", "1.7e308", "-1.7e308"], "tenths": ["0.1"] * 10, "cancel": ["1e16", "1", "-1e16"], "tiny": ["4.9e-324"] * 3,
        "mixed": ["1e300", "1e-300", "123.456", "x", "-1e300"], "": ["7", "8"], '""': ["9"], " ": ["10"], '" "': ["11"], "nan first": ["NaN"], "Nan first": ["1"],
        "é": ["1"], "e\u0301": ["2"], "É": ["3"], "😀": ["4"], "\uffff": ["5"], "Z": ["6"], "a": ["7"], "_": ["8"],
    }
    for number in range(4):
        for name, traffics in groups.items():
            if number < len(traffics):
                rows.add(person_name=name, consumed_traffic=traffics[number], session_duration=str(31 + 7 * number))
    for duration in ("2147483647", "2147483647", "2147483646"):
        rows.add(person_name="long", session_duration=duration)
    for traffic in DOUBLES:
        rows.add(person_name="all doubles", consumed_traffic=cell(traffic) if traffic.lower().strip("+-")[:3] not in ("nan", "inf") else "1")
    return lake("sums", rows.file())


def odd_rows():
    rows = Rows()
    full = [PLAIN.get(name, "") for name in REQUIRED]
    for number in range(len(full) + 1):
        rows.add_raw(f"short{number}", *full[:number])
    for number in range(1, 12):
        rows.add_raw(f"long{number}", *full[:-1], f"long{number}", *["more"] * number)
    rows.add_raw("long quoted", *full[:-1], "long quoted", '"a,b"', "", '""', '"a\nb"')
    rows.add_raw("long stray", *full[:-1], "long stray", '"a"b', 'x"y')
    for raw in ["", "", " ", "  ", "\t", "\t \t", "\0", '""', '" "', '"" ', ",", ",,,", ",,,,,,,,,,", ",,,,,,,,,,,,,,,", "x", "#", "# comment", "\xa0", "\ufeff"]:
        rows.add_raw(raw)
    rows.add()
    for number in range(3):
        rows.add_raw(f"short twin {number}", *full[:-1])
    # Short rows whose id comes early, so that they are kept.
    early = Rows((ROW_NUMBER, "unique_id", "accessed_at", "session_duration", *(n for n in REQUIRED if n not in ("unique_id", "accessed_at", "session_duration"))))
    early.count = 10_000
    early.add()
    plain = early.rows[0]
    for number in range(1, len(plain) + 3):
        early.add_raw(f"e{number}", f"early{number}", *(list(plain[2:]) + ["x", "y"])[:number])
    return lake("odd_rows", rows.file("2024-09-14"), early.file())


def duplicates():
    rows = Rows()
    for ids in (["a", "a", "A", " a", "a ", '"a"', "a\0", "ă", "a\u0306"], ["", '""', " ", '" "', "", "null", "NULL"]):
        for unique_id in ids:
            rows.add(unique_id=unique_id, person_name=f"p{rows.count}")
    uuid = "01234567-89ab-4cde-8f01-23456789abcd"
    for unique_id in (uuid, uuid, uuid.upper(), uuid.replace("ab", "AB"), f'"{uuid}"', f" {uuid}", uuid.replace("-", ""), uuid[:-1], uuid + "0", "{" + uuid + "}"):
        rows.add(unique_id=unique_id)
    # A row that the filter drops still hides its twins, whatever they hold.
    for first, second in ((dict(session_duration="1"), {}), ({}, dict(session_duration="1")), (dict(accessed_at="x"), {}), (dict(session_duration="x"), {}), (dict(accessed_at="2023-01-01"), {})):
        unique_id = f"twin{rows.count}"
        rows.add(unique_id=unique_id, **first)
        rows.add(unique_id=unique_id, **second)
        rows.add(unique_id=unique_id, person_name="third")
    for number in range(40):
        rows.add(unique_id=f"across{number}", person_name="old", session_duration=str(20 + number), consumed_traffic=str(number))
    yesterday = rows.file("2024-09-14")
    for number in reversed(range(60)):
        rows.add(unique_id=f"across{number}", person_name="new", session_duration=str(60 - number))
    rows.add(unique_id="", person_name="no id today")
    rows.add(unique_id="x" * 40)
    rows.add(unique_id="x" * 40)
    return lake("duplicates", yesterday, rows.file())


def columns():
    first = Rows(("shoe size", *reversed(SHORT_HEADER), "Extra"))
    first.add(Extra="x", **{"shoe size": "42"})
    first.add(Extra="", **{"shoe size": '""'})
    first.add(Extra='"a""b"', **{"shoe size": '"4"2'})
    second = Rows((*SHORT_HEADER[:4], "other", *SHORT_HEADER[4:], "Extra", ""))
    second.count = 100
    second.add(other="o", Extra="y")
    second.add(other=" ", Extra='"a\nb"')
    third = Rows((*FULL_HEADER, "ă"))
    third.count = 200
    third.add(**{"ă": "î"})
    third.add(address="")
    return lake("columns", first.file("2024-09-13"), second.file("2024-09-14"), third.file(), window_days=3)


def file_forms():
    forms = {
        "crlf": dict(line_end="\r\n"), "crlf_without_end": dict(line_end="\r\n", final_line_end=False), "without_end": dict(final_line_end=False),
        "byte_order_mark": dict(begin="\ufeff"), "byte_order_mark_crlf": dict(begin="\ufeff", line_end="\r\n"), "blank_lines_first": dict(begin="\n\n"),
    }
    for name, form in forms.items():
        rows = Rows()
        for raw in ("a", '""', '"a"', '"a" ', '"a"b', '"a,b"', " ", "", "ă", '"a\nb"'):
            rows.add(person_name=raw)
        if form.get("line_end") is None:
            for raw in ('"a\r\nb"', '"a\rb"', "a\rb", '"\r"', "\rb"):
                rows.add(person_name=raw)
        rows.add_raw("")
        rows.add(unique_id='"quoted last"')
        last = Rows((*SHORT_HEADER, "last"))
        last.count = 50
        for raw in ("", '""', '"a"', '"a" ', '"a"b', "a", " "):
            last.add(last=raw)
        yield lake(f"form_{name}", rows.file("2024-09-14", **form), last.file(**form))


def empty_days():
    rows = Rows()
    empty = rows.file("2024-09-14", final_line_end=False)
    rows.add(session_duration="1")
    return lake("empty_days", empty, rows.file())
