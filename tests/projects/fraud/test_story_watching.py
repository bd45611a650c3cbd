"""A helper samples the metrics while payments flow, from before the first to after the last."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.settings import Kafka
from projects.fraud.operating.decision_metrics import DecisionMetrics
from projects.fraud.scoring.configuration import ScorerConfig
from projects.fraud.story import watching

KAFKA = Kafka(bootstrap=("127.0.0.1:1",))
PUBLISHED = "fraud_published_decisions_total"


class Published:
    """Be a log of decisions, of which each reading finds two until there are no more."""

    left = 0
    closed = False

    def __init__(self, kafka: Kafka, metrics: DecisionMetrics, scorer: ScorerConfig) -> None:
        self._metrics = metrics
        metrics.began(time.time())

    def step(self, seconds: float) -> int:
        found = min(2, Published.left)
        for _ in range(found):
            self._metrics.decided(False, "1", time.time(), 0.01)
        Published.left -= found
        return found

    def look(self) -> None:
        self._metrics.waiting(Published.left)

    def close(self) -> None:
        Published.closed = True


def test_the_first_sample_is_before_and_the_last_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "DecisionWatcher", Published)
    monkeypatch.setattr(watching, "_BETWEEN_READS", 0.01)
    monkeypatch.setattr(watching, "_BETWEEN_SAMPLES", 0.05)
    with (
        ThreadPoolExecutor(1) as helpers,
        watching.watching(helpers, KAFKA, ScorerConfig()) as samples,
    ):
        assert samples == []
        Published.left = 101
        time.sleep(0.3)
    assert samples[0].total(PUBLISHED) == 0 and samples[-1].total(PUBLISHED) == 101
    between = [one.total(PUBLISHED, alert="no") for one in samples]
    assert len(samples) > 3 and between == sorted(between)
    assert samples[-1].total("fraud_payments_waiting") == 0 and Published.closed


def test_a_watch_that_cannot_begin_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*told: object) -> None:
        raise ConnectionError("no broker answers")

    monkeypatch.setattr(watching, "DecisionWatcher", away)
    with (
        ThreadPoolExecutor(1) as helpers,
        pytest.raises(ConnectionError, match="no broker"),
        watching.watching(helpers, KAFKA, ScorerConfig()),
    ):
        raise AssertionError("it began")


def test_a_metric_with_labels_is_there_before_anything_happened() -> None:
    metrics = DecisionMetrics(watching.CollectorRegistry())
    sample = watching.Sample.of(metrics.registry)
    assert sample.total("fraud_deciding_model") == 0
    with pytest.raises(KeyError):
        sample.total("fraud_deciding_models")
