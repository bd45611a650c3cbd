"""Draw the lesson's pictures: python -m projects.fraud.lessons.fraud_8_retrain.draw."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from projects.fraud.lessons.fraud_8_retrain import calm, weeks
from projects.fraud.lessons.fraud_8_retrain.pairs import three_intervals
from projects.fraud.pictures import COLOURS, plain, save_all

MADE_ON = (59, 64, 68, 72, 76, 82, 88)
# The two that the gate compares: made when five days of the new fraud were known, and three weeks.
OLD, NEW = 72, 88


def volume() -> Figure:
    """Draw the share of calm days with an alarm over the payments of a day, for two watches."""
    figure = Figure(figsize=(5.6, 3.2))
    axes = figure.subplots()
    for name, watch, colour in (
        ("a test of the day's rows", calm.rows_alarm, COLOURS[1]),
        ("what another day may be", calm.days_alarm, COLOURS[0]),
    ):
        shares = [100 * watch(volume) for volume in calm.VOLUMES]
        axes.plot(calm.VOLUMES, shares, "o-", color=colour, label=name)
    axes.axhline(100 * calm.RATE, color="black", linewidth=0.8, linestyle=":")
    axes.set(xscale="log", xlabel="payments a day", ylabel="calm days with an alarm, %")
    axes.set_ylim(0, None)
    axes.legend(frameon=False, fontsize=8)
    plain(axes)
    return figure


def made_on_days(world: weeks.World) -> pd.DataFrame:
    """Return the share of new frauds that challengers catch, by the day on which they were made."""
    rows = {
        day: {
            "waits for labels": weeks.caught(weeks.challenger(world, day, waits=True), world),
            "learns until today": weeks.caught(weeks.challenger(world, day, waits=False), world),
        }
        for day in MADE_ON
    }
    return pd.DataFrame(rows).T


def challengers(caught: pd.DataFrame) -> Figure:
    """Draw how much of the new fraud a challenger catches, over the day on which it was made."""
    figure = Figure(figsize=(6.4, 3.2))
    axes = figure.subplots()
    for name, colour in zip(caught, (COLOURS[0], COLOURS[1]), strict=True):
        axes.plot(caught.index - weeks.NEW, 100 * caught[name], "o-", color=colour, label=name)
    axes.axvspan(0, weeks.DELAY, color="#eeeeee", zorder=0)
    axes.text(weeks.DELAY / 2, 97, "no labels yet", ha="center", fontsize=8)
    axes.set(
        xlabel="made so many days after the new fraud began",
        ylabel="new frauds caught, %",
        ylim=(-2, 102),
    )
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    plain(axes)
    return figure


def intervals(world: weeks.World) -> pd.DataFrame:
    """Return three intervals of what a challenger gains over the champion in the last week."""
    rows = world.of(*weeks.EXAM)
    old, new = (
        weeks.scores(weeks.challenger(world, day, waits=True), world, rows) for day in (OLD, NEW)
    )
    return three_intervals(world.payments[rows], old, new)


def pairs(found: pd.DataFrame) -> Figure:
    """Draw the intervals below one another."""
    figure = Figure(figsize=(6.0, 1.8))
    axes = figure.subplots()
    for height, (_, row) in enumerate(found[::-1].iterrows()):
        axes.plot([row["low"], row["high"]], [height, height], color=COLOURS[0], linewidth=3)
        axes.plot(row["gain"], height, "o", color="black", markersize=4)
    axes.axvline(0, color="black", linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(found)), list(found.index[::-1]), fontsize=8)
    axes.set(ylim=(-0.6, len(found) - 0.4), xlabel="gain in average precision")
    plain(axes)
    return figure


def draw(folder: Path) -> list[Path]:
    """Write the pictures of the lesson into `folder` and return their paths."""
    world = weeks.world()
    drawn = {
        "volume": volume(),
        "challengers": challengers(made_on_days(world)),
        "pairs": pairs(intervals(world)),
    }
    return save_all(drawn, folder)


if __name__ == "__main__":
    for path in draw(Path(__file__).parent / "pictures"):
        print(path)
