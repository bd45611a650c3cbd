"""`lab kernel` writes and removes a kernelspec, and touches nobody else's."""

import json
import sys
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from typer.testing import CliRunner

from autograder.cli.app import build_app
from autograder.errors import CourseError


def lab(*arguments: str) -> str:
    done = CliRunner().invoke(build_app(), ["kernel", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def refused(*arguments: str) -> CourseError:
    done = CliRunner().invoke(build_app(), ["kernel", *arguments])
    assert isinstance(done.exception, CourseError)
    return done.exception


def test_jupyter_finds_what_is_installed_until_it_is_removed(tmp_path: Path) -> None:
    where = ("--prefix", str(tmp_path), "--name", "warm-numbers")
    told = lab("install", *where, "--preload", "numpy, sklearn.linear_model")
    kernels = tmp_path / "share" / "jupyter" / "kernels"
    manager = KernelSpecManager(kernel_dirs=[str(kernels)])
    spec = manager.get_kernel_spec("warm-numbers")
    assert spec.metadata["kernel_provisioner"] == {
        "provisioner_name": "lab-warm",
        "config": {"preload": ["numpy", "sklearn.linear_model"]},
    }
    assert spec.language == "python" and spec.interrupt_mode == "signal"
    assert spec.argv[0] == sys.executable and "{connection_file}" in spec.argv
    assert (kernels / "warm-numbers" / "logo-64x64.png").is_file()
    assert "--Execute.kernel_name=warm-numbers" in told
    lab("install", *where, "--preload", "")
    again = json.loads((kernels / "warm-numbers" / "kernel.json").read_text())
    assert again["metadata"]["kernel_provisioner"]["config"] == {"preload": []}
    assert str(kernels / "warm-numbers") in lab("remove", *where)
    assert list(kernels.iterdir()) == []


def test_anothers_kernel_is_left_alone(tmp_path: Path) -> None:
    spec = tmp_path / "share" / "jupyter" / "kernels" / "mine" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text('{"argv": ["mine"], "metadata": {}}')
    for command in ("install", "remove"):
        assert (
            "another kernel"
            in refused(command, "--name", "mine", "--prefix", str(tmp_path)).message
        )
    assert spec.read_text() == '{"argv": ["mine"], "metadata": {}}'


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("install", "--preload", "no_such_module_here"), "no_such_module_here"),
        (("install", "--preload", "numpy;pandas"), "numpy;pandas"),
        (("install", "--name", "../up"), "../up"),
        (("install", "--user", "--prefix", "x"), "--user"),
        (("remove", "--name", "never-installed"), "never-installed"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(
    arguments: tuple[str, ...], word: str, tmp_path: Path
) -> None:
    place = () if "--prefix" in arguments else ("--prefix", str(tmp_path))
    error = refused(*arguments, *place)
    assert word in error.message and error.mend
    assert list(tmp_path.iterdir()) == []
