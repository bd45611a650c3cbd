"""Days that were kept off a real log are judged as if they had come from the world itself."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from orders import environment

from infra.events.configuration import ProducerConfig
from infra.events.producer import EventProducer
from infra.settings import Kafka
from infra.tracking.configuration import TrackingConfig
from infra.tracking.registry import Registry
from projects.fraud import columns as c
from projects.fraud.contracts import CONTRACTS, PAYMENTS_TOPIC
from projects.fraud.features import add_features
from projects.fraud.learning.boosting import BoostingConfig
from projects.fraud.learning.learning_run import LearningConfig, learn
from projects.fraud.learning.material import material_of_payments
from projects.fraud.learning.registering import RegisteringConfig, register
from projects.fraud.operating.logged_payments import LogConfig
from projects.fraud.operating.payments_on_disk import COLUMNS, payments_until
from projects.fraud.operating.retraining import RetrainingTrigger
from projects.fraud.scenarios import FraudConfig
from projects.fraud.scoring.configuration import ScorerConfig
from projects.fraud.scoring.topics import make_scoring_topics
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.training import TrainingConfig
from projects.fraud.world.event_source import EventSourceConfig, arrivals

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
WORLD = SimulationConfig(
    customers=160,
    terminals=320,
    days=74,
    radius=9,
    fraud=FraudConfig(terminals_per_day=0.5, cards_per_day=0.5),
)
# The champion learns from days 42 to 48; its watch is calibrated on 49 to 69.
START, FIRST, LAST, NAME = 42, 71, 72, "fraud-days"


@pytest.fixture(scope="module")
def world() -> pd.DataFrame:
    return simulate(WORLD, 8)


@pytest.fixture(scope="module")
def registering(world: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> RegisteringConfig:
    """Return a registry whose champion, and one version more, learned from the world itself."""
    folder = tmp_path_factory.mktemp("registry")
    (folder / "lock.txt").write_text("lightgbm>=4\n")
    place = (folder / "mlartifacts").as_uri()
    tracking = TrackingConfig(f"sqlite:///{folder / 'mlflow.db'}", NAME, place)
    config = RegisteringConfig(tracking, folder, folder / "lock.txt", NAME)
    featured = add_features(world)
    for trees in (40, 30):
        boosting = BoostingConfig(n_estimators=trees, num_leaves=6, max_bin=1023)
        material = material_of_payments(featured, TrainingConfig(START), ())
        register(learn(material, LearningConfig(), boosting), material, config)
    Registry(tracking).promote(NAME, 1, who="test", why="the first")
    return config


class Played:
    """Be a log into which a world is played up to a day, and the commands that look at it."""

    def __init__(self, kafka: Kafka, world: pd.DataFrame) -> None:
        stem = f"days-{time.time_ns()}"
        self.config = ScorerConfig(
            group=stem,
            payments=f"{stem}.payments",
            labels=f"{stem}.labels",
            decisions=f"{stem}.decisions",
        )
        make_scoring_topics(kafka, self.config)
        self._kafka, self._world, self._next = kafka, world, 0

    def until(self, day: int) -> None:
        """Send what comes until a day ends, and the first hours of the next."""
        source = EventSourceConfig(first_day=0, days=WORLD.days)
        end = LogConfig().end_of(day) + timedelta(hours=6)
        with EventProducer(self._kafka, ProducerConfig(name="test"), CONTRACTS) as producer:
            for number, one in enumerate(arrivals(self._world, source)):
                if one.event.time > end:
                    return
                if number >= self._next:
                    is_payment = one.topic == PAYMENTS_TOPIC
                    topic = self.config.payments if is_payment else self.config.labels
                    producer.send(topic, one.event, key=one.key)
                    self._next = number + 1

    def run(self, *words: str, reads_log: bool = True) -> subprocess.CompletedProcess[str]:
        topics = ("--payments-topic", self.config.payments, "--labels-topic", self.config.labels)
        return subprocess.run(
            [sys.executable, "-m", "projects.fraud.operating", *words, *(topics * reads_log)],
            cwd=ROOT,
            env=environment(self._kafka),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def test_days_are_kept_and_judged_and_versions_compared_on_the_log(
    kafka: Kafka, world: pd.DataFrame, registering: RegisteringConfig, tmp_path: Path
) -> None:
    played, days = Played(kafka, world), tmp_path / "days"
    at_registry = ("--registry", registering.tracking.uri, "--name", NAME)
    decisions = f"sqlite:///{tmp_path / 'decisions.db'}"
    for day in (FIRST, LAST):
        played.until(day)
        kept = played.run("export-days", "--to", str(days))
        assert kept.returncode == 0, kept.stderr
        written = day + 1 if day == FIRST else LAST - (FIRST - 14)
        assert f"{written} days written, {day + 1 - written} were there" in kept.stdout
        judged = played.run(
            *("judge-day", "--payments", str(days), "--database", decisions, *at_registry),
            *("--false-alarms", "10", "--any-code", "--metrics", str(tmp_path / "drift.prom")),
            reads_log=False,
        )
        assert judged.returncode == 0, judged.stderr
        payments = int((world[c.TX_TIME_DAYS] == day).sum())
        assert f"day {day}: {payments} payments, {NAME}/1 is live" in judged.stdout

    due = world[world[c.TX_TIME_DAYS] <= LAST].sort_values([c.TX_TIME_SECONDS, c.TRANSACTION_ID])
    known = due[c.TX_TIME_DAYS] <= LAST - 7
    due = due.assign(**{c.TX_FRAUD: due[c.TX_FRAUD].where(known, 0)})[list(COLUMNS)]
    pd.testing.assert_frame_equal(payments_until(days, LAST, 7), due.reset_index(drop=True))
    engine = sa.create_engine(decisions)
    assert list(RetrainingTrigger(engine).history()) == [FIRST, LAST]
    engine.dispose()
    assert "fraud_drift_judged_timestamp_seconds" in (tmp_path / "drift.prom").read_text()

    few = ("--least-payments", "500")
    compared = played.run("compare", "--version", "2", *at_registry, *few)
    assert compared.returncode == 0, compared.stdout + compared.stderr
    # The day that is going on is on the log as well.
    assert f"version 2 against 1, which is live; days {LAST - 5} to {LAST + 1}" in compared.stdout
