"""What the checks do on the broker themselves: make topics, put records, read what is there."""

import logging
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from brokers import make_topics, put_records, read_topic
from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError
from logs import PARTITIONS, SOURCES, TOPICS

from autograder.checks import Run
from infra.run_space.space import SPACE_VARIABLE, in_space
from infra.settings.exporting import settings_told


@dataclass
class Ground:
    """Stand for topics on the broker that a single check has to itself."""

    prefix: str
    options: dict[str, Any]

    def put(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Write keys and values into `payments`."""
        put_records(self.prefix, "payments", records, self.options)

    def read(self, topic: str) -> list[dict[str, Any]]:
        """Return all that a topic has now, by partition and offset."""
        return read_topic(self.prefix, topic, self.options)

    def committed(self) -> dict[str, int]:
        """Return what the scorer's group has committed, by topic/partition; 0 for nothing."""
        places = {
            TopicPartition(f"{self.prefix}-{topic}", number): f"{topic}/{number}"
            for topic in SOURCES
            for number in range(PARTITIONS)
        }
        admin = KafkaAdminClient(**self.options)
        try:
            group = f"{self.prefix}-scorer"
            known = admin.list_group_offsets({group: list(places)})[group]
        finally:
            admin.close()
        found = {name: known.get(place) for place, name in places.items()}
        return {name: max(0, one.offset) if one else 0 for name, one in found.items()}


@contextmanager
def ground(run: Run) -> Iterator[Ground]:
    """Give a check topics of its own, and delete them afterwards."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    options = settings_told(run.variables).kafka.client_options()
    word, space = f"check-{secrets.token_hex(4)}", run.variables.get(SPACE_VARIABLE)
    own = Ground(f"{space}.{word}" if space else in_space(word), options)
    make_topics(own.prefix, options)
    try:
        yield own
    finally:
        admin = KafkaAdminClient(**options)
        try:
            names = [f"{own.prefix}-{topic}" for topic in TOPICS]
            admin.delete_topics(names, raise_errors=False)
        except KafkaError:
            # The run's whole space is dropped after it; this only keeps it small.
            pass
        finally:
            admin.close()
