"""Journals taken apart into frames and put together again, as somebody does who can write the directory: every CRC, chain
value, sequence and state hash is computed anew. Written from FORMAT.md, part A.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from pathlib import Path

from pyauction._engine import Replay
from pyauction.errors import AuctionError
from pyauction.verifier.crc32c import crc32c

RECORDS, HEADER, SEAL, RECOVERY, EPOCH, STATE = range(1, 7)
Files = dict[str, bytes]


@dataclass
class Frame:
    """What a frame says, without what follows from its place."""

    kind: int
    epoch: int
    body: bytes = b""
    records: list[bytes] = field(default_factory=list)


def read_files(directory: Path) -> Files:
    """Return the files of a journal but its empty lock."""
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir()) if path.name != "LOCK"}


def segments(files: Files) -> list[str]:
    """Return the names of the segments in order."""
    return sorted(name for name in files if name.endswith(".plog"))


def written(data: bytes, align: int) -> list[tuple[int, int]]:
    """Return where each frame of a segment begins and ends."""
    places, offset = [], 0
    while offset < len(data) and any(data[offset : offset + 80]):
        kind, body_len = struct.unpack_from("<HI", data, offset + 6)
        size = 4096 if kind == HEADER else -(-(124 + body_len) // align) * align
        places.append((offset, offset + size))
        offset += size
    return places


def align_of(files: Files) -> int:
    """Return what the frames of a journal are padded to."""
    (align,) = struct.unpack_from("<I", files[segments(files)[0]], 80 + 12)
    return int(align)


def take_apart(files: Files) -> list[Frame]:
    """Return the frames of a journal in order."""
    return [
        take_apart_frame(files[name][start:end])
        for name in segments(files)
        for start, end in written(files[name], align_of(files))
    ]


def take_apart_frame(raw: bytes) -> Frame:
    """Return what the bytes of one frame say."""
    kind, body_len = struct.unpack_from("<HI", raw, 6)
    (epoch,) = struct.unpack_from("<Q", raw, 24)
    body = raw[80 : 80 + body_len]
    return Frame(kind, epoch, body, _split(body) if kind == RECORDS else [])


def _split(body: bytes) -> list[bytes]:
    records, at = [], 0
    while at < len(body):
        (size,) = struct.unpack_from("<I", body, at)
        records.append(body[at + 4 : at + 4 + size])
        at += 4 + size
    return records


def put_together(frames: list[Frame], *, renumber: bool = True, restate: bool = True) -> Files:
    """Return the journal that these frames make. `renumber` numbers its records anew, `restate` its state hashes."""
    return _Writer(frames[0], renumber=renumber, restate=restate).write(frames)


class _Writer:
    def __init__(self, header: Frame, *, renumber: bool, restate: bool) -> None:
        self._align: int = struct.unpack_from("<I", header.body, 12)[0]
        self._salt = header.body[32:48]
        self._chain = hashlib.sha256(b"pyauction/genesis/v1" + header.body[16:32]).digest()
        self._renumber, self._restate = renumber, restate
        self._next_seq = 1
        self._lot_seqs: dict[int, int] = {}
        self._segments: dict[str, bytearray] = {}
        self._sizes: dict[str, int] = {}
        self._engine: Replay | None = Replay()

    def write(self, frames: list[Frame]) -> Files:
        for frame in frames:
            self._add(frame)
        return {name: bytes(data).ljust(self._sizes[name], b"\0") for name, data in self._segments.items()}

    def _add(self, frame: Frame) -> None:
        if frame.kind == HEADER:
            name = f"{self._next_seq:020}.plog"
            self._segments[name] = bytearray()
            self._sizes[name] = struct.unpack_from("<Q", frame.body, 56)[0]
        records = [self._numbered(record, index) for index, record in enumerate(frame.records)]
        body = self._body(frame, records)
        segment = list(self._segments.values())[-1]
        segment += self._bytes(frame, body, records)
        self._next_seq += len(records)
        self._feed(records, frame.epoch)

    def _numbered(self, record: bytes, index: int) -> bytes:
        if not self._renumber:
            return record
        (lot,) = struct.unpack_from("<I", record, 4)
        self._lot_seqs[lot] = self._lot_seqs.get(lot, 0) + 1 if lot else 0
        seq, lot_seq = struct.pack("<Q", self._next_seq + index), struct.pack("<I", self._lot_seqs[lot])
        return record[:8] + seq + record[16:24] + lot_seq + record[28:]

    def _body(self, frame: Frame, records: list[bytes]) -> bytes:
        number, last = len(self._segments), self._next_seq - 1
        match frame.kind:
            case 1:
                return b"".join(struct.pack("<I", len(record)) + record for record in records)
            case 2:
                return frame.body[:48] + struct.pack("<Q", number) + frame.body[56:]
            case 4:
                offset = len(list(self._segments.values())[-1])
                return struct.pack("<QQ", number, offset) + frame.body[16:]
            case 6 if self._restate and self._engine is not None:
                return struct.pack("<Q", last) + self._engine.state_hash
            case 6:
                return struct.pack("<Q", last) + frame.body[8:]
        return frame.body

    def _feed(self, records: list[bytes], epoch: int) -> None:
        try:
            if self._engine is not None:
                self._engine.feed_all(records, epoch)
        except AuctionError:
            self._engine = None

    def _bytes(self, frame: Frame, body: bytes, records: list[bytes]) -> bytes:
        head = b"PAJF" + struct.pack(
            "<HHIIQQQ", 1, frame.kind, len(body), len(records), self._next_seq, frame.epoch, self._next_seq - 1
        )
        leaves = b"".join(hashlib.sha256(b"\0" + record).digest() for record in records)
        if frame.kind != RECORDS:
            leaves = hashlib.sha256(b"\2" + body).digest()
        chain = hashlib.sha256(b"pyauction/chain/v1" + self._chain + head + leaves).digest()
        head += self._chain
        raw = head + struct.pack("<II", crc32c(self._salt + head), 0) + body + chain
        raw += struct.pack("<I", crc32c(self._salt + raw))
        self._chain = chain
        size = 4096 if frame.kind == HEADER else -(-(len(raw) + 8) // self._align) * self._align
        return raw.ljust(size, b"\x5a")
