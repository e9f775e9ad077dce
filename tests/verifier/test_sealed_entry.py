"""EnterReserve of B.6 once sealed bids were opened: who knows what others bid cannot set a reserve any more."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import REQUIRED_AT_ENTRY, REQUIRED_BEFORE, SETTERS, last, verdict
from replaying import C, commitment_to, replayed
from sealed_room import REQUOTE, Course, blinding_of, placed
from verifier import ReserveEntered
from verifier.terms import Reason, ReserveState, State, VaultResult

AT_ENTRY: dict[str, Any] = REQUOTE | REQUIRED_AT_ENTRY
BEFORE: dict[str, Any] = REQUOTE | REQUIRED_BEFORE
WINDOW: dict[str, Any] = {"entry_opens_before_end": 60}
"""In the further round from 1110 to 1210 the entry is open from 1150 on, if it is open at all."""
OTHER = commitment_to(130)


def another_round(of: dict[str, Any], entries: tuple[tuple[bytes, str], ...] = ()) -> Course:
    """Return a lot in its further round, which began at 1110, with what was entered in the first at 1050."""
    before: dict[str, Any] = {"commitment": C} if of["reserve_commitment"] == 1 else {}
    model, records = placed("a120 b120", of, **before)
    for commitment, by in entries:
        records += model.enter_reserve(1_050, 1, 1, commitment, by)
    records += model.advance(1_100)
    for bidder in "ab":
        records += model.open_sealed_bid(1_101, 1, bidder, 120, blinding_of(bidder))
    records += model.finish_opening(1_110, 1)
    assert (model.lot(1).state, model.lot(1).further_rounds) == (State.BIDDING, 1)
    return model, records


ONE: tuple[tuple[bytes, str], ...] = ((C, "x"),)
ROWS: list[tuple[str, dict[str, Any], tuple[tuple[bytes, str], ...], int, str]] = [
    ("not committed to", AT_ENTRY, (), 1, "wrong_phase"),
    ("not committed to, below the start price", AT_ENTRY, (), 2, "wrong_phase"),
    ("not committed to, before its window", AT_ENTRY | {"entry_opens_before_end": 20}, (), 1, "wrong_phase"),
    ("not committed to, in its window", AT_ENTRY | WINDOW, (), 1, "wrong_phase"),
    ("entered", AT_ENTRY, ONE, 1, "already_entered"),
    ("one figure of three", REQUOTE | SETTERS, ONE, 1, "wrong_phase"),
    ("no figure of three", REQUOTE | SETTERS, (), 1, "wrong_phase"),
    ("all figures", REQUOTE | SETTERS, ((C, "x"), (commitment_to(110), "y"), (commitment_to(140), "z")), 1,
     "already_entered"),
    ("committed to, with another", BEFORE, (), 1, "commitment_mismatch"),
    ("committed to, below the start price", BEFORE, (), 2, "reserve_below_start"),
    ("committed to, before its window", BEFORE | {"entry_opens_before_end": 20}, (), 1, "outside_entry_window"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("of", "entries", "result", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_a_reserve_is_not_entered_in_a_further_round(
    of: dict[str, Any], entries: tuple[tuple[bytes, str], ...], result: int, expected: str
) -> None:
    model, records = another_round(of, entries)
    lot = model.lot(1)
    before = lot.reserve_state, lot.commitment, list(lot.figures)
    records += model.enter_reserve(1_160, 1, result, OTHER, "w", "v")
    assert last(records) == ReserveEntered(
        seq=model.seq, at=1_160, lot=1, lot_seq=lot.lot_seq, reason=Reason[expected.upper()],
        result=VaultResult(result), commitment=OTHER, by="w", witness="v",
    )  # fmt: skip
    assert (lot.reserve_state, lot.commitment, lot.figures) == before
    assert replayed(records).ok


@pytest.mark.parametrize("of", [BEFORE, BEFORE | WINDOW])
def test_one_that_was_committed_to_before_is_entered_in_a_further_round(of: dict[str, Any]) -> None:
    model, records = another_round(of)
    records += model.enter_reserve(1_160, 1, 1, C)
    assert (verdict(records), model.lot(1).reserve_state, replayed(records).ok) == (
        "accepted", ReserveState.ENTERED, True,
    )  # fmt: skip


def test_a_figure_that_was_entered_is_so_in_a_further_round_too() -> None:
    for commitment, by in ((C, "w"), (OTHER, "x")):
        model, _ = another_round(REQUOTE | SETTERS, ONE)
        assert verdict(model.enter_reserve(1_160, 1, 1, commitment, by)) == "already_entered"
        assert verdict(model.reenter_reserve(1_160, 1, 1, C, by)) == "accepted"


@pytest.mark.parametrize(("of", "expected"), [(AT_ENTRY | WINDOW, "wrong_phase"), (BEFORE | WINDOW, "suspended")])
def test_the_further_round_is_looked_at_before_the_window(of: dict[str, Any], expected: str) -> None:
    model, records = another_round(of)
    records += model.suspend_lot(1_155, 1) + model.enter_reserve(1_160, 1, 1, C)
    assert (verdict(records), replayed(records).ok) == (expected, True)


def test_a_reserve_is_not_entered_behind_a_further_round() -> None:
    """Neither while its bids are to be opened, nor while the reserve is to be compared."""
    model, records = another_round(AT_ENTRY)
    records += model.place_sealed_bid(1_120, 1, "a", OTHER) + model.advance(1_210)
    states = [model.lot(1).state]
    records += model.enter_reserve(1_211, 1, 1, C) + model.exclude_sealed_bid(1_212, 1, "a")
    records += model.finish_opening(1_212, 1) + model.advance(1_212)
    states.append(model.lot(1).state)
    records += model.enter_reserve(1_213, 1, 1, C) + model.compare_reserve(1_214, 1, met=True)
    entries = [record for record in records if isinstance(record, ReserveEntered)]
    assert states == [State.AWAITING_OPENING, State.AWAITING_RESERVE]
    assert [record.reason for record in entries] == [Reason.WRONG_PHASE] * 2
    assert (verdict(records), replayed(records).ok) == ("reserve_missing", True)


@pytest.mark.parametrize("of", [AT_ENTRY, AT_ENTRY | WINDOW, BEFORE])
def test_in_the_first_round_a_reserve_is_entered(of: dict[str, Any]) -> None:
    before: dict[str, Any] = {"commitment": C} if of["reserve_commitment"] == 1 else {}
    model, records = placed("a120 b120", of, **before)
    records += model.enter_reserve(1_050, 1, 1, C)
    assert (verdict(records), replayed(records).ok) == ("accepted", True)
