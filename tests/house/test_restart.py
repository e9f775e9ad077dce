"""A journal outlives its house: what was acknowledged is there again, and one house at a time writes it."""

from __future__ import annotations

import copy
import pickle
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from house_room import (
    HOUR,
    ORDER,
    SECOND,
    WHO,
    english,
    events_of,
    manual_house,
    receipts_of,
    records_of,
    run_child,
    start_child,
)

from pyauction import (
    AuctionHouse,
    FileJournal,
    HouseHalted,
    JournalError,
    JournalLocked,
    ManualClock,
    MemoryJournal,
    MisuseError,
    Outcome,
    SealedReserve,
    replay,
    verifier,
    verify,
)
from pyauction.events import BidAccepted, HouseOpened, LotClosed, LotResumed, LotSuspended, OutcomeRecorded


@pytest.fixture(params=["memory", "file"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return MemoryJournal() if request.param == "memory" else FileJournal(tmp_path / "journal")


def sell(house: AuctionHouse) -> None:
    """Leave one lot decided, one bidding, one suspended, one terminated and one scheduled."""
    for lot in "ABCD":
        house.open_lot(lot, english(length="1m" if lot == "A" else "2h", extension="5m"))
        house.bid(lot, "001", 100)
        house.bid(lot, "002", 105, key="k")
        house.bid(lot, "002", 110, key="l")
    house.suspend_lot("C", **ORDER)
    house.terminate_lot("D", **ORDER)
    house.open_lot("E", english(), opens_at=HOUR)
    house.advance(at=600 * SECOND)


def verified(journal: Any) -> bool:
    own = verify(journal)
    path = journal.path if isinstance(journal, FileJournal) else None
    independent = verifier.verify(path) if path else verifier.verify_files(journal.files())
    assert own == independent
    return own.ok


def test_a_reopened_house_goes_on_from_the_same_state(journal: Any) -> None:
    with manual_house(journal) as house:
        sell(house)
        last, before, lots = house.last_seq, house.state_hash, house.lots()
    replayed = replay(journal)
    assert (replayed.seq, replayed.state_hash, replayed.lots) == (last, before, lots)
    with manual_house(journal, now=600 * SECOND) as house:
        assert house.last_seq == last + 1
        assert house.lots() == lots
        assert replay(journal, until=last).state_hash == before
        assert house.bid("B", "001", 130).accepted
    assert verified(journal)


def test_a_house_that_never_closed_is_taken_up_like_one_that_did(journal: Any) -> None:
    house = manual_house(journal)
    sell(house)
    before, lots = house.state_hash, house.lots()
    del house
    assert replay(journal).state_hash == before
    with manual_house(journal, now=600 * SECOND) as house:
        assert house.lots() == lots
    assert verified(journal)


def test_each_opening_is_recorded_as_an_epoch(journal: Any) -> None:
    for now in (5, 7, 6):
        with manual_house(journal, now=now):
            pass
    base = {"lot": 0, "lot_seq": 0, "bidder": 0, "reason": None}
    assert events_of(journal) == [
        HouseOpened(seq=1, at_ns=5, last_at_ns=None, epoch=1, **base),
        HouseOpened(seq=2, at_ns=7, last_at_ns=5, epoch=2, **base),
        HouseOpened(seq=3, at_ns=7, last_at_ns=7, epoch=3, **base),
    ]


def test_a_second_writer_is_refused_in_the_same_process(journal: Any) -> None:
    with manual_house(journal) as house:
        with pytest.raises(JournalLocked):
            manual_house(journal)
        assert house.open_lot("A", english()).durable
    manual_house(journal).close()


def test_a_second_journal_object_of_the_same_directory_is_refused(tmp_path: Path) -> None:
    with manual_house(FileJournal(tmp_path / "journal")), pytest.raises(JournalLocked):
        manual_house(FileJournal(tmp_path / ".." / tmp_path.name / "journal"))


OPEN = """
from pyauction import AuctionHouse, FileJournal
try:
    AuctionHouse(FileJournal(sys.argv[1])).close()
    print("opened")
except Exception as error:
    print(type(error).__name__)
"""


def test_a_second_writer_is_refused_in_another_process(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with manual_house(FileJournal(path)):
        assert run_child(OPEN, path) == ["JournalLocked"]
    assert run_child(OPEN, path) == ["opened"]


def test_a_running_journal_can_be_read_and_verified(journal: Any) -> None:
    with manual_house(journal) as house:
        sell(house)
        assert verify(journal).ok
        assert replay(journal).state_hash == house.state_hash


BID_FOR_EVER = """
from house_room import english, manual_house
from pyauction import FileJournal
house = manual_house(FileJournal(sys.argv[1]))
house.open_lot("A", english(length=None))
house.admit("A", "001")
amount = 100
while True:
    decision = house.bid("A", "001", amount)
    print(decision.seq, decision.digest, flush=True)
    amount += 10
"""


def test_a_killed_process_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    child = start_child(BID_FOR_EVER, path)
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(100)]
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate(timeout=60)
    # The last line may have been cut by the kill; what was acknowledged and not said does not count.
    lines += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    acknowledged = dict(line.split() for line in lines)
    assert len(acknowledged) >= 100
    with AuctionHouse(FileJournal(path, acknowledged=max(map(int, acknowledged))), clock=ManualClock()) as house:
        assert house.bid("A", "001", 10**9).accepted
    kept = {str(seq): receipt for seq, receipt in enumerate(receipts_of(path), start=1)}
    assert {seq: kept[seq] for seq in acknowledged} == acknowledged
    events = events_of(path)
    assert all(isinstance(events[int(seq) - 1], BidAccepted) for seq in acknowledged)
    assert verified(FileJournal(path))


def test_a_house_is_closed_once_and_again(journal: Any) -> None:
    house = manual_house(journal)
    house.close()
    frames = records_of(journal)
    house.close()
    with house:
        pass
    assert records_of(journal) == frames
    assert house.halted == "it was closed"


CALLS: dict[str, Callable[[AuctionHouse], object]] = {
    "bid": lambda house: house.bid("A", "001", 200),
    "bid in text": lambda house: house.bid("A", 1, 200, key="k"),
    "bid_many": lambda house: house.bid_many("A", memoryview(bytes([1, 0, 0, 0])).cast("I"), memoryview(bytes(8)).cast("q")),
    "admit": lambda house: house.admit("A", "009"),
    "open_lot": lambda house: house.open_lot("Z", english()),
    "close_lot": lambda house: house.close_lot("A"),
    "suspend_lot": lambda house: house.suspend_lot("A", **ORDER),
    "resume_lot": lambda house: house.resume_lot("A", **ORDER),
    "terminate_lot": lambda house: house.terminate_lot("A", **ORDER),
    "enter_reserve": lambda house: house.enter_reserve("A", SealedReserve.for_simulation("A", 100), **WHO),
    "disclose_reserve": lambda house: house.disclose_reserve("A", SealedReserve.for_simulation("A", 100), by="甲"),
    "advance": lambda house: house.advance(),
    "advance past a deadline": lambda house: house.advance(at=9 * HOUR),
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("kept", [True, False], ids=["journal", "no journal"])
def test_a_closed_house_decides_nothing_more(call: Callable[[AuctionHouse], object], *, kept: bool) -> None:
    house = manual_house(MemoryJournal() if kept else None)
    house.open_lot("A", english())
    house.bid("A", "001", 100)
    house.close()
    before = house.last_seq
    with pytest.raises(HouseHalted, match="the house has stopped: it was closed. Close it and open its journal again"):
        call(house)
    assert house.last_seq == before
    assert house.quote("A").standing_minor == 100, "what was durable can still be shown"


def test_a_deadline_that_fell_in_an_outage_closes_at_schedule_where_the_rules_say_so(journal: Any) -> None:
    with manual_house(journal) as house:
        house.open_lot("A", english(on_outage="close_at_schedule"))
        house.bid("A", "001", 100, at=10)
        last = house.last_seq
    with manual_house(journal, now=2 * HOUR) as house:
        house.advance()
        assert house.outcome("A") == Outcome(kind="sold", winner=1, price_minor=100)
    common = {"at_ns": 2 * HOUR, "reason": None}
    assert events_of(journal)[last:] == [
        HouseOpened(seq=last + 1, lot=0, lot_seq=0, bidder=0, last_at_ns=10, epoch=2, **common),
        LotClosed(
            seq=last + 2, lot=1, lot_seq=4, bidder=1, due_ns=HOUR, cause="deadline", next="no_comparison", top_minor=100,
            accepted=1, refused=0, quoted=1, admitted=1, **common,
        ),
        OutcomeRecorded(
            seq=last + 3, lot=1, lot_seq=5, bidder=1, kind="sold", cause="none", price_minor=100, type_id="english@1",
            detail="", **common,
        ),
    ]  # fmt: skip
    assert verified(journal)


def test_a_deadline_that_fell_in_an_outage_suspends_where_the_rules_say_so(journal: Any) -> None:
    with manual_house(journal) as house:
        house.open_lot("A", english(on_outage="suspend"))
        house.bid("A", "001", 100, at=10)
        last = house.last_seq
    with manual_house(journal, now=2 * HOUR) as house:
        assert house.bid("A", "001", 200).reason == "suspended"
        house.resume_lot("A", **ORDER)
        assert house.quote("A").closes_at_ns == 3 * HOUR - 10
        assert house.bid("A", "001", 200).accepted
    common = {"at_ns": 2 * HOUR, "lot": 1, "bidder": 0, "reason": None}
    events = events_of(journal)
    assert events[last + 1] == LotSuspended(
        seq=last + 2, lot_seq=4, cause="outage", remaining_ns=HOUR - 10, authority="", why="", **common
    )
    assert events[last + 3] == LotResumed(seq=last + 4, lot_seq=6, closes_at_ns=3 * HOUR - 10, **ORDER, **common)
    assert verified(journal)


@pytest.mark.parametrize("on_outage", ["close_at_schedule", "suspend"])
def test_an_outage_before_the_deadline_changes_nothing(on_outage: Any) -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        house.open_lot("A", english(on_outage=on_outage))
    with manual_house(journal, now=HOUR - 1) as house:
        assert house.bid("A", "001", 100).accepted
        assert house.quote("A").closes_at_ns == HOUR


def test_a_journal_is_a_store_or_none() -> None:
    with pytest.raises(MisuseError, match="journal: expected FileJournal, MemoryJournal, an object .* received str"):
        AuctionHouse("journal")  # type: ignore[arg-type]


def test_a_journal_that_is_a_file_is_a_journal_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(JournalError, match="cannot use"):
        manual_house(FileJournal(tmp_path / "file"))


def test_a_house_is_neither_pickled_nor_copied() -> None:
    with manual_house(MemoryJournal()) as house:
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="a house cannot be pickled or copied; open its journal again"):
                attempt(house)
