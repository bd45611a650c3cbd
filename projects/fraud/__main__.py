"""Play the whole system on the local stack: `lab run fraud`."""

import os
import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.errors import CourseError

# In the course, wherever the command is given: the next telling clears away what this one left.
_FOLDER = Path(__file__).parents[2] / "build/runs/fraud"
_SPACE = "space"


def story(
    quick: Annotated[
        bool,
        typer.Option("--quick", help="A smaller world: some 80 seconds in place of five minutes."),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Another world.")] = 0,
    data: Annotated[
        Path | None,
        typer.Option(help="One of the public sets, CSV or Parquet: train and examine on it alone."),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            help="Where page and figures are written.", show_default="the course's build/runs/fraud"
        ),
    ] = _FOLDER,
) -> None:
    """Simulate, load, train, gate, serve, stream, replay, drift, retrain, roll back.

    Real Kafka, Postgres and MLflow are started if they are not there. It ends with a page of
    pictures and the figures behind them. What an earlier telling left on the servers and in the
    folder is cleared away first; the servers stay up, so that you can look at what came out.
    """
    _require_packages()
    console = Console()
    # MLflow would tell of each run and file in the midst of the story.
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ["MLFLOW_LOGGING_LEVEL"] = "WARNING"
    if data is not None:
        _examine(data, output, console, quick=quick, seed=seed)
    else:
        _play(output, console, quick=quick, seed=seed)


def _examine(data: Path, output: Path, console: Console, *, quick: bool, seed: int) -> None:
    # Only now: these need the packages that were looked for.
    from projects.fraud.story import configuration
    from projects.fraud.story.on_public_data import examine_public_data

    config = (configuration.quick if quick else configuration.whole)(seed)
    examine_public_data(data, config.learning, output, console)


def _play(output: Path, console: Console, *, quick: bool, seed: int) -> None:
    from projects.fraud.story.servers import FIRST, LATER, PARTS, start_servers

    with ThreadPoolExecutor(1) as beside:
        # What the story imports takes about as long as its first servers take to start.
        importing = beside.submit(import_module, "projects.fraud.story.play")
        start_servers(FIRST)
        importing.result()
        later = beside.submit(start_servers, LATER, show=False)
        from infra.run_space.space import RunSpace
        from infra.settings import load_settings
        from projects.fraud.story import configuration
        from projects.fraud.story.page import write_page
        from projects.fraud.story.places import Places
        from projects.fraud.story.play import STEPS, play
        from projects.fraud.story.telling import Teller

        config = (configuration.quick if quick else configuration.whole)(seed)
        settings = load_settings()
        kept = output / _SPACE
        if kept.is_file():
            later.result()
            RunSpace(kept.read_text(encoding="utf-8"), PARTS).drop(settings)
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir(parents=True)
        # Another name each time: MLflow keeps the names of experiments that were removed.
        space = f"fraud{uuid.uuid4().hex[:8]}"
        kept.write_text(space, encoding="utf-8")
        teller = Teller(console, STEPS)
        told = play(config, Places(settings, space, output.resolve()), teller, later.result)
        page = write_page(told, teller.steps, output)
    console.print(f"\nPage:    {page}", highlight=False)
    console.print(f"Models:  {settings.mlflow.url}", highlight=False)
    console.print(
        f"Analyst: FRAUD_SCHEMA={space} python -m projects.fraud.investigation --help",
        highlight=False,
    )


def _require_packages() -> None:
    from importlib.util import find_spec

    missing = [
        name for name in ("lightgbm", "onnxruntime", "optuna", "kafka") if not find_spec(name)
    ]
    if missing:
        raise CourseError(
            f"The fraud project needs packages that are not installed: {', '.join(missing)}.",
            mend="Install them: make setup-fraud",
        )


def main() -> None:
    """Run the command; a user's mistake is a sentence and exit code 2."""
    try:
        app = typer.Typer(pretty_exceptions_enable=False)
        app.command()(story)
        app()
    except CourseError as error:
        typer.echo(f"{error.message}\n{error.mend}", err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
