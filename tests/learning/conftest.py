"""A small course to learn in."""

from pathlib import Path

import pytest
from small_course import make_course

from autograder.paths import CoursePaths


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CoursePaths:
    paths = make_course(tmp_path / "course")
    for name in ("LAB_COURSE", "LAB_STUDENT", "JUPYTERHUB_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(paths.root)
    return paths
