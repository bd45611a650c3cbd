"""Requests that come from everywhere at once, and latencies of nights that nobody has seen."""

import json
import random

import hidden_answers
import world
from asking import ANA, BEN, alerts_of, ids_on

from autograder.checks import Run, check, expect

WORLD = 0x1F83_D9AB_6E20_57C4_B8E1_3A90


@check("api", points=1, feedback="Print the record of a key: could whoever steals it call?")
def keeps_no_secret(run: Run) -> None:
    names = [f"k{run.parameters['seed']}x{n}" for n in range(4)]
    got = run.call("keys_issued", names)
    secrets = []
    for name, sent in zip(names, got["sent"], strict=True):
        first, _, secret = sent.partition(".")
        expect(first, "what stands before the dot of a key").to_equal(name)
        expect(len(secret) >= 32, "the secret").to_be_true("it must have at least 32 letters")
        record = expect(got["keys"], "keys").at(name)
        shown = json.dumps(record.value, default=str)
        what = f"the record of {name}"
        expect(secret in shown, what).to_equal(False)
        record.at("owner").to_equal(f"{name} of the desk")
        record.at("scopes").to_equal(["read"])
        record.at("per_minute").to_equal(5)
        secrets.append(secret)
    expect(len(set(secrets)), "different secrets of four keys").to_equal(4)
    expect(got["right"], "is each hash the SHA-256 of the secret").to_equal([True] * 4)


@check(
    "api",
    points=2,
    needs="opens_for_keys",
    feedback="Each key by itself, the last 60 seconds, what counts and what does not, Retry-After.",
)
def gives_each_key_its_quota(run: Run) -> None:
    begin = 1000.0 + 10 * run.parameters["seed"]
    few, ben = ("few", "Fee", ["read"], 3), ("ben", "Ben", ["read"], 4)

    def at(seconds: float, key: str, path: str = "/alerts") -> list:
        return [begin + seconds, "GET", path, key]

    steps = [
        *(at(0, "few.wrong"), at(0, "few.wrong"), at(0, "few.wrong"), at(0, "few.wrong")),
        *(at(0, "few"), at(20.5, "few", "/alerts/none"), at(30, "few", "/alerts?limit=0")),
        *(at(40.25, "few"), at(40.25, "ben"), at(59.5, "few"), at(60, "few"), at(60, "few")),
        *(at(80.5, "few"), at(80.5, "few"), at(90, "ben"), at(91, "ben"), at(92, "ben")),
    ]
    steps.append([begin + 93, "POST", "/alerts/d1/feedback", "ben", {"verdict": "fraud"}])
    steps += [at(100.25, "ben"), [begin + 151, "POST", "/alerts/d1/feedback", "few", {}]]
    steps += [at(152, "few"), at(153, "few"), at(154, "few")]
    got = run.call("at_the_desk", alerts_of({"d1": 0.5}), [few, ben], steps)
    due = [
        *([401, None], [401, None], [401, None], [401, None]),
        *([200, None], [404, None], [422, None]),
        # Three in the last minute; the oldest of them leaves at 60.
        *([429, "20"], [200, None], [429, "1"], [200, None], [429, "21"]),
        *([200, None], [429, "10"], [200, None], [200, None], [200, None]),
        # Four within a minute; what was refused for its scope was not even asked about.
        *([429, "8"], [200, None], [403, None]),
        # What was refused for its scope counts; it leaves at 211, a wait of whole seconds.
        *([200, None], [200, None], [429, "57"]),
    ]
    found = [[status, again] for status, _, again in got["answers"]]
    for number, (one, wanted, step) in enumerate(zip(found, due, steps, strict=True)):
        what = f"request {number + 1}, {step[1]} with key {step[3]} at {step[0] - begin:g} s"
        expect(one[0], f"the status of {what}").to_equal(wanted[0])
        if wanted[1]:
            expect(one[1], f"Retry-After of {what}").to_equal(wanted[1])


