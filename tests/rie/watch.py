"""Runs the function by `cargo lambda watch` on a local lake until Ctrl-C: each change of the code is built and served.

    python tests/rie/watch.py --program target/debug/drivendata --folder target/local-lake --port 9000

`make lambda-watch` installs what this needs.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from lake import BUCKET, Lake
from processes import Failed, end_like_ctrl_c_on_termination, stop

FUNCTION = "drivendata-transform"
LOOPBACK = "127.0.0.1"

# What cargo needs. No more of the shell: its AWS profile or session token would be used with the local server.
OF_THE_SHELL = {"HOME", "LANG", "PATH", "TERM", "USER"}
OF_TOOLS = ("CARGO_", "RUSTUP_", "SSL_")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, type=Path, help="the drivendata program, for its S3 server")
    parser.add_argument("--folder", required=True, type=Path, help="where the lake is kept")
    parser.add_argument("--port", required=True, type=int, help="where `cargo lambda invoke` finds the function")
    arguments = parser.parse_args()
    end_like_ctrl_c_on_termination()
    try:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        with Lake(arguments.program, arguments.folder) as lake:
            print(f"The lake is {lake.bucket}/. In another terminal:\n")
            print(f"    make lambda-invoke EVENT=events/put.json PORT={arguments.port}\n", flush=True)
            watch(lake.settings(), arguments.port)
    except Failed as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit(0)


def watch(settings: dict[str, str], port: int) -> None:
    addresses = ["--invoke-address", LOOPBACK, "--invoke-port", str(port)]
    tools = {name: value for name, value in os.environ.items() if name in OF_THE_SHELL or name.startswith(OF_TOOLS)}
    command = ["cargo", "lambda", "watch", "--bin", FUNCTION, *addresses]
    process = subprocess.Popen(command, env={**tools, **settings}, start_new_session=True)
    try:
        code = process.wait()
    finally:
        stop(process)
    raise Failed(f"cargo lambda watch ended with {code}")


if __name__ == "__main__":
    main()
