"""The hidden checks of settings and secrets."""

from datetime import date, timedelta

from hidden_answers import word, world
from made_up import fake_secret, file_diff, hex_digest, new_file

from autograder.checks import Run, check, expect

RULES = ("aws_key", "github_token", "password_in_url", "private_key", "random_text")
KINDS = {
    "name": {"kind": "text", "default": "nobody"},
    "rows": {"kind": "whole", "default": 1},
    "share": {"kind": "number", "default": 0.5},
    "dry_run": {"kind": "yes_no", "default": True},
    "api_key": {"kind": "secret", "default": None},
}


@check(
    "settings",
    points=1,
    feedback="Go through the table of kinds, cell by cell. bool('false') is True, True is an int "
    "to Python, and int() reads more than you would write.",
)
def converts_every_kind(run: Run) -> None:
    good = (
        ("name", "", "7", "7"),
        ("rows", "rows = -3", "", -3),
        ("rows", "", "+42", 42),
        ("share", "share = 1", "", 1.0),
        ("share", "", "1e-3", 0.001),
        ("share", "", "2", 2.0),
        ("dry_run", "", "FALSE", False),
        ("dry_run", "", "0", False),
        ("dry_run", "dry_run = false", "Yes", True),
        ("dry_run", "", "no", False),
        ("rows", "rows = 'ten'", "11", 11),  # only what wins is looked at
    )
    for key, layer, text, value in good:
        got = run.call("loaded", KINDS, [["a.toml", layer]], {f"FRAUD_{key.upper()}": text})
        place = f"{key} from {layer!r} and the variable {text!r}"
        expect(got, place).at("values", key).to_equal(value, exact=True)
    bad = (
        ("rows", "rows = true", ""),
        ("rows", "rows = 2.0", ""),
        ("rows", "", "5_0"),
        ("rows", "", " 5"),
        ("rows", "", "1e3"),
        ("share", "share = nan", ""),
        ("share", "share = true", ""),
        ("share", "", "inf"),
        ("dry_run", "dry_run = 1", ""),
        ("dry_run", "", "maybe"),
        ("name", "name = 7", ""),
    )
    for key, layer, text in bad:
        got = run.call("loaded", KINDS, [["a.toml", layer]], {f"FRAUD_{key.upper()}": text})
        place = f"{key} from {layer!r} and the variable {text!r}, which must be refused"
        expect(got, place).at("refused").to_contain(key)


@check(
    "settings",
    points=1,
    needs="names_key_and_place",
    feedback="Mistype a password's variable. Then look at the whole traceback, with the exceptions "
    "that led to yours.",
)
def no_refusal_holds_a_value(run: Run) -> None:
    draw = world(run, "refusals")
    values = [word(draw, 12) for _ in range(8)]
    layers = [
        ["base.toml", f"rows = '{values[0]}'\napi_key = '{values[1]}'\n"],
        ["local.toml", f"apikey = '{values[2]}'\nname = ['{values[3]}']\n"],
    ]
    variables = {
        "FRAUD_SHARE": values[4],
        "FRAUD_APIKEY": values[5],
        "FRAUD_DRY_RUN": values[6],
        "FRAUD_API_KEY": values[7],
    }
    got = expect(run.call("loaded", KINDS, layers, variables), "loaded(… with many problems)")
    for way in ("refused", "traceback"):
        shown = got.at(way).to_contain("FRAUD_APIKEY").value
        leaked = sum(value in shown for value in values)
        expect(leaked, f"how many of eight values {way} holds").to_equal(0)
    # Each alone, since one problem may hide how another is told.
    for key, value in (("SHARE", values[4]), ("ROWS", values[6]), ("DRY_RUN", values[5])):
        got = expect(
            run.call("loaded", KINDS, [], {f"FRAUD_{key}": value}), "loaded(… one problem)"
        )
        shown = got.at("traceback").to_contain(f"FRAUD_{key}").value
        expect(value in shown, "whether the traceback holds the value").to_equal(False)


