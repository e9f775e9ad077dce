"""ExcludeSealedBid of B.4, of a bid that nobody opens: its record, the order of its checks, and what it leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from auction_room import last, verdict
from replaying import divergence, replayed
from sealed_room import (
    HELD,
    MEAN,
    POINTS,
    REQUOTE,
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
)
from verifier import CommandRefused, LotClosed, Model, OpeningFinished, Record, SealedBidExcluded, settle
from verifier.sealed_bid import SealedBid
from verifier.sealed_terms import AfterOpening
from verifier.settle import Settlement
from verifier.terms import Command, OutcomeCause, OutcomeKind, Reason, State


@pytest.mark.parametrize("of", [SEALED, HELD, MEAN, POINTS])
def test_an_excluded_bid_is_as_if_it_had_not_been(of: dict[str, Any]) -> None:
    """A house does not exclude what it holds, but nobody who has the journal alone can tell that it did."""
    model, records = opened("a120 b130", of, without="b")
    record = SealedBidExcluded(
        seq=11, at=1_105, lot=1, lot_seq=10, bidder=2, authority="court", why="it was not opened in time"
    )
    records += model.exclude_sealed_bid(1_105, 1, "b", "court", "it was not opened in time")
    assert (records[-1], replayed(records).ok) == (record, True)
    lot = model.lot(1)
    assert lot.standing(2).sealed == SealedBid()
    assert (lot.state, lot.accepted, lot.standing(1).sealed.opened) == (State.AWAITING_OPENING, 0, True)
    said = [verdict(model.exclude_sealed_bid(1_106, 1, "b")), verdict(model.open_sealed_bid(1_106, 1, "b", 130, SOME))]
    assert said == ["no_sealed_bid", "no_sealed_bid"]


STRANGER = "戊"
WITHDRAWN = placed("a120 b120", WITHDRAWING)[0]
WITHDRAWN.withdraw_sealed_bid(1_050, 1, "b")
WITHDRAWN.advance(1_100)
SUSPENDED = placed("a120")[0]
SUSPENDED.suspend_lot(1_050, 1)
TERMINATED = awaiting("a120")[0]
TERMINATED.terminate_lot(1_101, 1)
ROWS: list[tuple[str, Model, str, str]] = [
    ("before the end, a stranger", placed("a120")[0], STRANGER, "wrong_phase"),
    ("before the end", placed("a120")[0], "a", "wrong_phase"),
    ("a suspended lot", SUSPENDED, "a", "suspended"),
    ("a terminated lot", TERMINATED, "a", "wrong_phase"),
    ("behind the opening", finished("a120")[0], "a", "wrong_phase"),
    ("in a further round", finished("a120 b120", REQUOTE)[0], "a", "wrong_phase"),
    ("a stranger", awaiting("a120")[0], STRANGER, "not_admitted"),
    ("no bid", awaiting("a120")[0], "b", "no_sealed_bid"),
    ("a bid that was withdrawn", WITHDRAWN, "b", "no_sealed_bid"),
    ("a bid that is excluded", excluded("a120", without="a")[0], "a", "no_sealed_bid"),
    ("a bid that is opened", opened("a120")[0], "a", "already_opened"),
    ("a bid that is opened and not valid", opened("a99")[0], "a", "already_opened"),
    ("a bid that is not opened", awaiting("a120")[0], "a", "accepted"),
    ("a bid that is not opened, beside one that is", opened("a120 b130", without="b")[0], "b", "accepted"),
]


@pytest.mark.parametrize(("model", "bidder", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_an_exclusion_is_decided_in_order(model: Model, bidder: str, expected: str) -> None:
    lot = model.lot(1)
    number, before = lot.bidder_number(bidder), [replace(standing.sealed) for standing in lot.standings]
    record = last(model.exclude_sealed_bid(model.stamp, 1, bidder, "court", "not opened"))
    head: dict[str, Any] = {"seq": model.seq, "at": model.stamp, "lot": 1, "lot_seq": lot.lot_seq, "bidder": number}
    if expected == "accepted":
        assert record == SealedBidExcluded(**head, authority="court", why="not opened")
        return
    assert record == CommandRefused(
        **head, command=Command.EXCLUDE_SEALED_BID, reason=Reason[expected.upper()], name="" if number else bidder
    )
    assert [standing.sealed for standing in lot.standings] == before


def test_an_opening_goes_on_without_the_excluded() -> None:
    model, records = awaiting("a120 b130 c140")
    said = []
    for bidder, amount in (("a", 120), ("c", 140)):
        records += model.open_sealed_bid(1_101, 1, bidder, amount, blinding_of(bidder))
        records += model.finish_opening(1_102, 1)
        said.append(verdict(records))
    records += model.exclude_sealed_bid(1_103, 1, "b") + model.finish_opening(1_104, 1, "court", "opened")
    finish = last(records)
    assert (said, finish) == (
        ["not_opened", "not_opened"],
        OpeningFinished(
            seq=model.seq, at=1_104, lot=1, lot_seq=model.lot(1).lot_seq, next=AfterOpening.CLOSE, opened=2, valid=2,
            authority="court", why="opened",
        ),
    )  # fmt: skip
    assert replayed(records).ok


def test_a_lot_of_which_every_bid_is_excluded_is_unsold_for_want_of_bids() -> None:
    """Of too few bids nothing is opened; here the opening is finished, and sealed_min does not matter any more."""
    for of in (SEALED, SEALED | {"sealed_min": 2}, POINTS, MEAN):
        model, records = finished("a120 b130", of, without="ab")
        assert isinstance(last(records), LotClosed)
        assert settle(model.lot(1)) == Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.NO_BIDS)
        for cause in (OutcomeCause.TOO_FEW_BIDDERS, OutcomeCause.NO_BIDS):
            records += model.record_outcome(1_110, 1, kind=2, cause=cause)
        assert [record.reason for record in records[-2:]] == [Reason.OUTCOME_INVALID, Reason.NONE]
        assert replayed(records).ok


def test_the_tied_stay_so_when_their_bids_of_a_further_round_are_excluded() -> None:
    model, records = finished("a120 b120", REQUOTE)
    for at, (bidder, amount) in enumerate((("a", 130), ("b", 140)), 1_120):
        records += model.place_sealed_bid(at, 1, bidder, committed(bidder, amount, again=1))
    records += model.advance(1_210) + model.open_sealed_bid(1_211, 1, "a", 130, blinding_of("a"))
    records += model.exclude_sealed_bid(1_211, 1, "b")
    assert model.lot(1).standing(2).sealed == SealedBid(tied=True)
    records += model.finish_opening(1_212, 1) + model.advance(1_212)
    assert settle(model.lot(1)) == Settlement(kind=OutcomeKind.SOLD, winner=1, price=130)
    assert replayed([*records, *model.record_outcome(1_212, 1, kind=1, winner=1, price=130)]).ok


def course() -> list[Record]:
    """Return the records of a lot of which the bid of b is excluded, with refusals; their places are named below."""
    model, records = awaiting("a120 b130 c140")
    records += model.exclude_sealed_bid(1_101, 1, "d") + model.exclude_sealed_bid(1_101, 1, STRANGER)
    for bidder, amount in (("a", 120), ("c", 140)):
        records += model.open_sealed_bid(1_102, 1, bidder, amount, blinding_of(bidder))
    records += model.exclude_sealed_bid(1_103, 1, "a") + model.finish_opening(1_104, 1)
    records += model.exclude_sealed_bid(1_105, 1, "b", "court", "not opened")
    records += model.finish_opening(1_110, 1, "court", "opened") + model.advance(1_110)
    return records + model.record_outcome(1_110, 1, kind=1, winner=3, price=140)


NO_BID, STRANGE, OPENED, NOT_FINISHED, EXCLUDED, FINISHED = 11, 12, 15, 16, 17, 18
LIES: list[tuple[str, int, dict[str, Any], int | None]] = [
    ("no exclusion of one who could", NO_BID, {"bidder": 2}, NO_BID),
    ("another reason not to exclude", NO_BID, {"reason": Reason.ALREADY_OPENED}, NO_BID),
    ("another who has no bid", NO_BID, {"bidder": 5}, NO_BID),
    ("a stranger without a name", STRANGE, {"name": ""}, STRANGE),
    ("a stranger who is none", STRANGE, {"name": "a"}, STRANGE),
    ("another stranger", STRANGE, {"name": "己"}, None),
    ("an opened bid that is none", OPENED, {"reason": Reason.NO_SEALED_BID}, OPENED),
    ("another who is opened", OPENED, {"bidder": 3}, None),
    ("another reason not to finish", NOT_FINISHED, {"reason": Reason.NOT_SCORED}, NOT_FINISHED),
    ("an exclusion of another", EXCLUDED, {"bidder": 3}, EXCLUDED),
    ("an exclusion of one without a bid", EXCLUDED, {"bidder": 4}, EXCLUDED),
    ("an exclusion of a stranger", EXCLUDED, {"bidder": 5}, EXCLUDED),
    ("an exclusion of nobody", EXCLUDED, {"bidder": 0}, EXCLUDED),
    ("another authority and reason", EXCLUDED, {"authority": "house", "why": "x"}, None),
    ("an opening with the excluded", FINISHED, {"opened": 3}, FINISHED),
]


@pytest.mark.parametrize(("seq", "changes", "found"), [row[1:] for row in LIES], ids=[row[0] for row in LIES])
def test_a_course_that_is_told_otherwise_is_found(seq: int, changes: dict[str, Any], found: int | None) -> None:
    records = course()
    report = replayed([*records[: seq - 1], replace(records[seq - 1], **changes), *records[seq:]])
    expected = [] if found is None else [("divergence", found)]
    assert [(finding.code, finding.seq) for finding in report.findings] == expected


def test_the_course_is_verified_record_by_record() -> None:
    records = course()
    kinds = [type(record).__name__ for record in records[NO_BID - 2 :]]
    assert kinds == [
        "SealedPhaseEnded", "CommandRefused", "CommandRefused", "SealedBidOpened", "SealedBidOpened", "CommandRefused",
        "CommandRefused", "SealedBidExcluded", "OpeningFinished", "LotClosed", "OutcomeRecorded",
    ]  # fmt: skip
    report = replayed(records)
    assert (report.ok, report.lots[0].winner, report.lots[0].settlement) == (True, "c", "verified")


def test_an_opening_that_is_finished_while_a_bid_is_not_opened_is_found() -> None:
    records = course()
    early = replace(records[FINISHED - 1], seq=NOT_FINISHED, lot_seq=NOT_FINISHED - 1)
    assert divergence([*records[: NOT_FINISHED - 1], early]) == ("divergence", NOT_FINISHED)
