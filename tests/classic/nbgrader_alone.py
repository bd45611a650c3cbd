"""Run nbgrader itself on a course: `python nbgrader_alone.py COURSE ASSIGNMENT…` prints JSON."""

import contextlib
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

STUDENT = "ann"


def main() -> None:
    """Generate and autograde every assignment; print what each graded cell got."""
    course = Path(sys.argv[1])
    os.chdir(course)
    logging.disable(logging.CRITICAL)
    config = Config(PyFileConfigLoader("nbgrader_config.py", str(course)).load_config())
    config.CourseDirectory.root = str(course)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    found = {}
    for assignment in sys.argv[2:]:
        with contextlib.redirect_stdout(sys.stderr):
            found[assignment] = _graded(api, assignment)
    print(json.dumps(found))


def _graded(api: Any, assignment: str) -> dict[str, Any]:
    for step in (
        lambda: api.generate_assignment(assignment, force=True, create=True),
        lambda: api.autograde(assignment, STUDENT, force=True, create=True),
    ):
        done = step()
        if not done["success"]:
            return {"refused": (done.get("error") or done.get("log") or "").strip()[-300:]}
    with Gradebook(api.coursedir.db_url) as book:
        submission = book.find_submission(assignment, STUDENT)
        return {
            "most": submission.max_score,
            "cells": {
                grade.name: [grade.auto_score, bool(grade.needs_manual_grade)]
                for notebook in submission.notebooks
                for grade in notebook.grades
            },
        }


if __name__ == "__main__":
    main()
