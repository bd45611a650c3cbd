"""`lab grade --json` tells a program everything, one line an event."""

import json
from pathlib import Path

import pytest
from cohorts import hand_in, lab

from autograder.contract.lab import Lab

pytestmark = pytest.mark.slow


def events(said: str) -> list[dict]:
    return [json.loads(line) for line in said.splitlines()]


def test_each_event_has_the_figures_so_far(tiny: Lab, tiny_course: Path) -> None:
    names = hand_in(tiny, tiny_course / "submitted", 5)
    done = lab(tiny_course, "grade", "tiny", "--json", "--workers", "2")
    told = events(done.stdout)
    assert done.returncode == 3, done.stderr
    assert [e["event"] for e in told if e["event"] in ("begin", "end")] == ["begin", "end"]
    assert sorted(e["student"] for e in told if e["event"] == "started") == names
    cards = {e["student"]: e for e in told if e["event"] == "done"}
    assert sorted(cards) == names
    assert [cards[n]["status"] for n in names] == ["graded"] * 3 + ["rejected"] * 2
    assert cards[names[0]]["score"] == 5 and cards[names[2]]["score"] == 0
    assert 0 < cards[names[1]]["score"] < 5
    for event in told:
        figures = event["progress"]
        assert figures["done"] + figures["running"] <= figures["total"] == 5
        assert figures["running"] <= 2 and event["lab"] == "tiny"
    last = told[-1]
    assert (last["graded"], last["progress"]["failed"]) == (3, 2)
    assert last["progress"]["per_minute"] > 0 and last["progress"]["seconds_left"] == 0

    again = lab(tiny_course, "grade", "tiny", "--json")
    assert again.returncode == 3
    assert not [e for e in events(again.stdout) if e["event"] == "started" or e.get("fresh")]


def test_what_breaks_off_is_told_as_an_event(tiny: Lab, tiny_course: Path) -> None:
    hand_in(tiny, tiny_course / "submitted", 1)
    (tiny_course / "graded").mkdir()
    (tiny_course / "graded" / "gradebook.db").write_text("no database " * 100)
    done = lab(tiny_course, "grade", "tiny", "--json")
    assert done.returncode == 2
    assert events(done.stdout)[-1]["event"] == "stopped"
    assert "no SQLite" in events(done.stdout)[-1]["problem"]
