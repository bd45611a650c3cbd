"""How a command of the project ends where something is wrong: one sentence and exit code 2."""

import typer
from kafka.errors import KafkaError

from autograder.errors import CourseError
from infra.events.errors import EventsError


def run(app: typer.Typer) -> None:
    """Run the command; a mistake, or a Kafka that is down, is told in words, without a traceback.

    Raises SystemExit with 2 then.
    """
    try:
        app()
    except CourseError as mistake:
        typer.echo(f"{mistake}", err=True)
    except (EventsError, KafkaError) as error:
        typer.echo(f"Kafka does not answer: {error}. `lab up kafka` starts it.", err=True)
    else:
        return
    raise SystemExit(2)
