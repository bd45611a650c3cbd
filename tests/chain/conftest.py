"""A course with a small project of three milestones, whose labs are still to be written."""

import shutil
from functools import partial
from pathlib import Path

import pytest
from shop_labs import STONE, STONES, WriteLab, write_lab

from autograder.paths import CoursePaths

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture
def shop(tmp_path: Path) -> CoursePaths:
    root = tmp_path / "course"
    shutil.copytree(SAMPLES / "modules", root / "modules")
    manifest = root / "modules" / "course.toml"
    project = '\n[[project]]\nid = "shop"\ntitle = "Shop"\nsummary = "A shop in stages."\n'
    manifest.write_text(manifest.read_text() + project + "".join(map(STONE.format, STONES)))
    (root / "pyproject.toml").write_text(
        '[tool.ruff]\nline-length = 100\nlint.select = ["E", "F", "I", "B"]\n'
    )
    return CoursePaths(root)


@pytest.fixture(name="write_lab")
def _write_lab(shop: CoursePaths) -> WriteLab:
    return partial(write_lab, shop.labs)
