"""Write the rules and the dashboard that are kept beside the code."""

from collections.abc import Mapping
from pathlib import Path

from infra.monitoring.dashboards.grafana import grafana_json
from infra.monitoring.rules import rules_yaml
from projects.fraud.operating.dashboard import fraud_dashboard
from projects.fraud.operating.objectives import FraudTerms, fraud_groups

HOME = Path(__file__).parent
COMMAND = "python -m projects.fraud.operating render"
_OF_INFRA = "python -m infra.monitoring render"


def rendered(terms: FraudTerms) -> Mapping[str, str]:
    """Return every file's text by its path below this room."""
    return {
        "rules/fraud.yml": rules_yaml(fraud_groups(terms)).replace(_OF_INFRA, COMMAND, 1),
        "grafana/fraud.json": grafana_json(fraud_dashboard(terms)),
    }


def write_rendered(folder: Path, terms: FraudTerms) -> list[Path]:
    """Write the files below `folder` and return their paths."""
    written = []
    for name, text in rendered(terms).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
