"""The tables of `make bench`: every engine's figures, ours through theirs, and the targets."""

from collections.abc import Mapping, Sequence

from measure import Usage
from report import MB, Comparison, megabytes, table, usage_cells

HEAD = (
    "engine",
    "CPU s",
    "wall s",
    "peak MB",
    "filtered.parquet MB",
    "other outputs MB",
    "CPU ratio",
    "wall ratio",
    "peak ratio",
    "filtered.parquet ratio",
)
FIGURES = ("cpu_seconds", "wall_seconds", "peak_bytes")
MAIN_OUTPUT = "filtered.parquet"
PEAK_TARGETS = {1_000_000: 1 / 6, 10_000_000: 1 / 12}
PEAK_MB_MAX = {10_000_000: 350}


def size_cells(sizes: Mapping[str, int]) -> list[str]:
    return [megabytes(sizes[MAIN_OUTPUT]), megabytes(sum(sizes.values()) - sizes[MAIN_OUTPUT])]


def main_table(label: str, sizes: Mapping[str, int], comparisons: Sequence[Comparison]) -> str:
    """Engines by processor time; those that failed last."""
    own = [usage for comparison in comparisons for usage in comparison.ours]
    rows = [[label, *(usage_cells(own) if own else ["–"] * 3), *size_cells(sizes), *["1"] * 4]]
    measured = sorted((each for each in comparisons if not each.failed), key=lambda each: -each.ratio("cpu_seconds"))
    for each in measured:
        ratios = [f"{each.ratio(figure):.2f}" for figure in FIGURES]
        file_ratio = f"{sizes[MAIN_OUTPUT] / each.sizes[MAIN_OUTPUT]:.2f}"
        rows.append([each.label, *usage_cells(each.theirs), *size_cells(each.sizes), *ratios, file_ratio])
    rows += [[each.label, "failed", *["–"] * (len(HEAD) - 2)] for each in comparisons if each.failed]
    return table(HEAD, rows)


def target_table(rows: int, sizes: Mapping[str, int], comparisons: Sequence[Comparison]) -> str:
    """What we want to reach, beside what was found."""
    measured = [each for each in comparisons if not each.failed]
    engines = [each for each in measured if not each.label.startswith("Spark")]
    lines: list[list[str]] = []

    def against(what: str, figure: str, others: Sequence[Comparison], most: float | None) -> None:
        if others and most is not None:
            # The best peer is the one that leaves us the highest ratio.
            best = max(others, key=lambda each: each.ratio(figure))
            lines.append([f"{what} against {best.label}", f"{most:.3f}", f"{best.ratio(figure):.3f}"])

    against("CPU", "cpu_seconds", engines, 0.40)
    against("wall", "wall_seconds", engines, 0.40)
    against("CPU", "cpu_seconds", [each for each in measured if each not in engines], 1 / 30)
    against("peak memory", "peak_bytes", engines, PEAK_TARGETS.get(rows))
    if rows in PEAK_MB_MAX and measured:
        own: list[Usage] = [usage for each in measured for usage in each.ours]
        lines.append(["peak memory, MB", str(PEAK_MB_MAX[rows]), megabytes(max(run.peak_bytes for run in own))])
    for each in engines:
        if each.label.startswith("DuckDB"):
            ratio = sizes[MAIN_OUTPUT] / each.sizes[MAIN_OUTPUT]
            lines.append([f"{MAIN_OUTPUT} against {each.label}", "1.100", f"{ratio:.3f}"])
    return table(("ours through theirs", "wanted at most", "found"), lines)


def failures(comparisons: Sequence[Comparison]) -> list[str]:
    return [f"- {each.label}: {each.failed.why}" for each in comparisons if each.failed]


def rows_heading(rows: int, input_bytes: int) -> str:
    return f"### {rows:,} rows, {input_bytes / MB:,.0f} MB of CSV"
