"""Read a TOML manifest into a model, telling mistakes by file, key and mend."""

import difflib
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from autograder.errors import CourseError

Manifest = TypeVar("Manifest", bound=BaseModel)


def read_manifest(path: Path, model: type[Manifest], *, shown_as: str) -> Manifest:
    """Read the TOML file at `path` as `model`; raise CourseError naming file, key and mend."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CourseError(
            f"{shown_as} is missing.", mend="Restore it: git checkout -- " + shown_as
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(
            f"{shown_as} is not TOML: {error}.", mend="Mend the line it names."
        ) from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        told = [_told(item, content, model) for item in error.errors()]
        more = f" ({len(told) - 1} more like it)" if len(told) > 1 else ""
        message, mend = told[0]
        raise CourseError(f"{shown_as}: {message}{more}", mend=mend) from error


def _told(item: Any, content: dict[str, Any], model: type[BaseModel]) -> tuple[str, str]:
    key = _key(item["loc"], content)
    last = str(item["loc"][-1])
    if item["type"] == "missing":
        return f"{key}: is missing.", f"Add {last} = …"
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(last, _known_keys(model), n=1)
        mend = f"Did you mean {near[0]}?" if near else f"Remove {last}."
        return f"{key}: is not a key of this table.", mend
    found = item["input"] if isinstance(item["input"], (str, int, float, bool)) else "of its kind"
    if item["type"] == "string_pattern_mismatch":
        pattern = item["ctx"]["pattern"]
        return f"{key}: is {found!r}, which is no such name.", f"Write one that matches {pattern}"
    return f"{key}: {item['msg'][0].lower()}{item['msg'][1:]}, is {found!r}.", f"Mend {last}."


def _key(location: tuple[str | int, ...], content: dict[str, Any]) -> str:
    """Spell a place as `module[11_data_quality].covers`, by id where a table has one."""
    spelled = ""
    here: Any = content
    for step in location:
        here = _inside(here, step)
        if isinstance(step, int):
            name = here.get("id", step) if isinstance(here, dict) else step
            spelled += f"[{name}]"
        else:
            spelled += f".{step}" if spelled else step
    return spelled


def _inside(here: Any, step: str | int) -> Any:
    try:
        return here[step]
    except (KeyError, IndexError, TypeError):
        return None


def _known_keys(model: type[BaseModel]) -> list[str]:
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        keys.add(name)
        for inner in getattr(field.annotation, "__args__", ()):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                keys |= set(_known_keys(inner))
    return sorted(keys)
