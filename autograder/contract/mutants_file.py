"""The file mutants.toml, as typed data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from autograder.contract.telling import read_toml

Name = Annotated[str, Field(strict=True, pattern=r"^[a-z0-9_]+$")]
Text = Annotated[str, Field(strict=True)]
Words = Annotated[str, Field(strict=True, min_length=1)]

_EXAMPLES = {
    "name": 'name = "drops_every_copy"',
    "why": 'why = "what the learner got wrong, in a sentence"',
    "cell": 'cell = "schema-answer"',
    "old": 'old = "frame.amount > 0"',
    "new": 'new = "frame.amount >= 0"',
    "edits": 'edits = [{ cell = "schema-answer", old = "a", new = "b" }]',
    "loses": 'loses = ["schema.counts_bad_amounts"]',
    "hard_codes": "hard_codes = true",
    "source": "source = '''the whole answer cell'''",
    "cells": "cells = { schema-answer = '''the whole answer cell''' }",
    "mutant": 'a [[mutant]] table with name = "drops_every_copy"',
    "alternate": 'an [[alternate]] table with name = "vectorised"',
}


@dataclass(frozen=True)
class Edit:
    """Replace `old`, which occurs once in the answer cell `cell`, by `new`."""

    cell: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """Hold one wrong answer: its edits of the solution and the ids of the checks it must lose."""

    name: str
    why: str
    edits: tuple[Edit, ...]
    loses: tuple[str, ...]
    hard_codes: bool = False
    """Whether only held-out parameters tell it from a right answer."""


@dataclass(frozen=True)
class Alternate:
    """Hold one right answer in another form: the whole source of some answer cells."""

    name: str
    why: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Mutants:
    """Hold what mutants.toml says."""

    mutants: tuple[Mutant, ...]
    alternates: tuple[Alternate, ...]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _EditTable(_Table):
    cell: Words
    old: Words
    new: Text


class _MutantTable(_Table):
    name: Name
    why: Words
    cell: Words | None = None
    old: Words | None = None
    new: Text | None = None
    edits: tuple[_EditTable, ...] = ()
    loses: Annotated[tuple[Words, ...], Field(min_length=1)]
    hard_codes: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _edits_in_one_way(self) -> Self:
        single = (self.cell, self.old, self.new)
        if self.edits and any(part is not None for part in single):
            raise ValueError("has edits besides cell, old and new; keep one of the two.")
        if not self.edits and None in single:
            raise ValueError("must have cell, old and new, or edits.")
        return self

    def told(self) -> Mutant:
        edits = tuple(Edit(edit.cell, edit.old, edit.new) for edit in self.edits)
        if self.cell is not None and self.old is not None and self.new is not None:
            edits = (Edit(self.cell, self.old, self.new),)
        return Mutant(self.name, self.why, edits, self.loses, self.hard_codes)


class _AlternateTable(_Table):
    name: Name
    why: Words
    cell: Words | None = None
    source: Words | None = None
    cells: dict[str, Words] = {}

    @model_validator(mode="after")
    def _says_which_cells(self) -> Self:
        if bool(self.cells) == bool(self.cell and self.source):
            raise ValueError("must have either cell and source, or cells.")
        return self

    def told(self) -> Alternate:
        single = {self.cell: self.source} if self.cell and self.source else {}
        sources = {name: text.strip("\n") for name, text in (single or self.cells).items()}
        return Alternate(self.name, self.why, sources)


class _MutantsFile(_Table):
    mutant: tuple[_MutantTable, ...] = ()
    alternate: tuple[_AlternateTable, ...] = ()


def read_mutants(path: Path) -> Mutants:
    """Read a mutants.toml; raise CourseError naming the file, the key and the mend."""
    table = read_toml(path, _MutantsFile, example=_EXAMPLES)
    return Mutants(
        tuple(mutant.told() for mutant in table.mutant),
        tuple(alternate.told() for alternate in table.alternate),
    )
