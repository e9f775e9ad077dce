"""Replay: a journal's commands through the same engine, with every record compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ._engine import FileJournal, MemoryJournal, Quote, Replay, read_journal
from .errors import JournalCorrupt
from .events import Event, event_of
from .lot import LotSnapshot, snapshot

JournalLike = str | Path | FileJournal | MemoryJournal


class Step(msgspec.Struct, frozen=True):
    """One record and the quote of its lot after it."""

    event: Event
    quote: Quote

    @property
    def seq(self) -> int:
        """The record's place in the sequence."""
        return self.event.seq


class Replayed:
    """A journal, replayed. Iterate for its steps; the attributes are as after the last one.

    `seq` is the last sequence, `lots` the facts of every lot, `state_hash` the hash of the state (FORMAT.md B.9).
    """

    def __init__(self, records: list[bytes]) -> None:
        engine = Replay()
        engine.feed_all(records)
        self.seq = engine.seq
        self.lots: tuple[LotSnapshot, ...] = tuple(snapshot(facts) for facts in engine.lots())
        self.state_hash = engine.state_hash
        self._records = records

    def __iter__(self) -> Iterator[Step]:
        engine = Replay()
        for record in self._records:
            fields, quote = engine.feed(record)
            yield Step(event_of(fields), quote)

    def __len__(self) -> int:
        return len(self._records)

    def lot(self, name: str) -> LotSnapshot:
        """Return the facts of the lot of that name."""
        for lot in self.lots:
            if lot.name == name:
                return lot
        raise KeyError(name)


def replay(journal: JournalLike, *, until: int | None = None) -> Replayed:
    """Replay a journal, up to and with sequence `until`. Nothing is written and no lock is taken.

    Raises `ReplayMismatch` at the first record that differs from what the engine decides, `JournalCorrupt` where the
    journal's bytes are not whole; `verify` reports both instead.
    """
    _, records, bad = read_journal(journal)
    if bad is not None and (until is None or until >= bad["next_seq"]):
        raise JournalCorrupt(bad["detail"])
    return Replayed(records if until is None else records[:until])
