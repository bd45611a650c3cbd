"""Draw a panel as inline SVG."""

import io
import re
from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from infra.monitoring.dashboards.model import Panel, Unit
from infra.monitoring.dashboards.prometheus_query import Series, Span

# Okabe and Ito's colours, which those who see fewer colours can tell apart.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MOST_LINES = 12
_INCHES = (5.6, 2.5)


def draw(panel: Panel, found: Sequence[Series], span: Span, place: str) -> str:
    """Return an `svg` element of the lines; `place` makes its ids its own on a page."""
    shown = sorted(found, key=lambda one: one.name)[:_MOST_LINES]
    figure = Figure(figsize=_INCHES, layout="constrained")
    axes = figure.add_subplot()
    for number, one in enumerate(shown):
        axes.plot(
            _moments(one.times),
            one.values,
            color=_COLOURS[number % len(_COLOURS)],
            linestyle=("-", "--")[number // len(_COLOURS) % 2],
            linewidth=1.4,
            label=one.name,
        )
    if panel.bound is not None:
        axes.axhline(panel.bound, color="#B00020", linewidth=1, linestyle=":")
    axes.set_xlim(*_moments(np.array([span.begin.timestamp(), span.end.timestamp()])))
    tops = [float(np.nanmax(one.values)) for one in shown if np.isfinite(one.values).any()]
    axes.set_ylim(0, (max([*tops, panel.bound or 0.0]) or 1.0) * 1.1)
    places = AutoDateLocator(maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(places)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(places))  # type: ignore[no-untyped-call]
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: in_words(value, panel.unit)))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.tick_params(labelsize=8, length=2)
    if len(shown) > 1 or (shown and shown[0].name):
        axes.legend(fontsize=7, frameon=False, loc="upper left", ncols=2)
    return _svg(figure, place)


def in_words(value: float, unit: Unit) -> str:
    """Return a value with its unit, as short as can be read."""
    if not np.isfinite(value):
        return "-"
    match unit:
        case Unit.SHARE:
            share = value * 100
            return f"{share:,.0f} %" if abs(share) >= 1000 else f"{share:.3g} %"
        case Unit.SECONDS:
            return f"{value * 1000:.3g} ms" if 0 < abs(value) < 1 else f"{value:.3g} s"
        case Unit.PER_SECOND:
            return f"{value:.3g}/s"
        case Unit.NONE:
            return f"{value:.4g}"


def _moments(seconds: NDArray[np.float64]) -> NDArray[np.datetime64]:
    return (seconds * 1000).astype("datetime64[ms]")


def _svg(figure: Figure, place: str) -> str:
    written = io.StringIO()
    # Text stays text, so that a page can be searched; ids are the same at every writing.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": place, "font.family": "sans-serif"}):
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(written, format="svg", metadata=nothing)
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # One page holds many drawings, and matplotlib numbers each one's parts alike.
    text = re.sub(r'\bid="([^"]+)"', rf'id="{place}-\1"', text)
    text = re.sub(r'(xlink:href="|url\()#', rf"\1#{place}-", text)
    # The page's own style says how large a drawing is.
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    return re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
