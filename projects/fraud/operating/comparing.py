"""Compare registered versions on payments that are at hand, and tell which one is held back."""

import json

import numpy as np
import pandas as pd

from autograder.errors import CourseError
from infra.tracking.promotion import DECISION_TAG
from infra.tracking.promotion_gate import Reason, Refusal
from infra.tracking.registry import Registry
from projects.fraud import columns as c
from projects.fraud.learning.registering import RegisteringConfig, load_version
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.operating.canary import (
    CanaryConfig,
    CanaryReport,
    CanaryVerdict,
    compare_scores,
)

ALIAS = "challenger"
_REASONS = {
    CanaryVerdict.STOP: Reason.SCORES_DIFFER,
    CanaryVerdict.WAIT: Reason.NOT_COMPARED,
}


def newest_of(featured: pd.DataFrame, days: int) -> pd.DataFrame:
    """Return the rows of the last `days` days that there are."""
    last = featured[c.TX_TIME_DAYS].max()
    return featured[featured[c.TX_TIME_DAYS] > last - days]


def compare_versions(
    registering: RegisteringConfig,
    champion: int,
    challenger: int,
    rows: pd.DataFrame,
    config: CanaryConfig,
) -> CanaryReport:
    """Let two registered versions score the same rows, which have features; labels are not used.

    Raise CourseError for a version that there is none of, or that asks for other features.
    """
    models = [load_version(registering, version) for version in (champion, challenger)]
    scores = [_scores(model, rows) for model in models]
    thresholds = models[0].threshold, models[1].threshold
    return compare_scores(scores[0], scores[1], thresholds, config)


def refusals_of(report: CanaryReport) -> tuple[Refusal, ...]:
    """Return for what the gate shall refuse a challenger: nothing where the canary says go on."""
    if report.verdict is CanaryVerdict.GO_ON:
        return ()
    return tuple(Refusal(_REASONS[report.verdict], why) for why in report.why)


def held_back(registering: RegisteringConfig) -> CanaryVerdict | None:
    """Return the verdict that keeps the newest challenger from going live, None for none.

    None as well where the gate refused it, or where it went live since.
    """
    registry = Registry(registering.tracking)
    version = registry.live(registering.name, ALIAS)
    if version is None or version == registry.live(registering.name):
        return None
    reasons = gate_reasons(registering, version) or frozenset()
    for verdict, reason in _REASONS.items():
        if reasons == {reason}:
            return verdict
    return None


def gate_reasons(registering: RegisteringConfig, version: int) -> frozenset[Reason] | None:
    """Return why a version was refused the last time it was judged, None where it never was."""
    tags = Registry(registering.tracking).version(registering.name, version).tags
    decisions = sorted(tag for tag in tags if tag.startswith(f"{DECISION_TAG}/"))
    if not decisions:
        return None
    refusals = json.loads(tags[decisions[-1]])["refusals"]
    return frozenset(Reason(one["reason"]) for one in refusals)


def passed_gate(registering: RegisteringConfig, version: int) -> bool:
    """Say whether nothing but a comparison of scores kept a version from going live."""
    reasons = gate_reasons(registering, version)
    return reasons is not None and reasons <= set(_REASONS.values())


def _scores(model: ScoringModel, rows: pd.DataFrame) -> np.ndarray:
    strange = set(model.features) - set(rows.columns)
    if strange:
        raise CourseError(
            f"{model.version} asks for {min(strange)}, which is not computed.",
            mend="Compare models of the features of projects/fraud/features.py.",
        )
    return model.scores(rows[list(model.features)].to_numpy(np.float64))
