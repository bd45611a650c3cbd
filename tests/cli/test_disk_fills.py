"""A disk that fills up while a cohort is graded: said, nothing half-written, nothing lost."""

from pathlib import Path

import pytest
from cohorts import gradebook, hand_in, lab, scorecards
from small_disks import enlarge, small_disk

from autograder.contract.lab import Lab

pytestmark = pytest.mark.long
STUDENTS = 6
WORDS = ("grade", "tiny", "--workers", "2", "--due", "2024-05-02", "--output")
GRADED_BUT_SOME = 3  # two submissions cannot be graded
# Of what an undisturbed cohort takes: from an empty gradebook on to the last scorecard.
SHARES = (0.1, 0.3, 0.6, 0.85)


def test_the_cohort_ends_as_if_undisturbed_once_there_is_room(
    tiny: Lab, tiny_course: Path, tmp_path: Path
) -> None:
    hand_in(tiny, tiny_course / "submitted", STUDENTS)
    calm = tiny_course / "calm"
    assert lab(tiny_course, *WORDS, str(calm)).returncode == GRADED_BUT_SOME
    whole = found(calm)
    taken = sum(path.stat().st_blocks * 512 for path in calm.rglob("*") if path.is_file())
    stood = []
    for share in SHARES:
        with small_disk(tmp_path / "disk", int(taken * share)) as disk:
            short = lab(tiny_course, *WORDS, str(disk))
            said = short.stdout + short.stderr
            assert "Traceback" not in said
            assert short.returncode == 2, said
            assert "space" in said or "full" in said, said
            stood.append(len(scorecards(disk)))  # each can be read
            enlarge(disk, 64 << 20)
            last = lab(tiny_course, *WORDS, str(disk))
            assert last.returncode == GRADED_BUT_SOME, last.stderr
            assert found(disk) == whole, share
            assert not list(disk.rglob(".unfinished-*"))
    assert stood[0] == 0 and len(set(stood)) > 1, stood


def found(graded: Path) -> tuple[object, dict[str, list[str]]]:
    return scorecards(graded), gradebook(f"sqlite:///{graded / 'gradebook.db'}")
