"""A database in SQLite from a stranger: only rpm's own table is read, and only so much of it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bloatcheck.analysis.packages.rpm_database import package_headers

RPMS_TABLE = "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)"


def database(folder: Path, *statements: str, blobs: tuple[bytes, ...] = (), wal: bool = False) -> bytes:
    file = folder / "rpmdb.sqlite"
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        if wal:
            connection.execute("PRAGMA journal_mode = WAL")
        for statement in statements:
            connection.execute(statement)
        for blob in blobs:
            connection.execute("INSERT INTO Packages(blob) VALUES (?)", (blob,))
        connection.commit()
    return file.read_bytes()


@pytest.mark.parametrize("wal", [False, True])
def test_the_headers_come_in_the_order_of_installation(tmp_path: Path, *, wal: bool) -> None:
    blobs = (b"one", b"two" * 5000, b"three")
    assert tuple(package_headers(database(tmp_path, RPMS_TABLE, blobs=blobs, wal=wal))) == blobs


def test_where_sqlite_can_not_open_bytes_a_file_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Older(sqlite3.Connection):
        deserialize = None  # as before Python 3.11

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Older, **k))
    content = database(tmp_path, RPMS_TABLE, blobs=(b"one",), wal=True)
    assert list(package_headers(content)) == [b"one"]


ENDLESS = (
    "CREATE VIEW Packages AS WITH RECURSIVE n(hnum, blob) AS "
    "(SELECT 1, zeroblob(1000000) UNION ALL SELECT hnum + 1, blob FROM n) SELECT * FROM n"
)


@pytest.mark.parametrize(
    "statements",
    [
        (
            "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB AS (zeroblob(100000000)))",
            "INSERT INTO Packages(hnum) VALUES (1)",
        ),
        ("CREATE TABLE Packages (hnum TEXT, blob BLOB NOT NULL)", "INSERT INTO Packages VALUES (1, x'00')"),
        (ENDLESS,),
        ("CREATE VIRTUAL TABLE Packages USING fts5(hnum, blob)", "INSERT INTO Packages VALUES (1, x'00')"),
        ("CREATE TABLE Other (a)",),
    ],
)
def test_anything_but_rpms_own_table_is_passed_over(tmp_path: Path, statements: tuple[str, ...]) -> None:
    start = time.perf_counter()
    assert list(package_headers(database(tmp_path, *statements))) == []
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"SQLite format 3\0" + bytes(8192), b"bdb"])
def test_what_is_no_database_has_no_packages(content: bytes) -> None:
    assert list(package_headers(content)) == []


def test_the_blobs_can_not_be_more_than_the_file(tmp_path: Path) -> None:
    """Pages that are used again and again would make gigabytes of a small file."""
    content = bytearray(database(tmp_path, RPMS_TABLE, blobs=tuple(bytes([n]) * 100_000 for n in range(8))))
    assert sum(len(blob) for blob in package_headers(bytes(content))) <= len(content)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_raises(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(database(tmp_path, RPMS_TABLE, blobs=(b"one" * 3000, b"two")))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    total = sum(len(blob) for blob in package_headers(bytes(content)))
    assert total <= len(content)
