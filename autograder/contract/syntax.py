"""Parse the source of notebook cells."""

import ast


def without_magics(source: str) -> str:
    """Give the Python that IPython makes of `source`, or `source` itself where it cannot."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return TransformerManager().transform_cell(source)  # type: ignore[no-untyped-call]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source


def parsed(source: str) -> ast.Module | None:
    """Parse the source of a cell, magics included; None where it is no Python."""
    # What is Python already is left as it is by IPython, whose look at it takes ten times longer.
    return _parsed_as_it_is(source) or _parsed_as_it_is(without_magics(source))


def _parsed_as_it_is(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def bound_names(tree: ast.Module | None) -> set[str]:
    """Give the names that a cell defines or assigns for the cells after it, imports aside."""
    found: set[str] = set()
    todo: list[ast.AST] = [tree] if tree is not None else []
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        # What a comprehension or a lambda names stays inside it.
        inner = ast.comprehension | ast.Lambda
        todo.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, inner))
    return found
