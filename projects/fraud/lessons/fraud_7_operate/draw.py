"""Draw the lesson's pictures: python -m projects.fraud.lessons.fraud_7_operate.draw."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from projects.fraud.lessons.fraud_7_operate.machine import (
    Machine,
    closed_loop,
    open_loop,
    scheduled,
    tail,
)
from projects.fraud.lessons.fraud_7_operate.month import OUTAGES, burn, page, payments
from projects.fraud.operating.decision_metrics import LATENCY_BUCKETS
from projects.fraud.operating.objectives import FraudTerms
from projects.fraud.pictures import COLOURS, plain, save_all

PAUSED = Machine(pause=(5.0, 2.0))
RATE = 300
OBJECTIVE = FraudTerms().seconds
# What Python's client takes when nobody chooses.
DEFAULT_BUCKETS = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5),
    *(0.75, 1.0, 2.5, 5, 7.5, 10),
)


def read_off(seconds: np.ndarray, bounds: tuple[float, ...], share: float) -> float:
    """Return the quantile that a histogram with these bounds would show."""
    counts = np.searchsorted(np.sort(seconds), bounds, side="right")
    ranks = np.append(0, counts)
    return float(np.interp(share * len(seconds), ranks, np.append(0.0, bounds)))


def omission() -> Figure:
    """Draw what a closed and an open loop note while the scorer stands still."""
    figure = Figure(figsize=(7.2, 3.0))
    left, right = figure.subplots(1, 2, sharey=True)
    sent, answered = closed_loop(PAUSED, 12)
    due = scheduled(RATE, 12)
    done = open_loop(PAUSED, due)
    for axes, begin, end, name in (
        (left, sent, answered, "closed loop: sends when it was answered"),
        (right, due, done, f"open loop: {RATE} a second, come what may"),
    ):
        # As points of their own, thousands of them would make a file of a megabyte.
        axes.plot(begin, end - begin, ".", markersize=2, color=COLOURS[0], rasterized=True)
        axes.set_title(name, fontsize=9)
        axes.set_xlabel("second")
        plain(axes)
    left.set_ylabel("latency, seconds")
    return figure


def knees(machines: dict[str, Machine]) -> Figure:
    """Draw p95 over the rate for several machines."""
    figure = Figure(figsize=(5.4, 3.4))
    axes = figure.subplots()
    for (name, machine), colour in zip(machines.items(), COLOURS, strict=False):
        rates = np.arange(100, 2500, 100)
        found = []
        for rate in rates:
            found.append(tail(machine, rate, seconds=6) * 1000)
            if found[-1] > 1000:
                break
        axes.plot(rates[: len(found)], found, color=colour, label=name)
    axes.axhline(OBJECTIVE * 1000, color="black", linewidth=0.8, linestyle=":")
    axes.set(yscale="log", xlabel="payments a second", ylabel="p95, ms", ylim=(1, 1000))
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    plain(axes)
    return figure


def outage() -> Figure:
    """Draw the first outage: burn rates over an hour and five minutes, and who was called when."""
    frame = payments()
    begin, length, _ = OUTAGES[0]
    part = slice(begin - 30, begin + length + 90)
    minutes = np.arange(-30, length + 90)
    figure = Figure(figsize=(7.2, 3.2))
    axes = figure.subplots()
    for window, name, colour in ((60, "1 h", COLOURS[0]), (5, "5 min", COLOURS[5])):
        axes.plot(minutes, burn(frame, window).to_numpy()[part], color=colour, label=name)
    axes.axhline(14.4, color="black", linewidth=0.8, linestyle=":")
    single = (burn(frame, 60) > 14.4).to_numpy()[part]
    both = page(frame).to_numpy()[part]
    for height, fires, name in ((-3, single, "1 h alone"), (-6, both, "both windows")):
        axes.fill_between(minutes, height - 1, height + 1, where=fires, color=COLOURS[1])
        axes.text(-28, height, name, va="center", fontsize=8)
    axes.axvspan(0, length, color="#eeeeee", zorder=0)
    axes.set(xlabel="minutes since the outage began", ylabel="burn rate", ylim=(-8, 36))
    axes.legend(frameon=False, fontsize=8)
    plain(axes)
    return figure


def two_instances(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return latencies of a busy fast instance and of a slow one with little traffic."""
    rng = np.random.default_rng(seed)
    return np.exp(rng.normal(-3.6, 0.6, 9_000)), np.exp(rng.normal(-1.9, 0.6, 600))


def buckets() -> Figure:
    """Draw the p95 that histograms with different bounds show of latencies around the promise."""
    figure = Figure(figsize=(7.2, 3.0))
    axes = figure.subplots()
    noise = np.random.default_rng(0).normal(0, 0.4, 20_000)
    medians = np.geomspace(0.02, 0.4, 60)
    true = [np.quantile(m * np.exp(noise), 0.95) for m in medians]
    layouts = {"the client's own bounds": DEFAULT_BUCKETS, "the project's": LATENCY_BUCKETS}
    for (name, bounds), colour in zip(layouts.items(), (COLOURS[1], COLOURS[0]), strict=True):
        shown = [read_off(m * np.exp(noise), bounds, 0.95) for m in medians]
        wrong = (np.array(shown) / np.array(true) - 1) * 100
        axes.plot(np.array(true) * 1000, wrong, color=colour, label=name)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.axvline(OBJECTIVE * 1000, color="black", linewidth=0.8, linestyle=":")
    axes.set(xscale="log", xlabel="true p95, ms", ylabel="error of the shown p95, %")
    axes.set_xticks([40, 60, 100, 150, 250, 500], ["40", "60", "100", "150", "250", "500"])
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=8)
    plain(axes)
    return figure


MACHINES = {
    "one worker, one by one": Machine(),
    "one worker, batches of 16": Machine(batch=16),
    "the same, waiting 20 ms for company": Machine(batch=16, wait=0.02),
    "batches of 16, features in 0.3 ms": Machine(batch=16, features=0.0003),
    "two workers, batches of 16": Machine(batch=16, workers=2),
}


def draw(folder: Path) -> list[Path]:
    """Write the pictures of the lesson into `folder` and return their paths."""
    drawn = {
        "omission": omission(),
        "knees": knees(MACHINES),
        "outage": outage(),
        "buckets": buckets(),
    }
    return save_all(drawn, folder)


if __name__ == "__main__":
    for path in draw(Path(__file__).parent / "pictures"):
        print(path)
