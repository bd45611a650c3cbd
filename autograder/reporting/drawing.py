"""Draw the report's pictures as SVG; colours come from the page, so they follow its theme."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from autograder.checks.verdict import Verdict
from autograder.reporting.timing import Bar

_WIDTH, _HEIGHT = 640, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 36, 8, 18, 34


def draw_histogram(counts: Sequence[int], max_score: float) -> Markup:
    """Draw how many submissions earned how many points; the last bar is full marks."""
    plot_width, plot_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    tallest = max(*counts, 1)
    step = plot_width / len(counts)
    base = _TOP + plot_height
    parts = []
    for place, count in enumerate(counts):
        height = plot_height * count / tallest
        x, last = _LEFT + place * step, place == len(counts) - 1
        label = _points(max_score * place / (len(counts) - 1))
        parts.append(
            f'<rect x="{x + 2:.1f}" y="{base - height:.1f}" width="{step - 4:.1f}" '
            f'height="{height:.1f}" rx="2" class="bar{" full" if last else ""}">'
            f"<title>{_range(place, len(counts), max_score)}: {count}</title></rect>"
        )
        middle = x + step / 2
        if count:
            parts.append(f'<text x="{middle:.1f}" y="{base - height - 4:.1f}">{count}</text>')
        parts.append(f'<text x="{middle:.1f}" y="{base + 14}">{label}</text>')
    parts.append(
        f'<line x1="{_LEFT}" y1="{base}" x2="{_WIDTH - _RIGHT}" y2="{base}" class="axis"/>'
        f'<text x="{_LEFT + plot_width / 2:.1f}" y="{_HEIGHT - 4}" class="name">'
        "points, from this many on</text>"
    )
    return _picture("".join(parts), _HEIGHT, "How many submissions earned how many points")


def draw_bars(bars: Sequence[Bar], name: str, title: str) -> Markup:
    """Draw a bar each, labelled beneath as far as the labels fit."""
    plot_width, plot_height, base = _WIDTH - _LEFT - _RIGHT, 96, 114
    tallest, step = max(1, *(bar.count for bar in bars)), plot_width / max(1, len(bars))
    every = -(-len(bars) * 52 // plot_width)
    parts = []
    for place, bar in enumerate(bars):
        x, height = _LEFT + place * step, plot_height * bar.count / tallest
        label = Markup.escape(bar.label)
        parts.append(
            f'<rect x="{x + 1:.1f}" y="{base - height:.1f}" width="{max(1, step - 2):.1f}" '
            f'height="{height:.1f}" rx="2" class="bar">'
            f"<title>{label}: {bar.count}</title></rect>"
        )
        if bar.late:
            parts.append(
                f'<rect x="{x + 1:.1f}" y="{base - height:.1f}" width="{max(1, step - 2):.1f}" '
                f'height="{plot_height * bar.late / tallest:.1f}" rx="2" class="late">'
                f"<title>{label}: {bar.late} late</title></rect>"
            )
        middle = x + step / 2
        if bar.count and step > 14:
            parts.append(f'<text x="{middle:.1f}" y="{base - height - 4:.1f}">{bar.count}</text>')
        if place % every == 0:
            parts.append(f'<text x="{middle:.1f}" y="{base + 14}">{label}</text>')
    parts.append(
        f'<line x1="{_LEFT}" y1="{base}" x2="{_WIDTH - _RIGHT}" y2="{base}" class="axis"/>'
        f'<text x="{_LEFT + plot_width / 2:.1f}" y="{base + 32}" class="name">'
        f"{Markup.escape(name)}</text>"
    )
    return _picture("".join(parts), base + 38, title)


def draw_verdicts(rows: Mapping[str, Mapping[Verdict, int]]) -> Markup:
    """Draw one bar a row, cut by verdict; the length of a part is its share of submissions."""
    height, label = 24, 170
    parts = []
    for place, (name, verdicts) in enumerate(rows.items()):
        total = sum(verdicts.values()) or 1
        x, y = float(label), place * height
        parts.append(
            f'<text x="{label - 8}" y="{y + 15}" class="row">{Markup.escape(_short(name))}</text>'
        )
        for verdict, count in verdicts.items():
            width = (_WIDTH - label - _RIGHT) * count / total
            if count:
                parts.append(
                    f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{height - 6}" '
                    f'class="{verdict.value}"><title>{verdict.value.replace("_", " ")}: {count}'
                    "</title></rect>"
                )
                if width > 22:
                    parts.append(
                        f'<text x="{x + width / 2:.1f}" y="{y + 16}" class="inside">{count}</text>'
                    )
            x += width
    return _picture("".join(parts), max(1, len(rows)) * height, "Verdicts by row")


def _picture(content: str, height: int, title: str) -> Markup:
    return Markup(
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{title}">{content}</svg>'
    )


def _range(place: int, bins: int, max_score: float) -> str:
    if place == bins - 1:
        return "full marks"
    low, high = (max_score * edge / (bins - 1) for edge in (place, place + 1))
    return f"{_points(low)} to below {_points(high)}"


def _points(value: float) -> str:
    return f"{round(value, 1):g}"


def _short(name: str, most: int = 24) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
