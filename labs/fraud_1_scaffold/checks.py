"""The checks that you can read: they run with your own seed, and again with others."""

from made_up import fake_secret, file_diff, new_file
from template import PRICES, TARGET, TREE, resource

from autograder.checks import Run, check, expect

RULES = ("aws_key", "github_token", "password_in_url", "private_key", "random_text")
SCHEMA = {
    "brokers": {"kind": "text"},
    "batch_size": {"kind": "whole", "default": 100},
    "threshold": {"kind": "number", "default": 0.9},
    "dry_run": {"kind": "yes_no", "default": True},
    "database_password": {"kind": "secret"},
}
OPEN = "dry_run = true\nbatch_size = 500\nbrokers = 'kafka-1:9092'\n"


@check("settings", points=1, feedback="Weakest first: default, first layer, last layer, variable.")
def the_stronger_wins(run: Run) -> None:
    layers = [["base.toml", OPEN], ["production.toml", "dry_run = false\nbatch_size = 2000\n"]]
    variables = {"FRAUD_BATCH_SIZE": "250", "FRAUD_DATABASE_PASSWORD": "swordfish", "HOME": "/h"}
    got = expect(run.call("loaded", SCHEMA, layers, variables), "loaded(…)")
    due = {
        "brokers": "kafka-1:9092",
        "batch_size": 250,
        "threshold": 0.9,
        "dry_run": False,
        "database_password": "swordfish",
    }
    got.at("values").to_equal(due, exact=True)


@check("settings", points=1, needs="the_stronger_wins")
def secrets_do_not_show(run: Run) -> None:
    for secret in (fake_secret("random_text", run.parameters["seed"]), "abc"):
        variables = {"FRAUD_DATABASE_PASSWORD": secret}
        got = expect(run.call("loaded", SCHEMA, [["base.toml", OPEN]], variables), "loaded(…)")
        got.at("values", "database_password").to_equal(secret)
        for way in ("repr", "str", "f-string", "pprint", "json", "log"):
            got.at(way).to_contain("****")
            shown = got.at(way).value
            expect(secret in shown or "*****" in shown, f"what {way} shows").to_equal(False)


@check("settings", points=1, feedback="One refusal tells all problems, each in a line of its own.")
def names_key_and_place(run: Run) -> None:
    layers = [["base.toml", "batch_size = '500'\nbrockers = 'kafka-1:9092'\n"]]
    variables = {"FRAUD_THRESHOLD": "high", "FRAUD_DRYRUN": "yes"}
    got = expect(run.call("loaded", SCHEMA, layers, variables), "loaded(… with six problems)")
    lines = got.at("refused").to_be_a(str).value.splitlines()
    for key, place in (
        ("batch_size", "base.toml"),
        ("brockers", "base.toml"),
        ("threshold", "FRAUD_THRESHOLD"),
        ("FRAUD_DRYRUN", "FRAUD_DRYRUN"),
        ("brokers", "FRAUD_BROKERS"),
        ("database_password", "FRAUD_DATABASE_PASSWORD"),
    ):
        told = any(key in line and place in line for line in lines)
        expect(told, "the refusal").to_be_true(f"one line must hold {key} and {place}")


@check("secrets", points=1)
def entropy_of_short_texts(run: Run) -> None:
    for text, bits in (
        ("aaaa", 0.0),
        ("abab", 1.0),
        ("abcd", 2.0),
        ("aaab", 0.8112781245),
        ("", 0),
    ):
        got = expect(run.call("entropy", text), f"entropy({text!r})")
        got.to_be_a(float, int).to_equal(bits, tol=1e-9)


@check("secrets", points=1, feedback="One rule a line; the scanner says where, never what.")
def finds_each_shape(run: Run) -> None:
    seed = run.parameters["seed"]
    lines = [f"value = '{fake_secret(rule, seed)}'  # {rule}" for rule in RULES]
    got = run.call("scan", new_file("settings/dev.py", ["import os", *lines]), [], "2026-04-10")
    due = [
        {"path": "settings/dev.py", "line": number, "rule": rule}
        for number, rule in enumerate(RULES, start=2)
    ]
    expect(got, "scan(a file with one secret of each shape)").to_equal(due)


@check("secrets", points=1, needs="finds_each_shape")
def only_added_lines_count(run: Run) -> None:
    keys = [fake_secret("aws_key", f"{run.parameters['seed']}-{n}") for n in range(3)]
    body = [f" OLD = '{keys[0]}'", f"-KEY = '{keys[1]}'", "+KEY = read()", f"+NEXT = '{keys[2]}'"]
    got = run.call("scan", file_diff("scorer.py", [(7, 9, body)]), [], "2026-04-10")
    due = [{"path": "scorer.py", "line": 11, "rule": "aws_key"}]
    expect(got, "scan(one secret stays, one goes, one comes)").to_equal(due)


