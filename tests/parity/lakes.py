"""A comparison's input: the files of a window, as rows of raw cells, so that they can be made smaller."""

from dataclasses import dataclass, field, replace

from table import KNOWN, REQUIRED

# Stands first in every row of a generated input and is carried through, so that rows can be told apart.
ROW_NUMBER = "row_number"

PLAIN = {
    "person_name": "Ana Pop",
    "user_name": "ana",
    "email": "ana.pop@example.com",
    "personal_number": "0960101223344",
    "birth_date": "1996-01-01",
    "address": '"Str. Lungă, nr. 1"',
    "phone": "0721 000 001",
    "mac_address": "00:11:22:33:44:55",
    "ip_address": "10.0.0.1",
    "iban": "RO49AAAA1B31007593840000",
    "accessed_at": "2024-09-14 10:00:00.123456",
    "session_duration": "100",
    "download_speed": "100.5",
    "upload_speed": "20.25",
    "consumed_traffic": "1000",
}


@dataclass(frozen=True)
class File:
    """One batch. Cells are raw: quotes included, never a line end outside quotes."""

    name: str
    header: tuple
    rows: tuple
    line_end: str = "\n"
    begin: str = ""
    final_line_end: bool = True

    def text(self):
        lines = [",".join(self.header)] + [",".join(row) for row in self.rows]
        return self.begin + self.line_end.join(lines) + (self.line_end if self.final_line_end else "")


@dataclass(frozen=True)
class Lake:
    """The files of one window, oldest first."""

    name: str
    files: tuple
    run_date: str = "2024-09-15"
    window_days: int = 2
    columns: tuple = field(default=(), repr=False)

    def write(self, folder):
        """Writes the files and returns their paths in window order."""
        paths = []
        for file in self.files:
            path = folder / file.name
            path.write_bytes(file.text().encode())
            paths.append(path)
        return paths

    def row_count(self):
        return sum(len(file.rows) for file in self.files)

    def with_rows(self, rows_of_files):
        return replace(self, files=tuple(replace(f, rows=tuple(rows)) for f, rows in zip(self.files, rows_of_files)))


SHORT_HEADER = (ROW_NUMBER, *REQUIRED)
FULL_HEADER = (ROW_NUMBER, *KNOWN)


class Rows:
    """Numbers rows and gives each an id of its own, unless it is told one."""

    def __init__(self, header=SHORT_HEADER):
        self.header = header
        self.rows = []
        self.count = 0

    def add(self, **cells):
        self.count += 1
        cells.setdefault("unique_id", f"id{self.count}")
        row = {**PLAIN, **cells, ROW_NUMBER: str(self.count)}
        self.rows.append(tuple(row.get(name, "") for name in self.header))

    def add_raw(self, *cells):
        """A row as it is: too short, too long, blank."""
        self.count += 1
        self.rows.append(cells)

    def file(self, date="2024-09-15", **form):
        file = File(f"batch_{date}.csv", tuple(self.header), tuple(self.rows), **form)
        self.rows = []
        return file


def quoted(text):
    """A text as a quoted cell. Without NUL, which Spark's parser drops from some quoted cells: declared as different."""
    return '"' + text.replace("\0", "\1").replace('"', '""') + '"'


def cell(text):
    """A text as a cell, quoted where it must be."""
    return quoted(text) if any(c in text for c in ',"\n\r') else text
