"""Hash the data a model learned from by its values, not by how they happened to be stored."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from autograder.errors import CourseError


def frame_hash(
    frame: pd.DataFrame, *, columns: Sequence[str] | None = None, sort_by: Sequence[str] = ()
) -> str:
    """Return the SHA-256 of the values in `columns` (default all), as 64 hex digits.

    Index, order of columns, byte order and width of numbers do not matter. The order of rows does,
    unless `sort_by` names columns that order them. Raise CourseError for a column that is missing
    or holds anything but numbers, booleans, times and text.
    """
    names = sorted(frame.columns if columns is None else columns)
    missing = [name for name in [*names, *sort_by] if name not in frame.columns]
    if missing:
        raise CourseError(
            f"The data has no column {missing[0]!r} to hash; it has {list(frame.columns)}.",
            mend="Name columns that the data has.",
        )
    rows = frame.sort_values(list(sort_by), kind="stable") if sort_by else frame
    digest = hashlib.sha256()
    _add(digest, str(len(rows)).encode())
    for name in names:
        kind, values = _bytes_of(name, rows[name])
        for part in (str(name).encode(), kind, rows[name].isna().to_numpy().tobytes(), values):
            _add(digest, part)
    return digest.hexdigest()


def files_hash(paths: Iterable[Path], *, root: Path) -> str:
    """Return the SHA-256 of files and of all files in folders, with their names below `root`.

    Times and permissions do not matter. Raise CourseError where a path is missing, lies outside
    `root`, or where no file is left to hash.
    """
    found: dict[str, Path] = {}
    for path in paths:
        if not path.exists():
            raise CourseError(f"There is no {path} to hash.", mend="Name data that exists.")
        for file in [path] if path.is_file() else path.rglob("*"):
            if file.is_file():
                found[_name_below(root, file)] = file
    if not found:
        raise CourseError("There are no files to hash.", mend="Name at least one file.")
    digest = hashlib.sha256()
    for name in sorted(found):
        _add(digest, name.encode())
        with found[name].open("rb") as content:
            _add(digest, hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def _name_below(root: Path, file: Path) -> str:
    try:
        return file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise CourseError(
            f"{file} does not lie in {root}, so it has no name that other machines share.",
            mend="Give as `root` the folder that holds all the data.",
        ) from None


# What is hashed is led by its length: otherwise "ab" and "c" would be the same as "a" and "bc".
def _add(digest: Any, part: bytes) -> None:
    digest.update(len(part).to_bytes(8, "little"))
    digest.update(part)


def _bytes_of(name: str, column: "pd.Series[Any]") -> tuple[bytes, bytes]:
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _bytes_of(name, column.astype(dtype.categories.dtype))
    if pd.api.types.is_bool_dtype(dtype):
        return b"bool", column.fillna(False).to_numpy(dtype="uint8").tobytes()
    if pd.api.types.is_unsigned_integer_dtype(dtype) and column.max() > np.iinfo("int64").max:
        return b"uint", column.fillna(0).to_numpy(dtype="<u8").tobytes()
    if pd.api.types.is_integer_dtype(dtype):
        return b"int", column.fillna(0).to_numpy(dtype="<i8").tobytes()
    if pd.api.types.is_float_dtype(dtype):
        # Adding nought makes -0.0 the 0.0 that it equals.
        return b"float", (column.fillna(0.0).to_numpy(dtype="<f8") + 0.0).tobytes()
    if pd.api.types.is_datetime64_any_dtype(dtype):
        aware = isinstance(dtype, pd.DatetimeTZDtype)
        plain = column.dt.tz_convert("UTC").dt.tz_localize(None) if aware else column
        return b"instant" if aware else b"time", _nanoseconds(plain.astype("datetime64[ns]"))
    if pd.api.types.is_timedelta64_dtype(dtype):
        return b"duration", _nanoseconds(column.astype("timedelta64[ns]"))
    return b"text", _text_bytes(name, column)


def _nanoseconds(column: "pd.Series[Any]") -> bytes:
    return column.to_numpy().astype("<i8").tobytes()


def _text_bytes(name: str, column: "pd.Series[Any]") -> bytes:
    texts = ["" if missing else value for value, missing in zip(column, column.isna(), strict=True)]
    strange = next((text for text in texts if not isinstance(text, str)), None)
    if strange is not None:
        raise CourseError(
            f"Column {name!r} holds a {type(strange).__name__}, which has no one way to be hashed.",
            mend="Turn the column into numbers, booleans, times or text, or leave it out.",
        )
    encoded = [text.encode() for text in texts]
    lengths = np.array([len(text) for text in encoded], dtype="<i8")
    return lengths.tobytes() + b"".join(encoded)
