"""A human grader's work in nbgrader's formgrader: look, mark by hand, and grade again."""

from collections.abc import Callable
from pathlib import Path

import pytest
from jupyter_serving import run_lab
from playwright.sync_api import Locator, Page, Response, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COMMENT = "A fine loop; only the condition is missing."


@pytest.fixture
def formgrader_page(page: Page, formgrader: str) -> Page:
    """Open a page that reaches nothing but formgrader: nbgrader asks a far server for MathJax."""

    def here_alone(route: Route) -> None:
        if route.request.url.startswith(formgrader):
            route.continue_()
        else:
            route.abort()

    page.set_default_timeout(60_000)
    page.route("**/*", here_alone)
    return page


def test_manual_marks_are_given_in_formgrader_and_outlive_a_regrade(
    formgrader: str,
    formgrader_page: Page,
    graded_course: Path,
    environment: dict[str, str],
) -> None:
    page = formgrader_page

    # It opens at the gradebook, which knows the lab.
    page.goto(formgrader)
    expect(page.locator("tr", has_text="tiny")).to_contain_text("/ 5")
    page.get_by_role("link", name="tiny").click()
    page.get_by_role("link", name="lab", exact=True).click()
    expect(page.get_by_role("link", name="Submission #")).to_have_count(3)

    # Each task of a submission has a box for points, with what the grader found beneath.
    open_submission(page, formgrader, "bob")
    clean, report = grade_cell(page, "clean"), grade_cell(page, "report")
    expect(points(clean)).to_have_attribute("placeholder", "0")
    expect(points(report)).to_have_attribute("placeholder", "1")
    expect(verdict(clean)).to_contain_text("0 of 3 points, failed")
    expect(verdict(clean)).to_contain_text("clean([5, -2, 1, -7]) has 4 items, where 2 are due")
    expect(verdict(clean)).to_contain_text("Can a working sensor read nothing at all?")
    expect(verdict(report)).to_contain_text("1 of 2 points, failed")
    expect(page.locator("body")).not_to_contain_text("zero_is_a_reading")  # a hidden check's name

    # A human gives points and a comment.
    with page.expect_response(saved("grade")):
        points(clean).fill("1.5")
        points(clean).press("Tab")
    with page.expect_response(saved("comment")):
        comment(page).fill(COMMENT)
        comment(page).press("Tab")

    # Both are still there after grading anew, and reach the learner's feedback.
    run_lab("regrade", "tiny", course=graded_course, environment=environment)
    open_submission(page, formgrader, "bob")
    expect(points(grade_cell(page, "clean"))).to_have_value("1.5")
    expect(points(grade_cell(page, "report"))).to_have_value("")
    expect(comment(page)).to_have_value(COMMENT)
    page.goto(f"{formgrader}/formgrader/manage_students/bob")
    expect(page.locator("tr", has_text="tiny")).to_contain_text("2.5 / 5")
    feedback = graded_course / "graded" / "feedback" / "bob" / "tiny" / "lab.html"
    page.unroute_all()
    page.goto(feedback.as_uri())
    expect(page.locator("body")).to_contain_text(COMMENT)
    expect(page.locator("body")).to_contain_text("2.5")


def open_submission(page: Page, address: str, student: str) -> None:
    """Open a student's submission where it is marked."""
    page.goto(f"{address}/formgrader/manage_students/{student}/tiny")
    page.get_by_role("link", name="lab", exact=True).click()
    # The values come after the page, from formgrader's interface.
    page.wait_for_load_state("networkidle")


def grade_cell(page: Page, task: str) -> Locator:
    """Find the panel with the points of a task."""
    return page.locator(".nbgrader_cell", has=page.locator(f"input.score#{task}"))


def points(cell: Locator) -> Locator:
    return cell.locator("input.score")


def verdict(cell: Locator) -> Locator:
    """Find the output that stands below a grade cell."""
    return cell.locator("xpath=following::pre[1]")


def comment(page: Page) -> Locator:
    """Find where the first answer is commented on."""
    return page.locator("textarea.comment").first


def saved(kind: str) -> Callable[[Response], bool]:
    """Tell whether a response says that a mark was saved."""
    return lambda answer: (
        f"/formgrader/api/{kind}/" in answer.url and answer.request.method == "PUT" and answer.ok
    )
