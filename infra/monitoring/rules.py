"""Hold Prometheus's rules as values, and write them as its YAML."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.monitoring.yaml_text import yaml_text

SEVERITIES = ("page", "ticket", "heartbeat")


@dataclass(frozen=True)
class Record:
    """Keep the value of an expression under a name of its own."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """Return the rule as Prometheus's configuration has it."""
        labels = {"labels": dict(self.labels)} if self.labels else {}
        return {"record": self.record, "expr": self.expr, **labels}


@dataclass(frozen=True)
class Alert:
    """Fire while an expression has a value, once it has had one for `lasting`.

    `severity` says where it goes: page wakes somebody, ticket waits for the morning, heartbeat
    fires always. Every alert has a runbook.
    """

    alert: str
    expr: str
    severity: str
    summary: str
    description: str
    runbook: str
    lasting: str = "0s"
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"{self.alert}: severity is one of {SEVERITIES}, is {self.severity}")

    def as_data(self) -> dict[str, Any]:
        """Return the rule as Prometheus's configuration has it."""
        lasting = {} if self.lasting == "0s" else {"for": self.lasting}
        return {
            "alert": self.alert,
            "expr": self.expr,
            **lasting,
            "labels": {"severity": self.severity, **self.labels},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": self.runbook,
            },
        }


@dataclass(frozen=True)
class RuleGroup:
    """Hold rules that are evaluated one after the other, `every` so often."""

    name: str
    rules: tuple[Record | Alert, ...]
    every: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return the group as Prometheus's configuration has it."""
        every = {"interval": self.every} if self.every else {}
        return {"name": self.name, **every, "rules": [rule.as_data() for rule in self.rules]}


def rules_yaml(groups: Iterable[RuleGroup]) -> str:
    """Return a rule file; raise ValueError where two groups have one name."""
    found = list(groups)
    names = [group.name for group in found]
    if len(set(names)) < len(names):
        raise ValueError(f"two groups have one name: {names}")
    return yaml_text({"groups": [group.as_data() for group in found]})


def expressions(groups: Iterable[RuleGroup]) -> dict[str, str]:
    """Return every rule's expression by where it stands."""
    return {
        f"{group.name}[{place}] {getattr(rule, 'alert', None) or getattr(rule, 'record', '')}": (
            rule.expr
        )
        for group in groups
        for place, rule in enumerate(group.rules)
    }


def recorded(groups: Iterable[RuleGroup]) -> dict[str, frozenset[str]]:
    """Return the names that rules record, with the labels that they give them."""
    return {
        rule.record: frozenset(rule.labels)
        for group in groups
        for rule in group.rules
        if isinstance(rule, Record)
    }
