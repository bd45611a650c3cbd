"""How far a group is behind, asked of the brokers, so also when none of its members runs."""

from collections.abc import Iterable

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaError, RetriableError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from infra.events.errors import UnavailableError
from infra.settings import Kafka


def lag(kafka: Kafka, group: str, topics: Iterable[str]) -> dict[TopicPartition, int]:
    """Return for each partition how many records lie behind what the group has committed.

    A partition that the group never committed counts from its oldest record. Where producers use
    transactions, each leaves a marker that takes one offset, and up to one remains uncounted for.
    Raise UnavailableError when brokers do not answer.
    """
    try:
        return _asked(kafka, group, list(topics))
    except KafkaError as error:
        raise UnavailableError(f"The lag of {group} could not be asked: {error}") from error


# A group's coordinator takes a moment to be found, above all the first one of a cluster.
@retry(
    retry=retry_if_exception_type(RetriableError),
    stop=stop_after_delay(10),
    wait=wait_fixed(0.2),
    reraise=True,
)
def _asked(kafka: Kafka, group: str, topics: list[str]) -> dict[TopicPartition, int]:
    admin = KafkaAdminClient(**kafka.client_options())
    try:
        partitions = [
            TopicPartition(topic["name"], partition["partition_index"])
            for topic in admin.describe_topics(topics)
            for partition in topic["partitions"]
        ]
        ends = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
        begins = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
        committed = admin.list_group_offsets({group: partitions})[group]
    finally:
        admin.close()
    found = {}
    for one in partitions:
        known = committed.get(one)
        position = known.offset if known is not None and known.offset >= 0 else begins[one].offset
        found[one] = max(0, ends[one].offset - max(position, begins[one].offset))
    return found
