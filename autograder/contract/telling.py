"""Tell mistakes in the course's TOML files by file, key and mend."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz import fuzz, process

from autograder.errors import CourseError

Model = TypeVar("Model", bound=BaseModel)

_LEAST_LIKENESS = 60
_WANTED = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
}


def read_toml(path: Path, model: type[Model], *, example: Mapping[str, str]) -> Model:
    """Read the TOML file at `path` as `model`; raise CourseError naming file, key and mend.

    `example` maps a key, `points` or `task.points`, to a line that is right for it.
    """
    shown = shown_as(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CourseError(f"{shown}: is missing.", mend="A new lab begins with: lab new ID") from (
            error
        )
    except OSError as error:
        raise CourseError(f"{shown}: cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(
            f"{shown}: is not TOML: {error}.", mend="Mend the line it names."
        ) from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = error.errors()
        message, mend = _told(problems[0], model, example)
        more = f" ({len(problems) - 1} more after it.)" if len(problems) > 1 else ""
        raise CourseError(f"{shown}: {message}{more}", mend=mend) from error


def shown_as(path: Path) -> str:
    """Name a file of a lab as an author does: `labs/ID/lab.toml`."""
    return "/".join(path.absolute().parts[-3:])


def nearest(name: str, known: Sequence[str]) -> str | None:
    """Find the known name most like `name`, or None where none is."""
    found = process.extractOne(name, known, scorer=fuzz.ratio, score_cutoff=_LEAST_LIKENESS)
    return found[0] if found else None


def known_names(name: str, known: Sequence[str]) -> str:
    """Say which name was perhaps meant, or which there are."""
    near = nearest(name, known)
    return f"Did you mean {near}?" if near else f"There are: {', '.join(sorted(known)) or 'none'}."


def _told(
    problem: ErrorDetails, model: type[BaseModel], example: Mapping[str, str]
) -> tuple[str, str]:
    place, kind, found = problem["loc"], problem["type"], problem["input"]
    names = [step for step in place if isinstance(step, str)]
    last = names[-1] if names else ""
    key = _spelled(place)
    line = example.get(".".join(names)) or example.get(last)
    right = f"Write {line}" if line else ""
    if kind == "missing":
        return f"{key}: is missing.", right.replace("Write", "Add", 1)
    if kind == "extra_forbidden":
        return f"{key}: is no key here.", known_names(last, _keys_beside(model, place))
    if kind == "literal_error":
        choices = problem.get("ctx", {}).get("expected", "")
        return f"{key}: is {found!r}; it must be one of {choices}.", right
    if kind == "string_pattern_mismatch":
        allowed = problem.get("ctx", {}).get("pattern", "")
        return f"{key}: is {found!r}, which does not match {allowed}.", right
    if kind == "value_error":
        told = str(problem["ctx"]["error"])
        # Where tables do not fit each other, a line that is right for one is no help.
        return (f"{key}: {told}" if key else told), "" if _holds_tables(found) else right
    said = "" if isinstance(found, dict | list | tuple) else f", is {found!r}"
    wanted = _WANTED.get(kind) or problem["msg"][0].lower() + problem["msg"][1:]
    return f"{key}: {wanted}{said}.", right


def _holds_tables(found: Any) -> bool:
    if isinstance(found, list | tuple):
        return any(isinstance(part, dict) for part in found)
    return isinstance(found, dict)


def _spelled(place: Sequence[str | int]) -> str:
    """Spell a place as `task[2].points`, counting tables as an author does, from 1."""
    spelled = ""
    for step in place:
        if isinstance(step, int):
            spelled += f"[{step + 1}]"
        else:
            spelled += f".{step}" if spelled else step
    return spelled


def _keys_beside(model: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """List the keys that the table at `place` may have."""
    here: type[BaseModel] | None = model
    for step in place[:-1]:
        if here is None or isinstance(step, int):
            continue
        by_key = {field.alias or name: field for name, field in here.model_fields.items()}
        here = _model_in(by_key[step].annotation) if step in by_key else here
    fields = here.model_fields.items() if here else ()
    return [field.alias or name for name, field in fields]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        if (found := _model_in(inner)) is not None:
            return found
    return None
