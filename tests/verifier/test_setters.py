"""The reserve of B.6 that several people set: their entries, what commits to them, and what the commands make of them."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import pytest
from auction_room import OPENED, REQUIRED_AT_ENTRY, SETTERS, called, last, room, rules, verdict
from replaying import BLINDING, commitment_to
from verifier import CommandRefused, Model, ReserveDisclosed, ReserveEntered, ReserveReentered
from verifier.terms import NONE, Command, OutcomeCause, OutcomeKind, Reason, ReserveState, State, VaultResult

AMOUNTS = (120, 130, 140)
FIGURES = [(commitment_to(amount), by) for amount, by in zip(AMOUNTS, ("court", "法院", "k"), strict=True)]
STRANGE = bytes([7]) * 32


def chained_by_hand(figures: list[tuple[bytes, str]]) -> bytes:
    """Return the commitment that the formula of the document gives, worked apart from the verifier."""
    chain = bytes(32)
    for commitment, by in figures:
        name = by.encode()
        chain = hashlib.sha256(
            b"pyauction/reserve/figures/v1" + chain + commitment + len(name).to_bytes(2, "little") + name
        ).digest()
    return chain


def entered(count: int, **changes: Any) -> Model:
    """Return a room in which so many of the three figures are entered, at 1001, 1002, …"""
    model = room(rules(**SETTERS | changes))
    for at, (commitment, by) in enumerate(FIGURES[:count], OPENED + 1):
        assert verdict(model.enter_reserve(at, 1, 1, commitment, by, "notary")) == "accepted"
    return model


def test_the_last_figure_makes_the_reserve_entered() -> None:
    for count in range(4):
        lot = entered(count).lot(1)
        assert lot.reserve_state == (ReserveState.ENTERED if count == 3 else ReserveState.MISSING)
        assert lot.commitment == chained_by_hand(FIGURES[:count])


def test_an_entry_is_recorded_with_the_commitment_of_its_figure() -> None:
    assert entered(1).enter_reserve(1_010, 1, 1, *FIGURES[1], "notary") == [
        ReserveEntered(
            seq=4, at=1_010, lot=1, lot_seq=3, result=VaultResult.ACCEPTED, commitment=FIGURES[1][0], by="法院",
            witness="notary",
        )
    ]  # fmt: skip


@pytest.mark.parametrize("count", range(4))
def test_the_state_hash_covers_the_figures_behind_each_entry(count: int) -> None:
    model = entered(count)
    lot = b"pyauction/lot/v1" + struct.pack("<II", 1, 1 + count) + rules(**SETTERS).rules_hash
    lot += struct.pack("<BBqqqqIIIIII", 2, 0, 1_100, NONE, NONE, 0, 0, 0, 0, 0, 0, 0)
    lot += bytes([3 if count == 3 else 1]) + chained_by_hand(FIGURES[:count]) + struct.pack("<BIq", 0, 0, 0)
    state = struct.pack("<QqI", 2 + count, OPENED + count, 1) + hashlib.sha256(lot).digest()
    assert model.state_hash() == hashlib.sha256(b"pyauction/state/v1" + state).digest()


@pytest.mark.parametrize("setters", [2, 16])
def test_as_many_enter_as_the_rules_say(setters: int) -> None:
    model = room(rules(**SETTERS | {"reserve_setters": setters}))
    for number in range(1, setters + 1):
        assert model.lot(1).reserve_state == ReserveState.MISSING
        assert verdict(model.enter_reserve(1_001, 1, 1, bytes([number]) * 32, f"k{number}")) == "accepted"
    assert model.lot(1).reserve_state == ReserveState.ENTERED
    assert verdict(model.enter_reserve(1_002, 1, 1, STRANGE, "another")) == "already_entered"


ENTRY: list[tuple[str, int, int, bytes, str, str]] = [
    ("the next", 2, 1, FIGURES[2][0], "k", "accepted"),
    ("the next with the witness as another", 2, 1, FIGURES[2][0], "notary", "accepted"),
    ("the first again", 2, 1, *FIGURES[0], "already_entered"),
    ("the same person with another figure", 2, 1, STRANGE, "court", "already_entered"),
    ("the last person with another figure", 2, 1, STRANGE, "法院", "already_entered"),
    ("another person with the first figure", 2, 1, FIGURES[0][0], "k", "already_entered"),
    ("another person with the last figure", 2, 1, FIGURES[1][0], "k", "already_entered"),
    ("the same person below the start", 2, 2, STRANGE, "court", "already_entered"),
    ("a name that differs in its case", 2, 1, STRANGE, "Court", "accepted"),
    ("the commitment to all", 2, 1, chained_by_hand(FIGURES[:2]), "k", "accepted"),
    ("below the start", 2, 2, FIGURES[2][0], "k", "reserve_below_start"),
    ("mismatch by the vault", 2, 3, FIGURES[2][0], "k", "commitment_mismatch"),
    ("below the start as the first", 0, 2, FIGURES[0][0], "court", "reserve_below_start"),
    ("one too many", 3, 1, STRANGE, "another", "already_entered"),
]


@pytest.mark.parametrize(
    ("before", "result", "commitment", "by", "expected"), [row[1:] for row in ENTRY], ids=[row[0] for row in ENTRY]
)
def test_a_figure_is_decided_in_order(*, before: int, result: int, commitment: bytes, by: str, expected: str) -> None:
    model = entered(before)
    assert verdict(model.enter_reserve(1_010, 1, result, commitment, by)) == expected
    taken = [*FIGURES[:before], (commitment, by)] if expected == "accepted" else FIGURES[:before]
    assert model.lot(1).commitment == chained_by_hand(taken)
    assert (model.lot(1).reserve_state == ReserveState.ENTERED) == (len(taken) == 3)


def test_who_was_refused_may_enter_a_figure_again() -> None:
    model = entered(1)
    for result in (2, 3):
        assert verdict(model.enter_reserve(1_010, 1, result, STRANGE, "k")) != "accepted"
    assert verdict(model.enter_reserve(1_011, 1, 1, STRANGE, "k")) == "accepted"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (1_049, "outside_entry_window"),
        (1_050, "accepted"),
        (1_090, "accepted"),
        (1_091, "outside_entry_window"),
    ],
)
def test_each_figure_is_entered_in_the_window(at: int, expected: str) -> None:
    model = room(rules(**SETTERS, entry_opens_before_end=50, entry_ends_before_end=10))
    assert verdict(model.enter_reserve(at, 1, 1, *FIGURES[0])) == expected
    model = room(rules(**SETTERS, entry_opens_before_end=50, entry_ends_before_end=10))
    model.enter_reserve(1_050, 1, 1, *FIGURES[0])
    assert verdict(model.enter_reserve(max(at, 1_050), 1, 1, *FIGURES[1])) == ("accepted" if at < 1_050 else expected)


def test_who_has_entered_is_refused_for_it_before_the_window() -> None:
    model = room(rules(**SETTERS, entry_opens_before_end=50, entry_ends_before_end=10))
    model.enter_reserve(1_050, 1, 1, *FIGURES[0])
    assert verdict(model.enter_reserve(1_095, 1, 1, *FIGURES[0])) == "already_entered"
    assert verdict(model.enter_reserve(1_095, 1, 1, *FIGURES[1])) == "outside_entry_window"


@pytest.mark.parametrize("count", range(3))
def test_a_lot_whose_bidding_is_over_takes_no_further_figure(count: int) -> None:
    model = entered(count)
    model.place_bid(1_020, 1, "a", 120)
    assert verdict(model.enter_reserve(1_200, 1, 1, *FIGURES[count])) == "wrong_phase"
    assert model.lot(1).state == State.AWAITING_RESERVE
    for figure in FIGURES[:count]:
        assert verdict(model.enter_reserve(1_200, 1, 1, *figure)) == "already_entered"
    assert last(model.compare_reserve(1_201, 1, met=True)) == CommandRefused(
        seq=model.seq, at=1_201, lot=1, lot_seq=model.lot(1).lot_seq, reason=Reason.RESERVE_MISSING,
        command=Command.COMPARE_RESERVE,
    )  # fmt: skip
    model.terminate_lot(1_202, 1)
    assert verdict(model.enter_reserve(1_203, 1, 1, *FIGURES[count])) == "wrong_phase"
    for number, amount in enumerate(AMOUNTS):
        expected = "accepted" if number < count else "commitment_mismatch" if count else "reserve_missing"
        assert verdict(model.disclose_reserve(1_204, 1, amount, BLINDING)) == expected


def test_a_suspended_lot_takes_figures() -> None:
    model = entered(1)
    model.suspend_lot(1_010, 1)
    assert verdict(model.enter_reserve(1_011, 1, 1, *FIGURES[1])) == "accepted"


REENTRY: list[tuple[str, int, int, bytes, str, str]] = [
    ("none", 0, 1, FIGURES[0][0], "court", "reserve_missing"),
    ("none and a mismatch", 0, 3, FIGURES[0][0], "court", "reserve_missing"),
    ("the first of some", 2, 1, *FIGURES[0], "accepted"),
    ("the last of some", 2, 1, *FIGURES[1], "accepted"),
    ("the first by another", 2, 1, FIGURES[0][0], "another", "accepted"),
    ("one not yet entered", 2, 1, *FIGURES[2], "commitment_mismatch"),
    ("the commitment to some", 2, 1, chained_by_hand(FIGURES[:2]), "k", "commitment_mismatch"),
    ("mismatch by the vault", 2, 3, *FIGURES[0], "commitment_mismatch"),
    ("the first of all", 3, 1, *FIGURES[0], "accepted"),
    ("the last of all", 3, 1, *FIGURES[2], "accepted"),
    ("a stranger beside all", 3, 1, STRANGE, "k", "commitment_mismatch"),
]


@pytest.mark.parametrize(
    ("before", "result", "commitment", "by", "expected"), [row[1:] for row in REENTRY], ids=[r[0] for r in REENTRY]
)
def test_a_figure_is_entered_again(*, before: int, result: int, commitment: bytes, by: str, expected: str) -> None:
    model = entered(before)
    lot = model.lot(1)
    for _ in range(2):
        standing = (lot.commitment, lot.reserve_state)
        record = last(model.reenter_reserve(1_010, 1, result, commitment, by))
        assert isinstance(record, ReserveReentered)
        assert (verdict([record]), standing) == (expected, (lot.commitment, lot.reserve_state))


def test_figures_are_entered_again_until_the_comparison() -> None:
    for count in (2, 3):
        model = entered(count)
        model.place_bid(1_020, 1, "a", 120)
        model.advance(1_100)
        assert verdict(model.reenter_reserve(1_101, 1, 1, *FIGURES[0])) == "accepted"
    model.compare_reserve(1_102, 1, met=False)
    assert model.lot(1).reserve_state == ReserveState.NOT_MET
    assert verdict(model.reenter_reserve(1_103, 1, 1, *FIGURES[0])) == "wrong_phase"


def test_each_figure_is_disclosed_by_itself() -> None:
    model = entered(3, phases=(called(),))
    model.place_bid(1_020, 1, "a", 130)
    model.close_lot(1_100, 1)
    model.compare_reserve(1_101, 1, met=True)
    assert verdict(model.disclose_reserve(1_102, 1, 120, BLINDING)) == "wrong_phase"
    model.record_outcome(1_103, 1, kind=OutcomeKind.SOLD, cause=OutcomeCause.NONE, winner=1, price=130)
    for amount in (140, 120, 120, 130):
        record = last(model.disclose_reserve(1_104, 1, amount, BLINDING, "court"))
        assert record == ReserveDisclosed(
            seq=model.seq, at=1_104, lot=1, lot_seq=model.lot(1).lot_seq, amount=amount, blinding=BLINDING, by="court"
        )
    for amount in (121, 100, 0):
        assert verdict(model.disclose_reserve(1_105, 1, amount, BLINDING)) == "commitment_mismatch"
    assert verdict(model.disclose_reserve(1_105, 1, 120, BLINDING[::-1])) == "commitment_mismatch"


def test_one_setter_is_committed_to_without_a_chain() -> None:
    model = room(rules(**REQUIRED_AT_ENTRY))
    assert verdict(model.enter_reserve(1_001, 1, 1, *FIGURES[0])) == "accepted"
    assert (model.lot(1).commitment, model.lot(1).reserve_state) == (FIGURES[0][0], ReserveState.ENTERED)
    assert verdict(model.enter_reserve(1_002, 1, 1, *FIGURES[1])) == "already_entered"
