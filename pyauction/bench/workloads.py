"""What is measured. Each workload prepares outside the measurement and hands over the one call to be timed."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from array import array
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .. import _engine
from .._engine import FileJournal, MemoryJournal
from ..auctions import English
from ..errors import AuctionError
from ..house import AuctionHouse, Durability
from ..money import CNY
from ..reserve import NoReserve
from .measure import BareWrites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._engine import SystemClock

Work = Callable[[], object]

BATCH = 4096
DURABLE_CALLS = 200
DURABLE_BATCH = 512
START, STEP = 100_000, 1_000
_SEGMENT_BYTES = 4 << 20


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """Something to measure: `prepared()` yields the work of one round, which makes `calls` calls."""

    name: str
    calls: int
    prepared: Callable[[], AbstractContextManager[Work]]
    yardstick: str | None = None


def workloads(bids: int, *, memory: bool = False, directory: Path | None = None) -> tuple[Workload, ...]:
    """Return the workloads of one run, each yardstick before what is compared with it."""
    noop = _noop()
    amounts = [START + STEP * index for index in range(bids)]
    chosen = [
        Workload(name="noop", calls=bids, prepared=lambda: _calls_of(noop, amounts)),
        Workload(name="bid", calls=bids, prepared=lambda: _bids(amounts, None), yardstick="noop"),
        Workload(name="bid_many", calls=bids, prepared=lambda: _batches(amounts), yardstick="noop"),
    ]
    if memory:
        kept = Workload(name="bid_memory", calls=bids, prepared=lambda: _bids(amounts, _memory()), yardstick="noop")
        chosen.append(kept)
    if directory is not None:
        few = amounts[:DURABLE_CALLS]
        chosen += [
            Workload(name="fdatasync", calls=len(few), prepared=lambda: _bare(directory, len(few))),
            Workload(
                name="bid_durable", calls=len(few), prepared=lambda: _durable(directory, few), yardstick="fdatasync"
            ),
            Workload(name="sqlite_rows", calls=bids, prepared=lambda: _sqlite_rows(directory, amounts)),
            Workload(
                name="bid_many_durable",
                calls=bids,
                prepared=lambda: _durable_batches(directory, amounts),
                yardstick="sqlite_rows",
            ),
        ]
    return tuple(chosen)


def _noop() -> Callable[..., object]:
    """Return the native function with the arguments of a bid that does nothing: what crossing the boundary costs."""
    noop: Callable[..., object] | None = getattr(_engine, "noop", None)
    if noop is None:
        raise AuctionError(
            "this build of the engine has no `noop`, the yardstick of `bench`; build it from this source"
        )
    return noop


def repeat(call: Callable[[int, int, int], object], amounts: Sequence[int]) -> None:
    """Call once for each amount: the same loop around the yardstick and around a bid."""
    for amount in amounts:
        call(1, 1, amount)


@contextmanager
def _calls_of(call: Callable[..., object], amounts: Sequence[int]) -> Iterator[Work]:
    yield lambda: repeat(call, amounts)


@contextmanager
def open_house(
    journal: FileJournal | MemoryJournal | None = None,
    clock: SystemClock | None = None,
    durability: Durability = Durability.EACH,
    *,
    timers: bool = False,
) -> Iterator[AuctionHouse]:
    """Yield a house with lot 1 open and bidder 1 admitted, under the real clock."""
    with AuctionHouse(journal, durability=durability, clock=clock, timers=timers) as house:
        auction = English(
            money=CNY,
            start_price=START,
            increment=STEP,
            length="1d",
            reserve=NoReserve(),
            on_outage="suspend",
            self_outbid="allowed",
        )
        house.open_lot("bench", auction)
        house.admit("bench", "001")
        yield house


@contextmanager
def _bids(amounts: Sequence[int], journal: FileJournal | MemoryJournal | None) -> Iterator[Work]:
    """Yield bids through handles, every one accepted because the price rises by a step."""
    with open_house(journal) as house:
        yield lambda: repeat(house.bid, amounts)
        _expect_all(house, len(amounts))


@contextmanager
def _batches(
    amounts: Sequence[int], size: int = BATCH, journal: FileJournal | None = None, *, timers: bool = False
) -> Iterator[Work]:
    columns = [(array("I", [1]) * len(part), array("q", part)) for part in _cut(amounts, size)]
    with open_house(journal, timers=timers) as house:

        def work() -> None:
            for bidders, prices in columns:
                house.bid_many(1, bidders, prices)

        yield work
        _expect_all(house, len(amounts))


def _memory() -> MemoryJournal:
    return MemoryJournal(segment_bytes=_SEGMENT_BYTES)


def _cut(amounts: Sequence[int], size: int) -> list[Sequence[int]]:
    return [amounts[first : first + size] for first in range(0, len(amounts), size)]


@contextmanager
def temporary_folder(directory: Path) -> Iterator[Path]:
    """Yield a folder below `directory` that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="pyauction-bench-", dir=directory))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _durable(directory: Path, amounts: Sequence[int]) -> Iterator[Work]:
    with (
        temporary_folder(directory) as folder,
        _bids(amounts, FileJournal(folder / "journal", segment_bytes=_SEGMENT_BYTES)) as work,
    ):
        yield work


@contextmanager
def _durable_batches(directory: Path, amounts: Sequence[int]) -> Iterator[Work]:
    """Yield bids in batches, each on stable storage before the next begins.

    The house is as it comes, with its timer thread, which makes the next segment ready meanwhile.
    """
    with (
        temporary_folder(directory) as folder,
        _batches(amounts, DURABLE_BATCH, FileJournal(folder / "journal"), timers=True) as work,
    ):
        yield work


@contextmanager
def _sqlite_rows(directory: Path, amounts: Sequence[int]) -> Iterator[Work]:
    """Yield what a platform without an engine does: the same bids as rows, fully synchronous, a batch a transaction."""
    with temporary_folder(directory) as folder:
        database = sqlite3.connect(folder / "rows.db", isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute(
            "CREATE TABLE bids (seq INTEGER PRIMARY KEY, at INTEGER, lot INTEGER, bidder INTEGER, amount INTEGER)"
        )
        batches = [[(1, 1, 1, amount) for amount in part] for part in _cut(amounts, DURABLE_BATCH)]

        def work() -> None:
            for rows in batches:
                database.execute("BEGIN")
                database.executemany("INSERT INTO bids (at, lot, bidder, amount) VALUES (?, ?, ?, ?)", rows)
                database.execute("COMMIT")

        try:
            yield work
        finally:
            database.close()


@contextmanager
def _bare(directory: Path, count: int) -> Iterator[Work]:
    bare = BareWrites(directory)

    def work() -> None:
        for _ in range(count):
            bare.write()

    try:
        yield work
    finally:
        bare.close()


def _expect_all(house: AuctionHouse, count: int) -> None:
    """A refused bid is another workload: fail rather than report its time as that of an accepted one."""
    accepted = house.quote(1).accepted_bids
    if accepted != count:
        raise AuctionError(f"the workload expected {count} accepted bids, the house accepted {accepted}")
