"""The desk on a real Postgres: the queue, cases, verdicts, and labels that reach a real Kafka."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from decided import NOON, Decided, Decisions
from fastapi.testclient import TestClient
from order_processes import read_all

from infra.events.configuration import ProducerConfig
from infra.events.errors import PublishError
from infra.events.producer import EventProducer
from infra.events.topics import make_topics
from infra.serving.configuration import ServingConfig
from infra.serving.key_store import KeyStore
from infra.settings import Kafka, Postgres
from projects.fraud.contracts import CONTRACTS
from projects.fraud.investigation.app import create_app
from projects.fraud.investigation.case_id import CaseId
from projects.fraud.investigation.configuration import InvestigationConfig, RelayConfig
from projects.fraud.investigation.database import open_engine, prepare
from projects.fraud.investigation.errors import DecidedOtherwiseError, NotPreparedError
from projects.fraud.investigation.relay import LabelRelay
from projects.fraud.investigation.verdicts import VerdictStore

pytestmark = pytest.mark.long
LATER = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def decisions(postgres: Postgres) -> Decisions:
    return Decisions(postgres)


@pytest.fixture
def engine(postgres: Postgres, decisions: Decisions) -> Iterator[sa.Engine]:
    engine = open_engine(postgres)
    prepare(engine, decisions.schema)
    yield engine
    engine.dispose()


@pytest.fixture
def desk(
    engine: sa.Engine, postgres: Postgres, decisions: Decisions, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., TestClient]]:
    """Open a desk for an analyst."""
    monkeypatch.setattr("infra.serving.key_hashing._LOG2_N", 4)
    keys = KeyStore.in_postgres(postgres)

    def open_desk(name: str = "ada", quota: str | None = None) -> TestClient:
        config = InvestigationConfig(
            schema=decisions.schema, serving=ServingConfig("Investigation")
        )
        app = create_app(config, engine, keys, clock=lambda: LATER)
        key = keys.create(name, quota=quota).reveal()
        return TestClient(app, headers={"X-API-Key": key}, raise_server_exceptions=False)

    yield open_desk
    keys.close()


def ids(page: dict[str, Any]) -> list[str]:
    return [case["case_id"] for case in page["cases"]]


def test_a_card_has_one_case_a_day_and_the_highest_score_leads(
    desk: Callable[..., TestClient], decisions: Decisions
) -> None:
    decisions.add(
        Decided(1, 7, 0.6),
        Decided(2, 7, 0.9, hours=1),
        Decided(3, 7, 0.5, hours=24),
        Decided(4, 8, 0.7),
        Decided(5, 9, 0.2, alert=False),
        # Half past midnight in UTC is another day, wherever the server stands.
        Decided(6, 8, 0.8, hours=12.5),
    )
    page = desk().get("/v1/alerts").json()
    assert ids(page) == ["7-2026-03-01", "8-2026-03-02", "8-2026-03-01", "7-2026-03-02"]
    assert page["open"] == 4 and page["next"] is None
    first = page["cases"][0]
    assert (first["score"], first["alerts"], first["amount_cents"]) == (0.9, 2, 162_400)
    one_day = desk().get("/v1/alerts", params={"day": "2026-03-02"}).json()
    assert ids(one_day) == ["8-2026-03-02", "7-2026-03-02"]


def test_pages_follow_one_another_without_a_gap_though_cases_come_and_go(
    desk: Callable[..., TestClient], decisions: Decisions
) -> None:
    # Scores that floating point cannot hold exactly, with ties.
    decisions.add(*(Decided(n, n, 0.4 + 0.1 * (n % 5) / 3) for n in range(30)))
    client = desk()
    whole = ids(client.get("/v1/alerts").json())
    found: list[str] = []
    after = None
    while True:
        page = client.get("/v1/alerts", params={"limit": 7, **({"after": after} if after else {})})
        found += ids(page.json())
        after = page.json()["next"]
        if after is None:
            break
        # A case that comes in at the top, behind the page's back, moves no later page.
        decisions.add(Decided(100 + len(found), 100 + len(found), 0.99))
    assert found == whole and len(set(found)) == 30


def test_a_case_shows_reasons_in_words_and_what_the_card_did(
    desk: Callable[..., TestClient], decisions: Decisions
) -> None:
    decisions.add(
        Decided(1, 7, 0.9),
        Decided(2, 7, 0.1, hours=-24, alert=False),
        Decided(3, 7, 0.1, hours=-24 * 40, alert=False),
        Decided(4, 8, 0.9),
        Decided(5, 7, 0.1, hours=30, alert=False),
    )
    case = desk().get("/v1/cases/7-2026-03-01").json()
    [alert] = case["alerts"]
    assert alert["reasons"][0] == {
        "feature": "TX_AMOUNT",
        "value": 812.0,
        "contribution": 2.5,
        "words": "The amount is 812.00 euros",
    }
    assert [one["transaction_id"] for one in case["recent"]] == [5, 1, 2]
    assert desk().get("/v1/cases/6-2026-03-01").status_code == 404


def test_a_verdict_is_there_once_and_its_label_with_it(
    desk: Callable[..., TestClient], decisions: Decisions
) -> None:
    decisions.add(Decided(1, 7, 0.9), Decided(2, 7, 0.8), Decided(3, 8, 0.7))
    asked = {"verdict": "genuine", "transaction_ids": [2, 1, 1]}
    client = desk()
    first = client.post("/v1/cases/7-2026-03-01/verdict", json=asked)
    again = client.post("/v1/cases/7-2026-03-01/verdict", json=asked)
    assert first.json() == {
        "case_id": "7-2026-03-01",
        "verdict": "genuine",
        "transaction_ids": [1, 2],
        "new": 2,
    }
    assert again.json() == {**first.json(), "new": 0}
    assert ids(client.get("/v1/alerts").json()) == ["8-2026-03-01"]
    shown = client.get("/v1/cases/7-2026-03-01").json()["alerts"][0]["verdict"]
    assert shown == {"verdict": "genuine", "by": "ada", "at": "2026-03-02T09:00:00Z"}
    rows = decisions.asked("select event from {}.label_outbox order by transaction_id")
    labels = [CONTRACTS.read(bytes(row[0])).data for row in rows]
    assert [(one.transaction_id, one.fraud, one.known_at) for one in labels] == [
        (1, False, LATER),
        (2, False, LATER),
    ]
    assert labels[0].payment_at == NOON and labels[0].terminal_id == 1007

    other = desk("bob").post(
        "/v1/cases/7-2026-03-01/verdict", json={"verdict": "fraud", "transaction_ids": [2]}
    )
    assert other.status_code == 409
    assert "2 was marked as genuine by ada at 2026-03-02 09:00 UTC" in other.json()["detail"]
    metrics = client.get("/metrics").text
    assert 'investigation_verdicts_total{verdict="genuine"} 2.0' in metrics
    assert "investigation_labels_waiting 2.0" in metrics
    assert "investigation_open_cases 1.0" in metrics
    newest = metrics.split("\ninvestigation_newest_decision_timestamp_seconds ")[1].split("\n")[0]
    assert float(newest) == NOON.timestamp()


def test_a_card_that_was_found_leaves_the_queue_and_comes_back_when_it_is_free_again(
    desk: Callable[..., TestClient], decisions: Decisions
) -> None:
    decisions.add(
        Decided(1, 7, 0.9),
        Decided(2, 7, 0.8, hours=24),
        Decided(3, 7, 0.7, hours=-24),
        Decided(4, 7, 0.6, hours=24 * 28),
    )
    client = desk()
    asked = {"verdict": "fraud", "transaction_ids": [1]}
    assert client.post("/v1/cases/7-2026-03-01/verdict", json=asked).status_code == 200
    # What was paid before the fraud is a question still; what the thief pays next is none.
    assert ids(client.get("/v1/alerts").json()) == ["7-2026-02-28", "7-2026-03-29"]


def test_what_is_wrong_is_named_with_its_field(
    desk: Callable[..., TestClient], decisions: Decisions
) -> None:
    decisions.add(Decided(1, 7, 0.9), Decided(2, 8, 0.8))
    client = desk()

    def fields(answer: Any) -> dict[str, str]:
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        return {one["field"]: one["problem"] for one in answer.json()["errors"]}

    place = "/v1/cases/7-2026-03-01/verdict"
    asked = {"verdict": "maybe", "transaction_ids": []}
    assert fields(client.post(place, json=asked)) == {
        "verdict": "must be 'fraud' or 'genuine', is 'maybe'",
        "transaction_ids": "must have at least 1 entries",
    }
    foreign = {"verdict": "fraud", "transaction_ids": [1, 2]}
    assert fields(client.post(place, json=foreign)) == {
        "transaction_ids[1]": "2 is no alert of case 7-2026-03-01"
    }
    assert fields(client.get("/v1/cases/7-2026-02-30")) == {
        "path case_id": "holds 2026-02-30, which is no day"
    }
    assert list(fields(client.get("/v1/cases/x"))) == ["path case_id"]
    assert fields(client.get("/v1/alerts", params={"after": "AAAA"})) == {
        "query after": "must be the `next` of the page before"
    }
    assert decisions.asked("select count(*) from {}.verdicts") == [(0,)]


def test_no_key_no_case_and_a_quota_of_its_own(
    desk: Callable[..., TestClient], decisions: Decisions
) -> None:
    decisions.add(Decided(1, 7, 0.9))
    client = desk(quota="2/minute")
    assert [client.get("/v1/analyst").status_code for _ in range(3)] == [200, 200, 429]
    for path in ("/v1/analyst", "/v1/alerts", "/v1/cases/7-2026-03-01"):
        assert client.get(path, headers={"X-API-Key": ""}).status_code == 401
    asked = {"verdict": "fraud", "transaction_ids": [1]}
    refused = client.post(
        "/v1/cases/7-2026-03-01/verdict", json=asked, headers={"X-API-Key": "key_no"}
    )
    assert refused.status_code == 401
    assert client.get("/health/ready").json() == {"ready": True, "problems": {}}


def test_of_two_who_mark_a_payment_at_once_one_is_heard(
    engine: sa.Engine, decisions: Decisions
) -> None:
    decisions.add(*(Decided(n, 7, 0.9) for n in range(40)))
    store, case = VerdictStore(engine, decisions.schema), CaseId.parse("7-2026-03-01")
    payments = list(range(40))

    def decide(fraud: bool) -> int | str:
        order = payments if fraud else payments[::-1]
        try:
            return len(store.decide(case, order, fraud, "ada"))
        except DecidedOtherwiseError:
            return "refused"

    with ThreadPoolExecutor(6) as threads:
        heard = list(threads.map(decide, [True, False] * 3))
    assert heard.count(40) == 1 and heard.count(0) == 2 and heard.count("refused") == 3
    counted = "select count(distinct fraud), count(*), (select count(*) from {0}.label_outbox)"
    assert decisions.asked(f"{counted} from {{0}}.verdicts") == [(1, 40, 40)]


class _DiesOnce(LabelRelay):
    """Die after Kafka has the labels and before that is written down."""

    def __init__(self, *told: Any, **named: Any) -> None:
        super().__init__(*told, **named)
        self._sent = sa.text("select pg_terminate_backend(pg_backend_pid()), :places")


def test_each_label_arrives_at_least_once_whatever_dies(
    engine: sa.Engine, decisions: Decisions, kafka: Kafka
) -> None:
    decisions.add(*(Decided(n, n, 0.9) for n in range(25)))
    store, topic = VerdictStore(engine, decisions.schema), f"labels-{uuid.uuid4().hex[:8]}"
    make_topics(kafka, {topic: 1})
    for n in range(25):
        store.decide(CaseId(n, NOON.date()), [n], n % 2 == 0, "ada")
    told: dict[str, Any] = {"config": RelayConfig(batch=10), "topic": topic}
    with EventProducer(kafka, ProducerConfig(name="relay"), CONTRACTS) as producer:
        with pytest.raises(sa.exc.DBAPIError):
            _DiesOnce(engine, decisions.schema, producer, **told).pass_on()
        waiting = decisions.asked("select count(*) from {}.label_outbox where published_at is null")
        assert waiting == [(25,)]
        relay = LabelRelay(engine, decisions.schema, producer, **told)
        assert [relay.pass_on() for _ in range(4)] == [10, 10, 5, 0]
    events = [CONTRACTS.read(record.value) for record in read_all(kafka, topic)]
    assert len(events) == 35
    # What came twice is one event: the same id, the same words.
    assert len({event.id for event in events}) == 25
    assert {event.data.transaction_id: event.data.fraud for event in events} == {
        n: n % 2 == 0 for n in range(25)
    }
    assert all(event.data.source == "investigation" for event in events)


def test_a_label_that_kafka_did_not_take_waits(engine: sa.Engine, decisions: Decisions) -> None:
    class Deaf:
        def send_record(self, record: object) -> None:
            assert record

        def flush(self) -> None:
            raise PublishError("1 of 1 events were not acknowledged")

    decisions.add(Decided(1, 7, 0.9))
    VerdictStore(engine, decisions.schema).decide(CaseId(7, NOON.date()), [1], True, "ada")
    with pytest.raises(PublishError):
        LabelRelay(engine, decisions.schema, Deaf()).pass_on()  # type: ignore[arg-type]
    assert decisions.asked("select published_at from {}.label_outbox") == [(None,)]


def test_a_label_is_never_known_before_its_payment(engine: sa.Engine, decisions: Decisions) -> None:
    decisions.add(Decided(1, 7, 0.9))
    early = VerdictStore(engine, decisions.schema, clock=lambda: NOON - timedelta(days=1))
    early.decide(CaseId(7, NOON.date()), [1], True, "ada")
    [[event]] = decisions.asked("select event from {}.label_outbox")
    assert CONTRACTS.read(bytes(event)).data.known_at == NOON


def test_without_decisions_the_tables_are_not_made(postgres: Postgres) -> None:
    engine = open_engine(postgres)
    with pytest.raises(NotPreparedError, match="start the scorer first"):
        prepare(engine, "nowhere")
    engine.dispose()
