"""A small simulator of what Kubernetes does with a Deployment, an autoscaler and a budget.

Second by second and without a cluster; the manifests are plain dicts, as YAML would be read. The
rules are those of kubernetes.io/docs: Deployments (rolling update: a share of maxSurge is rounded
up, one of maxUnavailable down), Pod lifecycle (probes; a grace period that includes the preStop
hook), Specifying a disruption budget (shares are rounded up).

The `app` that runs in the pods is a dict, all times in seconds: `start` (until it answers at all),
`drain` (what it needs to finish its work after SIGTERM, having closed its door at once),
`propagation` (for so long requests still come to a pod that is about to end), `live` and `ready`
(paths that it answers; `ready` is refused while its database is away or its version is bad).
"""

import math
from typing import Any

LIMIT = 3600  # seconds after which a rollout counts as stuck


def rollout(deployment: Any, app: Any, running: int, bad: bool = False) -> dict[str, Any]:
    """Apply the Deployment where `running` pods of the version before serve, and watch.

    Returns `least_ready` and `most_pods` over time (pods that are ending not counted), `seconds`
    (None: it never ended), `errors` (seconds that requests went to pods that could not answer),
    `lost` (seconds of requests to a closed door, per pod), `cut` (seconds of work killed, per pod),
    `timeline` (ready pods at each second).
    """
    spec = deployment["spec"]
    goal = spec.get("replicas", running)
    strategy = spec.get("strategy", {})
    rolling = strategy.get("rollingUpdate") or {}
    surge = share(rolling.get("maxSurge", "25%"), goal, math.ceil)
    away = share(rolling.get("maxUnavailable", "25%"), goal, math.floor)
    if strategy.get("type") == "Recreate":
        surge, away = 0, goal
    elif surge == 0 and away == 0:
        raise ValueError("maxSurge and maxUnavailable may not both be 0")
    believed, able = becomes_ready(deployment, app, bad)
    old, born = running, list[int]()
    timeline, most, errors, second = list[int](), running, 0, 0
    while second < LIMIT:
        ready = sum(second - at >= believed for at in born)
        errors += sum(believed <= second - at < able for at in born)
        if ready == goal and not old:
            break
        # What the rest may not do without stays; of the old ones all are ready.
        old = max(0, old - max(0, min(old, old + ready - (goal - away))))
        room = goal + surge - old - len(born)
        if strategy.get("type") != "Recreate" or not old:
            born += [second] * max(0, min(room, goal - len(born)))
        timeline.append(old + ready)
        most = max(most, old + len(born))
        second += 1
    ended = ending(deployment, app)
    return {
        "least_ready": min(timeline, default=running),
        "most_pods": most,
        "seconds": second if second < LIMIT else None,
        "errors": errors,
        "lost": ended["lost"],
        "cut": ended["cut"],
        "timeline": timeline,
    }


def becomes_ready(deployment: Any, app: Any, bad: bool = False) -> tuple[float, float]:
    """Return after how many seconds a pod is sent requests, and after how many it can answer."""
    container = container_of(deployment)
    startup, live = container.get("startupProbe"), container.get("livenessProbe")
    first = startup or live
    able = math.inf if bad else float(app["start"])
    if first is not None:
        answers = path_of(first) in (app["live"], app["ready"])
        if not answers or app["start"] > patience(first):
            return math.inf, math.inf  # killed before it can answer, again and again
        if path_of(first) == app["ready"] and bad:
            return math.inf, math.inf
        if live is not None and path_of(live) not in (app["live"], app["ready"]):
            return math.inf, math.inf
    readiness = container.get("readinessProbe")
    if readiness is None:
        started = startup is not None
        return (float(app["start"]) if started else 0.0), able
    if path_of(readiness) not in (app["live"], app["ready"]):
        return math.inf, able
    every, delay = readiness.get("periodSeconds", 10), readiness.get("initialDelaySeconds", 0)
    asked = delay + max(0, math.ceil((app["start"] - delay) / every)) * every
    never = bad and path_of(readiness) == app["ready"]
    return (math.inf if never else float(asked)), able


def ending(deployment: Any, app: Any) -> dict[str, float]:
    """Return what the end of a pod costs: seconds of requests `lost`, and of work `cut`."""
    pod = deployment["spec"]["template"]["spec"]
    grace = pod.get("terminationGracePeriodSeconds", 30)
    waits = pre_stop(container_of(deployment))
    return {
        "lost": max(0, app["propagation"] - waits),
        "cut": max(0, waits + app["drain"] - grace),
    }