@check(
    "api",
    points=2,
    needs="pages_through_alerts",
    feedback="Alerts come in between two pages, above and below, with equal scores.",
)
def pages_hold_while_alerts_come(run: Run) -> None:
    made = random.Random(WORLD + run.parameters["seed"])
    scores = {
        f"d{n:03d}": round(made.choice((0.31, 0.7, 0.9, made.random())), 6) for n in range(45)
    }
    old, new = dict(list(scores.items())[:30]), dict(list(scores.items())[30:])
    # Certain to come before and behind all others, and between equal scores.
    new |= {"a000": 0.999999, "z999": 0.000001, "d0005": 0.7}
    extra = alerts_of(new)
    steps: list[list] = [[0.0, "GET", "/alerts?limit=7", "ana"]]
    for page in range(1, 9):
        begin = 3 * (page - 1)
        steps += [[0.0, "add", one] for one in extra[::-1][begin : begin + 3]]
        steps.append([float(page), "GET", "/alerts?limit=7&after={next}", "ana"])
    # Pages go on while there is a next one; what is asked behind the end does not matter.
    steps.append([20.0, "GET", "/alerts?limit=100", "ana"])
    alerts = alerts_of(old)
    made.shuffle(alerts)
    got = run.call("at_the_desk", alerts, [ANA], steps)
    *pages, (_, whole, _) = got["answers"]
    shown: list[str] = []
    for status, told, _ in pages:
        expect(status, "the status of a page").to_equal(200)
        shown += ids_on(told, "a page")
        if expect(told, "a page").at("next").value is None:
            break
    twice = sorted({one for one in shown if shown.count(one) > 1})
    expect(twice, "alerts that were shown twice").to_equal([])
    missing = sorted(set(old) - set(shown))
    expect(missing, "alerts that were there from the start and never shown").to_equal([])
    every = {**old, **new}
    ranked = sorted(shown, key=lambda name: (-every[name], name))
    expect(shown, "the alerts over all pages").to_equal(ranked)
    listed = ids_on(whole, "GET /alerts?limit=100")
    due = sorted(every, key=lambda name: (-every[name], name))
    expect(listed, "GET /alerts?limit=100 in the end, new ones included").to_equal(due)


@check(
    "api",
    points=1,
    needs="counts_feedback_once",
    feedback="Other verdicts, other people, unknown alerts, fields that are wrong: what is told?",
)
def says_what_is_wrong(run: Run) -> None:
    cat = ("cat", "Cat", ["read", "feedback"], 50)
    claims = {"verdict": "genuine", "by": "Ana", "at": 1}
    steps = [
        [1.0, "POST", "/alerts/d1/feedback", "cat", claims],
        [2.0, "POST", "/alerts/d1/feedback", "ana", {"verdict": "genuine"}],
        [3.0, "POST", "/alerts/d1/feedback", "ana", {"verdict": "fraud"}],
        [4.0, "POST", "/alerts/d9/feedback", "ana", {"verdict": "fraud"}],
        [5.0, "POST", "/alerts/d1/feedback", "ana", {"verdict": "maybe"}],
        [6.0, "POST", "/alerts/d1/feedback", "ana", {}],
        [7.0, "GET", "/alerts/d9", "ben"],
        [8.0, "GET", "/alerts?limit=101", "ben"],
        [9.0, "GET", "/alerts?limit=few", "ben"],
        [10.0, "GET", "/alerts?after=7", "ben"],
        [11.0, "GET", "/alerts?after=W10%3D", "ben"],
        [12.0, "GET", "/alerts", "ben"],
    ]
    alerts = alerts_of({f"d{n}": 0.5 for n in range(30)} | {"d9x": 0.5})
    alerts = [one for one in alerts if one["id"] != "d9"]
    got = run.call("at_the_desk", alerts, [ANA, BEN, cat], steps)
    row = {"alert": "d1", "verdict": "genuine", "by": "Cat", "at": 1.0}
    statuses = [one[0] for one in got["answers"]]
    due = [200, 200, 409, 404, 422, 422, 404, 422, 422, 422, 422, 200]
    expect(statuses, "the answers to twelve requests").to_equal(due)
    expect(got["answers"][1][1], "the same verdict from another person").to_equal(row)
    expect(got["feedback"], "store['feedback']").to_equal([row])
    for place, field in ((4, "verdict"), (5, "verdict"), (7, "limit"), (8, "limit"), (9, "after")):
        text = json.dumps(got["answers"][place][1])
        what = f"the answer to request {place + 1}"
        expect(field in text, what).to_be_true(f"it must name {field}, is {text[:200]}")
    page = got["answers"][11][1]
    shown = ids_on(page, "GET /alerts")
    expect(len(shown), "alerts on a page when no limit is told").to_equal(20)


