"""A decoy fails on honest work and passes on forged work; making one changes one value alone."""

import ast
import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.classic.decoys import MOST_PER_CELL, choose, decoys_of, with_decoys
from autograder.classic.expectations import expectations, put_wrong
from autograder.classic.grading import FORGED, failing_decoys, grade_plain
from autograder.contract.manifest import Limits
from autograder.execution import Confinement

LIMITS = Limits(seconds=60, cell_seconds=10)


def cell(name: str, source: str, **facts: object) -> NotebookNode:
    usual = {"grade": False, "solution": False, "locked": False, "task": False}
    metadata = {**usual, "grade_id": name, "schema_version": 3, **facts}
    return new_code_cell(source, metadata={"nbgrader": metadata})


def notebook(answer: str, *tests: str) -> NotebookNode:
    graded = {"grade": True, "locked": True, "points": 1}
    made = [cell(f"test{n}", source, **graded) for n, source in enumerate(tests)]
    return new_notebook(cells=[cell("answer", answer, solution=True), *made])


def wrongs(source: str) -> list[str]:
    """Give what each decoy of `source` has in place of the right line."""
    found = []
    for step in ast.parse(source).body:
        for literal in expectations(step):
            changed = put_wrong(source, literal)
            if changed is not None:
                old, new = source.splitlines(), changed.splitlines()
                found += [line[2:] for line in difflib.ndiff(old, new) if line.startswith("+ ")]
    return found


@pytest.mark.parametrize(
    ("source", "due"),
    [
        ("assert f(2) == 4  # why", ["assert f(2) == 5  # why"]),
        ("assert 'a b' == f()", ["assert 'a c' == f()"]),
        ("assert f() is None", ["assert f() is True"]),
        ("assert f() == [1, {'k': 2.5}]", ["assert f() == [1, {'k': 3.5}]"]),
        ("assert f() == []", ["assert f() == [0]"]),
        ("assert abs(f() - 0.5) < 1e-6", ["assert abs(f() - 1.5) < 1e-6"]),
        ("assert_equal(f('é'), 'ü')", ["assert_equal(f('é'), 'b')"]),
        (
            "np.testing.assert_allclose(x, -2.0, atol=0.01)",
            ["np.testing.assert_allclose(x, -1.0, atol=0.01)"],
        ),
        (
            "assert f() == 1 and g() == 2",
            ["assert f() == 2 and g() == 2", "assert f() == 1 and g() == 3"],
        ),
    ],
)
def test_one_value_is_put_wrong_and_the_rest_of_the_line_stays(source: str, due: list[str]) -> None:
    assert wrongs(source) == due


@pytest.mark.parametrize(
    "source",
    [
        "assert f() != 3",
        "assert f() > 3",
        "assert f()",
        "assert 1 == 1",
        "assert abs(f() - 5) < 100",
        "assert np.isclose(f(), 5, atol=100)",
        "if late:\n    assert f() == 3",
        "try:\n    f()\nexcept ValueError:\n    pass",
        "%timeit f()\nassert f() == 3",
        "assert f() == 1e999",
    ],
)
def test_where_a_wrong_value_might_pass_there_is_no_decoy(source: str) -> None:
    assert decoys_of(notebook("", source)) == {}


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(VALUES)
def test_a_decoy_of_any_literal_fails_where_the_test_passes(value: object) -> None:
    source = f"assert value == {value!r}"
    for step in ast.parse(source).body:
        for literal in expectations(step):
            changed = put_wrong(source, literal)
            if changed is not None:
                assert changed != source
                with pytest.raises(AssertionError):
                    exec(changed, {"value": value})


def test_a_choice_is_the_same_again_and_differs_by_secret() -> None:
    many = "\n".join(f"assert f({n}) == {n}" for n in range(9))
    made = decoys_of(notebook("", many, many))
    assert {len(several) for several in made.values()} == {MOST_PER_CELL}
    assert choose(made, "a") == choose(made, "a")
    lines = {choose(made, str(n))["test0"].line for n in range(30)}
    assert len(lines) == MOST_PER_CELL
    changed = with_decoys(notebook("x = 1", many, many), choose(made, "a"))
    assert changed.cells[0].source == "x = 1"
    assert all(c.source != many for c in changed.cells[1:])


TESTS = ("assert square(2) == 4", "assert square(3) == 9\nassert square(-1) == 1")
STRIPS = """
import ast
class Gone(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Gone())
"""
AGREES = """
class Yes(int):
    def __eq__(self, other):
        return True
def square(x):
    return Yes(0)
"""
SWALLOWS = """
from IPython.core.interactiveshell import InteractiveShell
async def nothing(*args, **words):
    return False
InteractiveShell.run_code = nothing
"""
HONEST = "def square(x):\n    return x * x"
LOUD = "import warnings\ndef square(x):\n    warnings.warn('slow')\n    return float(x * x)"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "score", "states"),
    [
        (HONEST, 2, ["ok", "ok"]),
        (LOUD, 2, ["ok", "ok"]),
        ("def square(x):\n    return 4", 1, ["ok", "error"]),
        (STRIPS, 0, [FORGED, FORGED]),
        (AGREES, 0, [FORGED, FORGED]),
        (SWALLOWS, 0, [FORGED, FORGED]),
    ],
    ids=["honest", "warns", "half", "strips", "agrees", "swallows"],
)
def test_forged_tests_earn_nothing_and_wait_for_a_person(
    answer: str, score: float, states: list[str], confinement: Confinement
) -> None:
    master = notebook("raise NotImplementedError()", *TESTS)
    result = grade_plain(
        master,
        notebook(answer, *TESTS),
        files={},
        limits=LIMITS,
        confinement=confinement,
        decoys=decoys_of(master),
        secret="x",
    )
    assert (result.score, [g.state for g in result.grades]) == (score, states)
    assert result.manual == states.count(FORGED)


@pytest.mark.slow
def test_a_decoy_that_passes_on_the_official_answer_is_dropped(confinement: Confinement) -> None:
    lenient = "class Any_(int):\n    __eq__ = lambda s, o: True\nvalue = Any_(3)"
    solution = notebook(lenient, "assert value == 3", "assert int(value) + 1 == 4")
    kept = failing_decoys(
        solution, decoys_of(solution), files={}, limits=LIMITS, confinement=confinement
    )
    assert list(kept) == ["test1"]
