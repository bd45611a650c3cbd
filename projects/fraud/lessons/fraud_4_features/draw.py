"""Draw the lesson's pictures: python -m projects.fraud.lessons.fraud_4_features.draw."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from projects.fraud import columns as c
from projects.fraud.lessons.fraud_4_features import figures
from projects.fraud.pictures import COLOURS, plain, save_all

LATENESS = tuple(timedelta(minutes=m) for m in (0, 1, 5, 10, 30, 60, 240, 1_440))


def sawtooth(reach: pd.DataFrame) -> Figure:
    """Draw how far back a window reaches over the time of the question, in minutes."""
    figure = Figure(figsize=(7.2, 2.6))
    axes = figure.subplots()
    for name, colour in zip(("exact", "in tiles"), ("#999999", COLOURS[0]), strict=True):
        axes.plot(reach.index, reach[name], color=colour, label=name)
    axes.set(
        ylim=(0, 85), xlabel="time of the question, in minutes", ylabel="minutes in the window"
    )
    return _finished(figure, axes)


def running_sums(errors: pd.DataFrame) -> Figure:
    """Draw the errors of three ways to keep the sum of a window, over the number of events."""
    figure = Figure(figsize=(7.2, 2.9))
    axes = figure.subplots()
    for (name, values), colour in zip(errors.items(), COLOURS, strict=False):
        # What is exact has no place on a logarithmic axis: it is drawn at its foot.
        axes.plot(values.index, values.clip(lower=1e-14), color=colour, label=name, linewidth=1)
    axes.set(
        xscale="log", yscale="log", xlabel="events so far", ylabel="error of the sum, in euros"
    )
    return _finished(figure, axes)


def lateness(prices: pd.DataFrame) -> Figure:
    """Draw the share of events refused and the events held, over the lateness allowed."""
    figure = Figure(figsize=(7.2, 2.9))
    left, right = figure.subplots(1, 2)
    names = [_in_words(one) for one in prices.index]
    left.bar(names, prices["refused"] * 100, color=COLOURS[1])
    left.set(ylabel="% of events refused as late")
    right.bar(names, prices["most events held"], color=COLOURS[0])
    right.set(ylabel="events held at most")
    for axes in (left, right):
        axes.tick_params(axis="x", labelsize=8, rotation=45)
        axes.set_xlabel("lateness allowed")
        plain(axes)
    figure.tight_layout()
    return figure


def matching(days: pd.DataFrame) -> Figure:
    """Draw the share of matching rows by day, a line for each feature."""
    figure = Figure(figsize=(7.2, 2.9))
    axes = figure.subplots()
    for (name, values), colour in zip(days.items(), COLOURS, strict=False):
        axes.plot(values.index.strftime("%d"), values, marker="o", color=colour, label=name)
    axes.set(ylim=(0, 1.05), xlabel="day of the month", ylabel="share of rows that match")
    return _finished(figure, axes)


def draw(folder: Path) -> list[Path]:
    """Write the pictures of the lesson into `folder` and return their paths."""
    three_weeks = figures.small_world(days=21)
    wrong_since = three_weeks[c.TX_DATETIME].min().normalize() + 14 * figures.DAY
    drawn = {
        "sawtooth": sawtooth(figures.sawtooth()),
        "running_sums": running_sums(figures.errors_of_running_sums()),
        "lateness": lateness(figures.price_of_lateness(figures.small_world(days=8), LATENESS)),
        "matching": matching(figures.daily_matching(three_weeks, wrong_since)),
    }
    return save_all(drawn, folder)


def _in_words(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"


def _finished(figure: Figure, axes: Axes) -> Figure:
    axes.legend(frameon=False, fontsize=8)
    plain(axes)
    figure.tight_layout()
    return figure


if __name__ == "__main__":
    for path in draw(Path(__file__).parent / "pictures"):
        print(path)
