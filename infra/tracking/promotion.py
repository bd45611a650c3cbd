"""Let a challenger through the gate to an alias, and keep the decision with its version."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

from infra.tracking.alias_moves import AliasMove
from infra.tracking.bootstrap import Metric
from infra.tracking.code_revision import is_reproducible
from infra.tracking.lineage import Lineage
from infra.tracking.promotion_gate import (
    Decision,
    Evaluation,
    GateConfig,
    Reason,
    Refusal,
    decide,
)
from infra.tracking.registry import CHAMPION, Registry

DECISION_TAG = "gate_decision"


@dataclasses.dataclass(frozen=True)
class Promotion:
    """Hold the gate's decision, and the move that followed if it let the challenger through."""

    decision: Decision
    move: AliasMove | None


def promote_if_better(
    registry: Registry,
    model: str,
    version: int,
    evaluation: Evaluation,
    metric: Metric,
    config: GateConfig,
    *,
    who: str,
    alias: str = CHAMPION,
    at_last: Callable[[], tuple[Refusal, ...]] | None = None,
) -> Promotion:
    """Move `alias` to `version` if the gate refuses nothing, and keep the decision as its tag.

    `at_last` is asked before the alias moves, and only where it would move: what it refuses keeps
    the champion as well.
    """
    lineage = registry.version(model, version).lineage
    decided = decide(evaluation, metric, config)
    refusals = decided.refusals + _refused_lineage(lineage, evaluation, config)
    live = registry.live(model, alias)
    if live != evaluation.champion_version:
        message = f"version {live} is live, it was held against {evaluation.champion_version}"
        refusals += (Refusal(Reason.CHAMPION_CHANGED, message),)
    if at_last is not None and not refusals:
        refusals = at_last()
    decision = dataclasses.replace(decided, refusals=refusals)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    registry.tag(model, version, f"{DECISION_TAG}/{stamp}", decision.to_json())
    if not decision.promoted:
        return Promotion(decision, None)
    return Promotion(
        decision, registry.promote(model, version, who=who, why=_why(decision, config), alias=alias)
    )


def _refused_lineage(
    lineage: Lineage, evaluation: Evaluation, config: GateConfig
) -> tuple[Refusal, ...]:
    refusals = []
    if lineage.data_hash == evaluation.data_hash:
        message = f"the data of hash {lineage.data_hash[:12]} served for both"
        refusals.append(Refusal(Reason.SEEN_IN_TRAINING, message))
    if config.reproducible_code and not is_reproducible(lineage.code_revision):
        message = f"its code revision is {lineage.code_revision}"
        refusals.append(Refusal(Reason.NOT_REPRODUCIBLE, message))
    return tuple(refusals)


def _why(decision: Decision, config: GateConfig) -> str:
    interval = decision.interval
    if interval is None:
        return "passed the gate"
    return (
        f"passed the gate on {decision.rows} rows: {config.metric} {interval.estimate:+.4g}, "
        f"{config.bootstrap.confidence:.0%} interval {interval.low:+.4g} to {interval.high:+.4g}"
    )
