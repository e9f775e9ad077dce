"""The walk over a journal's segments: takes whole frames, and names the first one that is not.

The files come as a mapping from name to bytes, so that a journal need not lie on a disk.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from .findings import Finding
from .frames import (
    FORMAT_VERSION,
    FRAME_MAX,
    MAGIC,
    SECTOR,
    Frame,
    Head,
    HeaderBody,
    UnwholeError,
    genesis,
    journal_id_of_segment,
    read_epoch_body,
    read_frame,
    read_head,
    read_header_body,
    read_recovery_body,
    read_state_body,
    salt_of_segment,
)
from .terms import Kind
from .wire import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SEGMENT_NAME = re.compile(r"[0-9]{20}\.plog", re.ASCII)


def segment_names(files: Mapping[str, bytes]) -> list[str]:
    """Return the names of the segments in order."""
    return sorted(name for name in files if _SEGMENT_NAME.fullmatch(name))


def stray_names(files: Mapping[str, bytes]) -> list[str]:
    """Return the names that look like segments and are none."""
    return sorted(name for name in files if name.endswith(".plog") and not _SEGMENT_NAME.fullmatch(name))


class SegmentWalk:
    """One reading of a journal: yields its frames, and at most one finding, which is the last thing it yields."""

    def __init__(self, files: Mapping[str, bytes], acknowledged: int = 0) -> None:
        self._files = files
        self._names = segment_names(files)
        self._proven_upto = acknowledged
        self._header: HeaderBody | None = None
        self._number = 0
        self._cuts: set[tuple[int, int]] = set()
        self._epoch_stated = False
        self.next_seq = 1
        self.epoch = 1
        self.chain = b""

    def frames(self) -> Iterator[Frame | Finding]:
        """Yield every frame in order, and a finding instead of the first bad one."""
        for index, name in enumerate(self._names):
            last = index == len(self._names) - 1
            data = self._files[name]
            written = len(data.rstrip(b"\0"))
            offset = 0
            while offset < written or offset == 0:
                taken = self._take(data, name, offset, last=last)
                yield taken
                if isinstance(taken, Finding):
                    return
                offset += taken.head.length(self._align)

    @property
    def _align(self) -> int:
        return self._header.align if self._header else SECTOR

    def _take(self, data: bytes, name: str, offset: int, *, last: bool) -> Frame | Finding:
        salt = self._header.salt if self._header and offset else salt_of_segment(data)
        head = read_head(data, offset, salt)
        if head is not None:
            if head.version != FORMAT_VERSION:
                return self._finding("unknown", name, offset, f"format version {head.version}")
            misfit = head.oddity(self._align) or self._misfit(data, head, name, offset)
            if misfit is not None:
                return self._finding("tampered", name, offset, misfit)
            try:
                frame = read_frame(data, name, offset, head, salt=salt, align=self._align)
            except UnwholeError as flaw:
                return self._bad(data, name, offset, head, salt=salt, last=last, flaw=str(flaw))
            return self._accept(frame)
        return self._bad(data, name, offset, None, salt=salt, last=last, flaw="the frame's header is damaged")

    def _misfit(  # noqa: PLR0911 - one return for each running value
        self, data: bytes, head: Head, name: str, offset: int
    ) -> str | None:
        """Return how a sound header contradicts the frames before it, or None."""
        if (head.kind == Kind.HEADER) != (offset == 0):
            return f"a frame of kind {Kind(head.kind).name} at offset {offset}"
        if offset == 0 and name != f"{self.next_seq:020}.plog":
            return f"segment {name} where {self.next_seq:020}.plog follows"
        chain = self.chain if self._header else genesis(journal_id_of_segment(data))
        if head.prev_chain != chain:
            return f"prev_chain is {head.prev_chain.hex()}, expected {chain.hex()}"
        if head.first_seq != self.next_seq:
            return f"first_seq is {head.first_seq}, expected {self.next_seq}"
        if head.epoch not in self._possible_epochs(head.kind):
            return f"epoch is {head.epoch} behind epoch {self.epoch} in a frame of kind {Kind(head.kind).name}"
        if head.durable_upto >= self.next_seq:
            return f"durable_upto is {head.durable_upto} before record {self.next_seq} was written"
        return None

    def _possible_epochs(self, kind: int) -> tuple[int, ...]:
        """Return the epochs a frame may have; the opening that made the journal may state its epoch 1 or not."""
        if kind != Kind.EPOCH:
            return (self.epoch,)
        making = self.next_seq == 1 and self.epoch == 1 and not self._epoch_stated
        return (1, 2) if making else (self.epoch + 1,)

    def _accept(self, frame: Frame) -> Frame | Finding:
        """Take a whole frame into the running values, or say what its contents contradict."""
        try:
            misfit = self._misfit_of_contents(frame)
        except FormatError as error:
            code = "unknown" if "unknown" in str(error) else "tampered"
            return self._finding(code, frame.segment, frame.offset, str(error))
        if misfit is not None:
            return self._finding("tampered", frame.segment, frame.offset, misfit)
        if frame.kind not in (Kind.RECOVERY, Kind.HEADER):
            self._cuts.clear()
        if frame.kind != Kind.RECOVERY:
            self._cuts.add((self._number, frame.offset + frame.head.length(self._align)))
        self._epoch_stated = self._epoch_stated or frame.kind == Kind.EPOCH
        self.chain, self.epoch = frame.chain, frame.head.epoch
        self.next_seq += frame.head.count
        return frame

    def _misfit_of_contents(self, frame: Frame) -> str | None:
        if frame.head.reserved:
            return "the reserved bytes of the header are not zero"
        if frame.kind == Kind.RECORDS:
            return _misnumbered(frame)
        if frame.kind == Kind.HEADER:
            return self._misfit_of_segment(read_header_body(frame.body))
        if frame.kind == Kind.EPOCH:
            read_epoch_body(frame.body)
        if frame.kind == Kind.STATE:
            seq, _ = read_state_body(frame.body)
            return None if seq == self.next_seq - 1 else f"a state of record {seq} behind record {self.next_seq - 1}"
        return self._misfit_of_recovery(frame) if frame.kind == Kind.RECOVERY else None

    def _misfit_of_segment(self, header: HeaderBody) -> str | None:
        first, before = self._header is None, self._header or header
        if header.number != self._number + 1:
            return f"segment number {header.number} behind segment number {self._number}"
        same = ("align", "journal_id", "salt")
        changed = [name for name in same if getattr(header, name) != getattr(before, name)]
        if changed:
            return f"the segment changes the journal's {', '.join(changed)}"
        self._number = header.number
        if first:
            self._header = header
        return None

    def _misfit_of_recovery(self, frame: Frame) -> str | None:
        """Compare the stated cut with where the frame stands.

        A RECOVERY frame is the next frame behind the cut, so only other ones and a segment's HEADER stand between.
        """
        body = read_recovery_body(frame.body)
        if (body.segment_number, body.cut_at) not in self._cuts or body.removed == 0:
            return f"a cut of {body.removed} bytes at {body.cut_at} of segment number {body.segment_number}"
        return None

    def _bad(
        self, data: bytes, name: str, offset: int, head: Head | None, *, salt: bytes, last: bool, flaw: str
    ) -> Finding:
        """Name a bad frame by the table of A.4."""
        if offset == 0:
            return self._finding("corrupt", name, offset, flaw)
        proof = self._proof(data, offset, salt, last=last)
        if proof is not None:
            return self._finding("corrupt", name, offset, f"{flaw}; {proof}")
        if head is None:
            beyond = data[offset + FRAME_MAX :].strip(b"\0")
            return self._finding("corrupt" if beyond else "torn", name, offset, flaw)
        end = offset + head.length(self._align)
        sectors = (data[at : at + SECTOR] for at in range(offset, min(end, len(data)), SECTOR))
        torn = end > len(data) or any(not any(sector) for sector in sectors)
        return self._finding("torn" if torn else "ambiguous", name, offset, flaw)

    def _proof(self, data: bytes, offset: int, salt: bytes, *, last: bool) -> str | None:
        """Return what proves that the bad frame was whole once, or None."""
        if not last:
            return "a later segment exists"
        if self._proven_upto >= self.next_seq:
            return f"record {self._proven_upto} was acknowledged"
        at = data.find(MAGIC, offset + 1)
        while at >= 0:
            found = read_head(data, at, salt) if at % self._align == 0 else None
            if found is not None and found.version == FORMAT_VERSION:
                return f"a sound header stands at {at}"
            at = data.find(MAGIC, at + 1)
        return None

    def _finding(self, code: str, name: str, offset: int, detail: str) -> Finding:
        english, chinese = _MEANING[code]
        return Finding(
            code, f"from record {self.next_seq} on: {english}: {detail}",
            f"自第 {self.next_seq} 条记录起：{chinese}（{detail}）", seq=self.next_seq, segment=name, offset=offset,
        )  # fmt: skip


def _misnumbered(frame: Frame) -> str | None:
    if len(frame.records) != frame.head.count:
        return f"{len(frame.records)} records, the header counts {frame.head.count}"
    for index, record in enumerate(frame.records):
        expected = frame.head.first_seq + index
        seq = struct.unpack_from("<Q", record, 8)[0] if len(record) >= 16 else None
        if seq != expected:
            return f"record {seq} stands where record {expected} follows"
    return None


_MEANING = {
    "torn": ("the last frame was not written completely", "最后一帧未写完整"),
    "ambiguous": ("the last frame is complete but damaged", "最后一帧长度完整但内容已损坏"),
    "corrupt": ("a frame that was whole is damaged", "曾经完整的帧已损坏"),
    "tampered": ("the journal was changed", "日志被改动"),
    "unknown": ("the journal uses what this verifier does not know", "日志使用了本验证器不认识的内容"),
}
