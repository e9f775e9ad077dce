"""Key 56, free_least: how long the first phase lasts at least. Most lots open at 1100, and many of them end at 1500."""

from __future__ import annotations

import random
import struct
from dataclasses import replace
from typing import Any

import pytest
from auction_room import OPENED, called, free, last, room, rules, timed, verdict, window
from replaying import divergence, replayed
from sealed_room import SEALED, awaiting, sealed
from test_postponed_end import (
    AFTER_TO_1500,
    FREE,
    MOVES,
    OPENS,
    SEALED_AT,
    SUSPENDED,
    free_at,
    hard_at,
    postponed,
    started,
    timed_at,
)
from test_rules import entries, joined
from verifier import (
    BidAccepted,
    CommandError,
    CommandRefused,
    FormatError,
    LotOpened,
    LotResumed,
    LotRules,
    Model,
    Phase,
    PhaseStarted,
    Record,
    decode_rules,
)
from verifier.describe import describe
from verifier.terms import DURATION_MAX, I64_MAX, NONE, TIME_MAX, Clock, Command, HardEnd, OnOutage, PhaseEnd, Reason
from verifier.wire import UnsupportedError


def at_after(hard_end: int, end: int = 1_500) -> Phase:
    """Return a timed phase that ends at a time, with a hard end after a duration."""
    return window(end=PhaseEnd.AT, end_value=end, hard_end=HardEnd.AFTER, hard_end_value=hard_end)


def after_after(end: int, hard_end: int) -> Phase:
    return window(end, hard_end=HardEnd.AFTER, hard_end_value=hard_end)


def after_at(end: int, hard_end: int) -> Phase:
    return window(end, hard_end=HardEnd.AT, hard_end_value=hard_end)


SEALED_TO_1500: dict[str, Any] = SEALED | {"phases": (SEALED_AT,), "sealed_tie": 2}
WAITS: dict[str, Any] = {"clock": Clock.AT_FIRST_BID}

RANGE = (f"expected 1 to {DURATION_MAX}", f"应在 1 与 {DURATION_MAX} 之间")
NO_END = ("free_least needs a first phase with an end", "首个阶段有结束时间的，才可写 free_least")

ALLOWED: list[tuple[str, dict[str, Any], int]] = [
    ("the length", {"phases": (free(400),)}, 400),
    ("the least value", {"phases": (free(400),)}, 1),
    ("one for one", {"phases": (free(1),)}, 1),
    ("the greatest value", {"phases": (free(DURATION_MAX),)}, DURATION_MAX),
    ("a timed phase", {"phases": (timed(400),)}, 400),
    ("a sealed phase", SEALED | {"phases": (sealed(400),)}, 400),
    ("an end at a time", FREE, DURATION_MAX),
    ("an end at the time 0", {"phases": (free_at(0),)}, DURATION_MAX),
    ("an end and a hard end at a time", {"phases": (hard_at(5, end=7),)}, DURATION_MAX),
    ("a hard end at a time", {"phases": (after_at(400, 5),)}, 400),
    ("a hard end after more", {"phases": (after_after(400, 500),)}, 400),
    ("a hard end after less", {"phases": (after_after(400, 300),)}, 300),
    ("an end at a time, a hard end after", {"phases": (at_after(420),)}, 420),
    ("the first of several", {"phases": (free(400), timed(5), called())}, 400),
    ("a clock from the first bid", WAITS | {"phases": (free(400),)}, 400),
    ("with key 55", FREE | MOVES, 7),
]
REFUSED: list[tuple[str, dict[str, Any], int, tuple[str, str]]] = [
    ("0", FREE, 0, (f"free_least is 0, {RANGE[0]}", f"free_least 为 0，{RANGE[1]}")),
    ("below 0", FREE, -1, (f"free_least is -1, {RANGE[0]}", f"free_least 为 -1，{RANGE[1]}")),
    ("beyond the limit", FREE, DURATION_MAX + 1,
     (f"free_least is {DURATION_MAX + 1}, {RANGE[0]}", f"free_least 为 {DURATION_MAX + 1}，{RANGE[1]}")),
    ("a called end", {"phases": (called(),)}, 1, NO_END),
    ("longer", {"phases": (free(400),)}, 401, ("the first phase is shorter than free_least 401", "首个阶段短于 free_least 401")),
    ("longer than a timed phase", {"phases": (timed(5),)}, 6,
     ("the first phase is shorter than free_least 6", "首个阶段短于 free_least 6")),
    ("longer than a sealed phase", SEALED | {"phases": (sealed(5),)}, 6,
     ("the first phase is shorter than free_least 6", "首个阶段短于 free_least 6")),
    ("longer, with a hard end at a time", {"phases": (after_at(400, 9_999),)}, 401,
     ("the first phase is shorter than free_least 401", "首个阶段短于 free_least 401")),
    ("longer, with a hard end after more", {"phases": (after_after(400, 500),)}, 401,
     ("the first phase is shorter than free_least 401", "首个阶段短于 free_least 401")),
    ("longer than a hard end after", {"phases": (after_after(400, 300),)}, 301,
     ("the first phase is shorter than free_least 301", "首个阶段短于 free_least 301")),
    ("longer than a hard end after, with an end at a time", {"phases": (at_after(420),)}, 421,
     ("the first phase is shorter than free_least 421", "首个阶段短于 free_least 421")),
    ("longer than the first of two", {"phases": (free(5), timed(400))}, 6,
     ("the first phase is shorter than free_least 6", "首个阶段短于 free_least 6")),
    ("longer, with a clock from the first bid", WAITS | {"phases": (free(5),)}, 6,
     ("the first phase is shorter than free_least 6", "首个阶段短于 free_least 6")),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "least"), [row[1:] for row in ALLOWED], ids=[row[0] for row in ALLOWED])
