"""What the lot hash of B.9 covers of sealed bids, by hand."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import pytest
from auction_room import REQUIRED_BEFORE, entering, inquiry, rules, timed
from replaying import BLINDING, commitment_to
from sealed_room import (
    CHANGING,
    POINTS,
    REQUOTE,
    SEALED,
    WITHDRAWING,
    Course,
    awaiting,
    blinding_of,
    committed,
    excluded,
    finished,
    opened,
    placed,
    sealed,
)
from verifier.terms import I64_MAX, NONE, ReserveState, State

NO_BID = struct.pack("<32sIBqBqqB", bytes(32), 0, 0, 0, 0, 0, 0, 0)


def bid(  # noqa: PLR0917 - in the order of the hash
    commitment: bytes, seq: int, amount: int | None = None, tied: int = 0, points: tuple[int, int] = (0, 0), counted: int = 0
) -> bytes:  # fmt: skip
    """Return what is hashed of a sealed bid, which is opened if it has an amount."""
    return commitment + struct.pack("<IBqBqqB", seq, amount is not None, amount or 0, tied, *points, counted)


def hashed(
    course: Course, head: bytes, bidders: list[bytes], opening: tuple[int, int, int], reserve: bytes = b""
) -> bool:
    """Return whether a lot has this hash; `head` is what stands from its state to `quoted`."""
    model, _ = course
    lot = model.lot(1)
    raw = struct.pack("<II", 1, lot.lot_seq) + lot.rules.rules_hash + head
    raw += (reserve or bytes(33)) + struct.pack("<BIq", lot.outcome, lot.winner, lot.price)
    raw += b"".join(bidders) + struct.pack("<IBq", *opening)
    return model.lot_hash(1) == hashlib.sha256(b"pyauction/lot/v1" + raw).digest()


def head(state: State, deadline: int = NONE, phase: int = 0, **bids: int) -> bytes:
    top, leader, accepted, quoted = (bids.get(name, 0) for name in ("top", "leader", "accepted", "quoted"))
    return struct.pack(
        "<BBqqqqIIIIII", state, phase, deadline, NONE, NONE, top, leader, accepted, 0, 0, 4, quoted
    )  # fmt: skip


A, B, CHANGED, AGAIN = committed("a", 120), committed("b", 130), committed("a", 130), committed("a", 130, again=1)
BIDDING, AWAITING = head(State.BIDDING, 1_100), head(State.AWAITING_OPENING)
TOP: dict[str, int] = {"top": 130, "leader": 2, "accepted": 2, "quoted": 2}
ROUND = head(State.BIDDING, 1_210, top=120, leader=1, accepted=2, quoted=2)


def withdrawn() -> Course:
    model, records = placed("a120 b130", WITHDRAWING)
    return model, records + model.withdraw_sealed_bid(1_020, 1, "a")


def scored() -> Course:
    model, records = opened("a120 b130", POINTS)
    return model, records + model.score_sealed_bid(1_102, 1, "b", 2, 4)


def at_the_end() -> Course:
    model, records = opened("a120 b130")
    return model, records + model.finish_opening(1_110, 1)


def bid_again() -> Course:
    model, records = finished("a120 b120 c110", REQUOTE)
    return model, records + model.place_sealed_bid(1_120, 1, "a", AGAIN)


def closed_again() -> Course:
    """Return a lot behind a further round in which one of two bid again."""
    model, records = bid_again()
    records += model.advance(1_210) + model.open_sealed_bid(1_211, 1, "a", 130, blinding_of("a"))
    return model, records + model.finish_opening(1_220, 1) + model.advance(1_220)


ROWS: list[tuple[str, Course, bytes, list[bytes], tuple[int, int, int]]] = [
    ("nothing", placed(), BIDDING, [NO_BID] * 4, (0, 0, 0)),
    ("two bids", placed("a120 b130"), BIDDING, [bid(A, 6), bid(B, 7), NO_BID, NO_BID], (0, 0, 0)),
    ("a changed bid", placed("a120 b130 a130", CHANGING), BIDDING, [bid(CHANGED, 8), bid(B, 7), NO_BID, NO_BID], (0, 0, 0)),
    ("a withdrawn bid", withdrawn(), BIDDING, [NO_BID, bid(B, 7), NO_BID, NO_BID], (0, 0, 0)),
    ("the end of the phase", awaiting("a120 b130"), AWAITING, [bid(A, 6), bid(B, 7), NO_BID, NO_BID], (0, 0, 0)),
    ("one opened", opened("a120 b130", without="a"), AWAITING, [bid(A, 6), bid(B, 7, 130), NO_BID, NO_BID], (0, 0, 0)),
    ("points", scored(), AWAITING, [bid(A, 6, 120), bid(B, 7, 130, 0, (2, 4)), NO_BID, NO_BID], (0, 0, 0)),
    ("a finished opening", at_the_end(), head(State.BIDDING, 1_110, **TOP),
     [bid(A, 6, 120, counted=1), bid(B, 7, 130, counted=1), NO_BID, NO_BID], (0, 1, 0)),
    ("a close", finished("a120 b130"), head(State.CLOSED, **TOP),
     [bid(A, 6, 120, counted=1), bid(B, 7, 130, counted=1), NO_BID, NO_BID], (0, 1, 0)),
    ("one excluded", excluded("a120 b130", without="a"), AWAITING, [NO_BID, bid(B, 7, 130), NO_BID, NO_BID], (0, 0, 0)),
    ("a close with one excluded", finished("a120 b130", without="a"),
     head(State.CLOSED, top=130, leader=2, accepted=1, quoted=1),
     [NO_BID, bid(B, 7, 130, counted=1), NO_BID, NO_BID], (0, 1, 0)),
    ("a further round", finished("a120 b120 c110", REQUOTE), ROUND,
     [bid(bytes(32), 0, tied=1), bid(bytes(32), 0, tied=1), NO_BID, NO_BID], (1, 0, 0)),
    ("a bid of a further round", bid_again(), ROUND,
     [bid(AGAIN, 14, tied=1), bid(bytes(32), 0, tied=1), NO_BID, NO_BID], (1, 0, 0)),
    ("a close behind a further round", closed_again(),
     head(State.CLOSED, top=130, leader=1, accepted=3, quoted=2),
     [bid(AGAIN, 14, 130, tied=1, counted=1), bid(bytes(32), 0, tied=1), NO_BID, NO_BID], (1, 1, 0)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("course", "head", "bidders", "opening"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_the_lot_hash_covers_sealed_bids(
    course: Course, head: bytes, bidders: list[bytes], opening: tuple[int, int, int]
) -> None:
    assert hashed(course, head, bidders, opening)


@pytest.mark.parametrize("use", [1, 2])
@pytest.mark.parametrize("reserve", [100, 120, 2**40 + 1, I64_MAX])
def test_the_lot_hash_covers_a_published_reserve(reserve: int, use: int) -> None:
    of = SEALED | REQUIRED_BEFORE | {"reserve_published": use}
    model, records = placed("a120", of, commitment=commitment_to(reserve))
    committed_to, entered = (
        bytes([state]) + commitment_to(reserve) for state in (ReserveState.COMMITTED, ReserveState.ENTERED)
    )
    assert hashed((model, records), BIDDING, [bid(A, 6), *[NO_BID] * 3], (0, 0, 0), committed_to)
    model.enter_reserve(1_050, 1, 1, commitment_to(reserve))
    model.advance(1_100)
    assert hashed((model, records), AWAITING, [bid(A, 6), *[NO_BID] * 3], (0, 0, 0), entered)
    model.disclose_reserve(1_101, 1, reserve, BLINDING)
    assert hashed((model, records), AWAITING, [bid(A, 6), *[NO_BID] * 3], (0, 0, reserve), entered)


def test_what_is_hashed_of_sealed_bids_stands_behind_the_rest() -> None:
    """Of a bidder: its answer, its last bid and its top-up come first; of the lot the time of its resumption."""
    changes: dict[str, Any] = REQUOTE | entering(inquiry(20), sealed()) | {
        "inquiry_yes": 1, "recent_bidders": 1, "recent_window": 100, "top_up": 1, "resume_notice": 1,
    }  # fmt: skip
    model, records = placed("", changes)
    records += model.confirm_top_up(1_002, 1, "b")
    records += model.place_bid(1_010, 1, "a", 150) + model.answer_inquiry(1_020, 1, "b", yes=True)
    records += model.place_sealed_bid(1_040, 1, "b", B)
    lot = model.lot(1)
    raw = struct.pack("<II", 1, lot.lot_seq) + rules(**changes).rules_hash
    raw += head(State.BIDDING, 1_130, 2, top=150, leader=1, accepted=1, quoted=1) + bytes(33 + 13)
    for answer, last_bid, topped_up, of in (
        (0, 1_010, 0, NO_BID),
        (1, NONE, 1, bid(B, 11)),
        *[(0, NONE, 0, NO_BID)] * 2,
    ):
        raw += struct.pack("<BqB", answer, last_bid, topped_up) + of
    raw += struct.pack("<q", NONE) + struct.pack("<IBq", 0, 0, 0)
    assert model.lot_hash(1) == hashlib.sha256(b"pyauction/lot/v1" + raw).digest()


def test_a_counted_bid_is_the_last_bid_of_its_bidder() -> None:
    of = SEALED | {"phases": (timed(50), sealed()), "recent_bidders": 1, "recent_window": 50}
    model, _ = placed("", of)
    model.place_bid(1_010, 1, "a", 100)
    model.place_sealed_bid(1_060, 1, "b", B)
    model.advance(1_150)
    model.open_sealed_bid(1_151, 1, "b", 130, blinding_of("b"))
    model.finish_opening(1_160, 1)
    raw = struct.pack("<II", 1, model.lot(1).lot_seq) + rules(**of).rules_hash
    raw += head(State.BIDDING, 1_160, 1, top=130, leader=2, accepted=2, quoted=2) + bytes(33 + 13)
    for last_bid, of_bidder in ((1_010, NO_BID), (1_160, bid(B, 8, 130, counted=1)), *[(NONE, NO_BID)] * 2):
        raw += struct.pack("<q", last_bid) + of_bidder
    raw += struct.pack("<IBq", 0, 1, 0)
    assert model.lot_hash(1) == hashlib.sha256(b"pyauction/lot/v1" + raw).digest()
