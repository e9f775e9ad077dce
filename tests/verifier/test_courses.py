"""Courses of any commands under any rules: whatever the model records is verified."""

from __future__ import annotations

import hashlib
import random
import struct
from functools import cache
from typing import Any

import pytest
from auction_room import (
    LOTTERY,
    OPENED,
    REQUIRED_AT_ENTRY,
    REQUIRED_BEFORE,
    SEEDS,
    SELL,
    SETTERS,
    TWO_QUOTED,
    called,
    entering,
    free,
    inquiry,
    preparation,
    room,
    rules,
    timed,
    window,
)
from journal_writer import JournalWriter
from replaying import BLINDING, C, commitment_to, opened
from verifier import (
    RECORD_TYPES,
    LegalBasisStated,
    LotOpened,
    LotRules,
    Model,
    Phase,
    Record,
    ReserveCompared,
    ReserveDisclosed,
    ladder,
    verify_files,
)
from verifier.terms import (
    NONE,
    Admission,
    Anchor,
    CapAction,
    Clock,
    Extension,
    OnOutage,
    PhaseKind,
    Priority,
    Reason,
    ReserveState,
    ResumeTimed,
    Rounding,
    SelfOutbid,
    SingleBidder,
    State,
    TimedEntry,
    WithoutBids,
)


def lot_hash(of: LotRules, head: bytes, *, bidders: bytes = b"", resumes_at: bytes = b"", drawn: bytes = b"") -> bytes:
    """Return the hash of a lot without a reserve or an outcome; `head` is what stands from its state to `quoted`."""
    lot = struct.pack("<I", 1) + head[:4] + of.rules_hash + head[4:]
    lot += b"\0" + bytes(32) + struct.pack("<BIq", 0, 0, 0) + bidders + resumes_at + drawn
    return hashlib.sha256(b"pyauction/lot/v1" + lot).digest()


def test_the_state_hash_is_the_hash_of_the_document() -> None:
    model, _ = opened()
    model.place_bid(1_050, 1, "a", 100)
    head = struct.pack("<IBBqqqqIIIIII", 3, 2, 0, 1_100, NONE, NONE, 100, 1, 1, 0, 0, 1, 1)
    expected = lot_hash(rules(), head)
    assert model.lot_hash(1) == expected
    state = hashlib.sha256(b"pyauction/state/v1" + struct.pack("<QqI", 4, 1_050, 1) + expected).digest()
    assert model.state_hash() == state


ASKED: dict[str, Any] = {"phases": (free(), inquiry(), timed()), "inquiry_yes": 1}
RECENT: dict[str, Any] = {"recent_bidders": 1, "recent_window": 100}
STANDING: list[tuple[str, dict[str, Any], str]] = [
    ("nothing", {}, ""),
    ("what is hashed with the rules alone", {"closed": ((1, 2),), "first_bid_min": 1, "precision": 10,
     "resume_timed": 1}, ""),
    ("an inquiry", ASKED, "answer"),
    ("recent bidders", {"phases": (free(), timed())} | RECENT, "last_bid"),
    ("a priority", {"priority": 1}, "priority"),
    ("a notice", {"resume_notice": 1}, "resumes_at"),
    ("an inquiry and a priority", ASKED | {"priority": 2}, "answer priority"),
    ("all of them", ASKED | RECENT | {"priority": 2, "resume_notice": 1}, "answer last_bid priority resumes_at"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "hashed"), [row[1:] for row in STANDING], ids=[row[0] for row in STANDING])
