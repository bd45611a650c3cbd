"""Worlds that the release cannot make again, and the cases that hurt; the server is asked."""

import numpy as np
import pandas as pd
import yaml
from checks import MEASUREMENTS, SETTINGS, children_as_due, plant_repeats, same_losses
from on_server import ground
from scipy import stats
from wines import Diverged, features, fitted, train, wines

from autograder.checks import Run, check, expect
from infra.tracking.data_hash import frame_hash

WORLD = 0x5C1E09D7A3B84F6620D9E7B1


def getting_out_of_hand(rows: pd.DataFrame) -> tuple[dict, list[list[float]]]:
    """Return settings whose training diverges after a few epochs, and the losses until then."""
    for seed in range(200):
        settings = {**SETTINGS, "learning_rate": 2.0, "epochs": 20, "seed": seed, "barrel": "oak"}
        losses: list[list[float]] = []
        try:
            for epoch, loss, _ in train(rows, settings):
                losses.append([epoch, loss])
        except Diverged:
            if 2 <= len(losses) <= 8:
                return settings, losses
    raise LookupError("no training gets out of hand")


@check(
    "record",
    points=3,
    feedback="What of a run that diverged can a colleague find: status, parameters, losses, file?",
)
def writes_a_failed_run_down(run: Run) -> None:
    rows, _ = wines(WORLD + run.parameters["seed"], 2.0)
    settings, losses = getting_out_of_hand(rows)
    with ground(run) as own:
        error = run.call("error_of", "record", own.name, rows, settings, "0ff1ce")
        expect(error, "the error that leaves record(…) when training diverges").to_equal("Diverged")
        same_losses(own, losses)
        found = own.runs()[0]
        expect(found.info.status, "the status of a run that diverged").to_equal("FAILED")
        due = {name: str(value) for name, value in settings.items()}
        expect(dict(found.data.params), "the parameters of a run that diverged").to_equal(due)
        tags = expect(dict(found.data.tags), "the tags of a run that diverged")
        tags.at("data_hash").to_equal(frame_hash(rows))
        tags.at("code_revision").to_equal("0ff1ce")


@check(
    "sweep",
    points=1,
    feedback="One diverges: what of its child, its settings, those after it? And other errors?",
)
def goes_on_after_a_failure(run: Run) -> None:
    rows, valid = wines(WORLD + 1 + run.parameters["seed"], 2.0)
    bad, _ = getting_out_of_hand(rows)
    grid = [{**SETTINGS, "seed": 11}, bad, {**SETTINGS, "seed": 12, "alpha": 0.1}]
    with ground(run) as own:
        children_as_due(own, run.call("sweep", own.name, rows, valid, grid), rows, valid, grid)
        error = run.call("error_of", "sweep", own.near("x"), rows, valid, [{"seed": 1}, grid[0]])
        expect(error, "the error that leaves sweep(…) without a learning rate").to_equal("KeyError")


@check(
    "sweep",
    points=2,
    once=True,
    feedback="Which runs of the experiment are no finished children of this very parent?",
)
def is_not_led_astray(run: Run) -> None:
    with ground(run) as own:
        parent = own.plant(metrics={"accuracy": 0.99})
        child = {"mlflow.parentRunId": parent}
        own.plant(tags=child, metrics={"accuracy": 0.97}, status="FAILED")
        own.plant(tags=child, metrics={"accuracy": 0.98}, status="RUNNING")
        own.plant(tags=child, metrics={"loss": 3.0})
        best = own.plant(tags=child, metrics={"accuracy": 0.91})
        own.plant(tags=child, metrics={"accuracy": 0.14})
        own.plant(metrics={"accuracy": 0.95})
        empty = own.plant()
        own.plant(tags={"mlflow.parentRunId": empty}, status="FAILED")
        expect(run.call("best_child", own.name, parent), "best_child(…)").to_equal(best)
        expect(run.call("best_child", own.name, empty), "best_child(no finished)").to_equal(None)


