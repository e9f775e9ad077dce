"""Key 55, postponed_end: the end `at` of a first phase that begins late. It was to run from 1100 to 1500."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from auction_room import OPENED, REQUIRED_AT_ENTRY, called, free, last, room, rules, timed, verdict, window
from replaying import divergence, replayed
from sealed_room import SEALED
from test_rules import entries, joined
from verifier import (
    BidAccepted,
    CommandRefused,
    FormatError,
    LotResumed,
    LotRules,
    Model,
    Phase,
    PhaseStarted,
    Record,
    decode_rules,
)
from verifier.terms import TIME_MAX, Clock, Command, HardEnd, OnOutage, PhaseEnd, PhaseKind, Reason
from verifier.wire import UnsupportedError

OPENS = 1_100
SUSPENDED = 1_050
MOVES: dict[str, Any] = {"postponed_end": 1}


def free_at(time: int = 1_500) -> Phase:
    return Phase(kind=PhaseKind.FREE, end=PhaseEnd.AT, end_value=time)


def timed_at(time: int = 1_500) -> Phase:
    return timed(end=PhaseEnd.AT, end_value=time)


def hard_at(time: int, end: int = 1_500) -> Phase:
    """Return a timed phase that a bid in its last 20 extends to 30, up to a hard end at a time."""
    return window(end=PhaseEnd.AT, end_value=end, hard_end=HardEnd.AT, hard_end_value=time)


FREE: dict[str, Any] = {"phases": (free_at(),)}
SEALED_AT = Phase(kind=PhaseKind.SEALED, end=PhaseEnd.AT, end_value=1_500)
AFTER_TO_1500 = window(400, hard_end=HardEnd.AT, hard_end_value=1_500)

ALLOWED: list[tuple[str, dict[str, Any]]] = [
    ("free", FREE),
    ("timed", {"phases": (timed_at(),)}),
    ("a hard end at a time", {"phases": (hard_at(1_600),)}),
    ("a hard end after", {"phases": (window(end=PhaseEnd.AT, end_value=5, hard_end=HardEnd.AFTER, hard_end_value=9),)}),
    ("sealed", SEALED | {"phases": (SEALED_AT,), "sealed_tie": 2}),
    ("the first of several", {"phases": (free_at(), timed(), called())}),
    ("with a notice and closed spans", FREE | {"resume_notice": 5, "closed": ((1, 2),)}),
]
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("an end after", {"phases": (free(),)}),
    ("an end after and a hard end at a time", {"phases": (AFTER_TO_1500,)}),
    ("a called end", {"phases": (called(),)}),
    ("a second phase that ends at a time", {"phases": (free(), timed_at())}),
    ("a clock from the first bid", FREE | {"clock": Clock.AT_FIRST_BID}),
    ("an end after and a clock from the first bid", {"phases": (timed(),), "clock": Clock.AT_FIRST_BID}),
]


@pytest.mark.parametrize("changes", [c for _, c in ALLOWED], ids=[claim for claim, _ in ALLOWED])
def test_the_key_stands_where_the_first_phase_ends_at_a_time(changes: dict[str, Any]) -> None:
    of = rules(**changes | MOVES)
    assert decode_rules(of.encode()) == of
    assert of != rules(**changes)
    assert entries(of)[-1] == struct.pack("<HBHB", 55, 2, 1, 1)
    assert entries(of)[:-1] == entries(rules(**changes))


@pytest.mark.parametrize("changes", [c for _, c in REFUSED], ids=[claim for claim, _ in REFUSED])
def test_the_key_is_refused_where_the_first_phase_does_not_end_at_a_time(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError) as refusal:
        rules(**changes | MOVES)
    assert not isinstance(refusal.value, UnsupportedError)


def test_a_refusal_says_what_the_key_needs() -> None:
    with pytest.raises(FormatError) as refusal:
        rules(**MOVES)
    assert refusal.value.words == (
        "rules: postponed_end needs a first phase that ends at a time",
        "规则：首个阶段在某一时间结束的，才可写 postponed_end",
    )


@pytest.mark.parametrize("value", [0, 2, 255])
def test_an_unknown_value_is_unsupported(value: int) -> None:
    parts = entries(rules(**FREE))
    with pytest.raises(UnsupportedError):
        decode_rules(joined([*parts, struct.pack("<HBHB", 55, 2, 1, value)]))
    with pytest.raises(UnsupportedError):
        rules(**FREE, postponed_end=value)


def test_the_key_has_the_tag_of_an_enumeration() -> None:
    with pytest.raises(FormatError) as refusal:
        decode_rules(joined([*entries(rules(**FREE)), struct.pack("<HBHq", 55, 1, 8, 1)]))
    assert not isinstance(refusal.value, UnsupportedError)


def house(of: LotRules) -> tuple[Model, list[Record]]:
    """Return a house with a lot that is to open at 1100, and its records."""
    model = Model()
    return model, model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=of, opens_at=OPENS)


def postponed(resumed_at: int, ends_at: int | None = None, **changes: Any) -> tuple[Model, list[Record]]:
    """Return a house whose lot is frozen with 50 left to its opening and goes on at a time, and its records."""
    model, records = house(rules(**changes))
    records += model.suspend_lot(SUSPENDED, 1)
    return model, records + model.resume_lot(resumed_at, 1, ends_at=ends_at)


def started(due: int, closes_at: int, seq: int = 5) -> PhaseStarted:
    return PhaseStarted(seq=seq, at=due, lot=1, lot_seq=seq - 1, due=due, closes_at=closes_at, phase=0)


SPAN = {"closed": ((1_200, 1_250),)}
TO_1400: tuple[int, None] = (1_350, None)
ENDS: list[tuple[str, dict[str, Any], tuple[int, int | None], int, int, int | None]] = [
    # Changes, when it is resumed and with which stated opening, when it opens, its deadline, its hard end.
    ("by 300", FREE, TO_1400, 1_400, 1_800, None),
    ("by one", FREE, (1_051, None), 1_101, 1_501, None),
    ("to a stated time", FREE, (1_200, 1_401), 1_401, 1_801, None),
    ("to the stated end", FREE, (1_200, 1_500), 1_500, 1_900, None),
    ("to long behind it", FREE, (9_000, None), 9_050, 9_450, None),
    ("to the last valid time", FREE, (1_200, TIME_MAX), TIME_MAX, TIME_MAX + 400, None),
    ("an end at the last valid time", {"phases": (free_at(TIME_MAX),)}, (1_200, TIME_MAX), TIME_MAX, 2**63 - 1_100, None),
    ("a timed phase", {"phases": (timed_at(),)}, TO_1400, 1_400, 1_800, None),
    ("a sealed phase", SEALED | {"phases": (SEALED_AT,), "sealed_tie": 2}, TO_1400, 1_400, 1_800, None),
    ("the first of two", {"phases": (free_at(), timed())}, TO_1400, 1_400, 1_800, None),
    ("an end at the opening", {"phases": (free_at(1_100),)}, TO_1400, 1_400, 1_400, None),
    ("an end one behind the opening", {"phases": (free_at(1_101),)}, TO_1400, 1_400, 1_401, None),
    ("an end before the opening", {"phases": (free_at(1_080),)}, TO_1400, 1_400, 1_400, None),
    ("closed where it was to run", FREE | SPAN, TO_1400, 1_400, 1_750, None),
    ("closed where it runs", FREE | {"closed": ((1_500, 1_600),)}, TO_1400, 1_400, 1_900, None),
    ("closed in both", FREE | {"closed": ((1_200, 1_250), (1_450, 1_460))}, TO_1400, 1_400, 1_750, None),
    ("closed before it was to open", FREE | {"closed": ((1_060, 1_100),)}, TO_1400, 1_400, 1_800, None),
    ("closed when it opens", FREE | {"closed": ((1_350, 1_450),)}, TO_1400, 1_400, 1_750, None),
    ("closed at the stated end", FREE | {"closed": ((1_490, 1_510),)}, TO_1400, 1_400, 1_810, None),
    ("closed from the moved end on", FREE | {"closed": ((1_800, 1_900),)}, TO_1400, 1_400, 1_800, None),
    ("closed just before the moved end", FREE | {"closed": ((1_799, 1_900),)}, TO_1400, 1_400, 1_901, None),
    ("closed when it was to open, and at the stated end", FREE | {"closed": ((1_100, 1_112), (1_490, 1_510))}, (1_061, None),
     1_111, 1_500, None),
    ("an end before the opening, closed", {"phases": (free_at(1_080),), "closed": ((1_390, 1_410),)}, TO_1400, 1_400,
     1_400, None),
    ("a hard end", {"phases": (hard_at(1_520),)}, TO_1400, 1_400, 1_800, 1_820),
    ("a hard end before the end", {"phases": (hard_at(1_450),)}, TO_1400, 1_400, 1_750, 1_750),
    ("a hard end before the opening", {"phases": (hard_at(1_080),)}, TO_1400, 1_400, 1_400, 1_400),
    ("a hard end, closed between", {"phases": (hard_at(1_600),)} | {"closed": ((1_510, 1_550),)}, TO_1400, 1_400, 1_840,
     1_900),
    ("a hard end after",
     {"phases": (window(end=PhaseEnd.AT, end_value=1_500, hard_end=HardEnd.AFTER, hard_end_value=420),)}, TO_1400, 1_400,
     1_800, 1_820),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "resumed", "opens", "deadline", "hard_end"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS]
)
def test_the_end_of_a_postponed_phase_moves(
    changes: dict[str, Any], resumed: tuple[int, int | None], opens: int, deadline: int, hard_end: int | None
) -> None:
    model, records = postponed(*resumed, **changes | MOVES)
    assert last(records) == LotResumed(seq=4, at=resumed[0], lot=1, lot_seq=3, closes_at=opens, authority="-", why="-")
    phase = model.transition()
    assert phase == started(opens, deadline)
    lot = model.lot(1)
    assert (lot.deadline, lot.hard_end, model.quote(1).state) == (deadline, hard_end, "bidding")
    assert replayed([*records, phase]).ok
    assert divergence([*records, started(opens, deadline + 1)]) == ("divergence", 5)


STAYS: list[tuple[str, dict[str, Any], int, int | None]] = [
    ("an end", FREE, 1_500, None),
    ("a timed phase", {"phases": (timed_at(),)}, 1_500, None),
    ("a hard end", {"phases": (hard_at(1_520),)}, 1_500, 1_520),
    ("a hard end before the new opening", {"phases": (hard_at(1_300),)}, 1_400, 1_400),
    ("a hard end of a phase that ends after", {"phases": (AFTER_TO_1500,)}, 1_500, 1_500),
    ("closed spans", FREE | {"closed": ((1_200, 1_250), (1_450, 1_460))}, 1_500, None),
]


@pytest.mark.parametrize(("changes", "deadline", "hard_end"), [row[1:] for row in STAYS], ids=[row[0] for row in STAYS])
def test_without_the_key_an_end_at_a_time_stays(changes: dict[str, Any], deadline: int, hard_end: int | None) -> None:
    model, records = postponed(*TO_1400, **changes)
    phase = model.transition()
    assert phase == started(1_400, deadline)
    assert (model.lot(1).deadline, model.lot(1).hard_end) == (deadline, hard_end)
    assert replayed([*records, phase]).ok


@pytest.mark.parametrize("phases", [(free_at(),), (hard_at(1_505),)])
@pytest.mark.parametrize("closed", [None, ((1_200, 1_250),), ((1_490, 1_510),)])
def test_a_lot_that_opens_when_it_was_to_open_keeps_its_end(
    phases: tuple[Phase, ...], closed: tuple[tuple[int, int], ...] | None
) -> None:
    """Even where the end lies in a span, so that an end as much later by nothing would come before it."""
    of = rules(phases=phases, closed=closed, **MOVES)
    kept = (1_500, phases[0].hard_end_value or None)
    model, records = house(of)
    assert model.transition() == started(OPENS, 1_500, seq=3)
    assert (model.lot(1).deadline, model.lot(1).hard_end) == kept
    model, records = house(of)
    records += model.suspend_lot(SUSPENDED, 1) + model.resume_lot(SUSPENDED, 1)
    phase = model.transition()
    assert phase == started(OPENS, 1_500)
    assert (model.lot(1).deadline, model.lot(1).hard_end) == kept
    assert replayed([*records, phase]).ok
    at_once = room(of)
    assert (at_once.lot(1).deadline, at_once.lot(1).hard_end) == kept


def test_several_postponements_add_up() -> None:
    """To 1200 by 100, to a stated 1300 by 100 more, and by another 100 to 1400."""
    model, records = house(rules(phases=(hard_at(1_520),), **MOVES))
    opens = []
    for suspended, resumed, ends_at in ((1_050, 1_150, None), (1_190, 1_200, 1_300), (1_250, 1_350, None)):
        records += model.suspend_lot(suspended, 1) + model.resume_lot(resumed, 1, ends_at=ends_at)
        opens.append(model.lot(1).deadline)
    phase = model.transition()
    assert (opens, phase) == ([1_200, 1_300, 1_400], started(1_400, 1_800, seq=9))
    assert (model.lot(1).deadline, model.lot(1).hard_end) == (1_800, 1_820)
    assert replayed([*records, phase]).ok


def test_an_extension_goes_to_the_moved_hard_end() -> None:
    """A bid at 1781 extends to 1811, and one at 1800 to the hard end at 1820 in place of 1830."""
    model, records = postponed(*TO_1400, phases=(hard_at(1_520),), **MOVES)
    records += model.advance(1_400)
    records += model.admit_bidder(1_401, 1, "a") + model.admit_bidder(1_401, 1, "b")
    bids = [last(model.place_bid(at, 1, who, amount)) for at, who, amount in ((1_781, "a", 100), (1_800, "b", 110))]
    assert bids == [
        BidAccepted(seq=8, at=1_781, lot=1, lot_seq=7, bidder=1, amount=100, closes_at=1_811),
        BidAccepted(seq=9, at=1_800, lot=1, lot_seq=8, bidder=2, amount=110, closes_at=1_820),
    ]
    assert replayed([*records, *bids]).ok


def test_a_phase_that_is_frozen_after_a_postponement_goes_on_with_what_was_left() -> None:
    """Frozen at 1700, 100 before its end and 120 before its hard end, for 300."""
    model, records = postponed(*TO_1400, phases=(hard_at(1_520),), **MOVES)
    records += model.suspend_lot(1_700, 1) + model.resume_lot(2_000, 1)
    assert last(records) == LotResumed(seq=7, at=2_000, lot=1, lot_seq=6, closes_at=2_100, authority="-", why="-")
    assert (model.lot(1).deadline, model.lot(1).hard_end) == (2_100, 2_120)
    assert replayed(records).ok


@pytest.mark.parametrize(("second", "closes_at"), [(2_500, 2_500), (1_700, 1_800), (1_801, 1_801)])
def test_only_the_first_phase_moves(second: int, closes_at: int) -> None:
    model, records = postponed(*TO_1400, phases=(free_at(), timed_at(second)), timed_without_bids=1, **MOVES)
    records += [model.transition()]
    phase = model.transition()
    assert phase == PhaseStarted(seq=6, at=1_800, lot=1, lot_seq=5, due=1_800, closes_at=closes_at, phase=1)
    assert replayed([*records, phase]).ok


@pytest.mark.parametrize(("outage", "deadline"), [(OnOutage.SUSPEND, 1_800), (OnOutage.CLOSE_AT_SCHEDULE, 1_500)])
def test_an_outage_postpones_if_it_suspends(outage: OnOutage, deadline: int) -> None:
    """Down from 1050 to 1350: a lot that is not suspended has opened at 1100 all the same."""
    model, records = house(rules(**FREE, on_outage=outage, **MOVES))
    records += model.admit_bidder(1_050, 1, "a") + model.open_house(1_350, 2)
    if outage == OnOutage.SUSPEND:
        records += model.resume_lot(1_350, 1)
    records += model.advance(1_400)
    assert (model.lot(1).state.name, model.lot(1).deadline) == ("BIDDING", deadline)
    due = 1_400 if outage == OnOutage.SUSPEND else 1_100
    assert [of for of in records if isinstance(of, PhaseStarted)] == [
        PhaseStarted(
            seq=model.seq, at=max(due, 1_350), lot=1, lot_seq=model.lot(1).lot_seq, due=due, closes_at=deadline, phase=0
        )
    ]


@pytest.mark.parametrize(
    ("keys", "entered"),
    [
        (MOVES, ["outside_entry_window", "accepted"]),
        ({}, ["accepted", "already_entered"]),
    ],
)
def test_a_lot_that_is_to_open_counts_its_entry_window_from_the_moved_end(
    keys: dict[str, Any], entered: list[str]
) -> None:
    """The last 430 before its end at 1800 begin at 1370; the end at 1500 is not moved without the key."""
    model, _ = postponed(*TO_1400, **FREE, **REQUIRED_AT_ENTRY, entry_opens_before_end=430, **keys)
    assert [verdict(model.enter_reserve(at, 1, 1, bytes([1]) * 32, "k")) for at in (1_369, 1_370)] == entered


RESUMPTIONS: list[tuple[str, int, int | None, bool, bool]] = [
    # When it is resumed and with which stated opening, whether that is accepted with the key, and without it.
    ("one before the end", 1_449, None, True, True),
    ("at the end", 1_450, None, True, False),
    ("one behind the end", 1_451, None, True, False),
    ("long behind the end", 9_000, None, True, False),
    ("stated, one before the end", 1_200, 1_499, True, True),
    ("stated, at the end", 1_200, 1_500, True, False),
    ("stated, one behind the end", 1_200, 1_501, True, False),
    ("stated, the last valid time", 1_200, TIME_MAX, True, False),
    ("stated, brought forward", 1_060, 1_099, False, False),
    ("stated, the opening that stood", 1_060, 1_100, True, True),
    ("stated, not postponed further", 1_200, 1_250, True, True),
    ("stated behind the end, in the past", 2_000, 1_999, False, False),
]


@pytest.mark.parametrize("phase", [free_at(), timed_at()])
@pytest.mark.parametrize(
    ("at", "ends_at", "moving", "staying"), [row[1:] for row in RESUMPTIONS], ids=[row[0] for row in RESUMPTIONS]
)
def test_a_lot_may_open_behind_an_end_that_moves(
    *, phase: Phase, at: int, ends_at: int | None, moving: bool, staying: bool
) -> None:
    opens = at + 50 if ends_at is None else ends_at
    head: dict[str, Any] = {"seq": 4, "at": at, "lot": 1, "lot_seq": 3}
    resumed = LotResumed(**head, closes_at=opens, authority="-", why="-")
    refused = CommandRefused(**head, command=Command.RESUME_LOT, reason=Reason.END_NOT_ALLOWED, amount=ends_at or 0)
    for keys, accepted in ((MOVES, moving), ({}, staying)):
        model, records = postponed(at, ends_at, phases=(phase,), **keys)
        made, other = (resumed, refused) if accepted else (refused, resumed)
        assert last(records) == made
        state = ("scheduled", opens) if accepted else ("suspended", None)
        assert (model.quote(1).state, model.quote(1).closes_at) == state
        assert replayed(records).ok
        assert divergence([*records[:-1], other]) == ("divergence", 4)


def test_a_notice_is_asked_for_where_the_end_moves() -> None:
    model, _ = house(rules(**FREE, resume_notice=50, **MOVES))
    model.suspend_lot(SUSPENDED, 1)
    said = [model.resume_lot(1_600, 1), model.announce_resumption(1_600, 1, 1_650), model.resume_lot(1_650, 1)]
    assert [verdict(records) for records in said] == ["resumption_not_due", "accepted", "accepted"]
    assert model.transition() == started(1_700, 2_100, seq=7)


@pytest.mark.parametrize("seed", range(40))
def test_a_moved_phase_has_the_open_time_that_it_was_to_have(seed: int) -> None:
    """Counted tick by tick: the open ticks from the opening to the end, as many from when it opens in fact."""
    chance = random.Random(seed)
    edges = sorted(chance.sample(range(1_100, 1_300), 8))
    spans = tuple(zip(edges[::2], edges[1::2], strict=True))
    shut = {tick for since, until in spans for tick in range(since, until)}
    end, late = chance.randint(1_090, 1_250), chance.randint(1, 150)
    model, records = postponed(SUSPENDED + late, phases=(free_at(end),), closed=spans, **MOVES)
    length = sum(tick not in shut for tick in range(OPENS, end))
    ticks = [tick for tick in range(OPENS + late, 2_000) if tick not in shut]
    phase = model.transition()
    assert phase == started(OPENS + late, max(end, ticks[length - 1] + 1 if length else OPENS + late))
    assert replayed([*records, phase]).ok
