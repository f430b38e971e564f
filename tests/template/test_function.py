"""The function: its settings, its build, and what keeps its logs and metrics together."""

import json
import re
import tomllib
from typing import Any

import pytest
from lake import DATES, Lake
from stack import ROOT, STACK_NAME, Stack, source

SETTING = re.compile(r'setting\(\s*"([A-Z_]+)",\s*"([^"]*)"')
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}


def settings() -> dict[str, str]:
    """The program's settings and their defaults."""
    found = dict(SETTING.findall((ROOT / "src/config/settings.rs").read_text(encoding="utf-8")))
    assert "LAKE" in found and len(found) > 20, "src/config/settings.rs is not read rightly"
    return found


def variables(stack: Stack) -> dict[str, str]:
    return stack.resources["Function"]["Environment"]["Variables"]


# Parameters of what the contract decides.
SETTING_OF = {"AccessedFrom": "ACCESSED_FROM", "AccessedTo": "ACCESSED_TO", "Masking": "MASKING"}


def rule_variables(stack: Stack) -> dict[str, str]:
    """What a run is told beside the lake and the window, which `Lake.run` gives."""
    elsewhere = POWERTOOLS | {"LAKE", "INPUT_PREFIX", "OUTPUT_PREFIX", "WINDOW_DAYS", "LOG_LEVEL"}
    return {name: value for name, value in variables(stack).items() if name not in elsewhere}


def rules_of_a_run(lake: Lake, settings: dict[str, str]) -> dict[str, Any]:
    """What a run with these settings notes in its manifest."""
    flags = [f"--{name.lower().replace('_', '-')}={value}" for name, value in settings.items()]
    prefix = "preset_data/"
    lake.run(prefix, 2, *flags)
    manifest = lake.folder / prefix / f"runs/run_date={DATES[-1]}/manifest.json"
    return json.loads(manifest.read_text(encoding="utf-8"))["settings"]


def test_every_variable_of_the_function_is_a_setting(stack: Stack) -> None:
    assert variables(stack).keys() - POWERTOOLS <= settings().keys()


def test_every_default_is_that_of_the_program() -> None:
    given = {name: value for name, value in variables(Stack({})).items() if name not in POWERTOOLS | {"LAKE"}}
    expected = settings()
    assert given == {name: expected[name] for name in given}


def test_a_parameter_reaches_its_setting() -> None:
    settings = variables(Stack({"WindowDays": "7", "AccessedTo": "open", "BucketName": "another-lake"}))
    assert (settings["WINDOW_DAYS"], settings["ACCESSED_TO"]) == ("7", "open")
    assert settings["LAKE"] == "s3://another-lake"


@pytest.mark.parametrize("given", [{}, {"AccessedTo": "2030-12-31"}, {"AccessedFrom": "open", "Masking": "glue"}])
def test_the_glue_preset_decides_what_no_parameter_changes(given: dict[str, str], lake: Lake) -> None:
    typed = {SETTING_OF[name]: value for name, value in given.items()}
    expected = rules_of_a_run(lake, {"PRESET": "glue", **typed})
    assert expected["plan"] != rules_of_a_run(lake, {})["plan"], "the preset changes nothing"
    assert rules_of_a_run(lake, rule_variables(Stack({"Preset": "glue", **given}))) == expected


def test_what_is_left_at_its_default_is_left_to_the_contract(lake: Lake) -> None:
    given = variables(Stack({"AccessedFrom": "2024-01-01", "ActiveAbove": "120", "WindowDays": "2"}))
    assert not any(given[name] for name in ["ACCESSED_FROM", "ACTIVE_ABOVE", "WINDOW_DAYS", "PRESET"])
    assert rules_of_a_run(lake, rule_variables(Stack({}))) == rules_of_a_run(lake, {})


def test_the_address_of_a_contract_reaches_the_function() -> None:
    assert variables(Stack({}))["CONTRACT"] == ""
    address = "s3://driven-data-bucket/contracts/feed.yaml"
    assert variables(Stack({"ContractAddress": address}))["CONTRACT"] == address
    pattern = re.compile(source()["Parameters"]["ContractAddress"]["AllowedPattern"])
    assert all(pattern.fullmatch(value) for value in ("", address))
    # A star would be more than one object to the role.
    assert not any(pattern.fullmatch(value) for value in ("s3://bucket", "s3://bucket/", "s3://bucket/*", "feed.yaml"))


def test_no_setting_is_left_to_a_value_that_sam_cli_cannot_resolve_locally() -> None:
    declared = source()["Resources"]["Function"]["Properties"]["Environment"]["Variables"]
    assert "AWS::NoValue" not in json.dumps(declared)
    assert not any(isinstance(spec["Default"], float) for spec in source()["Parameters"].values())


@pytest.mark.parametrize("name", ["AccessedFrom", "AccessedTo"])
def test_an_access_date_is_a_date_or_open_and_never_empty(name: str) -> None:
    pattern = re.compile(source()["Parameters"][name]["AllowedPattern"])
    assert all(pattern.fullmatch(value) for value in ("open", "2024-12-31"))
    assert not any(pattern.fullmatch(value) for value in ("", "opened", "2024-12-31 ", "2024"))


def test_the_function_is_as_large_as_the_parameters_say() -> None:
    stack = Stack({"MemoryMb": "512", "TimeoutSeconds": "300", "EphemeralStorageMb": "1024", "Architecture": "x86_64"})
    function = stack.resources["Function"]
    assert (function["MemorySize"], function["Timeout"]) == ("512", "300")
    assert function["EphemeralStorage"] == {"Size": "1024"}
    assert function["Architectures"] == ["x86_64"]
    assert (function["Runtime"], function["Handler"]) == ("provided.al2023", "bootstrap")
    assert "TracingConfig" not in function or function["TracingConfig"]["Mode"] != "Active"


def test_logs_go_as_json_to_a_group_that_forgets(stack: Stack) -> None:
    logging = stack.resources["Function"]["LoggingConfig"]
    group = stack.resources["LogGroup"]
    assert logging["LogFormat"] == "JSON"
    # A stricter level would drop the metrics, which have none.
    assert logging["ApplicationLogLevel"] in ("TRACE", "DEBUG", "INFO")
    assert logging["LogGroup"] == group["LogGroupName"] == f"/aws/lambda/{STACK_NAME}"
    assert group["RetentionInDays"] == "90"


def test_failed_events_are_tried_again_and_then_kept(stack: Stack) -> None:
    config = stack.resources["FunctionEventInvokeConfig"]
    queue = stack.resources["FailedEvents"]
    assert config["MaximumRetryAttempts"] == 2
    assert config["MaximumEventAgeInSeconds"] == 6 * 3600
    assert config["DestinationConfig"]["OnFailure"]["Destination"].endswith(":" + queue["QueueName"])
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert queue["SqsManagedSseEnabled"] is True


def test_a_panic_stays_reportable_however_the_function_is_built() -> None:
    build = tomllib.loads((ROOT / "CargoLambda.toml").read_text(encoding="utf-8"))["build"]
    # cargo-lambda's own "optimizations" set panic=abort.
    assert build == {"no_default_features": True, "locked": True, "disable_optimizations": True}


def test_the_metrics_are_those_of_the_stack(stack: Stack) -> None:
    assert variables(stack)["POWERTOOLS_SERVICE_NAME"] == STACK_NAME