@check(
    "compare",
    points=2,
    once=True,
    feedback="Which runs are no repeats: failed ones, a seed run again, those without a seed?",
)
def counts_each_seed_once(run: Run) -> None:
    rng = np.random.default_rng(WORLD)
    wide, narrow = rng.uniform(0.3, 0.95, 3).round(3), (0.7 + rng.normal(0, 0.01, 4)).round(3)
    with ground(run) as own:
        # The run that started last is not the one that was written down last.
        own.plant(tags={"recipe": "narrow"}, params={"seed": 1}, metrics={"accuracy": 0.99})
        own.plant(
            tags={"recipe": "narrow"},
            params={"seed": 1},
            metrics={"accuracy": float(narrow[0])},
            started=60,
        )
        own.plant(
            tags={"recipe": "narrow"},
            params={"seed": 1},
            metrics={"accuracy": 0.98},
            started=30,
        )
        for seed, value in enumerate(narrow[1:], start=2):
            own.plant(
                tags={"recipe": "narrow"}, params={"seed": seed}, metrics={"accuracy": float(value)}
            )
        plant_repeats(own, "narrow", [1.0], status="FAILED", started=90)
        own.plant(tags={"recipe": "narrow"}, metrics={"accuracy": 0.97})
        for seed in (1, 9):
            own.plant(tags={"recipe": "narrow"}, params={"seed": seed}, started=120)
        own.plant(params={"seed": 9}, metrics={"accuracy": 0.96})
        plant_repeats(own, "wide", wide.tolist())
        plant_repeats(own, "once", [0.93])
        for _ in range(3):
            plant_repeats(own, "floor", [0.98, 0.99])
            own.plant(tags={"recipe": "floor"}, metrics={"accuracy": 0.99})
        plant_repeats(own, "floor", [0.39, 0.41], started=30)
        got = expect(run.call("compare", own.name), "compare(…)")
    due = sorted(
        (
            summary(recipe, values, floor=0.4)
            for recipe, values in {
                "narrow": narrow,
                "wide": wide,
                "once": np.array([0.93]),
                "floor": np.array([0.39, 0.41]),
            }.items()
        ),
        key=lambda row: -row["mean"],
    )
    got.to_equal(due, tol=1e-7)


def summary(recipe: str, values: np.ndarray, floor: float) -> dict:
    """Return the row that is due for these repeats."""
    low, high = None, None
    if len(values) > 1:
        low, high = map(
            float, stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
        )
    return {
        "recipe": recipe,
        "runs": len(values),
        "mean": float(values.mean()),
        "low": low,
        "high": high,
        "above_floor": low is not None and low > floor,
    }


@check(
    "lineage",
    points=1,
    once=True,
    feedback="Do failed runs, other experiments, and second versions of a model come out?",
)
def misses_no_run_and_no_version(run: Run) -> None:
    hers = {"data_hash": "c" * 64}
    with ground(run) as own:
        other, missing = own.near("other"), own.near("missing")
        ids = [
            own.plant(tags=hers, status="FAILED"),
            own.plant(tags=hers),
            own.plant(tags=hers, experiment=other),
        ]
        stranger = own.plant(tags={"data_hash": "d" * 64}, experiment=other)
        for name, source, times in (
            ("white", ids[2], 1),
            ("white", stranger, 1),
            ("white", ids[1], 1),
            ("white", stranger, 6),
            ("white", ids[1], 1),
            ("rose", ids[1], 1),
        ):
            own.register(name, source, times)
        rose, white = own.near("rose"), own.near("white")
        due = {"runs": sorted(ids), "models": [[rose, 1], [white, 1], [white, 3], [white, 10]]}
        got = run.call("learned_from", [own.name, missing, other], "c" * 64)
        expect(got, "learned_from(three experiments)").to_equal(due)


