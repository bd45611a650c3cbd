"""The chapters on learning: two candidates for the alias, and a gate between them and it."""

from dataclasses import dataclass, replace

import pandas as pd

from infra.tracking.promotion import Promotion
from projects.fraud import columns as c
from projects.fraud.learning.boosting import BoostingConfig
from projects.fraud.learning.comparison import FIGURES
from projects.fraud.learning.gate import ChallengeConfig, challenge, default_gate
from projects.fraud.learning.learning_run import Examined, Learned, examine, learn
from projects.fraud.learning.material import Material, material_of_payments
from projects.fraud.learning.model_card import card_of
from projects.fraud.learning.registering import Keepsakes, register
from projects.fraud.story.configuration import StoryConfig
from projects.fraud.story.places import Places
from projects.fraud.story.telling import Step, Teller
from projects.fraud.training import TrainingConfig

# What a team puts to work in its first week: better than rules, and known to be beaten.
FIRST = BoostingConfig(n_estimators=10, num_leaves=4)


@dataclass(frozen=True)
class Judged:
    """Hold what was learned, as which version, and what the gate decided."""

    learned: Learned
    version: int
    promotion: Promotion


@dataclass(frozen=True)
class DaysOfRetraining:
    """Hold the first and last day of a model's lessons and of its exam.

    On the day `decided` the last label of its exam is known, so the gate can decide.
    """

    learns: tuple[int, int]
    examined: tuple[int, int]
    decided: int


def material_from(featured: pd.DataFrame, start: int, config: StoryConfig) -> Material:
    """Return the exams whose training week begins on day `start`."""
    training = TrainingConfig(start, features=config.features)
    return material_of_payments(featured, training)


def judged(
    learned: Learned,
    material: Material,
    places: Places,
    config: StoryConfig,
    keepsakes: Keepsakes | None = None,
) -> Judged:
    """Register a model and let it challenge the live one on the material's test week."""
    made = register(learned, material, places.registering, keepsakes)
    promotion = challenge(
        made.version, material.final.test, places.registering, _challenge_config(config)
    )
    return Judged(learned, made.version, promotion)


def first_model(material: Material, places: Places, config: StoryConfig) -> Judged:
    """Register a small model; nothing is live yet, so the gate asks for a floor alone."""
    return judged(learn(material, config.learning, FIRST), material, places, config)


def tuned_model(
    material: Material, config: StoryConfig, teller: Teller
) -> tuple[Learned, Examined]:
    """Search for parameters on earlier weeks, then open the test week for the table."""
    learned = learn(material, config.learning, progress=teller.progress)
    return learned, examine(material, learned, config.learning, progress=teller.progress)


def keepsakes_of(
    material: Material, learned: Learned, examined: Examined, config: StoryConfig
) -> Keepsakes:
    """Return the figures and the card to keep beside a tuned model."""
    world = config.world
    data = (
        f"simulated: {world.customers} cards, {world.terminals} terminals, {world.days} days, "
        f"seed {config.seed}"
    )
    card = card_of(material, learned, examined, data=data, config=config.learning)
    row = examined.estimates[list(examined.estimates)[-1]]
    figures = {name.replace(" ", "_").replace("-", "_"): row[name].value for name in FIGURES}
    return Keepsakes(figures, card.to_markdown())


def say_decision(step: Step, name: str, found: Judged) -> None:
    """Say whether the gate let a version through, and why."""
    decision = found.promotion.decision
    interval = decision.interval
    told = "promoted" if decision.promoted else "refused"
    if interval is not None:
        told += (
            f", average precision {interval.estimate:+.3f} "
            f"({interval.low:+.3f} to {interval.high:+.3f})"
        )
    if decision.refusals:
        told += ": " + "; ".join(refusal.message for refusal in decision.refusals)
    step.say(f"version {found.version} ({name}): {told}")


def days_of_retraining(material: Material, config: StoryConfig) -> DaysOfRetraining:
    """Return on which days that goes on which the story plays at once."""
    learns, examined = _days_of(material.train), _days_of(material.final.test)
    decided = examined[1] + config.features.label_delay_days + 1
    return DaysOfRetraining(learns, examined, decided)


def say_when(step: Step, asked: int, days: DaysOfRetraining) -> None:
    """Say on which days a retraining goes on that was asked for on day `asked`."""
    step.say(
        f"it learns from days {days.learns[0]} to {days.learns[1]} and is examined beside the live "
        f"version on days {days.examined[0]} to {days.examined[1]}"
    )
    step.say(
        f"all their labels are known on day {days.decided}: what is played here at once comes "
        f"{days.decided - asked} days after day {asked}, on which drift was confirmed"
    )


def _days_of(frame: pd.DataFrame) -> tuple[int, int]:
    return int(frame[c.TX_TIME_DAYS].min()), int(frame[c.TX_TIME_DAYS].max())


def _challenge_config(config: StoryConfig) -> ChallengeConfig:
    gate = replace(
        default_gate(),
        # Whoever plays the story may be changing its code; the revision is kept with the run.
        reproducible_code=False,
        # A small world has few frauds a week, so the interval of a first model is wide.
        least_metric=0.1,
        least_segment_rows=max(100, config.world.customers // 2),
    )
    return ChallengeConfig(gate, who="story")
