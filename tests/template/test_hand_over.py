"""Days that the function hands over: each note starts one task for its day, and a task that fails is told."""

import fnmatch
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lake import Lake
from stack import ACCOUNT, REGION, ROOT, Stack
from test_container import SUBNETS, container
from test_permissions import allowed

BUCKET = "driven-data-bucket"
KEY = "transformed_data/state/run_date=2024-09-15/hand_over.json"
BATCH = "raw_data/batch_2024-09-15.csv"


def created(key: str, bucket: str = BUCKET) -> dict[str, Any]:
    """What S3 tells EventBridge of a new object: the recorded event with another key."""
    event = json.loads((ROOT / "events/eventbridge_object_created.json").read_text(encoding="utf-8"))
    event["account"] = ACCOUNT
    event["detail"]["object"]["key"], event["detail"]["bucket"]["name"] = key, bucket
    return event


def matches(pattern: Any, event: Any) -> bool:
    """Whether EventBridge's pattern fits. Where the event has a list, one of its members has to."""
    if isinstance(event, list):
        return any(matches(pattern, one) for one in event)
    if isinstance(pattern, dict):
        alternatives = pattern.get("$or")
        rest = all(isinstance(event, dict) and key in event and matches(fit, event[key]) for key, fit in pattern.items() if key != "$or")
        return rest and (alternatives is None or any(matches(one, event) for one in alternatives))
    return any(fits(one, event) for one in pattern)


def fits(alternative: Any, value: Any) -> bool:
    if not isinstance(alternative, dict):
        return alternative == value
    ((kind, operand),) = alternative.items()
    match kind:
        case "wildcard":
            return fnmatch.fnmatchcase(value, operand)
        case "anything-but":
            return value != operand
    raise NotImplementedError(kind)


def transformed(transformer: dict[str, Any], event: dict[str, Any]) -> Any:
    """What the target gets. EventBridge puts a text that stands alone in the template in quotes, and escapes it."""
    text = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        value = event
        for step in path.removeprefix("$.").split("."):
            value = value[step]
        text = text.replace(f"<{name}>", json.dumps(value))
    return json.loads(text)


def rule(stack: Stack, name: str) -> tuple[Any, dict[str, Any]]:
    (target,) = stack.resources[name]["Targets"]
    return stack.resources[name]["EventPattern"], target


def test_a_note_starts_a_task_and_nothing_else_in_the_lake_does(lake: Lake) -> None:
    pattern, _ = rule(container(**SUBNETS), "HandOverRule")
    assert matches(pattern, created(KEY))
    assert not matches(pattern, created(KEY, "another-bucket"))
    others = [*lake.output_keys(), BATCH, KEY.replace("hand_over", "failed"), "raw_data/state/run_date=2024-09-15/hand_over.json"]
    assert [key for key in others if matches(pattern, created(key))] == []
    elsewhere, _ = rule(container(**SUBNETS, OutputPrefix="clean/"), "HandOverRule")
    assert matches(elsewhere, created(KEY.replace("transformed_data", "clean"))) and not matches(elsewhere, created(KEY))


def test_without_subnets_nothing_starts_by_itself() -> None:
    stack = container()
    assert "HandOverRule" not in stack.types and "HandOverRole" not in stack.types
    assert "FailedTaskRule" in stack.types, "tasks started by hand are told, too"