def change(message: str = "feat: begin", *files: dict, **both: str | None) -> dict:
    """Return a change for the gate; manifest and lock are missing unless told."""
    return {"message": message, "files": list(files), "manifest": None, "lock": None} | both


def file(path: str, text: str | None = "x = 1\n", status: str = "A", size: int = 40) -> dict:
    """Return one file of a change."""
    return {"path": path, "status": status, "size": size, "text": text}


def expect_problems(got: object, due: list[tuple[str, str]], what: str) -> None:
    """Expect just these problems, sorted, each with a mend, and the exit code that fits."""
    answer = expect(got, what)
    problems = answer.at("problems").to_be_a(list).value
    found = [[expect(p, "a problem").at(key).value for key in ("path", "rule")] for p in problems]
    expect(found, f"{what}: path and rule of the problems").to_equal([list(one) for one in due])
    for problem in problems:
        mend = expect(problem, "a problem").at("mend").to_be_a(str).value
        expect(bool(mend.strip()), "a mend").to_be_true("a person must read what to do")
    answer.at("exit_code").to_equal(1 if due else 0)


@check("gate", points=1)
def lets_good_pass_and_stops_bad(run: Run) -> None:
    good = change("feat(scorer): read payments", file("services/scorer.py"))
    expect_problems(run.call("gate", good), [], "gate(a good change)")
    merge = "a = 1\n<<<<<<< HEAD\nb = 2\n=======\nb = 3\n>>>>>>> feature\n"
    bad = change(
        "scorer works now", file("z.py", merge), file("models/night.PKL", None), file("data.csv")
    )
    bad["files"][2]["size"] = 7_000_000
    due = [
        ("", "commit_message"),
        ("data.csv", "too_large"),
        ("models/night.PKL", "pickle"),
        ("z.py", "merge_marker"),
    ]
    expect_problems(run.call("gate", bad), due, "gate(a bad change)")


@check("gate", points=1, feedback="Let packaging compare versions and bring names into one form.")
def holds_the_lock_to_the_manifest(run: Run) -> None:
    files = {"manifest": TREE["pyproject.toml"], "lock": TREE["requirements.lock"]}
    expect_problems(run.call("gate", change(**files)), [], "gate(a lock that fits)")
    files["lock"] = files["lock"].replace("pandas==2.2.3", "pandas==2.1.4")
    got = run.call("gate", change(**files))
    expect_problems(got, [("requirements.lock", "lock_disagrees")], "gate(an older pandas)")
    expect(got, "gate(an older pandas)").at("problems", 0, "mend").to_contain("pandas")


@check("budget", points=1)
def adds_up_a_small_plan(run: Run) -> None:
    plan = [
        {"name": "brokers", "kind": "kafka.small", "count": 3, "use": {"hour": "730", "gb": "50"}},
        {"name": "raw", "kind": "bucket", "count": 1, "use": {"gb": "310"}},
    ]
    lines = [
        {"kind": "bucket", "unit": "gb", "cost": "7.47"},  # 305 of 310 are paid for: 7.4725
        {"kind": "kafka.small", "unit": "gb", "cost": "15.00"},
        {"kind": "kafka.small", "unit": "hour", "cost": "99.86"},  # 99.864
    ]
    got = expect(run.call("estimate", plan, PRICES), "estimate(brokers and a bucket)")
    got.to_equal({"lines": lines, "total": "122.33"})


@check("budget", points=1, feedback="Which days are complete, and what have they cost together?")
def forecasts_from_complete_days(run: Run) -> None:
    costs = [{"date": f"2026-04-{day:02d}", "amount": "20.00"} for day in range(1, 10)]
    costs.append({"date": "2026-04-10", "amount": "1.50"})
    got = expect(run.call("guard", costs, "2026-04-10", "650.00"), "guard(nine days at 20.00)")
    got.to_equal({"spent": "181.50", "forecast": "600.00", "level": "ok"})
    got = expect(run.call("guard", costs, "2026-04-10", "590.00"), "guard(…, budget 590.00)")
    got.at("level").to_equal("warn")
    got = expect(run.call("guard", costs, "2026-04-10", "181.00"), "guard(…, budget 181.00)")
    got.at("level").to_equal("stop")


def expect_users_first(order: object, needs: dict, what: str) -> None:
    """Expect each id before all that it needs."""
    places = {name: place for place, name in enumerate(expect(order, what).to_be_a(list).value)}
    for name in places:
        for needed in needs[name]:
            early = needed not in places or places[name] < places[needed]
            expect(early, what).to_be_true(f"{name} needs {needed}, so it must go before it")


@check("teardown", points=1, feedback="Who uses something goes before it, however it was created.")
def deletes_users_first(run: Run) -> None:
    rows = [
        resource("network", "37.96"),
        resource("brokers", "114.80", ("network",)),
        resource("scorer", "43.80", ("brokers", "network")),
        resource("alerts", "5.00", ("scorer",)),
    ]
    got = expect(run.call("plan_teardown", rows, TARGET), "plan_teardown(four in a row)")
    got.at("delete").to_equal(["alerts", "scorer", "brokers", "network"])
    got.at("saves").to_equal("201.56")
    got.at("keep").to_equal([])


