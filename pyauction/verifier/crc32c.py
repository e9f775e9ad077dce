"""CRC-32C (Castagnoli) in pure Python, four bytes a step.

The tables take a pair of bytes at once, which makes a journal of many megabytes bearable without a compiled helper.
"""

from __future__ import annotations

import struct

_POLYNOMIAL = 0x82F63B78
_MASK = 0xFFFFFFFF


def _byte_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


def _pair_tables(byte: list[int]) -> tuple[list[int], list[int]]:
    """Return the effect of a byte pair that is followed by nothing, and of one that is followed by two more bytes."""
    last = []
    for pair in range(65536):
        value = byte[pair & 0xFF] ^ (pair >> 8)
        last.append(byte[value & 0xFF] ^ (value >> 8))
    return last, [last[value & 0xFFFF] ^ (value >> 16) for value in last]


_BYTE = _byte_table()
_LAST, _FIRST = _pair_tables(_BYTE)


def crc32c(data: bytes, start: int = 0) -> int:
    """Return the CRC-32C of `data`, continuing from `start`, the CRC of what stands before it."""
    crc = start ^ _MASK
    whole = len(data) & ~3
    first, last = _FIRST, _LAST
    for word in struct.unpack_from(f"<{whole >> 2}I", data):
        crc ^= word
        crc = first[crc & 0xFFFF] ^ last[crc >> 16]
    for value in data[whole:]:
        crc = _BYTE[(crc ^ value) & 0xFF] ^ (crc >> 8)
    return crc ^ _MASK
