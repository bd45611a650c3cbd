"""Reference answers, worked out in another way than the official ones."""

import math
from typing import Any

import pandas as pd
from scipy import stats


def judged(index: Any, reports: Any, policy: Any, today: str) -> dict[str, Any]:
    """Return what the gate says, by a frame of all findings."""
    images = [
        (f"{one['platform']['os']}/{one['platform']['architecture']}", one["digest"])
        for one in index["manifests"]
        if one["platform"]["os"] != "unknown"
    ]
    names = [name for name, _ in images]
    problems = [(n, "missing platform", "", "") for n in policy["platforms"] if n not in names]
    problems += [(name, "not scanned", "", "") for name, image in images if image not in reports]
    rows = []
    for name, image in images:
        for result in reports.get(image, {"Results": []})["Results"]:
            problems += [
                (name, "secret", one["RuleID"], result["Target"])
                for one in result.get("Secrets") or []
            ]
            for one in result.get("Vulnerabilities") or []:
                fix = bool(one.get("FixedVersion"))
                rows.append((name, one["VulnerabilityID"], one["PkgName"], one["Severity"], fix))
    found = pd.DataFrame(rows, columns=["platform", "id", "package", "severity", "fix"])
    found = found[found["severity"].isin(policy["severities"])].drop_duplicates()
    ends = {(one["id"], one["package"]): one.get("until") for one in policy["exceptions"]}
    tolerated, used = [], []
    for name, fault, package, _, fix in found.itertuples(index=False):
        end = ends.get((fault, package)) or ""
        if not fix:
            tolerated.append((name, fault, package, "no fix"))
        elif end >= today:
            tolerated.append((name, fault, package, "exception"))
            used.append(end)
        else:
            problems.append((name, "vulnerable", fault, package))
    problems += [("", "endless exception", *key) for key, end in ends.items() if not end]
    return {
        "problems": sorted(set(problems)),
        "tolerated": sorted(tolerated),
        "holds_until": min(used) if used else None,
    }


def scaled(used: Any, request: int, spec: Any, begin: int) -> list[int]:
    """Return the pods after each step by a plain reading of the rule.

    Raises ValueError where floats and whole numbers would not agree, so that no data is used on
    which right answers differ.
    """
    target = spec["metrics"][0]["resource"]["target"]["averageUtilization"]
    window = spec.get("behavior", {}).get("scaleDown", {}).get("stabilizationWindowSeconds", 300)
    said = [(0, begin)]
    pods, found = begin, []
    for now, cpu in zip(range(0, 15 * len(used), 15), used, strict=True):
        if cpu is not None:
            percent = 100 * cpu // (pods * request)
            ratio = percent / target
            wanted = -(-pods * percent // target)
            unsafe = {math.ceil(pods * ratio), math.ceil(pods * percent / target), wanted}
            if abs(abs(ratio - 1) - 0.1) < 1e-9 or len(unsafe) > 1:
                raise ValueError("this data is too close to call")
            if abs(ratio - 1) < 0.1:
                wanted = pods
            said.append((now, wanted))
            highest = max([wanted] + [w for at, w in said if at > now - window])
            pods = wanted if wanted > pods else min(pods, highest)
            pods = sorted((spec["minReplicas"], pods, spec["maxReplicas"]))[1]
        found.append(pods)
    return found


def chance(bad: int, seen: int, stable_bad: int, stable_seen: int) -> float:
    """Return Fisher's one-sided p-value by the hypergeometric distribution."""
    if not seen or not stable_seen:
        return 1.0
    everything, all_bad = seen + stable_seen, bad + stable_bad
    return float(stats.hypergeom.sf(bad - 1, everything, all_bad, seen))


def decided(rows: Any, now: int, limits: Any) -> dict[str, Any]:
    """Return the verdict by a frame with one line a minute."""
    frame = pd.DataFrame(rows).set_index(["minute", "track"]).unstack().dropna()
    strict = limits["chance"] / len(limits["looks"]) / 2
    said = False
    for look in (one for one in limits["looks"] if one <= now):
        sums = frame[frame.index < look].sum().astype(int)
        said = sums["requests", "canary"] >= limits["least"]
        for what in ("errors", "slow") if said else ():
            pairs = [(track, name) for track in ("canary", "stable") for name in (what, "requests")]
            told = [int(sums[name, track]) for track, name in pairs]
            if chance(*told) < strict:
                return {"verdict": "roll back", "minute": look, "why": what}
    if now >= limits["looks"][-1] and said:
        return {"verdict": "promote", "minute": limits["looks"][-1], "why": ""}
    return {"verdict": "wait", "minute": None, "why": ""}
