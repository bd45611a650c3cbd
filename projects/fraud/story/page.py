"""Write one page about a story: what was done, the pictures, and the figures behind them."""

import io
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import jinja2
import matplotlib as mpl
from matplotlib.figure import Figure

from projects.fraud.pictures import two_curves
from projects.fraud.story import pictures
from projects.fraud.story.dashboard_panels import WINDOW_SECONDS, filled_panels
from projects.fraud.story.telling import Step
from projects.fraud.story.told import FIGURES, Told

PAGE = "index.html"
_CARDS, _DASHBOARD = "Card precision by day", "The dashboard while payments flowed"
_WORDS = {
    _CARDS: (
        "Of the most suspicious cards of each day of the test week, the share that was "
        "compromised; a card once found leaves the list. The baseline is the best by average "
        "precision. The perfect list knows every fraud: what others find late it found before."
    ),
    _DASHBOARD: (
        "The main panels of Grafana's dashboard, computed from the metrics that its queries name, "
        f"sampled once a second. Rates and quantiles are over {WINDOW_SECONDS:g} s in place of the "
        "dashboard's five minutes."
    ),
}
_TEMPLATE = "page.html.j2"


def write_page(told: Told, steps: Sequence[Step], folder: Path) -> Path:
    """Write the page into `folder` and return its path; it needs no other file to be read."""
    shown = told.shown
    drawn = {}
    if "curves" in shown:
        drawn["Models on the test week"] = two_curves(*shown["curves"])
    if "cards" in shown:
        drawn[_CARDS] = pictures.daily_cards(shown["cards"])
    if len(shown.get("latencies", ())):
        drawn["Latency of decisions"] = pictures.latency_histogram(shown["latencies"])
    if shown.get("samples"):
        drawn[_DASHBOARD] = pictures.dashboard(filled_panels(shown["samples"]))
    if shown.get("watch"):
        drawn["Drift, day by day"] = pictures.drift_days(
            shown["watch"], told.figures["drift"]["day"]
        )
    if shown.get("moves"):
        drawn["What was live"] = pictures.live_versions(shown["moves"])
    table = shown["table"].round(3).to_html(border=0) if "table" in shown else ""
    text = resources.files(__package__).joinpath(_TEMPLATE).read_text(encoding="utf-8")
    page = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True).from_string(text)
    path = folder / PAGE
    path.write_text(
        page.render(
            steps=steps,
            table=table,
            moves=shown.get("moves", ()),
            pictures={name: _svg(figure) for name, figure in drawn.items()},
            words=_WORDS,
            figures=FIGURES,
        ),
        encoding="utf-8",
    )
    return path


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "fraud", "svg.fonttype": "none"}):
        bare = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(text, format="svg", metadata=bare, bbox_inches="tight")
    svg = text.getvalue()[text.getvalue().index("<svg") :]
    # Scales with the page, down to a phone's width.
    return re.sub(r'<svg ([^>]*?)width="[^"]+" height="[^"]+"', r"<svg \1", svg, count=1)
