"""Keep a learned model with its lineage, and fetch it again from wherever the registry lies."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import mlflow
import pandas as pd

from infra.tracking.configuration import TrackingConfig
from infra.tracking.current_store import current_store
from infra.tracking.data_hash import frame_hash
from infra.tracking.errors import told
from infra.tracking.lineage import Lineage
from infra.tracking.registry import RegisteredVersion, Registry
from infra.tracking.runs import Tracker
from projects.fraud import columns as c
from projects.fraud.learning.learning_run import Learned
from projects.fraud.learning.material import Material
from projects.fraud.learning.scoring_model import ScoringModel

MODEL_FOLDER, CARD_FILE = "model", "model_card.md"
FIRST_DAY, LAST_DAY, PURPOSE_TAG = "train_first_day", "train_last_day", "purpose"
NAME = "fraud-detector"


@dataclass(frozen=True)
class RegisteringConfig:
    """Configure where models are kept, under which name, and from which code and lock they are."""

    tracking: TrackingConfig
    code: Path
    lock: Path
    name: str = NAME


@dataclass(frozen=True)
class Keepsakes:
    """Hold what is kept beside a model: figures of its examination, and its card as Markdown.

    `purpose` says what it was made for, such as "drift-day-120", so that it is not made twice.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    card: str = ""
    purpose: str = ""


def data_hash(frame: pd.DataFrame, features: tuple[str, ...]) -> str:
    """Return the hash of payments by value, whatever the order of the rows."""
    columns = sorted({c.TRANSACTION_ID, c.TX_TIME_SECONDS, c.TX_AMOUNT, c.TX_FRAUD, *features})
    return frame_hash(frame, columns=columns, sort_by=[c.TRANSACTION_ID])


def register(
    learned: Learned,
    material: Material,
    config: RegisteringConfig,
    keepsakes: Keepsakes | None = None,
) -> RegisteredVersion:
    """Log a run with lineage, parameters, figures, model and card, and register the model.

    The lineage's data is the training week; the week that calibrated is named by a parameter, and
    so are the first and the last training day where the data counts days.
    """
    keepsakes = keepsakes or Keepsakes()
    lineage = Lineage.gather(
        code=config.code,
        lock=config.lock,
        data_hash=data_hash(material.train, material.features),
    )
    parameters = {
        **learned.boosting.parameters(),
        "threshold": learned.model.threshold,
        "trials": len(learned.trials),
        "train_rows": len(material.train),
        "rehearsal_data_hash": data_hash(material.rehearsal.test, material.features),
    }
    if c.TX_TIME_DAYS in material.train:
        days = material.train[c.TX_TIME_DAYS]
        parameters |= {FIRST_DAY: int(days.min()), LAST_DAY: int(days.max())}
    with Tracker(config.tracking).run("learning", lineage, parameters) as run_id:
        mlflow.log_metrics(dict(keepsakes.metrics))
        if keepsakes.purpose:
            mlflow.set_tag(PURPOSE_TAG, keepsakes.purpose)
        with tempfile.TemporaryDirectory() as folder:
            learned.model.save(Path(folder) / MODEL_FOLDER)
            if keepsakes.card:
                (Path(folder) / CARD_FILE).write_text(keepsakes.card, encoding="utf-8")
            mlflow.log_artifacts(folder)
        source = mlflow.get_artifact_uri(MODEL_FOLDER)
    return Registry(config.tracking).register(config.name, run_id, source)


def load_version(config: RegisteringConfig, version: int) -> ScoringModel:
    """Return a registered version, which calls itself by its name and number there.

    Raise CourseError where there is none, or where a part is not what was registered.
    """
    found = Registry(config.tracking).version(config.name, version)
    with (
        tempfile.TemporaryDirectory() as folder,
        current_store(config.tracking),
        told(f"to fetch version {version} of {config.name}"),
    ):
        fetched = mlflow.artifacts.download_artifacts(artifact_uri=found.uri, dst_path=folder)
        return ScoringModel.load(Path(fetched)).renamed(version_name(config.name, version))


def load_live(config: RegisteringConfig) -> ScoringModel | None:
    """Return the version that the champion's alias points at, None where it points at nothing."""
    version = Registry(config.tracking).live(config.name)
    return None if version is None else load_version(config, version)


def version_name(name: str, version: int) -> str:
    """Return what a model of the registry calls itself in its decisions."""
    return f"{name}/{version}"
