"""Where every layer is required, no run begins with fewer; where none is, it is said."""

import gc
import logging
import random
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.contract.lab import Lab
from autograder.contract.manifest import Limits
from autograder.execution import Confinement, detect_confinement
from autograder.execution.confinement import NO_NETWORK, FewerLayersError
from autograder.execution.environment import scratch_folder
from autograder.execution.kernel import KernelLauncher, launch_plain_kernel, running_kernel
from autograder.execution.run import executed
from autograder.execution.warm import launcher as launching
from autograder.execution.warm.launcher import WarmLauncher, kernels_for
from autograder.execution.warm.preloading import forget_before_the_fork
from autograder.grading.intake import Submission
from autograder.grading.worker import grade_submission
from autograder.learning.doctor import Finding, diagnose
from autograder.needs.surroundings import Nothing
from autograder.scoring import Status

THREADS = "from threading import Thread\nfrom time import sleep\n" + (
    "Thread(target=sleep, args=(60,), daemon=True).start()\n"
)


@pytest.fixture
def strict(complete: Confinement) -> Confinement:
    return replace(complete, strict=True)


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


def layers(
    confinement: Confinement, launcher: KernelLauncher, ports: Sequence[int]
) -> tuple[str, ...]:
    with executed(
        new_notebook(cells=[new_code_cell("1 + 1")]),
        files={},
        parameters={},
        limits=Limits(seconds=60, cell_seconds=30),
        confinement=confinement,
        ports=ports,
        launcher=launcher,
    ) as execution:
        return execution.layers


def gone(folder: Path) -> WarmLauncher:
    """A launcher whose zygote has ended."""
    runs = folder / "runs"
    runs.mkdir()
    return WarmLauncher(folder / "zygote", runs, (1,))


@pytest.mark.slow
def test_an_ordinary_kernel_with_every_layer_is_let_run(strict: Confinement) -> None:
    assert layers(strict, launch_plain_kernel, ()) == strict.layers


def test_an_ordinary_kernel_with_the_machines_network_is_refused(
    strict: Confinement, port: int
) -> None:
    with pytest.raises(FewerLayersError, match="whole network"):
        layers(strict, launch_plain_kernel, (port,))


def test_so_is_one_without_walls() -> None:
    bare = replace(detect_confinement(wanted=False), strict=True)
    with pytest.raises(FewerLayersError, match="walls around runs"):
        layers(bare, launch_plain_kernel, ())


@pytest.mark.parametrize("listens", [True, False], ids=["its port", "another"])
def test_a_zygote_that_is_gone_or_has_no_such_door_costs_no_layer(
    strict: Confinement, port: int, tmp_path: Path, listens: bool
) -> None:
    launcher = replace(gone(tmp_path), ports=(port,) if listens else ())
    with pytest.raises(FewerLayersError, match="whole network"):
        layers(strict, launcher, (port,))


@pytest.mark.slow
def test_where_it_is_not_required_such_a_run_is_let_go_and_its_layer_is_missing(
    confinement: Confinement, port: int, tmp_path: Path
) -> None:
    if confinement.bubblewrap is None:
        pytest.skip("no bubblewrap here")
    found = layers(confinement, replace(gone(tmp_path), ports=(port,)), (port,))
    assert set(confinement.layers) - set(found) == {NO_NETWORK}