def test_the_key_stands_where_the_first_phase_can_last_so_long(changes: dict[str, Any], least: int) -> None:
    of = rules(**changes, free_least=least)
    assert decode_rules(of.encode()) == of
    assert entries(of) == [*entries(rules(**changes)), struct.pack("<HBHq", 56, 1, 8, least)]


@pytest.mark.parametrize(("changes", "least", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_the_key_is_refused_elsewhere(changes: dict[str, Any], least: int, words: tuple[str, str]) -> None:
    """By the value, and by its bytes, in which no release writes such rules."""
    raw = joined([*entries(rules(**changes)), struct.pack("<HBHq", 56, 1, 8, least)])
    for make in (lambda: rules(**changes, free_least=least), lambda: decode_rules(raw)):
        with pytest.raises(FormatError) as refusal:
            make()
        assert refusal.value.words == (f"rules: {words[0]}", f"规则：{words[1]}")
        assert not isinstance(refusal.value, UnsupportedError)


@pytest.mark.parametrize("entry", [struct.pack("<HBHB", 56, 2, 1, 1), struct.pack("<HBHi", 56, 1, 4, 1)])
def test_the_key_has_the_tag_and_the_size_of_a_number(entry: bytes) -> None:
    with pytest.raises(FormatError) as refusal:
        decode_rules(joined([*entries(rules(**FREE)), entry]))
    assert not isinstance(refusal.value, UnsupportedError)


def lot_opened(of: LotRules, opens_at: int = OPENS, at: int = OPENED) -> LotOpened:
    """Return the record of the opening of a first lot."""
    return LotOpened(
        seq=2, at=at, lot=1, lot_seq=1, name="lot-1", type_id="english@1", currency="CNY", exponent=2, opens_at=opens_at,
        rules=of,
    )  # fmt: skip


def lacking(opens_at: int, lacks: int, least: int) -> tuple[str, str]:
    """Return what is said of an opening that leaves too little."""
    return (
        f"from {opens_at} on the first phase is {lacks} shorter than free_least {least}",
        f"自 {opens_at} 起，首个阶段比 free_least {least} 短 {lacks}",
    )


def opens(of: LotRules, opens_at: int, deadline: int, hard_end: int | None = None) -> None:
    """Open a lot, hold it against what is expected, and replay it."""
    model = Model()
    records = model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=of, opens_at=opens_at)
    assert last(records) == lot_opened(of, opens_at)
    if opens_at > OPENED:
        records.append(model.transition())
        assert last(records) == started(opens_at, deadline, seq=3)
    lot = model.lot(1)
    assert (lot.state.name, lot.deadline, lot.hard_end) == ("BIDDING", deadline, hard_end)
    assert replayed(records).ok


def does_not_open(of: LotRules, opens_at: int, lacks: int) -> None:
    """Refuse to open a lot, which changes nothing, and find it in a journal that opened it all the same."""
    model = Model()
    records = model.open_house(OPENED, 1)
    before = model.state_hash()
    with pytest.raises(CommandError) as refusal:
        model.open_lot(OPENED, name="lot-1", rules=of, opens_at=opens_at)
    words = lacking(opens_at, lacks, of.free_least or 0)
    assert refusal.value.words == words
    assert (model.state_hash(), model.seq, model.lots) == (before, 1, [])
    forged = lot_opened(of, opens_at)
    report = replayed([*records, forged])
    (finding,) = report.findings
    found = describe(forged)
    assert (finding.code, finding.seq, finding.text_en, finding.text_zh, report.replayed) == (
        "divergence", 2, f"record 2: {words[0]}, the journal has {found}", f"第 2 条记录：{words[1]}；日志中为 {found}", 1,
    )  # fmt: skip


OPENINGS: list[tuple[str, dict[str, Any], int, int, int | None, int]] = [
    # Changes, when it opens, its deadline, its hard end, and the open time between opening and deadline.
    ("an end at a time", FREE, 1_100, 1_500, None, 400),
    ("at once", FREE, 1_000, 1_500, None, 500),
    ("one before the end", FREE, 1_499, 1_500, None, 1),
    ("a timed phase", {"phases": (timed_at(),)}, 1_100, 1_500, None, 400),
    ("a sealed phase", SEALED_TO_1500, 1_100, 1_500, None, 400),
    ("the first of two", {"phases": (free_at(), timed(9_000))}, 1_100, 1_500, None, 400),
    ("an end at a time that would move", FREE | MOVES, 1_100, 1_500, None, 400),
    ("up to the last valid time", {"phases": (free_at(TIME_MAX),)}, TIME_MAX - 7, TIME_MAX, None, 7),
    ("a hard end", {"phases": (hard_at(1_520),)}, 1_100, 1_500, 1_520, 400),
    ("a hard end before the end", {"phases": (hard_at(1_450),)}, 1_100, 1_450, 1_450, 350),
    ("a hard end after", {"phases": (at_after(500),)}, 1_100, 1_500, 1_600, 400),
    ("an end after, at once, and a hard end", {"phases": (after_at(600, 1_500),)}, 1_000, 1_500, 1_500, 500),
    ("an end after, and a hard end before it", {"phases": (after_at(400, 1_450),)}, 1_100, 1_450, 1_450, 350),
    ("closed between", FREE | {"closed": ((1_200, 1_250),)}, 1_100, 1_500, None, 350),
    ("closed when it opens", FREE | {"closed": ((1_050, 1_150),)}, 1_100, 1_500, None, 350),
    ("closed up to the opening", FREE | {"closed": ((1_050, 1_100),)}, 1_100, 1_500, None, 400),
    ("closed at the end", FREE | {"closed": ((1_490, 1_510),)}, 1_100, 1_500, None, 390),
    ("closed from the end on", FREE | {"closed": ((1_500, 1_600),)}, 1_100, 1_500, None, 400),
    ("closed but for one", FREE | {"closed": ((1_100, 1_300), (1_301, 1_500))}, 1_100, 1_500, None, 1),
    ("closed, and a hard end", {"phases": (after_at(400, 1_600),), "closed": ((1_200, 1_400),)}, 1_100, 1_600, 1_600, 300),
]  # fmt: skip
IDS = [row[0] for row in OPENINGS]


@pytest.mark.parametrize(
    ("changes", "opens_at", "deadline", "hard_end", "length"), [row[1:] for row in OPENINGS], ids=IDS
)
def test_a_lot_opens_with_exactly_the_length_and_not_with_one_nanosecond_less(
    changes: dict[str, Any], opens_at: int, deadline: int, hard_end: int | None, length: int
) -> None:
    opens(rules(**changes, free_least=length), opens_at, deadline, hard_end)
    does_not_open(rules(**changes, free_least=length + 1), opens_at, 1)


AFTER: list[tuple[str, dict[str, Any], int, int, int | None, int]] = [
    ("an end after", {"phases": (free(400),)}, 1_100, 1_500, None, 400),
    ("at once", {"phases": (free(400),)}, 1_000, 1_400, None, 400),
    ("closed between", {"phases": (free(400),), "closed": ((1_200, 1_250),)}, 1_100, 1_550, None, 400),
    ("closed when it opens", {"phases": (free(400),), "closed": ((1_050, 1_150),)}, 1_100, 1_550, None, 400),
    ("a hard end after", {"phases": (after_after(400, 300),)}, 1_100, 1_400, 1_400, 300),
    ("a hard end at its end", {"phases": (after_at(400, 1_500),)}, 1_100, 1_500, 1_500, 400),
    ("an end at a time, and a hard end after", {"phases": (at_after(300),)}, 1_100, 1_400, 1_400, 300),
    ("at the last valid time", {"phases": (free(400),)}, TIME_MAX, TIME_MAX + 400, None, 400),
]


@pytest.mark.parametrize(
    ("changes", "opens_at", "deadline", "hard_end", "length"), [row[1:] for row in AFTER], ids=[row[0] for row in AFTER]
)
def test_a_lot_opens_whose_rules_leave_the_length_themselves(
    changes: dict[str, Any], opens_at: int, deadline: int, hard_end: int | None, length: int
) -> None:
    """And no more than that can be asked for."""
    opens(rules(**changes, free_least=length), opens_at, deadline, hard_end)
    with pytest.raises(FormatError):
        rules(**changes, free_least=length + 1)


@pytest.mark.parametrize(
    ("changes", "opens_at", "least", "lacks"),
    [
        (FREE, 1_500, 1, 1),
        (FREE, 1_501, 1, 1),
        (FREE, TIME_MAX, DURATION_MAX, DURATION_MAX),
        (FREE, 1_100, 500, 100),
        (FREE | MOVES, 1_500, 1, 1),
        (FREE | {"closed": ((1_000, 1_500),)}, 1_100, 1, 1),
        ({"phases": (hard_at(1_099),)}, 1_100, 1, 1),
        ({"phases": (after_at(400, 1_000),)}, 1_100, 400, 400),
    ],
)
def test_a_lot_does_not_open_by_much_or_where_nothing_is_left(
    changes: dict[str, Any], opens_at: int, least: int, lacks: int
) -> None:
    does_not_open(rules(**changes, free_least=least), opens_at, lacks)


def test_without_the_key_a_lot_opens_however_little_is_left() -> None:
    opens(rules(**FREE), 1_500, 1_500)
    opens(rules(phases=(after_at(400, 1_000),)), 1_100, 1_100, 1_100)


def test_a_refused_opening_leaves_the_name_free_and_lets_no_time_pass() -> None:
    """At 1200, when another lot is over since 1100 and that is not recorded yet."""
    model = room()
    before = model.state_hash()
    with pytest.raises(CommandError) as refusal:
        model.open_lot(1_200, name="lot-2", rules=rules(**FREE, free_least=301))
    assert (refusal.value.words, model.state_hash()) == (lacking(1_200, 1, 301), before)
    of = rules(**FREE, free_least=300)
    closed, opened = model.open_lot(1_200, name="lot-2", rules=of)
    assert (closed.seq, closed.at, closed.lot) == (3, 1_100, 1)
    assert opened == replace(lot_opened(of, 1_200, 1_200), seq=4, lot=2, name="lot-2")


def test_where_the_phase_would_wait_its_length_is_not_judged() -> None:
    """Its hard end leaves 100 of its 400, and 80 from the first bid on."""
    changes: dict[str, Any] = {"phases": (after_at(400, 1_200),), "free_least": 400}
    does_not_open(rules(**changes), OPENS, 300)
    model = Model()
    records = model.open_house(OPENED, 1)
    records += model.open_lot(OPENED, name="lot-1", rules=rules(**changes, **WAITS), opens_at=OPENS)
    assert last(records) == lot_opened(rules(**changes, **WAITS))
    records.append(model.transition())
    assert last(records) == started(OPENS, NONE, seq=3)
    records += model.admit_bidder(1_110, 1, "a") + model.place_bid(1_120, 1, "a", 100)
    assert last(records) == BidAccepted(seq=5, at=1_120, lot=1, lot_seq=4, bidder=1, amount=100, closes_at=1_200)
    assert replayed(records).ok


def to_1500(least: int, *keys: dict[str, Any], phase: Phase | None = None) -> dict[str, Any]:
    """Return changes with a first phase up to 1500, its least length and more keys."""
    changes: dict[str, Any] = {"phases": (phase or free_at(),), "free_least": least}
    for more in keys:
        changes |= more
    return changes


RESUMPTIONS: list[tuple[str, dict[str, Any], int, int | None, int | None]] = [
    # Changes, when it is resumed and with which stated opening, its deadline or None where it does not resume.
    ("exactly the length", to_1500(300), 1_150, None, 1_500),
    ("one less", to_1500(300), 1_151, None, None),
    ("one more", to_1500(300), 1_149, None, 1_500),
    ("nothing left", to_1500(300), 1_450, None, None),
    ("long behind the end", to_1500(300), 9_000, None, None),
    ("not postponed", to_1500(400), 1_050, None, 1_500),
    ("by one", to_1500(400), 1_051, None, None),
    ("stated, exactly the length", to_1500(300), 1_100, 1_200, 1_500),
    ("stated, one less", to_1500(300), 1_100, 1_201, None),
    ("stated, one more", to_1500(300), 1_100, 1_199, 1_500),
    ("stated, the last valid time", to_1500(300), 1_100, TIME_MAX, None),
    ("stated, as it would be", to_1500(300), 1_150, 1_200, 1_500),
    ("stated, brought forward", to_1500(300), 1_060, 1_099, None),
    ("stated, the opening that stood", to_1500(400), 1_060, 1_100, 1_500),
    ("stated, at once, exactly the length", to_1500(300), 1_200, 1_200, 1_500),
    ("the least of all", to_1500(1), 1_449, None, 1_500),
    ("less than the least of all", to_1500(1), 1_450, None, None),
    ("a timed phase, exactly", to_1500(300, phase=timed_at()), 1_150, None, 1_500),
    ("a timed phase, one less", to_1500(300, phase=timed_at()), 1_151, None, None),
    ("a sealed phase, exactly", to_1500(300, SEALED_TO_1500), 1_150, None, 1_500),
    ("a sealed phase, one less", to_1500(300, SEALED_TO_1500), 1_151, None, None),
    ("a hard end before the end, exactly", to_1500(250, phase=hard_at(1_450)), 1_150, None, 1_450),
    ("a hard end before the end, one less", to_1500(250, phase=hard_at(1_450)), 1_151, None, None),
    ("an end after, long behind", to_1500(400, phase=free(400)), 9_000, None, 9_450),
    ("an end after, stated", to_1500(400, phase=free(400)), 1_100, 9_000, 9_400),
    ("an end after and a hard end after", to_1500(300, phase=after_after(400, 300)), 9_000, None, 9_350),
    ("an end after and a hard end at, exactly", to_1500(300, phase=AFTER_TO_1500), 1_150, None, 1_500),
    ("an end after and a hard end at, one less", to_1500(300, phase=AFTER_TO_1500), 1_151, None, None),
    ("an end after and a hard end at, stated, exactly", to_1500(300, phase=AFTER_TO_1500), 1_100, 1_200, 1_500),
    ("an end after and a hard end at, stated, one less", to_1500(300, phase=AFTER_TO_1500), 1_100, 1_201, None),
    ("closed between, exactly", to_1500(300, {"closed": ((1_300, 1_350),)}), 1_100, None, 1_500),
    ("closed between, one less", to_1500(300, {"closed": ((1_300, 1_350),)}), 1_101, None, None),
    ("closed behind the opening it was to have", to_1500(260, {"closed": ((1_140, 1_240),)}), 1_100, None, 1_500),
    ("closed when it opens", to_1500(260, {"closed": ((1_140, 1_240),)}), 1_190, None, 1_500),
    ("closed when it opens, one less", to_1500(260, {"closed": ((1_140, 1_240),)}), 1_191, None, None),
    ("closed, an end after", to_1500(400, {"closed": ((1_140, 1_240),)}, phase=free(400)), 1_150, None, 1_640),
    ("moves", to_1500(400, MOVES), 1_350, None, 1_800),
    ("moves from behind the end", to_1500(400, MOVES), 9_000, None, 9_450),
    ("moves to a stated time", to_1500(400, MOVES), 1_100, 1_500, 1_900),
    ("moves, in the past", to_1500(300, MOVES), 1_200, 1_199, None),
    ("moves, at once", to_1500(300, MOVES), 1_200, 1_200, 1_600),
    ("moves with a hard end", to_1500(350, MOVES, phase=hard_at(1_450)), 1_350, None, 1_750),
    ("moves, with a hard end after", to_1500(400, MOVES, phase=at_after(420)), 1_350, None, 1_800),
    ("moves over what is closed", to_1500(350, MOVES, {"closed": ((1_200, 1_250),)}), 1_350, None, 1_750),
    ("waits", to_1500(400, WAITS, phase=AFTER_TO_1500), 9_000, None, NONE),
    ("waits, stated", to_1500(400, WAITS, phase=AFTER_TO_1500), 1_100, 1_499, NONE),
]


@pytest.mark.parametrize(
    ("changes", "at", "ends_at", "deadline"), [row[1:] for row in RESUMPTIONS], ids=[row[0] for row in RESUMPTIONS]
)
def test_a_lot_resumes_to_an_opening_that_leaves_the_length(
    changes: dict[str, Any], at: int, ends_at: int | None, deadline: int | None
) -> None:
    """It was to open at 1100 and is frozen with 50 left."""
    opens_at = at + 50 if ends_at is None else ends_at
    head: dict[str, Any] = {"seq": 4, "at": at, "lot": 1, "lot_seq": 3}
    resumed = LotResumed(**head, closes_at=opens_at, authority="-", why="-")
    refused = CommandRefused(**head, command=Command.RESUME_LOT, reason=Reason.END_NOT_ALLOWED, amount=ends_at or 0)
    made, other = (refused, resumed) if deadline is None else (resumed, refused)
    model, records = postponed(at, ends_at, **changes)
    assert last(records) == made
    assert divergence([*records[:-1], other]) == ("divergence", 4)
    state = ("suspended", None) if deadline is None else ("scheduled", opens_at)
    assert (model.quote(1).state, model.quote(1).closes_at) == state
    if deadline is not None:
        records.append(model.transition())
        assert last(records) == started(opens_at, deadline)
    assert replayed(records).ok


@pytest.mark.parametrize(
    ("phase", "at", "made"),
    [
        (free_at(), 1_449, "accepted"),
        (free_at(), 1_450, "end_not_allowed"),
        (AFTER_TO_1500, 1_449, "accepted"),
        (AFTER_TO_1500, 1_450, "accepted"),
    ],
)
def test_without_the_key_only_an_end_that_has_come_stands_against_a_resumption(
    phase: Phase, at: int, made: str
) -> None:
    model, records = postponed(at, phases=(phase,))
    assert (verdict(records), model.quote(1).closes_at) == (made, at + 50 if made == "accepted" else None)


def test_a_lot_that_could_not_resume_may_do_so_where_its_end_moves() -> None:
    """The same resumption, the rules told apart by key 55 alone."""
    assert [verdict(postponed(1_151, **to_1500(300, keys))[1]) for keys in ({}, MOVES)] == [
        "end_not_allowed",
        "accepted",
    ]


def test_each_postponement_is_judged_by_the_opening_that_it_leads_to() -> None:
    model, records = postponed(1_100, **to_1500(300))
    records += model.suspend_lot(1_120, 1)
    said = [model.resume_lot(1_130, 1, ends_at=1_201), model.resume_lot(1_130, 1, ends_at=1_200)]
    records += [record for each in said for record in each]
    head: dict[str, Any] = {"at": 1_130, "lot": 1}
    assert records[-2:] == [
        CommandRefused(
            seq=6, lot_seq=5, command=Command.RESUME_LOT, reason=Reason.END_NOT_ALLOWED, amount=1_201, **head
        ),
        LotResumed(seq=7, lot_seq=6, closes_at=1_200, authority="-", why="-", **head),
    ]
    assert model.transition() == started(1_200, 1_500, seq=8)
    assert replayed(records).ok


def test_a_notice_is_asked_for_before_the_length() -> None:
    model, records = postponed(1_151, **to_1500(300, {"resume_notice": 10}))
    assert verdict(records) == "resumption_not_due"
    records += model.announce_resumption(1_151, 1, 1_161) + model.resume_lot(1_161, 1)
    assert verdict(records) == "end_not_allowed"
    assert replayed(records).ok


def test_an_opening_beyond_every_time_leaves_what_64_bits_leave() -> None:
    """Frozen at 1050 before an opening at 2⁶² and resumed at 2⁶²: it would open 1049 before the last number."""
    for least, made in ((1_049, "accepted"), (1_050, "end_not_allowed")):
        model = Model()
        of = rules(phases=(free(2_000),), free_least=least)
        records = model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=of, opens_at=TIME_MAX)
        records += model.suspend_lot(SUSPENDED, 1) + model.resume_lot(TIME_MAX, 1)
        assert (verdict(records), model.quote(1).closes_at) == (made, I64_MAX - 1_049 if made == "accepted" else None)
        assert replayed(records).ok


