"""What a document may be is the same wherever it is kept."""

import math
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from autograder.errors import CourseError
from infra.storage.documents import checked, collection_name
from infra.storage.errors import StorageError


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"at": datetime(2026, 1, 1)}, "not JSON"),
        ({"n": math.nan}, "not JSON"),
        ({"pair": (1, 2)}, "come back another"),
        ({"inner": {1: "x"}}, "come back another"),
        ({"text": "a\x00b"}, "character NUL"),
        ({"text": "\\\\\x00"}, "character NUL"),
    ],
)
def test_what_would_not_come_back_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(StorageError, match=said):
        checked("key", fields, None)


def test_what_comes_back_is_taken() -> None:
    fields = {
        "n": 1,
        "x": 0.1,
        "none": None,
        "list": [1, {"a": True}],
        "ä": "\u2028 \\u0000 \\\\u0000",
    }
    assert checked("key", fields, timedelta(seconds=1)) == fields


def test_a_key_and_a_lifetime_must_make_sense() -> None:
    for key, ttl, said in [("", None, "needs a key"), ("k", timedelta(0), "would expire")]:
        with pytest.raises(StorageError, match=said):
            checked(key, {}, ttl)


@pytest.mark.parametrize("name", ["", "A", "1a", "a-b", 'a"; drop', "a" * 52])
def test_a_collection_has_a_plain_name(name: str) -> None:
    with pytest.raises(StorageError, match="no name for a collection"):
        collection_name(name)


@pytest.mark.skipif(find_spec("pymongo") is not None, reason="pymongo is installed")
def test_without_its_package_the_mongo_store_says_what_to_install() -> None:
    with pytest.raises(CourseError, match="pip install pymongo"):
        import_module("infra.storage.mongo_documents")
