"""From the end of the sealed phase to the end of its opening: who is opened and scored, and what the bids become."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import REQUIRED_AT_ENTRY, entering, last, timed, verdict
from replaying import BLINDING, C, flat, replayed
from sealed_room import (
    CHANGING,
    DECIDES,
    EQUAL_REFUSED,
    HELD,
    MEAN,
    POINTS,
    SEALED,
    SOME,
    WITHDRAWING,
    awaiting,
    blinding_of,
    committed,
    excluded,
    finished,
    opened,
    placed,
    sealed,
    taken,
)
from verifier import (
    CommandError,
    CommandRefused,
    LotClosed,
    Model,
    OpeningFinished,
    SealedBidOpened,
    SealedBidScored,
    SealedPhaseEnded,
    settle,
)
from verifier.sealed_bid import SealedBid
from verifier.sealed_terms import AfterOpening
from verifier.settle import Settlement
from verifier.terms import AfterClose, CloseCause, Command, OnOutage, OutcomeCause, OutcomeKind, PhaseEnd, Reason, State

ENDS: list[tuple[str, dict[str, Any], str, int]] = [
    ("one bid", SEALED, "a120", 1),
    ("three bids", SEALED, "a120 b120 d130", 3),
    ("one that was changed", CHANGING, "a120 a130", 1),
    ("as many as the least", SEALED | {"sealed_min": 2}, "a120 b120", 2),
    ("at a time", SEALED | {"phases": (sealed(1_100, end=PhaseEnd.AT),)}, "a120", 1),
]


@pytest.mark.parametrize(("of", "bids", "count"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_a_sealed_phase_ends_with_the_bids_that_stand(of: dict[str, Any], bids: str, count: int) -> None:
    model, records = awaiting(bids, of)
    seq, lot = len(records), model.lot(1)
    assert records[-1] == SealedPhaseEnded(seq=seq, at=1_100, lot=1, lot_seq=seq - 1, due=1_100, standing=count)
    assert (lot.state, lot.deadline, lot.hard_end, lot.accepted) == (State.AWAITING_OPENING, None, None, 0)
    assert (model.quote(1).ask, model.next_due(), replayed(records).lots[0].state) == (None, None, "awaiting_opening")


FEW: list[tuple[str, dict[str, Any], str, str, OutcomeCause]] = [
    ("none", SEALED, "", "", OutcomeCause.NO_BIDS),
    ("none of at least one", SEALED | {"sealed_min": 1}, "", "", OutcomeCause.NO_BIDS),
    ("one that was withdrawn", WITHDRAWING, "a120", "a", OutcomeCause.NO_BIDS),
    ("none of at least two", SEALED | {"sealed_min": 2}, "", "", OutcomeCause.NO_BIDS),
    ("one of at least two", SEALED | {"sealed_min": 2}, "a120", "", OutcomeCause.TOO_FEW_BIDDERS),
    ("one of two changes", CHANGING | {"sealed_min": 2}, "a120 a130", "", OutcomeCause.TOO_FEW_BIDDERS),
    ("one of two is withdrawn", WITHDRAWING | {"sealed_min": 2}, "a120 b130", "a", OutcomeCause.TOO_FEW_BIDDERS),
]


@pytest.mark.parametrize(("of", "bids", "back", "cause"), [row[1:] for row in FEW], ids=[row[0] for row in FEW])
def test_too_few_sealed_bids_are_not_opened(of: dict[str, Any], bids: str, back: str, cause: OutcomeCause) -> None:
    model, records = placed(bids, of)
    for bidder in back:
        records += model.withdraw_sealed_bid(1_050, 1, bidder)
    records += model.advance(1_100)
    seq = len(records)
    assert records[-1] == LotClosed(
        seq=seq, at=1_100, lot=1, lot_seq=seq - 1, due=1_100, cause=CloseCause.DEADLINE, next=AfterClose.NO_COMPARISON,
        top=0, accepted=0, refused=0, quoted=0, admitted=4,
    )  # fmt: skip
    lot = model.lot(1)
    assert (lot.state, settle(lot)) == (State.CLOSED, Settlement(kind=OutcomeKind.UNSOLD, cause=cause))
    for other in set(OutcomeCause) - {cause}:
        records += model.record_outcome(1_101, 1, kind=2, cause=other, detail="x")
        assert verdict(records) == "outcome_invalid"
    records += model.record_outcome(1_101, 1, kind=2, cause=cause)
    assert (replayed(records).ok, replayed(records).lots[0].settlement) == (True, "verified")


def test_too_few_sealed_bids_leave_the_lot_to_who_led_before() -> None:
    of = SEALED | {"phases": (timed(50), sealed()), "sealed_min": 2}
    model, records = placed("", of)
    records += model.place_bid(1_010, 1, "a", 100)
    records += model.place_sealed_bid(1_060, 1, "b", SOME) + model.advance(1_150)
    assert isinstance(last(records), LotClosed)
    assert settle(model.lot(1)) == Settlement(kind=OutcomeKind.SOLD, winner=1, price=100)
    records += model.record_outcome(1_150, 1, kind=1, winner=1, price=100)
    assert replayed(records).ok


def test_a_sealed_phase_that_ended_while_the_house_was_down_is_due_then() -> None:
    model, _ = placed("a120")
    model.open_house(1_500, 2)
    assert last(model.advance(1_500)) == SealedPhaseEnded(seq=9, at=1_500, lot=1, lot_seq=7, due=1_100, standing=1)
    model, _ = placed("a120", SEALED | {"on_outage": OnOutage.SUSPEND})
    model.open_house(1_500, 2)
    model.resume_lot(1_510, 1)
    assert model.lot(1).deadline == 1_510 + 1_100 - 1_010


def test_an_opened_bid_is_recorded_with_what_proves_it() -> None:
    model, _ = awaiting("a120 b130")
    record = SealedBidOpened(seq=10, at=1_101, lot=1, lot_seq=9, bidder=2, amount=130, blinding=blinding_of("b"))
    assert model.open_sealed_bid(1_101, 1, "b", 130, blinding_of("b")) == [record]
    bid = model.lot(1).standing(2).sealed
    assert bid == SealedBid(commitment=committed("b", 130), placed_seq=7, opened=True, amount=130)
    assert model.lot(1).accepted == 0


OPEN: list[tuple[str, Model, str, int, bytes, str]] = [
    ("before the end", placed("a120")[0], "戊", 120, SOME, "wrong_phase"),
    ("behind the opening", finished("a120")[0], "a", 120, blinding_of("a"), "wrong_phase"),
    ("a stranger", awaiting("a120")[0], "戊", 120, SOME, "not_admitted"),
    ("no bid", awaiting("a120")[0], "b", 120, SOME, "no_sealed_bid"),
    ("opened, with another amount", opened("a120")[0], "a", 121, SOME, "already_opened"),
    ("another amount", awaiting("a120")[0], "a", 121, blinding_of("a"), "commitment_mismatch"),
    ("another blinding", awaiting("a120")[0], "a", 120, blinding_of("b"), "commitment_mismatch"),
    ("another's bid", awaiting("a120 b120")[0], "a", 120, blinding_of("b"), "commitment_mismatch"),
    ("a replaced bid", awaiting("a120 a130", CHANGING)[0], "a", 120, blinding_of("a"), "commitment_mismatch"),
]


@pytest.mark.parametrize(
    ("model", "bidder", "amount", "blinding", "expected"), [row[1:] for row in OPEN], ids=[row[0] for row in OPEN]
)
def test_an_opening_is_decided_in_order(model: Model, bidder: str, amount: int, blinding: bytes, expected: str) -> None:
    lot = model.lot(1)
    number, before = lot.bidder_number(bidder), [standing.sealed.opened for standing in lot.standings]
    assert last(model.open_sealed_bid(model.stamp, 1, bidder, amount, blinding)) == CommandRefused(
        seq=model.seq, at=model.stamp, lot=1, lot_seq=lot.lot_seq, bidder=number, command=Command.OPEN_SEALED_BID,
        reason=Reason[expected.upper()], name="" if number else bidder,
    )  # fmt: skip
    assert [standing.sealed.opened for standing in lot.standings] == before


def test_points_are_recorded_and_kept_as_they_are_stated() -> None:
    model, _ = opened("a120", POINTS)
    record = SealedBidScored(seq=10, at=1_102, lot=1, lot_seq=9, bidder=1, numerator=2, denominator=4, by="panel")
    assert model.score_sealed_bid(1_102, 1, "a", 2, 4, "panel") == [record]
    bid = model.lot(1).standing(1).sealed
    assert (bid.numerator, bid.denominator) == (2, 4)


EQUAL_POINTS = POINTS | EQUAL_REFUSED | {"sealed_award": 3}
SCORED = opened("a120", POINTS)[0]
SCORED.score_sealed_bid(1_102, 1, "a", 0)
SCORE: list[tuple[str, Model, str, str]] = [
    ("before the end, where no points are asked", placed("a120")[0], "戊", "wrong_phase"),
    ("behind the opening", finished("a120", POINTS, points={"a": (1, 1)})[0], "a", "wrong_phase"),
    ("no points are asked, a stranger", opened("a120")[0], "戊", "points_not_asked"),
    ("no points are asked, by the mean", opened("a120", MEAN)[0], "a", "points_not_asked"),
    ("a stranger", opened("a120", POINTS)[0], "戊", "not_admitted"),
    ("no bid", opened("a120", POINTS)[0], "b", "no_sealed_bid"),
    ("no points are asked, a bid that is not opened", awaiting("a120")[0], "a", "points_not_asked"),
    ("a bid that is not opened", awaiting("a120", POINTS)[0], "a", "not_opened"),
    ("another's bid that is not opened", opened("a120 b130", POINTS, without="b")[0], "a", "not_opened"),
    ("another's bid that is not opened, a stranger", opened("a120 b130", POINTS, without="b")[0], "戊", "not_opened"),
    ("another's bid that is not opened, no bid", opened("a120 b130", POINTS, without="b")[0], "c", "not_opened"),
    ("a bid that is excluded", excluded("a120 b130", POINTS, without="b")[0], "b", "no_sealed_bid"),
    ("another's bid that is excluded", excluded("a120 b130", POINTS, without="b")[0], "a", "accepted"),
    ("a bid below the floor", opened("a99", POINTS)[0], "a", "no_sealed_bid"),
    ("a bid above the most", opened("a201", POINTS | {"sealed_most": 200})[0], "a", "no_sealed_bid"),
    ("a bid off the precision", opened("a105", POINTS | {"precision": 10})[0], "a", "no_sealed_bid"),
    ("an equal bid", opened("a120 b120", EQUAL_POINTS)[0], "b", "no_sealed_bid"),
    ("a bid that has no points, not even 0", SCORED, "a", "already_scored"),
    ("the first of equal ones", opened("a120 b120", EQUAL_POINTS)[0], "a", "accepted"),
    ("an equal one where the first is excluded", excluded("a120 b120", EQUAL_POINTS, without="a")[0], "b", "accepted"),
    ("a bid of the start price", opened("a100", POINTS)[0], "a", "accepted"),
    ("a bid of the most", opened("a200", POINTS | {"sealed_most": 200})[0], "a", "accepted"),
]


@pytest.mark.parametrize(("model", "bidder", "expected"), [row[1:] for row in SCORE], ids=[row[0] for row in SCORE])
def test_a_score_is_decided_in_order(model: Model, bidder: str, expected: str) -> None:
    lot = model.lot(1)
    number = lot.bidder_number(bidder)
    record = last(model.score_sealed_bid(model.stamp, 1, bidder, 1, 2, "panel"))
    head: dict[str, Any] = {
        "seq": model.seq, "at": model.stamp, "lot": 1, "lot_seq": lot.lot_seq, "bidder": number,
    }  # fmt: skip
    if expected == "accepted":
        assert record == SealedBidScored(**head, numerator=1, denominator=2, by="panel")
        return
    assert record == CommandRefused(
        **head, command=Command.SCORE_SEALED_BID, reason=Reason[expected.upper()], name="" if number else bidder
    )


FINISH: list[tuple[str, Model, str]] = [
    ("before the end", placed("a120", POINTS)[0], "wrong_phase"),
    ("behind the opening", finished("a120")[0], "wrong_phase"),
    ("a bid without points", opened("a120", POINTS)[0], "not_scored"),
    ("one of two without points", opened("a120 b130", POINTS)[0], "not_scored"),
    ("an invalid bid without points", opened("a99", POINTS)[0], "accepted"),
    ("an unopened bid without points", awaiting("a120", POINTS)[0], "not_opened"),
    ("one of two unopened", opened("a120 b130", without="b")[0], "not_opened"),
    ("one of two unopened, the other without points", opened("a120 b130", POINTS, without="a")[0], "not_opened"),
    ("one unopened, the reserve not disclosed", awaiting("a120", DECIDES)[0], "not_opened"),
    ("one of two excluded, the other without points", excluded("a120 b130", POINTS, without="a")[0], "not_scored"),
    ("one excluded, the reserve not disclosed", excluded("a120", DECIDES, without="a")[0], "reserve_missing"),
    ("one of two excluded", excluded("a120 b130", without="a")[0], "accepted"),
    ("the only one excluded, where points are asked", excluded("a120", POINTS, without="a")[0], "accepted"),
    ("points of 0", SCORED, "accepted"),
]
FINISH[3][1].score_sealed_bid(1_102, 1, "a", 5)


@pytest.mark.parametrize(("model", "expected"), [row[1:] for row in FINISH], ids=[row[0] for row in FINISH])
def test_the_end_of_an_opening_is_decided_in_order(model: Model, expected: str) -> None:
    record = last(model.finish_opening(model.stamp, 1))
    assert verdict([record]) == expected
    if expected != "accepted":
        assert record == CommandRefused(
            seq=model.seq, at=model.stamp, lot=1, lot_seq=model.lot(1).lot_seq, command=Command.FINISH_OPENING,
            reason=Reason[expected.upper()],
        )  # fmt: skip


COUNTS: list[tuple[str, dict[str, Any], str, str, tuple[int, int], list[tuple[str, int]]]] = [
    ("one", SEALED, "a120", "", (1, 1), [("a", 120)]),
    ("in the order of amounts", SEALED, "a130 b120 c140", "", (3, 3), [("b", 120), ("a", 130), ("c", 140)]),
    ("equal ones the later first", SEALED, "b120 a120 c110", "", (3, 3), [("c", 110), ("a", 120), ("b", 120)]),
    ("a change makes a bid later", CHANGING, "a120 b130 a130", "", (2, 2), [("a", 130), ("b", 130)]),
    ("one excluded", SEALED, "a120 b130 c140", "c", (2, 2), [("a", 120), ("b", 130)]),
    ("all excluded", SEALED, "a120 b130", "ab", (0, 0), []),
    ("one below the floor", SEALED, "a99 b100 c101", "", (3, 2), [("b", 100), ("c", 101)]),
    ("one above the most", SEALED | {"sealed_most": 120}, "a120 b121", "", (2, 1), [("a", 120)]),
    ("one off the precision", SEALED | {"precision": 10}, "a120 b121", "", (2, 1), [("a", 120)]),
    ("none valid", SEALED, "a99 b0 c-5", "", (3, 0), []),
    ("an equal one", EQUAL_REFUSED, "b120 a120 c110", "", (3, 2), [("c", 110), ("b", 120)]),
    ("an equal one of two, with the first excluded", EQUAL_REFUSED, "b120 a120", "b", (1, 1), [("a", 120)]),
    ("equal ones below the floor", EQUAL_REFUSED, "b90 a90 c110", "", (3, 1), [("c", 110)]),
    ("off the step and above its multiples", HELD | {"multiple_anchor": 1, "max_multiple": 1}, "a101 b999", "",
     (2, 2), [("a", 101), ("b", 999)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("of", "bids", "without", "counts", "expected"), [row[1:] for row in COUNTS], ids=[row[0] for row in COUNTS]
)
def test_the_valid_bids_become_accepted_ones(
    of: dict[str, Any], bids: str, without: str, counts: tuple[int, int], expected: list[tuple[str, int]]
) -> None:
    model, _ = excluded(bids, of, without=without)
    lot = model.lot(1)
    records = model.finish_opening(1_110, 1, "court", "all there are")
    assert records == [
        OpeningFinished(
            seq=model.seq, at=1_110, lot=1, lot_seq=lot.lot_seq, next=AfterOpening.CLOSE,
            opened=counts[0], valid=counts[1], authority="court", why="all there are",
        )
    ]  # fmt: skip
    assert (lot.state, lot.finished, lot.deadline, lot.further_rounds) == (State.BIDDING, True, 1_110, 0)
    assert taken(model) == expected
    valid = {lot.bidder_number(bidder) for bidder, _ in expected}
    assert {n for n, of in enumerate(lot.standings, 1) if of.sealed.counted} == valid
    assert {n for n, of in enumerate(lot.standings, 1) if of.last_bid == 1_110} == valid
    (closed,) = model.advance(1_110)
    leader, top = (lot.bidder_number(expected[-1][0]), expected[-1][1]) if expected else (0, 0)
    assert closed == LotClosed(
        seq=model.seq, at=1_110, lot=1, lot_seq=lot.lot_seq, bidder=leader, due=1_110, cause=CloseCause.DEADLINE,
        next=AfterClose.NO_COMPARISON, top=top, accepted=len(expected), refused=0, quoted=len(valid), admitted=4,
    )  # fmt: skip
    assert lot.state == State.CLOSED


def test_the_floor_is_the_top_of_the_phases_before() -> None:
    model, records = placed("", SEALED | {"phases": (timed(50), sealed())})
    records += model.place_bid(1_010, 1, "a", 120)
    for at, (bidder, amount) in enumerate([("b", 119), ("c", 120)], 1_060):
        records += model.place_sealed_bid(at, 1, bidder, committed(bidder, amount))
    records += model.advance(1_150)
    for bidder, amount in (("b", 119), ("c", 120)):
        records += model.open_sealed_bid(1_151, 1, bidder, amount, blinding_of(bidder))
    records += model.finish_opening(1_152, 1) + model.advance(1_152)
    assert (taken(model), model.lot(1).quoted) == ([("a", 120), ("c", 120)], 2)
    records += model.record_outcome(1_152, 1, kind=1, winner=3, price=120)
    assert replayed(records).ok


def test_a_cap_that_led_to_sealed_bids_ends_nothing_behind_them() -> None:
    """The close is by the deadline of the opening, and no amount is above the cap."""
    model, records = placed("", SEALED | entering(sealed()))
    records += model.place_bid(1_010, 1, "a", 150)
    bids = [("b", 149), ("c", 900), ("d", 150)]
    for at, (bidder, amount) in enumerate(bids, 1_020):
        records += model.place_sealed_bid(at, 1, bidder, committed(bidder, amount))
    records += model.advance(1_110)
    for bidder, amount in bids:
        records += model.open_sealed_bid(1_111, 1, bidder, amount, blinding_of(bidder))
    records += model.finish_opening(1_112, 1) + model.advance(1_112)
    closed = last(records)
    assert isinstance(closed, LotClosed)
    assert (taken(model), closed.cause) == ([("a", 150), ("d", 150), ("c", 900)], CloseCause.DEADLINE)
    assert settle(model.lot(1)) == Settlement(kind=OutcomeKind.SOLD, winner=3, price=900)
    assert replayed(records).ok


def test_what_a_lot_that_awaits_its_opening_answers_to_every_other_command() -> None:
    model, records = awaiting("a120", SEALED | REQUIRED_AT_ENTRY)
    wrong = [
        model.admit_bidder(1_101, 1, "e"), model.close_lot(1_101, 1),
        model.resume_lot(1_101, 1), model.announce_resumption(1_101, 1, 2_000),
        model.compare_reserve(1_101, 1, met=True), model.enter_reserve(1_101, 1, 1, C),
        model.disclose_reserve(1_101, 1, 120, BLINDING), model.answer_inquiry(1_101, 1, "a", yes=True),
        model.grant_priority(1_101, 1, "a"), model.confirm_top_up(1_101, 1, "a"),
        model.draw_lottery(1_101, 1, [SOME]), model.record_outcome(1_101, 1, kind=1, winner=1, price=120),
        model.record_outcome(1_101, 1, kind=2, cause=1),
    ]  # fmt: skip
    assert [verdict(answer) for answer in wrong] == ["wrong_phase"] * len(wrong)
    others = [
        model.place_bid(1_101, 1, "b", 150), model.place_bid(1_101, 1, "e", 150),
        model.place_sealed_bid(1_101, 1, "b", SOME), model.withdraw_sealed_bid(1_101, 1, "a"),
        model.reenter_reserve(1_101, 1, 1, C),
    ]  # fmt: skip
    expected = ["closed", "not_admitted", "closed", "closed", "reserve_missing"]
    assert [verdict(answer) for answer in others] == expected
    records += flat(wrong + others) + model.terminate_lot(1_102, 1)
    assert (replayed(records).ok, model.lot(1).state) == (True, State.TERMINATED)


@pytest.mark.parametrize(
    "command",
    [
        lambda model: model.open_sealed_bid(1_101, 2, "a", 120, SOME),
        lambda model: model.open_sealed_bid(1_101, 1, "", 120, SOME),
        lambda model: model.open_sealed_bid(1_101, 1, "a", 2**63, SOME),
        lambda model: model.open_sealed_bid(1_101, 1, "a", 120, SOME[1:]),
        lambda model: model.exclude_sealed_bid(1_101, 2, "a"),
        lambda model: model.exclude_sealed_bid(1_101, 1, "e" * 65),
        lambda model: model.exclude_sealed_bid(1_101, 1, "a", ""),
        lambda model: model.exclude_sealed_bid(1_101, 1, "a", "court", "x" * 256),
        lambda model: model.score_sealed_bid(1_101, 2, "a", 1),
        lambda model: model.score_sealed_bid(1_101, 1, "e" * 65, 1),
        lambda model: model.score_sealed_bid(1_101, 1, "a", -1),
        lambda model: model.score_sealed_bid(1_101, 1, "a", 2**63),
        lambda model: model.score_sealed_bid(1_101, 1, "a", 1, 0),
        lambda model: model.score_sealed_bid(1_101, 1, "a", 1, 2**63),
        lambda model: model.score_sealed_bid(1_101, 1, "a", 1, 1, ""),
        lambda model: model.finish_opening(1_101, 2),
        lambda model: model.finish_opening(1_101, 1, "x" * 256),
    ],
)
def test_what_cannot_be_stated_is_no_command(command: Any) -> None:
    model, _ = opened("a120", POINTS)
    before = model.state_hash()
    with pytest.raises(CommandError):
        command(model)
    assert model.state_hash() == before
