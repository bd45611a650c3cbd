"""The fraud project's whole story, as `lab run fraud --quick` plays it, on real servers."""

import dataclasses
import io
import json
import uuid
from pathlib import Path
from statistics import mean
from typing import Any

import psycopg
import pytest
from psycopg import sql
from rich.console import Console
from stack_under_test import StackUnderTest

from infra.settings import Kafka, Mlflow, Postgres
from projects.fraud.story.configuration import quick
from projects.fraud.story.page import write_page
from projects.fraud.story.places import Places
from projects.fraud.story.play import STEPS, play
from projects.fraud.story.telling import Teller
from projects.fraud.story.told import FIGURES
from projects.fraud.story.watching import Sample

pytestmark = pytest.mark.long


def assert_cards_follow_the_table(figures: dict[str, Any]) -> None:
    days = figures["cards"]["days"]
    champion, baseline, possible = days
    assert champion.startswith("champion") and possible == "possible"
    in_table = figures["models"][baseline]["precision at k"]["value"]
    assert mean(days[baseline].values()) == pytest.approx(in_table)
    assert len(days[possible]) == 7
    assert days[champion].keys() == days[baseline].keys() == days[possible].keys()
    assert 0 < mean(days[champion].values()) <= mean(days[possible].values()) <= 1


def assert_dashboard_saw_the_stream(figures: dict[str, Any], samples: list[Sample]) -> None:
    stream, board = figures["stream"], figures["dashboard"]
    assert (board["decided"], board["not_decided"]) == (stream["payments"], 0)
    assert board["alert_share"] * stream["payments"] == pytest.approx(stream["alerts"])
    promoted = [figures["gate"][name] for name in ("first", "tuned")]
    live = max(one["version"] for one in promoted if one["promoted"])
    assert board["deciding"] == [f"version {live}"]
    assert board["samples"] == len(samples) > stream["payments"] / stream["rate"]
    quantiles = board["latency_seconds"]
    # By the broker's clock, so without the way to the story's own reader.
    assert 0 < quantiles["p50"] <= quantiles["p95"] <= quantiles["p99"]
    assert quantiles["p50"] * 1_000 < 1.5 * stream["milliseconds"]["p50"]
    assert samples[-1].total("fraud_payments_waiting") < stream["payments"] / 100


def test_every_step_is_played_and_what_was_decided_follows_from_the_log(
    kafka: Kafka, postgres: Postgres, mlflow: Mlflow, faults: StackUnderTest, tmp_path: Path
) -> None:
    said = io.StringIO()
    teller = Teller(Console(file=said, width=100), STEPS)
    places = Places(faults.own_settings(), f"story{uuid.uuid4().hex[:6]}", tmp_path)
    config = dataclasses.replace(quick(), seconds=5.0)
    waited: list[list[str]] = []
    told = play(config, places, teller, lambda: waited.append([s.title for s in teller.steps]))

    figures = json.loads((tmp_path / FIGURES).read_text())
    assert list(figures["seconds"]) == [step.title for step in teller.steps]
    assert waited == [["simulate", "load"]]  # for MLflow, before anything long
    assert len(teller.steps) == STEPS and f"{STEPS}/{STEPS} roll back" in said.getvalue()
    stream, replay, back = figures["stream"], figures["replay"], figures["rollback"]
    assert stream["payments"] == 1_000
    assert (stream["lost"], stream["twice"], replay["different"]) == (0, 0, 0)
    assert replay["decisions"] >= stream["payments"]
    asked, again = figures["drift"]["confirmed"], figures["retrain"]
    assert config.change < asked == again["asked"] <= again["learns"][0] < again["examined"][0]
    delay = config.features.label_delay_days
    assert again["decided"] == again["examined"][1] + delay + 1 <= config.world.days
    assert f"on day {again['decided']}" in said.getvalue()
    models = {name: row["average precision"]["value"] for name, row in figures["models"].items()}
    assert models["random"] < 0.05 < models["forest"]
    assert_cards_follow_the_table(figures)
    assert_dashboard_saw_the_stream(figures, told.shown["samples"])
    assert back["to_version"] == str(figures["moves"][-1]["target"])
    assert back["from_version"] != back["to_version"] and 0 < back["decided"] <= back["settled"]
    with psycopg.connect(**postgres.client_options()) as session:
        table = sql.Identifier(places.space, "decisions")
        row = session.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
    assert row is not None and row[0] >= stream["payments"]

    page = write_page(told, teller.steps, tmp_path).read_text()
    assert page.count("<svg") == 6 and "http" not in page.replace("http://www.w3.org", "")
    assert (tmp_path / "model_card.md").read_text().startswith("#")
