"""What the scorer publishes is measured off a real log, and rules ask for what is really shown."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from decided import Decisions
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry, generate_latest

from infra.events.configuration import ProducerConfig
from infra.events.producer import EventProducer
from infra.events.records import Record
from infra.events.topics import GroupTopics
from infra.monitoring.drift.detector import DriftReport, TestResult, Verdict
from infra.monitoring.exposure import missing
from infra.monitoring.rules import expressions, recorded
from infra.serving.key_store import KeyStore
from infra.settings import Kafka, Postgres
from projects.fraud.contracts import CONTRACTS, DECISION, PAYMENT, Decision, Payment
from projects.fraud.investigation.app import create_app
from projects.fraud.investigation.configuration import InvestigationConfig
from projects.fraud.investigation.database import open_engine, prepare
from projects.fraud.operating.dashboard import fraud_dashboard
from projects.fraud.operating.decision_metrics import DecisionMetrics
from projects.fraud.operating.decision_watcher import DecisionWatcher
from projects.fraud.operating.drift_watch import WatchReport
from projects.fraud.operating.objectives import FraudTerms, fraud_groups
from projects.fraud.operating.watch_metrics import WatchMetrics
from projects.fraud.scoring.configuration import ScorerConfig
from projects.fraud.scoring.topics import make_scoring_topics

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def scorer(kafka: Kafka) -> ScorerConfig:
    name = f"watched-{time.time_ns()}"
    config = ScorerConfig(
        group=name, payments=f"{name}.payments", decisions=f"{name}.decisions", labels=f"{name}.l"
    )
    make_scoring_topics(kafka, config)
    return config


@pytest.fixture(scope="module")
def watched(kafka: Kafka, scorer: ScorerConfig) -> Iterator[CollectorRegistry]:
    """Let three payments be decided, one of them long past, and one be put aside."""
    registry = CollectorRegistry()
    watcher = DecisionWatcher(kafka, DecisionMetrics(registry), scorer)
    with EventProducer(kafka, ProducerConfig(name="test"), CONTRACTS) as producer:
        now = datetime.now(UTC)
        due = (now - timedelta(minutes=2), now, now - timedelta(days=900))
        for number, moment in enumerate(due):
            data = Payment(
                transaction_id=number, at=now, customer_id=1, terminal_id=2, amount_cents=3
            )
            payment = PAYMENT.new(data, producer="test", time=moment)
            producer.send(scorer.payments, payment, key="1")
            decided = Decision(
                **data.model_dump(),
                score=0.9,
                threshold=0.5,
                alert=number == 0,
                model_version="7" if number else "6",
            )
            decision = DECISION.new(decided, producer="test", cause=payment)
            producer.send(scorer.decisions, decision, key="1")
        dead = GroupTopics.of(scorer.consumer, scorer.retry).dead
        producer.send_record(Record(dead, b"1", b"no event"))
        producer.send_record(Record(scorer.decisions, b"1", b"no decision"))
    seen = 0
    end = time.monotonic() + 20
    while seen < 4 and time.monotonic() < end:
        seen += watcher.step()
    watcher.look()
    yield registry
    watcher.close()


def test_latency_counts_from_when_a_payment_was_due(watched: CollectorRegistry) -> None:
    value = watched.get_sample_value
    assert value("fraud_decision_seconds_count") == 2
    # One was due two minutes before it was sent, and that is no merit of the scorer.
    assert value("fraud_decision_seconds_bucket", {"le": "10.0"}) == 1
    assert value("fraud_decision_seconds_sum") == pytest.approx(120, abs=60)
    assert value("fraud_decisions_replayed_total") == 1


def test_what_was_decided_what_waits_and_what_was_put_aside(watched: CollectorRegistry) -> None:
    value = watched.get_sample_value
    assert value("fraud_published_decisions_total", {"alert": "yes"}) == 1
    assert value("fraud_published_decisions_total", {"alert": "no"}) == 2
    assert value("fraud_payments_undecided_total") == 1
    assert value("fraud_payments_answered_total") == 4
    # No scorer has read the payments of this group.
    assert value("fraud_payments_waiting") == 3
    assert value("fraud_deciding_model", {"version": "7"}) == 1
    assert value("fraud_deciding_model", {"version": "6"}) == 0
    assert time.time() - (value("fraud_newest_decision_timestamp_seconds") or 0) < 60


def test_rules_and_dashboard_find_everything_on_real_pages_of_metrics(
    watched: CollectorRegistry, postgres: Postgres
) -> None:
    decisions = Decisions(postgres)
    engine = open_engine(postgres)
    prepare(engine, decisions.schema)
    app = create_app(
        InvestigationConfig(schema=decisions.schema), engine, KeyStore.in_postgres(postgres)
    )
    with TestClient(app) as client:
        client.get("/v1/alerts")
        desk = client.get("/metrics").text
    drift = CollectorRegistry()
    found = TestResult("SCORE", "psi", 0.3, 0.1, 9, 5, 0.001, 0.002, True)
    report = WatchReport(9, 500, {"scores": DriftReport(Verdict.DRIFTED, 500, (found,))})
    WatchMetrics(drift).record(report, frozenset({"scores"}), True)
    groups = fraud_groups(FraudTerms())
    asked = {**expressions(groups), **fraud_dashboard(FraudTerms()).expressions()}
    pages = [generate_latest(watched).decode(), desk, drift]
    assert missing(asked, pages, recorded(groups)) == []
    # Without the watcher, what it shows is missed.
    assert missing(asked, [desk, drift], recorded(groups))
