"""Tell which field of which version breaks whom, before it is released.

In a test, `require_compatible(CONTRACTS)`; and so that what was published stays as it was,
`require_unchanged(CONTRACTS, Path("schemas"))`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.events.contract import Contract
from infra.events.contracts import Contracts, Rule
from infra.events.errors import ContractError
from infra.events.schemas import mismatches, read, written


@dataclass(frozen=True)
class Break:
    """Hold one reason why a version cannot read what another writes."""

    event: str
    reader: int
    writer: int
    field: str
    why: str

    def __str__(self) -> str:
        return (
            f"{self.event}: version {self.reader} cannot read version {self.writer}: "
            f"field {self.field or '(the whole)'}: {self.why}"
        )


def breaks(contracts: Contracts, rule: Rule | None = None) -> list[Break]:
    """Return every break of `rule`, by default the contracts' own.

    An older version that is upcast is measured by what it is upcast to.
    """
    rule = rule or contracts.rule
    found: list[Break] = []
    for event in contracts.events():
        versions = contracts.versions(event)
        newest = versions[-1]
        for old in versions[:-1]:
            if rule in (Rule.BACKWARD, Rule.FULL):
                found += _between(newest, _reached(old, versions), old.version)
            if rule in (Rule.FORWARD, Rule.FULL):
                found += _between(old, newest, newest.version)
    return found


def require_compatible(contracts: Contracts, rule: Rule | None = None) -> None:
    """Raise ContractError that lists every break."""
    found = breaks(contracts, rule)
    if found:
        raise ContractError(
            "\n".join(
                [
                    f"The contracts break their rule, {rule or contracts.rule}:",
                    *(f"  {one}" for one in found),
                    "Give new fields a default, keep old ones, or add a version with an upcast.",
                ]
            )
        )


def publish(contracts: Contracts, folder: Path) -> list[Path]:
    """Write the schema of each version that has none in `folder` yet; return the new files."""
    folder.mkdir(parents=True, exist_ok=True)
    new = [(path, text) for path, text in _files(contracts, folder) if not path.exists()]
    for path, text in new:
        path.write_text(text, encoding="utf-8")
    return [path for path, _ in new]


def require_unchanged(contracts: Contracts, folder: Path) -> None:
    """Raise ContractError where a published version is not as it was, or is not published.

    Topics hold what was written under a version for as long as they are kept, so a change of
    an old version's model changes nothing but the ability to read it.
    """
    wrong = []
    expected = dict(_files(contracts, folder))
    for path, text in expected.items():
        if not path.exists():
            wrong.append(f"{path.name} is missing: `publish` writes it")
        elif path.read_text(encoding="utf-8") != text:
            wrong.append(f"{path.name} is another: make a new version instead")
    wrong += [
        f"{path.name} is published, and its version is gone"
        for path in sorted(folder.glob("*.json"))
        if path not in expected
    ]
    if wrong:
        raise ContractError("Published contracts changed:\n" + "\n".join(f"  {w}" for w in wrong))


def _files(contracts: Contracts, folder: Path) -> Iterator[tuple[Path, str]]:
    for event in contracts.events():
        for contract in contracts.versions(event):
            both = {"read": read(contract.payload), "written": written(contract.payload)}
            text = json.dumps(both, indent=2, sort_keys=True) + "\n"
            yield folder / f"{event}.v{contract.version}.json", text


def _reached(old: Contract[Any], versions: list[Contract[Any]]) -> Contract[Any]:
    """Return the last version whose upcast is applied to data of `old`, or `old` itself."""
    upcasting = [v for v in versions if v.version > old.version and v.upcast is not None]
    return upcasting[-1] if upcasting else old


def _between(reader: Contract[Any], writer: Contract[Any], named: int) -> list[Break]:
    if reader is writer:
        return []
    found = mismatches(read(reader.payload), written(writer.payload))
    return [Break(reader.event, reader.version, named, one.field, one.why) for one in found]
