"""Where a house keeps its records. Both backends store the same frames, byte for byte (FORMAT.md, part A)."""

from .._engine import FileJournal, MemoryJournal

__all__ = ["FileJournal", "MemoryJournal"]
