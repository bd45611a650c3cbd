"""Nothing outlives a grader that is ended or killed, and nothing graded is lost."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from cohorts import command, family, hand_in, lab, scorecards

from autograder.contract.lab import Lab

pytestmark = pytest.mark.slow
STUDENTS = 7


@pytest.fixture(autouse=True)
def _interrupts_arrive() -> Iterator[None]:
    """Whoever runs tests in a shell's background has interrupts ignored, by every child too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files with a short name, since sockets lie below it."""
    folder = Path(tempfile.mkdtemp(prefix="k", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (signal.SIGTERM, 143),
        pytest.param(signal.SIGINT, 130, marks=pytest.mark.long),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, marks=pytest.mark.long),
    ],
)
def test_workers_and_warm_kernels_end_with_their_leader(
    how: signal.Signals, code: int, tiny: Lab, tiny_course: Path, temporary: Path
) -> None:
    hand_in(tiny, tiny_course / "submitted", STUDENTS)
    words = ("grade", "tiny", "--workers", "2", "--json")
    leader = subprocess.Popen(
        **command(tiny_course, *words, temporary=temporary),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert leader.stdout is not None
    while '"event": "done"' not in leader.stdout.readline():
        assert leader.poll() is None, leader.communicate()
    born: set[psutil.Process] = set()
    until = time.monotonic() + 0.4
    while time.monotonic() < until:
        born |= set(family(leader.pid))
    assert len(born) > 3
    os.kill(leader.pid, how)
    _, said = leader.communicate(timeout=30)
    assert leader.returncode == code, said
    if how != signal.SIGKILL:  # a worker that is just being started may say that its leader died
        assert "Traceback" not in said
        assert "Interrupted" in said
        assert not list(temporary.glob("lab-run_*"))
    _, alive = psutil.wait_procs(born, timeout=5)
    assert not alive, [process.cmdline()[:3] for process in alive]
    # What crashes as all ends is tried again.
    cards = scorecards(tiny_course / "graded")
    kept = {student for student, card in cards.items() if card["status"] != "crashed"}
    assert 0 < len(kept) < STUDENTS
    again = lab(tiny_course, "grade", "tiny", "--json", temporary=temporary)
    assert again.stdout.count('"fresh": true') == STUDENTS - len(kept)
    assert len(scorecards(tiny_course / "graded")) == STUDENTS
    assert not list(temporary.glob("lab-run_*"))
    assert not list((tiny_course / "graded").rglob(".unfinished-*"))
