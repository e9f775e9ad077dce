"""Courses of any commands about sealed bids under any rules of them: whatever the model records is verified."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest
from auction_room import (
    OPENED,
    REQUIRED_AT_ENTRY,
    REQUIRED_BEFORE,
    TWO_QUOTED,
    entering,
    preparation,
    rules,
    timed,
)
from journal_writer import JournalWriter
from replaying import BLINDING, C
from sealed_room import blinding_of, committed, sealed
from verifier import RECORD_TYPES, Model, OpeningFinished, Phase, Record, settle, verify_files
from verifier.sealed_terms import AfterOpening, SealedAward, SealedChange, SealedCustody, SealedTie
from verifier.terms import Clock, OnOutage, PhaseEnd, PhaseKind, Reason, ReserveState, State

RESERVES = (C, bytes([7]) * 32)
AMOUNTS = (90, 100, 110, 125, 130, 200, *[120] * 8)
NOTICE: dict[str, Any] = {"resume_notice": 10, "resume_direct_within": 5}
SPANS = tuple((OPENED + 50 * n, OPENED + 50 * n + 9) for n in range(1, 20))


def random_rules(chance: random.Random) -> dict[str, Any]:
    """Return rules with a sealed phase that touch the keys 47 to 54."""
    last = chance.choice([sealed(60), sealed(60), sealed(OPENED + 60, end=PhaseEnd.AT)])
    award = chance.choice([*SealedAward, *[SealedAward.HIGHEST] * 2])
    ties = {
        SealedAward.HIGHEST: [SealedTie.EARLIER] + [SealedTie.REQUOTE] * 4 * (last.end == PhaseEnd.AFTER),
        SealedAward.CLOSEST_TO_MEAN: [None],
        SealedAward.MOST_POINTS: [SealedTie.EARLIER, SealedTie.HIGHER],
    }
    held = award == SealedAward.CLOSEST_TO_MEAN
    changes: dict[str, Any] = {
        "sealed_custody": SealedCustody.HOUSE if held else chance.choice(list(SealedCustody)),
        "sealed_change": chance.choice([None, None, *SealedChange]),
        "sealed_min": chance.choice([None, None, 1, 2]),
        "sealed_award": award,
        "sealed_tie": chance.choice(ties[award]),
        "on_outage": chance.choice(list(OnOutage)),
    }
    changes |= random_phases(last, chance) | chance.choice([{}, {}, REQUIRED_AT_ENTRY, REQUIRED_BEFORE])
    options: list[dict[str, Any]] = [{"precision": 10}, {"closed": SPANS}, TWO_QUOTED, NOTICE]
    requotes = changes["sealed_tie"] == SealedTie.REQUOTE
    if not requotes:
        options.append({"sealed_most": 150})
    if last.end == PhaseEnd.AFTER:
        options.append({"resume_timed": 2 if preparation(9) in changes["phases"] else 1})
    if changes["sealed_custody"] == SealedCustody.HOUSE and changes["sealed_change"] is None:
        options += [{"sealed_equal": 1}] * 2
    if "reserve_policy" in changes and not requotes:
        stated = {"reserve_published": chance.choice([1, 2])}
        options += [stated] * 3
        changes |= {} if award == SealedAward.HIGHEST else stated
    for option in chance.sample(options, chance.randint(0, len(options))):
        changes |= option
    return changes


def random_phases(last: Phase, chance: random.Random) -> dict[str, Any]:
    """Return a sealed phase with others before it or alone, and a cap."""
    several: dict[str, Any] = {"phases": (timed(20), *chance.choice([(), (preparation(9),)]), last)}
    return chance.choice(
        [
            {"phases": (last,)},
            several,
            several | {"clock": Clock.AT_FIRST_BID},
            several | {"timed_without_bids": 1},
            several | {"timed_entry": 1},
            *[entering(last, before=(timed(20),), top_up=chance.choice([None, 1]))] * (last.end == PhaseEnd.AFTER),
        ]
    )


def random_result(model: Model, lot: int, amount: int, chance: random.Random) -> int:
    """Return what a vault says of an amount that it holds, or of one that it is told to accept."""
    of = model.lot(lot).rules
    if of.sealed_custody != SealedCustody.HOUSE or chance.random() < 0.4:
        return 1
    if amount < (model.lot(lot).top or of.start_price):
        return 2
    if of.sealed_most is not None and amount > of.sealed_most:
        return 3
    if of.precision is not None and amount % of.precision:
        return 4
    return 5 if of.sealed_equal is not None and chance.random() < 0.3 else 1


def random_command(model: Model, held: dict[tuple[int, str], int], chance: random.Random, now: int) -> list[Record]:
    lot = chance.randint(1, len(model.lots))
    of = model.lot(lot)
    bidder = chance.choice("abcd" if chance.random() < 0.9 else "e")
    amount = chance.choice(AMOUNTS)
    known = held.get((lot, bidder), amount)

    def place() -> list[Record]:
        result = random_result(model, lot, amount, chance)
        commitment = committed(bidder, amount, lot=f"lot-{lot}", again=of.further_rounds)
        records = model.place_sealed_bid(now, lot, bidder, commitment, result)
        if not records[-1].reason:
            held[lot, bidder] = amount
        return records

    def finish() -> list[Record]:
        return model.finish_opening(now, lot)

    def reveal() -> list[Record]:
        return model.open_sealed_bid(
            now, lot, bidder, chance.choice([known, known, known, amount]), blinding_of(bidder)
        )

    def enter() -> list[Record]:
        return model.enter_reserve(now, lot, 1, RESERVES[lot - 1])

    def conclude() -> list[Record]:
        due = settle(of)
        if due is None or chance.random() < 0.3:
            return model.record_outcome(now, lot, kind=2, cause=chance.randint(1, 4), detail="x")
        return model.record_outcome(
            now, lot, kind=due.kind, cause=due.cause, winner=due.winner, price=due.price, detail=due.detail
        )

    opening: list[Any] = [
        *[reveal] * 12,
        *[lambda: model.score_sealed_bid(now, lot, bidder, chance.randint(0, 2), chance.randint(1, 3))] * 5,
        *[lambda: model.disclose_reserve(now, lot, 120, BLINDING)] * 2,
        *[lambda: model.exclude_sealed_bid(now, lot, bidder)] * 2,
        *[finish] * 2,
    ]
    usual: list[Any] = [
        place,
        lambda: model.withdraw_sealed_bid(now, lot, bidder),
        lambda: model.place_bid(now, lot, bidder, amount),
        lambda: model.admit_bidder(now, lot, bidder),
        lambda: model.suspend_lot(now, lot),
        lambda: model.resume_lot(now, lot),
        lambda: model.announce_resumption(now, lot, now + 10),
        lambda: model.state_legal_basis(now, lot, "a law"),
        lambda: model.confirm_top_up(now, lot, bidder),
        enter,
        lambda: model.compare_reserve(now, lot, met=(of.top or 0) >= 120),
        conclude,
        *opening,
        *[lambda: model.terminate_lot(now, lot)] * (chance.random() < 0.03),
    ]
    likely: dict[State, list[Any]] = {
        State.AWAITING_OPENING: opening * 4,
        State.SUSPENDED: [lambda: model.resume_lot(now, lot)] * 20,
        State.CLOSED: [conclude] * 20,
        State.AWAITING_RESERVE: [lambda: model.compare_reserve(now, lot, met=(of.top or 0) >= 120)] * 20,
    }
    running: list[Any] = [lambda: model.place_bid(now, lot, bidder, amount)] * 10
    running += [lambda: model.confirm_top_up(now, lot, bidder)] * (4 * (of.rules.top_up is not None))
    if of.running.kind == PhaseKind.SEALED:
        running = [place] * 30 + [lambda: model.withdraw_sealed_bid(now, lot, bidder)] * 4
    if of.reserve_state in (ReserveState.MISSING, ReserveState.COMMITTED):
        running += [enter] * 20
    dice = usual + likely.get(of.state, running)
    records: list[Record] = chance.choice(dice)()
    return records


@cache
def course(seed: int) -> tuple[JournalWriter, list[Record]]:
    """Return the journal of a course of commands on two lots, and its records."""
    chance = random.Random(seed)
    model, writer, now = Model(), JournalWriter(), OPENED
    course: list[Record] = []
    held: dict[tuple[int, str], int] = {}

    def take(records: list[Record]) -> None:
        course.extend(records)
        if records:
            writer.records(records)

    take(model.open_house(now, 1))
    for number, commitment in enumerate(RESERVES, 1):
        changes = random_rules(chance)
        before = {"commitment": commitment} if changes.get("reserve_commitment") == 1 else {}
        take(model.open_lot(now, name=f"lot-{number}", rules=rules(**changes), opens_at=now + 2 * number - 2, **before))
        for bidder in "abcd":
            take(model.admit_bidder(now, number, bidder))
    pace = chance.choice([(0, 1, 5), (0, 0, 1, 2), (0, 0, 1, 10)])
    for _ in range(110):
        now += chance.choice(pace)
        if chance.random() < 0.02:
            now += 40
            writer.open_epoch()
            take(model.open_house(now, writer.epoch))
        take(random_command(model, held, chance, now))
        if chance.random() < 0.1:
            writer.state(model.state_hash())
    return writer.seal(), course


COURSES = range(200)


@pytest.mark.parametrize("seed", COURSES)
def test_whatever_the_model_records_is_verified(seed: int) -> None:
    report = verify_files(course(seed)[0].files())
    assert [finding for finding in report.findings if finding.code not in ("settlement", "reserve")] == []


def test_the_courses_come_to_every_record_and_every_reason_of_sealed_bids() -> None:
    records = [record for seed in COURSES for record in course(seed)[1]]
    assert {kind for number, kind in RECORD_TYPES.items() if number > 22} <= {type(record) for record in records}
    assert {reason for reason in Reason if reason > Reason.SEED_MISMATCH} <= {record.reason for record in records}
    nexts = [record.next for record in records if isinstance(record, OpeningFinished)]
    assert min(nexts.count(of) for of in AfterOpening) >= 5
