"""The checks that you can read: they run with your own seed, and again with others."""

import day
from asking import (
    APP,
    WHOLE,
    gate,
    gone_back,
    image_of,
    made,
    minutes,
    moved,
    piped,
    rows_of,
    stands,
    unscathed,
    updated,
    verbs,
    whole,
)

from autograder.checks import Run, check, expect

LIMITS = {"looks": [10, 20, 30], "least": 300, "chance": 0.01}
BOTH = ["linux/amd64", "linux/arm64"]


@check("image", points=1)
def builds_and_starts(run: Run) -> None:
    plan = day.plan(run.parameters["seed"])
    image = image_of(run, plan, day.world(plan, 0))
    expect(image["starts"], "why the process would not start").to_equal("")
    home = "/opt/venv/lib/site-packages/"
    packages = sorted(p.removeprefix(home) for p in image["files"] if p.startswith(home))
    expect(packages, f"packages in {home}").to_equal(["acme-risk", "fastpath", "lightgbm"])


@check("image", points=1, needs="builds_and_starts")
def holds_what_it_needs_and_no_more(run: Run) -> None:
    plan = day.plan(run.parameters["seed"])
    world = day.world(plan, 0)
    image = image_of(run, plan, world)
    expect(image["system"], "packages of the system").to_equal(sorted(plan["libraries"]))
    programs = ("/opt/venv/bin/", "/opt/venv/lib/", "/usr/local/bin/", "/bin/")
    own = [p for p in image["files"] if not p.startswith(programs)]
    due = [f"/app/{p}" for p in world["files"] if p.split("/")[0] in plan["sources"]]
    expect(sorted(own), "files of yours in the image").to_equal(sorted(due))


def _report(*faults: tuple[str, str, str, str]) -> dict:
    """Return a report of (id, package, severity, fix)."""
    keys = ("VulnerabilityID", "PkgName", "Severity", "FixedVersion")
    found = [dict(zip(keys, fault, strict=True)) for fault in faults]
    return {"Results": [{"Target": "debian", "Vulnerabilities": found}, {"Target": "Python"}]}


def _index(*platforms: str) -> dict:
    rows = [(f"sha256:{name}", *name.split("/")) for name in platforms]
    entries = [{"digest": d, "platform": {"os": o, "architecture": a}} for d, o, a in rows]
    return {"manifests": entries}


@check("scan", points=1)
def refuses_what_can_be_mended(run: Run) -> None:
    faults = [
        ("CVE-1", "openssl", "CRITICAL", "3.0.2"),
        ("CVE-1", "libssl3", "CRITICAL", "3.0.2"),
        ("CVE-2", "zlib", "HIGH", ""),
        ("CVE-3", "perl", "LOW", "5.1"),
    ]
    policy = {"platforms": ["linux/amd64"], "severities": ["HIGH", "CRITICAL"], "exceptions": []}
    reports = {"sha256:linux/amd64": _report(*faults)}
    found = gate(run, _index("linux/amd64", "unknown/unknown"), reports, policy, "2026-06-01")
    found.at("passed").to_equal(False)
    expect(rows_of(found, "problems"), "the problems").to_equal(
        [
            ("linux/amd64", "vulnerable", "CVE-1", "libssl3"),
            ("linux/amd64", "vulnerable", "CVE-1", "openssl"),
        ]
    )
    expect(rows_of(found, "tolerated"), "what is tolerated").to_equal(
        [("linux/amd64", "CVE-2", "zlib", "no fix")]
    )
    found.at("holds_until").to_equal(None)


@check("scan", points=1)
def asks_every_platform(run: Run) -> None:
    policy = {"platforms": BOTH, "severities": ["HIGH"], "exceptions": []}
    clean, faulty = _report(), _report(("CVE-4", "curl", "HIGH", "8.2"))
    one = {"sha256:linux/amd64": clean}
    two = {**one, "sha256:linux/arm64": faulty}
    for index, reports, due in (
        (_index("linux/amd64"), one, [("linux/arm64", "missing platform", "", "")]),
        (_index(*BOTH), one, [("linux/arm64", "not scanned", "", "")]),
        (_index(*BOTH), two, [("linux/arm64", "vulnerable", "CVE-4", "curl")]),
        (_index(*BOTH), {**one, "sha256:linux/arm64": clean}, []),
    ):
        found = gate(run, index, reports, policy, "2026-06-01")
        expect(rows_of(found, "problems"), "the problems").to_equal(due)
        found.at("passed").to_equal(not due)


@check("deploy", points=1)
def nobody_notices_an_update(run: Run) -> None:
    deployment = made(run, APP)["deployment"]
    done = updated(deployment, APP, 3)
    expect(done["seconds"], "seconds of the update").to_be_a(int, float)
    expect(done["least_ready"], "the fewest ready pods while 3 are updated").to_be_at_least(3)
    expect(done["most_pods"], "the most pods while 3 are updated").to_be_at_most(4)
    stuck = updated(deployment, APP, 3, True)
    expect(stuck["seconds"], "seconds until a bad version is everywhere").to_equal(None)
    expect(stuck["least_ready"], "the fewest ready pods under a bad version").to_be_at_least(3)


