"""A stack comes up, is looked at, and goes down; one real server stands for all of them."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import redis

from autograder.errors import CourseError
from infra.settings import Settings
from infra.stack.bringing_up import Step
from infra.stack.processes import of_stack
from infra.stack.stack import Stack
from infra.stack.status import PartStatus, State

NewStack = Callable[[Path], Stack]
SettingsOf = Callable[[Stack], Settings]


def only(stack: Stack) -> PartStatus:
    [status] = stack.status()
    return status


def client(settings: Settings) -> redis.Redis:
    return redis.Redis(**settings.redis.client_options())


def test_up_returns_when_real_work_succeeded(
    tmp_path: Path, new_stack: NewStack, settings_of: SettingsOf, offset: int
) -> None:
    steps: list[Step] = []
    stack = new_stack(tmp_path)
    outcome = stack.up(port_offset=offset, watch=steps.append)
    assert not outcome.failures
    [status] = outcome.statuses
    assert status.state is State.HEALTHY
    assert status.version.startswith("Valkey ")
    assert status.address == f"redis://127.0.0.1:{26379 + offset}"
    assert status.data == "redis"
    assert status.memory_bytes > 1_000_000
    assert [step.doing for step in steps] == ["making ready", "starting", "healthy"]
    assert client(settings_of(stack)).ping()


def test_up_again_changes_nothing(tmp_path: Path, new_stack: NewStack, offset: int) -> None:
    stack = new_stack(tmp_path)
    [first] = stack.up(port_offset=offset).statuses
    [second] = stack.up(["redis"]).statuses
    assert second.pids == first.pids


def test_data_is_kept_over_down_and_removed_by_wipe(
    tmp_path: Path, new_stack: NewStack, settings_of: SettingsOf, offset: int
) -> None:
    stack = new_stack(tmp_path)
    stack.up(port_offset=offset)
    client(settings_of(stack)).set("kept", "yes")
    assert stack.down() == []
    assert of_stack(stack.home.root) == []
    assert only(stack).state is State.STOPPED
    stack.up()
    assert client(settings_of(stack)).get("kept") == b"yes"
    stack.wipe()
    assert not stack.home.root.exists()
    assert of_stack(stack.home.root) == []
    assert stack.down() == []


def test_a_part_can_be_stopped_and_started_alone(
    tmp_path: Path, new_stack: NewStack, offset: int
) -> None:
    stack = new_stack(tmp_path)
    stack.up(port_offset=offset)
    stack.down(["redis"])
    assert only(stack).state is State.STOPPED
    assert not stack.warnings()
    [status] = stack.up(["redis"]).statuses
    assert (status.state, status.restarts) == (State.HEALTHY, 0)


def test_a_crash_is_mended_and_counted(
    tmp_path: Path, new_stack: NewStack, settings_of: SettingsOf, offset: int
) -> None:
    stack = new_stack(tmp_path)
    [before] = stack.up(port_offset=offset).statuses
    client(settings_of(stack)).set("kept", "yes")
    psutil.Process(before.pids[0]).kill()
    until = time.monotonic() + 15
    while only(stack).restarts < 1 or only(stack).state is not State.HEALTHY:
        assert time.monotonic() < until, only(stack)
        time.sleep(0.1)
    after = only(stack)
    assert (after.restarts, after.pids != before.pids) == (1, True)
    assert client(settings_of(stack)).get("kept") == b"yes"


def test_a_part_that_cannot_run_says_why(tmp_path: Path, new_stack: NewStack, offset: int) -> None:
    stack = new_stack(tmp_path)
    stack.up(port_offset=offset)
    stack.down()
    manifest = next(stack.home.data("redis").rglob("*.manifest"))
    manifest.write_text("this is no manifest\n")
    outcome = stack.up()
    assert "manifest" in str(outcome.failures["redis"])
    assert outcome.statuses[0].state is State.FAILED
    assert "redis ended again and again" in only(stack).reason
    assert not only(stack).is_well


def test_everything_listens_on_loopback_alone(
    tmp_path: Path, new_stack: NewStack, offset: int
) -> None:
    stack = new_stack(tmp_path)
    stack.up(port_offset=offset)
    listening = [
        connection.laddr.ip
        for process in of_stack(stack.home.root)
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


def test_files_that_hold_passwords_are_the_users_alone(
    tmp_path: Path, new_stack: NewStack, offset: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_REDIS_PASSWORD", "with 100% \N{SNOWMAN} signs")
    stack = new_stack(tmp_path)
    assert not stack.up(port_offset=offset).failures
    for file in (stack.home.configuration, stack.home.data("redis") / "valkey.conf"):
        assert file.stat().st_mode & 0o077 == 0
    commands = [" ".join(process.cmdline()) for process in of_stack(stack.home.root)]
    assert not any("signs" in command for command in commands)


def test_changed_settings_restart_what_they_concern(
    tmp_path: Path, new_stack: NewStack, offset: int
) -> None:
    stack = new_stack(tmp_path)
    stack.up(port_offset=offset)
    with pytest.raises(CourseError, match=f"runs at port offset {offset}.*`lab down` first"):
        stack.up(port_offset=offset + 1)
    with pytest.raises(CourseError, match="no part 'kafak'"):
        stack.up(["kafak"])
    assert only(stack).state is State.HEALTHY


def test_a_taken_port_is_named_with_its_holder(
    tmp_path: Path, new_stack: NewStack, offset: int
) -> None:
    stack = new_stack(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 26379 + offset))
        other.listen()
        me = psutil.Process()
        with pytest.raises(CourseError, match=f"Port {26379 + offset}.*pid {me.pid}: .*--port-of"):
            stack.up(port_offset=offset)
    assert not stack.up(port_offset=offset).failures


def test_another_tier_is_not_started_here(
    tmp_path: Path, new_stack: NewStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = new_stack(tmp_path)
    monkeypatch.setenv("LAB_TIER", "cloud")
    with pytest.raises(CourseError, match="Unset LAB_TIER"):
        stack.up()
    monkeypatch.delenv("LAB_TIER")
    monkeypatch.setenv("LAB_STACK_PATIENCE_SECONDS", "soon")
    with pytest.raises(CourseError, match="LAB_STACK_PATIENCE_SECONDS cannot be so"):
        stack.up()
    monkeypatch.delenv("LAB_STACK_PATIENCE_SECONDS")
