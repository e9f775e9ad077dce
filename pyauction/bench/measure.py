"""Taking turns: every workload once a round, in an order that moves on, and the figures of all rounds."""

from __future__ import annotations

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from .workloads import Workload

BLOCK = 4096
_BLOCKS = 256


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One workload over all rounds: nanoseconds a call, and the ratio to its yardstick within a round."""

    name: str
    calls: int
    ns_p50: float
    ns_min: float
    ns_max: float
    yardstick: str | None
    ratio_p50: float | None


def measure(
    workloads: Sequence[Workload], rounds: int, progress: Callable[[int, int], None] | None = None
) -> tuple[Measured, ...]:
    """Run every workload `rounds` times in turn. One round more goes before, which warms up and is not counted."""
    taken: dict[str, list[float]] = {workload.name: [] for workload in workloads}
    for number in range(rounds + 1):
        turn = number % len(workloads)
        for workload in (*workloads[turn:], *workloads[:turn]):
            with workload.prepared() as work, no_collection():
                begin = time.perf_counter_ns()
                work()
                elapsed = time.perf_counter_ns() - begin
            if number:
                taken[workload.name].append(elapsed / workload.calls)
        if progress is not None:
            progress(number, rounds)
    return tuple(_measured(workload, taken) for workload in workloads)


def _measured(workload: Workload, taken: dict[str, list[float]]) -> Measured:
    own = taken[workload.name]
    beside = taken[workload.yardstick] if workload.yardstick else None
    return Measured(
        name=workload.name,
        calls=workload.calls,
        ns_p50=statistics.median(own),
        ns_min=min(own),
        ns_max=max(own),
        yardstick=workload.yardstick,
        ratio_p50=statistics.median(mine / bare for mine, bare in zip(own, beside, strict=True)) if beside else None,
    )


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the garbage collector from running in somebody's measurement, as `timeit` does."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class BareWrites:
    """A preallocated, zero-filled file without a name, written block by block and synced: a bare commit."""

    def __init__(self, directory: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115 - closed by `close`
        self._file.write(bytes(BLOCK * _BLOCKS))
        os.fsync(self._file.fileno())
        self._block = os.urandom(BLOCK)
        self._next = 0

    def write(self) -> None:
        """Write one block at the next place and wait until it is on stable storage."""
        os.pwrite(self._file.fileno(), self._block, self._next * BLOCK)
        os.fdatasync(self._file.fileno())
        self._next = (self._next + 1) % _BLOCKS

    def close(self) -> None:
        """Let the file go; it had no name, so nothing is left."""
        self._file.close()


def sync_costs_ns(directory: Path, count: int = 200) -> list[int]:
    """Return what each of `count` synced writes of a block cost in a directory, sorted."""
    bare = BareWrites(directory)
    try:
        costs = []
        for _ in range(count):
            begin = time.perf_counter_ns()
            bare.write()
            costs.append(time.perf_counter_ns() - begin)
        return sorted(costs)
    finally:
        bare.close()
