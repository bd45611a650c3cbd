"""The hidden checks of the teardown."""

import random
from fractions import Fraction

from checks import expect_users_first
from hidden_answers import beneath, money, refusal, what_stays, word, world
from template import TARGET, resource

from autograder.checks import Run, check, expect


def estate(draw: random.Random, count: int = 40, *, tidy: bool = False) -> list[dict]:
    """Return an inventory in no order; unless tidy, of several teams and with doubtful tags."""
    rows: list[dict] = []
    for number in range(count):
        needs = draw.sample([row["id"] for row in rows], min(len(rows), draw.choice((0, 0, 1, 2))))
        cost = f"{draw.randint(0, 40)}.{draw.randint(0, 99):02d}"
        row = resource(f"{word(draw, 5)}-{number}", cost, (*needs, "long-gone"))
        change = 1.0 if tidy else draw.random()
        if change < 0.10:
            row["tags"]["project"] = draw.choice(("research", "fraud-study", ""))
        elif change < 0.20:
            row["tags"]["environment"] = draw.choice(("production", "test2", "Test"))
        elif change < 0.34:
            row["tags"]["protected"] = draw.choice(("yes", "true", "no", ""))
        elif change < 0.44:
            row["tags"]["owner"] = draw.choice(("", "gone", "ana ", "bo"))
        elif change < 0.50:
            del row["tags"][draw.choice(("project", "environment", "owner"))]
        rows.append(row)
    draw.shuffle(rows)
    return rows


def going(rows: list[dict]) -> set[str]:
    """Return what must be deleted."""
    stays = what_stays(rows, TARGET)
    return {
        row["id"]
        for row in rows
        if row["id"] not in stays
        and all(row["tags"].get(tag) == TARGET[tag] for tag in ("project", "environment"))
    }


@check(
    "teardown",
    points=1,
    needs="deletes_users_first",
    feedback="Names that look like ours, tags that are nearly right, protection in other words, "
    "and another team's service that stands on our network.",
)
def touches_nothing_of_others(run: Run) -> None:
    draw = world(run, "others")
    names = [f"fraud-test-{word(draw, 5)}" for _ in range(12)]
    rows = [
        resource(names[0], "1.00", project="research"),
        resource(names[1], "1.00", environment="production"),
        resource(names[2], "1.00", project="fraud-2"),
        resource(names[3], "1.00", project="Fraud"),
        resource(names[4], "1.00", environment="test-eu"),
        resource(names[5], "1.00", protected="true"),
        resource(names[6], "1.00", protected="No"),
        resource(names[7], "1.00", owner="Ana", protected="yes"),
        resource(names[8], "1.00", owner=""),
        resource(names[10], "1.00", owner="someone who left"),
        resource("network", "1.00"),
        resource("subnet", "1.00", ("network",)),
        resource(names[9], "1.00", ("subnet",), project="research", owner="platform"),
        resource("gone", "1.00", protected="no"),
        resource("gone-too", "1.00", protected="", owner="bo"),
    ]
    rows.append({"id": "bare", "monthly": "1.00", "needs": [], "tags": {}})
    args = [rows, TARGET]
    got, after = run.inspect("plan_teardown", *args)
    answer = expect(got, "plan_teardown(much that is not ours)")
    expect(sorted(answer.at("delete").to_be_a(list).value), "what goes").to_equal(
        ["gone", "gone-too"]
    )
    why = {names[5]: "protected", names[6]: "protected", names[7]: "protected"}
    why |= {names[8]: "owner", names[10]: "owner", "network": "needed", "subnet": "needed"}
    answer.at("keep").to_equal([{"id": name, "why": why[name]} for name in sorted(why)])
    expect(list(after), "the arguments afterwards").to_equal(args)


@check(
    "teardown",
    points=1,
    needs="deletes_users_first",
    feedback="Forty resources of several teams: is the right set deleted, each before what it "
    "needs, and in the same order when the inventory is shuffled?",
)
def manages_a_whole_estate(run: Run) -> None:
    draw = world(run, "estate")
    for _ in range(3):
        rows = estate(draw)
        got = expect(run.call("plan_teardown", rows, TARGET), "plan_teardown(forty)")
        order = got.at("delete").to_be_a(list).value
        expect(sorted(order), "what is deleted").to_equal(sorted(going(rows)))
        expect_users_first(order, {row["id"]: row["needs"] for row in rows}, "the order")
        why = what_stays(rows, TARGET)
        got.at("keep").to_equal([{"id": name, "why": why[name]} for name in sorted(why)])
        again = run.call("plan_teardown", rows[::-1], TARGET)
        expect(again, "plan_teardown(the same, reversed)").at("delete").to_equal(order)


