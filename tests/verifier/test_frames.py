"""Frames and segments: nothing that was changed passes, and a bad frame gets the name that A.4 gives it."""

from __future__ import annotations

import hashlib
import struct
import time

import pytest
from auction_room import OPENED, journal, room, sale
from journal_writer import EPOCH, HEADER, RECORDS, SALT, SEAL, JournalWriter, crc32c
from verifier import Finding, Model, Report, UnreadableError, encode, verify_files

FIRST = "00000000000000000001.plog"


def small() -> JournalWriter:
    """Return a journal of three commands in frames of one sector each, and room for one sector more."""
    return journal(sale()[1][:4], segment_size=4096 + 7 * 512)


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


def of_one_segment(writer: JournalWriter) -> Report:
    assert len(writer.segments) == 1
    return verify_files(writer.files())


def test_an_untouched_journal_is_verified() -> None:
    report = of_one_segment(small())
    assert report.ok
    assert (report.segments, report.frames, report.records, report.bids) == (1, 6, 4, 1)


@pytest.mark.parametrize("align", [512, 4096])
def test_frames_are_read_at_either_alignment(align: int) -> None:
    report = verify_files(journal(sale()[1], align=align).files())
    assert (report.ok, report.frames, report.records) == (True, 13 + report.segments - 1, 12)


def test_no_flipped_byte_is_accepted() -> None:
    files = small().files()
    data = files[FIRST]
    accepted = []
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        if verify_files({FIRST: bytes(changed)}).ok:
            accepted.append(at)
    assert accepted == []


def test_a_flip_before_the_last_frame_is_corrupt_and_named() -> None:
    data = bytearray(small().files()[FIRST])
    data[4096 + 512 + 90] ^= 1
    (finding,) = verify_files({FIRST: bytes(data)}).findings
    assert (finding.code, finding.seq, finding.segment, finding.offset) == ("corrupt", 2, FIRST, 4608)


def before_and_with_a_long_frame() -> tuple[int, JournalWriter]:
    """Return a journal whose last frame has three sectors, and the offset of that frame."""
    model, course = sale()
    writer = JournalWriter()
    for records in course[:3]:
        writer.records(records)
    before = len(writer.data)
    late = [model.place_bid(1_320, 1, "甲", 500) for _ in range(5)]
    writer.records([record for records in course[3:] + late for record in records])
    assert len(writer.data) - before == 3 * 512
    return before, writer


def torn_at(keep: int) -> Report:
    """Return the report of a journal whose last frame, of three sectors, was written up to `keep` bytes."""
    data = bytes(LONG.data[: BEFORE + keep])
    return verify_files({FIRST: data.ljust(LONG.segment_size, b"\0")})


BEFORE, LONG = before_and_with_a_long_frame()


def test_a_tail_cut_at_any_byte_is_torn_or_ambiguous_and_never_replayed() -> None:
    assert torn_at(0).ok
    assert torn_at(3 * 512).ok
    for keep in range(1, 3 * 512):
        report = torn_at(keep)
        # A cut inside the last sector leaves no zero sector behind, so it could be a later change as well.
        expected = "ambiguous" if any(LONG.data[BEFORE + 1024 : BEFORE + keep]) else "torn"
        assert (codes(report), report.records) == ([expected], 3), keep


def test_a_torn_tail_names_segment_offset_and_first_sequence() -> None:
    (finding,) = torn_at(512).findings
    assert (finding.code, finding.seq, finding.segment, finding.offset) == ("torn", 4, FIRST, 4096 + 3 * 512)


@pytest.mark.parametrize("sector", [0, 1, 2])
def test_a_missing_sector_of_the_last_frame_is_torn(sector: int) -> None:
    data = bytearray(LONG.files()[FIRST])
    at = BEFORE + sector * 512
    data[at : at + 512] = bytes(512)
    assert codes(verify_files({FIRST: bytes(data)})) == ["torn"]


def test_a_frame_cut_short_by_the_end_of_the_file_is_torn() -> None:
    writer = small()
    data = bytes(writer.data[: len(writer.data) - 100])
    assert codes(verify_files({FIRST: data})) == ["torn"]


def test_a_damaged_last_frame_without_a_zero_sector_is_ambiguous() -> None:
    data = bytearray(small().files()[FIRST])
    data[4096 + 4 * 512 + 200] ^= 1
    assert codes(verify_files({FIRST: bytes(data)})) == ["ambiguous"]


def test_an_acknowledged_sequence_turns_a_torn_tail_into_a_corrupt_one() -> None:
    files = {FIRST: bytes(small().data[: 4096 + 2 * 512 + 60]).ljust(8192, b"\0")}
    assert codes(verify_files(files)) == ["torn"]
    assert codes(verify_files(files, expect_chain=(3, "0" * 64))) == ["corrupt", "expect_chain"]


