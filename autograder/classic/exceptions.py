"""Where our scores differ from nbgrader's, as data that the tests prove and the site shows."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

KINDS = {
    "aborts": "where nbgrader aborts",
    "test not run": "where the test did not run, or did not test",
    "stderr": "where a right answer warns",
}


@dataclass(frozen=True)
class ScoreException:
    """Hold one notebook that the two graders score differently, and why."""

    notebook: str
    nbgrader: str
    here: str
    kind: str
    reason: str


def score_exceptions() -> tuple[ScoreException, ...]:
    """Read the list, in its order."""
    text = Path(__file__).with_name("exceptions.toml").read_text(encoding="utf-8")
    return tuple(ScoreException(**table) for table in tomllib.loads(text)["exception"])
