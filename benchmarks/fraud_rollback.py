"""Time rollbacks: MLflow's registry, Kafka and the stream scorer are real; see `fraud_drift`."""

import os
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import mlflow
import numpy as np
from rich.console import Console

from benchmarks.fraud_stage import servers, story, trained
from infra.settings import Settings
from infra.tracking.configuration import TrackingConfig
from infra.tracking.data_hash import frame_hash
from infra.tracking.lineage import Lineage
from infra.tracking.registry import Registry
from infra.tracking.runs import Tracker
from projects.fraud import columns as c
from projects.fraud.contracts import Payment
from projects.fraud.learning.registering import MODEL_FOLDER, NAME, version_name
from projects.fraud.operating.rollback_drill import DrillReport, drill_rollback
from projects.fraud.scoring.configuration import ScorerConfig
from projects.fraud.scoring.processes import ScoringProcess
from projects.fraud.scoring.topics import make_scoring_topics
from projects.fraud.story.streaming import OneByOne, Watcher

HEADING = "## Rolling back"
COLUMNS = ("drill", "alias moved", "first decision by the old", "the last of 20 in a row", "by new")
_ROOT = Path(__file__).parents[1]
_PARTS = ("kafka", "postgres", "mlflow")
_PATIENCE_SECONDS = 300.0
# The scorer's own default.
_WATCH_SECONDS = 2.0


@dataclass(frozen=True)
class RollbackConfig:
    """Configure how often is rolled back, and on how many days of payments models learn."""

    drills: int = 5
    learned_days: int = 10
    payments: int = 20_000
    pause: float = 0.02


def rollbacks(config: RollbackConfig, console: Console) -> list[DrillReport]:
    """Have a second version live, roll back to the first, and so on; return what each took."""
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    found: list[DrillReport] = []
    with servers(_PARTS) as stack, tempfile.TemporaryDirectory(prefix="bench-fraud-") as folder:
        settings, scorer = stack.settings, ScorerConfig()
        make_scoring_topics(settings.kafka, scorer)
        payments, registry = _registered(config, settings)
        registry.promote(NAME, 1, who="benchmark", why="the first")
        log, words = Path(folder) / "scorer.log", ["stream", "--watch-seconds", f"{_WATCH_SECONDS}"]
        with (
            Watcher(settings.kafka, scorer.decisions) as watcher,
            OneByOne(settings.kafka, scorer.payments, iter(payments), watcher) as decide,
            ScoringProcess(settings, log, words, _PARTS),
        ):
            decide(_PATIENCE_SECONDS)
            for number in range(config.drills):
                registry.promote(NAME, 2, who="benchmark", why="to roll it back")
                while decide() != version_name(NAME, 2):
                    pass
                # The scorer has just asked: each drill begins at another time until it asks again.
                time.sleep(_WATCH_SECONDS * number / config.drills)
                report = drill_rollback(
                    registry,
                    NAME,
                    decide,
                    who="benchmark",
                    named=lambda version: version_name(NAME, version),
                    pause=config.pause,
                )
                console.print(report.in_words(), highlight=False)
                found.append(report)
    return found


def section(found: Sequence[DrillReport]) -> str:
    """Return the page's part on rollbacks in Markdown."""
    decided = [one.decided for one in found]
    lines = [
        HEADING,
        "",
        f"{len(found)} rollbacks by MLflow's registry on Postgres; the stream scorer asks it every "
        f"{_WATCH_SECONDS:g} s which version is live, each drill begins at another time between "
        "two of its questions, and payments are sent to it one by one over Kafka. Seconds count "
        "from the wish; `by new` are the decisions that still came from the version that was "
        f"taken back. Measured {_machine()}.",
        "",
        f"The old version decides again after {np.median(decided):.1f} s (median; longest "
        f"{max(decided):.1f} s). No decision came from a third version, and none from the new one "
        "after the first from the old.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *(f"| {' | '.join(row)} |" for row in rows(found)),
        "",
    ]
    return "\n".join(lines)


def rows(found: Sequence[DrillReport]) -> list[tuple[str, ...]]:
    """Put drills into words, a row each."""
    return [
        (
            str(number),
            f"{one.moved:.2f} s",
            f"{one.decided:.2f} s",
            f"{one.settled:.2f} s",
            str(one.by_new),
        )
        for number, one in enumerate(found, 1)
    ]


def _registered(config: RollbackConfig, settings: Settings) -> tuple[list[Payment], Registry]:
    """Register two models, and return payments that neither has seen."""
    world, told = story(config.learned_days, config.payments)
    past = world[world[c.TX_TIME_DAYS] < config.learned_days]
    tracking = TrackingConfig(settings.mlflow.url, NAME)
    registry = Registry(tracking)
    lineage = Lineage.gather(
        code=_ROOT,
        lock=_ROOT / "requirements" / "fraud.txt",
        data_hash=frame_hash(past, columns=list(past.columns), sort_by=[c.TRANSACTION_ID]),
    )
    for version in ("one", "two"):
        model, _, _ = trained(past, version)
        with Tracker(tracking).run(version, lineage) as run, tempfile.TemporaryDirectory() as kept:
            model.save(Path(kept) / MODEL_FOLDER)
            mlflow.log_artifacts(kept)
            registry.register(NAME, run, mlflow.get_artifact_uri(MODEL_FOLDER))
    return told.coming, registry


def _machine() -> str:
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )
