"""What `doctor` looks at: the build, the clock, locked memory, and the folder that a journal would lie in."""

from __future__ import annotations

import itertools
import os
import platform
import resource
import shutil
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .. import _engine
from .._engine import DEBUG_BUILD, ManualClock, SealedReserve
from ..auctions import English
from ..bench.measure import BLOCK, sync_costs_ns
from ..bench.report import gil_enabled
from ..errors import CannotHoldReserve
from ..house import AuctionHouse
from ..money import CNY
from ..reserve import EnteredReserve
from .diagnosis import diagnose

_CLOCK_SOURCE = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
_LOCKS = Path("/proc/locks")
_MOUNTS = Path("/proc/self/mountinfo")
_SEGMENTS = "*.plog"
_LOCK = "LOCK"


def versions() -> dict[str, Any]:
    """Return what runs here, and how the engine was built."""
    return {
        "pyauction": _engine.__version__,
        "build": "debug" if DEBUG_BUILD else "release",
        "engine": _engine.__file__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "executable": sys.executable,
        "gil": gil_enabled(),
        "msgspec": _version("msgspec"),
        "rich-click": _version("rich-click"),
        "platform": platform.platform(),
        "libc": " ".join(platform.libc_ver()).strip() or None,
        "cpus": os.cpu_count(),
        "cpus_usable": len(os.sched_getaffinity(0)),
    }


def clock() -> dict[str, Any]:
    """Return which clock the kernel reads, and what one step and one reading of it are."""
    readings = [time.monotonic_ns() for _ in range(1001)]
    steps = [later - earlier for earlier, later in itertools.pairwise(readings) if later > earlier]
    return {
        "source": _CLOCK_SOURCE.read_text().strip() if _CLOCK_SOURCE.exists() else None,
        "resolution_ns": round(time.get_clock_info("monotonic").resolution * 1e9),
        "step_ns_seen": min(steps, default=None),
    }


def locked_memory() -> dict[str, Any]:
    """Return the limit, and whether a reserve can be held: one is entered in a house that keeps nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    found: dict[str, Any] = {"memlock_soft_bytes": _limit(soft), "memlock_hard_bytes": _limit(hard)}
    try:
        return found | {"can_hold_reserve": _hold_one(), "why": None}
    except CannotHoldReserve as error:
        return found | {"can_hold_reserve": False, "why": str(error)}


def _hold_one() -> bool:
    auction = English(
        money=CNY,
        start_price=1,
        increment=1,
        length="1h",
        reserve=EnteredReserve(commitment="at_entry"),
        on_outage="suspend",
        self_outbid="allowed",
    )
    with AuctionHouse(clock=ManualClock(1), timers=False) as house:
        house.open_lot("doctor", auction)
        house.enter_reserve("doctor", SealedReserve.for_simulation("doctor", 1), by="doctor", witness="its witness")
        return bool(house.holds_reserve("doctor"))


def folder(directory: Path) -> dict[str, Any]:
    """Return what a folder offers a journal. Only a nameless file is written, so a journal in it is not touched."""
    usage = shutil.disk_usage(directory)
    costs = sync_costs_ns(directory)
    lock = lock_state(directory / _LOCK)
    found = {
        "path": str(directory),
        "filesystem": filesystem(directory),
        "free_bytes": usage.free,
        "block_bytes": BLOCK,
        "writes": len(costs),
        "fdatasync_p50_ns": costs[len(costs) // 2],
        "fdatasync_p99_ns": costs[len(costs) * 99 // 100],
        "keeps": _engine.filesystem_of(directory)[0],
        "is_journal": any(directory.glob(_SEGMENTS)),
        "lock": lock,
    }
    return found | diagnose(directory, held=lock == "held") if found["is_journal"] else found


def filesystem(path: Path) -> str | None:
    """Return the type of the filesystem that a path lies on: that of the longest mount point above it."""
    real = path.resolve()
    best, found = -1, None
    for line in _MOUNTS.read_text("utf-8", "surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        # Spaces and the like stand in it as octal escapes.
        point = Path(before.split()[4].encode("utf-8", "surrogateescape").decode("unicode_escape"))
        # A later mount on the same point hides an earlier one.
        if real.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), after.split()[0]
    return found


def lock_state(lock: Path) -> str:
    """Return "absent", "free" or "held". Read from the kernel's list: trying the lock could hold up a house."""
    try:
        inode = lock.stat().st_ino
    except FileNotFoundError:
        return "absent"
    held = any(line.split()[5].endswith(f":{inode}") for line in _LOCKS.read_text().splitlines() if "FLOCK" in line)
    return "held" if held else "free"


def _limit(value: int) -> int | None:
    return None if value == resource.RLIM_INFINITY else value


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
