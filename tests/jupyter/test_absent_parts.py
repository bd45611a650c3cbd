"""A server that is not up is told, with the command that starts it; nobody is blamed."""

import socket
from pathlib import Path

import pytest

from autograder.checks import Verdict
from autograder.jupyter.display import as_text
from autograder.jupyter.session import examine

RELEASED = """\
id = "asks_redis"
title = "Ask a server"
needs = ["redis", "spark"]

[[task]]
id = "ask"
title = "Ask"
points = 2
answers = ["ask-answer"]
"""
CHECKS = """\
from autograder.checks import Run, check, expect


@check("ask", points=1)
def broke(run: Run) -> None:
    raise ConnectionError("nothing there")


@check("ask", points=1)
def doubles(run: Run) -> None:
    expect(run.call("ask", 2), "ask(2)").to_equal(4)
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    (tmp_path / "lab-release.toml").write_text(RELEASED)
    (tmp_path / "checks.py").write_text(CHECKS)
    return tmp_path


def test_a_server_that_is_away_is_named_with_what_starts_it(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can answer there
        monkeypatch.setenv("LAB_REDIS_PORT", str(taken.getsockname()[1]))
        finding = examine(lab, {"ask": lambda x: 2 * x}, "ask")
    verdicts = [ruling.verdict for _, ruling in finding.rulings]
    assert verdicts == [Verdict.NOT_RUN, Verdict.PASSED]
    text = as_text(finding)
    assert "it needs redis, and nothing answers there" in text
    assert "Type `lab up redis` in a terminal, then run `%check ask` again." in text
    assert "authors" not in text


def test_kafka_is_started_with_the_brokers_that_the_lab_needs(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = RELEASED.replace('"redis", "spark"', '"kafka"')
    (lab / "lab-release.toml").write_text(
        released.replace("[[task]]", "[stack]\nbrokers = 3\n\n[[task]]")
    )
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("LAB_KAFKA_BOOTSTRAP", f"127.0.0.1:{taken.getsockname()[1]}")
        finding = examine(lab, {"ask": lambda x: 2 * x}, "ask")
    assert finding.start_servers == "lab up kafka --brokers 3"


def test_a_check_that_breaks_beside_a_server_is_the_authors_matter(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("LAB_REDIS_PORT", str(server.getsockname()[1]))
        finding = examine(lab, {"ask": lambda x: 2 * x}, "ask")
    assert "Tell the authors" in as_text(finding)
