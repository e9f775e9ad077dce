"""Many threads bid in one house: one sequence, no bid lost, the price only rises."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from house_room import Recorder, english, events_of, manual_house, records_of

from pyauction import AuctionHouse, Decision, Durability, FileJournal, MemoryJournal, verifier, verify

THREADS = 16


def bid_from_all_threads(house: AuctionHouse, each: int) -> list[Decision]:
    """Let every thread bid in both lots as fast as it can; return all decisions."""
    started = threading.Barrier(THREADS)

    def bid(thread: int) -> list[Decision]:
        chance = random.Random(thread)
        started.wait(10)
        decisions = []
        for number in range(each):
            lot = chance.choice("AB")
            amount = (house.quote(lot).ask_minor or 0) + 10 * chance.choice((-1, 0, 0, 1, 5))
            key = f"{thread}-{number}"
            decisions.append(house.bid(lot, f"{thread:03}", amount, key=key))
            if chance.random() < 0.1:
                decisions.append(house.bid(lot, f"{thread:03}", amount, key=key))
        return decisions

    with ThreadPoolExecutor(THREADS) as pool:
        return [decision for decisions in pool.map(bid, range(THREADS)) for decision in decisions]


@pytest.fixture(params=[("memory", 150), ("file", 40)], ids=["memory", "file"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Any, int]:
    kind, each = request.param
    return (MemoryJournal() if kind == "memory" else FileJournal(tmp_path / "journal")), each


@pytest.mark.parametrize("durability", list(Durability))
def test_threads_share_one_sequence(journal: tuple[Any, int], durability: Durability) -> None:
    kept, each = journal
    told = Recorder()
    with manual_house(kept, durability=durability) as house:
        house.open_lot("A", english())
        house.open_lot("B", english())
        house.flush()
        house.observe(told, after=0)
        decisions = bid_from_all_threads(house, each)
        house.flush()
        assert all(decision.durable for decision in decisions)
        snapshots = house.lots()
    decided = [decision for decision in decisions if not decision.repeated]
    assert len(decided) == THREADS * each
    assert len({decision.seq for decision in decided}) == len(decided)
    by_seq = {decision.seq: decision for decision in decided}
    assert all(by_seq[again.seq] == again for again in decisions if again.repeated)
    records = records_of(kept)
    assert {seq: records[seq - 1] for seq in by_seq} == {seq: each.record for seq, each in by_seq.items()}
    for lot in snapshots:
        amounts = [amount for _, amount in lot.bids]
        assert amounts == sorted(set(amounts))
        placed = sorted((d.seq, d.bidder, d.amount_minor) for d in decided if d.lot == lot.lot and d.accepted)
        assert lot.bids == tuple((bidder, amount) for _, bidder, amount in placed)
        assert len(lot.bids) > 1
    assert told.seen == events_of(kept)
    own = verify(kept)
    independent = verifier.verify(kept.path) if isinstance(kept, FileJournal) else verifier.verify_files(kept.files())
    assert own.ok
    assert own == independent


def test_waiting_threads_share_commits(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal")
    with manual_house(journal) as house:
        house.open_lot("A", english())
        house.open_lot("B", english())
        bid_from_all_threads(house, 20)
        records = house.last_seq
    frames = verify(journal).frames
    assert frames < records, "with a lone bidder every record has a frame of its own, and there are control frames"
