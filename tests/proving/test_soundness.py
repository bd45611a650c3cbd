"""The breaches of soundness that the source of a check shows."""

from pathlib import Path

import pytest

from autograder.contract.lab import load_lab
from autograder.proving.soundness import check_soundness

HEAD = "from autograder.checks import Run, check, expect\nfrom readings import readings\n\n"


def findings(course: Path, source: str, name: str = "hidden_checks.py") -> list[str]:
    path = course / "labs" / "tiny" / name
    path.write_text(HEAD + source)
    return [f"{f.rule}: {f.message}" for f in check_soundness(load_lab(course / "labs" / "tiny"))]


def test_a_sound_lab_has_no_finding(tiny_course: Path) -> None:
    assert check_soundness(load_lab(tiny_course / "labs" / "tiny")) == []


@pytest.mark.parametrize(
    "body",
    [
        'expect(run.value("auc")).to_be_at_least(0.8)',
        'report = run.value("report")\n    expect(report["auc"]).to_be_at_least(0.8)',
        'expect(run.mlflow.runs[0].metrics["auc"]).to_be_between(0.8, 1)',
    ],
)
def test_a_bound_on_what_the_notebook_reports_is_found(tiny_course: Path, body: str) -> None:
    source = f'@check("report", points=2)\ndef good_enough(run: Run) -> None:\n    {body}\n'
    (told,) = findings(tiny_course, source)
    assert "self-reported" in told and "good_enough" in told


def test_every_file_of_hidden_checks_is_looked_at(tiny_course: Path) -> None:
    source = (
        '@check("report", points=2)\ndef good_enough(run: Run) -> None:\n'
        '    expect(run.value("auc")).to_be_at_least(0.8)\n'
    )
    (told,) = findings(tiny_course, source, "hidden_checks_late.py")
    assert "self-reported" in told and "hidden_checks_late.py" in told


def test_a_bound_on_what_the_check_computed_is_none(tiny_course: Path) -> None:
    source = (
        '@check("report", points=2)\ndef fine(run: Run) -> None:\n'
        '    kept = run.call("clean", [1, 2])\n    expect(len(kept)).to_be_at_least(2)\n'
    )
    assert findings(tiny_course, source) == []


PROPERTY = (
    'def same_twice(run: Run) -> None:\n    first = run.call("clean", [1])\n'
    '    expect(run.call("clean", [1])).to_equal(first)\n'
)


def test_a_property_alone_is_found_and_with_needs_it_is_not(tiny_course: Path) -> None:
    (told,) = findings(tiny_course, f'@check("clean", points=2)\n{PROPERTY}')
    assert "a property needs substance" in told
    needing = f'@check("clean", points=2, needs="zero_is_a_reading")\n{PROPERTY}'
    assert findings(tiny_course, needing) == []


def test_a_guessable_seed_is_advised_against(tiny_course: Path) -> None:
    source = (
        '@check("clean", points=2)\ndef held_out(run: Run) -> None:\n'
        '    expect(run.call("clean", readings({seed}))).to_equal([])\n'
    )
    (told,) = findings(tiny_course, source.replace("{seed}", "90210"))
    assert "96 random bits" in told or "small seeds" in told
    assert findings(tiny_course, source.replace("{seed}", hex(1 << 95))) == []
