"""A server that overwrites whatever it is told is found out before anything is committed to it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import pytest
from pydantic import SecretStr

from infra.settings import S3
from infra.storage.dataset import Dataset, DatasetConfig
from infra.storage.errors import StorageError
from infra.storage.on_s3 import S3Store

_NOTHING = (
    b'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'
)


class Careless(BaseHTTPRequestHandler):
    """Answer every request with success, as a server does that knows no conditions."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = _NOTHING if self.command == "GET" else b""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_DELETE = answer  # noqa: N815

    def log_message(self, *words: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def careless() -> Iterator[S3]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Careless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        key = SecretStr("key")
        url = f"http://127.0.0.1:{server.server_port}"
        yield S3(url=url, region="us-east-1", access_key=key, secret_key=key)
        server.shutdown()


def test_nothing_is_committed_where_commits_could_be_lost(careless: S3) -> None:
    dataset = Dataset(S3Store(careless, "bucket"), DatasetConfig("d"))
    with pytest.raises(StorageError, match="in spite of If-None-Match"):
        dataset.append(pa.table({"n": [1]}))
