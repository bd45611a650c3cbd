"""What kafka-python's clients are told, so that nothing is lost without a word."""

from typing import Any

from infra.events.configuration import MILLISECONDS, ConsumerConfig, ProducerConfig
from infra.settings import Kafka

_LONGEST_REQUEST_SECONDS = 15.0
_LARGEST_REQUEST_BYTES = 2 * 1024 * 1024
_CONNECT_SECONDS = 15.0
# A rebalance waits until the last member has had an answer to its heartbeat.
_HEARTBEATS_IN_A_SESSION = 10


def producer_options(kafka: Kafka, config: ProducerConfig) -> dict[str, Any]:
    """Return the keyword arguments of KafkaProducer, secrets included."""
    request_seconds = min(config.delivery_seconds / 2, _LONGEST_REQUEST_SECONDS)
    options: dict[str, Any] = kafka.client_options() | {
        "client_id": config.name,
        "acks": "all",
        "enable_idempotence": True,
        "linger_ms": round(config.linger_seconds * MILLISECONDS),
        "batch_size": config.batch_bytes,
        "delivery_timeout_ms": round(config.delivery_seconds * MILLISECONDS),
        "request_timeout_ms": round(request_seconds * MILLISECONDS),
        "max_block_ms": round(config.delivery_seconds * MILLISECONDS),
        "bootstrap_timeout_ms": round(config.delivery_seconds * MILLISECONDS),
        "reconnect_backoff_max_ms": MILLISECONDS,
        # A mistyped topic is an error, not a new topic.
        "allow_auto_create_topics": False,
        "max_request_size": _LARGEST_REQUEST_BYTES,
    }
    if config.transactional_id is not None:
        options |= {
            "transactional_id": config.transactional_id,
            "transaction_timeout_ms": round(config.transaction_seconds * MILLISECONDS),
        }
    return options


def consumer_options(kafka: Kafka, config: ConsumerConfig) -> dict[str, Any]:
    """Return the keyword arguments of KafkaConsumer, secrets included."""
    session = round(config.session_seconds * MILLISECONDS)
    return kafka.client_options() | {
        "client_id": config.instance or config.group,
        "group_id": config.group,
        "group_instance_id": config.instance,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        # What a transaction did not commit is not there for us; others are not affected.
        "isolation_level": "read_committed",
        "max_poll_records": config.batch,
        "max_poll_interval_ms": round(config.longest_batch_seconds * MILLISECONDS),
        "session_timeout_ms": session,
        "heartbeat_interval_ms": session // _HEARTBEATS_IN_A_SESSION,
        "reconnect_backoff_max_ms": MILLISECONDS,
        "allow_auto_create_topics": False,
        "bootstrap_timeout_ms": round(_CONNECT_SECONDS * MILLISECONDS),
    }
