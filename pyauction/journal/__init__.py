"""Where a house keeps its records: one store a file. All keep the same frames, byte for byte (FORMAT.md, part A).

`FileJournal` and `MemoryJournal` are native. `SQLiteJournal`, `DbApiJournal` and whatever else follows the protocol
`Journal` receive whole frames; `pyauction.testing.JournalContract` says whether a store keeps its promises.
"""

from .._engine import FileJournal, MemoryJournal
from .dbapi import DbApiJournal
from .export import export_journal
from .protocol import Journal
from .sqlite import SQLiteJournal

__all__ = ["DbApiJournal", "FileJournal", "Journal", "MemoryJournal", "SQLiteJournal", "export_journal"]
