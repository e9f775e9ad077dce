"""PlaceSealedBid and WithdrawSealedBid of B.4: their records, the order of their checks, and what they leave."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import OPENED, entering, free, inquiry, last, preparation, rules, timed, verdict
from replaying import replayed
from sealed_room import (
    CHANGING,
    EQUAL_REFUSED,
    HELD,
    REQUOTE,
    SEALED,
    SOME,
    WITHDRAWING,
    blinding_of,
    committed,
    placed,
    sealed,
)
from verifier import (
    CommandError,
    CommandRefused,
    Model,
    SealedBidPlaced,
    SealedBidWithdrawn,
    decode,
    encode,
    sealed_commitment,
)
from verifier.sealed_bid import SealedBid
from verifier.terms import Command, Reason, State, TimedEntry

FULL: dict[str, Any] = EQUAL_REFUSED | {"sealed_most": 500, "precision": 10}
"""Under these rules every result of the vault is possible."""
CHANGED: dict[str, Any] = FULL | {"sealed_equal": None}
CLOSED: dict[str, Any] = {"closed": ((1_050, 1_060),)}


def bid(model: Model, bidder: int = 1) -> SealedBid:
    return model.lot(1).standing(bidder).sealed


@pytest.mark.parametrize(
    ("lot", "round_", "again", "bidder", "amount"),
    [
        ("lot-1", 1, 0, "a", 120),
        ("lot-1", 1, 1, "a", 120),
        ("标的一", 7, 258, "甲", 2**63 - 1),
        ("x" * 64, 2**32 - 1, 2**32 - 1, "é", -(2**63)),
        ("l", 1, 0, "b", 0),
    ],
)
def test_the_commitment_is_that_of_the_document(lot: str, round_: int, again: int, bidder: str, amount: int) -> None:
    for blinding in (SOME, bytes(32)):
        expected = committed(bidder, amount, blinding, lot=lot, round_=round_, again=again)
        assert sealed_commitment(lot, round_, "CNY", 2, again, bidder, amount, blinding) == expected


def test_a_sealed_bid_is_recorded_with_its_commitment_alone() -> None:
    model, _ = placed()
    record = SealedBidPlaced(seq=7, at=1_010, lot=1, lot_seq=6, bidder=2, commitment=SOME)
    assert model.place_sealed_bid(1_010, 1, "b", SOME) == [record]
    assert decode(encode(record)) == record
    assert (bid(model, 2), bid(model)) == (SealedBid(commitment=SOME, placed_seq=6), SealedBid())
    lot = model.lot(1)
    assert (lot.top, lot.accepted, lot.refused, lot.quoted, lot.deadline) == (None, 0, 0, 0, 1_100)


def test_a_changed_bid_takes_the_place_of_the_earlier_one() -> None:
    for of in (CHANGING, WITHDRAWING):
        model, _ = placed("a120 b130 a150", of)
        assert bid(model) == SealedBid(commitment=committed("a", 150), placed_seq=8)
        assert verdict(model.place_sealed_bid(1_050, 1, "a", committed("a", 120))) == "accepted"
        assert bid(model).placed_seq == 9


def test_a_bid_is_not_changed_to_the_commitment_that_stands() -> None:
    """It would take the place of the earlier one with nothing but a later time."""
    for of in (CHANGING, WITHDRAWING):
        model, records = placed("a120 b130 a150", of)
        records += model.place_sealed_bid(1_050, 1, "a", committed("a", 150))
        assert (verdict(records), bid(model).placed_seq) == ("already_placed", 8)
        assert replayed(records).ok
        said = [verdict(model.place_sealed_bid(1_051, 1, "a", committed(*of))) for of in (("b", 130), ("a", 120))]
        assert said == ["accepted", "accepted"]


def test_who_withdrew_a_bid_may_place_it_again() -> None:
    model, records = placed("a120", WITHDRAWING)
    records += model.withdraw_sealed_bid(1_020, 1, "a") + model.place_sealed_bid(1_021, 1, "a", committed("a", 120))
    assert (verdict(records), bid(model).placed_seq, replayed(records).ok) == ("accepted", 8, True)


def test_a_withdrawn_bid_is_as_if_it_had_not_been() -> None:
    model, _ = placed("a120 b130", WITHDRAWING)
    assert model.withdraw_sealed_bid(1_020, 1, "a") == [SealedBidWithdrawn(seq=9, at=1_020, lot=1, lot_seq=8, bidder=1)]
    assert (bid(model), bid(model, 2).stands) == (SealedBid(), True)
    assert verdict(model.withdraw_sealed_bid(1_021, 1, "a")) == "no_sealed_bid"
    assert verdict(model.place_sealed_bid(1_022, 1, "a", SOME)) == "accepted"
    assert bid(model) == SealedBid(commitment=SOME, placed_seq=10)


ASKED: dict[str, Any] = SEALED | CLOSED | {
    "phases": (timed(20), inquiry(10), sealed()), "inquiry_yes": 1, "timed_entry": TimedEntry.PRIOR_BID_AND_YES,
}  # fmt: skip
TOPPED: dict[str, Any] = REQUOTE | CLOSED | entering(sealed(), top_up=1)


def asked(*answers: str) -> Model:
    """Return a lot in whose timed phase a bid, and in whose inquiry a and those named answered yes, up to 1030."""
    model, _ = placed("", ASKED)
    for at, bidder in ((1_005, "a"), (1_006, "b")):
        model.place_bid(at, 1, bidder, 100 + at % 10 * 10)
    for bidder in ("a", *answers):
        model.answer_inquiry(1_025, 1, bidder, yes=True)
    model.advance(1_030)
    assert model.lot(1).phase == 2
    return model


def behind_cap() -> Model:
    """Return a lot that a bid of the cap led to its sealed phase at 1010, with the top-up of c confirmed."""
    model, _ = placed("", TOPPED)
    model.confirm_top_up(1_002, 1, "c")
    model.place_bid(1_010, 1, "a", 150)
    model.advance(1_010)
    assert model.lot(1).phase == 1
    return model


def tied() -> Model:
    """Return a lot in a further round from 1101 on among a and b, with the custody of the house and hours."""
    of = FULL | {"sealed_most": None, "sealed_equal": None, "sealed_tie": REQUOTE["sealed_tie"]}
    of |= {"closed": ((1_150, 1_160),)}
    model, _ = placed("a120 b120 c110", of)
    for bidder, amount in (("a", 120), ("b", 120), ("c", 110)):
        model.open_sealed_bid(1_100, 1, bidder, amount, blinding_of(bidder))
    model.finish_opening(1_101, 1)
    return model


def scheduled() -> Model:
    return placed("", FULL, opens_at=1_050)[0]


def suspended(of: dict[str, Any] = FULL) -> Model:
    model, _ = placed("", of)
    model.suspend_lot(1_005, 1)
    return model


def over(of: dict[str, Any] = FULL) -> Model:
    model, _ = placed("", of)
    model.advance(1_100)
    return model


def terminated() -> Model:
    model, _ = placed("a120", FULL)
    model.terminate_lot(1_020, 1)
    return model


def plain(*phases: Any, **changes: Any) -> Model:
    return placed("", FULL | {"phases": (*phases, sealed())} | changes)[0]


def repeated(result: int) -> tuple[Model, int, str, int]:
    """Return a lot in which the sealed bid of a that may be changed is the one that every test places."""
    model, _ = placed("", CHANGED | {"sealed_change": 1})
    model.place_sealed_bid(1_010, 1, "a", SOME)
    return model, 1_020, "a", result


STRANGER = "戊"
PLACE: list[tuple[str, Model, int, str, int, str]] = [
    ("a scheduled lot, a stranger", scheduled(), 1_049, STRANGER, 2, "not_open"),
    ("a suspended lot, a stranger", suspended(), 1_049, STRANGER, 2, "suspended"),
    ("a suspended lot that was scheduled", suspended(), 2_000, "a", 1, "suspended"),
    ("at the deadline", placed("", FULL)[0], 1_100, STRANGER, 2, "closed"),
    ("a closed lot", over(), 1_101, "a", 1, "closed"),
    ("a lot that awaits its opening", placed("a120", FULL)[0], 1_100, "b", 1, "closed"),
    ("a terminated lot", terminated(), 1_030, "a", 1, "closed"),
    ("a timed phase, a stranger", plain(timed()), 1_020, STRANGER, 2, "phase_takes_no_sealed_bids"),
    ("a timed phase", plain(timed()), 1_020, "a", 1, "phase_takes_no_sealed_bids"),
    ("a free phase, closed", plain(free(), **CLOSED), 1_050, "a", 1, "phase_takes_no_sealed_bids"),
    ("a stranger while closed", placed("", FULL | CLOSED)[0], 1_050, STRANGER, 2, "not_admitted"),
    ("a stranger to a lot of open admission", placed("", FULL)[0], 1_020, STRANGER, 1, "not_admitted"),
    ("while closed, without a bid", asked(), 1_050, "c", 1, "outside_hours"),
    ("from the end of the closed span on", placed("", FULL | CLOSED)[0], 1_060, "a", 1, "accepted"),
    ("without an earlier bid or a yes", asked("c"), 1_040, "c", 1, "no_prior_bid"),
    ("without a yes", asked(), 1_040, "b", 1, "no_yes"),
    ("with both", asked("b"), 1_040, "b", 1, "accepted"),
    ("without a top-up", behind_cap(), 1_040, "a", 1, "no_top_up"),
    ("with a top-up", behind_cap(), 1_040, "c", 1, "accepted"),
    ("while closed, without a top-up", behind_cap(), 1_050, "a", 1, "outside_hours"),
    ("not tied", tied(), 1_120, "c", 2, "not_tied"),
    ("not tied, without a bid in the first round", tied(), 1_120, "d", 1, "not_tied"),
    ("not tied, while closed", tied(), 1_150, "d", 1, "outside_hours"),
    ("tied", tied(), 1_120, "b", 1, "accepted"),
    ("tied, below the floor", tied(), 1_120, "b", 2, "below_floor"),
    ("placed already, below the floor", placed("a120", FULL)[0], 1_020, "a", 2, "already_placed"),
    ("placed already, equal", placed("a120 b120", FULL)[0], 1_020, "a", 5, "already_placed"),
    ("placed already, to be changed", placed("a120", CHANGED | {"sealed_change": 1})[0], 1_020, "a", 1, "accepted"),
    ("the same as stands, to be changed", *repeated(1), "already_placed"),
    ("the same as stands, to be changed, below the floor", *repeated(2), "already_placed"),
    ("changed to below the floor", placed("a120", CHANGED | {"sealed_change": 2})[0], 1_020, "a", 2, "below_floor"),
    ("below the floor", placed("", FULL)[0], 1_020, "a", 2, "below_floor"),
    ("above the most", placed("", FULL)[0], 1_020, "a", 3, "above_most"),
    ("off the precision", placed("", FULL)[0], 1_020, "a", 4, "too_precise"),
    ("equal to another's", placed("b120", FULL)[0], 1_020, "a", 5, "equal_sealed_bid"),
    ("the last moment", placed("", FULL)[0], 1_099, "a", 1, "accepted"),
]


@pytest.mark.parametrize(
    ("model", "at", "bidder", "result", "expected"), [row[1:] for row in PLACE], ids=[row[0] for row in PLACE]
)
def test_a_sealed_bid_is_decided_in_order(model: Model, at: int, bidder: str, result: int, expected: str) -> None:
    lot = model.lot(1)
    model.advance(at)
    number, before = lot.bidder_number(bidder), [standing.sealed.commitment for standing in lot.standings]
    records = model.place_sealed_bid(at, 1, bidder, SOME, result)
    head: dict[str, Any] = {"seq": model.seq, "at": at, "lot": 1, "lot_seq": lot.lot_seq, "bidder": number}
    if expected == "accepted":
        assert records == [SealedBidPlaced(**head, commitment=SOME)]
        return
    assert records == [
        CommandRefused(
            **head, reason=Reason[expected.upper()], command=Command.PLACE_SEALED_BID, name="" if number else bidder
        )
    ]
    assert [standing.sealed.commitment for standing in lot.standings] == before


WITHDRAW: list[tuple[str, Model, int, str, str]] = [
    ("a scheduled lot, a stranger", scheduled(), 1_049, STRANGER, "not_open"),
    ("a suspended lot, a stranger", suspended(), 1_049, STRANGER, "suspended"),
    ("at the deadline, a stranger", placed("a120", WITHDRAWING)[0], 1_100, STRANGER, "closed"),
    ("at the deadline", placed("a120", WITHDRAWING)[0], 1_100, "a", "closed"),
    ("a terminated lot", terminated(), 1_030, "a", "closed"),
    ("a timed phase, a stranger", plain(timed()), 1_020, STRANGER, "phase_takes_no_sealed_bids"),
    ("a stranger while closed", placed("", WITHDRAWING | CLOSED)[0], 1_050, STRANGER, "not_admitted"),
    ("while closed, not to be withdrawn", placed("a120", SEALED | CLOSED)[0], 1_050, "a", "outside_hours"),
    ("not to be withdrawn, and not placed", placed("", SEALED)[0], 1_020, "a", "not_withdrawable"),
    ("to be changed only", placed("a120", CHANGING)[0], 1_020, "a", "not_withdrawable"),
    ("not placed", placed("b120", WITHDRAWING)[0], 1_020, "a", "no_sealed_bid"),
    ("placed", placed("a120", WITHDRAWING)[0], 1_099, "a", "accepted"),
]


@pytest.mark.parametrize(
    ("model", "at", "bidder", "expected"), [row[1:] for row in WITHDRAW], ids=[row[0] for row in WITHDRAW]
)
def test_a_withdrawal_is_decided_in_order(model: Model, at: int, bidder: str, expected: str) -> None:
    lot = model.lot(1)
    model.advance(at)
    number, before = lot.bidder_number(bidder), [standing.sealed.commitment for standing in lot.standings]
    records = model.withdraw_sealed_bid(at, 1, bidder)
    head: dict[str, Any] = {"seq": model.seq, "at": at, "lot": 1, "lot_seq": lot.lot_seq, "bidder": number}
    if expected == "accepted":
        assert (records, lot.standing(number).sealed) == ([SealedBidWithdrawn(**head)], SealedBid())
        return
    assert records == [
        CommandRefused(
            **head, reason=Reason[expected.upper()], command=Command.WITHDRAW_SEALED_BID, name="" if number else bidder
        )
    ]
    assert [standing.sealed.commitment for standing in lot.standings] == before


def test_a_withdrawal_asks_neither_for_an_earlier_bid_nor_for_a_top_up() -> None:
    """The rows of the entry are of a bid; who is not let in has no sealed bid to withdraw."""
    model, _ = placed("", TOPPED | {"sealed_change": 2})
    model.place_bid(1_010, 1, "a", 150)
    assert verdict(model.withdraw_sealed_bid(1_040, 1, "a")) == "no_sealed_bid"


NOT_STATED: list[tuple[str, dict[str, Any], int, str, bytes, int]] = [
    ("another lot", FULL, 2, "a", SOME, 1),
    ("no name", FULL, 1, "", SOME, 1),
    ("a name too long", FULL, 1, "e" * 65, SOME, 1),
    ("a commitment of zeros", FULL, 1, "a", bytes(32), 1),
    ("a short commitment", FULL, 1, "a", SOME[1:], 1),
    ("a long commitment", FULL, 1, "a", SOME + b"1", 1),
    ("result 0", FULL, 1, "a", SOME, 0),
    ("result 6", FULL, 1, "a", SOME, 6),
    *((f"result {result} with the custody of the bidders", SEALED, 1, "a", SOME, result) for result in (2, 3, 4, 5)),
    *((f"result {result} without its rule", HELD, 1, "a", SOME, result) for result in (3, 4, 5)),
]


@pytest.mark.parametrize(
    ("of", "lot", "bidder", "commitment", "result"), [row[1:] for row in NOT_STATED], ids=[row[0] for row in NOT_STATED]
)
def test_what_cannot_be_stated_is_no_command(
    of: dict[str, Any], lot: int, bidder: str, commitment: bytes, result: int
) -> None:
    model, _ = placed("", of)
    before = model.state_hash()
    with pytest.raises(CommandError):
        model.place_sealed_bid(1_200, lot, bidder, commitment, result)
    if commitment == SOME and result == 1:
        with pytest.raises(CommandError):
            model.withdraw_sealed_bid(1_200, lot, bidder)
    assert model.state_hash() == before


def test_the_result_below_the_floor_needs_no_rule() -> None:
    assert verdict(placed("", HELD)[0].place_sealed_bid(1_010, 1, "a", SOME, 2)) == "below_floor"


def test_a_sealed_phase_takes_no_open_bid_and_has_no_ask() -> None:
    model, _ = placed("a120")
    for bidder, amount in (("a", 100), ("b", 0)):
        assert last(model.place_bid(1_020, 1, bidder, amount)).reason == Reason.PHASE_TAKES_NO_BIDS
    assert (model.quote(1).ask, model.quote(1).closes_at, model.lot(1).refused) == (None, 1_100, 2)
    model.suspend_lot(1_030, 1)
    assert (model.quote(1).ask, model.lot(1).state) == (None, State.SUSPENDED)


def test_a_stranger_is_admitted_by_an_open_bid_that_the_sealed_phase_refuses() -> None:
    model, _ = placed("a120")
    records = model.place_bid(1_020, 1, STRANGER, 100)
    assert [type(record).__name__ for record in records] == ["BidderAdmitted", "BidRefused"]
    assert verdict(model.place_sealed_bid(1_021, 1, STRANGER, SOME)) == "accepted"


def test_the_ask_before_a_sealed_phase_is_that_of_the_phases_before_it() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(**SEALED | {"phases": (timed(), sealed())}), opens_at=1_010)
    asks = [model.quote(1).ask]
    model.place_bid(1_020, 1, "a", 100)
    asks.append(model.quote(1).ask)
    model.advance(1_110)
    assert [*asks, model.quote(1).ask] == [100, 110, None]


RESUMED: list[tuple[str, tuple[Any, ...], int | None, int, int]] = [
    # The timed phase ends at 1050, a preparation of 20 or of 10 at 1070 or 1060; suspended at 1090, resumed at 1200.
    ("with the time that was left", (timed(50), preparation(20), sealed()), None, 2, 1_280),
    ("again", (timed(50), preparation(20), sealed()), 1, 2, 1_300),
    ("again, and not the preparation before it", (timed(50), preparation(20), sealed()), 2, 2, 1_300),
    ("again behind another phase", (timed(50), preparation(10), timed(10), sealed()), 2, 3, 1_300),
]


@pytest.mark.parametrize(
    ("phases", "how", "phase", "deadline"), [row[1:] for row in RESUMED], ids=[row[0] for row in RESUMED]
)
def test_a_suspended_sealed_phase_goes_on_or_begins_again_with_its_bids(
    phases: tuple[Any, ...], how: int | None, phase: int, deadline: int
) -> None:
    model, records = placed("", SEALED | {"phases": phases, "resume_timed": how})
    records += model.place_bid(1_010, 1, "a", 100) + model.place_sealed_bid(1_080, 1, "a", SOME)
    records += model.suspend_lot(1_090, 1) + model.resume_lot(1_200, 1)
    assert (model.lot(1).phase, model.lot(1).deadline, verdict(records)) == (phase, deadline, "accepted")
    records += model.place_sealed_bid(1_210, 1, "b", SOME)
    assert verdict(records) == "accepted"
    records += model.place_sealed_bid(1_220, 1, "a", SOME)
    assert (bid(model).stands, verdict(records), replayed(records).ok) == (True, "already_placed", True)


def test_a_sealed_phase_that_a_cap_leads_to_begins_again_without_a_preparation_behind_the_cap() -> None:
    before = (preparation(50), timed(50))
    of = SEALED | entering(sealed(), before=(timed(), *before)) | {"resume_timed": 2, "single_bidder": 2}
    model, records = placed("", of)
    records += model.place_bid(1_010, 1, "a", 140) + model.place_bid(1_160, 1, "b", 150)
    records += model.place_sealed_bid(1_170, 1, "c", SOME) + model.suspend_lot(1_190, 1)
    assert (verdict(records), model.lot(1).phase) == ("accepted", 3)
    records += model.resume_lot(1_300, 1)
    assert (model.lot(1).phase, model.lot(1).deadline, replayed(records).ok) == (3, 1_400, True)


def test_a_phase_before_a_sealed_one_begins_again_with_the_preparation_before_it() -> None:
    of = SEALED | {"phases": (timed(50), preparation(10), timed(10), sealed()), "resume_timed": 2}
    model, records = placed("", of)
    records += model.place_bid(1_010, 1, "a", 100) + model.suspend_lot(1_065, 1) + model.resume_lot(1_200, 1)
    assert (model.lot(1).phase, model.lot(1).deadline, replayed(records).ok) == (1, 1_210, True)
