"""Mistakes in lab.toml are told by file, key and mend."""

import re
from pathlib import Path

import pytest

from autograder.contract.lab import find_labs, load_lab
from autograder.contract.manifest import Limits, load_manifest
from autograder.errors import CourseError


def test_the_sample_lab_loads(tiny_copy: Path) -> None:
    lab = load_lab(tiny_copy)
    assert [task.id for task in lab.manifest.tasks] == ["clean", "report"]
    assert lab.max_points == 5
    assert lab.parameter_sets() == [{"seed": 7}, {"seed": 90210}]
    assert lab.answer_ids("report") == ("report-answer",)
    assert [path.name for path in lab.given_files] == ["readings.py"]
    assert lab.manifest.limits.processes == Limits().processes
    assert [check.id for check in lab.visible_checks] == [
        "clean.drops_what_is_below_zero",
        "report.says_kept_and_mean",
    ]
    assert len(lab.checks) == 5


@pytest.mark.parametrize(
    ("old", "new", "said", "mend"),
    [
        ("points = 2", 'points = "four"', r"task\[2\]\.points: must be a number, is 'four'", "4"),
        ("points = 2", "points = true", r"task\[2\]\.points: must be a number", "points = 4"),
        ("points = 2", "points = 0", r"task\[2\]\.points: .*greater than 0", "points = 4"),
        ("points = 2", "", r"task\[2\]\.points: is missing", "Add points = 4"),
        ("minutes = 5", "minuts = 5", r"minutes: is missing.*1 more", "Add minutes"),
        ("minutes = 5", "minutes = 5\nminuts = 5", r"minuts: is no key", "Did you mean minutes"),
        ("memory_mb = 1024", "memory = 1024", r"limits\.memory: is no key", "memory_mb"),
        ("memory_mb = 1024", "memory_mb = -1", r"limits\.memory_mb: .*greater than 0", "2048"),
        ("probe_seconds = 2", "probe_seconds = 99", "probe_seconds is 99, more than the 30", ""),
        ('id = "clean"', 'id = "Clean It"', r"task\[1\]\.id: is 'Clean It'", "schema"),
        ("held_out = [90210]", "held_out = []", r"parameters\.seed\.held_out: ", "held_out"),
        ("held_out = [90210]", "held_out = [7]", "would prove nothing", ""),
        ("held_out = [90210]", 'held_out = ["7"]', "not of the kind of 7", ""),
        (
            "seed = { learner = 7, held_out = [90210] }",
            "seed = { learner = 7, held_out = [90210] }\nn = { learner = 1, held_out = [2, 3] }",
            "must be equally long: seed has 1, n has 2",
            "",
        ),
        ('"Zero is a reading like any other.",', "", r"task\[1\]\.hints: ", "hints ="),
        (
            'answers = ["report-answer"]',
            'answers = ["clean-answer"]',
            "'clean-answer' stands 2",
            "",
        ),
        ('needs_tasks = ["clean"]', 'needs_tasks = ["clen"]', "Did you mean clean", ""),
        ('give = ["readings.py"]', 'give = ["../x.py"]', "leads out of", "give ="),
        ('give = ["readings.py"]', 'give = ["hidden_checks.py"]', "must not be given", "give ="),
        ('give = ["readings.py"]', 'give = ["no.py"]', "no file no.py", "take its name out"),
        ('give = ["readings.py"]', 'needs = ["kafak"]', r"needs\[1\]: is 'kafak'", "needs ="),
        ('module = "tiny"', "", "exactly one of module and milestone", ""),
        ('id = "tiny"', 'id = "teeny"', "the folder is 'tiny'", 'id = "tiny"'),
        ('id = "tiny"', "id = tiny", "is not TOML", "line"),
    ],
)
def test_a_mistake_is_told(tiny_copy: Path, old: str, new: str, said: str, mend: str) -> None:
    path = tiny_copy / "lab.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(CourseError) as told:
        load_lab(tiny_copy)
    assert told.value.message.startswith("labs/tiny/lab.toml: ")
    assert re.search(said, told.value.message), told.value.message
    assert mend in told.value.mend


def test_a_missing_manifest_or_lab_is_told(tiny_copy: Path) -> None:
    with pytest.raises(CourseError, match=r"lab\.toml: is missing"):
        load_manifest(tiny_copy.parent / "lab.toml")
    with pytest.raises(CourseError) as told:
        load_lab(tiny_copy.parent / "tny")
    assert "Did you mean tiny?" in told.value.mend


def test_labs_are_found_by_their_manifest(tiny_copy: Path) -> None:
    (tiny_copy.parent / "not_a_lab").mkdir()
    assert [path.name for path in find_labs(tiny_copy.parent)] == ["tiny"]
    assert find_labs(tiny_copy / "nowhere") == []


def test_an_unknown_task_is_told_with_the_nearest(tiny_copy: Path) -> None:
    with pytest.raises(CourseError) as told:
        load_lab(tiny_copy).task("raport")
    assert "report" in told.value.mend


@pytest.mark.parametrize(
    ("needs", "brokers", "told"),
    [
        ('["redis"]', "3", "needs does not name kafka"),
        ('["kafka"]', "4", "stack.brokers"),
        ('["kafka"]', '"3"', "stack.brokers"),
    ],
)
def test_the_shape_of_the_stack_is_held_against_what_is_needed(
    tiny_copy: Path, needs: str, brokers: str, told: str
) -> None:
    manifest = tiny_copy / "lab.toml"
    text = manifest.read_text()
    manifest.write_text(
        text.replace("preload =", f"needs = {needs}\npreload =", 1)
        + f"\n[stack]\nbrokers = {brokers}\n"
    )
    with pytest.raises(CourseError, match=told):
        load_manifest(manifest)
