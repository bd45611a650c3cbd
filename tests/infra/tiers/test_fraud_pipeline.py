"""Fraud detection's release is in the one pipeline; what is by hand starts by nothing else."""

import os
import re
import shlex
import subprocess

import pytest
import yaml
from composed import ROOT
from test_fraud_shipping import PARTS, SHIPPING
from test_tier_pipelines import CI, STEPS, called, workflow
from test_tier_terraform import run
from tools_found import tool

BY_HAND = [name for name, step in STEPS.items() if step["on"] == "hand"]
FRAUD = "projects/fraud/shipping/pipeline.mk"


def test_what_is_by_hand_starts_by_nothing_else() -> None:
    assert len(BY_HAND) == 4
    asked = workflow("fraud-by-hand.yml")
    # YAML 1.1 takes the key `on` for true.
    assert list(asked[True]) == ["workflow_dispatch"]
    inputs = asked[True]["workflow_dispatch"]["inputs"]
    assert inputs["step"]["options"] == BY_HAND == list(asked["jobs"])
    assert inputs["colour"]["options"] == ["blue", "green"]
    for name, job in asked["jobs"].items():
        assert job["if"] == f"github.ref == 'refs/heads/main' && inputs.step == '{name}'"
    [rule] = yaml.safe_load((CI / "gitlab/.gitlab-ci.yml").read_text(encoding="utf-8"))[".by-hand"][
        "rules"
    ]
    assert rule["when"] == "manual" and rule["allow_failure"] is True
    text = (CI / "jenkins" / "Jenkinsfile").read_text(encoding="utf-8")
    [choices] = re.findall(r"choice\(name: 'BY_HAND', choices: \[(.*?)\]", text)
    assert re.findall(r"'([\w-]+)'", choices) == ["nothing", *BY_HAND]
    release, by_hand = text.split("stage('release')")[1].split("stage('by hand')")
    assert "params.BY_HAND == 'nothing'" in release and "params.BY_HAND != 'nothing'" in by_hand
    for name in BY_HAND:
        only = f"when {{ expression {{ params.BY_HAND == '{name}' }} }}"
        assert only in by_hand.split(f"stage('{name}')")[1].split("steps")[0]


def test_every_step_of_fraud_detection_is_in_the_pipeline() -> None:
    text = (ROOT / FRAUD).read_text(encoding="utf-8")
    steps = set(re.findall(r"^(fraud-[\w-]+):.*## ", text, re.M))
    assert steps | {"ci-judge", "ci-rollback", "ci-go-back"} == {
        called(name)[1] for name in STEPS if called(name)[0] == FRAUD
    }


@pytest.mark.parametrize(("said", "is_it"), [("VERSION=1.5.0", True), ("VERSION=", False)])
def test_a_version_that_nobody_filled_in_is_that_of_the_checkout(said: str, is_it: bool) -> None:
    command = [
        tool("make"),
        "--dry-run",
        "--no-print-directory",
        "-f",
        "infra/ci/pipeline.mk",
        "ci-images",
    ]
    name, _, value = said.partition("=")
    made = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.search(r"course-lab/\$image:\S", made)
    assert ("course-lab/$image:1.5.0" in made) is is_it


def test_every_step_of_the_pipeline_is_known_to_make() -> None:
    text = (SHIPPING / "pipeline.mk").read_text(encoding="utf-8")
    steps = re.findall(r"^(fraud-\w+):.*## ", text, re.M)
    assert len(steps) == 8
    for step in (*steps, "ci-judge", "ci-rollback", "ci-go-back"):
        command = [
            "--dry-run",
            "--no-print-directory",
            "-f",
            str(SHIPPING / "pipeline.mk"),
            step,
            "COLOUR=green",
        ]
        done = run(tool("make"), *command, "VERSION=1.5.0", folder=ROOT)
        assert done.returncode == 0 and done.stdout.strip(), done.stderr
        for line in done.stdout.splitlines():
            shlex.split(line.rstrip("\\"), comments=True)
    promoted = run(
        tool("make"),
        *(
            "--dry-run",
            "--no-print-directory",
            "-f",
            str(SHIPPING / "pipeline.mk"),
            "fraud-promote",
            "VERSION=1.5.0",
        ),
        folder=ROOT,
    ).stdout
    assert [part for part in PARTS if f" {part}.image.tag=1.5.0" in promoted] == list(PARTS)
    assert promoted.count("canary.enabled=false") == 2
    judged = run(
        tool("make"),
        "--dry-run",
        "--no-print-directory",
        "-f",
        str(SHIPPING / "pipeline.mk"),
        "ci-judge",
        folder=ROOT,
    ).stdout
    assert judged.rstrip().endswith("fraud-desk fraud-answering")
    nameless = run(tool("make"), "-f", str(SHIPPING / "pipeline.mk"), "fraud-switch", folder=ROOT)
    assert nameless.returncode and "COLOUR=blue or COLOUR=green" in nameless.stderr
