"""Who may know whom, and how large a room may grow."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "autograder").rglob("*.py"))
LONGEST = 300
# Direction of knowledge: the rooms on the left import none of those on the right.
APART = {
    "checks": {"execution", "scoring", "releasing", "recording", "reporting", "grading"},
    "probing": {"checks", "execution", "scoring", "releasing", "recording", "reporting", "grading"},
    "execution": {"checks", "scoring", "releasing", "recording", "reporting", "grading"},
    "scoring": {"probing", "execution", "releasing", "recording", "reporting", "grading"},
    "releasing": {"execution", "scoring", "reporting"},
    "recording": {"execution", "probing", "releasing", "reporting"},
    "reporting": {"execution", "probing", "releasing"},
}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_grader_knows_no_lab_no_project_and_no_infra(path: Path) -> None:
    tops = {name.split(".")[0] for name in imported(path)}
    assert not tops & {"labs", "projects", "infra", "modules"}


@pytest.mark.parametrize("room", APART)
def test_rooms_do_not_know_each_others_insides(room: str) -> None:
    for path in (ROOT / "autograder" / room).rglob("*.py"):
        known = {
            name.split(".")[1]
            for name in imported(path)
            if name.startswith("autograder.") and name.count(".") >= 1
        }
        assert not known & APART[room], f"{path.relative_to(ROOT)} imports {known & APART[room]}"


def test_infra_knows_no_project() -> None:
    for path in (ROOT / "infra").rglob("*.py"):
        assert not {name for name in imported(path) if name.startswith("projects")}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
