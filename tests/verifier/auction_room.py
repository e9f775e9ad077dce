"""Rules, lots and journals that many tests start from. Times are small numbers, so that they can be worked by hand."""

from __future__ import annotations

import hashlib
from typing import Any

from journal_writer import JournalWriter
from verifier import LotRules, Model, Phase, Record
from verifier.terms import (
    Admission,
    BiddersCounted,
    CapAction,
    Clock,
    Extension,
    HardEnd,
    OnOutage,
    PhaseEnd,
    PhaseKind,
    ReserveCommitment,
    ReserveCustody,
    ReservePolicy,
    Rounding,
    SelfOutbid,
    SingleBidder,
    WithoutBids,
)

OPENED = 1_000
"""The time at which the lots of `room` open."""

REQUIRED_AT_ENTRY: dict[str, Any] = {
    "reserve_policy": ReservePolicy.REQUIRED,
    "reserve_custody": ReserveCustody.ENTERED,
    "reserve_commitment": ReserveCommitment.AT_ENTRY,
}
REQUIRED_BEFORE: dict[str, Any] = REQUIRED_AT_ENTRY | {"reserve_commitment": ReserveCommitment.BEFORE_OPENING}
SETTERS: dict[str, Any] = REQUIRED_AT_ENTRY | {"reserve_setters": 3, "reserve_rounding": Rounding.UP}
SEEDS = (bytes([1]) * 32, bytes([2]) * 32)
SELL: dict[str, Any] = {"cap": 150, "cap_action": CapAction.SELL}
LOTTERY: dict[str, Any] = {
    "cap": 150,
    "cap_action": CapAction.LOTTERY,
    "lottery_seeds": tuple(hashlib.sha256(b"pyauction/lottery/seed/v1" + seed).digest() for seed in SEEDS),
}
TWO_QUOTED: dict[str, Any] = {"min_bidders": 2, "min_bidders_counts": BiddersCounted.QUOTED}


def timed(duration: int = 100, **changes: Any) -> Phase:
    """Return a timed phase that ends after a duration."""
    fields = {"kind": PhaseKind.TIMED, "end": PhaseEnd.AFTER, "end_value": duration} | changes
    return Phase(**fields)


def free(duration: int = 100) -> Phase:
    """Return a free phase that ends after a duration."""
    return Phase(kind=PhaseKind.FREE, end=PhaseEnd.AFTER, end_value=duration)


def inquiry(duration: int = 50) -> Phase:
    """Return an inquiry of a duration."""
    return Phase(kind=PhaseKind.INQUIRY, end=PhaseEnd.AFTER, end_value=duration)


def preparation(duration: int = 50) -> Phase:
    """Return a preparation of a duration."""
    return Phase(kind=PhaseKind.PREPARATION, end=PhaseEnd.AFTER, end_value=duration)


def called() -> Phase:
    """Return a phase that ends by a call."""
    return Phase(kind=PhaseKind.TIMED, end=PhaseEnd.CALLED)


def window(duration: int = 100, span: int = 20, to: int = 30, **changes: Any) -> Phase:
    """Return a timed phase that a late bid extends."""
    return timed(duration, extension=Extension.WINDOW, window=span, extension_to=to, **changes)


def rules(**changes: Any) -> LotRules:
    """Return plain rules: start at 100, steps of 10, one phase of 100, no reserve, with the changes."""
    fields: dict[str, Any] = {
        "admission": Admission.OPEN,
        "start_price": 100,
        "increment_fixed": 10,
        "self_outbid": SelfOutbid.MAY_NOT,
        "phases": (timed(),),
        "clock": Clock.AT_OPENING,
        "on_outage": OnOutage.CLOSE_AT_SCHEDULE,
        "reserve_policy": ReservePolicy.DECLARED_NONE,
    }
    fields |= changes
    if len(fields["phases"]) > 1:
        fields.setdefault("timed_without_bids", WithoutBids.DECIDE)
        fields.setdefault("single_bidder", SingleBidder.ENTER)
    return LotRules(**fields)


def room(of: LotRules | None = None, **lot: Any) -> Model:
    """Return a house with one lot, opened at `OPENED`."""
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=of or rules(), **lot)
    return model


def last(records: list[Record]) -> Record:
    """Return the record that a command ends with."""
    return records[-1]


def verdict(records: list[Record]) -> str:
    """Return what became of a command, in one word."""
    record = last(records)
    return record.reason.name.lower() if record.reason else "accepted"


def entering(*behind: Phase, before: tuple[Phase, ...] = (), **changes: Any) -> dict[str, Any]:
    """Return changes with a cap of 150 that leads from phases before it, one of 100 if none are given, to others."""
    first = before or (timed(),)
    return {"cap": 150, "cap_action": CapAction.ENTER, "phases": (*first, *behind), "cap_phase": len(first)} | changes


def sale() -> tuple[Model, list[list[Record]]]:
    """Return a house and the records of each command of a small sale, from the opening to the outcome."""
    model = Model()
    course = [
        model.open_house(OPENED, 1),
        model.open_lot(OPENED, name="lot-1", rules=rules(phases=(window(hard_end=HardEnd.AFTER, hard_end_value=200),))),
        model.admit_bidder(1_010, 1, "甲"),
        model.place_bid(1_020, 1, "甲", 100, b"k1"),
        model.place_bid(1_030, 1, "乙", 105),
        model.place_bid(1_090, 1, "乙", 110, b"k2"),
        model.admit_bidder(1_095, 1, "甲"),
        model.suspend_lot(1_100, 1, "court", "a motion"),
        model.resume_lot(1_150, 1, "court", "the motion failed"),
        model.advance(1_300),
        model.record_outcome(1_310, 1, kind=1, winner=2, price=110),
    ]
    return model, course


def journal(course: list[list[Record]], **options: int) -> JournalWriter:
    """Return a sealed journal with one frame for each command."""
    writer = JournalWriter(**options)
    for records in course:
        writer.records(records)
    return writer.seal()