def test_a_next_segment_proves_that_a_bad_frame_was_whole() -> None:
    writer = journal(sale()[1], segment_size=4096 + 6 * 512)
    files = writer.files()
    assert verify_files(files).ok
    data = bytearray(files[FIRST])
    data[4096 + 5 * 512] ^= 1
    assert codes(verify_files(files | {FIRST: bytes(data)})) == ["corrupt"]


def test_bytes_more_than_a_mebibyte_behind_a_bad_header_are_corrupt() -> None:
    data = bytearray(small().data) + bytes(2 << 20)
    data[len(small().data)] = 1
    assert codes(verify_files({FIRST: bytes(data)})) == ["torn"]
    data[-1] = 1
    assert codes(verify_files({FIRST: bytes(data)})) == ["corrupt"]


def test_a_bad_header_frame_is_corrupt() -> None:
    for length in (0, 100, 4095):
        assert codes(verify_files({FIRST: bytes(small().data[:length])})) == ["corrupt"]


WRONG_HEADS: list[tuple[str, dict[str, int | bytes]]] = [
    ("first_seq", {"first_seq": 9}),
    ("prev_chain", {"prev_chain": bytes(32)}),
    ("epoch rises outside an EPOCH frame", {"epoch": 2}),
    ("epoch falls", {"epoch": 0}),
    ("count in a control frame", {"count": 1}),
    ("durable_upto", {"durable_upto": 5}),
    ("reserved bytes", {"reserved": 1}),
]


@pytest.mark.parametrize("changes", [row[1] for row in WRONG_HEADS], ids=[row[0] for row in WRONG_HEADS])
def test_a_sound_header_that_does_not_fit_is_tampered(changes: dict[str, int | bytes]) -> None:
    writer = small()
    writer.data.extend(writer.frame(SEAL, b"", **changes))
    (finding,) = of_one_segment(writer).findings
    assert (finding.code, finding.offset) == ("tampered", 4096 + 5 * 512)


def test_an_unknown_frame_kind_is_named() -> None:
    writer = small()
    writer.data.extend(writer.frame(9, b""))
    (finding,) = of_one_segment(writer).findings
    assert (finding.code, "unknown frame kind 9" in finding.text_en) == ("tampered", True)


def test_an_unknown_format_version_is_named_and_not_called_torn() -> None:
    writer = small()
    writer.data.extend(writer.frame(SEAL, b"", version=2))
    (finding,) = of_one_segment(writer).findings
    assert (finding.code, "format version 2" in finding.text_en) == ("unknown", True)


def test_a_header_frame_inside_a_segment_is_tampered() -> None:
    writer = small()
    writer.data.extend(writer.frame(HEADER, bytes(72)))
    assert codes(of_one_segment(writer)) == ["tampered"]


def test_an_epoch_frame_that_skips_an_epoch_is_tampered() -> None:
    writer = small()
    writer.data.extend(writer.frame(EPOCH, struct.pack("<q", 1), epoch=3))
    assert codes(of_one_segment(writer)) == ["tampered"]


def test_records_that_are_not_numbered_from_first_seq_are_tampered() -> None:
    course = sale()[1]
    writer = JournalWriter().records(course[0])
    writer.raw_records([encode(course[3][0])])
    (finding,) = of_one_segment(writer).findings
    assert (finding.code, finding.seq) == ("tampered", 2)


def test_a_count_that_differs_from_the_body_is_tampered() -> None:
    writer = JournalWriter()
    raws = [encode(record) for records in sale()[1][:3] for record in records]
    writer.raw_records(raws, count=2)
    assert codes(of_one_segment(writer)) == ["tampered"]


def header_of_a_second_journal(**fields: int | bytes) -> Report:
    """Return the report of a journal whose only HEADER body is changed, with all checksums right."""
    writer = JournalWriter()
    stated = {"magic": b"PYAUCTN1", "version": 1, "suite": 1, "align": 512, "number": 1} | fields
    body = struct.pack("<8sHHI", stated["magic"], stated["version"], stated["suite"], stated["align"])
    body += bytes(range(1, 17)) + SALT + struct.pack("<QQq", stated["number"], 8192, 0)
    writer.chain = hashlib.sha256(b"pyauction/genesis/v1" + bytes(range(1, 17))).digest()
    return verify_files({FIRST: writer.frame(HEADER, body)})


def test_a_header_body_of_another_suite_version_or_alignment_is_refused() -> None:
    assert header_of_a_second_journal().ok
    assert codes(header_of_a_second_journal(suite=2)) == ["unknown"]
    assert codes(header_of_a_second_journal(version=2)) == ["unknown"]
    assert codes(header_of_a_second_journal(magic=b"PYAUCTN2")) == ["unknown"]
    assert codes(header_of_a_second_journal(align=1024)) == ["tampered"]
    assert codes(header_of_a_second_journal(number=2)) == ["tampered"]


def test_a_missing_segment_is_noticed_wherever_it_was() -> None:
    files = journal(sale()[1], segment_size=4096 + 3 * 512).files()
    assert verify_files(files).ok
    assert len(files) == 6
    for name in list(files)[:-1]:
        assert codes(verify_files({other: data for other, data in files.items() if other != name})) == ["tampered"]


