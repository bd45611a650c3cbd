"""How a command of the project ends where something is wrong: one sentence and exit code 2."""

import typer
from kafka.errors import KafkaError

from autograder.errors import CourseError
from infra.events.errors import EventsError, UnavailableError


def run(app: typer.Typer) -> None:
    """Run the command; a mistake, or a server that is down, is told in words, without a traceback.

    Raises SystemExit with 2 then.
    """
    try:
        app()
    except CourseError as mistake:
        typer.echo(f"{mistake}", err=True)
    except UnavailableError as error:
        # It names the server, which need not be Kafka.
        typer.echo(f"{_line(error)}. `lab up` starts what is down.", err=True)
    except EventsError as error:
        typer.echo(f"{_line(error)}.", err=True)
    except KafkaError as error:
        typer.echo(f"Kafka does not answer: {_line(error)}. `lab up kafka` starts it.", err=True)
    else:
        return
    raise SystemExit(2)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
