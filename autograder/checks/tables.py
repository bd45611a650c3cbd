"""Read the tables that a run wrote, as DataFrames, without executing anything in them."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from autograder.checks.files import Files
from autograder.checks.record import mismatch
from autograder.checks.sqlite_snapshot import Snapshot
from autograder.checks.wording import listed

if TYPE_CHECKING:
    import pandas as pd

_MOST_COMMAS = 5_000
_INDEX_COLUMN = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True)
class Tables:
    """Read tables out of a run's files; `max_cells` is the most that one table may hold."""

    files: Files
    max_cells: int = 20_000_000

    def csv(self, name: str, *, dates: Sequence[str] = ()) -> "pd.DataFrame":
        """Return a CSV file with a header row; the columns in `dates` are read as times."""
        import pandas as pd

        content = self.files.bytes(name)
        # Fields beyond the header's become levels of an index, and millions of those take hours.
        if max(map(_commas, io.BytesIO(content)), default=0) > _MOST_COMMAS:
            raise mismatch(f"{name} has a line of more than {_MOST_COMMAS} commas")
        try:
            frame = pd.read_csv(io.BytesIO(content))
        except (ValueError, pd.errors.ParserError) as error:  # an empty file is a ValueError too
            raise mismatch(f"{name} is no CSV table: {_first_line(error)}") from None
        self._insist_on_size(name, frame.shape[0], frame.shape[1])
        for column in dates:
            if column not in frame.columns:
                raise mismatch(
                    f"{name} lacks the column {column!r}; it has {listed(frame.columns)}"
                )
            try:
                frame[column] = pd.to_datetime(frame[column])
            except (ValueError, TypeError) as error:
                text = f"{name}: the column {column!r} holds no times: {_first_line(error)}"
                raise mismatch(text) from None
        return frame

    def parquet(self, name: str) -> "pd.DataFrame":
        """Return a Parquet file, or a folder of them with its `key=value` folders as text columns.

        A pandas index that was written as a column is left out.
        """
        import pandas as pd

        parts = [part for part in self.files.names(f"{name.rstrip('/')}/*") if _is_data(part)]
        if not parts:
            return self._parquet_file(name)
        frames = []
        for part in parts:
            keys = dict(re.findall(r"([^/=]+)=([^/=]+)/", part[len(name) :]))
            frames.append(self._parquet_file(part).assign(**keys))
            self._insist_on_size(name, sum(len(frame) for frame in frames), frames[0].shape[1])
        return pd.concat(frames, ignore_index=True)

    def _parquet_file(self, name: str) -> "pd.DataFrame":
        import pyarrow as pa
        import pyarrow.parquet as pq

        content = self.files.bytes(name)
        try:
            # A type that only the file names stays the plain data below it; one that this process
            # knows, such as pandas' periods, is refused with all that is not plain.
            file = pq.ParquetFile(pa.BufferReader(content), arrow_extensions_enabled=False)
            self._insist_on_size(name, file.metadata.num_rows, file.metadata.num_columns)
            for column in file.schema_arrow:
                if not _is_plain(column.type):
                    text = f"{name}: the column {column.name!r} is of type {column.type}"
                    raise mismatch(f"{text}; write numbers, text, times or lists of them")
            table = file.read(use_threads=False).replace_schema_metadata(None)
            table.validate(full=True)
            frame = table.to_pandas(ignore_metadata=True, use_threads=False)
        except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
            raise mismatch(f"{name} is no Parquet file: {_first_line(error)}") from None
        kept = [not _INDEX_COLUMN.fullmatch(str(column)) for column in frame.columns]
        result: pd.DataFrame = frame.loc[:, kept]
        return result

    def sqlite(self, name: str, table: str) -> "pd.DataFrame":
        """Return one table of a SQLite file."""
        import pandas as pd

        with Snapshot(name, self.files.bytes(name)) as snapshot:
            columns, rows = snapshot.table(table)
        self._insist_on_size(name, len(rows), len(columns))
        return pd.DataFrame(rows, columns=columns)

    def _insist_on_size(self, name: str, rows: int, columns: int) -> None:
        if rows * max(columns, 1) > self.max_cells:
            text = f"{name} holds {rows} rows of {columns} columns"
            raise mismatch(f"{text}, more than the {self.max_cells} cells that are read")


def _is_data(name: str) -> bool:
    """Tell whether a file holds rows, and is no marker that an engine left beside them."""
    path = PurePosixPath(name)
    return path.suffix == ".parquet" and not any(part[0] in "._" for part in path.parts)


def _is_plain(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _is_plain(kind.value_type)
    told = (pa.types.is_primitive, pa.types.is_string, pa.types.is_large_string)
    rest = (pa.types.is_decimal, pa.types.is_null, pa.types.is_binary)
    extension = isinstance(kind, pa.BaseExtensionType)
    return not extension and any(is_kind(kind) for is_kind in (*told, *rest))


def _commas(line: bytes) -> int:
    return line.count(b",")


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
