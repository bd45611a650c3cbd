"""Feedback pages: complete for the learner, closed to scripts, silent on what is hidden."""

import base64
from html.parser import HTMLParser

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.feedback import feedback_page, write_feedback
from autograder.feedback.markup import inert_html
from autograder.recording.marks import Marks
from autograder.scoring import CheckScore, RunRecord, Scorecard, TaskScore

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()
ATTACKS = (
    "<script>attack()</script>",
    '"><img src=x onerror=attack()>',
    "<svg onload=attack()><script>attack()</script></svg>",
    '<a href="javascript:attack()">x</a>',
    '<iframe srcdoc="<script>attack()</script>"></iframe>',
    "</style></title></textarea><script>attack()</script>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=attack()>",
    '<img src="http://attack.example/x.png"><link rel=stylesheet href=//attack.example>',
    '<meta http-equiv="refresh" content="0;url=http://attack.example">',
    "<form action=http://attack.example><button>go</button></form>",
    "{{ 7 * 7 }}{% for x in y %}",
)


class Acts(HTMLParser):
    """Collect whatever on a page could run or be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "link", "form", "base", "svg", "math"):
            self.found.append(tag)
        for name, value in attrs:
            target = (value or "").strip().lower()
            if name.startswith("on") or name in ("srcdoc", "formaction"):
                self.found.append(f"{tag}@{name}")
            if name == "src" and not target.startswith("data:image/"):
                self.found.append(f"{tag}@src={target}")
            if name == "href" and not target.startswith(("#", "http:", "https:")):
                self.found.append(f"{tag}@href={target}")
            if (name, target) == ("http-equiv", "refresh"):
                self.found.append("refresh")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def acts(html: str) -> Acts:
    parser = Acts()
    parser.feed(html)
    return parser


def check(name: str, **changes: object) -> CheckScore:
    fields = {
        "id": f"mean.{name}",
        "verdict": "failed",
        "points": 0.0,
        "max_points": 1.0,
        "hidden": False,
    }
    return CheckScore(**(fields | changes))


def card(*checks: CheckScore, student: str = "ann", **changes: object) -> Scorecard:
    task = TaskScore(
        id="mean", title="The mean", verdict="failed", points=1, max_points=4, checks=checks
    )
    fields = {
        "student": student,
        "lab": "tiny",
        "status": "graded",
        "score": 1,
        "max_score": 4,
        "tasks": (task,),
    }
    return Scorecard(**(fields | changes))


def notebook(attack: str) -> nbformat.NotebookNode:
    output = nbformat.v4.new_output
    kinds = ("text/html", "text/plain", "text/markdown", "image/svg+xml", "text/latex")
    outputs = [output("display_data", data={kind: attack}) for kind in kinds]
    outputs += [
        output("display_data", data={"application/javascript": attack, "text/x-odd": attack}),
        output("display_data", data={"image/png": attack}),
        output(
            "display_data", data={"text/html": attack}, metadata={"text/html": {"isolated": True}}
        ),
        output("stream", text=attack),
        output("error", ename=attack, evalue=attack, traceback=[attack]),
    ]
    outputs[0]["metadata"] = {"filenames": {"image/png": attack}}
    made = nbformat.v4.new_notebook(metadata={"title": attack, "widgets": {attack: attack}})
    made.cells = [
        nbformat.v4.new_markdown_cell(attack, metadata={"nbgrader": {"grade_id": attack}}),
        nbformat.v4.new_code_cell(attack, outputs=outputs, metadata={"tags": [attack]}),
        nbformat.v4.new_raw_cell(attack, metadata={"raw_mimetype": "text/html"}),
    ]
    made.cells[1]["metadata"]["nbgrader"] = {"grade": True, "grade_id": attack, "points": attack}
    return made


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_a_learner_writes_runs_or_is_fetched(attack: str) -> None:
    seen = check("small", message=attack, feedback=attack)
    page = feedback_page(
        card(seen, student=attack, lab=attack, notes=(attack,)),
        notebook(attack),
        Marks(points={"mean": 1.0}, comments={"mean": attack}),
    )
    assert acts(page).found == []
    assert "default-src 'none'" in page


@given(st.text(alphabet="<>/=\"' scriptonload&;-!x", max_size=60))
@settings(max_examples=150, deadline=None)
def test_cleaned_html_never_acts(markup: str) -> None:
    assert acts(inert_html(markup)).found == []


def test_the_page_keeps_what_a_learner_needs() -> None:
    cells = [
        nbformat.v4.new_markdown_cell("# Means\n\n| a |\n|---|\n| 1 |"),
        nbformat.v4.new_code_cell(
            "total = 1 < 2",
            metadata={"nbgrader": {"grade_id": "mean-answer", "solution": True}},
            outputs=[
                nbformat.v4.new_output("display_data", data={"image/png": PNG}),
                nbformat.v4.new_output(
                    "execute_result",
                    data={
                        "text/html": "<style>td{}</style><table class='dataframe'>"
                        "<tr><td>41</td></tr></table>"
                    },
                ),
            ],
        ),
    ]
    page = feedback_page(
        card(check("small", message="mean([1]): found 2, due 1")),
        nbformat.v4.new_notebook(cells=cells),
        Marks(comments={"mean-answer": "Nicely **put**"}, points={"mean": 3.5}, late_penalty=1.0),
    )
    for due in ("The mean", "found 2, due 1", PNG, "<td>41</td>", "%hint mean", "3.5 of 4 points"):
        assert due in page
    assert "<strong>put</strong>" in page
    assert "Late submission penalty (Score: -1.0)" in page
    assert "td{}" not in page


def test_hidden_regions_of_a_grade_cell_are_cut() -> None:
    source = "%check mean\n### BEGIN HIDDEN TESTS\nassert secret_line\n### END HIDDEN TESTS"
    cell = nbformat.v4.new_code_cell(
        source, metadata={"nbgrader": {"grade": True, "grade_id": "mean", "points": 4}}
    )
    page = feedback_page(card(check("small")), nbformat.v4.new_notebook(cells=[cell]))
    assert "secret_line" not in page
    assert "mean</code>" in page


def test_a_rejected_submission_has_a_page_that_says_why() -> None:
    page = feedback_page(
        card(status="rejected", problem="lab.ipynb is not JSON.", tasks=(), score=0)
    )
    assert "could not be graded" in page
    assert "lab.ipynb is not JSON." in page


SECRET = st.from_regex(r"zq[a-z]{8}zq", fullmatch=True)


@given(
    name=SECRET,
    message=SECRET,
    value=SECRET,
    verdict=st.sampled_from(["failed", "errored", "passed"]),
)
@settings(max_examples=25, deadline=None)
def test_no_hidden_name_message_or_value_gets_through(
    name: str, message: str, value: str, verdict: str
) -> None:
    hidden = check(
        name,
        hidden=True,
        verdict=verdict,
        message=message,
        held_out=True,
        feedback="Mind the order.",
    )
    visible = check("small", message=value, held_out=True)
    run = RunRecord(
        parameters={"seed": value}, held_out=True, seconds=1, memory_mb=1, status="ok", cells={}
    )
    page = feedback_page(card(hidden, visible, runs=(run,)))
    assert name not in page
    assert message not in page
    assert value not in page
    assert ("Mind the order." in page) == (verdict != "passed")


def test_a_page_is_written_whole(tmp_path) -> None:
    path = write_feedback(tmp_path / "ann" / "tiny" / "lab.html", card(check("small")))
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [p.name for p in path.parent.iterdir()] == ["lab.html"]
