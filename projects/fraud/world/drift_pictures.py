"""Draw what the drift switches do to a world, day by day."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from projects.fraud import columns as c
from projects.fraud.pictures import COLOURS

_DAILY = {
    "payments": lambda days: days.size(),
    "mean amount in euros": lambda days: days[c.TX_AMOUNT].mean(),
    "frauds in a thousand": lambda days: 1_000 * days[c.TX_FRAUD].mean(),
}


def daily_figures(payments: pd.DataFrame) -> pd.DataFrame:
    """Return one row a day: how many payments, their mean amount, their share of frauds."""
    days = payments.groupby(c.TX_TIME_DAYS)
    return pd.DataFrame({name: of(days) for name, of in _DAILY.items()})


def drifted_worlds(usual: pd.DataFrame, changed: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the daily figures of each changed world over those of the usual one, in grey."""
    figure = Figure(figsize=(7.2, 1.9 * len(changed)))
    grid = figure.subplots(len(changed), len(_DAILY), squeeze=False, sharex=True, sharey="col")
    before = daily_figures(usual)
    for row, ((name, world), colour) in enumerate(zip(changed.items(), COLOURS, strict=False)):
        after = daily_figures(world)
        for axes, what in zip(grid[row], _DAILY, strict=True):
            axes.plot(after.index, after[what], color=colour, linewidth=1)
            axes.plot(before.index, before[what], color="#999999", linewidth=0.8)
            axes.set_ylim(0, None)
            axes.spines[["top", "right"]].set_visible(False)
            if row == 0:
                axes.set_title(what, fontsize=9)
            if row == len(changed) - 1:
                axes.set_xlabel("day")
        grid[row][0].set_ylabel(name, fontsize=9)
    figure.tight_layout()
    return figure
