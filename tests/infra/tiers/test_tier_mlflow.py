"""MLflow as the compose tier starts it, on a real Postgres and a real object store."""

import os
import random
import re
import subprocess
import sys
import uuid
from pathlib import Path

import httpx
import pytest
from composed import COMPOSE, model
from tools_found import free_port, patiently, running, tool

from infra.settings import Ports, load_settings
from infra.stack.parts.postgres import PostgresPart
from infra.stack.port_holders import is_free
from infra.stack.stack import Stack

pytestmark = pytest.mark.long


def free_offset() -> int:
    while True:
        offset = random.randrange(4000, 6000)
        if all(is_free(port) for port in Ports(offset=offset).all()):
            return offset


def test_a_run_is_in_postgres_and_its_artefact_in_the_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3
    import psycopg

    versitygw = tool("versitygw")
    for name in [name for name in os.environ if name.startswith("LAB_")]:
        monkeypatch.delenv(name)
    password = "p@ss/w:rd%20 with everything"
    monkeypatch.setenv("LAB_POSTGRES_PASSWORD", password)
    keys = {"lab_s3_access_key": "key-of-a-test", "lab_s3_secret_key": "secret-of-a-test"}
    secrets, objects = tmp_path / "secrets", tmp_path / "objects"
    for folder in (secrets, objects):
        folder.mkdir()
    for name, value in {**keys, "lab_postgres_password": password}.items():
        (secrets / name).write_text(value + "\n", encoding="utf-8")
    store, mlflow = free_port(), free_port()
    stack = Stack(tmp_path / ".state" / "stack", parts=[PostgresPart()])
    try:
        assert not stack.up(port_offset=free_offset()).failures
        postgres = load_settings(stack.home.root).postgres
        with psycopg.connect(**postgres.client_options(), autocommit=True) as connection:
            script = (COMPOSE / "postgres" / "first-start.sql").read_text(encoding="utf-8")
            code = re.sub(r"^--.*$", "", script, flags=re.M)
            # One by one, as psql does: a database is not made within a transaction.
            for statement in filter(str.strip, code.split(";")):
                connection.execute(statement)
        start = (COMPOSE / "mlflow" / "start.py").read_text(encoding="utf-8")
        moved = {
            "@postgres:5432": f"@{postgres.host}:{postgres.port}",
            "http://s3:7070": f"http://127.0.0.1:{store}",
            "/run/secrets": str(secrets),
            '"0.0.0.0"': '"127.0.0.1"',
            '"5000"': f'"{mlflow}"',
        }
        for old, new in moved.items():
            assert old in start
            start = start.replace(old, new)
        (tmp_path / "start.py").write_text(start, encoding="utf-8")
        told = dict(model()["services"]["mlflow"]["environment"])
        told["MLFLOW_SERVER_ALLOWED_HOSTS"] = told["MLFLOW_SERVER_ALLOWED_HOSTS"].replace(
            "127.0.0.1:5000", f"127.0.0.1:{mlflow}"
        )
        beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        root = {"ROOT_ACCESS_KEY": "key-of-a-test", "ROOT_SECRET_KEY": "secret-of-a-test"}
        gateway = [versitygw, "--quiet", "--port", f"127.0.0.1:{store}", "posix", objects]
        with (
            running(gateway, env=root, stdout=subprocess.DEVNULL),
            (tmp_path / "log.txt").open("wb") as log,
            running(
                [sys.executable, tmp_path / "start.py"],
                env={**told, "PATH": beside, "HOME": str(tmp_path)},
                cwd=tmp_path,
                stdout=log,
                stderr=log,
            ),
        ):
            base = f"http://127.0.0.1:{mlflow}"
            patiently(lambda: httpx.get(f"{base}/health").raise_for_status(), 90)
            api = f"{base}/api/2.0/mlflow"
            made = httpx.post(f"{api}/experiments/create", json={"name": "e"}).raise_for_status()
            token = uuid.uuid4().bytes
            place = f"{made.json()['experiment_id']}/artifacts/token"
            files = f"{base}/api/2.0/mlflow-artifacts/artifacts"
            httpx.put(f"{files}/{place}", content=token).raise_for_status()
            client = boto3.client(
                "s3",
                endpoint_url=f"http://127.0.0.1:{store}",
                region_name="us-east-1",
                aws_access_key_id="key-of-a-test",
                aws_secret_access_key="secret-of-a-test",
            )
            assert client.get_object(Bucket="mlflow", Key=place)["Body"].read() == token
            # A page of another's that gave itself our address would be refused.
            told_as = httpx.get(f"{base}/api/2.0/mlflow/experiments/get", headers={"Host": "evil"})
            assert told_as.status_code == 403
        options = postgres.client_options() | {"dbname": "mlflow"}
        with psycopg.connect(**options) as connection:
            rows = connection.execute("select name from experiments where name = 'e'").fetchall()
        assert rows == [("e",)]
    finally:
        stack.wipe()
