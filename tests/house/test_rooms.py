"""Who may know whom, and how large a room may grow."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GRADER = sorted((ROOT / "autograder").rglob("*.py"))
INFRA = sorted((ROOT / "infra").rglob("*.py"))
MODULES = [*GRADER, *INFRA]
# Where the command and the stack meet; the grader itself knows nothing of it.
MEETING = ROOT / "autograder" / "cli" / "stack.py"
# The one room that knows what a lab's needs come to.
NEEDS = ROOT / "autograder" / "needs" / "stack_parts.py"
# What `infra` may take from the grader: how mistakes are told, and where the course lies.
SHARED = {"autograder.errors", "autograder.paths"}
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


@pytest.mark.parametrize("path", GRADER, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_grader_knows_no_lab_no_project_and_no_infra(path: Path) -> None:
    tops = {name.split(".")[0] for name in imported(path)}
    unknown = {"labs", "projects", "infra", "modules"} - (
        {"infra"} if path in (MEETING, NEEDS) else set()
    )
    assert not tops & unknown


@pytest.mark.parametrize("room", APART)
def test_rooms_do_not_know_each_others_insides(room: str) -> None:
    for path in (ROOT / "autograder" / room).rglob("*.py"):
        known = {
            name.split(".")[1]
            for name in imported(path)
            if name.startswith("autograder.") and name.count(".") >= 1
        }
        assert not known & APART[room], f"{path.relative_to(ROOT)} imports {known & APART[room]}"


@pytest.mark.parametrize("path", INFRA, ids=lambda p: str(p.relative_to(ROOT)))
def test_infra_knows_no_project_no_lab_and_nothing_of_grading(path: Path) -> None:
    names = imported(path)
    assert not {name.split(".")[0] for name in names} & {"labs", "projects", "modules"}
    assert {name for name in names if name.split(".")[0] == "autograder"} <= SHARED


def test_the_command_starts_without_the_stack() -> None:
    top_level = ast.parse(MEETING.read_text(encoding="utf-8")).body
    found = {
        ast.unparse(node) for node in top_level if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert found
    assert not {line for line in found if "infra" in line}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
