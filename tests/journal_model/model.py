"""A model of the journal's frames, of how a bad frame is named, and of recovery (FORMAT.md, A.2 to A.4).

It exists to be attacked by `test_journal_model.py`: short, slow, and written from the document alone. A disk is made
of 512-byte sectors; what was written but not synced may be kept, dropped or garbled sector by sector when the power
goes. `Rules` holds every sentence that the experiment asked to change: `FIRST_DRAFT` is the document before the
experiment, `REVISED` is the document with all of them.
"""

import hashlib
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import Enum, IntEnum
from functools import lru_cache
from typing import NamedTuple

SECTOR, HEADER_LENGTH, MAX_FRAME, MARK = 512, 4096, 1 << 20, b"\x5a" * 8
HEAD = struct.Struct("<4sHHIIQQQ32s")
HEADER_BODY = struct.Struct("<8sHHI16s16sQQq")
RECOVERY_BODY = struct.Struct("<QQQ32sHH")
Kind = IntEnum("Kind", ["RECORDS", "HEADER", "SEAL", "RECOVERY", "EPOCH", "STATE"])
Verdict = Enum("Verdict", ["CLEAN", "TORN", "AMBIGUOUS", "CORRUPT", "TAMPERED"])
Fate = Enum("Fate", ["KEPT", "DROPPED", "GARBLED"])


@dataclass(frozen=True)
class Rules:
    """The sentences that the experiment added to A.2 to A.4; each flag is one of them."""

    header_stands_first: bool = False  # an all-zero segment is no end of the written data
    size_is_kept: bool = False  # a segment is never made shorter; a shorter one is corrupt
    whole_tail_is_ambiguous: bool = False  # a tail of complete frames is not cut because its first header is bad
    tail_is_one_frame: bool = False  # behind a frame with a sound header everything is zero, or it is corrupt
    proof_must_fit: bool = False  # a header behind F proves something only if it could follow the running values
    end_is_acknowledged: bool = False  # a clean end below an acknowledged sequence is corrupt
    recovery_is_finished: bool = False  # a .torn file named for the end of the journal is carried through as it is
    synced_before_reading: bool = False  # opening for writing syncs what it is about to believe
    malformed_is_tampered: bool = False  # a right CRC over a body that cannot be taken apart is no accident
    missing_mark_is_torn: bool = False  # zeros where the mark should end are the same evidence as a zero sector


FIRST_DRAFT = Rules()
REVISED = Rules(**{sentence.name: True for sentence in fields(Rules)})


class PowerLossError(Exception):
    """The fuse of the disk has blown: nothing after this operation was done."""


