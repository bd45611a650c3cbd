"""The log's days become files that the drift watch reads: whole, once, and with late labels."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from payment_streams import labels_of, payments_of

from autograder.errors import CourseError
from projects.fraud import columns as c
from projects.fraud.contracts import CONTRACTS, LABEL, PAYMENT, Label, Payment
from projects.fraud.operating import __main__ as command
from projects.fraud.operating import days_export, logged_payments
from projects.fraud.operating.days_export import ExportConfig, Exported, export_days
from projects.fraud.operating.logged_payments import LogConfig
from projects.fraud.operating.payments_on_disk import COLUMNS, newest_day, payments_until
from projects.fraud.world.public_data import load_public_data

LAST = 12
CONFIG = ExportConfig(settled_after_days=8)


@dataclass(frozen=True)
class Sent:
    """Be a record as a consumer gives it."""

    value: bytes
    timestamp: int
    offset: int = 0
    topic: str = "made up"


@dataclass
class Log:
    """Be a log in memory; `first` is the offset before which a partition forgot everything."""

    topics: dict[str, list[list[Sent]]] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)

    def __call__(self, kafka: object) -> "Log":
        return self

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *rest: object) -> None:
        pass

    def partitions(self, topic: str) -> list[int]:
        return list(range(len(self.topics.get(topic, ()))))

    def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        return self.first.get(topic, 0), len(self.topics[topic][partition])

    def read(self, topic: str, partition: int, start: int, stop: int) -> Iterator[Sent]:
        yield from self.topics[topic][partition][start:stop]

    def add(self, data: Payment | Label, sent: datetime | None = None) -> None:
        contract: Any = PAYMENT if isinstance(data, Payment) else LABEL
        at = data.at if isinstance(data, Payment) else data.known_at
        config = LogConfig()
        topic = config.payments if isinstance(data, Payment) else config.labels
        place = data.customer_id % 2 if isinstance(data, Payment) else 0
        milliseconds = round((sent or at).timestamp() * 1000)
        written = CONTRACTS.write(contract.new(data, producer="test", time=at))
        self.topics[topic][place].append(Sent(written, milliseconds))


def log_until(world: pd.DataFrame, day: int) -> Log:
    """Return the log as it is some hours into the day after `day`."""
    end = pd.Timestamp(LogConfig().day_zero) + pd.Timedelta(days=day + 1, hours=6)
    log = Log({LogConfig().payments: [[], []], LogConfig().labels: [[]]})
    for payment in payments_of(world[world[c.TX_DATETIME] < end]):
        log.add(payment)
    for label in labels_of(world[world[c.TX_DATETIME] < end - pd.Timedelta(days=7)]):
        log.add(label)
    return log


def exported(
    monkeypatch: pytest.MonkeyPatch, log: Log, folder: Path, config: ExportConfig = CONFIG
) -> Exported:
    monkeypatch.setattr(logged_payments, "KafkaLog", log)
    return export_days(None, folder, config)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def world(small_world: pd.DataFrame) -> pd.DataFrame:
    return small_world[small_world[c.TX_TIME_DAYS] <= LAST + 10]


def days(found: Exported) -> list[int]:
    return [one.day for one in found.written]


def test_complete_days_are_the_table_that_was_played(
    world: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = exported(monkeypatch, log_until(world, LAST), tmp_path)
    assert days(found) == list(range(LAST + 1)) and found.left_out == 0
    # Labels of day 4 come until day 11 ends, and are waited for until day 12 does.
    assert [one.day for one in found.written if one.is_settled] == [0, 1, 2, 3, 4]
    assert sorted(path.name for path in tmp_path.iterdir())[-1] == "2018-04-13.parquet"
    assert newest_day(tmp_path) == LAST
    read = payments_until(tmp_path, LAST, 7)
    due = world[world[c.TX_TIME_DAYS] <= LAST].sort_values([c.TX_TIME_SECONDS, c.TRANSACTION_ID])
    known = due[c.TX_TIME_DAYS] <= LAST - 7
    due = due.assign(**{c.TX_FRAUD: due[c.TX_FRAUD].where(known, 0)})
    assert due[c.TX_FRAUD].sum() > 5
    pd.testing.assert_frame_equal(read, due[list(COLUMNS)].reset_index(drop=True))
    public = load_public_data(tmp_path).frame
    assert len(public) == len(read) and public[c.TX_DATETIME].equals(read[c.TX_DATETIME])


def test_settled_days_are_left_alone_and_others_take_in_what_came_since(
    world: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = exported(monkeypatch, log_until(world, LAST), tmp_path)
    before = {one.day: (one.path.stat().st_ino, one.frauds) for one in first.written}
    again = exported(monkeypatch, log_until(world, LAST), tmp_path)
    assert (days(again), again.left_alone) == (list(range(5, LAST + 1)), 5)
    later = exported(monkeypatch, log_until(world, LAST + 7), tmp_path)
    assert (days(later), later.left_alone) == (list(range(5, LAST + 8)), 5)
    assert all(one.path.stat().st_ino == before[one.day][0] for one in first.written[:5])
    frauds = {one.day: one.frauds for one in later.written}
    truth = world.groupby(c.TX_TIME_DAYS)[c.TX_FRAUD].sum()
    assert all(frauds[day] == truth[day] for day in range(5, LAST + 1))
    assert sum(before[day][1] for day in range(5, LAST + 1)) < sum(truth[5 : LAST + 1])
    assert not [one for one in tmp_path.iterdir() if not one.name.endswith(".parquet")]


def test_a_day_is_written_when_the_log_has_come_past_its_end(
    world: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = log_until(world, LAST)
    midnight = LogConfig().end_of(LAST)
    for partition in log.topics[LogConfig().payments]:
        partition[:] = [one for one in partition if one.timestamp / 1000 < midnight.timestamp()]
    assert days(exported(monkeypatch, log, tmp_path))[-1] == LAST - 1
    late = Payment(
        transaction_id=10**9,
        at=midnight + timedelta(hours=1),
        customer_id=1,
        terminal_id=1,
        amount_cents=1,
    )
    # A clock that is ahead ends no day: what counts is when the payment was sent.
    log.add(late, sent=midnight - timedelta(hours=2))
    assert days(exported(monkeypatch, log, tmp_path))[-1] == LAST - 1
    log.add(late.model_copy(update={"transaction_id": 10**9 + 1}))
    assert days(exported(monkeypatch, log, tmp_path))[-1] == LAST


def test_copies_strange_records_and_second_labels_change_nothing(
    world: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = log_until(world, LAST)
    exported(monkeypatch, log, tmp_path / "before")
    row = world.iloc[[0]]
    payment, label = payments_of(row)[0], labels_of(row)[0]
    log.add(payment)
    log.add(label.model_copy(update={"fraud": not label.fraud}))
    log.topics[LogConfig().payments][0].append(Sent(b"no event", 0))
    to_come = datetime(2031, 1, 1, tzinfo=UTC)
    sent = LogConfig().end_of(LAST)
    log.add(payment.model_copy(update={"transaction_id": 7 * 10**8, "at": to_come}), sent=sent)
    long_ago = LogConfig().start - timedelta(seconds=1)
    log.add(payment.model_copy(update={"transaction_id": 8 * 10**8, "at": long_ago}), sent=sent)
    found = exported(monkeypatch, log, tmp_path / "after")
    assert found.left_out == 3
    read = [payments_until(tmp_path / name, LAST, 7) for name in ("before", "after")]
    pd.testing.assert_frame_equal(*read)


def test_what_the_log_forgot_stays_in_the_files(
    world: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = log_until(world, LAST)
    exported(monkeypatch, log, tmp_path / "kept")
    before = payments_until(tmp_path / "kept", LAST, 0)
    # Both partitions begin within day 8, and no label is left.
    partitions, (labels,) = (
        log.topics[name] for name in (LogConfig().payments, LogConfig().labels)
    )
    middle = (LogConfig().end_of(8) - timedelta(hours=12)).timestamp() * 1000
    start = max(sum(one.timestamp < middle for one in part) for part in partitions)
    log.first = {
        LogConfig().payments: start,
        LogConfig().labels: len(labels),
    }
    found = exported(monkeypatch, log, tmp_path / "kept")
    assert days(found)[0] >= 9 and found.not_whole == ()
    pd.testing.assert_frame_equal(payments_until(tmp_path / "kept", LAST, 0), before)
    fresh = exported(monkeypatch, log, tmp_path / "fresh")
    assert fresh.not_whole and days(fresh) == days(found)


def test_a_file_that_is_broken_is_written_anew_and_a_foreign_one_is_let_be(
    world: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(monkeypatch, log_until(world, LAST), tmp_path)
    broken = tmp_path / "2018-04-02.parquet"
    broken.write_bytes(b"")
    found = exported(monkeypatch, log_until(world, LAST), tmp_path)
    assert 1 in days(found) and found.left_alone == 4
    assert len(payments_until(tmp_path, LAST, 7)) == (world[c.TX_TIME_DAYS] <= LAST).sum()
    other = ExportConfig(LogConfig(day_zero=date(2018, 3, 1)))
    with pytest.raises(CourseError, match="was not written with 2018-03-01 as day 0"):
        exported(monkeypatch, log_until(world, LAST), tmp_path, other)


def test_who_is_killed_while_writing_leaves_whole_files_alone(
    world: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = days_export.pq.write_table, []

    def half(table: Any, path: Path) -> None:
        write(table, path)
        written.append(path)
        if len(written) == 3:
            path.write_bytes(path.read_bytes()[:100])
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(days_export.pq, "write_table", half)
        with pytest.raises(KeyboardInterrupt):
            exported(monkeypatch, log_until(world, LAST), tmp_path)
    monkeypatch.undo()
    assert newest_day(tmp_path) == 1
    assert days(exported(monkeypatch, log_until(world, LAST), tmp_path))[:2] == [2, 3]


def test_the_command_says_what_it_wrote_and_what_is_missing(
    world: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(*options: str) -> int:
        monkeypatch.setattr(sys, "argv", ["operating", "export-days", *options])
        with pytest.raises(SystemExit) as ended:
            command.main()
        return int(ended.value.code or 0)

    monkeypatch.setattr(logged_payments, "KafkaLog", log_until(world, 2))
    assert run("--to", str(tmp_path / "days")) == 0
    told = capsys.readouterr().out
    assert "day 2: " in told and "labels may still come" in told
    assert "3 days written, 0 were there with settled labels" in told
    assert "the log has come to 2018-04-04 0" in told
    assert run("--to", str(tmp_path / "days"), "--labels-topic", "away") == 2
    assert "There is no topic away" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert run("--to", str(tmp_path / "file")) == 2
    assert "cannot be written" in capsys.readouterr().err
    empty = Log({LogConfig().payments: [[]], LogConfig().labels: [[]]})
    monkeypatch.setattr(logged_payments, "KafkaLog", empty)
    assert run("--to", str(tmp_path / "none")) == 0
    assert "0 days written" in capsys.readouterr().out and not (tmp_path / "none").exists()


def test_times_keep_their_microseconds_and_seconds_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = LogConfig().start
    log = Log({LogConfig().payments: [[], []], LogConfig().labels: [[]]})
    same = {"customer_id": 4, "terminal_id": 5, "amount_cents": 1999}
    moments = [start + timedelta(seconds=59, microseconds=999_999), start + timedelta(days=2)]
    for number, at in enumerate(moments):
        log.add(Payment(transaction_id=number, at=at, **same))
    exported(monkeypatch, log, tmp_path)
    row = payments_until(tmp_path, 0, 7).iloc[0]
    assert (row[c.TX_TIME_SECONDS], row[c.TX_AMOUNT]) == (59, 19.99)
    assert row[c.TX_DATETIME] == np.datetime64("2018-04-01T00:00:59.999999")
