"""What a bad frame is called: the proof and the table of A.4, row by row.

Everything here is asked about one place, behind which nothing is ever used.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .contents import pieces
from .frames import FRAME_MAX, HEAD_LEN, MARK_LEAST, RECOVERY_MAX, read_head, read_recovery
from .wire import FormatError, Reader
from .words import Words

if TYPE_CHECKING:
    from .contents import Contents
    from .frames import Head

SECTOR = 512
AREA = FRAME_MAX + HEAD_LEN
"""So many bytes from a bad frame on tell its name: what is written further behind makes it corrupt, whatever it is."""


def flaw_of_cut(kept: Contents, number: int, offset: int) -> Words | None:
    """Return why the bytes of a `.torn` file are not those of a cut at a place, or None."""
    reader = Reader(kept.read(0, RECOVERY_MAX))
    try:
        cut = read_recovery(reader)
    except FormatError as error:
        return error.words
    if (cut.segment_number, cut.cut_at) != (number, offset):
        return Words(
            f"it states a cut at {cut.cut_at} of segment number {cut.segment_number}",
            f"其中写明的截断位置为第 {cut.segment_number} 分段偏移 {cut.cut_at}",
        )
    held = kept.size - reader.at
    if held != cut.removed:
        return Words(
            f"it holds {held} removed bytes and states {cut.removed}",
            f"其中有 {held} 个截去的字节，写明为 {cut.removed} 个",
        )
    digest = hashlib.sha256()
    for piece in pieces(kept, reader.at):
        digest.update(piece)
    return None if digest.digest() == cut.removed_hash else Words("its bytes have another hash", "其内容的哈希值不符")


@dataclass(frozen=True, kw_only=True)
class BadFrame:
    """A frame that is neither whole nor tampered with: where it stands and what is known up to there.

    `area` is what stands from `offset` on, `AREA` bytes or up to the end of the file, which has `size` bytes and nothing
    but zeros behind `written`. `head` is None unless the frame's header is sound; `due_size` is the least length that its
    segment must have.
    """

    area: bytes
    offset: int
    size: int
    written: int
    head: Head | None
    salt: bytes
    align: int
    next_seq: int
    epoch: int
    last: bool
    acknowledged: int
    due_size: int

    def name(self) -> tuple[str, Words | None]:
        """Return the name and, where more than the frame itself speaks for it, why."""
        if self.offset == 0:
            return "corrupt", Words("a named segment begins with a whole frame", "命名的分段必以完整的帧开头")
        proof = self._proof_elsewhere() or self._bytes_behind() or self._proof_in_area()
        if proof is not None:
            return "corrupt", proof
        return self._name_of_unsound() if self.head is None else (self._name_of_sound(self.head), None)

    def _proof_elsewhere(self) -> Words | None:
        """Return what proves, without a look at the bytes, that the frame was whole once, or None."""
        if not self.last:
            return Words("a later segment exists", "其后还有分段")
        if self.acknowledged >= self.next_seq:
            return Words(f"record {self.acknowledged} was acknowledged", f"第 {self.acknowledged} 条记录已获确认")
        if self.size < self.due_size:
            return too_short(self.size, self.due_size)
        return None

    def _bytes_behind(self) -> Words | None:
        """Return what is written where nothing can be behind a last frame, or None.

        It makes a frame corrupt as proof does, which need not be looked for that far.
        """
        if self.head is None and self.written > self.offset + FRAME_MAX:
            return Words("there are bytes further behind than a frame is long", "在超过一帧最大长度之后仍有数据")
        if self.head is not None and self.written > self.offset + self.head.length(self.align):
            return Words("there are bytes behind the frame", "该帧之后仍有数据")
        return None

    def _proof_in_area(self) -> Words | None:
        for at in range(self.align, len(self.area), self.align):
            found = read_head(self.area[at : at + HEAD_LEN], self.salt)
            if found is not None and found.first_seq >= self.next_seq and found.epoch >= self.epoch:
                return Words(f"a sound header stands at {self.offset + at}", f"偏移 {self.offset + at} 处有完好的帧头")
        return None

    def _name_of_unsound(self) -> tuple[str, Words | None]:
        end = self.written - self.offset
        marked = self.written % self.align == 0 and self.area[max(end - 8, 0) : end] == MARK_LEAST
        if marked and not self._has_empty_sector(end):
            return "ambiguous", Words("the bytes may be complete frames", "这些字节可能是完整的帧")
        return "torn", None

    def _name_of_sound(self, head: Head) -> str:
        end = head.length(self.align)
        if self.offset + end > self.size:
            return "torn"
        return "torn" if self._has_empty_sector(end) or not any(self.area[end - 8 : end]) else "ambiguous"

    def _has_empty_sector(self, end: int) -> bool:
        return any(not any(self.area[at : at + SECTOR]) for at in range(0, end, SECTOR))


def too_short(size: int, due: int) -> Words:
    """Return that a segment is shorter than its header says."""
    return Words(f"the segment has {size} bytes, {due} are expected", f"分段长 {size} 字节，应为 {due} 字节")
