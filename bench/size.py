"""What the function's binary consists of: its sections, and whose code it is."""

import gzip
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import report

ALIKE_SECTIONS = {".text": "code", ".rodata": "constants", ".eh_frame": "unwinding", ".gcc_except_table": "unwinding"}
CRATES_SHOWN = 15
KB = 1000
# Letters that nm gives functions.
CODE_TYPES = set("tTwW")
# Crates that bring C code, by how most of its functions are called.
C_CRATES = (
    ("aws-lc-sys", re.compile(r"aws_lc_\d")),
    ("zstd-sys", re.compile(r"(ZSTD|HUF|FSE|HIST|COVER|ERR|POOL|XXH\d*)_")),
)
# Rust's mangled names, in the present form and in the one before: the crate that the first path begins with. A method of
# a type that has no path, such as a reference, is the trait's: the next path.
V0_CRATE = re.compile(r"_R(?:N[A-Za-z]|s[0-9A-Za-z]*+_|[^C])*?C(?:s[0-9A-Za-z]*+_)?(?P<bytes>\d+)_?")
LEGACY_CRATE = re.compile(r"_ZN(?:\d+_?\$.*?(?P<within>[A-Za-z_]\w*)\.\.|(?P<bytes>\d+))")
# What drops a value is named after its type, which is the rest.
DROP = re.compile(r"(?P<form>_R|_ZN)(?:INvNtC(?:s[0-9A-Za-z]*_)?)?4core3ptr\d+drop_in_place")


@dataclass(frozen=True)
class Function:
    address: int
    size: int
    symbol: str


def section_sizes(program: Path) -> dict[str, int]:
    listed = subprocess.run(["size", "-A", "-d", program], check=True, capture_output=True, text=True).stdout
    rows = (line.split() for line in listed.splitlines() if line.startswith("."))
    return {section: int(size) for section, size, _ in rows}


def section_table(function: Path) -> str:
    """The parts of the file; Lambda loads it zipped."""
    sizes: Counter[str] = Counter()
    for section, size in section_sizes(function).items():
        sizes[ALIKE_SECTIONS.get(section, "everything else")] += size
    rows = [[part, report.megabytes(size)] for part, size in sizes.most_common()]
    content = function.read_bytes()
    whole = [["the file", report.megabytes(len(content))], ["zipped", report.megabytes(len(gzip.compress(content)))]]
    return report.table(("part of the binary", "MB"), [*rows, *whole])


def crate_table(unstripped: Path) -> str:
    """The crates with the most code. What the linker put between functions is in everything else."""
    code = section_sizes(unstripped)[".text"]
    largest = by_crate(functions(unstripped)).most_common(CRATES_SHOWN)
    sizes = [*largest, ("everything else", code - sum(size for _, size in largest)), ("all code", code)]
    rows = [[name, f"{size / KB:,.0f}", f"{size / code:.1%}"] for name, size in sizes]
    return report.table(("crate", "kB of code", "share"), rows)


def functions(program: Path) -> list[Function]:
    """In the order of the file. Several names of one function count once."""
    command = ["nm", "--print-size", "--size-sort", "--radix=d", program]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[int, Function] = {}
    for line in listed.splitlines():
        address, size, kind, symbol = line.split(maxsplit=3)
        if kind in CODE_TYPES:
            found[int(address)] = Function(int(address), int(size), symbol)
    if not found:
        sys.exit(f"{program} has no symbols: build it with make bench-startup")
    return [found[address] for address in sorted(found)]


def by_crate(ordered: list[Function]) -> Counter[str]:
    """Bytes of each crate. C functions without a telling name belong to the library amid which they lie."""
    sizes: Counter[str] = Counter()
    c_library = None
    for function in ordered:
        name = rust_crate(function.symbol)
        c_library = None if name else c_crate(function.symbol) or c_library
        if owner := name or c_library:
            sizes[owner] += function.size
    return sizes


def rust_crate(symbol: str) -> str | None:
    """The crate whose source has the function, however many others use it; for a drop, the dropped type's."""
    if (drop := DROP.match(symbol)) and (of_type := rust_crate(f"{drop['form']}0{symbol[drop.end() :]}")):
        return of_type
    found = V0_CRATE.match(symbol) or LEGACY_CRATE.match(symbol)
    if not found:
        return None
    groups = found.groupdict()
    return groups.get("within") or symbol[found.end() :][: int(groups["bytes"])]


def c_crate(symbol: str) -> str | None:
    return next((name for name, pattern in C_CRATES if pattern.match(symbol)), None)
