"""Keep documents that expire in MongoDB, which the compose tier has.

There is no MongoDB in the local tier, so this runs on the compose tier alone; what it needs is
the package `pymongo`, which no extra brings.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, timedelta
from typing import Any

from autograder.errors import CourseError
from infra.storage.documents import Document, checked, collection_name
from infra.storage.errors import StorageError, StorageUnavailableError

try:
    import pymongo  # type: ignore[import-not-found,unused-ignore]
    from pymongo.errors import (  # type: ignore[import-not-found,unused-ignore]
        ConnectionFailure,
        PyMongoError,
    )
except ModuleNotFoundError as error:
    raise CourseError(
        "Documents in MongoDB need the package pymongo, which is not installed.",
        mend="pip install pymongo",
    ) from error

_MILLISECOND = timedelta(milliseconds=1)
_PATIENCE_MS = 5000
_FOREVER = None
_ALIVE = {"$or": [{"expires": _FOREVER}, {"$expr": {"$gt": ["$expires", "$$NOW"]}}]}
_EXPIRED = {"expires": {"$ne": _FOREVER}, "$expr": {"$lte": ["$expires", "$$NOW"]}}


class MongoDocuments:
    """Implement `Documents` as one collection; writes are acknowledged by most of the servers.

    MongoDB removes what has expired by itself, about once a minute; reads do not wait for that.
    Objects within fields are found only with their names in the order in which they were put.
    `url` is a connection string, which may hold a password and is never shown.
    """

    def __init__(self, url: str, database: str, collection: str) -> None:
        self._client: Any = pymongo.MongoClient(
            url, serverSelectionTimeoutMS=_PATIENCE_MS, tz_aware=True, tzinfo=UTC, w="majority"
        )
        self._where = f"MongoDB ({database}.{collection})"
        self._documents = self._client[database][collection_name(collection)]
        with self._told():
            self._documents.create_index("expires", expireAfterSeconds=0)
            self._documents.create_index([("fields.$**", pymongo.ASCENDING)])

    def put(self, key: str, fields: Mapping[str, Any], *, ttl: timedelta | None = None) -> None:
        plain = checked(key, fields, ttl)
        strange = next((name for name in plain if not name or "." in name or "$" in name), None)
        if strange is not None:
            raise StorageError(f"MongoDB cannot look for a field named {strange!r}: rename it.")
        expires = _FOREVER if ttl is None else {"$add": ["$$NOW", ttl / _MILLISECOND]}
        # A pipeline, since only there is the server's own time known; what is given stays literal.
        new = {"_id": {"$literal": key}, "fields": {"$literal": plain}, "expires": expires}
        with self._told():
            self._documents.update_one({"_id": key}, [{"$replaceWith": new}], upsert=True)

    def get(self, key: str) -> Document | None:
        with self._told():
            found = self._documents.find_one({"_id": key, **_ALIVE})
        return _document(found) if found else None

    def find(self, fields: Mapping[str, Any], *, limit: int = 100) -> list[Document]:
        plain = checked("(query)", fields, None)
        # The index finds lists that contain a value too; the expressions are for equality alone.
        indexed = [{f"fields.{name}": {"$eq": value}} for name, value in plain.items()]
        same = [
            {"$expr": {"$eq": [f"$fields.{name}", {"$literal": value}]}}
            for name, value in plain.items()
        ]
        with self._told():
            found = self._documents.find({"$and": [_ALIVE, *indexed, *same]})
            found = found.sort("_id").limit(limit)
            return [_document(one) for one in found]

    def delete(self, key: str) -> bool:
        with self._told():
            alive = self._documents.delete_one({"_id": key, **_ALIVE}).deleted_count
            self._documents.delete_one({"_id": key, **_EXPIRED})
        return bool(alive)

    def sweep(self) -> int:
        with self._told():
            return int(self._documents.delete_many(_EXPIRED).deleted_count)

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ConnectionFailure as error:
            raise StorageUnavailableError(
                f"{self._where} does not answer: look at its container's log."
            ) from error
        except PyMongoError as error:
            raise StorageError(f"{self._where} refused: {error}") from error


def _document(found: Mapping[str, Any]) -> Document:
    return Document(found["_id"], dict(found["fields"]), found["expires"])
