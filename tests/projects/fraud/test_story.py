"""The story is told step by step, on days that follow each other, and ends with a page."""

import dataclasses
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from prometheus_client import CollectorRegistry
from rich.console import Console

from infra.tracking.alias_moves import AliasMove, MoveKind
from projects.fraud import columns as c
from projects.fraud.learning.calibrating import FitConfig
from projects.fraud.learning.learning_run import BASELINES, LearningConfig
from projects.fraud.learning.resampling import ExaminationConfig
from projects.fraud.learning.tuning import TuningConfig
from projects.fraud.operating.decision_metrics import DecisionMetrics
from projects.fraud.operating.retraining import DayDecided
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.story import learning
from projects.fraud.story.cards import CardsByDay
from projects.fraud.story.configuration import quick, whole
from projects.fraud.story.on_public_data import examine_public_data
from projects.fraud.story.page import write_page
from projects.fraud.story.telling import Step, Teller
from projects.fraud.story.told import FIGURES, Told
from projects.fraud.story.watching import Sample

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("config", [quick(), whole()])
def test_its_days_leave_time_for_labels_and_come_in_order(config: object) -> None:
    for wrong in ({"live": 90}, {"change": 101}, {"change": 400}):
        with pytest.raises(ValueError, match="change"):
            dataclasses.replace(config, **wrong)  # type: ignore[type-var]


def test_a_step_is_shown_when_it_is_done_and_a_broken_one_is_not() -> None:
    said = io.StringIO()
    teller = Teller(Console(file=said, width=90), steps=2)
    with teller.step("simulate") as step:
        step.say("12 payments [all of them]")
    with pytest.raises(RuntimeError), teller.step("train"):
        raise RuntimeError
    assert "✓ 1/2 simulate" in said.getvalue() and "train" not in said.getvalue().split("✓")[1]
    assert "12 payments [all of them]" in said.getvalue()
    assert [step.title for step in teller.steps] == ["simulate"]


def told(why: str) -> Told:
    days = tuple(
        DayDecided(
            day, frozenset({"labels"} if day > 3 else ()), frozenset(), day == 5, why, NOW, NOW
        )
        for day in range(1, 6)
    )
    moves = [
        AliasMove(NOW, "ada", None, 1, "first", MoveKind.PROMOTED),
        AliasMove(NOW + timedelta(seconds=9), "ada", 1, 2, why, MoveKind.PROMOTED),
    ]
    labels = np.array([0, 1, 0, 1])
    week = pd.Series([0.2, 0.4], index=[35, 36])
    metrics = DecisionMetrics(CollectorRegistry())
    return Told(
        {"drift": {"day": 3}},
        {
            "table": pd.DataFrame({"average precision": [0.01]}, index=["random"]),
            "curves": (labels, {"one": np.array([0.1, 0.8, 0.2, 0.3])}),
            "cards": CardsByDay(20, {"one": week}, week + 0.1),
            "latencies": pd.Series([5.0, 7.0, 20.0]),
            "samples": [Sample.of(metrics.registry) for _ in range(2)],
            "watch": days,
            "moves": moves,
        },
    )


def test_the_page_shows_every_picture_and_runs_nothing(tmp_path: Path) -> None:
    page = write_page(told("<script>alert(1)</script>"), [], tmp_path).read_text()
    assert page.count("<svg") == 6
    headings = re.findall("<h2>(.*?)</h2>", page)
    assert headings == [
        "The model table, baselines first",
        "Models on the test week",
        "Card precision by day",
        "Latency of decisions",
        "The dashboard while payments flowed",
        "Drift, day by day",
        "What was live",
        "Every move of the alias",
    ]
    assert "card precision@20" in page and "Alert share" in page
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "random" in page and FIGURES in page


def test_a_story_that_ended_early_has_a_page_of_what_there_was(tmp_path: Path) -> None:
    page = write_page(Told(), [], tmp_path).read_text()
    assert page.count("<svg") == 0 and "<h1>" in page


@pytest.mark.parametrize("confirmed", [74, 119])
def test_a_retraining_says_on_which_days_it_would_go_on(confirmed: int) -> None:
    config = dataclasses.replace(quick(), world=SimulationConfig(60, 120, days=160))
    days = np.repeat(np.arange(160), 2)
    payments = pd.DataFrame(
        {c.TX_TIME_DAYS: days, c.CUSTOMER_ID: np.arange(320), c.TX_FRAUD: np.arange(320) % 2}
    )
    material = learning.material_from(payments, confirmed, config)
    found = learning.days_of_retraining(material, config)
    assert found == learning.DaysOfRetraining(
        (confirmed, confirmed + 6), (confirmed + 14, confirmed + 20), confirmed + 28
    )
    step = Step("retrain", Console())
    learning.say_when(step, confirmed, found)
    assert f"from days {confirmed} to {confirmed + 6}" in step.said[0]
    assert f"on day {confirmed + 28}: " in step.said[1] and "28 days after" in step.said[1]


def test_a_public_set_needs_no_server(tmp_path: Path) -> None:
    world = simulate(SimulationConfig(customers=150, terminals=300, days=137), seed=3)
    path = tmp_path / "payments.parquet"
    world.to_parquet(path)
    config = LearningConfig(
        TuningConfig(1, most_trees=20), FitConfig(), ExaminationConfig(k=5, draws=10), 5
    )
    said = io.StringIO()
    page = examine_public_data(path, config, tmp_path / "out", Console(file=said, width=200))
    figures = json.loads((tmp_path / "out" / FIGURES).read_text())
    models, cards = figures["models"], figures["cards"]
    assert next(iter(models)) == "random" and "random" in said.getvalue()
    assert page.read_text().count("<svg") == 2
    champion, baseline, possible = (list(one.values()) for one in cards["days"].values())
    assert cards["k"] == 5 and list(cards["days"])[1] in BASELINES
    # The picture's line and the table's row are of the same scores.
    in_table = models[list(cards["days"])[1]]["precision at k"]["value"]
    assert np.mean(baseline) == pytest.approx(in_table)
    assert 0 < sum(champion) <= sum(possible)
    assert (tmp_path / "out" / "model_card.md").is_file()