def test_the_lot_hash_covers_of_a_bidder_what_the_rules_use(changes: dict[str, Any], hashed: str) -> None:
    """A bids 110 and 120 with b's bid of 110 between, c does not bid; a and b answer where they are asked."""
    of = rules(**{"phases": (timed(200),), "self_outbid": SelfOutbid.MAY} | changes)
    model = room(of)
    for bidder in "abc":
        model.admit_bidder(1_000, 1, bidder)
    model.grant_priority(1_000, 1, "b", 7)
    for at, bidder, amount in ((1_020, "a", 110), (1_030, "b", 110), (1_040, "a", 120)):
        model.place_bid(at, 1, bidder, amount)
    model.answer_inquiry(1_110, 1, "a", yes=False)
    model.answer_inquiry(1_110, 1, "b", yes=True)
    model.suspend_lot(1_120, 1)
    model.announce_resumption(1_120, 1, 5_000)
    matched = of.priority is not None
    bidders = b""
    for answer, last_bid, rank, matches in ((2, 1_040, 0, 0), (1, 1_030 if matched else NONE, 7, 1), (0, NONE, 0, 0)):
        bidders += struct.pack("<B", answer) * ("answer" in hashed)
        bidders += struct.pack("<q", last_bid) * ("last_bid" in hashed)
        bidders += struct.pack("<II", rank, matches) * ("priority" in hashed)
    lot = model.lot(1)
    left = {1: 80, 2: 80, 3: 30}[len(of.phases)]
    head = struct.pack(
        "<IBBqqqqIIIIII", lot.lot_seq, 3, 0 if len(of.phases) == 1 else 1, NONE, left, NONE, 120, 1, 2 + matched,
        1 - matched, 0, 3, 1 + matched,
    )  # fmt: skip
    resumes_at = struct.pack("<q", 5_000) * ("resumes_at" in hashed)
    assert model.lot_hash(1) == lot_hash(of, head, bidders=bidders, resumes_at=resumes_at)


def test_the_time_of_a_resumption_is_hashed_from_the_first_record_on() -> None:
    of = rules(priority=1, resume_notice=1)
    model = room(of)
    head = struct.pack("<IBBqqqqIIIIII", 1, 2, 0, 1_100, NONE, NONE, 0, 0, 0, 0, 0, 0, 0)
    assert model.lot_hash(1) == lot_hash(of, head, resumes_at=struct.pack("<q", NONE))


def test_the_lot_hash_covers_the_top_ups_and_the_drawn_under_their_keys_only() -> None:
    """Of a and b that bid the cap at 1010 and 1020 the deposit of b is confirmed; the lottery gives the lot to one."""
    of = rules(**entering(timed(), top_up=1, recent_bidders=1, recent_window=5, resume_notice=1))
    model = room(of)
    head = struct.pack("<IBBqqqqIIIIII", 1, 2, 0, 1_100, NONE, NONE, 0, 0, 0, 0, 0, 0, 0)
    assert model.lot_hash(1) == lot_hash(of, head, resumes_at=struct.pack("<q", NONE))
    for bidder in "ab":
        model.admit_bidder(1_000, 1, bidder)
    model.confirm_top_up(1_000, 1, "b")
    model.place_bid(1_010, 1, "a", 150)
    bidders = struct.pack("<qBqB", 1_010, 0, NONE, 1)
    head = struct.pack("<IBBqqqqIIIIII", 5, 2, 0, 1_010, NONE, NONE, 150, 1, 1, 0, 0, 2, 1)
    assert model.lot_hash(1) == lot_hash(of, head, bidders=bidders, resumes_at=struct.pack("<q", NONE))
    for changes in (entering(timed()), SELL):
        of = rules(**changes)
        model = room(of)
        model.place_bid(1_010, 1, "a", 150)
        head = struct.pack("<IBBqqqqIIIIII", 3, 2, 0, 1_010, NONE, NONE, 150, 1, 1, 0, 0, 1, 1)
        assert model.lot_hash(1) == lot_hash(of, head)


def test_the_lot_hash_covers_the_state_of_a_lottery() -> None:
    of = rules(**LOTTERY, resume_notice=1)
    model = room(of)
    none = struct.pack("<q", NONE)
    head = struct.pack("<IBBqqqqIIIIII", 1, 2, 0, 1_100, NONE, NONE, 0, 0, 0, 0, 0, 0, 0)
    assert model.lot_hash(1) == lot_hash(of, head, resumes_at=none, drawn=bytes(4))
    model.place_bid(1_010, 1, "a", 150)
    model.place_bid(1_020, 1, "b", 150)
    model.advance(1_100)
    head = struct.pack("<IBBqqqqIIIIII", 6, 8, 0, NONE, NONE, NONE, 150, 2, 2, 0, 0, 2, 2)
    assert model.lot_hash(1) == lot_hash(of, head, resumes_at=none, drawn=bytes(4))
    (drawn,) = model.draw_lottery(1_101, 1, SEEDS)
    head = struct.pack("<IBBqqqqIIIIII", 7, 5, 0, NONE, NONE, NONE, 150, 2, 2, 0, 0, 2, 2)
    assert model.lot_hash(1) == lot_hash(of, head, resumes_at=none, drawn=struct.pack("<I", drawn.bidder))


