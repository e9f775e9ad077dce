"""What ends a reading: the rules and the table of A.4 row by row, each name with a neighbour that gets another one.

Every case is the small journal below, with bytes put where the next frame would stand: `F` is 4,096 + 5 × 512, the next
record is number 5, the epoch is 1.
"""

from __future__ import annotations

import hashlib
import struct

import pytest
from auction_room import journal, sale
from journal_writer import HEADER, RECORDS, SALT, SEAL, STATE, JournalWriter, crc32c
from speech import codes
from verifier import ClockJumped, encode, verify_files

FIRST = "00000000000000000001.plog"
MIB = 1 << 20
F = 4096 + 5 * 512
FULL = b"\x01" * 512
HOLE = bytes(512)
MARKED = b"\x01" * 504 + b"\x5a" * 8


def small(segment_size: int = 16384, **options: int) -> JournalWriter:
    """Return a sealed journal of four commands in frames of one sector each."""
    writer = journal(sale()[1][:4], segment_size=segment_size, **options)
    assert (writer.next_seq, len(writer.segments)) == (5, 1)
    return writer


def ended_by(tail: bytes, *, acknowledged: int = 0, segment_size: int = 16384, length: int | None = None) -> str:
    """Return the name of the bad frame that `tail` makes, in a file of `length` bytes; "" for a clean end."""
    writer = small(segment_size)
    assert len(writer.data) == F
    data = (bytes(writer.data) + tail).ljust(segment_size, b"\0")[:length]
    expected = (acknowledged, "0" * 64) if acknowledged else None
    report = verify_files({FIRST: data}, expect_chain=expected)
    codes(report)
    names = [finding for finding in report.findings if finding.code != "expect_chain"]
    if not names:
        return ""
    (finding,) = names
    assert (finding.seq, finding.segment, finding.offset) == (5, FIRST, F)
    assert report.records == 4
    return finding.code


def next_frame(**changes: int | bytes) -> bytes:
    """Return a frame of one sector that may follow, with any header field changed."""
    return small().frame(SEAL, b"", **changes)


def long_frame() -> bytes:
    """Return a frame of three sectors that may follow."""
    writer = small()
    writer.records([ClockJumped(seq=5 + index, at=1_020, shown=index, expected=-index) for index in range(20)])
    assert (verify_files(writer.files()).ok, writer.next_seq) == (True, 25)
    frame = bytes(writer.data[F:])
    assert len(frame) == 3 * 512
    return frame


LONG = long_frame()


def changed(frame: bytes, at: int, to: bytes) -> bytes:
    return frame[:at] + to + frame[at + len(to) :]


def damaged(frame: bytes) -> bytes:
    """Return a frame with a sound header and a changed body."""
    return changed(frame, 90, bytes([frame[90] ^ 1]))


ONE_BAD = damaged(LONG[:512])
"""A sound header whose frame is three sectors long, and one of them."""

SINGLE = damaged(next_frame())
"""A sound header, a frame of one sector and nothing missing."""


