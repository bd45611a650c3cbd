"""What of a lab must never reach a learner, as texts to search for."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from typing import Any

from autograder.chain.header import made_from_others
from autograder.contract.conventions import BEGIN_SOLUTION, CHECKS, END_SOLUTION, MUTANTS
from autograder.contract.lab import Lab
from autograder.contract.mutants_file import Mutants, read_mutants
from autograder.contract.notebooks import is_answer
from autograder.contract.syntax import bound_names, parsed

# Shorter lines, and lines of fewer words, are said in many an honest place.
_LEAST_LINE, _LEAST_WORDS = 20, 2
_LEAST_PART = 3
_LEAST_NAME, _LEAST_DIGITS, _LEAST_STRING = 8, 4, 6
_LEAST_LITERAL = 1_000_000


@dataclass(frozen=True)
class Secret:
    """Name one text that must not leave, and its kind.

    A whole word counts only where it stands alone. A line of code may stand in what an earlier
    lab leaves, which was written without knowledge of this one.
    """

    kind: str
    text: str
    whole_word: bool = False
    is_code: bool = False


def list_secrets(lab: Lab) -> list[Secret]:
    """List what must not be in a release of `lab`, each once.

    A line is no secret if the author gives it to learners anyway, be it in a file, a visible check
    or a text that shows how a library is called. The answers of earlier labs count as no such
    file: what they happen to share with this lab's must still stand nowhere else.
    """
    hidden = [path.read_text(encoding="utf-8") for path in sorted(lab.path.glob("hidden_*.py"))]
    mutants = _mutants(lab)
    given = _given_code(lab)
    shown = "\n".join(map(squeezed, (*given, *_given_texts(lab))))
    public = [*given, *map(_text_of, made_from_others(lab))]
    known = {name for text in public for name in bound_names(parsed(text))}
    known |= {name.id for text in public for name in _names(text)}
    found = [
        *_of_code("a line of the solution", _solutions(lab), shown),
        *_of_code("a line of a hidden check", hidden, shown),
        *_of_code("a line of a right answer in another form", _alternates(mutants), shown),
        *_of_names("the name of a hidden check", _hidden_names(hidden, lab), known),
        *_of_names("the name of a mutant", (m.name for m in mutants.mutants), known),
        *(Secret("the reason of a mutant", squeezed(m.why)) for m in mutants.mutants),
        *_of_code("the text of a mutant", _wrong_texts(mutants), shown),
        *_of_values("a held-out value", _held_out(lab), public),
        *_of_values("a value of a hidden check", _literals(hidden), public),
    ]
    return list({(secret.text, secret.whole_word): secret for secret in reversed(found)}.values())


def squeezed(text: str) -> str:
    """Give `text` without white space, so that layout hides nothing."""
    return re.sub(r"\s+", "", text)


def solution_parts(lab: Lab) -> list[frozenset[str]]:
    """Give, for each region of a solution, its telling lines: most of them together always leak."""
    parts = (frozenset(map(squeezed, _telling_lines(text))) for text in _solutions(lab))
    return [part for part in parts if len(part) >= _LEAST_PART]


def _of_code(kind: str, texts: Iterable[str], given: str) -> Iterator[Secret]:
    for text in texts:
        for line in _telling_lines(text):
            if squeezed(line) not in given:
                yield Secret(kind, squeezed(line), is_code=True)


def _telling_lines(text: str) -> list[str]:
    return [line for line in map(str.strip, text.splitlines()) if _is_telling(line)]


def _is_telling(line: str) -> bool:
    words = {word for word in re.findall(r"[A-Za-z_]\w*", line) if not iskeyword(word)}
    return (
        len(squeezed(line)) >= _LEAST_LINE
        and len(words) >= _LEAST_WORDS
        and not line.startswith(("import ", "from ", "def ", "class ", "@", "#"))
    )


def _of_names(kind: str, names: Iterable[str], known: set[str]) -> Iterator[Secret]:
    for name in names:
        if name not in known and "_" in name and len(name) >= _LEAST_NAME:
            yield Secret(kind, name, whole_word=True)


def _of_values(kind: str, values: Iterable[Any], given: Sequence[str]) -> Iterator[Secret]:
    for value in values:
        forms = {str(value), f"{value:_}", hex(value)} if isinstance(value, int) else {str(value)}
        digits = sum(character.isdigit() for character in str(value))
        long_enough = len(str(value)) >= _LEAST_STRING or digits >= _LEAST_DIGITS
        if isinstance(value, bool) or not long_enough:
            continue
        for form in sorted(forms):
            if not any(form in text for text in given):
                yield Secret(kind, form, whole_word=True)


def _solutions(lab: Lab) -> Iterator[str]:
    for cell in lab.source.cells:
        if is_answer(cell):
            yield from regions(cell.source, BEGIN_SOLUTION, END_SOLUTION)


def regions(source: str, begin: str, end: str) -> list[str]:
    """Give the texts between the marks `begin` and `end` in the source of a cell."""
    return re.findall(rf"{re.escape(begin)}[^\n]*\n(.*?)\n?[ \t]*{re.escape(end)}", source, re.S)


def _given_code(lab: Lab) -> list[str]:
    """Give the lab's own code that learners get: files, visible checks, the starter's cells."""
    inherited = made_from_others(lab)
    files = [lab.path / CHECKS, *(path for path in lab.given_files if path not in inherited)]
    texts = [_text_of(path) for path in files if path.is_file()]
    return texts + [cell.source for cell in lab.starter.cells if cell.cell_type == "code"]


def _given_texts(lab: Lab) -> list[str]:
    return [cell.source for cell in lab.starter.cells if cell.cell_type != "code"]


def _text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "ignore")


def _mutants(lab: Lab) -> Mutants:
    path = lab.path / MUTANTS
    return read_mutants(path) if path.is_file() else Mutants((), ())


def _alternates(mutants: Mutants) -> Iterator[str]:
    for alternate in mutants.alternates:
        yield from alternate.cells.values()


def _wrong_texts(mutants: Mutants) -> Iterator[str]:
    for mutant in mutants.mutants:
        for edit in mutant.edits:
            yield edit.new


def _hidden_names(hidden: Iterable[str], lab: Lab) -> Iterator[str]:
    for text in hidden:
        tree = parsed(text)
        for node in tree.body if tree else ():
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                yield node.name


def _names(text: str) -> Iterator[ast.Name]:
    tree = parsed(text)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Name):
            yield node


def _held_out(lab: Lab) -> Iterator[Any]:
    for parameter in lab.manifest.parameters.values():
        yield from parameter.held_out


def _literals(hidden: Iterable[str]) -> Iterator[int]:
    """Give the large numbers in hidden checks: the seeds of held-out data."""
    for text in hidden:
        tree = parsed(text)
        for node in ast.walk(tree) if tree else ():
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, int) and value >= _LEAST_LITERAL:
                yield value
