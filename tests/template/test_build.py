"""`make deploy` and `sam build`: what they are told, which command cargo-lambda gets, and where its program is found.

cargo stands for itself here: it writes down its arguments and leaves an empty program where cargo-lambda would.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from samcli.cli.types import CfnParameterOverridesType
from stack import ROOT

CARGO = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
  metadata*) exit 1 ;;
  "lambda build"*) mkdir -p target/lambda/drivendata-transform && : > target/lambda/drivendata-transform/bootstrap ;;
esac
"""


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_sam_builds_the_program_of_the_function_for_its_architecture(architecture: str, tmp_path: Path) -> None:
    programs, project, calls = tmp_path / "bin", tmp_path / "project", tmp_path / "calls"
    programs.mkdir()
    project.mkdir()
    for name in ("cargo", "cargo-lambda"):
        (programs / name).write_text(CARGO, encoding="utf-8")
        (programs / name).chmod(0o755)
    for name in ("template.yaml", "Cargo.toml", "samconfig.toml"):
        shutil.copy(ROOT / name, project)
    sam = str(Path(sys.executable).with_name("sam"))
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "CALLS": str(calls)}
    command = [sam, "build", "--parameter-overrides", f"Architecture={architecture}"]
    subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True)

    (build,) = [line for line in calls.read_text(encoding="utf-8").splitlines() if line.startswith("lambda build")]
    expected = ["--release", "--bin", "drivendata-transform"] + (["--arm64"] if architecture == "arm64" else [])
    assert sorted(build.split()[2:]) == sorted(expected)
    assert [path.name for path in (project / ".aws-sam/build/Function").iterdir()] == ["bootstrap"]


def sam_commands(*variables: str) -> list[tuple[list[str], dict[str, str]]]:
    """What `make deploy` would call, and the parameters as SAM understands them."""
    dry_run = subprocess.run(["make", "-n", "deploy", *variables], cwd=ROOT, check=True, capture_output=True, text=True)
    commands = [shlex.split(line) for line in dry_run.stdout.splitlines() if "/bin/sam " in line]
    overrides = [command[command.index("--parameter-overrides") + 1] for command in commands]
    parsed = [CfnParameterOverridesType().convert((text,), None, None) for text in overrides]
    return list(zip(commands, parsed, strict=True))


def test_make_deploys_what_it_built_with_the_parameters_given() -> None:
    given = """PARAMETERS=WindowDays=7 AccessedTo=open ScheduleExpression="cron(0 6 * * ? *)\""""
    (build, to_build), (deploy, to_deploy) = sam_commands("STACK=leaddata", "ARCH=x86_64", given)
    assert "build" in build and "deploy" in deploy
    assert deploy[deploy.index("--stack-name") + 1] == "leaddata"
    assert to_build == to_deploy
    assert to_deploy == {
        "Architecture": "x86_64",
        "WindowDays": "7",
        "AccessedTo": "open",
        "ScheduleExpression": "cron(0 6 * * ? *)",
    }


def test_make_never_leaves_the_architecture_to_what_the_stack_remembers() -> None:
    assert [parameters for _, parameters in sam_commands()] == [{"Architecture": "arm64"}] * 2
