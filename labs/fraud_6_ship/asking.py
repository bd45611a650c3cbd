"""Ask the simulators about an answer; what they cannot read fails in words."""

from collections.abc import Callable
from typing import Any

import cluster
import colours
import dockerfiles
import pipelines

from autograder.checks import Run, expect

_UNREADABLE = (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError)
APP = {
    "name": "desk",
    "image": "registry.example/fraud@sha256:" + "5e" * 32,
    "port": 8000,
    "user": 10001,
    "cpu": "500m",
    "memory": "1Gi",
    "least": 3,
    "most": 12,
    "target": 60,
    "live": "/health/live",
    "ready": "/health/ready",
    "start": 40,
    "drain": 25,
    "propagation": 8,
}
# What a pipeline cannot do without.
WHOLE = ["build", "deploy", "push", "scan", "smoke", "test"]
SECRETS = {"REGISTRY_TOKEN": "reg-8d1f", "CLUSTER_TOKEN": "clu-77ab"}


def judged(what: str, by: str, function: Callable[..., Any], *args: Any) -> Any:
    """Return what a simulator makes of an answer; fail in words where it cannot read it."""
    try:
        return function(*args)
    except _UNREADABLE as error:
        why = f"{type(error).__name__}: {error}"
        expect(False, what).to_be_true(f"{by} must be able to read it, and stops with {why}")
        raise AssertionError from error


def image_of(run: Run, plan: Any, world: Any, platform: str = "linux/amd64") -> Any:
    """Return what the learner's Dockerfile would make; fail in words where it does not build."""
    text = run.call("dockerfile", plan)
    expect(text, "dockerfile(plan)").to_be_a(str)
    try:
        return dockerfiles.build(text, world, platform)
    except dockerfiles.BuildError as error:
        expect(False, f"the build for {platform}").to_be_true(f"it stops with: {error}")
        raise AssertionError from error
    except _UNREADABLE as error:
        expect(False, "dockerfile(plan)").to_be_true(f"dockerfiles.py must read it: {error!r}")
        raise AssertionError from error


def gate(run: Run, index: Any, reports: Any, policy: Any, today: str) -> Any:
    """Return the expectation on what the gate says; fail in words where it has not its form."""
    found = expect(run.call("scan_gate", index, reports, policy, today), "scan_gate(…)")
    found.to_be_a(dict)
    for key in ("problems", "tolerated"):
        for row in found.at(key).to_be_a(list, tuple).value:
            expect(row, f"an item of {key}").to_be_a(dict)
    found.at("passed").to_be_a(bool)
    return found


def rows_of(found: Any, key: str) -> list[tuple[Any, ...]]:
    """Return the rows of an answer of the gate as sorted tuples, in the order of the task."""
    keys = ("platform", "problem", "id", "package")
    if key == "tolerated":
        keys = ("platform", "id", "package", "why")
    rows = found.at(key).value
    for row in rows:
        expect(sorted(map(str, row)), f"the keys of an item of {key}").to_equal(sorted(keys))
    return sorted((tuple(row[one] for one in keys) for row in rows), key=repr)


def made(run: Run, plan: Any) -> Any:
    """Return the three manifests; fail in words where one is missing."""
    found = expect(run.call("manifests", plan), "manifests(plan)").to_be_a(dict)
    for key in ("deployment", "hpa", "pdb"):
        found.at(key).to_be_a(dict)
    return found.value


def updated(deployment: Any, plan: Any, running: int, bad: bool = False) -> Any:
    """Return what a rolling update does, as cluster.py works it out."""
    args = (deployment, plan, running, bad)
    return judged("the Deployment", "cluster.py", cluster.rollout, *args)


def moved(release: Any, actions: Any, what: str) -> Any:
    """Return what comes of a move, as colours.py works it out."""
    expect(actions, what).to_be_a(list, tuple)
    for action in actions:
        expect(action, f"an action of {what}").to_be_a(str)
    return judged(what, "colours.py", colours.play, release, actions)


def gone_back(run: Run, release: Any, done: list[str], what: str) -> Any:
    """Return what comes of `done`, the first actions of a move, and of the way back from it."""
    back, after = run.inspect("way_back", release, done)
    expect(back, f"way_back(…), {what}").to_be_a(list, tuple)
    for place, given in enumerate((release, done)):
        expect(after, "the arguments afterwards").at(place).to_equal(given)
    return moved(release, [*done, *back], what)


def unscathed(release: Any, done: Any, what: str) -> None:
    """Expect that nobody noticed a move: no request, no payment."""
    for key in ("errors", "slow", "twice", "lost"):
        expect(done[key], f"{what}: {key}").to_equal(0)
    expect(done["longest_wait"], f"{what}: longest_wait, in seconds").to_be_at_most(20)
    expect(done["faults"], f"{what}: faults").to_equal([])


def stands(done: Any, colour: str, what: str) -> None:
    """Expect that one colour alone is up and has all requests and all payments."""
    expect(done["up"], f"{what}: what is up").to_equal([colour])
    expect(done["route"], f"{what}: who has the requests").to_equal(colour)
    expect(done["consuming"], f"{what}: who has the payments").to_equal([colour])


def piped(steps: Any, fails: Any = (), foreign: bool = False, build: str = "a1") -> Any:
    """Return what comes of a pipeline, as pipelines.py works it out."""
    expect(steps, "pipeline(version)").to_be_a(dict)
    world = {"fails": list(fails), "foreign": foreign, "build": build, "secrets": SECRETS}
    return judged("pipeline(version)", "pipelines.py", pipelines.play, steps, world)


def verbs(steps: Any, done: Any) -> dict[str, str]:
    """Return what each step that ran ran: the first word of its command, by the step's name."""
    ran = {name for name, how in done["outcome"].items() if how != "skipped"}
    return {name: steps[name]["run"].split()[0] for name in ran}


def whole(steps: Any, done: Any) -> list[str]:
    """Return what of WHOLE a pipeline really ran."""
    return sorted(set(verbs(steps, done).values()) & set(WHOLE))


def minutes(track: str, first: int, last: int, requests: int, errors: int, slow: int) -> Any:
    """Return rows of one track, the same in every minute from `first` to before `last`."""
    counts = {"requests": requests, "errors": errors, "slow": slow}
    return [{"minute": minute, "track": track, **counts} for minute in range(first, last)]
