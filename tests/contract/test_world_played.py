"""The world's command publishes to a real broker, and Ctrl-C leaves nothing half done."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from scored_streams import Counting, Stage, records
from served_processes import ROOT
from stack_under_test import StackUnderTest

from infra.settings import Kafka
from infra.settings.exporting import environment_of
from projects.fraud.contracts import CONTRACTS, Label, Payment
from projects.fraud.scoring.processes import die_with_the_parent
from projects.fraud.simulation import SimulationConfig, simulate

pytestmark = pytest.mark.long


def playing(
    faults: StackUnderTest, stage: Stage, folder: Path, words: Sequence[str]
) -> subprocess.Popen[str]:
    topics = ["--payments", stage.scorer.payments, "--labels", stage.scorer.labels]
    simulate(SimulationConfig(customers=300, terminals=600, days=20), 8).to_parquet(
        folder / "world.parquet", index=False
    )
    told = {name: value for name, value in os.environ.items() if not name.startswith("LAB_")}
    data = ["--data", str(folder / "world.parquet"), "--first-day", "10"]
    return subprocess.Popen(
        [sys.executable, "-m", "projects.fraud.world", "play", *topics, *data, *words],
        cwd=ROOT,
        env=told | environment_of(faults.own_settings(), ["kafka"]),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_the_parent,
    )


def published(kafka: Kafka, stage: Stage) -> tuple[list[Payment], list[Label]]:
    payments, labels = (
        [CONTRACTS.read(record.value).data for record in records(kafka, topic)]
        for topic in (stage.scorer.payments, stage.scorer.labels)
    )
    return payments, labels


def test_what_it_says_it_sent_is_in_the_topics(
    kafka: Kafka, faults: StackUnderTest, tmp_path: Path
) -> None:
    stage = Stage("played", tmp_path)
    process = playing(faults, stage, tmp_path, ["--rate", "100", "--seconds", "3"])
    said, shown = process.communicate()
    assert process.returncode == 0, shown
    payments, labels = published(kafka, stage)
    told = json.loads(said)
    assert (told["payments"], told["labels"]) == (len(payments), len(labels))
    assert len(payments) > 200 and len(labels) > 100
    assert len({one.transaction_id for one in payments}) == len(payments)
    assert "To go on: --first-day 1" in shown


def test_ctrl_c_ends_it_in_order(kafka: Kafka, faults: StackUnderTest, tmp_path: Path) -> None:
    stage = Stage("stopped", tmp_path)
    # Before the command would make them, so that they can be counted from the start.
    stage.make_topics(kafka)
    process = playing(faults, stage, tmp_path, ["--rate", "5", "--seconds", "86400"])
    try:
        with closing(Counting(kafka, stage.scorer.payments)) as count:
            while count() < 20:
                assert process.poll() is None, process.communicate()
                time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said, shown = process.communicate()
    finally:
        process.kill()
    assert process.returncode == 0, shown
    payments, labels = published(kafka, stage)
    told = json.loads(said)
    assert (told["payments"], told["labels"]) == (len(payments), len(labels))
    assert len(payments) >= 20
    assert "Ended because it was asked to" in shown and "Traceback" not in shown
