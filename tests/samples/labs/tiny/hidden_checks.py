"""What learners do not see of the checks."""

from readings import readings

from autograder.checks import Run, check, expect


def due(seed: int) -> list[int]:
    return list(filter(lambda reading: not reading < 0, readings(seed)))


@check("clean", points=1, feedback="Can a working sensor read nothing at all?")
def zero_is_a_reading(run: Run) -> None:
    seed = run.parameters["seed"]
    expect(run.call("clean", readings(seed)), "clean(readings)").to_equal(due(seed))


@check(
    "clean",
    points=1,
    needs="drops_what_is_below_zero",
    feedback="Look at the list you were given after your function has run.",
)
def its_argument_is_left_alone(run: Run) -> None:
    _, after = run.inspect("clean", [4, -1, 3])
    expect(after, "the arguments afterwards").at(0).to_equal([4, -1, 3])


@check("report", points=1, feedback="Does the report follow the parameters cell?")
def report_follows_the_seed(run: Run) -> None:
    kept = due(run.parameters["seed"])
    right = {"kept": len(kept), "mean": sum(kept) / len(kept)}
    expect(run.value("report"), "report").to_equal(right, tol=1e-9)