class RefusedError(Exception):
    """The journal does not open for writing."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.name)
        self.verdict = verdict


@dataclass
class File:
    """What a process sees of a file, what the medium holds, and the sectors in between."""

    now: bytearray = field(default_factory=bytearray)
    durable: bytes = b""
    touched: set[int] = field(default_factory=set)


class Disk:
    """One directory on a medium of 512-byte sectors; `unit` is how much a write rewrites at once."""

    def __init__(self, unit: int = SECTOR) -> None:
        self.unit, self.fuse = unit, -1
        self.names: dict[str, File] = {}
        self.durable_names: dict[str, File] = {}

    def fork(self) -> "Disk":
        """Return an independent copy, with the fuse taken out."""
        other, copies = Disk(self.unit), {}
        for file in (*self.names.values(), *self.durable_names.values()):
            copies[id(file)] = File(bytearray(file.now), file.durable, set(file.touched))
        other.names = {name: copies[id(file)] for name, file in self.names.items()}
        other.durable_names = {name: copies[id(file)] for name, file in self.durable_names.items()}
        return other

    def _step(self) -> None:
        self.fuse -= 1
        if self.fuse == 0:
            raise PowerLossError

    def create(self, name: str, size: int = 0) -> None:
        """Make a file of durable zeros: a spare that is not durable yet has no name that anyone would read."""
        self.names[name] = File(bytearray(size), bytes(size))
        self._step()

    def write(self, name: str, offset: int, data: bytes) -> None:
        file, end = self.names[name], offset + len(data)
        file.now.extend(bytes(max(0, end - len(file.now))))
        file.now[offset:end] = data
        first, last = offset // self.unit * self.unit, min(-(-end // self.unit) * self.unit, len(file.now))
        file.touched.update(range(first // SECTOR, -(-last // SECTOR)))
        self._step()

    def truncate(self, name: str, size: int) -> None:
        """Make a file shorter; the size is durable at once, which is the worse of the two possibilities."""
        file = self.names[name]
        del file.now[size:]
        file.durable = file.durable[:size]
        self._step()

    def sync(self, name: str) -> None:
        file = self.names[name]
        file.durable = bytes(file.now)
        file.touched.clear()
        self._step()

    def rename(self, old: str, new: str) -> None:
        self.names[new] = self.names.pop(old)
        self._step()

    def unlink(self, name: str) -> None:
        del self.names[name]
        self._step()

    def sync_dir(self) -> None:
        self.durable_names = dict(self.names)
        self._step()

    def pending(self) -> list[tuple[str, int]]:
        """Return file name and number of every sector that is not known to be durable."""
        return [(name, sector) for name, file in sorted(self.names.items()) for sector in sorted(file.touched)]

    def crash(self, fates: Sequence[Fate] = (), *, names_kept: bool = True, seed: int = 0) -> None:
        """Lose the power: pending sectors, in the order of `pending`, meet their fates (dropped if none is given)."""
        noise = random.Random(seed)
        for number, (name, sector) in enumerate(self.pending()):
            file, fate = self.names[name], fates[number] if number < len(fates) else Fate.DROPPED
            at = sector * SECTOR
            if fate is not Fate.DROPPED:
                new = bytes(file.now[at : at + SECTOR]) if fate is Fate.KEPT else noise.randbytes(SECTOR)
                old = file.durable.ljust(at, b"\0")
                file.durable = old[:at] + new + old[at + len(new) :]
        self.names = dict(self.names if names_kept else self.durable_names)
        self.durable_names, self.fuse = dict(self.names), -1
        for file in self.names.values():
            file.now, file.touched = bytearray(file.durable), set()


@lru_cache(maxsize=1)
def _table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ (0x82F63B78 if value & 1 else 0) for value in table]
    return table


@lru_cache(maxsize=1 << 15)
def crc32c(data: bytes) -> int:
    """Return the CRC-32C of `data`; remembered, because the experiment reads the same frames again and again."""
    table, crc = _table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


class Running(NamedTuple):
    """What the next frame has to continue."""

    next_seq: int
    chain: bytes
    epoch: int


class Header(NamedTuple):
    """A sound frame header."""

    kind: int
    body_len: int
    record_count: int
    first_seq: int
    epoch: int
    durable_upto: int
    prev_chain: bytes

    def length(self, align: int) -> int:
        return HEADER_LENGTH if self.kind == Kind.HEADER else -(-(self.body_len + 124) // align) * align


class Segment(NamedTuple):
    """A segment as it is read: where it stands in the journal, and what the reader knows and believes."""

    name: str
    number: int
    last: bool
    first: bytes  # the body of the journal's first HEADER frame
    acknowledged: int
    rules: Rules

    @property
    def align(self) -> int:
        return int(HEADER_BODY.unpack(self.first)[3])

    @property
    def salt(self) -> bytes:
        return self.first[32:48]


class Frame(NamedTuple):
    """A frame that was taken."""

    kind: Kind
    offset: int
    length: int
    body: bytes
    records: tuple[bytes, ...]
    after: Running


class Reading(NamedTuple):
    """The frames taken, and the name of what stands behind them."""

    verdict: Verdict
    segment: str
    offset: int
    frames: tuple[Frame, ...]
    after: Running

    @property
    def records(self) -> tuple[bytes, ...]:
        return tuple(record for frame in self.frames for record in frame.records)


def record(seq: int, text: bytes) -> bytes:
    """Return a record: the 32 bytes that every record begins with, then `text`."""
    return struct.pack("<HHIQqII", 16, 0, 0, seq, 0, 0, 0) + text


def leaves_of(kind: int, body: bytes, records: Sequence[bytes]) -> bytes:
    return b"".join(sha256(b"\0", r) for r in records) if kind == Kind.RECORDS else sha256(b"\x02", body)


def build_frame(kind: Kind, body: bytes, records: Sequence[bytes], at: Running, *, salt: bytes, align: int) -> bytes:
    """Return a frame's bytes; everything before it is durable, so `durable_upto` is the sequence before."""
    body = b"".join(struct.pack("<I", len(r)) + r for r in records) if records else body
    epoch = at.epoch + (kind == Kind.EPOCH)
    parts = (b"PAJF", 1, kind, len(body), len(records), at.next_seq, epoch, at.next_seq - 1, at.chain)
    head = HEAD.pack(*parts)
    frame = head + struct.pack("<II", crc32c(salt + head), 0) + body
    frame += sha256(b"pyauction/chain/v1", at.chain, head[:40], leaves_of(kind, body, records))
    frame += struct.pack("<I", crc32c(salt + frame))
    return frame.ljust(Header(kind, len(body), 0, 0, 0, 0, b"").length(align), MARK[:1])


