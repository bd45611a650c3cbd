"""Fraud detection on the other tiers keeps to the policies that the shared parts keep to."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import test_tier_charts as shared
import yaml
from composed import ROOT, _extended, filled_in, versions
from test_tier_terraform import blocks, run
from test_tier_terraform import terraform as terraform_fixture
from tools_found import faults, packaged_schema, search, tool
from typer.main import get_command

import projects.fraud.answering.__main__ as answering
import projects.fraud.investigation.__main__ as desk
import projects.fraud.operating.__main__ as operating
import projects.fraud.scoring.__main__ as scoring
import projects.fraud.shipping.__main__ as shipping
from infra.events.topics import GroupTopics
from infra.tracking.code_revision import BUILT_FROM
from projects.fraud.contracts import DECISIONS_TOPIC, LABELS_TOPIC, PAYMENTS_TOPIC
from projects.fraud.scoring.configuration import ScorerConfig, StoreConfig
from projects.fraud.shipping.night import NightConfig

terraform = terraform_fixture
SHIPPING = ROOT / "projects" / "fraud" / "shipping"
DOCKERFILE = (SHIPPING / "Dockerfile").read_text(encoding="utf-8")
RENDERED = sorted((SHIPPING / "rendered").glob("*.yaml"))
PARTS = ("desk", "answering", "scorer", "store", "relay", "watch", "drift", "night", "tidy")
POLICIES = (
    shared.test_a_pod_runs_as_nobody_in_particular_on_what_it_cannot_change,
    shared.test_a_pod_says_how_much_it_takes_and_which_version_it_is,
    shared.test_what_runs_on_is_probed,
    shared.test_secrets_are_files_and_never_variables,
)
Resource = dict[str, Any]


def resources(name: str) -> list[Resource]:
    text = (SHIPPING / "rendered" / f"{name}.yaml").read_text(encoding="utf-8")
    return [found for found in yaml.safe_load_all(text) if found]


def of_kind(name: str, kind: str) -> dict[str, Resource]:
    return {r["metadata"]["name"]: r for r in resources(name) if r["kind"] == kind}


def pods(name: str) -> list[tuple[Resource, Resource]]:
    found = []
    for resource in resources(name):
        spec = resource.get("spec", {})
        if resource["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if "template" in spec:
            found.append((resource, spec["template"]))
    return found


def test_every_part_is_rendered() -> None:
    assert [path.stem for path in RENDERED] == ["canary", "front", "green", "production"]
    assert {o["metadata"]["name"] for o, _ in pods("production")} == {f"fraud-{p}" for p in PARTS}
    assert [o["metadata"]["name"] for o, _ in pods("green")] == ["fraud-green-desk"]
    scalers = of_kind("production", "HorizontalPodAutoscaler")
    assert set(scalers) == {"fraud-desk", "fraud-answering"}
    for name, scaler in scalers.items():
        assert scaler["spec"]["scaleTargetRef"]["name"] == name
        assert 1 < scaler["spec"]["minReplicas"] < scaler["spec"]["maxReplicas"]
    tried = {o["metadata"]["name"] for o, _ in pods("canary")}
    assert tried >= {"fraud-desk-canary", "fraud-answering-canary"}


@pytest.mark.parametrize("version", ["1.30", pytest.param("1.37", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "name",
    # What the other renderings hold beside it is more of the same.
    [
        "production",
        "front",
        *(pytest.param(n, marks=pytest.mark.long) for n in ("canary", "green")),
    ],
)
def test_kubernetes_would_take_it(name: str, version: str) -> None:
    from kubernetes_validate import validate

    for found in resources(name):
        validate(found, version, strict=True)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.__name__)
def test_pods_keep_to_the_shared_policies(policy: Any) -> None:
    for name in ("production", "canary", "green"):
        for owner, pod in pods(name):
            policy(owner, pod)


def test_policies_open_what_is_named_and_no_rendering_holds_a_secret() -> None:
    for path in RENDERED:
        assert not of_kind(path.stem, "Secret")
        for policy in of_kind(path.stem, "NetworkPolicy").values():
            for rule in (*policy["spec"]["ingress"], *policy["spec"]["egress"]):
                assert rule["ports"] and (rule.get("from") or rule.get("to"))
                for peer in (*rule.get("from", ()), *rule.get("to", ())):
                    assert peer.get("ipBlock", {}).get("cidr") != "0.0.0.0/0"
    policies = of_kind("production", "NetworkPolicy")
    assert set(policies) == {f"fraud-{part}" for part in PARTS}
    for part in ("desk", "answering"):
        ingress = policies[f"fraud-{part}"]["spec"]["ingress"]
        assert {port["port"] for rule in ingress for port in rule["ports"]} == {8000}
    for part in ("night", "tidy"):
        assert policies[f"fraud-{part}"]["spec"]["ingress"] == []


def test_a_probed_port_is_the_one_that_the_program_is_told() -> None:
    for owner, pod in pods("production"):
        [container] = pod["spec"]["containers"]
        if owner["kind"] == "CronJob":
            continue
        told = container["args"]
        place = next(n for n, word in enumerate(told) if word in ("--port", "--metrics-port"))
        assert [port["containerPort"] for port in container["ports"]] == [int(told[place + 1])]


def test_the_commands_are_ones_that_the_programs_know() -> None:
    known = {
        "projects.fraud.answering": get_command(answering._APP),
        "projects.fraud.investigation": get_command(desk._APP),
        "projects.fraud.operating": get_command(operating._APP),
        "projects.fraud.scoring": get_command(scoring.app),
        "projects.fraud.shipping": get_command(shipping._APP),
    }
    told = [pod["spec"]["containers"][0]["args"] for _, pod in pods("production")]
    told += [service["command"] for service in services().values()]
    assert len(told) == 9 + 7
    # What a night runs is not in any file that was rendered.
    told += NightConfig(Path("/days/payments"), Path("/days/drift.prom")).steps
    for module, command, *options in told:
        found = known[module].commands[command]  # type: ignore[attr-defined]
        found.make_context(command, list(options), resilient_parsing=False)


def test_scorers_are_no_more_than_partitions_and_one_watches() -> None:
    deployments = of_kind("production", "Deployment")
    assert deployments["fraud-scorer"]["spec"]["replicas"] <= ScorerConfig().partitions
    assert deployments["fraud-watch"]["spec"]["replicas"] == 1


def test_the_front_points_at_one_colour_alone() -> None:
    [front] = of_kind("front", "Service").values()
    selector = front["spec"]["selector"]
    [(_, green)] = pods("green")
    assert selector.items() <= green["metadata"]["labels"].items()
    for _, pod in pods("production"):
        assert not selector.items() <= pod["metadata"]["labels"].items()
    ports = {port["name"] for port in green["spec"]["containers"][0]["ports"]}
    assert front["spec"]["ports"][0]["targetPort"] in ports


def test_what_is_committed_is_what_helm_renders(tmp_path: Path) -> None:
    path = f"{Path(tool('helm')).parent}{os.pathsep}{os.environ['PATH']}"
    script, environment = SHIPPING / "render.sh", {**os.environ, "PATH": path}
    subprocess.run([script, tmp_path], check=True, capture_output=True, env=environment)
    for kept in RENDERED:
        fresh = (tmp_path / kept.name).read_text(encoding="utf-8")
        assert fresh == kept.read_text(encoding="utf-8"), f"run shipping/render.sh: {kept.name}"


def services() -> dict[str, Resource]:
    own = dict(
        line.split("=", 1)
        for line in (SHIPPING / "versions.env").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )

    def read(name: str) -> Resource:
        text = (SHIPPING / name).read_text(encoding="utf-8")
        return dict(yaml.safe_load(filled_in(text, {**versions(), **own})))

    return {n: _extended(s, read) for n, s in read("services.yaml")["services"].items()}


@pytest.mark.parametrize("name", ["compose.yaml", "services.yaml", "part.yaml"])
def test_compose_files_keep_to_the_specification(name: str) -> None:
    document = yaml.safe_load((SHIPPING / name).read_text(encoding="utf-8"))
    assert faults(packaged_schema("compose-spec"), document) == []


@pytest.mark.parametrize("name", sorted(services()))
def test_a_service_can_do_no_more_than_it_must(name: str) -> None:
    told = services()[name]
    assert told["profiles"] == ["fraud"] and told["user"] == "10001:10001"
    assert told["read_only"] is True and told["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in told["security_opt"]
    assert told["healthcheck"]["test"][0] == "CMD"
    limits = told["deploy"]["resources"]["limits"]
    assert float(limits["cpus"]) > 0 and limits["memory"] and limits["pids"] > 0
    assert re.search(r":\d+\.\d+\.\d+$", told["image"])
    for how in told["depends_on"].values():
        assert how == {"condition": "service_healthy"}
    port = told["environment"]["FRAUD_HEALTH_PORT"]
    assert port in told["command"] and told["expose"] == [port]
    for published in told.get("ports", ()):
        assert published.startswith("127.0.0.1:") and published.endswith(f":{port}")


def test_prometheus_is_told_of_every_service_and_where_it_answers() -> None:
    groups = json.loads((SHIPPING / "targets" / "fraud.json").read_text(encoding="utf-8"))
    told = {group["labels"]["job"]: group["targets"] for group in groups}
    assert told == {name: [f"{name}:{one['expose'][0]}"] for name, one in services().items()}


def test_the_compose_library_puts_both_tiers_together() -> None:
    found = search("compose-go")
    if found is None:
        pytest.skip("no compose-go: `make -f infra/ci/pipeline.mk ci-tools`")
    done = subprocess.run(
        [found, "-format", "json", "compose.yaml"],
        cwd=SHIPPING,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)["services"]
    assert services().keys() < read.keys() and "kafka-1" in read
    for name, told in services().items():
        for key in ("image", "user", "read_only", "cap_drop", "command"):
            assert read[name].get(key) == told.get(key), (name, key)
        for first in told["depends_on"]:
            assert first in read


def test_the_image_is_of_a_pinned_base_and_runs_as_nobody_in_particular() -> None:
    text = DOCKERFILE
    bases = re.findall(r"^FROM (\S+) AS (\w+)$", text, re.M)
    assert bases == [("${PYTHON_IMAGE}", "locked"), ("${PYTHON_IMAGE}", "fraud")]
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", versions()["PYTHON_IMAGE"])
    last = text.split("AS fraud", 1)[1]
    assert last.index("USER 10001:10001") < last.index("ENTRYPOINT")
    assert "HEALTHCHECK" in last and "--require-hashes" in text
    # Where the lineage of a model that is learned here looks for its commit.
    assert 'RUN echo "$REVISION" >REVISION' in last and BUILT_FROM == "REVISION"
    part = (SHIPPING / "part.yaml").read_text(encoding="utf-8")
    assert 'REVISION: "${FRAUD_REVISION:-}"' in part
    assert "pip install" not in last and not re.search(r"PASSWORD|SECRET|TOKEN", text)
    ignored = (SHIPPING / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.M):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists() and f"!{source}" in ignored, source


def test_roles_name_the_topics_and_groups_that_the_code_does() -> None:
    text = (SHIPPING / "terraform" / "main.tf").read_text(encoding="utf-8")
    allowed = {
        (part, kind): set(re.findall(r'"([^"]+)"', names))
        for part, body in re.findall(
            r"^    (\w+) = merge\(.*?\{\n(.*?)^    \}\)", text, re.M | re.S
        )
        for kind, names in re.findall(r"(topics_\w+|groups)\s+= \[(.*)\]", body)
    }
    scorer, store = ScorerConfig(), StoreConfig()
    for part, config in (("scorer", scorer), ("store", store)):
        own = GroupTopics.of(config.consumer, config.retry)
        assert allowed[part, "groups"] == {config.group}
        assert own.dead in allowed[part, "topics_written"]
        assert f"{config.group}.retry.*" in allowed[part, "topics_written"]
        assert all(topic.startswith(f"{config.group}.retry.") for topic in own.retries)
    assert {PAYMENTS_TOPIC, LABELS_TOPIC, DECISIONS_TOPIC} <= allowed["scorer", "topics_read"]
    assert DECISIONS_TOPIC in allowed["scorer", "topics_written"]
    assert LABELS_TOPIC not in allowed["scorer", "topics_written"]
    assert {PAYMENTS_TOPIC, LABELS_TOPIC} <= allowed["night", "topics_read"]
    assert ("night", "topics_written") not in allowed
    assert ("answering", "topics_read") not in allowed
    assert allowed["relay", "topics_written"] == {LABELS_TOPIC}
    assert ("watch", "topics_written") not in allowed


def test_terraform_is_formatted_documented_and_holds_no_secret() -> None:
    folder = SHIPPING / "terraform"
    done = run(tool("terraform"), "fmt", "-check", "-recursive", "-no-color", folder=folder)
    assert done.returncode == 0, done.stdout
    for path in folder.rglob("*.tf"):
        text = path.read_text(encoding="utf-8")
        for name, body in blocks(text, "variable"):
            assert "description" in body and "type" in body, name
        assert not re.search(r'(?:password|secret_key|token)\s*=\s*"', text)
        for source in re.findall(r'source\s+= "(\.[^"]+)"', text):
            assert (path.parent / source / "main.tf").is_file()


@pytest.mark.long
def test_terraform_validates(terraform: str, tmp_path: Path) -> None:
    left = shutil.ignore_patterns(".terraform*", "*.tfstate*")
    for part in ("infra/terraform", "projects/fraud/shipping/terraform"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=left)
    folder = tmp_path / "projects/fraud/shipping/terraform"
    assert run(terraform, "init", "-backend=false", folder=folder).returncode == 0
    assert json.loads(run(terraform, "validate", "-json", folder=folder).stdout)["valid"] is True
    tested = run(terraform, "test", folder=folder)
    assert tested.returncode == 0 and "1 passed, 0 failed" in tested.stdout, tested.stdout
