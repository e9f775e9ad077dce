"""Phases, extensions, hard ends, suspension and outage: every time worked by hand from an opening at 1000."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import OPENED, TWO_QUOTED, called, free, last, room, rules, timed, window
from verifier import (
    BidAccepted,
    ClockJumped,
    CommandError,
    CommandRefused,
    HouseOpened,
    LotClosed,
    LotResumed,
    LotSuspended,
    LotTerminated,
    Model,
    Phase,
    PhaseStarted,
)
from verifier.open_time import later
from verifier.terms import (
    I64_MAX,
    NONE,
    AfterClose,
    Clock,
    CloseCause,
    Command,
    Extension,
    HardEnd,
    OnOutage,
    PhaseEnd,
    Reason,
    SingleBidder,
    State,
    SuspendCause,
    WithoutBids,
)


def closed(**changes: Any) -> LotClosed:
    fields: dict[str, Any] = {
        "seq": 3, "at": 1_100, "lot": 1, "lot_seq": 2, "due": 1_100, "cause": CloseCause.DEADLINE,
        "next": AfterClose.NO_COMPARISON, "top": 0, "accepted": 0, "refused": 0, "quoted": 0, "admitted": 0,
    }  # fmt: skip
    return LotClosed(**(fields | changes))


def test_a_bid_at_the_deadline_finds_the_phase_over() -> None:
    model = room()
    model.admit_bidder(1_001, 1, "a")
    late = model.place_bid(1_100, 1, "a", 100)
    assert late[0] == closed(seq=4, lot_seq=3, admitted=1)
    assert last(late).reason == Reason.CLOSED


def test_a_bid_one_nanosecond_before_the_deadline_is_in_time() -> None:
    assert isinstance(last(room().place_bid(1_099, 1, "a", 100)), BidAccepted)


def test_time_does_not_fall() -> None:
    model = room()
    model.admit_bidder(1_050, 1, "a")
    assert last(model.admit_bidder(1_040, 1, "b")).at == 1_050


def test_a_scheduled_lot_starts_at_its_time() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(), opens_at=1_050)
    assert model.quote(1).closes_at == 1_050
    started = PhaseStarted(seq=3, at=1_050, lot=1, lot_seq=2, due=1_050, closes_at=1_150, phase=0)
    assert model.advance(1_060) == [started]


def test_a_lot_is_not_opened_in_the_past() -> None:
    with pytest.raises(CommandError):
        room().open_lot(1_050, name="lot-2", rules=rules(), opens_at=1_049)


def test_later_deadlines_follow_from_when_one_was_due() -> None:
    model = room(rules(phases=(free(), timed(50)), timed_without_bids=WithoutBids.ENTER))
    assert model.advance(1_200) == [
        PhaseStarted(seq=3, at=1_100, lot=1, lot_seq=2, due=1_100, closes_at=1_150, phase=1),
        closed(seq=4, lot_seq=3, at=1_150, due=1_150),
    ]


def test_the_earliest_deadline_goes_first_and_ties_by_number() -> None:
    model = room()
    model.open_lot(1_000, name="lot-2", rules=rules(phases=(timed(50),)))
    model.open_lot(1_000, name="lot-3", rules=rules())
    assert [(record.lot, record.at) for record in model.advance(1_100)] == [(2, 1_050), (1, 1_100), (3, 1_100)]


@pytest.mark.parametrize(
    ("bidders", "without_bids", "single", "enters"),
    [
        ("", WithoutBids.ENTER, SingleBidder.DECIDE, True),
        ("", WithoutBids.DECIDE, SingleBidder.ENTER, False),
        ("a", WithoutBids.ENTER, SingleBidder.DECIDE, False),
        ("a", WithoutBids.DECIDE, SingleBidder.ENTER, True),
        ("ab", WithoutBids.DECIDE, SingleBidder.DECIDE, True),
    ],
)
def test_the_end_of_a_phase_depends_on_who_bid(
    *, bidders: str, without_bids: WithoutBids, single: SingleBidder, enters: bool
) -> None:
    model = room(rules(phases=(free(), timed()), timed_without_bids=without_bids, single_bidder=single))
    for index, bidder in enumerate(bidders):
        model.place_bid(1_001, 1, bidder, 100 + 10 * index)
    (record,) = model.advance(1_100)
    assert isinstance(record, PhaseStarted if enters else LotClosed)


def reset(**changes: Any) -> Phase:
    return timed(extension=Extension.RESET, extension_to=30, **changes)


HARD: dict[str, Any] = {"hard_end": HardEnd.AFTER, "hard_end_value": 120}

EXTENSIONS: list[tuple[str, Phase, list[int], int, int]] = [
    ("no extension", timed(), [1_090], 1_100, 0),
    ("window: too early", window(), [1_079], 1_100, 0),
    ("window: at its edge", window(), [1_080], 1_110, 1),
    ("window: late", window(), [1_099], 1_129, 1),
    ("window: twice", window(), [1_090, 1_110], 1_140, 2),
    ("window: never earlier", window(span=90, to=10), [1_020], 1_100, 0),
    ("window: no further than the hard end", window(**HARD), [1_095], 1_120, 1),
    ("window: at the hard end nothing changes", window(**HARD), [1_095, 1_110], 1_120, 1),
    ("hard end at a time", window(hard_end=HardEnd.AT, hard_end_value=1_105), [1_095], 1_105, 1),
    ("hard end before the end", window(hard_end=HardEnd.AT, hard_end_value=1_050), [1_040], 1_050, 0),
    ("reset: never earlier", reset(), [1_010], 1_100, 0),
    ("reset: to the same time", reset(), [1_070], 1_100, 0),
    ("reset: later by one", reset(), [1_071], 1_101, 1),
    ("reset: late", reset(), [1_095], 1_125, 1),
    ("reset: twice", reset(), [1_095, 1_100], 1_130, 2),
    ("reset: at the hard end nothing changes", reset(**HARD), [1_095, 1_110], 1_120, 1),
    ("reset: no further than the hard end", reset(**HARD), [1_095], 1_120, 1),
    ("an end at a time", timed(end=PhaseEnd.AT, end_value=1_500), [1_100], 1_500, 0),
]


@pytest.mark.parametrize(
    ("phase", "bids_at", "closes_at", "extensions"), [row[1:] for row in EXTENSIONS], ids=[r[0] for r in EXTENSIONS]
)
def test_an_accepted_bid_moves_the_deadline(phase: Phase, bids_at: list[int], closes_at: int, extensions: int) -> None:
    model = room(rules(phases=(phase,)))
    for index, at in enumerate(bids_at):
        bid = last(model.place_bid(at, 1, "ab"[index % 2], 100 + 10 * index))
    assert isinstance(bid, BidAccepted)
    assert (bid.closes_at, model.quote(1).closes_at, model.lot(1).extensions) == (closes_at, closes_at, extensions)


def test_a_refused_bid_moves_nothing() -> None:
    model = room(rules(phases=(window(),)))
    model.place_bid(1_090, 1, "a", 99)
    assert (model.quote(1).closes_at, model.lot(1).extensions) == (1_100, 0)


def test_a_clock_from_the_first_bid_waits() -> None:
    model = room(rules(phases=(window(**HARD),), clock=Clock.AT_FIRST_BID))
    assert (model.quote(1).closes_at, model.lot(1).hard_end, model.lot(1).waiting) == (None, None, True)
    model.place_bid(5_000, 1, "a", 99)
    assert model.quote(1).closes_at is None
    model.place_bid(5_000, 1, "a", 100)
    assert (model.quote(1).closes_at, model.lot(1).hard_end, model.lot(1).waiting) == (5_100, 5_120, False)


def test_a_first_bid_that_starts_the_clock_can_extend_too() -> None:
    late = timed(extension=Extension.RESET, extension_to=120)
    model = room(rules(phases=(late,), clock=Clock.AT_FIRST_BID))
    model.place_bid(5_000, 1, "a", 100)
    assert (model.quote(1).closes_at, model.lot(1).extensions) == (5_120, 1)


def test_a_waiting_lot_waits_on_after_a_suspension() -> None:
    model = room(rules(clock=Clock.AT_FIRST_BID))
    model.suspend_lot(1_010, 1)
    model.resume_lot(1_020, 1)
    model.place_bid(1_030, 1, "a", 100)
    assert model.quote(1).closes_at == 1_130


def test_a_phase_at_a_time_that_is_past_is_over_at_once() -> None:
    model = room(rules(phases=(timed(end=PhaseEnd.AT, end_value=900),)))
    assert model.quote(1).closes_at == OPENED
    assert model.advance(OPENED) == [closed(at=OPENED, due=OPENED)]


def test_a_called_phase_ends_by_a_call_only() -> None:
    model = room(rules(phases=(called(),)))
    assert model.advance(10_000) == []
    model.place_bid(10_000, 1, "a", 100)
    assert model.close_lot(10_001, 1) == [
        closed(
            seq=5, lot_seq=4, at=10_001, due=10_001, cause=CloseCause.CALLED, top=100, accepted=1, quoted=1,
            admitted=1, bidder=1,
        )
    ]  # fmt: skip
    assert last(model.close_lot(10_002, 1)).reason == Reason.WRONG_PHASE


def test_a_phase_with_a_deadline_is_not_closed_by_a_call() -> None:
    refused = CommandRefused(
        seq=3, at=1_010, lot=1, lot_seq=2, reason=Reason.CLOSE_NOT_CALLED, command=Command.CLOSE_LOT
    )
    assert room().close_lot(1_010, 1) == [refused]


def test_a_suspension_keeps_the_time_that_was_left() -> None:
    model = room(rules(phases=(window(hard_end=HardEnd.AFTER, hard_end_value=200),)))
    assert model.suspend_lot(1_040, 1, "court", "motion") == [
        LotSuspended(
            seq=3, at=1_040, lot=1, lot_seq=2, cause=SuspendCause.COMMAND, remaining=60, authority="court", why="motion"
        )
    ]
    assert model.advance(9_000) == []
    assert model.resume_lot(9_000, 1, "court", "settled") == [
        LotResumed(seq=4, at=9_000, lot=1, lot_seq=3, closes_at=9_060, authority="court", why="settled")
    ]
    assert (model.lot(1).hard_end, model.lot(1).state) == (1_200 + 7_960, State.BIDDING)


def test_a_suspended_lot_without_a_deadline_has_nothing_left() -> None:
    model = room(rules(phases=(called(),)))
    suspended = last(model.suspend_lot(1_010, 1))
    resumed = last(model.resume_lot(1_020, 1))
    assert isinstance(suspended, LotSuspended)
    assert isinstance(resumed, LotResumed)
    assert (suspended.remaining, resumed.closes_at) == (NONE, NONE)


def test_a_scheduled_lot_is_scheduled_again_after_a_suspension() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(), opens_at=1_050)
    model.suspend_lot(1_010, 1)
    model.resume_lot(1_100, 1)
    assert (model.quote(1).state, model.quote(1).closes_at) == ("scheduled", 1_140)


def test_commands_in_the_wrong_state_are_refused() -> None:
    model = room()
    assert last(model.resume_lot(1_001, 1)).reason == Reason.WRONG_PHASE
    model.suspend_lot(1_002, 1)
    assert last(model.suspend_lot(1_003, 1)).reason == Reason.WRONG_PHASE
    assert last(model.close_lot(1_003, 1)).reason == Reason.WRONG_PHASE
    assert model.terminate_lot(1_004, 1, "court", "withdrawn") == [
        LotTerminated(seq=7, at=1_004, lot=1, lot_seq=6, authority="court", why="withdrawn")
    ]
    assert last(model.terminate_lot(1_005, 1)).reason == Reason.WRONG_PHASE
    assert last(model.suspend_lot(1_005, 1)).reason == Reason.WRONG_PHASE
    lot = model.lot(1)
    assert (lot.state, lot.deadline, lot.remaining, lot.hard_end) == (State.TERMINATED, None, None, None)


@pytest.mark.parametrize("quoters", ["a", "ab"])
def test_the_close_counts_what_happened(quoters: str) -> None:
    model = room(rules(**TWO_QUOTED))
    for index, bidder in enumerate(quoters):
        model.place_bid(1_001, 1, bidder, 100 + 10 * index)
    model.place_bid(1_002, 1, "c", 1)
    (record,) = model.advance(1_100)
    assert isinstance(record, LotClosed)
    assert (record.accepted, record.refused, record.quoted, record.admitted) == (
        len(quoters), 1, len(quoters), len(quoters) + 1,
    )  # fmt: skip
    assert (record.top, record.bidder, record.next) == (
        100 + 10 * (len(quoters) - 1), len(quoters), AfterClose.NO_COMPARISON,
    )  # fmt: skip


def suspending(**changes: Any) -> Model:
    return room(rules(on_outage=OnOutage.SUSPEND, **changes))


def test_an_outage_suspends_a_lot_whose_deadline_it_swallowed() -> None:
    model = suspending(phases=(window(hard_end=HardEnd.AFTER, hard_end_value=200),))
    model.admit_bidder(1_030, 1, "a")
    assert model.open_house(1_500, 2) == [
        HouseOpened(seq=4, at=1_500, last=1_030, epoch=2),
        LotSuspended(seq=5, at=1_500, lot=1, lot_seq=3, cause=SuspendCause.OUTAGE, remaining=70),
    ]
    model.resume_lot(2_000, 1)
    assert model.quote(1).closes_at == 2_070
    assert model.lot(1).hard_end == 1_200 + (2_000 - 1_030)


def test_an_outage_closes_a_lot_at_its_schedule_before_the_next_command() -> None:
    model = room()
    assert model.open_house(1_500, 2) == [HouseOpened(seq=3, at=1_500, last=1_000, epoch=2)]
    assert model.admit_bidder(1_600, 1, "a")[0] == closed(seq=4, at=1_500, due=1_100)


def test_an_outage_that_ends_before_the_deadline_changes_nothing() -> None:
    model = suspending()
    assert model.open_house(1_099, 2) == [HouseOpened(seq=3, at=1_099, last=1_000, epoch=2)]
    assert model.quote(1).closes_at == 1_100


def test_an_outage_until_the_deadline_suspends() -> None:
    assert [type(record) for record in suspending().open_house(1_100, 2)] == [HouseOpened, LotSuspended]


def test_an_outage_suspends_a_lot_that_was_to_open() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(on_outage=OnOutage.SUSPEND), opens_at=1_050)
    model.open_house(1_200, 2)
    model.resume_lot(1_300, 1)
    assert (model.quote(1).state, model.quote(1).closes_at) == ("scheduled", 1_350)


def test_a_clock_jump_lets_no_deadline_pass_by_itself() -> None:
    model = room()
    assert model.clock_jumped(1_500, 1_010) == [ClockJumped(seq=3, at=OPENED, shown=1_500, expected=1_010)]
    assert model.quote(1).state == "bidding"


def test_an_interrupted_opening_is_completed_before_the_next_one() -> None:
    """Down since 1000 with deadlines at 1100, up at 1500, down again between the records, up at 1700."""
    model = suspending()
    model.open_lot(OPENED, name="lot-2", rules=rules(on_outage=OnOutage.SUSPEND, phases=(timed(600),)))
    model.open_lot(OPENED, name="lot-3", rules=rules(on_outage=OnOutage.SUSPEND))
    model.house_opened(1_500, 2)
    assert model.suspend_struck().lot == 1
    assert model.open_house(1_700, 3) == [
        LotSuspended(seq=7, at=1_500, lot=3, lot_seq=2, cause=SuspendCause.OUTAGE, remaining=100),
        HouseOpened(seq=8, at=1_700, last=1_500, epoch=3),
        LotSuspended(seq=9, at=1_700, lot=2, lot_seq=2, cause=SuspendCause.OUTAGE, remaining=100),
    ]
    # Lot 3 stood still since 1000, lot 2 since 1500.
    model.resume_lot(2_000, 3)
    model.resume_lot(2_000, 2)
    assert (model.quote(3).closes_at, model.quote(2).closes_at) == (2_100, 2_100)
    assert [model.lot(number).suspended_at for number in (1, 2, 3)] == [1_000, None, None]


def test_a_sum_of_times_ends_at_the_greatest_time() -> None:
    """At 2⁶² a lot of 10¹⁸ ns has room; suspended, with a hard end, what is added again and again does not."""
    late, far = 2**62, 10**18
    model = Model()
    model.open_house(late, 1)
    phase = window(far, span=far, to=far, hard_end=HardEnd.AT, hard_end_value=late)
    model.open_lot(late, name="lot-1", rules=rules(phases=(phase,)))
    assert model.quote(1).closes_at == late
    lot = model.lot(1)
    lot.hard_end = lot.deadline = I64_MAX - 5
    lot.move_deadline(I64_MAX - 10)
    assert (lot.deadline, lot.extensions) == (I64_MAX - 5, 0)
    lot.hard_end = None
    lot.move_deadline(I64_MAX - 10)
    assert (lot.deadline, lot.extensions) == (I64_MAX, 1)
    lot.hard_end = I64_MAX - 5
    lot.suspend(I64_MAX - 20)
    lot.resume(I64_MAX - 10)
    assert (lot.deadline, lot.hard_end) == (I64_MAX, I64_MAX)
    assert (later(I64_MAX, 1), later(I64_MAX - 1, 1), later(5, 6)) == (I64_MAX, I64_MAX, 11)
    lot.start_phase(0, I64_MAX - 7)
    assert (lot.deadline, lot.hard_end) == (I64_MAX - 7, I64_MAX - 7)


def test_a_deadline_that_many_lots_share_with_stale_ones_is_found() -> None:
    """Suspended and resumed at once, a lot has its old deadline again."""
    model = suspending()
    model.open_lot(OPENED, name="lot-2", rules=rules(phases=(timed(150),)))
    model.suspend_lot(1_010, 1)
    assert model.next_due() == model.lot(2)
    model.resume_lot(1_010, 1)
    assert (model.next_due(), model.quote(1).closes_at) == (model.lot(1), 1_100)
    model.terminate_lot(1_020, 1)
    assert model.next_due() == model.lot(2)
    model.terminate_lot(1_030, 2)
    assert model.next_due() is None


def test_a_time_out_of_range_is_no_command() -> None:
    for now in (-1, 2**62 + 1):
        with pytest.raises(CommandError):
            Model().open_house(now, 1)


def test_what_is_due_at_the_last_stamp_comes_before_a_jump_of_the_clock() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(phases=(Phase(kind=2, end=2, end_value=0),)))
    made = model.clock_jumped(5, 1)
    assert [type(record).__name__ for record in made] == ["LotClosed", "ClockJumped"]
    assert [record.at for record in made] == [OPENED, OPENED]
