"""A command that cannot do its work says why, names the server that is down, and ends with 2."""

import pytest
import typer
from kafka.errors import KafkaTimeoutError

from autograder.errors import CourseError
from infra.events.errors import ContractError, UnavailableError
from projects.fraud.commands import run

ENDINGS = [
    (CourseError("No such day.", mend="Give --day 3."), "Give --day 3."),
    (
        UnavailableError("Postgres at host:1 does not answer: refused\n\tIs it running?"),
        "Postgres at host:1 does not answer: refused Is it running?. `lab up` starts",
    ),
    (ContractError("no payment"), "no payment."),
    (KafkaTimeoutError("nobody answers"), "`lab up kafka` starts it."),
]


@pytest.mark.parametrize(("error", "words"), ENDINGS, ids=lambda one: type(one).__name__)
def test_it_ends_in_words(
    error: Exception,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def fail() -> None:
        raise error

    monkeypatch.setattr("sys.argv", ["fail"])
    with pytest.raises(SystemExit) as ended:
        run(app)
    said = capsys.readouterr().err
    assert ended.value.code == 2 and words in said and "Traceback" not in said
    assert ("Kafka" in said) == isinstance(error, KafkaTimeoutError)
