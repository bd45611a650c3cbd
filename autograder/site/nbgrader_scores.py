"""The page of scores that differ from nbgrader's, from the list that the tests prove."""

from autograder.classic.exceptions import KINDS, score_exceptions
from autograder.site.layout import Page, link
from autograder.site.pieces import cell

HERE = "guides/nbgrader-scores.md"
GUIDE = "guides/nbgrader.md"


def nbgrader_scores_page() -> Page:
    """Draw one table for each reason."""
    guide = link("Coming from nbgrader", GUIDE, page=HERE)
    body = [
        "# Where scores differ from nbgrader's",
        "",
        "The notebooks that nbgrader's own tests use, and some that were made up to show a "
        "difference, are graded by `nbgrader autograde` and by `lab grade`. They agree cell by "
        "cell on all that is not on this page; a test compares them and fails on any other "
        f"difference. What it means for your course: {guide}.",
    ]
    for kind, title in KINDS.items():
        found = [exception for exception in score_exceptions() if exception.kind == kind]
        body += ["", f"## {title[0].upper()}{title[1:]}", ""]
        body += ["| Notebook | nbgrader | Here | Why |", "| --- | --- | --- | --- |"]
        body += [
            f"| `{one.notebook}` | {cell(one.nbgrader)} | {cell(one.here)} | {cell(one.reason)} |"
            for one in found
        ]
    return Page(
        HERE,
        "Where scores differ from nbgrader's",
        "\n".join(body),
        "Every notebook that the two graders score differently, with the reason.",
    )
