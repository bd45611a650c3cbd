"""The night of fraud detection has a disk that outlives it, and a page where it is scraped."""

import re
from pathlib import Path

import yaml
from composed import ROOT
from test_fraud_shipping import DOCKERFILE, SHIPPING, of_kind, pods, services

EKS = ROOT / "infra" / "terraform" / "aws" / "modules" / "eks"


def option(told: list[str], name: str) -> str:
    return told[told.index(name) + 1]


def test_what_the_night_writes_is_what_the_page_shows_and_both_outlive_their_pods() -> None:
    found = {o["metadata"]["name"]: pod["spec"] for o, pod in pods("production")}
    night, page = found["fraud-night"], found["fraud-drift"]
    words = [spec["containers"][0]["args"] for spec in (night, page)]
    assert len({option(one, "--metrics") for one in words}) == 1
    [claim] = of_kind("production", "PersistentVolumeClaim").values()
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    for spec, only_read in ((night, False), (page, True)):
        [kept] = [v for v in spec["volumes"] if "persistentVolumeClaim" in v]
        assert kept["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        [mount] = [m for m in spec["containers"][0]["volumeMounts"] if m["name"] == kept["name"]]
        assert mount.get("readOnly", False) is only_read
    folder = Path(mount["mountPath"])
    for path in (option(words[0], "--days"), option(words[0], "--metrics")):
        assert Path(path).is_relative_to(folder)
    # A disk that one node holds is reached from that node alone.
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    [beside] = night["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert beside["topologyKey"] == "kubernetes.io/hostname"
    [(_, pod)] = [one for one in pods("production") if one[0]["metadata"]["name"] == "fraud-drift"]
    assert beside["labelSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert of_kind("production", "Deployment")["fraud-drift"]["spec"]["replicas"] == 1
    for kind in ("PersistentVolumeClaim", "StorageClass"):
        assert not of_kind("green", kind)


def test_the_days_disk_is_encrypted_ends_with_its_claim_and_has_a_driver() -> None:
    [claim] = of_kind("production", "PersistentVolumeClaim").values()
    [made] = of_kind("production", "StorageClass").values()
    assert claim["spec"]["storageClassName"] == made["metadata"]["name"]
    assert made["parameters"] == {"type": "gp3", "encrypted": "true"}
    assert made["reclaimPolicy"] == "Delete" and made["allowVolumeExpansion"]
    assert made["provisioner"] == "ebs.csi.aws.com"
    cluster = "".join(path.read_text() for path in EKS.glob("*.tf"))
    assert 'addon_name                  = "aws-ebs-csi-driver"' in cluster
    assert "system:serviceaccount:kube-system:ebs-csi-controller-sa" in cluster


def test_on_compose_the_night_keeps_its_days_and_shows_what_it_found() -> None:
    night = services()["fraud-night"]
    [(volume, folder)] = [mount.split(":") for mount in night["volumes"]]
    declared = yaml.safe_load((SHIPPING / "services.yaml").read_text(encoding="utf-8"))["volumes"]
    assert volume in declared
    for name in ("--days", "--metrics"):
        assert Path(option(night["command"], name)).is_relative_to(folder)
    # A fresh volume takes its owner from the image.
    made = re.findall(r"install --directory --owner 10001 --group 10001 (.+)", DOCKERFILE)
    assert folder in made[0].split()


def test_the_page_is_annotated_for_who_scrapes() -> None:
    [(_, pod)] = [one for one in pods("production") if one[0]["metadata"]["name"] == "fraud-drift"]
    told = pod["metadata"]["annotations"]
    assert told["prometheus.io/scrape"] == "true" and told["prometheus.io/path"] == "/metrics"
    assert told["prometheus.io/port"] == option(pod["spec"]["containers"][0]["args"], "--port")
