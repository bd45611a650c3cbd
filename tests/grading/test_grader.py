"""One notebook, graded with its own and with held-out parameters."""

import copy
import re

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.contract.lab import Lab
from autograder.execution import Confinement
from autograder.grading.grader import grade_notebook
from autograder.grading.showing import with_verdicts
from autograder.scoring import Scorecard

pytestmark = pytest.mark.slow


def answered(lab: Lab, **sources: str) -> NotebookNode:
    notebook = copy.deepcopy(lab.starter)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").replace("-", "_")
        if name in sources:
            cell.source = sources[name]
    return notebook


def card(lab: Lab, notebook: NotebookNode, confinement: Confinement, **how: bool) -> Scorecard:
    return grade_notebook(lab, notebook, student="ada", confinement=confinement, **how).card


def verdicts(found: Scorecard) -> dict[str, str]:
    return {check.id: str(check.verdict) for check in found.checks().values()}


CLEAN = "def clean(values):\n    return [v for v in values if v >= 0]"


def test_the_solution_earns_everything(tiny: Lab, confinement: Confinement) -> None:
    found = card(tiny, tiny.solution, confinement)
    assert found.score == found.max_score == tiny.max_points
    assert [run.held_out for run in found.runs] == [False, True]
    assert found.layers == confinement.layers


def test_the_untouched_release_needs_no_kernel(tiny: Lab, confinement: Confinement) -> None:
    found = card(tiny, tiny.starter, confinement)
    assert found.score == 0
    assert set(verdicts(found).values()) == {"unattempted"}
    assert found.runs == ()


def test_half_the_work_earns_its_half(tiny: Lab, confinement: Confinement) -> None:
    found = card(tiny, answered(tiny, clean_answer=CLEAN), confinement)
    assert [(t.id, t.points, str(t.verdict)) for t in found.tasks] == [
        ("clean", 3, "passed"),
        ("report", 0, "unattempted"),
    ]


def test_a_hard_coded_answer_fails_with_other_parameters(
    tiny: Lab, confinement: Confinement
) -> None:
    right = card(tiny, tiny.solution, confinement)
    assert right.score == tiny.max_points
    notebook = answered(
        tiny, clean_answer=CLEAN, report_answer='report = {"kept": 41, "mean": 132.0}'
    )
    found = card(tiny, notebook, confinement)
    lost = [c for c in found.checks().values() if c.verdict == "failed"]
    assert [c.id for c in lost] == ["report.report_follows_the_seed"]
    assert lost[0].held_out


def test_a_broken_cell_is_named_beside_the_verdict(tiny: Lab, confinement: Confinement) -> None:
    found = card(
        tiny, answered(tiny, clean_answer="def clean(values):\n    return 1 +"), confinement
    )
    message = found.checks()["clean.drops_what_is_below_zero"].message
    assert "clean-answer" in message and "SyntaxError" in message
    assert found.score == 0


def test_code_moved_behind_the_tests_still_counts(tiny: Lab, confinement: Confinement) -> None:
    notebook = copy.deepcopy(tiny.solution)
    notebook.cells.append(nbformat.v4.new_code_cell(CLEAN.replace("clean", "helper")))
    notebook.cells.insert(3, nbformat.v4.new_code_cell("import warnings\nwarnings.warn('hm')"))
    assert card(tiny, notebook, confinement).score == tiny.max_points


def test_visible_checks_alone_when_a_learner_asks(tiny: Lab, confinement: Confinement) -> None:
    found = card(tiny, tiny.solution, confinement, hidden=False, held_out=False)
    assert not any(check.hidden for check in found.checks().values())
    assert [run.held_out for run in found.runs] == [False]


CHEATS = {
    "prints a score": "print('score: 5 of 5')",
    "agrees with everything": (
        "class Yes(list):\n    def __eq__(self, other): return True\n"
        "def clean(values): return Yes()\nclass D(dict):\n    def __eq__(self, o): return True\n"
        "report = D(kept=1, mean=1.0)"
    ),
    "empties every later cell": (
        "import ast\nclass Empty(ast.NodeTransformer):\n"
        "    def visit_Module(self, node): node.body = []; return node\n"
        "get_ipython().ast_transformers.append(Empty())"
    ),
    "rewrites the planted helper": (
        "import sys\nhelper = sys.modules.get('_lab_probe')\n"
        "for name in dir(helper):\n"
        "    try: setattr(helper, name, lambda *a, **k: 'passed')\n"
        "    except Exception: pass"
    ),
    "patches the judge in its own process": (
        "import autograder.checks as checks\nchecks.judge = lambda *a, **k: 'passed'\n"
        "checks.expect = lambda *a, **k: None"
    ),
    "replaces the display machinery": (
        "ip = get_ipython()\n"
        "ip.display_formatter.format = lambda obj, **k: ({'text/plain': '5'}, {})\n"
        "ip.user_expressions = lambda expressions: {}"
    ),
}


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=[re.sub(r"\W+", "-", n) for n in CHEATS])
def test_a_cheat_earns_no_more_than_the_wrong_answer_it_wraps(
    tiny: Lab, confinement: Confinement, cheat: str
) -> None:
    wrong = "def clean(values):\n    return sorted(values)"
    honest = card(tiny, answered(tiny, clean_answer=wrong), confinement).score
    found = card(tiny, answered(tiny, clean_answer=f"{wrong}\n{cheat}"), confinement)
    assert found.score <= honest


def test_forged_metadata_and_outputs_are_not_read(tiny: Lab, confinement: Confinement) -> None:
    notebook = answered(tiny, clean_answer="def clean(values):\n    return None")
    for cell in notebook.cells:
        facts = cell.metadata.get("nbgrader", {})
        if "points" in facts:
            facts["points"] = 1000
            cell.outputs = [
                nbformat.v4.new_output(
                    "execute_result", {"text/plain": "1000.0"}, execution_count=1
                )
            ]
    found = card(tiny, notebook, confinement)
    assert found.score == 0 and found.max_score == tiny.max_points


def test_the_shown_notebook_has_the_grade_cells_and_no_hidden_word(
    tiny: Lab, confinement: Confinement
) -> None:
    grading = grade_notebook(
        tiny,
        answered(tiny, clean_answer="def clean(values):\n    return list(values)"),
        student="ada",
        confinement=confinement,
    )
    text = nbformat.writes(with_verdicts(tiny, grading.notebook, grading.card))
    names = [c.name for c in tiny.checks if c.hidden]
    assert names and not any(name in text for name in names)
    graded = [
        c for c in nbformat.reads(text, 4).cells if c.metadata.get("nbgrader", {}).get("grade")
    ]
    assert [c.metadata.nbgrader.grade_id for c in graded] == ["clean", "report"]
    assert "drops_what_is_below_zero" in graded[0].outputs[0].text
