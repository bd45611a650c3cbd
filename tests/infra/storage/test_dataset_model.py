"""Whatever is done to a dataset, in whatever order, it is what a plain dictionary would be."""

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from infra.storage.dataset import Dataset, DatasetConfig
from infra.storage.on_disk import DiskStore
from infra.storage.vacuum import vacuum

SCHEMA = pa.schema([("part", pa.string()), ("n", pa.int64())])
_rows = st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 9)), max_size=5)
Rows = list[tuple[str | None, int]]


def table(rows: Rows) -> pa.Table:
    return pa.table([[part for part, _ in rows], [n for _, n in rows]], schema=SCHEMA)


class DatasetAgainstModel(RuleBasedStateMachine):
    """Keep in `states` what each snapshot that is kept should hold, by its number."""

    @initialize(by=st.sampled_from([(), ("part",)]), rows=_rows)
    def begin(self, by: tuple[str, ...], rows: Rows) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._config = DatasetConfig("d", by, rows_per_file=2)
        self._store = DiskStore(Path(self._folder.name))
        self.states: dict[int, Rows] = {}
        self.committed: dict[str, int] = {}
        self.append(rows, "first")

    @property
    def dataset(self) -> Dataset:
        return Dataset(self._store, self._config)

    @property
    def newest(self) -> Rows:
        return self.states[max(self.states)] if self.states else []

    @rule(rows=_rows, commit_id=st.sampled_from(["first", "x", "y"]) | st.uuids().map(str))
    def append(self, rows: Rows, commit_id: str) -> None:
        made = self.dataset.append(table(rows), commit_id=commit_id)
        if self.committed.get(commit_id) in self.states:
            assert made.number == self.committed[commit_id]
            return
        self._note(made.number, [*self.newest, *rows])
        self.committed[commit_id] = made.number

    @rule(rows=_rows)
    def replace(self, rows: Rows) -> None:
        made = self.dataset.replace_partitions(table(rows))
        parts = {part for part, _ in rows}
        is_split = bool(self._config.partition_by)
        kept = [row for row in self.newest if is_split and row[0] not in parts]
        self._note(made.number, [*kept, *rows])

    @precondition(lambda self: len(self.states) > 1)
    @rule(keep=st.integers(1, 3))
    def vacuum(self, keep: int) -> None:
        vacuum(self.dataset, keep=keep, grace=timedelta(0))
        self.states = {number: self.states[number] for number in sorted(self.states)[-keep:]}

    @invariant()
    def every_snapshot_holds_what_it_should(self) -> None:
        if not hasattr(self, "states"):
            return
        assert [made.number for made in self.dataset.snapshots()] == sorted(self.states)
        for number, rows in self.states.items():
            found = self.dataset.read(snapshot=number).to_pylist()
            assert Counter((row["part"], row["n"]) for row in found) == Counter(rows)
        if self._config.partition_by:
            found = self.dataset.read(where={"part": ["a"]}).to_pylist()
            assert len(found) == sum(part == "a" for part, _ in self.newest)

    def _note(self, number: int, rows: Rows) -> None:
        assert number == max(self.states, default=number - 1) + 1
        self.states[number] = rows

    def teardown(self) -> Any:
        if hasattr(self, "_folder"):
            self._folder.cleanup()


TestDatasetAgainstModel = DatasetAgainstModel.TestCase
TestDatasetAgainstModel.settings = settings(max_examples=8, stateful_step_count=8, deadline=None)
