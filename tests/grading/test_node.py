"""A node grades what it is sent as a grader on the spot does, and refuses another lab."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.contract.lab import Lab
from autograder.grading.fingerprint import lab_digest
from autograder.grading.intake import Submission
from autograder.grading.layout import OutputLayout
from autograder.grading.parcels import pack_submission, unpack_findings
from autograder.scoring import read_scorecard

pytestmark = pytest.mark.slow


def node(lab: Lab, digest: str, *parcels: dict[str, Any]) -> list[dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder.grading.node", str(lab.path), digest, "2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    answers = [json.loads(process.stdout.readline())]
    for number, parcel in enumerate(parcels):
        process.stdin.write(json.dumps({**parcel, "id": number}) + "\n")
        process.stdin.flush()
    answers += [json.loads(process.stdout.readline()) for _ in parcels]
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    return answers


def test_findings_come_back_as_they_would_be_written(tiny: Lab, tmp_path: Path) -> None:
    parcels = []
    for student, content in (("ada", nbformat.writes(tiny.solution)), ("bob", "{")):
        folder = tmp_path / "submitted" / student / "tiny"
        folder.mkdir(parents=True)
        (folder / "lab.ipynb").write_text(content)
        (folder / "timestamp.txt").write_text("2024-05-01 12:00:00.0 UTC")
        parcels.append(pack_submission(Submission(student, "tiny", folder), "lab.ipynb", student))
    ready, *answers = node(tiny, lab_digest(tiny.path), *parcels)
    assert ready["ready"] and "missing" in ready
    layout = OutputLayout(tmp_path / "out")
    for answer in answers:
        unpack_findings(answer, layout, ("ada", "bob")[answer["id"]], "tiny")
    ada, bob = (read_scorecard(layout.scorecard(name, "tiny")) for name in ("ada", "bob"))
    assert (ada.score, ada.fingerprint) == (5, "ada")
    assert str(ada.submitted_at) == "2024-05-01 12:00:00+00:00"
    assert (bob.status, bob.fingerprint) == ("rejected", "bob")
    assert layout.executed("ada", "tiny").is_file()
    assert not layout.executed("bob", "tiny").exists()


def test_another_state_of_the_lab_is_refused(tiny: Lab) -> None:
    (refusal,) = node(tiny, "another")
    assert "differs from the leader's" in refusal["mistake"] and refusal["mend"]
