"""What happens around a release of fraud detection; whatever depends on a seed is planted.

`plan` and `world`: what an image is to be made of, and what lies beside the Dockerfile. `scanned`:
an image index with the scanner's reports. `used`: the CPU that a day of requests takes. `canary`:
what two tracks of a release showed minute by minute, and the stable one the day before.
"""

import random
from typing import Any

PLATFORMS = ("linux/amd64", "linux/arm64")
STEP = 15  # seconds between two looks of the autoscaler
# A scorer that is sized as in projects/fraud/shipping: requests to the desk, by hour of the day.
HOURS = (2, 1, 1, 1, 1, 2, 4, 8, 12, 14, 15, 17, 19, 17, 15, 15, 17, 20, 23, 21, 16, 11, 7, 4)


def digest(rng: random.Random) -> str:
    """Return a digest as a registry would give it."""
    return "sha256:" + "".join(rng.choice("0123456789abcdef") for _ in range(64))


def plan(seed: Any) -> dict[str, Any]:
    """Return what an image is to be made of."""
    rng = random.Random(f"plan-{seed}")
    folder = rng.choice(("scorer", "desk", "relay"))
    return {
        "base": f"python:3.{rng.randint(11, 13)}-slim@{digest(rng)}",
        "requirements": f"requirements/{rng.choice(('fraud', 'serving', 'all'))}.txt",
        "compilers": ["gcc", rng.choice(("g++", "cmake", "pkg-config"))],
        "libraries": [rng.choice(("libgomp1", "libpq5", "libxml2"))],
        "secret": rng.choice(("index_token", "pip_token", "shop_key")),
        "sources": [folder, rng.choice(("features", "rules", "risk"))],
        "module": f"{folder}.{rng.choice(('serve', 'run', 'http'))}",
        "user": rng.randint(10_000, 60_000),
    }


def world(plan: dict[str, Any], seed: Any) -> dict[str, Any]:
    """Return what the reader of Dockerfiles builds from."""
    rng = random.Random(f"world-{seed}")
    value = f"tok-{rng.getrandbits(64):016x}"
    module = plan["module"].replace(".", "/")
    files = {
        f"{module}.py": "print('serving')",
        plan["requirements"]: "lightgbm==4.6\nacme-risk==1.2\nfastpath==0.3\n",
        ".env": f"TOKEN={value}",
        "Dockerfile": "",
        "tests/test_serve.py": "assert True",
        "notebooks/try.ipynb": "{}",
    }
    for source in plan["sources"]:
        files |= {f"{source}/__init__.py": "", f"{source}/deep/more.py": f"{source} = 1"}
    return {
        "files": files,
        "secrets": {plan["secret"]: value},
        "arguments": {plan["secret"].upper(): value, plan["secret"]: value},
        "private": ["acme-risk"],
        "compiled": {"fastpath": plan["compilers"][-1]},
    }


def scanned(seed: Any, platforms: Any = PLATFORMS, many: int = 12) -> tuple[Any, Any]:
    """Return an index of images and the reports of the scanner by the images' digests."""
    rng = random.Random(f"scan-{seed}")
    manifests, reports = [], {}
    packages = ["openssl", "libssl3", "zlib1g", "lightgbm", "urllib3", "libgomp1"]
    for platform in platforms:
        system, architecture = platform.split("/")
        image, proof = digest(rng), digest(rng)
        manifests += [
            {"digest": image, "platform": {"os": system, "architecture": architecture}},
            # What buildx adds for each image: its provenance, which is no image.
            {"digest": proof, "platform": {"os": "unknown", "architecture": "unknown"}},
        ]
        found = [
            {
                "VulnerabilityID": f"CVE-2026-{rng.randint(1, 9):04d}",
                "PkgName": rng.choice(packages),
                "InstalledVersion": "1.0",
                "Severity": rng.choice(("LOW", "MEDIUM", "HIGH", "HIGH", "CRITICAL", "UNKNOWN")),
            }
            for _ in range(many)
        ]
        for one in found:
            # A fault has one severity, and a package has one mend for it, wherever it is found.
            same = random.Random(f"{seed}-{one['VulnerabilityID']}")
            one["Severity"] = same.choice(("LOW", "MEDIUM", "HIGH", "HIGH", "CRITICAL"))
            mended = random.Random(f"{seed}-{one['VulnerabilityID']}-{one['PkgName']}").random()
            if mended < 0.6:
                one["FixedVersion"] = "1.1"
            elif mended < 0.8:
                one["FixedVersion"] = ""
        half = len(found) // 2
        reports[image] = {
            "SchemaVersion": 2,
            "Results": [
                {"Target": "debian 12", "Class": "os-pkgs", "Vulnerabilities": found[:half]},
                {"Target": "Python", "Class": "lang-pkgs", "Vulnerabilities": found[half:]},
                # Where nothing is found, the scanner leaves the list out.
                {"Target": "opt/venv", "Class": "lang-pkgs"},
            ],
        }
    rng.shuffle(manifests)
    return {"schemaVersion": 2, "manifests": manifests}, reports


def used(seed: Any, peak: float = 5.5, hours: Any = HOURS) -> list[int | None]:
    """Return the CPU, in thousandths of a core, that requests take every 15 seconds of a day.

    It goes up and down from minute to minute; some measurements are missing (None).
    """
    rng = random.Random(f"used-{seed}")
    found: list[int | None] = []
    for hour, level in enumerate(hours):
        then = hours[(hour + 1) % len(hours)]
        for step in range(3600 // STEP):
            mean = level + (then - level) * step * STEP / 3600
            value = 1000 * peak * mean / max(hours) * rng.uniform(0.75, 1.25)
            found.append(None if rng.random() < 0.01 else round(value))
    return found


def canary(
    seed: Any,
    errors: float = 1.0,
    slow: float = 1.0,
    share: float = 0.1,
    rate: int = 300,
    minutes: int = 60,
) -> list[dict[str, Any]]:
    """Return rows of two tracks of a release, minute by minute, and of the day before.

    The canary gets `share` of about `rate` requests a minute; its requests fail `errors` times as
    often as those of the others and are late `slow` times as often. Today a bank that everybody
    asks is unwell: all tracks fail some three times as often as the day before (the minutes -1440
    and following, in which there was no canary).
    """
    rng = random.Random(f"canary-{seed}")

    def row(minute: int, track: str, requests: int, failing: float, late: float) -> Any:
        bad = sum(rng.random() < failing for _ in range(requests))
        delayed = sum(rng.random() < late for _ in range(requests))
        found = {"minute": minute, "track": track, "requests": requests}
        return found | {"errors": bad, "slow": delayed}

    rows = []
    for minute in range(minutes):
        many = round(rate * rng.uniform(0.8, 1.2))
        few = round(many * share)
        rows.append(row(minute - 1440, "stable", many, 0.004, 0.01))
        rows.append(row(minute, "stable", many - few, 0.012, 0.02))
        # A pod that is being moved answers nothing for a minute.
        if minute % 17 != 11:
            rows.append(row(minute, "canary", few, 0.012 * errors, 0.02 * slow))
    rng.shuffle(rows)
    return rows
