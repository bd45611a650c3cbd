"""Find the expected literals of simple asserts, and put one wrong without touching the rest."""

import ast
from collections.abc import Iterator
from typing import Any

_COMPARERS = frozenset(
    {
        "allclose",
        "array_equal",
        "assert_allclose",
        "assert_almost_equal",
        "assert_approx_equal",
        "assert_array_almost_equal",
        "assert_array_equal",
        "assert_equal",
        "assertAlmostEqual",
        "assertEqual",
        "assertListEqual",
        "assertDictEqual",
        "assertTupleEqual",
        "assertSetEqual",
        "eq_",
        "isclose",
    }
)
# Where a caller widens what counts as equal, a wrong value might be equal too.
_TOLERANCES = frozenset({"atol", "rtol", "abs_tol", "rel_tol", "delta", "tol"})
_DIGITS = frozenset({"places", "decimal", "significant"})
_WIDEST = 0.1


def expectations(step: ast.stmt) -> Iterator[ast.expr]:
    """Yield the literals that a statement compares something with and holds for equal to it.

    `assert f(2) == 4`, `assert x is True`, `assert abs(x - 0.5) < 1e-6`, `assert_equal(x, "a")`
    and the like; nothing that is nested in other statements, since that might not run at all.
    """
    if isinstance(step, ast.Assert):
        yield from _in_condition(step.test)
    elif isinstance(step, ast.Expr) and isinstance(step.value, ast.Call):
        yield from _in_call(step.value)


def put_wrong(source: str, literal: ast.expr) -> str | None:
    """Return `source` with one value of `literal` changed in place; None where it cannot be.

    Layout and comments stay as they are, or the learner's code could tell the two apart.
    """
    leaf = _leaf(literal)
    before, text, after = _cut(source, leaf)
    changed = _changed(leaf, text)
    if changed is None:
        return None
    result = before + changed + after
    whole = _cut(source, literal)
    renewed = result[len(whole[0]) : len(result) - len(whole[2])]
    try:
        same = ast.literal_eval(renewed.strip()) == ast.literal_eval(literal)
        ast.parse(result)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return None if same else result


def _in_condition(test: ast.expr) -> Iterator[ast.expr]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from _in_condition(part)
    elif isinstance(test, ast.Call):
        yield from _in_call(test)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        operator, right = test.ops[0], test.comparators[0]
        if isinstance(operator, ast.Eq):
            yield from _first_literal(right, test.left)
        elif isinstance(operator, ast.Is):
            yield from _first_literal(right)
        elif isinstance(operator, ast.Lt | ast.LtE) and _is_narrow(right):
            yield from _in_distance(test.left)


def _in_distance(left: ast.expr) -> Iterator[ast.expr]:
    """Yield the literal of `abs(value - literal)`, which is less than some tolerance."""
    if isinstance(left, ast.Call) and len(left.args) == 1 and _called(left) in ("abs", "fabs"):
        inner = left.args[0]
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
            yield from _first_literal(inner.right, inner.left)


def _in_call(call: ast.Call) -> Iterator[ast.expr]:
    narrow = all(
        _is_narrow(word.value) if word.arg in _TOLERANCES else word.arg not in _DIGITS
        for word in call.keywords
    )
    if _called(call) in _COMPARERS and len(call.args) == 2 and narrow:
        yield from _first_literal(call.args[1], call.args[0])


def _first_literal(*nodes: ast.expr) -> Iterator[ast.expr]:
    literals = [node for node in nodes if _is_literal(node)]
    # Two literals compared say nothing of the learner.
    if literals and len(literals) < max(2, len(nodes)):
        yield literals[0]


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _is_narrow(node: ast.expr) -> bool:
    if not _is_literal(node):
        return False
    value = ast.literal_eval(node)
    return isinstance(value, int | float) and value <= _WIDEST


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _leaf(node: ast.expr) -> ast.expr:
    """Go down to the last value of a list, tuple, set or table."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set) and node.elts:
        return _leaf(node.elts[-1])
    if isinstance(node, ast.Dict) and node.values:
        return _leaf(node.values[-1])
    return node


def _changed(leaf: ast.expr, text: str) -> str | None:
    value: Any = ast.literal_eval(leaf)
    if value is None or value is ...:
        return "True"
    if isinstance(value, bool):
        return str(not value)
    if isinstance(value, int | float | complex):
        # Far off, so that no tolerance calls the two equal; an infinite one has no neighbour.
        far = max(1, round(abs(value) * 0.37)) if abs(value) < 1e300 else None
        return None if far is None else repr(value + far)
    if isinstance(value, str | bytes) and value:
        place = next((i for i in range(len(text) - 1, -1, -1) if text[i].isalnum()), None)
        if place is None:
            return None
        return text[:place] + ("b" if text[place] != "b" else "c") + text[place + 1 :]
    empty: dict[type, str] = {
        list: "[0]",
        tuple: "(0,)",
        dict: "{0: 0}",
        str: "'a'",
        bytes: "b'a'",
    }
    return empty.get(type(value))


def _cut(source: str, node: ast.expr) -> tuple[str, str, str]:
    """Cut `source` before and behind `node`, whose columns count bytes."""
    lines = source.encode().split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    whole = source.encode()
    first = starts[node.lineno - 1] + node.col_offset
    last = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
    return whole[:first].decode(), whole[first:last].decode(), whole[last:].decode()
