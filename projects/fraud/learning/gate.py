"""Hold a challenger against the champion on the same week, and promote it if it is shown better."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from infra.tracking.bootstrap import BootstrapConfig
from infra.tracking.promotion import Promotion, promote_if_better
from infra.tracking.promotion_gate import Evaluation, GateConfig, Refusal
from infra.tracking.registry import Registry
from projects.fraud import columns as c
from projects.fraud.learning.registering import RegisteringConfig, data_hash, load_version
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.metrics import average_precision

AMOUNT_BOUNDS = (20.0, 100.0)
RARE_PAYMENTS_A_MONTH = 30


def default_gate() -> GateConfig:
    """Return the bounds of promotion: better by the whole interval, and no segment much worse."""
    return GateConfig(
        metric="average precision",
        least_metric=0.2,
        least_gain=0.0,
        segment_tolerance=0.05,
        least_segment_rows=1_000,
        bootstrap=BootstrapConfig(resamples=200),
    )


@dataclass(frozen=True)
class ChallengeConfig:
    """Configure a challenge: the gate, and who answers for it."""

    gate: GateConfig = field(default_factory=default_gate)
    who: str = "pipeline"


def challenge(
    version: int,
    week: pd.DataFrame,
    registering: RegisteringConfig,
    config: ChallengeConfig,
    at_last: Callable[[], tuple[Refusal, ...]] | None = None,
) -> Promotion:
    """Let a registered version challenge the live one on `week`, a table with features and labels.

    Both score the same rows. The decision is kept with the version, whether it is promoted or not.
    `at_last` has the last word on one that the gate lets through.
    """
    registry = Registry(registering.tracking)
    challenger = load_version(registering, version)
    live = registry.live(registering.name)
    champion = None if live is None else load_version(registering, live)
    evaluation = Evaluation(
        truth=week[c.TX_FRAUD].to_numpy(),
        challenger=_ranks(challenger, week),
        champion=None if champion is None else _ranks(champion, week),
        champion_version=live,
        data_hash=data_hash(week, challenger.features),
        segments=segments_of(week),
        groups=week[c.CUSTOMER_ID].to_numpy(),
    )
    return promote_if_better(
        registry,
        registering.name,
        version,
        evaluation,
        average_precision,
        config.gate,
        who=config.who,
        at_last=at_last,
    )


def segments_of(week: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the divisions of a week: by amount, by night and day, by how busy the card is.

    A division whose column the data lacks is left out.
    """
    found = {"amount": _banded(week[c.TX_AMOUNT].to_numpy(float), AMOUNT_BOUNDS)}
    if "TX_DURING_NIGHT" in week:
        found["time"] = np.where(week["TX_DURING_NIGHT"] == 1, "night", "day")
    month = f"{c.CUSTOMER_ID}_NB_TX_30DAY_WINDOW"
    if month in week:
        found["card"] = np.where(week[month] < RARE_PAYMENTS_A_MONTH, "rare", "busy")
    return found


def _ranks(model: ScoringModel, week: pd.DataFrame) -> np.ndarray:
    # Margins, since calibration pools scores, and average precision asks for their order alone.
    return model.margins(week[list(model.features)].to_numpy(np.float64))


def _banded(values: np.ndarray, bounds: tuple[float, ...]) -> np.ndarray:
    names = [
        f"under {bounds[0]:g}",
        *(f"{low:g} to {high:g}" for low, high in pairwise(bounds)),
        f"from {bounds[-1]:g}",
    ]
    return np.array(names)[np.digitize(values, bounds)]
