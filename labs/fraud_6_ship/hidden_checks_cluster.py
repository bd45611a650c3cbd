"""What learners never see, of the deployment and its autoscaler."""

import random

import cluster
import day
import hidden_answers
from asking import judged, made, updated

from autograder.checks import Run, check, expect

APPS = "9af20c7b51e36d84f0b2c917"
DAYS = "47d1e60b9c2f83a5e7041bd8"


def _apps(run: Run) -> list[dict]:
    """Return plans that differ in everything a manifest could have learnt by heart."""
    rng = random.Random(f"{APPS}-{run.parameters['seed']}")
    found = []
    for start, drain, propagation in ((123, 90, 7), (3, 1, 19), (77, 400, 48)):
        least = rng.randint(2, 5)
        name = f"svc-{rng.randrange(10**6)}"
        found.append(
            {
                "name": name,
                "image": f"registry.example/{name}@{day.digest(rng)}",
                "port": rng.randint(8000, 9000),
                "user": rng.randint(10_000, 60_000),
                "cpu": rng.choice(("250m", "500m", "2")),
                "memory": rng.choice(("512Mi", "2Gi")),
                "least": least,
                "most": least * 4,
                "target": rng.randint(50, 80),
                "live": f"/alive-{rng.randrange(1000)}",
                "ready": f"/ready-{rng.randrange(1000)}",
                "start": start,
                "drain": drain,
                "propagation": propagation + rng.randint(0, 5),
            }
        )
    return found


@check(
    "deploy",
    points=1,
    feedback="Apply it at the busiest hour, while the autoscaler runs many pods; and to a program "
    "that takes its time.",
)
def updates_at_any_size(run: Run) -> None:
    for plan in _apps(run):
        deployment = made(run, plan)["deployment"]
        # A program that starts quickly is updated within the hour, however many there are.
        for running in (1, plan["least"], 9, plan["most"] if plan["start"] > 9 else 45):
            done = updated(deployment, plan, running)
            what = f"while {running} pods are updated"
            expect(done["seconds"], f"seconds {what}").to_be_a(int, float)
            expect(done["least_ready"], f"the fewest ready pods {what}").to_be_at_least(running)
            expect(done["most_pods"], f"the most pods {what}").to_be_at_most(running + 1)
            expect(done["errors"], f"requests to pods that could not answer {what}").to_equal(0)
        slow = {**plan, "start": 611}
        done = updated(made(run, slow)["deployment"], slow, 2)
        expect(done["seconds"], "seconds of an update to what starts slowly").to_be_a(int, float)


def _ports(deployment: dict) -> dict:
    """Return the port that each probe asks; a port may be given by its name."""
    container = cluster.container_of(deployment)
    named = {one.get("name"): one.get("containerPort") for one in container.get("ports") or []}
    probes = ("startupProbe", "livenessProbe", "readinessProbe")
    asked = {one: container[one]["httpGet"].get("port") for one in probes if container.get(one)}
    return {probe: named.get(port, port) for probe, port in asked.items()}


@check(
    "deploy",
    points=1,
    feedback="What does a restart mend when the database is away? And when the program hangs?",
)
def restarts_what_a_restart_mends(run: Run) -> None:
    for plan in _apps(run):
        deployment = made(run, plan)["deployment"]
        gone = judged("the probes", "cluster.py", cluster.outage, deployment, plan, 900)
        expect(gone["restarted"], "pods are restarted when the database is away").to_equal(False)
        expect(gone["sent_requests"], "pods that are not ready get requests").to_equal(False)
        hang = judged("the probes", "cluster.py", cluster.hangs, deployment, plan)
        expect(hang, "seconds until a pod that hangs is restarted").to_be_between(1, 60)
        for probe, port in judged("the probes", "cluster.py", _ports, deployment).items():
            expect(port, f"the port of the {probe}").to_equal(plan["port"])


@check(
    "deploy",
    points=1,
    feedback="Draw the last minute of a pod: requests still come, SIGTERM, the door, the kill.",
)
def ends_without_losing_work(run: Run) -> None:
    for plan in _apps(run):
        done = updated(made(run, plan)["deployment"], plan, plan["least"])
        expect(done["lost"], "seconds in which requests meet a closed door").to_equal(0)
        expect(done["cut"], "seconds of work that is killed").to_equal(0)


