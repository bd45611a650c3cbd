"""Close calls are told once for each check, however many values it holds to bounds."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from autograder.checks import Margin
from autograder.cli.verify_view import print_verification
from autograder.contract.lab import Lab
from autograder.proving.budgets import check_margins
from autograder.proving.prove import Verification
from autograder.proving.trials import Trial
from autograder.proving.variants import Kind, Variant

RIGHT, WRONG = Variant(Kind.SOLUTION, "solution"), Variant(Kind.MUTANT, "guesses")


def trial(variant: Variant, **margins: list[Margin]) -> Trial:
    return Trial(variant, None, {name: tuple(held) for name, held in margins.items()})


def test_a_check_is_told_once_by_its_closest_call() -> None:
    many = [Margin(f"f({n})", 100 + n / 100, 100.0) for n in range(500)]
    far = [Margin("g()", 0.9, 0.78)]
    found = check_margins([trial(RIGHT, near=many, far=far), trial(WRONG, near=many[1:])])
    [finding] = found
    assert not finding.blocks
    assert finding.message.startswith("solution: near decides f(0) = 100 by a bound of 100")
    # 200 of the values lie within a fiftieth of their bound, of the other answer one less.
    assert finding.message.endswith("and 398 more within 2%.")


def test_what_clears_its_bound_needs_no_words() -> None:
    assert check_margins([trial(RIGHT, far=[Margin("g()", 0.9, 0.78)])]) == []


def test_the_table_shows_the_closest_of_each_check(capsys: pytest.CaptureFixture[str]) -> None:
    held = [Margin(f"f({n})", float(n + 1), 0.0) for n in range(40)]
    lab = cast(Lab, SimpleNamespace(manifest=SimpleNamespace(id="tiny", title="Tiny")))
    shown: Any = Verification("tiny", (), (trial(RIGHT, near=held), trial(WRONG, near=held[:1])))
    print_verification(shown, lab)
    told = capsys.readouterr().out
    assert "f(0)" in told and "f(4)" in told and "f(5)" not in told
    assert "near: 35 more, no closer" in " ".join(told.split())
