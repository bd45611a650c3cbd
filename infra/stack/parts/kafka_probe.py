"""Prove that a Kafka cluster takes and gives a record."""

import uuid

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

from infra.settings import Kafka

TOPIC = "lab.health"
_MILLISECONDS = 5000
_KEPT_MILLISECONDS = 60 * 60 * 1000


def round_trip(endpoint: Kafka, brokers: int) -> None:
    """Produce one record, acknowledged by all in sync, and consume it; raise when that fails."""
    options = endpoint.client_options() | {"request_timeout_ms": _MILLISECONDS}
    admin = KafkaAdminClient(**options)
    try:
        there = len(admin.describe_cluster()["brokers"])
        if there != brokers:
            raise RuntimeError(f"{there} of {brokers} brokers are there")
        _make_topic(admin, endpoint.replication)
    finally:
        admin.close()
    token = uuid.uuid4().bytes
    producer = KafkaProducer(**options, acks="all", max_block_ms=_MILLISECONDS)
    try:
        sent = producer.send(TOPIC, token, partition=0).get(timeout=_MILLISECONDS / 1000)
    finally:
        producer.close(timeout=1)
    consumer = KafkaConsumer(**options, consumer_timeout_ms=_MILLISECONDS)
    try:
        where = TopicPartition(TOPIC, 0)
        consumer.assign([where])
        consumer.seek(where, sent.offset)
        if next(iter(consumer)).value != token:
            raise RuntimeError("another record came back than was produced")
    except StopIteration:
        raise RuntimeError("the record that was produced did not come back") from None
    finally:
        consumer.close()


def _make_topic(admin: KafkaAdminClient, replication: int) -> None:
    if TOPIC in admin.list_topics():
        return
    settings = {"retention.ms": str(_KEPT_MILLISECONDS)}
    topic = NewTopic(
        name=TOPIC, num_partitions=1, replication_factor=replication, topic_configs=settings
    )
    try:
        admin.create_topics([topic])
    except TopicAlreadyExistsError:
        # Another probe was first.
        return
