"""Draw the lesson's pictures: python -m projects.fraud.lessons.fraud_1_scaffold.draw."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from projects.fraud.lessons.fraud_1_scaffold import examples
from projects.fraud.pictures import COLOURS, save_all

_PLACES = {
    "network": (0, 1.5),
    "subnet a": (1, 2.4),
    "subnet b": (1, 0.9),
    "database": (2, 2.4),
    "brokers": (2, 0.9),
    "scorer": (3, 1.6),
    "dashboard": (4, 1.6),
    "bucket": (2, 0.0),
    "fraud-ring study": (3.4, 0.0),
}
_FATES = {
    "goes": COLOURS[1],
    "protected": COLOURS[0],
    "needed": COLOURS[5],
    "not ours": "#999999",
}


def entropies() -> Figure:
    """Draw how many bits a character keys, hashes and names have."""
    figure = Figure(figsize=(7.2, 2.8))
    axes = figure.subplots()
    names = [
        "terminal_windows_of_seven_days",
        "average_precision_of_the_week",
        "projects/fraud/shipping/prices",
        "TRANSACTION_ID_CUSTOMER_ID_ROWS",
        "kubernetes-horizontal-autoscaler",
        "expected_calibration_error_bins",
        "test_stream_equals_batch_features",
        "card_precision_of_the_best_hundred",
    ]
    groups = {
        "names in code": names,
        "hashes, 64 hexadecimal digits": examples.random_texts(examples.DIGITS, 64, 150, 1),
        "keys, 40 of base64": examples.random_texts(examples.BASE64, 40, 150, 2),
        "keys, 24 of base64": examples.random_texts(examples.BASE64, 24, 150, 3),
    }
    rng = np.random.default_rng(0)
    for row, texts in enumerate(groups.values()):
        bits = [examples.bits_a_character(text) for text in texts]
        axes.scatter(bits, row + rng.uniform(-0.28, 0.28, len(bits)), s=6, color=COLOURS[row])
    axes.axvline(4, color="black", linewidth=1)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.set_xlabel("entropy, bits a character; the line is the rule's 4")
    return figure


def month_of_bills() -> Figure:
    """Draw a month in which a cluster is forgotten: spent, forecast, and when a rule would warn."""
    figure = Figure(figsize=(7.2, 3.2))
    axes = figure.subplots()
    daily, budget = examples.month(5, forgotten_from=8), 900.0
    days = np.arange(1, examples.DAYS + 1)
    before = np.concatenate([[0.0], np.cumsum(daily)[:-1]])
    axes.plot(days, before, color="black", label="spent")
    axes.plot(days, examples.forecasts(daily), color=COLOURS[0], label="forecast, complete days")
    today = examples.forecasts(daily, with_today=True)
    axes.plot(
        days, today, color=COLOURS[1], linestyle=":", label="forecast, today counted as a day"
    )
    axes.axhline(budget, color="#999999", linewidth=1)
    for rule, colour in (("forecast", COLOURS[0]), ("share", COLOURS[2]), ("spent", "black")):
        day = examples.first_warning(daily, budget, rule)
        if day:
            axes.axvline(day, color=colour, linewidth=1, linestyle="--")
            axes.text(day + 0.2, 2_150, rule, color=colour)
    axes.set(xlabel="morning of the month", ylabel="euros", ylim=(0, 2_300), xlim=(1, 30))
    axes.legend(loc="upper left", fontsize=8, bbox_to_anchor=(0, 0.9))
    return figure


def estate() -> Figure:
    """Draw what needs what, and what a teardown does with it."""
    figure = Figure(figsize=(7.2, 3.2))
    axes = figure.subplots()
    fates = examples.fates()
    for part in examples.ESTATE:
        x, y = _PLACES[part.name]
        for needed in part.needs:
            to_x, to_y = _PLACES[needed]
            arrow = {"arrowstyle": "->", "color": "#666666", "shrinkA": 22, "shrinkB": 26}
            axes.annotate("", (to_x, to_y), (x, y), arrowprops=arrow)
        box = {"boxstyle": "round", "facecolor": _FATES[fates[part.name]], "edgecolor": "white"}
        axes.text(x, y, part.name, ha="center", va="center", color="white", fontsize=9, bbox=box)
    for place, (fate, colour) in enumerate(_FATES.items()):
        axes.text(place * 1.1, 3.1, fate, color=colour, fontweight="bold", fontsize=9)
    axes.set(xlim=(-0.5, 4.5), ylim=(-0.4, 3.4))
    axes.set_axis_off()
    return figure


def lock_alarms() -> Figure:
    """Draw how many lines of this repository's lock files each rule of entropy cries at."""
    figure = Figure(figsize=(7.2, 2.2))
    axes = figure.subplots()
    lines = examples.lock_lines()
    bits = np.arange(3.0, 5.01, 0.1)
    for mixed, name, colour in (
        (False, "entropy alone", COLOURS[1]),
        (True, "and small, capital, digit", COLOURS[0]),
    ):
        counts = [examples.alarms(lines, least, mixed=mixed) for least in bits]
        axes.plot(bits, counts, color=colour, label=name)
    axes.set(xlabel="least entropy, bits a character", ylabel="lines cried at")
    axes.legend()
    return figure


def draw(folder: Path) -> list[Path]:
    """Write the pictures of the lesson into `folder` and return their paths."""
    drawn = {
        "entropies": entropies(),
        "lock_alarms": lock_alarms(),
        "month": month_of_bills(),
        "estate": estate(),
    }
    return save_all(drawn, folder)


if __name__ == "__main__":
    for path in draw(Path(__file__).parent / "pictures"):
        print(path)
