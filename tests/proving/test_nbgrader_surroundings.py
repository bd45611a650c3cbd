"""What plain nbgrader is told of the servers that a lab needs."""

from pathlib import Path

from autograder.proving.plain_nbgrader import _nbgrader

CONFIGURATION = """
import os
import sys

sys.exit("it runs in " + os.environ.get("LAB_SPACE", "nobody's space"))
"""


def test_nbgrader_is_told_where_the_servers_are(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text(CONFIGURATION)
    said = _nbgrader(tmp_path, "generate_assignment", "tiny", told={"LAB_SPACE": "run12ab"})
    assert said.endswith("it runs in run12ab")
    assert _nbgrader(tmp_path, "generate_assignment", "tiny").endswith("nobody's space")