@check(
    "teardown",
    points=1,
    needs="deletes_users_first",
    feedback="Orphans are of every team, 100 is more than 99, and what stays saves nothing.",
)
def counts_orphans_and_savings(run: Run) -> None:
    draw = world(run, "orphans")
    for _ in range(2):
        rows = estate(draw, 30)
        for row in draw.sample(rows, 8):
            row["tags"]["owner"], row["monthly"] = (
                "nobody",
                draw.choice(("9.50", "99.00", "100.00")),
            )
        lost = [row for row in rows if row["tags"].get("owner") not in TARGET["owners"]]
        lost.sort(key=lambda row: row["id"])
        lost.sort(key=lambda row: Fraction(row["monthly"]), reverse=True)
        got = expect(run.call("plan_teardown", rows, TARGET), "plan_teardown(thirty)")
        due = [{"id": row["id"], "monthly": row["monthly"]} for row in lost]
        got.at("orphans").to_equal(due)
        gone = going(rows)
        saved = sum((Fraction(row["monthly"]) for row in rows if row["id"] in gone), Fraction(0))
        got.at("saves").to_equal(money(saved))
    nothing = {"delete": [], "keep": [], "orphans": [], "saves": "0.00"}
    expect(run.call("plan_teardown", [], TARGET), "plan_teardown(nothing)").to_equal(nothing)


@check(
    "teardown",
    points=1,
    needs="deletes_users_first",
    feedback="Two security groups that name each other have no first one. Say which they are.",
)
def tells_of_circles(run: Run) -> None:
    draw = world(run, "circle")
    for length in (2, 4):
        names = [word(draw) for _ in range(length)]
        rows = [resource(name, "1.00", (names[place - 1],)) for place, name in enumerate(names)]
        rows += [resource("user", "1.00", (names[0],)), resource("alone", "1.00")]
        raised, words = refusal(run, "plan_teardown", rows, TARGET)
        expect(raised, f"what a circle of {length} raises").to_equal("TeardownError")
        for name in names:
            expect(words, "its message").to_contain(name)
    # What stays may go round in circles as it likes.
    rows = [
        resource("a", "1.00", ("b",), protected="yes"),
        resource("b", "1.00", ("a",)),
        resource("c", "1.00", ("a",)),
    ]
    got = expect(run.call("plan_teardown", rows, TARGET), "plan_teardown(a circle that stays)")
    got.at("delete").to_equal(["c"])


@check(
    "teardown",
    points=1,
    needs="goes_on_after_a_failure",
    feedback="Some are gone before you come, some refuse twice. What is asked for in each run, how "
    "often, and what is left at the end?",
)
def ends_however_often_it_is_run(run: Run) -> None:
    draw = world(run, "trouble")
    for _ in range(3):
        rows = estate(draw, 24, tidy=True)
        needs = {row["id"]: row["needs"] for row in rows}
        doomed = sorted(going(rows))
        # What nothing of the doomed needs can vanish without any other trouble.
        tops = [n for n in doomed if not any(n in needs[other] for other in needs)]
        gone = tops[:2]
        busy = {name: 2 for name in doomed if name not in gone and draw.random() < 0.3}
        told = run.call("rehearsed", rows, TARGET, {"gone": gone, "busy": busy}, 4)
        expect(told, "rehearsed(…)").to_have_length(4)
        left = set(doomed)
        for number in range(4):
            now = expect(told, "rehearsed(…)").at(number)
            failed = {n for n in left if busy.get(n, 0) > 0}
            # Of the failed, those beneath another failed one are not asked for.
            waiting = {d for n in failed for d in beneath(n, needs)} & left
            failed -= waiting
            for name in failed:
                busy[name] -= 1
            done = left - failed - waiting
            for key, due in (("deleted", done), ("failed", failed), ("waiting", waiting)):
                told_now = now.at("said", key).to_be_a(list).value
                expect(sorted(told_now), f"run {number + 1}: {key}").to_equal(sorted(due))
            calls = now.at("calls").value
            expect(sorted(calls), f"run {number + 1}: what was asked for").to_equal(
                sorted(done | failed)
            )
            left -= done
        stay = sorted(set(needs) - set(doomed))
        if left:
            stay = sorted({*stay, *left})
        expect(told, "rehearsed(…)").at(3, "left").to_equal(stay)