@check(
    "settings",
    points=1,
    feedback="Unknown keys and variables, secrets in a file that something else overrides, empty "
    "variables, and variables that are not yours.",
)
def refuses_just_what_it_must(run: Run) -> None:
    draw = world(run, "unknown")
    secret, variable = word(draw), {"FRAUD_API_KEY": word(draw)}
    for layers, variables, told in (
        ([["base.toml", f"api_key = '{secret}'"]], variable, ("api_key", "base.toml")),
        ([["base.toml", "row = 3"], ["test.toml", "rows = 3"]], {}, ("row", "base.toml")),
        ([], {"FRAUD_ROW": "3"}, ("FRAUD_ROW",)),
        ([], {"FRAUD_rows": "3"}, ("FRAUD_rows",)),
    ):
        got = expect(run.call("loaded", KINDS, layers, variables), f"loaded(…, {told[-1]})")
        for text in told:
            got.at("refused").to_contain(text)
    needed = {"token": {"kind": "secret"}}
    got = expect(run.call("loaded", needed, [], {"FRAUD_TOKEN": ""}), "loaded(an empty variable)")
    got.at("refused").to_contain("FRAUD_TOKEN")
    others = {"FRAUD_ROWS": "", "FRAUDS": "1", "fraud_rows": "9", "ROWS": "8", "FRAUD_NOPE": ""}
    got = expect(run.call("loaded", KINDS, [["a.toml", "rows = 4"]], others), "loaded(others')")
    got.at("values", "rows").to_equal(4)
    got.at("values", "api_key").to_equal(None)
    args = [KINDS, [["a.toml", "rows = 4"]], {"FRAUD_ROWS": "5"}]
    _, after = run.inspect("loaded", *args)
    expect(list(after), "the arguments afterwards").to_equal(args)


@check(
    "secrets",
    points=1,
    needs="finds_each_shape",
    feedback="What looks alike and is none: hashes in lock files, keys inside longer words, "
    "placeholders, long names. Hold each rule against its row in the table.",
)
def leaves_alone_what_is_no_secret(run: Run) -> None:
    draw = world(run, "innocent")
    key, token, text = (
        fake_secret(rule, draw.random()) for rule in ("aws_key", "github_token", "random_text")
    )
    url = "postgresql" + "://scorer:{}@db:5432/fraud"
    lines = [
        f"    --hash=sha256:{hex_digest(draw.random())} \\",
        f'      "integrity": "sha512-{text}{text[::-1]}=="',
        f"commit = '{hex_digest(draw.random())[:40]}'",
        f"x{key}",
        f"{key}9",
        key[:-1],
        key.lower(),
        url.format("${PASSWORD}"),
        url.format("<password>"),
        url.format("{password}"),
        "see https://example.org:8080/a@b",
        "postgresql" + "://scorer@db:5432/fraud",
        text[:23],
        text.lower(),
        "Aa1" * 12,
        "AverageWindowOfSevenDaysAndThirtyDaysToo",
        "-----BEGIN CERTIFICATE-----",
    ]
    got = run.call("scan", new_file("requirements.lock", lines), [], "2026-04-10")
    expect(got, "scan(lines that look alike)").to_equal([])
    # Just long enough, of every sort of character that a run may hold.
    short = [*draw.sample("abcdefghijk", 7), *draw.sample("LMNOPQRST", 7), *"0123456-_+"]
    draw.shuffle(short)
    mixed = [url.format("$X") + " " + url.format("real"), f"'{key}' '{key}'", f"{token}-{text}"]
    mixed.append(f"short: {''.join(short)}.")
    got = run.call("scan", new_file("a.py", mixed), [], "2026-04-10")
    rules = ("password_in_url", "aws_key", "github_token", "random_text")
    due = [{"path": "a.py", "line": n, "rule": rule} for n, rule in enumerate(rules, start=1)]
    expect(got, "scan(four lines, three of them with more than one match)").to_equal(due)


@check(
    "secrets",
    points=1,
    needs="finds_each_shape",
    feedback="Walk through a diff of several hunks and files by hand: which number has each line "
    "of the new file? What if a line of content looks like a header, or holds odd characters?",
)
def counts_the_lines_of_the_new_file(run: Run) -> None:
    draw = world(run, "lines")
    keys = [f"k = '{fake_secret('aws_key', draw.random())}'" for _ in range(9)]
    odd = "a\x0c b\u2028+c\x1c d\x85 e\r f"
    first = [
        (1, 1, ["-old", "\\ No newline at end of file", f"+{keys[0]}"]),
        (20, 20, [" a", f"-{keys[1]}", "+++ b/looks/like/a/header.py", f"+{keys[2]}", " z"]),
        (40, 41, [f"+{odd}", f"+{keys[3]}", "--- a/another", f" {keys[4]}", f"+{keys[5]}"]),
    ]
    gone = file_diff("gone.py", [(1, 0, [f"-{keys[6]}", "-b"])]).replace(
        "+++ b/gone.py", "+++ /dev/null"
    )
    diff = (
        file_diff("services/first.py", first)
        + gone
        + "diff --git a/x.png b/x.png\nBinary files a/x.png and b/x.png differ\n"
        + file_diff("a folder/with space.py", [(3, 3, [" a", f"+{keys[7]}", " b"])])
        + file_diff("zeta.py", [(9, 8, [f"+{keys[8]}"])])
    )
    due = [("a folder/with space.py", 4)]
    due += [("services/first.py", line) for line in (1, 22, 42, 44)]
    due += [("zeta.py", 8)]
    got = run.call("scan", diff, [], "2026-04-10")
    expect(got, "scan(four files)").to_equal(
        [{"path": path, "line": line, "rule": "aws_key"} for path, line in due]
    )


