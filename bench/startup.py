"""`make bench-startup`: what a cold start of the function costs, and what the binary consists of.

    startup.py FUNCTION [--symbols FILE] [--rounds 20]

Two stubs stand in for Lambda's Runtime API and for S3. The first notes when the new process asks for its first event
and hands it a put event, the second when the first byte of a request to S3 comes. Then the process is killed.
"""

import argparse
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import machine
import report
import size
from measure import use_two_cores

EVENT = Path(__file__).parent.parent / "events" / "put.json"
BUCKET = "driven-data-bucket"
PATIENCE_SECONDS = 30
HEAD = ("from", "to", "median ms", "fastest ms", "slowest ms")


def environment(api: socket.socket, s3: socket.socket) -> dict[str, str]:
    return {
        "AWS_LAMBDA_RUNTIME_API": address(api),
        "AWS_LAMBDA_FUNCTION_NAME": "drivendata-transform",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "stub",
        "AWS_SECRET_ACCESS_KEY": "stub",
        "LAKE": f"s3://{BUCKET}",
        "ENDPOINT_URL": f"http://{address(s3)}",
    }


def address(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"{host}:{port}"


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_SECONDS)
        yield listener


def invocation() -> bytes:
    """The Runtime API's answer to a poll."""
    event = EVENT.read_bytes()
    headers = {
        "Content-Type": "application/json",
        "Content-Length": len(event),
        "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        "Lambda-Runtime-Deadline-Ms": int((time.time() + 10 * PATIENCE_SECONDS) * 1000),
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:drivendata-transform",
    }
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + event


def cold_start(function: Path) -> tuple[float, float]:
    """Milliseconds from the start of the process to the first poll, and from the event to the first byte at S3."""
    with listening() as api, listening() as s3:
        answer = invocation()
        begin = time.perf_counter()
        process = subprocess.Popen([function], env=environment(api, s3), stdout=subprocess.DEVNULL)
        try:
            poll, _ = api.accept()
            with poll:
                poll.recv(1)
                polled = time.perf_counter()
                given = time.perf_counter()
                poll.sendall(answer)
                request, _ = s3.accept()
                with request:
                    request.recv(1)
                    asked = time.perf_counter()
        except TimeoutError:
            raise SystemExit(f"{function} did not ask in {PATIENCE_SECONDS} seconds") from None
        finally:
            process.kill()
            process.wait()
    return (polled - begin) * 1000, (asked - given) * 1000


def times_table(starts: list[tuple[float, float]]) -> str:
    labels = (("start of the process", "first poll for an event"), ("put event", "first byte to S3"))
    rows = [
        [*label, *(f"{figure(times):.1f}" for figure in (median, min, max))]
        for label, times in zip(labels, zip(*starts, strict=True), strict=True)
    ]
    return report.table(HEAD, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("function", type=Path, help="the function, built for release")
    parser.add_argument("--symbols", type=Path, help="the same with symbols: then its code is shown by crate")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    function = arguments.function.resolve()
    use_two_cores()
    # One start that is not counted brings the file into the page cache.
    starts = [cold_start(function) for _ in range(arguments.rounds + 1)][1:]
    note = f"Measured on {machine.described()}; {arguments.rounds} starts."
    paragraphs = [note, times_table(starts), size.section_table(function)]
    if arguments.symbols:
        paragraphs.append(size.crate_table(arguments.symbols))
    print("\n\n".join(paragraphs))
    report.publish("bench-startup", "\n\n".join(paragraphs))


if __name__ == "__main__":
    main()
