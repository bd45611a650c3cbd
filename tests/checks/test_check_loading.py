"""Checks load from their two files, apart from every other lab's, and bad files say where."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from autograder.checks import Run, Verdict, check, judge, load_checks
from autograder.errors import CourseError

HEAD = "from autograder.checks import Run, check, expect\n"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(lab: str = "lab", **files: str) -> Path:
        folder = tmp_path / lab
        folder.mkdir(exist_ok=True)
        for name, source in files.items():
            (folder / f"{name}.py").write_text(source)
        return folder

    return written


def one(task: str, name: str, body: str = "expect(1).to_equal(1)", options: str = "") -> str:
    return f'@check("{task}"{options})\ndef {name}(run: Run) -> None:\n    {body}\n'


def answering(value: Any = None, parameters: Mapping[str, Any] | None = None) -> Run:
    return Run(lambda *_, **__: (value, None), parameters or {})


def test_visible_checks_come_first_and_one_file_has_one_fate(write: Write) -> None:
    options = ', points=2, feedback="Look at nan.", once=True, needs="seen"'
    lab = write(
        checks=HEAD + one("t", "seen"), hidden_checks=HEAD + one("t", "kept", "pass", options)
    )
    seen, kept = load_checks(lab)
    assert (seen.id, seen.points, seen.hidden, seen.once) == ("t.seen", 1.0, False, False)
    assert (kept.id, kept.points, kept.hidden, kept.once) == ("t.kept", 2.0, True, True)
    assert (kept.feedback, kept.needs_id, seen.needs_id) == ("Look at nan.", "t.seen", "")
    assert [c.id for c in load_checks(lab, hidden=False)] == ["t.seen"]


def test_labs_with_modules_of_one_name_do_not_mix(write: Write) -> None:
    body = "import late\n    expect(run.call('f'), late.WORD).to_equal(data.SIZE)"
    source = HEAD + "import data\n" + one("t", "counts", body)
    small = write("small", checks=source, data="SIZE = 1", late="WORD = 'small'")
    large = write("large", checks=source, data="SIZE = 2", late="WORD = 'large'")
    (few,), (many,) = load_checks(small), load_checks(large)
    for _ in range(2):
        assert judge(few, answering(1), {}).verdict is Verdict.PASSED
        assert judge(many, answering(1), {}).message == "large is 1, where 2 is due"
        assert judge(few, answering(2), {}).message == "small is 2, where 1 is due"


def test_nothing_of_a_lab_stays_behind(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = type(sys)("data")
    monkeypatch.setitem(sys.modules, "data", mine)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    lab = write(checks=HEAD + "import data\n" + one("t", "counts", "import data.x"), data="")
    modules, path = set(sys.modules), list(sys.path)
    (counts,) = load_checks(lab)
    assert judge(counts, answering(), {}).author_fault
    assert (set(sys.modules), sys.path) == (modules, path)
    assert sys.modules["data"] is mine
    assert not list(lab.rglob("__pycache__"))


def test_a_package_beside_the_checks_is_the_labs_own(write: Write) -> None:
    body = "from shop.orders import N\n    expect(N).to_equal(5)"
    lab = write(checks=HEAD + one("t", "counts", body))
    (lab / "shop").mkdir()
    (lab / "shop" / "__init__.py").write_text("")
    (lab / "shop" / "orders.py").write_text("N = 5")
    (counts,) = load_checks(lab)
    assert judge(counts, answering(), {}).verdict is Verdict.PASSED
    assert "shop" not in sys.modules


def test_hidden_checks_may_use_helpers_of_the_visible_file(write: Write) -> None:
    lab = write(
        checks=HEAD + "LIMIT = 4\n" + one("t", "seen"),
        hidden_checks=HEAD + "from checks import LIMIT\n" + one("t", "kept"),
    )
    assert [(c.id, c.hidden) for c in load_checks(lab)] == [("t.seen", False), ("t.kept", True)]


def test_hidden_checks_may_fill_several_files(write: Write) -> None:
    lab = write(
        checks=HEAD + one("t", "seen"),
        hidden_checks_late=HEAD + "from hidden_checks import LIMIT\n" + one("t", "last"),
        hidden_checks=HEAD + "LIMIT = 4\n" + one("t", "kept"),
    )
    found = [(check.id, check.hidden) for check in load_checks(lab)]
    assert found == [("t.seen", False), ("t.kept", True), ("t.last", True)]
    assert [check.id for check in load_checks(lab, hidden=False)] == ["t.seen"]


def test_a_file_is_read_anew_at_each_load(write: Write) -> None:
    lab = write(checks=HEAD + one("t", "old"))
    assert [c.name for c in load_checks(lab)] == ["old"]
    write(checks=HEAD + one("t", "new"))
    assert [c.name for c in load_checks(lab)] == ["new"]


BAD = [
    ({}, r"checks\.py: there is no such file"),
    ({"checks": "def f(:\n"}, r"checks\.py:1: no valid Python"),
    ({"checks": "\nimport helper", "helper": "x = 1\n\nx.y\n"}, r"helper\.py:3: AttributeError"),
    ({"checks": "import helper", "helper": "\n\ndef f(:\n"}, r"helper\.py:3: no valid Python"),
    ({"checks": "\nimport no_such_thing"}, r"checks\.py:2: ModuleNotFoundError: .*no_such_thing"),
    ({"checks": "\n\nimport json\njson.loads('x')"}, r"checks\.py:4: JSONDecodeError"),
    ({"checks": "raise SystemExit(3)"}, r"checks\.py:1: SystemExit: 3"),
    ({"checks": HEAD + one("t", "a") + one("t", "a")},
     r"checks\.py:5: the check t\.a is defined already at .*checks\.py:2"),
    ({"checks": HEAD + one("t", "a"), "hidden_checks": HEAD + one("t", "a")},
     r"hidden_checks\.py:2: the check t\.a is defined already at .*/checks\.py:2"),
    ({"checks": HEAD + one("t", "a") + one("t", "b", options=', needs="c"')},
     r"checks\.py:5: t\.b needs 'c', which is no check of task 't'.* Name one of: a\."),
    ({"checks": HEAD + one("t", "a", options=', needs="a"')}, r"defined after it"),
    ({"checks": HEAD + one("t", "a", options=', needs="b"') + one("t", "b")},
     r"t\.a needs 'b', which is defined after it"),
    ({"checks": HEAD + one("u", "b") + one("t", "a", options=', needs="b"')},
     r"no check of task 't'"),
    ({"checks": HEAD + one("t", "a", options=", points='2'")},
     r"checks\.py:2: points must be a num"),
    ({"checks": HEAD + one("t", "a", options=", points=True")}, r"points must be a number"),
    ({"checks": HEAD + one("t", "a", options=", points=-1")}, r"points must be 0 or more"),
    ({"checks": HEAD + one("t", "a", options=", points=float('nan')")},
     r"points must be 0 or more"),
    ({"checks": HEAD + "@check\ndef a(run): pass"}, r"checks\.py:2: @check needs a task's id"),
    ({"checks": HEAD + "@check('t')\nasync def a(run): pass"}, r"must be a plain function"),
    ({"checks": HEAD + "@check('t')\ndef a(run):\n    yield"}, r"must not yield"),
    ({"checks": HEAD + "@check('t')\ndef a(): pass"}, r"takes the run and nothing else"),
    ({"checks": "import helper", "helper": HEAD + one("t", "a")},
     r"the check of task 't' is defined in the module 'helper'"),
    ({"checks": "import hidden_checks", "hidden_checks": HEAD + one("t", "a")},
     r"defined in the module 'hidden_checks'"),
    ({"checks": "", "random": ""}, r"random\.py hides Python's own module"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "message"), BAD)
def test_a_file_that_cannot_stand_says_where_and_what(
    write: Write, files: dict[str, str], message: str
) -> None:
    modules, path = set(sys.modules), list(sys.path)
    with pytest.raises(CourseError, match=message) as caught:
        load_checks(write(**files))
    assert caught.value.mend
    assert sys.path == path
    assert not {"checks", "hidden_checks", "helper"} & (set(sys.modules) - modules)


def test_a_visible_check_cannot_need_a_hidden_one(write: Write) -> None:
    lab = write(
        checks=HEAD + one("t", "a", options=', needs="b"'), hidden_checks=HEAD + one("t", "b")
    )
    for hidden in (True, False):
        with pytest.raises(CourseError, match="needs 'b'"):
            load_checks(lab, hidden=hidden)


def test_outside_of_loading_the_decorator_leaves_the_function_alone() -> None:
    def body(run: Run) -> None:
        raise NotImplementedError

    assert check("t", points=2)(body) is body
