"""A file is there whole or as it was, whatever strikes the writer."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.writing import remove_unfinished, write_in_one_step

_ENDLESS_WRITER = """
import sys
from pathlib import Path
from autograder.writing import write_in_one_step
print("ready", flush=True)
number = 0
while True:
    number += 1
    write_in_one_step(Path(sys.argv[1]), str(number % 10) * 2_000_000)
"""


def test_folders_are_made_and_odd_characters_do_not_stop_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    assert write_in_one_step(path, "naïve \udc80") == path
    assert path.read_text(encoding="utf-8") == "naïve ?"
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_killed_writer_leaves_a_whole_file_and_what_it_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", _ENDLESS_WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
        while not path.is_file():
            pass
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        text = path.read_text()
        assert len(text) == 2_000_000 and len(set(text)) == 1
    (tmp_path / ".unfinished-left").write_text("half")
    remove_unfinished(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["card.json"]


def test_a_full_disk_keeps_the_earlier_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_in_one_step(tmp_path / "card.json", "earlier")
    with pytest.raises(OSError), Path("/dev/full").open("w") as full:
        monkeypatch.setattr(os, "fdopen", lambda handle, *_, **__: (os.close(handle), full)[1])
        write_in_one_step(path, "later")
    assert path.read_text() == "earlier"
    assert [file.name for file in tmp_path.iterdir()] == ["card.json"]
