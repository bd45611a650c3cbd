"""Every notebook inside the nbgrader package scores as nbgrader itself scores it, or is listed."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from every_fixture import STUDENT, Pairing, lay_out, make_up, pairings

from autograder.classic.assignment import require_plain_assignment
from autograder.classic.cards import needs_a_human
from autograder.classic.cohort import calibrated_decoys
from autograder.classic.exceptions import KINDS, score_exceptions
from autograder.classic.limits import AskedLimits
from autograder.classic.worker import grade_plain_submission
from autograder.errors import CourseError
from autograder.execution import Confinement
from autograder.execution.kernel import KernelLauncher
from autograder.execution.warm.launcher import kernels_for
from autograder.grading.intake import Submission

ALONE = Path(__file__).with_name("nbgrader_alone.py")
# nbgrader bounds no memory, so that this list, which grows for ever, meets the clock there. Here
# it would meet the usual 2,048 MiB first; with what it can take in a cell's seconds it does not.
# Every other notebook is graded with the limits that a course has without asking.
ENDLESS_LIST, ENOUGH_MB = "apps/infinite-loop-with-output", 16_384
# More than any of the notebooks imports: what comes with a fork changes no score.
IMPORTED_AHEAD = ("matplotlib.pyplot", "numpy", "pandas", "scipy", "sklearn.linear_model")
LISTED = {exception.notebook: exception for exception in score_exceptions()}


def test_the_list_of_exceptions_reads_well() -> None:
    assert len(LISTED) == len(score_exceptions())
    for exception in score_exceptions():
        assert exception.kind in KINDS
        assert exception.reason.endswith(".")
        assert exception.nbgrader != exception.here


@pytest.mark.long
def test_nbgraders_own_notebooks_score_as_nbgrader_scores_them(
    tmp_path: Path, confinement: Confinement
) -> None:
    chosen = [*pairings(), *make_up(tmp_path / "made_up")]
    assert len(chosen) > 60
    course = tmp_path / "course"
    course.mkdir()
    lay_out(course, chosen)
    assert ENDLESS_LIST in {pairing.name for pairing in chosen}
    with ThreadPoolExecutor(1) as beside, kernels_for(IMPORTED_AHEAD, confinement) as launcher:
        # nbgrader works in a process of its own, and we meanwhile.
        running = beside.submit(nbgraders, course, chosen)
        own = {p.name: ours(course, p, confinement, launcher) for p in chosen}
        theirs = {p.name: running.result()[p.assignment] for p in chosen}
    differing = {
        name: (told(theirs[name]), told(own[name]))
        for name in own
        if not alike(own[name], theirs[name])
    }
    for name in differing.keys() - LISTED.keys():
        print(f"{name}\n  nbgrader: {theirs[name]}\n  here: {own[name]}")
    listed = {name: (one.nbgrader, one.here) for name, one in LISTED.items()}
    assert {name: both for name, both in differing.items() if name not in listed} == {}
    for name, (nbgrader, here) in listed.items():
        assert differing[name] == (nbgrader, here), name


def nbgraders(course: Path, chosen: list[Pairing]) -> dict[str, Any]:
    """Let nbgrader grade the course; give each graded cell's points and whether a human must."""
    scripts = str(Path(sys.executable).parent)
    done = subprocess.run(
        [sys.executable, str(ALONE), str(course), *[p.assignment for p in chosen]],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": os.pathsep.join([scripts, os.environ["PATH"]])},
        timeout=3000,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ours(
    course: Path, pairing: Pairing, confinement: Confinement, launcher: KernelLauncher
) -> dict[str, Any]:
    folder = course / "submitted" / STUDENT / pairing.assignment
    try:
        assignment = require_plain_assignment(course, pairing.assignment)
        made_up = pairing.name.startswith("made_up/")
        # The made-up sources have stubs alone, on which every decoy fails, as it must.
        decoys = calibrated_decoys(assignment, confinement) if made_up else None
        if pairing.name == ENDLESS_LIST:
            assignment = replace(assignment, asked=AskedLimits(memory_mb=ENOUGH_MB))
        card, _ = grade_plain_submission(
            assignment.plan(decoys),
            Submission(STUDENT, pairing.assignment, folder),
            confinement,
            launcher,
        )
    except CourseError as error:
        return {"refused": str(error)}
    if card.status != "graded":
        return {"refused": card.problem}
    checks = card.checks().values()
    return {
        "forged": any(check.message.startswith("may be forged") for check in checks),
        "most": card.max_score,
        "cells": {
            check.id: [None if waits(check) else check.points, needs_a_human(check)]
            for check in checks
        },
    }


def waits(check: Any) -> bool:
    """Tell whether nobody has given points yet: not so of a doubted test, which has none."""
    return needs_a_human(check) and not check.message.startswith("may be forged")


def alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether both refuse, or give every cell the same."""
    if "refused" in one or "refused" in other:
        return "refused" in one and "refused" in other
    return bool(one["cells"] == other["cells"])


def told(found: dict[str, Any]) -> str:
    """Put an outcome into the words of the list."""
    if "refused" in found:
        return "stops with an error"
    points = [points for points, _ in found["cells"].values()]
    if not found["most"]:
        return "graded; it has no points to give"
    if all(point is None for point in points):
        return "no score, waits for a person"
    words = f"{sum(point or 0 for point in points):g} of {found['most']:g}"
    return f"{words}, may be forged" if found.get("forged") else words
