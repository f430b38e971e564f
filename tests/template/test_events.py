"""events/*.json have the shape that SAM's generator gives such events, so they are good for `sam local invoke`, too."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from stack import ROOT

EVENTS = sorted(path.name for path in (ROOT / "events").glob("*.json"))
S3_PUT, S3_DELETE, SQS, SNS = ("s3", "put"), ("s3", "delete"), ("sqs", "receive-message"), ("sns", "notification")
TICK = ("cloudwatch", "scheduled-event")

# Of which kind a file is; the events inside the messages of SQS and SNS follow.
GENERATORS = {
    "not_a_batch.json": [S3_PUT],
    "object_removed.json": [S3_DELETE],
    "outside_prefix.json": [S3_PUT],
    "own_output.json": [S3_PUT],
    "put.json": [S3_PUT],
    "put_url_encoded.json": [S3_PUT],
    "schedule.json": [TICK],
    "schedule_scheduler.json": [TICK],
    "several_records.json": [S3_PUT],
    "sns_s3.json": [SNS, S3_PUT],
    "sqs_s3.json": [SQS, S3_PUT],
    "sqs_s3_test_event.json": [SQS],
    "sqs_several_messages.json": [SQS],
    "sqs_sns_s3.json": [SQS],
}
WITHOUT_GENERATOR = {
    "eventbridge_object_created.json": "SAM has no generator for S3 events of EventBridge",
    "manual.json": "ours",
    "manual_force.json": "ours",
    "manual_range.json": "ours",
    "s3_test_event.json": "S3 sends it once, SAM has none",
}
# What the generator has and our files need not have, by the beginning of the path.
MAY_BE_MISSING = {
    ".Records[].Sns.MessageAttributes.": "attributes of the sender's choice",
}
# What our files have and the generator has not.
MAY_BE_MORE = {
    ".version": "EventBridge does send it",
}


@cache
def generated(service: str, event: str) -> Any:
    command = [str(Path(sys.executable).with_name("sam")), "local", "generate-event", service, event]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def paths(value: Any, at: str = "") -> Iterator[str]:
    """Where the leaves are; an empty object counts as one."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from paths(item, f"{at}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, f"{at}[]")
    else:
        yield at


def ancestors(path: str) -> Iterator[str]:
    while path := path.rpartition(".")[0]:
        yield path


def event(name: str) -> Any:
    return json.loads((ROOT / "events" / name).read_text(encoding="utf-8"))


def layers(value: Any) -> Iterator[Any]:
    """An event, and the event in the first of its messages, and so on."""
    yield value
    for record in value.get("Records", [])[:1] if isinstance(value, dict) else []:
        message = record.get("body") or record.get("Sns", {}).get("Message")
        if message:
            yield from layers(json.loads(message))


def but(found: set[str], allowed: dict[str, str]) -> set[str]:
    return {path for path in found if not path.startswith(tuple(allowed))}


def test_the_kind_of_every_event_is_known() -> None:
    assert sorted([*GENERATORS, *WITHOUT_GENERATOR]) == EVENTS


@pytest.mark.parametrize("name", GENERATORS)
def test_events_have_the_keys_of_generated_ones(name: str) -> None:
    for kind, ours in zip(GENERATORS[name], layers(event(name)), strict=False):
        expected, found = set(paths(generated(*kind))), set(paths(ours))
        # An empty object and a filled one are the same shape.
        parents = {parent for path in expected | found for parent in ancestors(path)}
        assert but(expected - found - parents, MAY_BE_MISSING) == set()
        assert but(found - expected - parents, MAY_BE_MORE) == set()


def test_an_event_of_a_schedule_is_like_that_of_a_rule_but_for_its_detail() -> None:
    rule, schedule = event("schedule.json"), event("schedule_scheduler.json")
    assert rule.keys() == schedule.keys()
    # Scheduler sends the detail as text.
    assert (rule["detail"], schedule["detail"]) == ({}, "{}")
