"""A further sealed round among those who bid the same highest amount: who may bid in it, from where, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from auction_room import TWO_QUOTED, entering, last, timed, verdict
from replaying import replayed
from sealed_room import (
    EQUAL_REFUSED,
    REQUOTE,
    Course,
    blinding_of,
    committed,
    excluded,
    finished,
    placed,
    sealed,
    taken,
    told,
)
from verifier import LotClosed, OpeningFinished, SealedPhaseEnded, settle
from verifier.sealed_bid import SealedBid
from verifier.sealed_terms import AfterOpening, SealedTie
from verifier.settle import Settlement
from verifier.terms import AfterClose, CloseCause, OutcomeKind, State

if TYPE_CHECKING:
    from verifier import Model, Record


def again(course: Course, bids: str, at: int, *, without: str = "") -> list[Record]:
    """Return the records of a further round that began at a time: its bids, its end, its opening, and what follows."""
    model, records = course
    rounds = model.lot(1).further_rounds
    for later, (bidder, amount) in enumerate(told(bids), 1):
        records += model.place_sealed_bid(at + later, 1, bidder, committed(bidder, amount, again=rounds))
    records += model.advance(at + 100)
    for bidder, amount in told(bids):
        if bidder in without:
            records += model.exclude_sealed_bid(at + 101, 1, bidder)
        else:
            records += model.open_sealed_bid(at + 101, 1, bidder, amount, blinding_of(bidder))
    records += model.finish_opening(at + 110, 1)
    return records + model.advance(at + 110)


def standings(model: Model) -> list[SealedBid]:
    return [standing.sealed for standing in model.lot(1).standings]


TIES: list[tuple[str, dict[str, Any], str, str, list[tuple[str, int]], str]] = [
    ("two of two", REQUOTE, "a120 b120", "", [("b", 120), ("a", 120)], "ab"),
    ("two of three", REQUOTE, "c120 b110 a120", "", [("a", 120), ("c", 120)], "ac"),
    ("three", REQUOTE, "c120 b120 a120", "", [("a", 120), ("b", 120), ("c", 120)], "abc"),
    ("two, an invalid one is higher", REQUOTE | {"precision": 10}, "a120 b120 c155", "", [("b", 120), ("a", 120)], "ab"),
    ("two, a higher one is excluded", REQUOTE, "a120 b120 c160", "c", [("b", 120), ("a", 120)], "ab"),
    ("two at the start price", REQUOTE, "d100 a100", "", [("a", 100), ("d", 100)], "ad"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("of", "bids", "without", "expected", "tied"), [row[1:] for row in TIES], ids=[row[0] for row in TIES]
)
def test_equal_highest_bids_lead_to_another_round(
    of: dict[str, Any], bids: str, without: str, expected: list[tuple[str, int]], tied: str
) -> None:
    model, records = excluded(bids, of, without=without)
    lot = model.lot(1)
    count = len(told(bids)) - len(without)
    valid = count - any(amount > 150 for bidder, amount in told(bids) if bidder not in without)
    records += model.finish_opening(1_110, 1, "court", "equal")
    assert records[-1] == OpeningFinished(
        seq=model.seq, at=1_110, lot=1, lot_seq=lot.lot_seq, next=AfterOpening.ANOTHER_ROUND,
        opened=count, valid=valid, authority="court", why="equal",
    )  # fmt: skip
    assert (lot.state, lot.deadline, lot.hard_end, lot.further_rounds, lot.finished) == (
        State.BIDDING, 1_210, None, 1, False,
    )  # fmt: skip
    assert (taken(model), lot.leader) == (expected, lot.bidder_number(expected[-1][0]))
    assert standings(model) == [SealedBid(tied=bidder in tied) for bidder in "abcd"]
    numbers = {"abcd".index(bidder) + 1 for bidder in tied}
    assert {n for n, of in enumerate(lot.standings, 1) if of.last_bid == 1_110} == lot.quoters == numbers
    assert (model.quote(1).ask, replayed(records).ok) == (None, True)


ONES: list[tuple[str, dict[str, Any], str, str]] = [
    ("one highest", REQUOTE, "a120 b120 c121", ""),
    ("equal ones of which one is excluded", REQUOTE, "a120 b120", "b"),
    ("equal ones that are invalid", REQUOTE | {"precision": 10}, "a165 b165 c120", ""),
    ("equal ones of which the later is refused", EQUAL_REFUSED | {"sealed_tie": SealedTie.REQUOTE}, "a120 b120", ""),
    ("the earlier is to win", REQUOTE | {"sealed_tie": SealedTie.EARLIER}, "a120 b120", ""),
    ("none valid", REQUOTE, "a10 b10", ""),
]


@pytest.mark.parametrize(("of", "bids", "without"), [row[1:] for row in ONES], ids=[row[0] for row in ONES])
def test_otherwise_there_is_no_further_round(of: dict[str, Any], bids: str, without: str) -> None:
    model, records = finished(bids, of, without=without)
    assert isinstance(records[-1], LotClosed)
    assert (model.lot(1).further_rounds, any(bid.tied for bid in standings(model))) == (0, False)


def test_a_further_round_is_won_by_a_higher_bid() -> None:
    course = finished("a120 b120 c110", REQUOTE)
    records = again(course, "b130 a125", 1_110)
    model = course[0]
    assert taken(model) == [("b", 120), ("a", 120), ("a", 125), ("b", 130)]
    assert last(records) == LotClosed(
        seq=model.seq, at=1_220, lot=1, lot_seq=model.lot(1).lot_seq, bidder=2, due=1_220, cause=CloseCause.DEADLINE,
        next=AfterClose.NO_COMPARISON, top=130, accepted=4, refused=0, quoted=2, admitted=4,
    )  # fmt: skip
    assert settle(model.lot(1)) == Settlement(kind=OutcomeKind.SOLD, winner=2, price=130)
    records += model.record_outcome(1_220, 1, kind=1, winner=2, price=130)
    assert replayed(records).ok


def test_the_floor_of_a_further_round_is_the_equal_amount() -> None:
    course = finished("a120 b120", REQUOTE)
    again(course, "b119 a120", 1_110)
    assert (taken(course[0]), course[0].lot(1).leader) == ([("b", 120), ("a", 120), ("a", 120)], 1)


@pytest.mark.parametrize(("bids", "without"), [("", ""), ("b130", "b"), ("b119", "")])
def test_a_further_round_without_a_valid_bid_leaves_the_lot_to_the_first_placed(bids: str, without: str) -> None:
    course = finished("b120 a120", REQUOTE)
    records = again(course, bids, 1_110, without=without)
    lot = course[0].lot(1)
    assert settle(lot) == Settlement(kind=OutcomeKind.SOLD, winner=2, price=120)
    records += course[0].record_outcome(1_220, 1, kind=1, winner=2, price=120)
    assert (lot.accepted, replayed(records).ok) == (2, True)


def test_a_further_round_may_be_equal_again_among_fewer() -> None:
    course = finished("a120 b120 c120", REQUOTE)
    records = again(course, "c130 a130 b125", 1_110)
    model = course[0]
    lot = model.lot(1)
    assert (lot.further_rounds, lot.deadline, [bid.tied for bid in standings(model)]) == (
        2, 1_320, [True, False, True, False],
    )  # fmt: skip
    assert taken(model) == [("c", 120), ("b", 120), ("a", 120), ("a", 130), ("c", 130)]
    assert verdict(model.place_sealed_bid(1_230, 1, "b", committed("b", 140, again=2))) == "not_tied"
    assert replayed(records).ok
    assert verdict(model.place_sealed_bid(1_231, 1, "a", committed("a", 140, again=2))) == "accepted"


@pytest.mark.parametrize("again", [0, 1, 2])
def test_what_a_bid_of_a_further_round_commits_to_is_opened_in_that_round_only(again: int) -> None:
    """Amount and blinding of the first round are known to everybody, and so no commitment of that round fits again."""
    model, records = finished("a120 b120", REQUOTE)
    records += model.place_sealed_bid(1_120, 1, "a", committed("a", 120, again=again)) + model.advance(1_210)
    records += model.open_sealed_bid(1_211, 1, "a", 120, blinding_of("a"))
    assert verdict(records) == ("accepted" if again == 1 else "commitment_mismatch")
    assert replayed(records).ok


def test_two_at_a_cap_that_led_to_sealed_bids_bid_again() -> None:
    model, records = placed("", REQUOTE | entering(sealed()))
    records += model.place_bid(1_010, 1, "d", 150)
    for at, bidder in ((1_020, "a"), (1_021, "b")):
        records += model.place_sealed_bid(at, 1, bidder, committed(bidder, 150))
    records += model.advance(1_110)
    for bidder in "ab":
        records += model.open_sealed_bid(1_111, 1, bidder, 150, blinding_of(bidder))
    records += model.finish_opening(1_112, 1)
    assert (model.lot(1).phase, model.lot(1).deadline, model.lot(1).further_rounds) == (1, 1_212, 1)
    assert (taken(model), replayed(records).ok) == ([("d", 150), ("b", 150), ("a", 150)], True)


def test_the_least_number_of_bids_is_of_the_first_round_only() -> None:
    course = finished("a120 b120", REQUOTE | {"sealed_min": 2})
    model, records = course
    records += model.place_sealed_bid(1_120, 1, "b", committed("b", 130, again=1))
    records += model.advance(1_210)
    assert last(records) == SealedPhaseEnded(
        seq=model.seq, at=1_210, lot=1, lot_seq=model.lot(1).lot_seq, due=1_210, standing=1
    )


def test_each_bids_once_in_each_round() -> None:
    model, _ = finished("a120 b120", REQUOTE)
    said = [verdict(model.place_sealed_bid(at, 1, "a", committed("a", 130, again=1))) for at in (1_120, 1_121)]
    assert said == ["accepted", "already_placed"]


def test_a_further_round_of_the_last_phase_begins_at_the_end_of_the_opening_in_open_time() -> None:
    of = REQUOTE | {"phases": (timed(50), sealed(60)), "closed": ((1_180, 1_200),)}
    model, records = placed("", of)
    records += model.place_bid(1_010, 1, "d", 100)
    for at, bidder in ((1_060, "a"), (1_061, "b")):
        records += model.place_sealed_bid(at, 1, bidder, committed(bidder, 120))
    records += model.advance(1_110)
    for bidder in "ab":
        records += model.open_sealed_bid(1_120, 1, bidder, 120, blinding_of(bidder))
    records += model.finish_opening(1_150, 1)
    assert (model.lot(1).phase, model.lot(1).deadline) == (1, 1_150 + 60 + 20)
    assert (taken(model), replayed(records).ok) == ([("d", 100), ("b", 120), ("a", 120)], True)


def test_those_who_bid_the_same_count_as_quoted() -> None:
    course = finished("a120 b120", REQUOTE | TWO_QUOTED)
    again(course, "", 1_110)
    assert settle(course[0].lot(1)) == Settlement(kind=OutcomeKind.SOLD, winner=1, price=120)


def test_a_suspended_further_round_goes_on_among_the_same() -> None:
    model, records = finished("a120 b120", REQUOTE)
    records += model.suspend_lot(1_150, 1) + model.resume_lot(1_300, 1)
    assert model.lot(1).deadline == 1_360
    records += model.place_sealed_bid(1_310, 1, "c", committed("c", 130, again=1))
    assert (verdict(records), replayed(records).ok) == ("not_tied", True)
