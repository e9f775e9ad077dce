"""The records of sealed bids: placed, withdrawn, opened, scored, excluded, and the ends of the phase and of the opening."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .layout import Layout
from .record import Record
from .sealed_terms import AfterOpening
from .terms import I64_MAX
from .wire import BYTES_32, COMMITMENT, DEADLINE, I64, STATED, U32, choice, integer, padding


@dataclass(frozen=True, kw_only=True)
class SealedBidWithdrawn(Record):
    """A bidder took its sealed bid back."""

    TYPE: ClassVar[int] = 23
    LAYOUT: ClassVar[Layout] = Layout()


@dataclass(frozen=True, kw_only=True)
class SealedPhaseEnded(Record):
    """The sealed phase is over, and so many sealed bids are to be opened."""

    TYPE: ClassVar[int] = 24
    LAYOUT: ClassVar[Layout] = Layout(("due", DEADLINE), ("standing", U32), ("_", padding(4)))

    due: int
    standing: int


@dataclass(frozen=True, kw_only=True)
class OpeningFinished(Record):
    """An authority finished the opening: so many sealed bids were opened and are valid."""

    TYPE: ClassVar[int] = 25
    LAYOUT: ClassVar[Layout] = Layout(
        ("next", choice(AfterOpening)), ("_", padding(3)), ("opened", U32), ("valid", U32),
        ("authority", STATED), ("why", STATED),
    )  # fmt: skip

    next: AfterOpening
    opened: int
    valid: int
    authority: str
    why: str


@dataclass(frozen=True, kw_only=True)
class SealedBidScored(Record):
    """An opened sealed bid was given points, a fraction."""

    TYPE: ClassVar[int] = 26
    LAYOUT: ClassVar[Layout] = Layout(
        ("numerator", integer("q", 0, I64_MAX)), ("denominator", integer("q", 1, I64_MAX)), ("by", STATED),
    )  # fmt: skip

    numerator: int
    denominator: int
    by: str


@dataclass(frozen=True, kw_only=True)
class SealedBidExcluded(Record):
    """An authority excluded a sealed bid that nobody opens."""

    TYPE: ClassVar[int] = 28
    LAYOUT: ClassVar[Layout] = Layout(("authority", STATED), ("why", STATED))

    authority: str
    why: str


@dataclass(frozen=True, kw_only=True)
class SealedBidPlaced(Record):
    """A bidder committed to an amount, in place of an earlier one."""

    TYPE: ClassVar[int] = 32
    LAYOUT: ClassVar[Layout] = Layout(("commitment", COMMITMENT))

    commitment: bytes


@dataclass(frozen=True, kw_only=True)
class SealedBidOpened(Record):
    """The amount of a sealed bid became public, with what proves it."""

    TYPE: ClassVar[int] = 33
    LAYOUT: ClassVar[Layout] = Layout(("amount", I64), ("blinding", BYTES_32))

    amount: int
    blinding: bytes
