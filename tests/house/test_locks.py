"""The locks hold what pyproject.toml asks for: pinned, hashed, without addresses."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = {
    "base": [],
    "dev": ["dev", "site", "stack", "ray"],
    "stack": ["stack"],
    "ray": ["ray"],
    "spark": ["spark"],
    "deep": ["deep"],
    "forecast": ["forecast"],
    "all": ["stack", "ray", "spark", "deep", "forecast", "site", "dev"],
}
MUST_NOT_BE_IN_BASE = {"torch", "pyspark", "ray", "transformers", "prophet"}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;]+)")


def pins(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines():
        if match := _PIN.match(line):
            found.setdefault(canonicalize_name(match[1]), set()).add(match[2])
    return found


def asked_for(extras: list[str]) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = list(project["dependencies"])
    for extra in extras:
        texts += project["optional-dependencies"][extra]
    return [r for r in map(Requirement, texts) if r.name != project["name"]]


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_to_a_version_that_fits(name: str) -> None:
    locked = pins(name)
    for requirement in asked_for(LOCKS[name]):
        versions = locked.get(canonicalize_name(requirement.name))
        assert versions, f"{requirement} is not in requirements/{name}.txt: run `make lock`"
        for version in versions:
            assert requirement.specifier.contains(version, prereleases=True), (
                f"{requirement.name}=={version} in {name}.txt: run `make lock`"
            )


@pytest.mark.parametrize("name", [*LOCKS, "tools"])
def test_every_pin_has_hashes_and_no_lock_has_an_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text and "--index" not in text
    entries = [e for e in re.split(r"\n(?=\S)", text) if _PIN.match(e)]
    assert entries and all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("name", [name for name in LOCKS if name != "all"])
def test_all_locks_agree_on_versions(name: str) -> None:
    everything = pins("all")
    for package, versions in pins(name).items():
        assert versions <= everything.get(package, set()), package


def test_the_base_stays_light() -> None:
    assert not MUST_NOT_BE_IN_BASE & set(pins("base"))
