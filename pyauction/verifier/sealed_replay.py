"""Which command about sealed bids a record bears witness to, repeated with a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import sealed
from .sealed_bid import commitment_in
from .sealed_records import (
    OpeningFinished,
    SealedBidExcluded,
    SealedBidOpened,
    SealedBidPlaced,
    SealedBidScored,
    SealedBidWithdrawn,
)
from .terms import ZERO_32, Command, Reason

if TYPE_CHECKING:
    from .record import Record
    from .records import CommandRefused
    from .sealed_commands import SealedCommands

SealedRecord = (
    SealedBidPlaced | SealedBidWithdrawn | SealedBidOpened | SealedBidExcluded | SealedBidScored | OpeningFinished
)
REFUSABLE = frozenset(
    {
        Command.PLACE_SEALED_BID,
        Command.WITHDRAW_SEALED_BID,
        Command.OPEN_SEALED_BID,
        Command.EXCLUDE_SEALED_BID,
        Command.SCORE_SEALED_BID,
        Command.FINISH_OPENING,
    }
)
_SOME_COMMITMENT, _OTHER_COMMITMENT = b"\1" * 32, b"\2" * 32


def repeated(model: SealedCommands, record: SealedRecord, bidder: str) -> list[Record]:
    """Repeat a command that was carried out; `bidder` is empty where none is concerned."""
    at, lot = record.at, record.lot
    match record:
        case SealedBidPlaced():
            return model.place_sealed_bid(at, lot, bidder, record.commitment)
        case SealedBidWithdrawn():
            return model.withdraw_sealed_bid(at, lot, bidder)
        case SealedBidOpened():
            return model.open_sealed_bid(at, lot, bidder, record.amount, record.blinding)
        case SealedBidExcluded():
            return model.exclude_sealed_bid(at, lot, bidder, record.authority, record.why)
        case SealedBidScored():
            return model.score_sealed_bid(at, lot, bidder, record.numerator, record.denominator, record.by)
        case OpeningFinished():
            return model.finish_opening(at, lot, record.authority, record.why)


def refused(model: SealedCommands, record: CommandRefused, bidder: str) -> list[Record]:
    """Repeat a refused command as far as its record tells what it was: not the commitment, the opening or the points."""
    at, lot = record.at, record.lot
    if record.command == Command.PLACE_SEALED_BID:
        placed = _refused_commitment(model, record, bidder)
        return model.place_sealed_bid(at, lot, bidder, placed, sealed.result_of(record.reason))
    if record.command == Command.WITHDRAW_SEALED_BID:
        return model.withdraw_sealed_bid(at, lot, bidder)
    if record.command == Command.OPEN_SEALED_BID:
        return model.open_sealed_bid(at, lot, bidder, _other_amount(model, lot, bidder), ZERO_32)
    if record.command == Command.EXCLUDE_SEALED_BID:
        return model.exclude_sealed_bid(at, lot, bidder)
    if record.command == Command.SCORE_SEALED_BID:
        return model.score_sealed_bid(at, lot, bidder, 0)
    return model.finish_opening(at, lot)


def _refused_commitment(model: SealedCommands, record: CommandRefused, bidder: str) -> bytes:
    """Return a commitment that may have been refused for the recorded reason: the one that stands, or another."""
    lot = model.lot(record.lot)
    known = lot.bidder_number(bidder)
    stands = lot.standing(known).sealed.commitment if known else ZERO_32
    if record.reason == Reason.ALREADY_PLACED and stands != ZERO_32:
        return stands
    return _OTHER_COMMITMENT if stands == _SOME_COMMITMENT else _SOME_COMMITMENT


def _other_amount(model: SealedCommands, number: int, bidder: str) -> int:
    """Return an amount that does not open a bidder's sealed bid with a blinding of zeros, which anybody may have chosen."""
    lot = model.lot(number)
    known = lot.bidder_number(bidder)
    opens = bool(known) and commitment_in(lot, bidder, 0, ZERO_32) == lot.standing(known).sealed.commitment
    return 1 if opens else 0
