"""Prove one lab from its source to its scores."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.contract.conventions import PROOF
from autograder.contract.formatting import is_formatted
from autograder.contract.lab import Lab
from autograder.contract.scaffold import todo_list
from autograder.contract.structure import check_structure
from autograder.errors import CourseError
from autograder.execution import Confinement
from autograder.execution.environment import warm_font_list
from autograder.grading.fingerprint import lab_digest
from autograder.paths import CoursePaths
from autograder.proving.budgets import check_budgets, check_margins
from autograder.proving.finding import Finding
from autograder.proving.hints import check_hints
from autograder.proving.lesson import check_lesson
from autograder.proving.plain_nbgrader import compare_with_nbgrader
from autograder.proving.proof import Proof, ProvenMutant, read_proof, write_proof
from autograder.proving.soundness import check_soundness
from autograder.proving.trials import Trial, run_trials
from autograder.proving.variants import Kind, list_variants, sample
from autograder.proving.verdicts import every_check_is_lost, judge_trials
from autograder.releasing.leaks import find_leaks
from autograder.releasing.release import release_lab

_FEWEST_MUTANTS, _FEWEST_ALTERNATES = 6, 3


@dataclass(frozen=True)
class Extent:
    """Say how much of a proof is done; only a whole one writes or removes the lab's proof."""

    wrong_answers: int | None = None
    """How many of the wrong answers are given; None for all."""
    turn: int = 0
    """Which of them, where not all are given; any number."""
    lesson: bool = True
    nbgrader: bool = False

    @property
    def whole(self) -> bool:
        return self.wrong_answers is None and self.lesson


WHOLE = Extent()


@dataclass(frozen=True)
class Verification:
    """Hold what proving a lab found; it is proved when nothing blocks."""

    lab: str
    findings: tuple[Finding, ...]
    trials: tuple[Trial, ...] = ()
    whole: bool = True
    """Whether every wrong answer was given; if not, the proof that is kept was not touched."""

    @property
    def proved(self) -> bool:
        return not any(finding.blocks for finding in self.findings)


def verify_lab(
    lab: Lab,
    course: CoursePaths,
    *,
    confinement: Confinement,
    lesson: Path | None,
    workers: int | None = None,
    extent: Extent = WHOLE,
    stage: Callable[[str, int], None] = lambda name, steps: None,
    step: Callable[[Trial | None], None] = lambda trial: None,
) -> Verification:
    """Prove `lab`; write its proof when it holds, remove an older one when it does not.

    `stage` is told the name and the number of steps of what begins, `step` each step done.
    """
    findings = _read_only(lab)
    if any(finding.blocks for finding in findings):
        return _concluded(lab, findings, whole=extent.whole)
    warm_font_list()
    try:
        variants = list_variants(lab)
    except CourseError as error:
        return _concluded(lab, [Finding("mutants", error.message, error.mend)], whole=extent.whole)
    if extent.wrong_answers is not None:
        variants = sample(variants, extent.wrong_answers, extent.turn)
    stage("answers", len(variants))
    trials = run_trials(lab, variants, confinement=confinement, workers=workers, done=step)
    findings += judge_trials(lab, trials)
    if extent.wrong_answers is None:
        findings += every_check_is_lost(lab, trials)
    findings += check_budgets(lab, trials) + check_margins(trials)
    stage("release and lesson", 2)
    findings += _release(lab, course)
    step(None)
    if extent.lesson:
        findings += check_lesson(lesson)
    step(None)
    agrees: bool | None = None
    if extent.nbgrader:
        stage("plain nbgrader", 1)
        with tempfile.TemporaryDirectory(prefix="lab-") as folder:
            differing = compare_with_nbgrader(lab, trials, course, Path(folder))
        findings += differing
        agrees = not differing
        step(None)
    return _concluded(lab, findings, trials, agrees, whole=extent.whole)


def _concluded(
    lab: Lab,
    findings: list[Finding],
    trials: list[Trial] | None = None,
    agrees: bool | None = None,
    *,
    whole: bool,
) -> Verification:
    """Write the proof of what holds and remove that of what does not; nothing in between."""
    result = Verification(lab.manifest.id, tuple(findings), tuple(trials or ()), whole)
    if not whole:
        return result
    if result.proved:
        write_proof(lab, _proof(lab, trials or [], agrees))
    else:
        (lab.path / PROOF).unlink(missing_ok=True)
    return result


def _read_only(lab: Lab) -> list[Finding]:
    """Look at what needs no kernel."""
    findings = [Finding("to do", text) for text in todo_list(lab)]
    findings += [Finding("notebook", text) for text in check_structure(lab)]
    if not is_formatted(lab.path / "lab.ipynb"):
        findings.append(
            Finding("notebook", "lab.ipynb is not formatted.", "Run `lab fmt`, commit the result.")
        )
    findings += check_soundness(lab) + check_hints(lab) + _counts(lab)
    return findings


def _counts(lab: Lab) -> list[Finding]:
    try:
        variants = list_variants(lab)
    except CourseError as error:
        return [Finding("mutants", error.message, error.mend)]
    kinds = [variant.kind for variant in variants]
    findings = []
    for kind, fewest, what in (
        (Kind.MUTANT, _FEWEST_MUTANTS, "wrong answers"),
        (Kind.ALTERNATE, _FEWEST_ALTERNATES, "right answers in another form"),
    ):
        if kinds.count(kind) < fewest:
            findings.append(
                Finding(
                    "enough answers",
                    f"mutants.toml holds {kinds.count(kind)} {what}; {fewest} are the fewest.",
                    "Add what a learner would really write.",
                )
            )
    return findings


def _release(lab: Lab, course: CoursePaths) -> list[Finding]:
    """Release into a scratch folder and look for what must not leave."""
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        try:
            released = release_lab(lab, course=course, destination=Path(folder) / "release")
            leaks = find_leaks(lab, released)
        except CourseError as error:
            return [Finding("release", error.message, error.mend)]
    return [Finding("release", str(leak)) for leak in leaks]


def _proof(lab: Lab, trials: list[Trial], agrees: bool | None) -> Proof:
    before = read_proof(lab.path)
    if agrees is None and before is not None:
        # Of the same lab to the last byte: what nbgrader said then still holds.
        agrees = before.nbgrader_agrees
    return Proof(
        lab=lab.manifest.id,
        digest=lab_digest(lab.path),
        max_score=lab.max_points,
        checks=len(lab.checks),
        mutants=tuple(
            ProvenMutant(
                name=trial.variant.name,
                why=trial.variant.why,
                score=trial.card.score,
                loses=tuple(sorted(trial.variant.loses)),
            )
            for trial in trials
            if trial.variant.kind is Kind.MUTANT and trial.card
        ),
        alternates=tuple(t.variant.name for t in trials if t.variant.kind is Kind.ALTERNATE),
        nbgrader_agrees=agrees,
    )