@pytest.mark.parametrize("changes", [to_1500(400), to_1500(400, phase=AFTER_TO_1500)])
def test_a_phase_that_runs_goes_on_with_what_was_left(changes: dict[str, Any]) -> None:
    """Frozen at 1490, 10 before its end, and resumed long behind it."""
    model = Model()
    records = model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=rules(**changes), opens_at=OPENS)
    records += model.suspend_lot(1_490, 1) + model.resume_lot(9_000, 1)
    assert last(records) == LotResumed(seq=5, at=9_000, lot=1, lot_seq=4, closes_at=9_010, authority="-", why="-")
    assert replayed(records).ok


def test_an_opening_of_sealed_bids_goes_on_whatever_was_left() -> None:
    model, records = awaiting("a120", SEALED | {"free_least": 100})
    records += model.suspend_lot(1_105, 1) + model.resume_lot(9_000, 1)
    assert last(records) == LotResumed(
        seq=model.seq, at=9_000, lot=1, lot_seq=model.seq - 1, closes_at=NONE, authority="-", why="-"
    )
    assert replayed(records).ok


def test_only_the_first_phase_has_the_length() -> None:
    """The second one ends when it begins."""
    of = rules(phases=(free_at(), timed_at(1_400)), timed_without_bids=1, free_least=400)
    model = Model()
    records = model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=of, opens_at=OPENS)
    records += [model.transition(), model.transition()]
    assert last(records) == PhaseStarted(seq=4, at=1_500, lot=1, lot_seq=3, due=1_500, closes_at=1_500, phase=1)
    assert replayed(records).ok


