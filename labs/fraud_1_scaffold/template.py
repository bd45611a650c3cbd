"""What the fraud team begins with: a tree of files, a plan of the cloud, its prices, its bill."""

import random

# Git calls a commit-msg hook with the file of the message, before it makes the commit. The module
# `scaffold` is what this lab leaves: your functions, in a file beside the hook.
HOOK = '''"""Stop a commit that gate or scanner object to; git gives the file of the message."""

import sys
from datetime import date
from pathlib import Path

from scaffold import gate, scan, staged_change

lines = Path(sys.argv[1]).read_text(encoding="utf-8").split("\\n")
message = "\\n".join(line for line in lines if not line.startswith("#")).rstrip()
change = staged_change(".", message)
found = gate(change)["problems"] + scan(change["diff"], [], date.today().isoformat())
for one in found:
    print(f"{one['path']}:{one.get('line', '')} {one['rule']} {one.get('mend', '')}")
sys.exit(1 if found else 0)
'''

# Path in the repository, and what stands there.
TREE = {
    ".env.example": "# Copy to .env, which git ignores, and fill in.\nFRAUD_DATABASE_PASSWORD=\n",
    ".gitignore": ".env\n.venv/\n__pycache__/\n*.pkl\ndata/\n",
    ".pre-commit-config.yaml": (
        "repos:\n  - repo: local\n    hooks:\n"
        "      - {id: ruff, name: ruff, entry: ruff check, language: system, types: [python]}\n"
        "      - {id: gate, name: gate, entry: python hooks/commit_msg.py, language: system,\n"
        "         stages: [commit-msg]}\n"
    ),
    "README.md": "Fraud\n=======\n\nScore payments as they happen. Begin with `make test`.\n",
    "features/__init__.py": '"""What a payment looks like to a model."""\n',
    "hooks/commit_msg.py": HOOK,
    "infra/main.tf": '# Brokers, database, bucket.\nlocals {\n  project = "fraud"\n}\n',
    "mlops/train.py": '"""Train on last week\'s payments."""\n',
    "pyproject.toml": (
        '[project]\nname = "fraud"\nversion = "0.1.0"\n'
        'dependencies = ["pandas>=2.2", "scikit-learn>=1.5", "uvicorn[standard]>=0.30"]\n\n'
        "[tool.ruff]\nline-length = 100\n"
    ),
    "requirements.lock": (
        "pandas==2.2.3 \\\n    --hash=sha256:" + "0a1b2c3d" * 8 + "\n"
        "scikit_learn==1.5.2\nuvicorn==0.30.6\n"
    ),
    "services/scorer.py": '"""Read payments, score them, write decisions."""\n',
    "settings/base.toml": "batch_size = 500\nthreshold = 0.5\ndry_run = true\n",
    "settings/production.toml": 'dry_run = false\nbrokers = "kafka-1:9092,kafka-2:9092"\n',
    "tests/test_features.py": "def test_nothing_yet():\n    assert True\n",
}

SCHEMA = {
    "brokers": {"kind": "text"},
    "batch_size": {"kind": "whole", "default": 100},
    "threshold": {"kind": "number", "default": 0.9},
    "dry_run": {"kind": "yes_no", "default": True},
    "database_password": {"kind": "secret"},
}

# Made-up round prices, of the size that clouds ask. A unit beyond the free ones costs `price`.
PRICES = [
    {"kind": "kafka.small", "unit": "hour", "price": "0.0456", "free": "0"},
    {"kind": "kafka.small", "unit": "gb", "price": "0.10", "free": "0"},
    {"kind": "database.small", "unit": "hour", "price": "0.0736", "free": "0"},
    {"kind": "database.small", "unit": "gb", "price": "0.137", "free": "20"},
    {"kind": "bucket", "unit": "gb", "price": "0.0245", "free": "5"},
    {"kind": "bucket", "unit": "thousand_requests", "price": "0.0054", "free": "2"},
]

# `use` is what one piece takes in a month.
PLAN = [
    {"name": "brokers", "kind": "kafka.small", "count": 3, "use": {"hour": "730", "gb": "50"}},
    {"name": "cases", "kind": "database.small", "count": 1, "use": {"hour": "730", "gb": "60"}},
    {"name": "raw events", "kind": "bucket", "count": 1, "use": {"gb": "310"}},
    {
        "name": "models",
        "kind": "bucket",
        "count": 2,
        "use": {"gb": "1.5", "thousand_requests": "40"},
    },
]

TARGET = {"project": "fraud", "environment": "test", "owners": ["ana", "bo", "platform"]}


def resource(name: str, monthly: str, needs: tuple[str, ...] = (), **tags: str) -> dict:
    """Return one row of an inventory; tags not told are those of the fraud team's test."""
    ours = {"project": "fraud", "environment": "test", "owner": "ana"}
    return {"id": name, "monthly": monthly, "needs": list(needs), "tags": ours | tags}


INVENTORY = [
    resource("network", "37.96"),
    resource("brokers", "114.80", ("network",)),
    resource("database", "61.94", ("network",), protected="until the audit"),
    resource("scorer", "43.80", ("brokers", "database")),
    resource("dashboard", "12.41", ("scorer",), owner="bo"),
    resource("fraud-ring-study", "88.00", ("network",), project="research", owner="platform"),
    resource("old-notebook", "219.00", (), project="", owner=""),
    resource("bucket", "7.47"),
]


def bill(seed: object, month: str = "2026-04", days: int = 9) -> list[dict]:
    """Return what the first `days` days of a month cost, the last of them not over yet."""
    draw = random.Random(f"bill-{seed}")
    return [
        {"date": f"{month}-{day:02d}", "amount": f"{draw.randint(600, 1400) / 100:.2f}"}
        for day in range(1, days + 1)
        for _ in range(2)
    ]
