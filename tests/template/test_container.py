"""container/: the task that runs large days may do what the function may, and its image is built from what it needs."""

import fnmatch
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from stack import ROOT, Stack
from test_permissions import allowed, as_list, documented, grants

TEMPLATE = ROOT / "container/template.yaml"
DOCKERFILE = (ROOT / "container/Dockerfile").read_text(encoding="utf-8")
SUBNETS = {"Subnets": "subnet-1,subnet-2"}
CONTRACT = {"ContractAddress": "s3://contracts-bucket/feed.yaml"}


def container(**parameters: str) -> Stack:
    return Stack({"VpcId": "vpc-1", "ImageTag": "1.0", **parameters}, TEMPLATE)


@pytest.mark.parametrize("contract", [{}, CONTRACT])
def test_the_task_may_do_on_s3_what_the_function_may_and_nothing_else(contract: dict[str, str]) -> None:
    # The function's names of batches are those of its contract.
    of_function = {
        (action, resource.replace("/raw_data/batch_*", "/raw_data/*"))
        for action, resource in grants(Stack(contract), "FunctionRole")
        if action.startswith("s3:")
    }
    assert grants(container(**contract), "TaskRole") == of_function
    for ours, theirs in zip(allowed(container(**contract), "TaskRole"), allowed(Stack(contract), "FunctionRole")):
        assert ours["Condition"] == theirs["Condition"]


def test_both_roles_may_do_what_the_page_on_permissions_says() -> None:
    stack = container(**CONTRACT)
    assert grants(stack, "TaskRole") == documented("TaskRole")
    starting = container(**SUBNETS)
    name = {"TASK": "task-definition", "TASKROLE": "TaskRole", "STARTROLE": "StartRole"}
    of_page = {(action, name[resource]) for action, resource in documented("HandOverRole")}
    of_stack = grants(starting, "HandOverRole")
    assert {(action, next(kind for kind in name.values() if kind in resource)) for action, resource in of_stack} == of_page
    (group,) = stack.of_type("AWS::Logs::LogGroup").values()
    assert group["LogGroupName"] == "/ecs/drivendata-transform"
    name = {"IMAGES": "repository", "LOGS": "log-group", "*": "*"}
    of_page = {(action, name[resource]) for action, resource in documented("StartRole")}
    of_stack = {
        (action, resource if resource == "*" else resource.split(":")[5].split("/")[0])
        for action, resource in grants(stack, "StartRole")
    }
    assert of_stack == of_page


def test_roles_are_lent_to_tasks_of_the_own_account_only() -> None:
    for name, role in container(**SUBNETS).of_type("AWS::IAM::Role").items():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        service = "events.amazonaws.com" if name == "HandOverRole" else "ecs-tasks.amazonaws.com"
        assert statement["Principal"] == {"Service": service}
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_nothing_comes_in_from_the_network() -> None:
    (group,) = container().of_type("AWS::EC2::SecurityGroup").values()
    assert "SecurityGroupIngress" not in group
    assert [(rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]] == [(443, 443)]


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_the_program_is_granted_the_memory_of_the_task(size: str) -> None:
    (task,) = container(Size=size).of_type("AWS::ECS::TaskDefinition").values()
    (program,) = task["ContainerDefinitions"]
    variables = {variable["Name"]: variable["Value"] for variable in program["Environment"]}
    assert variables["MEMORY_LIMIT_MB"] == task["Memory"]
    of_function = Stack({}).resources["Function"]["Environment"]["Variables"]
    assert {name: value for name, value in variables.items() if name in of_function} == {
        name: of_function[name] for name in ("LAKE", "INPUT_PREFIX", "OUTPUT_PREFIX", "CONTRACT")
    }
    page = (ROOT / "docs/scale-out.md").read_text(encoding="utf-8")
    assert f"| `{size}` | {int(task['Cpu']) // 1024} | {int(task['Memory']) // 1024} GiB |" in page


def test_the_image_is_built_by_the_compiler_of_the_tests() -> None:
    toolchain = (ROOT / "rust-toolchain.toml").read_text(encoding="utf-8")
    (compiler,) = re.findall(r'^channel = "(.+)"$', toolchain, re.MULTILINE)
    assert re.findall(r"^FROM rust:(\S+?)-", DOCKERFILE, re.MULTILINE) == [compiler]


def test_the_image_is_built_from_all_that_the_program_needs_and_from_no_data(tmp_path: Path) -> None:
    ignored = (ROOT / "container/Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    for path in kept:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
        copy(ROOT / path, target)
    metadata = ["cargo", "metadata", "--locked", "--offline", "--no-deps", "--format-version", "1"]
    packages = json.loads(subprocess.run(metadata, cwd=tmp_path, check=True, capture_output=True).stdout)["packages"]
    assert "drivendata-cli" in {package["name"] for package in packages}
    sources = [path for folder in ("src", "crates") for path in (tmp_path / folder).rglob("*.rs")]
    included = [
        path.parent / name
        for path in sources
        if "tests" not in path.parts
        for name in re.findall(r'include_(?:str|bytes)!\("([^"]+)"\)', path.read_text(encoding="utf-8"))
    ]
    assert len(included) >= 4
    assert [path for path in included if not path.resolve().exists()] == []
    assert not any(fnmatch.fnmatch(path, pattern) for path in kept for pattern in ("target*", "lake*", ".git*"))


def test_the_task_runs_as_nobody_and_writes_nothing() -> None:
    (task,) = container().of_type("AWS::ECS::TaskDefinition").values()
    assert [program["ReadonlyRootFilesystem"] for program in task["ContainerDefinitions"]] == [True]
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["65534:65534"]
    assert all(as_list(statement["Action"]) != ["*"] for statement in allowed(container(), "TaskRole"))
