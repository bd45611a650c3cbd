"""The sample lab, and copies of it to break."""

import shutil
from pathlib import Path

import pytest

from autograder.contract.lab import Lab, load_lab

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture
def tiny() -> Lab:
    return load_lab(SAMPLES / "labs" / "tiny")


@pytest.fixture
def tiny_copy(tmp_path: Path) -> Path:
    """A course of its own that may be changed; the path is its lab's."""
    shutil.copytree(SAMPLES, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "course" / "labs" / "tiny"
