"""Key 31, closed: the clock stands still in a span, and nobody bids. Every time worked by hand from an opening at 1000."""

from __future__ import annotations

import random
from typing import Any

import pytest
from auction_room import (
    OPENED,
    REQUIRED_AT_ENTRY,
    free,
    inquiry,
    last,
    preparation,
    room,
    rules,
    timed,
    verdict,
    window,
)
from verifier import (
    BidAccepted,
    BidRefused,
    HouseOpened,
    LotClosed,
    LotResumed,
    LotSuspended,
    Model,
    Phase,
    PhaseStarted,
)
from verifier.open_time import earlier, elapsed, is_closed, later
from verifier.terms import (
    I64_MAX,
    TIME_MAX,
    Clock,
    Extension,
    HardEnd,
    OnOutage,
    PhaseEnd,
    Reason,
    SuspendCause,
)

NIGHTS = ((1_020, 1_030), (1_030, 1_035), (1_050, 1_060))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1_000, 1_000, 0),
        (1_000, 1_019, 19),
        (1_000, 1_020, 20),
        (1_000, 1_021, 20),
        (1_000, 1_035, 20),
        (1_000, 1_036, 21),
        (1_019, 1_036, 2),
        (1_020, 1_035, 0),
        (1_025, 1_032, 0),
        (1_025, 1_025, 0),
        (1_055, 1_070, 10),
        (1_000, 1_100, 75),
        (1_060, 1_100, 40),
    ],
)
def test_open_time_leaves_the_spans_out(start: int, end: int, expected: int) -> None:
    assert elapsed(start, end, NIGHTS) == expected
    assert elapsed(start, end) == end - start


@pytest.mark.parametrize(
    ("start", "by", "expected"),
    [
        (1_000, 0, 1_000),
        (1_000, 19, 1_019),
        (1_000, 20, 1_020),
        (1_000, 21, 1_036),
        (1_019, 1, 1_020),
        (1_019, 2, 1_036),
        (1_020, 0, 1_020),
        (1_020, 1, 1_036),
        (1_025, 0, 1_025),
        (1_025, 1, 1_036),
        (1_030, 1, 1_036),
        (1_034, 1, 1_036),
        (1_035, 1, 1_036),
        (1_035, 15, 1_050),
        (1_035, 16, 1_061),
        (1_000, 36, 1_061),
        (1_059, 1, 1_061),
        (1_060, 1, 1_061),
        (1_100, 7, 1_107),
    ],
)
def test_later_is_the_earliest_time_after_so_much_open_time(start: int, by: int, expected: int) -> None:
    assert later(start, by, NIGHTS) == expected
    assert later(start, by) == start + by


@pytest.mark.parametrize(
    ("end", "by", "expected"),
    [
        (1_100, 0, 1_100),
        (1_100, 39, 1_061),
        (1_100, 40, 1_060),
        (1_100, 41, 1_049),
        (1_100, 54, 1_036),
        (1_100, 55, 1_035),
        (1_100, 56, 1_019),
        (1_061, 1, 1_060),
        (1_061, 2, 1_049),
        (1_060, 0, 1_060),
        (1_060, 1, 1_049),
        (1_055, 0, 1_055),
        (1_055, 1, 1_049),
        (1_051, 1, 1_049),
        (1_050, 1, 1_049),
        (1_050, 15, 1_035),
        (1_050, 16, 1_019),
        (1_035, 1, 1_019),
        (1_030, 1, 1_019),
        (1_025, 0, 1_025),
        (1_025, 1, 1_019),
        (1_020, 0, 1_020),
        (1_020, 1, 1_019),
        (1_019, 7, 1_012),
    ],
)
def test_earlier_is_the_latest_time_before_so_much_open_time(end: int, by: int, expected: int) -> None:
    assert earlier(end, by, NIGHTS) == expected
    assert earlier(end, by) == end - by


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (1_019, False), (1_020, True), (1_030, True), (1_034, True), (1_035, False), (1_049, False), (1_050, True),
        (1_059, True), (1_060, False),
    ],
)  # fmt: skip
def test_a_span_holds_its_first_time_and_not_its_last(*, at: int, expected: bool) -> None:
    assert is_closed(at, NIGHTS) == expected


