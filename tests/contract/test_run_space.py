"""Two runs on the same servers: each has its own, and leaves nothing."""

import boto3
import psycopg
import pytest
import redis as redis_client
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from mlflow import MlflowClient
from stack_under_test import StackUnderTest, until

from infra.run_space.space import SPACE_VARIABLE, RunSpace, in_space
from infra.settings import Settings
from infra.settings.exporting import environment_of, ports_of, settings_told

pytestmark = pytest.mark.long
ONE, OTHER = "run1aa", "run1ab"  # neither name begins with the other


def test_settings_travel_to_another_process(faults: StackUnderTest) -> None:
    parts = ("kafka", "redis", "postgres")
    for part in parts:
        settings = faults.settings(part)
    told = environment_of(settings, parts)
    again = settings_told(told)
    for part in parts:
        assert getattr(again, part) == getattr(settings, part)
    assert len(ports_of(settings, parts)) == 3


def test_topics_and_groups(faults: StackUnderTest) -> None:
    settings = faults.settings("kafka")
    options = settings.kafka.client_options()
    admin = KafkaAdminClient(**options)
    for space in (ONE, OTHER):
        topic = f"{space}.payments"
        admin.create_topics([NewTopic(name=topic, num_partitions=1, replication_factor=1)])
        producer = KafkaProducer(**options)
        producer.send(topic, b"x").get(timeout=10)
        producer.close()
        reader = KafkaConsumer(
            topic, **options, group_id=f"{space}.readers", auto_offset_reset="earliest"
        )
        assert next(iter(reader)).value == b"x"
        reader.commit()
        reader.close()
    RunSpace(ONE, ("kafka",)).drop(settings)
    # The controller answers before every broker knows.
    topics = until(admin.list_topics, lambda known: f"{ONE}.payments" not in known)
    groups = {group["group_id"] for group in admin.list_groups()}
    admin.close()
    assert f"{OTHER}.payments" in topics and f"{ONE}.payments" not in topics
    assert f"{OTHER}.readers" in groups and f"{ONE}.readers" not in groups
    RunSpace(OTHER, ("kafka",)).drop(settings)


def test_keys(faults: StackUnderTest) -> None:
    settings = faults.settings("redis")
    with redis_client.Redis(**settings.redis.client_options()) as client:
        client.mset({f"{ONE}:{number}": number for number in range(2500)})
        client.set(f"{OTHER}:0", "kept")
        RunSpace(ONE, ("redis",)).drop(settings)
        assert list(client.scan_iter(match="run1*")) == [f"{OTHER}:0".encode()]
        RunSpace(OTHER, ("redis",)).drop(settings)


def test_a_schema_that_clients_find_first(
    faults: StackUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = faults.settings("postgres")
    for space in (ONE, OTHER):
        for name, value in RunSpace(space, ("postgres",)).open(settings).items():
            monkeypatch.setenv(name, value)
        with psycopg.connect(**settings.postgres.client_options()) as connection:
            connection.execute("CREATE TABLE decisions (id int, near vector(2))")
            connection.execute("INSERT INTO decisions VALUES (1, '[1,2]')")
    RunSpace(ONE, ("postgres",)).drop(settings)
    assert schemas(settings) == {OTHER}
    RunSpace(OTHER, ("postgres",)).drop(settings)
    assert schemas(settings) == set()


def schemas(settings: Settings) -> set[str]:
    with psycopg.connect(**settings.postgres.client_options()) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'run1%'")
        return {name for (name,) in found}


def test_a_bucket_with_what_is_in_it(faults: StackUnderTest) -> None:
    settings = faults.settings("s3")
    client = boto3.client("s3", **settings.s3.client_options())
    for space in (ONE, OTHER):
        bucket = RunSpace(space, ("s3",)).open(settings)["LAB_S3_BUCKET"]
        client.put_object(Bucket=bucket, Key="a/b", Body=b"x")
        client.create_multipart_upload(Bucket=bucket, Key="half")
    RunSpace(ONE, ("s3",)).drop(settings)
    assert OTHER in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    assert ONE not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    RunSpace(OTHER, ("s3",)).drop(settings)
    RunSpace(OTHER, ("s3",)).drop(settings)  # what is gone already is no mistake


def test_experiments_and_models(faults: StackUnderTest) -> None:
    settings = faults.settings("mlflow")
    client = MlflowClient(settings.mlflow.url, settings.mlflow.url)
    for space in (ONE, OTHER):
        client.create_experiment(f"{space}.churn")
        client.create_registered_model(f"{space}.model")
    RunSpace(ONE, ("mlflow",)).drop(settings)
    models = {model.name for model in client.search_registered_models()}
    assert f"{OTHER}.model" in models and f"{ONE}.model" not in models
    names = {experiment.name for experiment in client.search_experiments()}
    assert f"{OTHER}.churn" in names and f"{ONE}.churn" not in names
    RunSpace(OTHER, ("mlflow",)).drop(settings)


def test_names_in_a_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SPACE_VARIABLE, ONE)
    assert (in_space("payments"), in_space("key", ":")) == (f"{ONE}.payments", f"{ONE}:key")
    monkeypatch.delenv(SPACE_VARIABLE)
    assert in_space("payments") == "mine.payments"
