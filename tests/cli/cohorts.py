"""A small cohort for the tiny lab, the command that grades it, and what came of it."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import psutil
from sqlalchemy import create_engine, inspect, text

from autograder.contract.lab import Lab
from autograder.contract.mutants import apply_mutant, load_mutants

SECONDS = 240


def hand_in(lab: Lab, submitted: Path, students: int) -> list[str]:
    """Write `students` submissions: right, untouched, half right and wrong, corrupt, absent."""
    mutant = next(m for m in load_mutants(lab).mutants)
    kinds = [
        nbformat.writes(lab.solution),
        nbformat.writes(apply_mutant(lab, mutant)),
        nbformat.writes(lab.starter),
        '{"cells": [',
        None,
    ]
    names = [f"s{number:02d}" for number in range(students)]
    for number, name in enumerate(names):
        folder = submitted / name / "tiny"
        folder.mkdir(parents=True)
        content = kinds[number % len(kinds)]
        if content is not None:
            (folder / "lab.ipynb").write_text(content)
            (folder / "timestamp.txt").write_text(f"2024-05-0{1 + number % 5} 12:00:00.000000 UTC")
    return names


def command(course: Path, *words: str, temporary: Path | None = None) -> dict[str, Any]:
    """Give what `subprocess` needs to run `lab WORDS` in `course`, temporary files of its own."""
    own = {"TMPDIR": str(temporary)} if temporary else {}
    return {
        "args": [sys.executable, "-m", "autograder.cli.app", *words],
        "cwd": course,
        "env": {**os.environ, "COLUMNS": "120", **own},
        "text": True,
    }


def lab(course: Path, *words: str, temporary: Path | None = None) -> "subprocess.CompletedProcess":
    return subprocess.run(
        **command(course, *words, temporary=temporary),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )


def scorecards(graded: Path) -> dict[str, Any]:
    """Give the scorecards below `graded` by student, times and memory left out."""
    found = {}
    for path in sorted((graded / "scorecards").glob("*/*/scorecard.json")):
        card = json.loads(path.read_text())
        card.pop("seconds")
        for run in card["runs"]:
            del run["seconds"], run["memory_mb"]
        found[path.parent.parent.name] = card
    return found


def gradebook(url: str) -> dict[str, list[str]]:
    """Give every row of every table, each id that nbgrader draws replaced by what it stands for."""
    engine = create_engine(url)
    names = inspect(engine).get_table_names()
    with engine.connect() as connection:
        tables = {
            name: [
                dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()
            ]
            for name in names
        }
    engine.dispose()
    meaning: dict[str, str] = {}
    for name, keys in _KEYS.items():  # each stands after those that it refers to
        for row in tables[name]:
            said = ", ".join(meaning.get(row[key], row[key]) for key in keys)
            meaning[row["id"]] = f"{name}({said})"
    return {
        name: sorted(str({k: meaning.get(v, plain(v)) for k, v in row.items()}) for row in rows)
        for name, rows in tables.items()
    }


_KEYS = {
    "assignment": ("name",),
    "notebook": ("name", "assignment_id"),
    "base_cell": ("name", "type", "notebook_id"),
    "source_cell": ("name", "notebook_id"),
    "submitted_assignment": ("assignment_id", "student_id"),
    "submitted_notebook": ("assignment_id", "notebook_id"),
    "grade": ("cell_id", "notebook_id"),
    "comment": ("cell_id", "notebook_id"),
}


def plain(value: Any) -> Any:
    """Give a value as SQLite stores it, whatever database it comes from."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return int(value) if isinstance(value, bool) else value


def family(pid: int) -> list[psutil.Process]:
    """Give the processes that descend from `pid`, itself left out."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
