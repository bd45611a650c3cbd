"""What a run of a plain nbgrader notebook may use: by nbgrader's own settings, and by ours."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from traitlets.config import Config

from autograder.classic.settings import CONFIG, setting
from autograder.contract.manifest import Limits
from autograder.errors import CourseError

SECTION = "LabGrade"
"""The section of nbgrader_config.py with the limits that nbgrader itself does not know."""
# nbgrader's own default.
_CELL_SECONDS = 30
_LONGEST_CELL, _LONGEST_RUN, _SHORTEST_RUN, _CELLS_AT_LIMIT = 600, 3600, 60, 10
_PROBE_SECONDS = 5
_OURS = ("seconds", "memory_mb", "output_mb", "processes", "file_mb")


@dataclass(frozen=True)
class AskedLimits:
    """Hold what was asked for on the command line; it counts before the course's settings."""

    seconds: float | None = None
    memory_mb: int | None = None


def limits_of(config: Config, asked: AskedLimits) -> Limits:
    """Return the limits of a run in a course with `config`; raise CourseError for a wrong one.

    A cell has nbgrader's `Execute.timeout`, at most ten minutes, and a run the time of ten such
    cells, between a minute and an hour. Where the run's seconds are given they alone bound both.
    """
    given: dict[str, Any] = {name: setting(config, SECTION, name, None) for name in _OURS}
    given |= {name: value for name, value in vars(asked).items() if value is not None}
    own = {name: value for name, value in given.items() if value is not None}
    cell = _cell_seconds(config)
    try:
        if "seconds" not in own:
            cell = min(cell, _LONGEST_CELL)
            own["seconds"] = min(_LONGEST_RUN, max(_SHORTEST_RUN, cell * _CELLS_AT_LIMIT))
        whole = Limits(cell_seconds=own["seconds"], probe_seconds=own["seconds"], **own)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise CourseError(
            f"A run's {wrong['loc'][-1]} cannot be {wrong['input']!r}: {wrong['msg']}.",
            mend=f"Give another number, on the command line or as {SECTION} in {CONFIG}.",
        ) from None
    return whole.model_copy(
        update={
            "cell_seconds": min(cell, whole.seconds),
            "probe_seconds": min(_PROBE_SECONDS, whole.seconds),
        }
    )


def _cell_seconds(config: Config) -> float:
    """Return nbgrader's seconds for a cell, which may be none at all."""
    given = setting(config, "Execute", "timeout", None)
    given = given or setting(config, "ExecutePreprocessor", "timeout", None) or _CELL_SECONDS
    return float(given) if float(given) > 0 else float("inf")
