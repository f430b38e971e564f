"""Roles and policies: nothing more than docs/permissions.md says, and that page says nothing more than the template."""

import re
from typing import Any

from stack import ACCOUNT, REGION, ROOT, STACK_NAME, Stack

CONTRACT = "s3://contracts-bucket/feed.yaml"
ROW = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \| .+ \|$", re.MULTILINE)


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["Statement"]


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def allowed(stack: Stack, role: str) -> list[dict[str, Any]]:
    policies = stack.resources[role]["Policies"]
    return [statement for policy in policies for statement in statements(policy["PolicyDocument"])]


def grants(stack: Stack, role: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for statement in allowed(stack, role)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def documented(role: str) -> set[tuple[str, str]]:
    page = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
    section = next(part for part in page.split("\n## ") if f"(`{role}`)" in part)
    places = {"BUCKET": "driven-data-bucket", "CONTRACT": CONTRACT.removeprefix("s3://"), "STACK": STACK_NAME, "REGION": REGION, "ACCOUNT": ACCOUNT}
    fill = re.compile("|".join(places))
    rows = ROW.findall(section)
    return {(action, fill.sub(lambda found: places[found.group()], resource)) for action, resource in rows}


def test_the_function_may_do_what_the_page_on_permissions_says(stack: Stack) -> None:
    same_names = Stack({**stack.parameters, "BucketName": "driven-data-bucket", "ContractAddress": CONTRACT})
    assert grants(same_names, "FunctionRole") == documented("FunctionRole")


def test_a_contract_is_the_one_object_that_its_address_names(stack: Stack) -> None:
    with_it, without = (Stack({**stack.parameters, "ContractAddress": address}) for address in (CONTRACT, ""))
    more = grants(with_it, "FunctionRole") - grants(without, "FunctionRole")
    assert more == {("s3:GetObject", "arn:aws:s3:::contracts-bucket/feed.yaml")}


def test_the_schedule_may_do_what_the_page_on_permissions_says(stack: Stack) -> None:
    assert grants(stack, "ScheduleRole") == documented("ScheduleRole")


def test_no_role_has_a_wildcard_for_an_action_or_for_a_whole_resource(stack: Stack) -> None:
    for role in stack.of_type("AWS::IAM::Role"):
        for action, resource in grants(stack, role):
            assert "*" not in action
            # A star may stand for what lies below a named bucket's folder or log group only.
            assert "*" not in resource.removesuffix("*") and re.search(
                r"(_data/(state/|batch_)?|/aws/lambda/[^:]+:)\*$|[^*]$", resource
            )


def test_no_role_has_policies_from_elsewhere(stack: Stack) -> None:
    roles = stack.of_type("AWS::IAM::Role")
    assert set(roles) == {"FunctionRole", "ScheduleRole"}
    assert all("ManagedPolicyArns" not in role for role in roles.values())


def test_the_lake_is_listed_and_read_only_where_it_belongs_and_in_the_own_account(stack: Stack) -> None:
    on_s3 = [one for one in allowed(stack, "FunctionRole") if any(a.startswith("s3:") for a in as_list(one["Action"]))]
    assert len(on_s3) == (5 if stack.parameters["ContractAddress"] else 4)
    for statement in on_s3:
        assert statement["Condition"]["StringEquals"] == {"aws:ResourceAccount": ACCOUNT}
    (listing,) = [one for one in on_s3 if one["Action"] == "s3:ListBucket"]
    # S3 checks it with the key, too, when it decides between 404 and 403 for a missing object.
    assert listing["Condition"]["StringLike"] == {"s3:prefix": ["raw_data/*", "transformed_data/*"]}


def test_nothing_but_notes_of_failures_may_be_deleted(stack: Stack) -> None:
    deletable = {resource for action, resource in grants(stack, "FunctionRole") if action.startswith("s3:Delete")}
    assert {resource.partition("/")[2] for resource in deletable} == {"transformed_data/state/*"}


def test_roles_are_lent_to_their_service_only(stack: Stack) -> None:
    for role, service in [("FunctionRole", "lambda"), ("ScheduleRole", "scheduler")]:
        (trust,) = statements(stack.resources[role]["AssumeRolePolicyDocument"])
        assert trust["Principal"] == {"Service": f"{service}.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    assert trust["Condition"]["ArnEquals"] == {
        "aws:SourceArn": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/default"
    }


def refuses_plain_http(document: dict[str, Any], resources: set[str]) -> bool:
    denied = [one for one in statements(document) if one["Effect"] == "Deny"]
    return any(
        one["Principal"] == "*"
        and one["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        and set(as_list(one["Resource"])) == resources
        for one in denied
    )


def test_queue_and_bucket_refuse_plain_http(new_bucket: Stack) -> None:
    queue = new_bucket.resources["FailedEventsPolicy"]["PolicyDocument"]
    assert refuses_plain_http(queue, {f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK_NAME}-failed-events"})
    bucket = new_bucket.resources["BucketPolicy"]["PolicyDocument"]
    assert refuses_plain_http(bucket, {"arn:aws:s3:::driven-data-bucket", "arn:aws:s3:::driven-data-bucket/*"})


def test_the_queue_lets_in_nobody_but_the_rule(new_bucket: Stack, existing_bucket: Stack) -> None:
    def senders(stack: Stack) -> list[tuple[str, str]]:
        document = stack.resources["FailedEventsPolicy"]["PolicyDocument"]
        granted = [one for one in statements(document) if one["Effect"] == "Allow"]
        return [(one["Principal"]["Service"], one["Condition"]["ArnEquals"]["aws:SourceArn"]) for one in granted]

    assert senders(new_bucket) == []
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{STACK_NAME}-object-created"
    assert senders(existing_bucket) == [("events.amazonaws.com", rule)]


def test_a_new_bucket_is_private_encrypted_and_outlives_the_stack(new_bucket: Stack) -> None:
    bucket = new_bucket.resources["Bucket"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert rules["abort-incomplete-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert all(rule["Status"] == "Enabled" for rule in rules.values())
    # No rule may delete what is current.
    assert not any("ExpirationInDays" in rule or "ExpirationDate" in rule for rule in rules.values())
