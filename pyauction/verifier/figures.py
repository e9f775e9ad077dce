"""The figures that are entered for a reserve, one by each of those who set it: what commits to all, and their mean."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from .reserve import part
from .terms import Rounding

if TYPE_CHECKING:
    from collections.abc import Collection


class Figure(NamedTuple):
    """A figure that was taken: its commitment, and who entered it."""

    commitment: bytes
    by: str


def chained(before: bytes, figure: Figure) -> bytes:
    """Return the commitment to a further figure and to all before it, which `before` commits to."""
    return hashlib.sha256(
        b"pyauction/reserve/figures/v1" + before + figure.commitment + part(figure.by.encode("utf-8"))
    ).digest()


def mean(amounts: Collection[int], rounding: Rounding | None) -> int:
    """Return the arithmetic mean in minor units; that of one amount needs no rounding."""
    total, count = sum(amounts), len(amounts)
    return -(-total // count) if rounding == Rounding.UP else total // count
