"""What killed runs leave on the disk is removed; what living ones use stays."""

import os
import subprocess
import sys
from pathlib import Path

from autograder.execution.claims import claimed_folder, remove_unclaimed

_OWNER = """
import os, signal, sys
from pathlib import Path
from autograder.execution.claims import claimed_folder
with claimed_folder(Path(sys.argv[1])) as folder:
    (folder / "kept from view").mkdir()
    (folder / "kept from view" / "file").write_text("left")
    (folder / "kept from view").chmod(0)
    print(folder, flush=True)
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_folder_lasts_as_long_as_its_owner_whatever_ends_it(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdin is not None and owner.stdout is not None
    folder = Path(owner.stdout.readline().strip())
    with claimed_folder(tmp_path) as ours:
        assert remove_unclaimed(tmp_path) == 0
        assert folder.is_dir() and ours.is_dir()
        owner.stdin.close()
        owner.wait()
        assert folder.is_dir()
        assert remove_unclaimed(tmp_path) == 1
        assert not folder.exists() and ours.is_dir()
    assert not ours.exists()


def test_links_and_other_peoples_folders_stay(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name, target in (("lab-run_link", elsewhere), ("lab-run_loop", tmp_path / "lab-run_loop")):
        (tmp_path / name).symlink_to(target)
    (tmp_path / "lab-other").mkdir()
    assert remove_unclaimed(tmp_path) == 0
    assert elsewhere.is_dir() and (tmp_path / "lab-other").is_dir()


def test_a_folder_nested_deeper_than_python_counts_is_removed(tmp_path: Path) -> None:
    with claimed_folder(tmp_path) as folder:
        before = Path.cwd()
        os.chdir(folder)
        try:
            for _ in range(1500):
                Path("d").mkdir()
                os.chdir("d")
        finally:
            os.chdir(before)
    assert not folder.exists()
