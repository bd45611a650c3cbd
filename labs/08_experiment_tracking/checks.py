"""What learners can read: each check asks the MLflow server what it has."""

import yaml
from on_server import Ground, ground
from wines import Diverged, accuracy, features, fitted, train, wines

from autograder.checks import Run, check, expect
from infra.tracking.data_hash import frame_hash

SETTINGS = {"learning_rate": 0.05, "alpha": 0.001, "epochs": 4, "seed": 3}
MEASUREMENTS = 13


@check("record", points=1)
def logs_parameters_and_lineage(run: Run) -> None:
    rows, _ = wines(run.parameters["seed"])
    with ground(run) as own:
        answer = run.call("record", own.name, rows, SETTINGS, "5eedbed")
        found = own.runs()
        expect(len(found), "the number of runs that record(…) logged").to_equal(1)
        expect(answer, "record(…)").to_equal(found[0].info.run_id)
        due = {name: str(value) for name, value in SETTINGS.items()}
        expect(dict(found[0].data.params), "the run's parameters").to_equal(due)
        tags = expect(dict(found[0].data.tags), "the run's tags")
        tags.at("data_hash").to_equal(frame_hash(rows))
        tags.at("code_revision").to_equal("5eedbed")
        expect(found[0].info.status, "the run's status").to_equal("FINISHED")


@check("record", points=1)
def logs_the_loss_of_every_epoch(run: Run) -> None:
    rows, _ = wines(run.parameters["seed"])
    due = [[epoch, loss] for epoch, loss, _ in train(rows, SETTINGS)]
    with ground(run) as own:
        run.call("record", own.name, rows, SETTINGS, "5eedbed")
        same_losses(own, due)


def same_losses(own: Ground, due: list[list[float]]) -> None:
    """Expect the losses `due` in the metric and in the artefact of the only run."""
    found = own.runs()
    expect(len(found), "the number of runs that record(…) logged").to_equal(1)
    run_id = found[0].info.run_id
    steps = [list(point) for point in own.history(run_id, "loss")]
    expect(steps, "steps and values of the metric loss").to_equal(due, tol=1e-6)
    text = own.artefact(run_id, "loss.csv")
    expect(text is not None, "loss.csv").to_be_true("the run must have this artefact on the server")
    lines = [line.strip() for line in (text or "").strip().splitlines()]
    expect(lines[:1], "the header of loss.csv").to_equal(["epoch,loss"])
    table = [[float(word) for word in line.split(",")] for line in lines[1:]]
    expect(table, "the lines of loss.csv").to_equal(due, tol=1e-6)


@check("sweep", points=1)
def logs_a_child_for_each_setting(run: Run) -> None:
    rows, valid = wines(run.parameters["seed"])
    grid = [{**SETTINGS, "alpha": alpha} for alpha in (0.001, 3.0)]
    with ground(run) as own:
        children_as_due(own, run.call("sweep", own.name, rows, valid, grid), rows, valid, grid)


def children_as_due(own: Ground, parent: object, rows: object, valid: object, grid: list) -> None:
    """Expect a child of `parent` for each settings, with its accuracy, or FAILED without one."""
    runs = own.runs()
    roots = [r.info.run_id for r in runs if "mlflow.parentRunId" not in r.data.tags]
    expect(len(roots), "the number of runs without a parent").to_equal(1)
    expect(parent, "sweep(…)").to_equal(roots[0])
    found, due = [], []
    for child in runs:
        if child.data.tags.get("mlflow.parentRunId") == roots[0]:
            told = dict(child.data.metrics).get("accuracy")
            found.append([dict(child.data.params), child.info.status, told])
    for settings in grid:
        try:
            reached, status = accuracy(fitted(rows, settings), valid), "FINISHED"
        except Diverged:
            reached, status = None, "FAILED"
        due.append([{name: str(value) for name, value in settings.items()}, status, reached])
    what = "parameters, status and accuracy of the children"
    expect(sorted(found, key=str), what).to_equal(sorted(due, key=str), tol=1e-6)
    parents = [r.info.status for r in runs if r.info.run_id == roots[0]]
    expect(parents, "the status of the parent").to_equal(["FINISHED"])


@check("sweep", points=1, once=True)
def finds_the_best_child(run: Run) -> None:
    with ground(run) as own:
        parent, other = own.plant(), own.plant()
        ids = [
            own.plant(tags={"mlflow.parentRunId": above}, metrics={"accuracy": value})
            for above, value in ((parent, 0.8), (parent, 0.9), (parent, 0.85), (other, 0.95))
        ]
        expect(run.call("best_child", own.name, parent), "best_child(…)").to_equal(ids[1])


def plant_repeats(own: Ground, recipe: str, values: list[float], **more: object) -> None:
    """Plant a run for each value, with seeds counted from 1."""
    for seed, value in enumerate(values, start=1):
        own.plant(
            tags={"recipe": recipe}, params={"seed": seed}, metrics={"accuracy": value}, **more
        )


