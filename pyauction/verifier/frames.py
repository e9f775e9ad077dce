"""One frame: its header, its body and its end, read from its bytes.

Nothing here knows what came before the frame; `segments` compares it with the running values.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from .crc32c import crc32c
from .terms import U64_MAX, Cut, Kind
from .wire import BYTES_32, TEXT, TIME, FormatError, Reader, UnsupportedError, choice, integer, padding
from .words import BilingualError, Words

MAGIC = b"PAJF"
FORMAT_VERSION = 1
SUITE = 1
HEADER_LEN = 4096
FRAME_MAX = 1 << 20
COUNT_MAX = 8192
HEAD_LEN = 80
MARK_LEAST = b"\x5a" * 8
RECOVERY_MAX = 61 + 255
_HEADER_MAGIC = b"PYAUCTN1"
_MARK = b"\x5a" * HEADER_LEN
_HEAD = struct.Struct("<4sHHIIQQQ32sII")
_RECORD_LEAST = 32
_JOURNAL_ID_AT = HEAD_LEN + 16
_SALT_AT = HEAD_LEN + 32


class Head(NamedTuple):
    """The first 80 bytes of a frame, whose checksum is right."""

    version: int
    kind: int
    body_len: int
    counted: int
    first_seq: int
    epoch: int
    durable_upto: int
    prev_chain: bytes
    crc: int
    reserved: int

    def length(self, align: int) -> int:
        """Return the length of the whole frame."""
        if self.kind == Kind.HEADER:
            return HEADER_LEN
        return -(-(124 + self.body_len) // align) * align

    def oddity(self, align: int) -> Words | None:
        """Return what is not allowed about the count or the length of a known kind, or None."""
        records = self.kind == Kind.RECORDS
        if not (1 <= self.counted <= COUNT_MAX if records else self.counted == 0):
            return self._in_frame(f"count {self.counted}", f"记录数为 {self.counted}")
        least, most = _BODY_LEN[self.kind]
        if not least * (self.counted if records else 1) <= self.body_len <= most or self.length(align) > FRAME_MAX:
            return self._in_frame(f"body length {self.body_len}", f"正文长度为 {self.body_len}")
        return None

    def _in_frame(self, english: str, chinese: str) -> Words:
        kind = Kind(self.kind).name
        return Words(f"{english} in a frame of kind {kind}", f"{kind} 帧的{chinese}")


_BODY_LEN: dict[int, tuple[int, int]] = {
    Kind.RECORDS: (4 + _RECORD_LEAST, FRAME_MAX),
    Kind.HEADER: (72, 72),
    Kind.SEAL: (0, 0),
    Kind.RECOVERY: (61, RECOVERY_MAX),
    Kind.EPOCH: (8, 8),
    Kind.STATE: (40, 40),
}


def refuse_unknown(head: Head) -> None:
    """Refuse a frame of another format version or of an unknown kind."""
    if head.version != FORMAT_VERSION:
        raise UnsupportedError(f"unknown format version {head.version}", f"格式版本 {head.version} 未知")
    if head.kind not in _BODY_LEN:
        raise UnsupportedError(f"unknown frame kind {head.kind}", f"帧类型 {head.kind} 未知")


def read_head(data: bytes, salt: bytes) -> Head | None:
    """Return the header that bytes begin with, or None unless its magic and its checksum are right."""
    raw = data[:HEAD_LEN]
    if len(raw) < HEAD_LEN or raw[:4] != MAGIC:
        return None
    _, version, kind, body_len, count, first_seq, epoch, durable, prev_chain, crc, reserved = _HEAD.unpack(raw)
    if crc32c(raw[:72], _crc_of_salt(salt)) != crc:
        return None
    return Head(version, kind, body_len, count, first_seq, epoch, durable, prev_chain, crc, reserved)


@lru_cache(maxsize=8)
def _crc_of_salt(salt: bytes) -> int:
    return crc32c(salt)


def salt_of_segment(data: bytes) -> bytes:
    """Return the salt that a segment's HEADER frame states; fewer than 16 bytes if it is cut off."""
    return data[_SALT_AT : _SALT_AT + 16]


