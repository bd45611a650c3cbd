"""What learners never see, of the image and of the gate; seeds of 96 random bits."""

import random

import day
import dockerfiles
import hidden_answers
from asking import gate, image_of, rows_of

from autograder.checks import Run, check, expect

IMAGES = "b07c5d21e94f8a3666d1c0fe"
SCANS = "3e91af7c0852dd46b1f7a09c"


def _planned(run: Run, number: int = 0) -> tuple[dict, dict]:
    """Return a plan and its world; odd numbers have nothing to install from the system."""
    seed = f"{IMAGES}-{run.parameters['seed']}-{number}"
    plan = day.plan(seed)
    world = day.world(plan, seed)
    if number % 2:
        plan["libraries"], plan["compilers"], world["compiled"] = [], [], {}
    return plan, world


@check(
    "image",
    points=1,
    needs="builds_and_starts",
    feedback="Build it on an amd64 machine for arm64: what of it would an arm64 machine run? And "
    "is every FROM the very image that the plan names?",
)
def runs_on_any_platform(run: Run) -> None:
    for number, platform in enumerate(("linux/arm64", "linux/arm64", "linux/amd64")):
        plan, world = _planned(run, number)
        image = image_of(run, plan, world, platform)
        expect(image["starts"], f"why it would not start on {platform}").to_equal("")
        expect(image["foreign"], f"files in it that are not for {platform}").to_equal([])
        expect(sorted(set(image["bases"])), "the images it stands on").to_equal([plan["base"]])
        expect(image["hashed"], "pip checks hashes").to_equal(True)
        expect(image["system"], "packages of the system").to_equal(sorted(plan["libraries"]))


@check(
    "image",
    points=1,
    needs="builds_and_starts",
    feedback="Layers, build arguments and variables are kept, also of the stage that only builds, "
    "and also what a later instruction deletes.",
)
def keeps_the_secret_out_of_every_layer(run: Run) -> None:
    for number in range(2):
        plan, world = _planned(run, number)
        leaks = image_of(run, plan, world)["leaks"]
        expect(leaks, "secrets that can be read in a layer").to_equal([])


@check(
    "image",
    points=1,
    needs="builds_and_starts",
    feedback="Who is process 1, and as whom does it run? Kubernetes can only see of a number that "
    "it is not root.",
)
def is_nobody_and_can_be_stopped(run: Run) -> None:
    for number in range(2):
        plan, world = _planned(run, number)
        image = image_of(run, plan, world)
        expect(image["user"].split(":")[0], "the user").to_equal(str(plan["user"]))
        expect(image["hears_sigterm"], "SIGTERM reaches the program").to_equal(True)
        expect(" ".join(image["process"]).split()[-2:], "the end of the command").to_equal(
            ["-m", plan["module"]]
        )


@check(
    "image",
    points=1,
    needs="builds_and_starts",
    feedback="Change one line of a source file and build again: which instructions run again?",
)
def installs_again_only_when_it_must(run: Run) -> None:
    plan, world = _planned(run)
    text = run.call("dockerfile", plan)
    source = f"{plan['sources'][0]}/deep/more.py"
    changed = {**world, "files": {**world["files"], source: "changed = True"}}
    again = dockerfiles.rebuilt(text, world, changed)
    expect(bool(again), "a changed source").to_be_true("it must reach the image")
    installs = [line for line in again if "install" in line]
    expect(installs, "what is installed again when a source changes").to_equal([])
    lines = world["files"][plan["requirements"]] + "requests==2.32\n"
    changed = {**world, "files": {**world["files"], plan["requirements"]: lines}}
    again = dockerfiles.rebuilt(text, world, changed)
    installs = [line for line in again if "pip" in line and "install" in line]
    expect(bool(installs), "changed requirements").to_be_true("pip must install again")


