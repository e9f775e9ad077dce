"""What every record has: its head, and how a type of record states its fields."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from .terms import Reason

if TYPE_CHECKING:
    from .layout import Layout

HEAD = struct.Struct("<HHIQqII")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What every record has. A name that starts with "_" in a layout stands for reserved bytes."""

    TYPE: ClassVar[int]
    LAYOUT: ClassVar[Layout]
    OF_HOUSE: ClassVar[bool] = False
    REFUSAL: ClassVar[bool | None] = False

    seq: int
    at: int
    lot: int = 0
    lot_seq: int = 0
    bidder: int = 0
    reason: Reason = Reason.NONE
