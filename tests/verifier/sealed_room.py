"""Lots with a phase of sealed bids, up to each point of their course, with the records so far.

The bidders a to d have the numbers 1 to 4. Bids are told as in "a120 b130": who, and the amount, in their order.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from auction_room import OPENED, REQUIRED_AT_ENTRY, rules
from replaying import BLINDING, commitment_to, replayed
from verifier import Model, Phase, Record, settle
from verifier.sealed_terms import SealedAward, SealedChange, SealedCustody, SealedTie
from verifier.settle import Settlement
from verifier.terms import OutcomeKind, PhaseEnd, PhaseKind

Course = tuple[Model, list[Record]]


def sealed(duration: int = 100, **changes: Any) -> Phase:
    """Return a sealed phase that ends after a duration."""
    return Phase(**{"kind": PhaseKind.SEALED, "end": PhaseEnd.AFTER, "end_value": duration} | changes)


SEALED: dict[str, Any] = {
    "phases": (sealed(),),
    "sealed_custody": SealedCustody.BIDDER,
    "sealed_award": SealedAward.HIGHEST,
    "sealed_tie": SealedTie.EARLIER,
}
HELD: dict[str, Any] = SEALED | {"sealed_custody": SealedCustody.HOUSE}
CHANGING: dict[str, Any] = SEALED | {"sealed_change": SealedChange.CHANGE}
WITHDRAWING: dict[str, Any] = SEALED | {"sealed_change": SealedChange.CHANGE_OR_WITHDRAW}
REQUOTE: dict[str, Any] = SEALED | {"sealed_tie": SealedTie.REQUOTE}
MEAN: dict[str, Any] = HELD | {"sealed_award": SealedAward.CLOSEST_TO_MEAN, "sealed_tie": None}
POINTS: dict[str, Any] = SEALED | {"sealed_award": SealedAward.MOST_POINTS}
DECIDES: dict[str, Any] = SEALED | REQUIRED_AT_ENTRY | {"reserve_published": 1}
REFERENCE: dict[str, Any] = DECIDES | {"reserve_published": 2}
EQUAL_REFUSED: dict[str, Any] = HELD | {"sealed_equal": 1}
SOME = bytes([9]) * 32
"""A commitment of which nobody asks to what."""


def blinding_of(bidder: str) -> bytes:
    """Return the blinding that a bidder always uses."""
    return hashlib.sha256(bidder.encode()).digest()


def committed(
    bidder: str, amount: int, blinding: bytes | None = None, *, lot: str = "lot-1", round_: int = 1, again: int = 0
) -> bytes:
    """Return the commitment that the formula of the document gives, worked apart from the verifier."""
    raw = b""
    for part in (
        b"pyauction/sealed-bid/v1", b"\1\0", b"\1\0", lot.encode(), struct.pack("<I", round_), b"CNY", b"\2",
        struct.pack("<I", again), bidder.encode(), struct.pack("<q", amount),
        blinding_of(bidder) if blinding is None else blinding,
    ):  # fmt: skip
        raw += len(part).to_bytes(2, "little") + part
    return hashlib.sha256(raw).digest()


def told(bids: str) -> list[tuple[str, int]]:
    """Return bidders and amounts."""
    return [(bid[0], int(bid[1:])) for bid in bids.split()]


def placed(bids: str = "", of: dict[str, Any] | None = None, **lot: Any) -> Course:
    """Return a lot that was opened at 1000, in which a to d are admitted and these sealed bids placed at 1010, 1011, …"""
    model = Model()
    records = model.open_house(OPENED, 1)
    records += model.open_lot(OPENED, name="lot-1", rules=rules(**(SEALED if of is None else of)), **lot)
    for bidder in "abcd":
        records += model.admit_bidder(1_001, 1, bidder)
    for at, (bidder, amount) in enumerate(told(bids), 1_010):
        records += model.place_sealed_bid(at, 1, bidder, committed(bidder, amount))
    return model, records


def awaiting(bids: str, of: dict[str, Any] | None = None, **lot: Any) -> Course:
    """Return the same behind the end of the phase at 1100."""
    model, records = placed(bids, of, **lot)
    return model, records + model.advance(1_100)


def opened(bids: str, of: dict[str, Any] | None = None, *, without: str = "", **lot: Any) -> Course:
    """Return the same with each bidder's bid opened at 1101, except those who are named."""
    model, records = awaiting(bids, of, **lot)
    for bidder, amount in dict(told(bids)).items():
        if bidder not in without:
            records += model.open_sealed_bid(1_101, 1, bidder, amount, blinding_of(bidder))
    return model, records


def excluded(bids: str, of: dict[str, Any] | None = None, *, without: str = "", **lot: Any) -> Course:
    """Return the same with the bids of those who are named excluded at 1101, and so nothing left to be opened."""
    model, records = opened(bids, of, without=without, **lot)
    for bidder in without:
        records += model.exclude_sealed_bid(1_101, 1, bidder, "court", "not opened")
    return model, records


def finished(
    bids: str,
    of: dict[str, Any] | None = None,
    *,
    without: str = "",
    points: dict[str, tuple[int, int]] | None = None,
    **lot: Any,
) -> Course:
    """Return the same with points given at 1102 and the opening finished at 1110, with what follows at that time."""
    model, records = excluded(bids, of, without=without, **lot)
    for bidder, (numerator, denominator) in (points or {}).items():
        records += model.score_sealed_bid(1_102, 1, bidder, numerator, denominator, "panel")
    records += model.finish_opening(1_110, 1, "court", "all there are")
    return model, records + model.advance(1_110)


def entered(bids: str, of: dict[str, Any], reserve: int = 120, **lot: Any) -> Course:
    """Return a lot with its reserve entered at 1050, and its bids opened at 1101."""
    model, records = placed(bids, of, **lot)
    records += model.enter_reserve(1_050, 1, 1, commitment_to(reserve)) + model.advance(1_100)
    for bidder, amount in told(bids):
        records += model.open_sealed_bid(1_101, 1, bidder, amount, blinding_of(bidder))
    return model, records


def published(bids: str, of: dict[str, Any], reserve: int = 120, points: str = "", **lot: Any) -> Course:
    """Return the same with the points given and the reserve disclosed at 1102, and the opening finished at 1110.

    The points are told as the bids are, in tenths.
    """
    model, records = entered(bids, of, reserve, **lot)
    for bidder, tenths in told(points):
        records += model.score_sealed_bid(1_102, 1, bidder, tenths, 10, "panel")
    records += model.disclose_reserve(1_102, 1, reserve, BLINDING, "court") + model.finish_opening(1_110, 1)
    return model, records + model.advance(1_110)


def taken(model: Model) -> list[tuple[str, int]]:
    """Return who made the accepted bids of the lot, and their amounts, in order."""
    lot = model.lot(1)
    return [(lot.bidder_name(bid.bidder), bid.amount) for bid in lot.bids]


def sold(model: Model, bidder: str, price: int) -> bool:
    """Return whether the lot is to be sold to a bidder at a price."""
    winner = model.lot(1).bidder_number(bidder)
    return settle(model.lot(1)) == Settlement(kind=OutcomeKind.SOLD, winner=winner, price=price)


def judged(model: Model, records: list[Record], bidder: str, price: int) -> tuple[bool, str]:
    """Return whether the journal with this outcome is in order, and how its settlement is known."""
    winner = model.lot(1).bidder_number(bidder)
    report = replayed([*records, *model.record_outcome(1_110, 1, kind=1, winner=winner, price=price)])
    return report.ok, report.lots[0].settlement
