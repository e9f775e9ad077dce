"""The elementary fields of the format: how each is read from bytes and written to bytes.

A `Field` is strict in both directions, so that bytes and values correspond one to one.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .terms import I64_MAX, KEY_MAX, NONE, SEEDS_MAX, TIME_MAX, U32_MAX, ZERO_32
from .words import BilingualError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from enum import IntEnum


class FormatError(BilingualError, ValueError):
    """Bytes or values that the format does not allow."""


class UnsupportedError(FormatError):
    """What another release of the format may allow: an unknown version, suite, kind, type, key or enum value."""


class Reader:
    """A position `at` in bytes, which only moves forward and never behind the end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self.at = at

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        end = self.at + size
        if end > len(self._data):
            left = len(self._data) - self.at
            raise FormatError(
                f"{size} bytes expected at {self.at}, {left} are left", f"偏移 {self.at} 处应有 {size} 字节，只剩 {left} 字节"
            )  # fmt: skip
        taken = self._data[self.at : end]
        self.at = end
        return taken

    def unpack(self, code: str) -> Any:  # noqa: ANN401 - what the code says
        """Return the next value of one little-endian `struct` code."""
        (value,) = struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))
        return value

    def unpack_all(self, layout: struct.Struct) -> tuple[Any, ...]:
        """Return the next values of a `struct`."""
        return layout.unpack(self.take(layout.size))

    def finish(self) -> None:
        """Refuse bytes behind the last field."""
        left = len(self._data) - self.at
        if left:
            raise FormatError(f"{left} bytes behind the last field", f"最后一个字段之后多出 {left} 字节")


@dataclass(frozen=True)
class Field:
    """A field of a fixed size: its `struct` code, and how the raw value becomes a value and back.

    Both directions refuse what the format does not allow.
    """

    code: str
    load: Callable[[Any], Any]
    dump: Callable[[Any], Any]

    def read(self, reader: Reader) -> Any:  # noqa: ANN401 - the field's own kind of value
        """Return the value of the next bytes."""
        return self.load(reader.unpack(self.code))


@dataclass(frozen=True)
class OpenField:
    """A field whose size its first bytes tell; both directions refuse what the format does not allow."""

    read: Callable[[Reader], Any]
    write: Callable[[Any], bytes]


def integer(code: str, low: int, high: int, also: int | None = None) -> Field:
    """Return an integer from `low` to `high`, or the one value `also`."""

    def check(value: int) -> int:
        if isinstance(value, bool) or not (low <= value <= high or value == also):
            raise FormatError(f"{value} is not within {low} and {high}", f"{value} 不在 {low} 与 {high} 之间")
        return value

    return Field(code, check, check)


def choice(values: type[IntEnum], code: str = "B", *, without: tuple[int, ...] = ()) -> Field:
    """Return a field that holds a member of an enumeration, apart from those named in `without`."""
    listed = {int(value): value for value in values if value not in without}

    def check(value: int) -> IntEnum:
        member = listed.get(value)
        if member is None:
            raise UnsupportedError(
                f"unknown value {value} of {values.__name__}", f"{values.__name__} 的值 {value} 未知"
            )
        return member

    return Field(code, check, check)


def padding(size: int) -> Field:
    """Return reserved bytes, which are zero and stand for no value."""
    zeros = bytes(size)

    def load(raw: bytes) -> None:
        if raw != zeros:
            raise FormatError("a reserved byte is not zero", "保留字节不为零")

    return Field(f"{size}s", load, lambda _: zeros)


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def check_text(value: str, least: int = 0, most: int = 255) -> bytes:
    """Return the UTF-8 of a text, or refuse its length or its characters."""
    try:
        raw = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise FormatError(f"{value!r} is not valid Unicode text", f"{value!r} 不是有效的 Unicode 文本") from error
    if not least <= len(raw) <= most:
        raise FormatError(
            f"a text of {len(raw)} bytes, {least} to {most} are allowed",
            f"文本长 {len(raw)} 字节，应为 {least} 至 {most} 字节",
        )
    if _CONTROL.search(value):
        raise FormatError(f"{value!r} holds a control character", f"{value!r} 含控制字符")
    return raw


