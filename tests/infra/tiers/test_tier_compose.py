"""The compose tier: a valid model, hardened throughout, and where infra/settings looks for it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from composed import COMPOSE, model, versions
from tools_found import faults, packaged_schema, search

from infra.settings import S3, Postgres, Redis, load_settings

SERVICES = sorted(model()["services"])
FILES = sorted(COMPOSE.glob("*.yaml"))


def service(name: str) -> dict[str, Any]:
    return model()["services"][name]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_each_file_keeps_to_the_specifications_schema(path: Path) -> None:
    schema = packaged_schema("compose-spec")
    assert faults(schema, yaml.safe_load(path.read_text(encoding="utf-8"))) == []
    assert faults(schema, {"services": {"a": {"imagge": "b"}}})


def test_the_compose_library_reads_the_same_services() -> None:
    """Docker's plugin or the library's own command, whichever is here."""
    plugin = (
        shutil.which("docker")
        and not subprocess.run(
            ["docker", "compose", "version"], capture_output=True, check=False
        ).returncode
    )
    if plugin:
        command = ["docker", "compose", "--profile", "*", "-f", "compose.yaml", "config"]
        command += ["--format", "json"]
    elif found := search("compose-go"):
        command = [found, "-format", "json", "compose.yaml"]
    else:
        pytest.skip("no `docker compose`, no compose-go: `make -f infra/ci/pipeline.mk ci-tools`")
    done = subprocess.run(command, cwd=COMPOSE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)["services"]
    assert sorted(read) == SERVICES
    for name in SERVICES:
        ours = service(name)
        for key in ("image", "user", "read_only", "cap_drop"):
            assert read[name].get(key) == ours.get(key), (name, key)
        assert set(read[name]["networks"]) == set(ours["networks"])


def test_every_endpoint_is_where_settings_look_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LAB_POSTGRES_PASSWORD", "LAB_S3_ACCESS_KEY", "LAB_S3_SECRET_KEY"):
        monkeypatch.setenv(name, "told-as-a-secret")
    monkeypatch.setenv("LAB_TIER", "compose")
    known = load_settings()
    told = {
        *known.kafka.bootstrap,
        f"{known.redis.host}:{known.redis.port}",
        f"{known.postgres.host}:{known.postgres.port}",
        *(
            urlsplit(str(part.url)).netloc
            for part in (known.s3, known.mlflow, known.prometheus, known.alertmanager)
        ),
    }
    assert len(told) == 9
    for address in told:
        host, port = address.split(":")
        assert port in service(host)["expose"], f"nothing listens at {address}"
    assert known.kafka.replication == len([s for s in SERVICES if re.match(r"kafka-\d", s)])
    assert service("postgres")["environment"]["POSTGRES_DB"] == known.postgres.database
    assert service("postgres")["environment"]["POSTGRES_USER"] == known.postgres.user
    assert service("s3")["environment"]["VGW_REGION"] == known.s3.region
    assert service("s3")["environment"]["VGW_PORT"] == f":{urlsplit(str(known.s3.url)).port}"


def test_secrets_are_named_as_settings_read_them() -> None:
    wanted = {
        kind.variable(field).lower()
        for kind, field in (
            (Redis, "password"),
            (Postgres, "password"),
            (S3, "access_key"),
            (S3, "secret_key"),
        )
    }
    assert set(service("contract")["secrets"]) == wanted
    assert service("contract")["environment"]["LAB_SECRETS_DIR"] == "/run/secrets"
    assert wanted < model()["secrets"].keys()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_do_no_more_than_it_must(name: str) -> None:
    told = service(name)
    user, _, group = told["user"].partition(":")
    assert user.isdigit() and int(user) > 0 and group.isdigit()
    assert told["read_only"] is True
    assert told["cap_drop"] == ["ALL"] and "cap_add" not in told
    assert "no-new-privileges:true" in told["security_opt"]
    assert not told.get("privileged") and "pid" not in told and "network_mode" not in told
    limits = told["deploy"]["resources"]["limits"]
    assert float(limits["cpus"]) > 0 and limits["memory"] and limits["pids"] > 0
    mounts = [v if isinstance(v, str) else v["source"] for v in told.get("volumes", [])]
    assert not any("docker.sock" in mount for mount in mounts)


@pytest.mark.parametrize("name", SERVICES)
def test_what_must_stand_first_is_waited_for_until_it_is_healthy(name: str) -> None:
    for first, how in service(name).get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}, first
        assert "test" in service(first)["healthcheck"], f"{first} tells nobody that it is healthy"
        # Compose refuses a project in which an active service waits for one that is not.
        profiles, needed = service(name).get("profiles"), service(first).get("profiles")
        assert needed is None or set(profiles or ()) <= set(needed), (name, first)
    if name != "contract":
        assert service(name)["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_there(name: str) -> None:
    told = service(name)
    for config in told.get("configs", ()):
        assert config["source"] in model()["configs"]
    for secret in told.get("secrets", ()):
        assert secret in model()["secrets"]
    for network in told["networks"]:
        assert network in model()["networks"]
    for volume in told.get("volumes", ()):
        if isinstance(volume, str):
            assert volume.split(":")[0] in model()["volumes"]
        else:
            assert (COMPOSE / volume["source"]).is_dir()
    for password in told.get("environment", {}):
        if re.search("PASSWORD|SECRET", password):
            assert password.endswith(("_FILE", "_DIR")), (
                f"{password} would be readable by `docker inspect`"
            )


def test_configuration_files_are_there() -> None:
    for name, config in model()["configs"].items():
        assert (COMPOSE / config["file"]).is_file(), name


def test_only_the_edge_and_the_loopback_log_port_are_reached_from_outside() -> None:
    published = {name: service(name)["ports"] for name in SERVICES if "ports" in service(name)}
    assert published == {"edge": ["127.0.0.1:8443:8443"], "vector": ["127.0.0.1:24224:24224"]}
    assert model()["networks"]["inside"] == {"internal": True}
    assert [n for n in SERVICES if "outside" in service(n)["networks"]] == [
        "alertmanager",
        "edge",
        "vector",
    ]


def test_versions_are_exact_and_each_is_used() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in FILES)
    for name, image in versions().items():
        assert re.search(r":v?\d+\.\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$", image), image
        assert f"${{{name}:?}}" in text, f"{name} is used nowhere"
    named = re.findall(r"^\s+image: (.+)$", text, re.M)
    assert named and all(re.fullmatch(r"\$\{\w+_IMAGE:\?\}", image) for image in named)


def test_brokers_survive_the_death_of_one() -> None:
    nodes = {n: service(f"kafka-{n}")["environment"] for n in (1, 2, 3)}
    for node, told in nodes.items():
        assert told["KAFKA_NODE_ID"] == str(node)
        assert f"{node}@kafka-{node}:9093" in told["KAFKA_CONTROLLER_QUORUM_VOTERS"].split(",")
        assert told["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://kafka-{node}:9092"
        assert int(told["KAFKA_MIN_INSYNC_REPLICAS"]) == 2
        for key in ("DEFAULT", "OFFSETS_TOPIC", "TRANSACTION_STATE_LOG"):
            assert told[f"KAFKA_{key}_REPLICATION_FACTOR"] == "3"
    assert len({json.dumps(service(f"kafka-{n}")["volumes"]) for n in (1, 2, 3)}) == 3


def test_the_edge_knows_a_way_to_each_part_that_has_a_page() -> None:
    routes = (COMPOSE / "edge" / "routes.conf").read_text(encoding="utf-8")
    found = re.findall(r"^\s+([\w.]+)\s+([\w-]+):(\d+);$", routes, re.M)
    assert len(found) == 7
    served = (COMPOSE / "edge" / "nginx.conf").read_text(encoding="utf-8")
    for name, host, port in found:
        assert port in service(host)["expose"], f"{name} leads nowhere"
        assert re.search(rf"server_name [^;]*\b{re.escape(name)}\b", served), name


def test_prometheus_scrapes_only_what_is_exposed() -> None:
    told = yaml.safe_load((COMPOSE / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    targets = [
        t
        for job in told["scrape_configs"]
        for c in job.get("static_configs", ())
        for t in c["targets"]
    ]
    assert targets
    for target in targets:
        host, port = target.split(":")
        assert port in service(host)["expose"], target
    if promtool := shutil.which("promtool"):
        path = COMPOSE / "prometheus" / "prometheus.yml"
        done = subprocess.run(
            [promtool, "check", "config", "--syntax-only", path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_dashboards_ask_sources_that_are_provisioned() -> None:
    path = COMPOSE / "grafana" / "provisioning" / "datasources" / "stack.yaml"
    sources = yaml.safe_load(path.read_text(encoding="utf-8"))["datasources"]
    for source in sources:
        host, port = urlsplit(source["url"]).netloc.split(":")
        assert port in service(host)["expose"]
    board = json.loads((COMPOSE / "grafana/dashboards/stack.json").read_text(encoding="utf-8"))
    assert {p["datasource"]["uid"] for p in board["panels"]} <= {s["uid"] for s in sources}
    mounts = {mount["source"] for mount in service("grafana")["volumes"] if "source" in mount}
    assert mounts == {"./grafana/dashboards", "../monitoring/grafana"}
