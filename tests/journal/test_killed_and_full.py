"""A house on a real disk: its process killed while it bids, and its disk full. What was acknowledged is there."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bids_kept import amounts_by_seq

from pyauction import (
    CNY,
    AuctionHouse,
    FileJournal,
    HouseHalted,
    LogSpaceLow,
    NoReserve,
    Outcome,
    OutcomeUnknown,
    SQLiteJournal,
    Tender,
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
            if not line.endswith("\n"):
                break  # It was killed while it said this.
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
    kept = amounts_by_seq(journal)
    assert [kept[seq] for _, seq in told] == [amount for amount, _ in told]
    assert len(kept) == len(set(kept.values()))
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


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small filesystem needs root")


def bid_until(error: type[Exception], house: AuctionHouse, message: str) -> list[tuple[int, int]]:
    """Bid until that is raised; return the amount and the sequence of every acknowledged bid."""
    told: list[tuple[int, int]] = []
    with pytest.raises(error, match=message):
        # What was taken before it is raised stays in the list.
        told.extend((amount, house.bid("B", "001", amount).seq) for amount in itertools.count(110, 10))
    assert len(told) > 50
    return told


def amounts_of(journal: Any, told: list[tuple[int, int]]) -> list[int]:
    kept = amounts_by_seq(journal)
    return [kept[seq] for _, seq in told]


@needs_root
def test_before_the_disk_is_full_no_more_bids_are_taken_and_the_sale_still_ends(small_disk: Path) -> None:
    house = _house(FileJournal(small_disk / "journal", segment_bytes=65_536), 0)
    _sell(house)
    house.admit("B", "001")
    before = house.last_seq
    told = bid_until(LogSpaceLow, house, "the journal's disk is almost full")
    assert house.last_seq == before + len(told), "what was refused was not sequenced"
    with pytest.raises(LogSpaceLow):
        house.bid_many("B", array("I", [1]), array("q", [10**6]))
    assert house.halted is None
    house.suspend_lot("B", authority="市自然资源局", why="磁盘将满")
    house.resume_lot("B", authority="市自然资源局", why="磁盘将满")
    house.advance(at=200)
    assert house.outcome("B") == Outcome(kind="sold", winner=1, price_minor=told[-1][0])
    house.close()
    assert verify(small_disk / "journal").ok
    assert amounts_of(small_disk / "journal", told) == [amount for amount, _ in told]


@needs_root
@pytest.mark.parametrize("custody", ["house", "bidder"])
def test_sealed_bids_leave_the_room_that_ends_the_sale_too(small_disk: Path, custody: Any) -> None:
    terms = Tender(
        money=CNY, start_price=1, submission=100, sealed_custody=custody, sealed_change="change", sealed_min=3,
        sealed_award="highest", sealed_tie="earlier", reserve=NoReserve(), on_outage="suspend",
    )  # fmt: skip
    house = _house(FileJournal(small_disk / "journal", segment_bytes=65_536), 0)
    house.open_lot("T", terms)
    house.admit("T", "001")
    with pytest.raises(LogSpaceLow):  # noqa: PT012 - the last of many bids raises
        for amount in itertools.count(1):
            assert house.place_sealed_bid("T", "001", house.seal_bid("T", "001", amount)).accepted
    assert house.halted is None
    house.advance(at=100)
    assert house.outcome("T") == Outcome(kind="unsold", cause="too_few_bidders")
    house.close()
    assert verify(small_disk / "journal").ok


@needs_root
def test_bids_are_taken_again_when_there_is_room(small_disk: Path) -> None:
    with _house(FileJournal(small_disk / "journal", segment_bytes=65_536), 0) as house:
        _sell(house)
        told = bid_until(LogSpaceLow, house, "almost full")
        subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)
        assert house.bid("B", "001", told[-1][0] + 10).accepted


@needs_root
def test_a_snapshot_takes_no_room_from_what_ends_the_sale(small_disk: Path) -> None:
    journal = FileJournal(small_disk / "journal", segment_bytes=65_536, snapshots=True)
    house = _house(journal, 0)
    _sell(house)
    told = bid_until(LogSpaceLow, house, "almost full")
    house.close()
    assert list((small_disk / "journal").glob("*snapshot*")) == []
    # Somebody else leaves less than a snapshot needs, and the segments as they are.
    with _house(journal, 0) as again:
        with pytest.raises(LogSpaceLow):
            again.bid("B", "001", 10**6)
        again.suspend_lot("B", authority="市自然资源局", why="磁盘将满")
        again.resume_lot("B", authority="市自然资源局", why="磁盘将满")
        again.advance(at=200)
        assert again.outcome("B") == Outcome(kind="sold", winner=1, price_minor=told[-1][0])
    assert list((small_disk / "journal").glob("*snapshot*")) == []
    assert verify(journal).ok


@needs_root
def test_on_a_full_disk_the_repeat_of_a_keyed_bid_is_answered(small_disk: Path) -> None:
    with _house(FileJournal(small_disk / "journal", segment_bytes=65_536), 0) as house:
        _sell(house)
        first = house.bid("B", "001", 105, key=b"one")
        bid_until(LogSpaceLow, house, "almost full")
        last = house.last_seq
        again = house.bid("B", "001", 105, key=b"one")
        assert (again.seq, again.repeated, again.durable) == (first.seq, True, True)
        for amount, key in [(115, b"one"), (105, b"two")]:
            with pytest.raises(LogSpaceLow):
                house.bid("B", "001", amount, key=key)
        assert house.last_seq == last


@needs_root
def test_a_full_disk_under_a_store_stops_the_house_and_loses_nothing_acknowledged(small_disk: Path) -> None:
    house = _house(SQLiteJournal(small_disk / "journal.db"), 0)
    _sell(house)
    told = bid_until(OutcomeUnknown, house, "full")
    with pytest.raises(HouseHalted):
        house.bid("B", "001", 10**6)
    house.close()
    # The operator makes room, and the sale goes on.
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)
    with _house(SQLiteJournal(small_disk / "journal.db"), 0) as again:
        assert again.quote("B").standing_minor in (told[-1][0], told[-1][0] + 10)
        assert again.bid("B", "001", 10**6).accepted
    kept = SQLiteJournal(small_disk / "journal.db")
    assert amounts_of(kept, told) == [amount for amount, _ in told]
    kept.close()
