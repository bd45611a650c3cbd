"""A lab that needs a server: started when it is missing, reached alone, cleared up after."""

import os
import re
import socket
from pathlib import Path

import nbformat
import pytest
import redis as redis_client
from stack_ports import free_offset

from autograder.contract.lab import Lab, load_lab
from autograder.execution import Confinement
from autograder.grading.cohort import grade_cohort
from autograder.grading.intake import find_submissions
from infra.settings import Settings, load_settings
from infra.stack.stack import Stack

pytestmark = pytest.mark.long
ANSWER = """
import redis
from infra.run_space.space import in_space
from infra.settings import load_settings

store = redis.Redis(**load_settings().redis.client_options())
store.incr(in_space("visits", ":"))
visits = int(store.get(in_space("visits", ":")))


def beyond():
    import socket

    try:
        socket.create_connection(("127.0.0.1", {closed}), timeout=5).close()
        return "reached"
    except OSError as error:
        return type(error).__name__
"""
CHECKS = '''
"""Checks beside a server."""

import redis
from infra.settings.exporting import settings_told

from autograder.checks import Run, check, expect


@check("clean", points=3)
def each_run_counts_for_itself(run: Run) -> None:
    expect(run.value("visits"), "visits").to_equal(1)
    space = run.variables["LAB_SPACE"]
    with redis.Redis(**settings_told(run.variables).redis.client_options()) as client:
        expect(int(client.get(f"{space}:visits") or 0), "the key on the server").to_equal(1)


@check("report", points=2)
def reaches_nothing_else(run: Run) -> None:
    expect(run.call("beyond"), "another port").to_equal("ConnectionRefusedError")
'''


@pytest.fixture
def course(tiny_course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("LAB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LAB_PORT_OFFSET", str(free_offset()))
    return tiny_course


def needing_redis(course: Path, closed: int) -> Lab:
    folder = course / "labs" / "tiny"
    manifest = folder / "lab.toml"
    text = manifest.read_text().replace(
        'give = ["readings.py"]',
        'give = []\nneeds = ["redis"]\npreload = ["redis", "infra.run_space.space"]',
    )
    text = text.replace("cell_seconds = 5", "cell_seconds = 25")
    manifest.write_text(re.sub(r"needs_tasks = .*\n", "", text))
    (folder / "checks.py").write_text(CHECKS)
    (folder / "hidden_checks.py").write_text('"""None."""\n')
    notebook = nbformat.read(folder / "lab.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "setup":
            cell.source = "%load_ext autograder"
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "clean-answer":
            cell.source = ANSWER.format(closed=closed)
    notebook.cells = [cell for cell in notebook.cells if cell.source != "readings(seed)[:5]"]
    nbformat.write(notebook, folder / "lab.ipynb")
    return load_lab(folder)


def keys(settings: Settings) -> list[bytes]:
    with redis_client.Redis(**settings.redis.client_options()) as client:
        return sorted(client.scan_iter(match="run*"))


def test_runs_side_by_side_on_one_server(
    course: Path, confinement: Confinement, tmp_path: Path
) -> None:
    home = course / ".state" / "stack"
    try:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            lab = needing_redis(course, listening.getsockname()[1])
            for number in range(4):
                folder = tmp_path / "submitted" / f"s{number}" / "tiny"
                folder.mkdir(parents=True)
                nbformat.write(lab.solution, folder / "lab.ipynb")
            found = find_submissions(tmp_path / "submitted", "tiny")
            done = list(
                grade_cohort(lab, found, tmp_path / "graded", confinement=confinement, workers=2)
            )
        cards = [graded.card for graded in done]
        problems = [[c.message for c in card.checks().values()] for card in cards]
        assert [card.score for card in cards] == [5.0] * 4, problems
        port = load_settings(home).redis.port
        assert all(f"no network but ports {port}" in card.layers for card in cards)
        assert keys(load_settings(home)) == []
    finally:
        Stack(home).wipe()
