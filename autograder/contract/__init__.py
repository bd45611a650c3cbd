"""The lab contract: what a lab consists of, and how it is read, written and kept in form."""

from autograder.contract.lab import Lab, find_labs, load_lab
from autograder.contract.manifest import LabManifest, Limits, Task, load_manifest

__all__ = ["Lab", "LabManifest", "Limits", "Task", "find_labs", "load_lab", "load_manifest"]
