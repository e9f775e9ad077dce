"""The result of a run, as plain values and as text, with the machine and with what is left out."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from .. import _engine
from .measure import Measured, measure
from .open_loop import OpenLoop, run_open_loop
from .workloads import BATCH, DURABLE_BATCH, workloads

SCHEMA = "pyauction.bench/1"
EXCLUDED = (
    "opening the house and the lot, admitting the bidder, building the integers and the buffers",
    "garbage collection, which is off while a round is timed",
    "contention: one thread, one lot, one bidder, no observer, no deadline that falls due",
)
_CPUINFO = Path("/proc/cpuinfo")


class BenchReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured, on what, and what is not in it."""

    bids: int
    rounds: int
    batch: int
    durable_batch: int
    machine: dict[str, Any]
    measured: tuple[Measured, ...]
    open_loop: OpenLoop | None
    excluded: tuple[str, ...] = EXCLUDED

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return {"schema": SCHEMA, **fields}


def run_bench(
    bids: int,
    rounds: int,
    *,
    memory: bool = False,
    directory: Path | None = None,
    rate: int = 100_000,
    seconds: int = 10,
    progress: Callable[[int, int], None] | None = None,
) -> BenchReport:
    """Measure every workload and return the report. With a directory an open loop of `rate` bids a second follows."""
    measured = measure(workloads(bids, memory=memory, directory=directory), rounds, progress)
    return BenchReport(
        bids=bids,
        rounds=rounds,
        batch=BATCH,
        durable_batch=DURABLE_BATCH,
        machine=machine(),
        measured=measured,
        open_loop=None if directory is None else run_open_loop(directory, rate, seconds, progress),
    )


def machine() -> dict[str, Any]:
    """Return what a figure depends on: processor, system, Python and the build of the engine."""
    return {
        "cpu": _cpu(),
        "cpus": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "gil": gil_enabled(),
        "pyauction": _engine.__version__,
        "build": "debug" if _engine.DEBUG_BUILD else "release",
    }


def gil_enabled() -> bool:
    """Whether this Python runs with its global lock."""
    ask: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)
    return ask()


def _cpu() -> str:
    try:
        lines = _CPUINFO.read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
