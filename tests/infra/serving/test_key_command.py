"""The command that makes, lists and revokes keys."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.errors import CourseError
from infra.serving.__main__ import _APP
from infra.serving.key_hashing import Token
from infra.serving.key_store import KeyStore


def ran(*words: str) -> str:
    result = CliRunner().invoke(_APP, list(words), catch_exceptions=False, standalone_mode=False)
    return result.output.strip()


def test_a_key_is_shown_once_listed_without_its_secret_and_revoked(tmp_path: Path) -> None:
    file = ("--file", str(tmp_path / "keys.db"))
    token = Token.parse(ran("create", "ada", "--quota", "5/minute", "--days", "3", *file))
    assert token is not None
    listed = ran("list", *file)
    assert token.id in listed and "live" in listed and "5/minute" in listed
    assert token.secret not in listed
    assert "is revoked" in ran("revoke", token.id, *file)
    assert "revoked" in ran("list", *file)
    with pytest.raises(CourseError, match="No live key has the id"):
        ran("revoke", token.id, *file)
    with pytest.raises(CourseError, match="100/minute"):
        ran("create", "bob", "--quota", "often", *file)
    assert len(KeyStore.in_file(tmp_path / "keys.db").all()) == 1
