"""nbgrader on this course: labs/ is its source directory, gradebook.db its gradebook.

Late work costs nothing unless a plugin says so; for one of your own:
    c.AssignLatePenalties.plugin_class = "my_plugin.MyLatePenalty"
"""

from pathlib import Path

from autograder.releasing.settings import configure, prepare_environment

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - nbgrader's loader provides it
configure(c, Path(__file__).parent)
prepare_environment(Path(__file__).parent)
