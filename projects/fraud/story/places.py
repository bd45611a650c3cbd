"""Where one telling of the story keeps what it makes: on the servers and in a folder."""

import itertools
from dataclasses import dataclass
from pathlib import Path

from infra.settings import Settings
from infra.tracking.configuration import TrackingConfig
from projects.fraud.learning.registering import RegisteringConfig
from projects.fraud.scoring.configuration import ScorerConfig, StoreConfig

REPOSITORY = Path(__file__).parents[3]
_WATCH_SECONDS = 0.2


@dataclass(frozen=True)
class Places:
    """Name what one telling has on the servers after `space`; its files lie in `folder`."""

    settings: Settings
    space: str
    folder: Path

    @property
    def registering(self) -> RegisteringConfig:
        """Return where models are registered."""
        return RegisteringConfig(
            TrackingConfig(self.settings.mlflow.url, f"{self.space}.learning"),
            code=REPOSITORY,
            lock=REPOSITORY / "requirements" / "fraud.txt",
            name=f"{self.space}.detector",
        )

    @property
    def scorer(self) -> ScorerConfig:
        """Return the topics and the group of the scorer."""
        return ScorerConfig(
            group=f"{self.space}.scorer",
            payments=f"{self.space}.payments",
            labels=f"{self.space}.labels",
            decisions=f"{self.space}.decisions",
            snapshots=self.folder / "snapshots",
        )

    @property
    def store(self) -> StoreConfig:
        """Return the group and the schema of the decisions' table."""
        return StoreConfig(f"{self.space}.store", self.scorer.decisions, self.space)

    @property
    def models(self) -> Path:
        """Return the folder of the models that the scorer serves from."""
        return self.folder / "models"

    def stream_words(self) -> list[str]:
        """Return the command line of the scorer."""
        scorer = self.scorer
        told = {
            "model": self.models,
            "group": scorer.group,
            "payments": scorer.payments,
            "labels": scorer.labels,
            "decisions": scorer.decisions,
            "snapshots": scorer.snapshots,
            "watch-seconds": _WATCH_SECONDS,
        }
        return ["stream", *itertools.chain(*((f"--{k}", str(v)) for k, v in told.items()))]

    def store_words(self) -> list[str]:
        """Return the command line of what carries decisions into the table."""
        told = {
            "group": self.store.group,
            "decisions": self.store.decisions,
            "schema": self.store.schema,
        }
        return ["store", *itertools.chain(*((f"--{k}", v) for k, v in told.items()))]
