"""Random inputs: edge cells, edge cells with a few characters changed, and random characters, in files of every form."""

import random

from cells import DATES, DOUBLES, EMAILS, INTS, QUOTINGS, SPACES, TEXTS, TIMES
from lakes import PLAIN, ROW_NUMBER, File, Lake, quoted
from table import KNOWN, REQUIRED

OPTIONAL = [name for name in KNOWN if name not in REQUIRED]
EXTRAS = ["shoe size", "Note", "ă", "masked", "x/y"]

ALPHABETS = {
    "session_duration": "0123456789" * 3 + "+-.. eEdf_x",
    "download_speed": "0123456789" * 3 + "+-..eEdDfFxXpP aNInity",
    "birth_date": "0123456789" * 3 + "----- T:.+Zx",
    "accessed_at": "0123456789" * 2 + "--::..  TZ+UTCGMx",
    "email": "abcdeXY0_" * 3 + "@@@@...+- $\\éăш日",
    "text": "abcXY09 " * 2 + "ăîșț日😀\\'\"\t\0;|_-",
}


def random_lake(seed, rows):
    """A lake of about `rows` rows over one to three days; the same for the same numbers."""
    rng = random.Random(seed)
    days = rng.choice([1, 2, 2, 2, 3])
    maker = Maker(rng, rows)
    files = [maker.file(f"2024-09-{15 - days + 1 + day:02}", rows // days) for day in range(days)]
    return Lake(f"random {seed}", tuple(files), window_days=days)


class Maker:
    def __init__(self, rng, rows):
        self.rng = rng
        self.count = 0
        self.names = [f"name {number}" for number in range(max(1, rows // 20))]
        # Ids come from a range not much larger than the rows, so that some stand twice, within a day and across days.
        self.ids = range(rows * rng.choice([1, 3, 10]))
        # In some rounds nearly every cell is odd, in most few are, so that rows survive the filter.
        self.oddness = rng.choice([0.02, 0.1, 0.1, 0.3])

    def file(self, date, rows):
        rng = self.rng
        # The row number stands first, so that it is there in a short row too.
        names = [name for name in KNOWN if name in REQUIRED or rng.random() < 0.8] + rng.sample(EXTRAS, rng.randrange(3))
        if rng.random() < 0.5:
            rng.shuffle(names)
        form = {
            "line_end": rng.choice(["\n", "\n", "\r\n"]),
            "begin": rng.choice(["", "", "\ufeff"]),
            "final_line_end": rng.random() < 0.8,
        }
        made = [self.row(names, form["line_end"] == "\r\n") for _ in range(rows)]
        return File(f"batch_{date}.csv", (ROW_NUMBER, *names), tuple(made), **form)

    def row(self, names, is_crlf):
        rng = self.rng
        self.count += 1
        if rng.random() < 0.003:
            return (rng.choice(["", "", " ", "\t", '""', "x", ",,"]),)
        row = [str(self.count), *(self.cell(name) for name in names)]
        if rng.random() < 0.01:
            row = row[: rng.randrange(1, len(row))]
        elif rng.random() < 0.01:
            row += [self.cell("text") for _ in range(rng.randrange(1, 4))]
        return tuple(clean_line_breaks(row, is_crlf))

    def cell(self, name):
        rng = self.rng
        if rng.random() >= self.oddness * (0.3 if name in ("session_duration", "accessed_at") else 1):
            return self.usual(name)
        kind = rng.random()
        if kind < 0.1:
            return rng.choice(QUOTINGS)
        if kind < 0.2:
            return rng.choice(["", '""', " ", '" "'])
        text = self.odd_text(name)
        if rng.random() < 0.3:
            space = rng.choice(SPACES)
            text = rng.choice([space + text, text + space, space + text + space])
        if kind < 0.3:
            # Text behind a closing quote. A quote there would only double the closing one.
            behind = rng.choice([" ", "\t", "x", " x", ' x"y"', self.odd_text("text")]).replace(",", "").replace("\n", "")
            return quoted(text) + behind.lstrip('"')
        if kind < 0.5 or text[:1] == '"' or any(c in text for c in ",\n\r"):
            return quoted(text)
        return text

    def usual(self, name):
        rng = self.rng
        match name:
            case "person_name":
                return rng.choice(self.names)
            case "unique_id":
                number = rng.choice(self.ids)
                return f"{number:08x}-0000-4000-8000-000000000000" if number % 3 else f"id{number}"
            case "session_duration":
                return str(rng.choice([rng.randrange(0, 300), rng.randrange(31, 36000)]))
            case "accessed_at":
                day = rng.choice(["2024-01-01", "2024-01-02", f"2024-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}", "2025-03-04"])
                return f"{day} {rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}" + rng.choice(["", f".{rng.randrange(10**6):06}"])
            case "birth_date":
                return f"{rng.randrange(1930, 2010)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
            case "download_speed" | "upload_speed" | "consumed_traffic":
                return rng.choice([str(rng.randrange(2_000_000)), repr(rng.random() * 1000), f"{rng.random() * 1000:.3f}", repr(rng.random() * 10.0 ** rng.randrange(-20, 20))])
            case "email":
                local = "".join(rng.choice("abcdeăî._-0") for _ in range(rng.randrange(1, 12)))
                return f"{local}@{rng.choice(['x.ro', 'email.ro', 'example.com', 'ș.ro'])}"
            case _:
                return PLAIN.get(name, "x")

    def odd_text(self, name):
        rng = self.rng
        texts, alphabet = {
            "session_duration": (INTS, "session_duration"),
            "download_speed": (DOUBLES, "download_speed"),
            "upload_speed": (DOUBLES, "download_speed"),
            "consumed_traffic": (DOUBLES, "download_speed"),
            "birth_date": (DATES, "birth_date"),
            "email": (EMAILS, "email"),
        }.get(name, (TEXTS, "text"))
        if name == "accessed_at":
            alphabet = "accessed_at"
            texts = DATES if rng.random() < 0.4 else [f"2024-09-{rng.randrange(1, 30)}{rng.choice(' T')}{rng.choice(TIMES)}"]
        alphabet = ALPHABETS[alphabet]
        if rng.random() < 0.3:
            return "".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 14)))
        text = list(rng.choice(texts))
        for _ in range(rng.choice([0, 1, 1, 2])):
            at = rng.randrange(len(text) + 1)
            match rng.randrange(3):
                case 0:
                    text.insert(at, rng.choice(alphabet))
                case 1 if text:
                    text[at % len(text)] = rng.choice(alphabet)
                case 2 if text:
                    del text[at % len(text)]
        return "".join(text)


def clean_line_breaks(row, is_crlf):
    """Keeps out what is declared as different: carriage returns that are not the file's line ends."""
    if is_crlf:
        return [cell.replace("\r", "") for cell in row]
    return [*row[:-1], row[-1] + "x" if row[-1].endswith("\r") else row[-1]]