def test_a_swapped_segment_name_is_noticed() -> None:
    files = journal(sale()[1], segment_size=4096 + 3 * 512).files()
    first, second, *_ = files
    assert not verify_files(files | {first: files[second], second: files[first]}).ok


def test_a_file_that_only_looks_like_a_segment_is_reported() -> None:
    report = verify_files(small().files() | {"1.plog": b"", "spare.tmp": bytes(10), "LOCK": b""})
    assert codes(report) == ["stray"]


def test_files_without_a_segment_are_unreadable() -> None:
    with pytest.raises(UnreadableError):
        verify_files({"LOCK": b"", "spare.tmp": b""})


def reopened() -> tuple[Model, JournalWriter]:
    """Return a journal that was cut by a crash, recovered, and opened again."""
    model = room()
    twin = Model()
    writer = JournalWriter().records(twin.open_house(OPENED, 1))
    writer.records(twin.open_lot(OPENED, name="lot-1", rules=model.lot(1).rules))
    return twin, writer


def test_a_recovery_is_information_and_no_failure() -> None:
    model, writer = reopened()
    writer.recovery(b"PAJF torn").open_epoch().records(model.open_house(1_050, 2))
    report = of_one_segment(writer)
    assert report.ok
    (recovery,) = report.recoveries
    assert (recovery.cut_at, recovery.removed, recovery.why, recovery.next_seq) == (5120, 9, "torn", 3)
    assert recovery.removed_hash == hashlib.sha256(b"PAJF torn").hexdigest()


def test_an_accepted_loss_names_the_operator() -> None:
    model, writer = reopened()
    writer.recovery(b"x", why=2, operator="王").open_epoch().records(model.open_house(1_050, 2))
    report = of_one_segment(writer)
    assert (report.ok, report.recoveries[0].why, report.recoveries[0].operator) == (True, "operator", "王")


def test_two_recoveries_of_one_cut_are_accepted_and_another_cut_is_not() -> None:
    _, writer = reopened()
    cut_at = len(writer.data)
    writer.recovery(b"first").recovery(b"second", cut_at=cut_at)
    assert of_one_segment(writer).ok
    _, writer = reopened()
    writer.recovery(b"first", cut_at=4096)
    assert codes(of_one_segment(writer)) == ["tampered"]


def test_a_state_frame_is_compared_with_the_model() -> None:
    model, writer = reopened()
    writer.state(model.state_hash())
    assert of_one_segment(writer).ok
    writer.state(bytes(32))
    assert codes(of_one_segment(writer)) == ["state"]


def test_a_state_frame_before_the_first_record_holds_the_empty_state() -> None:
    assert of_one_segment(JournalWriter().state(Model().state_hash())).ok


def test_a_wrong_mark_is_not_whole() -> None:
    writer = small()
    writer.data[-1] = 0x5B
    (finding,) = of_one_segment(writer).findings
    assert (finding.code, "mark" in finding.text_en) == ("ambiguous", True)


def test_a_changed_record_with_new_checksums_breaks_the_chain() -> None:
    """A forger without the means to write everything behind the change anew is caught by `prev_chain`."""
    writer = small()
    data = bytearray(writer.files()[FIRST])
    at = 4096 + 3 * 512
    (body_len,) = struct.unpack_from("<I", data, at + 8)
    data[at + 80 + 4 + 32] ^= 1
    end = at + 80 + body_len + 32
    struct.pack_into("<I", data, end, crc32c(SALT + bytes(data[at:end])))
    (finding,) = verify_files({FIRST: bytes(data)}).findings
    assert (finding.code, "chain value" in finding.text_en) == ("corrupt", True)


def test_sixty_four_kibibytes_take_well_under_a_second() -> None:
    model, writer = reopened()
    amount = 100
    while len(writer.data) < 60_000:
        bids = []
        for _ in range(20):
            bids += model.place_bid(1_010, 1, "ab"[amount // 10 % 2], amount)
            amount += 10
        writer.segment_size = 65_536
        writer.records(bids)
    files = writer.files()
    began = time.perf_counter()
    report = verify_files(files)
    assert (report.ok, time.perf_counter() - began < 1) == (True, True)


def test_what_lies_behind_a_bad_frame_is_not_called_passed() -> None:
    assert torn_at(512).checks == {
        "frames": "failed", "chain": "partial", "sequence": "partial", "rules": "partial", "settlement": "partial",
        "reserve": "partial",
    }  # fmt: skip


def test_a_finding_is_plain_values() -> None:
    assert Finding("torn", "a", "b", seq=1).to_dict() == {
        "code": "torn", "text_en": "a", "text_zh": "b", "seq": 1, "segment": None, "offset": None,
    }  # fmt: skip


def test_records_frames_hold_at_least_one_record() -> None:
    writer = small()
    writer.data.extend(writer.frame(RECORDS, b"", b""))
    assert codes(of_one_segment(writer)) == ["tampered"]
