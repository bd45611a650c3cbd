"""Look for breaches of the conditions under which a check beside the kernel is sound.

The learner owns the process that answers, so a check is sound only while (1) no label or expected
value is in an argument, (2) held-out data cannot be made again from what was released, (3) nothing
the learner reports of itself earns a point, (4) a property check needs a check of substance. What
can be seen in the source or in the data of a proof is looked for here; the rest is the author's.
"""

import ast
from collections.abc import Callable, Iterator

from autograder.checks.loading import hidden_files
from autograder.contract.conventions import CHECKS
from autograder.contract.lab import Lab
from autograder.proving.finding import Finding, Severity

_ASKING = {"call", "inspect", "value"}
_REPORTED = {"outputs", "files", "tables", "mlflow"}
_THRESHOLDS = {"to_be_at_least", "to_be_at_most", "to_be_between"}
# A generator that was released can be tried with every seed that is smaller than this.
_GUESSABLE_BITS = 64


def check_soundness(lab: Lab) -> list[Finding]:
    """Return findings for the breaches that the source of the checks shows."""
    findings: list[Finding] = []
    released = {path.stem for path in lab.given_files}
    hidden = hidden_files(lab.path)
    for path in (lab.path / CHECKS, *hidden):
        name = path.name
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=name)
        for function in _checks(tree):
            findings += _self_reported(name, function)
            findings += _property_alone(name, function)
        if path in hidden:
            findings += _guessable_seeds(name, tree, released)
    return findings


def _checks(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any(_decorator(d) for d in node.decorator_list):
            yield node


def _decorator(node: ast.expr) -> ast.Call | None:
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check":
        return node
    return None


def _keywords(function: ast.FunctionDef) -> set[str]:
    calls = [call for d in function.decorator_list if (call := _decorator(d))]
    return {keyword.arg or "" for call in calls for keyword in call.keywords}


def _self_reported(name: str, function: ast.FunctionDef) -> list[Finding]:
    """Condition 3: a bound on a number that comes straight out of the learner's own kernel."""
    taken = _assigned_from(function, _is_report)
    findings = []
    for call in _expectations(function, _THRESHOLDS):
        subject = _subject(call)
        if subject is None:
            continue
        base = _base(subject)
        straight = _is_report(subject) or (isinstance(base, ast.Name) and base.id in taken)
        if straight:
            findings.append(
                Finding(
                    "nothing self-reported earns",
                    f"{name}:{call.lineno}: {function.name} bounds a number that the notebook "
                    "reports of itself; any notebook can report a good one.",
                    "Ask for predictions on data made in the check, and compute the number there.",
                )
            )
    return findings


def _property_alone(name: str, function: ast.FunctionDef) -> list[Finding]:
    """Condition 4: two answers of the learner compared with each other, and nothing before it."""
    if "needs" in _keywords(function):
        return []
    answers = _assigned_from(function, _is_answer)
    for call in _expectations(function, {"to_equal"}):
        subject, expected = _subject(call), call.args[0] if call.args else None
        if subject is None or expected is None:
            continue
        if _mentions(subject, answers) and _mentions(expected, answers):
            return [
                Finding(
                    "a property needs substance",
                    f"{name}:{call.lineno}: {function.name} compares the learner's answers with "
                    "each other; a function that always returns the same passes it.",
                    'Add needs="…" with a check that such a function fails.',
                )
            ]
    return []


def _guessable_seeds(name: str, tree: ast.Module, released: set[str]) -> list[Finding]:
    """Condition 2: a small constant given to a generator that the learner has too."""
    generators = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in released
        for alias in node.names
    }
    findings = []
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
        if getattr(call.func, "id", "") not in generators or not call.args:
            continue
        seed = call.args[0]
        if not isinstance(seed, ast.Constant) or not isinstance(seed.value, int):
            continue
        if seed.value.bit_length() < _GUESSABLE_BITS:
            findings.append(
                Finding(
                    "held-out data cannot be made again",
                    f"{name}:{call.lineno}: {ast.unparse(call.func)}({seed.value}, …) can be "
                    "made again by whoever tries small seeds.",
                    "If labels or answers stay outside this data, seed it with 96 random bits "
                    "(secrets.randbits(96)).",
                    Severity.ADVISES,
                )
            )
    return findings


def _expectations(function: ast.FunctionDef, methods: set[str]) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in methods
    ]


def _subject(call: ast.Call) -> ast.expr | None:
    """Return what `expect(...)` at the head of a chain was given."""
    node: ast.expr = call
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "expect" and node.args:
        return node.args[0]
    return None


def _base(node: ast.expr) -> ast.expr:
    """Return what a chain of look-ups such as `report["auc"].best` starts from."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node


def _assigned_from(function: ast.FunctionDef, source: Callable[[ast.AST], bool]) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and source(node.value):
            for target in node.targets:
                names |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
    return names


def _is_answer(node: ast.AST) -> bool:
    return any(
        isinstance(n, ast.Call)
        and isinstance(n.func, ast.Attribute)
        and n.func.attr in _ASKING
        and getattr(n.func.value, "id", "") == "run"
        for n in ast.walk(node)
    )


def _is_report(node: ast.AST) -> bool:
    """Tell whether an expression is a report of the notebook's, untouched by the check."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if getattr(node.func.value, "id", "") == "run" and node.func.attr == "value":
            return True
        return _is_report(node.func.value)
    if isinstance(node, ast.Subscript):
        return _is_report(node.value)
    if isinstance(node, ast.Attribute):
        if getattr(node.value, "id", "") == "run" and node.attr in _REPORTED:
            return True
        return _is_report(node.value)
    return False


def _mentions(node: ast.AST, names: set[str]) -> bool:
    direct = _is_answer(node)
    return direct or any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(node))
