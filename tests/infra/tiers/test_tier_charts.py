"""The charts: what they render is valid, can do no more than it must, and is what is committed."""

import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from composed import ROOT
from tools_found import tool

HELM = ROOT / "infra" / "helm"
RENDERED = sorted((HELM / "rendered").glob("*.yaml"))
Resource = dict[str, Any]


@cache
def resources(name: str) -> tuple[Resource, ...]:
    text = (HELM / "rendered" / f"{name}.yaml").read_text(encoding="utf-8")
    return tuple(found for found in yaml.safe_load_all(text) if found)


def pods() -> Iterator[tuple[str, Resource, Resource]]:
    """Go over every pod of every rendering: where it is, what made it, its template."""
    for path in RENDERED:
        for found in resources(path.stem):
            spec = found.get("spec", {})
            if found["kind"] == "CronJob":
                spec = spec["jobTemplate"]["spec"]
            if "template" in spec:
                name = f"{path.stem}/{found['kind']}/{found['metadata']['name']}"
                yield name, found, spec["template"]


PODS = list(pods())
each_pod = pytest.mark.parametrize(
    ("owner", "pod"), [p[1:] for p in PODS], ids=[p[0] for p in PODS]
)


def of_kind(name: str, kind: str) -> dict[str, Resource]:
    return {r["metadata"]["name"]: r for r in resources(name) if r["kind"] == kind}


def test_there_is_something_to_look_at() -> None:
    assert [path.stem for path in RENDERED] == ["canary", "minimal", "production"]
    assert len(PODS) == 3 + 4 + 1
    kinds = {r["kind"] for r in resources("production")}
    assert kinds == {
        "ConfigMap",
        "CronJob",
        "Deployment",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    }


@pytest.mark.parametrize("path", RENDERED, ids=lambda p: p.stem)
@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_kubernetes_would_take_it(path: Path, version: str) -> None:
    from kubernetes_validate import validate

    for found in resources(path.stem):
        validate(found, version, strict=True)


def test_the_validation_would_notice_a_fault() -> None:
    from kubernetes_validate import ValidationError, validate

    broken = {**of_kind("production", "Service")["course-lab-api"], "sepc": {}}
    with pytest.raises(ValidationError):
        validate(broken, "1.34", strict=True)