@pytest.mark.parametrize(
    ("outage", "records_behind"),
    [
        (
            OnOutage.SUSPEND,
            [CommandRefused(seq=6, at=1_350, lot=1, lot_seq=4, command=Command.RESUME_LOT, reason=Reason.END_NOT_ALLOWED)],
        ),
        (
            OnOutage.CLOSE_AT_SCHEDULE,
            [
                PhaseStarted(seq=5, at=1_350, lot=1, lot_seq=3, due=1_100, closes_at=1_500, phase=0),
                CommandRefused(seq=6, at=1_350, lot=1, lot_seq=4, command=Command.RESUME_LOT, reason=Reason.WRONG_PHASE),
            ],
        ),
    ],
)  # fmt: skip
def test_an_outage_is_no_reason_to_last_less_if_it_suspends(outage: OnOutage, records_behind: list[Record]) -> None:
    """Down from 1050 to 1350: a lot that is not suspended has opened at 1100 all the same."""
    model = Model()
    of = rules(**to_1500(300), on_outage=outage)
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=of, opens_at=OPENS)
    model.admit_bidder(1_050, 1, "a")
    model.open_house(1_350, 2)
    assert model.resume_lot(1_350, 1) == records_behind


@pytest.mark.parametrize("seed", range(40))
def test_the_length_is_the_open_time_counted_tick_by_tick(seed: int) -> None:
    chance = random.Random(seed)
    edges = sorted(chance.sample(range(1_060, 1_290), 8))
    spans = tuple(zip(edges[::2], edges[1::2], strict=True))
    shut = {tick for since, until in spans for tick in range(since, until)}
    end, late = chance.randint(1_300, 1_450), chance.randint(1, 150)
    lengths = [sum(tick not in shut for tick in range(since, end)) for since in (OPENS, OPENS + late)]
    changes: dict[str, Any] = {"phases": (free_at(end),), "closed": spans}
    opens(rules(**changes, free_least=lengths[0]), OPENS, end)
    does_not_open(rules(**changes, free_least=lengths[0] + 1), OPENS, 1)
    _, records = postponed(SUSPENDED + late, **changes, free_least=lengths[1])
    assert verdict(records) == "accepted"
    if lengths[1] < lengths[0]:
        _, records = postponed(SUSPENDED + late, **changes, free_least=lengths[1] + 1)
        assert verdict(records) == "end_not_allowed"