@pytest.mark.parametrize("trigger", ["put", "schedule", "manual", "manual_range"])
def test_the_task_of_each_note_publishes_its_day(trigger: str, lake: Lake, tmp_path: Path) -> None:
    """From the trigger to the published day, with EventBridge and Fargate played by this test."""
    stack = container(**SUBNETS)
    pattern, target = rule(stack, "HandOverRule")
    (container_definition,) = stack.resources["Task"]["ContainerDefinitions"]
    program = lake.program
    generate = [program, "generate", "--out", "lake/raw_data", "--rows", "50"]
    for date in ["2024-09-14", "2024-09-15"]:
        subprocess.run([*generate, "--date", date], cwd=tmp_path, check=True, capture_output=True)
    event = (ROOT / f"events/{trigger}.json").read_text(encoding="utf-8")
    (tmp_path / "event.json").write_text(event, encoding="utf-8")
    function = ["--lake", "lake", "--too-large", "hand_over", "--memory-limit-mb", "1", "--output-formats", "csv"]
    invoke = [program, "invoke", "event.json", *function]
    reply = json.loads(subprocess.run(invoke, cwd=tmp_path, check=True, capture_output=True).stdout)
    handed_over = [run["run_date"] for run in reply["runs"] if run["status"] == "handed_over"]
    notes = sorted((tmp_path / "lake").rglob("hand_over.json"))
    assert len(notes) == len(handed_over) >= 1, reply

    for note in notes:
        told = created(note.relative_to(tmp_path / "lake").as_posix())
        assert matches(pattern, told)
        (override,) = transformed(target["InputTransformer"], told)["containerOverrides"]
        assert override["name"] == container_definition["Name"]
        environment = {one["Name"]: one["Value"] for one in container_definition["Environment"]} | {"LAKE": "lake"}
        task = subprocess.run([program, *override["command"]], cwd=tmp_path, env=environment, capture_output=True, check=False)
        assert task.returncode == 0, task.stderr
    outputs = {path.parent.name for path in (tmp_path / "lake/transformed_data").rglob("filtered.csv")}
    assert outputs == {f"run_date={date}" for date in handed_over}
    assert not list((tmp_path / "lake").rglob("*.parquet")), "the settings are the function's"
    reply = json.loads(subprocess.run(invoke, cwd=tmp_path, check=True, capture_output=True).stdout)
    assert {run["status"] for run in reply["runs"] if run["run_date"] in handed_over} == {"unchanged"}


def test_the_task_runs_where_it_may_and_is_started_by_a_role_that_can_do_no_more() -> None:
    stack = container(**SUBNETS, AssignPublicIp="ENABLED")
    _, target = rule(stack, "HandOverRule")
    parameters = target["EcsParameters"]
    network = parameters["NetworkConfiguration"]["AwsVpcConfiguration"]
    assert network == {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroups": ["sg-SecurityGroup"], "AssignPublicIp": "ENABLED"}
    start, lend = allowed(stack, "HandOverRole")
    assert start["Resource"] == parameters["TaskDefinitionArn"]
    assert start["Condition"] == {"ArnEquals": {"ecs:cluster": target["Arn"]}}
    lent = {stack.resources["Task"]["TaskRoleArn"], stack.resources["Task"]["ExecutionRoleArn"]}
    assert set(lend["Resource"]) == lent
    assert lend["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def stopped(stack: Stack, **detail: Any) -> dict[str, Any]:
    cluster = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/Cluster"
    return {
        "source": "aws.ecs",
        "detail-type": "ECS Task State Change",
        "account": ACCOUNT,
        "detail": {"clusterArn": cluster, "lastStatus": "STOPPED", **detail},
    }


def test_a_task_that_failed_or_never_began_is_kept_and_one_that_published_is_not() -> None:
    stack = container()
    pattern, target = rule(stack, "FailedTaskRule")
    ended = {"stopCode": "EssentialContainerExited"}
    assert matches(pattern, stopped(stack, **ended, containers=[{"name": "drivendata", "exitCode": 7}]))
    assert matches(pattern, stopped(stack, stopCode="TaskFailedToStart", containers=[{}]))
    assert matches(pattern, stopped(stack, stopCode="TerminationNotice", containers=[{}]))
    assert not matches(pattern, stopped(stack, **ended, containers=[{"name": "drivendata", "exitCode": 0}]))
    assert not matches(pattern, stopped(stack, **ended, lastStatus="RUNNING", containers=[{"name": "drivendata", "exitCode": 7}]))
    queue = stack.resources["FailedTasks"]["QueueName"]
    assert target["Arn"].endswith(f":{queue}")
    (alarm,) = stack.of_type("AWS::CloudWatch::Alarm").values()
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": queue}] and "AlarmActions" not in alarm
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
    (alarm,) = container(AlarmTopicArn=topic).of_type("AWS::CloudWatch::Alarm").values()
    assert alarm["AlarmActions"] == [topic]


def test_only_the_rules_may_send_to_the_queue() -> None:
    stack = container(**SUBNETS)
    deny, *allow = stack.resources["FailedTasksPolicy"]["PolicyDocument"]["Statement"]
    assert deny["Effect"] == "Deny" and deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    sources = {statement["Condition"]["ArnEquals"]["aws:SourceArn"].rsplit("/", 1)[1] for statement in allow}
    assert sources == {stack.resources[name]["Name"] for name in ("FailedTaskRule", "HandOverRule")}
    _, target = rule(stack, "HandOverRule")
    assert target["DeadLetterConfig"]["Arn"].endswith(":" + stack.resources["FailedTasks"]["QueueName"])
