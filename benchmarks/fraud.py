"""Measure the fraud project: `python -m benchmarks.fraud [--part latency ...]`.

On real Kafka and Postgres, started for it, in an open loop: payments are sent when they are due,
whether or not decisions come back. Writes FRAUD.md after each part, so that what was measured is
kept when a later one is stopped; parts that are not run keep their lines.
"""

import json
import os
import platform
import signal
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import psutil
import typer

from benchmarks.fraud_api import Answered, asked
from benchmarks.fraud_compute import batch, features_online, model_alone
from benchmarks.fraud_stage import servers
from benchmarks.fraud_story import in_words, told
from benchmarks.fraud_stream import AtRate, Killed, running
from benchmarks.table import loop_seconds
from infra.settings.exporting import environment_of

_FOLDER = Path(__file__).parent
_P95_MILLISECONDS = 150


class Part(StrEnum):
    """Name what can be measured apart."""

    LATENCY = "latency"
    SCORER = "scorer-kill"
    BROKER = "broker-kill"
    REDIS = "redis-kill"
    API = "api"
    MODEL = "model"
    BATCH = "batch"
    STORY = "story"
    QUICK_STORY = "quick-story"


Line = tuple[str, str, str]


def main(
    part: Annotated[
        list[Part] | None, typer.Option(help="What to measure; all by default.")
    ] = None,
    seconds: Annotated[int, typer.Option(min=5, help="Length of the run at 200/s.")] = 60,
    step_seconds: Annotated[int, typer.Option(min=5, help="Length of the run at a rate.")] = 20,
    rates: Annotated[str, typer.Option(help="Payments a second, one step each.")] = (
        "200,400,800,1000,1200"
    ),
    history_days: Annotated[int, typer.Option(min=0, help="Days in the scorer's memory.")] = 14,
    page: Annotated[Path, typer.Option(help="Where the figures are written.")] = (
        _FOLDER / "FRAUD.md"
    ),
) -> None:
    """Measure, print, and write the page."""
    steps = [int(rate) for rate in rates.split(",")]
    works: dict[Part, Callable[[Path], list[Line]]] = {
        Part.MODEL: lambda folder: _model(),
        Part.BATCH: _batch,
        Part.API: _api,
        Part.LATENCY: lambda folder: _latency(folder, history_days, seconds, steps, step_seconds),
        Part.SCORER: lambda folder: _killed(folder, history_days, "restart", brokers=1),
        Part.BROKER: lambda folder: _killed(folder, history_days, "kill_broker", brokers=3),
        Part.REDIS: _redis_killed,
        Part.STORY: lambda folder: _told(folder, "lab run fraud", "under 6 minutes", quick=False),
        Part.QUICK_STORY: lambda folder: _told(
            folder, "lab run fraud --quick", "under 90 s", quick=True
        ),
    }
    for one, work in works.items():
        if one in (part or list(Part)):
            with tempfile.TemporaryDirectory(prefix="bench-fraud-") as folder:
                before = loop_seconds()
                lines = work(Path(folder))
                _write(page, one, lines, (before, loop_seconds()))


def _latency(
    folder: Path, history_days: int, seconds: int, steps: list[int], step_seconds: int
) -> list[Line]:
    coming = 200 * seconds + sum(steps) * step_seconds
    with running(folder, history_days=history_days, coming=coming) as stream:
        first = stream.at_rate(200, seconds)
        lines = [_at_rate(first, "p95 under 50 ms, p99 under 150 ms; goal p95 20 ms")]
        held = 0
        for rate in steps:
            seen = stream.at_rate(rate, step_seconds)
            lines.append(_at_rate(seen, ""))
            if seen.latencies.percentile(95) < _P95_MILLISECONDS and not seen.latencies.lost:
                held = max(held, rate)
        lines.append(("rate at which p95 holds 150 ms", f"{held}/s", "stated; goal 1,000/s"))
        lines.append(
            ("before that", json.dumps({k: round(v, 1) for k, v in stream.notes.items()}), "")
        )
    return lines


def _killed(folder: Path, history_days: int, harm: str, brokers: int) -> list[Line]:
    what = "scorer" if harm == "restart" else f"one broker of {brokers}"
    seconds = 30
    with running(
        folder, history_days=history_days, coming=200 * seconds, brokers=brokers
    ) as stream:
        seen = stream.during(f"SIGKILL of {what} at 200/s", seconds, harm)
    return [_kill(seen)]


def _redis_killed(folder: Path) -> list[Line]:
    """Kill the Redis in which the API counts quotas: scores may come late, and none may be lost."""
    seconds = 30
    with servers(["redis"]) as stack:
        seen = asked(
            folder,
            seconds,
            words=["--shared-quotas"],
            variables=environment_of(stack.settings, ["redis"]),
            harm=lambda: os.kill(stack.pid("redis"), signal.SIGKILL),
        )
    what, figure, aim = _answered("SIGKILL of Redis, scores over HTTP", seconds, seen, "lost 0")
    late = (
        f"latency back to what it was after {seen.recovery:.1f} s"
        if np.isfinite(seen.recovery)
        else "latency not back before the end"
    )
    return [
        (
            what,
            f"{figure}; {late}; decided twice does not apply: an answer is given to who asked, and "
            "nothing is kept",
            aim,
        )
    ]


