"""A lake to invoke the function on: the embedded S3 server with a bucket of three small batches.

Objects are put and removed over S3, as the server alone knows what it holds, and looked at on disk.
"""

import hashlib
import hmac
import http.client
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

from processes import TIMEOUT_SECONDS, Failed, stop, wait_until

# The bucket and the days that the files in events/ speak of.
BUCKET = "driven-data-bucket"
BATCH_DAYS = ["2024-09-13", "2024-09-14", "2024-09-15"]
OUTPUT_PREFIX = "transformed_data/"
ROWS_PER_DAY = 200


def batch_key(day: str) -> str:
    return f"raw_data/batch_{day}.csv"


class Lake:
    """Serves below `folder` until the `with` block ends."""

    def __init__(self, program: Path, folder: Path, address: str = "127.0.0.1") -> None:
        self.bucket = folder / "buckets" / BUCKET
        for day in BATCH_DAYS:
            options = ["--out", str(self.bucket / "raw_data"), "--date", day, "--rows", str(ROWS_PER_DAY)]
            generate = [str(program), "generate", *options]
            subprocess.run(generate, check=True, stdout=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS)
        self.log = folder / "server.log"
        with self.log.open("wb") as log:
            serve = [str(program), "serve", "--folder", str(folder / "buckets"), "--address", f"{address}:0"]
            self.server = subprocess.Popen(
                serve, env={}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def __enter__(self) -> Self:
        try:
            wait_until(lambda: "AWS_ENDPOINT_URL=" in self.log.read_text(), "the S3 server", self.server, self.log)
            # What the server prints are lines of NAME=value.
            lines = self.log.read_text().splitlines()
            self.access = dict(line.split("=", 1) for line in lines if line.startswith("AWS_"))
        except BaseException:
            stop(self.server)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        stop(self.server)

    def settings(self) -> dict[str, str]:
        """What makes the function use this lake."""
        access = {name: value for name, value in self.access.items() if name != "AWS_ENDPOINT_URL"}
        return {"LAKE": f"s3://{BUCKET}", "ENDPOINT_URL": self.access["AWS_ENDPOINT_URL"], **access}

    def put(self, key: str, body: bytes) -> None:
        self._call("PUT", key, body, 200)

    def remove_outputs(self) -> None:
        for key in self.published():
            self._call("DELETE", key, b"", 204)

    def published(self) -> list[str]:
        """The keys below the output prefix."""
        folder = self.bucket / OUTPUT_PREFIX
        return sorted(str(path.relative_to(self.bucket)) for path in folder.rglob("*") if path.is_file())

    def read(self, key: str) -> bytes:
        return (self.bucket / key).read_bytes()

    def _call(self, method: str, key: str, body: bytes, expected: int) -> None:
        host = urlsplit(self.access["AWS_ENDPOINT_URL"]).netloc
        path = f"/{BUCKET}/{quote(key)}"
        connection = http.client.HTTPConnection(host, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body, self._signed(method, host, path, body))
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        if answer.status != expected:
            raise Failed(f"{method} {path}: {answer.status} {text}")

    def _signed(self, method: str, host: str, path: str, body: bytes) -> dict[str, str]:
        """The headers of AWS Signature Version 4, which an SDK would make."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": host, "x-amz-content-sha256": hashlib.sha256(body).hexdigest(), "x-amz-date": now}
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        request = f"{method}\n{path}\n\n{lines}\n{names}\n{headers['x-amz-content-sha256']}"
        scope = [now[:8], self.access["AWS_REGION"], "s3", "aws4_request"]
        digest = hashlib.sha256(request.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{now}\n{'/'.join(scope)}\n{digest}"
        key = b"AWS4" + self.access["AWS_SECRET_ACCESS_KEY"].encode()
        for part in [*scope, to_sign]:
            key = hmac.digest(key, part.encode(), "sha256")
        credential = f"{self.access['AWS_ACCESS_KEY_ID']}/{'/'.join(scope)}"
        signature = f"Credential={credential}, SignedHeaders={names}, Signature={key.hex()}"
        return {**headers, "authorization": f"AWS4-HMAC-SHA256 {signature}"}