@check("teardown", points=1, needs="deletes_users_first")
def keeps_what_must_stay(run: Run) -> None:
    rows = [
        resource("network", "37.96"),
        resource("subnet", "1.00", ("network",)),
        resource("database", "61.94", ("subnet",), protected="until the audit"),
        resource("scorer", "43.80", ("database",)),
        resource("gpu", "900.00", (), owner="someone who left"),
        resource("fraud-ring-study", "88.00", (), project="research"),
    ]
    got = expect(run.call("plan_teardown", rows, TARGET), "plan_teardown(…)")
    got.at("delete").to_equal(["scorer"])
    why = {"database": "protected", "gpu": "owner", "network": "needed", "subnet": "needed"}
    got.at("keep").to_equal([{"id": name, "why": reason} for name, reason in why.items()])
    got.at("orphans").to_equal([{"id": "gpu", "monthly": "900.00"}])


@check("teardown", points=1, feedback="What failed keeps all that it needs until the next run.")
def goes_on_after_a_failure(run: Run) -> None:
    rows = [
        resource("network", "37.96"),
        resource("brokers", "114.80", ("network",)),
        resource("scorer", "43.80", ("brokers",)),
        resource("warehouse", "7.47"),
    ]
    told = run.call("rehearsed", rows, TARGET, {"busy": {"scorer": 1}}, 3)
    first, second, third = (expect(told, "rehearsed(…)").at(number) for number in range(3))
    first.at("said", "failed").to_equal(["scorer"])
    first.at("said", "deleted").to_equal(["warehouse"])
    first.at("left").to_equal(["brokers", "network", "scorer"])
    second.at("said", "deleted").to_equal(["scorer", "brokers", "network"])
    second.at("left").to_equal([])
    third.at("calls").to_equal([])


def begun(run: Run, files: dict | None = None) -> str:
    """Return a folder in which the learner's own function has begun a repository."""
    folder: str = run.call("fresh_folder")
    run.call("start_repository", folder, TREE if files is None else files)
    return folder


@check("repository", points=1)
def writes_the_tree_and_stages_it(run: Run) -> None:
    folder = run.call("fresh_folder")
    got = run.call("start_repository", folder, TREE)
    expect(got, "start_repository(…)").to_equal(sorted(TREE))
    expect(run.call("on_disk", folder), "the files in the folder").to_equal(TREE)
    expect(run.call("history", folder), "the history, before anyone commits").to_equal([])
    # What git itself has: a colleague commits what lies ready.
    run.call("play", folder, [["commit", "feat: begin"]])
    expect(run.call("history", folder), "the history").to_equal(["feat: begin"])
    for path in ("infra/main.tf", ".gitignore"):
        expect(run.call("committed", folder, path), path).to_equal(TREE[path])


@check("repository", points=1, needs="writes_the_tree_and_stages_it")
def reads_what_is_staged(run: Run) -> None:
    folder = begun(run)
    steps = [
        ["commit", "feat: begin"],
        ["write", "services/scorer.py", "staged = 1\n"],
        ["stage"],
        ["write", "services/scorer.py", "only in the editor\n"],
        ["write", "new.py", "not staged\n"],
    ]
    run.call("play", folder, steps)
    got = expect(run.call("staged_change", folder, "fix: x"), "staged_change(…)")
    due = {"path": "services/scorer.py", "status": "M", "size": 11, "text": "staged = 1\n"}
    got.at("files").to_equal([due])
    got.at("message").to_equal("fix: x")
    got.at("manifest").to_equal(TREE["pyproject.toml"])
    got.at("lock").to_equal(TREE["requirements.lock"])
    lines = got.at("diff").to_be_a(str).value.split("\n")
    for line in ("--- a/services/scorer.py", "+++ b/services/scorer.py", "+staged = 1"):
        expect(lines, "the lines of the diff").to_contain(line)


@check("repository", points=1, feedback="See first that gate and scan are right.")
def commits_only_what_passes(run: Run) -> None:
    folder = begun(run)
    got = expect(run.call("try_commit", folder, "feat: begin", [], "2026-04-10"), "the first try")
    got.to_equal({"committed": True, "problems": [], "findings": []})
    expect(run.call("branch", folder), "the branch").to_equal("main")
    key = fake_secret("aws_key", run.parameters["seed"])
    run.call("play", folder, [["write", "infra/dev.tf", f'key = "{key}"\n'], ["stage"]])
    got = run.call("try_commit", folder, "feat(infra): a key", [], "2026-04-10")
    second = expect(got, "the second try, with a key")
    second.at("committed").to_equal(False)
    second.at("findings").to_equal([{"path": "infra/dev.tf", "line": 1, "rule": "aws_key"}])
    expect(run.call("history", folder), "the history").to_equal(["feat: begin"])
