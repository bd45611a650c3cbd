"""What the checks prepare is worked out once while a lab is watched, and anew when it changes."""

import shutil
from pathlib import Path

import nbformat

from autograder.contract.lab import load_lab
from autograder.execution import detect_confinement
from autograder.learning.check import check_work
from autograder.learning.places import Place

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
COUNTED = """
from pathlib import Path

from autograder.checks import prepared


def numbers(log):
    with Path(log).open("a") as file:
        file.write("worked out\\n")
    return [5, -2, 1, -7]


numbers = prepared(numbers)
"""


def test_once_for_a_lab_as_it_stands(tmp_path: Path) -> None:
    folder, log = tmp_path / "labs" / "tiny", tmp_path / "log"
    shutil.copytree(SAMPLES / "labs" / "tiny", folder)
    checks = (folder / "checks.py").read_text()
    asked = checks.replace(
        'run.call("clean", [5, -2, 1, -7])', f'run.call("clean", numbers("{log}"))'
    )
    assert asked != checks
    (folder / "checks.py").write_text(asked.replace("\n\n\n@check", f"\n{COUNTED}\n\n@check", 1))
    place = Place("tiny", tmp_path / "work")
    place.folder.mkdir()

    def check(prepared: Path | None) -> int:
        lab = load_lab(folder)
        nbformat.write(lab.solution, place.notebook)
        card = check_work(
            lab, place, confinement=detect_confinement(wanted=False), prepared=prepared
        )
        assert all(task.verdict == "passed" for task in card.tasks), card.tasks
        return len(log.read_text().splitlines())

    kept = tmp_path / "prepared"
    assert [check(kept), check(kept)] == [1, 1]
    (folder / "checks.py").write_text((folder / "checks.py").read_text() + "\n# changed\n")
    assert check(kept) == 2
    assert check(None) == 3
