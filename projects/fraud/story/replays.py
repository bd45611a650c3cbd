"""The chapter on replaying: the log scored again, partition by partition, side by side."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra.settings import Kafka
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.scoring.configuration import ScorerConfig
from projects.fraud.scoring.replaying import replayed

_REPORT_EVERY = 1_000


@dataclass(frozen=True)
class Compared:
    """Count the decisions of a replay, and those that differ from what was published."""

    decisions: int
    different: int


def compare(
    helpers: Executor,
    kafka: Kafka,
    scorer: ScorerConfig,
    deployed: Path,
    since: Mapping[int, int],
    published: Mapping[int, str],
    progress: Callable[[str], None],
) -> Compared:
    """Score the log again with the version that lies in `deployed`; compare each decision's JSON.

    `since` has the offset of each partition from which on payments were decided; `published` the
    JSON of the decisions by transaction.
    """
    found = different = 0
    progress(f"{len(since)} partitions are read and scored again")
    # They depend on nothing of each other.
    for answers in helpers.map(partial(_replayed, kafka, scorer, deployed), since.items()):
        for transaction, text in answers:
            found += 1
            different += text != published.get(transaction)
            if found % _REPORT_EVERY == 0:
                progress(f"{found:,} decisions compared")
    return Compared(found, different)


def _replayed(
    kafka: Kafka, scorer: ScorerConfig, deployed: Path, begin: tuple[int, int]
) -> Iterable[tuple[int, str]]:
    model = ScoringModel.load(deployed).renamed(deployed.name)
    partition, first = begin
    decisions = replayed(kafka, model, scorer, partitions=[partition], since={partition: first})
    return [(one.transaction_id, one.model_dump_json()) for one in decisions]
