"""What learners never see, of the gate behind the scanner; seeds of 96 random bits."""

from typing import Any

import day
import hidden_answers
from asking import gate, rows_of

from autograder.checks import Run, check, expect

SCANS = "3e91af7c0852dd46b1f7a09c"
ENDS = ["2026-06-01", "2026-05-31", "2026-07-02", None, "", "2025-12-31", "2026-06-15"]


def _fault(number: int, package: str, severity: str = "HIGH", fix: str = "1.1") -> dict:
    """Return a vulnerability that `day.scanned` never makes."""
    found = {"VulnerabilityID": f"CVE-2031-{number:04d}", "PkgName": package, "Severity": severity}
    return found | ({"FixedVersion": fix} if fix else {})


def _judged(run: Run, what: str, *given: Any) -> None:
    """Expect what the reference says of an index, its reports, a policy and a day."""
    due = hidden_answers.judged(*given)
    found = gate(run, *given)
    for key in ("problems", "tolerated"):
        expect(rows_of(found, key), f"{key} of {what}").to_equal(due[key])
    found.at("holds_until").to_equal(due["holds_until"])
    found.at("passed").to_equal(not due["problems"])


@check(
    "scan",
    points=1,
    feedback="The same fault in another package, the last day, the day after, no day at all, what "
    "needs no exception, and secrets that somebody would like to excuse.",
)
def exceptions_are_for_one_thing_and_end(run: Run) -> None:
    index, reports = day.scanned(f"{SCANS}-{run.parameters['seed']}", many=30)
    packages = ("openssl", "zlib1g", "urllib3")
    faults = [_fault(at, packages[at % 3], ("HIGH", "CRITICAL")[at % 2]) for at in range(len(ENDS))]
    exceptions = [
        {"id": one["VulnerabilityID"], "package": one["PkgName"], "until": end}
        for one, end in zip(faults, ENDS, strict=True)
    ]
    # The same fault, excused for a package that has not got it; another fault of that package.
    faults.append(_fault(20, "lightgbm"))
    exceptions.append({"id": "CVE-2031-0020", "package": "elsewhere", "until": "2099-01-01"})
    exceptions.append({"id": "CVE-2031-0021", "package": "lightgbm", "until": "2099-01-01"})
    # Of these, nothing was to be excused: what ends their exceptions does not close the gate.
    faults += [_fault(30, "libgomp1", fix=""), _fault(31, "libgomp1", severity="LOW")]
    exceptions.append({"id": "CVE-2031-0030", "package": "libgomp1", "until": "2026-05-25"})
    exceptions.append({"id": "CVE-2031-0031", "package": "libgomp1", "until": "2026-05-26"})
    exceptions.append({"id": "CVE-2020-9999", "package": "gone"})
    exceptions.append({"id": "private-key", "package": "app/key.pem", "until": "2099-01-01"})
    kept = [{"RuleID": "private-key", "Severity": "LOW"}, {"RuleID": "aws-key"}]
    some = sorted(reports)[0]
    reports[some]["Results"] += [
        {"Target": "debian 13", "Vulnerabilities": faults, "Secrets": None},
        {"Target": "app/key.pem", "Secrets": [*kept, kept[0]], "Vulnerabilities": None},
        {"Target": "app/other.pem", "Secrets": kept},
        {"Target": "the same once more", "Vulnerabilities": faults[::-1]},
    ]
    policy = {
        "platforms": list(day.PLATFORMS),
        "severities": ["HIGH", "CRITICAL"],
        "exceptions": exceptions,
    }
    for today in ("2026-05-20", "2026-06-01", "2026-07-03"):
        _judged(run, f"an index with exceptions on {today}", index, reports, policy, today)


@check(
    "scan",
    points=2,
    feedback="Also images that nobody asked for, variants, images without a report and reports "
    "without an image; each thing once, however often it is found. And what closes the gate?",
)
def judges_the_whole_index(run: Run) -> None:
    for number, severities in enumerate((["HIGH", "CRITICAL"], ["CRITICAL"], ["LOW", "MEDIUM"])):
        seed = f"{SCANS}-{run.parameters['seed']}-{number}"
        platforms = (*day.PLATFORMS, "linux/s390x", "windows/amd64")
        index, reports = day.scanned(seed, platforms, many=25)
        # One that counts under each policy, in an image that nobody asked for, and found twice.
        more = [_fault(at, "perl", one) for at, one in enumerate(("LOW", "MEDIUM", "CRITICAL"))]
        for entry in index["manifests"]:
            if entry["platform"]["architecture"] == "arm64":
                entry["platform"]["variant"] = "v8"
            if entry["platform"]["architecture"] == "s390x":
                reports[entry["digest"]]["Results"] += [
                    {"Target": target, "Vulnerabilities": more} for target in ("debian", "perl")
                ]
            if entry["platform"]["os"] == "windows":
                del reports[entry["digest"]]
        wanted = ["linux/amd64", "linux/arm64", "linux/riscv64"]
        policy = {"platforms": wanted, "severities": severities, "exceptions": []}
        _judged(run, "four platforms", index, reports, policy, "2026-06-01")
    for what, result, exceptions in (
        ("a clean index", {}, []),
        ("a secret alone", {"Secrets": [{"RuleID": "aws-key"}]}, []),
        ("an exception without an end alone", {}, [{"id": "CVE-1", "package": "gone"}]),
        ("what has no fix", {"Vulnerabilities": [_fault(1, "perl", fix="")]}, []),
        (
            "what is excused",
            {"Vulnerabilities": [_fault(1, "perl")]},
            [{"id": "CVE-2031-0001", "package": "perl", "until": "2026-06-30"}],
        ),
    ):
        index, reports = day.scanned(f"{SCANS}-clean", many=0)
        first, second = sorted(reports)
        # Nothing to look at is no problem, nor is an image of last week.
        reports[first]["Results"] = []
        old = {"Target": "debian", "Vulnerabilities": [_fault(9, "openssl")]}
        reports["sha256:" + "0d" * 32] = {"Results": [old]}
        reports[second]["Results"].append({"Target": "app", **result})
        policy = {
            "platforms": list(day.PLATFORMS),
            "severities": ["HIGH"],
            "exceptions": exceptions,
        }
        _judged(run, what, index, reports, policy, "2026-06-01")


@check("scan", points=1, feedback="Others go on reading what you were given.")
def leaves_the_reports_alone(run: Run) -> None:
    index, reports = day.scanned(f"{SCANS}-{run.parameters['seed']}-x", many=20)
    ends = ("2026-06-30", "2025-12-31", None, "2026-07-31")
    policy = {
        "platforms": ["linux/arm64", "linux/amd64"],
        "severities": ["HIGH", "CRITICAL"],
        "exceptions": [
            {"id": f"CVE-{at}", "package": "x", "until": e} for at, e in enumerate(ends)
        ],
    }
    given = (index, reports, policy, "2026-06-01")
    answer, after = run.inspect("scan_gate", *given)
    due = hidden_answers.judged(*given)
    expect(answer, "scan_gate(…)").to_be_a(dict).at("passed").to_equal(not due["problems"])
    for place, one in enumerate(given):
        expect(after, "the arguments afterwards").at(place).to_equal(one)
