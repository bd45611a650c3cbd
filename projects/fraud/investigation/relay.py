"""Send the labels of the outbox, each at least once.

A relay that dies between Kafka's acknowledgement and its own note sends them again, the same bytes
with the same event id. Consumers keep the first of a transaction.
"""

import logging
import time

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter

from infra.events.errors import EventsError
from infra.events.producer import EventProducer
from infra.events.records import Record
from infra.events.stopping import Stop
from projects.fraud.contracts import LABELS_TOPIC
from projects.fraud.investigation.configuration import RelayConfig

_LOG = logging.getLogger(__name__)
# A second relay passes over what a first one is sending.
_WAITING = """
select place, key, event from {schema}.label_outbox
where published_at is null order by place limit :batch for update skip locked
"""
_SENT = "update {schema}.label_outbox set published_at = now() where place = any(:places)"


class LabelRelay:
    """Carry labels from Postgres to Kafka."""

    def __init__(
        self,
        engine: sa.Engine,
        schema: str,
        producer: EventProducer,
        config: RelayConfig | None = None,
        topic: str = LABELS_TOPIC,
    ) -> None:
        self._engine = engine
        self._producer = producer
        self._config = config or RelayConfig()
        self._topic = topic
        self._waiting = sa.text(_WAITING.format(schema=schema))
        self._sent = sa.text(_SENT.format(schema=schema))
        self.count_in(CollectorRegistry())

    def count_in(self, registry: CollectorRegistry) -> None:
        """Count in a registry what is sent, and the batches that had to wait."""
        self._moved = Counter("investigation_labels_sent", "Labels sent.", registry=registry)
        self._failed = Counter(
            "investigation_relay_failures", "Batches that had to wait.", registry=registry
        )

    def pass_on(self) -> int:
        """Send one batch and return its size; raise EventsError where Kafka took not all of it.

        Nothing is noted then, and the next call sends the batch again.
        """
        with self._engine.begin() as session:
            asked = {"batch": self._config.batch}
            waiting = session.execute(self._waiting, asked).mappings().all()
            for row in waiting:
                record = Record(self._topic, row["key"].encode(), bytes(row["event"]))
                self._producer.send_record(record)
            self._producer.flush()
            session.execute(self._sent, {"places": [row["place"] for row in waiting]})
        self._moved.inc(len(waiting))
        return len(waiting)

    def run(self, stop: Stop) -> None:
        """Pass labels on until told to stop; an outage is logged and waited out."""
        while not stop.is_asked:
            try:
                moved = self.pass_on()
            except (EventsError, sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
                _LOG.warning("labels wait in the outbox: %s", error)
                self._failed.inc()
                moved = 0
            if moved < self._config.batch:
                time.sleep(self._config.poll_seconds)
