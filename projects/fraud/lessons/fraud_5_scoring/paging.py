"""Page through alerts while new ones come in, by counting rows and by remembering a place."""

import random

Alert = tuple[float, int]
ALERTS, PAGE = 400, 20


def walked(by_place: bool, news: int, seed: int = 0) -> dict[str, int]:
    """Walk through all pages while `news` alerts come in between two; count what went wrong."""
    made = random.Random(seed)
    # Scores of three decimals: some are equal, and the number tells them apart.
    alerts: list[Alert] = [(-round(made.random(), 3), number) for number in range(ALERTS)]
    there = set(alerts)
    shown: list[Alert] = []
    last: Alert = (-2.0, 0)
    while True:
        alerts.sort()
        begin = sum(alert <= last for alert in alerts) if by_place else len(shown)
        page = alerts[begin : begin + PAGE]
        if not page:
            break
        shown += page
        last = page[-1]
        if len(shown) < ALERTS:
            alerts += [(-round(made.random(), 3), len(alerts) + n) for n in range(news)]
    return {
        "shown twice": len(shown) - len(set(shown)),
        "never shown": len(there - set(shown)),
    }


def left_while_working(by_place: bool, closed: int, seed: int = 0) -> int:
    """Close `closed` alerts of each page as they are worked through; return how many are missed."""
    made = random.Random(seed)
    alerts: list[Alert] = [(-round(made.random(), 3), number) for number in range(ALERTS)]
    everything = set(alerts)
    shown: set[Alert] = set()
    last: Alert = (-2.0, 0)
    row = 0
    while True:
        alerts.sort()
        begin = sum(alert <= last for alert in alerts) if by_place else row
        page = alerts[begin : begin + PAGE]
        if not page:
            return len(everything - shown)
        shown |= set(page)
        last, row = page[-1], row + PAGE
        for alert in page[:closed]:
            alerts.remove(alert)
