"""The site's pages about serving and monitoring: their code runs, and alerts lead to a heading."""

import re
from pathlib import Path

import pytest

from infra.monitoring.rules import Alert
from infra.monitoring.service_rules import ServiceTerms, service_groups, watch_groups

PAGES = Path(__file__).parents[3] / "site" / "pages" / "stack"
CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.long
@pytest.mark.parametrize("name", ["serving", "monitoring"])
def test_the_code_of_the_page_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    pieces = CODE.findall((PAGES / f"{name}.md").read_text(encoding="utf-8"))
    assert len(pieces) >= 3
    exec(compile("\n".join(pieces), f"{name}.md", "exec"), {"__name__": name})
    assert capsys.readouterr().out


def test_every_alert_leads_to_a_heading_that_is_there() -> None:
    page = (PAGES / "monitoring.md").read_text(encoding="utf-8")
    headings = {line[4:].lower().replace(" ", "-") for line in re.findall(r"^### .+", page, re.M)}
    groups = (*service_groups(ServiceTerms()), *watch_groups(ServiceTerms(), ["parcels"]))
    runbooks = {rule.runbook for group in groups for rule in group.rules if isinstance(rule, Alert)}
    assert {runbook.removeprefix("stack/monitoring.html#") for runbook in runbooks} == headings
