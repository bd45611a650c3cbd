"""Render the rules and the dashboard: `python -m projects.fraud.operating --help`."""

import typer

from projects.fraud.operating.objectives import FraudTerms
from projects.fraud.operating.render import HOME, write_rendered

_APP = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@_APP.callback()
def operating() -> None:
    """Operate fraud detection."""


@_APP.command()
def render() -> None:
    """Write the rules and the Grafana dashboard that are kept beside the code."""
    for path in write_rendered(HOME, FraudTerms()):
        typer.echo(f"{path}")


if __name__ == "__main__":
    _APP()
