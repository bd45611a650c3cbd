"""A learner's loop in a real JupyterLab: answer, run, check, take a hint, check again."""

from pathlib import Path

import pytest
from notebook_page import PATIENCE_MS, NotebookPage
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEEPS_ALL = "def clean(values):\n    return list(values)\n"
RIGHT = "def clean(values):\n    return [value for value in values if value >= 0]\n"
IDLE = "not attempted yet - that is not wrong"


def test_a_learner_answers_a_task_in_jupyterlab(
    jupyterlab: str, started_lab: Path, page: Page
) -> None:
    notebook = NotebookPage(page, jupyterlab, started_lab, "tiny/lab.ipynb")

    # An untouched lab runs to the end of its tasks, and none of them is called wrong.
    for cell in ("parameters", "setup", "clean-answer"):
        notebook.run(cell)
    expect(notebook.run("clean")).to_contain_text(IDLE)
    expect(notebook.run("report-answer")).to_contain_text("NotImplementedError")
    expect(notebook.run("report")).to_contain_text(IDLE)
    for task in ("clean", "report"):
        expect(notebook.output(task)).to_contain_text(f"A nudge: %hint {task}")
        expect(notebook.output(task)).not_to_contain_text("Error")

    # A wrong answer: what it gave, what was due, where to look next.
    notebook.write("clean-answer", KEEPS_ALL)
    notebook.run("clean-answer")
    wrong = notebook.run("clean")
    expect(wrong).to_contain_text("✗")
    expect(wrong).to_contain_text(
        "clean([5, -2, 1, -7]) has 4 items, where 2 are due; "
        "the first difference: [1] is -2, where 1 is due"
    )
    expect(wrong).to_contain_text("A nudge: %hint clean")
    expect(wrong).not_to_contain_text(IDLE)

    # A wrong kind of value.
    notebook.write("report-answer", "report = 3.5")
    notebook.run("report-answer")
    expect(notebook.run("report")).to_contain_text("report is 3.5 (a float), where a dict is due")

    # Hints, the first and then the next.
    notebook.write("clean-play", "%hint clean")
    hint = notebook.run("clean-play")
    expect(hint).to_contain_text("Hint 1 of 3 for clean")
    expect(hint).to_contain_text("Which readings can a working sensor not send?")
    expect(notebook.run("clean-play")).to_contain_text("Zero is a reading like any other.")

    # The right answer.
    notebook.write("clean-answer", RIGHT)
    notebook.run("clean-answer")
    right = notebook.run("clean")
    expect(right).to_contain_text("✓")
    expect(right).to_contain_text("Passed. The grader also tries other values and parameters.")
    expect(right).not_to_contain_text("✗")

    # Saved, it is what the terminal's commands and the grader read.
    notebook.save()
    saved = (started_lab / "tiny" / "lab.ipynb").read_text()
    assert "value >= 0" in saved
    assert "Passed. The grader" in saved


def test_run_all_and_nbgraders_validate_tell_what_is_not_right(
    jupyterlab: str, started_lab: Path, page: Page
) -> None:
    notebook = NotebookPage(page, jupyterlab, started_lab, "tiny/lab.ipynb")
    notebook.write("clean-answer", KEEPS_ALL)
    notebook.write("report-answer", 'report = {"kept": 1, "mean": 2.0}')
    notebook.run_all()
    expect(notebook.output("clean")).to_contain_text("where 2 are due")
    expect(notebook.output("report")).to_contain_text("Passed.")

    notebook.save()
    page.get_by_role("button", name="Validate").click()
    result = page.locator(".jp-Dialog", has_text="Validation Results")
    expect(result).to_contain_text("✗ drops what is below zero", timeout=PATIENCE_MS)
    expect(result).not_to_contain_text("%check report")
