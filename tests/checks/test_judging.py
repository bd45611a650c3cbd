"""Each way in which a check can end has its verdict; only one of them earns."""

from pathlib import Path
from typing import Any

import pytest

from autograder.checks import (
    Check,
    Margin,
    Opaque,
    ProbeFailed,
    Ruling,
    Run,
    Verdict,
    expect,
    judge,
    load_checks,
)
from autograder.checks.definition import Body


def made(body: Body, *, needs: str = "") -> Check:
    return Check("t", body.__name__, 1.0, False, "", False, needs, body)


def run_with(value: Any = None, *, fails: Exception | None = None) -> Run:
    def probe(what: Any, name: str, args: Any = (), *, inspect: bool = False) -> tuple[Any, Any]:
        if fails is not None:
            raise fails
        return value, (args if inspect else None)

    return Run(probe, {"seed": 7})


def three(run: Run) -> None:
    expect(run.call("f", 1), "f(1)").to_equal(3)


def test_a_check_that_ran_to_its_end_passes() -> None:
    assert judge(made(three), run_with(3), {}) == Ruling(Verdict.PASSED)


def test_a_mismatch_fails_with_its_words() -> None:
    assert judge(made(three), run_with(2), {}) == Ruling(
        Verdict.FAILED, "f(1) is 2, where 3 is due"
    )


def test_an_opaque_answer_fails() -> None:
    ruling = judge(made(three), run_with(Opaque("Pipeline")), {})
    assert ruling.verdict is Verdict.FAILED
    assert "a Pipeline (not plain data" in ruling.message


@pytest.mark.parametrize(
    ("failure", "verdict"),
    [
        (ProbeFailed("raised", "not written yet", "NotImplementedError"), Verdict.UNATTEMPTED),
        (ProbeFailed("raised", "f raised KeyError: 'a'", "KeyError"), Verdict.ERRORED),
        (ProbeFailed("missing", "there is no f"), Verdict.ERRORED),
        (ProbeFailed("timeout", "f took more than 5 s"), Verdict.ERRORED),
        (ProbeFailed("garbled", "no readable answer"), Verdict.ERRORED),
        (ProbeFailed("dead", "the kernel died"), Verdict.NOT_RUN),
    ],
)
def test_a_probe_that_failed(failure: ProbeFailed, verdict: Verdict) -> None:
    assert judge(made(three), run_with(fails=failure), {}) == Ruling(verdict, str(failure))


@pytest.mark.parametrize("verdict", [None, *(v for v in Verdict if v is not Verdict.PASSED)])
def test_a_check_waits_for_the_one_it_needs(verdict: Verdict | None) -> None:
    before = {} if verdict is None else {"t.first": Ruling(verdict)}
    ruling = judge(made(three, needs="first"), run_with(3), before)
    assert ruling == Ruling(Verdict.NOT_RUN, "counts once first passes")


def test_a_check_counts_once_the_one_it_needs_passed() -> None:
    before = {"t.first": Ruling(Verdict.PASSED)}
    assert judge(made(three, needs="first"), run_with(3), before).verdict is Verdict.PASSED


def nothing(run: Run) -> None:
    run.call("f")


def only_begins(run: Run) -> None:
    expect(run.call("f")).at("a")


@pytest.mark.parametrize("body", [nothing, only_begins])
def test_a_check_that_expects_nothing_is_the_authors_error(body: Body) -> None:
    ruling = judge(made(body), run_with({"a": 1}), {})
    assert (ruling.verdict, ruling.author_fault) == (Verdict.ERRORED, True)
    line = body.__code__.co_firstlineno
    expected = f"this check expects nothing, at test_judging.py:{line}; tell the course's authors"
    assert ruling.message == expected


def breaks(run: Run) -> None:
    expect(1).to_equal(1)
    {}["gone"]


def asserts(run: Run) -> None:
    assert run.call("f") == 3


def leaves(run: Run) -> None:
    raise SystemExit


def is_unwritten(run: Run) -> None:
    raise NotImplementedError("later")


def expects_a_type(run: Run) -> None:
    expect(run.call("f")).to_equal(int)


@pytest.mark.parametrize(
    ("body", "words", "offset"),
    [
        (breaks, "KeyError: 'gone'", 2),
        (asserts, "AssertionError", 1),
        (leaves, "SystemExit", 1),
        (is_unwritten, "NotImplementedError: later", 1),
        (expects_a_type, "TypeError: a type cannot be expected", 1),
    ],
)
def test_a_check_that_breaks_says_where(body: Body, words: str, offset: int) -> None:
    ruling = judge(made(body), run_with(2), {})
    assert (ruling.verdict, ruling.author_fault) == (Verdict.ERRORED, True)
    assert ruling.message.startswith(f"this check broke by its own fault: {words}")
    line = body.__code__.co_firstlineno + offset
    assert ruling.message.endswith(f" at test_judging.py:{line}; tell the course's authors")


def swallows(run: Run) -> None:
    try:
        expect(run.call("f"), "f()").to_equal(3)
    except Exception:
        expect(1).to_equal(1)


def test_a_swallowed_mismatch_never_passes() -> None:
    ruling = judge(made(swallows), run_with(2), {})
    assert (ruling.verdict, ruling.author_fault) == (Verdict.ERRORED, True)
    assert "f() is 2, where 3 is due" in ruling.message


def hungry(run: Run) -> None:
    raise MemoryError


def test_an_answer_too_large_is_not_the_authors_fault() -> None:
    ruling = judge(made(hungry), run_with(), {})
    assert (ruling.verdict, ruling.author_fault) == (Verdict.ERRORED, False)


def stopped(run: Run) -> None:
    raise KeyboardInterrupt


def test_an_interrupt_goes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        judge(made(stopped), run_with(), {})


@pytest.mark.parametrize("reader", ["outputs", "files", "tables", "mlflow"])
def test_what_a_run_inside_the_kernel_cannot_show_is_not_run(reader: str) -> None:
    def reads(run: Run) -> None:
        getattr(run, reader)

    ruling = judge(made(reads), run_with(), {})
    assert ruling.verdict is Verdict.NOT_RUN
    assert not ruling.author_fault
    assert "once it has run as a whole" in ruling.message or "ran as a whole" in ruling.message


def measures(run: Run) -> None:
    expect(run.value("auc"), "AUC").to_be_at_least(0.78)


@pytest.mark.parametrize(("auc", "verdict"), [(0.9, Verdict.PASSED), (0.7, Verdict.FAILED)])
def test_margins_travel_with_the_ruling(auc: float, verdict: Verdict) -> None:
    ruling = judge(made(measures), run_with(auc), {})
    assert (ruling.verdict, ruling.margins) == (verdict, (Margin("AUC", auc, 0.78),))


def test_the_line_is_the_authors_even_in_a_helper(tmp_path: Path) -> None:
    head = "from autograder.checks import Run, check, expect\nimport helper\n"
    body = '@check("t")\ndef a(run: Run) -> None:\n    helper.broken()\n'
    (tmp_path / "checks.py").write_text(head + body)
    (tmp_path / "helper.py").write_text("import json\n\ndef broken():\n    json.loads('x')\n")
    (broken,) = load_checks(tmp_path)
    ruling = judge(broken, run_with(), {})
    assert ruling.author_fault
    assert " at helper.py:4; " in ruling.message


def test_inspect_returns_the_arguments_and_parameters_cannot_be_changed() -> None:
    run = run_with(5)
    assert run.inspect("f", [1], 2) == (5, ([1], 2))
    assert run.value("x") == 5
    with pytest.raises(TypeError):
        run.parameters["seed"] = 8
