"""What the benchmarks take on the command line; each adds its `--rows`."""

import argparse
from pathlib import Path


def parser(description: str | None) -> argparse.ArgumentParser:
    taken = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    taken.add_argument("program", type=resolved, help="our command line, built for release")
    taken.add_argument("--rounds", type=int, default=3)
    return taken


def resolved(path: str) -> Path:
    return Path(path).resolve()
