"""Look through a release, names, texts, metadata and outputs alike, for what must not leave."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from autograder.chain.header import made_from_others
from autograder.contract.conventions import (
    BEGIN_HIDDEN,
    BEGIN_SOLUTION,
    KEPT_BACK,
    NOTEBOOK,
    RELEASED_MANIFEST,
)
from autograder.contract.lab import Lab
from autograder.releasing.secrets import Secret, list_secrets, solution_parts, squeezed

_MARKS = (squeezed(BEGIN_SOLUTION), squeezed(BEGIN_HIDDEN))
_SHOWN = 60
_SHARE = 0.6


@dataclass(frozen=True)
class Leak:
    """Tell what leaks and where: a file, or a place in a notebook."""

    kind: str
    where: str
    text: str

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= _SHOWN else self.text[:_SHOWN] + "…"
        return f"{self.where}: holds {self.kind}: {shown}"


@dataclass(frozen=True)
class _Passage:
    where: str
    text: str
    squeezed: str


def find_leaks(lab: Lab, released: Path) -> list[Leak]:
    """List what of the solution, hidden checks, held-out values or mutants is in `released`."""
    passages = list(_passages(released))
    inherited = {_of_file(lab.path, path) for path in made_from_others(lab)}
    leaks = [*_unexpected_files(lab, released)]
    for passage in passages:
        for mark in _MARKS:
            if mark in passage.squeezed:
                leaks.append(Leak("a mark of what was to be taken out", passage.where, mark))
    for part in solution_parts(lab):
        for passage in passages:
            there = sorted(line for line in part if line in passage.squeezed)
            if len(there) > _SHARE * len(part):
                leaks.append(Leak("most of a solution", passage.where, "; ".join(there)))
    for secret in list_secrets(lab):
        leaks += [
            Leak(secret.kind, passage.where, secret.text)
            for passage in passages
            if _holds(passage, secret) and not (secret.is_code and passage in inherited)
        ]
    return leaks


def _unexpected_files(lab: Lab, released: Path) -> Iterator[Leak]:
    expected = {NOTEBOOK, RELEASED_MANIFEST, *lab.released_names}
    for path in _files(released):
        name = path.relative_to(released).as_posix()
        parts = path.relative_to(released).parts
        if any(fnmatch(part, kept) for part in parts for kept in KEPT_BACK):
            yield Leak("a file that must stay behind", name, path.name)
        elif name not in expected:
            yield Leak("a file that lab.toml does not give", name, path.name)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink())


def _passages(released: Path) -> Iterator[_Passage]:
    for path in _files(released):
        name = path.relative_to(released).as_posix()
        yield _passage(f"the name of {name}", name)
        whole = _of_file(released, path)
        if path.suffix == ".ipynb":
            yield from _of_notebook(name, whole.text)
        else:
            yield whole


def _of_file(folder: Path, path: Path) -> _Passage:
    text = path.read_bytes().decode("utf-8", "ignore") if path.is_file() else ""
    return _passage(path.relative_to(folder).as_posix(), text)


def _of_notebook(name: str, text: str) -> Iterator[_Passage]:
    try:
        tree = json.loads(text)
    except ValueError:
        yield _passage(name, text)
        return
    cells = tree.pop("cells", []) if isinstance(tree, dict) else []
    yield from _strings(f"{name}: the notebook's metadata", tree)
    for number, cell in enumerate(cells, start=1):
        called = cell.get("id") or number
        source = cell.get("source", "")
        whole = "".join(source) if isinstance(source, list) else str(source)
        yield _passage(f"{name}: cell {called}", whole)
        for part in ("metadata", "outputs", "attachments", "id"):
            yield from _strings(f"{name}: the {part} of cell {called}", cell.get(part))


def _strings(where: str, tree: Any) -> Iterator[_Passage]:
    """Give all text under `tree`, keys and numbers included; lists of lines are joined."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield _passage(where, str(key))
            yield from _strings(where, value)
    elif isinstance(tree, list):
        if tree and all(isinstance(line, str) for line in tree):
            yield _passage(where, "".join(tree))
        else:
            for value in tree:
                yield from _strings(where, value)
    elif tree is not None:
        yield _passage(where, str(tree))


def _passage(where: str, text: str) -> _Passage:
    return _Passage(where, text, squeezed(text))


def _holds(passage: _Passage, secret: Secret) -> bool:
    if not secret.whole_word:
        return secret.text in passage.squeezed
    if secret.text not in passage.text:
        return False
    return bool(re.search(rf"(?<![\w]){re.escape(secret.text)}(?![\w])", passage.text))
