"""What every lab's notebook has in common: names, marks, metadata."""

from typing import Any, Final, Literal

BEGIN_SOLUTION: Final = "### BEGIN SOLUTION"
END_SOLUTION: Final = "### END SOLUTION"
BEGIN_HIDDEN: Final = "### BEGIN HIDDEN TESTS"
END_HIDDEN: Final = "### END HIDDEN TESTS"
LOAD_LINE: Final = "%load_ext autograder"
INTRO: Final = "intro"
PARAMETERS: Final = "parameters"
SETUP: Final = "setup"

NOTEBOOK: Final = "lab.ipynb"
MANIFEST: Final = "lab.toml"
CHECKS: Final = "checks.py"
HIDDEN_CHECKS: Final = "hidden_checks.py"
MUTANTS: Final = "mutants.toml"
RELEASED_MANIFEST: Final = "lab-release.toml"
# What must never leave, as file name patterns; the release and nbgrader's commands keep it back.
# Helpers of hidden checks are kept back by their name: hidden_*.
PROOF: Final = "proof.json"
# What must not leave with a release.
KEPT_BACK: Final = (MANIFEST, MUTANTS, PROOF, "hidden_*")

# What tools leave beside a notebook, nbgrader's own default list among it.
LITTER: Final = (
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    ".DS_Store",
    ".*.swp",
    "mlruns",
)

SCHEMA_VERSION: Final = 3
KERNEL: Final = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE: Final = {"name": "python"}

Role = Literal["locked", "answer", "grade", "free"]


def grade_source(task: str) -> str:
    """Give the text that the grade cell of `task` must have."""
    return f"%check {task}\n{BEGIN_HIDDEN}\n%score {task}\n{END_HIDDEN}"


def grader_metadata(grade_id: str, role: Role, points: float = 0) -> dict[str, Any]:
    """Give the complete nbgrader metadata (schema 3) of a cell that is not free."""
    fields: dict[str, Any] = {
        "grade": role == "grade",
        "grade_id": grade_id,
        "locked": role in ("locked", "grade"),
        "schema_version": SCHEMA_VERSION,
        "solution": role == "answer",
        "task": False,
    }
    if role == "grade":
        fields["points"] = points
    return fields
