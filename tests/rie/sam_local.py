"""Delivers every event of events/ to the function in a container, by `sam local invoke`, and checks as check.py does.

    python tests/rie/sam_local.py --sam sam --program target/debug/drivendata --function bootstrap

Needs Docker. `make sam-local` installs the rest.
"""

import argparse
import ipaddress
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from check import ROOT, check
from lake import Lake
from processes import TIMEOUT_SECONDS, Failed, end_like_ctrl_c_on_termination

IMAGE = "public.ecr.aws/lambda/provided:al2023"
NEEDED = """`make sam-local` needs Docker: a daemon that `docker version` reaches (DOCKER_HOST says where), and the image
{image}, which it pulls unless it is there."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sam", required=True, type=Path, help="SAM CLI")
    parser.add_argument("--program", required=True, type=Path, help="the drivendata program, for its S3 server")
    parser.add_argument("--function", required=True, type=Path, help="the function, built for the image: a bootstrap")
    arguments = parser.parse_args()
    for program in (arguments.sam, arguments.program, arguments.function):
        if not program.is_file():
            parser.error(f"there is no {program}")
    end_like_ctrl_c_on_termination()
    architecture = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    image = f"{IMAGE}-{architecture}"
    if docker("version") is None:
        sys.exit(NEEDED.format(image=image))
    with tempfile.TemporaryDirectory() as folder:
        address, host = reachable_from_containers()
        try:
            with Lake(arguments.program, Path(folder), address) as lake:
                options = ["--parameter-overrides", f"Architecture={architecture}"]
                if docker("image", "inspect", image) is not None:
                    options += ["--skip-pull-image"]
                check(lake, SamFunction(arguments.sam, arguments.function, Path(folder), lake, host, options))
        except Failed as failure:
            sys.exit(str(failure))
        except KeyboardInterrupt:
            sys.exit("interrupted")


def docker(*arguments: str) -> str | None:
    """What Docker answers; `None`: it does not."""
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def reachable_from_containers() -> tuple[str, str]:
    """Where the S3 server listens so that containers, and no other machine, reach it; and its name for them."""
    if platform.system() != "Linux":
        # Docker Desktop leads this name to what listens on the machine's own loopback.
        return "127.0.0.1", "host.docker.internal"
    answer = docker("network", "inspect", "bridge", "--format", "{{json (index .IPAM.Config 0)}}")
    if answer is None:
        raise SystemExit("Docker has no network `bridge`, by which containers would reach this machine")
    network = json.loads(answer)
    # Older versions do not name the gateway, which is the first address then.
    gateway = network.get("Gateway") or str(ipaddress.ip_network(network["Subnet"])[1])
    return gateway, gateway


class SamFunction:
    """Invokes the function as `sam local invoke` does: in a container of its own for each event."""

    def __init__(
        self, sam: Path, bootstrap: Path, folder: Path, lake: Lake, host: str, options: list[str]
    ) -> None:
        build = folder / "build"
        (build / "Function").mkdir(parents=True)
        function = build / "Function" / "bootstrap"
        function.write_bytes(bootstrap.read_bytes())
        function.chmod(0o755)
        # What `sam build` writes: the template, with the folder of the program.
        template = (ROOT / "template.yaml").read_text(encoding="utf-8")
        if template.count("\n      CodeUri: .\n") != 1:
            raise Failed("template.yaml has no CodeUri to be replaced")
        template = template.replace("\n      CodeUri: .\n", "\n      CodeUri: Function\n")
        (build / "template.yaml").write_text(template, encoding="utf-8")

        port = lake.access["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]
        changed = {"Parameters": {"ENDPOINT_URL": f"http://{host}:{port}"}}
        (folder / "local.json").write_text(json.dumps(changed), encoding="utf-8")
        self.event = folder / "event.json"
        self.command = [sam, "local", "invoke", "Function", "--template", build / "template.yaml", *options]
        self.command += ["--env-vars", folder / "local.json", "--event", self.event]
        credentials = {name: value for name, value in lake.access.items() if name != "AWS_ENDPOINT_URL"}
        region = {"AWS_DEFAULT_REGION": lake.access["AWS_REGION"]}
        self.environment = {**os.environ, **credentials, **region, "SAM_CLI_TELEMETRY": "0"}

    def invoke(self, event: bytes) -> dict[str, Any]:
        """The reply to an event, or the error's type and message."""
        self.event.write_bytes(event)
        done = subprocess.run(self.command, env=self.environment, capture_output=True, timeout=TIMEOUT_SECONDS)
        answer, log = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        try:
            return json.loads(answer.strip().splitlines()[-1])
        except (ValueError, IndexError) as error:
            raise Failed(f"no answer; SAM CLI ended with {done.returncode} and says\n{answer}\n{log}") from error


if __name__ == "__main__":
    main()
