"""The template deployed to moto, and its properties given to moto's APIs.

moto's CloudFormation knows functions, roles, queues, topics, rules, log groups, permissions and dashboards. It skips
policies of buckets, queues and topics, the asynchronous configuration, alarms, tables and schedules; of a bucket it
takes the name, and every function is x86_64 to it. So alarms, tables and the schedule are created through their own
APIs, where botocore at least knows each field and its type. The other files assert on what moto does not do at all.
"""

import io
import json
import urllib.request
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from stack import ACCOUNT, CODE, PARAMETER_SETS, REGION, STACK_NAME, Stack, expanded_text


class Moto:
    """Clients of a moto server on this machine."""

    def __init__(self, url: str):
        self._url = url
        self._session = boto3.Session("test", "test", region_name=REGION)

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._url)  # type: ignore[call-overload]


@pytest.fixture
def moto() -> Iterator[Moto]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    # What it holds outlives the server.
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()
    yield Moto(url)
    server.stop()


def upload_code(moto: Moto) -> None:
    bucket, key = CODE.removeprefix("s3://").split("/")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("bootstrap", "")
    create_bucket(moto, bucket)
    moto.client("s3").put_object(Bucket=bucket, Key=key, Body=archive.getvalue())


def create_bucket(moto: Moto, name: str) -> None:
    moto.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})


def deploy(moto: Moto, parameters: dict[str, str]) -> dict[str, str]:
    """Creates the stack; gives its outputs."""
    upload_code(moto)
    cloudformation = moto.client("cloudformation")
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    capabilities = ["CAPABILITY_IAM"]
    cloudformation.create_stack(
        StackName=STACK_NAME, TemplateBody=expanded_text(), Parameters=given, Capabilities=capabilities
    )
    (stack,) = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


@pytest.mark.parametrize("name", PARAMETER_SETS)
def test_the_stack_is_created_with_the_outputs_expected(name: str, moto: Moto) -> None:
    parameters = PARAMETER_SETS[name]
    expected = Stack(parameters)
    if parameters.get("BucketMode") == "existing":
        create_bucket(moto, expected.parameters["BucketName"])
    outputs = deploy(moto, parameters)
    # moto makes no database.
    assert outputs == {name: value for name, value in expected.outputs.items() if name != "DatabaseName"}


def test_the_function_is_deployed_as_configured(moto: Moto) -> None:
    deploy(moto, {})
    function = moto.client("lambda").get_function(FunctionName=STACK_NAME)["Configuration"]
    expected = Stack({}).resources["Function"]
    # moto leaves numbers as they are, CloudFormation makes texts of them.
    variables = {name: str(value) for name, value in function["Environment"]["Variables"].items()}
    assert variables == expected["Environment"]["Variables"]
    assert (function["Runtime"], function["MemorySize"], function["Timeout"]) == ("provided.al2023", 1769, 900)
    role = function["Role"].split("/")[-1]
    policies = moto.client("iam").list_role_policies(RoleName=role)["PolicyNames"]
    assert sorted(policies) == ["lake", "operation"]
    policy = json.loads(moto.client("lambda").get_policy(FunctionName=STACK_NAME)["Policy"])
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    (group,) = moto.client("logs").describe_log_groups()["logGroups"]
    assert (group["logGroupName"], group["retentionInDays"]) == (f"/aws/lambda/{STACK_NAME}", 90)


def test_a_rule_is_deployed_for_an_existing_bucket(moto: Moto) -> None:
    create_bucket(moto, "driven-data-bucket")
    deploy(moto, {"BucketMode": "existing"})
    events = moto.client("events")
    (rule,) = events.list_rules()["Rules"]
    (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert target["Arn"] == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK_NAME}"
    assert json.loads(rule["EventPattern"])["detail"]["bucket"] == {"name": ["driven-data-bucket"]}


def test_the_apis_take_alarms_and_dashboard(moto: Moto, stack: Stack) -> None:
    cloudwatch = moto.client("cloudwatch")
    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        # CloudFormation makes numbers of what parameters give as text.
        cloudwatch.put_metric_alarm(**{**alarm, "Threshold": float(alarm["Threshold"])})
    assert len(cloudwatch.describe_alarms()["MetricAlarms"]) == 11
    cloudwatch.put_dashboard(**stack.resources["Dashboard"])


def test_the_apis_take_database_and_tables(moto: Moto, stack: Stack) -> None:
    glue = moto.client("glue")
    for database in stack.of_type("AWS::Glue::Database").values():
        glue.create_database(**database)
    for table in stack.of_type("AWS::Glue::Table").values():
        glue.create_table(**table)
    found = glue.get_tables(DatabaseName=stack.outputs["DatabaseName"])["TableList"]
    assert sorted(table["Name"] for table in found) == [
        "filtered",
        "filtered_csv",
        "grouped",
        "grouped_csv",
        "rejected",
    ]


def test_the_apis_take_the_schedule(moto: Moto, stack: Stack) -> None:
    scheduler = moto.client("scheduler")
    scheduler.create_schedule(**stack.resources["DailySchedule"])
    assert scheduler.get_schedule(Name=f"{STACK_NAME}-daily")["Target"] == stack.resources["DailySchedule"]["Target"]
