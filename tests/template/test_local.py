"""`sam local invoke` without Docker: the environment SAM CLI would give the function, and the function under it.

SAM CLI resolves the template by code of its own, which differs from CloudFormation: it makes an empty variable of what
it cannot resolve, and takes from `--env-vars` only what the template declares. So its own modules are asked here.
"""

import json
import platform
import shutil
from pathlib import Path

import pytest
from emulator import Function
from lake import DATES, Lake
from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from stack import ROOT
from test_function import POWERTOOLS, settings
from test_least_privilege import BUCKET, s3_server

DATE = DATES[-1]
# SAM CLI uses what its libraries will drop one day.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def environment(parameters: dict[str, str] | None = None, changed: dict[str, str] | None = None) -> dict[str, str]:
    """What the container gets from SAM CLI with these `--parameter-overrides` and this `--env-vars`."""
    stacks, _ = SamLocalStackProvider.get_stacks(str(ROOT / "template.yaml"), parameter_overrides=parameters or {})
    provider = SamFunctionProvider(stacks)
    runner = LocalLambdaRunner(None, provider, str(ROOT), str(ROOT), env_vars_values={"Parameters": changed or {}})
    return runner._make_env_vars(provider.get("Function")).resolve()


def given_settings(variables: dict[str, str]) -> dict[str, str]:
    """The settings in an environment. An empty one is not set."""
    return {name: value for name, value in variables.items() if name in settings() and value}


def test_every_setting_has_its_default() -> None:
    given = given_settings(environment())
    assert given.pop("LAKE") == f"s3://{BUCKET}"
    assert given == {name: settings()[name] for name in given}
    assert {"MAX_REJECTED_RATIO", "INPUT_PREFIX"} <= given.keys(), "SAM CLI resolves these"
    assert not {"MASKING", "ACCESSED_FROM", "WINDOW_DAYS", "PRESET", "CONTRACT"} & given.keys(), "the contract decides"


def test_parameters_reach_their_settings() -> None:
    parameters = {"AccessedTo": "open", "MaxRejectedRatio": "0.25", "Masking": "glue", "WindowDays": "7"}
    given = given_settings(environment(parameters))
    expected = {"ACCESSED_TO": "open", "MAX_REJECTED_RATIO": "0.25", "MASKING": "glue", "WINDOW_DAYS": "7"}
    assert {name: given[name] for name in expected} == expected
    glue = given_settings(environment({"Preset": "glue", "AccessedTo": "2030-12-31"}))
    assert (glue["PRESET"], glue["ACCESSED_TO"]) == ("glue", "2030-12-31")
    assert not {"ACCESSED_FROM", "MASKING"} & glue.keys(), "the preset decides"


def test_what_a_local_run_needs_can_be_changed() -> None:
    changed = {"ENDPOINT_URL": "http://host.docker.internal:9000", "LOG_LEVEL": "debug", "LAKE": "s3://another"}
    given = environment(changed=changed)
    assert {name: given[name] for name in changed} == changed


def test_credentials_and_region_are_those_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
    for name, value in {**shell, "AWS_DEFAULT_REGION": shell["AWS_REGION"]}.items():
        monkeypatch.setenv(name, value)
    given = environment()
    assert {name: given[name] for name in shell} == shell


@pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() not in ("x86_64", "aarch64"), reason="no emulator for this machine"
)
@pytest.mark.parametrize("parameters", [{}, {"Preset": "glue"}], ids=["defaults", "glue"])
def test_the_function_starts_and_runs_with_exactly_that_environment(
    parameters: dict[str, str],
    lake: Lake,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    function = Path(request.config.getoption("--function")).resolve()
    shutil.copytree(lake.folder / "raw_data", tmp_path / "buckets" / BUCKET / "raw_data")
    with s3_server(lake.program, tmp_path / "buckets") as server:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, server[name])
        monkeypatch.setenv("AWS_DEFAULT_REGION", server["AWS_REGION"])
        given = environment(parameters, {"ENDPOINT_URL": server["AWS_ENDPOINT_URL"]})
        log = tmp_path / "function.log"
        with Function(function, given, log) as running:
            reply = running.invoke(json.dumps({"date": DATE}).encode())
    assert "runs" in reply, f"{reply}\n{log.read_text()}"
    assert [run["status"] for run in reply["runs"]] == ["published"]
    manifest = tmp_path / "buckets" / BUCKET / f"transformed_data/runs/run_date={DATE}/manifest.json"
    preset = ("--preset", parameters["Preset"].lower()) if parameters else ()
    lake.run("of_defaults/", 2, *preset)
    defaults = lake.folder / f"of_defaults/runs/run_date={DATE}/manifest.json"
    rules = [json.loads(path.read_text(encoding="utf-8"))["settings"] for path in (manifest, defaults)]
    assert rules[0] == rules[1]


def test_nothing_but_settings_and_names_for_logs_is_declared() -> None:
    declared = {name for name in environment() if not name.startswith("AWS_")}
    assert declared - POWERTOOLS <= settings().keys()
