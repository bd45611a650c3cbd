import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import chain_steps
import pandas as pd
import pytest

from autograder.chain.giving import renew_given
from autograder.chain.leaving import left_by
from autograder.contract.conventions import PROOF
from autograder.contract.manifest import load_manifest
from autograder.course.loading import load_course
from autograder.paths import CoursePaths
from projects.fraud.scenarios import FraudConfig
from projects.fraud.simulation import SimulationConfig, simulate

ROOT = Path(__file__).parents[3]
SMALL = SimulationConfig(
    customers=150,
    terminals=400,
    days=50,
    radius=8,
    fraud=FraudConfig(terminals_per_day=0.5, cards_per_day=0.5),
)


@pytest.fixture(scope="session")
def small_config() -> SimulationConfig:
    return SMALL


@pytest.fixture(scope="session")
def small_world() -> pd.DataFrame:
    return simulate(SMALL, 5)


@pytest.fixture(scope="session")
def quiet_world() -> pd.DataFrame:
    quiet = FraudConfig(amount_limit=float("inf"), terminals_per_day=0, cards_per_day=0)
    return simulate(replace(SMALL, fraud=quiet), 5)


@pytest.fixture(scope="session")
def labs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Copy the milestones that leave a module, in order, with what earlier ones leave."""
    course = CoursePaths(tmp_path_factory.mktemp("course"))
    course.modules.mkdir()
    for name in ("course.toml", "units.toml"):
        shutil.copy(ROOT / "modules" / name, course.modules)
    shutil.copy(ROOT / "pyproject.toml", course.root)
    found = []
    for stone in load_course(CoursePaths(ROOT)).milestones_of("fraud"):
        if not (ROOT / "labs" / stone.id).is_dir():
            continue
        ignored = shutil.ignore_patterns("__pycache__", PROOF)
        folder = Path(
            shutil.copytree(ROOT / "labs" / stone.id, course.labs / stone.id, ignore=ignored)
        )
        manifest, draft = folder / "lab.toml", folder / "lab.toml.draft"
        if draft.is_file():
            draft.replace(manifest)
        renew_given(course, folder)
        if load_manifest(manifest).leaves is not None:
            found.append(folder)
    return found


@pytest.fixture(scope="session")
def played(labs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Play all steps in a process that knows the modules alone, and give their figures."""
    folder = tmp_path_factory.mktemp("system")
    for lab in labs:
        for left in left_by(lab):
            assert not (folder / left.name).exists(), f"two milestones leave {left.name}"
            (folder / left.name).write_text(left.text)
    done = subprocess.run(
        [sys.executable, chain_steps.__file__],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
