"""Draw the pictures of the fraud lessons and reports from figures computed elsewhere."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve, roc_curve

from projects.fraud.splitting import SplitConfig

# Told apart by people who do not see red and green as others do (Okabe and Ito, 2008).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def save(figure: Figure, path: Path) -> Path:
    """Write `figure` as an SVG whose bytes depend on nothing but what is drawn."""
    with mpl.rc_context({"svg.hashsalt": "fraud", "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", metadata={"Date": None}, bbox_inches="tight")
    return path


def save_all(drawn: Mapping[str, Figure], folder: Path) -> list[Path]:
    """Write each figure into `folder` as NAME.svg, and return the paths."""
    folder.mkdir(exist_ok=True)
    return [save(figure, folder / f"{name}.svg") for name, figure in drawn.items()]


def timeline(config: SplitConfig) -> Figure:
    """Draw the training, delay and test periods of a split, with the rehearsal's above them."""
    figure = Figure(figsize=(7.2, 1.7))
    axes = figure.subplots()
    length = config.test_start - config.start_day
    for row, start in enumerate((config.start_day, config.start_day - length)):
        parts = (
            (start, config.train_days, "train", COLOURS[0]),
            (start + config.train_days, config.delay_days, "no labels yet", "#cccccc"),
            (start + length, config.test_days, "test" if row == 0 else "choose", COLOURS[1]),
        )
        for left, width, name, colour in parts:
            axes.barh(row, width, left=left, color=colour, edgecolor="white")
            axes.text(
                left + width / 2,
                row,
                name,
                ha="center",
                va="center",
                color="black" if colour == "#cccccc" else "white",
                fontsize=9,
            )
    axes.set_yticks([0, 1], ["the exam", "the rehearsal"])
    axes.set_xlabel("day")
    plain(axes)
    return figure


def two_curves(labels: np.ndarray, scores: Mapping[str, np.ndarray]) -> Figure:
    """Draw ROC and precision-recall curves of the same scores side by side."""
    figure = Figure(figsize=(7.2, 3.2))
    left, right = figure.subplots(1, 2)
    for (name, values), colour in zip(scores.items(), COLOURS, strict=False):
        false_alarms, found, _ = roc_curve(labels, values)
        precision, recall, _ = precision_recall_curve(labels, values)
        # A few hundred points draw the same line as tens of thousands, in a hundredth of the file.
        left.plot(*_thinned(false_alarms, found), color=colour, label=name)
        right.step(*_thinned(recall, precision), where="post", color=colour, label=name)
    left.set(xlabel="share of genuine payments alerted", ylabel="share of frauds found")
    left.set_title("ROC", fontsize=10)
    right.set(xlabel="recall", ylabel="precision", ylim=(0, 1.02))
    right.set_title("precision and recall", fontsize=10)
    right.legend(frameon=False, fontsize=8)
    plain(left)
    plain(right)
    figure.tight_layout()
    return figure


def by_day(series: Mapping[str, pd.Series], possible: pd.Series, k: int) -> Figure:
    """Draw card precision@k day by day, and the best that anyone could have reached."""
    figure = Figure(figsize=(7.2, 2.8))
    axes = figure.subplots()
    axes.step(possible.index, possible, where="mid", color="#999999", label="perfect")
    for (name, values), colour in zip(series.items(), COLOURS, strict=False):
        axes.plot(values.index, values, marker="o", markersize=4, color=colour, label=name)
    axes.set(xlabel="day of the test", ylabel=f"card precision@{k}", ylim=(0, None))
    axes.legend(frameon=False, fontsize=8)
    plain(axes)
    return figure


def reliability(labels: np.ndarray, scores: Mapping[str, np.ndarray]) -> Figure:
    """Draw observed against predicted share of fraud, on logarithmic axes.

    Each bin holds half as many payments as the one below it, for the frauds are at the top.
    """
    figure = Figure(figsize=(4.6, 3.4))
    axes = figure.subplots()
    lowest = 5e-4
    axes.plot([lowest, 1], [lowest, 1], color="#999999", linewidth=1, label="says what it means")
    cuts = (len(labels) * (1 - 0.5 ** np.arange(1, 10))).astype(int)
    for (name, values), colour in zip(scores.items(), COLOURS, strict=False):
        parts = np.split(np.argsort(values, kind="stable"), cuts)
        predicted = [max(values[part].mean(), lowest) for part in parts]
        observed = [max(labels[part].mean(), lowest) for part in parts]
        axes.plot(predicted, observed, marker="o", markersize=4, color=colour, label=name)
    axes.set(xscale="log", yscale="log", xlabel="predicted", ylabel="observed")
    axes.legend(frameon=False, fontsize=8)
    plain(axes)
    return figure


def costs(thresholds: np.ndarray, cost: Mapping[str, np.ndarray], chosen: float) -> Figure:
    """Draw total cost over the threshold, one line a week, and the threshold that was chosen."""
    figure = Figure(figsize=(7.2, 2.8))
    axes = figure.subplots()
    for (name, values), colour in zip(cost.items(), COLOURS, strict=False):
        axes.plot(thresholds, values, color=colour, label=name)
    axes.axvline(chosen, color="#999999", linestyle="--", label=f"chosen: {chosen:.2f}")
    axes.axvline(0.5, color="#999999", linestyle=":", label="0.5, out of habit")
    axes.set(xscale="log", xlabel="threshold", ylabel="cost of the week in euros", ylim=(0, None))
    axes.legend(frameon=False, fontsize=8)
    plain(axes)
    return figure


def _thinned(x: np.ndarray, y: np.ndarray, points: int = 300) -> tuple[np.ndarray, np.ndarray]:
    keep = np.unique(np.linspace(0, len(x) - 1, points).astype(int))
    # Points close in position may be far apart on the page: keep every visible move as well.
    moved = np.flatnonzero(np.abs(np.diff(np.round(x, 2), prepend=-1)) > 0)
    keep = np.union1d(keep, moved)
    return np.round(x[keep], 4), np.round(y[keep], 4)


def plain(axes: Axes) -> None:
    """Take away the lines above and to the right of what is drawn."""
    axes.spines[["top", "right"]].set_visible(False)
