"""Under deferred durability a native thread commits what nobody waits for, without the timer thread and the interpreter."""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from house_room import english, records_of, run_child

from pyauction import (
    AuctionHouse,
    Durability,
    FileJournal,
    JournalLocked,
    ManualClock,
    MemoryJournal,
    SQLiteJournal,
    verify,
)

PATIENCE_SECONDS = 20.0
COMMITTER = "pyauction-commit"[:15]


@pytest.fixture(autouse=True)
def no_timer_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its ticks the timer thread commits nothing."""
    monkeypatch.setattr("pyauction.house._TICK_SECONDS", 3_600.0)


def house_of(journal: Any, durability: Durability = Durability.DEFERRED, **options: Any) -> AuctionHouse:
    house = AuctionHouse(journal, durability=durability, clock=ManualClock(0), **{"timers": True} | options)
    house.open_lot("A", english(length=None))
    house.admit("A", "001")
    house.flush()
    return house


def wait_until(happened: Callable[[], bool]) -> bool:
    began = time.monotonic()
    while not happened() and time.monotonic() - began < PATIENCE_SECONDS:
        time.sleep(0.0005)
    return happened()


def committers() -> set[str]:
    """Return the threads of that name. One that ends while they are read is none."""
    names = {}
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            names[task.name] = (task / "comm").read_text().strip()
    return {task for task, name in names.items() if name == COMMITTER}


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_a_deferred_decision_becomes_durable_by_itself(tmp_path: Path, kind: str) -> None:
    journal = FileJournal(tmp_path / "journal") if kind == "file" else MemoryJournal()
    with house_of(journal) as house:
        for number in range(20):
            # It sleeps before most of these, and is woken in the middle of a commit before others.
            time.sleep(0.003 * (number % 3))
            decision = house.bid("A", "001", 100 + 10 * number)
            assert wait_until(lambda decision=decision: decision.durable), f"bid {number}"
        assert house.quote("A").accepted_bids == 20


def test_threads_that_bid_without_waiting_are_all_committed(tmp_path: Path) -> None:
    with house_of(FileJournal(tmp_path / "journal")) as house:

        def bid(thread: int) -> None:
            for number in range(500):
                house.bid("A", f"{thread:03}", 100 + 10 * number)

        threads = [threading.Thread(target=bid, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wait_until(lambda: house.durable_seq == house.last_seq)
        kept = [len(record) for record in records_of(tmp_path / "journal")]
        assert len(kept) == house.last_seq
    report = verify(tmp_path / "journal")
    assert (report.ok, report.bids) == (True, 2_000)


def test_the_thread_runs_where_it_is_of_use_and_ends_with_the_house(tmp_path: Path) -> None:
    before = committers()
    for journal, durability, timers, expected in [
        (MemoryJournal(), Durability.DEFERRED, True, 1),
        (MemoryJournal(), Durability.DEFERRED, False, 0),
        (MemoryJournal(), Durability.EACH, True, 0),
        (None, Durability.DEFERRED, True, 0),
        # The interpreter may end while a thread that it does not know would have to enter it.
        (SQLiteJournal(tmp_path / "journal.db"), Durability.DEFERRED, True, 0),
    ]:
        with house_of(journal, durability, timers=timers):
            # A thread has its name a little after it began.
            assert wait_until(lambda expected=expected: len(committers() - before) == expected), (journal, durability)
        assert wait_until(lambda: not committers() - before)


FAIL = """
import json, resource, time
from house_room import english
import pyauction.house
from pyauction import AuctionHouse, FileJournal, HouseHalted, ManualClock, OutcomeUnknown

# The timer thread would make the next segment ready, and meet the limit there.
pyauction.house._TICK_SECONDS = 3_600.0
house = AuctionHouse(
    FileJournal(sys.argv[1], segment_bytes=1 << 20), durability="deferred", clock=ManualClock(0), timers=True
)
house.open_lot("A", english(length=None))
house.admit("A", "001")
house.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (262_144, resource.RLIM_INFINITY))
taken, told = [], []
try:
    for number in range(100_000):
        taken.append(house.bid("A", "001", 100 + 10 * number))
        time.sleep(0.0001)
except HouseHalted as error:
    told.append(str(error))
try:
    house.flush()
except OutcomeUnknown as error:
    told.append(type(error).__name__)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
time.sleep(0.05)
print(json.dumps([len(taken), [decision.seq for decision in taken if decision.durable], told, house.durable_seq]))
house.close()
"""


def test_when_its_write_fails_the_house_stops_and_nothing_more_is_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    taken, durable, told, mark = json.loads(run_child(FAIL, path)[0])
    assert "File too large" in told[0]
    assert told[1:] == ["OutcomeUnknown"]
    assert 10 < len(durable) < taken
    assert durable == list(range(durable[0], mark + 1))
    assert len(records_of(path)) == mark


def test_a_house_that_stopped_says_so_and_lets_its_journal_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pyauction.house._TICK_SECONDS", 0.005)
    caplog.set_level(logging.ERROR, logger="pyauction")
    house = house_of(FileJournal(tmp_path / "journal"))
    house._halt("the disk is on fire")
    expected = "the house has stopped and acknowledges nothing more: the disk is on fire"
    assert wait_until(lambda: expected in [record.getMessage() for record in caplog.records])
    del house

    def is_free() -> bool:
        gc.collect()
        try:
            AuctionHouse(FileJournal(tmp_path / "journal"), clock=ManualClock(0), timers=False).close()
        except JournalLocked:
            return False
        return True

    assert wait_until(is_free)
