"""The chapter on replaying: the log scored again, each partition in a process of its own."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.scoring.garbage import collect_seldom
from projects.fraud.scoring.processes import die_with_the_parent
from projects.fraud.scoring.replaying import replayed
from projects.fraud.story.places import Places

_REPORT_EVERY = 1_000


@dataclass(frozen=True)
class Compared:
    """Count the decisions of a replay, and those that differ from what was published."""

    decisions: int
    different: int


def compare(
    places: Places,
    version: str,
    since: Mapping[int, int],
    published: Mapping[int, str],
    progress: Callable[[str], None],
) -> Compared:
    """Score the log again with a deployed version, and compare the JSON of each decision.

    `since` has the offset of each partition from which on payments were decided; `published` the
    JSON of the decisions by transaction.
    """
    found = different = 0
    # Partitions depend on nothing of each other. A fork would take clients of Kafka along.
    with ProcessPoolExecutor(
        len(since), mp_context=get_context("spawn"), initializer=_prepare
    ) as pool:
        for answers in pool.map(partial(_replayed, places, version), since.items()):
            for transaction, text in answers:
                found += 1
                different += text != published.get(transaction)
                if found % _REPORT_EVERY == 0:
                    progress(f"{found:,} decisions compared")
    return Compared(found, different)


def _prepare() -> None:
    die_with_the_parent()
    collect_seldom()


def _replayed(places: Places, version: str, begin: tuple[int, int]) -> Iterable[tuple[int, str]]:
    model = ScoringModel.load(places.models / version).renamed(version)
    partition, first = begin
    decisions = replayed(
        places.settings.kafka,
        model,
        places.scorer,
        partitions=[partition],
        since={partition: first},
    )
    return [(one.transaction_id, one.model_dump_json()) for one in decisions]