@check(
    "lineage",
    points=1,
    once=True,
    feedback="Which texts stand in the tag code_revision and name no code that can be had again?",
)
def knows_what_cannot_be_checked_out(run: Run) -> None:
    commit = "8c1f" * 10
    with ground(run) as own:
        other = own.near("other")
        lacking = [
            own.plant(tags={"data_hash": "e" * 64, "code_revision": text}, experiment=other)
            for text in ("unknown", f"{commit}-dirty-0123456789ab")
        ]
        lacking.append(own.plant(tags={"data_hash": "", "code_revision": commit}))
        lacking.append(own.plant(tags={"data_hash": "e" * 64, "code_revision": ""}))
        for text in (commit, "mend-dirty", "dirty-glass", "unknown-grower"):
            own.plant(tags={"data_hash": "e" * 64, "code_revision": text}, status="FAILED")
        got = run.call("unrepeatable", [own.name, own.near("missing"), other])
        expect(got, "unrepeatable(three experiments)").to_equal(sorted(lacking))


@check(
    "publish",
    points=1,
    once=True,
    feedback="Does the model show an example of what it wants to be asked, and only that?",
)
def shows_an_example(run: Run) -> None:
    rows, _ = wines(WORLD + 2)
    with ground(run) as own:
        name = own.near("model")
        version = run.call("publish", own.name, rows, SETTINGS, name, "champion")
        version = expect(version, "publish(…)").to_be_a(int).value
        described = yaml.safe_load(own.model_file(name, version) or "") or {}
        saved = described.get("saved_input_example_info") or {}
        path = saved.get("artifact_path")
        expect(path is not None, "the input example").to_be_true("the model must have one")
        table = yaml.safe_load(own.model_file(name, version, path) or "") or {}
        expect(len(table.get("columns") or []), "the columns of the example").to_equal(MEASUREMENTS)
        expect(len(table.get("data") or []), "the rows of the example").to_equal(3)


@check(
    "publish",
    points=2,
    once=True,
    feedback="Somebody moves the alias back. Whom do you ask then, with whichever columns?",
)
def follows_the_alias(run: Run) -> None:
    rows, new = wines(WORLD + 3, 1.5)
    shuffled = new[[*reversed(new.columns)]].assign(cellar="north").drop(columns="cultivar")
    plans = [{**SETTINGS, "epochs": 1, "learning_rate": 1e-4, "seed": 1}, SETTINGS]
    due = [fitted(rows, plan).predict(features(new)).tolist() for plan in plans]
    if due[0] == due[1]:
        raise LookupError("the two models agree on every wine")
    with ground(run) as own:
        name = own.near("model")
        versions = [run.call("publish", own.name, rows, plan, name, "champion") for plan in plans]
        expect(versions, "the versions that publish(…) gave").to_equal([1, 2])
        got = run.call("score", name, "champion", shuffled)
        expect(got, "score(…) after a second publish(…)").to_equal(due[1])
        own.client.set_registered_model_alias(name, "champion", "1")
        got = run.call("score", name, "champion", shuffled)
        expect(got, "score(…) after the alias was moved back").to_equal(due[0])


@check(
    "storm",
    points=1,
    once=True,
    feedback="An answer got lost, the points did not. What tells the server that it has them?",
)
def counts_nothing_twice(run: Run) -> None:
    rng = np.random.default_rng(WORLD + 4)
    sent = [[epoch, float(loss)] for epoch, loss in enumerate(rng.uniform(0, 2, 6), 40)]
    with ground(run) as own:
        for weather in (["lost"], ["unanswered"], ["unanswered", "lost", "unanswered"]):
            run_id = own.plant()
            run.call("send_through", run_id, sent, weather)
            got = [list(point) for point in own.history(run_id, "loss")]
            what = f"the points that the server has after {', '.join(weather)}"
            expect(got, what).to_equal(sent, tol=1e-9)


@check(
    "storm",
    points=1,
    once=True,
    needs="counts_nothing_twice",
    feedback="What should the caller hear when the server is gone, or the client broken?",
)
def gives_up_aloud(run: Run) -> None:
    with ground(run) as own:
        run_id = own.plant()
        error = run.call("error_of", "send_through", run_id, [[0, 0.5]], ["lost"] * 40)
        expect(error, "the error that leaves send(…)").to_equal("MlflowException")
        expect(own.history(run_id, "loss"), "the points that the server has").to_equal([])
        error = run.call("error_of", "send_through", run_id, [[0, 0.5]], ["broken"])
        expect(error, "the error that leaves send(…), no storm").to_equal("RuntimeError")
