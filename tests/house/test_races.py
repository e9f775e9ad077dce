"""What several threads do at once: nothing provisional shows, nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from house_room import HOUR, ORDER, english, events_of, manual_house

from pyauction import (
    AuctionHouse,
    Decision,
    Durability,
    FileJournal,
    HouseHalted,
    Lagged,
    LotSnapshot,
    MemoryJournal,
    MisuseError,
    Outcome,
    UnknownLot,
    verify,
)
from pyauction._engine import read_journal
from pyauction.events import BidAccepted, Event, LotOpened


@contextmanager
def busy(act: Callable[[], Any], threads: int = 1) -> Iterator[None]:
    """Do something over and over in other threads meanwhile."""
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            act()

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in running:
            thread.join()


@pytest.mark.parametrize("durability", list(Durability))
def test_a_snapshot_shows_nothing_that_is_not_durable(durability: Durability) -> None:
    with manual_house(MemoryJournal(), durability=durability) as house:
        house.open_lot("A", english(increment=1))
        house.admit("A", "001")
        house.flush()
        amounts = iter(range(100, 10**9))
        with busy(lambda: house.bid("A", 1, next(amounts))):
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                lot = house.snapshot("A")
                # HouseOpened, LotOpened and BidderAdmitted come before the bids.
                assert 3 + lot.accepted + lot.refused <= house.durable_seq


def test_an_observer_finds_the_quote_and_the_mark_of_what_it_is_told() -> None:
    late: list[str] = []
    journal = MemoryJournal()
    with manual_house(journal, durability=Durability.DEFERRED) as house:
        house.open_lot("busy", english(increment=1))
        house.admit("busy", "001")

        def look(event: Event | Lagged) -> None:
            if isinstance(event, LotOpened):
                if house.durable_seq < event.seq:
                    late.append("mark")
                try:
                    house.quote(event.lot)
                except UnknownLot:
                    late.append("quote")

        house.observe(look, after=0)
        ones, amounts = array("I", [1] * 2_000), array("q", range(2_000))

        def bid() -> None:
            # Holds the desk for long, and leaves time in between: what is bid here is kept in memory.
            house.bid_many("busy", ones, amounts)
            time.sleep(0.002)

        with busy(bid):
            for number in range(100):
                house.open_lot(f"lot {number}", english())
                house.flush()
    assert late == []


def test_the_second_close_waits_for_the_first(tmp_path: Path) -> None:
    for trial in range(20):
        path = tmp_path / str(trial)
        house = manual_house(FileJournal(path, segment_bytes=1 << 16), durability=Durability.DEFERRED)
        house.open_lot("A", english())
        house.bid("A", "001", 100)
        closers = [threading.Thread(target=house.close) for _ in range(2)]
        flushing = threading.Thread(target=house.flush)
        for thread in (flushing, *closers):
            thread.start()
        for thread in (flushing, *closers):
            thread.join()
        frames, records, bad = read_journal(path)
        assert ([frame["kind"] for frame in frames][-2:], len(records), bad) == (["state", "seal"], 4, None)


def test_a_lot_that_is_terminated_while_it_closes_has_no_outcome_and_no_failure() -> None:
    for _ in range(60):
        with manual_house(MemoryJournal()) as house:
            house.open_lot("A", english(length=None))
            house.bid("A", "001", 100)
            ending = threading.Thread(target=lambda: house.terminate_lot("A", **ORDER))
            ending.start()
            house.close_lot("A")
            ending.join()
            assert house.outcome("A") in (None, Outcome(kind="sold", winner=1, price_minor=100))


class Interrupting:
    """An auction type whose settlement is interrupted once, as by Ctrl-C."""

    type_id = "test.interrupting@1"
    money = english().money
    pending = True

    def rules(self) -> Any:
        return english().rules()

    @classmethod
    def settle(cls, lot: LotSnapshot) -> Outcome:
        if cls.pending:
            cls.pending = False
            raise KeyboardInterrupt
        return english().settle(lot)


@pytest.mark.parametrize("next_call", ["advance", "bid", "admit", "bid_many"])
def test_the_next_call_takes_up_a_lot_whose_settlement_was_interrupted(next_call: str) -> None:
    with manual_house(MemoryJournal()) as house:
        house.open_lot("A", type("Once", (Interrupting,), {"pending": True})())
        house.open_lot("B", english(length="9h"))
        house.bid("A", "001", 100)
        house.admit("B", "001")
        with pytest.raises(KeyboardInterrupt):
            house.advance(at=HOUR)
        calls: dict[str, Callable[[], Any]] = {
            "advance": house.advance,
            "bid": lambda: house.bid("B", "001", 100),
            "admit": lambda: house.admit("B", "002"),
            "bid_many": lambda: house.bid_many("B", array("I", [1]), array("q", [100])),
        }
        calls[next_call]()
        assert house.outcome("A") == Outcome(kind="sold", winner=1, price_minor=100)


def test_a_decision_of_another_house_is_not_waited_for() -> None:
    journal = MemoryJournal()

    def decide() -> tuple[AuctionHouse, Decision]:
        house = manual_house(journal, durability=Durability.DEFERRED)
        house.open_lot(f"lot {house.last_seq}", english())
        return house, house.bid(1, "001", 100 + 10 * house.last_seq)

    first, lost = decide()
    first._halt("its disk failed")
    first.close()
    second, own = decide()
    assert asyncio.run(second.durable(own)).durable
    with pytest.raises(MisuseError, match="was not made by this house"):
        asyncio.run(second.durable(lost))
    assert not lost.durable
    second.close()
    with manual_house() as unjournaled:
        opened = unjournaled.open_lot("A", english())
        with pytest.raises(MisuseError, match="this house keeps no journal"):
            asyncio.run(unjournaled.durable(opened))


def test_nothing_is_kept_of_observers_and_event_loops_that_are_gone() -> None:
    async def give_up(house: AuctionHouse, amount: int) -> None:
        waiting = asyncio.ensure_future(house.durable(house.bid("A", "001", amount)))
        await asyncio.sleep(0)
        waiting.cancel()

    with manual_house(MemoryJournal(), durability=Durability.DEFERRED) as house:
        house.open_lot("A", english())
        for trial in range(5):
            house.observe(lambda _: None).close()
            asyncio.run(give_up(house, 100 + 10 * trial))
        assert (house._observations, house._commits) == (set(), {})
    with pytest.raises(HouseHalted, match="nothing more will happen"):
        house.observe(lambda _: None)


def test_blocked_observers_are_waited_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyauction.house.OBSERVER_PATIENCE_SECONDS", 0.3)
    free = threading.Event()
    house = manual_house(MemoryJournal())
    for _ in range(5):
        house.observe(lambda _: free.wait() and None, after=0)
    house.open_lot("A", english())
    began = time.monotonic()
    house.close()
    assert time.monotonic() - began < 1.0
    free.set()


def test_a_timer_thread_that_ends_stops_the_house() -> None:
    class Leaving(Interrupting):
        @classmethod
        def settle(cls, lot: LotSnapshot) -> Outcome:
            raise SystemExit(3)

    with AuctionHouse(MemoryJournal()) as house:
        house.open_lot("A", type("Leaves", (Leaving,), {"rules": lambda _: english(length="50ms").rules()})())
        until = time.monotonic() + 10
        while house.halted is None and time.monotonic() < until:
            time.sleep(0.01)
        assert house.halted == "its timer thread ended: SystemExit(3)"
        with pytest.raises(HouseHalted):
            house.bid("A", "001", 100)


def test_a_misuse_moves_no_clock_and_handles_no_deadline() -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        house.open_lot("A", english())
        house.admit("A", "001")
        later = 10 * HOUR
        misuses: list[Callable[[], Any]] = [
            lambda: house.bid("nope", "001", 100, at=later),
            lambda: house.bid("A", 9, 100, at=later),
            lambda: house.bid("A", "001", 1.5, at=later),  # type: ignore[arg-type]
            lambda: house.open_lot("A", english(), at=later),
            lambda: house.open_lot("B", english(), opens_at=1, at=later),
            lambda: house.admit("nope", "002", at=later),
            lambda: house.suspend_lot("A", authority="", why="x", at=later),
            lambda: house.bid_many("A", array("I", [7]), array("q", [100]), at=later),
            lambda: house.bid("A", "001", 100, at=True),
            lambda: house.bid("A", "001", 100, at=2**63),
            lambda: house.bid("A", "001", 100, at=-1),
            lambda: house.advance(at=-1),
        ]
        for misuse in misuses:
            with pytest.raises(MisuseError):
                misuse()
            assert (house.last_seq, house._now_ns, house.quote("A").phase) == (3, 0, "timed")
        assert house.bid("A", "001", 100).accepted
    assert [type(event) for event in events_of(journal)][3:] == [BidAccepted]
    assert verify(journal).ok
