"""Draw the system's parts and what flows between them: python -m projects.fraud.architecture.

The parts and flows below are the one source of the project page's picture.
"""

from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from projects.fraud.pictures import COLOURS, save

PICTURE = Path(__file__).parent / "architecture.svg"
_WIDTH, _HEIGHT = 1.62, 0.86
_STEP_RIGHT, _STEP_DOWN = 2.6, 1.5
_ABOVE = 0.14
_KINDS = {"code": COLOURS[0], "stack": COLOURS[2], "people": COLOURS[1]}
_LEGEND = {
    "code": "written here",
    "stack": "a part of the local stack",
    "people": "outside of the system",
}


@dataclass(frozen=True)
class Part:
    """Name a part, where it is drawn (column and row, from the top left) and its room."""

    name: str
    column: float
    row: float
    kind: str
    room: str = ""
    """The folder or file of projects/fraud that holds it; none for parts of the stack."""


@dataclass(frozen=True)
class Flow:
    """Say what goes from one part to another, and how far along the arrow that stands."""

    source: str
    target: str
    what: str
    where: float = 0.5


TERMINALS, PAYMENTS, SCORER = (
    "card terminals\n(simulator)",
    "Kafka\nfraud.payments",
    "stream scorer",
)
DECISIONS, LABELS, METRICS = "Kafka\nfraud.decisions", "Kafka\nfraud.labels", "watcher,\nmetrics"
MODELS, DATABASE, ALERTS = "MLflow registry,\nchampion", "Postgres", "Prometheus,\nalerts"
ANALYSTS, INVESTIGATION = "analysts", "investigation\nAPI and page"
RETRAINING, DRIFT, ON_CALL = "retraining,\ngate, canary", "drift watch", "on call"
FILES, BATCH, DAYS = "Parquet files", "batch scorer", "days of the log\nas Parquet"
CALLERS, ANSWERING = "other systems", "scores\nover HTTP"

PARTS = (
    Part(TERMINALS, 0, 0, "people", "world"),
    Part(PAYMENTS, 1, 0, "stack"),
    Part(SCORER, 2, 0, "code", "scoring"),
    Part(DECISIONS, 3, 0, "stack"),
    Part(METRICS, 4, 0, "code", "operating"),
    Part(DAYS, 0, 1, "code", "operating/days_export.py"),
    Part(LABELS, 1, 1, "stack"),
    Part(MODELS, 2, 1, "stack"),
    Part(DATABASE, 3, 1, "stack"),
    Part(ALERTS, 4, 1, "stack"),
    Part(ANALYSTS, 0, 2, "people"),
    Part(INVESTIGATION, 1, 2, "code", "investigation"),
    Part(DRIFT, 2, 2, "code", "operating/drift_watch.py"),
    Part(RETRAINING, 3, 2, "code", "operating/challenger.py"),
    Part(ON_CALL, 4, 2, "people"),
    Part(FILES, 1, 3, "stack"),
    Part(BATCH, 2, 3, "code", "scoring/batch_scorer.py"),
    Part(CALLERS, 3, 3, "people"),
    Part(ANSWERING, 4, 3, "code", "answering"),
)

FLOWS = (
    Flow(TERMINALS, PAYMENTS, "payments"),
    Flow(PAYMENTS, SCORER, "by card"),
    Flow(LABELS, SCORER, "days later"),
    Flow(MODELS, SCORER, "in charge"),
    Flow(SCORER, DECISIONS, "reasons"),
    Flow(DECISIONS, METRICS, "every one"),
    Flow(DECISIONS, DATABASE, "stored once"),
    Flow(METRICS, ALERTS, "scraped"),
    Flow(ALERTS, ON_CALL, "burn rate"),
    Flow(DATABASE, INVESTIGATION, "cases", 0.52),
    Flow(PAYMENTS, DAYS, "at night"),
    Flow(LABELS, DAYS, "known"),
    Flow(DAYS, DRIFT, "by day", 0.25),
    Flow(INVESTIGATION, ANALYSTS, "queue"),
    Flow(INVESTIGATION, LABELS, "verdicts"),
    Flow(DRIFT, RETRAINING, "confirmed"),
    Flow(RETRAINING, MODELS, "challenger", 0.4),
    Flow(FILES, BATCH, "a month"),
    Flow(CALLERS, ANSWERING, "a payment"),
)


def draw() -> Figure:
    """Draw every part as a box and every flow as an arrow with what it carries."""
    rows = max(part.row for part in PARTS) + 1
    columns = max(part.column for part in PARTS) + 1
    figure = Figure(figsize=(columns * 2.0, rows * 1.2), facecolor="white")
    axes = figure.subplots()
    boxes = {part.name: _box(part) for part in PARTS}
    for part in PARTS:
        axes.add_patch(boxes[part.name])
        axes.text(*_middle(part), part.name, ha="center", va="center", color="white", fontsize=8.5)
    middles = {part.name: _middle(part) for part in PARTS}
    for flow in FLOWS:
        (x, y), (to_x, to_y) = middles[flow.source], middles[flow.target]
        arrow = FancyArrowPatch(
            (x, y),
            (to_x, to_y),
            patchA=boxes[flow.source],
            patchB=boxes[flow.target],
            arrowstyle="-|>",
            mutation_scale=11,
            color="#555555",
            zorder=0,
        )
        axes.add_patch(arrow)
        axes.text(
            x + (to_x - x) * flow.where,
            y + (to_y - y) * flow.where + (_ABOVE if y == to_y else 0),
            flow.what,
            ha="center",
            va="center",
            fontsize=7.5,
            bbox=None if y == to_y else {"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )
    for kind, meaning in _LEGEND.items():
        axes.plot([], [], "s", color=_KINDS[kind], markersize=9, label=meaning)
    axes.legend(loc="lower left", frameon=False, fontsize=8, bbox_to_anchor=(-0.02, -0.02))
    axes.set_xlim(-1.0, (columns - 1) * _STEP_RIGHT + 1.0)
    axes.set_ylim(-(rows - 1) * _STEP_DOWN - 0.6, 0.6)
    axes.set_aspect("equal")
    axes.axis("off")
    return figure


def _middle(part: Part) -> tuple[float, float]:
    return part.column * _STEP_RIGHT, -part.row * _STEP_DOWN


def _box(part: Part) -> FancyBboxPatch:
    x, y = _middle(part)
    return FancyBboxPatch(
        (x - _WIDTH / 2, y - _HEIGHT / 2),
        _WIDTH,
        _HEIGHT,
        boxstyle="round,pad=0.03,rounding_size=0.12",
        facecolor=_KINDS[part.kind],
        edgecolor="none",
    )


def main() -> None:
    """Write the picture beside this file."""
    print(save(draw(), PICTURE))


if __name__ == "__main__":
    main()
