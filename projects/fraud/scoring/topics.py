"""Make the topics that scoring reads and writes."""

from infra.events.topics import make_group_topics, make_topics
from infra.settings import Kafka
from projects.fraud.scoring.configuration import ScorerConfig, StoreConfig


def make_scoring_topics(
    kafka: Kafka, scorer: ScorerConfig | None = None, store: StoreConfig | None = None
) -> None:
    """Make payments, labels, decisions and both groups' retry topics and dead letters.

    What is there stays as it is. Labels have one partition: their order decides which of two labels
    of a transaction counts, and every member reads all of them. Raise UnavailableError when no
    broker answers.
    """
    scorer, store = scorer or ScorerConfig(), store or StoreConfig()
    make_topics(
        kafka,
        {scorer.payments: scorer.partitions, scorer.labels: 1, scorer.decisions: scorer.partitions},
    )
    make_group_topics(kafka, scorer.consumer, scorer.retry)
    make_group_topics(kafka, store.consumer, store.retry)
