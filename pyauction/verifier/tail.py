"""What a bad frame is called: the proof and the table of A.4, row by row.

Everything here is asked about one place, behind which nothing is ever used.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .frames import FRAME_MAX, MAGIC, MARK_LEAST, read_head, read_recovery
from .wire import FormatError, Reader

if TYPE_CHECKING:
    from .frames import Head

SECTOR = 512


def flaw_of_cut(kept: bytes, number: int, offset: int) -> str:
    """Return why the bytes of a `.torn` file are not those of a cut at a place, or nothing."""
    reader = Reader(kept)
    try:
        cut = read_recovery(reader)
        if (cut.segment_number, cut.cut_at) != (number, offset):
            return f"it states a cut at {cut.cut_at} of segment number {cut.segment_number}"
        removed = reader.take(cut.removed)
        reader.finish()
    except FormatError as error:
        return str(error)
    return "" if hashlib.sha256(removed).digest() == cut.removed_hash else "its bytes have another hash"


@dataclass(frozen=True, kw_only=True)
class BadFrame:
    """A frame that is neither whole nor tampered with: where it stands and what is known up to there.

    `head` is None unless the frame's header is sound; `due_size` is the least length that its segment must have.
    """

    data: bytes
    offset: int
    head: Head | None
    salt: bytes
    align: int
    next_seq: int
    epoch: int
    last: bool
    acknowledged: int
    due_size: int

    def name(self) -> tuple[str, str]:
        """Return the name and, where more than the frame itself speaks for it, why."""
        if self.offset == 0:
            return "corrupt", "a named segment begins with a whole frame"
        proof = self.proof()
        if proof is not None:
            return "corrupt", proof
        return self._name_of_unsound() if self.head is None else self._name_of_sound(self.head)

    def proof(self) -> str | None:
        """Return what proves that the frame was whole once, or None."""
        if not self.last:
            return "a later segment exists"
        if self.acknowledged >= self.next_seq:
            return f"record {self.acknowledged} was acknowledged"
        if len(self.data) < self.due_size:
            return f"the segment has {len(self.data)} bytes, {self.due_size} are expected"
        at = self.data.find(MAGIC, self.offset + 1)
        while at >= 0:
            found = read_head(self.data, at, self.salt) if at % self.align == 0 else None
            if found is not None and found.first_seq >= self.next_seq and found.epoch >= self.epoch:
                return f"a sound header stands at {at}"
            at = self.data.find(MAGIC, at + 1)
        return None

    def _name_of_unsound(self) -> tuple[str, str]:
        if self._is_written(self.offset + FRAME_MAX):
            return "corrupt", "there are bytes further behind than a frame is long"
        end = len(self.data.rstrip(b"\0"))
        marked = end % self.align == 0 and self.data[end - 8 : end] == MARK_LEAST
        if marked and not self._has_empty_sector(end):
            return "ambiguous", "the bytes may be complete frames"
        return "torn", ""

    def _name_of_sound(self, head: Head) -> tuple[str, str]:
        end = self.offset + head.length(self.align)
        if self._is_written(end):
            return "corrupt", "there are bytes behind the frame"
        if end > len(self.data):
            return "torn", ""
        unfinished = self._has_empty_sector(end) or not any(self.data[end - 8 : end])
        return "torn" if unfinished else "ambiguous", ""

    def _is_written(self, since: int) -> bool:
        return bool(self.data[since:].rstrip(b"\0"))

    def _has_empty_sector(self, end: int) -> bool:
        return any(not any(self.data[at : at + SECTOR]) for at in range(self.offset, end, SECTOR))
