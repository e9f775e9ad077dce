"""The codes of B.10, row by row: which finding a record gets, what it names, and what the report says behind it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from auction_room import OPENED, TWO_QUOTED, rules, sale
from journal_writer import JournalWriter
from replaying import flat
from verifier import (
    Finding,
    Model,
    Record,
    encode,
    verify_files,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST = "00000000000000000001.plog"
HEAD = 4096
SECTOR = 512


def judged(raws: Sequence[bytes]) -> list[Finding]:
    """Return the findings of a journal with a sector for each record."""
    writer = JournalWriter()
    for raw in raws:
        writer.raw_records([raw])
    return list(verify_files(writer.files()).findings)


def raws_of(records: Sequence[Record]) -> list[bytes]:
    return [encode(record) for record in records]


def changed(raw: bytes, at: int, to: bytes) -> bytes:
    return raw[:at] + to + raw[at + len(to) :]


SALE = raws_of(flat(sale()[1]))
"""HouseOpened, LotOpened, BidderAdmitted, BidAccepted, BidderAdmitted, BidRefused, BidAccepted, CommandRefused,
LotSuspended, LotResumed, LotClosed, OutcomeRecorded."""


def with_min_bidders(least: int) -> bytes:
    """Return the LotOpened of the sale with a least number of bidders, which may be impossible."""
    model = Model()
    model.open_house(OPENED, 1)
    (record,) = model.open_lot(OPENED, name="lot-1", rules=rules(**TWO_QUOTED))
    return encode(record).replace(struct.pack("<HBHq", 15, 1, 8, 2), struct.pack("<HBHq", 15, 1, 8, least))


ROWS: list[tuple[str, str, int, bytes]] = [
    ("an unknown type", "unsupported", 3, changed(SALE[2], 0, b"\x1d")),
    ("a reserved type", "unsupported", 3, changed(SALE[2], 0, b"\x22")),
    ("an unknown reason", "unsupported", 6, changed(SALE[5], 2, b"\x38")),
    ("an unknown rule key", "unsupported", 2,
     SALE[1].replace(struct.pack("<HBHB", 17, 2, 1, 2), struct.pack("<HBHB", 57, 2, 1, 2))),
    ("an unknown value of a rule", "unsupported", 2,
     SALE[1].replace(struct.pack("<HBHB", 17, 2, 1, 2), struct.pack("<HBHB", 17, 2, 1, 3))),
    ("an unknown cause", "unsupported", 9, changed(SALE[8], 32, b"\x03")),
    ("an empty authority", "record", 9, SALE[8].replace(b"\x05court", b"\0")),
    ("an empty reason why", "record", 10, SALE[9].replace(b"\x11the motion failed", b"\0")),
    ("an outage with texts", "record", 9, changed(SALE[8], 32, b"\x02")),
    ("min_bidders of 32 bits", "", 2, with_min_bidders(2**32 - 1)),
    ("min_bidders of more than 32 bits", "record", 2, with_min_bidders(2**32)),
    ("min_bidders 0", "record", 2, with_min_bidders(0)),
    ("bytes behind the last field", "record", 3, SALE[2] + b"\0"),
    ("a record of its head only", "record", 3, SALE[2][:32]),
    ("lot_seq one more", "sequence", 4, changed(SALE[3], 24, struct.pack("<I", 4))),
    ("lot_seq one less", "sequence", 4, changed(SALE[3], 24, struct.pack("<I", 2))),
    ("lot_seq 2 of a lot that is not there yet", "sequence", 2, changed(SALE[1], 24, struct.pack("<I", 2))),
    ("a lot that is opened again", "sequence", 3, changed(SALE[1], 8, struct.pack("<Q", 3))),
    ("a lot number that is left out", "divergence", 2, changed(SALE[1], 4, struct.pack("<I", 2))),
    ("a stamp that falls", "sequence", 4, changed(SALE[3], 16, struct.pack("<q", 1_009))),
    ("a detail that the type does not give", "settlement", 12, SALE[11][:-1] + b"\1a"),
    ("another epoch", "sequence", 1, changed(SALE[0], 40, struct.pack("<Q", 2))),
    ("another stamp of the record before", "divergence", 1, changed(SALE[0], 32, struct.pack("<q", 5))),
    ("another amount", "settlement", 12, changed(SALE[11], 40, struct.pack("<q", 100))),
    ("another deadline", "divergence", 4, changed(SALE[3], 40, struct.pack("<q", 1_101))),
]  # fmt: skip


@pytest.mark.parametrize(("code", "seq", "raw"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_record_gets_the_code_of_its_row(code: str, seq: int, raw: bytes) -> None:
    """Its finding says its sequence, and the segment and offset of its frame; nothing behind it is judged."""
    findings = judged([*SALE[: seq - 1], raw, *([] if seq == 12 or not code else SALE[seq:])])
    place = (seq, FIRST, HEAD + SECTOR * (seq - 1))
    assert [(f.code, f.seq, f.segment, f.offset) for f in findings] == ([(code, *place)] if code else [])


def test_the_report_says_of_lots_what_the_last_record_in_order_left() -> None:
    """The record that fails has closed the lot in the model already."""
    writer = JournalWriter()
    for raw in [*SALE[:10], changed(SALE[10], 56, struct.pack("<q", 111)), SALE[11]]:
        writer.raw_records([raw])
    report = verify_files(writer.files())
    assert [(f.code, f.seq) for f in report.findings] == [("divergence", 11)]
    (lot,) = report.lots
    assert (report.records, report.replayed, report.bids, lot.state, lot.outcome) == (12, 10, 3, "bidding", None)


def test_a_state_finding_names_the_last_record_before_it_and_leaves_the_lots_as_that_record_did() -> None:
    writer = JournalWriter()
    for raw in SALE[:4]:
        writer.raw_records([raw])
    writer.state(bytes(32)).raw_records([changed(SALE[4], 24, bytes(4))])
    report = verify_files(writer.files())
    assert [(f.code, f.seq, f.segment, f.offset) for f in report.findings] == [("state", 4, FIRST, HEAD + 4 * SECTOR)]
    assert (report.replayed, report.bids, report.lots[0].state) == (4, 1, "bidding")


def test_there_is_at_most_one_finding_of_a_record_and_one_of_a_frame() -> None:
    writer = JournalWriter()
    for raw in [*SALE[:3], changed(SALE[3], 24, bytes(4)), changed(SALE[4], 24, bytes(4))]:
        writer.raw_records([raw])
    data = bytearray(writer.files()[FIRST])
    data[len(writer.data)] = 1
    report = verify_files({FIRST: bytes(data), "stray.plog": b""})
    assert [(f.code, f.seq) for f in report.findings] == [("record", 4), ("torn", 6), ("stray", None)]


def frames_of_three() -> JournalWriter:
    """Return a journal of frames that end with the records 1, 4, 7 and 12."""
    writer = JournalWriter().raw_records(SALE[:1])
    return writer.raw_records(SALE[1:4]).raw_records(SALE[4:7]).raw_records(SALE[7:])


NEAREST = [(2, "1, 4"), (3, "1, 4"), (5, "4, 7"), (8, "7, 12"), (11, "7, 12")]


@pytest.mark.parametrize(("seq", "nearest"), NEAREST)
def test_a_chain_value_of_a_record_inside_a_frame_is_answered_with_the_nearest_that_have_one(
    seq: int, nearest: str
) -> None:
    (finding,) = verify_files(frames_of_three().files(), expect_chain=(seq, "0" * 64)).findings
    assert finding == Finding(
        "expect_chain",
        f"record {seq} does not end a frame and has no chain value; the nearest that do: {nearest}",
        f"第 {seq} 条记录不在帧末，没有链值；最近的帧末记录为第 {nearest.replace(', ', '、')} 条",
        seq=seq,
    )


def test_a_chain_value_before_the_first_end_of_a_frame_has_one_neighbour() -> None:
    writer = JournalWriter().raw_records(SALE[:4]).raw_records(SALE[4:])
    (finding,) = verify_files(writer.files(), expect_chain=(2, "0" * 64)).findings
    assert finding.text_en.endswith("the nearest that do: 4")


def test_a_chain_value_behind_the_end_is_answered_with_the_last_record() -> None:
    ended, expected = verify_files(frames_of_three().files(), expect_chain=(13, "0" * 64)).findings
    assert (ended.code, expected.code, expected.seq) == ("corrupt", "expect_chain", 13)
    assert expected.text_en == "there is no chain value after record 13: the last record that could be read is 12"
    assert expected.text_zh == "没有第 13 条记录之后的链值：能读到的最后一条记录是第 12 条"


def test_another_chain_value_of_the_end_of_a_frame_is_told_apart() -> None:
    writer = frames_of_three()
    before = writer.chain.hex()
    writer.seal()
    for chain in (before, writer.chain.hex()):
        assert verify_files(writer.files(), expect_chain=(12, chain)).ok
    (finding,) = verify_files(writer.files(), expect_chain=(12, "0" * 64)).findings
    both = ", ".join(sorted((before, writer.chain.hex())))
    assert finding.text_en == f"the chain value after record 12 is {both}, expected {'0' * 64}"