def _api(folder: Path) -> list[Line]:
    seconds = 60
    return [_answered("scores over HTTP", seconds, asked(folder, seconds), "p95 under 20 ms")]


def _answered(what: str, seconds: int, seen: Answered, aim: str) -> Line:
    p50, p95, p99 = np.percentile(seen.milliseconds, [50, 95, 99])
    return (
        f"{what}, 200/s for {seconds} s, from when a request was due",
        f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, worst "
        f"{seen.milliseconds.max():.0f} ms; lost {seen.lost} of {seconds * 200:,}",
        aim,
    )


def _told(folder: Path, command: str, aim: str, *, quick: bool) -> list[Line]:
    return [(f"`{command}`", in_words(told(folder, quick=quick)), aim)]


def _model() -> list[Line]:
    seen = model_alone()
    theirs = seen.sklearn_row
    return [
        (
            "model call, a row",
            f"predict_proba row by row {theirs:.0f} µs; here alone {seen.ours_row:.1f} µs "
            f"({theirs / seen.ours_row:.0f}x), in 16 {seen.ours_of_16:.1f} µs "
            f"({theirs / seen.ours_of_16:.0f}x), in 200 {seen.ours_of_200:.1f} µs "
            f"({theirs / seen.ours_of_200:.0f}x); largest difference {seen.parity:.1e}",
            "20x; parity 1e-6",
        ),
        ("features online, a payment", f"{features_online():.0f} µs", "300 µs"),
    ]


def _batch(folder: Path) -> list[Line]:
    seen, cpu = batch(folder)
    return [
        (
            "batch scoring, Parquet to Parquet, features included",
            f"{seen.payments / seen.seconds:,.0f}/s: {seen.payments:,} in {seen.seconds:.1f} s "
            f"(features {seen.seconds_of_features:.1f} s, model {seen.seconds_of_model:.1f} s), "
            f"{cpu:.1f} s of CPU; peak memory of this process {_peak_gigabytes():.1f} GB",
            "100,000/s",
        )
    ]


def _at_rate(seen: AtRate, aim: str) -> Line:
    found = seen.latencies
    p50, p95, p99 = (found.percentile(share) for share in (50, 95, 99))
    return (
        f"stream, {seen.per_second}/s for {seen.seconds} s, from scheduled arrival to decision",
        f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, worst "
        f"{found.percentile(100):.0f} ms; lost {found.lost}, decided twice {found.twice}; "
        f"sender late by {seen.late * 1000:.0f} ms at most; scorer's CPU {seen.cpu * 1e6:.0f} µs a "
        "payment",
        aim,
    )


def _kill(seen: Killed) -> Line:
    found = seen.latencies
    return (
        seen.what,
        f"lost {found.lost}, decided twice {found.twice} of {seen.payments:,}; decisions again "
        f"after {seen.silence:.1f} s; worst latency {found.percentile(100) / 1000:.1f} s",
        "lost 0, decided twice 0",
    )


def _write(page: Path, part: Part, lines: list[Line], loops: tuple[float, float]) -> None:
    """Put the lines of a part in the page, beside those of others that were measured before.

    `loops` are the seconds of ten million additions, before and after.
    """
    kept = page.with_suffix(".json")
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    machine = (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, load {os.getloadavg()[0]:.1f}, {_priority()}; "
        f"ten million additions took {loops[0]:.1f} s before and {loops[1]:.1f} s after"
    )
    known[part] = {"machine": machine, "lines": lines}
    kept.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page.write_text(_page(known), encoding="utf-8")
    for line in lines:
        typer.echo(" | ".join(line))


def _page(known: dict[str, dict[str, Any]]) -> str:
    """Return the page of what was measured, by part."""
    text = [
        "# The fraud project, measured",
        "",
        "`python -m benchmarks.fraud` writes this page; broker, database, sender, receiver and "
        "scorer share the cores. The stream is measured on real Kafka and Postgres with its "
        "windows in the scorer's memory: two questions and two writes to Redis for each payment "
        "would cost more than the features, and a shared store would not be at the position of "
        "the log; Redis holds the API's quotas. What the models are worth is in "
        "[FRAUD_QUALITY.md](FRAUD_QUALITY.md), what the watches see in "
        "[FRAUD_DRIFT.md](FRAUD_DRIFT.md). A run in which the sender itself was late by more than "
        "some 10 ms says more of the machine than of the scorer.",
        "",
        "| what | figure | aim | when and where |",
        "|---|---|---|---|",
    ]
    for name in Part:
        found = known.get(name, {"lines": []})
        text += [
            f"| {what} | {figure} | {aim} | {found['machine']} |"
            for what, figure, aim in found["lines"]
        ]
    return "\n".join(text) + "\n"


def _priority() -> str:
    if not hasattr(os, "sched_getscheduler"):
        return "normal priority"
    is_idle = os.sched_getscheduler(0) == getattr(os, "SCHED_IDLE", -1)
    return "idle priority beside other work" if is_idle else "normal priority"


def _peak_gigabytes() -> float:
    return getattr(psutil.Process().memory_info(), "peak_wset", 0) / 1e9 or _ru_maxrss()


def _ru_maxrss() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    typer.run(main)