@each_pod
def test_a_pod_runs_as_nobody_in_particular_on_what_it_cannot_change(
    owner: Resource, pod: Resource
) -> None:
    spec = pod["spec"]
    whole = spec["securityContext"]
    assert whole["runAsNonRoot"] is True and whole["runAsUser"] >= 10000
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert all("hostPath" not in volume for volume in spec["volumes"])
    for container in spec["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["privileged"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}


@each_pod
def test_a_pod_says_how_much_it_takes_and_which_version_it_is(
    owner: Resource, pod: Resource
) -> None:
    for container in pod["spec"]["containers"]:
        for amount in ("requests", "limits"):
            assert {"cpu", "memory"} <= container["resources"][amount].keys()
        name, _, tag = container["image"].rpartition(":")
        assert name and tag and tag != "latest" and "/" not in tag
    for volume in pod["spec"]["volumes"]:
        if "emptyDir" in volume:
            assert volume["emptyDir"]["sizeLimit"]


@each_pod
def test_what_runs_on_is_probed(owner: Resource, pod: Resource) -> None:
    for container in pod["spec"]["containers"]:
        if owner["kind"] == "CronJob":
            assert owner["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] > 0
            continue
        ports = {port["name"] for port in container["ports"]}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert container[probe]["httpGet"]["port"] in ports
        alive, ready = container["livenessProbe"], container["readinessProbe"]
        # A part that is away makes a pod unready; killing the pod would mend nothing.
        assert alive["httpGet"]["path"] != ready["httpGet"]["path"]


@each_pod
def test_secrets_are_files_and_never_variables(owner: Resource, pod: Resource) -> None:
    for container in pod["spec"]["containers"]:
        for variable in container["env"]:
            assert "valueFrom" not in variable
        assert all("secretRef" not in source for source in container["envFrom"])
        told = {variable["name"]: variable["value"] for variable in container["env"]}
        mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
        if told["LAB_SECRETS_DIR"] in mounts:
            assert mounts[told["LAB_SECRETS_DIR"]]["readOnly"] is True


def test_no_rendering_holds_a_secret() -> None:
    for path in RENDERED:
        assert not of_kind(path.stem, "Secret")
        for settings in of_kind(path.stem, "ConfigMap").values():
            assert not [n for n in settings["data"] if "PASSWORD" in n or "SECRET_KEY" in n]


@pytest.mark.parametrize("path", RENDERED, ids=lambda p: p.stem)
def test_every_pod_is_found_by_its_policy_its_identity_and_its_settings(path: Path) -> None:
    name = path.stem
    ours = [(owner, pod) for where, owner, pod in PODS if where.startswith(f"{name}/")]
    for owner, pod in ours:
        labels = pod["metadata"]["labels"]
        policies = of_kind(name, "NetworkPolicy").values()
        around = [p for p in policies if selects(p["spec"]["podSelector"], labels)]
        assert len(around) == 1
        assert set(around[0]["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        assert pod["spec"]["serviceAccountName"] in of_kind(name, "ServiceAccount")
        for container in pod["spec"]["containers"]:
            for source in container["envFrom"]:
                assert source["configMapRef"]["name"] in of_kind(name, "ConfigMap")
        if owner["kind"] == "Deployment":
            budgets = of_kind(name, "PodDisruptionBudget").values()
            assert [b for b in budgets if selects(b["spec"]["selector"], labels)]
            assert selects(owner["spec"]["selector"], labels)
    for scaler in of_kind(name, "HorizontalPodAutoscaler").values():
        target = of_kind(name, "Deployment")[scaler["spec"]["scaleTargetRef"]["name"]]
        assert "replicas" not in target["spec"], "an upgrade would undo what the autoscaler did"
        assert 1 < scaler["spec"]["minReplicas"] < scaler["spec"]["maxReplicas"]


def test_a_policy_opens_what_is_named_and_nothing_else() -> None:
    api = of_kind("production", "NetworkPolicy")["course-lab-api"]["spec"]
    assert {port["port"] for rule in api["ingress"] for port in rule["ports"]} == {8000}
    for policy in of_kind("production", "NetworkPolicy").values():
        for rule in (*policy["spec"]["ingress"], *policy["spec"]["egress"]):
            assert rule["ports"] and (rule.get("from") or rule.get("to"))
            for peer in (*rule.get("from", ()), *rule.get("to", ())):
                assert peer.get("ipBlock", {}).get("cidr") != "0.0.0.0/0"
    assert of_kind("production", "NetworkPolicy")["course-lab-job"]["spec"]["ingress"] == []
    assert of_kind("minimal", "NetworkPolicy")["course-lab-api"]["spec"]["egress"]


def test_the_canary_is_one_pod_of_another_version_behind_the_same_service() -> None:
    deployments = of_kind("canary", "Deployment")
    stable, canary = deployments["course-lab-api"], deployments["course-lab-api-canary"]
    assert canary["spec"]["replicas"] == 1
    images = [d["spec"]["template"]["spec"]["containers"][0]["image"] for d in (stable, canary)]
    assert [image.rpartition(":")[2] for image in images] == ["1.4.0", "1.5.0"]
    for deployment, version in ((stable, "1.4.0"), (canary, "1.5.0")):
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert labels["app.kubernetes.io/version"] == version
    service = of_kind("canary", "Service")["course-lab-api"]["spec"]["selector"]
    for one, other in ((stable, canary), (canary, stable)):
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert service.items() <= labels.items()
        assert not selects(other["spec"]["selector"], labels), "they would fight over pods"


def selects(selector: Resource, labels: dict[str, str]) -> bool:
    return bool(selector["matchLabels"].items() <= labels.items())


def test_what_is_committed_is_what_helm_renders(tmp_path: Path) -> None:
    path = f"{Path(tool('helm')).parent}{os.pathsep}{os.environ['PATH']}"
    script, environment = HELM / "render.sh", {**os.environ, "PATH": path}
    subprocess.run([script, tmp_path], check=True, capture_output=True, env=environment)
    for path in RENDERED:
        fresh = (tmp_path / path.name).read_text(encoding="utf-8")
        assert fresh == path.read_text(encoding="utf-8"), f"run {HELM.name}/render.sh: {path.name}"


@pytest.fixture
def charts(tmp_path: Path) -> Path:
    """Copy the charts and bring each its dependencies, so that the checkout stays as it is."""
    helm = tool("helm")
    for name in ("library", "api", "consumer", "job", "course-lab"):
        subprocess.run(["cp", "-R", HELM / name, tmp_path], check=True)
        if name != "library":
            build = [helm, "dependency", "build", tmp_path / name]
            subprocess.run(build, check=True, capture_output=True)
    return tmp_path


def test_helm_finds_nothing_to_say(charts: Path) -> None:
    for name in ("library", "api", "consumer", "job", "course-lab"):
        values = charts / "course-lab" / "environments" / "production.yaml"
        more = ["-f", values] if name == "course-lab" else []
        done = subprocess.run(
            [tool("helm"), "lint", "--strict", "--kube-version", "1.30.0", charts / name, *more],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (["image.tag=latest"], "latest"),
        (["image.tag="], "image.tag is not set"),
        (["settings.LAB_POSTGRES_PASSWORD=x"], "is a secret"),
        (["canary.enabled=true"], "canary.tag is not set"),
        (["resources.limits=null"], "limits"),
        (["network.to[0].ports[0]=443"], "peers"),
    ],
)
def test_what_must_not_be_is_refused_with_a_reason(
    charts: Path, told: list[str], said: str
) -> None:
    given = ["image.repository=course-lab/api", "image.tag=1.0.0"]
    sets = [word for value in given + told for word in ("--set", value)]
    done = subprocess.run(
        [tool("helm"), "template", "r", charts / "api", "--kube-version", "1.30.0", *sets],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert said in done.stderr
