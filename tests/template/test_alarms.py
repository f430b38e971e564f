"""Alarms and dashboard: on metrics that exist, within CloudWatch's limits, each naming its chapter in the handbook."""

import json
import re
from collections.abc import Iterator
from typing import Any

from stack import ROOT, STACK_NAME, Stack

NAMESPACE = "DrivendataTransform"
ALARMS = {
    "ErrorsAlarm",
    "FailedEventsAlarm",
    "ThrottlesAlarm",
    "DurationAlarm",
    "MemoryAlarm",
    "RejectedAlarm",
    "WarningsAlarm",
    "LeftOutAlarm",
    "WaitingAlarm",
    "NoRunAlarm",
    "OldInputAlarm",
}
OF_AWS = {
    ("AWS/Lambda", "Errors"),
    ("AWS/Lambda", "Throttles"),
    ("AWS/Lambda", "Duration"),
    ("AWS/Lambda", "Invocations"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
}
IDENTIFIER = re.compile(r"\b[a-z][a-z_]*\b")
HEADING = re.compile(r'See docs/operations\.md, "([^"]+)"\.')


def alarms(stack: Stack) -> dict[str, Any]:
    return stack.of_type("AWS::CloudWatch::Alarm")


def metrics_of(alarm: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of each metric an alarm looks at."""
    plain = [alarm] if "MetricName" in alarm else []
    for metric in plain + [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", []) if "MetricStat" in one]:
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
        yield metric["Namespace"], metric["MetricName"], dimensions


def periods(alarm: dict[str, Any]) -> set[int]:
    inner = [one["MetricStat"]["Period"] for one in alarm.get("Metrics", []) if "MetricStat" in one]
    return {alarm["Period"]} if "Period" in alarm else set(inner)


def expression(alarm: dict[str, Any]) -> str:
    return next(one["Expression"] for one in alarm["Metrics"] if "Expression" in one)


def widgets(stack: Stack) -> list[dict[str, Any]]:
    return json.loads(stack.resources["Dashboard"]["DashboardBody"])["widgets"]


def metrics_of_dashboard(stack: Stack) -> Iterator[tuple[str, str, dict[str, str]]]:
    for widget in widgets(stack):
        above: list[str] = []
        for metric in widget["properties"]["metrics"]:
            if isinstance(metric[0], str):
                # A dot stands for what the metric above has at that place.
                above = [above[at] if part == "." else part for at, part in enumerate(metric[:4])]
                namespace, name, dimension, value = above
                yield namespace, name, {dimension: value}


def test_all_alarms_exist_with_and_without_an_address(stack: Stack) -> None:
    assert alarms(stack).keys() == ALARMS
    topics = stack.of_type("AWS::SNS::Topic")
    assert bool(topics) == bool(stack.parameters["AlarmEmail"])
    arn = f"arn:aws:sns:eu-central-1:123456789012:{STACK_NAME}-alarms"
    for alarm in alarms(stack).values():
        expected = [arn] if topics else None
        assert (alarm.get("AlarmActions"), alarm.get("OKActions")) == (expected, expected)


def test_the_address_is_written_to(new_bucket: Stack) -> None:
    (topic,) = new_bucket.of_type("AWS::SNS::Topic").values()
    assert topic["Subscription"] == [{"Protocol": "email", "Endpoint": "data@example.com"}]


def test_every_metric_is_of_this_function(stack: Stack) -> None:
    of_alarms = [metric for alarm in alarms(stack).values() for metric in metrics_of(alarm)]
    queue = stack.resources["FailedEvents"]["QueueName"]
    expected = {
        NAMESPACE: {"service": STACK_NAME},
        "AWS/Lambda": {"FunctionName": STACK_NAME},
        "AWS/SQS": {"QueueName": queue},
    }
    for namespace, name, dimensions in [*of_alarms, *metrics_of_dashboard(stack)]:
        assert dimensions == expected[namespace], name
        assert namespace == NAMESPACE or (namespace, name) in OF_AWS
    variables = stack.resources["Function"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == NAMESPACE
    assert variables["POWERTOOLS_SERVICE_NAME"] == STACK_NAME


def test_every_metric_of_the_program_that_is_looked_at_is_one_it_emits(new_bucket: Stack) -> None:
    files = [ROOT / "src/metrics.rs", *(ROOT / "src/metrics").glob("*.rs")]
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    emitted = set(re.findall(r'"(\w+)"', code))
    of_alarms = [metric for alarm in alarms(new_bucket).values() for metric in metrics_of(alarm)]
    looked_at = {name for space, name, _ in [*of_alarms, *metrics_of_dashboard(new_bucket)] if space == NAMESPACE}
    assert len(looked_at) > 10
    assert looked_at - emitted == set()


def test_expressions_use_exactly_the_metrics_beside_them(stack: Stack) -> None:
    for name, alarm in alarms(stack).items():
        if "Metrics" in alarm:
            returned = [one["Id"] for one in alarm["Metrics"] if one.get("ReturnData", True)]
            assert returned == ["result"], name
            inputs = {one["Id"] for one in alarm["Metrics"]} - {"result"}
            assert set(IDENTIFIER.findall(expression(alarm))) == inputs, name


def test_no_alarm_looks_further_back_than_cloudwatch_can(stack: Stack) -> None:
    for name, alarm in alarms(stack).items():
        (period,) = periods(alarm)
        days = 7 if period >= 3600 else 1
        assert period % 60 == 0 and alarm["EvaluationPeriods"] * period <= days * 86400, name


def test_limits_of_the_function_are_those_of_the_parameters() -> None:
    stack = Stack({"MemoryMb": "512", "TimeoutSeconds": "300"})
    assert expression(alarms(stack)["MemoryAlarm"]) == "100 * memory / (1048576 * 512)"
    assert expression(alarms(stack)["DurationAlarm"]) == "100 * duration / (1000 * 300)"
    assert alarms(stack)["MemoryAlarm"]["Threshold"] == alarms(stack)["DurationAlarm"]["Threshold"] == 80


def test_the_thresholds_of_the_data_are_parameters() -> None:
    stack = Stack({"RejectedPercentMax": "5", "NewestInputAgeHoursMax": "30"})
    rejected, age = alarms(stack)["RejectedAlarm"], alarms(stack)["OldInputAlarm"]
    assert (rejected["Threshold"], age["Threshold"]) == ("5", "30")
    assert expression(rejected) == "IF(read > 0, 100 * rejected / read, 0)"
    assert expression(age) == "age / 3600"
    assert age["Metrics"][1]["MetricStat"]["Stat"] == "Minimum", "repairs of older days must not count"


def test_a_day_without_a_successful_run_is_an_alarm_even_when_nothing_is_reported(stack: Stack) -> None:
    alarm = alarms(stack)["NoRunAlarm"]
    assert alarm["TreatMissingData"] == "breaching"
    assert {name for _, name, _ in metrics_of(alarm)} == {"RunsPublished", "RunsUnchanged"}
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    # A day, and two hours for a run that is late.
    assert alarm["EvaluationPeriods"] * periods(alarm).pop() == 26 * 3600
    others = [other for name, other in alarms(stack).items() if name != "NoRunAlarm"]
    assert all(other["TreatMissingData"] != "breaching" for other in others)


def test_every_alarm_says_what_it_means_and_where_to_read_on(stack: Stack) -> None:
    headings = [HEADING.search(alarm["AlarmDescription"]) for alarm in alarms(stack).values()]
    assert all(headings) and len({found.group(1) for found in headings if found}) == len(ALARMS)
    assert all(len(alarm["AlarmDescription"]) <= 1024 for alarm in alarms(stack).values())


def test_the_dashboard_is_a_grid_without_overlaps(stack: Stack) -> None:
    places = [(one["x"], one["y"]) for one in widgets(stack)]
    assert len(set(places)) == len(places) == 9
    assert all(
        one["x"] % 8 == 0 and one["width"] == 8 and one["y"] % 6 == 0 and one["height"] == 6 for one in widgets(stack)
    )
    assert all(one["properties"]["region"] == "eu-central-1" for one in widgets(stack))
