"""What learners do not see of the checks."""

from autograder.checks import Run, check, expect


def due(run: Run) -> list[int]:
    return [2 * x + run.parameters["seed"] for x in (1, 2, 3)]


@check("files", points=1)
def model_has_the_line(run: Run) -> None:
    right = {"slope": 2, "offset": run.parameters["seed"]}
    expect(run.files.json("model.json"), "model.json").to_equal(right)


@check("files", points=1)
def csv_has_the_points(run: Run) -> None:
    expect(run.tables.csv("table.csv")["y"].tolist(), "y of table.csv").to_equal(due(run))


@check("files", points=1)
def parquet_has_the_points(run: Run) -> None:
    frame = run.tables.parquet("table.parquet")
    expect(frame, "table.parquet").to_have_columns("x", "y")
    expect(frame["y"].tolist(), "y of table.parquet").to_equal(due(run))


@check("files", points=1)
def store_has_the_weights(run: Run) -> None:
    frame = run.tables.sqlite("store.db", "weights")
    expect(frame, "weights").to_have_columns("name", "value")
    right = [2, run.parameters["seed"]]
    expect(frame["value"].tolist(), "value of weights").to_equal(right)
