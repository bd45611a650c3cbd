"""Serve objects with moto, one write after another: it looks first and writes then, unlocked."""

import argparse
import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_READING = ("GET", "HEAD", "OPTIONS")


class OneWriteAtATime:
    """Let requests that only read through, and the others one by one.

    Otherwise two puts of one key on condition that it is not there could both succeed, and the
    first commit to a dataset would be overwritten.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._turn = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in _READING:
            return self._application(environ, start)
        length = environ.get("CONTENT_LENGTH")
        if length:
            # Who sends slowly must not hold the turn; moto keeps objects in memory anyway.
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(length)))
        with self._turn:
            return self._application(environ, start)


def main() -> None:
    """Serve until the end of the process."""
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import run_simple

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    told = parser.parse_args()
    application = OneWriteAtATime(DomainDispatcherApplication(create_backend_app))
    run_simple(told.host, told.port, application, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    main()
