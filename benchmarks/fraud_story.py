"""Play the whole story, `lab run fraud`, as a user does: from stopped servers to the page."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.stack import SAMPLES, free_offset
from infra.stack.stack import Stack


@dataclass(frozen=True)
class Told:
    """Hold how many seconds a story took, servers' start and page included, and its figures."""

    seconds: float
    figures: dict[str, Any]


def told(folder: Path, *, quick: bool) -> Told:
    """Play the story on servers of its own below `folder`, in a process of its own.

    Raise CalledProcessError where it does not come to its end.
    """
    course, output = folder / "course", folder / "told"
    shutil.copytree(SAMPLES, course)
    known = {name: value for name, value in os.environ.items() if not name.startswith("LAB_")}
    words = [sys.executable, "-m", "projects.fraud", "--output", str(output)]
    begun = time.monotonic()
    try:
        subprocess.run(
            [*words, *(["--quick"] if quick else [])],
            cwd=course,
            env={**known, "LAB_PORT_OFFSET": str(free_offset())},
            check=True,
        )
        seconds = time.monotonic() - begun
    finally:
        Stack(course / ".state" / "stack").wipe()
    return Told(seconds, json.loads((output / "figures.json").read_text(encoding="utf-8")))


def in_words(told: Told) -> str:
    """Return what came of each step, in the order in which they were played."""
    figures = told.figures
    steps = ", ".join(f"{name} {seconds:.0f}" for name, seconds in figures["seconds"].items())
    stream, rollback = figures["stream"], figures["rollback"]
    quantiles = ", ".join(
        f"{name} {value:.0f} ms" for name, value in stream["milliseconds"].items()
    )
    drift, gate = figures["drift"], figures["gate"]
    promoted = ", ".join(
        f"{name} model {'promoted' if one['promoted'] else 'refused'}" for name, one in gate.items()
    )
    confirmed = (
        "not confirmed"
        if drift["confirmed"] is None
        else f"confirmed {drift['confirmed'] - drift['day']} days after it began"
    )
    return (
        f"{told.seconds:.0f} s from stopped servers to the page (s a step: {steps}); "
        f"{figures['payments']:,} payments; {promoted}; stream at {stream['rate']:g}/s: "
        f"{quantiles}, lost {stream['lost']}, decided twice {stream['twice']}; log replayed: "
        f"{figures['replay']['different']} of {figures['replay']['decisions']:,} differ; drift "
        f"{confirmed}, {drift['false_alarms']} false alarms before; the old model decides again "
        f"{rollback['decided']:.1f} s after the rollback"
    )
