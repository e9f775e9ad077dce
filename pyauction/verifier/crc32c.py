"""CRC-32C (Castagnoli) in pure Python, a block at a time.

A CRC is linear: each of its 32 bits is the parity of those bits of the message that a mask selects. One mask for each
bit, laid over up to a block of the message as one large number, takes a fraction of the time of a table per byte.
"""

from __future__ import annotations

_POLYNOMIAL = 0x82F63B78
_ONES = 0xFFFFFFFF
_BLOCK = 512


def _behind_a_zero_byte(crc: int) -> int:
    for _ in range(8):
        crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc


_BYTE = [_behind_a_zero_byte(byte) for byte in range(256)]


def _masks() -> list[int]:
    """Return a mask for each bit of the CRC, highest first, over a block whose last byte is the number's lowest."""
    effects = []
    effect = [_BYTE[1 << bit] for bit in range(8)]
    for _ in range(_BLOCK):
        effects += effect
        effect = [_BYTE[crc & 0xFF] ^ (crc >> 8) for crc in effect]
    rows = [f"{crc:032b}" for crc in reversed(effects)]
    return [int("".join(column), 2) for column in zip(*rows, strict=True)]


_MASKS = _masks()


def crc32c(data: bytes, start: int = 0) -> int:
    """Return the CRC-32C of `data`, continuing from `start`, the CRC of what stands before it."""
    crc = start ^ _ONES
    for at in range(0, len(data), _BLOCK):
        crc = _over_block(data[at : at + _BLOCK], crc)
    return crc ^ _ONES


def _over_block(block: bytes, crc: int) -> int:
    if len(block) < 4:
        for byte in block:
            crc = _BYTE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
        return crc
    # What came before is the same as a change of the first four bytes.
    before = int.from_bytes(crc.to_bytes(4, "little"), "big")
    message = int.from_bytes(block, "big") ^ before << 8 * (len(block) - 4)
    crc = 0
    for mask in _MASKS:
        crc = crc << 1 | (message & mask).bit_count() & 1
    return crc
