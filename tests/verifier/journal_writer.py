"""A small writer of journals, for tests: written from the format's document, apart from the verifier's reader."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

from verifier import Record, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RECORDS, HEADER, SEAL, RECOVERY, EPOCH, STATE = 1, 2, 3, 4, 5, 6
JOURNAL_ID = bytes(range(1, 17))
SALT = bytes(range(101, 117))


def crc32c(data: bytes) -> int:
    """Return the CRC-32C bit by bit: another algorithm than the verifier's tables."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 & -(crc & 1))
    return crc ^ 0xFFFFFFFF


def frame(
    kind: int,
    body: bytes,
    leaves: bytes,
    *,
    count: int,
    first_seq: int,
    epoch: int,
    durable_upto: int,
    prev_chain: bytes,
    salt: bytes = SALT,
    align: int = 512,
    version: int = 1,
    reserved: int = 0,
) -> tuple[bytes, bytes]:
    """Return a frame's bytes and its chain value; nothing is checked, so that wrong frames can be made too."""
    head = b"PAJF" + struct.pack("<HHIIQQQ", version, kind, len(body), count, first_seq, epoch, durable_upto)
    chain = hashlib.sha256(b"pyauction/chain/v1" + prev_chain + head + leaves).digest()
    head += prev_chain
    head += struct.pack("<II", crc32c(salt + head), reserved)
    raw = head + body + chain
    raw += struct.pack("<I", crc32c(salt + raw))
    length = 4096 if kind == HEADER else -(-(len(raw) + 8) // align) * align
    return raw.ljust(length, b"\x5a"), chain


class JournalWriter:
    """Builds the segments of one journal in memory."""

    def __init__(self, *, align: int = 512, segment_size: int = 16384, stated_size: int | None = None) -> None:
        self.align = align
        self.segment_size = segment_size
        self.stated_size = segment_size if stated_size is None else stated_size
        self.segments: list[tuple[str, bytearray]] = []
        self.next_seq = 1
        self.epoch = 1
        self.durable_upto = 0
        self.chain = hashlib.sha256(b"pyauction/genesis/v1" + JOURNAL_ID).digest()
        self.new_segment()

    def new_segment(self) -> None:
        """Begin a segment with its HEADER frame."""
        self.segments.append((f"{self.next_seq:020}.plog", bytearray()))
        number = len(self.segments)
        body = b"PYAUCTN1" + struct.pack("<HHI", 1, 1, self.align) + JOURNAL_ID + SALT
        self._write(HEADER, body + struct.pack("<QQq", number, self.stated_size, 1_000))

    @property
    def data(self) -> bytearray:
        """Return the written part of the last segment."""
        return self.segments[-1][1]

    def records(self, records: Iterable[Record]) -> JournalWriter:
        """Write one RECORDS frame."""
        return self.raw_records([encode(record) for record in records])

    def raw_records(self, raws: Sequence[bytes], *, count: int | None = None) -> JournalWriter:
        """Write one RECORDS frame from bytes."""
        body = b"".join(struct.pack("<I", len(raw)) + raw for raw in raws)
        if len(self.data) > 4096 and len(self.data) + 124 + len(body) + self.align > self.segment_size:
            self.new_segment()
        leaves = b"".join(hashlib.sha256(b"\x00" + raw).digest() for raw in raws)
        self._write(RECORDS, body, leaves, count=len(raws) if count is None else count)
        self.next_seq += len(raws)
        return self

    def seal(self) -> JournalWriter:
        """Write a SEAL frame."""
        self.durable_upto = self.next_seq - 1
        return self._write(SEAL, b"")

    def state(self, digest: bytes) -> JournalWriter:
        """Write a STATE frame."""
        return self._write(STATE, struct.pack("<Q", self.next_seq - 1) + digest)

    def open_epoch(self) -> JournalWriter:
        """Write an EPOCH frame for the next epoch."""
        self.epoch += 1
        return self._write(EPOCH, struct.pack("<q", 5_000))

    def recovery(self, removed: bytes, *, why: int = 1, operator: str = "", **lies: int) -> JournalWriter:
        """Write a RECOVERY frame about bytes that stood where it stands, unless it lies about that."""
        true = {"number": len(self.segments), "cut_at": len(self.data), "size": len(removed), "zero": 0}
        number, cut_at, size, zero = (true | lies).values()
        body = struct.pack("<QQQ", number, cut_at, size) + hashlib.sha256(removed).digest()
        name = operator.encode()
        return self._write(RECOVERY, body + struct.pack("<HHB", why, zero, len(name)) + name)

    def control(self, kind: int, body: bytes, **changes: int | bytes) -> JournalWriter:
        """Write any control frame, with any header field changed."""
        return self._write(kind, body, **changes)

    def frame(self, kind: int, body: bytes, leaves: bytes | None = None, **changes: int | bytes) -> bytes:
        """Return the bytes of a frame that would be next, with any header field changed, without writing it."""
        fields = {
            "count": 0, "first_seq": self.next_seq, "epoch": self.epoch, "durable_upto": self.durable_upto,
            "prev_chain": self.chain, "align": self.align,
        }  # fmt: skip
        leaves = hashlib.sha256(b"\x02" + body).digest() if leaves is None else leaves
        raw, self._next_chain = frame(kind, body, leaves, **(fields | changes))  # type: ignore[arg-type]  # mixed fields
        return raw

    def _write(self, kind: int, body: bytes, leaves: bytes | None = None, **changes: int | bytes) -> JournalWriter:
        self.data.extend(self.frame(kind, body, leaves, **changes))
        self.chain = self._next_chain
        return self

    def files(self) -> dict[str, bytes]:
        """Return the segments, zero-filled to their size."""
        return {name: bytes(data).ljust(self.segment_size, b"\0") for name, data in self.segments}
