"""Keep objects in S3, or in whatever speaks its protocol."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra.extras import needing
from infra.settings import S3
from infra.storage.errors import StorageError, StorageUnavailableError
from infra.storage.object_store import MissingObjectError, StoredObject

with needing("stack"):
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    from botocore.session import Session

_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 3, 20, 3
_TAKEN = {"PreconditionFailed", "412"}
# Two conditional writes met at once: who is told so may try again.
_AT_ONCE = {"ConditionalRequestConflict", "409"}
_GONE = {"NoSuchKey", "404"}
_NO_BUCKET = {"NoSuchBucket", "404"}


class S3Store:
    """Keep objects in one bucket under one prefix, such as `lake/`."""

    def __init__(self, endpoint: S3, bucket: str, prefix: str = "") -> None:
        self._bucket, self._prefix, self._where = bucket, prefix, endpoint.url or "S3"
        options = endpoint.client_options()
        patience = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"max_attempts": _ATTEMPTS, "mode": "standard"},
        )
        options["config"] = options["config"].merge(patience)
        # botocore's own session takes no profile of the user's when keys are given.
        self._client: Any = Session().create_client("s3", **options)
        self._is_conditional = False

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def make_bucket(self) -> None:
        """Create the bucket where there is none; raise StorageError where that is not allowed."""
        try:
            with self._told("look for it", passed=_NO_BUCKET):
                self._client.head_bucket(Bucket=self._bucket)
            return
        except ClientError:
            pass
        with self._told("make it"):
            region = self._client.meta.region_name
            # The first region is the one that must not be named.
            place = {"LocationConstraint": region} if region != "us-east-1" else None
            told = {"CreateBucketConfiguration": place} if place else {}
            self._client.create_bucket(Bucket=self._bucket, **told)

    def put(self, key: str, content: bytes) -> None:
        with self._told(f"put {key}"):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=content)

    def put_if_absent(self, key: str, content: bytes) -> bool:
        self._require_conditional()
        return self._put_if_absent(key, content)

    def get(self, key: str) -> bytes:
        with self._told(f"get {key}"):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
            content: bytes = answer["Body"].read()
            return content

    def listed(self, prefix: str) -> Iterator[StoredObject]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        with self._told(f"list {prefix}"):
            for page in pages:
                for found in page.get("Contents", []):
                    key = found["Key"].removeprefix(self._prefix)
                    yield StoredObject(key, found["Size"], found["LastModified"])

    def delete(self, key: str) -> None:
        with self._told(f"delete {key}"):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def _put_if_absent(self, key: str, content: bytes) -> bool:
        name = self._prefix + key
        for _ in range(_ATTEMPTS):
            try:
                with self._told(f"put {key}", passed=_TAKEN | _AT_ONCE):
                    self._client.put_object(
                        Bucket=self._bucket, Key=name, Body=content, IfNoneMatch="*"
                    )
                return True
            except ClientError as error:
                if _code(error) in _TAKEN:
                    # The client may have tried twice, and met what its first try had put.
                    return self.get(key) == content
        raise StorageUnavailableError(
            f"{self._where} let no one put {self._bucket}/{name}, since several tried: try again."
        )

    def _require_conditional(self) -> None:
        """Try once whether the server heeds If-None-Match; one that does not would lose commits."""
        if self._is_conditional:
            return
        key = f".conditional-{uuid.uuid4().hex}"
        try:
            if not self._put_if_absent(key, b"1") or self._put_if_absent(key, b"2"):
                raise StorageError(
                    f"{self._where} overwrites in spite of If-None-Match, so commits made at once "
                    "would be lost: use a server that heeds it (S3, versitygw, MinIO, moto 5)."
                )
        finally:
            self.delete(key)
        self._is_conditional = True

    @contextmanager
    def _told(self, doing: str, passed: set[str] | None = None) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = _code(error)
            if passed and code in passed:
                raise
            if code in _GONE:
                raise MissingObjectError(
                    f"There is no {doing.split()[-1]} in {self._bucket}."
                ) from None
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            kind = StorageUnavailableError if status >= 500 else StorageError
            raise kind(
                f"{self._where} refused to {doing} in bucket {self._bucket}: "
                f"{error.response['Error'].get('Message') or code}."
            ) from error
        except (BotoCoreError, HTTPClientError) as error:
            raise StorageUnavailableError(
                f"{self._where} did not answer when asked to {doing} in bucket {self._bucket} "
                f"({error}): `lab ps` shows whether s3 is up."
            ) from error


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
