"""Frames and segments: nothing that was changed passes, and a bad frame gets the name that A.4 gives it."""

from __future__ import annotations

import hashlib
import struct
import time
from typing import Any

import pytest
from auction_room import OPENED, journal, room, sale
from journal_writer import EPOCH, HEADER, JOURNAL_ID, RECORDS, SALT, SEAL, JournalWriter
from speech import codes
from verifier import Finding, Model, Report, UnreadableError, encode, verify_files

FIRST = "00000000000000000001.plog"


def small() -> JournalWriter:
    """Return a journal of three commands in frames of one sector each, and room for one sector more."""
    return journal(sale()[1][:4], segment_size=8192)


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


WRONG_HEADS: list[tuple[str, dict[str, int | bytes]]] = [
    ("first_seq", {"first_seq": 9}),
    ("prev_chain", {"prev_chain": bytes(32)}),
    ("epoch rises outside an EPOCH frame", {"epoch": 2}),
    ("epoch falls", {"epoch": 0}),
    ("count in a control frame", {"count": 1}),
    ("durable_upto reaches first_seq", {"durable_upto": 5}),
    ("durable_upto falls", {"durable_upto": 3}),
    ("durable_upto falls to none", {"durable_upto": 0}),
    ("reserved bytes", {"reserved": 1}),
]


@pytest.mark.parametrize("changes", [row[1] for row in WRONG_HEADS], ids=[row[0] for row in WRONG_HEADS])
def test_a_sound_header_that_does_not_fit_is_tampered(changes: dict[str, int | bytes]) -> None:
    writer = small()
    writer.data.extend(writer.frame(SEAL, b"", **changes))
    (finding,) = of_one_segment(writer).findings
    assert (finding.code, finding.offset) == ("tampered", 4096 + 5 * 512)


@pytest.mark.parametrize(("epoch", "right"), [(1, False), (2, True), (3, False)])
def test_an_epoch_frame_has_the_epoch_before_plus_one(*, epoch: int, right: bool) -> None:
    writer = small()
    writer.data.extend(writer.frame(EPOCH, struct.pack("<q", 1), epoch=epoch))
    assert codes(of_one_segment(writer)) == ([] if right else ["tampered"])


def test_a_journal_whose_first_opening_wrote_no_record_is_opened_again_as_epoch_two() -> None:
    """The first epoch is 1 without a frame; an EPOCH frame for it is one too many."""
    writer = JournalWriter().open_epoch()
    writer.records(Model().open_house(OPENED, 2))
    assert of_one_segment(writer).ok
    writer = JournalWriter()
    writer.data.extend(writer.frame(EPOCH, struct.pack("<q", 1), epoch=1))
    assert codes(of_one_segment(writer)) == ["tampered"]


def test_durable_upto_does_not_fall_from_a_segment_to_the_next() -> None:
    for before, rises in ((4, True), (3, False)):
        writer = small()
        writer.durable_upto = before
        writer.new_segment()
        assert codes(verify_files(writer.files())) == ([] if rises else ["tampered"])


SECOND = f"{5:020}.plog"
"""The name of a segment behind the four records of the small journal."""


def second_segment(**changes: Any) -> Report:
    """Return the report of a small journal and a second segment, with any field of its HEADER changed."""
    return headed(small(), SECOND, **({"number": 2} | changes))


def headed_bytes(writer: JournalWriter, **changes: Any) -> bytes:
    """Return a HEADER frame that may follow, whose checksums are right and which says what is given."""
    stated = {
        "magic": b"PYAUCTN1", "version": 1, "suite": 1, "align": 512, "journal_id": JOURNAL_ID, "salt": SALT,
        "number": 1, "size": 4096, "created": 0,
    }  # fmt: skip
    head = {"salt": SALT} | {key: value for key, value in changes.items() if key == "salt" or key not in stated}
    values = (stated | {key: value for key, value in changes.items() if key in stated}).values()
    return writer.frame(HEADER, struct.pack("<8sHHI16s16sQQq", *values), **head)


def headed(writer: JournalWriter, name: str, **changes: Any) -> Report:
    """Return the report of segments and one more, which is a HEADER frame that says what is given."""
    return verify_files(writer.files() | {name: headed_bytes(writer, **changes)})


