"""A house with plain lots, as the tests of this folder start from. Amounts are small minor units, times nanoseconds."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pyauction
from pyauction import AuctionHouse, English, EnteredReserve, Event, FileJournal, Lagged, MemoryJournal, NoReserve

SECOND = 1_000_000_000
HOUR = 3_600 * SECOND
ORDER = {"authority": "市自然资源局", "why": "不可抗力"}
WHO = {"by": "保密员", "witness": "纪检组"}
AT_ENTRY = EnteredReserve(commitment="at_entry")
BEFORE_OPENING = EnteredReserve(commitment="before_opening")


def english(**changes: Any) -> English:
    """Return an English auction of one hour from 100 on, in steps of 10, open to everybody, with the changes."""
    terms: dict[str, Any] = {
        "money": pyauction.CNY,
        "start_price": 100,
        "increment": 10,
        "length": "1h",
        "reserve": NoReserve(),
        "on_outage": "close_at_schedule",
        "self_outbid": "allowed",
        "admission": "open",
    }
    return English(**(terms | changes))


def manual_house(journal: FileJournal | MemoryJournal | None = None, now: int = 0, **options: Any) -> AuctionHouse:
    """Return a house that the caller drives."""
    return AuctionHouse(journal, clock=pyauction.ManualClock(now), timers=False, **options)


def records_of(journal: Any) -> list[bytes]:
    return pyauction._engine.read_journal(journal)[1]


def events_of(journal: Any) -> list[Event]:
    return [pyauction.decode_event(record) for record in records_of(journal)]


def receipts_of(journal: Any) -> list[str]:
    return [pyauction._engine.leaf(record).hex() for record in records_of(journal)]


class Recorder:
    """An observer that keeps what it is told, and lets a test wait for it."""

    def __init__(self) -> None:
        self.seen: list[Event | Lagged] = []
        self._changed = threading.Condition()

    def __call__(self, event: Event | Lagged) -> None:
        with self._changed:
            self.seen.append(event)
            self._changed.notify_all()

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Event | Lagged]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= count, seconds), self.seen
            return list(self.seen)


def start_child(source: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    """Start a Python process that runs `source`; the helpers of this folder are importable in it."""
    prelude = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
    command = [sys.executable, "-c", prelude + source, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def run_child(source: str, *arguments: object) -> list[str]:
    """Run `source` to its end in another process and return the lines it printed."""
    child = start_child(source, *arguments)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    return out.splitlines()
