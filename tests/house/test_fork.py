"""A forked child gets no house: two processes that write one journal would overwrite each other's records."""

from __future__ import annotations

from pathlib import Path

from house_room import records_of, run_child

from pyauction import verifier, verify

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
