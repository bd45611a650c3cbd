"""Several graders write into one gradebook in a real Postgres, and nothing is lost or doubled."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from small_course import LAB, make_lab
from sqlalchemy import create_engine, text
from test_gradebook import card

from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.recording import opened, writing
from autograder.recording.addresses import driven, shown

pytestmark = pytest.mark.slow

_STUDENTS = 6
_WRITER = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[5:]
from test_gradebook import card
from autograder.contract.lab import load_lab
from autograder.recording import writing
lab, url, points = load_lab(Path(sys.argv[1])), sys.argv[2], float(sys.argv[3])
with writing(url) as book:
    book.ensure_assignment(lab)
    for number in range(int(sys.argv[4])):
        book.record(lab, card(f"s{number}", double=points))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pgserver = pytest.importorskip("pgserver")
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def url(server: str, request: pytest.FixtureRequest) -> str:
    name = request.node.name.split("[")[0][-40:]
    engine = create_engine(driven(server), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path / "labs")


def test_two_graders_begin_on_an_empty_database_and_write_the_same_students(
    url: str, lab: Lab
) -> None:
    here = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "learning")]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(lab.path), url, points, str(_STUDENTS), *here],
            stderr=subprocess.PIPE,
            text=True,
        )
        for points in ("1", "2")
    ]
    for writer in writers:
        assert writer.communicate(timeout=120)[1] == ""
        assert writer.returncode == 0
    with Gradebook(driven(url)) as book:
        found = {s.student_id: s.score for s in book.assignment_submissions(LAB)}
        assert set(found) == {f"s{number}" for number in range(_STUDENTS)}
        assert set(found.values()) <= {1.0, 2.0}
        assert len(book.submission_dicts(LAB)) == _STUDENTS
    with opened(url) as again:
        assert len(again.students) == _STUDENTS


def test_another_writers_turn_is_waited_for_and_told(url: str, lab: Lab) -> None:
    with writing(url) as first, writing(url, lock_seconds=0.2) as second:
        first.ensure_assignment(lab)
        with first.turn(), pytest.raises(CourseError, match="Another grading run") as told:
            second.record(lab, card())
        assert "postgres" in told.value.message and told.value.mend
        second.record(lab, card())
        second.book.find_grade("double", "lab", LAB, "ann").manual_score = 2.5
        second.book.db.commit()
        first.record(lab, card(double=3.0))
        row = first.book.find_grade("double", "lab", LAB, "ann")
        assert (row.auto_score, row.manual_score, row.needs_manual_grade) == (3.0, 2.5, True)


def test_a_dead_graders_turn_is_over(url: str, lab: Lab) -> None:
    code = (
        "import os, sys\nfrom autograder.recording import writing\n"
        "with writing(sys.argv[1]) as book, book.turn():\n os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, url], check=False, timeout=60)
    with writing(url, lock_seconds=5) as book:
        book.ensure_assignment(lab)
        book.record(lab, card())


def test_a_server_that_is_away_and_a_missing_driver_are_told(lab: Lab) -> None:
    with (
        pytest.raises(CourseError, match="answered with an error") as told,
        writing("postgresql://ann:secret@/grades?host=/nowhere"),
    ):
        pass
    assert "secret" not in str(told.value)
    with (
        pytest.raises(CourseError, match="needs the package psycopg2"),
        writing("postgresql+psycopg2://ann@/grades"),
    ):
        pass
    assert shown("postgresql://ann:secret@host/grades") == "postgresql://ann:***@host/grades"