@pytest.mark.parametrize("seed", range(20))
def test_open_time_is_what_one_counts_tick_by_tick(seed: int) -> None:
    chance = random.Random(seed)
    edges = sorted(chance.sample(range(60), 8))
    spans = tuple(zip(edges[::2], edges[1::2], strict=True))
    shut = {tick for since, until in spans for tick in range(since, until)}
    for _ in range(50):
        start, by = chance.randint(0, 60), chance.randint(0, 60)
        opened = [tick for tick in range(start, 200) if tick not in shut]
        ends = opened[by - 1] + 1 if by else start
        assert later(start, by, spans) == ends
        assert elapsed(start, ends, spans) == by
        end = start + chance.randint(0, 60)
        assert elapsed(start, end, spans) == sum(tick < end for tick in opened)
        passed = [tick for tick in range(-60, end) if tick not in shut]
        begins = passed[-by] if by else end
        assert earlier(end, by, spans) == begins
        assert elapsed(begins, end, spans) == by


def test_a_time_beyond_64_bits_is_the_greatest_time() -> None:
    spans = ((TIME_MAX - 10, TIME_MAX),)
    assert later(TIME_MAX - 20, I64_MAX - TIME_MAX + 10, spans) == I64_MAX
    assert later(TIME_MAX - 20, I64_MAX - TIME_MAX + 9, spans) == I64_MAX - 1
    assert later(TIME_MAX - 20, I64_MAX - TIME_MAX + 11, spans) == I64_MAX
    assert elapsed(TIME_MAX - 20, I64_MAX, spans) == I64_MAX - TIME_MAX + 10


def shut(*spans: tuple[int, int], **changes: Any) -> Model:
    """Return a room whose lot is closed in these spans."""
    return room(rules(closed=spans, **changes))


AT_1500 = timed(end=PhaseEnd.AT, end_value=1_500)
ENDS: list[tuple[str, Phase, tuple[int, int], int]] = [
    ("a span before the opening", timed(), (900, 999), 1_100),
    ("a span that ends with the opening", timed(), (900, 1_000), 1_100),
    ("an opening in a span", timed(), (990, 1_010), 1_110),
    ("a span that begins with the opening", timed(), (1_000, 1_010), 1_110),
    ("a span within", timed(), (1_050, 1_060), 1_110),
    ("a span that begins before the end", timed(), (1_099, 1_200), 1_201),
    ("a span that begins with the end", timed(), (1_100, 1_200), 1_100),
    ("an end at a time", AT_1500, (1_050, 1_060), 1_500),
    ("an end at a time in a span", AT_1500, (1_450, 1_550), 1_500),
    ("a hard end in open time", window(hard_end=HardEnd.AFTER, hard_end_value=40), (1_010, 1_020), 1_050),
    ("a hard end at a time", window(hard_end=HardEnd.AT, hard_end_value=1_040), (1_010, 1_020), 1_040),
]


