"""docs/operations.md against what it describes: parameters, names, alarms, and the keys its log queries look at."""

import re

from stack import ROOT, Stack, source

HANDBOOK = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
CHAPTER_OF_ALARM = re.compile(r'See docs/operations\.md, "([^"]+)"\.')
PARAMETER = re.compile(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\| (?:`(\w+)`)? ?\|$", re.MULTILINE)
QUERY = re.compile(r"```text\n(.*?)```", re.DOTALL)
# Names of Logs Insights, and of Lambda's own lines.
NOT_OURS = {"fields", "filter", "sort", "desc", "limit", "stats", "count", "sum", "max", "as", "by", "bin"}
NOT_OURS |= {"type", "record", "metrics", "billedDurationMs", "maxMemoryUsedMB", "invocations", "memory_mb"}
NOT_OURS |= {"billed_seconds", "d"}


def test_every_alarm_has_its_chapter() -> None:
    chapters = set(re.findall(r"^#+ (.+)$", HANDBOOK, re.MULTILINE))
    alarms = Stack({}).of_type("AWS::CloudWatch::Alarm").values()
    named = {name for alarm in alarms for name in CHAPTER_OF_ALARM.findall(alarm["AlarmDescription"])}
    assert len(named) == len(alarms)
    assert named - chapters == set()


def test_every_parameter_is_there_with_its_default_and_its_setting() -> None:
    variables = source()["Resources"]["Function"]["Properties"]["Environment"]["Variables"]
    setting_of = {parameter: name for name, value in variables.items() for parameter in parameters_in(value)}
    expected = [
        (name, str(declared["Default"]), setting_of.get(name, "")) for name, declared in source()["Parameters"].items()
    ]
    # The table has the order of the console's groups.
    assert sorted(PARAMETER.findall(HANDBOOK)) == sorted(expected)


def parameters_in(value: object) -> list[str]:
    return [name for name in source()["Parameters"] if re.search(rf"\b{name}\b", str(value))]


def test_names_made_from_the_longest_stack_name_are_short_enough() -> None:
    found = re.search(r"may have at most (\d+) characters", HANDBOOK)
    assert found
    longest = "a" * int(found.group(1))
    lengths = []
    for resources in (Stack({}), Stack({"BucketMode": "existing"})):
        for type_ in ("AWS::Events::Rule", "AWS::Scheduler::Schedule", "AWS::Lambda::Function"):
            for properties in resources.of_type(type_).values():
                name = properties.get("Name") or properties["FunctionName"]
                lengths.append(len(name.replace("drivendata-transform", longest)))
    assert max(lengths) == 64


def test_log_queries_look_at_keys_that_the_function_logs() -> None:
    files = [*(ROOT / "src/log").glob("*.rs"), ROOT / "src/handler.rs", ROOT / "src/main.rs"]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    queries = QUERY.findall(HANDBOOK)
    assert len(queries) == 5
    for query in queries:
        without_texts = re.sub(r'"[^"]*"|@\w+', "", query)
        for name in set(re.findall(r"[A-Za-z_]+", without_texts)) - NOT_OURS:
            assert re.search(rf"\b{name}\b", code), f"{name} in\n{query}"
        for text in re.findall(r'message = "([^"]+)"', query):
            assert f'"{text}"' in code
