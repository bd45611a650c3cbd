"""Execute a notebook in a confined kernel that stays alive for probes.

Kept light: processes that fork kernels import from here before they are forked.
"""

from autograder.execution.confinement import Confinement, detect_confinement

__all__ = ["Confinement", "detect_confinement"]
