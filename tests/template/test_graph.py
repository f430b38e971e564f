"""The template as a graph: no resource waits for itself, and the lake outlives the stack."""

import json
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

from stack import expanded_text, source

IN_SUB = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[^}]+)?\}")


def references(value: Any) -> Iterator[str]:
    """Names that a value refers to: Ref, GetAtt, Sub, and inside If, whatever its condition."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            match key:
                case "Ref":
                    yield item
                case "Fn::GetAtt":
                    yield item.split(".")[0] if isinstance(item, str) else item[0]
                case "Fn::Sub" if isinstance(item, str):
                    yield from IN_SUB.findall(item)
                case _:
                    yield from references(item)


def graph() -> dict[str, set[str]]:
    resources = json.loads(expanded_text())["Resources"]
    edges = {}
    for name, resource in resources.items():
        after = resource.get("DependsOn", [])
        named = {*references(resource.get("Properties", {})), *([after] if isinstance(after, str) else after)}
        edges[name] = named & resources.keys()
    return edges


def test_no_resource_depends_on_itself_however_far() -> None:
    edges = graph()
    order = list(TopologicalSorter(edges).static_order())
    assert len(order) == len(edges) > 25


def test_the_bucket_is_made_after_the_function_and_the_permission_to_call_it() -> None:
    edges = graph()
    assert {"Function", "BucketInvokesFunction"} <= edges["Bucket"]
    assert "Bucket" not in edges["Function"] | edges["FunctionRole"] | edges["BucketInvokesFunction"]


def test_a_resource_under_a_condition_is_used_only_under_it() -> None:
    template = json.loads(expanded_text())
    conditions = {name: resource.get("Condition") for name, resource in template["Resources"].items()}
    for name, used in graph().items():
        for other in used:
            if conditions[other] not in (None, conditions[name]):
                assert guarded(template["Resources"][name]["Properties"], other, conditions[other]), (name, other)


def guarded(value: Any, other: str, condition: str) -> bool:
    """Whether each reference to `other` stands in the first branch of an If of its condition."""
    if isinstance(value, list):
        return all(guarded(item, other, condition) for item in value)
    if not isinstance(value, dict):
        return True
    if "Fn::If" in value and value["Fn::If"][0] == condition:
        return guarded(value["Fn::If"][2], other, condition)
    if other in references({key: item for key, item in value.items() if not isinstance(item, dict | list)}):
        return False
    if "Fn::GetAtt" in value and other in references(value):
        return False
    return all(guarded(item, other, condition) for item in value.values())


def test_what_cannot_be_made_again_is_kept_unless_the_stack_was_never_there() -> None:
    resources = source()["Resources"]
    for name in ("Bucket", "BucketPolicy"):
        # With Retain a creation that fails would leave an empty bucket, whose name the next attempt cannot take.
        assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resources[name]["UpdateReplacePolicy"] == "Retain"
