"""moto looks and then writes; between the two nobody else may write."""

import contextlib
import io
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from infra.stack.parts.moto_server import OneWriteAtATime


def request(method: str, body: Any = b"") -> dict[str, Any]:
    stream = io.BytesIO(body) if isinstance(body, bytes) else body
    return {"REQUEST_METHOD": method, "CONTENT_LENGTH": "1", "wsgi.input": stream}


def started(*told: Any) -> None:
    pass


class Lookers:
    """Look whether it is the first, wait for another to look too, and then write."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.kept: list[bytes] = []
        self.both = threading.Barrier(2)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            return [b"read"]
        is_first = not self.kept
        with contextlib.suppress(threading.BrokenBarrierError):
            self.both.wait(self.patience)
        self.kept.append(environ["wsgi.input"].read())
        return [b"first" if is_first else b"refused"]


def of_two_at_once(application: Any) -> list[bytes]:
    with ThreadPoolExecutor(2) as clients:
        told = [clients.submit(application, request("PUT", b"x"), started) for _ in range(2)]
        return sorted(answer for one in told for answer in one.result(10))


def test_of_two_writes_at_once_one_is_first() -> None:
    assert of_two_at_once(Lookers(10)) == [b"first", b"first"]
    assert of_two_at_once(OneWriteAtATime(Lookers(0.2))) == [b"first", b"refused"]


def test_who_reads_or_sends_slowly_holds_up_nobody() -> None:
    is_sent, was_read = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            was_read.set()
            is_sent.wait(10)
            return super().read(size)

    server = OneWriteAtATime(Lookers(0.2))
    with ThreadPoolExecutor(1) as client:
        slow = client.submit(server, request("PUT", Slow(b"s")), started)
        assert was_read.wait(10)
        assert server(request("GET"), started) == [b"read"]
        assert server(request("PUT", b"q"), started) == [b"first"]
        is_sent.set()
        assert slow.result(10) == [b"refused"]
