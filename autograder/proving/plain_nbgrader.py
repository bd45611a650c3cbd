"""Whether plain `nbgrader autograde` gives a lab's answers the same scores as we do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from autograder.contract.lab import Lab
from autograder.needs.surroundings import Surroundings, surroundings
from autograder.paths import COURSE_VARIABLE, CoursePaths
from autograder.proving.finding import Finding
from autograder.proving.trials import Trial
from autograder.proving.variants import build_notebook_of

# nbgrader grades one after another with a cold kernel each, so several of it share the work.
_SIDE_BY_SIDE = 2
_SECONDS_EACH = 400
_CLOSE = 1e-6


def compare_with_nbgrader(
    lab: Lab, trials: Sequence[Trial], course: CoursePaths, scratch: Path
) -> list[Finding]:
    """Grade the trials' answers with plain nbgrader in `scratch` and return where scores differ.

    Answers that only held-out parameters tell from right ones are left out: nbgrader runs once.
    """
    asked = [t for t in trials if t.card and not t.variant.hard_codes and _once(t)]
    names = {f"student{number:02d}": trial for number, trial in enumerate(asked)}
    parts = [dict(list(names.items())[n::_SIDE_BY_SIDE]) for n in range(_SIDE_BY_SIDE)]
    # Before threads begin: Python 3.11 now and then fails to parse in two of them at once.
    laid_out = [
        (_lay_out(lab, part, course, scratch / f"part{number}"), part)
        for number, part in enumerate(part for part in parts if part)
    ]
    with (
        surroundings(lab.manifest.needs, course.root, brokers=lab.manifest.stack.brokers) as around,
        ThreadPoolExecutor(_SIDE_BY_SIDE) as pool,
    ):
        graded = pool.map(lambda one: _grade(lab, one[0], one[1], around), laid_out)
    scores: dict[str, float] = {}
    problem = ""
    for part, trouble in graded:
        scores |= part
        problem = problem or trouble
    findings = []
    for student, trial in names.items():
        assert trial.card is not None
        ours, theirs = trial.card.score, scores.get(student)
        if theirs is None or abs(ours - theirs) > _CLOSE:
            found = "no score" if theirs is None else f"{theirs:g}"
            findings.append(
                Finding(
                    "nbgrader agrees",
                    f"{trial.variant.label}: plain nbgrader gives {found}, we give {ours:g}.",
                    problem or "If only held-out parameters see this error, set hard_codes = true.",
                )
            )
    return findings


def _grade(
    lab: Lab, root: Path, names: dict[str, Trial], around: Surroundings
) -> tuple[dict[str, float], str]:
    """Have nbgrader grade the answers in the course at `root`; return scores and trouble.

    What the lab needs of the machine is around it: nbgrader's own course has no servers. The
    answers share one space there, so a lab's checks name what they make by chance.
    """
    problem = _nbgrader(root, "generate_assignment", lab.manifest.id)
    if not problem:
        seconds = _SECONDS_EACH * len(names)
        with around.for_run() as told:
            problem = _nbgrader(root, "autograde", lab.manifest.id, seconds=seconds, told=told)
    return _scores(root, lab.manifest.id, names), problem


def _once(trial: Trial) -> bool:
    return trial.variant.name != "solution again"


def _lay_out(lab: Lab, names: dict[str, Trial], course: CoursePaths, scratch: Path) -> Path:
    """Make a course folder of nbgrader's own around the lab and the answers."""
    root = scratch / "course"
    shutil.copytree(lab.path, root / "labs" / lab.manifest.id, symlinks=False)
    (root / "modules").mkdir()
    shutil.copy(course.manifest, root / "modules" / course.manifest.name)
    shutil.copy(course.root / "nbgrader_config.py", root)
    for student, trial in names.items():
        folder = root / "submitted" / student / lab.manifest.id
        folder.mkdir(parents=True)
        notebook = nbformat.from_dict(build_notebook_of(lab, trial.variant))
        nbformat.write(notebook, folder / lab.manifest.submit[0])
    return root


def _nbgrader(
    root: Path, command: str, lab: str, seconds: float = 300, told: Mapping[str, str] | None = None
) -> str:
    """Run one nbgrader command; return the last line of its trouble, or nothing.

    `told` are variables that lead to the servers that the lab needs.
    """
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", command, lab],
        cwd=root,
        env={**os.environ, **(told or {}), COURSE_VARIABLE: str(root)},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    lines = done.stderr.strip().splitlines()
    return f"nbgrader {command} said: {lines[-1]}" if done.returncode and lines else ""


def _scores(root: Path, lab: str, names: dict[str, Trial]) -> dict[str, float]:
    scores = {}
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        for student in names:
            try:
                scores[student] = float(book.find_submission(lab, student).score)
            except MissingEntry:
                continue
    return scores
