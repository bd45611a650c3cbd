"""The world is played from the command line: at its rate, for its seconds, and ended in order."""

import json
import os
import signal

import pytest
from typer.testing import CliRunner

from infra.events.errors import UnavailableError
from projects.fraud import columns as c
from projects.fraud.contracts import LABELS_TOPIC, PAYMENTS_TOPIC, Label, Payment
from projects.fraud.world import __main__ as command
from projects.fraud.world import publishing
from projects.fraud.world.event_source import EventSourceConfig, arrivals


class Producer:
    """Keep what would go to Kafka, and say when it was asked to make sure of it."""

    sent: list
    closed: int
    after = staticmethod(lambda count: None)

    def __init__(self, kafka, config, contracts) -> None:
        pass

    def send(self, topic, event, *, key) -> None:
        assert key == str(event.data.customer_id)
        Producer.sent.append((topic, event))
        Producer.after(len(Producer.sent))

    def __enter__(self):
        return self

    def __exit__(self, *rest) -> None:
        Producer.closed += 1


@pytest.fixture
def played(monkeypatch, small_world, tmp_path):
    monkeypatch.setattr(publishing, "EventProducer", Producer)
    monkeypatch.setattr(command, "make_scoring_topics", lambda kafka, config: None)
    Producer.sent, Producer.closed, Producer.after = [], 0, staticmethod(lambda count: None)
    path = tmp_path / "world.parquet"
    small_world.to_parquet(path, index=False)

    def run(*words):
        told = CliRunner().invoke(command._APP, ["play", "--data", str(path), *map(str, words)])
        assert told.exit_code == 0, (told.output, told.exception)
        return json.loads(told.stdout.splitlines()[-1]), told.stderr

    return run


def payments_sent():
    return [event.data for _, event in Producer.sent if isinstance(event.data, Payment)]


def test_the_payments_that_are_due_in_its_seconds_go_out_at_their_rate(played, small_world):
    told, said = played("--rate", 100, "--seconds", 2, "--even", "--first-day", 20)
    rows = small_world[small_world[c.TX_TIME_DAYS] >= 20].head(200)
    ids = [one.transaction_id for one in payments_sent()]
    # The last is due at the very end, up to the rounding of so many sums.
    assert ids in (rows[c.TRANSACTION_ID].tolist(), rows[c.TRANSACTION_ID].tolist()[:-1])
    assert told["payments"] == len(ids)
    labels = [event.data for _, event in Producer.sent if isinstance(event.data, Label)]
    assert told["labels"] == len(labels) > 100
    assert {topic for topic, _ in Producer.sent} == {PAYMENTS_TOPIC, LABELS_TOPIC}
    # It took as long as the last is due after the start.
    assert told["seconds"] >= len(ids) / 100 - 1e-6
    assert Producer.closed == 1
    last = rows.set_index(c.TRANSACTION_ID).loc[ids[-1], c.TX_TIME_DAYS]
    assert f"--first-day {last + 1}" in said


def test_the_gaps_vary_with_the_seed_and_the_topics_are_those_that_are_told(played, small_world):
    told, _ = played(
        "--rate", 2000, "--seconds", 0.2, "--seed", 3, "--payments", "p", "--labels", "l"
    )
    assert {topic for topic, _ in Producer.sent} == {"p", "l"}
    config = EventSourceConfig(14, 30, payments_per_second=2000, seed=3)
    due = [one for one in arrivals(small_world, config) if one.due <= 0.2]
    assert [event.id for _, event in Producer.sent] == [one.event.id for one in due]
    assert told["payments"] + told["labels"] == len(due)


def test_a_world_that_ends_before_the_seconds_is_said(played, small_world):
    told, said = played("--rate", 100_000, "--seconds", 60, "--first-day", 49)
    assert told["payments"] == (small_world[c.TX_TIME_DAYS] == 49).sum()
    assert "no more payments" in said and told["worst_delay"] > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_sends_nothing_more_and_ends_in_order(played, number):
    def ask(count) -> None:
        if count == 50:
            os.kill(os.getpid(), number)

    Producer.after = staticmethod(ask)
    told, said = played("--rate", 1000, "--seconds", 100_000, "--first-day", 20)
    assert told["payments"] + told["labels"] == len(Producer.sent) == 50
    assert "acknowledged" in said and Producer.closed == 1


def test_its_help_teaches_what_an_open_loop_is():
    shown = CliRunner().invoke(command._APP, ["play", "--help"], env={"COLUMNS": "120"})
    assert shown.exit_code == 0
    for word in ("--rate", "--seconds", "--first-day", "when it is due", "Ctrl-C", "Example"):
        assert word in shown.output


def test_what_cannot_be_played_is_told_in_words(played, monkeypatch, tmp_path, capsys):
    (tmp_path / "cards.csv").write_text(
        ",".join(["Time", *(f"V{n}" for n in range(1, 29)), "Amount", "Class"])
        + "\n"
        + ",".join(["0"] * 31)
    )
    words = {
        "knows no cards": ["--data", str(tmp_path / "cards.csv")],
        "begin earlier": ["--data", str(tmp_path / "world.parquet"), "--first-day", "50"],
    }
    for said, told in words.items():
        monkeypatch.setattr("sys.argv", ["world", "play", *told])
        with pytest.raises(SystemExit) as ended:
            command.main()
        assert ended.value.code == 2 and said in capsys.readouterr().err

    def absent(kafka, config) -> None:
        raise UnavailableError("No broker of 127.0.0.1:1 answers.")

    monkeypatch.setattr(command, "make_scoring_topics", absent)
    with pytest.raises(SystemExit) as ended:
        command.main()
    said = capsys.readouterr().err
    assert ended.value.code == 2 and "No broker of 127.0.0.1:1" in said and "`lab up`" in said
