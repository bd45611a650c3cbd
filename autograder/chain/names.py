"""Which names a piece of Python uses and makes, and where its imports stand."""

import ast
import builtins
import symtable
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Import = ast.Import | ast.ImportFrom
# What every module has, as Python makes it.
_ALWAYS = frozenset((*dir(builtins), "__file__", "__name__", "__doc__"))


@dataclass(frozen=True)
class Names:
    """Hold the names a source takes from around it and those it makes at its top level."""

    used: frozenset[str]
    made: frozenset[str]


def names_of(source: str) -> Names:
    """Tell which names of its module `source` uses, in functions too, and which it makes."""
    used: set[str] = set()
    made: set[str] = set()
    todo = [symtable.symtable(source, "cell", "exec")]
    while todo:
        table = todo.pop()
        outermost = table.get_type() == "module"
        for symbol in table.get_symbols():
            bound = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
            # Python 3.11 takes a function called `top` for the module: its own names seem global.
            own = (bound or symbol.is_parameter()) and not symbol.is_declared_global()
            if not outermost and (own or not symbol.is_global()):
                continue
            if symbol.is_referenced():
                used.add(symbol.get_name())
            if bound:
                made.add(symbol.get_name())
        todo += table.get_children()
    return Names(frozenset(used - _ALWAYS), frozenset(made))


def bound_by(alias: ast.alias) -> str:
    """Name what an import binds: `b` for `a as b`, `a` for `a.b`."""
    return alias.asname or alias.name.split(".")[0]


def single_imports(tree: ast.Module) -> list[Import]:
    """List the imports at the top level of `tree`, each with one name."""
    return [
        ast.ImportFrom(node.module, [alias], node.level)
        if isinstance(node, ast.ImportFrom)
        else ast.Import([alias])
        for node in tree.body
        if isinstance(node, Import)
        for alias in node.names
    ]


def inner_imports(tree: ast.Module) -> list[Import]:
    """List the imports below the top level: in functions, conditions and the like."""
    outer = {id(node) for node in tree.body}
    return [n for n in ast.walk(tree) if isinstance(n, Import) and id(n) not in outer]


def roots(imports: Iterable[Import]) -> set[str]:
    """Name the modules, without what follows a dot, that `imports` load."""
    found: set[str] = set()
    for node in imports:
        if isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").split(".")[0]} if not node.level else set()
        else:
            found |= {alias.name.split(".")[0] for alias in node.names}
    return found


def renamed(node: Import, names: dict[str, str]) -> str:
    """Write an import of the modules `names` under their new names; what it binds stays."""
    if isinstance(node, ast.ImportFrom):
        module = names.get(node.module or "", node.module) if not node.level else node.module
        return ast.unparse(ast.ImportFrom(module, node.names, node.level))
    aliases = [
        ast.alias(names[alias.name], alias.asname or alias.name) if alias.name in names else alias
        for alias in node.names
    ]
    return ast.unparse(ast.Import(aliases))


def with_replaced(source: str, changes: Sequence[tuple[ast.stmt, str]]) -> str:
    """Give `source` with the text of each statement replaced, everything else as it stands."""
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    text = source.encode()
    for node, new in sorted(changes, key=_place, reverse=True):
        first = starts[node.lineno - 1] + node.col_offset
        last = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        text = text[:first] + new.encode() + text[last:]
    return text.decode()


def _place(change: tuple[ast.stmt, str]) -> tuple[int, int]:
    return change[0].lineno, change[0].col_offset
