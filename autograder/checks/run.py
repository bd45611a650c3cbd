"""One executed notebook as a check sees it: from outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Protocol

from autograder.checks.files import Files
from autograder.checks.mlflow_records import MlflowStore
from autograder.checks.mlflow_store import read_mlflow
from autograder.checks.outputs import Outputs
from autograder.checks.record import NotAvailable
from autograder.checks.tables import Tables


class Probe(Protocol):
    """Reach into the learner's kernel: look a name up or call it, with plain data both ways.

    Returns the value and, where `inspect` asks for it, the arguments as they are afterwards.
    Raises ProbeFailed when no value came back.
    """

    def __call__(
        self,
        what: Literal["call", "value"],
        name: str,
        args: tuple[Any, ...] = (),
        *,
        inspect: bool = False,
    ) -> tuple[Any, Any]: ...


@dataclass(frozen=True)
class Run:
    """Give a check what it may ask of one run of the notebook.

    `parameters` are those the notebook ran with. `notebook` is the executed notebook and `folder`
    the run's working folder; a run inside the learner's own kernel has no executed notebook.
    `variables` are those of the environment that tell the run of the servers its lab needs, and
    which name space there is its own (LAB_SPACE).
    """

    probe: Probe = field(repr=False)
    parameters: Mapping[str, Any]
    notebook: Mapping[str, Any] | None = field(default=None, repr=False)
    folder: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def call(self, name: str, *args: Any) -> Any:
        """Call the learner's function with copies of the arguments and return its result."""
        return self.probe("call", name, args)[0]

    def inspect(self, name: str, *args: Any) -> tuple[Any, Any]:
        """Call the learner's function; return its result and the arguments as they are after."""
        return self.probe("call", name, args, inspect=True)

    def value(self, name: str) -> Any:
        """Return the value of a variable of the learner's."""
        return self.probe("value", name)[0]

    @property
    def outputs(self) -> Outputs:
        """Read what the cells printed and showed."""
        if self.notebook is None:
            raise NotAvailable(
                "this check reads the outputs of the notebook once it has run as a whole"
            )
        return Outputs(self.notebook)

    @property
    def files(self) -> Files:
        """Read the files that the run wrote into its working folder."""
        if self.folder is None:
            raise NotAvailable(
                "this check reads the files that the notebook wrote when it ran as a whole"
            )
        return Files(self.folder)

    @property
    def tables(self) -> Tables:
        """Read the tables that the run wrote: CSV, Parquet, SQLite."""
        return Tables(self.files)

    @property
    def mlflow(self) -> MlflowStore:
        """Read what the run tracked in `mlflow.db`, as it stands at this moment."""
        return read_mlflow(self.files)
