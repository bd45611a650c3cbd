"""Execute a notebook in a confined kernel that stays alive for probes."""

from autograder.execution.confinement import Confinement, detect_confinement
from autograder.execution.run import Execution, executed

__all__ = ["Confinement", "Execution", "detect_confinement", "executed"]
