"""Draw what the page of a story shows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from infra.monitoring.dashboards.model import Kind, Unit
from infra.tracking.alias_moves import AliasMove
from projects.fraud.operating.drift_watch import FEATURES, LABELS, SCORES
from projects.fraud.operating.retraining import DayDecided
from projects.fraud.pictures import COLOURS, by_day
from projects.fraud.story.cards import CardsByDay
from projects.fraud.story.dashboard_panels import Filled

_WATCHES = (FEATURES, SCORES, LABELS)
_COUNTED_IN = {Unit.SECONDS: "seconds", Unit.PER_SECOND: "per second"}


def daily_cards(cards: CardsByDay) -> Figure:
    """Draw card precision by day; the champion, drawn below, shows where another has the same."""
    figure = by_day(cards.series, cards.possible, cards.k)
    axes = figure.axes[0]
    axes.lines[1].set(markersize=9, linewidth=4)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.25)
    axes.legend(frameon=False, fontsize=8, loc="upper left", ncols=3)
    return figure


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


def dashboard(panels: Sequence[Filled]) -> Figure:
    """Draw panels of the dashboard as they stood second by second, the first of them across."""
    rows: list[Any] = [[panels[0].panel.title] * 2]
    titles = [one.panel.title for one in panels[1:]]
    rows += [[left, right] for left, right in zip(titles[::2], titles[1::2], strict=True)]
    figure = Figure(figsize=(7.2, 2.1 * len(rows)), layout="constrained")
    parts = figure.subplot_mosaic(rows)
    for one in panels:
        _draw_panel(parts[one.panel.title], one, legend_columns=4 if one is panels[0] else 1)
    return _plain(figure)


def _draw_panel(axes: Axes, filled: Filled, legend_columns: int) -> None:
    panel = filled.panel
    axes.set_title(panel.title, fontsize=10, loc="left")
    if panel.kind is Kind.NEWEST:
        for row, values in enumerate(filled.lines.values()):
            axes.plot(filled.seconds, np.array(values) * row, color=COLOURS[row], linewidth=6)
        axes.set_yticks(range(len(filled.lines)), list(filled.lines))
        axes.set_ylim(-0.6, len(filled.lines) - 0.4)
    else:
        for (name, values), colour in zip(filled.lines.items(), COLOURS, strict=False):
            axes.plot(filled.seconds, values, color=colour, label=name)
        if panel.bound is not None:
            axes.axhline(panel.bound, color="#999999", linestyle="--", label="bound")
        # The legend stands above all lines.
        axes.set_ylim(0, axes.get_ylim()[1] * (1.2 if legend_columns > 1 else 1.4))
        axes.legend(frameon=False, fontsize=8, loc="upper left", ncols=legend_columns)
    if panel.unit is Unit.SHARE:
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    axes.set_ylabel(_COUNTED_IN.get(panel.unit, ""), fontsize=8)
    axes.set_xlabel("seconds of the stream", fontsize=8)
    axes.tick_params(labelsize=8)


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
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
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
