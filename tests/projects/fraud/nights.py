"""A small world on disk with a registry, and the command of a night run in it."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from infra.tracking.configuration import TrackingConfig
from infra.tracking.registry import Registry
from projects.fraud import columns as c
from projects.fraud.features import add_features
from projects.fraud.learning.boosting import BoostingConfig
from projects.fraud.learning.learning_run import Learned, LearningConfig, learn
from projects.fraud.learning.material import Material, material_of_payments
from projects.fraud.learning.registering import RegisteringConfig, register
from projects.fraud.operating import __main__ as command
from projects.fraud.operating.retraining import DayDecided, RetrainingTrigger
from projects.fraud.scenarios import FraudConfig
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.training import TrainingConfig

WORLD = SimulationConfig(
    customers=250,
    terminals=500,
    days=86,
    radius=8,
    fraud=FraudConfig(terminals_per_day=0.6, cards_per_day=0.6),
)
# The champion learns from days 42 to 48; its watch is calibrated on 49 to 69.
START, LAST_OF_REFERENCE = 42, 69
GOOD = BoostingConfig(n_estimators=40, num_leaves=6, path_smooth=50.0, max_bin=1023)
POOR = BoostingConfig(n_estimators=1, num_leaves=2, colsample_bytree=0.1)
NAME = "fraud-night"


@cache
def world() -> pd.DataFrame:
    """Return the payments of a world in which nothing changes."""
    return simulate(WORLD, 3)


def dearer(frame: pd.DataFrame, day: int) -> pd.DataFrame:
    """Let every amount be half as high again from a day on."""
    late = frame[c.TX_TIME_DAYS] >= day
    return frame.assign(**{c.TX_AMOUNT: frame[c.TX_AMOUNT].where(~late, frame[c.TX_AMOUNT] * 1.5)})


def labels_turned(frame: pd.DataFrame, after: int) -> pd.DataFrame:
    """Let every label after a day say the opposite."""
    late = frame[c.TX_TIME_DAYS] > after
    return frame.assign(**{c.TX_FRAUD: frame[c.TX_FRAUD].where(~late, 1 - frame[c.TX_FRAUD])})


@cache
def champion_material() -> Material:
    """Return what the champion learns from."""
    return material_of_payments(add_features(world()), TrainingConfig(START), ())


@cache
def well_learned() -> Learned:
    """Return a champion that no other beats, as it has seen the week of the gate."""
    material = champion_material()
    featured = add_features(world())
    seen = featured[featured[c.TX_TIME_DAYS].between(START, LAST_OF_REFERENCE)]
    return learn(replace(material, train=seen), LearningConfig(), GOOD)


def misled() -> Learned:
    """Return a champion that learned from labels dealt out at random, by parameters that are good.

    Who learns from the truth by the same parameters is better.
    """
    material = champion_material()
    labels = np.random.default_rng(1).permutation(material.train[c.TX_FRAUD].to_numpy())
    train = material.train.assign(**{c.TX_FRAUD: labels})
    return learn(replace(material, train=train), LearningConfig(), GOOD)


def hasty() -> Learned:
    """Return a champion of two small trees, by parameters that are good.

    Who learns by the same parameters is better, and alerts on much the same.
    """
    few = BoostingConfig(n_estimators=2, num_leaves=3)
    return Learned(learn(champion_material(), LearningConfig(), few).model, GOOD)


def registering_in(folder: Path) -> RegisteringConfig:
    """Return a registry in a folder."""
    lock = folder / "lock.txt"
    lock.write_text("lightgbm>=4\n")
    place = (folder / "mlartifacts").as_uri()
    tracking = TrackingConfig(f"sqlite:///{folder / 'mlflow.db'}", NAME, place)
    return RegisteringConfig(tracking, code=folder, lock=lock, name=NAME)


@dataclass(frozen=True)
class Lab:
    """Hold where the world, the registry and the decisions of one test are."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch

    @property
    def registering(self) -> RegisteringConfig:
        return registering_in(self.folder)

    @property
    def registry(self) -> Registry:
        return Registry(self.registering.tracking)

    @property
    def live(self) -> int | None:
        return self.registry.live(NAME)

    @property
    def versions(self) -> list[int]:
        return self.registry.versions(NAME)

    @property
    def history(self) -> dict[int, DayDecided]:
        engine = sa.create_engine(f"sqlite:///{self.folder / 'decisions.db'}")
        try:
            return dict(RetrainingTrigger(engine).history())
        finally:
            engine.dispose()

    def write(self, frame: pd.DataFrame, parts: int = 2) -> None:
        """Write the payments as a folder of Parquet files."""
        place = self.folder / "payments"
        place.mkdir(exist_ok=True)
        for number, rows in enumerate(np.array_split(np.arange(len(frame)), parts)):
            frame.iloc[rows].to_parquet(place / f"{number}.parquet")

    def night(self, day: int, *options: str) -> int:
        """Run the command for a day as an operator does, and return its exit status."""
        return self.command(
            ("--payments", str(self.folder / "payments"), "--day", str(day), *options)
        )

    def compare(self, version: int, *options: str) -> int:
        """Hold a version against the champion on this lab's payments."""
        payments = str(self.folder / "payments")
        return self.of_registry(
            "compare", "--version", str(version), "--payments", payments, *options
        )

    def command(self, options: Sequence[str]) -> int:
        """Run `judge-day` with these options, on this lab's registry and database."""
        return self.of_registry(
            "judge-day",
            *("--database", f"sqlite:///{self.folder / 'decisions.db'}"),
            # So many that a test need not draw thousands of windows for each day.
            *("--false-alarms", "10", "--any-code"),
            *options,
        )

    def of_registry(self, name: str, *options: str) -> int:
        """Run a command on this lab's registry as an operator does, and return its status."""
        at = ("--registry", self.registering.tracking.uri, "--name", NAME)
        self.monkeypatch.setattr(sys, "argv", ["operating", name, *at, *options])
        with pytest.raises(SystemExit) as ended:
            command.main()
        return int(ended.value.code or 0)


class Template:
    """Hold a registry with a champion, made once: a new one takes seconds, a copy does not."""

    def __init__(self, folder: Path, learned: Learned) -> None:
        registering = registering_in(folder)
        made = register(learned, champion_material(), registering)
        Registry(registering.tracking).promote(NAME, made.version, who="test", why="the first")
        self._file = folder / "mlflow.db"

    def lab(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
        """Return a lab with a copy; the champion's files stay where they are."""
        folder.mkdir(exist_ok=True)
        shutil.copy(self._file, folder)
        return Lab(folder, monkeypatch)
