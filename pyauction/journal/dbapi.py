"""A journal in any database that has a DB-API 2.0 driver: one table and three statements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

from ..errors import JournalFenced, MisuseError

ParamStyle = Literal["qmark", "numeric", "named", "format", "pyformat"]

_COLUMNS = ("position", "first_seq", "count", "chain", "frame")
_PLACEHOLDERS: dict[str, Callable[[int, str], str]] = {
    "qmark": lambda _, __: "?",
    "numeric": lambda number, _: f":{number}",
    "named": lambda _, name: f":{name}",
    "format": lambda _, __: "%s",
    "pyformat": lambda _, name: f"%({name})s",
}


class DbApiJournal:
    """A journal in a table of a database, through its DB-API 2.0 driver.

    `connect` returns a new connection, `paramstyle` is the driver's. The database must make a commit durable before it
    returns: PostgreSQL with `synchronous_commit = on`, MySQL with `innodb_flush_log_at_trx_commit = 1`. The table is the
    administrator's to create; `create_table_sql` says how.

    Two houses cannot both write: the position of a frame is the table's primary key, so the second to write one fails.
    """

    def __init__(self, connect: Callable[[], Any], paramstyle: ParamStyle, *, table: str = "pyauction_frames") -> None:
        if paramstyle not in _PLACEHOLDERS:
            raise MisuseError(f"paramstyle: expected one of {', '.join(_PLACEHOLDERS)}, received {paramstyle!r}")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?", table):
            raise MisuseError(f"table: expected a plain name, perhaps behind a schema's, received {table!r}")
        self._style = paramstyle
        self._last = f"SELECT position, chain FROM {table} WHERE position = (SELECT max(position) FROM {table})"
        self._append = f"INSERT INTO {table} ({', '.join(_COLUMNS)}) VALUES ({self._holders(_COLUMNS)})"
        after, above = (_PLACEHOLDERS[paramstyle](number, name) for number, name in ((1, "after"), (2, "above")))
        self._read = (
            f"SELECT frame FROM {table} WHERE first_seq + count > {after} + 1 OR (count = 0 AND first_seq > {above}) "
            "ORDER BY position"
        )
        self._connection = connect()

    @staticmethod
    def create_table_sql(table: str = "pyauction_frames", *, binary: str = "BLOB", integer: str = "BIGINT") -> str:
        """Return the statement that creates the table; PostgreSQL calls its binary type BYTEA, MySQL LONGBLOB."""
        return (
            f"CREATE TABLE {table} (position {integer} PRIMARY KEY, first_seq {integer} NOT NULL, "
            f"count {integer} NOT NULL, chain {binary} NOT NULL, frame {binary} NOT NULL)"
        )

    def append(self, frame: bytes, first_seq: int, count: int, prev_chain: bytes, chain: bytes) -> None:
        """Keep a frame behind the last one, in one transaction. Raises `JournalFenced` if another house was here."""
        try:
            cursor = self._connection.cursor()
            cursor.execute(self._last)
            last = cursor.fetchone()
            if last is not None and bytes(last[1]) != prev_chain:
                raise JournalFenced(f"another house has written to this table since; its last frame is {last[0]}")
            position = 0 if last is None else last[0] + 1
            cursor.execute(self._append, self._values(_COLUMNS, (position, first_seq, count, chain, frame)))
            self._connection.commit()
        except BaseException as error:
            self._connection.rollback()
            # The name that DB-API 2.0 gives to the violation of a key.
            if type(error).__name__ == "IntegrityError":
                raise JournalFenced(f"another house has written to this table at the same time: {error}") from error
            raise

    def read(self, after_seq: int) -> Iterator[bytes]:
        """Return the frames behind a sequence, in order."""
        cursor = self._connection.cursor()
        try:
            cursor.execute(self._read, self._values(("after", "above"), (after_seq, after_seq)))
            while (row := cursor.fetchone()) is not None:
                yield bytes(row[0])
        finally:
            cursor.close()
            self._connection.rollback()

    def close(self) -> None:
        """Close the connection. A second call does nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _holders(self, names: tuple[str, ...]) -> str:
        holder = _PLACEHOLDERS[self._style]
        return ", ".join(holder(number, name) for number, name in enumerate(names, start=1))

    def _values(self, names: tuple[str, ...], values: tuple[Any, ...]) -> Any:  # noqa: ANN401 - as the driver wants it
        return dict(zip(names, values, strict=True)) if self._style in ("named", "pyformat") else values
