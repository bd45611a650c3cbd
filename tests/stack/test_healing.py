"""What kills, reboots, full disks and odd places leave behind is healed or told."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import redis

from autograder.errors import CourseError
from infra.settings import Settings
from infra.stack.processes import of_stack
from infra.stack.stack import Stack
from infra.stack.status import State
from infra.stack.supervision import supervisor_pid

NewStack = Callable[[Path], Stack]
SettingsOf = Callable[[Stack], Settings]


def test_a_killed_supervisor_is_told_and_replaced(
    tmp_path: Path, new_stack: NewStack, settings_of: SettingsOf, offset: int
) -> None:
    stack = new_stack(tmp_path)
    [before] = stack.up(port_offset=offset).statuses
    redis.Redis(**settings_of(stack).redis.client_options()).set("kept", "yes")
    os.kill(supervisor_pid(stack.home), signal.SIGKILL)
    psutil.wait_procs([psutil.Process(before.pids[0])], timeout=0.2)
    assert psutil.pid_exists(before.pids[0]), "the server outlives its supervisor"
    assert "`lab up` or `lab down`" in stack.warnings()[0]
    [after] = stack.up().statuses
    assert after.state is State.HEALTHY
    assert after.pids != before.pids
    assert not psutil.pid_exists(before.pids[0])
    assert stack.warnings() == []
    assert redis.Redis(**settings_of(stack).redis.client_options()).get("kept") == b"yes"


def test_down_ends_what_a_killed_supervisor_left(
    tmp_path: Path, new_stack: NewStack, offset: int
) -> None:
    stack = new_stack(tmp_path)
    stack.up(port_offset=offset)
    os.kill(supervisor_pid(stack.home), signal.SIGKILL)
    stack.down()
    assert of_stack(stack.home.root) == []


def test_files_of_another_boot_do_not_deceive(
    tmp_path: Path, new_stack: NewStack, offset: int
) -> None:
    stack = new_stack(tmp_path)
    stack.home.make()
    # By now the number in the pid file may be anybody's, and the socket has no server.
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        stack.home.pid_file.write_text(str(bystander.pid))
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(stack.home.socket))
        stack.home.lock.touch()
        assert stack.warnings() == []
        assert not stack.up(port_offset=offset).failures
        stack.down()
        assert bystander.poll() is None
        bystander.communicate(b"\n")


def test_a_command_killed_half_way_is_gone_on_with(
    tmp_path: Path, new_stack: NewStack, offset: int
) -> None:
    stack = new_stack(tmp_path)
    code = (
        "import sys, time; from pathlib import Path\n"
        "from infra.stack.stack import Stack\n"
        "from infra.stack.parts.redis import RedisPart\n"
        "def watch(step):\n"
        "    if step.doing == 'starting': print('now', flush=True); time.sleep(60)\n"
        "stack = Stack(Path(sys.argv[1]), parts=[RedisPart()])\n"
        "stack.up(port_offset=int(sys.argv[2]), watch=watch)"
    )
    command = [sys.executable, "-c", code, str(stack.home.root), str(offset)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as cut:
        assert cut.stdout is not None
        assert cut.stdout.readline() == "now\n"
        cut.kill()
    [status] = stack.up().statuses
    assert status.state is State.HEALTHY


def test_a_full_disk_is_told_before_anything_starts(
    tmp_path: Path, new_stack: NewStack, offset: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = new_stack(tmp_path)
    monkeypatch.setenv("LAB_STACK_LEAST_FREE_MB", "1000000000")
    with pytest.raises(CourseError, match=r"MB left; the stack wants.*Free space"):
        stack.up(port_offset=offset)
    assert of_stack(stack.home.root) == []
    assert "MB left: free space there" in stack.warnings()[0]


@pytest.mark.parametrize(
    "name",
    ["with spaces and 100% \N{SNOWMAN}", "quote's", "x" * 120],
    ids=["spaces", "quote", "longer than a socket's path"],
)
def test_a_checkout_may_lie_anywhere(
    tmp_path: Path, new_stack: NewStack, offset: int, name: str
) -> None:
    stack = new_stack(tmp_path / name)
    assert not stack.up(port_offset=offset).failures
    assert stack.status()[0].state is State.HEALTHY
    stack.wipe()
    assert not stack.home.socket.parent.exists()


def test_a_path_that_the_supervisor_cannot_take_is_told(
    tmp_path: Path, new_stack: NewStack, offset: int
) -> None:
    stack = new_stack(tmp_path / "a ;b")
    with pytest.raises(CourseError, match="Rename the folder"):
        stack.up(port_offset=offset)


def test_two_checkouts_at_once(
    tmp_path: Path, new_stack: NewStack, settings_of: SettingsOf, offset: int
) -> None:
    one, two = new_stack(tmp_path / "one"), new_stack(tmp_path / "two")
    one.up(port_offset=offset)
    with pytest.raises(CourseError, match=f"held by the stack in {one.home.root}"):
        two.up(port_offset=offset)
    two.up(port_offset=offset + 3000)
    clients = [redis.Redis(**settings_of(stack).redis.client_options()) for stack in (one, two)]
    clients[0].set("whose", "one")
    assert clients[1].get("whose") is None
    two.wipe()
    assert clients[0].get("whose") == b"one"
    assert one.status()[0].state is State.HEALTHY


def test_two_commands_at_once_take_turns(tmp_path: Path, new_stack: NewStack, offset: int) -> None:
    stack = new_stack(tmp_path)
    code = (
        "import sys; from pathlib import Path\n"
        "from infra.stack.stack import Stack\n"
        "from infra.stack.parts.redis import RedisPart\n"
        "outcome = Stack(Path(sys.argv[1]), parts=[RedisPart()]).up(port_offset=int(sys.argv[2]))\n"
        "print(outcome.statuses[0].state, outcome.statuses[0].pids)"
    )
    command = [sys.executable, "-c", code, str(stack.home.root), str(offset)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = {process.communicate(timeout=60)[0] for process in both}
    assert len(said) == 1
    assert said.pop().startswith("healthy")


def test_a_frozen_bystander_of_the_same_program_is_left_alone(
    tmp_path: Path, new_stack: NewStack, offset: int
) -> None:
    one, two = new_stack(tmp_path / "one"), new_stack(tmp_path / "two")
    [other] = two.up(port_offset=offset + 3000).statuses
    one.up(port_offset=offset)
    one.down()
    time.sleep(0.1)
    assert psutil.pid_exists(other.pids[0])
