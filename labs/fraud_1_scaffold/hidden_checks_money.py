"""The hidden checks of the estimate and of the budget guard."""

import random
from calendar import monthrange
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hidden_answers import bill_of, money, refusal, word, world
from template import PLAN, PRICES

from autograder.checks import Run, check, expect

UNITS = ("hour", "gb", "thousand_requests")


def price_list(draw: random.Random, kinds: list[str]) -> list[dict]:
    """Return a price for each kind and unit, with free units here and there."""
    return [
        {
            "kind": kind,
            "unit": unit,
            "price": f"0.{draw.randrange(1, 9_999):04d}",
            "free": draw.choice(("0", "0", "12.5", "750")),
        }
        for kind in kinds
        for unit in UNITS
    ]


@check(
    "budget",
    points=1,
    needs="adds_up_a_small_plan",
    feedback="Several items of one kind share its free units, and `use` is what one piece takes.",
)
def shares_the_free_units(run: Run) -> None:
    expect(run.call("estimate", PLAN, PRICES), "estimate(PLAN, PRICES)").to_equal(
        bill_of(PLAN, PRICES)
    )
    draw = world(run, "plan")
    kinds = [word(draw, 6) for _ in range(3)]
    prices = price_list(draw, kinds)
    plan = [
        {
            "name": f"item {number}",
            "kind": draw.choice(kinds),
            "count": draw.randint(1, 4),
            "use": {unit: f"{draw.randrange(9_000) / 8}" for unit in draw.sample(UNITS, 2)},
        }
        for number in range(12)
    ]
    args = [plan, prices]
    got, after = run.inspect("estimate", *args)
    expect(got, "estimate(twelve items)").to_equal(bill_of(plan, prices))
    expect(list(after), "the arguments afterwards").to_equal(args)
    none = {"lines": [], "total": "0.00"}
    expect(run.call("estimate", [], prices), "estimate(nothing)").to_equal(none)


@check(
    "budget",
    points=1,
    needs="adds_up_a_small_plan",
    feedback="Half a cent goes up, always; and the total is the sum of what the table shows.",
)
def rounds_as_accountants_do(run: Run) -> None:
    for used, price, cost in (
        ("1", "0.125", "0.13"),
        ("1", "0.135", "0.14"),
        ("1", "2.675", "2.68"),
        ("3", "0.335", "1.01"),
        ("1000000", "1234567.89", "1234567890000.00"),
        ("0", "5", "0.00"),
    ):
        prices = [{"kind": "a", "unit": "gb", "price": price, "free": "0"}]
        plan = [{"name": "x", "kind": "a", "count": 1, "use": {"gb": used}}]
        got = expect(run.call("estimate", plan, prices), f"estimate({used} at {price})")
        got.at("lines", 0, "cost").to_equal(cost)
    # Three lines of 0.333 are three times 0.33, not 1.00.
    prices = [{"kind": k, "unit": "gb", "price": "0.333", "free": "0"} for k in "abc"]
    plan = [{"name": k, "kind": k, "count": 1, "use": {"gb": "1"}} for k in "cab"]
    got = expect(run.call("estimate", plan, prices), "estimate(three lines of 0.333)")
    got.at("total").to_equal("0.99")


@check(
    "budget",
    points=1,
    needs="adds_up_a_small_plan",
    feedback="A kind, or a unit of a known kind, that is missing from the price list is not free.",
)
def refuses_what_has_no_price(run: Run) -> None:
    draw = world(run, "no price")
    kind, name = word(draw), word(draw)
    known = {"name": "raw", "kind": "bucket", "count": 1, "use": {"gb": "1"}}
    for strange in (
        {"name": name, "kind": kind, "count": 1, "use": {"hour": "1"}},
        {"name": name, "kind": "bucket", "count": 1, "use": {"hour": "1"}},
        {"name": name, "kind": kind, "count": 1, "use": {"gb": "0"}},
    ):
        raised, words = refusal(run, "estimate", [known, strange], PRICES)
        expect(raised, "what estimate raises for what has no price").to_equal("PricingError")
        for text in (name, strange["kind"], next(iter(strange["use"]))):
            expect(words, "its message").to_contain(text)