@check(
    "deploy",
    points=1,
    feedback="Can the autoscaler work a per cent out? And does a drain end one pod, at any size?",
)
def scales_and_drains_within_bounds(run: Run) -> None:
    for plan in _apps(run):
        found = made(run, plan)
        problems = judged("the manifests", "cluster.py", cluster.refused, found)
        expect(problems, "what a cluster would refuse").to_equal([])
        share = judged("the requests", "cluster.py", cluster.utilisation, found["deployment"], 0.1)
        due = 10 / cluster.cores(plan["cpu"])
        expect(share, "per cent of its request, at 0.1 cores").to_equal(due, tol=1e-9)
        args = (cluster.container_of, found["deployment"])
        asked = expect(judged("the Deployment", "cluster.py", *args), "the container")
        asked.at("resources").at("requests", "memory").to_equal(plan["memory"])
        spec = expect(found["hpa"], "the hpa").at("spec")
        spec.at("minReplicas").to_equal(plan["least"])
        spec.at("maxReplicas").to_equal(plan["most"])
        spec.at("metrics").to_be_a(list).to_have_length(1)
        cpu = spec.at("metrics", 0, "resource")
        cpu.at("name").to_equal("cpu")
        aim = {"type": "Utilization", "averageUtilization": plan["target"]}
        cpu.at("target").to_equal(aim)
        for ready in (1, plan["least"], 9, 50):
            args = (found["pdb"], found["deployment"], ready)
            got = judged("the pdb", "cluster.py", cluster.evictable, *args)
            expect(got, f"how many of {ready} pods a drain may end at once").to_equal(1)


def _context(deployment: dict) -> dict:
    """Return the security context of the container; what it does not say is the pod's."""
    outer = deployment["spec"]["template"]["spec"].get("securityContext") or {}
    return {**outer, **(cluster.container_of(deployment).get("securityContext") or {})}


@check("deploy", points=1, feedback="Which image, and as whom? And is the plan what it was?")
def runs_that_image_as_nobody(run: Run) -> None:
    for plan in _apps(run):
        pod = made(run, plan)["deployment"]
        container = judged("the Deployment", "cluster.py", cluster.container_of, pod)
        expect(container, "the container").at("image").to_equal(plan["image"])
        context = judged("the security context", "cluster.py", _context, pod)
        _, after = run.inspect("manifests", plan)
        expect(after, "the arguments afterwards").at(0).to_equal(plan)
        expect(context, "the security context").at("runAsNonRoot").to_equal(True)
        expect(context, "the security context").at("runAsUser").to_equal(plan["user"])


def _day(run: Run, number: int, spec: dict, request: int) -> tuple[list, list[int]]:
    """Return a day on which every right way of reckoning agrees, and its pods."""
    for attempt in range(1000):
        seed = f"{DAYS}-{run.parameters['seed']}-{number}-{attempt}"
        used = day.used(seed, peak=request * 8 / 1000, hours=(3, 9, 4, 14, 2))[:900]
        try:
            return used, hidden_answers.scaled(used, request, spec, 4)
        except ValueError:
            continue
    raise AssertionError("no day is clear enough")


def _spec(target: int, behavior: dict | None, fewest: int = 3, most: int = 11) -> dict:
    metric = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}
    spec = {
        "minReplicas": fewest,
        "maxReplicas": most,
        "metrics": [{"type": "Resource", "resource": metric}],
    }
    return spec if behavior is None else spec | {"behavior": behavior}


def _down(seconds: int) -> dict:
    return {"scaleDown": {"stabilizationWindowSeconds": seconds}}


@check(
    "deploy",
    points=2,
    feedback="Follow one fall of the load step by step: what was recommended in the window? What "
    "if nothing was measured, or nothing was used? And are the measurements what they were?",
)
def follows_a_whole_day(run: Run) -> None:
    for used, begin, spec in (
        # No whole number of steps; nothing to do; no load; bounds that the first pods are not in.
        ([1300, *[700] * 9], 4, _spec(50, _down(50), 2, 6)),
        ([], 4, _spec(50, None)),
        ([940, *[0] * 30, None, 0], 4, _spec(50, {"scaleUp": {}})),
        ([None, 700, 700, None], 1, _spec(50, _down(0))),
        ([None, None, 1300, 1300], 15, _spec(50, {"scaleDown": {"policies": []}})),
    ):
        got, after = run.inspect("autoscale", used, 500, {"spec": spec}, begin)
        due = hidden_answers.scaled(used, 500, spec, begin)
        expect(got, f"autoscale({len(used)} steps, 500, …, {begin})").to_equal(due)
        expect(after, "the arguments afterwards").at(0).to_equal(used)
        expect(after, "the arguments afterwards").at(2).to_equal({"spec": spec})
    for number, (target, behavior, request) in enumerate(
        ((59, None, 500), (71, _down(610), 333), (67, _down(0), 750))
    ):
        spec = _spec(target, behavior)
        used, due = _day(run, number, spec, request)
        got = expect(
            run.call("autoscale", used, request, {"spec": spec}, 4), "autoscale(900 steps)"
        )
        got.to_be_a(list).to_have_length(len(due))
        wrong = [at for at, (one, two) in enumerate(zip(got.value, due, strict=True)) if one != two]
        first = f"{got.value[wrong[0]]!r} at step {wrong[0]}" if wrong else "nothing"
        expect(not wrong, "autoscale(900 steps)").to_be_true(
            f"{len(wrong)} of {len(due)} steps are wrong, the first: {first}"
        )
