"""A disk that fills up while a cohort is graded: said, nothing half-written, nothing lost."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cohorts import gradebook, hand_in, lab, scorecards

from autograder.contract.lab import Lab

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        os.geteuid() != 0 or sys.platform != "linux", reason="mounting a small disk takes root"
    ),
]

STUDENTS = 6
WORDS = ("grade", "tiny", "--workers", "2", "--due", "2024-05-02", "--output")
GRADED_BUT_SOME = 3  # two submissions cannot be graded
# Of what an undisturbed cohort takes; the gradebook alone is most of it.
SHARES = (0.1, 0.3, 0.6, 0.85)


def sized(disk: Path, size: int, *more: str) -> bool:
    """Tell whether a file system of `size` bytes could be mounted at `disk`."""
    how = ",".join([*more, f"size={size}"])
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", how, "lab-test", str(disk)], capture_output=True, check=False
    )
    return made.returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    if shutil.which("mount") is None:
        pytest.skip("there is no mount here")
    found = tmp_path / "disk"
    found.mkdir()
    if not sized(found, 1 << 20):
        pytest.skip("this system lets no disk be mounted")
    subprocess.run(["umount", found], check=True)
    return found


def test_the_cohort_ends_as_if_undisturbed_once_there_is_room(
    tiny: Lab, tiny_course: Path, disk: Path
) -> None:
    hand_in(tiny, tiny_course / "submitted", STUDENTS)
    calm = tiny_course / "calm"
    assert lab(tiny_course, *WORDS, str(calm)).returncode == GRADED_BUT_SOME
    whole = found(calm)
    taken = sum(path.stat().st_blocks * 512 for path in calm.rglob("*") if path.is_file())
    stood = []
    for share in SHARES:
        assert sized(disk, int(taken * share))
        try:
            short = lab(tiny_course, *WORDS, str(disk))
            said = short.stdout + short.stderr
            assert "Traceback" not in said
            assert short.returncode == 2, said
            assert "space" in said or "full" in said, said
            stood.append(len(scorecards(disk)))  # each can be read
            assert sized(disk, 64 << 20, "remount")
            last = lab(tiny_course, *WORDS, str(disk))
            assert last.returncode == GRADED_BUT_SOME, last.stderr
            assert found(disk) == whole, share
            assert not list(disk.rglob(".unfinished-*"))
        finally:
            subprocess.run(["umount", disk], check=True)
    assert stood[0] == 0 and len(set(stood)) > 1, stood


def found(graded: Path) -> tuple[object, dict[str, list[str]]]:
    return scorecards(graded), gradebook(f"sqlite:///{graded / 'gradebook.db'}")
