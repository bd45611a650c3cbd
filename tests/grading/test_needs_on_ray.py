"""Labs that need a server of this machine, on a cluster of others."""

from dataclasses import replace

import pytest

from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.grading.ray_graders import graders_on_ray

pytest.importorskip("ray")


def test_a_lab_with_needs_is_graded_where_they_are(tiny: Lab) -> None:
    manifest = tiny.manifest.model_copy(update={"needs": ("redis",)})
    with (
        pytest.raises(CourseError, match="needs redis"),
        graders_on_ray("auto", None, strict=False)(replace(tiny, manifest=manifest), 1),
    ):
        pass
