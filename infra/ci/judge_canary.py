"""Judge a canary by what Prometheus saw: more errors than chance explains, or too slow."""

import math
import sys
from dataclasses import dataclass

import httpx

from autograder.errors import CourseError


@dataclass(frozen=True)
class Limits:
    """Hold what a canary is allowed, `chance` being that of refusing one as good as the others."""

    window: str = "10m"
    least_requests: int = 200
    chance: float = 0.01
    # Errors of the others may be none at all; this ratio is always forgiven.
    error_floor: float = 0.001
    slower: float = 1.25


@dataclass(frozen=True)
class Seen:
    """Hold what was seen of one track: requests, errors, and the 95th percentile in seconds."""

    requests: float
    errors: float
    p95: float


def tail(errors: int, requests: int, ratio: float) -> float:
    """Return the chance of `errors` or more in `requests` at `ratio`: the binomial's upper tail."""
    if errors <= 0:
        return 1.0
    if ratio >= 1:
        return 1.0
    below = math.fsum(
        math.exp(
            math.lgamma(requests + 1)
            - math.lgamma(k + 1)
            - math.lgamma(requests - k + 1)
            + k * math.log(ratio)
            + (requests - k) * math.log1p(-ratio)
        )
        for k in range(errors)
    )
    return max(0.0, 1.0 - below)


def faults(canary: Seen, stable: Seen, limits: Limits) -> list[str]:
    """Return why the canary shall not be promoted; nothing when it may be."""
    if canary.requests < limits.least_requests:
        return [
            f"it answered {canary.requests:.0f} requests in {limits.window}, "
            f"and fewer than {limits.least_requests} tell nothing"
        ]
    found = []
    usual = stable.errors / stable.requests if stable.requests else 0.0
    chance = tail(round(canary.errors), round(canary.requests), max(usual, limits.error_floor))
    if chance < limits.chance:
        found.append(
            f"{canary.errors:.0f} of {canary.requests:.0f} requests failed, usually {usual:.2%}: "
            f"chance would do that once in {1 / max(chance, 1e-12):.0f} times"
        )
    if stable.p95 > 0 and canary.p95 > limits.slower * stable.p95:
        found.append(
            f"its p95 is {canary.p95 * 1000:.0f} ms, that of others {stable.p95 * 1000:.0f} ms, "
            f"of which {limits.slower} times is allowed"
        )
    return found


def seen(prometheus: str, track: str, window: str, job: str | None = None) -> Seen:
    """Ask Prometheus for what one track did, of one `job` where that is named.

    Raise CourseError when it cannot be asked.
    """
    of = f'track="{track}"' if job is None else f'track="{track}",job="{job}"'
    requests = f"sum(increase(serving_requests_total{{{of}}}[{window}]))"
    errors = f'sum(increase(serving_requests_total{{{of},status=~"5.."}}[{window}]))'
    p95 = (
        "histogram_quantile(0.95, sum by (le) "
        f"(rate(serving_request_seconds_bucket{{{of}}}[{window}])))"
    )
    return Seen(*(_value(prometheus, query) for query in (requests, errors, p95)))


def _value(prometheus: str, query: str) -> float:
    try:
        answer = httpx.get(f"{prometheus}/api/v1/query", params={"query": query}, timeout=10)
        answer.raise_for_status()
        found = answer.json()["data"]["result"]
        value = float(found[0]["value"][1]) if found else 0.0
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        raise CourseError(
            f"{prometheus} did not answer {query}: {error}.",
            mend="Name Prometheus's address: make -f infra/ci/pipeline.mk ci-judge PROMETHEUS=URL",
        ) from error
    # No request at all makes 0/0.
    return 0.0 if math.isnan(value) else value


def main(arguments: list[str]) -> int:
    """Print the judgement; return 0 to promote, 1 to roll back, 2 when it cannot be said.

    `arguments` are Prometheus's address and the jobs to judge, each by itself; without any, all
    requests are judged together.
    """
    if not arguments:
        print(
            "Whom to ask? python -m infra.ci.judge_canary http://PROMETHEUS:9090 [JOB ...]",
            file=sys.stderr,
        )
        return 2
    prometheus, *jobs = arguments
    try:
        good = [_is_good(prometheus, job) for job in jobs or (None,)]
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if all(good) else 1


def _is_good(prometheus: str, job: str | None) -> bool:
    limits = Limits()
    canary, stable = (seen(prometheus, t, limits.window, job) for t in ("canary", "stable"))
    found, name = faults(canary, stable, limits), f"{job}: " if job else ""
    for fault in found:
        print(f"{name}The canary stays a canary: {fault}.", file=sys.stderr)
    if not found:
        told = f"{canary.requests:.0f} requests, none too many failed"
        print(f"{name}The canary may be promoted: {told}.")
    return not found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