@pytest.mark.parametrize(("phase", "span", "closes_at"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_a_phase_lasts_so_much_open_time(phase: Phase, span: tuple[int, int], closes_at: int) -> None:
    model = shut(span, phases=(phase,))
    assert model.quote(1).closes_at == closes_at
    assert [model.advance(closes_at - 1), [type(record) for record in model.advance(closes_at)]] == [[], [LotClosed]]


@pytest.mark.parametrize(
    ("at", "expected"),
    [(1_049, "accepted"), (1_050, "outside_hours"), (1_059, "outside_hours"), (1_060, "accepted")],
)
def test_nobody_bids_in_a_span(at: int, expected: str) -> None:
    assert verdict(shut((1_050, 1_060)).place_bid(at, 1, "a", 100)) == expected


def test_a_bid_outside_of_the_hours_is_recorded_with_the_deadline_that_stands() -> None:
    model = shut((1_050, 1_060))
    assert last(model.place_bid(1_055, 1, "a", 100, b"k")) == BidRefused(
        seq=4, at=1_055, lot=1, lot_seq=3, bidder=1, reason=Reason.OUTSIDE_HOURS, amount=100, closes_at=1_110, key=b"k"
    )
    assert model.place_bid(1_070, 1, "a", 100, b"k") == []


def test_the_hours_are_asked_between_the_phase_and_the_end_of_free_bids() -> None:
    """The free phase runs to 1000 + 100 + 30 of a span, the preparation to 1130 + 50 + 20 of the other one."""
    model = shut((1_090, 1_120), (1_140, 1_160), phases=(free(), preparation(), timed()), free_stop=20)
    assert verdict(model.place_bid(1_001, 1, "a", 100)) == "accepted"
    said = [verdict(model.place_bid(at, 1, "b", 0)) for at in (1_079, 1_080, 1_090, 1_119, 1_120, 1_129)]
    assert said == [
        "amount_not_positive", "free_stopped", "outside_hours", "outside_hours", "free_stopped", "free_stopped",
    ]  # fmt: skip
    assert [verdict(model.place_bid(at, 1, "b", 0)) for at in (1_130, 1_150)] == ["phase_takes_no_bids"] * 2
    assert (model.quote(1).phase, model.quote(1).closes_at) == (1, 1_200)


def test_the_hours_are_asked_before_who_may_bid() -> None:
    model = shut((1_110, 1_120), phases=(free(), timed()), timed_entry=1)
    model.place_bid(1_001, 1, "a", 100)
    assert [verdict(model.place_bid(at, 1, "b", 110)) for at in (1_110, 1_120)] == ["outside_hours", "no_prior_bid"]


def test_a_phase_that_follows_counts_open_time_from_when_it_was_due() -> None:
    model = shut((1_105, 1_125), phases=(free(), timed(50)))
    model.place_bid(1_001, 1, "a", 100)
    started = PhaseStarted(seq=5, at=1_100, lot=1, lot_seq=4, due=1_100, closes_at=1_170, phase=1)
    assert model.advance(1_169) == [started]


def test_a_scheduled_lot_opens_at_its_time_though_it_is_closed_then() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(closed=((1_010, 1_080),)), opens_at=1_050)
    started = PhaseStarted(seq=3, at=1_050, lot=1, lot_seq=2, due=1_050, closes_at=1_180, phase=0)
    assert model.advance(1_050) == [started]


NIGHT = (1_090, 1_190)
EXTENSIONS: list[tuple[str, Phase, int, int, int]] = [
    ("window: 21 left", window(), 1_079, 1_200, 0),
    ("window: 20 left", window(), 1_080, 1_210, 1),
    ("window: across the night", window(), 1_089, 1_219, 1),
    ("window: behind the night", window(), 1_199, 1_229, 1),
    ("reset: to the same time", timed(extension=Extension.RESET, extension_to=30), 1_070, 1_200, 0),
    ("reset: later by one", timed(extension=Extension.RESET, extension_to=30), 1_071, 1_201, 1),
    ("window: no further than the hard end", window(hard_end=HardEnd.AFTER, hard_end_value=105), 1_089, 1_205, 1),
]


@pytest.mark.parametrize(
    ("phase", "at", "closes_at", "extensions"), [row[1:] for row in EXTENSIONS], ids=[row[0] for row in EXTENSIONS]
)
def test_extensions_count_open_time(phase: Phase, at: int, closes_at: int, extensions: int) -> None:
    """The phase of 100 ends at 1200: 90 before the night, 10 behind it."""
    model = shut(NIGHT, phases=(phase,))
    assert model.quote(1).closes_at == 1_200
    bid = last(model.place_bid(at, 1, "a", 100))
    assert isinstance(bid, BidAccepted)
    assert (bid.closes_at, model.lot(1).extensions) == (closes_at, extensions)


def test_a_clock_from_the_first_bid_counts_open_time() -> None:
    model = shut(NIGHT, clock=Clock.AT_FIRST_BID)
    bid = last(model.place_bid(1_089, 1, "a", 100))
    assert isinstance(bid, BidAccepted)
    assert bid.closes_at == 1_190 + 99


def test_a_suspension_keeps_the_open_time_that_was_left() -> None:
    """Frozen at 1080 with 10 left before the night and 10 behind it; resumed at 1180 it runs from 1190."""
    model = shut(NIGHT, phases=(window(hard_end=HardEnd.AFTER, hard_end_value=120),))
    assert (model.quote(1).closes_at, model.lot(1).hard_end) == (1_200, 1_220)
    assert model.suspend_lot(1_080, 1, "court", "motion") == [
        LotSuspended(
            seq=3, at=1_080, lot=1, lot_seq=2, cause=SuspendCause.COMMAND, remaining=20, authority="court", why="motion"
        )
    ]
    assert model.resume_lot(1_180, 1, "court", "settled") == [
        LotResumed(seq=4, at=1_180, lot=1, lot_seq=3, closes_at=1_210, authority="court", why="settled")
    ]
    assert model.lot(1).hard_end == 1_230


def test_a_scheduled_lot_keeps_all_the_time_that_was_left_to_its_opening() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(closed=((1_010, 1_020), (1_100, 1_200))), opens_at=1_050)
    suspended = last(model.suspend_lot(1_005, 1))
    resumed = last(model.resume_lot(1_090, 1))
    assert isinstance(suspended, LotSuspended)
    assert isinstance(resumed, LotResumed)
    assert (suspended.remaining, resumed.closes_at) == (45, 1_135)


