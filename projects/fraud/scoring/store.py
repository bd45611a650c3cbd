"""Carry published decisions into Postgres, apart from scoring: its outage holds up no decision."""

from infra.events.configuration import ProducerConfig
from infra.events.delivery import AtLeastOnce
from infra.events.loop import Loop
from infra.events.metrics import EventMetrics
from infra.events.postgres_sink import PostgresSink
from infra.events.producer import EventProducer
from infra.events.records import Outgoing, Received
from infra.events.stopping import Stop
from infra.settings import Kafka, Postgres
from projects.fraud.contracts import CONTRACTS, Decision
from projects.fraud.scoring.configuration import StoreConfig
from projects.fraud.scoring.decision_table import DecisionTable


def store_decisions(
    kafka: Kafka,
    postgres: Postgres,
    config: StoreConfig | None = None,
    *,
    stop: Stop | None = None,
    metrics: EventMetrics | None = None,
) -> None:
    """Write decisions into the table until asked to stop; commit after writing.

    The topics must be there. Raise UnavailableError when an outage outlasts the configuration.
    """
    config = config or StoreConfig()
    table = DecisionTable(config.schema)
    table.prepare(postgres)
    sink = PostgresSink(postgres, config.group, table.write)
    sink.prepare()
    try:
        with EventProducer(kafka, ProducerConfig(name=config.group), CONTRACTS) as producer:
            Loop(
                kafka,
                config.consumer,
                CONTRACTS,
                _nothing_more,
                AtLeastOnce(producer, sink),
                retry=config.retry,
                outage=config.outage,
                metrics=metrics,
                stop=stop,
            ).run()
    finally:
        sink.close()


def _nothing_more(received: Received[Decision]) -> tuple[Outgoing, ...]:
    return ()
