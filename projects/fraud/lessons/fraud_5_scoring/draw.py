"""Draw the lesson's pictures: python -m projects.fraud.lessons.fraud_5_scoring.draw."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from projects.fraud.lessons.fraud_5_scoring.crashing import WAYS, killed_everywhere
from projects.fraud.lessons.fraud_5_scoring.waiting import arrivals, batched, p95, tail
from projects.fraud.pictures import COLOURS, plain, save_all

OBJECTIVE = 0.15
BUSY = 178
SETTINGS = {
    "one by one": (1, 0.0),
    "at most 8": (8, 0.0),
    "at most 32": (32, 0.0),
    "at most 32, waiting 0.1 s": (32, 0.1),
    "at most 32, waiting 0.3 s": (32, 0.3),
}


def crashes() -> Figure:
    """Draw for four loops what a kill at each operation does to sixty payments."""
    figure = Figure(figsize=(7.2, 4.2))
    grid = figure.subplots(2, 2, sharex=True, sharey=True)
    for axes, way in zip(grid.flat, WAYS, strict=True):
        found = killed_everywhere(way)
        operations = [one["operation"] for one in found]
        for what, colour in (("changed", COLOURS[5]), ("lost", COLOURS[1]), ("twice", COLOURS[4])):
            counts = [one[what] for one in found]
            name = "other scores" if what == "changed" else what
            axes.step(operations, counts, where="mid", color=colour, label=name)
        axes.set_title(way, fontsize=9)
        plain(axes)
    for axes in grid[1]:
        axes.set_xlabel("killed at operation")
    for axes in grid[:, 0]:
        axes.set_ylabel("payments")
    grid[0, 0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    return figure


def batches() -> Figure:
    """Draw p95 over the rate for several ways to batch."""
    figure = Figure(figsize=(5.4, 3.4))
    axes = figure.subplots()
    for (name, (size, wait)), colour in zip(SETTINGS.items(), COLOURS, strict=False):
        rates: list[int] = []
        found: list[float] = []
        for rate in range(20, 640, 20):
            rates.append(rate)
            found.append(1000 * tail(rate, size, wait, seconds=12, warmup=3))
            if found[-1] > 1000:
                break
        axes.plot(rates, found, color=colour, label=name)
    axes.axhline(1000 * OBJECTIVE, color="black", linewidth=0.8, linestyle=":")
    axes.set(yscale="log", xlabel="payments a second", ylabel="p95, ms", ylim=(4, 1000))
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    plain(axes)
    return figure


def latencies() -> Figure:
    """Draw latencies just below saturation, and three figures that are called their p95."""
    due = arrivals(BUSY, 20)
    taken, done = batched(due, 1, 0.0)
    kept = due >= 4
    late = (done - due)[kept]
    told = {
        "service time alone": p95((done - taken)[kept]),
        "mean + 1.645 sigma": float(late.mean() + 1.645 * late.std()),
        "p95 from the due time": p95(late),
    }
    figure = Figure(figsize=(5.4, 3.0))
    axes = figure.subplots()
    share = np.arange(1, len(late) + 1) / len(late)
    axes.step(1000 * np.sort(late), share, color=COLOURS[0], where="post")
    for (name, value), colour in zip(told.items(), COLOURS[1:], strict=False):
        axes.axvline(1000 * value, color=colour, label=f"{name}: {1000 * value:.1f} ms")
    axes.axhline(0.95, color="black", linewidth=0.8, linestyle=":")
    axes.set(xlabel="latency, ms", ylabel="share of payments")
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    plain(axes)
    return figure


def draw(folder: Path) -> list[Path]:
    """Write the pictures of the lesson into `folder` and return their paths."""
    drawn = {"crashes": crashes(), "batches": batches(), "latencies": latencies()}
    return save_all(drawn, folder)


if __name__ == "__main__":
    for path in draw(Path(__file__).parent / "pictures"):
        print(path)
