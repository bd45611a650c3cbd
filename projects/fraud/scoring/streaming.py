"""Run the stream scorer: payments in, decisions out, until it is asked to stop."""

from infra.events.configuration import ProducerConfig
from infra.events.delivery import AtLeastOnce
from infra.events.loop import Loop
from infra.events.metrics import EventMetrics
from infra.events.producer import EventProducer
from infra.events.records import Together
from infra.events.stopping import Stop
from infra.settings import Kafka
from projects.fraud.contracts import CONTRACTS
from projects.fraud.scoring.configuration import ScorerConfig
from projects.fraud.scoring.kafka_log import KafkaLog
from projects.fraud.scoring.label_log import LabelLog
from projects.fraud.scoring.models import Models, WatchedModels
from projects.fraud.scoring.partitions import Partitions
from projects.fraud.scoring.published import Published
from projects.fraud.scoring.scorer import Scorer
from projects.fraud.scoring.scorer_metrics import ScorerMetrics
from projects.fraud.scoring.snapshots import Snapshots


def score_stream(
    kafka: Kafka,
    models: Models,
    config: ScorerConfig | None = None,
    *,
    stop: Stop | None = None,
    metrics: ScorerMetrics | None = None,
) -> None:
    """Publish a decision for each payment until asked to stop; commit after publishing.

    What cannot be read goes to the group's dead letters, from where `infra.events.dead_letters`
    puts it back. Asked to stop, the batch at hand is finished and committed and the states are kept
    as snapshots. The topics must be there. Raise UnavailableError when an outage outlasts the
    configuration.
    """
    config, metrics = config or ScorerConfig(), metrics or ScorerMetrics()
    snapshots = Snapshots(config.snapshots) if config.snapshots else None
    # Polls make the batches: waiting for more would be in vain.
    told = ProducerConfig(name=config.group, linger_seconds=0.0)
    with (
        KafkaLog(kafka) as payments,
        LabelLog(kafka, config.labels) as labels,
        EventProducer(kafka, told, CONTRACTS) as producer,
    ):
        published = Published(payments, config.decisions)
        partitions = Partitions(
            payments, labels, published, config.payments, config.online, snapshots
        )
        scorer = Scorer(
            partitions,
            models,
            config.online,
            topic=config.decisions,
            reasons=config.reasons,
            told=metrics.decided,
        )
        metrics.labels_too_late.set_function(lambda: partitions.labels_too_late)
        if isinstance(models, WatchedModels):
            metrics.swaps.set_function(lambda: models.swaps)
            metrics.failures.set_function(lambda: models.failures)
        Loop(
            kafka,
            config.consumer,
            CONTRACTS,
            Together(scorer.process),
            AtLeastOnce(producer),
            retry=config.retry,
            outage=config.outage,
            metrics=EventMetrics(config.group, metrics.registry),
            stop=stop,
            assigned=lambda places: partitions.forget_place(
                place.partition for place in places if place.topic == config.payments
            ),
        ).run()
        for partition, state in partitions.states.items():
            if snapshots is not None:
                snapshots.save(partition, state)
