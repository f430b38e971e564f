"""A template as CloudFormation would see it: expanded by SAM, and resolved for a set of parameters."""

import copy
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
STACK_NAME, REGION, ACCOUNT = "drivendata-transform", "eu-central-1", "123456789012"
CODE = "s3://artifacts-bucket/function.zip"
PSEUDO = {
    "AWS::StackName": STACK_NAME,
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")
NO_VALUE = object()

PARAMETER_SETS: dict[str, dict[str, str]] = {
    "defaults": {},
    "existing bucket": {"BucketMode": "existing"},
    "mail": {"AlarmEmail": "data@example.com"},
    "a contract": {"ContractAddress": "s3://driven-data-bucket/contracts/feed.yaml"},
    "everything else": {
        "BucketName": "another-lake",
        "BucketMode": "existing",
        "Architecture": "x86_64",
        "AlarmEmail": "data@example.com",
        "DatabaseName": "lead_data",
        "WindowDays": "7",
        "Preset": "glue",
        "MemoryMb": "512",
        "TimeoutSeconds": "300",
    },
}


@cache
def source(path: Path = TEMPLATE) -> dict[str, Any]:
    return yaml_parse(path.read_text(encoding="utf-8"))


@cache
def expanded_text(path: Path = TEMPLATE) -> str:
    """Plain CloudFormation as JSON. The code's folder becomes a place in S3, as `sam package` makes it."""
    template = copy.deepcopy(source(path))
    if "Function" in template["Resources"]:
        template["Resources"]["Function"]["Properties"]["CodeUri"] = CODE
    return json.dumps(transform(template, {}, _NoManagedPolicies()), indent=1)


class _NoManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


class Stack:
    """Resources that exist with these parameters, and what their properties then are."""

    def __init__(self, parameters: dict[str, str], path: Path = TEMPLATE):
        template = json.loads(expanded_text(path))
        declared = template["Parameters"]
        unknown = parameters.keys() - declared.keys()
        assert not unknown, f"no such parameters: {unknown}"
        self.parameters = {name: str(parameters.get(name, spec.get("Default"))) for name, spec in declared.items()}
        self._lists = {name for name, spec in declared.items() if spec["Type"] == "CommaDelimitedList"}
        self._conditions = template["Conditions"]
        self._mappings = template.get("Mappings", {})
        self._all = template["Resources"]
        exists = {name: self._exists(resource) for name, resource in self._all.items()}
        self.types = {name: resource["Type"] for name, resource in self._all.items() if exists[name]}
        self.resources = {name: self._resolve(self._all[name].get("Properties", {})) for name in self.types}
        self.outputs = {name: self._resolve(output["Value"]) for name, output in template["Outputs"].items()}

    def of_type(self, type_: str) -> dict[str, Any]:
        return {name: self.resources[name] for name, found in self.types.items() if found == type_}

    def _exists(self, resource: dict[str, Any]) -> bool:
        return "Condition" not in resource or self._holds(self._conditions[resource["Condition"]])

    def _holds(self, condition: dict[str, Any]) -> bool:
        ((function, value),) = condition.items()
        match function:
            case "Fn::Equals":
                left, right = map(self._resolve, value)
                return left == right
            case "Fn::Not":
                return not self._holds(value[0])
            case "Fn::And":
                return all(map(self._holds, value))
        raise NotImplementedError(function)

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self._resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            match function:
                case "Ref":
                    return self._ref(argument)
                case "Fn::GetAtt":
                    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
                    return self._attribute(name, attribute)
                case "Fn::FindInMap":
                    name, key, entry = self._resolve(argument)
                    return self._mappings[name][key][entry]
                case "Fn::Sub":
                    return VARIABLE.sub(self._substitute, argument)
                case "Fn::Join":
                    separator, parts = argument
                    return separator.join(self._resolve(parts))
                case "Fn::Select":
                    index, parts = argument
                    return self._resolve(parts)[index]
                case "Fn::Split":
                    separator, text = argument
                    return self._resolve(text).split(separator)
                case "Fn::If":
                    condition, when, otherwise = argument
                    return self._resolve(when if self._holds(self._conditions[condition]) else otherwise)
        resolved = {key: self._resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}

    def _substitute(self, found: re.Match[str]) -> str:
        literal, name = found.groups()
        if literal:
            return "${" + name + "}"
        return str(self._attribute(*name.split(".", 1)) if "." in name else self._ref(name))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            value = self.parameters[name]
            return value.split(",") if name in self._lists else value
        resource = self._existing(name)
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::SNS::Topic":
                return self._attribute(name, "TopicArn")
            case "AWS::SQS::Queue":
                return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self._resolve(properties['QueueName'])}"
            case "AWS::ECS::TaskDefinition":
                return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{self._resolve(properties['Family'])}:1"
            case "AWS::Glue::Database":
                return self._resolve(properties["DatabaseInput"]["Name"])
        own_names = ["FunctionName", "LogGroupName", "BucketName", "DashboardName", "Name"]
        return next((self._resolve(properties[key]) for key in own_names if key in properties), name)

    def _attribute(self, name: str, attribute: str) -> str:
        resource = self._existing(name)
        here = f"{REGION}:{ACCOUNT}"
        match resource["Type"], attribute:
            case "AWS::Lambda::Function", "Arn":
                return f"arn:aws:lambda:{here}:function:{self._ref(name)}"
            case "AWS::Logs::LogGroup", "Arn":
                return f"arn:aws:logs:{here}:log-group:{self._ref(name)}:*"
            case "AWS::SQS::Queue", "Arn":
                return f"arn:aws:sqs:{here}:{self._attribute(name, 'QueueName')}"
            case "AWS::SQS::Queue", "QueueName":
                return self._resolve(resource["Properties"]["QueueName"])
            case "AWS::SNS::Topic", "TopicArn":
                return f"arn:aws:sns:{here}:{self._resolve(resource['Properties']['TopicName'])}"
            case "AWS::S3::Bucket", "Arn":
                return f"arn:aws:s3:::{self._ref(name)}"
            case "AWS::Events::Rule", "Arn":
                return f"arn:aws:events:{here}:rule/{self._ref(name)}"
            case "AWS::ECR::Repository", "Arn":
                return f"arn:aws:ecr:{here}:repository/{name.lower()}"
            case "AWS::ECR::Repository", "RepositoryUri":
                return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name.lower()}"
            case "AWS::ECS::Cluster", "Arn":
                return f"arn:aws:ecs:{here}:cluster/{name}"
            case "AWS::EC2::SecurityGroup", "GroupId":
                return f"sg-{name}"
            case "AWS::IAM::Role", "Arn":
                return f"arn:aws:iam::{ACCOUNT}:role/{name}"
        raise NotImplementedError(f"{resource['Type']}.{attribute}")

    def _existing(self, name: str) -> dict[str, Any]:
        resource = self._all[name]
        assert self._exists(resource), f"{name} is referred to, but does not exist with {self.parameters}"
        return resource


if __name__ == "__main__":
    # For linters that know CloudFormation only.
    print(expanded_text(Path(sys.argv[1])))
