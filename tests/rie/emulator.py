"""The function under AWS's Runtime Interface Emulator, the one of `sam local` and of the base images."""

import http.client
import importlib.util
import json
import platform
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from processes import TIMEOUT_SECONDS, Failed, stop, wait_until

LOOPBACK = "127.0.0.1"
INVOCATIONS = "/2015-03-31/functions/function/invocations"

# What Lambda puts into the environment of every function, as far as the emulator does not. Nothing of the shell is
# beside it, so that the function does the same everywhere.
ENVIRONMENT = {
    "AWS_EXECUTION_ENV": "AWS_Lambda_rust",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
    "AWS_LAMBDA_FUNCTION_NAME": "drivendata-transform",
    "AWS_LAMBDA_FUNCTION_TIMEOUT": str(TIMEOUT_SECONDS),
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LANG": "en_US.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "TZ": ":UTC",
    "_HANDLER": "bootstrap",
}


def emulator() -> Path:
    """The emulator for this machine; it is part of SAM's package."""
    package = importlib.util.find_spec("samcli")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("aws-sam-cli is not installed here; `make lambda-local` installs it")
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    path = Path(package.submodule_search_locations[0]) / "local" / "rapid" / f"aws-lambda-rie-{machine}"
    if platform.system() != "Linux" or not path.exists():
        raise SystemExit(f"AWS's emulator is for Linux on x86_64 and arm64, not {platform.system()} on {machine}")
    return path


class Function:
    """Runs until the `with` block ends. The emulator takes one invocation at a time."""

    def __init__(self, bootstrap: Path, settings: dict[str, str], log: Path) -> None:
        self.log = log
        self.port, runtime_port = free_ports()
        # It would listen on all interfaces otherwise.
        addresses = ["--runtime-interface-emulator-address", f"{LOOPBACK}:{self.port}"]
        addresses += ["--runtime-api-address", f"{LOOPBACK}:{runtime_port}"]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [emulator(), *addresses, bootstrap.resolve()],
                env={**ENVIRONMENT, **settings},
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        try:
            wait_until(self._listens, "the emulator", self.process, self.log)
        except BaseException:
            stop(self.process)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        stop(self.process)

    def invoke(self, event: bytes) -> dict[str, Any]:
        """The reply to an event, or the error's type and message."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("POST", INVOCATIONS, event)
            text = connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"the emulator gave no answer: {error!r}") from error
        finally:
            connection.close()
        try:
            return json.loads(text)
        except ValueError as error:
            raise Failed(f"the function gave no answer; the emulator says {text!r}") from error

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, self.port)) == 0


def free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind((LOOPBACK, 0))
        second.bind((LOOPBACK, 0))
        return first.getsockname()[1], second.getsockname()[1]
