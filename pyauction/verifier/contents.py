"""The bytes of a file, of which no more than a piece is ever held: a segment may be larger than the memory."""

from __future__ import annotations

import errno
import os
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, Protocol

from .names import shown
from .words import BilingualError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE = 1 << 20
_ZEROS = bytes(PIECE)


class UnreadableError(BilingualError):
    """There is no journal where one was expected, or its files cannot be read."""


class Contents(Protocol):
    """Bytes with a size, and with an end behind which all is zero."""

    @property
    def size(self) -> int:
        """Return the number of bytes."""

    @property
    def written(self) -> int:
        """Return the number of bytes up to and with the last one that is not zero."""

    def read(self, at: int, size: int) -> bytes:
        """Return the bytes from an offset on, fewer than `size` where they end."""


class HeldContents:
    """Bytes that are in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)
        self.written = len(data.rstrip(b"\0"))

    def read(self, at: int, size: int) -> bytes:
        """Return the bytes from an offset on, fewer than `size` where they end."""
        return self._data[at : at + size]


class FileContents:
    """Bytes of a regular file, read when they are asked for. Whatever the system refuses is an `UnreadableError`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def size(self) -> int:
        """Return the number of bytes."""
        try:
            return self._path.stat().st_size
        except OSError as error:
            raise unreadable(self._path.name, error) from error

    @cached_property
    def written(self) -> int:
        """Return the number of bytes up to and with the last one that is not zero."""
        try:
            with self._path.open("rb") as file:
                return _written(file, self.size)
        except OSError as error:
            raise unreadable(self._path.name, error) from error

    def read(self, at: int, size: int) -> bytes:
        """Return the bytes from an offset on, fewer than `size` where they end."""
        try:
            with self._path.open("rb") as file:
                file.seek(at)
                return file.read(size)
        except OSError as error:
            raise unreadable(self._path.name, error) from error


def contents(of: bytes | Contents) -> Contents:
    """Return bytes, or what is read like them, as contents."""
    return HeldContents(of) if isinstance(of, bytes | bytearray) else of


def pieces(of: Contents, at: int) -> Iterator[bytes]:
    """Yield all bytes from an offset on."""
    while piece := of.read(at, PIECE):
        yield piece
        at += len(piece)


def unreadable(name: str, error: OSError) -> UnreadableError:
    """Return the error that says what the system has against a file."""
    return UnreadableError(f"{shown(name)}: {error.strerror}", f"{shown(name)}：{error.strerror}")


def _written(file: BinaryIO, size: int) -> int:
    for start, end in reversed(_extents(file.fileno(), size)):
        at = end
        while at > start:
            begin = max(start, at - PIECE)
            file.seek(begin)
            piece = file.read(at - begin)
            if not _ZEROS.startswith(piece):
                return begin + len(piece.rstrip(b"\0"))
            at = begin
    return 0


def _extents(descriptor: int, size: int) -> list[tuple[int, int]]:
    """Return the parts of a file outside its holes, which read as zeros, or the whole where a system tells no holes."""
    if not hasattr(os, "SEEK_DATA"):
        return [(0, size)]
    extents, at = [], 0
    try:
        while at < size:
            start = os.lseek(descriptor, at, os.SEEK_DATA)
            at = min(os.lseek(descriptor, start, os.SEEK_HOLE), size)
            extents.append((start, at))
    except OSError as error:
        return extents if error.errno == errno.ENXIO else [(0, size)]  # ENXIO: nothing but a hole is left.
    return extents
