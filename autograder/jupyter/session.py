"""Judge a lab's checks inside the learner's own kernel: for practice and for plain nbgrader."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.checks import Check, Ruling, Run, Verdict, judge, load_checks
from autograder.errors import CourseError
from autograder.jupyter.silence import silenced
from autograder.learning.brief import RELEASED, SOURCE, LabBrief, TaskBrief, read_brief
from autograder.paths import find_course
from autograder.probing.local import LocalProbe


@dataclass(frozen=True)
class Finding:
    """Hold what the visible checks of one task found.

    `untouched` tells that every answer cell stopped where the starter stops; `start_servers` is the
    command to type where a server that the lab needs does not answer.
    """

    task: TaskBrief
    rulings: tuple[tuple[Check, Ruling], ...]
    untouched: bool = False
    start_servers: str = ""

    @property
    def passed(self) -> bool:
        return all(ruling.verdict is Verdict.PASSED for _, ruling in self.rulings)

    @property
    def unattempted(self) -> bool:
        """Tell whether the task was not tried at all: some check says so, and none says more.

        A value that an untouched cell leaves unset tells no check so, but the cell itself does.
        """
        verdicts = {ruling.verdict for _, ruling in self.rulings}
        if self.untouched and Verdict.PASSED not in verdicts:
            return True
        idle = {Verdict.UNATTEMPTED, Verdict.NOT_RUN}
        return Verdict.UNATTEMPTED in verdicts and verdicts <= idle


def examine(
    folder: Path, namespace: Mapping[str, Any], task: str, *, untouched: Collection[str] = ()
) -> Finding:
    """Judge the visible checks of `task` with the values in `namespace`.

    `untouched` names the cells that stopped where the starter stops.
    """
    brief = _brief(folder)
    wanted = brief.task(task)
    rulings = _judge(load_folder_checks(folder, hidden=False), brief, namespace, task)
    idle = bool(wanted.answers) and set(wanted.answers) <= set(untouched)
    finding = Finding(wanted, rulings, untouched=idle)
    if finding.passed or finding.unattempted or not brief.needs:
        return finding
    absent = _absent(brief.needs)
    return _without(finding, absent, brief) if absent else finding


def _absent(needs: tuple[str, ...]) -> tuple[str, ...]:
    try:
        # The stack's packages are an extra that most labs do without.
        from autograder.needs.stack_parts import absent_parts
    except ImportError:
        return ()
    return absent_parts(needs)


def _without(finding: Finding, absent: tuple[str, ...], brief: LabBrief) -> Finding:
    """Return a finding that lays what broke for want of servers on nobody."""
    broken = Ruling(Verdict.NOT_RUN, f"it needs {' and '.join(absent)}, and nothing answers there")
    rulings = tuple(
        (check, broken if ruling.author_fault else ruling) for check, ruling in finding.rulings
    )
    told = f" --brokers {brief.brokers}" if brief.brokers and "kafka" in absent else ""
    return replace(finding, rulings=rulings, start_servers=f"lab up {' '.join(absent)}{told}")


def points_of(source: Path, namespace: Mapping[str, Any], task: str) -> float:
    """Sum the points of the checks of `task` that pass, hidden ones too; `source` is labs/ID."""
    brief = read_brief(source)
    brief.task(task)
    rulings = _judge(load_folder_checks(source, hidden=True), brief, namespace, task)
    return float(sum(c.points for c, ruling in rulings if ruling.verdict is Verdict.PASSED))


def task_names(folder: Path) -> list[str]:
    """Name the tasks of the lab in `folder`."""
    return [task.id for task in _brief(folder).tasks]


def source_lab(folder: Path) -> Path:
    """Find the lab as its authors wrote it: here, or in the course's labs under the same name."""
    if (folder / SOURCE).is_file():
        return folder
    found = find_course(folder).labs / folder.name
    if not (found / SOURCE).is_file():
        raise CourseError(
            f"%score finds no lab {folder.name} in {found.parent}.",
            mend="It is for the course's graders; use %check.",
        )
    return found


def load_folder_checks(folder: Path, *, hidden: bool) -> tuple[Check, ...]:
    """Load the checks of the lab in `folder` without a word to the learner's screen."""
    with silenced():
        return load_checks(folder, hidden=hidden)


def _brief(folder: Path) -> LabBrief:
    """Read the lab here; where nbgrader autogrades, its folder holds checks but no manifest."""
    if not any((folder / name).is_file() for name in (RELEASED, SOURCE)):
        try:
            return read_brief(source_lab(folder))
        except CourseError:
            pass
    return read_brief(folder)


def _judge(
    checks: Iterable[Check], brief: LabBrief, namespace: Mapping[str, Any], task: str
) -> tuple[tuple[Check, Ruling], ...]:
    # The parameters cell decides, as in grading; a name the learner deleted has the lab's value.
    parameters = {name: namespace.get(name, own) for name, own in brief.parameters.items()}
    run = Run(LocalProbe(namespace), parameters, folder=Path.cwd())
    rulings: dict[str, Ruling] = {}
    judged = []
    with silenced():
        for check in _needed_first([c for c in checks if c.task == task]):
            rulings[check.id] = judge(check, run, rulings)
            judged.append((check, rulings[check.id]))
    return tuple(judged)


def _needed_first(checks: list[Check]) -> list[Check]:
    """Order `checks` so that each comes after the one it needs; else they keep their order."""
    placed: dict[str, Check] = {}
    waiting = list(checks)
    while waiting:
        ready = [c for c in waiting if not c.needs or c.needs_id in placed]
        for check in ready or waiting:
            placed[check.id] = check
        waiting = [c for c in waiting if c.id not in placed]
    return list(placed.values())