def test_an_outage_keeps_the_open_time_that_was_left() -> None:
    model = shut(NIGHT, on_outage=OnOutage.SUSPEND)
    model.admit_bidder(1_030, 1, "a")
    assert model.open_house(1_500, 2) == [
        HouseOpened(seq=4, at=1_500, last=1_030, epoch=2),
        LotSuspended(seq=5, at=1_500, lot=1, lot_seq=3, cause=SuspendCause.OUTAGE, remaining=70),
    ]


def test_an_outage_keeps_all_the_time_that_was_left_to_an_opening() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(on_outage=2, closed=((1_010, 1_020),)), opens_at=1_050)
    suspended = last(model.open_house(1_200, 2))
    assert isinstance(suspended, LotSuspended)
    assert suspended.remaining == 50


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (1_039, "outside_entry_window"), (1_040, "accepted"), (1_070, "accepted"), (1_085, "accepted"),
        (1_100, "accepted"), (1_101, "outside_entry_window"),
    ],
)  # fmt: skip
def test_the_entry_window_counts_open_time(at: int, expected: str) -> None:
    """The phase ends at 1110; from 1060 to 1070 its clock stands still."""
    changes = REQUIRED_AT_ENTRY | {"entry_opens_before_end": 60, "entry_ends_before_end": 10}
    model = shut((1_060, 1_070), **changes)
    assert verdict(model.enter_reserve(at, 1, 1, bytes([1]) * 32)) == expected


@pytest.mark.parametrize(("at", "expected"), [(1_014, "outside_entry_window"), (1_015, "accepted")])
def test_the_entry_window_of_a_scheduled_lot_counts_open_time_before_and_behind_the_opening(
    at: int, expected: str
) -> None:
    """To open at 1040, closed from 1020 to 1030 and from 1045 to 1100: its phase of 20 ends at 1115."""
    model = Model()
    model.open_house(OPENED, 1)
    changes = REQUIRED_AT_ENTRY | {"entry_opens_before_end": 35, "phases": (timed(20),)}
    of = rules(closed=((1_020, 1_030), (1_045, 1_100)), **changes)
    model.open_lot(OPENED, name="lot-1", rules=of, opens_at=1_040)
    assert verdict(model.enter_reserve(at, 1, 1, bytes([1]) * 32)) == expected


def test_an_inquiry_lasts_so_much_open_time() -> None:
    model = shut((1_110, 1_120), phases=(free(), inquiry(50), timed()), inquiry_yes=1)
    model.place_bid(1_001, 1, "a", 100)
    model.advance(1_100)
    assert (model.quote(1).phase, model.quote(1).closes_at) == (1, 1_160)


def test_a_lot_without_spans_counts_all_time() -> None:
    assert room(rules(closed=None)).quote(1).closes_at == 1_100
