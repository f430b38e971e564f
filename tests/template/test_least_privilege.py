"""What the program asks of S3 against what its role allows: nothing is missing, and nothing is too much."""

import fnmatch
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lake import DATES, Lake
from recorder import Need, recording
from stack import ROOT, Stack
from test_permissions import allowed, as_list

BUCKET = "driven-data-bucket"
CONTRACT = f"{BUCKET}/contracts/feed.yaml"
DEPLOYED = {"ContractAddress": f"s3://{CONTRACT}"}


@contextmanager
def s3_server(program: Path, folder: Path) -> Iterator[dict[str, str]]:
    """The program's own S3 server; gives what it says about itself."""
    server = subprocess.Popen([program, "serve", "--folder", folder], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        lines = (server.stdout.readline() for _ in range(4))
        yield dict(line.strip().split("=", 1) for line in lines)
    finally:
        server.terminate()
        server.wait(timeout=30)
        if server.stdout:
            server.stdout.close()


@pytest.fixture(scope="module")
def asked(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> set[Need]:
    """What runs need: one that publishes and finds itself unchanged, one that fails and cleans up, and a tick that notes
    a failure before another succeeds."""
    buckets = tmp_path_factory.mktemp("buckets")
    shutil.copytree(lake.folder / "raw_data", buckets / BUCKET / "raw_data")
    (buckets / CONTRACT).parent.mkdir()
    shutil.copy(ROOT / "contracts/drivendata.odcs.yaml", buckets / CONTRACT)
    with s3_server(lake.program, buckets) as environment:
        with recording(environment["AWS_ENDPOINT_URL"].removeprefix("http://")) as recorder:
            environment = {**os.environ, **environment, "AWS_ENDPOINT_URL": recorder.url}
            run = [str(lake.program), "run", "--lake", f"s3://{BUCKET}", "--date", DATES[1]]
            from_bucket = (f"--contract=s3://{CONTRACT}",)
            for settings, code in [(from_bucket, 0), ((), 0), (("--force", "--max-rejected-ratio=0"), 3)]:
                done = subprocess.run([*run, *settings], env=environment, capture_output=True)
                assert done.returncode == code, done.stderr.decode()
            tick = json.loads((ROOT / "events/schedule.json").read_text(encoding="utf-8"))
            event = buckets / "tick.json"
            event.write_text(json.dumps(tick | {"time": f"{DATES[2]}T08:00:00Z"}), encoding="utf-8")
            invoke = [str(lake.program), "invoke", "--lake", f"s3://{BUCKET}", "--lookback-days", "0", str(event)]
            for settings, code in [(("--max-rejected-ratio=0",), 3), ((), 0)]:
                done = subprocess.run([*invoke, *settings], env=environment, capture_output=True)
                assert done.returncode == code, done.stderr.decode()
    return recorder.needs


def is_allowed(need: Need, stack: Stack) -> bool:
    for statement in allowed(stack, "FunctionRole"):
        actions, resources = as_list(statement["Action"]), as_list(statement["Resource"])
        prefixes = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix", ["*"])
        if (
            need.action in actions
            and any(fnmatch.fnmatchcase(need.resource, resource) for resource in resources)
            and any(fnmatch.fnmatchcase(need.list_prefix or "", prefix) for prefix in prefixes)
        ):
            return True
    return False


def test_the_role_allows_every_request_of_the_program(asked: set[Need]) -> None:
    assert len(asked) > 15
    assert {need for need in asked if not is_allowed(need, Stack(DEPLOYED))} == set()


def test_the_role_allows_nothing_on_s3_that_the_program_does_not_use(asked: set[Need]) -> None:
    unused = {
        (action, resource)
        for statement in allowed(Stack(DEPLOYED), "FunctionRole")
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if action.startswith("s3:")
        and not any(need.action == action and fnmatch.fnmatchcase(need.resource, resource) for need in asked)
    }
    assert unused == set()
    listed = {need.list_prefix for need in asked if need.list_prefix is not None}
    assert all(any(prefix.startswith(folder) for prefix in listed) for folder in ("raw_data/", "transformed_data/"))