def watched(costs: list, today: str, budget: str) -> dict:
    """Return what the guard must say, in fractions, a day at a time."""
    year, month, day = map(int, today.split("-"))
    daily = [Fraction(0)] * 32
    for row in costs:
        if row["date"][:7] == today[:7]:
            daily[int(row["date"][8:])] += Fraction(row["amount"])
    spent, limit, forecast = sum(daily[: day + 1]), Fraction(budget), None
    if day > 1:
        forecast = money(sum(daily[:day]) * monthrange(year, month)[1] / (day - 1))
    if spent >= limit:
        level = "stop"
    elif spent >= limit * Fraction(4, 5) or (forecast and Fraction(forecast) > limit):
        level = "warn"
    else:
        level = "ok"
    return {"spent": money(spent), "forecast": forecast, "level": level}


def settled(costs: list, today: str) -> bool:
    """Tell whether the forecast is the same whether one multiplies or divides first."""
    year, month, day = map(int, today.split("-"))
    days = monthrange(year, month)[1]
    past = [row for row in costs if today[:8] + "01" <= row["date"] < today]
    total = sum((Decimal(row["amount"]) for row in past), Decimal(0))
    ways = (total / (day - 1) * days, total * days / (day - 1), total * (Decimal(days) / (day - 1)))
    return len({way.quantize(Decimal("0.01"), ROUND_HALF_UP) for way in ways}) == 1


@check(
    "budget",
    points=1,
    needs="forecasts_from_complete_days",
    feedback="Months of 28 to 31 days, days on which nothing was charged, two charges on a day, "
    "credits, and charges of last month or of tomorrow.",
)
def reads_the_calendar(run: Run) -> None:
    draw = world(run, "bill")
    for today in ("2026-02-17", "2028-02-29", "2026-12-31", "2026-04-02", "2026-03-20"):
        costs: list = []
        while not costs or not settled(costs, today):
            costs = [
                {
                    "date": f"{today[:5]}{month:02d}-{draw.randint(1, 28):02d}",
                    "amount": f"{draw.randint(-300, 5_000) / 100:.2f}",
                }
                for month in (max(1, int(today[5:7]) - 1), int(today[5:7]))
                for _ in range(14)
            ]
            # One of the same month in another year, and one of the first day.
            costs.append({"date": f"2025-{today[5:7]}-05", "amount": "99.00"})
            costs.append({"date": f"{today[:8]}01", "amount": "0.07"})
            draw.shuffle(costs)
        got = expect(run.call("guard", costs, today, "400.00"), f"guard(…, {today!r})")
        got.to_equal(watched(costs, today, "400.00"))


@check(
    "budget",
    points=1,
    needs="forecasts_from_complete_days",
    feedback="The first of a month has no complete day; 80 % of the budget and the budget itself "
    "belong to the higher level, a forecast that just meets the budget does not.",
)
def warns_in_time(run: Run) -> None:
    def charged(*amounts: str) -> list:
        return [{"date": f"2026-04-{d:02d}", "amount": a} for d, a in enumerate(amounts, start=1)]

    for costs, today, budget in (
        (charged("10.00"), "2026-04-01", "100.00"),
        (charged("79.99"), "2026-04-01", "100.00"),
        (charged("80.00"), "2026-04-01", "100.00"),
        (charged("100.00"), "2026-04-01", "100.00"),
        ([], "2026-04-01", "100.00"),
        ([], "2026-04-15", "100.00"),
        (charged("10.00", "0.00"), "2026-04-02", "300.00"),
        (charged("10.00", "0.00"), "2026-04-02", "299.99"),
        (charged("0.00", "290.00"), "2026-04-02", "300.00"),
        (charged("-5.00"), "2026-04-02", "100.00"),
        ([], "2026-04-02", "0.00"),
    ):
        got = run.call("guard", costs, today, budget)
        what = f"guard({[row['amount'] for row in costs]}, {today!r}, {budget!r})"
        expect(got, what).to_equal(watched(costs, today, budget))
