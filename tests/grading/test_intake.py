"""Whatever is handed in is taken in, or refused with a sentence."""

import json
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook

from autograder.errors import CourseError
from autograder.grading.intake import MAX_NOTEBOOK_MB, Submission, find_submissions, take_in


def handed_in(root: Path, content: bytes | str | None, name: str = "lab.ipynb") -> Submission:
    folder = root / "submitted" / "ada" / "tiny"
    folder.mkdir(parents=True, exist_ok=True)
    if content is not None:
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    return Submission("ada", "tiny", folder)


def a_notebook() -> str:
    return str(nbformat.writes(new_notebook(cells=[new_code_cell("x = 1")])))


def test_a_notebook_comes_in_with_its_time(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, a_notebook())
    (submission.folder / "timestamp.txt").write_text("2026-03-01 16:20:00.000000 UTC")
    intake = take_in(submission)
    assert intake.notebook.cells[0].source == "x = 1"
    assert intake.submitted_at is not None
    assert intake.submitted_at.isoformat() == "2026-03-01T16:20:00+00:00"


@pytest.mark.parametrize("stamp", ["", "yesterday", "9" * 500, "0000-00-00"])
def test_an_unreadable_time_counts_as_none(tmp_path: Path, stamp: str) -> None:
    submission = handed_in(tmp_path, a_notebook())
    (submission.folder / "timestamp.txt").write_text(stamp)
    assert take_in(submission).submitted_at is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no lab.ipynb"),
        (b"\x00\xff not json", "lab.ipynb"),
        (b"[]", "lab.ipynb"),
        (b"{}", "lab.ipynb"),
        (b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "lab.ipynb"),
        (json.dumps({"worksheets": [], "nbformat": 3, "nbformat_minor": 0, "metadata": {}}), "3"),
        (b"[" * 100_000, "lab.ipynb"),
    ],
)
def test_what_is_no_notebook_is_refused_in_words(
    tmp_path: Path, content: bytes | str | None, words: str
) -> None:
    with pytest.raises(CourseError) as refused:
        take_in(handed_in(tmp_path, content))
    assert words in refused.value.message
    assert refused.value.mend


def test_another_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(CourseError) as refused:
        take_in(handed_in(tmp_path, a_notebook(), name="lab (1).ipynb"))
    assert "lab (1).ipynb" in refused.value.mend


def test_a_notebook_of_fifty_megabytes_is_not_read(tmp_path: Path) -> None:
    submission = handed_in(tmp_path, b"")
    with (submission.folder / "lab.ipynb").open("wb") as file:
        file.truncate(50 << 20)
    with pytest.raises(CourseError, match=rf"50 MB; {MAX_NOTEBOOK_MB} MB"):
        take_in(submission)


def test_links_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "hidden.ipynb"
    secret.write_text(a_notebook())
    submission = handed_in(tmp_path, None)
    (submission.folder / "lab.ipynb").symlink_to(secret)
    with pytest.raises(CourseError, match="a link"):
        take_in(submission)
    linked = tmp_path / "submitted" / "bob"
    linked.symlink_to(tmp_path / "submitted" / "ada")
    with pytest.raises(CourseError, match="link"):
        take_in(Submission("bob", "tiny", linked / "tiny"))


@given(st.binary(max_size=400))
@settings(max_examples=60)
def test_no_bytes_make_intake_break(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    submission = handed_in(tmp_path_factory.mktemp("intake"), data)
    try:
        take_in(submission)
    except CourseError as refused:
        assert refused.message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "metadata", "nbgrader", "source", "outputs", "cell_type", "id"]
            ),
            children,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(cells=json_values, metadata=json_values)
@settings(max_examples=100)
def test_no_json_makes_intake_break(
    tmp_path_factory: pytest.TempPathFactory, cells: object, metadata: object
) -> None:
    tree = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    submission = handed_in(tmp_path_factory.mktemp("intake"), json.dumps(tree))
    try:
        take_in(submission)
    except CourseError as refused:
        assert refused.message


def test_submissions_are_found_by_student(tmp_path: Path) -> None:
    for student in ("zoe", "ada"):
        (tmp_path / student / "tiny").mkdir(parents=True)
    (tmp_path / "eve" / "other").mkdir(parents=True)
    assert [s.student for s in find_submissions(tmp_path, "tiny")] == ["ada", "zoe"]


def test_a_missing_folder_and_an_empty_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="is not a folder"):
        find_submissions(tmp_path / "nowhere", "tiny")
    (tmp_path / "ada" / "other").mkdir(parents=True)
    with pytest.raises(CourseError) as refused:
        find_submissions(tmp_path, "tiny")
    assert "other" in refused.value.mend
