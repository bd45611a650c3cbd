"""The code on the site's pages about Kafka, Redis and Postgres runs as it stands there."""

import pytest
from test_stack_pages import run_page

from infra.settings import Kafka, Postgres, Redis

pytestmark = pytest.mark.long


def test_the_page_about_kafka(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KAFKA_BOOTSTRAP", ",".join(kafka.bootstrap))
    run_page("kafka", [], monkeypatch)


def test_the_page_about_redis(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page("redis", [redis], monkeypatch)


def test_the_page_about_postgres(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page("postgres", [postgres], monkeypatch)
