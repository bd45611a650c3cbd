"""Two graders side by side on one gradebook in Postgres: no row is lost, none is doubled."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cohorts import command, gradebook, hand_in, lab, scorecards

from autograder.contract.lab import Lab
from autograder.recording.addresses import driven

pytestmark = pytest.mark.long
STUDENTS = 8


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    pgserver = pytest.importorskip("pgserver")
    server = pgserver.get_server(tmp_path / "pg", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def test_two_graders_share_a_gradebook_and_some_students(
    tiny: Lab, tiny_course: Path, server: str
) -> None:
    names = hand_in(tiny, tiny_course / "all", STUDENTS)
    parts = {"east": names[: STUDENTS - 2], "west": names[2:]}
    for part, students in parts.items():
        (tiny_course / part).mkdir()
        for student in students:
            (tiny_course / part / student).mkdir()
            source = tiny_course / "all" / student / "tiny"
            for file in (source, *source.iterdir()):
                target = tiny_course / part / file.relative_to(tiny_course / "all")
                target.mkdir() if file.is_dir() else target.write_bytes(file.read_bytes())
    words = ("grade", "tiny", "--due", "2024-05-02", "--workers", "1")
    graders = [
        subprocess.Popen(
            **command(
                tiny_course,
                *words,
                "--submitted",
                part,
                "--output",
                f"{part}-graded",
                "--db-url",
                server,
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for part in parts
    ]
    for grader in graders:
        _, said = grader.communicate(timeout=300)
        assert grader.returncode == 3, said
        assert "Traceback" not in said
    alone = lab(tiny_course, *words, "--submitted", "all", "--output", "alone")
    assert alone.returncode == 3
    both = gradebook(driven(server))
    assert both == gradebook(f"sqlite:///{tiny_course / 'alone' / 'gradebook.db'}")
    assert len(both["submitted_assignment"]) == STUDENTS
    assert set(scorecards(tiny_course / "east-graded")) == set(parts["east"])
    marks = lab(tiny_course, "export", "tiny", "--output", "west-graded")
    assert marks.returncode == 0 and all(name in marks.stdout for name in names)
