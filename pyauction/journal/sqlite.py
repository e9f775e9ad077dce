"""A journal in an SQLite database, with the `sqlite3` of Python."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from ..errors import JournalError, JournalFenced, MisuseError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pyauction_frames (
    position INTEGER PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    count INTEGER NOT NULL,
    chain BLOB NOT NULL,
    frame BLOB NOT NULL
)
"""
_LAST = "SELECT position, chain FROM pyauction_frames ORDER BY position DESC LIMIT 1"
_APPEND = "INSERT INTO pyauction_frames (position, first_seq, count, chain, frame) VALUES (?, ?, ?, ?, ?)"
_READ = """
SELECT frame FROM pyauction_frames
WHERE first_seq + count > ?1 + 1 OR (count = 0 AND first_seq > ?1)
ORDER BY position
"""


class SQLiteJournal:
    """A journal in the table `pyauction_frames` of an SQLite database, in WAL mode and fully synchronous.

    Other tables may live in the same file; whoever writes them and keeps the database locked for longer than `timeout`
    seconds stops the house. The file must be on a local filesystem.
    """

    def __init__(self, path: str | PathLike[str], *, timeout: float = 5.0) -> None:
        if str(path).startswith((":memory:", "file:")):
            raise MisuseError(
                f"path: expected the path of a file, received {path}; for no file there is MemoryJournal()"
            )
        self.path = Path(path).absolute()
        self._database = sqlite3.connect(self.path, timeout=timeout, isolation_level=None, check_same_thread=False)
        mode = self._database.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            self._database.close()
            raise JournalError(f"{self.path}: expected SQLite's WAL mode, received {mode}")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute(_SCHEMA)

    def append(self, frame: bytes, first_seq: int, count: int, prev_chain: bytes, chain: bytes) -> None:
        """Keep a frame behind the last one, in one transaction. Raises `JournalFenced` if another house was here."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            last = self._database.execute(_LAST).fetchone()
            if last is not None and last[1] != prev_chain:
                raise JournalFenced(f"{self.path}: another house has written here since; its last frame is {last[0]}")
            position = 0 if last is None else last[0] + 1
            self._database.execute(_APPEND, (position, first_seq, count, chain, frame))
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def read(self, after_seq: int) -> Iterator[bytes]:
        """Return the frames behind a sequence, in order."""
        for (frame,) in self._database.execute(_READ, (after_seq,)):
            yield frame

    def close(self) -> None:
        """Close the database. A second call does nothing."""
        self._database.close()

    def __repr__(self) -> str:
        return f"SQLiteJournal({str(self.path)!r})"
