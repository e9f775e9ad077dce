"""A house keeps its state beside its journal, if it is told to, and comes to the same state with it and without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from house_room import AT_ENTRY, HOUR, ORDER, WHO, english, manual_house

from pyauction import (
    FileJournal,
    JournalCorrupt,
    JournalError,
    MemoryJournal,
    SealedReserve,
    SQLiteJournal,
    verifier,
    verify,
)

SNAPSHOT = "state.snapshot"
RESERVE = 7_654_321


def sell(journal: FileJournal) -> None:
    """Keep a journal with lots in several states, a keyed bid and a reserve that was entered."""
    with manual_house(journal) as house:
        for name in "ABC":
            house.open_lot(name, english(reserve=AT_ENTRY, admission="listed"))
            house.admit(name, "甲")
            house.admit(name, "乙")
        sealed = SealedReserve.for_simulation("A", RESERVE)
        house.enter_reserve("A", sealed, **WHO)
        house.bid("A", "甲", 100, key="first")
        house.bid("A", "乙", 105)
        house.bid("B", "乙", 150)
        house.suspend_lot("B", **ORDER)
        house.terminate_lot("C", **ORDER)


def state_of(path: Path, *, snapshots: bool, now: int = 10) -> tuple[bytes, list[object], int, object]:
    """Open a copy of a journal; return all that one can see of the house."""
    copy = path.with_name("copy")
    shutil.copytree(path, copy)
    with manual_house(FileJournal(copy, snapshots=snapshots), now) as house:
        repeat = house.bid("A", "甲", 100, key="first")
        seen = (house.state_hash, list(house.lots()), house.last_seq, (repeat.seq, repeat.repeated))
    assert verify(copy).ok
    shutil.rmtree(copy)
    return seen


def test_a_house_comes_to_the_same_state_with_its_snapshot_and_without(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    sell(FileJournal(path, snapshots=True))
    assert (path / SNAPSHOT).exists()
    assert state_of(path, snapshots=True) == state_of(path, snapshots=False)


def test_no_snapshot_is_kept_unless_it_is_asked_for(tmp_path: Path) -> None:
    sell(FileJournal(tmp_path / "journal"))
    assert not (tmp_path / "journal" / SNAPSHOT).exists()
    with manual_house(SQLiteJournal(tmp_path / "journal.db")) as house:
        house.open_lot("A", english())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["journal", "journal.db"]


def test_a_snapshot_never_holds_the_reserve(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    sell(FileJournal(path, snapshots=True))
    kept = (path / SNAPSHOT).read_bytes()
    forms = [RESERVE.to_bytes(4, order) for order in ("little", "big")]
    forms += [text.encode() for text in (str(RESERVE), "76543.21", "76,543.21", hex(RESERVE)[2:])]
    assert [form for form in forms if form in kept] == []


@pytest.mark.parametrize("snapshots", [True, False])
def test_no_journal_is_begun_beside_the_snapshot_of_one_that_is_lost(tmp_path: Path, *, snapshots: bool) -> None:
    path = tmp_path / "journal"
    sell(FileJournal(path, snapshots=True))
    (segment,) = path.glob("*.plog")
    segment.unlink()
    with pytest.raises(JournalError, match="^not a journal: expected segments .* found state.snapshot"):
        manual_house(FileJournal(path, snapshots=snapshots))


@pytest.mark.parametrize("acknowledged", [0, 2**64 - 1])
def test_damage_that_is_found_without_the_snapshot_is_not_laid_to_it(tmp_path: Path, acknowledged: int) -> None:
    path = tmp_path / "journal"
    sell(FileJournal(path, snapshots=True))
    (segment,) = path.glob("*.plog")
    damaged = bytearray(segment.read_bytes())
    damaged[4_096 + 200] ^= 1
    segment.write_bytes(damaged)
    refused = []
    for snapshots in (True, False):
        with pytest.raises(JournalCorrupt) as error:
            manual_house(FileJournal(path, snapshots=snapshots, acknowledged=acknowledged))
        refused.append(str(error.value))
    assert refused[0].partition(" to at least")[0] == refused[1].partition(" to at least")[0]
    assert "state.snapshot" not in refused[0]


def test_what_is_no_file_is_no_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    sell(FileJournal(path, snapshots=True))
    (path / SNAPSHOT).unlink()
    os.mkfifo(path / SNAPSHOT)
    manual_house(FileJournal(path, snapshots=True), 10).close()
    assert (path / SNAPSHOT).read_bytes().startswith(b"PYAUSNAP")


def test_both_verifiers_take_no_notice_of_a_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    sell(FileJournal(path, snapshots=True))
    (path / SNAPSHOT).write_bytes(b"anything")
    assert verify(path).ok
    assert verifier.verify(path).ok
    assert verify(path).findings == verifier.verify(path).findings == ()


def test_a_journal_in_memory_keeps_one_too() -> None:
    journal = MemoryJournal(snapshots=True)
    with manual_house(journal) as house:
        house.open_lot("A", english())
        house.bid("A", "001", 100)
        expected = house.state_hash
    assert journal.files()[SNAPSHOT].startswith(b"PYAUSNAP")
    with manual_house(journal, HOUR - 1) as house:
        assert house.quote("A").standing_minor == 100
        assert house.bid("A", "001", 110).accepted
        assert house.state_hash != expected
    assert verify(journal).ok


KILLED = """
import sys
from house_room import english, manual_house
from pyauction import FileJournal
house = manual_house(FileJournal(sys.argv[1], snapshots=True))
top = house.quote("A").standing_minor if house.lots() else None
if top is None and not house.lots():
    house.open_lot("A", english(length=None))
while True:
    top = (top or 90) + 10
    print(house.bid("A", "001", top, key=str(top)).seq, top, flush=True)
"""


def test_a_house_that_is_killed_goes_on_behind_the_snapshot_of_its_opening(tmp_path: Path) -> None:
    path, told = tmp_path / "journal", []
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent
        )
        assert child.stdout is not None
        with child:
            told += [child.stdout.readline().split() for _ in range(10)]
            child.kill()
    with manual_house(FileJournal(path, snapshots=True)) as house:
        for seq, amount in told:
            again = house.bid("A", "001", int(amount), key=amount)
            assert (again.seq, again.repeated) == (int(seq), True)
    assert verify(path).ok
