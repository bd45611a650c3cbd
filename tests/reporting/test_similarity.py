"""What the starter gives and what many hand in is no copying; markup in code stays text."""

from nbformat.v4 import new_code_cell, new_notebook

from autograder.reporting.answers import Answers
from autograder.reporting.similarity import find_similar
from autograder.reporting.subject import Subject

GIVEN = "\n".join(
    f"def helper_{n}(values, limit={n}):\n    return [v * {n} for v in values if v > limit]"
    for n in range(8)
)
SUBJECT = Subject(
    "x",
    "X",
    {
        "lab": new_notebook(
            cells=[
                new_code_cell(
                    GIVEN,
                    metadata={"nbgrader": {"grade_id": "a", "solution": True, "schema_version": 3}},
                )
            ]
        )
    },
)


def one(student: str, code: str) -> Answers:
    return Answers(student, {"a": code})


def own(seed: int) -> str:
    """Write code unlike that of any other seed."""
    operators = ["+", "-", "*", "//", "%", "**", "|", "&", "^", "<<"]
    return "\n".join(
        f"x{n} = (a {operators[(seed * 7 + n * n) % 10]} b{seed + n}) "
        f"{operators[(seed * 3 + n) % 10]} {seed * 31 + n * 17}"
        for n in range(14)
    )


def test_the_starters_code_does_not_count() -> None:
    found = find_similar(SUBJECT, [one("ann", GIVEN + own(1)), one("bob", GIVEN + own(2))])
    assert found.pairs == ()
    assert found.compared == 2


def test_a_copy_with_other_names_is_found_and_marked() -> None:
    theirs = own(1).replace("a ", "mine ").replace("x", "result")
    found = find_similar(
        SUBJECT, [one("ann", own(1)), one("bob", theirs), one("cy", own(5)), one("dee", "x = 1")]
    )
    assert [(p.left.student, p.right.student) for p in found.pairs] == [("ann", "bob")]
    assert found.pairs[0].share > 0.9
    assert "<mark>" in found.pairs[0].left.code
    assert found.too_little == 1


def test_what_a_whole_class_writes_is_what_the_task_calls_for() -> None:
    class_ = [one(f"s{n}", own(1)) for n in range(30)]
    assert find_similar(SUBJECT, class_).pairs == ()
    few = find_similar(SUBJECT, class_[:4])
    assert len(few.pairs) == 6


def test_markup_in_code_stays_text() -> None:
    evil = own(1) + "\ns = '<script>alert(1)</script><mark>'"
    found = find_similar(SUBJECT, [one("ann", evil), one("bob", evil)])
    assert "<script>" not in found.pairs[0].left.code
    assert "&lt;script&gt;" in found.pairs[0].left.code


def test_pairs_beyond_the_most_are_counted() -> None:
    found = find_similar(SUBJECT, [one(f"s{n}", own(1)) for n in range(4)], most=2)
    assert (len(found.pairs), found.left_out) == (2, 4)
