"""Show Prometheus what the last night found, long after the night's own process has ended."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST


class DriftPage(ThreadingHTTPServer):
    """Serve a file of metrics as /metrics, as it is at each request; empty before the first."""

    daemon_threads = True

    def __init__(self, file: Path, host: str, port: int) -> None:
        self.file = file
        super().__init__((host, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: DriftPage
    timeout = 10.0

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(200, self._found())
        elif path == "/health/live":
            self._answer(200, b"alive\n")
        elif path == "/health/ready":
            there = self.server.file.parent.is_dir()
            self._answer(*((200, b"ready\n") if there else (503, b"the disk is away\n")))
        else:
            self._answer(404, b"/metrics, /health/live, /health/ready\n")

    def _found(self) -> bytes:
        try:
            return self.server.file.read_bytes()
        except FileNotFoundError:
            return b""

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of each scrape."""
