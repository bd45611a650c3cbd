"""How large the world of a story is, and on which of its days something happens."""

from dataclasses import dataclass, field

from projects.fraud.features import FeatureConfig
from projects.fraud.learning.calibrating import FitConfig
from projects.fraud.learning.learning_run import LearningConfig
from projects.fraud.learning.resampling import ExaminationConfig
from projects.fraud.learning.tuning import TuningConfig
from projects.fraud.scenarios import FraudConfig
from projects.fraud.simulation import SimulationConfig
from projects.fraud.world.drift import CardTesting, DriftConfig

DRIFT = "thieves try out stolen cards with bursts of small payments"


@dataclass(frozen=True)
class StoryConfig:
    """Configure a story; days are counted from the beginning of the world.

    The first champion learns from the week that begins on `start`. What is streamed begins on
    `live`, after `history` days that fill the windows. Something changes on `change`. Payments come
    at `rate` a second for `seconds`.
    """

    world: SimulationConfig
    learning: LearningConfig
    seed: int = 0
    start: int = 74
    live: int = 102
    history: int = 40
    change: int = 110
    rate: float = 200.0
    seconds: float = 60.0
    features: FeatureConfig = field(default_factory=FeatureConfig)

    def __post_init__(self) -> None:
        known = self.start + 3 * self.features.label_delay_days + self.features.label_delay_days
        if not known <= self.live < self.change < self.world.days:
            raise ValueError(
                f"live ({self.live}) must not come before the test week's labels are known (day "
                f"{known}), change ({self.change}) after live and before the end: {self}"
            )

    @property
    def drift(self) -> DriftConfig:
        """Return what changes: a kind of fraud that no model has seen yet."""
        thieves = CardTesting(self.change, cards_per_day=self.world.customers / 200)
        return DriftConfig(testing=thieves)


def whole(seed: int = 0) -> StoryConfig:
    """Return the story as it is told in under six minutes on two cores.

    What the models are worth is measured on 5,000 cards, in benchmarks/FRAUD_QUALITY.md.
    """
    return StoryConfig(
        world=_world(2_000, 4_000),
        learning=LearningConfig(TuningConfig(20, seed), FitConfig(seed=seed)),
        seed=seed,
    )


def quick(seed: int = 0) -> StoryConfig:
    """Return the same story in a smaller world, with a shorter search and a shorter stream."""
    return StoryConfig(
        world=_world(600, 1_200),
        learning=LearningConfig(
            TuningConfig(5, seed, most_trees=100),
            FitConfig(seed=seed),
            ExaminationConfig(k=20, draws=100),
            forest_trees=30,
        ),
        seed=seed,
        seconds=10.0,
    )


def _world(customers: int, terminals: int) -> SimulationConfig:
    share = customers / 5_000
    fraud = FraudConfig(terminals_per_day=2 * share, cards_per_day=3 * share)
    return SimulationConfig(customers=customers, terminals=terminals, days=160, fraud=fraud)