@lru_cache(maxsize=1 << 15)
def parse_header(head: bytes, salt: bytes) -> Header | None:
    _, version, *values = HEAD.unpack_from(head)
    right = struct.unpack_from("<I", head, 72)[0] == crc32c(salt + head[:72])
    return Header(*values) if version == 1 and right else None


def sound_header(data: bytes, at: int, salt: bytes) -> Header | None:
    found = data.startswith(b"PAJF", at) and len(data) >= at + 76
    return parse_header(data[at : at + 76], salt) if found else None


def split_records(body: bytes, count: int) -> tuple[bytes, ...] | None:
    found, at = [], 0
    while at + 4 <= len(body):
        length = struct.unpack_from("<I", body, at)[0]
        found.append(body[at + 4 : at + 4 + length])
        at += 4 + length
    return tuple(found) if at == len(body) and len(found) == count and min(map(len, found)) >= 32 else None


@lru_cache(maxsize=1 << 12)
def take(frame: bytes, at: int, header: Header, segment: Segment) -> Frame | Verdict | None:
    """Return the whole frame at `at`, TAMPERED if it must not be taken, or None for a bad frame (A.4, rule 3)."""
    end, length, salt = 80 + header.body_len, header.length(segment.align), segment.salt
    body = frame[80:end]
    if len(frame) < length:
        return None

    def crc_is_right() -> bool:
        return bool(struct.unpack_from("<I", frame, end + 32)[0] == crc32c(salt + frame[: end + 32]))

    records = split_records(body, header.record_count) if header.kind == Kind.RECORDS else ()
    if records is None or frame[76:80] != bytes(4):
        return Verdict.TAMPERED if segment.rules.malformed_is_tampered and crc_is_right() else None
    # The CRC comes last only because this one is slow; all of them have to be right.
    chain = sha256(b"pyauction/chain/v1", header.prev_chain, frame[:40], leaves_of(header.kind, body, records))
    if chain != frame[end : end + 32] or frame[end + 36 :].strip(MARK[:1]) or not crc_is_right():
        return None
    if any(struct.unpack_from("<Q", r, 8)[0] != header.first_seq + n for n, r in enumerate(records)):
        return Verdict.TAMPERED
    after = Running(header.first_seq + header.record_count, chain, header.epoch)
    return Frame(Kind(header.kind), at, length, body, records, after)


