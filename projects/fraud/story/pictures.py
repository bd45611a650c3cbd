"""Draw what the page of a story shows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from infra.tracking.alias_moves import AliasMove
from projects.fraud.operating.drift_watch import FEATURES, LABELS, SCORES
from projects.fraud.operating.retraining import DayDecided
from projects.fraud.pictures import COLOURS

_WATCHES = (FEATURES, SCORES, LABELS)


def latency_histogram(milliseconds: pd.Series) -> Figure:
    """Draw how long decisions took, on a logarithmic axis, with the quantiles that bind."""
    figure = Figure(figsize=(7.2, 2.8))
    axes = figure.subplots()
    low, high = max(0.5, float(milliseconds.min())), float(milliseconds.max())
    axes.hist(milliseconds, bins=np.geomspace(low, max(high, low * 2), 60), color=COLOURS[0])
    for quantile, colour in ((0.5, COLOURS[2]), (0.95, COLOURS[1]), (0.99, COLOURS[3])):
        value = float(milliseconds.quantile(quantile))
        axes.axvline(value, color=colour, label=f"p{quantile * 100:g}: {value:.0f} ms")
    axes.set_xscale("log")
    axes.set_xlabel("ms from scheduled arrival to published decision")
    axes.set_ylabel("payments")
    axes.legend(frameon=False)
    return _plain(figure)


def drift_days(decided: Sequence[DayDecided], change: int) -> Figure:
    """Draw which watch raised an alarm on which day, and when a retraining was asked for."""
    figure = Figure(figsize=(7.2, 1.9))
    axes = figure.subplots()
    for row, watch in enumerate(_WATCHES):
        quiet = [one.day for one in decided if watch not in one.moved]
        loud = [one.day for one in decided if watch in one.moved]
        axes.plot(quiet, [row] * len(quiet), "o", color="#cccccc", markersize=5)
        axes.plot(loud, [row] * len(loud), "s", color=COLOURS[1], markersize=8)
    axes.axvline(change - 0.5, color=COLOURS[0], linestyle="--", label="the world changes")
    asked = [one.day for one in decided if one.retrain]
    for day in asked[:1]:
        axes.axvline(day, color=COLOURS[2], label="a retraining is asked for")
    axes.set_yticks(range(len(_WATCHES)), _WATCHES)
    axes.set_ylim(-0.6, len(_WATCHES) - 0.4)
    axes.set_xlabel("day")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return _plain(figure)


def live_versions(moves: Sequence[AliasMove]) -> Figure:
    """Draw which version was live when, in seconds since the first move."""
    figure = Figure(figsize=(7.2, 1.9))
    axes = figure.subplots()
    begun = moves[0].at
    seconds = [(move.at - begun).total_seconds() for move in moves]
    targets = [move.target or 0 for move in moves]
    end = seconds[-1] + max(1.0, 0.05 * seconds[-1])
    axes.step([*seconds, end], [*targets, targets[-1]], where="post", color=COLOURS[0])
    for second, move in zip(seconds, moves, strict=True):
        axes.annotate(
            move.kind.value,
            (second, move.target or 0),
            textcoords="offset points",
            xytext=(3, 5),
            fontsize=8,
        )
    axes.set_yticks(sorted(set(targets)))
    axes.set_ylabel("live version")
    axes.set_xlabel("seconds")
    axes.margins(y=0.3)
    return _plain(figure)


def _plain(figure: Figure) -> Figure:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    return figure
