"""What the engine's own verification, replay and reopening say, and to wrong arguments."""

from __future__ import annotations

import re
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import eventful
import pytest
import rewriting
from rewriting import Files

import pyauction
from pyauction import (
    AuctionHouse,
    FileJournal,
    JournalAmbiguous,
    JournalCorrupt,
    JournalTampered,
    JournalTorn,
    JournalUnsupported,
    ManualClock,
    MisuseError,
    ReplayMismatch,
    verifier,
    verify,
)
from pyauction.cli import run

LATER = 2**61


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    eventful.write(tmp_path / "journal", align=512)
    return tmp_path / "journal"


def last_segment(journal: Path) -> Path:
    return max(journal.glob("*.plog"))


def rewrite(journal: Path, change: Callable[[list[rewriting.Frame]], None]) -> None:
    frames = rewriting.take_apart(rewriting.read_files(journal))
    change(frames)
    files: Files = rewriting.put_together(frames)
    for path in journal.glob("*.plog"):
        path.unlink()
    for name, data in files.items():
        (journal / name).write_bytes(data)


def reopen(journal: Path) -> AuctionHouse:
    return AuctionHouse(FileJournal(journal), clock=ManualClock(LATER), timers=False)


# Types of third parties.

VENDOR = "vendor.sale@1"
PACKAGE = """
from typing import ClassVar
from pyauction import English, Outcome

class Sale(English, frozen=True, kw_only=True):
    type_id: ClassVar[str] = "vendor.sale@1"

    @staticmethod
    def settle(lot):
        BODY
"""


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Installs a type whose settlement is a statement; an empty one leaves its entry point without a module."""
    site = tmp_path / "site"
    info = site / "vendor_sale-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vendor-sale\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[pyauction.auctions]\n{VENDOR} = verified_vendor:Sale\n")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def install(settlement: str) -> None:
        sys.modules.pop("verified_vendor", None)
        (site / "verified_vendor.py").unlink(missing_ok=True)
        if settlement:
            (site / "verified_vendor.py").write_text(PACKAGE.replace("BODY", settlement))

    yield install
    sys.modules.pop("verified_vendor", None)


HONEST = 'return Outcome(kind="sold", winner=lot.leader, price_minor=lot.standing_minor)'


@pytest.mark.parametrize(
    ("settlement", "known", "code"),
    [
        (HONEST, "verified", None),
        ('assert lot.state == "closed" and lot.outcome is None; ' + HONEST, "verified", None),
        ('raise RuntimeError("no")', "attested", None),
        ("return None", "attested", None),
        ("", "attested", None),
        ('return Outcome(kind="sold", winner=lot.leader, price_minor=100)', "none", "settlement"),
    ],
    ids=["honest", "of a closed lot", "raises", "returns nothing", "not importable", "another price"],
)
def test_a_third_partys_settlement_is_verified_or_attested_and_never_a_crash(
    vendor: Callable[[str], None], tmp_path: Path, settlement: str, known: str, code: str | None
) -> None:
    vendor(HONEST)
    folder = tmp_path / "sold"
    with AuctionHouse(FileJournal(folder), clock=ManualClock(0), timers=False) as house:
        house.open_lot("A", pyauction.auctions.auction_type(VENDOR)(**eventful.ENGLISH))
        house.bid("A", "甲", 100, at=1)
        house.bid("A", "乙", 150, at=2)
        house.advance(at=LATER)
    vendor(settlement)
    report = verify(folder)
    assert [finding.code for finding in report.findings] == [code] * (code is not None)
    assert [lot.settlement for lot in report.lots] == [known]


# Opening and replaying.


def open_again_inside_an_epoch(frames: list[rewriting.Frame]) -> None:
    frame = next(frame for frame in frames if struct.unpack_from("<H", (frame.records or [b"\0\0"])[0])[0] == 8)
    at = verifier.decode(frame.records[0]).at
    frame.records.insert(0, verifier.encode(verifier.HouseOpened(seq=1, at=at, last=at, epoch=1)))


def test_a_journal_with_a_forged_outage_is_neither_opened_nor_replayed(journal: Path) -> None:
    rewrite(journal, open_again_inside_an_epoch)
    before = rewriting.read_files(journal)
    told = r"record 41: expected no second HouseOpened in epoch 1, found HouseOpened\(epoch=1\)"
    with pytest.raises(ReplayMismatch, match=told) as raised:
        reopen(journal)
    assert raised.value.code == "sequence"
    with pytest.raises(ReplayMismatch, match=told):
        pyauction.replay(journal)
    assert rewriting.read_files(journal) == before


def test_a_record_of_another_release_is_unsupported_everywhere(journal: Path) -> None:
    def change(frames: list[rewriting.Frame]) -> None:
        frames[-3].records[0] = b"\x63" + frames[-3].records[0][1:]

    rewrite(journal, change)
    told = "record 60: type: this release knows 1 to 28, 32 and 33, received 99 at offset 0"
    for use in (reopen, pyauction.replay):
        with pytest.raises(JournalUnsupported, match=told):
            use(journal)
    (finding,) = verify(journal).findings
    assert (finding.code, finding.text_en) == ("unsupported", told)
    assert verify(journal).checks["rules"] == "partial"


def damage(name: str, journal: Path) -> None:
    segment = last_segment(journal)
    data = bytearray(segment.read_bytes())
    end = len(bytes(data).rstrip(b"\0"))
    match name:
        case "torn":
            data[end - 100 : end] = bytes(100)
        case "ambiguous":
            data[end - 300] ^= 1
        case "corrupt":
            data[end - 1_100] ^= 1
        case "tampered":
            segment.unlink()
            segment = journal / "00000000000000000077.plog"
        case "unsupported":
            # A sealed header of format version 2: the CRC of salt and bytes 0 to 71 made right.
            salt = bytes(data[112:128])
            header = data[end - 512 : end - 512 + 72]
            header[4] = 2
            data[end - 512 : end - 512 + 72] = header
            checksum = verifier.crc32c.crc32c(salt + bytes(header))
            data[end - 512 + 72 : end - 512 + 76] = struct.pack("<I", checksum)
    segment.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("torn", JournalTorn),
        ("ambiguous", JournalAmbiguous),
        ("corrupt", JournalCorrupt),
        ("tampered", JournalTampered),
        ("unsupported", JournalUnsupported),
    ],
)
def test_replay_raises_what_verification_names(journal: Path, name: str, error: type[Exception]) -> None:
    damage(name, journal)
    (finding,) = verify(journal).findings
    assert finding.code == name
    assert finding.seq is not None
    with pytest.raises(error, match=re.escape(finding.text_en)):
        pyauction.replay(journal)
    assert pyauction.replay(journal, until=finding.seq - 1).seq == finding.seq - 1
    if name != "torn":
        with pytest.raises(error):
            reopen(journal)


def test_a_replay_ends_at_its_record_also_inside_an_outage(journal: Path) -> None:
    ends = [pyauction.replay(journal, until=seq) for seq in range(61)]
    assert [(end.seq, len(end)) for end in ends] == [(seq, seq) for seq in range(61)]
    assert [lot.state for lot in ends[48].lots] == ["bidding", "bidding", "bidding", "terminated", "decided"]
    assert [lot.state for lot in ends[49].lots] == ["suspended", "bidding", "bidding", "terminated", "decided"]


@pytest.mark.parametrize("until", [-1, True, 1.5, "3"])
def test_a_replay_ends_at_a_sequence(journal: Path, until: Any) -> None:
    with pytest.raises(MisuseError, match="until: expected a sequence from 0 on or None, received"):
        pyauction.replay(journal, until=until)


@pytest.mark.parametrize(
    "expected",
    [(2**64, "0" * 64), (-1, "0" * 64), (True, "0" * 64), (5, "zz"), (5, b"0" * 64), ("5", "0" * 64), (5,), 5],
)
def test_a_noted_chain_value_is_a_sequence_and_64_digits(journal: Path, expected: Any) -> None:
    with pytest.raises(MisuseError, match="expect_chain: expected a sequence .* and the chain value .* received"):
        verify(journal, expect_chain=expected)


# Words.


def test_a_sequence_inside_a_frame_is_told_with_its_neighbours(journal: Path) -> None:
    (finding,) = verify(journal, expect_chain=(9, "0" * 64)).findings
    assert (finding.code, finding.seq) == ("expect_chain", 9)
    assert finding.text_en == "record 9 does not end a frame, so it has no chain value; the nearest that do: 8, 10"
    assert finding.text_zh == "第 9 条记录不在帧的末尾，没有链值；最近的帧末记录：8、10"


def test_names_are_shown_escaped(journal: Path) -> None:
    for name in (b"x\nVERIFIED.plog", b"\xff.plog", "第一.plog".encode()):
        Path(journal / name.decode(errors="surrogateescape")).touch()
    shown = ["\\udcff.plog", "x\\nVERIFIED.plog", "第一.plog"]
    found = [finding.text_en for finding in verify(journal).findings]
    assert sorted(found) == sorted(f"{name} is not the name of a segment" for name in shown)
    assert len(verify(journal).to_text("zh-CN").encode()) > 0
    with pytest.raises(pyauction.JournalError, match="expected 20 digits of a number below 2\\^64 before .plog"):
        reopen(journal)


def test_findings_are_told_in_words_of_one_language(journal: Path) -> None:
    def change(frames: list[rewriting.Frame]) -> None:
        frame = next(frame for frame in frames if len(frame.records) == 2 and frame.records[1][0] == 5)
        frame.records[1] = frame.records[1][:32] + struct.pack("<q", 500) + frame.records[1][40:]

    rewrite(journal, change)
    (finding,) = verify(journal).findings
    stated = "lot=1, lot_seq=11, bidder=3, amount=500, closes_at=3600000000000"
    recorded = f"BidRefused(reason=below_increment, seq=34, at=11000000000, {stated})"
    replayed = f"BidAccepted(seq=34, at=11000000000, {stated})"
    assert finding.text_en == f"record 34: the journal has {recorded}, the rules give {replayed}"
    assert finding.text_zh == f"第 34 条记录：日志中为 {recorded}，按规则应为 {replayed}"


@pytest.mark.parametrize("name", ["torn", "ambiguous", "corrupt", "tampered", "unsupported"])
def test_chinese_sentences_have_full_width_punctuation(journal: Path, name: str) -> None:
    damage(name, journal)
    (journal / "x.plog").touch()
    wrong = [{"amount": 251}, {"lot": "C"}]
    openings = [pyauction.Opening(**(_TERMS | changes)) for changes in wrong]
    findings = verify(journal, opening=openings, expect_chain=(9, "0" * 64)).findings
    assert {finding.code for finding in findings} == {name, "expect_chain", "opening", "stray"}
    half_width = re.compile(r"[\u4e00-\u9fff] ?[,:;()]|[,:;()] ?[\u4e00-\u9fff]")
    assert [finding.text_zh for finding in findings if half_width.search(finding.text_zh)] == []


_TERMS: dict[str, Any] = {
    "lot": "B",
    "round": 1,
    "currency": "CNY",
    "exponent": 2,
    "amount": eventful.RESERVE,
    "blinding": eventful.BLINDING,
}


@pytest.mark.parametrize("way", [(), ("--independent",)])
def test_a_record_that_is_none_is_reported_and_not_stumbled_over(
    way: tuple[str, ...], journal: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def garble(frames: list[rewriting.Frame]) -> None:
        frame = [frame for frame in frames if frame.records][-1]
        frame.records[-1] = struct.pack("<H", 999) + frame.records[-1][2:]

    rewrite(journal, garble)
    status = run(["verify", str(journal), *way])
    assert (status, capfd.readouterr().out.splitlines()[0]) == (1, "NOT VERIFIED")
