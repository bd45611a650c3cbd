"""Say of each attack whether it was stopped."""

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.scoring import Status, redacted

from .arena import HELD_OUT, Outcome, honest_student, student
from .attack import Attack
from .pages import what_acts


@dataclass(frozen=True)
class Judged:
    """Hold what one attack came to; `gained` says in words what it won, or nothing."""

    attack: Attack
    honest: float | None
    score: float | None
    gained: tuple[str, ...]


def judge_all(outcome: Outcome, attacks: Sequence[Attack]) -> list[Judged]:
    """Judge `attacks` of one outcome, in the order in which they were handed in."""
    numbers: dict[str, int] = {}
    judged = []
    for attack in attacks:
        numbers[attack.lab] = numbers.get(attack.lab, 0) + 1
        judged.append(_judge(outcome, attack, student(numbers[attack.lab], attack)))
    return judged


def _judge(outcome: Outcome, attack: Attack, name: str) -> Judged:
    card = outcome.cards.get((name, attack.lab))
    honest = outcome.cards.get((honest_student(attack.honest), attack.lab))
    if card is None or honest is None:
        return Judged(attack, None, None, ("the cohort did not go on: there is no scorecard",))
    gained = []
    if card.score != honest.score:
        gained.append(f"{card.score:g} points instead of {honest.score:g}")
    if card.status is Status.CRASHED:
        gained.append(f"grading crashed: {card.problem}")
    layout = outcome.layout()
    page = layout.feedback(name, attack.lab)
    if not page.is_file():
        gained.append("there is no feedback page")
    else:
        gained += [f"acts in the feedback: {what}" for what in what_acts(page)[:5]]
    # What a learner gets to see.
    seen = [redacted(card).model_dump_json()]
    seen += [
        path.read_text(encoding="utf-8", errors="replace")
        for path in (page, layout.executed(name, attack.lab))
        if path.is_file()
    ]
    told = "\n".join(seen)
    for what, sign in (("a secret", outcome.arena.secret), ("held-out parameters", HELD_OUT)):
        if sign in told:
            gained.append(f"shows {what}")
    return Judged(attack, honest.score, card.score, tuple(gained))


def harm_by(outcome: Outcome) -> list[str]:
    """Return what harm was done, by whomever: to the machine, to the cohort, to its report."""
    harm = list(outcome.harm)
    if any(code not in (0, 3) for code in outcome.exit_codes):
        harm.append(f"`lab grade` ended with {outcome.exit_codes}: {outcome.said[-800:]}")
    good = {key: card for key, card in outcome.cards.items() if key[0].endswith("good")}
    if not good:
        harm.append("no good submission was graded")
    for (name, lab), card in good.items():
        if card.score != card.max_score:
            harm.append(f"{name} handed in good work for {lab} and got {card.score:g}")
    for lab in {lab for _, lab in outcome.cards}:
        report = outcome.layout().report(lab)
        if not report.is_file():
            harm.append(f"there is no report on {lab}")
        else:
            harm += [f"acts in the report: {what}" for what in what_acts(report)[:5]]
    return harm
