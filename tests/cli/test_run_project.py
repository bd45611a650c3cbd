"""`lab run` finds the course's projects and hands them what follows their names."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from autograder.cli.app import build_app
from autograder.errors import CourseError
from autograder.paths import COURSE_VARIABLE

PROJECT = """
import sys
from pathlib import Path
print("played with", sys.argv[1:])
if sys.argv[1:2] == ["--data"]:
    from projects.shop.goods import GOODS
    print("sold", GOODS, Path(sys.argv[2]).read_text())
sys.exit(3)
"""


@pytest.fixture
def course(tiny_course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shop = tiny_course / "projects" / "shop"
    shop.mkdir(parents=True)
    (tiny_course / "projects" / "__init__.py").touch()
    (shop / "__main__.py").write_text(PROJECT)
    (shop / "goods.py").write_text("GOODS = 'what the course has'")
    (tiny_course / "projects" / "unfinished").mkdir()
    monkeypatch.setenv(COURSE_VARIABLE, str(tiny_course))
    return tiny_course


def run(*words: str) -> Result:
    return CliRunner().invoke(build_app("run"), ["run", *words])


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_without_a_name_it_tells_which_there_are(course: Path, words: tuple[str, ...]) -> None:
    shown = run(*words)
    assert shown.exit_code == 0
    assert "Projects: shop\n" in shown.output


def test_what_follows_the_name_is_the_projects_own(
    course: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    played = run("shop", "--quick", "--help", "here")
    assert played.exit_code == 3
    assert "played with ['--quick', '--help', 'here']" in capfd.readouterr().out


def test_an_unknown_project_is_told_with_those_that_are_known(course: Path) -> None:
    refused = run("shops")
    assert isinstance(refused.exception, CourseError)
    assert "'shops'" in refused.exception.message and "shop" in refused.exception.mend


def test_paths_are_those_of_the_callers_folder_and_modules_those_of_the_course(
    course: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    elsewhere = tmp_path / "elsewhere"
    # What lies about there under the same names is not taken for the course's.
    (elsewhere / "projects" / "shop").mkdir(parents=True)
    (elsewhere / "projects" / "shop" / "__main__.py").write_text("print('a stranger')")
    (elsewhere / "pathlib.py").write_text("raise RuntimeError('a stranger')")
    (elsewhere / "creditcard.csv").write_text("at noon")
    monkeypatch.chdir(elsewhere)
    played = run("shop", "--data", "creditcard.csv")
    assert played.exit_code == 3
    assert "sold what the course has at noon" in capfd.readouterr().out
