"""Tell another process of endpoints: as variables of its environment, and as ports."""

import os
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pydantic import SecretStr

from infra.settings.endpoint import Endpoint
from infra.settings.ports import LOOPBACK
from infra.settings.resolve import Settings, load_settings


def environment_of(settings: Settings, parts: Sequence[str]) -> dict[str, str]:
    """Return the LAB_… variables from which `load_settings` reads the same endpoints.

    Secrets are among them.
    """
    found = {"LAB_TIER": settings.tier.value}
    for part in parts:
        endpoint: Endpoint = getattr(settings, part)
        for name in type(endpoint).model_fields:
            value = getattr(endpoint, name)
            if value is not None:
                found[endpoint.variable(name)] = _text(value)
    return found


def settings_told(variables: Mapping[str, str]) -> Settings:
    """Return the settings that a process with these variables in its environment would load."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        return load_settings()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def ports_of(settings: Settings, parts: Sequence[str]) -> tuple[int, ...]:
    """Return the loopback ports of `parts`; raise ValueError for one that is elsewhere."""
    found = []
    for part in parts:
        for host, port in addresses_of(getattr(settings, part)):
            if host not in (LOOPBACK, "localhost"):
                raise ValueError(f"{part} is at {host}, not on this machine's loopback")
            found.append(port)
    return tuple(found)


def addresses_of(endpoint: Endpoint) -> list[tuple[str, int]]:
    """Return the hosts and ports at which an endpoint is reached."""
    fields = type(endpoint).model_fields
    if "bootstrap" in fields:
        texts = [f"//{address}" for address in getattr(endpoint, "bootstrap")]  # noqa: B009
    elif "url" in fields:
        texts = [str(getattr(endpoint, "url"))]  # noqa: B009
    else:
        texts = [f"//{getattr(endpoint, 'host')}:{getattr(endpoint, 'port')}"]  # noqa: B009
    found = [urlsplit(text) for text in texts]
    return [(address.hostname or "", address.port or 0) for address in found]


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
