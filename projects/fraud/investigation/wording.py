"""Put a reason into words that an analyst reads: what was seen, not how a column is called."""

import re

_WINDOW = re.compile(
    r"(?P<whose>CUSTOMER_ID|TERMINAL_ID)_(?P<what>NB_TX|AVG_AMOUNT|RISK)_(?P<days>\d+)DAY_WINDOW"
)


def in_words(feature: str, value: float) -> str:
    """Return one sentence for a feature's value; an unknown feature is shown by its own name."""
    if feature == "TX_AMOUNT":
        return f"The amount is {_euros(value)}"
    if feature == "TX_DURING_WEEKEND":
        return "It was paid on a weekend" if value else "It was paid on a working day"
    if feature == "TX_DURING_NIGHT":
        return "It was paid at night" if value else "It was paid by day"
    found = _WINDOW.fullmatch(feature)
    words = _of_window(found["whose"], found["what"], int(found["days"]), value) if found else ""
    return words or f"{feature} is {value:.4g}"


def _of_window(whose: str, what: str, days: int, value: float) -> str:
    last = "day" if days == 1 else f"{days} days"
    match whose, what:
        case "CUSTOMER_ID", "NB_TX":
            return f"The card paid {_times(value)} in the last {last}, this payment included"
        case "CUSTOMER_ID", "AVG_AMOUNT":
            return f"The card's mean amount over the last {last} is {_euros(value)}"
        case "TERMINAL_ID", "NB_TX":
            return f"The terminal took {value:,.0f} payments in the {last} whose labels are known"
        case "TERMINAL_ID", "RISK":
            return (
                f"{value:.1%} of the terminal's payments were frauds in the {last} "
                "whose labels are known"
            )
        case _:
            return ""


def _euros(value: float) -> str:
    return f"{value:,.2f} euros"


def _times(value: float) -> str:
    return "once" if value == 1 else f"{value:,.0f} times"
