"""A small course for the tests: two parts, three steps, three units, one of them untaught."""

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.paths import CoursePaths

UNITS = """
[[syllabus]]
id = "short"
title = "A short syllabus"
word = "week"
[syllabus.units]
S1 = "First week"
S2 = "Second week"
S3 = "Third week"
"""
COURSE = """
[[track]]
id = "short"
title = "The short route"
summary = "Three weeks."
audience = "Testers"
units = "S1-S3"

[[part]]
id = "late"
title = "Late part"
summary = "Comes second."
[[part]]
id = "early"
title = "Early part"
summary = "Comes last."

[[module]]
id = "01_one"
part = "early"
title = "Module one"
covers = ["S1", "S2"]
lab = "do one thing"
[[module]]
id = "02_two"
part = "late"
title = "Module two"
covers = ["S2"]
lab = "do another"

[[project]]
id = "shop"
title = "A shop"
summary = "Sells things."
[[milestone]]
id = "shop_1_open"
project = "shop"
title = "Open it"
covers = ["S1"]
lab = "open the shop"
"""

Write = Callable[..., CoursePaths]


@pytest.fixture
def course_text() -> str:
    return COURSE


@pytest.fixture
def root() -> Path:
    return Path(__file__).parents[2]


@pytest.fixture
def write_course(tmp_path: Path) -> Write:
    """Return a function that writes the small course, with replacements, into `tmp_path`."""

    def write(*changes: tuple[str, str], files: tuple[str, ...] = ()) -> CoursePaths:
        text = COURSE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / "modules").mkdir(exist_ok=True)
        (tmp_path / "modules/course.toml").write_text(text, encoding="utf-8")
        (tmp_path / "modules/units.toml").write_text(UNITS, encoding="utf-8")
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text("x", encoding="utf-8")
        return CoursePaths(tmp_path)

    return write
