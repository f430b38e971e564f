"""Figures → tables for the terminal and for docs/benchmarks.md, where each command owns what is between its markers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from measure import Failed, Usage

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
MB = 1_000_000


@dataclass
class Comparison:
    """One engine against ours: runs taken in turns."""

    label: str
    ours: list[Usage] = field(default_factory=list)
    theirs: list[Usage] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    failed: Failed | None = None

    def ratio(self, figure: str) -> float:
        """Ours through theirs: medians of the runs that stood next to each other."""
        return middle(self.ours, figure) / middle(self.theirs, figure)


def middle(runs: Sequence[Usage], figure: str) -> float:
    return float(median(getattr(run, figure) for run in runs))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that can be read as it is; all columns but the first to the right."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return f"| {' | '.join([first, *rest])} |"

    ruler = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(head), line(ruler), *map(line, rows)])


def megabytes(count: float) -> str:
    return f"{count / MB:.0f}" if count >= 10 * MB else f"{count / MB:.1f}"


def usage_cells(runs: Sequence[Usage]) -> list[str]:
    cpu, wall, peak = (middle(runs, figure) for figure in ("cpu_seconds", "wall_seconds", "peak_bytes"))
    return [f"{cpu:.2f}", f"{wall:.2f}", megabytes(peak)]


def publish(section: str, text: str, document: Path = DOCUMENT) -> None:
    """Replaces what stands between the section's markers."""
    begin, end = f"<!-- {section} -->", f"<!-- /{section} -->"
    before, found, rest = document.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise SystemExit(f"{document} has no {begin} … {end}")
    document.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")