def outage(deployment: Any, app: Any, seconds: float) -> dict[str, Any]:
    """Take the database away for a while: are pods `restarted`, and are they sent requests?

    `restarted` counts those that run and those that are just starting; `sent_requests` says so for
    the time of the outage.
    """
    container = container_of(deployment)
    live, readiness = container.get("livenessProbe"), container.get("readinessProbe")
    asking = [one for one in (live, container.get("startupProbe")) if one is not None]
    kills = [one for one in asking if path_of(one) == app["ready"]]
    return {
        "restarted": any(seconds > patience({**one, "initialDelaySeconds": 0}) for one in kills),
        "sent_requests": readiness is None or path_of(readiness) != app["ready"],
    }


def hangs(deployment: Any, app: Any) -> float | None:
    """Return after how many seconds a pod that answers nothing any more is restarted, or None."""
    live = container_of(deployment).get("livenessProbe")
    if live is None or path_of(live) not in (app["live"], app["ready"]):
        return None
    return float(patience({**live, "initialDelaySeconds": 0}))


def evictable(budget: Any, deployment: Any, ready: int) -> int:
    """Return how many of `ready` pods (all there should be) a drain of nodes may end at once."""
    spec = budget["spec"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    wanted = spec.get("selector", {}).get("matchLabels", {})
    if not wanted or any(labels.get(key) != value for key, value in wanted.items()):
        return ready  # it watches over nobody
    if "minAvailable" in spec:
        return max(0, ready - share(spec["minAvailable"], ready, math.ceil))
    return share(spec.get("maxUnavailable", 0), ready, math.ceil)


def utilisation(deployment: Any, used: float) -> float | None:
    """Return the share of its request, in per cent, that a pod uses; `used` is in cores.

    None where the autoscaler cannot say: a container without a request for CPU.
    """
    requested = 0.0
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        cpu = container.get("resources", {}).get("requests", {}).get("cpu")
        if cpu is None:
            return None
        requested += cores(cpu)
    return 100 * used / requested


def refused(found: Any) -> list[str]:
    """Return what the API server would refuse, or quietly not do, of the three manifests."""
    problems = []
    kinds = {
        "deployment": ("apps/v1", "Deployment"),
        "hpa": ("autoscaling/v2", "HorizontalPodAutoscaler"),
        "pdb": ("policy/v1", "PodDisruptionBudget"),
    }
    for key, (version, kind) in kinds.items():
        if (found[key].get("apiVersion"), found[key].get("kind")) != (version, kind):
            problems.append(f"{key}: apiVersion and kind are not {version} and {kind}")
    spec = found["deployment"]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    if not spec["selector"]["matchLabels"].items() <= labels.items():
        problems.append("deployment: the selector does not choose the template's labels")
    aimed = found["hpa"]["spec"]["scaleTargetRef"]
    name = found["deployment"]["metadata"]["name"]
    if aimed != {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}:
        problems.append("hpa: scaleTargetRef does not name the Deployment")
    if {"minAvailable", "maxUnavailable"} <= found["pdb"]["spec"].keys():
        problems.append("pdb: minAvailable and maxUnavailable exclude each other")
    return problems


def container_of(deployment: Any) -> Any:
    """Return the one container of the Deployment's pods."""
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return container


def path_of(probe: Any) -> Any:
    """Return the path that a probe asks for."""
    return probe.get("httpGet", {}).get("path")


def patience(probe: Any) -> float:
    """Return for how many seconds a pod may fail to answer a probe before it is restarted."""
    period, failures = probe.get("periodSeconds", 10), probe.get("failureThreshold", 3)
    return float(probe.get("initialDelaySeconds", 0) + period * failures)


def pre_stop(container: Any) -> float:
    """Return for how many seconds the preStop hook keeps SIGTERM back."""
    hook = container.get("lifecycle", {}).get("preStop", {})
    if "sleep" in hook:
        return float(hook["sleep"]["seconds"])
    words = " ".join(hook.get("exec", {}).get("command", [])).split()
    return float(words[words.index("sleep") + 1].rstrip("s")) if "sleep" in words else 0.0


def share(value: Any, of: int, rounded: Any) -> int:
    """Return a count that is given as such or as a share, as "25%"."""
    if isinstance(value, str) and value.endswith("%"):
        return int(rounded(round(float(value[:-1]) * of / 100, 9)))
    return int(value)


def cores(quantity: Any) -> float:
    """Return a quantity of CPU in cores: "250m" is a quarter."""
    text = str(quantity)
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)
