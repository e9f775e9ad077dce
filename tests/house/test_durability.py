"""A decision is acknowledged when it is on stable storage, and nobody but its caller hears of it before."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from house_room import HOUR, Recorder, english, manual_house, records_of

from pyauction import (
    AuctionHouse,
    Decision,
    Durability,
    FileJournal,
    HouseHalted,
    MemoryJournal,
    MisuseError,
    Outcome,
    Quote,
    UnknownLot,
    _engine,
    verifier,
    verify,
)
from pyauction._engine import read_journal


@pytest.fixture(params=["memory", "file"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return MemoryJournal() if request.param == "memory" else FileJournal(tmp_path / "journal")


def deferred(journal: Any) -> AuctionHouse:
    house = manual_house(journal, durability=Durability.DEFERRED)
    house.open_lot("A", english())
    house.admit("A", "001")
    house.flush()
    return house


def receipt(decision: Decision) -> str:
    return hashlib.sha256(b"\x00" + decision.record).hexdigest()


def test_a_house_acknowledges_each_decision_by_default(journal: Any) -> None:
    with manual_house(journal) as house:
        opened = house.open_lot("A", english())
        bid = house.bid("A", "001", 100)
        refused = house.bid("A", "002", 100)
        for decision in (opened, bid, refused):
            assert (decision.durable, decision.digest) == (True, receipt(decision))
        assert records_of(journal)[-1] == refused.record, "what is acknowledged can be read before the house is closed"
        assert house.durable_seq == house.last_seq == refused.seq


def test_a_deferred_decision_is_provisional_until_the_flush(journal: Any) -> None:
    with deferred(journal) as house:
        told = Recorder()
        house.observe(told)
        before = house.quote("A")
        bid = house.bid("A", "001", 100)
        assert (bid.durable, bid.digest, house.durable_seq) == (False, None, bid.seq - 1)
        assert (bid.quote.standing_minor, house.quote("A")) == (100, before)
        assert len(records_of(journal)) == bid.seq - 1
        assert told.seen == []
        assert house.flush() == bid.seq
        assert (bid.durable, bid.digest, house.durable_seq) == (True, receipt(bid), bid.seq)
        assert house.quote("A") == bid.quote
        assert records_of(journal)[-1] == bid.record
        assert [event.amount_minor for event in told.wait_for(1)] == [100]


def test_a_snapshot_makes_durable_what_it_shows(journal: Any) -> None:
    with deferred(journal) as house:
        decision = house.bid("A", "001", 100)
        assert house.quote("A").accepted_bids == 0
        assert house.snapshot("A").bids == ((1, 100),)
        assert decision.durable
        assert house.quote("A").accepted_bids == 1


def test_a_lot_that_is_not_durable_has_no_quote() -> None:
    with manual_house(MemoryJournal(), durability=Durability.DEFERRED) as house:
        opened = house.open_lot("A", english())
        assert opened.quote.phase == "timed"
        with pytest.raises(UnknownLot, match="there is no durable lot number 1"):
            house.quote("A")
        house.flush()
        assert house.quote("A") == opened.quote


def test_a_closed_deferred_house_has_acknowledged_everything(journal: Any) -> None:
    house = deferred(journal)
    bid = house.bid("A", "001", 100)
    house.close()
    assert (bid.durable, bid.digest) == (True, receipt(bid))
    assert records_of(journal)[-1] == bid.record


def test_what_follows_a_close_is_durable_before_anybody_is_told(journal: Any) -> None:
    with deferred(journal) as house:
        house.bid("A", "001", 100)
        house.flush()
        house.advance(at=HOUR)
        assert (house.durable_seq, house.quote("A").phase) == (4, "timed")
        assert house.outcome("A") == Outcome(kind="sold", winner=1, price_minor=100)
        assert house.durable_seq == house.last_seq == 6
        assert house.quote("A").phase == "decided"


def test_lots_that_end_together_share_a_sync(tmp_path: Path) -> None:
    with manual_house(FileJournal(tmp_path / "journal")) as house:
        for number in range(200):
            house.open_lot(f"lot {number}", english())
        before = len(read_journal(tmp_path / "journal")[0])
        house.advance(at=HOUR)
        assert len(read_journal(tmp_path / "journal")[0]) - before <= 2
        assert house.durable_seq == house.last_seq == 601


def test_without_a_journal_nothing_is_ever_durable() -> None:
    for durability in Durability:
        with manual_house(durability=durability) as house:
            opened = house.open_lot("A", english())
            bid = house.bid("A", "001", 100)
            house.flush()
            assert [(each.durable, each.digest) for each in (opened, bid)] == [(False, None)] * 2
            assert house.quote("A") == bid.quote
            assert not house.journaled
            with pytest.raises(MisuseError, match="observers are told what is durable"):
                house.observe(lambda _: None)


def test_two_hundred_tasks_share_commits(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal")

    async def bid(house: AuctionHouse, amount: int) -> Decision:
        decision = await house.durable(house.bid("A", "001", amount))
        assert decision.durable
        return decision

    async def session() -> list[Decision]:
        house = deferred(journal)
        async with house:
            decisions = await asyncio.gather(*(bid(house, 100 + 10 * number) for number in range(200)))
        with pytest.raises(HouseHalted):
            house.bid("A", "001", 10_000)
        return decisions

    decisions = asyncio.run(session())
    assert [decision.accepted for decision in decisions] == [True] * 200
    assert len({decision.seq for decision in decisions}) == 200
    frames = [frame for frame in _engine.read_journal(journal)[0] if frame["kind"] == "records"]
    assert sum(frame["count"] for frame in frames) == 203
    assert len(frames) <= 20
    assert verify(journal).ok


def test_waiting_for_a_commit_lets_the_event_loop_run(tmp_path: Path) -> None:
    async def session() -> int:
        async with deferred(FileJournal(tmp_path / "journal")) as house:
            turns = 0
            ended = asyncio.Event()

            async def turn() -> None:
                nonlocal turns
                while not ended.is_set():
                    turns += 1
                    await asyncio.sleep(0)

            other = asyncio.create_task(turn())
            await asyncio.gather(*(house.durable(house.bid("A", "001", 100 + 10 * n)) for n in range(20)))
            ended.set()
            await other
        return turns

    assert asyncio.run(session()) > 0


def test_tasks_that_wait_again_and_again_all_come_to_an_end() -> None:
    async def bid(house: AuctionHouse, pause: int) -> int:
        for _ in range(200):
            decision = await house.durable(house.bid("A", "001", 1))
            assert decision.durable
            for _ in range(pause):
                await asyncio.sleep(0)
        return 200

    async def session() -> int:
        async with deferred(MemoryJournal()) as house:
            return sum(await asyncio.gather(*(bid(house, pause) for pause in range(20))))

    def too_long(*_: object) -> None:
        raise TimeoutError("a task waits without letting the event loop run")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(20)
    try:
        assert asyncio.run(session()) == 20 * 200
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_a_cancelled_wait_does_not_cancel_the_commit_of_others() -> None:
    async def session() -> tuple[bool, bool]:
        async with deferred(MemoryJournal()) as house:
            mine = asyncio.create_task(house.durable(house.bid("A", "001", 100)))
            yours = asyncio.create_task(house.durable(house.bid("A", "001", 110)))
            await asyncio.sleep(0)
            mine.cancel()
            decision = await yours
            return mine.cancelled() or mine.done(), decision.durable

    assert asyncio.run(session()) == (True, True)


def test_quotes_that_threads_read_never_run_ahead_of_the_durable_mark() -> None:
    flushing = 0
    """How many bids the last flush that began makes durable."""
    ahead: list[tuple[int, Quote]] = []
    shown = 0
    with deferred(MemoryJournal()) as house:
        ended = threading.Event()

        def read() -> None:
            nonlocal shown
            while not ended.is_set():
                quote = house.quote("A")
                shown = max(shown, quote.accepted_bids)
                if quote.accepted_bids > flushing:
                    ahead.append((flushing, quote))

        reader = threading.Thread(target=read)
        reader.start()
        for number in range(1, 301):
            house.bid("A", "001", 90 + 10 * number)
            if number % 3 == 0:
                flushing = number
                house.flush()
        while shown < 300:
            time.sleep(0.001)
        ended.set()
        reader.join()
    assert ahead == []


def test_durability_is_each_or_deferred() -> None:
    with pytest.raises(MisuseError, match='durability: expected each or deferred, received "sometimes"'):
        manual_house(MemoryJournal(), durability="sometimes")


@pytest.mark.parametrize("durability", list(Durability))
def test_a_noted_chain_value_pins_what_came_before(durability: Durability, journal: Any) -> None:
    noted = []
    with manual_house(journal, durability=durability) as house:
        house.open_lot("A", english())
        for amount in (100, 110, 120):
            house.flush()
            noted.append(house.chain)
            house.bid("A", "001", amount)
    assert [seq for seq, _ in noted] == [2, 4, 5]
    assert len({value for _, value in noted}) == 3
    for seq, value in noted:
        assert verify(journal, expect_chain=(seq, value)).ok
        assert not verify(journal, expect_chain=(seq, "0" * 64)).ok
    with manual_house() as unjournaled:
        assert unjournaled.chain is None


def kinds(journal: Any) -> list[str]:
    return [frame["kind"] for frame in read_journal(journal)[0]]


def test_a_house_that_rests_seals_its_journal_once() -> None:
    journal = MemoryJournal()
    with AuctionHouse(journal) as house:
        house.open_lot("A", english())
        assert kinds(journal)[-1] == "records"
        until = time.monotonic() + 10
        while kinds(journal)[-1] != "seal" and time.monotonic() < until:
            time.sleep(0.02)
        sealed = kinds(journal)
        assert sealed[-2:] == ["records", "seal"]
        time.sleep(0.3)
        assert kinds(journal) == sealed
        house.bid("A", "001", 100)
        assert kinds(journal)[-1] == "records"
    assert verify(journal).ok


def test_the_state_is_recorded_where_a_segment_begins_and_located_where_a_replay_differs() -> None:
    journal = MemoryJournal(segment_bytes=8_192)
    with manual_house(journal) as house:
        house.open_lot("A", english(increment=1))
        for amount in range(100, 130):
            house.bid("A", "001", amount)
    found = kinds(journal)
    after_headers = [found[index + 1 : index + 3] for index, kind in enumerate(found) if kind == "header"]
    assert len(after_headers) > 3
    assert after_headers[1:] == [["records", "state"]] * (len(after_headers) - 1)
    assert verify(journal).ok
    assert verifier.verify_files(journal.files()).ok


def test_a_journal_in_memory_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        assert _engine.filesystem_of(folder) == ("memory", "tmpfs")
        manual_house(FileJournal(Path(folder) / "journal")).close()
    assert "lies in memory: it is gone with the machine's power" in caplog.text
