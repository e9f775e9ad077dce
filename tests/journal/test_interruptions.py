"""A process that is interrupted while a bid waits for the disk, or that a callback ends: what it was told is kept."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bids_kept import amounts_by_seq

from pyauction import FileJournal, verify
from pyauction.testing import _house

PRELUDE = """
import os, sys, time
from pyauction import FileJournal
from pyauction.testing import _house, _sell

def bid(top):
    decision = house.bid("B", "001", top, key=f"bid {top}")
    # One system call, so that an interruption cannot leave half a line.
    os.write(1, f"{top} {decision.seq}\\n".encode())

house = _house(FileJournal(sys.argv[1], segment_bytes=65_536), 0)
_sell(house)
"""

INTERRUPTED = """
top = 100
try:
    while True:
        top += 10
        bid(top)
except KeyboardInterrupt:
    pass
print("interrupted", top, flush=True)
"""

ENDED_BY_AN_OBSERVER = """
def observe(event):
    if event.seq == 60:
        os._exit(7)

house.observe(observe)
for top in range(110, 10_000, 10):
    bid(top)
"""

SLEPT_ON_BY_AN_OBSERVER = """
house.observe(lambda event: time.sleep(3_600))
for top in range(110, 210, 10):
    bid(top)
"""


def start(work: str, journal: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", PRELUDE + work, str(journal)], stdout=subprocess.PIPE, text=True)


def acknowledged(lines: list[str]) -> dict[int, int]:
    whole = (line.split() for line in lines if line.endswith("\n"))
    return {int(seq): int(amount) for amount, seq in whole}


@pytest.mark.parametrize("after", [1, 10, 23, 40])
def test_an_interrupted_bid_is_told_by_its_key_when_the_journal_is_opened_again(after: int, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with start(INTERRUPTED, journal) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(after)]
        child.send_signal(signal.SIGINT)
        lines += child.stdout.readlines()
    word, amount = lines.pop().split()
    told = acknowledged(lines)
    assert (word, child.returncode) == ("interrupted", 0)
    kept = amounts_by_seq(journal)
    assert kept.items() >= told.items()
    # At most the bid that was interrupted is there without having been told, and its key says so.
    assert set(kept.values()) - set(told.values()) <= {int(amount)}
    with _house(FileJournal(journal), 0) as house:
        again = house.bid("B", "001", int(amount), key=f"bid {amount}")
    assert again.accepted
    assert list(amounts_by_seq(journal).values()) == [
        *told.values(),
        *([] if int(amount) in told.values() else [int(amount)]),
    ]
    assert verify(journal).ok


def test_a_callback_that_ends_the_process_loses_nothing_acknowledged(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with start(ENDED_BY_AN_OBSERVER, journal) as child:
        assert child.stdout is not None
        told = acknowledged(child.stdout.readlines())
    assert (child.returncode, len(told) > 10) == (7, True)
    with _house(FileJournal(journal), 0):
        pass
    kept = amounts_by_seq(journal)
    assert kept.items() >= told.items()
    assert verify(journal).ok


def test_a_callback_that_sleeps_for_ever_does_not_keep_a_process_from_its_end(tmp_path: Path) -> None:
    begin = time.monotonic()
    with start(SLEPT_ON_BY_AN_OBSERVER, tmp_path / "journal") as child:
        assert child.stdout is not None
        told = acknowledged(child.stdout.readlines())
    assert (child.returncode, list(told.values())) == (0, list(range(110, 210, 10)))
    assert time.monotonic() - begin < 30
    assert amounts_by_seq(tmp_path / "journal") == told
