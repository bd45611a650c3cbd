"""Play a colleague at work in a real git repository, in a folder that is thrown away."""

import atexit
import shutil
import subprocess
import tempfile
from pathlib import Path


def fresh_folder() -> str:
    """Return a new empty folder among the temporary ones; it goes when the kernel ends."""
    folder = tempfile.mkdtemp(prefix="fraud-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def git(folder: str, *words: str) -> str:
    """Run git in `folder` and return what it prints; raise what it says if it fails."""
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        raise RuntimeError(f"git {' '.join(words)}: {said}")
    return done.stdout.decode("utf-8", "replace")


def play(folder: str, steps: list) -> None:
    """Carry out steps, each a list.

    ["write", path, text or bytes], ["delete", path], ["stage"] for all there is or
    ["stage", path], ["config", name, value], ["commit", message].
    """
    for what, *rest in steps:
        if what == "write":
            path = Path(folder, rest[0])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(rest[1] if isinstance(rest[1], bytes) else rest[1].encode())
        elif what == "delete":
            Path(folder, rest[0]).unlink()
        elif what == "stage":
            git(folder, "add", "--all", "--", rest[0] if rest else ".")
        elif what == "config":
            git(folder, "config", *rest)
        elif what == "commit":
            who = ("-c", "user.name=A Colleague", "-c", "user.email=colleague@example.org")
            git(folder, *who, "-c", "commit.gpgsign=false", "commit", "-q", "-m", rest[0])
        else:
            raise ValueError(f"no step is called {what!r}")


def history(folder: str) -> list[str]:
    """Return the first lines of the commits, newest first; none where there is no commit."""
    if not git(folder, "rev-list", "--all", "--max-count=1"):
        return []
    return git(folder, "log", "--format=%s").splitlines()


def last_message(folder: str) -> str:
    """Return the whole message of the newest commit, white space around it taken off."""
    return git(folder, "log", "--max-count=1", "--format=%B").strip()


def branch(folder: str) -> str:
    """Return the name of the branch that the next commit goes to."""
    return git(folder, "symbolic-ref", "--short", "HEAD").strip()


def committed(folder: str, path: str) -> str:
    """Return a file as the newest commit has it."""
    return git(folder, "show", f"HEAD:{path}")


def on_disk(folder: str) -> dict[str, str]:
    """Return the text of every file in the folder, git's own left out."""
    root = Path(folder)
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    told = {path.relative_to(root).as_posix(): path for path in files}
    return {name: path.read_text() for name, path in told.items() if name[:5] != ".git/"}
