"""Delivers every event of events/ to the function under AWS's emulator, and checks what it answers and publishes.

    python tests/rie/check.py --program target/debug/drivendata --function target/debug/drivendata-transform

Prints each event and its reply, and ends with a non-zero exit code at the first difference. `make lambda-local`
installs what this needs.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from emulator import Function
from lake import BATCH_DAYS, Lake, batch_key
from processes import Failed, end_like_ctrl_c_on_termination

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ROOT / "events"
EXPECTED = ROOT / "tests" / "lambda_runtime" / "expected_replies.json"
FORCED = "manual_force"
NEWEST_BATCH = batch_key(BATCH_DAYS[-1])
PARQUET_MAGIC = b"PAR1"
# Two tables in two formats, the rejected records, and the manifest.
OBJECTS_PER_RUN = 6

Reply = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, type=Path, help="the drivendata program, for its S3 server")
    parser.add_argument("--function", required=True, type=Path, help="the function: its debug build or a bootstrap")
    arguments = parser.parse_args()
    for program in (arguments.program, arguments.function):
        if not program.is_file():
            parser.error(f"there is no {program}")
    end_like_ctrl_c_on_termination()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "function.log"
        try:
            with Lake(arguments.program, Path(folder)) as lake:
                with Function(arguments.function, lake.settings(), log) as function:
                    check(lake, function)
        except Failed as failure:
            written = log.read_text(errors="replace") if log.exists() else ""
            sys.exit(f"{failure}\n\nThe function's log:\n{written}")
        except KeyboardInterrupt:
            sys.exit("interrupted")


def check(lake: Lake, function: Function) -> None:
    expected: dict[str, list[str]] = json.loads(EXPECTED.read_bytes())
    events = {path.stem: path for path in sorted(EVENTS.glob("*.json"))}
    expect_equal("the files of events/ and the expected replies", list(events), sorted(expected))
    for name, path in events.items():
        check_event(lake, function, name, path.read_bytes(), expected[name])
    check_an_empty_batch_is_an_error_with_its_type(lake, function)
    check_the_function_outlives_an_event_that_is_no_json(lake, function)
    print(f"{len(events)} events, each delivered twice, and two that fail: answered as expected")


def check_event(lake: Lake, function: Function, name: str, event: bytes, expected: list[str]) -> None:
    lake.remove_outputs()
    first = deliver(function, name, event)
    expect_equal(f"{name}.json", told(first), expected)
    check_outputs(lake, name, first["runs"])
    again = "published" if name == FORCED else "unchanged"
    second = function.invoke(event)
    expect_equal(f"{name}.json, delivered again", told(second), [line.replace("published", again) for line in expected])


def check_outputs(lake: Lake, name: str, runs: list[Reply]) -> None:
    published = lake.published()
    expect_equal(f"objects published after {name}.json", len(published), OBJECTS_PER_RUN * len(runs))
    for run in runs:
        manifest = json.loads(lake.read(f"transformed_data/runs/run_date={run['run_date']}/manifest.json"))
        expect_equal(f"the manifest's run date after {name}.json", manifest["run_date"], run["run_date"])
        expect_equal(f"the manifest's balance after {name}.json", manifest["balance"], run["balance"])
        outputs = [output["key"] for output in manifest["outputs"]]
        expect_equal(f"the manifest's outputs after {name}.json", outputs, run["outputs"])
        for key in outputs:
            expect(key in published, f"{key} is not there after {name}.json")
            if key.endswith(".parquet"):
                file = lake.read(key)
                expect(file[:4] == file[-4:] == PARQUET_MAGIC, f"{key} is no Parquet file")


def check_an_empty_batch_is_an_error_with_its_type(lake: Lake, function: Function) -> None:
    lake.remove_outputs()
    batch = lake.read(NEWEST_BATCH)
    lake.put(NEWEST_BATCH, b"")
    error = deliver(function, "put, of an empty batch", (EVENTS / "put.json").read_bytes())
    expect_error("an empty batch", error)
    expect_equal("the type of the error of an empty batch", error["errorType"], "InvalidInput")
    note = f"transformed_data/state/run_date={BATCH_DAYS[-1]}/failed.json"
    expect_equal("what an empty batch leaves: the note that it failed", lake.published(), [note])
    lake.put(NEWEST_BATCH, batch)


def check_the_function_outlives_an_event_that_is_no_json(lake: Lake, function: Function) -> None:
    expect_error("an event that is no JSON", deliver(function, "no JSON", b'{"date": '))
    reply = deliver(function, "put, afterwards", (EVENTS / "put.json").read_bytes())
    expect_equal("put.json after one that is no JSON", told(reply), [f"{BATCH_DAYS[-1]} published"])
    check_outputs(lake, "put", reply["runs"])


def deliver(function: Function, name: str, event: bytes) -> Reply:
    reply = function.invoke(event)
    print(f"{name}: {json.dumps(reply, ensure_ascii=False)}", flush=True)
    return reply


def told(reply: Reply) -> list[str]:
    """What a reply says, in the lines of the expected replies; the Rust test of the same name makes them, too."""
    expect("errorType" not in reply, f"an error: {reply}")
    lines = [f"{run['run_date']} {run['status']}" for run in reply["runs"]]
    lines += [f"ignored {ignored['what']}" for ignored in reply["ignored"]]
    if "batchItemFailures" in reply:
        lines.append(f"batchItemFailures {json.dumps(reply['batchItemFailures'], separators=(',', ':'))}")
    return lines


def expect_error(what: str, reply: Reply) -> None:
    expect_equal(f"the fields of the answer to {what}", sorted(reply), ["errorMessage", "errorType"])


def expect_equal(what: str, found: object, expected: object) -> None:
    expect(found == expected, f"{what}:\n    found    {found}\n    expected {expected}")


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Failed(otherwise)


if __name__ == "__main__":
    main()
