"""System calls that fail beneath the installed package, injected by `strace`: the kernel says no, or the process dies.

The journal's calls are the process's only ones of their kind (Python itself writes with `write`), so a count says which
operation is meant. What was acknowledged must be there afterwards, and nothing may be acknowledged after a fault.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bids_kept import amounts_by_seq

from pyauction import AuctionHouse, FileJournal, ManualClock, verify

BIDDING = """
import sys
from pyauction import AuctionError, FileJournal
from pyauction.testing import _house, _sell

def bid(top):
    decision = house.bid("B", "001", top, key=f"bid {top}")
    print(top, decision.seq, decision.durable, flush=True)

try:
    house = _house(FileJournal(sys.argv[1], segment_bytes=65_536), 0)
    _sell(house)
    for top in range(110, 1_110, 10):
        bid(top)
except AuctionError as fault:
    print("fault", type(fault).__name__, flush=True)
    try:
        bid(9_990)
    except (AuctionError, NameError) as after:
        print("after", type(after).__name__, flush=True)
"""
BIDS = 100

UNOPENED = ("JournalError", "NameError")
HALTED = ("OutcomeUnknown", "HouseHalted")
FAULTS: list[tuple[str, int, tuple[str, ...]]] = [
    # fault, bids acknowledged before it, what the child met
    ("fdatasync:error=EIO:when=1", 0, UNOPENED),
    ("fdatasync:error=EIO:when=20", 8, HALTED),
    ("fdatasync:error=EIO:when=60", 41, HALTED),
    ("fdatasync:error=EIO:when=110", 82, HALTED),
    ("fdatasync:error=ENOSPC:when=30", 17, HALTED),
    ("fdatasync:error=EDQUOT:when=30", 17, HALTED),
    ("fdatasync:error=EINTR:when=30", BIDS, ()),
    ("pwrite64:error=EIO:when=1", 0, UNOPENED),
    ("pwrite64:error=EIO:when=20", 8, HALTED),
    ("pwrite64:error=EIO:when=60", 41, HALTED),
    ("pwrite64:error=ENOSPC:when=25", 12, HALTED),
    ("pwrite64:error=EINTR:when=1", BIDS, ()),
    ("pwrite64:error=EINTR:when=33", BIDS, ()),
    ("fsync:error=EIO:when=1", 0, UNOPENED),
    ("fsync:error=EIO:when=3", 0, UNOPENED),
    ("fsync:error=EIO:when=4", 8, HALTED),
    ("fsync:error=EIO:when=6", 36, HALTED),
    ("rename:error=EIO:when=1", 0, UNOPENED),
    ("rename:error=EIO:when=2", 8, HALTED),
    ("rename:error=ENOSPC:when=4", 36, HALTED),
    ("flock:error=ENOLCK:when=1", 0, UNOPENED),
    ("flock:error=EAGAIN:when=1", 0, ("JournalLocked", "NameError")),
    ("mkdir:error=EACCES:when=1", 0, UNOPENED),
    ("fdatasync:signal=KILL:when=1", 0, ("killed",)),
    ("fdatasync:signal=KILL:when=50", 34, ("killed",)),
    ("pwrite64:signal=KILL:when=2", 0, ("killed",)),
    ("pwrite64:signal=KILL:when=50", 34, ("killed",)),
    ("fsync:signal=KILL:when=4", 8, ("killed",)),
    ("rename:signal=KILL:when=1", 0, ("killed",)),
    ("rename:signal=KILL:when=2", 8, ("killed",)),
]


def run_with(fault: str, journal: Path) -> tuple[list[tuple[int, int]], tuple[str, ...]]:
    """Bid under an injected fault; return amount and sequence of what was acknowledged, and how it ended."""
    call = fault.partition(":")[0]
    traced = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={fault}"]
    done = subprocess.run(
        [*traced, sys.executable, "-c", BIDDING, str(journal)], capture_output=True, text=True, check=False, timeout=60
    )
    told, ended = [], []
    for line in done.stdout.splitlines():
        first, second, *rest = line.split()
        if first in ("fault", "after"):
            ended.append(second)
        else:
            assert (rest, ended) == (["True"], [])
            told.append((int(first), int(second)))
    if done.returncode < 0:
        ended.append("killed")
    return told, tuple(ended)


def can_trace() -> str | None:
    """Return why no process can be traced here, or None."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    # Some machines have no `rename` and `mkdir` among their system calls, and some sandboxes forbid tracing.
    tried = subprocess.run(
        ["strace", "-o", "/dev/null", "-e", "trace=rename,mkdir", "true"], capture_output=True, text=True, check=False
    )
    return None if tried.returncode == 0 else f"processes cannot be traced here: {tried.stderr.strip()}"


def test_a_system_call_that_fails_loses_nothing_that_was_acknowledged(
    tmp_path: Path, scale: str, report: list[str]
) -> None:
    if why := can_trace():
        pytest.skip(why)
    faults = FAULTS[::6] if scale == "default" else FAULTS
    acknowledged = 0
    for number, (fault, before, ended) in enumerate(faults):
        journal = tmp_path / str(number) / "journal"
        journal.parent.mkdir()
        told, met = run_with(fault, journal)
        assert (fault, len(told), met) == (fault, before, ended)
        with AuctionHouse(FileJournal(journal), clock=ManualClock(10**15)):
            pass  # Opening writes the cut of a torn tail, if there is one.
        assert verify(journal).ok, fault
        kept = amounts_by_seq(journal)
        assert [kept[seq] for _, seq in told] == [amount for amount, _ in told], fault
        assert len(set(kept.values())) == len(kept), fault
        acknowledged += len(told)
    report.append(
        f"storage | system calls that fail beneath the installed package | {len(faults)} | "
        f"{acknowledged} bids acknowledged, 0 lost, 0 twice, 0 after a fault"
    )
