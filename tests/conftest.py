"""What tests of several rooms share."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder.contract.lab import Lab, load_lab
from autograder.execution import Confinement, detect_confinement
from autograder.paths import COURSE_VARIABLE

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

SAMPLES = Path(__file__).parent / "samples"
REPOSITORY = Path(__file__).parents[1]
TESTS = Path(__file__).parent
# The built site; the running stack.
SHARE_A_COSTLY_FIXTURE = {"site", "contract"}
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(autouse=True)
def _no_course_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(COURSE_VARIABLE, raising=False)


@pytest.fixture(scope="session")
def confinement() -> Confinement:
    return detect_confinement()


@pytest.fixture
def complete(confinement: Confinement) -> Confinement:
    """Every layer: Linux has them all, so that what lacks one there is to be mended."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux has every layer")
    assert confinement.complete, confinement.missing
    return confinement


@pytest.fixture
def tiny() -> Lab:
    return load_lab(SAMPLES / "labs" / "tiny")


@pytest.fixture
def tiny_course(tmp_path: Path) -> Path:
    """A course folder of one's own around the tiny lab."""
    root = tmp_path / "course"
    shutil.copytree(SAMPLES, root)
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    return root


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "LoadScopeScheduling":
    """Keep what shares a fixture together when several processes share the work."""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::")[0]
            folder = Path(file).parts[1]
            return folder if folder in SHARE_A_COSTLY_FIXTURE else file

    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what cannot run here."""
    # CI installs a browser, so that none is left out there.
    if BROWSER or os.environ.get("CI"):
        return
    skip = pytest.mark.skip(reason="no Chromium here; with apt: apt-get install chromium")
    for item in items:
        if "browser" in item.keywords:
            item.add_marker(skip)
