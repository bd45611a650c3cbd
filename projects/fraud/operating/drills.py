"""Make worlds in which something changes on a known day, and see when the watch notices.

Each drill's world is the quiet one of its seed up to that day. Models see what they would see in
production: features of the changed payments, and labels a week late.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from projects.fraud import columns as c
from projects.fraud.features import FeatureConfig, add_features
from projects.fraud.operating.drift_watch import (
    ALERT,
    SCORE,
    DriftWatch,
    WatchConfig,
    WatchReport,
)
from projects.fraud.scenarios import COMPROMISED_TERMINAL, FraudConfig
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.world.drift import (
    CardTesting,
    DriftConfig,
    Holiday,
    Inflation,
    add_drift,
)

World = pd.DataFrame


def _small() -> SimulationConfig:
    fraud = FraudConfig(terminals_per_day=0.4, cards_per_day=0.6)
    return SimulationConfig(customers=1000, terminals=2000, days=147, fraud=fraud)


@dataclass(frozen=True)
class DrillConfig:
    """Configure drills; days are counted from the beginning of the world.

    Windows are full from `train` on; the model learns from there to `reference`, the watch is
    calibrated on its scores from there to `watch`, and judges every day from then. What changes,
    changes on `change`. The model alerts on a share `alerts` of the reference.
    """

    world: SimulationConfig = field(default_factory=_small)
    train: int = 37
    reference: int = 67
    watch: int = 97
    change: int = 107
    alerts: float = 0.01
    false_alarms_a_month: float = 1.0
    features: FeatureConfig = field(default_factory=FeatureConfig)

    def __post_init__(self) -> None:
        first = max(self.features.windows_days) + self.features.label_delay_days
        days = (first, self.train, self.reference, self.watch, self.change, self.world.days)
        if list(days) != sorted(days):
            raise ValueError(f"these days must ascend, windows being full first: {days}")


Change = Callable[[DrillConfig, int, World], World]


def unchanged(config: DrillConfig, seed: int, world: World) -> World:
    """Return the quiet world."""
    return world


def attacked_terminals(config: DrillConfig, seed: int, world: World) -> World:
    """Let 3 % of all terminals be compromised at once, a known scenario in unknown force."""
    rng = np.random.default_rng([3, seed])
    count = round(0.03 * config.world.terminals)
    bad = world[c.TERMINAL_ID].isin(rng.choice(config.world.terminals, count, replace=False))
    struck = bad & (world[c.TX_TIME_DAYS] >= config.change)
    return world.assign(
        **{
            c.TX_FRAUD: world[c.TX_FRAUD].where(~struck, 1),
            c.TX_FRAUD_SCENARIO: world[c.TX_FRAUD_SCENARIO].where(~struck, COMPROMISED_TERMINAL),
        }
    )


def _switched(drift: Callable[[int, int], DriftConfig]) -> Change:
    """Return the change that the world's own switches make, told the day and how many are left."""

    def change(config: DrillConfig, seed: int, world: World) -> World:
        return add_drift(world, drift(config.change, config.world.days - config.change), seed)

    return change


CHANGES: Mapping[str, Change] = MappingProxyType(
    {
        "nothing": unchanged,
        "a holiday: twice the traffic for 3 days": _switched(
            lambda day, _: DriftConfig(holiday=Holiday(day, days=3, volume=2.0))
        ),
        "twice the traffic from then on": _switched(
            lambda day, left: DriftConfig(holiday=Holiday(day, days=left, volume=2.0))
        ),
        "half the traffic from then on": _switched(
            lambda day, left: DriftConfig(holiday=Holiday(day, days=left, volume=0.5))
        ),
        "prices up by 1 % a day": _switched(lambda day, _: DriftConfig(inflation=Inflation(day))),
        "a new kind of fraud: card testing": _switched(
            lambda day, _: DriftConfig(testing=CardTesting(day))
        ),
        "3 % of terminals attacked": attacked_terminals,
    }
)


@dataclass(frozen=True)
class Drilled:
    """Hold every day's report of one drill, from the day the watch began."""

    change: str
    seed: int
    reports: tuple[WatchReport, ...]


class DrillSeed:
    """Hold a quiet world, the model trained in it and the watch calibrated on it."""

    def __init__(self, config: DrillConfig, seed: int) -> None:
        self._config, self._seed = config, seed
        self._world = simulate(config.world, seed)
        quiet = add_features(self._world, config.features)
        self._names = list(config.features.names)
        self._model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
        # The last week's labels are not known yet when the model is trained.
        known = self._between(quiet, config.train, config.reference - self._delay)
        # Its threads wait for each other: with fewer cores than threads that takes minutes.
        with threadpool_limits(1):
            self._model.fit(known[self._names].to_numpy(), known[c.TX_FRAUD])
        reference = self._between(quiet, config.reference, config.watch)
        scores = self._scores(reference)
        self._threshold = float(np.quantile(scores, 1 - config.alerts))
        usual = round(len(reference) / (config.watch - config.reference))
        watch = WatchConfig(usual, config.false_alarms_a_month)
        self._watch = DriftWatch.calibrate(self._scored(reference), watch)

    def drill(self, change: str) -> Drilled:
        """Play one change and return what the watch said each day."""
        config = self._config
        world = CHANGES[change](config, self._seed, self._world)
        late = add_features(world, config.features)
        late = self._scored(self._between(late, config.watch - self._delay, config.world.days))
        days = dict(list(late.groupby(c.TX_TIME_DAYS)))
        reports = [
            self._watch.judge(day, days[day], days[day - self._delay])
            for day in range(config.watch, config.world.days)
        ]
        return Drilled(change, self._seed, tuple(reports))

    @property
    def _delay(self) -> int:
        return self._config.features.label_delay_days

    @staticmethod
    def _between(frame: World, first: int, until: int) -> World:
        return frame[frame[c.TX_TIME_DAYS].between(first, until - 1)]

    def _scores(self, frame: World) -> np.ndarray:
        with threadpool_limits(1):
            return np.asarray(self._model.predict_proba(frame[self._names].to_numpy())[:, 1])

    def _scored(self, frame: World) -> World:
        scores = self._scores(frame)
        return frame.assign(**{SCORE: scores, ALERT: (scores >= self._threshold).astype(int)})


def smaller(config: DrillConfig, customers: int, terminals: int) -> DrillConfig:
    """Return the configuration for a smaller world of the same shape."""
    share = customers / config.world.customers
    fraud = replace(
        config.world.fraud,
        terminals_per_day=config.world.fraud.terminals_per_day * share,
        cards_per_day=config.world.fraud.cards_per_day * share,
    )
    world = replace(config.world, customers=customers, terminals=terminals, fraud=fraud)
    return replace(config, world=world)
