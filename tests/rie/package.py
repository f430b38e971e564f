"""Checks a zip that is to be deployed, prints its size, and unpacks it beside itself.

    python tests/rie/package.py target/lambda/drivendata-transform/bootstrap.zip --arch arm64 --glibc 2.34
"""

import argparse
import re
import sys
import zipfile
from pathlib import Path

# ELF's numbers of the processors, at their place in the header.
MACHINES = {"x86_64": 62, "arm64": 183}
MACHINE_AT = slice(18, 20)

Version = tuple[int, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("zip", type=Path)
    parser.add_argument("--arch", required=True, choices=MACHINES)
    parser.add_argument("--glibc", required=True, type=version, help="the newest C library it may need")
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.zip) as package:
        files = package.infolist()
        names = [file.filename for file in files]
        if names != ["bootstrap"]:
            sys.exit(f"{arguments.zip} must hold bootstrap alone, not {names}")
        program = package.read("bootstrap")
    if not files[0].external_attr >> 16 & 0o100:
        sys.exit(f"bootstrap in {arguments.zip} is not executable")
    if program[:4] != b"\x7fELF" or int.from_bytes(program[MACHINE_AT], "little") != MACHINES[arguments.arch]:
        sys.exit(f"bootstrap in {arguments.zip} is no program for {arguments.arch}")
    needed = glibc_needed(program)
    if needed > arguments.glibc:
        sys.exit(f"bootstrap needs glibc {dotted(needed)}, and there is {dotted(arguments.glibc)}")
    # For `make lambda-local BOOTSTRAP=…`.
    unpacked = arguments.zip.with_name("bootstrap")
    unpacked.write_bytes(program)
    unpacked.chmod(0o755)
    sizes = f"{megabytes(arguments.zip.stat().st_size)}, {megabytes(len(program))} unpacked"
    print(f"{arguments.zip}: {sizes}, for {arguments.arch} with glibc {dotted(needed)} or newer")


def glibc_needed(program: bytes) -> Version:
    """The newest version that its symbols name."""
    return max((version(found.decode()) for found in re.findall(rb"\0GLIBC_([0-9.]+)(?=\0)", program)), default=(0,))


def version(text: str) -> Version:
    return tuple(int(number) for number in text.split("."))


def dotted(number: Version) -> str:
    return ".".join(map(str, number))


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    main()
