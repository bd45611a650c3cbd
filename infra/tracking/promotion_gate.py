"""Decide whether a challenger may take the champion's place, and give the reasons as data."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum

import numpy as np

from autograder.errors import CourseError
from infra.tracking.bootstrap import (
    Array,
    BootstrapConfig,
    Interval,
    Metric,
    Units,
    bootstrap_interval,
)
from infra.tracking.segments import SegmentResult, judge_segments


@dataclass(frozen=True)
class GateConfig:
    """Configure what a challenger must show; metrics are those of `metric`, higher is better.

    The lower end of the interval of challenger minus champion must exceed `least_gain` (negative:
    not much worse is enough). A first model has no champion to beat; its own interval must reach
    `least_metric`. No segment of at least `least_segment_rows` rows may lose more than
    `segment_tolerance`. With `higher_is_better` false the metric is a loss, and gains are drops.
    """

    metric: str
    least_metric: float
    least_gain: float = 0.0
    segment_tolerance: float = 0.0
    least_segment_rows: int = 100
    least_rows: int = 100
    higher_is_better: bool = True
    reproducible_code: bool = True
    bootstrap: BootstrapConfig = field(default_factory=BootstrapConfig)


@dataclass(frozen=True)
class Evaluation:
    """Hold what both models said of the same rows: arrays of equal length, in the same order.

    `champion` is what version `champion_version` said; both are None where nothing is live.
    `segments` maps the name of a division (such as "country") to each row's segment; `groups` says
    which rows belong together, for the bootstrap.
    `data_hash` is the hash of these rows' source, compared with what the challenger learned from.
    """

    truth: Array
    challenger: Array
    champion: Array | None
    data_hash: str
    champion_version: int | None = None
    segments: Mapping[str, Array] = field(default_factory=dict)
    groups: Array | None = None

    def __post_init__(self) -> None:
        if (self.champion is None) != (self.champion_version is None):
            raise CourseError(
                "The evaluation names the champion's predictions or its version, not both.",
                mend="Give both, or neither where nothing is live.",
            )
        named = {"challenger": self.challenger, "champion": self.champion, "groups": self.groups}
        for name, rows in {**named, **self.segments}.items():
            if rows is not None and len(rows) != len(self.truth):
                raise CourseError(
                    f"The evaluation has {len(self.truth)} rows of truth, {len(rows)} of {name}.",
                    mend="Let both models score the same rows, in the same order.",
                )


class Reason(StrEnum):
    """Name a reason for which a challenger is refused."""

    TOO_FEW_ROWS = "too few rows"
    NOT_FINITE = "predictions are not finite"
    NOT_DEFINED = "the metric is not defined"
    NOT_GOOD_ENOUGH = "not good enough for a first model"
    NOT_BETTER = "not shown to be better than the champion"
    SEGMENT_WORSE = "worse in a segment"
    SEEN_IN_TRAINING = "evaluated on the data it learned from"
    CHAMPION_CHANGED = "held against another model than the one that is live"
    NOT_REPRODUCIBLE = "made by code that cannot be checked out again"
    SCORES_DIFFER = "its scores of newer rows differ too much from the champion's"
    NOT_COMPARED = "too few newer rows to compare its scores with the champion's"


@dataclass(frozen=True)
class Refusal:
    """Give one reason: what was found, what bound it missed, and in which segment if in one."""

    reason: Reason
    message: str
    found: float | None = None
    bound: float | None = None
    segment: str | None = None


@dataclass(frozen=True)
class Decision:
    """Hold the gate's decision, its refusals (none: promoted), and what it was based on.

    `interval` is of the gain over the champion, or of the metric itself where there is none.
    """

    refusals: tuple[Refusal, ...]
    interval: Interval | None = None
    segments: tuple[SegmentResult, ...] = ()
    rows: int = 0

    @property
    def promoted(self) -> bool:
        return not self.refusals

    def to_json(self) -> str:
        """Return the decision as JSON, for a tag or a report."""
        return json.dumps({"promoted": self.promoted, **asdict(self)}, ensure_ascii=False)


def decide(evaluation: Evaluation, metric: Metric, config: GateConfig) -> Decision:
    """Hold the challenger against the champion by `metric(truth, predictions)`.

    The metric raises ValueError where it is not defined, for example without a positive.
    """
    rows = len(evaluation.truth)
    if rows < max(config.least_rows, 1):
        message = f"{rows} rows, at least {config.least_rows} are wanted"
        return Decision(
            (Refusal(Reason.TOO_FEW_ROWS, message, rows, config.least_rows),), rows=rows
        )
    strange = int(np.sum(~np.isfinite(np.asarray(evaluation.challenger, dtype=float))))
    if strange:
        message = f"{strange} of {rows} predictions of the challenger are not finite"
        return Decision((Refusal(Reason.NOT_FINITE, message, strange, 0),), rows=rows)
    sign = 1.0 if config.higher_is_better else -1.0
    truth, challenger, champion = evaluation.truth, evaluation.challenger, evaluation.champion

    def gain(chosen: Array) -> float:
        new = metric(truth[chosen], challenger[chosen])
        return (
            sign * (new - metric(truth[chosen], champion[chosen])) if champion is not None else new
        )

    try:
        interval = bootstrap_interval(gain, Units.of(rows, evaluation.groups), config.bootstrap)
    except ValueError as error:
        return Decision((Refusal(Reason.NOT_DEFINED, f"{config.metric}: {error}"),), rows=rows)
    refusals = _overall(interval, config, first=champion is None)
    segments: tuple[SegmentResult, ...] = ()
    if champion is not None:
        segments = judge_segments(evaluation.segments, gain, config.least_segment_rows)
        refusals += _worst_segment(segments, config)
    return Decision(refusals, interval, segments, rows)


def _overall(interval: Interval, config: GateConfig, *, first: bool) -> tuple[Refusal, ...]:
    if first and config.higher_is_better:
        missed, found, bound = interval.low < config.least_metric, interval.low, config.least_metric
    elif first:
        missed = interval.high > config.least_metric
        found, bound = interval.high, config.least_metric
    else:
        missed, found, bound = interval.low <= config.least_gain, interval.low, config.least_gain
    if not missed:
        return ()
    reason = Reason.NOT_GOOD_ENOUGH if first else Reason.NOT_BETTER
    message = (
        f"{config.metric if first else 'gain in ' + config.metric} {interval.estimate:.4g}, "
        f"interval {interval.low:.4g} to {interval.high:.4g}, against a bound of {bound:.4g}"
    )
    return (Refusal(reason, message, found, bound),)


def _worst_segment(results: tuple[SegmentResult, ...], config: GateConfig) -> tuple[Refusal, ...]:
    judged = [result for result in results if result.gain is not None]
    worst = min(judged, key=lambda result: result.gain or 0.0, default=None)
    if worst is None or worst.gain is None or worst.gain >= -config.segment_tolerance:
        return ()
    message = (
        f"in {worst.name} ({worst.rows} rows) {config.metric} changes for the worse by "
        f"{-worst.gain:.4g}, allowed are {config.segment_tolerance:.4g}"
    )
    bound = -config.segment_tolerance
    return (Refusal(Reason.SEGMENT_WORSE, message, worst.gain, bound, worst.name),)
