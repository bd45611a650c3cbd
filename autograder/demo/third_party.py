"""What others wrote: the notebooks inside the nbgrader package, with their known scores."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbgrader

from autograder.classic.grading import ClassicResult, grade_plain
from autograder.classic.master import make_master, read_submitted
from autograder.contract.manifest import Limits
from autograder.errors import CourseError
from autograder.execution import Confinement
from autograder.execution.kernel import KernelLauncher, launch_plain_kernel

_TESTS = Path("tests")
_APPS = _TESTS / "apps" / "files"
_PREPROCESSORS = _TESTS / "preprocessors" / "files"
_GUIDE = Path("docs") / "source" / "user_guide"
_NO_STUB = {"ClearSolutions": {"code_stub": {"python": "# YOUR CODE HERE"}}}


@dataclass(frozen=True)
class Fixture:
    """Name a source and a submission, and the score that is known for it.

    `score` is None where the notebook must be refused. `reason` says why a score differs from the
    one nbgrader gives.
    """

    name: str
    source: Path
    submitted: Path
    score: float | None
    manual: int = 0
    reason: str = ""
    files: tuple[Path, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    cell_seconds: float = 20


@dataclass(frozen=True)
class Outcome:
    """Hold what grading a fixture gave: a result, or the sentence it was refused with."""

    fixture: Fixture
    result: ClassicResult | None
    refusal: str = ""

    @property
    def as_known(self) -> bool:
        """Tell whether the outcome is the known one."""
        if self.result is None:
            return self.fixture.score is None
        known = self.fixture.score
        same = known is not None and abs(self.result.score - known) < 1e-9
        return same and self.result.manual == self.fixture.manual


def package_root() -> Path:
    """Return the folder of the installed nbgrader package."""
    return Path(nbgrader.__file__).parent


def fixtures(*, all_of_them: bool = True) -> list[Fixture]:
    """List the fixtures that the installed package holds; when not all, those that are quick."""
    chosen = [*_of_the_apps(), *_of_the_guide(), *_refused()]
    if all_of_them:
        chosen += [*_generated(), *_special()]
    return [fixture for fixture in chosen if fixture.submitted.is_file()]


def grade_fixture(
    fixture: Fixture,
    confinement: Confinement,
    launcher: KernelLauncher = launch_plain_kernel,
) -> Outcome:
    """Grade one fixture as a plain nbgrader assignment."""
    limits = Limits(seconds=90, cell_seconds=fixture.cell_seconds)
    try:
        master = make_master(fixture.source, options=fixture.options)
        submitted = read_submitted(fixture.submitted)
    except CourseError as error:
        return Outcome(fixture, None, error.message)
    result = grade_plain(
        master,
        submitted,
        files={path.name: path for path in fixture.files},
        limits=limits,
        confinement=confinement,
        launcher=launcher,
    )
    return Outcome(fixture, result)


def _apps(name: str) -> Path:
    return package_root() / _APPS / name


def _preprocessors(name: str) -> Path:
    return package_root() / _PREPROCESSORS / name


def _of_the_apps() -> Iterator[Fixture]:
    source = _apps("submitted-unchanged.ipynb")
    known: tuple[tuple[str, float, int, str], ...] = (
        ("submitted-unchanged", 1, 0, ""),
        ("submitted-changed", 2, 2, ""),
        ("submitted-cheat-attempt", 1, 2, ""),
        ("submitted-cheat-attempt-alternative", 1, 2, ""),
        ("submitted-grade-cell-changed", 1, 0, ""),
        ("submitted-locked-cell-changed", 1, 0, ""),
    )
    for name, score, manual, reason in known:
        yield Fixture(f"apps/{name}", source, _apps(f"{name}.ipynb"), score, manual, reason)
    restored = "nbgrader stops with an error; the cell is put back"
    for name in ("submitted-answer-cell-type-changed", "submitted-grade-cell-type-changed"):
        path = _preprocessors(f"{name}.ipynb")
        yield Fixture(f"preprocessors/{name}", source, path, 1, 0, restored)
    hidden = _apps("test-hidden-tests.ipynb")
    yield Fixture("apps/test-hidden-tests", hidden, hidden, 1.5, options=_NO_STUB)


def _of_the_guide() -> Iterator[Fixture]:
    guide = package_root() / _GUIDE
    picture = guide / "source" / "ps1" / "jupyter.png"
    files = (picture,) if picture.is_file() else ()
    known = (("bitdiddle", "problem1", 1.5, 2), ("hacker", "problem1", 3.0, 3))
    for student, notebook, score, manual in known:
        yield Fixture(
            f"user_guide/{student}/{notebook}",
            guide / "source" / "ps1" / f"{notebook}.ipynb",
            guide / "submitted" / student / "ps1" / f"{notebook}.ipynb",
            score,
            manual=manual,
            files=files,
        )


def _refused() -> Iterator[Fixture]:
    for name in ("test-v0", "test-v2", "too-new"):
        path = _apps(f"{name}.ipynb")
        yield Fixture(f"apps/{name}", path, path, None)
    for name in (
        "duplicate-grade-ids",
        "blank-grade-id",
        "blank-points",
        "bad-markdown-cell-1",
        "bad-markdown-cell-2",
    ):
        path = _preprocessors(f"{name}.ipynb")
        yield Fixture(f"preprocessors/{name}", path, path, None)


def _generated() -> Iterator[Fixture]:
    known = (
        ("autotest-simple", "unchanged", 0.0),
        ("autotest-simple", "changed", 1.0),
        ("autotest-hashed", "unchanged", 0.0),
        ("autotest-hashed", "changed", 1.0),
        ("autotest-multi", "unchanged", 0.0),
        ("autotest-multi", "changed", 3.0),
        ("autotest-hidden", "unchanged", 0.0),
        ("autotest-hidden", "changed-wrong", 0.0),
        ("autotest-hidden", "changed-right", 1.0),
    )
    for source, kind, score in known:
        yield Fixture(
            f"apps/{source}-{kind}",
            _apps(f"{source}.ipynb"),
            _apps(f"{source}-{kind}.ipynb"),
            score,
            options=_NO_STUB if source == "autotest-hidden" else {},
        )


def _special() -> Iterator[Fixture]:
    for name, score in (
        ("validating-environment-variable", 0.0),
        ("validation-zero-points", 0.0),
        ("timeout", 1.0),
    ):
        path = _apps(f"{name}.ipynb")
        yield Fixture(f"apps/{name}", path, path, score)
    loop = _apps("infinite-loop.ipynb")
    yield Fixture("apps/infinite-loop", loop, loop, 0.0, cell_seconds=2)
    path = _apps("timeout.ipynb")
    yield Fixture("apps/timeout within 2 s", path, path, 0.0, cell_seconds=2)
    opening = _apps("open_relative_file.ipynb")
    yield Fixture("apps/open_relative_file", opening, opening, 10.0, files=(_apps("data.txt"),))