def journal_id_of_segment(data: bytes) -> bytes:
    """Return the journal id that a segment's HEADER frame states."""
    return data[_JOURNAL_ID_AT : _JOURNAL_ID_AT + 16]


class Frame(NamedTuple):
    """A whole frame, where it stands and what it holds."""

    segment: str
    offset: int
    head: Head
    body: bytes
    chain: bytes
    records: tuple[bytes, ...] = ()

    @property
    def kind(self) -> int:
        """Return the kind of the frame, which is known."""
        return self.head.kind

    @property
    def last_seq(self) -> int:
        """Return the sequence of the last record up to and with this frame."""
        return self.head.first_seq + self.head.counted - 1


class DamagedError(BilingualError):
    """A frame that is cut off, or whose header, checksum or mark is wrong."""


def check_undamaged(data: bytes, head: Head, align: int) -> None:
    """Raise `DamagedError` unless a sound header's frame is all there and the checksum behind its body is right."""
    if len(data) < head.length(align):
        raise DamagedError("the frame is cut off by the end of the segment", "帧被分段末尾截断")
    tail = HEAD_LEN + head.body_len
    (crc,) = struct.unpack_from("<I", data, tail + 32)
    # The header is sound: the checksum that it states is the one so far.
    if crc32c(data[72 : tail + 32], head.crc) != crc:
        raise DamagedError("the checksum of the frame is wrong", "帧的校验和不符")


def check_mark(data: bytes, head: Head, align: int) -> None:
    """Raise `DamagedError` unless the frame ends in its mark, which no checksum covers and a power loss may cut off."""
    mark = data[HEAD_LEN + head.body_len + 36 : head.length(align)]
    if mark != _MARK[: len(mark)]:
        raise DamagedError("the mark at the frame's end is damaged", "帧末的标记已损坏")


def read_frame(data: bytes, segment: str, offset: int, head: Head, align: int) -> Frame:
    """Return the frame whose bytes are given, or raise `DamagedError`, or refuse what is never written so.

    The frame is whole if its contents fit and `check_mark` has nothing against it.
    """
    check_undamaged(data, head, align)
    if head.reserved:
        raise FormatError("the reserved bytes of the header are not zero", "帧头的保留字节不为零")
    tail = HEAD_LEN + head.body_len
    body, chain = data[HEAD_LEN:tail], data[tail : tail + 32]
    records = split_records(body) if head.kind == Kind.RECORDS else None
    leaves = hashlib.sha256(b"\x02" + body).digest() if records is None else b"".join(map(leaf, records))
    if chain != chain_value(head.prev_chain, data[:40], leaves):
        raise FormatError("the chain value of the frame is wrong", "帧的链值不符")
    return Frame(segment, offset, head, body, chain, records or ())


def leaf(record: bytes) -> bytes:
    """Return the leaf of a record: for a bid, its receipt."""
    return hashlib.sha256(b"\x00" + record).digest()


def chain_value(prev_chain: bytes, head: bytes, leaves: bytes) -> bytes:
    """Return the chain value of a frame from its first 40 bytes and its leaves."""
    return hashlib.sha256(b"pyauction/chain/v1" + prev_chain + head + leaves).digest()


def genesis(journal_id: bytes) -> bytes:
    """Return the chain value before a journal's first frame."""
    return hashlib.sha256(b"pyauction/genesis/v1" + journal_id).digest()


def split_records(body: bytes) -> tuple[bytes, ...]:
    """Return the records of a RECORDS body, or refuse lengths that do not add up or are less than a record has."""
    records, at = [], 0
    while at < len(body):
        if at + 4 > len(body):
            raise FormatError("bytes behind the last record", "最后一条记录之后有多余字节")
        (size,) = struct.unpack_from("<I", body, at)
        if size < _RECORD_LEAST:
            raise FormatError(
                f"a record of {size} bytes, at least {_RECORD_LEAST} are expected",
                f"记录长 {size} 字节，至少应有 {_RECORD_LEAST} 字节",
            )
        if at + 4 + size > len(body):
            raise FormatError("a record is longer than the frame's body", "记录超出帧的正文")
        records.append(body[at + 4 : at + 4 + size])
        at += 4 + size
    return tuple(records)


