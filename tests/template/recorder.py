"""A proxy in front of an S3 server that notes which permission each request needs on AWS."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Need:
    action: str
    resource: str
    # What `s3:prefix` is in the policy's conditions.
    list_prefix: str | None = None


@dataclass
class Recorder:
    url: str
    needs: set[Need] = field(default_factory=set)


def needs(method: str, target: str, status: int) -> Iterator[Need]:
    url = urlsplit(target)
    query = parse_qs(url.query, keep_blank_values=True)
    bucket, _, key = unquote(url.path).lstrip("/").partition("/")
    arn = f"arn:aws:s3:::{bucket}"
    match method:
        case "GET" if not key:
            yield Need("s3:ListBucket", arn, query["prefix"][0])
        case "GET" | "HEAD":
            yield Need("s3:GetObject", f"{arn}/{key}")
            if status == 404:
                # Without this S3 answers 403.
                yield Need("s3:ListBucket", arn, key)
        case "PUT" | "POST":
            yield Need("s3:PutObject", f"{arn}/{key}")
        case "DELETE" if "uploadId" in query:
            yield Need("s3:AbortMultipartUpload", f"{arn}/{key}")
        case "DELETE":
            yield Need("s3:DeleteObject", f"{arn}/{key}")
        case _:
            raise NotImplementedError(f"{method} {target}")


@contextmanager
def recording(server: str) -> Iterator[Recorder]:
    """A recorder in front of `server`, which is host:port."""
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    recorder = Recorder(f"http://127.0.0.1:{proxy.server_address[1]}")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            upstream = http.client.HTTPConnection(server, timeout=30)
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            content = answer.read()
            recorder.needs.update(needs(self.command, self.path, answer.status))
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            self.wfile.write(content)
            upstream.close()

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = forward

        def log_message(self, *_: object) -> None:
            """Quiet."""

    proxy.RequestHandlerClass = Handler
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
