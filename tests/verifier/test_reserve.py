"""The reserve of B.6 and the outcome of B.7."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from auction_room import (
    OPENED,
    REQUIRED_AT_ENTRY,
    REQUIRED_BEFORE,
    TWO_QUOTED,
    called,
    free,
    last,
    room,
    rules,
    timed,
    window,
)
from verifier import (
    CommandError,
    CommandRefused,
    FormatError,
    Model,
    OutcomeRecorded,
    ReserveCompared,
    ReserveDisclosed,
    ReserveEntered,
    ReserveReentered,
    Settlement,
    commitment,
    read_opening,
    settle,
)
from verifier.terms import (
    Command,
    Comparison,
    HardEnd,
    OutcomeCause,
    OutcomeKind,
    PhaseEnd,
    Reason,
    ReserveState,
    State,
    VaultResult,
)

BLINDING = bytes(range(32))
C = commitment("lot-1", 1, "CNY", 2, 120, BLINDING)
OTHER = bytes([7]) * 32


def entered_at(at: int, model: Model, result: int = 1, given: bytes = C) -> Reason:
    record = last(model.enter_reserve(at, 1, result, given))
    assert isinstance(record, ReserveEntered)
    return record.reason


def test_a_commitment_is_the_hash_of_the_document() -> None:
    parts = [
        b"pyauction/reserve/v1", b"\x01\0", b"\x01\0", "标".encode(), b"\x02\0\0\0", b"CNY", b"\x02",
        (120).to_bytes(8, "little"), BLINDING,
    ]  # fmt: skip
    raw = b"".join(len(part).to_bytes(2, "little") + part for part in parts)
    assert commitment("标", 2, "CNY", 2, 120, BLINDING) == hashlib.sha256(raw).digest()


def test_a_reserve_is_entered_with_its_witness() -> None:
    assert room(rules(**REQUIRED_AT_ENTRY)).enter_reserve(1_010, 1, 1, C, "keeper", "notary") == [
        ReserveEntered(
            seq=3, at=1_010, lot=1, lot_seq=2, result=VaultResult.ACCEPTED, commitment=C, by="keeper", witness="notary"
        )
    ]


ENTRY: list[tuple[str, dict[str, Any], int, bytes, Reason]] = [
    ("declared none", {}, 1, C, Reason.RESERVE_NOT_REQUIRED),
    ("accepted at entry", REQUIRED_AT_ENTRY, 1, C, Reason.NONE),
    ("below start", REQUIRED_AT_ENTRY, 2, C, Reason.RESERVE_BELOW_START),
    ("mismatch by the vault", REQUIRED_AT_ENTRY, 3, C, Reason.COMMITMENT_MISMATCH),
    ("accepted before opening", REQUIRED_BEFORE, 1, C, Reason.NONE),
    ("another commitment", REQUIRED_BEFORE, 1, OTHER, Reason.COMMITMENT_MISMATCH),
    ("below start before another commitment", REQUIRED_BEFORE, 2, OTHER, Reason.RESERVE_BELOW_START),
]


@pytest.mark.parametrize(("changes", "result", "given", "expected"), [r[1:] for r in ENTRY], ids=[r[0] for r in ENTRY])
def test_an_entry_is_decided_in_order(changes: dict[str, Any], result: int, given: bytes, expected: Reason) -> None:
    of = rules(**changes)
    model = room(of, commitment=C) if changes is REQUIRED_BEFORE else room(of)
    before = model.lot(1).reserve_state
    assert entered_at(1_010, model, result, given) == expected
    assert model.lot(1).reserve_state == (ReserveState.ENTERED if expected == Reason.NONE else before)


def test_a_reserve_is_entered_once() -> None:
    model = room(rules(**REQUIRED_AT_ENTRY))
    entered_at(1_010, model)
    assert entered_at(1_011, model) == Reason.ALREADY_ENTERED


def test_an_open_lot_with_a_commitment_takes_the_reserve_after_the_bidding() -> None:
    model = room(rules(**REQUIRED_BEFORE), commitment=C)
    model.place_bid(1_001, 1, "a", 100)
    assert entered_at(1_200, model) == Reason.NONE
    assert model.lot(1).state == State.AWAITING_RESERVE


def test_a_lot_without_a_commitment_takes_no_reserve_after_the_bidding() -> None:
    model = room(rules(**REQUIRED_AT_ENTRY))
    model.place_bid(1_001, 1, "a", 100)
    assert entered_at(1_200, model) == Reason.WRONG_PHASE


def test_a_closed_lot_takes_no_reserve() -> None:
    model = room(rules(**REQUIRED_AT_ENTRY))
    assert entered_at(1_200, model) == Reason.WRONG_PHASE
    assert model.lot(1).state == State.CLOSED


WINDOWED: dict[str, Any] = REQUIRED_AT_ENTRY | {"entry_opens_before_end": 50, "entry_ends_before_end": 10}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (1_049, Reason.OUTSIDE_ENTRY_WINDOW),
        (1_050, Reason.NONE),
        (1_090, Reason.NONE),
        (1_091, Reason.OUTSIDE_ENTRY_WINDOW),
    ],
)
def test_the_entry_window_has_two_edges(at: int, expected: Reason) -> None:
    assert entered_at(at, room(rules(**WINDOWED))) == expected


@pytest.mark.parametrize(("at", "expected"), [(1_049, Reason.OUTSIDE_ENTRY_WINDOW), (1_050, Reason.NONE)])
def test_an_entry_window_may_have_one_edge(at: int, expected: Reason) -> None:
    assert entered_at(at, room(rules(**REQUIRED_AT_ENTRY, entry_opens_before_end=50))) == expected


def test_the_entry_window_follows_an_extension() -> None:
    model = room(rules(**WINDOWED | {"phases": (window(),)}))
    model.place_bid(1_085, 1, "a", 100)
    assert model.quote(1).closes_at == 1_115
    assert entered_at(1_105, model) == Reason.NONE


@pytest.mark.parametrize(
    ("end", "value", "at", "expected"),
    [
        (PhaseEnd.AFTER, 20, 1_009, Reason.OUTSIDE_ENTRY_WINDOW),
        (PhaseEnd.AFTER, 20, 1_010, Reason.NONE),
        (PhaseEnd.AT, 1_059, 1_009, Reason.NONE),
        (PhaseEnd.AT, 1_059, 1_008, Reason.OUTSIDE_ENTRY_WINDOW),
        (PhaseEnd.AT, 900, 1_030, Reason.NONE),
        (PhaseEnd.AT, 900, 1_031, Reason.OUTSIDE_ENTRY_WINDOW),
    ],
)
def test_the_entry_window_of_a_scheduled_lot_counts_to_the_end_of_its_first_phase(
    end: PhaseEnd, value: int, at: int, expected: Reason
) -> None:
    model = Model()
    model.open_house(OPENED, 1)
    of = rules(**WINDOWED | {"phases": (timed(end=end, end_value=value),)})
    model.open_lot(OPENED, name="lot-1", rules=of, opens_at=1_040)
    assert entered_at(at, model) == expected


@pytest.mark.parametrize(("at", "expected"), [(1_089, Reason.OUTSIDE_ENTRY_WINDOW), (1_090, Reason.NONE)])
def test_the_entry_window_of_a_scheduled_lot_moves_with_its_opening(at: int, expected: Reason) -> None:
    """To open at 1060, frozen from 1010 to 1070: it opens at 1120 and its phase of 20 ends at 1140."""
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(**WINDOWED | {"phases": (timed(20),)}), opens_at=1_060)
    model.suspend_lot(1_010, 1)
    model.resume_lot(1_070, 1)
    assert (model.quote(1).state, model.quote(1).closes_at) == ("scheduled", 1_120)
    assert entered_at(at, model) == expected


@pytest.mark.parametrize(("at", "expected"), [(1_009, Reason.OUTSIDE_ENTRY_WINDOW), (1_010, Reason.NONE)])
def test_the_entry_window_of_a_scheduled_lot_ends_no_later_than_the_hard_end(at: int, expected: Reason) -> None:
    """It opens at 1040; its phase of 100 is bounded by a hard end of 20."""
    model = Model()
    model.open_house(OPENED, 1)
    phase = window(hard_end=HardEnd.AFTER, hard_end_value=20)
    model.open_lot(OPENED, name="lot-1", rules=rules(**WINDOWED | {"phases": (phase,)}), opens_at=1_040)
    assert entered_at(at, model) == expected


def test_the_entry_window_is_shut_in_a_suspension_and_behind_the_first_phase() -> None:
    of = rules(**WINDOWED | {"phases": (free(), timed())}, timed_without_bids=1)
    model = room(of)
    model.suspend_lot(1_060, 1)
    assert entered_at(1_061, model) == Reason.SUSPENDED
    model.resume_lot(1_062, 1)
    assert entered_at(1_110, model) == Reason.OUTSIDE_ENTRY_WINDOW
    assert model.quote(1).phase == 1


def test_without_a_window_a_suspended_lot_takes_the_reserve() -> None:
    model = room(rules(**REQUIRED_AT_ENTRY))
    model.suspend_lot(1_010, 1)
    assert entered_at(1_011, model) == Reason.NONE


def reentered(model: Model, result: int = 1, given: bytes = C) -> Reason:
    record = last(model.reenter_reserve(1_020, 1, result, given))
    assert isinstance(record, ReserveReentered)
    return record.reason


def test_a_reserve_is_entered_again_with_the_same_commitment_only() -> None:
    model = room(rules(**REQUIRED_AT_ENTRY))
    assert reentered(model) == Reason.RESERVE_MISSING
    entered_at(1_010, model)
    assert reentered(model) == Reason.NONE
    assert reentered(model, 3) == Reason.COMMITMENT_MISMATCH
    assert reentered(model, 1, OTHER) == Reason.COMMITMENT_MISMATCH
    model.terminate_lot(1_021, 1)
    assert reentered(model) == Reason.WRONG_PHASE
    assert reentered(room()) == Reason.RESERVE_NOT_REQUIRED
    for of in (rules(), rules(**REQUIRED_AT_ENTRY)):
        model = room(of)
        model.terminate_lot(1_010, 1)
        assert reentered(model) == Reason.WRONG_PHASE
    with pytest.raises(CommandError):
        model.reenter_reserve(1_022, 1, 1, bytes(32))
    with pytest.raises(CommandError):
        model.enter_reserve(1_022, 1, 3, bytes(32))
    with pytest.raises(CommandError):
        model.reenter_reserve(1_022, 1, 2, C)


def test_a_lot_that_closed_without_a_comparison_takes_no_reserve_again() -> None:
    model = room(rules(**REQUIRED_AT_ENTRY))
    entered_at(1_010, model)
    model.advance(1_100)
    assert (model.lot(1).state, model.lot(1).reserve_state) == (State.CLOSED, ReserveState.ENTERED)
    assert reentered(model) == Reason.WRONG_PHASE
    model.record_outcome(1_101, 1, kind=2, cause=1)
    assert (model.lot(1).state, reentered(model)) == (State.DECIDED, Reason.WRONG_PHASE)


def compared(*, met: bool, top: int = 130) -> Model:
    """Return a room whose reserve was compared."""
    model = room(rules(**REQUIRED_AT_ENTRY))
    entered_at(1_010, model)
    model.place_bid(1_020, 1, "a", top)
    model.advance(1_100)
    model.compare_reserve(1_101, 1, met=met)
    return model


def test_a_comparison_closes_the_lot() -> None:
    model = room(rules(**REQUIRED_AT_ENTRY))
    entered_at(1_010, model)
    model.place_bid(1_020, 1, "a", 130)
    model.advance(1_100)
    assert model.compare_reserve(1_101, 1, met=True) == [
        ReserveCompared(seq=7, at=1_101, lot=1, lot_seq=6, result=Comparison.MET, top=130)
    ]
    assert (model.lot(1).state, model.lot(1).reserve_state) == (State.CLOSED, ReserveState.MET)
    assert entered_at(1_102, model) == Reason.WRONG_PHASE
    assert reentered(model) == Reason.WRONG_PHASE


def test_a_comparison_needs_the_right_state_and_a_reserve() -> None:
    model = room(rules(**REQUIRED_AT_ENTRY))
    early = last(model.compare_reserve(1_010, 1, met=True))
    assert early == CommandRefused(
        seq=3, at=1_010, lot=1, lot_seq=2, reason=Reason.WRONG_PHASE, command=Command.COMPARE_RESERVE
    )
    model.place_bid(1_020, 1, "a", 130)
    assert last(model.compare_reserve(1_100, 1, met=True)).reason == Reason.RESERVE_MISSING


def test_a_reserve_is_disclosed_when_the_lot_is_decided() -> None:
    model = compared(met=True)
    early = last(model.disclose_reserve(1_102, 1, 120, BLINDING))
    assert early == CommandRefused(
        seq=8, at=1_102, lot=1, lot_seq=7, reason=Reason.WRONG_PHASE, command=Command.DISCLOSE_RESERVE
    )
    model.record_outcome(1_103, 1, kind=1, winner=1, price=130)
    wrong = last(model.disclose_reserve(1_104, 1, 121, BLINDING))
    assert (wrong.reason, isinstance(wrong, CommandRefused) and wrong.amount) == (Reason.COMMITMENT_MISMATCH, 0)
    assert model.disclose_reserve(1_105, 1, 120, BLINDING, "keeper") == [
        ReserveDisclosed(seq=11, at=1_105, lot=1, lot_seq=10, amount=120, blinding=BLINDING, by="keeper")
    ]


def test_a_reserve_may_be_disclosed_again() -> None:
    model = compared(met=True)
    model.record_outcome(1_103, 1, kind=1, winner=1, price=130)
    for seq in (9, 10):
        assert last(model.disclose_reserve(1_105, 1, 120, BLINDING, "keeper")) == ReserveDisclosed(
            seq=seq, at=1_105, lot=1, lot_seq=seq - 1, amount=120, blinding=BLINDING, by="keeper"
        )


def test_a_lot_that_waits_for_a_reserve_in_vain_is_terminated() -> None:
    model = room(rules(**REQUIRED_AT_ENTRY))
    model.place_bid(1_001, 1, "a", 100)
    assert entered_at(1_200, model) == Reason.WRONG_PHASE
    assert last(model.compare_reserve(1_201, 1, met=True)).reason == Reason.RESERVE_MISSING
    assert last(model.record_outcome(1_201, 1, kind=UNSOLD, cause=3)).reason == Reason.WRONG_PHASE
    model.terminate_lot(1_202, 1)
    assert model.lot(1).state == State.TERMINATED


def test_a_lot_without_a_commitment_has_nothing_to_disclose() -> None:
    model = room()
    model.terminate_lot(1_010, 1)
    assert last(model.disclose_reserve(1_011, 1, 120, BLINDING)).reason == Reason.RESERVE_MISSING


def bidders(count: int, **changes: Any) -> Model:
    """Return a closed room in which so many bidders bid 100, 110, …"""
    model = room(rules(**changes))
    for index in range(count):
        model.place_bid(1_001, 1, "abc"[index], 100 + 10 * index)
    model.advance(1_100)
    return model


SETTLED: list[tuple[str, Model, Settlement]] = [
    ("no bids", bidders(0), Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.NO_BIDS)),
    ("no bids and too few", bidders(0, **TWO_QUOTED), Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.NO_BIDS)),
    ("too few", bidders(1, **TWO_QUOTED), Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.TOO_FEW_BIDDERS)),
    ("enough", bidders(2, **TWO_QUOTED), Settlement(kind=OutcomeKind.SOLD, winner=2, price=110)),
    ("not met", compared(met=False), Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.RESERVE_NOT_MET)),
    ("met", compared(met=True), Settlement(kind=OutcomeKind.SOLD, winner=1, price=130)),
]


@pytest.mark.parametrize(("model", "expected"), [row[1:] for row in SETTLED], ids=[row[0] for row in SETTLED])
def test_the_settlement_of_a_built_in_type_can_be_recorded(model: Model, expected: Settlement) -> None:
    assert settle(model.lot(1)) == expected
    record = last(
        model.record_outcome(
            1_200, 1, kind=expected.kind, cause=expected.cause, winner=expected.winner, price=expected.price
        )
    )
    assert record == OutcomeRecorded(
        seq=model.seq, at=1_200, lot=1, lot_seq=model.lot(1).lot_seq, bidder=expected.winner, kind=expected.kind,
        cause=expected.cause, price=expected.price, type_id="english@1",
    )  # fmt: skip


def test_an_unknown_type_has_no_settlement_here() -> None:
    assert settle(room(type_id="dutch@1").lot(1)) is None


SOLD, UNSOLD = 1, 2
OUTCOMES: list[tuple[str, str, dict[str, Any], bool]] = [
    ("another type", "two", {"kind": SOLD, "winner": 2, "price": 110, "type_id": "dutch@1"}, False),
    ("sold with a cause", "two", {"kind": SOLD, "winner": 2, "price": 110, "cause": 4}, False),
    ("sold to the leader at the second quote", "two", {"kind": SOLD, "winner": 2, "price": 100}, True),
    ("sold to another quoter at its quote", "two", {"kind": SOLD, "winner": 1, "price": 100}, True),
    ("sold to another quoter above its quote", "two", {"kind": SOLD, "winner": 1, "price": 110}, False),
    ("sold to nobody", "two", {"kind": SOLD, "winner": 0, "price": 110}, False),
    ("sold to a stranger", "two", {"kind": SOLD, "winner": 3, "price": 110}, False),
    ("sold at no quote", "two", {"kind": SOLD, "winner": 2, "price": 105}, False),
    ("sold without bids", "none", {"kind": SOLD, "winner": 1, "price": 100}, False),
    ("sold below the reserve", "not met", {"kind": SOLD, "winner": 1, "price": 130}, False),
    ("sold with too few bidders", "few", {"kind": SOLD, "winner": 1, "price": 100}, False),
    ("no bids with bids", "two", {"kind": UNSOLD, "cause": 1}, False),
    ("another cause without bids", "none", {"kind": UNSOLD, "cause": 4, "detail": "x"}, False),
    ("too few with enough", "two", {"kind": UNSOLD, "cause": 2}, False),
    ("not met without a comparison", "two", {"kind": UNSOLD, "cause": 3}, False),
    ("a type's rule", "two", {"kind": UNSOLD, "cause": 4, "detail": "x"}, True),
    ("a type's rule without a detail", "two", {"kind": UNSOLD, "cause": 4}, False),
    ("a type's rule though not met", "not met", {"kind": UNSOLD, "cause": 4, "detail": "x"}, False),
    ("unsold without a cause", "two", {"kind": UNSOLD, "cause": 0}, False),
    ("unsold with a price", "none", {"kind": UNSOLD, "cause": 1, "price": 100}, False),
    ("unsold with a winner", "none", {"kind": UNSOLD, "cause": 1, "winner": 1}, False),
]


@pytest.mark.parametrize(("situation", "outcome", "valid"), [r[1:] for r in OUTCOMES], ids=[r[0] for r in OUTCOMES])
def test_only_an_outcome_that_the_facts_allow_is_recorded(
    *, situation: str, outcome: dict[str, Any], valid: bool
) -> None:
    model = {
        "two": lambda: bidders(2),
        "none": lambda: bidders(0),
        "few": lambda: bidders(1, **TWO_QUOTED),
        "not met": lambda: compared(met=False),
    }[situation]()
    record = last(model.record_outcome(1_200, 1, **outcome))
    if valid:
        assert isinstance(record, OutcomeRecorded)
    else:
        assert record == CommandRefused(
            seq=model.seq, at=1_200, lot=1, lot_seq=model.lot(1).lot_seq, reason=Reason.OUTCOME_INVALID,
            command=Command.RECORD_OUTCOME,
        )  # fmt: skip


def test_an_outcome_needs_a_closed_lot() -> None:
    model = room(rules(phases=(called(),)))
    assert last(model.record_outcome(1_010, 1, kind=UNSOLD, cause=1)).reason == Reason.WRONG_PHASE


OPENING = {
    "schema": "pyauction.opening/1", "lot": "lot-1", "round": 1, "currency": "CNY", "exponent": 2,
    "amount_minor": 120, "blinding": BLINDING.hex(),
}  # fmt: skip


def test_an_opening_is_read_and_opens_its_commitment() -> None:
    assert read_opening(json.dumps(OPENING)).commitment == C


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "pyauction.opening/2"}, {"round": 0}, {"round": True},
        {"amount_minor": 1.5}, {"amount_minor": 2**63},
        {"blinding": "00"}, {"blinding": "zz" * 32}, {"blinding": 5}, {"lot": ""}, {"exponent": 19}, {"more": 1},
    ],
)  # fmt: skip
def test_an_opening_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        read_opening(json.dumps(OPENING | change))
    for text in ("[]", "{", '"x"'):
        with pytest.raises(FormatError):
            read_opening(text)