@dataclass(frozen=True)
class HeaderBody:
    """What a HEADER frame says about its segment."""

    align: int
    journal_id: bytes
    salt: bytes
    number: int
    size: int
    created: int


def read_header_body(body: bytes) -> HeaderBody:
    """Return the body of a HEADER frame, or refuse it."""
    reader = Reader(body)
    magic, version = reader.take(8), reader.unpack("H")
    if magic != _HEADER_MAGIC:
        raise FormatError(f"the body of a HEADER frame begins with {magic!r}", f"HEADER 帧的正文以 {magic!r} 开头")
    if version != FORMAT_VERSION:
        raise UnsupportedError(f"unknown format version {version}", f"格式版本 {version} 未知")
    reader.take(2)  # The suite: `refuse_unknown_suite` comes first.
    align = reader.unpack("I")
    if align not in (512, 4096):
        raise FormatError(f"align is {align}, expected 512 or 4096", f"align 为 {align}，应为 512 或 4096")
    journal_id, salt = reader.take(16), reader.take(16)
    number, size = reader.unpack("Q"), reader.unpack("Q")
    if size < HEADER_LEN or size % HEADER_LEN:
        raise FormatError(
            f"the segment's size is {size}, expected a multiple of {HEADER_LEN} that is not 0",
            f"分段大小为 {size}，应为 {HEADER_LEN} 的倍数且不为零",
        )
    return HeaderBody(align, journal_id, salt, number, size, int(TIME.read(reader)))


def refuse_unknown_suite(data: bytes, head: Head) -> None:
    """Refuse a HEADER of another suite whose checksums are right, before anything is compared with a hash of this one."""
    if head.kind != Kind.HEADER or not 12 <= head.body_len <= HEADER_LEN - 124:
        return
    try:
        check_undamaged(data, head, HEADER_LEN)
    except DamagedError:
        return
    magic, version, suite = struct.unpack_from("<8sHH", data, HEAD_LEN)
    if magic == _HEADER_MAGIC and version == FORMAT_VERSION and suite != SUITE:
        check_mark(data, head, HEADER_LEN)
        raise UnsupportedError(f"unknown suite {suite}", f"算法套件 {suite} 未知")


@dataclass(frozen=True)
class RecoveryBody:
    """What a RECOVERY frame says about the bytes that were cut."""

    segment_number: int
    cut_at: int
    removed: int
    removed_hash: bytes
    why: Cut
    operator: str


def read_recovery_body(body: bytes) -> RecoveryBody:
    """Return the body of a RECOVERY frame."""
    reader = Reader(body)
    recovery = read_recovery(reader)
    reader.finish()
    return recovery


def read_recovery(reader: Reader) -> RecoveryBody:
    """Read what a RECOVERY frame, or the beginning of a `.torn` file, says about a cut."""
    number, cut_at, removed = (reader.unpack("Q") for _ in range(3))
    digest = reader.take(32)
    why = Cut(_CUT.read(reader))
    padding(2).read(reader)
    operator = str(TEXT.read(reader))
    if removed == 0:
        raise FormatError("a cut of no bytes", "截去的字节数为零")
    if removed > FRAME_MAX:
        raise FormatError(
            f"a cut of {removed} bytes, at most {FRAME_MAX} are cut", f"截去 {removed} 字节，至多 {FRAME_MAX}"
        )
    if (why == Cut.TORN) != (operator == ""):
        raise FormatError(
            "an operator is named if and only if the loss was accepted", "当且仅当损失由操作员接受时才写操作员姓名"
        )
    return RecoveryBody(number, cut_at, removed, digest, why, operator)


_CUT = choice(Cut, "H")


def read_epoch_body(body: bytes) -> int:
    """Return the time of opening that an EPOCH frame states."""
    return int(TIME.read(Reader(body)))


def read_state_body(body: bytes) -> tuple[int, bytes]:
    """Return the sequence and the state hash that a STATE frame states."""
    reader = Reader(body)
    return int(integer("Q", 0, U64_MAX).read(reader)), bytes(BYTES_32.read(reader))