SECOND_HEADERS: list[tuple[str, dict[str, Any]]] = [
    ("number", {"number": 3}), ("number", {"number": 1}), ("align", {"align": 4096}), ("first_seq", {"first_seq": 6}),
    ("journal id", {"journal_id": bytes(16)}), ("salt", {"salt": bytes(16)}), ("prev_chain", {"prev_chain": bytes(32)}),
    ("epoch", {"epoch": 2}), ("size", {"size": 4097}), ("size", {"size": 0}), ("creation", {"created": -1}),
]  # fmt: skip


@pytest.mark.parametrize("changes", [row[1] for row in SECOND_HEADERS], ids=[row[0] for row in SECOND_HEADERS])
def test_a_segment_that_does_not_follow_the_one_before_is_tampered(changes: dict[str, Any]) -> None:
    assert second_segment().ok
    report = second_segment(**changes)
    assert [(finding.code, finding.segment, finding.offset) for finding in report.findings] == [("tampered", SECOND, 0)]


def test_a_header_frame_stands_first_in_a_segment_and_nowhere_else() -> None:
    """Each is right but for its place: its body numbers the segment that would follow."""
    body = struct.pack("<8sHHI16s16sQQq", b"PYAUCTN1", 1, 1, 512, JOURNAL_ID, SALT, 2, 4096, 0)
    inside = small()
    header = inside.frame(HEADER, body)
    assert verify_files(inside.files() | {SECOND: header}).ok
    inside.data.extend(header)
    assert codes(of_one_segment(inside)) == ["tampered"]
    # A RECORDS frame whose record holds the salt where a HEADER states it.
    records = small()
    raw = struct.pack("<HHIQqII", 17, 0, 0, 5, 1_020, 0, 0)[:28] + SALT
    leaf = hashlib.sha256(b"\0" + raw).digest()
    first = records.frame(RECORDS, struct.pack("<I", len(raw)) + raw, leaf, count=1)
    assert codes(verify_files(records.files() | {SECOND: first.ljust(4096, b"\0")})) == ["tampered"]


def test_a_segment_under_another_name_is_tampered() -> None:
    for name in (f"{6:020}.plog", f"{4:020}.plog"):
        assert codes(headed(small(), name, number=2)) == ["tampered"]


MISPLACED_HEADERS: list[tuple[str, dict[str, Any]]] = [
    ("whole", {}), ("of an unknown version", {"version": 2}), ("of an unknown suite", {"suite": 2}),
]  # fmt: skip


@pytest.mark.parametrize("changes", [row[1] for row in MISPLACED_HEADERS], ids=[row[0] for row in MISPLACED_HEADERS])
def test_the_name_of_a_segment_is_looked_at_before_its_header(changes: dict[str, Any]) -> None:
    for writer, number, seq, wrong in ((unwritten(), 1, 1, (0, 2, 2**64 - 1)), (small(), 2, 5, (4, 6, 2**64 - 1))):
        header = headed_bytes(writer, **({"number": number} | changes))
        for name in (f"{first_seq:020}.plog" for first_seq in wrong):
            for data in (header, b"\x01" + header[1:], bytes(4096), b""):
                (finding,) = verify_files(writer.files() | {name: data}).findings
                found = (finding.code, finding.seq, finding.segment, finding.offset)
                assert found == ("tampered", seq, name, 0)


def test_a_segment_in_its_place_with_a_damaged_header_is_corrupt() -> None:
    files = small().files()
    for data in (b"", bytes(4096), b"\x01" + headed_bytes(small(), number=2)[1:]):
        assert codes(verify_files(files | {SECOND: data})) == ["corrupt"]


def first_segment(name: str = FIRST, **changes: Any) -> Report:
    """Return the report of a journal that is a HEADER frame alone, with any field of it changed."""
    return headed(unwritten(), name, **changes)


def unwritten() -> JournalWriter:
    """Return a writer that has not written a segment yet."""
    writer = JournalWriter()
    writer.chain = hashlib.sha256(b"pyauction/genesis/v1" + JOURNAL_ID).digest()
    writer.segments.clear()
    return writer


def test_the_first_segment_is_named_and_numbered_one() -> None:
    assert first_segment().ok
    assert codes(first_segment(number=2)) == ["tampered"]
    assert codes(first_segment(number=0)) == ["tampered"]
    for name in (f"{0:020}.plog", f"{2:020}.plog"):
        assert codes(first_segment(name)) == ["tampered"]
    assert codes(first_segment(f"{2:020}.plog", first_seq=2)) == ["tampered"]


