"""Points and verdicts of tasks from those of their checks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks import Check, Ruling, Verdict
from autograder.contract.lab import Lab
from autograder.grading.tally import Outcome, score_tasks, task_verdict

verdicts = st.lists(st.sampled_from(Verdict), min_size=1, max_size=6)


@given(verdicts)
def test_a_task_passes_only_when_every_check_does(found: list[Verdict]) -> None:
    passed = task_verdict(found) is Verdict.PASSED
    assert passed == all(verdict is Verdict.PASSED for verdict in found)


@given(verdicts)
def test_the_order_of_checks_does_not_matter(found: list[Verdict]) -> None:
    assert task_verdict(found) is task_verdict(list(reversed(found)))


@pytest.mark.parametrize(
    ("found", "due"),
    [
        (["unattempted", "unattempted"], "unattempted"),
        (["unattempted", "not_run"], "unattempted"),
        (["passed", "unattempted"], "unattempted"),
        (["passed", "failed", "errored"], "failed"),
        (["passed", "errored"], "errored"),
        (["not_run", "passed"], "not_run"),
        ([], "not_run"),
    ],
)
def test_verdicts_of_tasks(found: list[str], due: str) -> None:
    assert task_verdict([Verdict(v) for v in found]) is Verdict(due)


@given(st.data())
def test_only_passed_checks_earn(data: st.DataObject) -> None:
    checks = [
        Check("clean", f"c{n}", float(n + 1), False, "", False, "", lambda run: None)
        for n in range(3)
    ]
    found = {c.id: data.draw(st.sampled_from(Verdict)) for c in checks}
    outcomes = {name: Outcome(Ruling(verdict)) for name, verdict in found.items()}
    task = _Task()
    (score,) = score_tasks([task], checks, outcomes)
    assert score.points == sum(c.points for c in checks if found[c.id] is Verdict.PASSED)
    assert score.max_points == 6


def test_a_check_that_was_never_reached_earns_nothing(tiny: Lab) -> None:
    scores = score_tasks(tiny.manifest.tasks, tiny.checks, {})
    assert {c.verdict for task in scores for c in task.checks} == {Verdict.NOT_RUN}
    assert sum(task.points for task in scores) == 0


class _Task:
    id, title = "clean", "Clean"
