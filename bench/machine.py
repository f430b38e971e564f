"""What the figures were measured on, in one line."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from measure import CORES


def described() -> str:
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = f"{min(CORES, os.cpu_count() or 1)} of {os.cpu_count()} cores used"
    kernel = f"{platform.system()} {platform.release()}"
    today = datetime.now(UTC).date().isoformat()
    return f"{cpu_model()} ({platform.machine()}), {cores}, {memory_gib:.0f} GiB memory, {kernel}; {today}"


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unnamed processor"
