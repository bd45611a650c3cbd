"""Only regular files inside the run's folder are read, and what is wrong with one is told."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from autograder.checks.files import Files
from autograder.checks.record import Mismatch
from autograder.checks.tables import Tables

FRAME = pd.DataFrame({"id": [1, 2], "name": ["a", "b"], "at": pd.to_datetime(["2026-01-01"] * 2)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("the answers")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.txt").write_text("the answers")
    inside = tmp_path / "run"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "a.txt").write_text("grüß")
    (inside / "scores.json").write_text('{"a": [1, 2.5]}')
    return inside


def test_files_are_read_and_listed(folder: Path) -> None:
    files = Files(folder)
    assert files.names() == ("scores.json", "sub/a.txt")
    assert files.names("*.json") == ("scores.json",)
    assert files.text("sub/a.txt") == "grüß"
    assert files.text("./sub//a.txt") == "grüß"
    assert files.json("scores.json") == {"a": [1, 2.5]}
    assert files.has("scores.json")
    assert not files.has("sub")


@pytest.mark.parametrize(
    "name", ["../secret.txt", "sub/../../secret.txt", "/etc/hostname", "..", ".", "", "a\0b", 3]
)
def test_a_name_that_leads_out_is_refused(folder: Path, name: Any) -> None:
    with pytest.raises(Mismatch, match=r"leads out of the run's folder|the name of a file is"):
        Files(folder).bytes(name)


def test_links_are_not_followed(folder: Path) -> None:
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "inner.txt").symlink_to("scores.json")
    (folder / "door").symlink_to(folder.parent / "elsewhere")
    (folder / "hard.txt").hardlink_to(folder.parent / "secret.txt")
    files = Files(folder)
    for name in ("link.txt", "inner.txt", "door/a.txt"):
        with pytest.raises(Mismatch, match="is a link or cannot be opened"):
            files.bytes(name)
    with pytest.raises(Mismatch, match="second name of another file"):
        files.bytes("hard.txt")
    assert files.names("*/a.txt") == ("sub/a.txt",)


def test_a_folder_that_became_a_link_is_not_entered(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "swapped").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="swapped"):
        Files(tmp_path / "swapped").names()


def test_what_is_no_regular_file_is_refused_without_waiting(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(Mismatch, match="no regular file"):
        Files(folder).bytes("pipe")
    with pytest.raises(Mismatch, match="no regular file"):
        Files(folder).bytes("sub")
    assert "pipe" not in Files(folder).names()


def test_a_file_too_large_is_refused(folder: Path) -> None:
    with (folder / "large.bin").open("wb") as file:
        file.truncate(10_000_000_000)
    with pytest.raises(Mismatch, match=r"large\.bin is larger than 0\.001 MB"):
        Files(folder, max_bytes=1000).bytes("large.bin")
    (folder / "just.bin").write_bytes(b"x" * 1000)
    assert len(Files(folder, max_bytes=1000).bytes("just.bin")) == 1000


@pytest.mark.parametrize(
    ("name", "content", "method", "message"),
    [
        ("gone.json", None, "json", r"gone\.json: there is no such file; .* is 'scores\.json'"),
        ("gone.csv", None, "text", r"gone\.csv: there is no such file; the run wrote none"),
        ("a.json", b"{", "json", r"a\.json is no valid JSON at line 1, column 2"),
        ("a.json", b"[" * 100_000, "json", "too deep"),
        ("a.json", b"1" * 5000, "json", "too long a number"),
        ("a.txt", b"abc\xff", "text", r"a\.txt is no UTF-8 text: byte 3"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    folder: Path, name: str, content: bytes | None, method: str, message: str
) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(Mismatch, match=message):
        getattr(Files(folder), method)(name)


def test_csv_and_parquet_come_as_they_were_written(folder: Path) -> None:
    tables = Tables(Files(folder))
    FRAME.to_csv(folder / "t.csv", index=False)
    FRAME.iloc[::-1].to_parquet(folder / "t.parquet")
    pd.testing.assert_frame_equal(tables.csv("t.csv", dates=["at"]), FRAME)
    assert tables.parquet("t.parquet")["id"].tolist() == [2, 1]
    assert list(tables.parquet("t.parquet")) == ["id", "name", "at"]


def test_a_folder_of_parquet_files_is_one_table(folder: Path) -> None:
    FRAME.assign(day=["mon", "tue"]).to_parquet(folder / "lake", partition_cols=["day"])
    (folder / "lake" / "_SUCCESS").write_text("")
    (folder / "lake" / "_temporary.parquet").write_text("")
    found = Tables(Files(folder)).parquet("lake").sort_values("id")
    assert found["day"].tolist() == ["mon", "tue"]
    assert found["id"].tolist() == [1, 2]


class Unheard(pa.ExtensionType):
    """Stand for a type that the grader does not know."""

    def __init__(self) -> None:
        super().__init__(pa.int64(), "unheard")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage: Any, serialized: Any) -> "Unheard":
        raise AssertionError("code named by a file was run")


def test_a_type_that_only_the_file_names_stays_plain_data(folder: Path) -> None:
    storage = pa.array([1, 2], pa.int64())
    table = pa.table({"x": pa.ExtensionArray.from_storage(Unheard(), storage)})
    pq.write_table(table, folder / "a.parquet")
    assert Tables(Files(folder)).parquet("a.parquet")["x"].tolist() == [1, 2]


def test_lists_are_plain_and_maps_are_not(folder: Path) -> None:
    tables = Tables(Files(folder))
    pq.write_table(pa.table({"x": [[1.0, 2.0], None]}), folder / "lists.parquet")
    assert tables.parquet("lists.parquet")["x"][0].tolist() == [1.0, 2.0]
    months = pd.DataFrame({"x": pd.period_range("2026-01", periods=2, freq="M")})
    months.to_parquet(folder / "months.parquet")
    with pytest.raises(Mismatch, match=r"the column 'x' is of type extension<pandas.period"):
        tables.parquet("months.parquet")
    pq.write_table(pa.table({"x": [{"a": 1}]}), folder / "maps.parquet")
    with pytest.raises(Mismatch, match=r"the column 'x' is of type struct.*; write numbers"):
        tables.parquet("maps.parquet")


def test_tables_that_cannot_be_read_are_told(folder: Path) -> None:
    tables = Tables(Files(folder), max_cells=5)
    for name in ("a.parquet", "a.csv"):
        (folder / name).write_bytes(b"")
    (folder / "b.csv").write_bytes(b'a,b\n1,2,3\n1,"')
    FRAME.to_csv(folder / "large.csv")
    FRAME.to_parquet(folder / "large.parquet")
    for name, message in [
        ("a.csv", "no CSV table: No columns"),
        ("b.csv", "no CSV table"),
        ("large.csv", "holds 2 rows of 4 columns, more than the 5 cells"),
        ("gone.csv", "no such file"),
    ]:
        with pytest.raises(Mismatch, match=message):
            tables.csv(name)
    for name, message in [
        ("a.parquet", "no Parquet file"),
        ("large.parquet", "holds 2 rows of 3 columns"),
        ("gone.parquet", "no such file"),
    ]:
        with pytest.raises(Mismatch, match=message):
            tables.parquet(name)
    (folder / "c.csv").write_text("a\nx\n")
    with pytest.raises(Mismatch, match="lacks the column 'b'; it has 'a'"):
        tables.csv("c.csv", dates=["b"])
    with pytest.raises(Mismatch, match="the column 'a' holds no times"):
        tables.csv("c.csv", dates=["a"])


def database(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_sqlite_table_is_read(folder: Path) -> None:
    database(
        folder / "a.db",
        "PRAGMA journal_mode = wal",
        'CREATE TABLE "odd ""name" (id INTEGER, word TEXT)',
        'INSERT INTO "odd ""name" VALUES (1, \'x\'), (2, NULL)',
    )
    found = Tables(Files(folder)).sqlite("a.db", 'odd "name')
    assert found["id"].tolist() == [1, 2]
    assert found["word"].tolist() == ["x", None]


def test_what_a_sqlite_file_computes_is_not_run(folder: Path) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
    database(
        folder / "a.db",
        f"CREATE VIEW busy AS {endless}",
        "CREATE VIRTUAL TABLE words USING fts5(word)",
        "CREATE TABLE real (x)",
    )
    tables = Tables(Files(folder))
    for name in ("busy", "words", "gone"):
        with pytest.raises(Mismatch, match=rf"has no table '{name}'; it has .*'real'"):
            tables.sqlite("a.db", name)


def test_a_broken_sqlite_file_is_told(folder: Path) -> None:
    database(folder / "a.db", "CREATE TABLE t (x)", "INSERT INTO t VALUES (zeroblob(50000))")
    whole = (folder / "a.db").read_bytes()
    (folder / "cut.db").write_bytes(whole[:5000])
    (folder / "noise.db").write_bytes(whole[:100] + b"\xff" * 20_000)
    (folder / "text.db").write_text("hello")
    for name in ("cut.db", "noise.db"):
        with pytest.raises(Mismatch, match=f"{name} cannot be read"):
            Tables(Files(folder)).sqlite(name, "t")
    with pytest.raises(Mismatch, match=r"text\.db is no SQLite file"):
        Tables(Files(folder)).sqlite("text.db", "t")