@pytest.mark.slow
def test_the_kernel_in_place_of_a_fork_keeps_its_connection_file(
    confinement: Confinement, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # What is logged holds the error, which holds all that a collection would find.
    caplog.set_level(logging.CRITICAL + 1, logger="traitlets")
    gone(tmp_path)
    launcher = WarmLauncher(tmp_path / "zygote", tmp_path)
    with (
        scratch_folder({}, owner=confinement.run_id(), parent=tmp_path) as scratch,
        running_kernel(launcher, scratch, Limits(), confinement),
    ):
        # The manager whose fork failed removes the file that it wrote when it is collected.
        gc.collect()
        assert scratch.connection_file.exists()


@pytest.mark.slow
def test_a_submission_that_was_refused_is_not_graded_and_worth_another_try(
    tiny: Lab, strict: Confinement, port: int, tmp_path: Path
) -> None:
    import nbformat

    nbformat.write(tiny.solution, tmp_path / "lab.ipynb")
    work, around = Submission("ada", "tiny", tmp_path), Nothing((port,))
    card, notebook = grade_submission(tiny, work, strict, launch_plain_kernel, around)
    assert (card.status, card.score, card.layers, notebook) == (Status.CRASHED, 0, (), None)
    assert "whole network" in card.problem and "tries it again" in card.problem


@pytest.mark.slow
def test_a_run_that_broke_off_says_what_was_around_it(
    tiny: Lab, confinement: Confinement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbformat

    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("autograder.grading.grader._judge_run", breaks)
    nbformat.write(tiny.solution, tmp_path / "lab.ipynb")
    card, _ = grade_submission(tiny, Submission("ada", "tiny", tmp_path), confinement)
    assert (card.status, card.layers) == (Status.CRASHED, confinement.layers)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux forks")
class TestSaidOnTheErrorStream:
    """That kernels are ordinary ones, or lack what was to be imported."""

    @pytest.fixture(autouse=True)
    def _walls(self, confinement: Confinement) -> None:
        if confinement.bubblewrap is None:
            pytest.skip("no bubblewrap here")

    def test_when_a_package_starts_threads(
        self,
        confinement: Confinement,
        capfd: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        port: int,
    ) -> None:
        # A pool that is told to have one worker has it for good.
        monkeypatch.setattr(launching, "_ZYGOTE", THREADS + launching._ZYGOTE)
        with kernels_for(["json"], replace(confinement, strict=True), ports=[port]) as launcher:
            assert launcher is launch_plain_kernel
        [line] = capfd.readouterr().err.splitlines()
        assert "ordinary ones" in line and "threads" in line

    def test_when_a_fork_does_not_come_up(
        self,
        confinement: Confinement,
        capfd: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(launching, "_works", lambda *_: False)
        with kernels_for(["json"], confinement) as launcher:
            assert launcher is launch_plain_kernel
        [line] = capfd.readouterr().err.splitlines()
        assert "ordinary ones" in line and "walls" in line

    def test_when_the_zygote_does_not(
        self,
        confinement: Confinement,
        capfd: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(launching, "_ZYGOTE", "raise SystemExit(1)")
        with kernels_for(["json"], confinement) as launcher:
            assert launcher is launch_plain_kernel
        [line] = capfd.readouterr().err.splitlines()
        assert "did not come up" in line

    def test_what_could_not_be_imported(
        self, confinement: Confinement, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with kernels_for(["json", "no_such_module"], confinement) as launcher:
            assert isinstance(launcher, WarmLauncher)
        [line] = capfd.readouterr().err.splitlines()
        assert "no_such_module" in line and "json" not in line

    def test_and_nothing_where_all_is_well(
        self, confinement: Confinement, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with kernels_for(["json"], confinement) as launcher:
            assert isinstance(launcher, WarmLauncher)
        assert capfd.readouterr().err == ""


def sandbox(confinement: Confinement) -> Finding:
    return next(found for found in diagnose(None, confinement) if found.what == "Sandbox")


def test_doctor_lists_what_is_there_and_what_is_missing() -> None:
    partly = Confinement(Path("bwrap"), missing=("a filter of system calls",), layers=("a", "b"))
    found = sandbox(partly)
    assert (found.state, found.found) == ("note", "a, b; without a filter of system calls")
    whole = sandbox(replace(partly, missing=()))
    assert (whole.state, whole.found) == ("good", "a, b")


def test_a_fork_draws_other_random_numbers_from_torch_too(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = []
    stand_in = SimpleNamespace(seed=lambda: seeds.append(random.random()))
    monkeypatch.setitem(sys.modules, "torch", stand_in)
    # What else it undoes is this process's own.
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    forget_before_the_fork()
    forget_before_the_fork()
    assert len(set(seeds)) == 2