def check_stated(value: str) -> bytes:
    """Return the UTF-8 of a text that is not empty."""
    return check_text(value, 1)


def check_name(value: str) -> bytes:
    """Return the UTF-8 of a name: a text of 1 to 64 bytes."""
    return check_text(value, 1, 64)


def _text(check: Callable[[str], bytes]) -> OpenField:
    def read(reader: Reader) -> str:
        raw = reader.take(reader.unpack("B"))
        try:
            value = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FormatError(f"{raw!r} is not UTF-8", f"{raw!r} 不是 UTF-8") from error
        check(value)
        return value

    def write(value: str) -> bytes:
        raw = check(value)
        return bytes([len(raw)]) + raw

    return OpenField(read, write)


def _of_32(value: bytes) -> bytes:
    if len(value) != 32:
        raise FormatError(f"{len(value)} bytes, 32 are expected", f"共 {len(value)} 字节，应为 32 字节")
    return value


def _load_key(raw: bytes) -> bytes:
    size = raw[0]
    if size > KEY_MAX or raw[1 + size :] != ZERO_32[size:]:
        raise FormatError(
            f"a key of {size} bytes is too long or not padded with zeros", f"长 {size} 字节的键过长，或未以零填充"
        )
    return raw[1 : 1 + size]


def _dump_key(key: bytes) -> bytes:
    if len(key) > KEY_MAX:
        raise FormatError(
            f"a key of {len(key)} bytes, at most {KEY_MAX} are allowed", f"键长 {len(key)} 字节，至多 {KEY_MAX} 字节"
        )
    return bytes([len(key)]) + key.ljust(KEY_MAX, b"\0")


def _load_commitment(raw: bytes) -> bytes:
    flag, value = raw[0], raw[1:]
    if flag not in (0, 1) or (flag == 1) != (value != ZERO_32):
        raise FormatError(
            f"the flag {flag} does not fit the commitment {value.hex()}", f"标志 {flag} 与承诺 {value.hex()} 不符"
        )
    return value


def _dump_commitment(value: bytes) -> bytes:
    return bytes([value != ZERO_32]) + _of_32(value)


def _stated(value: bytes) -> bytes:
    if value == ZERO_32:
        raise FormatError("a commitment of zeros", "承诺全为零")
    return _of_32(value)


def check_seeds(seeds: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the seeds of a lottery, or refuse their number, their lengths or zeros."""
    if not 1 <= len(seeds) <= SEEDS_MAX:
        raise FormatError(
            f"{len(seeds)} seeds, 1 to {SEEDS_MAX} are expected", f"种子有 {len(seeds)} 个，应为 1 至 {SEEDS_MAX} 个"
        )
    if ZERO_32 in seeds:
        raise FormatError("a seed of zeros", "种子全为零")
    return tuple(map(_of_32, seeds))


_SEEDS_HEAD = struct.Struct("<B3s")


def _read_seeds(reader: Reader) -> tuple[bytes, ...]:
    size, zeros = reader.unpack_all(_SEEDS_HEAD)
    padding(3).load(zeros)
    return check_seeds([reader.take(32) for _ in range(size)])


def _write_seeds(seeds: tuple[bytes, ...]) -> bytes:
    raw = b"".join(check_seeds(seeds))
    return _SEEDS_HEAD.pack(len(seeds), bytes(3)) + raw


U32 = integer("I", 0, U32_MAX)
I64 = integer("q", NONE, I64_MAX)
TIME = integer("q", 0, TIME_MAX)
TIME_OR_NONE = integer("q", 0, TIME_MAX, also=NONE)
DEADLINE = integer("q", 0, I64_MAX)
DEADLINE_OR_NONE = integer("q", 0, I64_MAX, also=NONE)
TEXT = _text(check_text)
STATED = _text(check_stated)
NAME = _text(check_name)
BYTES_32 = Field("32s", _of_32, _of_32)
COMMITMENT = Field("32s", _stated, _stated)
KEY = Field("33s", _load_key, _dump_key)
OPTIONAL_COMMITMENT = Field("33s", _load_commitment, _dump_commitment)
SEEDS = OpenField(_read_seeds, _write_seeds)