def night(seed: int, rate: float, seconds: float) -> list[float]:
    """Return arrivals in 1024ths of a second, so that sums are exact."""
    return [round(at * 1024) / 1024 for at in world.arrivals(f"{WORLD}-{seed}", rate, seconds)]


SECONDS = [0.0, *(n / 256 + 3 / 1024 for n in range(1, 33))]


@check(
    "promise",
    points=2,
    needs="batches_by_size_and_by_time",
    feedback="Bursts, pauses, batches that fill while the worker is busy, and the last few.",
)
def batches_as_told(run: Run) -> None:
    for rate, size, wait in ((300, 8, 0.0), (150, 4, 16 / 1024), (60, 3, 0.25), (40, 2, 0.0625)):
        due = night(run.parameters["seed"] + rate, rate, 1.5)
        due = sorted([*due, *due[:9], 3.0, 3.0, 3.0, 7.0])
        expected = hidden_answers.decided(due, size, wait, SECONDS)
        got, after = run.inspect("decided", due, size, wait, SECONDS)
        what = f"decided({len(due)} payments, size {size}, wait {wait})"
        expect(got, what).to_equal(expected, tol=1e-9)
        expect(after[0], "due afterwards").to_equal(due)
        for warmup in (0.0, 0.5, due[7]):
            what = f"p95({len(due)} payments, warm-up {warmup})"
            got = run.call("p95", due, expected, warmup)
            expect(got, what).to_equal(hidden_answers.p95(due, expected, warmup), tol=1e-9)
    expect(run.call("decided", [], 4, 0.1, SECONDS), "decided(no payments)").to_equal([])
    made = random.Random(WORLD + 3 + run.parameters["seed"])
    for count in (1, 20, 57, 100):
        late = [one / 1024 for one in made.sample(range(4096), count)]
        due = [float(at) for at in range(count)]
        done = [at + one for at, one in zip(due, late, strict=True)]
        expected = sorted(late)[-(-95 * count // 100) - 1]
        expect(run.call("p95", due, done, 0.0), f"p95({count} latencies)").to_equal(
            expected, tol=1e-9
        )


@check(
    "promise",
    points=1,
    needs="batches_by_size_and_by_time",
    feedback="Which hold, which of those is fastest, which of equal ones is smaller?",
)
def chooses_what_holds(run: Run) -> None:
    due = night(run.parameters["seed"] + 1, 170, 2.5)
    choices = [(32, 0.25), (16, 0.0), (8, 0.0), (1, 0.0), (4, 0.0), (8, 0.03125), (4, 0.0)]
    found = []
    for size, wait in choices:
        done = hidden_answers.decided(due, size, wait, SECONDS)
        found.append((hidden_answers.p95(due, done, 1.0), size, wait))
    best = min(found)
    got = run.call("choose", due, SECONDS, choices, 0.15, 1.0)
    expected = {"size": best[1], "wait": best[2], "p95": best[0]}
    expect(got, "choose(seven settings)").to_equal(expected, tol=1e-9)
    got = run.call("choose", due, SECONDS, choices, best[0] / 2, 1.0)
    expect(got, "choose(an objective that none holds)").to_equal(None)
    slow = [float(n) for n in range(60)]
    # A batch of one is full at once, whatever it may wait for.
    even = [(8, 0.5), (4, 0.0), (1, 0.5), (1, 0.0), (1, 0.25), (2, 0.0), (8, 0.0)]
    got = run.call("choose", slow, SECONDS, even, 7 / 1024, 0.0)
    expected = {"size": 1, "wait": 0.0, "p95": 7 / 1024}
    expect(got, "choose(equal ones, exactly at the objective)").to_equal(expected, tol=1e-9)
    got = run.call("choose", slow, SECONDS, [(4, 0.0)], 1.0, 90.0)
    expect(got, "choose(no payment after the warm-up)").to_equal(None)
