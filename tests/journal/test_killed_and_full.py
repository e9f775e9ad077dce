"""A house on a real disk: its process killed while it bids, and its disk full. What was acknowledged is there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pyauction import (
    AuctionHouse,
    FileJournal,
    HouseHalted,
    ManualClock,
    OutcomeUnknown,
    SQLiteJournal,
    replay,
    verify,
)
from pyauction.testing import _house, _sell

BIDDING = """
import sys
from pyauction import FileJournal
from pyauction.testing import _house, _sell
house = _house(FileJournal(sys.argv[1], segment_bytes=65_536), 0)
if house.last_seq == 1:
    _sell(house)
top = house.quote("B").standing_minor or 100
while True:
    top += 10
    bid = house.bid("B", "001", top, key=f"bid {top}")
    print(top, bid.seq, bid.durable, flush=True)
"""


def bid_and_kill(journal: Path, until: int) -> list[tuple[int, int]]:
    """Let a process bid, kill it after `until` acknowledgements; return amount and sequence of each."""
    child = subprocess.Popen([sys.executable, "-c", BIDDING, str(journal)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    told = []
    with child:
        for line in child.stdout:
            amount, seq, durable = line.split()
            assert durable == "True"
            told.append((int(amount), int(seq)))
            if len(told) == until:
                child.kill()
    return told


def test_no_bid_that_a_killed_house_acknowledged_is_lost_or_counted_twice(
    tmp_path: Path, scale: str, report: list[str]
) -> None:
    kills = {"default": 5, "ci": 20, "long": 300}[scale]
    journal, told = tmp_path / "journal", []
    for kill in range(kills):
        told += bid_and_kill(journal, 3 + 7 * kill % 50)
    steps = {step.event.seq: step.event for step in replay(journal)}
    assert [steps[seq].amount_minor for _, seq in told] == [amount for amount, _ in told]  # type: ignore[union-attr]
    amounts = [
        event.amount_minor for event in steps.values() if type(event).__name__ == "BidAccepted" and event.lot == 2
    ]  # type: ignore[union-attr]
    assert len(amounts) == len(set(amounts))
    assert verify(journal).ok
    report.append(
        f"storage | houses killed while they bid (Python) | {kills} | {len(told)} bids acknowledged, 0 lost, 0 twice"
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real filesystem of 1 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small filesystem cannot be mounted: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small filesystem needs root")
@pytest.mark.parametrize("store", ["file", "sqlite"])
def test_a_full_disk_stops_the_house_and_loses_nothing_acknowledged(store: str, small_disk: Path) -> None:
    def opened() -> Any:
        if store == "sqlite":
            return SQLiteJournal(small_disk / "journal.db")
        return FileJournal(small_disk / "journal", segment_bytes=65_536)

    house = _house(opened(), 0)
    _sell(house)
    told: list[tuple[int, int]] = []
    top = 100

    def bid_for_ever() -> None:
        nonlocal top
        while True:
            top += 10
            told.append((top, house.bid("B", "001", top).seq))

    with pytest.raises(OutcomeUnknown, match="No space left|full"):
        bid_for_ever()
    with pytest.raises(HouseHalted):
        house.bid("B", "001", top + 10)
    house.close()
    assert len(told) > 50
    # The operator makes room: the spare is discarded when the journal is opened, and the sale goes on.
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)
    with AuctionHouse(opened(), clock=ManualClock(0), timers=False) as again:
        standing = again.quote("B").standing_minor
        assert standing in (told[-1][0], top)
        assert again.bid("B", "001", 10**6).accepted
    kept = opened()
    steps = {step.event.seq: step.event for step in replay(kept)}
    assert [steps[seq].amount_minor for _, seq in told] == [amount for amount, _ in told]  # type: ignore[union-attr]
    if store == "sqlite":
        kept.close()
