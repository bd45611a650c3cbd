"""Wrong answers are told by name, and said to be a guess where several fit."""

from pathlib import Path

import pytest
from made_up_cohort import make_cohort

from autograder.contract.lab import Lab, load_lab
from autograder.contract.mutants import apply_mutant
from autograder.grading.layout import OutputLayout
from autograder.reporting.answers import Answers, answers_in
from autograder.reporting.entries import gather
from autograder.reporting.likeness import likeness, normalised
from autograder.reporting.mistakes import KnownMistake, explain, find_mistakes, known_mistakes
from autograder.reporting.page import compare_answers, report_page
from autograder.reporting.subject import subject_of

LABS = Path(__file__).parents[2] / "labs"
LAB = "03_numeric_python"


@pytest.fixture(scope="module")
def lab() -> Lab:
    return load_lab(LABS / LAB)


@pytest.fixture(scope="module")
def known(lab: Lab) -> tuple[KnownMistake, ...]:
    return known_mistakes(lab)


def test_every_known_wrong_answer_of_a_lab_is_found_again(
    lab: Lab, known: tuple[KnownMistake, ...]
) -> None:
    from autograder.contract.mutants import load_mutants

    for mutant in load_mutants(lab).mutants:
        answers = answers_in("ann", {"lab": apply_mutant(lab, mutant)}, {"lab": lab.starter})
        found, left = explain(frozenset(mutant.loses), known, answers)
        assert not left, mutant.name
        assert mutant.name in (found[0].name, *found[0].rivals)
        assert found[0].alike == pytest.approx(1)


def mistake(name: str, loses: str, source: str) -> KnownMistake:
    return KnownMistake(name, f"{name}!", frozenset(loses.split()), {"a": normalised(source)})


def written(source: str) -> Answers:
    return Answers("ann", {"a": source})


ADDS = mistake("adds", "t.one t.two", "def f(x):\n    return x + 1")
TAKES = mistake("takes", "t.one t.two", "def f(x):\n    return x - 1")
HALVES = mistake("halves", "u.one", "def g(x):\n    return x / 2")


def test_likeness_decides_between_mistakes_that_lose_the_same() -> None:
    lost = frozenset({"t.one", "t.two"})
    found, left = explain(lost, (ADDS, TAKES), written("def f(n):\n    # mine\n    return n - 1"))
    assert [(m.name, m.rivals, m.whole) for m in found] == [("takes", (), True)]
    assert not left
    unlike, _ = explain(lost, (ADDS, TAKES), written("f = lambda: None"))
    assert unlike[0].ambiguous
    assert {unlike[0].name, *unlike[0].rivals} == {"adds", "takes"}


def test_two_mistakes_in_one_submission_are_both_told_and_the_rest_is_left() -> None:
    lost = frozenset({"t.one", "t.two", "u.one", "v.new"})
    found, left = explain(lost, (ADDS, HALVES), written(""))
    assert {m.name for m in found} == {"adds", "halves"}
    assert left == {"v.new"}
    assert explain(frozenset({"t.one"}), (ADDS,), written("")) == ([], {"t.one"})


def test_names_comments_and_layout_do_not_count_but_the_work_does() -> None:
    one = normalised('def f(rows):\n    """Doc."""\n    best = max(rows)  # top\n    return best')
    two = normalised("def f( data ) :\n\n    top = max( data )\n    return top")
    assert one == two
    assert 0 < likeness(one, normalised("def f(rows):\n    return min(rows)")) < 1
    assert normalised("def f(:") is None
    assert likeness(one, None) == 0


def test_a_cohort_is_counted_by_mistake_and_its_copies_are_found(lab: Lab, tmp_path: Path) -> None:
    names = [m.name for m in known_mistakes(lab)]
    planted = {names[0]: 5, names[-1]: 3}
    layout = OutputLayout(tmp_path / "graded")
    make_cohort(lab, layout, planted, right=4)
    subject = subject_of(lab)
    entries = gather(subject, layout)
    compared = compare_answers(subject, layout, entries)
    assert compared.mistakes is not None
    # Two who copied gave the first mistake too.
    counts = {names[0]: 7, names[-1]: 3}
    for figures in compared.mistakes.known:
        assert counts[figures.name] == figures.count
        assert figures.count == len(figures.sure) + len(figures.guessed)
    assert (compared.mistakes.of, compared.mistakes.unknown) == (10, ())
    best = compared.similarity.pairs[0]
    assert {best.left.student, best.right.student} == {"copy-one", "copy-two"}
    assert best.share == pytest.approx(1, abs=0.05)
    assert best.unusual is not None and best.unusual > 0.3
    page = report_page(subject, entries, compared=compared)
    assert "7 of 14" in page
    assert f"<code>{names[0]}</code>" in page
    assert "<mark>" in page and "helper_5" in page
    assert "recorded nowhere" in page  # how long people worked


def test_without_known_mistakes_all_that_was_lost_is_unknown(lab: Lab, tmp_path: Path) -> None:
    layout = OutputLayout(tmp_path / "graded")
    make_cohort(lab, layout, {known_mistakes(lab)[0].name: 2}, right=1)
    found = find_mistakes((), gather(lab, layout), ())
    assert not found.known
    assert [len(unknown.students) for unknown in found.unknown] == [4]
