"""Key 43, the top-up: whose further deposit is confirmed, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from auction_room import OPENED, SELL, entering, room, rules, timed, verdict
from replaying import replayed
from verifier import CommandError, CommandRefused, Model, Record, TopUpConfirmed
from verifier.terms import Command, Reason, TopUp

TOPPED: dict[str, Any] = entering(timed(), top_up=TopUp.REQUIRED)


def admitted(**changes: Any) -> Model:
    """Return a room with the bidders a to d, none of whom has bid."""
    model = room(rules(**changes))
    for bidder in "abcd":
        model.admit_bidder(1_001, 1, bidder)
    return model


def refused(reason: Reason, **changes: Any) -> CommandRefused:
    fields: dict[str, Any] = {
        "seq": 7, "at": 1_010, "lot": 1, "lot_seq": 6, "command": Command.CONFIRM_TOP_UP, "reason": reason,
    }  # fmt: skip
    return CommandRefused(**(fields | changes))


def test_a_top_up_is_recorded_with_who_confirmed_it() -> None:
    model = admitted(**TOPPED)
    assert model.confirm_top_up(1_010, 1, "c", "bank") == [
        TopUpConfirmed(seq=7, at=1_010, lot=1, lot_seq=6, bidder=3, by="bank")
    ]
    assert [standing.topped_up for standing in model.lot(1).standings] == [False, False, True, False]


def test_a_top_up_is_confirmed_once_of_an_admitted_bidder_and_under_key_43_only() -> None:
    model = admitted(**TOPPED)
    assert model.confirm_top_up(1_010, 1, "戊") == [refused(Reason.NOT_ADMITTED, name="戊")]
    model.confirm_top_up(1_010, 1, "b")
    again = refused(Reason.ALREADY_CONFIRMED, seq=9, lot_seq=8, bidder=2)
    assert model.confirm_top_up(1_010, 1, "b") == [again]
    for changes in (entering(timed()), SELL, {}):
        without = admitted(**changes)
        assert without.confirm_top_up(1_010, 1, "a") == [refused(Reason.TOP_UP_NOT_REQUIRED, bidder=1)]
        assert without.confirm_top_up(1_010, 1, "戊") == [
            refused(Reason.TOP_UP_NOT_REQUIRED, seq=8, lot_seq=7, name="戊")
        ]  # fmt: skip


def test_a_top_up_is_confirmed_until_bidding_is_over() -> None:
    """Before the opening, while it is frozen, before the cap and behind it."""
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(**TOPPED), opens_at=1_050)
    for bidder in "abcde":
        model.admit_bidder(1_001, 1, bidder)
    said = [verdict(model.confirm_top_up(1_010, 1, "a"))]
    model.suspend_lot(1_010, 1)
    said.append(verdict(model.confirm_top_up(1_010, 1, "b")))
    model.resume_lot(1_010, 1)
    said.append(verdict(model.confirm_top_up(1_050, 1, "c")))
    model.place_bid(1_060, 1, "a", 150)
    said += [verdict(model.confirm_top_up(at, 1, bidder)) for at, bidder in ((1_060, "d"), (1_159, "e"), (1_160, "e"))]
    assert said == ["accepted"] * 5 + ["wrong_phase"]
    for bidder, of in (("e", TOPPED), ("戊", TOPPED), ("a", {})):
        over = admitted(**of)
        over.terminate_lot(1_010, 1)
        assert verdict(over.confirm_top_up(1_010, 1, bidder)) == "wrong_phase"


@pytest.mark.parametrize(
    ("lot", "name", "by"), [(2, "a", "-"), (1, "", "-"), (1, "b" * 65, "-"), (1, "a", ""), (1, "a", "x" * 256)]
)
def test_a_confirmation_that_cannot_be_stated_is_no_command(lot: int, name: str, by: str) -> None:
    model = admitted(**TOPPED)
    with pytest.raises(CommandError):
        model.confirm_top_up(1_010, lot, name, by)
    assert model.seq == 6


def course() -> list[Record]:
    """Return the records of a lot that a and b, whose deposits are confirmed, take behind the cap, and c does not."""
    model = Model()
    records = model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=rules(**TOPPED))
    for bidder in "abc":
        records += model.admit_bidder(1_001, 1, bidder)
    records += model.confirm_top_up(1_002, 1, "a", "bank") + model.place_bid(1_003, 1, "b", 150)
    records += model.confirm_top_up(1_004, 1, "b", "bank") + model.confirm_top_up(1_004, 1, "b", "bank")
    records += model.confirm_top_up(1_004, 1, "戊", "bank")
    records += model.place_bid(1_005, 1, "c", 160) + model.place_bid(1_006, 1, "a", 160)
    records += model.place_bid(1_007, 1, "b", 170) + model.advance(1_103)
    return records + model.record_outcome(1_103, 1, kind=1, winner=2, price=170)


def test_a_course_behind_the_cap_is_verified_record_by_record() -> None:
    records = course()
    assert [type(record).__name__ for record in records] == [
        "HouseOpened", "LotOpened", "BidderAdmitted", "BidderAdmitted", "BidderAdmitted", "TopUpConfirmed", "BidAccepted",
        "PhaseStarted", "TopUpConfirmed", "CommandRefused", "CommandRefused", "BidRefused", "BidAccepted", "BidAccepted",
        "LotClosed", "OutcomeRecorded",
    ]  # fmt: skip
    assert replayed(records).ok


LIES: list[tuple[str, int, dict[str, Any], int | None]] = [
    ("a confirmation of somebody else", 6, {"bidder": 3}, 12),
    ("a confirmation of a stranger", 6, {"bidder": 4}, 6),
    ("a confirmation of nobody", 6, {"bidder": 0}, 6),
    ("a confirmation by another", 6, {"by": "court"}, None),
    ("a second confirmation of the first", 9, {"bidder": 1}, 9),
    ("another reason", 12, {"reason": Reason.NO_PRIOR_BID}, 12),
    ("another phase", 8, {"phase": 0}, 8),
    ("a refusal of another", 10, {"bidder": 1}, None),
    ("a refusal of one who is not confirmed", 10, {"bidder": 3}, 10),
    ("a refusal with a name too", 10, {"name": "b"}, 10),
    ("a refusal with an amount", 10, {"amount": 1}, 10),
    ("a refusal of a stranger without a name", 11, {"name": ""}, 11),
    ("a refusal of an admitted bidder as a stranger", 11, {"name": "a"}, 11),
]


@pytest.mark.parametrize(("seq", "changes", "found"), [row[1:] for row in LIES], ids=[row[0] for row in LIES])
def test_a_course_that_is_told_otherwise_is_found(seq: int, changes: dict[str, Any], found: int | None) -> None:
    records = course()
    report = replayed([*records[: seq - 1], replace(records[seq - 1], **changes), *records[seq:]])
    assert [(finding.code, finding.seq) for finding in report.findings] == (
        [] if found is None else [("divergence", found)]
    )
