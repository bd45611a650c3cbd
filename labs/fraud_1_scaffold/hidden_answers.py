"""What hidden checks share: random worlds, refusals, and references that count by brute force."""

import random
from fractions import Fraction
from math import floor

from autograder.checks import ProbeFailed, Run

# Random bits that stand here alone: without them no world below can be made again.
WORLD = 0xE54231E08B5CA3A40E455E1D


def world(run: Run, what: str) -> random.Random:
    """Return a generator that nobody outside can make again."""
    return random.Random(f"{WORLD}-{what}-{run.parameters['seed']}")


def word(draw: random.Random, length: int = 9) -> str:
    """Return a made-up word of small letters."""
    return "".join(draw.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(length))


def refusal(run: Run, name: str, *args: object) -> tuple[str, str]:
    """Call what must raise; return the exception's name and its words, or "nothing"."""
    try:
        run.call(name, *args)
    except ProbeFailed as failure:
        if failure.status != "raised" or failure.ename == "NotImplementedError":
            raise
        return failure.ename, str(failure)
    return "nothing", ""


def money(amount: Fraction) -> str:
    """Return an amount as text, rounded to the cent, half a cent up (away from zero)."""
    cents = floor(abs(amount) * 100 + Fraction(1, 2))
    sign = "-" if amount < 0 and cents else ""
    return f"{sign}{cents // 100}.{cents % 100:02d}"


def bill_of(plan: list, prices: list) -> dict:
    """Return the estimate in exact fractions, one price row at a time."""
    lines, total = [], Fraction(0)
    for row in sorted(prices, key=lambda row: (row["kind"], row["unit"])):
        items = [i for i in plan if i["kind"] == row["kind"] and row["unit"] in i["use"]]
        if not items:
            continue
        used = sum(i["count"] * Fraction(i["use"][row["unit"]]) for i in items)
        cost = money(max(used - Fraction(row["free"]), Fraction(0)) * Fraction(row["price"]))
        lines.append({"kind": row["kind"], "unit": row["unit"], "cost": cost})
        total += Fraction(cost)
    return {"lines": lines, "total": money(total)}


def what_stays(inventory: list, target: dict) -> dict[str, str]:
    """Return why each of ours stays, asking the rules again until nothing changes."""
    ours = {
        r["id"]: r
        for r in inventory
        if all(r["tags"].get(tag) == target[tag] for tag in ("project", "environment"))
    }
    why = {}
    for name, row in ours.items():
        if row["tags"].get("protected", "no") not in ("no", ""):
            why[name] = "protected"
        elif row["tags"].get("owner") not in target["owners"]:
            why[name] = "owner"
    while True:
        staying = [r for r in inventory if r["id"] not in ours or r["id"] in why]
        more = {n for r in staying for n in r["needs"] if n in ours and n not in why}
        if not more:
            return why
        why |= dict.fromkeys(more, "needed")


def beneath(name: str, needs: dict[str, list[str]]) -> set[str]:
    """Return all that a resource needs, directly or through others."""
    found: set[str] = set()
    ways = [*needs.get(name, [])]
    while ways:
        one = ways.pop()
        if one not in found:
            found.add(one)
            ways += needs.get(one, [])
    return found