def test_a_header_of_another_format_version_or_suite_is_unsupported() -> None:
    """Another suite has another hash: nothing that hangs on it is looked at first."""
    for changes in ({"version": 2}, {"suite": 2}, {"suite": 2, "prev_chain": bytes(32)}):
        assert codes(first_segment(**changes)) == ["unsupported"]
        assert codes(second_segment(**changes)) == ["unsupported"]
    for damage in (50, 90, 300):
        header = bytearray(headed_bytes(unwritten(), suite=2))
        header[damage] ^= 1
        assert codes(verify_files({FIRST: bytes(header)})) == ["corrupt"]
    (finding,) = first_segment(suite=2).findings
    assert (finding.seq, finding.offset, "unknown suite 2" in finding.text_en) == (1, 0, True)


def test_a_header_body_that_cannot_be_taken_apart_is_tampered() -> None:
    for changes in ({"magic": b"PYAUCTN2"}, {"align": 1024}, {"size": 4095}, {"size": 0}, {"created": -1}):
        assert codes(first_segment(**changes)) == ["tampered"]


def test_what_is_unsupported_fails_no_check_and_passes_none() -> None:
    report = first_segment(suite=2)
    assert (report.ok, set(report.checks.values())) == (False, {"partial"})
    assert "NOT VERIFIED" in report.to_text()
    assert "unsupported [" in report.to_text("zh-CN")


def test_a_count_that_differs_from_the_body_is_tampered() -> None:
    writer = JournalWriter()
    raws = [encode(record) for records in sale()[1][:3] for record in records]
    writer.raw_records(raws, count=2)
    assert codes(of_one_segment(writer)) == ["tampered"]


def test_what_was_acknowledged_may_stand_in_a_later_segment() -> None:
    writer = several()
    assert verify_files(writer.files(), expect_chain=(12, writer.chain.hex())).ok
    assert codes(verify_files(writer.files(), expect_chain=(13, writer.chain.hex()))) == ["corrupt", "expect_chain"]


def test_a_missing_segment_is_noticed_wherever_it_was() -> None:
    files = several().files()
    assert verify_files(files).ok
    assert len(files) == 4
    for name in list(files)[:-1]:
        assert codes(verify_files({other: data for other, data in files.items() if other != name})) == ["tampered"]


def several() -> JournalWriter:
    """Return a sale in four segments."""
    _, course = sale()
    writer = JournalWriter(segment_size=8192)
    for index, records in enumerate(course):
        if index and index % 3 == 0:
            writer.new_segment()
        writer.records(records)
    return writer.seal()


def test_a_swapped_segment_name_is_noticed() -> None:
    files = several().files()
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


def test_a_recovery_may_be_followed_by_another_one_behind_it() -> None:
    model, writer = reopened()
    writer.recovery(b"first").recovery(b"second").open_epoch().records(model.open_house(1_050, 2))
    report = of_one_segment(writer)
    assert (report.ok, [recovery.cut_at for recovery in report.recoveries]) == (True, [5120, 5632])


RECOVERIES: list[tuple[str, str, dict[str, Any]]] = [
    ("an offset before it", "tampered", {"cut_at": 4608}),
    ("an offset behind it", "tampered", {"cut_at": 5632}),
    ("another segment", "tampered", {"number": 2}),
    ("no bytes removed", "tampered", {"size": 0}),
    ("reserved bytes", "tampered", {"zero": 1}),
    ("an operator for a torn tail", "tampered", {"operator": "王"}),
    ("no operator for an accepted loss", "tampered", {"why": 2}),
    ("an unknown reason", "unsupported", {"why": 3, "operator": "王"}),
]


@pytest.mark.parametrize(("code", "lies"), [row[1:] for row in RECOVERIES], ids=[row[0] for row in RECOVERIES])
def test_a_recovery_that_cannot_have_been_written_there_is_found(code: str, lies: dict[str, Any]) -> None:
    _, writer = reopened()
    assert codes(of_one_segment(writer.recovery(b"removed", **lies))) == [code]


def test_a_state_frame_is_compared_with_the_model() -> None:
    model, writer = reopened()
    writer.state(model.state_hash())
    assert of_one_segment(writer).ok
    writer.state(bytes(32))
    assert codes(of_one_segment(writer)) == ["state"]


def test_a_state_frame_before_the_first_record_holds_the_empty_state() -> None:
    assert of_one_segment(JournalWriter().state(Model().state_hash())).ok


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


def test_a_finding_is_plain_values() -> None:
    assert Finding("torn", "a", "b", seq=1).to_dict() == {
        "code": "torn", "text_en": "a", "text_zh": "b", "seq": 1, "segment": None, "offset": None,
    }  # fmt: skip
