"""Programs that not every machine has, and servers that a test runs for a while."""

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

BUILT = Path(__file__).parents[3] / ".tools" / "bin"


def tool(name: str) -> str:
    """Return where `name` is; skip the test, saying so, where it is not."""
    found = search(name)
    if found is None:
        pytest.skip(f"{name} is not here: `make -f infra/ci/pipeline.mk ci-tools`, or install it")
    return found


def search(name: str) -> str | None:
    """Return where `name` is: on the path, where servers lie, or built for this checkout."""
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", str(BUILT)]
    return shutil.which(name, path=os.pathsep.join(places))


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def packaged_schema(name: str) -> dict[str, Any]:
    """Return a schema that check-jsonschema brings; skip the test where it is not installed."""
    package = importlib.util.find_spec("check_jsonschema")
    if package is None or not package.submodule_search_locations:
        pytest.skip(f"check-jsonschema, which brings the schema {name}, is not installed")
    folder = Path(package.submodule_search_locations[0])
    text = (folder / "builtin_schemas" / "vendor" / f"{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def faults(schema: dict[str, Any], document: object) -> list[str]:
    """Return where `document` breaks `schema`, and how."""
    from jsonschema import validators

    validator = validators.validator_for(schema)(schema)
    return [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(document)]


@contextlib.contextmanager
def running(command: list[Any], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the block runs, and end it."""
    server = subprocess.Popen(command, **options)
    try:
        yield server
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def patiently(work: Callable[[], Any], seconds: float) -> Any:
    """Try until it works; what failed last is raised when time is up."""
    end = time.monotonic() + seconds
    while True:
        try:
            return work()
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
