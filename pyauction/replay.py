"""Replay: a journal's commands through the same engine, with every record compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ._engine import FileJournal, MemoryJournal, Quote, Replay, read_journal
from .errors import (
    JournalAmbiguous,
    JournalCorrupt,
    JournalError,
    JournalTampered,
    JournalTorn,
    JournalUnsupported,
    MisuseError,
)
from .events import Event, event_of
from .journal import Journal
from .lot import LotSnapshot, snapshot

JournalLike = str | Path | FileJournal | MemoryJournal | Journal


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

    def __init__(self, batches: list[tuple[int, list[bytes]]]) -> None:
        engine = Replay()
        for epoch, records in batches:
            engine.feed_all(records, epoch)
        self.seq = engine.seq
        self.lots: tuple[LotSnapshot, ...] = tuple(snapshot(facts) for facts in engine.lots())
        self.state_hash = engine.state_hash
        self._batches = batches

    def __iter__(self) -> Iterator[Step]:
        engine = Replay()
        for epoch, records in self._batches:
            for record in records:
                fields, quote = engine.feed(record, epoch)
                yield Step(event_of(fields), quote)

    def __len__(self) -> int:
        return sum(len(records) for _, records in self._batches)

    def lot(self, name: str) -> LotSnapshot:
        """Return the facts of the lot of that name."""
        for lot in self.lots:
            if lot.name == name:
                return lot
        raise KeyError(name)


def replay(journal: JournalLike, *, until: int | None = None) -> Replayed:
    """Replay a journal, up to and with sequence `until`. Nothing is written and no lock is taken.

    Raises `ReplayMismatch` at the first record that differs from what the engine decides, and where the journal's bytes
    are not whole `JournalTorn`, `JournalAmbiguous`, `JournalCorrupt`, `JournalTampered` or `JournalUnsupported`; `verify`
    reports all of them instead.
    """
    if until is not None and (type(until) is not int or until < 0):
        raise MisuseError(f"until: expected a sequence from 0 on or None, received {until!r}")
    frames, records, bad = read_journal(journal)
    if bad is not None and (until is None or until >= bad["next_seq"]):
        raise _FAULTS[bad["class"]](bad["detail"])
    kept = records[:until]
    return Replayed([(frame["epoch"], _records_of(frame, kept)) for frame in frames if frame["count"]])


_FAULTS: dict[str, type[JournalError]] = {
    "torn": JournalTorn,
    "ambiguous": JournalAmbiguous,
    "corrupt": JournalCorrupt,
    "tampered": JournalTampered,
    "unsupported": JournalUnsupported,
}


def _records_of(frame: dict[str, Any], records: list[bytes]) -> list[bytes]:
    first = frame["first_seq"] - 1
    return records[first : first + frame["count"]]
