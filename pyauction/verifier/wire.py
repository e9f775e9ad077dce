"""The elementary fields of the format: how each is read from bytes and written to bytes.

A `Field` is strict in both directions, so that bytes and values correspond one to one.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .terms import I64_MAX, KEY_MAX, NONE, TIME_MAX, U32_MAX, U64_MAX, ZERO_32

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import IntEnum


class FormatError(ValueError):
    """Bytes or values that the format does not allow."""


class UnsupportedError(FormatError):
    """What another release of the format may allow: an unknown version, suite, kind, type, key or enum value."""


class Reader:
    """A position in bytes, which only moves forward and never behind the end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self._at = at

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        end = self._at + size
        if end > len(self._data):
            raise FormatError(f"{size} bytes expected at {self._at}, {len(self._data) - self._at} are left")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def number(self, code: str) -> int:
        """Return the next little-endian integer of the `struct` format `code`."""
        number = _NUMBERS[code]
        value: int = number.unpack(self.take(number.size))[0]
        return value

    def finish(self) -> None:
        """Refuse bytes behind the last field."""
        left = len(self._data) - self._at
        if left:
            raise FormatError(f"{left} bytes behind the last field")


_NUMBERS = {code: struct.Struct("<" + code) for code in "BHIQq"}


@dataclass(frozen=True)
class Field:
    """How one field is read and written; both refuse what the format does not allow."""

    read: Callable[[Reader], Any]
    write: Callable[[Any], bytes]


def integer(code: str, low: int, high: int, also: int | None = None) -> Field:
    """Return an integer from `low` to `high`, or the one value `also`."""

    def check(value: int) -> int:
        if isinstance(value, bool) or not (low <= value <= high or value == also):
            raise FormatError(f"{value} is not within {low} and {high}")
        return value

    pack = _NUMBERS[code].pack
    return Field(lambda r: check(r.number(code)), lambda v: pack(check(v)))


def choice(values: type[IntEnum], code: str = "B", *, without: tuple[int, ...] = ()) -> Field:
    """Return a field that holds a member of an enumeration, apart from those named in `without`."""
    listed = {int(value): value for value in values if value not in without}

    def check(value: int) -> IntEnum:
        member = listed.get(value)
        if member is None:
            raise UnsupportedError(f"unknown value {value} of {values.__name__}")
        return member

    pack = _NUMBERS[code].pack
    return Field(lambda r: check(r.number(code)), lambda v: pack(check(v)))


def padding(size: int) -> Field:
    """Return reserved bytes, which are zero and stand for no value."""

    def read(reader: Reader) -> None:
        if reader.take(size) != zeros:
            raise FormatError("a reserved byte is not zero")

    zeros = bytes(size)
    return Field(read, lambda _: zeros)


def check_text(value: str, least: int = 0, most: int = 255) -> bytes:
    """Return the UTF-8 of a text, or refuse its length or its characters."""
    try:
        raw = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise FormatError(f"{value!r} is not valid Unicode text") from error
    if not least <= len(raw) <= most:
        raise FormatError(f"a text of {len(raw)} bytes, {least} to {most} are allowed")
    if any(byte < 0x20 or byte == 0x7F for byte in raw):
        raise FormatError(f"{value!r} holds a control character")
    return raw


def check_name(value: str) -> bytes:
    """Return the UTF-8 of a name: a text of 1 to 64 bytes."""
    return check_text(value, 1, 64)


def _text(check: Callable[[str], bytes]) -> Field:
    def read(reader: Reader) -> str:
        raw = reader.take(reader.number("B"))
        try:
            value = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FormatError(f"{raw!r} is not UTF-8") from error
        check(value)
        return value

    def write(value: str) -> bytes:
        raw = check(value)
        return bytes([len(raw)]) + raw

    return Field(read, write)


def fixed(size: int) -> Field:
    """Return a field of `size` bytes that may hold anything."""

    def write(value: bytes) -> bytes:
        if len(value) != size:
            raise FormatError(f"{len(value)} bytes, {size} are expected")
        return bytes(value)

    return Field(lambda r: r.take(size), write)


def _read_key(reader: Reader) -> bytes:
    size = reader.number("B")
    padded = reader.take(KEY_MAX)
    if size > KEY_MAX or padded[size:] != ZERO_32[size:]:
        raise FormatError(f"a key of {size} bytes is too long or not padded with zeros")
    return padded[:size]


def _write_key(key: bytes) -> bytes:
    if len(key) > KEY_MAX:
        raise FormatError(f"a key of {len(key)} bytes, at most {KEY_MAX} are allowed")
    return bytes([len(key)]) + key.ljust(KEY_MAX, b"\0")


def _read_commitment(reader: Reader) -> bytes:
    flag, value = reader.number("B"), reader.take(32)
    if flag not in (0, 1) or (flag == 1) != (value != ZERO_32):
        raise FormatError(f"the flag {flag} does not fit the commitment {value.hex()}")
    return value


def _write_commitment(value: bytes) -> bytes:
    return bytes([value != ZERO_32]) + BYTES_32.write(value)


def _stated(value: bytes) -> bytes:
    if value == ZERO_32:
        raise FormatError("a commitment of zeros")
    return value


U8 = integer("B", 0, 255)
U32 = integer("I", 0, U32_MAX)
U64 = integer("Q", 0, U64_MAX)
I64 = integer("q", NONE, I64_MAX)
TIME = integer("q", 0, TIME_MAX)
TIME_OR_NONE = integer("q", 0, TIME_MAX, also=NONE)
DEADLINE = integer("q", 0, I64_MAX)
DEADLINE_OR_NONE = integer("q", 0, I64_MAX, also=NONE)
TEXT = _text(check_text)
NAME = _text(check_name)
BYTES_32 = fixed(32)
COMMITMENT = Field(lambda r: _stated(r.take(32)), lambda v: BYTES_32.write(_stated(v)))
KEY = Field(_read_key, _write_key)
OPTIONAL_COMMITMENT = Field(_read_commitment, _write_commitment)
