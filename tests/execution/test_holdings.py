"""What a run stores is counted, wherever it hides it."""

import os
from pathlib import Path

import pytest

from autograder.execution.holdings import held_files, stored_below

MIB = 1 << 20


def test_files_and_folders_are_added_up(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "large").write_bytes(b"x" * MIB)
    (tmp_path / "link").symlink_to("/")
    stored, files = stored_below(tmp_path, most_files=100)
    assert MIB <= stored < 2 * MIB
    assert files == 4


def test_too_many_and_too_deep_have_an_end(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / str(number)).touch()
    assert stored_below(tmp_path, most_files=20)[1] == 20
    deep = tmp_path / "deep"
    deep.joinpath(*["d"] * 150).mkdir(parents=True)
    assert stored_below(deep, most_files=1000)[1] == 1000


def test_a_sparse_file_counts_for_what_it_takes(tmp_path: Path) -> None:
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 1 << 40)
    assert stored_below(tmp_path, most_files=100)[0] < MIB


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_nameless_files_count_on_disk_and_in_memory(tmp_path: Path) -> None:
    before = held_files([os.getpid()])
    with (tmp_path / "gone").open("wb") as file:
        (tmp_path / "gone").unlink()
        file.write(b"x" * MIB)
        file.flush()
        memory = os.memfd_create("held")
        os.write(memory, b"x" * (3 * MIB))
        in_memory, on_disk = held_files([os.getpid(), os.getpid()])
        os.close(memory)
    assert in_memory - before[0] == 3 * MIB
    assert on_disk - before[1] >= MIB