@check(
    "secrets",
    points=1,
    needs="finds_each_shape",
    feedback="A week of commits, a few secrets planted: all of them, nothing else, in order.",
)
def finds_what_was_planted(run: Run) -> None:
    draw = world(run, "week")
    diff, due = "", []
    for number in draw.sample(range(100), 30):
        path, start, body, line = f"src/file_{number}.py", draw.randint(1, 90), [], 0
        line = start
        for _ in range(draw.randint(1, 8)):
            sign, rule = draw.choice("+++- "), draw.choice(("", "", *RULES))
            text = fake_secret(rule, draw.random()) if rule else word(draw, 30)
            body.append(f"{sign}value = '{text}'")
            if sign == "+" and rule:
                due.append({"path": path, "line": line, "rule": rule})
            line += sign != "-"
        diff += file_diff(path, [(start, start, body)])
    due.sort(key=lambda one: (one["path"], one["line"]))
    expect(run.call("scan", diff, [], "2026-04-10"), "scan(thirty files)").to_equal(due)


@check(
    "secrets",
    points=2,
    needs="finds_each_shape",
    feedback="An exception has a path, a rule, a reason and an end, and each of them counts. What "
    "does an entry without them do, and what is said of it?",
)
def exceptions_run_out(run: Run) -> None:
    draw = world(run, "allowed")
    today = date(2026, 1, 1) + timedelta(days=draw.randrange(300))
    day = {n: (today + timedelta(days=n)).isoformat() for n in (-1, 0, 40)}
    key = fake_secret("aws_key", draw.random())
    diff = new_file("tests/keys.py", [key, fake_secret("github_token", draw.random())])
    diff += new_file("tests/keys.py.txt", [key])

    def entry(**changed: str | None) -> dict:
        whole = {"path": "tests/keys.py", "rule": "aws_key", "reason": "made up", "until": day[40]}
        return whole | changed

    every = [
        {"path": "tests/keys.py", "line": 1, "rule": "aws_key"},
        {"path": "tests/keys.py", "line": 2, "rule": "github_token"},
        {"path": "tests/keys.py.txt", "line": 1, "rule": "aws_key"},
    ]
    complaint = {"path": "tests/keys.py", "line": 0, "rule": "allow_list"}
    headless = {"path": "tests/keys.py", "rule": "aws_key"}
    for allowed, due, what in (
        ([entry()], every[1:], "a good entry"),
        ([entry(until=day[0])], every[1:], "an entry on its last day"),
        ([entry(until=day[-1])], [complaint, *every], "an entry that ran out yesterday"),
        ([entry(reason=" \t")], [complaint, *every], "an entry with a blank reason"),
        ([entry(until="soon")], [complaint, *every], "an entry until soon"),
        ([entry(until=None)], [complaint, *every], "an entry without end"),
        ([entry(reason=None)], [complaint, *every], "an entry without reason"),
        ([headless, headless], [complaint, *every], "two entries of path and rule alone"),
        ([entry(path="tests")], every, "an entry for a folder"),
        ([entry(rule="random_text")], every, "an entry for another rule"),
        ([entry(until=day[-1]), entry()], [complaint, *every[1:]], "an old entry and a new one"),
    ):
        got = run.call("scan", diff, allowed, today.isoformat())
        expect(got, f"scan(…, {what})").to_equal(due)
    old = entry(path="not/in/the/diff.py", until=day[-1])
    got = run.call("scan", new_file("a.py", ["x = 1"]), [old], today.isoformat())
    due = [{"path": "not/in/the/diff.py", "line": 0, "rule": "allow_list"}]
    expect(got, "scan(a clean diff, an entry that ran out)").to_equal(due)
