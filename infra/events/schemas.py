"""Decide from two JSON schemas whether a reader takes everything that a writer may write.

The answer is on the safe side: what cannot be compared counts as a break.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]
# They say something to humans and nothing to a reader.
_ANNOTATIONS = {"title", "description", "default", "examples", "deprecated", "discriminator"} | {
    "readOnly",
    "writeOnly",
    "$defs",
    "$comment",
}
# Keyword, and whether the reader's bound must be at or under the writer's.
_BOUNDS = {
    "minimum": True,
    "exclusiveMinimum": True,
    "minLength": True,
    "minItems": True,
    "minProperties": True,
    "maximum": False,
    "exclusiveMaximum": False,
    "maxLength": False,
    "maxItems": False,
    "maxProperties": False,
}
_STRUCTURE = {"type", "properties", "required", "additionalProperties", "items"} | {
    "enum",
    "const",
    "prefixItems",
}


@dataclass(frozen=True)
class Mismatch:
    """Name a field by its path, and why the reader cannot take what is written there."""

    field: str
    why: str


def written(model: type[BaseModel]) -> Schema:
    """Return the schema of what a model writes: fields with a default are always there."""
    return model.model_json_schema(mode="serialization")


def read(model: type[BaseModel]) -> Schema:
    """Return the schema of what a model accepts."""
    return model.model_json_schema(mode="validation")


def mismatches(reader: Schema, writer: Schema) -> list[Mismatch]:
    """Return where data of `writer` may be refused by `reader`; empty when never."""
    return list(_Comparison(reader, writer).compare(reader, writer, ""))


class _Comparison:
    def __init__(self, reader: Schema, writer: Schema) -> None:
        self._reader_definitions: Schema = reader.get("$defs", {})
        self._writer_definitions: Schema = writer.get("$defs", {})
        self._under_way: set[tuple[str, str]] = set()

    def compare(self, reader: Any, writer: Any, path: str) -> Iterator[Mismatch]:
        pair = (_reference(reader), _reference(writer))
        if all(pair) and pair in self._under_way:
            # A model that holds itself: the comparison that is under way answers for it.
            return
        self._under_way.add(pair)
        yield from self._compare_branches(reader, writer, path)
        self._under_way.discard(pair)

    def _compare_branches(self, reader: Any, writer: Any, path: str) -> Iterator[Mismatch]:
        reader = _resolved(reader, self._reader_definitions)
        writer = _resolved(writer, self._writer_definitions)
        if "oneOf" in reader or "oneOf" in writer:
            reader, writer = _as_any(reader), _as_any(writer)
        if "anyOf" in writer:
            for branch in writer["anyOf"]:
                yield from self.compare(reader, branch, path)
        elif "anyOf" in reader:
            if all(list(self.compare(branch, writer, path)) for branch in reader["anyOf"]):
                yield Mismatch(path, f"{_kind(writer)} is none of {_kind(reader)}")
        else:
            yield from self._compare_plain(reader, writer, path)

    def _compare_plain(self, reader: Schema, writer: Schema, path: str) -> Iterator[Mismatch]:
        if "enum" in reader or "const" in reader:
            yield from _compare_choices(reader, writer, path)
            return
        if "type" in reader and not _takes_type(reader["type"], _types(writer)):
            yield Mismatch(path, f"{_kind(writer)} is written, {_kind(reader)} is read")
            return
        yield from _compare_limits(reader, writer, path)
        for place, schema in enumerate(reader.get("prefixItems", ())):
            own = writer.get("prefixItems", ())
            other = own[place] if place < len(own) else writer.get("items", {})
            yield from self.compare(schema, other, f"{path}[{place}]")
        if "items" in reader:
            yield from self.compare(reader["items"], writer.get("items", {}), f"{path}[]")
        yield from self._compare_fields(reader, writer, path)

    def _compare_fields(self, reader: Schema, writer: Schema, path: str) -> Iterator[Mismatch]:
        known, there = reader.get("properties", {}), writer.get("properties", {})
        # A dictionary may hold a key of any name.
        other = writer.get("additionalProperties", False)
        for name in reader.get("required", ()):
            if name not in writer.get("required", ()):
                why = "may be left out" if name in there else "is not written"
                yield Mismatch(_joined(path, name), f"is required, and {why}")
        for name, schema in known.items():
            if name in there or other is not False:
                yield from self.compare(schema, there.get(name, other), _joined(path, name))
        rest = reader.get("additionalProperties", True)
        if rest is True:
            return
        for name in sorted(set(there) - set(known)):
            if rest is False:
                yield Mismatch(_joined(path, name), "is written, and no other field is allowed")
            else:
                yield from self.compare(rest, there[name], _joined(path, name))
        if other is not False:
            if rest is False:
                yield Mismatch(_joined(path, "*"), "any key is written, and none is allowed")
            else:
                yield from self.compare(rest, other, _joined(path, "*"))


def _compare_choices(reader: Schema, writer: Schema, path: str) -> Iterator[Mismatch]:
    allowed, given = _choices(reader), _choices(writer)
    if given is None:
        yield Mismatch(path, f"{_kind(writer)} is written, only {allowed} is read")
        return
    # With the type, since 1 and True are equal.
    known = {(type(one), one) for one in allowed or ()}
    missing = [one for one in given if (type(one), one) not in known]
    if missing:
        yield Mismatch(path, f"{missing} may be written and is not read")


def _compare_limits(reader: Schema, writer: Schema, path: str) -> Iterator[Mismatch]:
    values = _choices(writer)
    for name, bound in reader.items():
        if name in _ANNOTATIONS or name in _STRUCTURE:
            continue
        if name in _BOUNDS and values and all(isinstance(one, int | float) for one in values):
            if any(not _within(name, bound, value) for value in values):
                yield Mismatch(path, f"{name} {bound} excludes one of {values}")
        elif name in _BOUNDS:
            own = writer.get(name)
            if own is None or (bound > own if _BOUNDS[name] else bound < own):
                wider = "no such bound" if own is None else own
                yield Mismatch(path, f"{name} is {bound} for the reader and {wider} for the writer")
        elif writer.get(name) != bound or "$ref" in str(bound):
            yield Mismatch(path, f"{name} {bound!r} is required, {writer.get(name)!r} is written")


def _within(name: str, bound: float, value: float) -> bool:
    match name:
        case "minimum":
            return value >= bound
        case "exclusiveMinimum":
            return value > bound
        case "maximum":
            return value <= bound
        case "exclusiveMaximum":
            return value < bound
    return False


def _takes_type(wanted: str | list[str], given: set[str]) -> bool:
    allowed = {wanted} if isinstance(wanted, str) else set(wanted)
    if "number" in allowed:
        allowed.add("integer")
    return bool(given) and given <= allowed


def _types(schema: Schema) -> set[str]:
    named = schema.get("type")
    if isinstance(named, str):
        return {named}
    if named:
        return set(named)
    names: dict[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}
    return {names.get(type(value), "null") for value in _choices(schema) or ()}


def _choices(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _kind(schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(branch) for branch in schema["anyOf"])
    choices = _choices(schema)
    return f"one of {choices}" if choices else "/".join(sorted(_types(schema))) or "anything"


def _as_any(schema: Schema) -> Schema:
    return {"anyOf": schema["oneOf"]} if "oneOf" in schema else schema


def _reference(schema: Any) -> str:
    return str(schema.get("$ref", "")) if isinstance(schema, Mapping) else ""


def _resolved(schema: Any, definitions: Schema) -> Schema:
    if schema is True:
        return {}
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rsplit("/", 1)[-1]]
    return schema  # type: ignore[no-any-return]


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
