"""Whole numbers as a file writes them: digits alone, within 64 bits. Python itself would refuse very long ones oddly."""

from __future__ import annotations

from ..told import Told
from .findings import Unreadable, shown

MOST = (1 << 63) - 1
"""The greatest number that the engine holds."""
_DIGITS = 19


def read_whole(text: str, most: int = MOST) -> int:
    """Return a whole number of at most `most`. Raises `Unreadable`."""
    if text.isascii() and text.isdecimal() and len(text.lstrip("0")) <= _DIGITS:
        number = int(text[-_DIGITS:])
        if number <= most:
            return number
    raise Unreadable(
        Told(
            f"expected a whole number of at most {most}, received {shown(text)}",
            f"应为不超过 {most} 的整数，实为 {shown(text)}",
        )
    )
