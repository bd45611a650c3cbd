"""Judge one check against one run."""

import inspect
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import CodeType

from autograder.checks.definition import Check
from autograder.checks.record import Mismatch, NotAvailable, Record, recording
from autograder.checks.run import Run
from autograder.checks.verdict import Ruling, Verdict
from autograder.probing.failures import ProbeFailed

_TELL = "tell the course's authors"
_LONGEST = 300  # characters of an exception's own words


def judge(check: Check, run: Run, before: Mapping[str, Ruling]) -> Ruling:
    """Return what comes of the check, given the rulings on the checks before it, by id.

    Only a check that ran to its end, expecting something on the way, passes.
    """
    if check.needs:
        needed = before.get(check.needs_id)
        if needed is None or needed.verdict is not Verdict.PASSED:
            return Ruling(Verdict.NOT_RUN, f"counts once {check.needs} passes")
    with recording() as record:
        ruling = _attempt(check, run, record)
    margins = tuple(record.margins)
    return Ruling(ruling.verdict, ruling.message, ruling.author_fault, margins)


def _attempt(check: Check, run: Run, record: Record) -> Ruling:
    try:
        check.body(run)
    except Mismatch as error:
        return Ruling(Verdict.FAILED, str(error))
    except ProbeFailed as error:
        return _unanswered(error)
    except NotAvailable as error:
        return Ruling(Verdict.NOT_RUN, str(error))
    except MemoryError:
        return Ruling(Verdict.ERRORED, "there was not enough memory to check this answer")
    except (Exception, SystemExit) as error:
        return Ruling(Verdict.ERRORED, _own_fault(check, error), author_fault=True)
    if record.first_mismatch:
        text = f"this check went on after a failed expectation ({record.first_mismatch}); {_TELL}"
        return Ruling(Verdict.ERRORED, text, author_fault=True)
    if not record.expectations:
        text = f"this check expects nothing, at {_definition(check)}; {_TELL}"
        return Ruling(Verdict.ERRORED, text, author_fault=True)
    return Ruling(Verdict.PASSED)


def _unanswered(error: ProbeFailed) -> Ruling:
    """Return the ruling when the learner's kernel gave no value; the words are the probe's."""
    if error.status == "raised" and error.ename == "NotImplementedError":
        return Ruling(Verdict.UNATTEMPTED, str(error))
    if error.status == "dead":
        return Ruling(Verdict.NOT_RUN, str(error))
    return Ruling(Verdict.ERRORED, str(error))


def _own_fault(check: Check, error: BaseException) -> str:
    words = " ".join(str(error).split())[:_LONGEST]
    what = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return f"this check broke by its own fault: {what} at {_line(check, error)}; {_TELL}"


def _line(check: Check, error: BaseException) -> str:
    """Return the author's last line on the way to the error, whoever's line raised it."""
    source = _source(check)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(source.parent):
            return f"{Path(frame.filename).relative_to(source.parent)}:{frame.lineno}"
    return _definition(check)


def _source(check: Check) -> Path:
    return Path(_unwrapped_code(check).co_filename)


def _definition(check: Check) -> str:
    code = _unwrapped_code(check)
    return f"{Path(code.co_filename).name}:{code.co_firstlineno}"


def _unwrapped_code(check: Check) -> CodeType:
    code: CodeType = inspect.unwrap(check.body).__code__
    return code
