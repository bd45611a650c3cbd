"""How alike two pieces of Python are, names and looks aside."""

import ast

from rapidfuzz.distance import Indel

from autograder.contract.syntax import parsed


class _SameNames(ast.NodeTransformer):
    """Give the names that a piece of code binds the same names in the order they come."""

    def __init__(self, bound: set[str]) -> None:
        self._bound, self._given = bound, dict[str, str]()

    def _name(self, name: str) -> str:
        if name not in self._bound:
            return name
        return self._given.setdefault(name, f"v{len(self._given)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.copy_location(ast.Name(self._name(node.id), node.ctx), node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.copy_location(ast.arg(self._name(node.arg), None), node)


def normalised(source: str) -> tuple[str, ...] | None:
    """Give the tokens of `source` with its bound names made alike; None where it is no Python.

    Comments, layout, docstrings and annotations are gone, so that what is left is what it does.
    """
    tree = parsed(source)
    if tree is None:
        return None
    try:
        _strip(tree)
        bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _stores(n)}
        bound |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
        plain = ast.unparse(ast.fix_missing_locations(_SameNames(bound).visit(tree)))
    except (RecursionError, ValueError):
        return None
    return tuple(_tokens(plain))


def likeness(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> float:
    """Return how much of two token lists is common, 0 to 1; 0 where one of them is not there."""
    if not one or not other:
        return 0.0
    return float(Indel.normalized_similarity(one, other))


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _strip(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [step for step in body if not _is_text(step)]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]


def _is_text(step: ast.stmt) -> bool:
    return isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)


def _tokens(source: str) -> list[str]:
    import io
    import tokenize

    blank = (tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER)
    found = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string or str(token.type) for token in found if token.type not in blank]