@check("compare", points=1, once=True)
def takes_the_mean_of_all_repeats(run: Run) -> None:
    with ground(run) as own:
        plant_repeats(own, "lucky", [0.60, 0.99, 0.61])
        plant_repeats(own, "steady", [0.80, 0.81, 0.79])
        plant_repeats(own, "floor", [0.40])
        table = expect(run.call("compare", own.name), "compare(…)").to_be_a(list)
        expect(len(table.value), "the number of recipes").to_equal(3)
        for place, (recipe, count, mean) in enumerate(
            [("steady", 3, 0.8), ("lucky", 3, 2.2 / 3), ("floor", 1, 0.4)]
        ):
            table.at(place, "recipe").to_equal(recipe)
            table.at(place, "runs").to_equal(count)
            table.at(place, "mean").to_equal(mean, tol=1e-9)


@check("compare", points=1, once=True)
def gives_an_interval(run: Run) -> None:
    with ground(run) as own:
        plant_repeats(own, "steady", [0.80, 0.81, 0.79])
        plant_repeats(own, "floor", [0.40])
        table = expect(run.call("compare", own.name), "compare(…)")
        # t = 4.30265 with two degrees of freedom, s = 0.01.
        table.at(0, "low").to_equal(0.775159, tol=1e-5)
        table.at(0, "high").to_equal(0.824841, tol=1e-5)
        table.at(0, "above_floor").to_equal(True)
        table.at(1, "low").to_equal(None)
        table.at(1, "high").to_equal(None)
        table.at(1, "above_floor").to_equal(False)
        bare = own.near("bare")
        plant_repeats(own, "steady", [0.80, 0.81, 0.79], experiment=bare)
        table = expect(run.call("compare", bare), "compare(an experiment without a floor)")
        table.at(0, "above_floor").to_equal(False)


@check("lineage", points=1, once=True)
def finds_runs_and_models_by_their_data(run: Run) -> None:
    with ground(run) as own:
        hers, others = ({"data_hash": digit * 64} for digit in "ab")
        first, second = own.plant(tags=hers), own.plant(tags=hers)
        own.plant(tags=others)
        own.register("red", first)
        due = {"runs": sorted([first, second]), "models": [[own.near("red"), 1]]}
        got = run.call("learned_from", [own.name], "a" * 64)
        expect(got, "learned_from(…)").to_equal(due)


@check("lineage", points=1, once=True)
def finds_runs_that_nobody_can_repeat(run: Run) -> None:
    whole = {"data_hash": "a" * 64, "code_revision": "5eedbed"}
    with ground(run) as own:
        own.plant(tags=whole)
        lacking = [own.plant(tags={key: whole[key]}) for key in whole]
        lacking.append(own.plant())
        expect(run.call("unrepeatable", [own.name]), "unrepeatable(…)").to_equal(sorted(lacking))


@check("publish", points=1)
def registers_with_a_signature_under_the_alias(run: Run) -> None:
    rows, _ = wines(run.parameters["seed"])
    with ground(run) as own:
        name = own.near("model")
        version = run.call("publish", own.name, rows, SETTINGS, name, "live")
        version = expect(version, "publish(…)").to_be_a(int).value
        expect(len(own.runs()), "the number of runs in the experiment").to_equal(1)
        aliases = {key: int(value) for key, value in own.aliases(name).items()}
        expect(aliases, "the aliases of the model").to_equal({"live": version})
        text = own.model_file(name, version)
        signature = yaml.safe_load(text or "").get("signature") or {}
        inputs = yaml.safe_load(signature.get("inputs") or "[]")
        names = [column.get("name") for column in inputs]
        expect(names, "the inputs of the signature").to_equal(list(features(rows).columns))


@check("publish", points=1)
def scores_new_wines(run: Run) -> None:
    rows, new = wines(run.parameters["seed"])
    due = fitted(rows, SETTINGS).predict(features(new)).tolist()
    with ground(run) as own:
        name = own.near("model")
        run.call("publish", own.name, rows, SETTINGS, name, "live")
        got = run.call("score", name, "live", features(new))
        expect(got, "score(…, new wines)").to_equal(due)


@check("storm", points=1, once=True)
def arrives_in_clear_weather(run: Run) -> None:
    sent = [[epoch, 1 / (1 + epoch)] for epoch in range(5)]
    with ground(run) as own:
        run_id = own.plant()
        run.call("send_through", run_id, sent, [])
        got = [list(point) for point in own.history(run_id, "loss")]
        expect(got, "steps and values of the metric loss").to_equal(sent, tol=1e-9)
        young = own.age(run_id, "loss") < 1
        expect(young, "the points' times").to_be_true("it must be the present one, in milliseconds")
