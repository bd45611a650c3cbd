"""Which commands the `lab` command has, and what a command costs that is asked for alone."""

import subprocess
import sys

import pytest
import typer

from autograder.cli.app import GROUPS, build_app


@pytest.mark.parametrize(("group", "commands"), GROUPS.items())
def test_a_group_registers_what_it_is_known_for(group: str, commands: list[str]) -> None:
    for command in commands:
        found = typer.main.get_command(build_app(asked=command)).commands  # type: ignore[attr-defined]
        assert sorted(found) == sorted(commands), group


def test_what_is_not_known_gets_all_groups() -> None:
    found = typer.main.get_command(build_app(asked="nothing")).commands  # type: ignore[attr-defined]
    assert sorted(found) == sorted(name for names in GROUPS.values() for name in names)


def test_a_command_does_not_wait_for_what_others_import() -> None:
    code = "import sys, autograder.cli.app as app; app.build_app('list'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"nbgrader", "infra.stack", "great_expectations", "papermill", "joblib"}
    assert not heavy & set(done.stdout.split())
