"""Time: who states it, what happens when it jumps, and who handles deadlines."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from house_room import HOUR, ORDER, SECOND, Recorder, english, events_of, manual_house

from pyauction import (
    AuctionHouse,
    ClockJump,
    ManualClock,
    MemoryJournal,
    MisuseError,
    Reason,
    SealedReserve,
    SystemClock,
    nanoseconds,
    timestamp_ns,
    verify,
)
from pyauction.events import ClockJumped, LotClosed, OutcomeRecorded

WALL = 1_700_000_000 * SECOND


def system_house(clock: SystemClock, journal: Any = None) -> AuctionHouse:
    house = AuctionHouse(journal, clock=clock, timers=False)
    house.open_lot("A", english())
    return house


def test_a_manual_clock_shows_what_it_is_set_to() -> None:
    clock = ManualClock(7)
    assert (clock.now_ns(), clock.advance(5), clock.now_ns()) == (7, 12, 12)
    clock.set(3)
    assert clock.now_ns() == 3


def test_the_clock_stamps_a_command() -> None:
    with manual_house(now=50) as house:
        assert house.open_lot("A", english()).at_ns == 50
        assert house.bid("A", "001", 100, at=70).at_ns == 70
        assert house.bid("A", "001", 110).at_ns == 70, "at= sets the clock"


def test_time_that_goes_back_does_not_lower_a_stamp() -> None:
    with manual_house(now=50) as house:
        house.open_lot("A", english())
        stamps = [
            house.bid("A", "001", 100 + 10 * index, at=at).at_ns for index, at in enumerate((1_000, 500, 0, 1_001))
        ]
        assert stamps == [1_000, 1_000, 1_000, 1_001]


@pytest.mark.parametrize("at", [-1, 2**62 + 1, 2**63 - 1, -(2**63)])
def test_a_time_before_1970_or_after_2116_is_misuse_and_changes_nothing(at: int) -> None:
    with manual_house(now=50) as house:
        house.open_lot("A", english())
        before = house.last_seq
        with pytest.raises(MisuseError, match=f"expected a time from 1970 to 2116, received {at} ns"):
            house.bid("A", "001", 100, at=at)
        assert house.last_seq == before
        assert house.bid("A", "001", 100).at_ns == 50


AT_CALLS: dict[str, Callable[[AuctionHouse], object]] = {
    "bid": lambda house: house.bid("A", "001", 100, at=1),
    "bid_many": lambda house: house.bid_many("A", memoryview(b"").cast("I"), memoryview(b"").cast("q"), at=1),
    "admit": lambda house: house.admit("A", "001", at=1),
    "open_lot": lambda house: house.open_lot("B", english(), at=1),
    "close_lot": lambda house: house.close_lot("A", at=1),
    "suspend_lot": lambda house: house.suspend_lot("A", **ORDER, at=1),
    "resume_lot": lambda house: house.resume_lot("A", **ORDER, at=1),
    "terminate_lot": lambda house: house.terminate_lot("A", **ORDER, at=1),
    "enter_reserve": lambda house: house.enter_reserve(
        "A", SealedReserve.for_simulation("A", 100), by="甲", witness="乙", at=1
    ),
    "disclose_reserve": lambda house: house.disclose_reserve(
        "A", SealedReserve.for_simulation("A", 100), by="甲", at=1
    ),
    "advance": lambda house: house.advance(at=1),
}


@pytest.mark.parametrize("call", AT_CALLS.values(), ids=AT_CALLS.keys())
def test_nobody_states_the_time_of_a_system_clock(call: Callable[[AuctionHouse], object]) -> None:
    with system_house(SystemClock()) as house:
        before = house.last_seq
        with pytest.raises(MisuseError, match="at= works with a ManualClock only; a SystemClock stamps arrival itself"):
            call(house)
        assert house.last_seq == before


def test_a_clock_of_another_type_is_misuse() -> None:
    with pytest.raises(MisuseError, match="clock: expected SystemClock or ManualClock, received datetime"):
        AuctionHouse(clock=datetime.now(UTC))  # type: ignore[arg-type]


def test_real_hands_cannot_be_set() -> None:
    with pytest.raises(MisuseError, match="expected a clock made by SystemClock.for_tests; real time cannot be set"):
        SystemClock().set_hands(0, 0)


def test_a_system_clock_shows_the_time() -> None:
    before = datetime.now(UTC)
    shown = SystemClock().now_ns()
    assert timestamp_ns(before) <= shown <= timestamp_ns(datetime.now(UTC) + timedelta(milliseconds=1))


@pytest.mark.parametrize("jump", [SECOND + 1, -SECOND - 1, HOUR, -HOUR])
def test_a_jump_of_over_a_second_is_recorded_and_raised_once(jump: int) -> None:
    clock = SystemClock.for_tests(WALL, 0)
    journal = MemoryJournal()
    with system_house(clock, journal) as house:
        elapsed = SECOND // 2
        clock.set_hands(WALL + elapsed + jump, elapsed)
        message = f"the wall clock shows {WALL + elapsed + jump} ns where {WALL + elapsed} ns was expected"
        with pytest.raises(ClockJump, match=message):
            house.bid("A", "001", 100)
        assert house.snapshot("A").bids == ()
        assert house.bid("A", "001", 100).at_ns == WALL + elapsed, "time goes on by the monotonic clock"
        clock.set_hands(WALL + 2 * elapsed + jump, 2 * elapsed)
        assert house.bid("A", "001", 110).at_ns == WALL + 2 * elapsed
    jumps = [event for event in events_of(journal) if isinstance(event, ClockJumped)]
    assert jumps == [
        ClockJumped(
            seq=3, at_ns=WALL, lot=0, lot_seq=0, bidder=0, reason=None,
            wall_ns=WALL + elapsed + jump, expected_ns=WALL + elapsed,
        )
    ]  # fmt: skip
    assert verify(journal).ok


@pytest.mark.parametrize("drift", [SECOND, -SECOND, 1])
def test_a_drift_of_up_to_a_second_is_none(drift: int) -> None:
    clock = SystemClock.for_tests(WALL, 0)
    with system_house(clock) as house:
        clock.set_hands(WALL + HOUR // 2 + drift, HOUR // 2)
        assert house.bid("A", "001", 100).at_ns == WALL + HOUR // 2


def test_a_jump_back_to_the_right_time_is_another_jump() -> None:
    clock = SystemClock.for_tests(WALL, 0)
    with system_house(clock) as house:
        clock.set_hands(WALL + SECOND + HOUR, SECOND)
        with pytest.raises(ClockJump):
            house.bid("A", "001", 100)
        clock.set_hands(WALL + 2 * SECOND, 2 * SECOND)
        with pytest.raises(ClockJump):
            house.bid("A", "001", 100)
        assert house.bid("A", "001", 100).accepted


def test_a_jump_past_a_deadline_fires_no_deadline() -> None:
    clock = SystemClock.for_tests(WALL, 0)
    with system_house(clock) as house:
        clock.set_hands(WALL + SECOND + 10 * HOUR, SECOND)
        house.advance()
        with pytest.raises(ClockJump):
            house.bid("A", "001", 100)
        house.bid("A", "001", 100)
        assert house.quote("A").phase == "timed"
        assert house.snapshot("A").bids == ((1, 100),)


def test_a_deferred_house_records_a_jump_durably() -> None:
    clock = SystemClock.for_tests(WALL, 0)
    journal = MemoryJournal()
    house = AuctionHouse(journal, clock=clock, timers=False)
    with house:
        clock.set_hands(WALL + SECOND + HOUR, SECOND)
        with pytest.raises(ClockJump):
            house.open_lot("A", english())
        assert isinstance(events_of(journal)[-1], ClockJumped)


def test_the_timer_thread_ends_a_lot_at_its_deadline_without_any_call() -> None:
    journal = MemoryJournal()
    told = Recorder()
    with AuctionHouse(journal) as house:
        house.observe(told)
        opened = house.open_lot("A", english(length="200ms"))
        events = told.wait_for(3)
        assert house.quote("A").phase == "decided"
    closed, outcome = events[1:]
    assert isinstance(closed, LotClosed)
    assert isinstance(outcome, OutcomeRecorded)
    due = opened.at_ns + SECOND // 5
    assert (closed.due_ns, closed.at_ns, outcome.at_ns) == (due, due, due)
    assert (outcome.kind, outcome.cause) == ("unsold", "no_bids")


def test_the_timer_thread_commits_what_nobody_waits_for() -> None:
    told = Recorder()
    with AuctionHouse(MemoryJournal(), durability="deferred") as house:
        house.observe(told)
        house.open_lot("A", english())
        told.wait_for(1)
        assert house.quote("A").phase == "timed"


def test_a_closed_house_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with AuctionHouse(MemoryJournal()) as house:
        house.observe(Recorder())
        assert {thread.name for thread in set(threading.enumerate()) - before} == {
            "pyauction-timers",
            "pyauction-observer",
        }
    assert set(threading.enumerate()) <= before


def test_a_manual_house_has_no_timer_thread() -> None:
    before = set(threading.enumerate())
    with AuctionHouse(MemoryJournal(), clock=ManualClock()):
        assert set(threading.enumerate()) == before


def test_next_deadline_is_the_earliest_of_all_lots() -> None:
    with manual_house() as house:
        assert house.next_deadline() is None
        house.open_lot("A", english(length="2h"))
        house.open_lot("B", english(length="1h"))
        house.open_lot("C", english(length=None))
        house.open_lot("D", english(length="9h"), opens_at=30 * SECOND)
        assert house.next_deadline() == 30 * SECOND
        house.advance(at=30 * SECOND)
        assert house.next_deadline() == HOUR
        house.suspend_lot("B", **ORDER)
        assert house.next_deadline() == 2 * HOUR
        house.resume_lot("B", **ORDER, at=40 * SECOND)
        assert house.next_deadline() == HOUR + 10 * SECOND
        house.terminate_lot("A", **ORDER)
        house.terminate_lot("B", **ORDER)
        assert house.next_deadline() == 9 * HOUR + 30 * SECOND
        house.advance(at=9 * HOUR + 30 * SECOND)
        assert house.next_deadline() is None


def test_a_bid_at_the_deadline_is_late_and_one_nanosecond_before_is_not() -> None:
    for at, reason in ((HOUR - 1, None), (HOUR, Reason.CLOSED), (HOUR + 1, Reason.CLOSED)):
        with manual_house() as house:
            house.open_lot("A", english())
            house.admit("A", "001")
            assert house.bid("A", "001", 100, at=at).reason == reason


@pytest.mark.parametrize(
    ("given", "expected"),
    [(5, 5), ("4m", 240 * SECOND), ("1h30m", 5_400 * SECOND), ("250ms", SECOND // 4), ("2d1s", 172_801 * SECOND),
     (timedelta(minutes=4, microseconds=1), 240 * SECOND + 1_000), (timedelta(days=-1), -86_400 * SECOND)],
)  # fmt: skip
def test_a_duration_is_exact(given: Any, expected: int) -> None:
    assert nanoseconds(given) == expected


@pytest.mark.parametrize("given", [True, 1.5, "", "4", "4 m", "4min", "-4m", "1.5h", "٤m", None, b"4m"])
def test_another_duration_is_misuse(given: Any) -> None:
    with pytest.raises(MisuseError, match="expected nanoseconds, a timedelta or text as '4m' or '1h30m', received"):
        nanoseconds(given)


def test_a_time_needs_its_zone() -> None:
    beijing = timezone(timedelta(hours=8))
    assert timestamp_ns(datetime(2023, 8, 10, 10, tzinfo=beijing)) == 1_691_632_800 * SECOND
    with pytest.raises(
        MisuseError, match="expected a datetime with a time zone, received the naive 2023-08-10T10:00:00"
    ):
        timestamp_ns(datetime(2023, 8, 10, 10))  # noqa: DTZ001 - what is refused
    for wrong in (True, 1.5, "2023-08-10"):
        with pytest.raises(MisuseError, match="expected nanoseconds since 1970 UTC or an aware datetime"):
            timestamp_ns(wrong)  # type: ignore[arg-type]


def test_a_house_is_not_opened_with_real_time_behind_its_last_stamp() -> None:
    journal = MemoryJournal()
    with AuctionHouse(journal, clock=SystemClock.for_tests(WALL, 0), timers=False) as house:
        house.open_lot("A", english())
    behind = WALL - 1_000_000_001
    with pytest.raises(
        ClockJump, match=f"the last record of the journal is stamped {WALL} ns and the clock shows {behind}"
    ):
        AuctionHouse(journal, clock=SystemClock.for_tests(behind, 0), timers=False)
    with AuctionHouse(journal, clock=SystemClock.for_tests(WALL - 1_000_000_000, 0), timers=False) as house:
        assert house.last_seq == 3
    assert verify(journal).ok
