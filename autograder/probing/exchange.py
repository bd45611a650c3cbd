"""What is asked and what is answered, in words: the same for every kind of probe."""

from typing import Any, Literal

from autograder.probing.failures import ProbeFailed
from autograder.probing.wire import NotPlain, Refused, dumps_whole, loads

What = Literal["call", "value"]
_LONGEST = 300


def request(what: What, name: str, args: tuple[Any, ...], *, inspect: bool) -> str:
    """Return the wire text of a question; raise TypeError or ValueError, the author's mistakes."""
    asked = {"what": what, "name": name, "args": args, "inspect": inspect}
    try:
        return dumps_whole(asked, strict=True)
    except NotPlain as error:
        raise TypeError(f"`{name}` cannot be called with these arguments: {error}") from None
    except Refused as error:
        raise ValueError(f"`{name}` cannot be called with so much: {error}") from None


def read(text: Any, name: str) -> tuple[Any, Any]:
    """Return the value and the arguments afterwards from an answer, or raise ProbeFailed."""
    try:
        answer = loads(text)
    except Refused as error:
        raise garbled(name, str(error)) from None
    status = answer.get("status") if type(answer) is dict else None
    if status == "ok" and answer.keys() == {"status", "value", "after"}:
        return answer["value"], answer["after"]
    if status == "missing":
        raise ProbeFailed("missing", _missing(name, _words(answer.get("near"))))
    if status == "raised":
        raise ProbeFailed("raised", _raised(name, answer), _words(answer.get("ename")))
    raise garbled(name, "it is in no known form")


def garbled(name: str, why: str) -> ProbeFailed:
    """Return the failure of an answer that cannot be read."""
    return ProbeFailed("garbled", f"the kernel's answer for `{name}` could not be read: {why}")


def _missing(name: str, near: str) -> str:
    if near and near != name:
        return f"`{name}` is not defined: is `{near}` meant to be it?"
    return f"`{name}` is not defined: the cell that should define it did not run or names it else"


def _raised(name: str, answer: dict[str, Any]) -> str:
    ename = _words(answer.get("ename")) or "an exception"
    evalue = _words(answer.get("evalue"))
    said = f"{ename}: {evalue}" if evalue else ename
    line, text, where = answer.get("line"), _words(answer.get("text")), _words(answer.get("where"))
    if type(line) is not int or line <= 0:
        return f"`{name}` raised {said}"
    inside = f" of `{where}`'s cell" if where and where not in (name, "<module>") else ""
    quoted = f": `{text}`" if text else ""
    return f"`{name}` raised {said} at line {line}{inside}{quoted}"


def _words(value: Any) -> str:
    """Return a learner's text fit to print: bounded, with no control characters."""
    if type(value) is not str:
        return ""
    return "".join(c if c.isprintable() else " " for c in value[:_LONGEST]).strip()
