"""Say what a Matplotlib figure shows, as plain data that can be compared."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.dates import num2date
from matplotlib.figure import Figure


def described(figure: Figure) -> list[dict[str, Any]]:
    """List the panels of `figure` whose horizontal axis is time.

    A panel has `ylabel`, `lines` (label -> {"x": times, "y": values}), `shaded` (sorted pairs of
    times) and `marks` (sorted times of the vertical lines). Times are UTC, to the second.
    """
    return [_panel(axes) for axes in figure.axes]


def _panel(axes: Axes) -> dict[str, Any]:
    lines, marks = {}, []
    for line in axes.get_lines():
        x = np.asarray(line.get_xdata(orig=False), dtype=float)
        if x.size == 2 and x[0] == x[1]:
            marks.append(_time(x[0]))
        else:
            y = np.ma.filled(np.ma.asarray(line.get_ydata(orig=False), dtype=float), np.nan)
            lines[str(line.get_label())] = {"x": [_time(value) for value in x], "y": y}
    shaded = [
        _span(patch.get_patch_transform().transform(patch.get_path().vertices))
        for patch in axes.patches
    ]
    for collection in axes.collections:
        paths = [np.asarray(path.vertices) for path in collection.get_paths()]
        if isinstance(collection, PolyCollection):
            shaded += [_span(path) for path in paths]
        elif isinstance(collection, LineCollection):
            marks += [_time(path[0, 0]) for path in paths if path[0, 0] == path[-1, 0]]
    return {
        "ylabel": axes.get_ylabel(),
        "lines": lines,
        "shaded": sorted(shaded),
        "marks": sorted(marks),
    }


def _span(vertices: np.ndarray) -> tuple[pd.Timestamp, pd.Timestamp]:
    return _time(vertices[:, 0].min()), _time(vertices[:, 0].max())


def _time(days: float) -> pd.Timestamp:
    return pd.Timestamp(num2date(days)).tz_convert("UTC").round("s")
