"""Journals with sealed bids that are told otherwise: what is found, and what is taken as it is recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from replaying import divergence, replayed
from sealed_room import (
    EQUAL_REFUSED,
    HELD,
    POINTS,
    REQUOTE,
    SEALED,
    SOME,
    awaiting,
    blinding_of,
    committed,
    opened,
    placed,
)
from verifier.sealed_terms import AfterOpening
from verifier.terms import CloseCause, Command, Reason

if TYPE_CHECKING:
    from verifier import Record


def course() -> list[Record]:
    """Return the records of a lot that falls to b by points; their sequences are those of the names below."""
    model, records = placed("a120 b130 c140 d150", POINTS | {"sealed_change": 2, "sealed_most": 145})
    records += model.withdraw_sealed_bid(1_020, 1, "c") + model.withdraw_sealed_bid(1_021, 1, "c")
    records += model.place_sealed_bid(1_022, 1, "戊", SOME) + model.advance(1_100)
    for bidder, amount in (("a", 120), ("b", 130), ("d", 150)):
        records += model.open_sealed_bid(1_101, 1, bidder, amount, blinding_of(bidder))
    records += model.open_sealed_bid(1_102, 1, "c", 140, blinding_of("c"))
    for bidder, points in (("a", 2), ("b", 3), ("d", 4)):
        records += model.score_sealed_bid(1_103, 1, bidder, points, 4, "panel")
    records += model.finish_opening(1_110, 1, "court", "opened") + model.advance(1_110)
    return records + model.record_outcome(1_110, 1, kind=1, winner=2, price=130)


PLACED, WITHDRAWN, NOT_WITHDRAWN, STRANGE, ENDED, OPENED, NOT_OPENED, SCORED, NOT_SCORED, FINISHED, OUTCOME = (
    7, 11, 12, 13, 14, 15, 18, 19, 21, 22, 24,
)  # fmt: skip


def test_the_course_is_verified_record_by_record() -> None:
    records = course()
    assert [type(record).__name__ for record in records] == [
        "HouseOpened", "LotOpened", *["BidderAdmitted"] * 4, *["SealedBidPlaced"] * 4, "SealedBidWithdrawn",
        "CommandRefused", "CommandRefused", "SealedPhaseEnded", *["SealedBidOpened"] * 3, "CommandRefused",
        *["SealedBidScored"] * 2, "CommandRefused", "OpeningFinished", "LotClosed", "OutcomeRecorded",
    ]  # fmt: skip
    report = replayed(records)
    assert (report.ok, report.bids, report.lots[0].winner, report.lots[0].price) == (True, 0, "b", 130)
    assert report.lots[0].settlement == "verified"


LIES: list[tuple[str, int, dict[str, Any], int | None]] = [
    ("another commitment that is not opened", PLACED + 2, {"commitment": SOME}, None),
    ("another commitment that is opened", PLACED, {"commitment": SOME}, OPENED),
    ("a bid of another", PLACED + 2, {"bidder": 4}, WITHDRAWN),
    ("a bid of a stranger", PLACED, {"bidder": 5}, PLACED),
    ("a bid of nobody", PLACED, {"bidder": 0}, PLACED),
    ("a bid that was placed after the end", PLACED + 3, {"at": 1_100}, PLACED + 3),
    ("a withdrawal of another", WITHDRAWN, {"bidder": 1}, WITHDRAWN + 1),
    ("a withdrawal of nobody", WITHDRAWN, {"bidder": 0}, WITHDRAWN),
    ("another reason not to withdraw", NOT_WITHDRAWN, {"reason": Reason.NOT_WITHDRAWABLE}, NOT_WITHDRAWN),
    ("no withdrawal of one who could", NOT_WITHDRAWN, {"bidder": 1}, NOT_WITHDRAWN),
    ("a stranger without a name", STRANGE, {"name": ""}, STRANGE),
    ("a stranger who is none", STRANGE, {"name": "a"}, STRANGE),
    ("another stranger", STRANGE, {"name": "己"}, None),
    ("a stranger with an amount", STRANGE, {"amount": 1}, STRANGE),
    ("an end with more bids", ENDED, {"standing": 4}, ENDED),
    ("an end that was due before", ENDED, {"due": 1_099}, ENDED),
    ("an end that was late", ENDED, {"at": 1_101}, ENDED),
    ("an end with a bidder", ENDED, {"bidder": 1}, ENDED),
    ("another amount", OPENED, {"amount": 121}, OPENED),
    ("another blinding", OPENED, {"blinding": SOME}, OPENED),
    ("an opening of another's", OPENED, {"bidder": 2}, OPENED),
    ("another reason not to open", NOT_OPENED, {"reason": Reason.COMMITMENT_MISMATCH}, NOT_OPENED),
    ("no opening of one who could", NOT_OPENED, {"bidder": 2}, NOT_OPENED),
    ("other points by which another wins", SCORED, {"numerator": 4}, OUTCOME),
    ("other points by which the same wins", SCORED, {"denominator": 5}, None),
    ("points of another", SCORED, {"bidder": 2}, SCORED + 1),
    ("points of an invalid bid", SCORED, {"bidder": 4}, SCORED),
    ("points of one who has some", NOT_SCORED, {"bidder": 2}, NOT_SCORED),
    ("another opening finished", FINISHED, {"why": "x"}, None),
    ("an opening that goes on", FINISHED, {"next": AfterOpening.ANOTHER_ROUND}, FINISHED),
    ("an opening of fewer opened", FINISHED, {"opened": 2}, FINISHED),
    ("an opening of more opened", FINISHED, {"opened": 4}, FINISHED),
    ("an opening of more valid", FINISHED, {"valid": 3}, FINISHED),
    ("an opening with a bidder", FINISHED, {"bidder": 2}, FINISHED),
    ("a close by the cap", FINISHED + 1, {"cause": CloseCause.CAP}, FINISHED + 1),
    ("a close by a call", FINISHED + 1, {"cause": CloseCause.CALLED}, FINISHED + 1),
    ("a close without its bids", FINISHED + 1, {"accepted": 0}, FINISHED + 1),
    ("another winner", OUTCOME, {"bidder": 1, "price": 120}, OUTCOME),
]


@pytest.mark.parametrize(("seq", "changes", "found"), [row[1:] for row in LIES], ids=[row[0] for row in LIES])
def test_a_course_that_is_told_otherwise_is_found(seq: int, changes: dict[str, Any], found: int | None) -> None:
    records = course()
    report = replayed([*records[: seq - 1], replace(records[seq - 1], **changes), *records[seq:]])
    code = "settlement" if found == OUTCOME else "divergence"
    assert [(finding.code, finding.seq) for finding in report.findings] == ([] if found is None else [(code, found)])


def test_an_outcome_without_the_opening_is_found() -> None:
    records = course()
    short = [*records[:ENDED], replace(records[-1], seq=ENDED + 1, lot_seq=ENDED)]
    assert divergence(short) == ("divergence", ENDED + 1)


FULL: dict[str, Any] = EQUAL_REFUSED | {"sealed_most": 500, "precision": 10}
ATTESTED = (Reason.BELOW_FLOOR, Reason.ABOVE_MOST, Reason.TOO_PRECISE, Reason.EQUAL_SEALED_BID)


@pytest.mark.parametrize("recorded", ATTESTED)
@pytest.mark.parametrize("result", [2, 3, 4, 5])
def test_what_the_vault_said_of_an_amount_is_taken_as_recorded(result: int, recorded: Reason) -> None:
    model, records = placed("b120", FULL)
    records += model.place_sealed_bid(1_020, 1, "a", SOME, result)
    assert records[-1].reason == ATTESTED[result - 2]
    assert replayed(records).ok
    assert replayed([*records[:-1], replace(records[-1], reason=recorded)]).ok


MAY: list[tuple[str, dict[str, Any], tuple[Reason, ...]]] = [
    ("the bidders hold the amounts", SEALED, ()),
    ("the bidders hold the amounts, with every limit", SEALED | {"sealed_most": 500, "precision": 10}, ()),
    ("no limit but the floor", HELD, ATTESTED[:1]),
    ("a most", HELD | {"sealed_most": 500}, ATTESTED[:2]),
    ("a precision", HELD | {"precision": 10}, (ATTESTED[0], ATTESTED[2])),
    ("equal ones refused", EQUAL_REFUSED, (ATTESTED[0], ATTESTED[3])),
    ("everything", FULL, ATTESTED),
]


@pytest.mark.parametrize("reason", ATTESTED)
@pytest.mark.parametrize(("of", "possible"), [row[1:] for row in MAY], ids=[row[0] for row in MAY])
def test_the_vault_says_only_what_the_rules_let_it_say(
    of: dict[str, Any], possible: tuple[Reason, ...], reason: Reason
) -> None:
    model, records = placed("b120", of)
    records += model.place_sealed_bid(1_020, 1, "b", SOME)
    assert records[-1].reason == Reason.ALREADY_PLACED
    lie = replace(records[-1], bidder=1, reason=reason)
    if reason in possible:
        assert replayed([*records[:-1], lie]).ok
    else:
        assert divergence([*records[:-1], lie]) == ("divergence", len(records))


def test_a_vault_says_nothing_of_a_bid_that_is_refused_before() -> None:
    model, records = placed("b120", FULL)
    records += model.place_sealed_bid(1_020, 1, "b", SOME, 2)
    assert records[-1].reason == Reason.ALREADY_PLACED
    assert divergence([*records[:-1], replace(records[-1], reason=Reason.BELOW_FLOOR)]) == ("divergence", len(records))


STANDING = [bytes([n]) * 32 for n in (1, 2, 9)]
"""The commitment of a refused sealed bid is not recorded; what stands may be any, also one that a replay makes up."""


@pytest.mark.parametrize("change", [1, 2])
@pytest.mark.parametrize("stands", STANDING)
def test_a_refused_change_is_verified_whatever_was_committed_to(stands: bytes, change: int) -> None:
    model, records = placed("b120", HELD | {"sealed_change": change})
    records += model.place_sealed_bid(1_020, 1, "a", stands)
    for commitment, result, reason in (
        (stands, 1, Reason.ALREADY_PLACED), (stands, 2, Reason.ALREADY_PLACED), (bytes([7]) * 32, 2, Reason.BELOW_FLOOR),
    ):  # fmt: skip
        records += model.place_sealed_bid(1_030, 1, "a", commitment, result)
        assert (records[-1].reason, replayed(records).ok) == (reason, True)
    strange = replace(records[-1], bidder=3, reason=Reason.ALREADY_PLACED)
    assert divergence([*records[:-1], strange]) == ("divergence", len(records))


def test_a_bid_that_may_not_be_changed_is_refused_whatever_was_committed_to() -> None:
    model, records = placed("b120", SEALED)
    for commitment in (committed("b", 120), SOME):
        records += model.place_sealed_bid(1_020, 1, "b", commitment)
        assert (records[-1].reason, replayed(records).ok) == (Reason.ALREADY_PLACED, True)


@pytest.mark.parametrize("amount", [0, 1, 120])
@pytest.mark.parametrize("blinding", [bytes(32), SOME])
def test_a_refused_opening_is_verified_whatever_was_committed_to(amount: int, blinding: bytes) -> None:
    """The opening that was refused is not recorded; zeros may be somebody's amount and blinding."""
    model, records = placed()
    records += model.place_sealed_bid(1_010, 1, "a", committed("a", amount, blinding)) + model.advance(1_100)
    records += model.open_sealed_bid(1_101, 1, "a", amount + 1, blinding)
    assert (records[-1].reason, replayed(records).ok) == (Reason.COMMITMENT_MISMATCH, True)
    records += model.open_sealed_bid(1_102, 1, "a", amount, blinding)
    assert (records[-1].reason, replayed(records).ok) == (Reason.NONE, True)


