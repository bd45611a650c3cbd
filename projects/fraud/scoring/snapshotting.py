"""Save the states beside the scorers, so that a restart begins not far back in the log."""

from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError
from kafka.structs import TopicPartition

from infra.events.errors import UnavailableError
from infra.settings import Kafka
from projects.fraud.scoring.configuration import ScorerConfig
from projects.fraud.scoring.kafka_log import KafkaLog
from projects.fraud.scoring.label_log import LabelLog
from projects.fraud.scoring.rebuilding import rebuilt
from projects.fraud.scoring.snapshots import Snapshots


def save_snapshots(kafka: Kafka, config: ScorerConfig) -> list[Path]:
    """Save each partition's state at the place that the group has committed; return the files.

    The states follow from the log, so this needs no scorer and holds none up: run it now and then
    beside them. Raise ValueError without a folder, UnavailableError without brokers.
    """
    if config.snapshots is None:
        raise ValueError("config.snapshots names no folder: say where snapshots are kept.")
    snapshots, made = Snapshots(config.snapshots), []
    with KafkaLog(kafka) as log, LabelLog(kafka, config.labels) as labels:
        for partition, position in committed(kafka, config.group, config.payments).items():
            state = rebuilt(
                log, labels, config.payments, partition, position, config.online, snapshots
            )
            made.append(snapshots.save(partition, state))
    return made


def committed(kafka: Kafka, group: str, topic: str) -> dict[int, int]:
    """Return the offset that a group has committed, for each partition where it has."""
    try:
        admin = KafkaAdminClient(**kafka.client_options())
        try:
            [described] = admin.describe_topics([topic])
            partitions = [
                TopicPartition(topic, one["partition_index"]) for one in described["partitions"]
            ]
            found = admin.list_group_offsets({group: partitions})[group]
        finally:
            admin.close()
    except KafkaError as error:
        raise UnavailableError(f"The offsets of {group} could not be asked: {error}") from error
    return {one.partition: known.offset for one, known in found.items() if known.offset >= 0}
