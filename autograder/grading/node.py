"""Grade on one machine for a leader on another: a process that reads and writes JSON lines.

The first line out says whether it can grade. Then every line in is a packed submission with an
`id`, and every line out the findings under the same `id`. It ends when its input does.
"""

import json
import os
import select
import shutil
import sys
from pathlib import Path
from typing import Any, BinaryIO

from autograder.contract.lab import Lab, load_lab
from autograder.errors import CourseError
from autograder.execution import Confinement, detect_confinement
from autograder.execution.claims import claimed_folder
from autograder.grading.cohort import LocalGraders, local_graders
from autograder.grading.crew import Finished
from autograder.grading.fingerprint import lab_digest
from autograder.grading.layout import OutputLayout
from autograder.grading.parcels import pack_findings, unpack_submission
from autograder.grading.worker import Job

_MOST_BYTES = 1 << 20


def serve(lab_folder: Path, lab_hash: str, places: int, source: int, sink: BinaryIO) -> None:
    """Grade what comes in at the descriptor `source` until it is closed; answer at `sink`."""
    try:
        lab = load_lab(lab_folder)
        if lab_digest(lab.path) != lab_hash:
            raise CourseError(
                f"{lab.path} differs from the leader's.",
                mend="Bring the checkout on every node to the same state.",
            )
        confinement = detect_confinement()
        with (
            claimed_folder() as room,
            local_graders(lab, places, confinement=confinement, workers=places) as hands,
        ):
            _say(sink, {"ready": True, "missing": confinement.missing})
            _Serving(lab, confinement, hands, room, sink).until_closed(source)
    except CourseError as error:
        _say(sink, {"mistake": error.message, "mend": error.mend})


class _Serving:
    """Hold what one node grades with, and which submission came under which id."""

    def __init__(
        self, lab: Lab, confinement: Confinement, hands: LocalGraders, room: Path, sink: BinaryIO
    ) -> None:
        self._lab, self._confinement, self._hands = lab, confinement, hands
        self._room, self._sink = room, sink
        self._ids: dict[Path, int] = {}

    def until_closed(self, source: int) -> None:
        rest = b""
        while True:
            for done in self._hands.finished([source]):
                self._answer(done)
            if not _readable(source):
                continue
            read = os.read(source, _MOST_BYTES)
            if not read:
                return
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                self._begin(json.loads(line))

    def _begin(self, parcel: dict[str, Any]) -> None:
        number = int(parcel["id"])
        room, manifest = self._room / str(number), self._lab.manifest
        submission = unpack_submission(parcel, manifest.id, manifest.submit[0], room / "in")
        output = room / "out"
        self._ids[output] = number
        fingerprint = str(parcel["fingerprint"])
        self._hands.begin(Job(submission, self._lab.path, output, self._confinement, fingerprint))

    def _answer(self, done: Finished[Job]) -> None:
        job = done.job
        answer: dict[str, Any] = {"id": self._ids.pop(job.output), "problem": done.problem}
        if not done.problem:
            layout = OutputLayout(job.output)
            answer |= pack_findings(layout, job.submission.student, self._lab.manifest.id)
        _say(self._sink, answer)
        shutil.rmtree(job.output.parent, ignore_errors=True)


def _readable(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


def _say(sink: BinaryIO, answer: dict[str, Any]) -> None:
    sink.write(json.dumps(answer).encode() + b"\n")
    sink.flush()


def main() -> None:
    """Serve on standard input and output; what a library prints goes to the error stream."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), 0, sink)


if __name__ == "__main__":
    main()
