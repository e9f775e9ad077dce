"""A forked child gets no house: two processes that write one journal would overwrite each other's records."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from house_room import manual_house, records_of, run_child, start_child

from pyauction import FileJournal, verifier, verify

FORK = """
import os
from house_room import english, manual_house
from pyauction import FileJournal, HouseHalted, SealedReserve

house = manual_house(FileJournal(sys.argv[1], segment_bytes=1 << 20))
house.open_lot("A", english(length=None))
house.admit("A", "001")
child = os.fork()
if child == 0:
    for call in (lambda: house.bid("A", "001", 500), house.advance):
        try:
            call()
        except HouseHalted as error:
            print("forked" in str(error), flush=True)
    house.close()
    os._exit(0)
os.waitpid(child, 0)
print(house.bid("A", "001", 100).durable)
house.close()
"""


def test_a_forked_child_writes_nothing_and_its_parent_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    assert run_child(FORK, path) == ["True", "True", "True"]
    assert len(records_of(path)) == 4
    assert verify(path) == verifier.verify(path)
    assert verify(path).ok


BUSY_FORK = """
import os, signal, threading
from array import array
from house_room import english, manual_house
from pyauction import FileJournal, ForkedEngine

house = manual_house(FileJournal(sys.argv[1]))
house.open_lot("A", english(increment=1))
house.admit("A", "001")
ended = False

def bid():
    amounts = array("q", range(512))
    while not ended:
        house.bid_many("A", array("I", [1] * 512), amounts)

thread = threading.Thread(target=bid)
thread.start()
hung = 0
for _ in range(40):
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        try:
            house.bid("A", "001", 500)
        except ForkedEngine:
            house.close()
            os._exit(0)
        os._exit(1)
    hung += os.waitpid(child, 0)[1] != 0
ended = True
thread.join()
print(hung)
house.close()
"""


def test_a_child_forked_while_another_thread_bids_does_not_hang(tmp_path: Path) -> None:
    assert run_child(BUSY_FORK, tmp_path / "journal") == ["0"]


LEFT_BEHIND = """
import os, signal, time
from house_room import english, manual_house
from pyauction import Durability, FileJournal

house = manual_house(FileJournal(sys.argv[1]), durability=sys.argv[2])
house.open_lot("A", english())
house.observe(lambda event: None)
ran, runs = os.pipe()
child = os.fork()
if child == 0:
    # Nor the pipes of the test.
    os.closerange(0, 3)
    os.write(runs, b".")
    time.sleep(30)
    os._exit(0)
# A child leaves the locks when it first runs, which on a busy machine may be later than all that follows.
os.read(ran, 1)
house.bid("A", "001", 100)
if sys.argv[3] == "closes":
    house.close()
else:
    print(child, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
with manual_house(FileJournal(sys.argv[1])) as again:
    print(again.last_seq, flush=True)
os.kill(child, signal.SIGKILL)
"""


@pytest.mark.parametrize("durability", ["each", "deferred"])
def test_a_child_that_lives_on_does_not_keep_the_journal_of_a_house_that_was_closed(
    tmp_path: Path, durability: str
) -> None:
    (last,) = run_child(LEFT_BEHIND, tmp_path / "journal", durability, "closes")
    assert int(last) == 5


def test_a_child_that_lives_on_does_not_keep_the_journal_of_a_parent_that_was_killed(tmp_path: Path) -> None:
    with start_child(LEFT_BEHIND, tmp_path / "journal", "each", "is killed") as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
    try:
        with manual_house(FileJournal(tmp_path / "journal")) as house:
            assert house.last_seq == 5
    finally:
        os.kill(child, signal.SIGKILL)


MANY_CHILDREN = """
import os, signal
from house_room import english, manual_house
from pyauction import AuctionHouse, Durability, FileJournal, ForkedEngine

house = AuctionHouse(FileJournal(sys.argv[1]), durability=Durability.DEFERRED)
house.open_lot("A", english())
observations = [house.observe(lambda event: None) for _ in range(4)]
hung = 0
for number in range(150):
    for _ in range(20):
        house.bid("A", "001", 1)
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        for observation in observations:
            observation.close()
        house.close()
        try:
            house.observe(print)
        except ForkedEngine:
            os._exit(0)
        os._exit(1)
    hung += os.waitpid(child, 0)[1] != 0
print(hung)
house.close()
"""


def test_what_ends_a_house_waits_for_nothing_in_a_forked_child(tmp_path: Path) -> None:
    assert run_child(MANY_CHILDREN, tmp_path / "journal") == ["0"]


SAME_NUMBER = """
import ctypes, os
from house_room import english, manual_house
from pyauction import FileJournal, JournalLocked, verify

house = manual_house(FileJournal(sys.argv[1]))
house.open_lot("A", english())
NEW_PROCESS_NUMBERS = 0x20000000
assert ctypes.CDLL(None).unshare(NEW_PROCESS_NUMBERS) == 0
parent, child = os.getpid(), os.fork()
if child == 0:
    try:
        manual_house(FileJournal(sys.argv[1]))
    except JournalLocked:
        os._exit(10 if os.getpid() == parent else 11)
    os._exit(12)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
house.bid("A", "001", 100)
house.close()
print(verify(sys.argv[1]).ok)
"""


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="a namespace needs root and unshare")
def test_a_child_of_the_same_number_does_not_unlock_its_parents_journal(tmp_path: Path) -> None:
    prelude = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
    # The first process in a container has number 1, and so has the first one in a container of its own.
    command = ["unshare", "--pid", "--fork", sys.executable, "-c", prelude + SAME_NUMBER, str(tmp_path / "journal")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if "unshare" in done.stderr:
        pytest.skip(f"no namespace of process numbers can be made: {done.stderr.strip()}")
    assert done.stdout.splitlines() == ["10", "True"], done.stderr
