"""Grading on a Ray cluster gives what grading on one machine gives, also when a node is lost."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from cohorts import command, gradebook, hand_in, lab, scorecards

from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.grading.ray_graders import graders_on_ray

STUDENTS = 10


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two nodes on this machine, one core each; the first has none, so that it grades nothing."""
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_DISABLE_MEMORY_MONITOR", "1")
    from ray.cluster_utils import Cluster

    found = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "include_dashboard": False},
    )
    yield found
    found.shutdown()


@pytest.mark.long
def test_a_cluster_that_loses_a_node_half_way_gives_the_same(
    tiny: Lab, tiny_course: Path, cluster: Any
) -> None:
    names = hand_in(tiny, tiny_course / "submitted", STUDENTS)
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    words = ("grade", "tiny", "--due", "2024-05-02", "--json")
    leader = subprocess.Popen(
        **command(tiny_course, *words, "--output", "far", "--ray", cluster.address),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert leader.stdout is not None
    told = []
    for line in leader.stdout:
        told.append(line)
        if sum('"fresh": true' in said for said in told) == STUDENTS // 2:
            break
    # It must not end, nor its nodes, while they are looked at.
    psutil.Process(leader.pid).suspend()
    lost = next(node for node in nodes if grading_processes(node))
    graders = grading_processes(lost)
    for process in raylet_of(lost):
        with suppress(psutil.NoSuchProcess):  # it died with one that was killed before it
            process.kill()
    psutil.Process(leader.pid).resume()
    _, said = leader.communicate(timeout=240)
    assert leader.returncode == 3, said
    _, alive = psutil.wait_procs(graders, timeout=20)
    assert not alive, [process.cmdline()[:4] for process in alive]

    assert lab(tiny_course, *words, "--output", "near").returncode == 3
    far, near = scorecards(tiny_course / "far"), scorecards(tiny_course / "near")
    assert sorted(far) == names
    assert far == near
    books = [
        gradebook(f"sqlite:///{tiny_course / name / 'gradebook.db'}") for name in ("far", "near")
    ]
    assert books[0] == books[1]
    for name in names:
        autograded = [tiny_course / x / "autograded" / name / "tiny" for x in ("far", "near")]
        assert (autograded[0] / "lab.ipynb").is_file() == (autograded[1] / "lab.ipynb").is_file()


@pytest.mark.slow
def test_an_address_without_a_cluster_is_told(tiny: Lab, tiny_course: Path) -> None:
    hand_in(tiny, tiny_course / "submitted", 1)
    done = lab(tiny_course, "grade", "tiny", "--ray", "127.0.0.1:1")
    assert done.returncode == 2, done.stderr
    assert "No Ray cluster answers at 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.grading.ray_graders.find_spec", lambda _: None)
    with pytest.raises(CourseError, match="needs the package ray") as told:
        graders_on_ray("auto", None, strict=False)
    assert "mlops-course-lab[ray]" in told.value.mend


def raylet_of(node: Any) -> list[psutil.Process]:
    """Give the processes that a node of the cluster consists of, the outermost first."""
    found = [info.process.pid for infos in node.all_processes.values() for info in infos]
    return [process for pid in found for process in tree(pid)]


def grading_processes(node: Any) -> list[psutil.Process]:
    found = []
    for process in raylet_of(node):
        with suppress(psutil.NoSuchProcess):  # kernels come and go
            if "autograder.grading.node" in " ".join(process.cmdline()):
                found.append(process)
    return found


def tree(pid: int) -> list[psutil.Process]:
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.Error:
        return []
