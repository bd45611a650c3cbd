"""Say in plain words which field of a request is wrong, and why."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

_MOST_SHOWN = 60
# Error types of pydantic-core; what is not here keeps pydantic's own words.
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "string_type": "must be text",
    "string_unicode": "must be text in UTF-8",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "datetime_type": "must be a date with a time",
    "datetime_parsing": "must be a date with a time, such as 2026-03-01T12:00:00Z",
    "datetime_from_date_parsing": "must be a date with a time, such as 2026-03-01T12:00:00Z",
    "timezone_aware": "must have a time zone",
    "json_invalid": "is not JSON: {error}",
}


class FieldProblem(BaseModel):
    """Say what is wrong with one field."""

    field: str = Field(description="Where it is, such as items[2].amount.")
    problem: str = Field(description="What is wrong with it.")


def field_problems(errors: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    """Put pydantic's errors into words; values are shown only where they are short and plain."""
    return [FieldProblem(field=_place(error), problem=_problem(error)) for error in errors]


def _place(error: Mapping[str, Any]) -> str:
    where, *rest = error["loc"]
    if error["type"] == "json_invalid":
        return "body"
    if where != "body":
        return f"{where} {'.'.join(map(str, rest))}".strip()
    path = ""
    for step in rest:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return _plain(path.lstrip(".")) or "body"


def _problem(error: Mapping[str, Any]) -> str:
    words = _WORDS.get(error["type"])
    if words is None:
        said = str(error["msg"])
        return _plain(said[:1].lower() + said[1:])
    problem = words.format(**error.get("ctx", {}))
    value = error.get("input")
    if error["type"] not in ("missing", "json_invalid") and isinstance(
        value, bool | int | float | str
    ):
        problem += f", is {_shown(value)}"
    return _plain(problem)


def _shown(value: bool | int | float | str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    # Python refuses to write out numbers of thousands of digits.
    if isinstance(value, int) and value.bit_length() > 200:
        return "a very large number"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"


def _plain(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")
