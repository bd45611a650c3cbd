"""The fraud project's whole story, as `lab run fraud --quick` plays it, on real servers."""

import dataclasses
import io
import json
import uuid
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from rich.console import Console
from stack_under_test import StackUnderTest

from infra.settings import Kafka, Mlflow, Postgres
from projects.fraud.story.configuration import quick
from projects.fraud.story.page import write_page
from projects.fraud.story.places import Places
from projects.fraud.story.play import FIGURES, STEPS, play
from projects.fraud.story.telling import Teller

pytestmark = pytest.mark.long


def test_every_step_is_played_and_what_was_decided_follows_from_the_log(
    kafka: Kafka, postgres: Postgres, mlflow: Mlflow, faults: StackUnderTest, tmp_path: Path
) -> None:
    said = io.StringIO()
    teller = Teller(Console(file=said, width=100), STEPS)
    places = Places(faults.own_settings(), f"story{uuid.uuid4().hex[:6]}", tmp_path)
    config = dataclasses.replace(quick(), seconds=5.0)
    told = play(config, places, teller)

    figures = json.loads((tmp_path / FIGURES).read_text())
    assert list(figures["seconds"]) == [step.title for step in teller.steps]
    assert len(teller.steps) == STEPS and f"{STEPS}/{STEPS} roll back" in said.getvalue()
    stream, replay, back = figures["stream"], figures["replay"], figures["rollback"]
    assert stream["payments"] == 1_000
    assert (stream["lost"], stream["twice"], replay["different"]) == (0, 0, 0)
    assert replay["decisions"] >= stream["payments"]
    assert figures["drift"]["confirmed"] > config.change
    models = {name: row["average precision"]["value"] for name, row in figures["models"].items()}
    assert models["random"] < 0.05 < models["forest"]
    assert back["to_version"] == str(figures["moves"][-1]["target"])
    assert back["from_version"] != back["to_version"] and 0 < back["decided"] <= back["settled"]
    with psycopg.connect(**postgres.client_options()) as session:
        table = sql.Identifier(places.space, "decisions")
        row = session.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
    assert row is not None and row[0] >= stream["payments"]

    page = write_page(told, teller.steps, tmp_path).read_text()
    assert page.count("<svg") == 4 and "http" not in page.replace("http://www.w3.org", "")
    assert (tmp_path / "model_card.md").read_text().startswith("#")
