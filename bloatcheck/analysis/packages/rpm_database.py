"""The header blobs of an rpm database in SQLite, read as what it is: a file from a stranger.

Only the one table that rpm makes is read, by one statement; views, virtual tables, generated columns and
functions are refused, and the work and the bytes are limited.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

_MAGIC = b"SQLite format 3\0"
_JOURNAL = slice(18, 20)
"""Who may write and read: 2 for a write-ahead log, which a database in memory can't have; 1 without."""
_TABLE = re.compile(
    r"CREATE TABLE ['\"`\[]?Packages['\"`\]]? ?\( ?hnum INTEGER PRIMARY KEY(?: AUTOINCREMENT)?, ?"
    r"blob BLOB NOT NULL ?\)",
    re.IGNORECASE,
)
_STEPS = 10_000
_MOST_STEPS = 5_000
"""Of ten thousand instructions of SQLite's machine each; a package takes about five instructions."""


def package_headers(database: bytes) -> Iterator[bytes]:
    """The header of every package, in the order of installation; none where this is no rpm database."""
    if not database.startswith(_MAGIC):
        return
    content = bytearray(database)
    content[_JOURNAL] = b"\1\1"
    left = len(database)
    try:
        with _opened(bytes(content)) as connection:
            _restrict(connection)
            if not _has_packages(connection):
                return
            for (blob,) in connection.execute("SELECT blob FROM Packages ORDER BY hnum"):
                if isinstance(blob, bytes):
                    left -= len(blob)
                    if left < 0:
                        # the same pages again and again: the blobs can't be more than the file
                        return
                    yield blob
    except (sqlite3.Error, OSError, OverflowError, ValueError):
        # what was read before the damage counts
        return


@contextmanager
def _opened(content: bytes) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    # from Python 3.11 on, and where SQLite was built with it
    deserialize: Callable[[bytes], None] | None = getattr(connection, "deserialize", None)
    if deserialize:
        with closing(connection):
            deserialize(content)
            yield connection
        return
    connection.close()
    with tempfile.TemporaryDirectory(prefix="bloatcheck-") as folder:
        file = Path(folder) / "rpmdb.sqlite"
        file.write_bytes(content)
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro&immutable=1", uri=True)) as opened:
            yield opened


def _restrict(connection: sqlite3.Connection) -> None:
    for setting in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "mmap_size = 0"):
        connection.execute(f"PRAGMA {setting}")
    steps = iter(range(_MOST_STEPS))
    connection.set_progress_handler(lambda: next(steps, None) is None, _STEPS)
    connection.set_authorizer(_allowed)


def _allowed(action: int, table: str | None, *_: object) -> int:
    """Reading the two tables, and nothing else: no function, no recursion, no other table."""
    allowed = action == sqlite3.SQLITE_SELECT or (
        action == sqlite3.SQLITE_READ and table in ("Packages", "sqlite_master")
    )
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _has_packages(connection: sqlite3.Connection) -> bool:
    """Whether `Packages` is the table that rpm makes."""
    found = connection.execute(
        "SELECT type, sql FROM sqlite_master WHERE name = 'Packages' LIMIT 2"
    ).fetchall()
    return (
        len(found) == 1
        and found[0][0] == "table"
        and isinstance(found[0][1], str)
        and _TABLE.fullmatch(" ".join(found[0][1].split())) is not None
    )
