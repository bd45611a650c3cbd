"""A plain nbgrader course that keeps its gradebook in Postgres finds its scores there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cohorts import lab
from nbgrader.api import Gradebook
from plain_cohort import ASSIGNMENT, NOTEBOOK, RIGHT, hand_in_plain, write_source

from autograder.recording.addresses import driven

pytestmark = pytest.mark.long


@pytest.fixture
def plain_server(tmp_path: Path) -> Iterator[str]:
    pgserver = pytest.importorskip("pgserver")
    server = pgserver.get_server(tmp_path / "pg", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def test_the_courses_own_db_url_is_where_scores_go(tmp_path: Path, plain_server: str) -> None:
    course = tmp_path / "course"
    write_source(course, "assert square(3) == 9")
    hand_in_plain(course, "ada", RIGHT)
    (course / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.db_url = {plain_server!r}\n"
    )
    words = ("grade", ASSIGNMENT, "--course", ".", "--no-decoys")
    done = lab(course, *words)
    assert done.returncode == 0, done.stderr
    assert not (course / "graded" / "gradebook.db").exists()
    with Gradebook(driven(plain_server)) as book:
        assert book.find_grade("test-2", NOTEBOOK, ASSIGNMENT, "ada").auto_score == 1
    # The due date that somebody set there meanwhile is taken over, not lost.
    with Gradebook(driven(plain_server)) as book:
        book.update_or_create_assignment(ASSIGNMENT, duedate="2015-02-02 15:00:00 UTC")
    assert lab(course, *words).returncode == 0
    with Gradebook(driven(plain_server)) as book:
        assert book.find_assignment(ASSIGNMENT).duedate is not None
