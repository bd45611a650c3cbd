"""The model card: what a model is, how it was made and examined, and what not to use it for.

The headings follow Mitchell et al., "Model Cards for Model Reporting", 2019.
"""

from dataclasses import dataclass
from importlib import resources

import jinja2
import numpy as np
import pandas as pd

from projects.fraud import columns as c
from projects.fraud import metrics
from projects.fraud.learning.gate import segments_of
from projects.fraud.learning.learning_run import Examined, Learned, LearningConfig
from projects.fraud.learning.material import Material
from projects.fraud.learning.registering import data_hash
from projects.fraud.learning.resampling import FIGURES

TEMPLATE = "model_card.md.j2"
LIMITS = (
    "It learned from payments whose frauds follow a few known patterns. A pattern of another kind"
    " is found only as far as it looks like one of these.",
    "What a terminal has been up to counts only after its labels are known, a week later: in its"
    " first days a compromised terminal looks like any other.",
    "It raises alerts for people to check. It is not meant to block a payment, a card or a"
    " customer by itself, nor to judge anybody.",
    "Probabilities hold while frauds are as frequent as in the week that calibrated it.",
)


@dataclass(frozen=True)
class Segment:
    """Hold a segment's size and figures; average precision is None where it has no fraud."""

    name: str
    payments: int
    frauds: int
    alerts: int
    caught: int
    average_precision: float | None


@dataclass(frozen=True)
class Period:
    """Describe the payments of one period."""

    name: str
    first: str
    last: str
    payments: int
    frauds: int

    @classmethod
    def of(cls, name: str, frame: pd.DataFrame) -> "Period":
        """Read a period's first and last time and its counts from its payments."""
        seconds, clock = c.TX_TIME_SECONDS, c.TX_DATETIME
        ends = (
            frame[clock] if clock in frame else frame[seconds].map(lambda one: f"second {one:.0f}")
        )
        first, last = (
            str(ends.loc[where]) for where in (frame[seconds].idxmin(), frame[seconds].idxmax())
        )
        return cls(name, first, last, len(frame), int(frame[c.TX_FRAUD].sum()))


@dataclass(frozen=True)
class ModelCard:
    """Hold all that the card says; costs in euros over the test period."""

    name: str
    data: str
    data_hash: str
    features: tuple[str, ...]
    periods: tuple[Period, ...]
    parameters: dict[str, float]
    trials: int
    weighings: tuple[tuple[str, float, float], ...]
    k: int
    level: float
    precision: str
    figures: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    ordering: str
    calibration_knots: int
    threshold: float
    review_cost: float
    alerts: int
    cost: float
    cost_of_nothing: float
    segments: tuple[Segment, ...]
    limits: tuple[str, ...] = LIMITS

    def to_markdown(self) -> str:
        """Return the card as Markdown."""
        text = resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
        environment = jinja2.Environment(
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            # The card is Markdown, which knows no HTML to be escaped.
            autoescape=False,
        )
        return environment.from_string(text).render(card=self)


def card_of(
    material: Material,
    learned: Learned,
    examined: Examined,
    *,
    data: str,
    config: LearningConfig,
) -> ModelCard:
    """Return the card of a model; `data` says in words what it learned from."""
    test, model = material.final.test, learned.model
    labels, amounts = material.final.labels, material.final.amounts
    matrix = material.matrix(test)
    alerts = model.alerts(matrix)
    periods = [
        *((f"tuning {i + 1}", exam.test) for i, exam in enumerate(material.tuning)),
        ("rehearsal (calibration, threshold)", material.rehearsal.test),
        ("training", material.train),
        ("test", test),
    ]
    return ModelCard(
        name=model.version,
        data=data,
        data_hash=data_hash(material.train, material.features),
        features=material.features,
        periods=tuple(Period.of(name, frame) for name, frame in periods),
        parameters=learned.boosting.parameters(),
        trials=len(learned.trials),
        weighings=tuple((one.name, one.cost, one.nothing) for one in learned.weighings),
        k=config.examination.k,
        level=config.examination.level,
        precision=material.precision,
        figures=FIGURES,
        rows=tuple(
            (name, tuple(str(found[figure]) for figure in FIGURES))
            for name, found in examined.estimates.items()
        ),
        ordering=examined.ordering.sentence(),
        calibration_knots=len(model.calibration.margins),
        threshold=model.threshold,
        review_cost=config.fit.review_cost,
        alerts=int(alerts.sum()),
        cost=metrics.total_cost(labels, amounts, alerts, config.fit.review_cost),
        cost_of_nothing=float(amounts[labels == 1].sum()),
        segments=_segments(test, labels, model.margins(matrix), alerts),
    )


def _segments(
    test: pd.DataFrame, labels: np.ndarray, margins: np.ndarray, alerts: np.ndarray
) -> tuple[Segment, ...]:
    found = []
    for division, values in segments_of(test).items():
        for label in np.unique(values):
            rows = values == label
            frauds = int(labels[rows].sum())
            precision = metrics.average_precision(labels[rows], margins[rows]) if frauds else None
            caught = int((labels[rows] * alerts[rows]).sum())
            name = f"{division}: {label}"
            found.append(
                Segment(name, int(rows.sum()), frauds, int(alerts[rows].sum()), caught, precision)
            )
    return tuple(found)
