"""The versions of every event that a program knows: read any of them, write the newest."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json, to_json

from infra.events.contract import Contract, Envelope, Version
from infra.events.errors import ContractError


class Rule(StrEnum):
    """Name who must be able to read whom.

    BACKWARD: the newest version reads data of every older one, upcast where a version says how.
    FORWARD: every older version reads data of the newest. FULL: both.
    """

    BACKWARD = "backward"
    FORWARD = "forward"
    FULL = "full"


class _Head(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    event: str
    version: Version


class Contracts:
    """Hold contracts by event and version; frozen once made."""

    def __init__(self, contracts: Iterable[Contract[Any]], *, rule: Rule = Rule.FULL) -> None:
        """Raise ContractError for a version given twice or left out, or an upcast from nothing."""
        found: dict[str, dict[int, Contract[Any]]] = {}
        for contract in contracts:
            versions = found.setdefault(contract.event, {})
            if contract.version in versions:
                raise ContractError(f"{contract.event} version {contract.version} is there twice.")
            versions[contract.version] = contract
        for event, versions in found.items():
            first = min(versions)
            if sorted(versions) != list(range(first, first + len(versions))):
                raise ContractError(
                    f"{event} has versions {sorted(versions)}: keep each one between the oldest"
                    " and the newest, since topics still hold them."
                )
            if versions[first].upcast is not None:
                raise ContractError(
                    f"{event} version {first} upcasts from version {first - 1}, which is not here."
                )
        self._found: Mapping[str, Mapping[int, Contract[Any]]] = found
        self.rule = rule

    def events(self) -> list[str]:
        """Return the names of all events."""
        return sorted(self._found)

    def versions(self, event: str) -> list[Contract[Any]]:
        """Return the contracts of one event from the oldest to the newest."""
        if event not in self._found:
            raise ContractError(f"There is no event {event!r}; known are {self.events()}.")
        return [self._found[event][version] for version in sorted(self._found[event])]

    def newest(self, event: str) -> Contract[Any]:
        """Return the newest contract of one event."""
        return self.versions(event)[-1]

    def write(self, event: Envelope[Any]) -> bytes:
        """Return the event as JSON in UTF-8; raise ContractError when it is of no contract here."""
        known = self._found.get(event.event, {}).get(event.version)
        if known is None:
            raise ContractError(f"{event.event} version {event.version} is no contract here.")
        if type(event.data) is not known.payload:
            raise ContractError(
                f"{event.event} version {event.version} holds {known.payload.__name__}, "
                f"not {type(event.data).__name__}."
            )
        return event.model_dump_json().encode()

    def read(self, raw: bytes | None) -> Envelope[Any]:
        """Return the event of these bytes in its newest version.

        Older versions are upcast step by step. A version newer than all here is read as the
        newest if the rule is FORWARD or FULL. Raise ContractError naming field and reason.
        """
        if raw is None:
            raise ContractError("A record without a value is no event.")
        try:
            head = _Head.model_validate_json(raw)
        except ValidationError as error:
            raise ContractError(f"These {len(raw)} bytes are no event: {_said(error)}") from None
        newest = self.newest(head.event)
        if head.version > newest.version and self.rule is Rule.BACKWARD:
            raise ContractError(
                f"{head.event} version {head.version} is newer than {newest.version}, and the rule"
                " promises nothing of newer ones: release the reader first."
            )
        if head.version < newest.version:
            raw = self._upcast(raw, head)
        try:
            return newest.envelope.model_validate_json(raw)
        except ValidationError as error:
            raise ContractError(
                f"{head.event} version {head.version} is not as its contract says: {_said(error)}"
            ) from None

    def _upcast(self, raw: bytes, head: _Head) -> bytes:
        versions = self._found[head.event]
        if head.version not in versions:
            raise ContractError(
                f"{head.event} version {head.version} is older than the oldest known, "
                f"{min(versions)}."
            )
        tree = from_json(raw)
        for version in range(head.version + 1, max(versions) + 1):
            step = versions[version].upcast
            if step is None:
                continue
            try:
                tree["data"] = step(tree["data"])
            except (KeyError, TypeError, ValueError) as error:
                raise ContractError(
                    f"{head.event} version {head.version} could not be made version {version}: "
                    f"{type(error).__name__}: {error}"
                ) from error
        tree["version"] = max(versions)
        return to_json(tree)


def _said(error: ValidationError) -> str:
    """Name each field and what is wrong with it, without its value, which may be personal."""
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'the whole'}: {problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False)
    )
