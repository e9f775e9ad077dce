"""The legal basis: who may state one when, that it changes nothing, and that a verifier takes it wherever it stands."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from auction_room import LOTTERY, OPENED, REQUIRED_AT_ENTRY, last, room, rules, sale, verdict
from journal_writer import JournalWriter
from replaying import accepted, divergence, flat, opened, renumbered, replayed
from sealed_room import SEALED
from verifier import CommandError, CommandRefused, LegalBasisStated, Model, Record, encode, verify_files
from verifier.terms import Command, OnOutage, Reason, State

BASIS = "《最高人民法院关于人民法院网络司法拍卖若干问题的规定》第二十七条"


def lot_in(state: State) -> tuple[Model, list[Record]]:
    """Return a house whose lot is in a state, which it reached by 1100, with its records."""
    changes: dict[State, dict[str, Any]] = {
        State.AWAITING_RESERVE: REQUIRED_AT_ENTRY, State.AWAITING_DRAW: LOTTERY, State.AWAITING_OPENING: SEALED,
    }  # fmt: skip
    model = Model()
    opens_at = 2_000 if state == State.SCHEDULED else OPENED
    records = model.open_house(OPENED, 1)
    records += model.open_lot(OPENED, name="lot-1", rules=rules(**changes.get(state, {})), opens_at=opens_at)
    for bidder in "ab":
        records += model.admit_bidder(1_001, 1, bidder)
    if state == State.AWAITING_OPENING:
        records += model.place_sealed_bid(1_010, 1, "a", bytes([9]) * 32)
    elif state != State.SCHEDULED:
        records += model.place_bid(1_010, 1, "a", 150) + model.place_bid(1_011, 1, "b", 150)
    if state == State.SUSPENDED:
        records += model.suspend_lot(1_020, 1)
    elif state == State.TERMINATED:
        records += model.terminate_lot(1_020, 1)
    elif state not in (State.SCHEDULED, State.BIDDING):
        records += model.advance(1_100)
    if state == State.DECIDED:
        records += model.record_outcome(1_100, 1, kind=1, winner=1, price=150)
    assert model.lot(1).state == state
    return model, records


OVER = [State.DECIDED, State.TERMINATED]
NOT_OVER = [state for state in State if state not in OVER]


@pytest.mark.parametrize("state", NOT_OVER)
def test_a_legal_basis_is_stated_until_the_lot_is_over_and_changes_nothing(state: State) -> None:
    model, records = lot_in(state)
    at = max(model.stamp, 1_050)
    before = deepcopy(model)
    lot = before.lot(1)
    before.seq, before.stamp, lot.lot_seq = before.seq + 1, at, lot.lot_seq + 1
    stated = LegalBasisStated(seq=before.seq, at=at, lot=1, lot_seq=lot.lot_seq, text=BASIS)
    assert model.state_legal_basis(at, 1, BASIS) == [stated]
    assert (model.lot(1), model.lot_hash(1), model.state_hash()) == (lot, before.lot_hash(1), before.state_hash())
    writer = JournalWriter().records([*records, stated]).state(model.state_hash())
    report = verify_files(writer.seal().files())
    assert (report.ok, report.replayed, report.lots[0].state) == (True, before.seq, state.name.lower())


@pytest.mark.parametrize("state", OVER)
def test_a_legal_basis_of_a_lot_that_is_over_is_refused_without_its_text(state: State) -> None:
    model, records = lot_in(state)
    refused = CommandRefused(
        seq=model.seq + 1, at=1_200, lot=1, lot_seq=model.lot(1).lot_seq + 1, command=Command.STATE_LEGAL_BASIS,
        reason=Reason.WRONG_PHASE,
    )  # fmt: skip
    stated = LegalBasisStated(seq=refused.seq, at=1_200, lot=1, lot_seq=refused.lot_seq, text=BASIS)
    assert model.state_legal_basis(1_200, 1, BASIS) == [refused]
    assert replayed([*records, refused]).ok
    for changes in ({"amount": 1}, {"name": "a"}, {"bidder": 1}, {"reason": Reason.CLOSED}):
        assert divergence([*records, replace(refused, **changes)]) == ("divergence", refused.seq)
    assert divergence([*records, stated]) == ("divergence", refused.seq)


@pytest.mark.parametrize(
    ("lot", "text"), [(2, "a"), (0, "a"), (1, ""), (1, "a" * 256), (1, "法" * 86), (1, "a\n"), (1, "\udc80")]
)
def test_a_legal_basis_that_cannot_be_stated_is_no_command(lot: int, text: str) -> None:
    model = room()
    with pytest.raises(CommandError):
        model.state_legal_basis(1_200, lot, text)
    assert (model.seq, model.stamp) == (2, 1_000)


def test_a_legal_basis_may_have_255_bytes() -> None:
    model = room()
    for text in ("a" * 255, "法" * 85, "a"):
        record = last(model.state_legal_basis(1_001, 1, text))
        assert encode(record)[32:] == bytes([len(text.encode())]) + text.encode()


def test_what_is_due_comes_before_a_legal_basis() -> None:
    model, records = opened()
    said = model.state_legal_basis(1_100, 1, BASIS)
    assert [type(record).__name__ for record in said] == ["LotClosed", "LegalBasisStated"]
    assert replayed(records + said).ok
    early = replace(said[1], seq=4, lot_seq=3)
    assert divergence([*records, early]) == ("divergence", 4)
    assert replayed([*records, replace(early, at=1_099)]).ok


FOLLOWING: list[tuple[State, Callable[[Model, int], list[Record]]]] = [
    (State.BIDDING, lambda model, at: model.suspend_lot(at, 1, "court", "a motion")),
    (State.SUSPENDED, lambda model, at: model.announce_resumption(at, 1, 2_000, "court", "settled")),
    (State.SUSPENDED, lambda model, at: model.resume_lot(at, 1, "court", "settled")),
    (State.CLOSED, lambda model, at: model.terminate_lot(at, 1, "court", "withdrawn")),
    (State.BIDDING, lambda model, at: model.admit_bidder(at, 1, "c")),
    (State.SUSPENDED, lambda model, at: model.suspend_lot(at, 1)),
    (State.BIDDING, lambda model, at: model.state_legal_basis(at, 1, "another")),
]


@pytest.mark.parametrize(("state", "command"), FOLLOWING)
def test_a_verifier_takes_a_legal_basis_before_anything_in_the_same_frame_or_alone(
    state: State, command: Callable[[Model, int], list[Record]]
) -> None:
    model, records = lot_in(state)
    at = max(model.stamp, 1_050)
    follows = model.state_legal_basis(at, 1, BASIS) + command(model, at)
    assert verify_files(JournalWriter().records(records).records(follows).seal().files()).ok
    assert replayed(records + follows).ok
    assert replayed(renumbered(records + follows[1:])).ok


def test_a_sale_goes_as_it_goes_with_a_legal_basis_before_every_record_behind_the_opening() -> None:
    course = flat(sale()[1])
    stated = LegalBasisStated(seq=1, at=OPENED, lot=1, lot_seq=1, text=BASIS)
    told = course[:2]
    for record in course[2:]:
        told += [replace(stated, at=told[-1].at), record]
    told = renumbered(told)
    report = replayed(told)
    assert (report.ok, report.records, report.bids, report.lots[0].winner) == (True, 22, 3, "乙")
    assert divergence(renumbered([*told, stated_behind(told)])) == ("divergence", 23)


def stated_behind(records: list[Record]) -> LegalBasisStated:
    """Return a legal basis as the next record of the first lot."""
    record = records[-1]
    return LegalBasisStated(seq=record.seq + 1, at=record.at, lot=1, lot_seq=record.lot_seq + 1, text=BASIS)


LIES: list[tuple[str, dict[str, Any], tuple[str, int] | None]] = [
    ("as it was", {}, None),
    ("another text", {"text": "another"}, None),
    ("a later time", {"at": 1_060}, None),
    ("a time behind the deadline", {"at": 1_100}, ("divergence", 4)),
    ("a time before the last record", {"at": 1_009}, ("sequence", 4)),
    ("a bidder", {"bidder": 1}, ("divergence", 4)),
    ("a lot that is not there", {"lot": 2, "lot_seq": 1}, ("divergence", 4)),
    ("another lot_seq", {"lot_seq": 4}, ("sequence", 4)),
]


@pytest.mark.parametrize(("changes", "found"), [row[1:] for row in LIES], ids=[row[0] for row in LIES])
def test_a_legal_basis_that_is_told_otherwise(changes: dict[str, Any], found: tuple[str, int] | None) -> None:
    _, records = opened()
    report = replayed([*records, replace(stated_behind(records), **{"at": 1_050} | changes)])
    assert [(finding.code, finding.seq) for finding in report.findings] == ([] if found is None else [found])


def test_a_refusal_of_a_legal_basis_of_a_lot_that_is_not_over_is_found() -> None:
    for state in NOT_OVER:
        model, records = lot_in(state)
        refused = CommandRefused(
            seq=model.seq + 1, at=model.stamp, lot=1, lot_seq=model.lot(1).lot_seq + 1,
            command=Command.STATE_LEGAL_BASIS, reason=Reason.WRONG_PHASE,
        )  # fmt: skip
        assert divergence([*records, refused]) == ("divergence", refused.seq)


def test_a_legal_basis_comes_behind_the_suspensions_of_an_outage_only() -> None:
    model = Model()
    before = model.open_house(OPENED, 1)
    before += model.open_lot(OPENED, name="lot-1", rules=rules(on_outage=OnOutage.SUSPEND))
    opening = model.open_house(1_500, 2)
    behind = replace(stated_behind(opening), at=1_600)
    too_early = [opening[0], replace(behind, seq=4, lot_seq=2, at=1_500), replace(opening[1], seq=5, lot_seq=3)]
    for told, found in (([*opening, behind], []), (too_early, [("divergence", 4)])):
        report = verify_files(JournalWriter().records(before).open_epoch().records(told).files())
        assert [(finding.code, finding.seq) for finding in report.findings] == found


def test_bids_and_their_keys_are_as_before_behind_a_legal_basis() -> None:
    model, records = opened()
    model.place_bid(1_050, 1, "a", 100, b"k")
    records += [accepted(model, seq=4, lot_seq=3, key=b"k"), *model.state_legal_basis(1_051, 1, BASIS)]
    assert model.place_bid(1_052, 1, "a", 100, b"k") == []
    assert verdict(model.place_bid(1_053, 1, "b", 109)) == "below_increment"
    assert replayed(records).ok
