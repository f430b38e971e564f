"""Makes a failing input smaller: fewer rows, plainer cells, shorter cells, as long as it fails."""

from dataclasses import replace

from lakes import PLAIN, ROW_NUMBER


class Shrinker:
    """`fails` says whether the two sides differ on a lake; it is asked at most `attempts` times."""

    def __init__(self, fails, attempts=120):
        self.fails = fails
        self.attempts = attempts

    def shrink(self, lake, suspects):
        """The smallest failing lake found. `suspects` are the row numbers that differences were seen in."""
        lake = self.rows(lake, suspects)
        lake = self.files(lake)
        lake = self.cells(lake)
        return self.texts(lake)

    def still_fails(self, lake):
        if self.attempts == 0:
            return False
        self.attempts -= 1
        return self.fails(lake)

    def rows(self, lake, suspects):
        for suspect in suspects[:3]:
            alone = lake.with_rows([[row for row in file.rows if row[:1] == (suspect,)] for file in lake.files])
            if alone.row_count() and self.still_fails(alone):
                return alone
        size = lake.row_count() // 2
        while size >= 1:
            start = 0
            while start < lake.row_count():
                smaller = without(lake, start, size)
                if smaller.row_count() and self.still_fails(smaller):
                    lake = smaller
                else:
                    start += size
                if self.attempts == 0:
                    return lake
            size //= 2
        return lake

    def files(self, lake):
        for file in lake.files:
            if not file.rows:
                smaller = replace(lake, files=tuple(other for other in lake.files if other is not file))
                if smaller.files and smaller.files[-1].name[6:16] == lake.run_date and self.still_fails(smaller):
                    lake = smaller
        return lake

    def cells(self, lake):
        for at, (file, row) in positions(lake):
            for index, name in enumerate(lake.files[file].header[: len(lake.files[file].rows[row])]):
                cell = lake.files[file].rows[row][index]
                plain = PLAIN.get(name, str(at) if name in ("unique_id", ROW_NUMBER) else "")
                if cell != plain:
                    plainer = with_cell(lake, file, row, index, plain)
                    lake = plainer if self.still_fails(plainer) else lake
        return lake

    def texts(self, lake):
        for _, (file, row) in positions(lake):
            for index, name in enumerate(lake.files[file].header[: len(lake.files[file].rows[row])]):
                if lake.files[file].rows[row][index] in (PLAIN.get(name), ""):
                    continue
                at = 0
                while at < len(lake.files[file].rows[row][index]):
                    cell = lake.files[file].rows[row][index]
                    shorter = with_cell(lake, file, row, index, cell[:at] + cell[at + 1 :])
                    if shorter.files[file].rows[row][index].count('"') == cell.count('"') and self.still_fails(shorter):
                        lake = shorter
                    else:
                        at += 1
        return lake


def positions(lake):
    pairs = [(file, row) for file, of in enumerate(lake.files) for row in range(len(of.rows))]
    return list(enumerate(pairs, 1))[:4]


def without(lake, start, size):
    kept, seen = [], 0
    for file in lake.files:
        kept.append([row for at, row in enumerate(file.rows, seen) if not start <= at < start + size])
        seen += len(file.rows)
    return lake.with_rows(kept)


def with_cell(lake, file, row, index, cell):
    rows = [list(of.rows) for of in lake.files]
    cells = list(rows[file][row])
    cells[index] = cell
    rows[file][row] = tuple(cells)
    return lake.with_rows(rows)
