"""A small PromQL, to read and to try queries without a server.

It knows metrics with matchers (= != =~ !~) and ranges ([5m]); rate, increase, histogram_quantile,
absent, vector and time; sum, max, min, avg and count with `by` or `without`; + - * /, comparisons
that filter, and / or / unless, and on (...) / ignoring (...). Everything else it refuses with a
ValueError. `querying.py` works out the values.
"""

import re
from collections.abc import Iterator
from typing import Any

AGGREGATES = ("sum", "max", "min", "avg", "count")
FUNCTIONS = ("rate", "increase", "histogram_quantile", "absent", "vector", "time")
_LEVELS = (("or",), ("and", "unless"), ("==", "!=", ">", "<", ">=", "<="), ("+", "-"), ("*", "/"))
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|\[\s*(?P<range>\d+[smhd])\s*\]
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[a-zA-Z_:][\w:]*)
    |(?P<mark>=~|!~|!=|==|>=|<=|[-+*/(){},=<>]))""",
    re.VERBOSE,
)
Node = tuple[Any, ...]


def parse(expression: str) -> Node:
    """Return an expression as nested tuples; raise ValueError for what cannot be read."""
    reader = _Reader(expression)
    found = reader.level(0)
    reader.insist(reader.kind == "end", "nothing more")
    return found


def selectors(expression: str) -> list[dict[str, Any]]:
    """Return what an expression selects, in its order.

    Each is a dict of `metric`, `labels` (the names that it is chosen by) and `range` (seconds, or
    None where there is no [5m] behind it).
    """
    return [
        {"metric": node[1], "labels": sorted({label for label, _, _ in node[2]}), "range": node[3]}
        for node in _walk(parse(expression))
        if node[0] == "select"
    ]


def _walk(node: Node) -> Iterator[Node]:
    yield node
    inside = {
        "call": node[2:],
        "aggregate": (node[3:],),
        "binary": (node[3:],),
        "minus": (node[1:],),
    }
    for part in inside.get(node[0], ((),))[0]:
        yield from _walk(part)


class _Reader:
    """Read tokens one after the other."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._place = 0
        self.kind = self.text = ""
        self.step()

    def step(self) -> str:
        """Go to the next token and return the text of the last one."""
        before = self.text
        rest = self._expression[self._place :]
        if not rest.strip():
            self.kind, self.text = "end", ""
            return before
        match = _TOKEN.match(rest)
        if match is None:
            raise ValueError(f"cannot read {rest.strip()[:20]!r} in {self._expression!r}")
        self.kind = str(match.lastgroup)
        self.text = match[self.kind]
        self._place += match.end()
        return before

    def insist(self, holds: bool, due: str) -> None:
        if not holds:
            got = self.text or "the end"
            raise ValueError(f"{due} is due where {got!r} stands in {self._expression!r}")

    def mark(self, text: str) -> None:
        """Go past a mark that must stand here."""
        self.insist(self.kind == "mark" and self.text == text, text)
        self.step()

    def level(self, number: int) -> Node:
        """Read operators of one level and all that bind more tightly."""
        if number == len(_LEVELS):
            return self.unary()
        left = self.level(number + 1)
        while self.text in _LEVELS[number] and self.kind in ("mark", "name"):
            operator = self.step()
            matching = None
            if self.text in ("on", "ignoring") and self.kind == "name":
                matching = (self.step(), self.names())
            left = ("binary", operator, matching, left, self.level(number + 1))
        return left

    def unary(self) -> Node:
        if self.kind == "mark" and self.text == "-":
            self.step()
            return ("minus", self.unary())
        if self.kind == "mark" and self.text == "(":
            self.step()
            inside = self.level(0)
            self.mark(")")
            return inside
        if self.kind == "number":
            return ("number", float(self.step()))
        self.insist(self.kind == "name", "a metric, a function or a number")
        name = self.step()
        if name in AGGREGATES:
            return self.aggregate(name)
        if self.text == "(":
            self.insist(name in FUNCTIONS, f"a function among {', '.join(FUNCTIONS)}")
            return ("call", name, self.arguments())
        return self.selector(name)

    def aggregate(self, name: str) -> Node:
        grouping = self.grouping()
        inside = self.arguments()
        self.insist(len(inside) == 1, "one argument")
        return ("aggregate", name, grouping or self.grouping() or ("by", ()), inside[0])

    def grouping(self) -> tuple[str, tuple[str, ...]] | None:
        if self.kind == "name" and self.text in ("by", "without"):
            return (self.step(), self.names())
        return None

    def names(self) -> tuple[str, ...]:
        self.mark("(")
        found = []
        while self.kind == "name":
            found.append(self.step())
            if self.text == ",":
                self.step()
        self.mark(")")
        return tuple(found)

    def arguments(self) -> Node:
        self.mark("(")
        found = []
        while self.text != ")":
            found.append(self.level(0))
            if self.text != ",":
                break
            self.step()
        self.mark(")")
        return tuple(found)

    def selector(self, metric: str) -> Node:
        matchers = []
        if self.kind == "mark" and self.text == "{":
            self.step()
            while self.kind == "name":
                label, operator = self.step(), self.step()
                self.insist(operator in ("=", "!=", "=~", "!~"), "= != =~ or !~")
                self.insist(self.kind == "text", "a text in quotes")
                matchers.append((label, operator, self.step()[1:-1]))
                if self.text == ",":
                    self.step()
            self.mark("}")
        span = None
        if self.kind == "range":
            written = self.step()
            span = int(written[:-1]) * _SECONDS[written[-1]]
        return ("select", metric, tuple(matchers), span)
