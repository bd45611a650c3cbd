"""Watch the stream as operations do: the project's own metrics, sampled once a second."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from prometheus_client import CollectorRegistry

from infra.settings import Kafka
from projects.fraud.operating.decision_metrics import DecisionMetrics
from projects.fraud.operating.decision_watcher import DecisionWatcher
from projects.fraud.scoring.configuration import ScorerConfig

Labels = tuple[tuple[str, str], ...]
_READY = "ready"
_BETWEEN_SAMPLES = 1.0
# To ask for the lag makes a client each time; it is asked every other second.
_BETWEEN_LOOKS = 2.0
# Latency counts by the broker's clock, so that nothing is lost by reading seldom.
_BETWEEN_READS = 0.25
_LAST_SECONDS = 0.5


@dataclass(frozen=True)
class Sample:
    """Hold what the metrics said at a time, in seconds since 1970, by name and labels."""

    at: float
    values: Mapping[str, Mapping[Labels, float]]

    def total(self, name: str, **labels: str) -> float:
        """Return the sum over the series of a metric that bear these labels.

        Raise KeyError for a metric that nobody shows.
        """
        wanted = set(labels.items())
        return sum(value for one, value in self.values[name].items() if wanted <= set(one))

    @classmethod
    def of(cls, registry: CollectorRegistry) -> "Sample":
        """Return what a registry shows now."""
        values: dict[str, dict[Labels, float]] = {}
        for metric in registry.collect():
            # A metric with labels has no series before something happened.
            values[metric.name] = {}
            for one in metric.samples:
                values.setdefault(one.name, {})[tuple(sorted(one.labels.items()))] = one.value
        return cls(time.time(), values)


@contextmanager
def watching(helpers: Executor, kafka: Kafka, scorer: ScorerConfig) -> Iterator[list[Sample]]:
    """Have a helper sample the metrics while the block goes on; the list is filled at its end.

    The block begins when what is published from now on is seen.
    """
    here, there = Pipe()
    samples: list[Sample] = []
    with here, there:
        found = helpers.submit(sampled, kafka, scorer, there)
        while not here.poll(_BETWEEN_READS):
            if found.done():
                found.result()
        try:
            yield samples
        finally:
            here.send(None)
            samples.extend(found.result())


def sampled(kafka: Kafka, scorer: ScorerConfig, told: Connection) -> list[Sample]:
    """Watch decisions until something is told; return the samples, the last after all was read."""
    metrics = DecisionMetrics(CollectorRegistry())
    watcher = DecisionWatcher(kafka, metrics, scorer)
    try:
        watcher.look()
        samples = [Sample.of(metrics.registry)]
        told.send(_READY)
        begun = time.monotonic()
        sample_due, look_due = begun + _BETWEEN_SAMPLES, begun + _BETWEEN_LOOKS
        while not told.poll(_BETWEEN_READS):
            watcher.step(0)
            if time.monotonic() >= look_due:
                watcher.look()
                look_due += _BETWEEN_LOOKS
            if time.monotonic() >= sample_due:
                samples.append(Sample.of(metrics.registry))
                sample_due += _BETWEEN_SAMPLES
        while watcher.step(_LAST_SECONDS):
            pass
        watcher.look()
        return [*samples, Sample.of(metrics.registry)]
    finally:
        watcher.close()