def test_a_further_round_that_is_told_otherwise_is_found() -> None:
    model, records = opened("a120 b120", REQUOTE)
    records += model.finish_opening(1_110, 1) + model.place_sealed_bid(1_120, 1, "a", SOME)
    assert replayed(records).ok
    closed = replace(records[-2], next=AfterOpening.CLOSE)
    assert divergence([*records[:-2], closed, records[-1]]) == ("divergence", len(records) - 1)
    other = replace(records[-1], bidder=3)
    assert divergence([*records[:-1], other]) == ("divergence", len(records))


def test_an_end_of_a_phase_without_a_bid_is_found() -> None:
    ended = awaiting("a120")[1][-1]
    _, records = placed()
    assert divergence([*records, replace(ended, seq=7, lot_seq=6)]) == ("divergence", 7)


def test_a_refusal_of_a_command_without_a_bidder_names_none() -> None:
    model, records = placed("a120")
    records += model.finish_opening(1_020, 1)
    assert (records[-1].reason, replayed(records).ok) == (Reason.WRONG_PHASE, True)
    for changes in ({"bidder": 1}, {"name": "a"}, {"bidder": 9}):
        lie = replace(records[-1], **changes)
        assert divergence([*records[:-1], lie]) == ("divergence", len(records))
    assert divergence([*records[:-1], replace(records[-1], command=Command.OPEN_SEALED_BID)])[1] == len(records)