def random_rules(chance: random.Random) -> dict[str, Any]:
    """Return rules that touch every key."""
    extension = chance.choice(list(Extension))
    late = {"extension": extension, "extension_to": 0 if extension == Extension.NONE else chance.randint(1, 40)}
    late["window"] = chance.randint(1, 40) if extension == Extension.WINDOW else 0
    first = chance.choice([free(chance.randint(2, 90)), timed(chance.randint(1, 90), **late), window()])
    changes: dict[str, Any] = {
        "admission": chance.choice(list(Admission)),
        "self_outbid": chance.choice(list(SelfOutbid)),
        "clock": chance.choice(list(Clock)),
        "on_outage": chance.choice(list(OnOutage)),
        "phases": chance.choice([(first,), (first, timed(chance.randint(1, 60), **late)), (first, called())]),
        "max_multiple": chance.choice([None, 1, 4]),
    }
    changes |= chance.choice(
        [
            {"multiple_anchor": chance.choice([None, *Anchor])},
            {"increment_fixed": None, "increment_percent": (1, 7), "increment_rounding": chance.choice(list(Rounding))},
            {"increment_fixed": None, "increment_table": ((0, 5), (120, 20)), "multiple_anchor": Anchor.START_PRICE},
        ]
    )
    changes |= chance.choice([{}, TWO_QUOTED]) | chance.choice(
        [{}, {}, REQUIRED_AT_ENTRY, REQUIRED_BEFORE, SETTERS | {"reserve_setters": chance.choice([2, 2, 3])}]
    )
    if "reserve_commitment" in changes and changes["clock"] == Clock.AT_OPENING:
        changes |= chance.choice(
            [{}, {"entry_opens_before_end": 30, "entry_ends_before_end": chance.choice([None, 5])}]
        )
    changes |= random_options(changes["phases"], chance)
    return changes | (random_cap(changes, chance) if chance.random() < 0.5 else {})


def random_options(phases: tuple[Phase, ...], chance: random.Random) -> dict[str, Any]:
    """Return rules of the keys 22 to 37 that fit these phases, which may get others between them."""
    changes: dict[str, Any] = {}
    if len(phases) > 1 and chance.random() < 0.5:
        between = chance.choice(
            [(inquiry(20),), (timed(9), inquiry(9)), (preparation(20),), (preparation(9), inquiry(9))]
        )
        phases = (phases[0], *between, phases[1])
    kinds = {phase.kind for phase in phases}
    if PhaseKind.INQUIRY in kinds:
        changes["inquiry_yes"] = chance.choice([1, 1, 2])
    options: list[dict[str, Any]] = [
        {"first_bid_min": 1},
        {"precision": 5},
        {"closed": tuple((OPENED + 40 * n, OPENED + 40 * n + 9) for n in range(1, 20))},
        {"resume_notice": 10, "resume_direct_within": chance.choice([None, 5])},
        {"priority": chance.choice(list(Priority))},
    ]
    if PhaseKind.FREE in kinds:
        least = min(phase.end_value for phase in phases if phase.kind == PhaseKind.FREE)
        options.append({"resume_free": 1, "resume_free_most": chance.choice([None, 20])})
        options.append({"free_stop": chance.randrange(1, least)})
    if kinds != {PhaseKind.FREE}:
        prepared = PhaseKind.PREPARATION in kinds
        options.append({"resume_timed": chance.choice(list(ResumeTimed)) if prepared else ResumeTimed.RESTART})
    if kinds.issuperset((PhaseKind.FREE, PhaseKind.TIMED)):
        options.append({"timed_increment": 15})
    if any(phase.extension for phase in phases):
        options.append({"max_extensions": chance.choice([1, 2])})
    if len(phases) > 1:
        options.append({"recent_bidders": 1, "recent_window": chance.randint(1, 60)})
        entries = list(TimedEntry)[1:] if PhaseKind.INQUIRY in kinds else [TimedEntry.PRIOR_BID]
        options.append({"timed_entry": chance.choice(entries)})
    for option in chance.sample(options, chance.randint(0, len(options))):
        changes |= option
    return changes | {"phases": phases}


