"""The walk over a journal's segments: takes whole frames, and names the first one that is not.

The files come as a mapping from name to bytes, so that a journal need not lie on a disk.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from .findings import Finding
from .frames import (
    DamagedError,
    Frame,
    Head,
    HeaderBody,
    check_mark,
    genesis,
    journal_id_of_segment,
    read_epoch_body,
    read_frame,
    read_head,
    read_header_body,
    read_recovery_body,
    read_state_body,
    refuse_unknown,
    refuse_unknown_suite,
    salt_of_segment,
)
from .tail import SECTOR, BadFrame, flaw_of_cut
from .terms import Kind
from .wire import FormatError, UnsupportedError

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
    """One reading of a journal: yields its frames, and at most one finding, which is the last thing it yields.

    `acknowledged` is the greatest sequence that somebody knows to have been acknowledged, 0 for none.
    """

    def __init__(self, files: Mapping[str, bytes], acknowledged: int = 0) -> None:
        self._files = files
        self._names = segment_names(files)
        self._acknowledged = acknowledged
        self._first: HeaderBody | None = None
        self._number = 0
        self._size = 0
        self._durable_upto = 0
        self.next_seq = 1
        self.epoch = 1
        self.chain = b""

    def frames(self) -> Iterator[Frame | Finding]:
        """Yield every frame in order, and a finding instead of the first bad one or of a bad end."""
        for name in self._names:
            data = self._files[name]
            written = len(data.rstrip(b"\0"))
            offset = 0
            while offset < written or offset == 0:
                taken = self._take(data, name, offset)
                yield taken
                if isinstance(taken, Finding):
                    return
                offset += taken.head.length(self._align)
            flaw = self._flaw_of_end(name, len(data), offset)
            if flaw:
                yield self._finding("corrupt", name, offset, flaw)
                return

    def _flaw_of_end(self, name: str, size: int, offset: int) -> str:
        """Return what speaks against an end of the written data of a segment, behind which all is zero, or nothing."""
        if size < self._size:
            return f"the segment has {size} bytes, {self._size} are expected"
        if name != self._names[-1]:
            return ""
        if self._acknowledged >= self.next_seq:
            return f"the journal ends before record {self._acknowledged}, which was acknowledged"
        return self._flaw_of_kept_bytes(name, offset)

    def _flaw_of_kept_bytes(self, name: str, offset: int) -> str:
        """Return why the `.torn` file that is named for an end does not fit it, or nothing."""
        kept = f"{name.removesuffix('.plog')}-{offset:020}.torn"
        if kept not in self._files:
            return ""
        flaw = flaw_of_cut(self._files[kept], self._number, offset)
        return f"{kept} is not what a cut here leaves: {flaw}" if flaw else ""

    @property
    def _align(self) -> int:
        return self._first.align if self._first else SECTOR

    def _take(self, data: bytes, name: str, offset: int) -> Frame | Finding:
        salt = self._first.salt if self._first and offset else salt_of_segment(data)
        head = read_head(data, offset, salt)
        try:
            if head is None:
                raise DamagedError("the frame's header is damaged")
            self._check_head(data, head, name, offset)
            frame = read_frame(data, name, offset, head, self._align)
            self._check_contents(frame)
            check_mark(data, offset, head, self._align)
        except DamagedError as damage:
            bad = BadFrame(
                data=data, offset=offset, head=head, salt=salt, align=self._align, next_seq=self.next_seq,
                epoch=self.epoch, last=name == self._names[-1], acknowledged=self._acknowledged, due_size=self._size,
            )  # fmt: skip
            code, why = bad.name()
            if code in ("torn", "ambiguous"):
                unfit = self._flaw_of_kept_bytes(name, offset)
                code, why = ("corrupt", unfit) if unfit else (code, why)
            return self._finding(code, name, offset, f"{damage}; {why}" if why else str(damage))
        except UnsupportedError as unknown:
            return self._finding("unsupported", name, offset, str(unknown))
        except FormatError as misfit:
            return self._finding("tampered", name, offset, str(misfit))
        self.chain, self.epoch, self._durable_upto = frame.chain, head.epoch, head.durable_upto
        self.next_seq += head.counted
        return frame

    def _check_head(self, data: bytes, head: Head, name: str, offset: int) -> None:
        """Refuse a sound header that is of another release or contradicts the frames before it."""
        refuse_unknown(head)
        if offset == 0:
            refuse_unknown_suite(data, head)
        misfit = self._misfit(data, head) or head.oddity(self._align)
        if misfit is None and (head.kind == Kind.HEADER) != (offset == 0):
            misfit = f"a frame of kind {Kind(head.kind).name} at offset {offset}"
        if misfit is None and offset == 0 and name != f"{self.next_seq:020}.plog":
            misfit = f"segment {name} where {self.next_seq:020}.plog follows"
        if misfit is not None:
            raise FormatError(misfit)

    def _misfit(self, data: bytes, head: Head) -> str | None:
        """Return how a sound header contradicts the running values, or None."""
        chain = self.chain if self._first else genesis(journal_id_of_segment(data))
        if head.prev_chain != chain:
            return f"prev_chain is {head.prev_chain.hex()}, expected {chain.hex()}"
        if head.first_seq != self.next_seq:
            return f"first_seq is {head.first_seq}, expected {self.next_seq}"
        if head.epoch != self.epoch + (head.kind == Kind.EPOCH):
            return f"epoch is {head.epoch} behind epoch {self.epoch} in a frame of kind {head.kind}"
        if not self._durable_upto <= head.durable_upto < self.next_seq:
            text = f"{self._durable_upto} before, record {self.next_seq} is next"
            return f"durable_upto is {head.durable_upto}, {text}"
        return None

    def _check_contents(self, frame: Frame) -> None:
        """Refuse a frame that is sound by itself and contradicts what came before or where it stands."""
        misfit = None
        match frame.kind:
            case Kind.RECORDS:
                misfit = _misnumbered(frame)
            case Kind.HEADER:
                misfit = self._misfit_of_segment(read_header_body(frame.body))
            case Kind.EPOCH:
                read_epoch_body(frame.body)
            case Kind.STATE:
                seq, _ = read_state_body(frame.body)
                if seq != self.next_seq - 1:
                    misfit = f"a state of record {seq} behind record {self.next_seq - 1}"
            case Kind.RECOVERY:
                misfit = self._misfit_of_recovery(frame)
        if misfit is not None:
            raise FormatError(misfit)

    def _misfit_of_segment(self, header: HeaderBody) -> str | None:
        first = self._first or header
        if header.number != self._number + 1:
            return f"segment number {header.number} behind segment number {self._number}"
        same = ("align", "journal_id", "salt")
        changed = [name for name in same if getattr(header, name) != getattr(first, name)]
        if changed:
            return f"the segment changes the journal's {', '.join(changed)}"
        self._first, self._number, self._size = first, header.number, header.size
        return None

    def _misfit_of_recovery(self, frame: Frame) -> str | None:
        body = read_recovery_body(frame.body)
        if (body.segment_number, body.cut_at) == (self._number, frame.offset):
            return None
        stated = f"a cut at {body.cut_at} of segment number {body.segment_number}"
        return f"{stated}, in a frame at {frame.offset} of segment number {self._number}"

    def _finding(self, code: str, name: str, offset: int, detail: str) -> Finding:
        english, chinese = _MEANING[code]
        return Finding(
            code, f"from record {self.next_seq} on: {english}: {detail}",
            f"自第 {self.next_seq} 条记录起：{chinese}（{detail}）", seq=self.next_seq, segment=name, offset=offset,
        )  # fmt: skip


def _misnumbered(frame: Frame) -> str | None:
    if len(frame.records) != frame.head.counted:
        return f"{len(frame.records)} records, the header counts {frame.head.counted}"
    for index, record in enumerate(frame.records):
        expected = frame.head.first_seq + index
        seq = struct.unpack_from("<Q", record, 8)[0] if len(record) >= 16 else None
        if seq != expected:
            return f"record {seq} stands where record {expected} follows"
    return None


_MEANING = {
    "torn": ("the last frame was not written completely", "最后一帧未写完整"),
    "ambiguous": ("the last frame is complete but damaged", "最后一帧长度完整但内容已损坏"),
    "corrupt": ("what was written once is damaged or missing", "曾经写入的内容已损坏或缺失"),
    "tampered": ("the journal was changed", "日志被改动"),
    "unsupported": ("another release wrote what this verifier does not know", "由其他版本写入，含本验证器不支持的内容"),
}
