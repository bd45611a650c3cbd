"""The `lab` command: every group of commands is registered here, every user's mistake told here."""

import errno
import os
import sys
from importlib import import_module

import typer
from rich.console import Console

from autograder.cli.ending import Ended, end_in_order
from autograder.errors import CourseError

_HELP = """Work through, write and grade the labs of the course.

[bold]Learners[/bold] begin with `lab list` and `lab start 03_numeric_python`.
[bold]Instructors[/bold] release a lab and grade a cohort: `lab release`, `lab grade`.
[bold]Authors[/bold] scaffold a lab with `lab new` and prove it with `lab verify`.
[bold]Everyone[/bold] starts the servers that labs and projects use with `lab up`.
"""

USER_ERROR, INTERRUPTED = 2, 130
# What each group registers: a command that is known imports its own group alone, since all of them
# together take two seconds.
GROUPS = {
    "learner": ["list", "start", "hint", "reset", "progress"],
    "learner_work": ["check", "watch", "submit", "doctor"],
    "proving": ["new", "fmt", "verify", "release"],
    "cohort": ["grade", "regrade"],
    "instructor_reports": ["feedback", "report", "similar", "export"],
    "formgrader": ["formgrader"],
    "course": ["coverage"],
    "demo": ["demo"],
    "kernel": ["kernel"],
    "stack": ["up", "ps", "logs", "down"],
    "project": ["run"],
}


def build_app(asked: str = "") -> typer.Typer:
    """Return the command with all its groups, or with the one that `asked` is known to be in."""
    app = typer.Typer(
        name="lab",
        help=_HELP,
        rich_markup_mode="rich",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    known = [group for group, commands in GROUPS.items() if asked in commands]
    for group in known or GROUPS:
        import_module(f"autograder.cli.{group}").register(app)
    # With one command alone, typer would take its name for an argument.
    app.callback()(_several_commands)
    return app


def _several_commands() -> None:
    pass


def main() -> None:
    """Run the command; a user's mistake is a sentence and exit code 2, never a traceback."""
    end_in_order()
    try:
        build_app(asked=sys.argv[1] if len(sys.argv) > 1 else "")(standalone_mode=True)
    except CourseError as error:
        _say(error.message, error.mend)
        sys.exit(USER_ERROR)
    except (KeyboardInterrupt, Ended) as ended:
        _say_interrupted()
        sys.exit(getattr(ended, "exit_code", INTERRUPTED))
    except SystemExit as ended:
        if ended.code == INTERRUPTED:  # typer made it out of a KeyboardInterrupt
            _say_interrupted()
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise
        _say(
            f"Could not write {error.filename or 'a file'}: {error.strerror}.",
            "Free space or choose another folder, then give the same command: it goes on.",
        )
        sys.exit(USER_ERROR)


def _say_interrupted() -> None:
    _say("Interrupted.", "What was done is kept; the same command goes on from there.")


def _say(message: str, mend: str) -> None:
    console = Console(stderr=True)
    console.print(message, style="bold red", markup=False, highlight=False, soft_wrap=True)
    if mend:
        console.print(mend, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
