"""Jars come once, each held to the committed sum, and nothing is asked for that is there."""

import functools
import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from autograder.errors import CourseError
from infra.stack import locked_jars
from infra.stack.locked_jars import LOCK, class_path, fetch_jars, locked_version

LOCKED = """
[[dependencies]]
groupId = "org.example"
artifactId = "{name}"
version = "1.0"
packaging = "jar"
sha256 = "{sum}"
"""


class Mirror:
    """A repository on loopback, and the lock of what it should serve."""

    def __init__(self, root: Path) -> None:
        self.root = root / "served"
        self.lock = root / "jgo.lock.toml"
        self.asked: list[str] = []

    def publish(self, **jars: bytes) -> None:
        entries = []
        for name, content in jars.items():
            place = self.root / "org" / "example" / name / "1.0" / f"{name}-1.0.jar"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            entries.append(LOCKED.format(name=name, sum=hashlib.sha256(content).hexdigest()))
        self.lock.write_text("".join(entries))

    def serve_instead(self, name: str, content: bytes) -> None:
        next(self.root.rglob(f"{name}-1.0.jar")).write_bytes(content)

    @property
    def asked_for_jars(self) -> list[str]:
        return [path for path in self.asked if path.endswith(".jar")]


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    made = Mirror(tmp_path)
    made.root.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            made.asked.append(self.path)

    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(made.root))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    configuration = tmp_path / "jgo.conf"
    configuration.write_text(f"[repositories]\nhere = http://127.0.0.1:{server.server_port}\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(configuration))
    # What the mirror lacks is asked of the world, which is out of reach here.
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setattr(locked_jars, "LOCK", made.lock)
    yield made
    server.shutdown()
    server.server_close()


def quiet(done: int, of: int) -> None:
    """Hear nothing."""


def test_jars_are_fetched_once_with_progress(tmp_path: Path, mirror: Mirror) -> None:
    mirror.publish(one=b"1" * 1000, two=b"2" * 1000)
    told: list[tuple[int, int]] = []
    fetch_jars(tmp_path / "cache", lambda done, of: told.append((done, of)))
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert [path.read_bytes()[:1] for path in class_path(tmp_path / "cache")] == [b"1", b"2"]
    mirror.asked.clear()
    fetch_jars(tmp_path / "cache", lambda done, of: told.append((done, of)))
    assert (mirror.asked, len(told)) == ([], 3)


def test_a_cut_download_is_fetched_again_and_it_alone(tmp_path: Path, mirror: Mirror) -> None:
    mirror.publish(one=b"1" * 1000, two=b"2" * 1000)
    cache = tmp_path / "cache"
    fetch_jars(cache, quiet)
    mirror.asked.clear()
    class_path(cache)[1].write_bytes(b"2" * 10)
    fetch_jars(cache, quiet)
    assert [Path(path).name for path in mirror.asked_for_jars] == ["two-1.0.jar"]
    assert class_path(cache)[1].read_bytes() == b"2" * 1000


def test_a_jar_that_is_not_as_locked_is_refused(tmp_path: Path, mirror: Mirror) -> None:
    mirror.publish(one=b"1" * 1000)
    mirror.serve_instead("one", b"another" * 100)
    with pytest.raises(CourseError, match=r"one-1.0.jar.*is not the one.*locks"):
        fetch_jars(tmp_path / "cache", quiet)
    assert not class_path(tmp_path / "cache")[0].exists()


def test_without_a_network_the_missing_jar_is_named(tmp_path: Path, mirror: Mirror) -> None:
    mirror.publish(one=b"1" * 1000)
    next(mirror.root.rglob("*.jar")).unlink()
    with pytest.raises(CourseError, match=r"one-1.0.jar is not in.*Connect to the network once"):
        fetch_jars(tmp_path / "cache", quiet)


def test_the_committed_lock_has_a_sum_for_each_jar_and_no_address() -> None:
    text = LOCK.read_text(encoding="utf-8")
    entries = text.split("[[dependencies]]")[1:]
    assert len(entries) > 40
    assert all(re.search(r'^sha256 = "[0-9a-f]{64}"$', entry, re.MULTILINE) for entry in entries)
    assert "://" not in text
    wanted = (LOCK.parent / "jgo.toml").read_text(encoding="utf-8")
    assert f"kafka_2.13:{locked_version('kafka_2.13')}" in wanted
