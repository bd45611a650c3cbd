"""Draw the lesson's pictures: python -m projects.fraud.lessons.fraud_6_ship.draw."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from projects.fraud.lessons.fraud_6_ship import canaries, fleet
from projects.fraud.pictures import COLOURS, plain, save_all
from projects.fraud.shipping.cost import bill, read_prices, read_sizing

LEVEL = 0.01
LOOKS = {
    1: [60],
    2: [30, 60],
    4: [15, 30, 45, 60],
    12: list(range(5, 61, 5)),
    60: list(range(1, 61)),
}
TIMES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)


def peeking() -> Figure:
    """Draw how often a good canary is rolled back, over the number of looks."""
    figure = Figure(figsize=(5.6, 3.2))
    axes = figure.subplots()
    names = list(LOOKS)
    every = {many: canaries.chances(canaries.TRAFFIC, 1.0, looks) for many, looks in LOOKS.items()}
    for name, colour, divide in (
        ("each look at 1 %", COLOURS[1], False),
        ("1 % shared by all looks", COLOURS[0], True),
    ):
        rates = [
            100 * canaries.rolled_back(every[many], LEVEL / many if divide else LEVEL)
            for many in names
        ]
        axes.plot(range(len(names)), rates, marker="o", color=colour, label=name)
    axes.axhline(100 * LEVEL, color="black", linewidth=0.8, linestyle=":")
    axes.set_xticks(range(len(names)), [str(many) for many in names])
    axes.set(xlabel="looks in an hour", ylabel="good canaries rolled back, %", ylim=(0, None))
    axes.legend(frameon=False, fontsize=8)
    plain(axes)
    return figure


def power() -> Figure:
    """Draw which bad versions an hour of canary finds, by share of traffic."""
    figure = Figure(figsize=(5.6, 3.2))
    axes = figure.subplots()
    looks = LOOKS[4]
    for share, colour in ((0.02, COLOURS[4]), (0.1, COLOURS[0]), (0.3, COLOURS[2])):
        traffic = canaries.Traffic(share=share)
        found = [
            100
            * canaries.rolled_back(
                canaries.chances(traffic, times, looks, releases=2_000), LEVEL / len(looks)
            )
            for times in TIMES
        ]
        axes.plot(TIMES, found, marker="o", color=colour, label=f"{share:.0%} of the requests")
    axes.set(xlabel="errors of the canary, times those of the others", ylabel="rolled back, %")
    axes.legend(frameon=False, fontsize=8)
    plain(axes)
    return figure


def outage() -> Figure:
    """Draw ready pods while the database is away for a minute."""
    figure = Figure(figsize=(6.4, 2.8))
    axes = figure.subplots()
    for asks, name, colour in (
        (True, "liveness asks the database", COLOURS[1]),
        (False, "only readiness asks it", COLOURS[0]),
    ):
        axes.step(range(300), fleet.ready(asks), where="post", color=colour, label=name)
    axes.axvspan(60, 120, color="#eeeeee", zorder=0)
    axes.set(xlabel="second", ylabel="ready pods of 6")
    axes.legend(frameon=False, fontsize=8, loc="center right")
    plain(axes)
    return figure


def autoscaling() -> Figure:
    """Draw a day of pods with and without a stabilisation window."""
    figure = Figure(figsize=(7.2, 3.0))
    axes = figure.subplots()
    cores = fleet.used()
    hours = np.arange(len(cores)) * fleet.STEP / 3600
    for window, name, colour in ((0, "no window", COLOURS[1]), (300, "300 s", COLOURS[0])):
        counts = fleet.pods(cores, fleet.Autoscaler(window=window))
        axes.step(
            hours, counts, where="post", color=colour, linewidth=0.8, label=name, rasterized=True
        )
    axes.set(xlabel="hour", ylabel="pods", ylim=(0, None))
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    plain(axes)
    return figure


def costs() -> Figure:
    """Draw what a thousand decisions cost, over the rate, with the project's table of prices."""
    figure = Figure(figsize=(5.6, 3.0))
    axes = figure.subplots()
    rates = np.geomspace(1, 2_000, 40)
    prices, sizing = read_prices(), read_sizing()
    found = [100 * bill(prices, sizing, float(rate)).per_thousand for rate in rates]
    axes.plot(rates, found, color=COLOURS[0])
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="payments a second",
        ylabel="cents per thousand",
    )
    plain(axes)
    return figure


def draw(folder: Path) -> list[Path]:
    """Write the pictures of the lesson into `folder` and return their paths."""
    drawn = {
        "peeking": peeking(),
        "power": power(),
        "outage": outage(),
        "autoscaling": autoscaling(),
        "costs": costs(),
    }
    return save_all(drawn, folder)


if __name__ == "__main__":
    for path in draw(Path(__file__).parent / "pictures"):
        print(path)
