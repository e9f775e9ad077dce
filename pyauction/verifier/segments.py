"""The walk over a journal's segments: takes whole frames, and names the first one that is not.

The files come as a mapping from name to bytes or contents, so that a journal need not lie on a disk or fit into memory.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from .contents import Contents, contents
from .findings import Finding
from .frames import (
    HEADER_LEN,
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
from .names import is_segment, kept_name, segment_name
from .tail import AREA, SECTOR, BadFrame, flaw_of_cut, too_short
from .terms import Kind
from .wire import FormatError, UnsupportedError
from .words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def segment_names(names: Iterable[str]) -> list[str]:
    """Return the names of the segments in order."""
    return sorted(filter(is_segment, names))


def stray_names(names: Iterable[str]) -> list[str]:
    """Return the names that look like segments and are none."""
    return sorted(name for name in names if name.endswith(".plog") and not is_segment(name))


class SegmentWalk:
    """One reading of a journal: yields its frames, and at most one finding, which is the last thing it yields.

    `acknowledged` is the greatest sequence that somebody knows to have been acknowledged, 0 for none.
    """

    def __init__(self, files: Mapping[str, bytes | Contents], acknowledged: int = 0) -> None:
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
            if name != segment_name(self.next_seq):
                yield self._finding("tampered", name, 0, _misplaced(name, self.next_seq))
                return
            data = contents(self._files[name])
            offset = 0
            while offset < data.written or offset == 0:
                taken = self._take(data, name, offset)
                yield taken
                if isinstance(taken, Finding):
                    return
                offset += taken.head.length(self._align)
            flaw = self._flaw_of_end(name, data.size, offset)
            if flaw is not None:
                yield self._finding("corrupt", name, offset, flaw)
                return

    def _flaw_of_end(self, name: str, size: int, offset: int) -> Words | None:
        """Return what speaks against an end of the written data of a segment, behind which all is zero, or None."""
        if size < self._size:
            return too_short(size, self._size)
        if name != self._names[-1]:
            return None
        if self._acknowledged >= self.next_seq:
            return Words(
                f"the journal ends before record {self._acknowledged}, which was acknowledged",
                f"日志在已获确认的第 {self._acknowledged} 条记录之前结束",
            )
        return self._flaw_of_kept_bytes(name, offset)

    def _flaw_of_kept_bytes(self, name: str, offset: int) -> Words | None:
        """Return why the `.torn` file that is named for an end does not fit it, or None."""
        kept = kept_name(name, offset)
        if kept not in self._files:
            return None
        flaw = flaw_of_cut(contents(self._files[kept]), self._number, offset)
        if flaw is None:
            return None
        return Words(
            f"{kept} is not what a cut here leaves: {flaw.english}", f"{kept} 与此处的截断不符：{flaw.chinese}"
        )

    @property
    def _align(self) -> int:
        return self._first.align if self._first else SECTOR

    def _take(self, data: Contents, name: str, offset: int) -> Frame | Finding:
        begin = data.read(offset, HEADER_LEN)
        salt = self._first.salt if self._first and offset else salt_of_segment(begin)
        head = read_head(begin, salt)
        try:
            if head is None:
                raise DamagedError("the frame's header is damaged", "帧头已损坏")
            self._check_head(begin, head, offset)
            raw = data.read(offset, head.length(self._align))
            frame = read_frame(raw, name, offset, head, self._align)
            self._check_contents(frame)
            check_mark(raw, head, self._align)
        except DamagedError as damage:
            return self._name_of_damage(damage.words, data, name, offset, head, salt)
        except UnsupportedError as unknown:
            return self._finding("unsupported", name, offset, unknown.words)
        except FormatError as misfit:
            return self._finding("tampered", name, offset, misfit.words)
        self.chain, self.epoch, self._durable_upto = frame.chain, head.epoch, head.durable_upto
        self.next_seq += head.counted
        return frame

    def _name_of_damage(  # noqa: PLR0917 - what is known of the bad frame
        self, damage: Words, data: Contents, name: str, offset: int, head: Head | None, salt: bytes
    ) -> Finding:
        bad = BadFrame(
            area=data.read(offset, AREA), offset=offset, size=data.size, written=data.written, head=head, salt=salt,
            align=self._align, next_seq=self.next_seq, epoch=self.epoch, last=name == self._names[-1],
            acknowledged=self._acknowledged, due_size=self._size,
        )  # fmt: skip
        code, why = bad.name()
        if code in ("torn", "ambiguous"):
            unfit = self._flaw_of_kept_bytes(name, offset)
            code, why = ("corrupt", unfit) if unfit else (code, why)
        if why is not None:
            damage = Words(f"{damage.english}; {why.english}", f"{damage.chinese}；{why.chinese}")
        return self._finding(code, name, offset, damage)

    def _check_head(self, begin: bytes, head: Head, offset: int) -> None:
        """Refuse a sound header that is of another release or contradicts the frames before it."""
        refuse_unknown(head)
        if offset == 0:
            refuse_unknown_suite(begin, head)
        misfit = self._misfit(begin, head) or head.oddity(self._align)
        if misfit is None and (head.kind == Kind.HEADER) != (offset == 0):
            kind = Kind(head.kind).name
            misfit = Words(f"a frame of kind {kind} at offset {offset}", f"偏移 {offset} 处是 {kind} 帧")
        if misfit is not None:
            raise FormatError(*misfit)

    def _misfit(self, begin: bytes, head: Head) -> Words | None:
        """Return how a sound header contradicts the running values, or None."""
        chain = self.chain if self._first else genesis(journal_id_of_segment(begin))
        if head.prev_chain != chain:
            return _differs("prev_chain", head.prev_chain.hex(), chain.hex())
        if head.first_seq != self.next_seq:
            return _differs("first_seq", head.first_seq, self.next_seq)
        if head.epoch != self.epoch + (head.kind == Kind.EPOCH):
            return Words(
                f"epoch is {head.epoch} behind epoch {self.epoch} in a frame of kind {head.kind}",
                f"类型 {head.kind} 的帧 epoch 为 {head.epoch}，此前为 {self.epoch}",
            )
        if not self._durable_upto <= head.durable_upto < self.next_seq:
            return Words(
                f"durable_upto is {head.durable_upto}, {self._durable_upto} before, record {self.next_seq} is next",
                f"durable_upto 为 {head.durable_upto}，此前为 {self._durable_upto}，下一条为第 {self.next_seq} 条记录",
            )
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
                    before = self.next_seq - 1
                    misfit = Words(
                        f"a state of record {seq} behind record {before}", f"第 {before} 条记录之后是第 {seq} 条的状态"
                    )
            case Kind.RECOVERY:
                misfit = self._misfit_of_recovery(frame)
        if misfit is not None:
            raise FormatError(*misfit)

    def _misfit_of_segment(self, header: HeaderBody) -> Words | None:
        first = self._first or header
        if header.number != self._number + 1:
            return Words(
                f"segment number {header.number} behind segment number {self._number}",
                f"第 {self._number} 分段之后是第 {header.number} 分段",
            )
        same = ("align", "journal_id", "salt")
        changed = [name for name in same if getattr(header, name) != getattr(first, name)]
        if changed:
            return Words(
                f"the segment changes the journal's {', '.join(changed)}", f"该分段改变了日志的 {'、'.join(changed)}"
            )
        self._first, self._number, self._size = first, header.number, header.size
        return None

    def _misfit_of_recovery(self, frame: Frame) -> Words | None:
        body = read_recovery_body(frame.body)
        if (body.segment_number, body.cut_at) == (self._number, frame.offset):
            return None
        stated = f"a cut at {body.cut_at} of segment number {body.segment_number}"
        return Words(
            f"{stated}, in a frame at {frame.offset} of segment number {self._number}",
            f"第 {self._number} 分段偏移 {frame.offset} 处的帧写明在第 {body.segment_number} 分段偏移 {body.cut_at} 处截断",
        )

    def _finding(self, code: str, name: str, offset: int, detail: Words) -> Finding:
        english, chinese = _MEANING[code]
        return Finding(
            code, f"from record {self.next_seq} on: {english}: {detail.english}",
            f"自第 {self.next_seq} 条记录起：{chinese}（{detail.chinese}）", seq=self.next_seq, segment=name, offset=offset,
        )  # fmt: skip


def _misplaced(name: str, next_seq: int) -> Words:
    expected = segment_name(next_seq)
    return Words(f"segment {name} where {expected} follows", f"此处应为分段 {expected}，实际为 {name}")


def _differs(field: str, found: object, expected: object) -> Words:
    return Words(f"{field} is {found}, expected {expected}", f"{field} 为 {found}，应为 {expected}")


def _misnumbered(frame: Frame) -> Words | None:
    found, counted = len(frame.records), frame.head.counted
    if found != counted:
        return Words(f"{found} records, the header counts {counted}", f"有 {found} 条记录，帧头写明为 {counted} 条")
    for expected, record in enumerate(frame.records, frame.head.first_seq):
        (seq,) = struct.unpack_from("<Q", record, 8)
        if seq != expected:
            return Words(
                f"record {seq} stands where record {expected} follows",
                f"此处应为第 {expected} 条记录，实际为第 {seq} 条",
            )
    return None


_MEANING = {
    "torn": ("the last frame was not written completely", "最后一帧未写完整"),
    "ambiguous": ("the last frame is complete but damaged", "最后一帧长度完整但内容已损坏"),
    "corrupt": ("what was written once is damaged or missing", "曾经写入的内容已损坏或缺失"),
    "tampered": ("the journal was changed", "日志被改动"),
    "unsupported": ("another release wrote what this verifier does not know", "由其他版本写入，含本验证器不支持的内容"),
}
