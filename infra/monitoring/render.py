"""Write the rules, the routing and the dashboard that are kept beside the code."""

import re
from collections.abc import Mapping
from pathlib import Path

from infra.monitoring.alert_routing import Receivers, alertmanager_yaml
from infra.monitoring.dashboards.grafana import grafana_json
from infra.monitoring.dashboards.service import service_dashboard
from infra.monitoring.rules import rules_yaml
from infra.monitoring.service_rules import ServiceTerms, service_groups, watch_groups

HOME = Path(__file__).parent


def rendered(terms: ServiceTerms, receivers: Receivers) -> Mapping[str, str]:
    """Return every file's text by its path below `infra/monitoring`."""
    return {
        "rules/service.yml": rules_yaml(service_groups(terms)),
        "rules/watch.yml": rules_yaml(watch_groups(terms)),
        "alertmanager/alertmanager.yml": alertmanager_yaml(receivers),
        "grafana/service.json": grafana_json(service_dashboard(terms)),
    }


def write_rendered(folder: Path, terms: ServiceTerms, receivers: Receivers) -> list[Path]:
    """Write the files below `folder` and return their paths."""
    written = []
    for name, text in rendered(terms, receivers).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def seconds_of(text: str) -> int:
    """Return the seconds of a time such as 90s, 15m, 6h or 3d; raise ValueError for others."""
    found = re.fullmatch(r"(\d+)([smhd])", text)
    if not found:
        raise ValueError(f"a time is written as 90s, 15m, 6h or 3d, not {text!r}")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]
