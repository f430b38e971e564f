"""What starts the function: uploads of batches in both modes, and the daily schedule. Never its own outputs."""

import fnmatch
import json
from typing import Any
from urllib.parse import unquote_plus

import pytest
from lake import Lake
from stack import ACCOUNT, REGION, ROOT, STACK_NAME, Stack

BUCKET = "driven-data-bucket"
BATCHES = [
    "raw_data/batch_2024-09-15.csv",
    "raw_data/batch_2024-09-15.csv.gz",
    "raw_data/batch_2024-09-15-late.csv.zst",
    "raw_data/batch_2024-09-15 (2).csv",
]
OTHERS = [
    "raw_data/",
    "raw_data/batch_2024-09-15.csv.tmp",
    "raw_data/batch_2024-09-15.parquet",
    "raw_data/notes.csv",
    "reports/batch_2024-09-15.csv",
    "batch_2024-09-15.csv",
    "transformed_data/batch_2024-09-15.csv",
]


def event(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "events" / name).read_text(encoding="utf-8"))


def is_announced(stack: Stack, key: str) -> bool:
    """Whether an upload under the key reaches the function."""
    bucket = stack.of_type("AWS::S3::Bucket")
    if not bucket:
        pattern = stack.resources["ObjectCreatedRule"]["EventPattern"]["detail"]
        wildcards = [alternative["wildcard"] for alternative in pattern["object"]["key"]]
        return any(fnmatch.fnmatchcase(key, wildcard) for wildcard in wildcards)
    (properties,) = bucket.values()
    return any(
        matches(filter_rules(one), key) for one in properties["NotificationConfiguration"]["LambdaConfigurations"]
    )


def filter_rules(configuration: dict[str, Any]) -> dict[str, str]:
    return {rule["Name"]: rule["Value"] for rule in configuration["Filter"]["S3Key"]["Rules"]}


def matches(rules: dict[str, str], key: str) -> bool:
    assert rules.keys() == {"prefix", "suffix"}
    return key.startswith(rules["prefix"]) and key.endswith(rules["suffix"])


@pytest.mark.parametrize("key", BATCHES)
def test_every_batch_is_announced(stack: Stack, key: str) -> None:
    assert is_announced(stack, key)


@pytest.mark.parametrize("key", OTHERS)
def test_nothing_else_is_announced(stack: Stack, key: str) -> None:
    assert not is_announced(stack, key)


def test_no_output_of_the_function_starts_it_again(stack: Stack, lake: Lake) -> None:
    keys = lake.output_keys()
    assert len(keys) > 20
    assert [key for key in keys if is_announced(stack, key)] == []


def test_the_events_that_the_program_is_tested_with_are_announced(stack: Stack) -> None:
    put = unquote_plus(event("put.json")["Records"][0]["s3"]["object"]["key"])
    created = event("eventbridge_object_created.json")["detail"]["object"]["key"]
    assert is_announced(stack, put) and is_announced(stack, created)


def test_a_new_bucket_notifies_the_function_of_every_way_to_create_an_object(new_bucket: Stack) -> None:
    configurations = new_bucket.resources["Bucket"]["NotificationConfiguration"]["LambdaConfigurations"]
    arn = new_bucket.outputs["FunctionArn"]
    assert {(one["Event"], one["Function"]) for one in configurations} == {("s3:ObjectCreated:*", arn)}


def test_s3_takes_the_notifications_because_no_two_filters_overlap(new_bucket: Stack) -> None:
    configurations = new_bucket.resources["Bucket"]["NotificationConfiguration"]["LambdaConfigurations"]
    suffixes = [filter_rules(one)["suffix"] for one in configurations]
    overlaps = [(a, b) for a in suffixes for b in suffixes if a is not b and (a.endswith(b) or b.endswith(a))]
    assert sorted(suffixes) == [".csv", ".csv.gz", ".csv.zst"] and overlaps == []


def test_an_existing_bucket_is_listened_to_and_not_changed(existing_bucket: Stack) -> None:
    assert not existing_bucket.of_type("AWS::S3::Bucket") and not existing_bucket.of_type("AWS::S3::BucketPolicy")
    rule = existing_bucket.resources["ObjectCreatedRule"]
    pattern, created = rule["EventPattern"], event("eventbridge_object_created.json")
    assert created["source"] in pattern["source"] and created["detail-type"] in pattern["detail-type"]
    assert pattern["detail"]["bucket"]["name"] == [BUCKET] == [created["detail"]["bucket"]["name"]]
    assert pattern["account"] == [ACCOUNT]
    (target,) = rule["Targets"]
    assert target["Arn"] == existing_bucket.outputs["FunctionArn"]
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] >= 3600
    assert target["DeadLetterConfig"]["Arn"].endswith(":" + existing_bucket.resources["FailedEvents"]["QueueName"])
    assert "Input" not in target and "InputTransformer" not in target


def test_only_the_source_that_is_used_may_invoke(stack: Stack) -> None:
    (permission,) = stack.of_type("AWS::Lambda::Permission").values()
    if stack.parameters["BucketMode"] == "new":
        # Anybody may own a bucket of this name later, and its ARN has no account.
        assert permission["SourceAccount"] == ACCOUNT
        expected = ("s3.amazonaws.com", f"arn:aws:s3:::{stack.parameters['BucketName']}")
    else:
        # Lambda's reference says that not every source sends its account; a rule's ARN has it.
        assert "SourceAccount" not in permission
        expected = ("events.amazonaws.com", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{STACK_NAME}-object-created")
    assert (permission["Principal"], permission["SourceArn"]) == expected


def test_the_schedule_sends_the_tick_that_the_program_is_tested_with(stack: Stack) -> None:
    schedule = stack.resources["DailySchedule"]
    target = schedule["Target"]
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == ("cron(0 8 * * ? *)", "UTC")
    assert target["Arn"] == stack.outputs["FunctionArn"]
    assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0
    assert target["DeadLetterConfig"]["Arn"].endswith(":" + stack.resources["FailedEvents"]["QueueName"])
    # Without an input Scheduler sends its own, which names the schedule.
    assert "Input" not in target
    arn = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{schedule['Name']}"
    assert event("schedule_scheduler.json")["resources"] == [arn]
