"""Every store that ships keeps the contract that stores of third parties are asked to keep."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pyauction import (
    AuctionHouse,
    DbApiJournal,
    HouseHalted,
    Journal,
    JournalError,
    ManualClock,
    MisuseError,
    OutcomeUnknown,
    SQLiteJournal,
    export_journal,
    verifier,
    verify,
)
from pyauction.testing import JournalContract, _house, _sell


class TestSQLite(JournalContract):
    def open(self, place: Path) -> Journal:
        return SQLiteJournal(place / "journal.db")


class DbApiOverSQLite(JournalContract):
    """Any DB-API driver will do; this one is always there."""

    style: Any = "qmark"

    def open(self, place: Path) -> Journal:
        path = place / "journal.db"
        if not path.exists():
            with sqlite3.connect(path) as made:
                made.execute("PRAGMA journal_mode = WAL")
                made.execute(DbApiJournal.create_table_sql())
            made.close()
        return DbApiJournal(lambda: sqlite3.connect(path, check_same_thread=False), self.style)


class TestDbApiQmark(DbApiOverSQLite):
    style = "qmark"


class TestDbApiNamed(DbApiOverSQLite):
    style = "named"


def test_placeholders_are_those_of_the_style() -> None:
    appended = {
        style: DbApiJournal(lambda: None, style)._append.partition("VALUES ")[2]  # type: ignore[arg-type]
        for style in ("qmark", "numeric", "named", "format", "pyformat")
    }
    assert appended == {
        "qmark": "(?, ?, ?, ?, ?)",
        "numeric": "(:1, :2, :3, :4, :5)",
        "named": "(:position, :first_seq, :count, :chain, :frame)",
        "format": "(%s, %s, %s, %s, %s)",
        "pyformat": "(%(position)s, %(first_seq)s, %(count)s, %(chain)s, %(frame)s)",
    }


def test_wrong_words_are_refused_with_what_was_expected() -> None:
    with pytest.raises(MisuseError, match="paramstyle: expected one of qmark, numeric, .* received 'question'"):
        DbApiJournal(lambda: None, "question")  # type: ignore[arg-type]
    with pytest.raises(MisuseError, match="table: expected a plain name"):
        DbApiJournal(lambda: None, "qmark", table="frames; DROP TABLE lots")
    with pytest.raises(MisuseError, match="journal: expected FileJournal, .* received dict"):
        AuctionHouse({})  # type: ignore[arg-type]


class Lying(SQLiteJournal):
    """Says something else than None."""

    def append(self, *frame: Any) -> Any:
        super().append(*frame)
        return True


class Calling(SQLiteJournal):
    """Calls the house that waits for it."""

    house: AuctionHouse | None = None

    def append(self, *frame: Any) -> None:
        if self.house is not None:
            self.house.flush()
        super().append(*frame)


def test_a_store_that_answers_anything_but_none_stops_the_house(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="append returned True where None says that the frame is kept"):
        AuctionHouse(Lying(tmp_path / "journal.db"), clock=ManualClock(0), timers=False)


def test_a_store_that_calls_the_house_is_refused_and_nothing_hangs(tmp_path: Path) -> None:
    store = Calling(tmp_path / "journal.db")
    house = _house(store, 0)
    store.house = house
    with pytest.raises(Exception, match="a journal's store called the house that waits for it"):
        _sell(house)
    assert house.halted is not None
    house.close()


class Interrupted(SQLiteJournal):
    """A store in which Ctrl-C arrives right after a frame was kept, or right before."""

    kept_first: bool | None = None

    def append(self, *frame: Any) -> None:
        if self.kept_first is None:
            super().append(*frame)
            return
        if self.kept_first:
            super().append(*frame)
        raise KeyboardInterrupt


@pytest.mark.parametrize("kept_first", [True, False])
def test_an_interruption_inside_a_store_leaves_an_unknown_outcome_that_the_journal_tells(
    kept_first: bool,  # noqa: FBT001 - a parameter of the test
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    store = Interrupted(path)
    house = _house(store, 0)
    _sell(house)
    last = house.last_seq
    store.kept_first = kept_first
    with pytest.raises(OutcomeUnknown, match="the journal's store did not append: KeyboardInterrupt"):
        house.bid("B", "001", 100, key="interrupted")
    with pytest.raises(HouseHalted):
        house.bid("B", "001", 110)
    house.close()
    with _house(SQLiteJournal(path), 0) as again:
        repeat = again.bid("B", "001", 100, key="interrupted")
        # The bid and the admission that it brought, then the HouseOpened of this opening; or nothing of it.
        assert (repeat.repeated, repeat.seq) == ((True, last + 2) if kept_first else (False, last + 3))
    assert verify(SQLiteJournal(path)).ok


def test_a_stores_journal_is_exported_for_whoever_verifies_directories(tmp_path: Path) -> None:
    store = SQLiteJournal(tmp_path / "journal.db")
    with _house(store, 0) as house:
        _sell(house)
    store = SQLiteJournal(tmp_path / "journal.db")
    export_journal(store, tmp_path / "exported")
    assert verify(store) == verify(tmp_path / "exported") == verifier.verify(tmp_path / "exported")
    assert verify(store).ok
    with pytest.raises(MisuseError, match="expected a new or empty directory"):
        export_journal(store, tmp_path / "exported")
    store.close()


@pytest.mark.parametrize("path", [":memory:", "file:journal.db", "file:journal?mode=memory"])
def test_an_sqlite_journal_lies_in_a_file(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MisuseError, match="^path: expected the path of a file"):
        SQLiteJournal(path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_frame_of_a_store_is_corrupt_and_never_cut(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with _house(SQLiteJournal(path), 0) as house:
        _sell(house)
    with sqlite3.connect(path) as database:
        (last,) = database.execute("SELECT max(position) FROM pyauction_frames").fetchone()
        database.execute("UPDATE pyauction_frames SET frame = substr(frame, 1, 300) WHERE position = ?", (last,))
    database.close()
    with pytest.raises(JournalError, match="the journal is corrupt"):
        _house(SQLiteJournal(path), 0)
