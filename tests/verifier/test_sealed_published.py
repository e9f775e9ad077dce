"""Key 54 of B.1: the reserve that is disclosed while the sealed bids are opened, and decides or is for reference only."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import REQUIRED_AT_ENTRY, REQUIRED_BEFORE, last, timed, verdict
from replaying import BLINDING, C, divergence, replayed
from sealed_room import DECIDES, REFERENCE, SEALED, blinding_of, entered, placed, published, sealed
from verifier import CommandRefused, LotClosed, Opening, ReserveDisclosed, settle
from verifier.settle import Settlement
from verifier.terms import AfterClose, Command, OutcomeCause, OutcomeKind, Reason, ReserveState, State

BOTH = pytest.mark.parametrize("of", [DECIDES, REFERENCE], ids=["decides", "reference"])


@BOTH
def test_the_reserve_is_disclosed_while_the_bids_are_opened(of: dict[str, Any]) -> None:
    model, records = entered("a130", of)
    lot = model.lot(1)
    assert lot.published == 0
    for amount, blinding in ((121, BLINDING), (120, BLINDING[::-1])):
        records += model.disclose_reserve(1_102, 1, amount, blinding)
        assert (verdict(records), lot.published) == ("commitment_mismatch", 0)
    for at in (1_103, 1_104):
        records += model.disclose_reserve(at, 1, 120, BLINDING, "court")
        assert records[-1] == ReserveDisclosed(
            seq=model.seq, at=at, lot=1, lot_seq=lot.lot_seq, amount=120, blinding=BLINDING, by="court"
        )
        assert (lot.published, lot.reserve_state, lot.state) == (120, ReserveState.ENTERED, State.AWAITING_OPENING)
    assert replayed(records).ok


@BOTH
def test_the_opening_is_not_finished_before_the_reserve_is_disclosed(of: dict[str, Any]) -> None:
    model, records = entered("a130", of)
    records += model.finish_opening(1_102, 1)
    assert records[-1] == CommandRefused(
        seq=model.seq, at=1_102, lot=1, lot_seq=model.lot(1).lot_seq, command=Command.FINISH_OPENING,
        reason=Reason.RESERVE_MISSING,
    )  # fmt: skip
    records += model.disclose_reserve(1_103, 1, 120, BLINDING) + model.finish_opening(1_104, 1)
    assert (verdict(records), replayed(records).ok) == ("accepted", True)


@BOTH
def test_a_disclosed_amount_of_nothing_publishes_nothing(of: dict[str, Any]) -> None:
    """No vault takes it, so it is found; that the opening goes on waiting for a reserve is what the document says."""
    model, records = entered("a130", of, 0)
    records += model.disclose_reserve(1_102, 1, 0, BLINDING) + model.finish_opening(1_103, 1)
    assert ([record.reason for record in records[-2:]], model.lot(1).published) == (
        [Reason.NONE, Reason.RESERVE_MISSING], 0,
    )  # fmt: skip
    assert divergence(records) == ("reserve", len(records) - 1)


def test_the_reserve_is_asked_for_before_the_points() -> None:
    model, _ = entered("a130", DECIDES | {"sealed_award": 3})
    assert verdict(model.finish_opening(1_102, 1)) == "reserve_missing"
    model.disclose_reserve(1_103, 1, 120, BLINDING)
    assert verdict(model.finish_opening(1_104, 1)) == "not_scored"


def test_a_reserve_is_not_disclosed_otherwise_before_the_end() -> None:
    model, _ = placed("a130", DECIDES)
    model.enter_reserve(1_050, 1, 1, C)
    said = [verdict(model.disclose_reserve(1_099, 1, 120, BLINDING))]
    model.advance(1_100)
    model.open_sealed_bid(1_101, 1, "a", 130, blinding_of("a"))
    model.disclose_reserve(1_102, 1, 120, BLINDING)
    model.finish_opening(1_110, 1)
    said.append(verdict(model.disclose_reserve(1_110, 1, 120, BLINDING)))
    assert model.lot(1).state == State.AWAITING_RESERVE
    model.compare_reserve(1_111, 1, met=True)
    said.append(verdict(model.disclose_reserve(1_112, 1, 120, BLINDING)))
    assert said == ["wrong_phase"] * 3
    model, _ = entered("a130", SEALED | REQUIRED_AT_ENTRY)
    assert verdict(model.disclose_reserve(1_102, 1, 120, BLINDING)) == "wrong_phase"
    assert verdict(model.finish_opening(1_103, 1)) == "accepted"


@BOTH
@pytest.mark.parametrize("before", [True, False])
def test_a_reserve_that_is_not_entered_cannot_be_disclosed(*, of: dict[str, Any], before: bool) -> None:
    """One that was committed to before the opening may be entered yet, one that was to come with its entry may not."""
    lot: dict[str, Any] = {"commitment": C} if before else {}
    model, records = placed("a130", of | (REQUIRED_BEFORE if before else {}), **lot)
    records += model.advance(1_100) + model.open_sealed_bid(1_100, 1, "a", 130, blinding_of("a"))
    records += model.disclose_reserve(1_101, 1, 120, BLINDING)
    assert verdict(records) == "wrong_phase"
    records += model.enter_reserve(1_102, 1, 1, C)
    assert verdict(records) == ("accepted" if before else "wrong_phase")
    records += model.disclose_reserve(1_103, 1, 120, BLINDING)
    assert verdict(records) == ("accepted" if before else "wrong_phase")
    records += model.finish_opening(1_104, 1)
    assert verdict(records) == ("accepted" if before else "reserve_missing")
    assert replayed(records).ok


ENTRIES: list[tuple[str, dict[str, Any], str]] = [
    ("committed to, in a window", REQUIRED_BEFORE | {"entry_opens_before_end": 20}, "outside_entry_window"),
    ("not committed to, in a window", {"entry_opens_before_end": 20}, "wrong_phase"),
    ("committed to", REQUIRED_BEFORE, "accepted"),
    ("not committed to", {}, "wrong_phase"),
]


@pytest.mark.parametrize(("changes", "expected"), [row[1:] for row in ENTRIES], ids=[row[0] for row in ENTRIES])
def test_an_entry_while_the_opening_is_awaited(changes: dict[str, Any], expected: str) -> None:
    lot: dict[str, Any] = {"commitment": C} if changes.get("reserve_commitment") == 1 else {}
    model, _ = placed("a130", DECIDES | changes, **lot)
    model.advance(1_100)
    assert verdict(model.enter_reserve(1_101, 1, 1, C)) == expected


def test_a_reserve_is_entered_once_and_again_while_the_opening_is_awaited() -> None:
    model, _ = entered("a130", DECIDES)
    assert verdict(model.enter_reserve(1_102, 1, 1, C)) == "already_entered"
    assert verdict(model.reenter_reserve(1_102, 1, 1, C)) == "accepted"


def test_a_published_reserve_decides_as_any_other() -> None:
    for bid, met in ((120, True), (119, False)):
        model, records = published(f"a{bid}", DECIDES)
        closed = last(records)
        assert isinstance(closed, LotClosed)
        assert (closed.next, model.lot(1).state) == (AfterClose.COMPARE, State.AWAITING_RESERVE)
        records += model.compare_reserve(1_110, 1, met=met)
        sold: dict[str, Any] = {"kind": 1, "winner": 1, "price": 120} if met else {"kind": 2, "cause": 3}
        records += model.record_outcome(1_110, 1, **sold)
        report = replayed(records)
        assert (verdict(records), report.ok, report.reserve) == ("accepted", True, "proven")


def test_a_comparison_that_contradicts_the_published_reserve_is_found() -> None:
    """It is the comparison that comes last, and so is found."""
    for bid, met in ((119, True), (120, False)):
        model, records = published(f"a{bid}", DECIDES)
        records += model.compare_reserve(1_110, 1, met=met)
        assert divergence(records) == ("reserve", len(records))


@BOTH
def test_a_published_reserve_below_the_start_price_is_found(of: dict[str, Any]) -> None:
    model, records = entered("a130", of, 99)
    records += model.disclose_reserve(1_102, 1, 99, BLINDING) + model.finish_opening(1_110, 1)
    assert divergence(records) == ("reserve", len(records) - 1)
    opening = Opening("lot-1", 1, "CNY", 2, 99, BLINDING)
    finding = replayed(records, opening=opening).findings[0]
    assert (finding.code, finding.seq) == ("reserve", 8)


@pytest.mark.parametrize("bid", [110, 120, 130])
def test_a_reserve_for_reference_is_never_compared(bid: int) -> None:
    model, records = published(f"a{bid}", REFERENCE)
    closed, lot = last(records), model.lot(1)
    assert isinstance(closed, LotClosed)
    assert (closed.next, lot.state, lot.reserve_state) == (AfterClose.NO_COMPARISON, State.CLOSED, ReserveState.ENTERED)
    assert settle(lot) == Settlement(kind=OutcomeKind.SOLD, winner=1, price=bid)
    records += model.compare_reserve(1_110, 1, met=True)
    assert verdict(records) == "wrong_phase"
    for cause in OutcomeCause:
        records += model.record_outcome(1_110, 1, kind=2, cause=cause)
        assert verdict(records) == "outcome_invalid"
    records += model.record_outcome(1_110, 1, kind=1, winner=1, price=bid)
    report = replayed(records)
    assert (report.ok, report.reserve, report.lots[0].reserve) == (True, "none", "none")


def test_a_lot_with_a_reserve_for_reference_is_sold_without_an_entry_where_nothing_was_opened() -> None:
    of = REFERENCE | {"phases": (timed(), sealed()), "sealed_min": 2}
    model, records = placed("", of)
    records += model.place_bid(1_010, 1, "a", 100) + model.advance(1_200)
    records += model.record_outcome(1_200, 1, kind=1, winner=1, price=100)
    assert (verdict(records), model.lot(1).reserve_state, replayed(records).ok) == (
        "accepted",
        ReserveState.MISSING,
        True,
    )


@BOTH
def test_a_disclosure_after_the_end_is_one_too(of: dict[str, Any]) -> None:
    model, records = entered("", of)
    records += model.disclose_reserve(1_100, 1, 120, BLINDING)
    assert (verdict(records), model.lot(1).state) == ("wrong_phase", State.CLOSED)
    records += model.record_outcome(1_101, 1, kind=2, cause=1) + model.disclose_reserve(1_102, 1, 120, BLINDING)
    assert (verdict(records), model.lot(1).published, replayed(records).ok) == ("accepted", 120, True)


def test_a_reserve_that_is_not_to_be_published_is_never_so() -> None:
    model, _ = entered("", SEALED | REQUIRED_AT_ENTRY)
    model.terminate_lot(1_101, 1)
    assert (verdict(model.disclose_reserve(1_102, 1, 120, BLINDING)), model.lot(1).published) == ("accepted", 0)


@BOTH
def test_a_reserve_is_disclosed_while_a_bid_is_not_opened(of: dict[str, Any]) -> None:
    model, records = placed("a130 b140", of)
    records += model.enter_reserve(1_050, 1, 1, C) + model.advance(1_100)
    records += model.open_sealed_bid(1_101, 1, "a", 130, blinding_of("a"))
    records += model.disclose_reserve(1_102, 1, 120, BLINDING)
    said = [verdict(records), verdict(model.finish_opening(1_103, 1))]
    said += [verdict(model.exclude_sealed_bid(1_103, 1, "b")), verdict(model.finish_opening(1_103, 1))]
    assert said == ["accepted", "not_opened", "accepted", "accepted"]
    assert (model.lot(1).published, replayed(records).ok) == (120, True)
