"""Programs that not every machine has: found, or the test is skipped with the reason."""

import importlib.util
import json
import os
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest


def tool(name: str) -> str:
    """Return where `name` is; skip the test, saying so, where it is not."""
    # Servers lie where an ordinary user's path does not lead.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which(name, path=path)
    if found is None:
        pytest.skip(f"{name} is not on the path")
    return found


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
