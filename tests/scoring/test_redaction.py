"""Nothing of a hidden check but its verdict, its points and its advice reaches a learner."""

from hypothesis import given
from hypothesis import strategies as st

from autograder.checks import Verdict
from autograder.scoring import CheckScore, RunRecord, Scorecard, Status, TaskScore, redacted
from autograder.scoring.redaction import CRASHED, OTHER_PARAMETERS

SECRET = "Zx9secret"
names = st.from_regex(r"[a-z]{3,12}", fullmatch=True)
texts = st.text(max_size=20)


@st.composite
def cards(draw: st.DrawFn) -> Scorecard:
    tasks = []
    for number in range(draw(st.integers(1, 3))):
        checks = []
        for index in range(draw(st.integers(1, 4))):
            hidden = draw(st.booleans())
            held_out = draw(st.booleans())
            verdict = draw(st.sampled_from(Verdict))
            secret = hidden or (held_out and verdict is not Verdict.PASSED)
            checks.append(
                CheckScore(
                    id=f"task{number}.{SECRET if hidden else draw(names)}{index}",
                    verdict=verdict,
                    points=1,
                    max_points=1,
                    hidden=hidden,
                    held_out=held_out,
                    message=f"{SECRET} {draw(texts)}" if secret else draw(texts),
                    feedback=draw(texts),
                )
            )
        tasks.append(
            TaskScore(
                id=f"task{number}",
                title=draw(names),
                verdict=Verdict.FAILED,
                points=0,
                max_points=4,
                checks=tuple(checks),
            )
        )
    return Scorecard(
        student="s",
        lab="l",
        status=draw(st.sampled_from([Status.GRADED, Status.CRASHED])),
        problem=f"{SECRET} in hidden_checks.py",
        score=0,
        max_score=4,
        tasks=tuple(tasks),
        runs=(
            RunRecord(
                parameters={"seed": SECRET},
                held_out=True,
                seconds=1,
                memory_mb=1,
                status="completed",
                cells={},
            ),
        ),
    )


@given(cards())
def test_no_hidden_word_survives(card: Scorecard) -> None:
    card = card if card.status is Status.CRASHED else card.model_copy(update={"problem": ""})
    assert SECRET not in redacted(card).model_dump_json()


@given(cards())
def test_points_and_verdicts_stay(card: Scorecard) -> None:
    shown = redacted(card)
    assert [c.verdict for t in shown.tasks for c in t.checks] == [
        c.verdict for t in card.tasks for c in t.checks
    ]
    assert shown.score == card.score


@given(cards())
def test_redacting_twice_changes_nothing_more(card: Scorecard) -> None:
    assert redacted(redacted(card)) == redacted(card)


def test_the_words_that_stand_in() -> None:
    check = CheckScore(
        id="t.visible",
        verdict=Verdict.FAILED,
        points=0,
        max_points=1,
        hidden=False,
        held_out=True,
        message="should be 3, got 4",
    )
    task = TaskScore(
        id="t", title="T", verdict=Verdict.FAILED, points=0, max_points=1, checks=(check,)
    )
    card = Scorecard(
        student="s",
        lab="l",
        status=Status.CRASHED,
        problem="x",
        score=0,
        max_score=1,
        tasks=(task,),
    )
    assert redacted(card).tasks[0].checks[0].message == OTHER_PARAMETERS
    assert redacted(card).problem == CRASHED
