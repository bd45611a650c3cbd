"""Kill a grader, or a process of its own, at an instant that nobody chose."""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
from cohorts import command

NOBODY = "nobody"
FIRST = "s00"


def disturbed(
    course: Path, words: tuple[str, ...], chance: random.Random, *, of_its_own: bool
) -> list[str]:
    """Run the grader and kill it, or a process of its own, at an instant; say what was killed."""
    # So that there is something left to do, however quick the machine is.
    shutil.rmtree(course / "graded" / "scorecards" / FIRST, ignore_errors=True)
    leader = subprocess.Popen(
        **command(course, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE
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