@check(
    "scan",
    points=1,
    feedback="The same fault in another package, the last day, the day after, no day at all, and a "
    "secret that somebody would like to excuse.",
)
def exceptions_are_for_one_thing_and_end(run: Run) -> None:
    rng = random.Random(f"{SCANS}-{run.parameters['seed']}")
    index, reports = day.scanned(f"{SCANS}-{run.parameters['seed']}", many=30)
    faults = [
        (one["VulnerabilityID"], one["PkgName"])
        for report in reports.values()
        for result in report["Results"]
        for one in result.get("Vulnerabilities") or []
        if one.get("FixedVersion") and one["Severity"] in ("HIGH", "CRITICAL")
    ]
    some = sorted(set(faults))
    rng.shuffle(some)
    ends = ["2026-06-01", "2026-05-31", "2026-07-02", None, "", "2025-12-31", "2026-06-15"]
    exceptions = [
        {"id": fault, "package": package, "until": end}
        for (fault, package), end in zip(some, ends, strict=False)
    ]
    exceptions.append({"id": "CVE-2020-9999", "package": "gone"})
    exceptions.append({"id": "private-key", "package": "app/key.pem", "until": "2099-01-01"})
    # The same fault, excused for a package that has not got it.
    exceptions.append({"id": some[7][0], "package": "elsewhere", "until": "2099-01-01"})
    image = next(iter(reports))
    secret = {"Target": "app/key.pem", "Secrets": [{"RuleID": "private-key", "Severity": "HIGH"}]}
    reports[image]["Results"].append({**secret, "Vulnerabilities": None})
    policy = {
        "platforms": list(day.PLATFORMS),
        "severities": ["HIGH", "CRITICAL"],
        "exceptions": exceptions,
    }
    for today in ("2026-06-01", "2026-07-03"):
        due = hidden_answers.judged(index, reports, policy, today)
        found = gate(run, index, reports, policy, today)
        for key in ("problems", "tolerated"):
            expect(rows_of(found, key), f"{key} with exceptions on {today}").to_equal(due[key])
        found.at("holds_until").to_equal(due["holds_until"])
        found.at("passed").to_equal(False)


@check(
    "scan",
    points=2,
    feedback="Also images that nobody asked for, variants, images without a report; each thing "
    "once, however often it is found.",
)
def judges_the_whole_index(run: Run) -> None:
    for number, severities in enumerate((["HIGH", "CRITICAL"], ["CRITICAL"], ["LOW", "MEDIUM"])):
        seed = f"{SCANS}-{run.parameters['seed']}-{number}"
        platforms = (*day.PLATFORMS, "linux/s390x", "windows/amd64")
        index, reports = day.scanned(seed, platforms, many=25)
        for entry in index["manifests"]:
            if entry["platform"]["architecture"] == "arm64":
                entry["platform"]["variant"] = "v8"
            if entry["platform"]["os"] == "windows":
                del reports[entry["digest"]]
        wanted = ["linux/amd64", "linux/arm64", "linux/riscv64"]
        policy = {"platforms": wanted, "severities": severities, "exceptions": []}
        due = hidden_answers.judged(index, reports, policy, "2026-06-01")
        found = gate(run, index, reports, policy, "2026-06-01")
        for key in ("problems", "tolerated"):
            expect(rows_of(found, key), f"{key} of four platforms").to_equal(due[key])
    index, reports = day.scanned(f"{SCANS}-clean", many=0)
    policy = {"platforms": list(day.PLATFORMS), "severities": ["HIGH"], "exceptions": []}
    found = gate(run, index, reports, policy, "2026-06-01")
    found.at("passed").to_equal(True)


@check("scan", points=1, feedback="Others go on reading what you were given.")
def leaves_the_reports_alone(run: Run) -> None:
    index, reports = day.scanned(f"{SCANS}-{run.parameters['seed']}-x", many=20)
    policy = {"platforms": ["linux/amd64"], "severities": ["HIGH"], "exceptions": []}
    given = (index, reports, policy, "2026-06-01")
    answer, after = run.inspect("scan_gate", *given)
    due = hidden_answers.judged(*given)
    expect(answer, "scan_gate(…)").to_be_a(dict).at("passed").to_equal(not due["problems"])
    for place, one in enumerate(given):
        expect(after, "the arguments afterwards").at(place).to_equal(one)
