"""Plain data on the wire between a learner's kernel and the grader.

The text of this package also runs in the kernel, where `autograder` need not be installed: its
modules import each other by relative names alone, and numpy and pandas only when they are needed.
"""

from .decoding import loads
from .encoding import dumps, dumps_whole
from .limits import NotPlain, Refused
from .opaque import Opaque, kind_of

MIME = "application/vnd.lab.probe+json"

__all__ = ["MIME", "NotPlain", "Opaque", "Refused", "dumps", "dumps_whole", "kind_of", "loads"]