ROWS: list[tuple[str, str, bytes, dict[str, int]]] = [
    ("a clean end", "", b"", {}),
    ("a clean end, its last record acknowledged", "", b"", {"acknowledged": 4}),
    ("a clean end before an acknowledged record", "corrupt", b"", {"acknowledged": 5}),
    ("a clean end of a file without zeros", "", b"", {"segment_size": 8192, "length": 8192}),
    ("a clean end in a segment that is too short", "corrupt", b"", {"length": 16383}),
    ("a bad frame in a segment that is too short", "corrupt", LONG[:512], {"length": F + 512}),
    # Row 2: proof.
    ("proof: a sound header behind", "corrupt", FULL + next_frame(), {}),
    ("proof: a sound header two sectors behind", "corrupt", FULL + FULL + next_frame(), {}),
    ("proof: a sound header of a later record", "corrupt", FULL + next_frame(first_seq=900), {}),
    ("proof: a sound header of a later epoch", "corrupt", FULL + next_frame(epoch=2), {}),
    ("proof: a sound header, nothing else of it", "corrupt", FULL + next_frame()[:80], {}),
    ("proof: a sound header of an unknown version", "corrupt", FULL + next_frame(version=2), {}),
    ("proof behind a sound header", "corrupt", damaged(LONG)[:1024] + next_frame(), {}),
    ("no proof: an older record", "torn", FULL + next_frame(first_seq=4)[:80], {}),
    ("no proof: an older epoch", "torn", FULL + next_frame(epoch=0)[:80], {}),
    ("no proof: another journal's salt", "torn", FULL + next_frame(salt=bytes(16))[:80], {}),
    ("no proof: not at a multiple of align", "torn", FULL + b"\x01" + next_frame()[:80], {}),
    ("no proof: durable_upto alone", "torn", FULL + next_frame(first_seq=4, durable_upto=900)[:80], {}),
    ("proof: an acknowledged record", "corrupt", LONG[:512], {"acknowledged": 5}),
    ("no proof: the record before was acknowledged", "torn", LONG[:512], {"acknowledged": 4}),
    # Row 3: the header is not sound, and bytes stand further behind than a frame is long.
    ("a byte one mebibyte behind", "corrupt", b"\x01" + bytes(MIB - 1) + b"\x01", {"segment_size": 2 * MIB}),
    ("a byte one less than that behind", "torn", b"\x01" + bytes(MIB - 2) + b"\x01", {"segment_size": 2 * MIB}),
    # Row 4: the header is not sound, and the bytes may be complete frames.
    ("one marked sector", "ambiguous", MARKED, {}),
    ("two sectors, the last one marked", "ambiguous", FULL + MARKED, {}),
    ("a frame with a damaged header", "ambiguous", changed(next_frame(), 20, b"\x09"), {}),
    ("a long frame with a damaged header", "ambiguous", changed(LONG, 20, b"\x09"), {}),
    ("two marked sectors with a hole between", "torn", MARKED + HOLE + MARKED, {}),
    ("seven bytes of mark", "torn", b"\x01" * 505 + b"\x5a" * 7, {}),
    ("a mark that ends elsewhere", "torn", MARKED + b"\x5a", {}),
    ("a mark that ends one byte too early", "torn", MARKED[1:], {}),
    # Row 5: the header is not sound, otherwise.
    ("a single byte", "torn", b"\x01", {}),
    ("a header cut off", "torn", LONG[:79], {}),
    ("a long frame without its first sector", "torn", HOLE + LONG[512:], {}),
    # Row 6: the header is sound, and something stands behind the frame.
    ("a byte behind the frame", "corrupt", SINGLE + b"\x01", {}),
    ("a byte far behind the frame", "corrupt", SINGLE + bytes(3000) + b"\x01", {}),
    ("a byte behind a frame with a hole", "corrupt", LONG[:512] + HOLE + LONG[1024:] + b"\x01", {}),
    # Row 7: the header is sound, and the frame is visibly not complete.
    ("without its second sector", "torn", LONG[:512] + HOLE + LONG[1024:], {}),
    ("without its last sector", "torn", LONG[:1024], {}),
    ("cut inside its last sector", "torn", LONG[:1100], {}),
    ("the last eight bytes are zero", "torn", damaged(LONG)[:-8], {}),
    ("the last seven bytes are zero", "ambiguous", damaged(LONG)[:-7], {}),
    # Row 8: the header is sound, and nothing is missing.
    ("a changed body", "ambiguous", damaged(LONG), {}),
    ("a changed body of one sector", "ambiguous", SINGLE, {}),
    ("a changed checksum", "ambiguous", changed(next_frame(), 112, bytes([next_frame()[112] ^ 1])), {}),
    ("set reserved bytes, and no checksum of them", "ambiguous", changed(next_frame(), 76, b"\x01"), {}),
    ("a changed mark", "ambiguous", changed(next_frame(), 511, b"\x5b"), {}),
    ("a changed mark in the middle", "ambiguous", changed(next_frame(), 300, b"\0"), {}),
    ("proof: a changed mark of an acknowledged frame", "corrupt", changed(next_frame(), 511, b"\x5b"),
     {"acknowledged": 5}),
    ("no mark at all", "torn", next_frame()[:116], {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "tail", "given"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_an_end_gets_the_name_of_the_first_row_that_applies(name: str, tail: bytes, given: dict[str, int]) -> None:
    assert ended_by(tail, **given) == name


def test_a_sound_header_is_looked_for_at_multiples_of_align_only() -> None:
    writer = small(8 * 4096, align=4096)
    late = writer.frame(SEAL, b"")[:80]
    for distance, name in ((4096, "corrupt"), (512, "torn"), (3584, "torn")):
        data = bytes(writer.data) + b"\x01".ljust(distance, b"\0") + late
        assert codes(verify_files({FIRST: data.ljust(2 * 8 * 4096, b"\0")})) == [name]


def test_a_mark_must_end_at_a_multiple_of_align() -> None:
    writer = small(8 * 4096, align=4096)
    for size, name in ((8, "ambiguous"), (7, "torn")):
        data = bytes(writer.data) + FULL * (size - 1) + MARKED
        assert codes(verify_files({FIRST: data.ljust(8 * 4096, b"\0")})) == [name]


def test_a_named_segment_without_a_whole_header_is_corrupt() -> None:
    for length in (0, 100, 4095):
        assert codes(verify_files({FIRST: bytes(small().data[:length]).ljust(16384, b"\0")})) == ["corrupt"]
    files = journal(sale()[1], segment_size=8192).files()
    first, second = files
    for data in (bytes(8192), b"", files[second][:4000], changed(files[second], 200, b"\0")):
        report = verify_files(files | {second: data})
        assert [(f.code, f.segment, f.offset) for f in report.findings] == [("corrupt", second, 0)]


def test_a_next_segment_proves_that_a_bad_frame_was_whole() -> None:
    files = journal(sale()[1], segment_size=8192).files()
    first, second = files
    assert verify_files(files).ok
    last_of_first = files[first][:4608] + damaged(files[first][4608:])
    for data in (last_of_first, files[first][:4608] + b"\x01".ljust(8192 - 4608, b"\0")):
        assert codes(verify_files(files | {first: data})) == ["corrupt"]


def test_a_frame_that_makes_its_segment_longer_may_be_cut_off_by_the_end_of_the_file() -> None:
    model, course = sale()
    writer = JournalWriter(segment_size=4096)
    late = [model.place_bid(1_320, 1, "甲", 500) for _ in range(11)]
    writer.records([record for records in course + late for record in records])
    long = bytes(writer.data)
    assert len(long) > 4096 + 4 * 512
    assert verify_files({FIRST: long}).ok
    for kept in (4096 + 512, len(long) - 512, len(long) - 1):
        assert codes(verify_files({FIRST: long[:kept]})) == ["torn"]
    assert verify_files({FIRST: long[:4096]}).ok
    assert codes(verify_files({FIRST: long[:4095]})) == ["corrupt"]


def test_a_segment_is_never_shorter_than_its_header_says() -> None:
    for stated, name in ((8192, []), (12288, ["corrupt"]), (4096, [])):
        report = verify_files(small(8192, stated_size=stated).files())
        assert (codes(report), report.records) == (name, 4)
    writer = journal(sale()[1], segment_size=8192)
    (first, written), _ = writer.segments
    assert len(written) < 8192
    (finding,) = verify_files(writer.files() | {first: bytes(written)}).findings
    assert (finding.code, finding.segment, finding.offset) == ("corrupt", first, len(written))


def test_a_tail_cut_at_any_byte_is_never_taken() -> None:
    """Three sectors; of a cut inside the last eight bytes, which are mark, something is left there."""
    end_of_checksum = len(LONG.rstrip(b"\x5a"))
    edges = [76, 80, 512, 1024, end_of_checksum, 3 * 512 - 8]
    for keep in {*range(1, 3 * 512, 7), *(edge + by for edge in edges for by in (-4, -3, -2, -1, 0, 1))}:
        expected = "torn" if keep <= 3 * 512 - 8 else "ambiguous"
        assert ended_by(LONG[:keep]) == expected, keep


def test_an_expected_chain_makes_its_sequence_acknowledged() -> None:
    report = verify_files(small().files(), expect_chain=(5, "0" * 64))
    assert codes(report) == ["corrupt", "expect_chain"]
    assert "record 5, which was acknowledged" in report.findings[0].text_en


def test_bytes_inside_a_tail_are_never_replayed() -> None:
    """A whole frame behind a bad one is proof, and not read."""
    data = bytes(small().data) + FULL + LONG
    report = verify_files({FIRST: data.ljust(16384, b"\0")})
    assert (codes(report), report.records, report.replayed) == (["corrupt"], 4, 4)


def test_what_lies_behind_a_bad_frame_is_not_called_passed() -> None:
    data = bytes(small().data) + LONG[:512]
    assert verify_files({FIRST: data.ljust(16384, b"\0")}).checks == {
        "frames": "failed", "chain": "partial", "sequence": "partial", "rules": "partial", "settlement": "partial",
        "reserve": "partial",
    }  # fmt: skip


def forged(frame: bytes, at: int) -> bytes:
    """Return a frame with one byte of its body or chain changed, and with the right checksum."""
    (body_len,) = struct.unpack_from("<I", frame, 8)
    end = 80 + body_len + 32
    raw = changed(frame[:end], at, bytes([frame[at] ^ 1]))
    return raw + struct.pack("<I", crc32c(SALT + raw)) + frame[end + 4 :]


def one_record(seq: int) -> bytes:
    raw = encode(ClockJumped(seq=seq, at=2_000, shown=0, expected=0))
    return struct.pack("<I", len(raw)) + raw


def leaf_of(seq: int) -> bytes:
    return hashlib.sha256(b"\x00" + one_record(seq)[4:]).digest()


SHORT = struct.pack("<I", 31) + one_record(6)[4:35]
"""The next record but one, with a byte less than every record has."""

SHORT_LEAF = hashlib.sha256(b"\x00" + SHORT[4:]).digest()

TAMPERED: list[tuple[str, bytes]] = [
    ("set reserved bytes", next_frame(reserved=1)),
    ("set reserved bytes and no mark", next_frame(reserved=1)[:400] + bytes(112)),
    ("another chain value", forged(next_frame(), 80)),
    ("a changed record", forged(LONG, 120)),
    ("lengths that do not add up", small().frame(RECORDS, b"\xff" * 40, b"", count=1)),
    ("a record of 31 bytes", small().frame(RECORDS, one_record(5) + SHORT, leaf_of(5) + SHORT_LEAF, count=2)),
    ("fewer records than counted", small().frame(RECORDS, one_record(5) + bytes(36), count=2)),
    ("a record with another sequence", small().frame(RECORDS, one_record(6), leaf_of(6), count=1)),
    ("that, and no mark", small().frame(RECORDS, one_record(6), leaf_of(6), count=1)[:300]),
    ("no record", small().frame(RECORDS, b"", b"")),
    ("a HEADER frame behind the first", small().frame(HEADER, bytes(72))),
    ("a state of another record", small().frame(STATE, (3).to_bytes(8, "little") + bytes(32))),
    ("a body that is too long", small().frame(SEAL, b"x")),
]


@pytest.mark.parametrize("frame", [row[1] for row in TAMPERED], ids=[row[0] for row in TAMPERED])
def test_a_frame_whose_checksums_are_right_and_nothing_else_is_tampered(frame: bytes) -> None:
    assert ended_by(frame) == "tampered"
    # What is known to have been acknowledged, or to stand behind it, does not make it less so.
    assert ended_by(frame, acknowledged=9) == "tampered"
    assert ended_by(frame.ljust(4096, b"\0") + next_frame()) == "tampered"


def test_an_unknown_version_or_kind_is_unsupported_before_anything_else_is_compared() -> None:
    for changes in ({"version": 2}, {"version": 2, "first_seq": 9}):
        assert ended_by(next_frame(**changes)) == "unsupported"
    for changes in ({}, {"first_seq": 9}, {"count": 7}, {"epoch": 9}):
        assert ended_by(small().frame(9, b"", **changes)) == "unsupported"


def kept(removed: bytes, **lies: int | str | bytes) -> bytes:
    """Return the content of the `.torn` file of a cut at `F`, with any field changed."""
    true = {"number": 1, "cut_at": F, "size": len(removed), "hash": hashlib.sha256(removed).digest(), "why": 1}
    number, cut_at, size, digest, why = (true | lies).values()
    return struct.pack("<QQQ32sHHB", number, cut_at, size, digest, why, 0, 0) + removed


@pytest.mark.parametrize(
    ("content", "fits"),
    [
        (kept(LONG[:512]), True),
        (kept(b"x"), True),
        (kept(b"x")[:-1], False),
        (kept(b"x") + b"y", False),
        (kept(b""), False),
        (b"", False),
        (kept(b"x", number=2), False),
        (kept(b"x", cut_at=F - 512), False),
        (kept(b"x", size=2), False),
        (kept(b"x", hash=bytes(32)), False),
        (kept(b"x", why=2), False),
        (kept(b"x", why=3), False),
    ],
)
def test_kept_bytes_for_the_place_of_the_end_must_fit_it(*, content: bytes, fits: bool) -> None:
    """A fitting file is an unfinished recovery, whether or not its place is zeroed yet."""
    written = bytes(small().data)
    for tail, name in ((b"", []), (LONG[:512], ["torn"]), (LONG[:512] + HOLE + MARKED, ["torn"])):
        files = {FIRST: (written + tail).ljust(16384, b"\0")}
        name_of_tail = codes(verify_files(files))
        assert name_of_tail == name
        assert codes(verify_files(files | {f"{1:020}-{F:020}.torn": content})) == (name if fits else ["corrupt"])
        for other in (f"{1:020}-{F + 512:020}.torn", f"{5:020}-{F:020}.torn", "torn.tmp", "1-1.torn"):
            assert codes(verify_files(files | {other: content})) == name
