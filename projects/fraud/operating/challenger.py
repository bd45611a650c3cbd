"""Make a challenger of the newest weeks whose labels are known, once, and send it to the gate."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from autograder.errors import CourseError
from infra.tracking.promotion import DECISION_TAG
from infra.tracking.promotion_gate import Refusal
from infra.tracking.registry import Registry
from projects.fraud import columns as c
from projects.fraud.features import FeatureConfig
from projects.fraud.learning.gate import ChallengeConfig, challenge
from projects.fraud.learning.learning_run import LearningConfig, learn
from projects.fraud.learning.material import EARLIER_WEEKS, Material, material_of_payments
from projects.fraud.learning.provenance import learned_from, made_for
from projects.fraud.learning.registering import Keepsakes, RegisteringConfig, register
from projects.fraud.operating.canary import CanaryConfig
from projects.fraud.operating.comparing import ALIAS, compare_versions, newest_of, refusals_of
from projects.fraud.training import TrainingConfig

Say = Callable[[str], None]


@dataclass(frozen=True)
class RetrainingConfig:
    """Configure a retraining.

    Trees have the champion's parameters; with `search` they are searched for anew, which takes
    minutes and needs three more weeks of payments. `canary` bounds how far the scores of one that
    passes the gate may lie from the champion's.
    """

    registering: RegisteringConfig
    learning: LearningConfig = field(default_factory=LearningConfig)
    gate: ChallengeConfig = field(default_factory=ChallengeConfig)
    canary: CanaryConfig = field(default_factory=CanaryConfig)
    features: FeatureConfig = field(default_factory=FeatureConfig)
    search: bool = False


def retrain(
    purpose: str, featured: pd.DataFrame, day: int, config: RetrainingConfig, say: Say
) -> None:
    """Learn, register and challenge, as much of it as was not done for this purpose before.

    `featured` is known at the end of `day`. Raise CourseError where it does not reach back so far
    as the weeks to learn from.
    """
    registering = config.registering
    version = made_for(registering, purpose)
    if version is None:
        start = _newest_start(day, config.features)
        material = _material(featured, start, config)
        version = _registered(purpose, material, config)
        say(
            f"{purpose}: version {version} learned from days {start} to {start + 6}, the newest "
            "before a test week whose labels are known"
        )
    elif _is_judged(version, registering):
        say(f"{purpose}: version {version} was made and judged before")
        return
    else:
        start = learned_from(registering, version).first_day
        material = _material(featured, start, config)
        say(f"{purpose}: version {version} was made before, and not judged")
    # Those whose labels are not known: the gate has judged by none of them.
    newest = newest_of(featured[featured[c.TX_TIME_DAYS] <= day], config.features.label_delay_days)
    _challenge(version, material, start, newest, config, say)


def _registered(purpose: str, material: Material, config: RetrainingConfig) -> int:
    registering = config.registering
    live = Registry(registering.tracking).live(registering.name)
    known = None if live is None or config.search else learned_from(registering, live).boosting
    learned = learn(material, config.learning, known)
    return register(learned, material, registering, Keepsakes(purpose=purpose)).version


def _challenge(
    version: int,
    material: Material,
    start: int,
    newest: pd.DataFrame,
    config: RetrainingConfig,
    say: Say,
) -> None:
    registering, registry = config.registering, Registry(config.registering.tracking)
    live = registry.live(registering.name)
    registry.promote(
        registering.name, version, who=config.gate.who, why="to be judged", alias=ALIAS
    )
    first = _training(start, config).split.test_start

    def compared() -> tuple[Refusal, ...]:
        if live is None:
            return ()
        first, last = newest[c.TX_TIME_DAYS].min(), newest[c.TX_TIME_DAYS].max()
        say(f"version {version} passed the gate; compared with {live} on days {first} to {last}")
        report = compare_versions(registering, live, version, newest, config.canary)
        for line in report.in_words():
            say(f"  {line}")
        return refusals_of(report)

    found = challenge(version, material.final.test, registering, config.gate, compared)
    decision = found.decision
    gain = (
        ""
        if decision.interval is None
        else (
            f": average precision {decision.interval.estimate:+.3f} "
            f"({decision.interval.low:+.3f} to {decision.interval.high:+.3f})"
        )
    )
    against = f"against version {live} on days {first} to {first + 6}{gain}"
    if decision.promoted:
        say(f"promoted: version {version} {against}")
        return
    say(f"refused: version {version} {against}; version {live} stays")
    for refusal in decision.refusals:
        say(f"  {refusal.reason}: {refusal.message}")


def _is_judged(version: int, registering: RegisteringConfig) -> bool:
    """Say whether a gate's decision was reached and, where it promotes, carried out."""
    registry = Registry(registering.tracking)
    tags = registry.version(registering.name, version).tags
    decisions = sorted(tag for tag in tags if tag.startswith(f"{DECISION_TAG}/"))
    if not decisions:
        return False
    moves = registry.history(registering.name)
    promoted = bool(json.loads(tags[decisions[-1]])["promoted"])
    return not promoted or version in {move.target for move in moves}


def _training(start: int, config: RetrainingConfig) -> TrainingConfig:
    return TrainingConfig(start, features=config.features)


def _newest_start(day: int, features: FeatureConfig) -> int:
    """Return the first day of the newest training week whose test week's labels are known."""
    split = TrainingConfig(0, features=features).split
    return day - features.label_delay_days + 1 - split.end_day


def _material(featured: pd.DataFrame, start: int, config: RetrainingConfig) -> Material:
    weeks = EARLIER_WEEKS if config.search else ()
    try:
        return material_of_payments(featured, _training(start, config), weeks)
    except ValueError as error:
        raise CourseError(
            f"The payments do not reach back far enough to learn from day {start} on: {error}.",
            mend="Give earlier payments too.",
        ) from error
