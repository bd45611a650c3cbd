"""Fetch the jars of the committed lock, each held to its sum, once for all checkouts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import requests
from filelock import FileLock
from jgo.config import GlobalSettings
from jgo.env import LockedDependency, LockFile
from jgo.env._lockfile import compute_sha256
from jgo.maven import MavenContext
from jgo.maven._core import DEFAULT_REMOTE_REPOS

from autograder.errors import CourseError

LOCK = Path(__file__).parent / "jars" / "jgo.lock.toml"
_AT_ONCE = 4
_SECONDS = 30


def locked_version(artifact: str) -> str:
    """Return the version that the lock gives an artifact."""
    return next(d.version for d in _locked() if d.artifactId == artifact)


def class_path(cache: Path) -> tuple[Path, ...]:
    """Return where each jar of the lock lies, or will lie, below `cache`."""
    return tuple(_place(dependency, cache) for dependency in _locked())


def fetch_jars(cache: Path, told: Callable[[int, int], None]) -> None:
    """Fetch what is missing or not as locked; `told` hears how many of how many are there.

    Nothing is asked of the network when all are there. Raise CourseError, naming the jar, for one
    that cannot be had or is not what was locked.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / ".lock"):
        locked = _locked()
        wanted = [d for d in locked if not _is_as_locked(d, cache)]
        if not wanted:
            return
        here = len(locked) - len(wanted)
        told(here, len(locked))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            fetches = [pool.submit(_fetch, dependency, cache) for dependency in wanted]
            try:
                for done, fetch in enumerate(as_completed(fetches), start=1):
                    fetch.result()
                    told(here + done, len(locked))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


def _locked() -> list[LockedDependency]:
    return list(LockFile.load(LOCK).dependencies)


def _place(dependency: LockedDependency, cache: Path) -> Path:
    name = f"{dependency.artifactId}-{dependency.version}.{dependency.packaging}"
    group = Path(*dependency.groupId.split("."))
    return cache / group / dependency.artifactId / dependency.version / name


def _is_as_locked(dependency: LockedDependency, cache: Path) -> bool:
    path = _place(dependency, cache)
    return path.is_file() and compute_sha256(path) == dependency.sha256


def _fetch(dependency: LockedDependency, cache: Path) -> None:
    path = _place(dependency, cache)
    # What a cut download left; jgo takes any file that is there for the right one.
    path.unlink(missing_ok=True)
    try:
        _context(cache).project(dependency.groupId, dependency.artifactId).at_version(
            dependency.version
        ).artifact(packaging=dependency.packaging).resolve()
    except (requests.RequestException, RuntimeError) as error:
        path.unlink(missing_ok=True)
        raise CourseError(
            f"The jar {path.name} is not in {cache} and could not be fetched: {_short(error)}",
            mend="Connect to the network once and give the same command: it goes on from there. "
            "Or set LAB_STACK_JARS to a folder that another machine has filled.",
        ) from error
    if not _is_as_locked(dependency, cache):
        path.unlink(missing_ok=True)
        raise CourseError(
            f"The jar {path.name} that was fetched is not the one that {LOCK.name} locks.",
            mend="Nothing was started. If a mirror is set for jgo, look at what it serves.",
        )


def _context(cache: Path) -> MavenContext:
    # A site's own mirrors, named in jgo's configuration, are asked first.
    remotes = {**GlobalSettings.load().repositories, **DEFAULT_REMOTE_REPOS}
    return MavenContext(repo_cache=cache, remote_repos=remotes, timeout=_SECONDS)


def _short(error: Exception) -> str:
    text = str(error)
    return text if len(text) <= 200 else f"{text[:200]} …"
