"""A browser, and a learner's JupyterLab in it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_serving import BIN, free_port, own_environment, run_lab, serving
from playwright.sync_api import Browser, Page, expect, sync_playwright

from autograder.contract.lab import load_lab
from autograder.contract.mutants import apply_mutant, load_mutants

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Closed with its module: Playwright's loop keeps others in this process from starting.
    found = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    assert found, "no Chromium is here; with apt: apt-get install chromium"
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    yield context.new_page()
    context.close()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return own_environment(tmp_path / "home")


@pytest.fixture
def started_lab(tiny_course: Path, environment: dict[str, str]) -> Path:
    """Start the tiny lab as a learner does; return the folder of work."""
    run_lab("start", "tiny", course=tiny_course, environment=environment)
    return tiny_course / "work"


@pytest.fixture
def jupyterlab(started_lab: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """Serve the learner's work as `make lab` does, without a token; give its address."""
    port = free_port()
    command = [str(BIN / "jupyter"), "lab", "--notebook-dir=work", "--no-browser", f"--port={port}"]
    command += ["--allow-root"] if os.geteuid() == 0 else []
    log = tmp_path / "jupyterlab.log"
    with serving(
        command, port=port, folder=started_lab.parent, environment=environment, log=log
    ) as address:
        yield address


@pytest.fixture
def graded_course(tiny_course: Path, environment: dict[str, str]) -> Path:
    """Grade a right, a wrong and an untouched submission for the tiny lab."""
    lab = load_lab(tiny_course / "labs" / "tiny")
    wrong = next(m for m in load_mutants(lab).mutants if m.name == "keeps_everything")
    answers = {"ann": lab.solution, "bob": apply_mutant(lab, wrong), "eve": lab.starter}
    for student, notebook in answers.items():
        path = tiny_course / "submitted" / student / "tiny" / "lab.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    run_lab("grade", "tiny", course=tiny_course, environment=environment)
    return tiny_course


@pytest.fixture
def formgrader(graded_course: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """Serve the graded cohort in nbgrader's formgrader; return its address."""
    port = free_port()
    command = [str(BIN / "lab"), "formgrader", "--no-browser", f"--port={port}"]
    command += ["--output", "graded"]
    log = tmp_path / "formgrader.log"
    with serving(
        command, port=port, folder=graded_course, environment=environment, log=log
    ) as address:
        yield address
