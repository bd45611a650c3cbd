"""Probing a namespace of this process, and the words a learner is told."""

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from autograder.probing import exchange, planted, wire
from autograder.probing.failures import ProbeFailed
from autograder.probing.local import LocalProbe

CELL = """
import asyncio
import sys

rate = 0.5

def double(x):
    print("a word on the way", file=sys.stderr)
    print("another")
    return 2 * x

def grow(items, frame):
    items.append(len(items))
    frame["new"] = 1
    return None

def validate(frame):
    wanted = frame["a"]
    return wanted["amount"]

def outer(frame):
    return validate(frame)

async def later(x):
    await asyncio.sleep(0)
    return x + 1

async def broken():
    raise ValueError("too late")

def todo():
    raise NotImplementedError

def leave():
    sys.exit(3)

def stop():
    raise KeyboardInterrupt

class Loud(Exception):
    def __str__(self):
        raise RuntimeError("no words")

def loud():
    raise Loud

def coloured():
    raise ValueError("\\x1b[31mred\\x07\\n" + "x" * 5000)

class Model:
    def __getattr__(self, name):
        return lambda *args: 1

def model():
    return Model()

def flood():
    return [0] * 2_000_000
"""


@pytest.fixture
def probe() -> LocalProbe:
    namespace: dict[str, Any] = {}
    exec(compile(CELL, "<ipython-input-1>", "exec"), namespace)
    return LocalProbe(namespace)


def failure(probe: LocalProbe, name: str, *args: Any) -> ProbeFailed:
    with pytest.raises(ProbeFailed) as caught:
        probe("call", name, args)
    return caught.value


def test_values_and_results_come_back(probe: LocalProbe) -> None:
    assert probe("value", "rate") == (0.5, None)
    assert probe("call", "double", (21,)) == (42, None)
    assert probe("call", "later", (1,)) == (2, None)


def test_what_a_call_prints_is_not_printed(
    probe: LocalProbe, capsys: pytest.CaptureFixture[str]
) -> None:
    probe("call", "double", (1,))
    assert capsys.readouterr() == ("", "")


def test_inspect_shows_the_arguments_afterwards_and_leaves_the_callers(probe: LocalProbe) -> None:
    items, frame = [5], pd.DataFrame({"a": [1]})
    result, after = probe("call", "grow", (items, frame), inspect=True)
    assert result is None
    assert after[0] == [5, 1]
    assert list(after[1].columns) == ["a", "new"]
    assert items == [5]
    assert list(frame.columns) == ["a"]


def test_a_missing_name_is_told_with_a_near_one(probe: LocalProbe) -> None:
    near = failure(probe, "validat", {})
    assert near.status == "missing"
    assert str(near) == "`validat` is not defined: is `validate` meant to be it?"
    assert str(failure(probe, "zzz")).startswith("`zzz` is not defined: the cell")


def test_an_exception_is_told_with_its_place(probe: LocalProbe) -> None:
    raised = failure(probe, "validate", {"a": {}})
    assert (raised.status, raised.ename) == ("raised", "KeyError")
    assert str(raised).startswith("`validate` raised KeyError: 'amount' at line 19")
    assert "of `validate`'s cell" in str(failure(probe, "outer", {"a": {}}))
    assert failure(probe, "broken").ename == "ValueError"
    assert failure(probe, "todo").ename == "NotImplementedError"
    assert failure(probe, "leave").ename == "SystemExit"
    assert failure(probe, "rate").ename == "TypeError"
    assert "2 were given" in str(failure(probe, "double", 1, 2))


def test_hostile_exceptions_do_no_harm(probe: LocalProbe) -> None:
    assert str(failure(probe, "loud")).startswith("`loud` raised Loud at line")
    coloured = str(failure(probe, "coloured"))
    assert coloured.isprintable()
    assert len(coloured) < 1000


def test_an_interrupt_is_the_learners_own(probe: LocalProbe) -> None:
    with pytest.raises(KeyboardInterrupt):
        probe("call", "stop")


def test_what_is_not_plain_or_too_much_is_opaque(probe: LocalProbe) -> None:
    assert probe("call", "model")[0].kind == "Model"
    assert probe("call", "flood")[0].kind == "list too large to send"


def test_an_author_who_sends_what_cannot_travel_is_told(probe: LocalProbe) -> None:
    with pytest.raises(TypeError, match=r"`double` cannot be called .* object"):
        probe("call", "double", (object(),))
    with pytest.raises(ValueError, match="cannot be called with so much"):
        probe("call", "double", (np.zeros(wire.loads("10000000")),))


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        "not json",
        wire.dumps(7),
        wire.dumps({"status": "ok"}),
        wire.dumps({"status": "ok", "value": 1, "after": None, "more": 1}),
        wire.dumps({"status": ["ok"]}),
        wire.dumps({1: 2}),
        wire.dumps(object()),
    ],
)
def test_a_forged_answer_is_garbled(answer: Any) -> None:
    with pytest.raises(ProbeFailed) as caught:
        exchange.read(answer, "f")
    assert caught.value.status == "garbled"


def test_an_answer_of_wrong_parts_is_told_without_them() -> None:
    forged = {"status": "raised", "ename": 3, "evalue": [1], "line": "x", "text": None}
    with pytest.raises(ProbeFailed) as caught:
        exchange.read(wire.dumps(forged), "f")
    assert str(caught.value) == "`f` raised an exception"


def test_the_planted_text_needs_nothing_of_this_package() -> None:
    question = exchange.request("call", "double", ([1],), inspect=False)
    script = (
        "import sys\nsys.modules['autograder'] = None\n"
        f"{planted.SOURCE}\n"
        "assert not [n for n in dir() if 'plant' in n]\n"
        "def double(x): return x + x\n"
        f"print({planted.expression(question)}.text)\n"
        "assert 'numpy' not in sys.modules and 'pandas' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert exchange.read(done.stdout.rstrip("\n"), "double") == ([1, 1], None)
