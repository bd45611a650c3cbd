"""Endpoints are resolved once, per tier, and never show a secret."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from autograder.errors import CourseError
from infra.settings import Kafka, Ports, Settings, Tier, load_settings
from infra.settings.remembered import Remembered, remember
from infra.settings.resolve import REMEMBERED_FILE

SECRET = "s3cr3t-and-long"
PARTS = ("kafka", "redis", "postgres", "s3", "mlflow", "prometheus", "alertmanager")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LAB_")]:
        monkeypatch.delenv(name)


def test_the_local_tier_needs_no_telling(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert settings.tier is Tier.LOCAL
    assert settings.kafka.bootstrap == ("127.0.0.1:29092",)
    assert settings.redis.client_options()["port"] == 26379
    assert settings.s3.client_options()["endpoint_url"] == "http://127.0.0.1:29000"
    assert settings.mlflow.environment() == {"MLFLOW_TRACKING_URI": "http://127.0.0.1:25000"}
    assert settings.postgres.client_options()["password"] == "lab"


def test_every_process_of_a_checkout_finds_what_its_stack_remembers(tmp_path: Path) -> None:
    remember(tmp_path / REMEMBERED_FILE, Remembered(port_offset=1000, brokers=3))
    settings = load_settings(tmp_path)
    assert settings.redis.port == 27379
    assert settings.kafka.bootstrap == ("127.0.0.1:30092", "127.0.0.1:30192", "127.0.0.1:30292")
    assert settings.kafka.replication == 3


@pytest.mark.parametrize(
    ("told", "replicas"), [("a:1", 1), ("a:1,b:1", 2), ("a:1,b:1,c:1", 3), ("a:1,b:1,c:1,d:1", 3)]
)
def test_replicas_follow_the_brokers_that_are_told_not_those_remembered(
    told: str, replicas: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(tmp_path / REMEMBERED_FILE, Remembered(brokers=3 if replicas == 1 else 1))
    monkeypatch.setenv("LAB_KAFKA_BOOTSTRAP", told)
    assert load_settings(tmp_path).kafka.replication == replicas
    monkeypatch.setenv("LAB_KAFKA_REPLICATION", "5")
    assert load_settings(tmp_path).kafka.replication == 5


def test_a_bootstrap_that_cannot_be_is_what_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KAFKA_BOOTSTRAP", " , ")
    with pytest.raises(CourseError, match="LAB_KAFKA_BOOTSTRAP"):
        load_settings(tmp_path)


def test_the_environment_goes_before_what_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(tmp_path / REMEMBERED_FILE, Remembered(port_offset=1000))
    monkeypatch.setenv("LAB_PORT_OFFSET", "2000")
    monkeypatch.setenv("LAB_PORT_REDIS", "20000")
    assert load_settings(tmp_path).redis.port == 22000


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / REMEMBERED_FILE).write_text('{"brokers": 9}')
    with pytest.raises(CourseError, match=r"remembered\.json.*Delete that file"):
        load_settings(tmp_path)


def test_code_does_not_change_with_the_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_TIER", "compose")
    monkeypatch.setenv("LAB_POSTGRES_PASSWORD", SECRET)
    settings = load_settings()
    assert settings.kafka.client_options()["bootstrap_servers"] == [
        "kafka-1:9092",
        "kafka-2:9092",
        "kafka-3:9092",
    ]
    assert settings.postgres.client_options()["host"] == "postgres"


def test_the_cloud_must_be_told_but_only_of_what_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAB_TIER", "cloud")
    monkeypatch.setenv("LAB_KAFKA_BOOTSTRAP", "b-1.example:9098, b-2.example:9098")
    settings = load_settings()
    assert settings.kafka.bootstrap == ("b-1.example:9098", "b-2.example:9098")
    assert settings.kafka.client_options()["security_protocol"] == "SASL_SSL"
    with pytest.raises(CourseError, match="LAB_POSTGRES_HOST: not set; LAB_POSTGRES_PASSWORD"):
        _ = settings.postgres


def test_secrets_come_from_files_and_the_environment_goes_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lab_postgres_password").write_text("from-the-file")
    (tmp_path / "lab_redis_password").write_text("from-the-file")
    monkeypatch.setenv("LAB_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("LAB_REDIS_PASSWORD", SECRET)
    settings = load_settings(tmp_path)
    assert settings.postgres.client_options()["password"] == "from-the-file"
    assert settings.redis.client_options()["password"] == SECRET


def test_no_secret_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA", "REDIS", "POSTGRES", "MLFLOW"):
        monkeypatch.setenv(f"LAB_{name}_PASSWORD", SECRET)
    monkeypatch.setenv("LAB_S3_SECRET_KEY", SECRET)
    settings = load_settings()
    shown = [str(settings), repr(settings)]
    for part in PARTS:
        endpoint = getattr(settings, part)
        shown += [str(endpoint), repr(endpoint), endpoint.model_dump_json()]
    assert SECRET not in "".join(shown)
    assert settings.redis.client_options()["password"] == SECRET


def test_a_wrong_value_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_REDIS_PORT", SECRET)
    with pytest.raises(CourseError, match="LAB_REDIS_PORT") as told:
        load_settings()
    assert SECRET not in str(told.value)


def test_an_unknown_tier_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_TIER", "moon")
    with pytest.raises(CourseError, match=r"'moon'.*local, compose, cloud"):
        load_settings()


def test_settings_do_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.redis.port = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.tier = Tier.CLOUD
    monkeypatch.setenv("LAB_REDIS_PORT", "1")
    assert settings.redis.port == 26379


def test_sasl_is_handed_to_the_client() -> None:
    endpoint = Kafka(
        bootstrap=("b:1",), security="SASL_SSL", username="me", password=SECRET, ca_file="/ca"
    )
    options = endpoint.client_options()
    assert options["sasl_plain_password"] == SECRET
    assert options["ssl_cafile"] == "/ca"


@given(offset=st.integers(0, 30000))
def test_no_offset_puts_two_parts_on_one_port(offset: int) -> None:
    ports = Ports(offset=offset).all()
    assert len(set(ports)) == len(ports)
    assert all(1024 <= port <= 65535 for port in ports)


def test_two_parts_on_one_port_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PORT_S3", "26379")
    with pytest.raises(CourseError, match="two parts would take port 26379"):
        load_settings()


def test_without_the_extra_its_name_is_told() -> None:
    code = (
        "import sys; sys.modules['pydantic_settings'] = None\n"
        "import infra\n"
        "from autograder.errors import CourseError\n"
        "try:\n"
        "    import infra.settings\n"
        "except CourseError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pydantic_settings" in done.stdout
    assert "make setup-stack" in done.stdout


def test_settings_have_a_name_for_every_part() -> None:
    settings = load_settings()
    assert isinstance(settings, Settings)
    assert [getattr(settings, part).part for part in PARTS] == list(PARTS)
