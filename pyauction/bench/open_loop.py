"""An open loop: bids are sent when they are due, however long those before take, and timed until they are durable.

A loop that sends the next bid after the answer to the last one slows down with the engine and hides every pause. Here
bid `n` is due `n / rate` seconds after the start, and its latency runs from that moment, sent late or not, to the moment
in which the sender sees the durable mark beyond it.
"""

from __future__ import annotations

import bisect
import select
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .._engine import FileJournal
from ..errors import AuctionError
from ..house import Durability
from ..verify import verify
from .measure import no_collection, sync_costs_ns
from .workloads import START, STEP, open_house, temporary_folder

if TYPE_CHECKING:
    from ..house import AuctionHouse


class OpenLoop(msgspec.Struct, frozen=True, kw_only=True):
    """Latencies in nanoseconds from the time a bid was due to its durable mark, over all bids of all stretches.

    `ratio_p50` and `ratio_p99` are medians over stretches of one second, each beside bare synced writes of 4 KiB right
    before it. `marks` is in how many steps the sender saw the durable mark pass all bids: at most as many as there were syncs.
    """

    rate: int
    seconds: int
    bids: int
    marks: int
    ns_p50: int
    ns_p90: int
    ns_p99: int
    ns_p999: int
    ns_max: int
    fdatasync_ns_p50: int
    fdatasync_ns_p99: int
    ratio_p50: float
    ratio_p99: float


class _Stretch(msgspec.Struct, frozen=True):
    latencies: list[int]
    marks: int
    bare: list[int]


def run_open_loop(
    directory: Path, rate: int, seconds: int, progress: Callable[[int, int], None] | None = None
) -> OpenLoop:
    """Send `rate` bids a second for `seconds` from one thread to a journal below `directory`, deferred.

    Raises `AuctionError` if a bid was refused or is missing in the journal, which is verified afterwards.
    """
    with temporary_folder(directory) as folder:
        journal = FileJournal(folder / "journal")
        stretches = []
        with open_house(journal, durability=Durability.DEFERRED, timers=True) as house:
            for number in range(seconds):
                bare = sync_costs_ns(directory)
                stretches.append(_stretch(house, rate, number, bare))
                if progress is not None:
                    progress(number + 1, seconds)
        report = verify(folder / "journal")
        if not report.ok or report.bids != rate * seconds:
            raise AuctionError(f"the open loop sent {rate * seconds} bids, its verified journal has {report.bids}")
    return _summary(rate, seconds, stretches)


def _stretch(house: AuctionHouse, rate: int, number: int, bare: list[int]) -> _Stretch:
    first = house.last_seq + 1
    amounts = [START + STEP * index for index in range(rate * number, rate * (number + 1))]
    due = [index * 1_000_000_000 // rate for index in range(rate)]
    with no_collection():
        begin = time.perf_counter_ns()
        marks = _send(house, amounts, due, begin)
    return _Stretch(_latencies(marks, first, due, begin), len(marks), bare)


def _send(house: AuctionHouse, amounts: list[int], due: list[int], begin: int) -> list[tuple[int, int]]:
    """Send each bid when it is due; return each durable mark that was seen, and when."""
    now, marks, seen = time.perf_counter_ns, [], house.durable_seq
    # Between two bids this thread gives the interpreter away, as a server that looks for the next request does. A sleep,
    # even of no time, would come back too late for the next bid.
    look = select.poll().poll
    for amount, moment in zip(amounts, due, strict=True):
        while True:
            if (mark := house.durable_seq) != seen:
                seen = mark
                marks.append((mark, now()))
            if now() - begin >= moment:
                break
            look(0)
        if house.bid(1, 1, amount).reason is not None:
            raise AuctionError(f"the open loop expected its bid of {amount} to be accepted")
    while seen < house.last_seq:
        if (cause := house.halted) is not None:
            raise AuctionError(f"the open loop's house stopped: {cause}")
        if (mark := house.durable_seq) != seen:
            seen = mark
            marks.append((mark, now()))
    return marks


def _latencies(marks: list[tuple[int, int]], first: int, due: list[int], begin: int) -> list[int]:
    sequences = [seq for seq, _ in marks]
    return [marks[bisect.bisect_left(sequences, first + index)][1] - begin - moment for index, moment in enumerate(due)]


def _summary(rate: int, seconds: int, stretches: list[_Stretch]) -> OpenLoop:
    everything = sorted(latency for stretch in stretches for latency in stretch.latencies)
    bare = sorted(cost for stretch in stretches for cost in stretch.bare)

    def ratio(part: float) -> float:
        return statistics.median(
            _quantile(sorted(stretch.latencies), part) / _quantile(stretch.bare, part) for stretch in stretches
        )

    return OpenLoop(
        rate=rate,
        seconds=seconds,
        bids=len(everything),
        marks=sum(stretch.marks for stretch in stretches),
        ns_p50=_quantile(everything, 0.5),
        ns_p90=_quantile(everything, 0.9),
        ns_p99=_quantile(everything, 0.99),
        ns_p999=_quantile(everything, 0.999),
        ns_max=everything[-1],
        fdatasync_ns_p50=_quantile(bare, 0.5),
        fdatasync_ns_p99=_quantile(bare, 0.99),
        ratio_p50=ratio(0.5),
        ratio_p99=ratio(0.99),
    )


def _quantile(ordered: list[int], part: float) -> int:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
