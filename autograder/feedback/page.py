"""Make the feedback page of one submission: nbgrader's own page, with our verdicts on top."""

import logging
from html import escape
from pathlib import Path
from typing import Any

import nbgrader
from jinja2 import Environment, FileSystemLoader, select_autoescape
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.feedback.cleaning import presentable
from autograder.feedback.header import sealed_header
from autograder.feedback.markup import inert_filter
from autograder.feedback.wording import MARKS, VERDICT_WORDS, task_lines
from autograder.recording.marks import Marks
from autograder.scoring import Scorecard, redacted
from autograder.writing import write_in_one_step

_TEMPLATES = Path(__file__).parent / "templates"
_FORMGRADER = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader"
_BOOTSTRAP = _FORMGRADER / "static" / "node_modules" / "bootstrap" / "dist" / "css"


def feedback_page(
    card: Scorecard, notebook: NotebookNode | None = None, marks: Marks | None = None
) -> str:
    """Give the whole feedback page as HTML, self-contained and without scripts.

    The card is redacted here, whatever was passed. `notebook` is the executed notebook of the
    run with the learner's own parameters; without it the page has the verdicts alone. `marks`
    are those of the gradebook, with what humans gave and took.
    """
    shown, held = redacted(card), marks or Marks()
    resources = _resources(shown, held)
    try:
        html, _ = _exporter().from_notebook_node(
            presentable(notebook or {}, shown, held), resources
        )
    except RecursionError:
        # Some text is nested too deeply for the renderers: the verdicts are shown without it.
        html, _ = _exporter().from_notebook_node(presentable({}, shown, held), resources)
    return str(html)


def write_feedback(
    path: Path, card: Scorecard, notebook: NotebookNode | None = None, marks: Marks | None = None
) -> Path:
    """Write the feedback page to `path` in one step and return it."""
    return write_in_one_step(path, feedback_page(card, notebook, marks))


def _exporter() -> Any:
    # nbconvert warns of each picture without a description; a learner owes none.
    quiet = logging.Logger("feedback", level=logging.ERROR)
    make: Any = HTMLExporter  # nbconvert carries no types
    exporter = make(
        config=Config(
            {
                "HTMLExporter": {
                    "template_name": "lab_feedback",
                    "extra_template_basedirs": [str(_TEMPLATES)],
                    "extra_template_paths": [str(_BOOTSTRAP), str(_FORMGRADER / "templates")],
                    "sanitize_html": True,
                }
            }
        ),
        log=quiet,
    )
    exporter.register_preprocessor(CSSHTMLHeaderPreprocessor, enabled=True)
    exporter.register_filter("markdown2html", inert_filter(exporter.markdown2html))
    # Outputs were cleaned when the notebook was rebuilt; nbconvert's own cleaner drops tables.
    exporter.register_filter("clean_html", _unchanged)
    exporter.register_filter("sealed_header", sealed_header)
    return exporter


def _unchanged(markup: str) -> str:
    return str(markup)


def _resources(card: Scorecard, marks: Marks) -> dict[str, Any]:
    score = sum(marks.points.values()) if marks.points else card.score
    return {
        "metadata": {"name": "feedback", "path": ""},
        "nbgrader": {
            "notebook": escape(card.lab),
            "score": max(0.0, score - marks.late_penalty),
            "max_score": card.max_score,
            "late_penalty": marks.late_penalty,
        },
        "lab": {"panel": _panel(card, marks)},
    }


def _panel(card: Scorecard, marks: Marks) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=select_autoescape(default=True)
    )
    return environment.get_template("panel.html.j2").render(
        card=card,
        marks=marks,
        symbols=MARKS,
        words=VERDICT_WORDS,
        tasks=[(task, task_lines(task)) for task in card.tasks],
        late=marks.seconds_late,
    )