def name_bad_frame(data: bytes, at: int, run: Running, segment: Segment) -> Verdict:
    """Return what a bad frame at `at` is called (the first table of A.4)."""
    align, salt, rules = segment.align, segment.salt, segment.rules

    def proves(header: Header | None) -> bool:
        fits = header is not None and header.first_seq >= run.next_seq and header.epoch >= run.epoch
        return fits if rules.proof_must_fit else header is not None

    if at == 0 or not segment.last or segment.acknowledged >= run.next_seq:
        return Verdict.CORRUPT
    if any(proves(sound_header(data, behind, salt)) for behind in range(at + align, len(data), align)):
        return Verdict.CORRUPT
    header, tail = sound_header(data, at, salt), data[at:].rstrip(b"\0")
    length = header.length(align) if header else MAX_FRAME
    if len(tail) > length and (header is None or rules.tail_is_one_frame):
        return Verdict.CORRUPT
    if header is None:
        written = tail.ljust(-(-len(tail) // SECTOR) * SECTOR, b"\0")
        whole = len(tail) % align == 0 and tail.endswith(MARK) and not has_zero_sector(written)
        return Verdict.AMBIGUOUS if rules.whole_tail_is_ambiguous and whole else Verdict.TORN
    torn = at + length > len(data) or has_zero_sector(data[at : at + length])
    torn = torn or (rules.missing_mark_is_torn and len(tail) <= length - len(MARK))
    return Verdict.TORN if torn else Verdict.AMBIGUOUS


def has_zero_sector(data: bytes) -> bool:
    return any(not data[at : at + SECTOR].strip(b"\0") for at in range(0, len(data), SECTOR))


@lru_cache(maxsize=512)
def read_segment(data: bytes, run: Running, segment: Segment) -> Reading:
    """Read one segment; `run` is what its HEADER frame has to continue."""
    align, salt, rules, first = segment.align, segment.salt, segment.rules, segment.first
    frames: list[Frame] = []
    at, written = 0, len(data.rstrip(b"\0"))

    def ending(verdict: Verdict) -> Reading:
        return Reading(verdict, segment.name, at, tuple(frames), run)

    while at < written or (at == 0 and rules.header_stands_first):
        header = sound_header(data, at, salt)
        if header:
            fits = header.prev_chain == run.chain and header.first_seq == run.next_seq
            fits = fits and header.epoch == run.epoch + (header.kind == Kind.EPOCH) and header.kind in list(Kind)
            fits = fits and (header.kind == Kind.HEADER) == (at == 0)
            fits = fits and header.body_len + 124 <= header.length(align) <= MAX_FRAME
            if not fits or (1 <= header.record_count <= 8192) != (header.kind == Kind.RECORDS):
                return ending(Verdict.TAMPERED)
        length = header.length(align) if header else 0
        frame = take(data[at : at + length], at, header, segment) if header else None
        if frame is None:
            return ending(name_bad_frame(data, at, run, segment))
        if isinstance(frame, Verdict):
            return ending(frame)
        if at == 0:
            same = frame.body[8:48] == first[8:48] and int(segment.name[:20]) == run.next_seq
            if not same or struct.unpack_from("<Q", frame.body, 48)[0] != segment.number:
                return ending(Verdict.TAMPERED)
            size = struct.unpack_from("<Q", frame.body, 56)[0]
        frames.append(frame)
        at, run = at + frame.length, frame.after
        if rules.size_is_kept and len(data) < size:
            return ending(Verdict.CORRUPT)
    lost = rules.end_is_acknowledged and segment.last and segment.acknowledged >= run.next_seq
    return ending(Verdict.CORRUPT if lost else Verdict.CLEAN)


def read(disk: Disk, rules: Rules, acknowledged: int = 0) -> Reading:
    """Read a journal from its first frame to where it ends or goes wrong; change nothing."""
    names = sorted(name for name in disk.names if name.endswith(".plog"))
    first = bytes(disk.names[names[0]].now[80:152]).ljust(72, b"\0")
    run = Running(1, sha256(b"pyauction/genesis/v1", first[16:32]), 1)
    frames: tuple[Frame, ...] = ()
    if struct.unpack_from("<I", first, 12)[0] not in (512, 4096):
        is_end = not rules.header_stands_first and len(names) == 1 and not any(disk.names[names[0]].now)
        return Reading(Verdict.CLEAN if is_end else Verdict.CORRUPT, names[0], 0, (), run)
    for number, name in enumerate(names, 1):
        segment = Segment(name, number, name == names[-1], first, acknowledged, rules)
        part = read_segment(bytes(disk.names[name].now), run, segment)
        frames, run = frames + part.frames, part.after
        if part.verdict is not Verdict.CLEAN:
            break
    return part._replace(frames=frames)


class Journal:
    """A journal that is open for writing; `append` returns when its records are acknowledged."""

    def __init__(self, disk: Disk, first: bytes, run: Running, *, segment: str, offset: int, number: int) -> None:
        self.disk, self.run, self.segment, self.offset, self.number = disk, run, segment, offset, number
        self._first = first
        _, _, _, self.align, _, self.salt, _, self.size, _ = HEADER_BODY.unpack(first)

    @classmethod
    def create(cls, disk: Disk, *, align: int, size: int, name: bytes) -> "Journal":
        identity, salt = sha256(b"id", name)[:16], sha256(b"salt", name)[:16]
        first = HEADER_BODY.pack(b"PYAUCTN1", 1, 1, align, identity, salt, 1, size, 0)
        journal = cls(
            disk, first, Running(1, sha256(b"pyauction/genesis/v1", identity), 1), segment="", offset=0, number=0
        )
        journal.start_segment()
        return journal

    def start_segment(self) -> None:
        """Make the next segment, in the order that A.2 demands."""
        self.number += 1
        body = self._first[:48] + struct.pack("<Q", self.number) + self._first[56:]
        header = build_frame(Kind.HEADER, body, (), self.run, salt=self.salt, align=self.align)
        self.disk.create("spare.tmp", self.size)
        self.disk.write("spare.tmp", 0, header)
        self.disk.sync("spare.tmp")
        self.segment = f"{self.run.next_seq:020}.plog"
        self.disk.rename("spare.tmp", self.segment)
        self.disk.sync_dir()
        self._wrote(header)

    def write(self, kind: Kind, body: bytes = b"", records: Sequence[bytes] = (), *, sync: bool = True) -> bytes:
        """Write one frame and, unless told not to, make it durable; return its bytes."""
        length = Header(kind, len(body) + sum(len(r) + 4 for r in records), 0, 0, 0, 0, b"").length(self.align)
        holds_a_record = int(self.segment[:20]) < self.run.next_seq
        if self.offset + length > max(self.size, len(self.disk.names[self.segment].now)) and holds_a_record:
            self.start_segment()
        frame = build_frame(kind, body, records, self.run, salt=self.salt, align=self.align)
        self.disk.write(self.segment, self.offset, frame)
        if sync:
            self.disk.sync(self.segment)
        self._wrote(frame, len(records))
        return frame

    def append(self, *texts: bytes) -> bytes:
        return self.write(Kind.RECORDS, records=[record(self.run.next_seq + n, t) for n, t in enumerate(texts)])

    def _wrote(self, frame: bytes, count: int = 0) -> None:
        end = 80 + struct.unpack_from("<I", frame, 8)[0]
        epoch = struct.unpack_from("<Q", frame, 24)[0]
        self.run = Running(self.run.next_seq + count, frame[end : end + 32], epoch)
        self.offset = len(frame) + (0 if frame[6] == Kind.HEADER else self.offset)


def open_for_writing(disk: Disk, rules: Rules, acknowledged: int = 0, accept: bytes = b"") -> Journal:
    """Open a journal for writing: read it, cut a torn tail, record the cut, begin an epoch. Raise `RefusedError`."""
    if rules.synced_before_reading:
        disk.sync(max(name for name in disk.names if name.endswith(".plog")))
        disk.sync_dir()
    for name in ("spare.tmp", "torn.tmp"):
        if name in disk.names:
            disk.unlink(name)
    reading = read(disk, rules, acknowledged)
    verdict, name, at = reading.verdict, reading.segment, reading.offset
    removed = bytes(disk.names[name].now[at:]).rstrip(b"\0")
    torn = f"{name[:20]}-{at}.torn"
    unfinished = rules.recovery_is_finished and torn in disk.names
    wanted = verdict is Verdict.AMBIGUOUS and (unfinished or accept == sha256(removed))
    if verdict not in (Verdict.CLEAN, Verdict.TORN) and not wanted:
        raise RefusedError(verdict)
    first = next(frame.body for frame in reading.frames)
    number = sum(frame.kind == Kind.HEADER for frame in reading.frames)
    journal = Journal(disk, first, reading.after, segment=name, offset=at, number=number)
    recover = _finish_recovery if rules.recovery_is_finished else _recover_as_first_drafted
    recover(journal, torn, removed, recovery_body(number, at, removed, 2 if wanted else 1))
    journal.write(Kind.EPOCH, bytes(8))
    return journal


def recovery_body(number: int, at: int, removed: bytes, why: int) -> bytes:
    operator = b"\x08operator" if why == 2 else b"\x00"
    return RECOVERY_BODY.pack(number, at, len(removed), sha256(removed), why, 0) + operator


def _finish_recovery(journal: Journal, torn: str, removed: bytes, body: bytes) -> None:
    """Recover so that every step can be done again: the .torn file is whole or absent and decides what is recorded."""
    disk = journal.disk
    if removed and torn not in disk.names:
        disk.create("torn.tmp")
        disk.write("torn.tmp", 0, body + removed)
        disk.sync("torn.tmp")
        disk.rename("torn.tmp", torn)
        disk.sync_dir()
    if torn in disk.names:
        kept = bytes(disk.names[torn].now)
        if removed:
            disk.write(journal.segment, journal.offset, bytes(len(removed)))
            disk.sync(journal.segment)
        journal.write(Kind.RECOVERY, kept[: 60 + 1 + kept[60]])


def _recover_as_first_drafted(journal: Journal, torn: str, removed: bytes, body: bytes) -> None:
    """Recover as the first draft said: copy and sync, cut, fill with zeros, then a RECOVERY frame for every copy."""
    disk, name = journal.disk, journal.segment
    if removed:
        disk.create(torn)
        disk.write(torn, 0, removed)
        disk.sync(torn)
        size = len(disk.names[name].now)
        disk.truncate(name, journal.offset)
        disk.write(name, journal.offset, bytes(size - journal.offset))
        journal.write(Kind.RECOVERY, body)
    for file in [file for file in disk.names if file.endswith(".torn")]:
        kept, place = bytes(disk.names[file].now), (journal.number, int(file[21:-5]))
        frames = read(disk, FIRST_DRAFT).frames
        if place not in [RECOVERY_BODY.unpack_from(f.body)[:2] for f in frames if f.kind == Kind.RECOVERY]:
            journal.write(Kind.RECOVERY, recovery_body(*place, kept, 1))
