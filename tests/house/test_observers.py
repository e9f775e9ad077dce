"""Observers are told every durable event in order, and cannot delay or change a decision."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import pytest
from house_room import HOUR, ORDER, Recorder, english, events_of, manual_house

from pyauction import AuctionHouse, Lagged, MemoryJournal, MisuseError
from pyauction.events import BidAccepted, BidRefused, Event


def house_with_a_lot(journal: Any = None, **options: Any) -> AuctionHouse:
    house = manual_house(journal or MemoryJournal(), **options)
    house.open_lot("A", english())
    house.admit("A", "001")
    house.admit("A", "002")
    return house


def amounts(events: list[Any]) -> list[int]:
    return [event.amount_minor for event in events if isinstance(event, BidAccepted)]


def test_an_observer_is_told_every_event_in_order_refusals_included() -> None:
    journal = MemoryJournal()
    told = Recorder()
    with manual_house(journal) as house:
        house.observe(told, after=0)
        house.open_lot("A", english(admission="listed"))
        house.admit("A", "001")
        house.bid("A", "001", 100)
        house.bid("A", "001", 105)
        house.bid("A", "无", 200)
        house.close_lot("A")
        house.suspend_lot("A", **ORDER)
        house.resume_lot("A", **ORDER)
        house.advance(at=HOUR)
    expected = "HouseOpened LotOpened BidderAdmitted BidAccepted BidRefused CommandRefused CommandRefused LotSuspended"
    names = [type(event).__name__ for event in told.seen]
    assert names == [*expected.split(), "LotResumed", "LotClosed", "OutcomeRecorded"]
    assert told.seen == events_of(journal)


def test_an_observer_is_told_of_what_comes_after_it_began() -> None:
    told = Recorder()
    with house_with_a_lot() as house:
        house.bid("A", "001", 100)
        house.observe(told)
        house.bid("A", "001", 110)
    assert amounts(told.seen) == [110]


def test_after_states_where_an_observer_begins() -> None:
    told = Recorder()
    with house_with_a_lot() as house:
        first = house.bid("A", "001", 100)
        second = house.bid("A", "001", 110)
        observation = house.observe(told, after=first.seq)
        told.wait_for(1)
        assert amounts(told.seen) == [110]
        observation.close()
        assert observation.cursor == second.seq


@pytest.mark.parametrize("after", [-1, True, "1", 1.0, 2**64])
def test_a_cursor_that_is_no_sequence_is_misuse(after: Any) -> None:
    with house_with_a_lot() as house, pytest.raises(MisuseError, match="^after: expected a sequence from 0 on"):
        house.observe(Recorder(), after=after)


def test_an_observer_is_a_callable() -> None:
    with house_with_a_lot() as house, pytest.raises(MisuseError, match=r"^observer: expected a callable .* received 7"):
        house.observe(7)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [-1, 0, True, "1", 2**64])
def test_a_feed_holds_a_number_of_records(limit: Any) -> None:
    with pytest.raises(MisuseError, match="^feed_limit: expected a number of records from 1 on"):
        AuctionHouse(MemoryJournal(), feed_limit=limit)


def test_closing_the_house_hands_over_everything_first() -> None:
    journal = MemoryJournal()
    told = Recorder()
    with house_with_a_lot(journal) as house:
        house.observe(told, after=0)
        for number in range(3_000):
            house.bid("A", "001", 100 + 10 * number)
    assert told.seen == events_of(journal)


def test_a_closed_observation_is_told_nothing_more() -> None:
    told = Recorder()
    with house_with_a_lot() as house:
        observation = house.observe(told)
        house.bid("A", "001", 100)
        observation.close()
        house.bid("A", "001", 110)
    assert amounts(told.seen) == [100]


def test_an_observation_that_is_closed_on_a_busy_house_ends_with_what_was_durable() -> None:
    told, busy = Recorder(), threading.Event()

    def bid_on() -> None:
        amount = 10**6
        while not busy.is_set():
            amount += 10
            house.bid("A", "001", amount)
            time.sleep(0.0002)

    def slowly(event: Event | Lagged) -> None:
        time.sleep(0.001)
        told(event)

    with house_with_a_lot() as house:
        bidding = threading.Thread(target=bid_on)
        bidding.start()
        try:
            observation = house.observe(slowly, after=0)
            told.wait_for(50)
            observation.end()
            durable = house.durable_seq
            observation.close()
        finally:
            busy.set()
            bidding.join()
        assert 50 <= observation.cursor <= durable < house.durable_seq
        assert len(told.seen) == observation.cursor


def test_an_observer_that_raises_is_counted_and_logged_and_concerns_nobody_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = Recorder()

    def failing(event: Event | Lagged) -> None:
        raise RuntimeError(f"cannot take {type(event).__name__}")

    caplog.set_level(logging.ERROR, logger="pyauction")
    with house_with_a_lot() as house:
        observation = house.observe(failing)
        house.observe(told)
        decisions = [house.bid("A", "001", 100 + 10 * number) for number in range(5)]
    assert [decision.accepted for decision in decisions] == [True] * 5
    assert (observation.failures, observation.cursor) == (5, decisions[-1].seq)
    assert amounts(told.seen) == [100, 110, 120, 130, 140]
    expected = [f"an observer failed at record {d.seq}; the sale is not affected" for d in decisions]
    assert [record.getMessage() for record in caplog.records] == expected


def test_an_observer_that_blocks_delays_neither_bids_nor_its_end() -> None:
    entered, released = threading.Event(), threading.Event()
    told = Recorder()

    def blocking(_: Event | Lagged) -> None:
        entered.set()
        released.wait(30)

    with house_with_a_lot() as house:
        observation = house.observe(blocking)
        house.observe(told)
        house.bid("A", "001", 100)
        assert entered.wait(10)
        began = time.monotonic()
        for number in range(1, 200):
            assert house.bid("A", "001", 100 + 10 * number).durable
        told.wait_for(200)
        observation.close(timeout=0.05)
        assert time.monotonic() - began < 5
        assert not released.is_set()
        released.set()


def test_an_observer_may_bid() -> None:
    with house_with_a_lot() as house:
        told = Recorder()
        placed: list[int] = []

        def outbid(event: Event | Lagged) -> None:
            if isinstance(event, BidAccepted) and event.bidder == 1 and event.amount_minor < 200:
                placed.append(house.bid("A", "002", event.amount_minor + 10).seq)

        house.observe(outbid)
        house.observe(told)
        for amount in (100, 120, 140):
            house.bid("A", "001", amount)
            while house.quote("A").leader != 2:
                time.sleep(0.001)
        assert house.snapshot("A").bids == ((1, 100), (2, 110), (1, 120), (2, 130), (1, 140), (2, 150))
        assert placed == [6, 8, 10]


def test_an_observer_may_close_the_house() -> None:
    with house_with_a_lot() as house:
        closed = threading.Event()

        def close(_: Event | Lagged) -> None:
            house.close()
            closed.set()

        house.observe(close)
        house.bid("A", "001", 100)
        assert closed.wait(10)
        assert house.halted == "it was closed"


def test_a_slow_observer_is_told_which_records_it_missed() -> None:
    entered, released = threading.Event(), threading.Event()
    told = Recorder()

    def slow(event: Event | Lagged) -> None:
        told(event)
        entered.set()
        released.wait(30)

    journal = MemoryJournal()
    with house_with_a_lot(journal, feed_limit=4) as house:
        house.observe(slow)
        first = house.bid("A", "001", 100)
        assert entered.wait(10)
        for number in range(1, 21):
            house.bid("A", "001", 100 + 10 * number)
        released.set()
        told.wait_for(6)
        last = house.last_seq
    events = events_of(journal)
    assert told.seen == [events[first.seq - 1], Lagged(first.seq + 1, last - 4), *events[last - 4 : last]]


def test_a_reopened_house_keeps_no_records_of_its_former_life_for_observers() -> None:
    journal = MemoryJournal()
    with house_with_a_lot(journal) as house:
        house.bid("A", "001", 100)
        last = house.last_seq
    told = Recorder()
    with manual_house(journal) as house:
        house.observe(told, after=0)
        house.bid("A", "001", 105)
    assert told.seen == [Lagged(1, last), *events_of(journal)[last:]]
    assert isinstance(told.seen[-1], BidRefused)
