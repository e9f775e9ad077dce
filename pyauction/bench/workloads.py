"""What is measured. Each workload prepares outside the measurement and hands over the one call to be timed."""

from __future__ import annotations

import shutil
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
from ..house import AuctionHouse
from ..money import CNY
from ..reserve import NoReserve
from .measure import BareWrites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._engine import SystemClock

Work = Callable[[], object]

BATCH = 4096
DURABLE_CALLS = 200
_START, _STEP = 100_000, 1_000
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
    amounts = [_START + _STEP * index for index in range(bids)]
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
    journal: FileJournal | MemoryJournal | None = None, clock: SystemClock | None = None
) -> Iterator[AuctionHouse]:
    """Yield a house with lot 1 open and bidder 1 admitted, under the real clock and without a timer thread."""
    with AuctionHouse(journal, clock=clock, timers=False) as house:
        auction = English(
            money=CNY,
            start_price=_START,
            increment=_STEP,
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
def _batches(amounts: Sequence[int]) -> Iterator[Work]:
    cut = [amounts[first : first + BATCH] for first in range(0, len(amounts), BATCH)]
    columns = [(array("I", [1]) * len(part), array("q", part)) for part in cut]
    with open_house() as house:

        def work() -> None:
            for bidders, prices in columns:
                house.bid_many(1, bidders, prices)

        yield work
        _expect_all(house, len(amounts))


def _memory() -> MemoryJournal:
    return MemoryJournal(segment_bytes=_SEGMENT_BYTES)


@contextmanager
def _durable(directory: Path, amounts: Sequence[int]) -> Iterator[Work]:
    folder = Path(tempfile.mkdtemp(prefix="pyauction-bench-", dir=directory))
    try:
        with _bids(amounts, FileJournal(folder / "journal", segment_bytes=_SEGMENT_BYTES)) as work:
            yield work
    finally:
        shutil.rmtree(folder)


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
