"""Render where alerts go: some wake a person, some wait, one must never stop."""

from dataclasses import dataclass
from typing import Any

from infra.monitoring.yaml_text import yaml_text


@dataclass(frozen=True)
class Receivers:
    """Hold the webhooks that pages, tickets and the heartbeat are sent to.

    The heartbeat's must be outside of what is watched, and raise the alarm when it is not called.
    """

    page: str = "http://127.0.0.1:28095/page"
    ticket: str = "http://127.0.0.1:28095/ticket"
    heartbeat: str = "http://127.0.0.1:28095/heartbeat"


def alertmanager_yaml(receivers: Receivers) -> str:
    """Return Alertmanager's configuration; what no route knows becomes a ticket, never nothing."""
    return yaml_text(
        {
            "route": {
                "receiver": "ticket",
                "group_by": ["job", "alertname", "slo"],
                "group_wait": "30s",
                "group_interval": "5m",
                "repeat_interval": "3d",
                "routes": [
                    {
                        "receiver": "heartbeat",
                        "matchers": ['severity="heartbeat"'],
                        "group_wait": "0s",
                        "group_interval": "1m",
                        "repeat_interval": "1m",
                    },
                    {
                        "receiver": "page",
                        "matchers": ['severity="page"'],
                        # One call a service, not one a symptom.
                        "group_by": ["job"],
                        "group_wait": "10s",
                        "repeat_interval": "1h",
                    },
                ],
            },
            "inhibit_rules": [
                # Whoever was woken for an objective needs no ticket for the same.
                _inhibits(
                    ['severity="page"', 'slo=~".+"'], ['severity="ticket"', 'slo=~".+"'], "slo"
                ),
                # A service that is down fails its objectives, and so do its instances.
                _inhibits(['alertname="ServiceDown"'], ['slo=~".+"']),
                _inhibits(
                    ['alertname="ServiceDown"'], ['alertname=~"InstanceDown|ServiceNotReady"']
                ),
            ],
            "receivers": [
                _receiver("page", receivers.page),
                _receiver("ticket", receivers.ticket),
                _receiver("heartbeat", receivers.heartbeat, resolved=False),
            ],
        }
    )


def _inhibits(source: list[str], target: list[str], *equal: str) -> dict[str, Any]:
    return {"source_matchers": source, "target_matchers": target, "equal": ["job", *equal]}


def _receiver(name: str, url: str, *, resolved: bool = True) -> dict[str, Any]:
    return {"name": name, "webhook_configs": [{"url": url, "send_resolved": resolved}]}
