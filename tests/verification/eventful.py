"""A journal with a record of every type that a house writes on demand, several segments, epochs and a cut tail."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyauction
from pyauction import AuctionHouse, English, EnteredReserve, FileJournal, Listing, NoReserve, SealedReserve

SECOND = 1_000_000_000
ORDER = {"authority": "市自然资源局", "why": "不可抗力"}
WHO = {"by": "保密员", "witness": "纪检组"}
BLINDING = bytes(range(7, 39))
RESERVE = 250
"""The reserve of lot "B", above what is bid for it."""
ENGLISH: dict[str, Any] = {
    "money": pyauction.CNY,
    "start_price": 100,
    "increment": 10,
    "length": "1h",
    "reserve": NoReserve(),
    "on_outage": "suspend",
    "self_outbid": "allowed",
    "admission": "open",
}


def write(directory: Path, *, align: int) -> None:
    """Write the journal: three openings, the second ended by a crash inside a write, an outage before the third."""
    sealed = SealedReserve.for_simulation("B", RESERVE, blinding=BLINDING)
    with _house(directory, align, 0) as house:
        _open_lots(house, sealed)
        _bid(house)
        _refuse(house)
        _command(house)
    house = _house(directory, align, 22 * SECOND)
    house.bid("A", "甲", 200, at=23 * SECOND)
    _crash(house, directory, align)
    with _house(directory, align, 3_700 * SECOND) as house:
        _finish(house, sealed, 3_700 * SECOND)


def _english(**changes: Any) -> English:
    return English(**(ENGLISH | changes))


def _house(directory: Path, align: int, now: int) -> AuctionHouse:
    journal = FileJournal(directory, align=align, segment_bytes=12_288 if align == 512 else 40_960)
    return AuctionHouse(journal, clock=pyauction.ManualClock(now), timers=False)


def _open_lots(house: AuctionHouse, sealed: SealedReserve) -> None:
    before = EnteredReserve(commitment="before_opening")
    house.open_lot("A", _english())
    house.open_lot("B", _english(length="30m", reserve=before, on_outage="close_at_schedule"), commitment=sealed)
    house.open_lot("C", _english(length="2h"), opens_at=10 * SECOND)
    house.open_lot("D", _english(admission="listed"))
    house.open_lot("E", _listing())
    low = SealedReserve.for_simulation("B", 50, blinding=BLINDING)
    house.enter_reserve("B", low, **WHO, at=SECOND)
    house.enter_reserve("B", sealed, **WHO, at=SECOND)


def _listing() -> Listing:
    return Listing(
        money=pyauction.CNY,
        start_price=100,
        increment=10,
        free="5s",
        countdown="4s",
        reserve=NoReserve(),
        on_outage="close_at_schedule",
        self_outbid="allowed",
        admission="open",
        timed_without_bids="decide",
        single_bidder="timed",
    )


def _bid(house: AuctionHouse) -> None:
    for step in range(6):
        for lot in "AB":
            house.bid(lot, "甲乙"[step % 2], 100 + 10 * step, key=f"k{step}", at=2 * SECOND + step)
    house.bid("E", "丙", 100, at=3 * SECOND)
    house.bid("E", "丁", 110, at=6 * SECOND)


def _refuse(house: AuctionHouse) -> None:
    house.bid("A", "丙", 101, at=11 * SECOND)
    house.bid("A", "丙", 101, key=b"\xff\x00", at=11 * SECOND)
    house.bid("A", "丙", 500, key=b"\xff\x00", at=11 * SECOND)
    house.bid("D", "丙", 100, at=11 * SECOND)
    house.admit("D", "丙", at=11 * SECOND)
    house.admit("D", "丙", at=11 * SECOND)
    house.close_lot("D", at=11 * SECOND)


def _command(house: AuctionHouse) -> None:
    house.suspend_lot("D", **ORDER, at=12 * SECOND)
    house.resume_lot("D", **ORDER, at=13 * SECOND)
    house.terminate_lot("D", **ORDER, at=14 * SECOND)
    house.bid("C", "丁", 100, at=20 * SECOND)


def _crash(house: AuctionHouse, directory: Path, align: int) -> None:
    """Leave what a crash leaves that tears the last write: the files as they were, half of a frame behind them."""
    alive = directory.with_name("alive")
    shutil.copytree(directory, alive)
    house.close()
    shutil.rmtree(directory)
    alive.rename(directory)
    last = max(directory.glob("*.plog"))
    data = last.read_bytes()
    written = -(-len(data.rstrip(b"\0")) // align) * align
    last.write_bytes(data[:written] + b"PAJF" + b"\x5a" * 100 + data[written + 104 :])


def _finish(house: AuctionHouse, sealed: SealedReserve, now: int) -> None:
    house.advance(at=now + 1)
    house.enter_reserve("B", sealed, **WHO, at=now + 2)
    house.resume_lot("A", **ORDER, at=now + 3)
    house.bid("A", "乙", 300, at=now + 4)
    house.advance(at=now + 8_000 * SECOND)
    house.disclose_reserve("B", sealed, by="保密员", at=now + 8_001 * SECOND)
