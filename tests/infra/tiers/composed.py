"""The compose tier's files as one model: includes followed, bases extended, versions filled in.

A second reading beside the Compose library's own, which is asked too where it is found.
"""

import copy
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
COMPOSE = ROOT / "infra" / "compose"
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def versions() -> dict[str, str]:
    """Read the one file that names every image."""
    lines = (COMPOSE / "versions.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def filled_in(text: str, values: dict[str, str]) -> str:
    """Replace `${NAME}` as Compose does; a name that must be set and is not raises KeyError."""

    def value(match: re.Match[str]) -> str:
        name, kind, default = match.groups()
        return values.get(name, default) if kind == "-" else values[name]

    return _VARIABLE.sub(value, text)


@cache
def model() -> dict[str, Any]:
    """Return the services, networks, volumes, configs and secrets of the whole tier."""
    values = versions()

    def read(name: str) -> dict[str, Any]:
        return yaml.safe_load(filled_in((COMPOSE / name).read_text(encoding="utf-8"), values))

    top = read("compose.yaml")
    whole: dict[str, Any] = {"networks": top["networks"], "secrets": top["secrets"]}
    for section in ("services", "configs", "volumes"):
        whole[section] = {}
    for included in top["include"]:
        file = read(included["path"])
        for section in ("services", "configs", "volumes"):
            twice = whole[section].keys() & file.get(section, {}).keys()
            assert not twice, f"{included['path']} defines {twice} again"
            whole[section] |= file.get(section, {})
    whole["services"] = {n: _extended(s, read) for n, s in whole["services"].items()}
    return whole


def _extended(service: dict[str, Any], read: Any, within: str = "") -> dict[str, Any]:
    if "extends" not in service:
        return service
    origin = service["extends"].get("file", within)
    base = read(origin)["services"][service["extends"]["service"]]
    merged = copy.deepcopy(_extended(base, read, origin))
    for key, value in service.items():
        if key == "extends":
            continue
        if key == "networks":
            value = sorted({*merged.get(key, []), *value})
        merged[key] = value
    return merged
