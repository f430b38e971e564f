"""A small lake: four days of realistic batches, and the program's runs on them."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

DATES = ["2024-09-13", "2024-09-14", "2024-09-15", "2024-09-16"]
ROWS_PER_DAY = 400
# More twins than usual, so that counting them wrongly shows; few rejects, or the run would fail.
SHARES = "--repeat-yesterday-share 0.2 --duplicate-share 0.05 --malformed-share 0.02".split()
SHARES += ["--unreadable-birth-date-share", "0.05"]


@dataclass(frozen=True)
class Lake:
    folder: Path
    program: Path

    @classmethod
    def make(cls, folder: Path, program: Path) -> "Lake":
        lake = cls(folder, program)
        for date in DATES:
            out = ["--out", str(folder / "raw_data"), "--date", date, "--rows", str(ROWS_PER_DAY)]
            # Some rows are late: their access dates are those of earlier batches.
            lake.call("generate", *out, "--spread-days", "3", *SHARES)
        lake.run("transformed_data/", window_days=2)
        return lake

    def run(self, output_prefix: str, window_days: int, *settings: str) -> None:
        """Runs all dates into a folder of the lake."""
        into = ["--window-days", str(window_days), "--output-prefix", output_prefix]
        self.call("run", "--lake", str(self.folder), "--from", DATES[0], "--to", DATES[-1], *into, *settings)

    def call(self, *arguments: str) -> None:
        subprocess.run([self.program, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def output_keys(self, prefix: str = "transformed_data/") -> list[str]:
        files = (path for path in (self.folder / prefix).rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.folder)) for path in files)
