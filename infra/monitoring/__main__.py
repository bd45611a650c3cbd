"""Render rules and dashboards, and show a dashboard: `python -m infra.monitoring --help`."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import httpx
import typer

from autograder.errors import CourseError
from infra.monitoring.alert_routing import Receivers
from infra.monitoring.dashboards.page import dashboard_page
from infra.monitoring.dashboards.prometheus_query import PrometheusClient, PrometheusError, Span
from infra.monitoring.dashboards.service import service_dashboard
from infra.monitoring.render import HOME, seconds_of, write_rendered
from infra.monitoring.service_rules import ServiceTerms
from infra.settings import load_settings

_APP = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@_APP.command()
def render(
    page: str = Receivers.page, ticket: str = Receivers.ticket, heartbeat: str = Receivers.heartbeat
) -> None:
    """Write rules, routing and the Grafana dashboard that are kept beside the code."""
    for path in write_rendered(HOME, ServiceTerms(), Receivers(page, ticket, heartbeat)):
        typer.echo(f"{path}")


@_APP.command()
def show(
    job: str,
    out: Annotated[Path, typer.Option(help="Where the page goes.")] = Path("dashboard.html"),
    last: Annotated[str, typer.Option(help="Such as 90s, 15m, 6h or 3d.")] = "1h",
) -> None:
    """Write the dashboard of JOB as a page, from the Prometheus of the settings."""
    try:
        span = Span.last(timedelta(seconds=seconds_of(last)))
        with httpx.Client(timeout=10) as http:
            client = PrometheusClient(load_settings().prometheus, http)
            client.names()
            text = dashboard_page(service_dashboard(ServiceTerms()), client, span, {"job": job})
    except PrometheusError as error:
        raise CourseError(f"{error}.", mend="`lab up prometheus` starts it.") from error
    except ValueError as error:
        raise CourseError(f"{error}.", mend="Give --last 1h.") from error
    out.write_text(text, encoding="utf-8")
    typer.echo(f"{out}")


if __name__ == "__main__":
    try:
        _APP()
    except CourseError as mistake:
        typer.echo(f"{mistake}", err=True)
        raise SystemExit(2) from None
