"""Draw the lesson's pictures: python -m projects.fraud.lessons.fraud_2_event_backbone.draw."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from projects.fraud.lessons.fraud_2_event_backbone.intake import (
    DAY_SECONDS,
    Standstill,
    lags,
    payments,
    stored_after,
)
from projects.fraud.pictures import COLOURS, plain, save_all

CRASHES = (0, 2, 5, 10, 20, 40)
NAMINGS = {
    "random": "a random part",
    "batch": "first and last offset of the batch",
    "block": "borders of a fixed block",
}


def folders(frame: pd.DataFrame) -> Figure:
    """Draw how many rows of each folder are of another day in UTC, for two choices of the day."""
    figure = Figure(figsize=(5.6, 2.8))
    axes = figure.subplots()
    day = frame["at"] // DAY_SECONDS
    choices = {"by arrival": frame["arrived"], "two hours east of UTC": frame["at"] + 7200}
    for place, (name, second) in enumerate(choices.items()):
        folder = second // DAY_SECONDS
        counts = folder[folder != day].value_counts().reindex(range(4), fill_value=0)
        left = np.arange(4) + 1 + (place - 0.5) * 0.36
        axes.bar(left, counts, width=0.34, color=COLOURS[place], label=name)
    axes.set(xlabel="folder of day", ylabel="rows of another day", xticks=range(1, 5))
    axes.legend(frameon=False, fontsize=8, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    plain(axes)
    return figure


def doubled(frame: pd.DataFrame, naming: str, crashes: int) -> float:
    """Return the mean number of rows for each payment, over ten choices of the crashes."""
    return float(np.mean([stored_after(frame, naming, crashes, seed) for seed in range(10)]))


def replays(frame: pd.DataFrame) -> Figure:
    """Draw how many rows are stored for each payment over the number of crashes."""
    figure = Figure(figsize=(5.6, 3.0))
    axes = figure.subplots()
    for (naming, label), colour in zip(NAMINGS.items(), COLOURS[1:], strict=False):
        found = [doubled(frame, naming, crashes) for crashes in CRASHES]
        axes.plot(CRASHES, found, marker="o", color=colour, label=label)
    axes.set(xlabel="crashes between file and commit, in three days", ylabel="rows per payment")
    axes.legend(frameon=False, fontsize=8, title="names of files from", title_fontsize=8)
    plain(axes)
    return figure


def freshness(frame: pd.DataFrame) -> Figure:
    """Draw the lag as three rules tell it, with one partition that stands still."""
    figure = Figure(figsize=(7.2, 3.2))
    axes = figure.subplots()
    still = Standstill()
    table = lags(frame, still)
    for rule, colour in zip(table.columns[1:], (COLOURS[1], COLOURS[5], COLOURS[0]), strict=True):
        axes.plot(table["hour"], table[rule], color=colour, label=rule, linewidth=1.3)
    axes.axvspan(still.begin / 3600, still.end / 3600, color="#eeeeee", zorder=0)
    axes.set(xlabel="hour", ylabel="lag, hours", xlim=(6, 72))
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    plain(axes)
    return figure


def draw(folder: Path) -> list[Path]:
    """Write the pictures of the lesson into `folder` and return their paths."""
    frame = payments()
    drawn = {"folders": folders(frame), "replays": replays(frame), "freshness": freshness(frame)}
    return save_all(drawn, folder)


if __name__ == "__main__":
    for path in draw(Path(__file__).parent / "pictures"):
        print(path)