def random_cap(changes: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a cap that fits these rules, which may lead to phases behind the last one of them."""
    cap: dict[str, Any] = {
        "priority": None,
        "cap": chance.choice([130, 165, 240]),
        "cap_action": chance.choice([*CapAction, *[CapAction.LOTTERY] * 3]),
    }
    frees = any(phase.kind == PhaseKind.FREE for phase in changes["phases"])
    if cap["cap_action"] == CapAction.LOTTERY:
        return LOTTERY | {"priority": None, "cap": chance.choice([130, 150])}
    if cap["cap_action"] == CapAction.ENTER:
        behind = chance.choice([(timed(30),), (preparation(10), timed(30)), (called(),)])
        cap |= {"phases": (*changes["phases"], *behind), "cap_phase": len(changes["phases"])}
        cap |= {"timed_without_bids": WithoutBids.DECIDE, "single_bidder": chance.choice(list(SingleBidder))}
        cap["top_up"] = chance.choice([None, 1])
        if "inquiry_yes" not in changes and chance.random() < 0.3:
            cap |= {"phases": (*cap["phases"][:-1], inquiry(9), timed(30)), "inquiry_yes": 1}
            cap["timed_entry"] = chance.choice([None, TimedEntry.YES, TimedEntry.PRIOR_BID_AND_YES])
    cap["cap_passing"] = chance.choice([None, None, 1])
    cap["cap_in_free"] = chance.choice([None, 1]) if frees else None
    return cap


def random_command(model: Model, chance: random.Random, now: int) -> list[Record]:
    lot = chance.randint(1, len(model.lots))
    of = model.lot(lot)
    top = of.top or of.rules.start_price
    step = ladder.step(of)
    amount = top + chance.choice([-5, 0, 0, step, step, 2 * step, 3 * step, chance.randint(0, 60)])
    amount = chance.choice([amount, amount, amount, of.rules.cap or amount])
    bidder, yes = chance.choice("abc"), chance.random() < 0.6
    key = chance.choice([b"", b"", b"", b"x", bytes([chance.randint(0, 9)])])
    ends_at = chance.choice([None, now + chance.randint(1, 90)])
    figure = chance.choice([120, 120, 130, 140]) if of.rules.reserve_setters else 120
    entered, by = commitment_to(figure), chance.choice("kmn")
    outcome: dict[str, Any] = chance.choice(
        [{"kind": 1, "winner": of.drawn or of.leader, "price": top}, {"kind": 2, "cause": chance.randint(0, 4)}]
    )

    def enter() -> list[Record]:
        return model.enter_reserve(now, lot, chance.choice([1, 1, 1, 2, 3]), entered, by, "n")

    after: list[Any] = [
        lambda: model.compare_reserve(now, lot, met=top >= 120),
        lambda: model.record_outcome(now, lot, **outcome),
        lambda: model.disclose_reserve(now, lot, figure, BLINDING),
        lambda: model.draw_lottery(now, lot, chance.choice([SEEDS, SEEDS[:1], SEEDS[::-1]])),
    ]
    dice: list[Any] = [
        lambda: model.admit_bidder(now, lot, bidder),
        lambda: model.close_lot(now, lot),
        lambda: model.suspend_lot(now, lot),
        lambda: model.resume_lot(now, lot, ends_at=ends_at),
        lambda: model.announce_resumption(now, lot, now + chance.randint(0, 20)),
        enter,
        lambda: model.reenter_reserve(now, lot, chance.choice([1, 3]), entered, by),
        lambda: model.clock_jumped(now, now),
        lambda: model.advance(now),
        lambda: model.grant_priority(now, lot, bidder, chance.randint(1, 3)),
        *[lambda: model.confirm_top_up(now, lot, bidder)] * (1 if of.rules.top_up is None else 4),
        lambda: model.answer_inquiry(now, lot, bidder, yes),
    ]
    dice += after
    dice += [enter] * (20 if of.rules.reserve_setters and of.reserve_state == ReserveState.MISSING else 0)
    dice += [lambda: model.terminate_lot(now, lot)] * (chance.random() < 0.05)
    if of.state in (State.AWAITING_RESERVE, State.AWAITING_DRAW, State.CLOSED, State.DECIDED):
        dice += after * 4
    elif of.state == State.SUSPENDED:
        dice += [lambda: model.resume_lot(now, lot), lambda: model.resume_lot(now, lot, ends_at=ends_at)] * 4
    elif of.running.kind == PhaseKind.INQUIRY:
        dice += [lambda: model.answer_inquiry(now, lot, bidder, yes)] * 20
    else:
        dice += [lambda: model.place_bid(now, lot, bidder, amount, key)] * 30
    records: list[Record] = chance.choice(dice)()
    return records


@cache
def course(seed: int) -> tuple[JournalWriter, list[Record]]:
    """Return the journal of a course of commands on two lots, and its records."""
    chance, beside = random.Random(seed), random.Random(seed)
    model, writer, now = Model(), JournalWriter(align=512), OPENED
    course: list[Record] = []

    def take(records: list[Record]) -> None:
        course.extend(records)
        if records:
            writer.records(records)

    take(model.open_house(now, 1))
    for number in (1, 2):
        changes = random_rules(chance)
        before = {"commitment": C} if changes.get("reserve_commitment") == 1 else {}
        take(model.open_lot(now, name=f"lot-{number}", rules=rules(**changes), opens_at=now + 2 * number - 2, **before))
        for bidder in "abc" if chance.random() < 0.8 else "":
            take(model.admit_bidder(now, number, bidder))
            if chance.random() < 0.6:
                take(model.grant_priority(now, number, bidder, chance.randint(1, 3)))
    pace = chance.choice([(0, 1, 7, 20), (0, 0, 1, 2), (0, 0, 1, 10)])
    for _ in range(80):
        now += chance.choice(pace)
        if chance.random() < 0.02:
            now += 60
            writer.open_epoch()
            take(model.open_house(now, writer.epoch))
        take(random_command(model, chance, now))
        if beside.random() < 0.1:
            take(model.state_legal_basis(now, beside.choice([1, 2]), "a law"))
        if chance.random() < 0.1:
            writer.state(model.state_hash())
    return writer.seal(), course


COURSES = range(200)
BESIDE = {reason for reason in Reason if reason >= Reason.PHASE_TAKES_NO_SEALED_BIDS}
"""The reasons of sealed bids, which have courses of their own."""


@pytest.mark.parametrize("seed", COURSES)
def test_whatever_the_model_records_is_verified(seed: int) -> None:
    report = verify_files(course(seed)[0].files())
    unsettled = [finding for finding in report.findings if finding.code not in ("settlement", "reserve")]
    assert unsettled == []


def test_the_courses_come_to_comparisons_with_the_figures_of_several() -> None:
    disclosed = 0
    for seed in COURSES:
        records = course(seed)[1]
        several = {of.lot for of in records if isinstance(of, LotOpened) and of.rules.reserve_setters is not None}
        compared = {of.lot for of in records if isinstance(of, ReserveCompared)} & several
        disclosed += sum(isinstance(of, ReserveDisclosed) and of.lot in compared for of in records)
    assert disclosed > 10


def test_the_courses_come_to_every_record_and_to_every_reason_but_two() -> None:
    """No amount of a course is near the limit or below zero."""
    records = [record for seed in COURSES for record in course(seed)[1]]
    kinds = {kind for number, kind in RECORD_TYPES.items() if number < 23 or kind is LegalBasisStated}
    assert {type(record) for record in records} == kinds
    reasons = set(Reason) - {record.reason for record in records} - BESIDE
    assert reasons == {Reason.AMOUNT_LIMIT, Reason.AMOUNT_NOT_POSITIVE}
