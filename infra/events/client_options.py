"""What kafka-python's producer is told, so that nothing is lost without a word."""

from typing import Any

from infra.events.configuration import MILLISECONDS, ProducerConfig
from infra.settings import Kafka

_LONGEST_REQUEST_SECONDS = 15.0
_LARGEST_REQUEST_BYTES = 2 * 1024 * 1024


def client_options(kafka: Kafka, config: ProducerConfig) -> dict[str, Any]:
    """Return the keyword arguments of KafkaProducer, secrets included."""
    request_seconds = min(config.delivery_seconds / 2, _LONGEST_REQUEST_SECONDS)
    options: dict[str, Any] = kafka.client_options() | {
        "client_id": config.name,
        "acks": "all",
        "enable_idempotence": True,
        "linger_ms": round(config.linger_seconds * MILLISECONDS),
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
