"""A small runner of pipelines: steps that wait for one another, and what comes of them.

A pipeline is a dict from the name of a step to the step:

    {"run": "scan ${image}", "needs": ["image"], "secrets": [], "when": "success"}

A step's turn comes when all that it `needs` have ended or were skipped. `when` says whether it runs
then: "success" (the default: all of them succeeded), "failure" (one of them failed; to be skipped
is not to fail), or "always". Otherwise it is skipped. `secrets` are in the environment of the step.
`${name}` in `run` is what the step of that name gave out; a step may ask only those that it waits
for, directly or through others. `$NAME` stands for a secret: it is filled in before the command is
written to the log. What can be run:

    lint · test               look at the source; they run the code of whoever proposed the change
    build VERSION             make an image of the source, for all platforms; gives out its digest
    scan IMAGE                look for known faults in it
    push IMAGE [as VERSION]   put it into the registry; needs the secret REGISTRY_TOKEN
    deploy PLACE IMAGE        run it in "staging" or, beside what is there, as a canary in
                              "production"; needs CLUSTER_TOKEN
    smoke PLACE               a few requests to what was deployed last
    judge                     wait for the canary's verdict
    promote IMAGE             everybody in production gets it; needs CLUSTER_TOKEN
    rollback                  end the canary, everybody gets what production had; CLUSTER_TOKEN

IMAGE is a digest (`sha256:...`), which names one image for ever, or a version, which names whatever
was pushed under it last. Every build gives another digest: also of the same source.
"""

import re
from typing import Any

SECONDS = {
    "lint": 40,
    "test": 300,
    "build": 240,
    "scan": 60,
    "push": 30,
    "deploy": 60,
    "smoke": 30,
    "judge": 1800,
    "promote": 60,
    "rollback": 20,
}
NEEDED = {"push": "REGISTRY_TOKEN", "rollback": "CLUSTER_TOKEN"}
NEEDED |= {"deploy": "CLUSTER_TOKEN", "promote": "CLUSTER_TOKEN"}
BEFORE = "sha256:" + "0" * 12  # what production runs before


def play(pipeline: dict[str, Any], world: dict[str, Any]) -> dict[str, Any]:
    """Run the pipeline and return what came of it.

    `world`: `fails` (commands that fail, such as "test" or "smoke staging"), `foreign` (True:
    somebody else pushes under the same version at once after you), `secrets` (name to value),
    `build` (text by which digests differ from run to run).

    Returns `outcome` (step to "success", "failure" or "skipped"), `start` and `end` (step to
    seconds), `places` ({"staging", "canary", "production"} to the digest that runs there, or None),
    `history` (triples of second, place, digest), `pushed` and `scanned` and `tested` (digests in
    the registry, scanned, whose source was tested), `registry` (name to the digest that you pushed
    under it), `log` (list of texts), `builds` (digests).
    """
    order = _ordered(pipeline)
    state: dict[str, Any] = {
        "places": {"staging": None, "canary": None, "production": BEFORE},
        "history": [],
        "registry": {},
        "pushed": [],
        "scanned": [],
        "builds": [],
        "log": [],
        "given": {},
    }
    outcome: dict[str, str] = {}
    start: dict[str, float] = {}
    end: dict[str, float] = {}
    waiting = list(order)
    while waiting:
        # Of those whose turn it is, the one that can begin first goes first.
        able = [n for n in waiting if all(one in end for one in needs(pipeline, n))]
        begins = {n: max((end[one] for one in needs(pipeline, n)), default=0) for n in able}
        name = min(able, key=lambda n: (begins[n], order.index(n)))
        waiting.remove(name)
        step, now = pipeline[name], begins[name]
        before = [outcome[one] for one in needs(pipeline, name)]
        holds = {
            "success": all(one == "success" for one in before),
            "failure": "failure" in before,
            "always": True,
        }
        start[name] = end[name] = now
        if not holds[step.get("when", "success")]:
            outcome[name] = "skipped"
            continue
        words = _filled(name, step, pipeline, state, world)
        end[name] = now + SECONDS[words[0]]
        done = _does(name, words, step, state, world, end[name])
        outcome[name] = "success" if done else "failure"
    ran = {n: pipeline[n]["run"].split()[0] for n in outcome if end[n] > start[n]}
    tested = any(verb == "test" and outcome[n] == "success" for n, verb in ran.items())
    return {
        "outcome": outcome,
        "start": start,
        "end": end,
        "places": state["places"],
        "history": state["history"],
        "pushed": state["pushed"],
        "registry": state["registry"],
        "scanned": state["scanned"],
        "tested": state["builds"] if tested else [],
        "builds": state["builds"],
        "log": state["log"],
    }


