"""A grader that is killed at any instant goes on, and ends as if nothing had happened."""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from cohorts import command, gradebook, hand_in, lab, scorecards

from autograder.contract.lab import Lab

pytestmark = pytest.mark.long

NOBODY = "nobody"
ROUNDS, SEED = 5, 20240501
STUDENTS = 6
FIRST = "s00"
WORDS = ("grade", "tiny", "--workers", "2", "--due", "2024-05-02", "--json")


def test_twenty_kills_change_nothing(tiny: Lab, tiny_course: Path) -> None:
    """Kill the leader three times and a process of its own once, five times over."""
    chance = random.Random(SEED)
    names = hand_in(tiny, tiny_course / "submitted", STUDENTS)
    calm = lab(tiny_course, *WORDS)
    assert calm.returncode == 3, calm.stderr  # two submissions cannot be graded
    cards, book = found(tiny_course)
    assert sorted(cards) == names
    kills: list[str] = []
    for _ in range(ROUNDS):
        shutil.rmtree(tiny_course / "graded")
        for _ in range(3):
            kills += disturbed(tiny_course, chance, of_its_own=False)
        kills += disturbed(tiny_course, chance, of_its_own=True)
        last = lab(tiny_course, *WORDS)
        assert last.returncode == 3, last.stderr
        assert found(tiny_course) == (cards, book), kills
        assert not list((tiny_course / "graded").rglob(".unfinished-*"))
        for name in names:
            assert (tiny_course / "graded" / "feedback" / name / "tiny" / "lab.html").is_file()
    assert len(kills) == 4 * ROUNDS
    assert kills.count(NOBODY) <= ROUNDS, kills


def found(course: Path) -> tuple[object, dict[str, list[str]]]:
    graded = course / "graded"
    return scorecards(graded), gradebook(f"sqlite:///{graded / 'gradebook.db'}")


def disturbed(course: Path, chance: random.Random, *, of_its_own: bool) -> list[str]:
    """Run the grader and kill it, or a process of its own, at an instant; say what was killed."""
    # So that there is something left to do, however quick the machine is.
    shutil.rmtree(course / "graded" / "scorecards" / FIRST, ignore_errors=True)
    leader = subprocess.Popen(
        **command(course, *WORDS), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert leader.stdout is not None
    wait_for = (
        chance.choice(["begin", "started", "started", "done"]) if not of_its_own else "started"
    )
    for line in leader.stdout:
        if f'"event": "{wait_for}"' in line:
            break
    time.sleep(chance.uniform(0, 1.5))
    killed = []
    while leader.poll() is None and not killed:
        victim = own_process(leader.pid, chance) if of_its_own else psutil.Process(leader.pid)
        if victim is not None:
            try:
                what = " ".join(victim.cmdline())[:60]
                os.kill(victim.pid, signal.SIGKILL)
                killed.append(what)
            except (psutil.Error, ProcessLookupError):
                continue
    leader.communicate(timeout=120)
    # The last instant is as good as any: then there was nobody left to kill.
    return killed or [NOBODY]


def own_process(leader: int, chance: random.Random) -> psutil.Process | None:
    """Choose a worker, the server that forks workers, or the zygote that forks kernels."""
    try:
        children = psutil.Process(leader).children()
        servers = [p for p in children if "forkserver" in " ".join(p.cmdline())]
        workers = [worker for server in servers for worker in server.children()]
        zygotes = [p for p in children if "bwrap" in " ".join(p.cmdline())[:200]]
    except psutil.Error:
        return None
    found = chance.choice([workers, workers, servers, zygotes])
    return chance.choice(found) if found else None
