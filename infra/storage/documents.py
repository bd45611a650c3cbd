"""What a store of documents that expire promises, wherever it keeps them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from infra.storage.errors import StorageError

Fields = dict[str, Any]
# The escape of NUL, after no backslash that is itself escaped.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,50}")


@dataclass(frozen=True)
class Document:
    """Hold a document: its key, its fields, and when it expires (None: never)."""

    key: str
    fields: Fields
    expires: datetime | None


class Documents(Protocol):
    """Keep documents of JSON under keys in one collection, each for as long as it is told.

    Time is the server's, so that all clients agree on what has expired. An expired document is
    never returned, whether it was swept or not. Every method raises StorageUnavailableError when
    the server does not answer; what `put` returned for is kept.
    """

    def put(self, key: str, fields: Mapping[str, Any], *, ttl: timedelta | None = None) -> None:
        """Keep a document in place of what may be under its key, for `ttl` from now or for ever."""

    def get(self, key: str) -> Document | None:
        """Return the document of a key, None where there is none or it has expired."""

    def find(self, fields: Mapping[str, Any], *, limit: int = 100) -> list[Document]:
        """Return documents whose fields have these values, ordered by key, at most `limit`."""

    def delete(self, key: str) -> bool:
        """Remove a document, and say whether there was one that had not expired."""

    def sweep(self) -> int:
        """Remove what has expired, and return how many documents that were."""

    def close(self) -> None:
        """Let go of the connection."""


def collection_name(name: str) -> str:
    """Return the name of a collection; raise StorageError for one that no server would take."""
    if not _NAME.fullmatch(name):
        raise StorageError(
            f"{name!r} is no name for a collection: use up to 51 of a-z, 0-9 and _, a letter first."
        )
    return name


def checked(key: str, fields: Mapping[str, Any], ttl: timedelta | None) -> Fields:
    """Return the fields as plain data; raise StorageError for what cannot be kept as it is."""
    if not key or "\x00" in key:
        raise StorageError("A document needs a key, without the character NUL.")
    if ttl is not None and ttl <= timedelta(0):
        raise StorageError(f"The document {key!r} would expire {-ttl} before it is kept.")
    try:
        text = json.dumps(dict(fields), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StorageError(
            f"The document {key!r} is not JSON ({error}): turn times into text and missing "
            "numbers into None."
        ) from None
    if _NUL.search(text):
        raise StorageError(f"The document {key!r} holds the character NUL, which is not kept.")
    plain: Fields = json.loads(text)
    if plain != dict(fields):
        raise StorageError(
            f"The document {key!r} would come back another: keep lists, not tuples, and text as "
            "names of fields."
        )
    return plain
