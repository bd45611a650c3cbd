"""Watch fraud detection: `python -m projects.fraud.operating --help`."""

import logging
from typing import Annotated

import typer
from prometheus_client import CollectorRegistry, start_http_server

from infra.events.stopping import Stop
from infra.settings import load_settings
from projects.fraud.commands import run
from projects.fraud.operating.alias_commands import compare, roll_back
from projects.fraud.operating.decision_metrics import DecisionMetrics
from projects.fraud.operating.decision_watcher import DecisionWatcher
from projects.fraud.operating.export_command import export_days
from projects.fraud.operating.judging_command import judge_day
from projects.fraud.operating.objectives import FraudTerms
from projects.fraud.operating.render import HOME, write_rendered
from projects.fraud.scoring.topics import make_scoring_topics

_APP = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@_APP.callback()
def operating() -> None:
    """Operate fraud detection."""


@_APP.command()
def render() -> None:
    """Write the rules and the Grafana dashboard that are kept beside the code."""
    for path in write_rendered(HOME, FraudTerms()):
        typer.echo(f"{path}")


@_APP.command()
def watch(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of /metrics.")] = 8011,
    host: str = "127.0.0.1",
) -> None:
    """Show Prometheus what the scorer publishes, until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("kafka").setLevel(logging.WARNING)
    kafka, metrics, stop = load_settings().kafka, DecisionMetrics(CollectorRegistry()), Stop()
    with stop.on_signals():
        # Else a watch that was there before the scorer would watch nothing for ever.
        make_scoring_topics(kafka)
        watcher = DecisionWatcher(kafka, metrics)
        start_http_server(port, addr=host, registry=metrics.registry)
        watcher.run(stop)
        watcher.close()


for _command in (judge_day, export_days, compare, roll_back):
    _APP.command()(_command)


def main() -> None:
    """Run the command; a mistake is told in words, without a traceback."""
    run(_APP)


if __name__ == "__main__":
    main()
