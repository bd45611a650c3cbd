"""Read which metrics and labels a PromQL expression asks for.

This is no parser of the language: it takes away what is not a metric's name. `promtool` checks
the grammar where it is found.
"""

import re
from dataclasses import dataclass

_TOKENS = re.compile(
    r"""
    (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
  | (?P<comment>\#[^\n]*)
  | (?P<range>\[[^\]]*\])
  | (?P<number>(?<![\w:])(?:\d+[smhdwy](?:\d+[smhdwy])*|0x[0-9a-fA-F]+|\d*\.?\d+(?:[eE][+-]?\d+)?))
  | (?P<variable>\$\{?\w+\}?)
  | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:.]*)
  | (?P<operator>=~|!~|!=|[=<>!~]=?)
  | (?P<mark>[{}(),])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_GROUPING = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_KEYWORDS = frozenset(
    {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan", "start", "end"}
)


@dataclass(frozen=True)
class Selector:
    """Hold a metric that is asked for, the labels it is chosen by, and those set to one value."""

    metric: str
    labels: frozenset[str] = frozenset()
    equal: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def selectors(expression: str) -> tuple[Selector, ...]:
    """Return what an expression selects, in its order; raise ValueError where it cannot be read.

    A selector without a metric's name, such as `{job="a"}`, is refused: it asks for everything.
    """
    tokens = [
        _Token(str(found.lastgroup), found.group())
        for found in _TOKENS.finditer(expression)
        if found.lastgroup != "comment" and not found.group().isspace()
    ]
    found: list[Selector] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        after = tokens[place + 1].text if place + 1 < len(tokens) else ""
        place += 1
        if token.text == "{":
            raise ValueError(f"a selector names no metric: {expression}")
        if token.kind != "name" or token.text.lower() in _KEYWORDS:
            continue
        if token.text.lower() in _GROUPING:
            if after == "(":
                place = _end(tokens, place, ")", expression)
            continue
        if after == "(" or (after in ("by", "without") and place + 1 < len(tokens)):
            continue
        if after == "{":
            end = _end(tokens, place, "}", expression)
            found.append(_selector(token.text, tokens[place + 1 : end - 1]))
            place = end
        else:
            found.append(Selector(token.text))
    return tuple(found)


def _end(tokens: list[_Token], begin: int, closing: str, expression: str) -> int:
    for place in range(begin, len(tokens)):
        if tokens[place].text == closing:
            return place + 1
    raise ValueError(f"{closing} is missing: {expression}")


def _selector(metric: str, inside: list[_Token]) -> Selector:
    labels, equal = set(), set()
    for place, token in enumerate(inside[:-2]):
        operator, value = inside[place + 1], inside[place + 2]
        if token.kind == "name" and operator.kind == "operator" and value.kind == "string":
            labels.add(token.text)
            if operator.text == "=":
                equal.add((token.text, value.text[1:-1]))
    return Selector(metric, frozenset(labels), frozenset(equal))