def _ordered(pipeline: dict[str, Any]) -> list[str]:
    """Return the steps so that each stands behind those it needs; refuse what cannot be so."""
    found: list[str] = []
    while len(found) < len(pipeline):
        more = [n for n in pipeline if n not in found and set(needs(pipeline, n)) <= set(found)]
        if not more:
            raise ValueError("steps wait for each other, or for one that is not there")
        found += more
    return found


def needs(pipeline: dict[str, Any], name: str) -> list[str]:
    """Return the steps for which a step waits."""
    return list(pipeline[name].get("needs", []))


def behind(pipeline: dict[str, Any], name: str) -> set[str]:
    """Return all steps for which a step waits, directly or through others."""
    found, todo = set[str](), needs(pipeline, name)
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += needs(pipeline, one)
    return found


def _filled(name: str, step: Any, pipeline: Any, state: Any, world: Any) -> list[str]:
    text = step["run"]
    for secret in step.get("secrets", []):
        text = re.sub(rf"\$\{{?{secret}\b\}}?", world["secrets"][secret], text)
    for other in re.findall(r"\$\{(\w[\w-]*)\}", text):
        if other not in behind(pipeline, name):
            raise ValueError(f"{name} asks for ${{{other}}} without waiting for it")
        text = text.replace(f"${{{other}}}", state["given"].get(other, ""))
    state["log"].append(f"{name}: {text}")
    words = text.split()
    if not words or words[0] not in SECONDS:
        raise ValueError(f"{name}: there is nothing to run as {text!r}")
    state["given"][name] = ""
    if words[0] == "build":
        digest = f"sha256:{world['build']}{len(state['builds']):02d}"
        state["given"][name] = digest
    return words


def _does(name: str, words: Any, step: Any, state: Any, world: Any, ends: float) -> bool:
    verb = words[0]
    required = NEEDED.get(verb)
    if required and required not in step.get("secrets", []):
        state["log"].append(f"{verb}: {required} is not there")
        return False
    fails = verb in world["fails"] or " ".join(words[:2]) in world["fails"]
    if verb == "build" and not fails:
        state["builds"].append(state["given"][name])
    elif verb == "push" and not fails:
        state["pushed"].append(words[1])
        state["registry"][words[-1]] = words[1]
    elif verb == "scan" and not fails:
        state["scanned"].append(words[1])
    elif verb in ("deploy", "promote"):
        image = _digest(words[-1], state, world)
        if image is None:
            state["log"].append(f"{verb}: {words[-1]} is not in the registry")
            return False
        place = "production" if verb == "promote" else words[1]
        if words[:2] == ["deploy", "production"]:
            place = "canary"
        # What fails half-way has begun.
        _place(place, image, state, ends)
        if verb == "promote":
            state["places"]["canary"] = None
    elif verb == "rollback" and not fails:
        _place("canary", None, state, ends)
        _place("production", BEFORE, state, ends)
    return not fails


def _place(place: str, image: Any, state: Any, ends: float) -> None:
    state["places"][place] = image
    state["history"].append((ends, place, image))


def _digest(word: str, state: Any, world: Any) -> Any:
    """Return which image a name means at this moment; None when the registry has none."""
    if word in state["pushed"]:
        return word
    if word not in state["registry"]:
        return None
    return "sha256:of-somebody-else" if world["foreign"] else state["registry"][word]
