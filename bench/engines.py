"""The programs that are compared: how each is started, where its outputs are, which version it is."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from data import OUTPUTS, RUN_DATE, bring_into_page_cache, our_output
from measure import Failed, Usage, run

HERE = Path(__file__).parent
FOLDER = HERE.parent / "target" / "bench"
# Its default of 1 GiB is too little for 10 million rows.
SPARK_MEMORY = "8g"


@dataclass(frozen=True)
class Engine:
    name: str
    version: str
    command: tuple[str | Path, ...]
    lake: Path
    """What it reads is in here."""
    outputs: dict[str, Path]
    """Output name → file, or folder of parts."""
    out: Path
    """Everything it writes is in here."""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.name} {self.version}"

    def measured(self, log: Path) -> Usage | Failed:
        """One run in a fresh process, with nothing there from the last one."""
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(parents=True)
        # Nobody shall pay for writing out what the run before left in the page cache, or for what it drove out of it.
        os.sync()
        bring_into_page_cache(self.lake / "raw_data")
        return run(self.command, log, self.environment)

    def sizes(self) -> dict[str, int]:
        return {name: sum(part.stat().st_size for part in parts(path)) for name, path in self.outputs.items()}


@dataclass(frozen=True)
class Peer:
    """Another engine: its name, its package on PyPI, its script."""

    name: str
    package: str
    script: str


PEERS = {
    "polars": Peer("Polars", "polars", "polars_.py"),
    "duckdb": Peer("DuckDB", "duckdb", "duckdb_.py"),
    "datafusion": Peer("DataFusion", "datafusion", "datafusion_.py"),
    "pandas": Peer("pandas + pyarrow", "pandas", "pandas_.py"),
    "spark": Peer("Spark", "pyspark", "spark_.py"),
}


def ours(program: Path, lake: Path, *flags: str) -> Engine:
    """Run as a user would; without flags with the default settings."""
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    return Engine(
        "drivendata",
        version,
        (program, "run", "--lake", lake, "--date", RUN_DATE, "--force", *flags),
        lake,
        {name: our_output(lake, name) for name in OUTPUTS},
        lake / "transformed_data",
    )


def peer(key: str, lake: Path) -> Engine:
    chosen = PEERS[key]
    out = FOLDER / "out" / key
    script = HERE / "peers" / chosen.script
    start: tuple[str | Path, ...] = (sys.executable,)
    environment = {}
    if key == "spark":
        # spark-submit starts Python below Java, so that Java's times are counted; Java outlives Python otherwise.
        start = (Path(sys.executable).parent / "spark-submit", "--driver-memory", SPARK_MEMORY)
        environment = {"SPARK_HOME": str(spark_home()), "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    return Engine(
        chosen.name,
        metadata.version(chosen.package),
        (*start, script, lake, out),
        lake,
        {name: out / name for name in OUTPUTS},
        out,
        environment,
    )


def spark_home() -> Path:
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        sys.exit("pyspark is not installed: use make bench-spark")
    return Path(spec.origin).parent


def parts(path: Path) -> list[Path]:
    return list(path.glob("part-*")) if path.is_dir() else [path]
