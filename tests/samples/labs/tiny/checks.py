"""What learners see of the checks."""

from autograder.checks import Run, check, expect


@check("clean", points=1)
def drops_what_is_below_zero(run: Run) -> None:
    got = run.call("clean", [5, -2, 1, -7])
    expect(got, "clean([5, -2, 1, -7])").to_equal([5, 1])


@check("report", points=1, once=True)
def says_kept_and_mean(run: Run) -> None:
    report = expect(run.value("report"), "report").to_be_a(dict)
    report.at("kept").to_be_a(int)
    report.at("mean").to_be_a(int, float)