@check("deploy", points=1)
def scales_by_the_rule(run: Run) -> None:
    metric = {"type": "Resource", "resource": {"target": {"averageUtilization": 50}}}
    spec = {"minReplicas": 2, "maxReplicas": 6, "metrics": [metric]}
    hpa = {"spec": spec | {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 45}}}}
    # 4 pods ask for 2,000: 1,060 are 53 %, near enough; 1,300 are 65 %, so 5.2 pods: 6.
    used = [1060, 1300, None, 700, 700, 700, 700]
    # 700 of 3,000 are 23 %: 3 pods, but for 45 s the 6 of the second step stand against it.
    got = run.call("autoscale", used, 500, hpa, 4)
    expect(got, "autoscale(seven steps, 500, …, 4)").to_equal([4, 6, 6, 6, 3, 3, 3])


@check("canary", points=1)
def chance_of_so_many_or_more(run: Run) -> None:
    # 3 of 5 bad against 1 of 5: of the 210 ways to spread 4 bad ones, 50 + 5 have 3 or 4 of them.
    got = run.call("p_value", 3, 5, 1, 5)
    expect(got, "p_value(3, 5, 1, 5)").to_equal(55 / 210, tol=1e-9)
    for none in ((0, 5, 2, 5), (0, 0, 2, 5), (2, 5, 0, 0)):
        expect(run.call("p_value", *none), f"p_value{none}").to_equal(1.0, tol=1e-9)


@check("canary", points=1)
def waits_until_it_knows(run: Run) -> None:
    rows = minutes("stable", 0, 30, 270, 0, 3) + minutes("canary", 0, 30, 20, 1, 0)
    early = {"verdict": "wait", "minute": None, "why": ""}
    # At 10 it has 200 requests, too few. At 20 it has 400, of which 20 failed: never by chance.
    for now in (9, 10, 19):
        expect(run.call("verdict", rows, now, LIMITS), f"verdict(…, {now})").to_equal(early)
    for now in (20, 30):
        due = {"verdict": "roll back", "minute": 20, "why": "errors"}
        expect(run.call("verdict", rows, now, LIMITS), f"verdict(…, {now})").to_equal(due)


@check("canary", points=1)
def compares_the_same_minutes(run: Run) -> None:
    # Today everything fails more often than yesterday, in both tracks alike.
    rows = minutes("stable", -1440, -1410, 270, 1, 1) + minutes("stable", 0, 30, 270, 27, 3)
    rows += minutes("canary", 0, 30, 30, 3, 0)
    due = {"verdict": "promote", "minute": 30, "why": ""}
    expect(run.call("verdict", rows, 30, LIMITS), "verdict(no worse than others, 30)").to_equal(due)
    due = {"verdict": "wait", "minute": None, "why": ""}
    expect(run.call("verdict", rows, 29, LIMITS), "verdict(no worse so far, 29)").to_equal(due)


@check("switch", points=1)
def moves_without_a_scratch(run: Run) -> None:
    release = {"live": "blue", "new": "green", "expands": True, "removes": False}
    done = moved(release, run.call("handover", release), "handover(blue to green)")
    unscathed(release, done, "handover(blue to green)")
    stands(done, "green", "handover(blue to green)")


@check("switch", points=1)
def comes_back(run: Run) -> None:
    release = {"live": "blue", "new": "green", "expands": False, "removes": False}
    done = ["start green", "warm green", "check green", "pause blue"]
    found = gone_back(run, release, done, "the way back after 'pause blue'")
    unscathed(release, found, "the way back after 'pause blue'")
    stands(found, "blue", "the way back after 'pause blue'")


@check("pipeline", points=1)
def everybody_gets_what_was_tested(run: Run) -> None:
    steps = run.call("pipeline", "1.5.0")
    done = piped(steps)
    expect(done["builds"], "images that were built").to_have_length(1)
    (image,) = done["builds"]
    expect(done["tested"], "images whose source was tested").to_equal([image])
    for key in ("scanned", "pushed"):
        expect(done[key], f"images that were {key}").to_equal([image])
    places = [place for _, place, digest in done["history"] if digest == image]
    expect(places, "where the image was brought, in order").to_equal(
        ["staging", "canary", "production"]
    )
    expect(done["places"]["production"], "what everybody has in the end").to_equal(image)


@check("pipeline", points=1)
def stops_at_a_failure(run: Run) -> None:
    steps = run.call("pipeline", "1.5.0")
    expect(whole(steps, piped(steps)), "what a whole pipeline runs").to_equal(WHOLE)
    for fails, never in (
        ("lint", {"push", "deploy", "promote", "rollback"}),
        ("test", {"push", "deploy", "promote", "rollback"}),
        ("scan", {"push", "deploy", "promote", "rollback"}),
        ("push", {"deploy", "promote", "rollback"}),
        ("smoke", {"judge", "promote", "rollback"}),
    ):
        ran = set(verbs(steps, piped(steps, [fails])).values())
        expect(sorted(ran & never), f"what still ran though {fails} failed").to_equal([])
