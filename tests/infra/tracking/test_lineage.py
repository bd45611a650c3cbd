"""What a run came from: code, environment, and the tags that keep both."""

import importlib.metadata
import subprocess
from pathlib import Path

import pytest

from autograder.errors import CourseError
from infra.tracking.code_revision import UNKNOWN, code_revision, is_reproducible
from infra.tracking.environment_lock import departures, lock_hash
from infra.tracking.lineage import Lineage

NUMPY = importlib.metadata.version("numpy")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "train.py").write_text("print(1)\n")
    author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for arguments in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


def test_a_committed_state_has_the_revision_of_its_commit(repository: Path) -> None:
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=True
    )
    assert code_revision(repository) == head.stdout.strip()
    assert is_reproducible(code_revision(repository))


def test_two_changed_states_differ_and_are_not_reproducible(repository: Path) -> None:
    found = set()
    for content in ("print(2)\n", "print(3)\n"):
        (repository / "train.py").write_text(content)
        found.add(code_revision(repository))
    assert len(found) == 2
    assert not any(is_reproducible(revision) for revision in found)


def test_outside_of_git_the_revision_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert code_revision(tmp_path) == UNKNOWN
    assert not is_reproducible(UNKNOWN)


def test_an_image_says_what_it_was_built_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    commit = "0123456789abcdef0123456789abcdef01234567"
    for said, found in ((commit, commit), ("", UNKNOWN), ("1.4.0", UNKNOWN), (commit[:7], UNKNOWN)):
        (tmp_path / "REVISION").write_text(f"{said}\n")
        assert code_revision(tmp_path) == found
        assert is_reproducible(found) is (found == commit)


def test_in_a_checkout_git_is_believed_and_not_the_file(repository: Path) -> None:
    (repository / "REVISION").write_text("0" * 40)
    assert code_revision(repository) not in {"0" * 40, UNKNOWN}


def test_a_lock_is_hashed_by_what_it_locks(tmp_path: Path) -> None:
    lock, other = tmp_path / "a.txt", tmp_path / "b.txt"
    lock.write_text("# made today\nnumpy==2.0 \\\n    --hash=sha256:00\n")
    other.write_text("numpy==2.0 \\\r\n    --hash=sha256:00\r\n\r\n")
    assert lock_hash(lock) == lock_hash(other)
    other.write_text("numpy==2.1 \\\n    --hash=sha256:00\n")
    assert lock_hash(lock) != lock_hash(other)


def test_installed_packages_of_other_versions_are_named(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "# a comment\n--no-binary :none:\n"
        f"NumPy=={NUMPY} \\\n    --hash=sha256:00  # as installed\n"
        "pandas==0.1 \\\n    --hash=sha256:00\n"
        "pytest==0.1 ; python_version < '3'\n"
        "not-installed-at-all==1.0\n"
    )
    version = importlib.metadata.version("pandas")
    assert departures(lock) == (f"pandas {version}, not ==0.1",)


def test_a_lock_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"absent\.txt"):
        lock_hash(tmp_path / "absent.txt")
    (tmp_path / "bad.txt").write_text("numpy === what ever\n")
    with pytest.raises(CourseError, match=r"bad.txt: cannot read the requirement 'numpy === what"):
        departures(tmp_path / "bad.txt")


def test_a_lineage_is_gathered_and_read_back_from_its_tags(repository: Path) -> None:
    lock = repository / "lock.txt"
    lock.write_text("numpy==0.1\npandas==0.1\n")
    gathered = Lineage.gather(code=repository, lock=lock, data_hash="abc")
    assert gathered.code_revision == code_revision(repository)
    assert gathered.environment_hash == lock_hash(lock)
    assert len(gathered.departures) == 2
    assert Lineage.from_tags(gathered.tags(), of="run 1") == gathered
    with pytest.raises(CourseError, match="Run 7 has no code_revision"):
        Lineage.from_tags({"lineage.data_hash": "abc"}, of="Run 7")
