"""Hold tables to a dataset's columns, and split them by the values of some."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infra.storage.errors import SchemaMismatchError, StorageError

# As Hive and Spark write a missing value in a path.
MISSING = "__HIVE_DEFAULT_PARTITION__"


def plain_schema(table: Any) -> Any:
    """Return a table's schema without what pandas and others noted beside it."""
    return pa.schema([pa.field(f.name, f.type, f.nullable) for f in table.schema])


def conform(table: Any, schema: Any, dataset: str) -> Any:
    """Return the table with its columns in the dataset's order.

    Raise SchemaMismatchError that names every column which is missing, unknown, of another type,
    or empty where it must not be. Nothing is cast: a silent cast is how a column changes meaning.
    """
    found = {field.name: field for field in table.schema}
    due = {field.name: field for field in schema}
    wrong = [f"{name} is missing" for name in due if name not in found]
    wrong += [f"{name} is unknown" for name in found if name not in due]
    for name in due:
        if name not in found:
            continue
        if found[name].type != due[name].type:
            wrong.append(f"{name} is {found[name].type} instead of {due[name].type}")
        elif not due[name].nullable and table.column(name).null_count:
            wrong.append(f"{name} has {table.column(name).null_count} missing values")
    if len(found) < len(table.schema):
        wrong.append("a name is there twice")
    if wrong:
        raise SchemaMismatchError(
            f"The table does not fit {dataset}: {'; '.join(wrong)}. The dataset has "
            f"{', '.join(f'{name} {field.type}' for name, field in due.items())}."
        )
    ordered = table.select(schema.names)
    return pa.Table.from_arrays(ordered.columns, schema=schema)


def require_partition_columns(schema: Any, by: Sequence[str], dataset: str) -> None:
    """Raise StorageError for a column to split by that is not there or cannot be in a path."""
    for name in by:
        if name not in schema.names:
            raise StorageError(f"{dataset} is to be split by {name!r}, which its table has not.")
        kind = schema.field(name).type
        if pa.types.is_nested(kind) or pa.types.is_floating(kind) or pa.types.is_binary(kind):
            raise StorageError(
                f"{dataset} cannot be split by {name!r}, which is {kind}: use whole numbers, text "
                "or dates."
            )


def split(table: Any, by: Sequence[str]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Return the rows of each combination of values in `by`, the values as text, in order."""
    if not by:
        yield (), table
        return
    texts = [pc.fill_null(table.column(name).cast(pa.string()), MISSING) for name in by]
    names = [str(place) for place in range(len(by))]
    rows = pa.table([*texts, pa.array(np.arange(len(table)))], names=[*names, "row"])
    groups = rows.group_by(names).aggregate([("row", "list")])
    values = list(zip(*(groups.column(name).to_pylist() for name in names), strict=True))
    for place in sorted(range(len(values)), key=values.__getitem__):
        yield values[place], table.take(groups.column("row_list")[place].values)


def as_text(value: Any, kind: Any) -> str:
    """Return a value as it stands in a partition's name; raise StorageError if it cannot be one."""
    if value is None:
        return MISSING
    try:
        return str(pa.scalar(value).cast(kind).cast(pa.string()).as_py())
    except pa.ArrowException as error:
        raise StorageError(f"{value!r} is no {kind}: {error}.") from None
