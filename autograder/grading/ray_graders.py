"""Grade on the nodes of a Ray cluster: submissions go out, findings come back and are written here.

On each node one process grades, as on a single machine, with workers and a zygote of its own. A
node that dies costs time alone: what it had in hand goes to another.
"""

import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.grading.cohort import Graders, OpenGraders
from autograder.grading.crew import Finished
from autograder.grading.fingerprint import lab_digest
from autograder.grading.intake import require_plain_files
from autograder.grading.layout import OutputLayout
from autograder.grading.parcels import pack_submission, unpack_findings
from autograder.grading.ray_cluster import RayCluster, joined
from autograder.grading.worker import Job, rejected
from autograder.scoring import write_scorecard

_TRIES = 3
_LOOK_AROUND_SECONDS = 5.0
_PATIENCE_SECONDS = 180.0


def graders_on_ray(address: str, workers: int | None, *, strict: bool) -> OpenGraders:
    """Return what opens graders on the cluster at `address`, `workers` a node or one a core.

    With `strict` a node that lacks a layer of the sandbox is refused. Raise CourseError where Ray
    is not installed.
    """
    if find_spec("ray") is None:
        raise CourseError(
            "--ray needs the package ray, which is not installed.",
            mend="Install the extra: uv pip install 'mlops-course-lab[ray]'.",
        )

    @contextmanager
    def opened(lab: Lab, jobs: int) -> Iterator[Graders]:
        if lab.manifest.needs:
            raise CourseError(
                f"{lab.manifest.id} needs {', '.join(lab.manifest.needs)} on this machine.",
                mend="Grade it without --ray.",
            )
        digest = lab_digest(lab.path)
        with joined(address) as ray:
            cluster = RayCluster(ray, str(lab.path), digest, workers)
            try:
                yield _RayGraders(lab, cluster, strict)
            finally:
                cluster.leave()

    return opened


@dataclass
class _RayGraders:
    """Keep every node busy, and give the jobs of a lost node to the others."""

    lab: Lab
    cluster: RayCluster
    strict: bool
    _waiting: deque[Job] = field(default_factory=deque)
    _running: dict[Any, Job] = field(default_factory=dict)
    _refused: list[Finished[Job]] = field(default_factory=list)
    _tries: Counter[str] = field(default_factory=Counter)
    _looked: float = float("-inf")
    _alive: float = field(default_factory=time.monotonic)

    @property
    def places(self) -> int:
        # At least one, so that somebody waits for the first node.
        return max(1, self.cluster.places)

    def begin(self, job: Job) -> None:
        """Send `job` to a node; what needs none, since it cannot be read, is answered here."""
        name = self.lab.manifest.submit[0]
        try:
            require_plain_files(job.submission.folder, name)
        except CourseError as error:
            card = rejected(self.lab, job.submission.student, str(error))
            layout = OutputLayout(job.output)
            layout.executed(card.student, card.lab).unlink(missing_ok=True)
            card = card.model_copy(update={"fingerprint": job.fingerprint})
            write_scorecard(card, layout.scorecard(card.student, card.lab))
            self._refused.append(Finished(job))
            return
        self._waiting.append(job)

    def finished(self) -> list[Finished[Job]]:
        """Wait until a job has ended; raise CourseError when no node is left to grade."""
        while self._waiting or self._running or self._refused:
            if self._refused:
                done, self._refused = self._refused, []
                return done
            self._look_around()
            self._send()
            found = self._collect()
            if found:
                return found
        return []

    def _look_around(self) -> None:
        if time.monotonic() - self._looked >= _LOOK_AROUND_SECONDS or not self.cluster.places:
            self._looked = time.monotonic()
            self.cluster.look_around()
        for node in self.cluster.newly_ready():
            if node.missing and self.strict:
                missing = "; ".join(node.missing)
                raise CourseError(f"Refusing to grade on {node.name}: {missing}.")
        if self._running or self.cluster.places:
            self._alive = time.monotonic()
        elif time.monotonic() - self._alive > _PATIENCE_SECONDS or self.cluster.hopeless:
            raise CourseError(
                f"No node of the Ray cluster can grade. {self.cluster.trouble}".strip(),
                mend="Each node needs this checkout with its environment at the same path, and "
                "free cores. What was graded is kept: the same command goes on.",
            )

    def _send(self) -> None:
        while self._waiting and (node := self.cluster.free_node()):
            job = self._waiting.popleft()
            name = self.lab.manifest.submit[0]
            parcel = pack_submission(job.submission, name, job.fingerprint)
            self._running[self.cluster.grade(node, parcel)] = job

    def _collect(self) -> list[Finished[Job]]:
        found = []
        for ref, answer in self.cluster.answers(list(self._running)):
            job = self._running.pop(ref)
            if answer is None:
                found += self._lost(job)
            elif "mistake" in answer:
                raise CourseError(answer["mistake"], mend=answer["mend"])
            elif answer["problem"]:
                found.append(Finished(job, answer["problem"]))
            else:
                student, lab = job.submission.student, self.lab.manifest.id
                unpack_findings(answer, OutputLayout(job.output), student, lab)
                found.append(Finished(job))
        return found

    def _lost(self, job: Job) -> list[Finished[Job]]:
        """Send a job out again whose node was lost, unless it has now cost several."""
        self._tries[job.submission.student] += 1
        if self._tries[job.submission.student] < _TRIES:
            self._waiting.appendleft(job)
            return []
        return [Finished(job, f"{_TRIES} nodes were lost while they graded it.")]
