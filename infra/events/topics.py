"""The topics of a group beside those it reads, and how they are made."""

from collections.abc import Mapping
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from infra.events.configuration import ConsumerConfig, RetryConfig
from infra.events.errors import EventsError, UnavailableError
from infra.settings import Kafka

# A failed event weighs more than it did before, by what is told of its failure.
_LARGER = {"max.message.bytes": str(2 * 1024 * 1024)}
_FOR_EVER = _LARGER | {"retention.ms": "-1"}


@dataclass(frozen=True)
class GroupTopics:
    """Name the retry topics, one per delay, and the dead letters of a group.

    They belong to the group, not to the topic: another group may have handled the same event.
    """

    group: str
    retries: tuple[str, ...]

    @classmethod
    def of(cls, consumer: ConsumerConfig, retry: RetryConfig) -> "GroupTopics":
        numbers = range(1, len(retry.delays) + 1)
        return cls(consumer.group, tuple(f"{consumer.group}.retry.{n}" for n in numbers))

    @property
    def dead(self) -> str:
        return f"{self.group}.dead"


def make_topics(
    kafka: Kafka, partitions: Mapping[str, int], *, settings: Mapping[str, str] | None = None
) -> None:
    """Make the topics that are not there, replicated as the settings say; leave others alone.

    Raise UnavailableError when no broker answers.
    """
    admin = _admin(kafka)
    try:
        missing = {
            name: {
                "num_partitions": count,
                "replication_factor": kafka.replication,
                "configs": dict(settings or {}),
            }
            for name, count in partitions.items()
            if name not in set(admin.list_topics())
        }
        if not missing:
            return
        made = admin.create_topics(missing, raise_errors=False)
        for topic in made["topics"]:
            error = for_code(topic["error_code"])
            # Another process may have been first.
            if topic["error_code"] and error is not TopicAlreadyExistsError:
                said = topic.get("error_message") or error.__name__
                raise EventsError(f"Topic {topic['name']} could not be made: {said}")
        admin.wait_for_topics(list(missing))
    except KafkaError as error:
        raise UnavailableError(f"Topics could not be made: {error}") from error
    finally:
        admin.close()


def make_group_topics(
    kafka: Kafka, consumer: ConsumerConfig, retry: RetryConfig, *, partitions: int = 1
) -> GroupTopics:
    """Make a group's retry topics and dead letters; the latter are kept for ever."""
    topics = GroupTopics.of(consumer, retry)
    make_topics(kafka, dict.fromkeys(topics.retries, partitions), settings=_LARGER)
    make_topics(kafka, {topics.dead: 1}, settings=_FOR_EVER)
    return topics


def _admin(kafka: Kafka) -> KafkaAdminClient:
    try:
        return KafkaAdminClient(**kafka.client_options())
    except KafkaError as error:
        raise UnavailableError(f"No broker of {kafka.bootstrap} answers: {error}") from error
