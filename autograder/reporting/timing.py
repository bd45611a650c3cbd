"""When work came in and how long it ran; how long people worked is not recorded anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

from autograder.reporting.entries import Entry

_STEPS = (
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=7),
)
_MOST_BINS, _RUN_BINS = 24, 10


@dataclass(frozen=True)
class Bar:
    """Hold one bar of a picture: its label, its count, and how many of it came late."""

    label: str
    count: int
    late: int = 0


@dataclass(frozen=True)
class RunTimes:
    """Hold how long the notebooks ran, in seconds: all runs of a submission together."""

    median: float
    p95: float
    longest: float
    total: float
    bars: tuple[Bar, ...]


def hand_in_bars(entries: Sequence[Entry]) -> tuple[Bar, ...]:
    """Count hand-ins by time, UTC; empty where fewer than two say when they came."""
    moments = [
        (_utc(entry.card.submitted_at), entry.late) for entry in entries if entry.card.submitted_at
    ]
    if len(moments) < 2:
        return ()
    first, last = min(moments)[0], max(moments)[0]
    step = next((s for s in _STEPS if (last - first) / s < _MOST_BINS), _STEPS[-1])
    begin = _floor(first, step)
    count = min(4 * _MOST_BINS, int((last - begin) / step) + 1)
    counts, late = [0] * count, [0] * count
    for moment, was_late in moments:
        place = min(count - 1, int((moment - begin) / step))
        counts[place] += 1
        late[place] += was_late
    form = "%m-%d" if step >= timedelta(days=1) else "%d. %H:%M"
    return tuple(
        Bar((begin + place * step).strftime(form), counts[place], late[place])
        for place in range(count)
    )


def run_times(entries: Sequence[Entry]) -> RunTimes | None:
    """Sum up the seconds that submissions ran; None where nothing ran."""
    times = sorted(sum(r.seconds for r in e.card.runs) for e in entries if e.card.runs)
    if not times:
        return None
    p95 = quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]
    width = (times[-1] or 1.0) / _RUN_BINS
    counts = [0] * _RUN_BINS
    for seconds in times:
        counts[min(_RUN_BINS - 1, int(seconds / width))] += 1
    bars = tuple(Bar(f"{place * width:.2g}", count) for place, count in enumerate(counts))
    return RunTimes(median(times), p95, times[-1], sum(times), bars)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _floor(moment: datetime, step: timedelta) -> datetime:
    if step >= timedelta(days=1):
        return moment.replace(hour=0, minute=0, second=0, microsecond=0)
    seconds = int(step.total_seconds())
    past = (moment.hour * 3600 + moment.minute * 60 + moment.second) % seconds
    return moment - timedelta(seconds=past, microseconds=moment.microsecond)
