"""Journals that somebody rewrote: the bytes fit each other, and the rules do not give them. Both verifiers name the record.

Each row forges the eventful journal with its CRCs, chain, numbers and state hashes made right again, and says what is found.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import eventful
import pytest
import rewriting
from both import Both, opening
from rewriting import EPOCH, HEADER, RECORDS, STATE, Frame

from pyauction import verifier

LARGEST = 2**62
REWRITINGS = {"default": 300, "ci": 2_000, "long": 30_000}
NUMBERS = [0, 1, 2, 3, 5, 255, 65_535, 2**31, 2**32 - 1, LARGEST, LARGEST + 1, 2**63 - 1, 2**63, 2**64 - 1]
Forgery = Callable[[list[Frame]], None]
Row = tuple[str, Forgery, str | None, int | None]


@pytest.fixture(scope="module")
def sale(tmp_path_factory: pytest.TempPathFactory) -> rewriting.Files:
    directory = tmp_path_factory.mktemp("eventful") / "journal"
    eventful.write(directory, align=512)
    return {name: data for name, data in rewriting.read_files(directory).items() if name.endswith(".plog")}


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path)


def _find(frames: list[Frame], seq: int) -> tuple[Frame, int]:
    for frame in frames:
        for index, record in enumerate(frame.records):
            if struct.unpack_from("<Q", record, 8)[0] == seq:
                return frame, index
    raise KeyError(seq)


def edit(seq: int, kind: str, /, **changes: Any) -> Forgery:
    """Change fields of the record `seq`, which is of that type."""

    def forge(frames: list[Frame]) -> None:
        frame, index = _find(frames, seq)
        record = verifier.decode(frame.records[index])
        assert type(record).__name__ == kind
        frame.records[index] = verifier.encode(replace(record, **changes))

    return forge


def patch(seq: int, at: int, data: bytes, *, end: int | None = None) -> Forgery:
    """Put bytes in the place of those from `at` to `end`, or of as many, in a record."""

    def forge(frames: list[Frame]) -> None:
        frame, index = _find(frames, seq)
        record = frame.records[index]
        frame.records[index] = record[:at] + data + record[at + len(data) if end is None else end :]

    return forge


def rule(seq: int, **changes: Any) -> Forgery:
    """Change rules of the lot that the record `seq` opens."""

    def forge(frames: list[Frame]) -> None:
        opened = verifier.decode(_record(frames, seq))
        assert isinstance(opened, verifier.LotOpened)
        edit(seq, "LotOpened", rules=replace(opened.rules, **changes))(frames)

    return forge


def patch_end(seq: int, from_end: int, data: bytes) -> Forgery:
    """Put bytes in the place of those that stand so far before the end of a record."""

    def forge(frames: list[Frame]) -> None:
        patch(seq, len(_record(frames, seq)) - from_end, data)(frames)

    return forge


def drop(seq: int) -> Forgery:
    def forge(frames: list[Frame]) -> None:
        frame, index = _find(frames, seq)
        del frame.records[index]
        frames[:] = [each for each in frames if each.kind != RECORDS or each.records]

    return forge


def insert(after: int, record: verifier.Record) -> Forgery:
    def forge(frames: list[Frame]) -> None:
        frame, index = _find(frames, after)
        frame.records.insert(index + 1, verifier.encode(record))

    return forge


def repeat(seq: int) -> Forgery:
    def forge(frames: list[Frame]) -> None:
        frame, index = _find(frames, seq)
        frame.records.insert(index + 1, frame.records[index])

    return forge


def swap(seq: int) -> Forgery:
    """Exchange a record with the next one."""

    def forge(frames: list[Frame]) -> None:
        (one, first), (other, second) = _find(frames, seq), _find(frames, seq + 1)
        one.records[first], other.records[second] = other.records[second], one.records[first]

    return forge


def together(*forgeries: Forgery) -> Forgery:
    def forge(frames: list[Frame]) -> None:
        for each in forgeries:
            each(frames)

    return forge


def body(kind: int, at: int, data: bytes, *, nth: int = 0) -> Forgery:
    """Put bytes into the body of the nth frame of a kind."""

    def forge(frames: list[Frame]) -> None:
        frame = [each for each in frames if each.kind == kind][nth]
        frame.body = frame.body[:at] + data + frame.body[at + len(data) :]

    return forge


def without(kind: int) -> Forgery:
    def forge(frames: list[Frame]) -> None:
        frames[:] = [frame for frame in frames if frame.kind != kind]

    return forge


def one_epoch(frames: list[Frame]) -> None:
    """Deny that the journal was ever opened again."""
    without(EPOCH)(frames)
    for frame in frames:
        frame.epoch = 1


def opened_again(after: int, epoch: int) -> Forgery:
    """Put an outage where none was: a HouseOpened inside an epoch."""

    def forge(frames: list[Frame]) -> None:
        at = verifier.decode(_record(frames, after)).at
        insert(after, verifier.HouseOpened(seq=1, at=at, last=at, epoch=epoch))(frames)

    return forge


def _record(frames: list[Frame], seq: int) -> bytes:
    frame, index = _find(frames, seq)
    return frame.records[index]


def refused(command: int, *, lot: int = 1, reason: int = 21) -> verifier.Record:
    """Return a refusal that claims a command and a reason, at the stamp of record 34."""
    head = struct.pack("<HHIQqII", 16, reason, lot, 1, 11_000_000_000, 1, 0)
    return verifier.decode(head + struct.pack("<H6xqB", command, 0, 0))


jump = verifier.ClockJumped(seq=1, at=11_000_000_000, shown=1, expected=-(2**63))
ONE, TWO = b"\1", b"\2"

ROWS: list[Row] = [
    ("nothing", lambda _: None, None, None),
    # Verdicts.
    ("a bid is accepted that was refused", patch(34, 0, b"\4\0\0\0"), "divergence", 34),
    ("a bid is refused that was accepted", patch(45, 0, b"\5\0\x09\0"), "divergence", 45),
    ("another reason", patch(34, 2, b"\x0a"), "divergence", 34),
    ("a higher amount", edit(24, "BidAccepted", amount=1_150), "divergence", 50),
    ("a lower amount", edit(24, "BidAccepted", amount=101), "divergence", 24),
    ("another deadline", edit(24, "BidAccepted", closes_at=5), "divergence", 24),
    ("a bidder that does not exist", edit(24, "BidAccepted", bidder=9), "divergence", 24),
    ("a lot that does not exist", patch(34, 4, b"\x63"), "divergence", 34),
    ("an exact repeat of a bid", repeat(24), "divergence", 25),
    ("a bidder admitted twice", repeat(33), "divergence", 34),
    # Numbers and stamps. A seq that does not follow is seen in the frame.
    ("a stamp that falls", edit(34, "BidRefused", at=5), "sequence", 34),
    ("a stamp behind the next", edit(34, "BidRefused", at=12_000_000_000), "sequence", 35),
    ("a negative stamp", patch(34, 16, struct.pack("<q", -5)), "record", 34),
    ("a stamp behind every valid one", patch(60, 16, struct.pack("<q", LARGEST + 1)), "record", 60),
    ("the last valid stamp", patch(60, 16, struct.pack("<q", LARGEST)), None, None),
    # Records that are missing, moved or too many.
    ("without the first HouseOpened", drop(1), "sequence", 1),
    ("without a lot", drop(2), "divergence", 2),
    ("without an admission", drop(9), "divergence", 9),
    ("without a bid", drop(24), "divergence", 49),
    ("without a refused bid", drop(34), "divergence", 57),
    ("without a refused command", drop(40), None, None),
    ("without the start of a phase", drop(27), "divergence", 27),
    ("without a close", drop(31), "divergence", 31),
    ("without an outcome that was followed up", drop(53), "divergence", 59),
    ("without an outcome", drop(57), None, None),
    ("without a suspension", drop(41), "divergence", 41),
    ("without the suspension of an outage", drop(49), "divergence", 49),
    ("without a termination", drop(43), "divergence", 49),
    ("without a comparison", drop(52), "divergence", 52),
    ("without the entry", drop(8), "divergence", 50),
    ("without a re-entry", drop(51), None, None),
    ("exchanged bids", swap(23), None, None),
    ("an exchanged close", swap(30), "divergence", 30),
    # Epochs.
    ("a HouseOpened inside an epoch", opened_again(34, 1), "sequence", 35),
    ("a HouseOpened of the next epoch inside an epoch", opened_again(34, 2), "sequence", 35),
    ("a HouseOpened of its epoch once more", opened_again(47, 2), "sequence", 48),
    ("an epoch without HouseOpened", drop(46), "sequence", 46),
    ("an epoch without HouseOpened, before an outage", drop(48), "sequence", 48),
    ("no epochs", one_epoch, "sequence", 46),
    ("a HouseOpened of another epoch", edit(48, "HouseOpened", epoch=9), "sequence", 48),
    ("a first HouseOpened of another epoch", edit(1, "HouseOpened", epoch=2), "sequence", 1),
    ("HouseOpened after another stamp", edit(48, "HouseOpened", last=0), "divergence", 48),
    # The clock, and commands that were not refused.
    ("a clock jump", insert(34, jump), None, None),
    ("a clock jump that takes time", insert(34, replace(jump, at=11_000_000_001)), "divergence", 35),
    ("a refused opening of a lot", insert(34, refused(2)), "divergence", 35),
    ("a refused entry", insert(34, refused(9)), "divergence", 35),
    ("a refused outcome", insert(34, refused(13)), None, None),
    ("a refusal in a lot that does not exist", insert(34, refused(5, lot=99)), "divergence", 35),
    # Terms and rules.
    ("another start price", rule(2, start_price=101), "divergence", 10),
    ("another step", rule(2, increment_fixed=11), "divergence", 14),
    ("another rule for outages", rule(2, on_outage=1), "divergence", 49),
    ("another opening time", edit(4, "LotOpened", opens_at=10_000_000_001), "divergence", 30),
    ("another commitment", edit(3, "LotOpened", commitment=ONE * 32), "divergence", 8),
    ("another lot's name", edit(3, "LotOpened", name="b"), "divergence", 60),
    ("another currency", edit(3, "LotOpened", currency="USD"), "divergence", 60),
    ("another type", edit(2, "LotOpened", type_id="x@1"), "divergence", 59),
    ("another preset", edit(2, "LotOpened", preset="shanxi"), None, None),
    # Closes, suspensions and outcomes.
    ("another due time", edit(50, "LotClosed", due=1), "divergence", 50),
    ("another count", edit(50, "LotClosed", refused=1), "divergence", 50),
    ("another remaining time", edit(49, "LotSuspended", remaining=5), "divergence", 49),
    ("another price", edit(57, "OutcomeRecorded", price=99), "divergence", 57),
    ("another detail", edit(57, "OutcomeRecorded", detail="x"), "settlement", 57),
    ("unsold by a rule", edit(57, "OutcomeRecorded", kind=TWO[0], cause=4, bidder=0, price=0, detail="x"), "settlement", 57),
    # The reserve.
    ("a comparison that went well", edit(52, "ReserveCompared", result=1), "divergence", 53),
    ("sold below the reserve", together(
        edit(52, "ReserveCompared", result=1), edit(53, "OutcomeRecorded", kind=1, cause=0, bidder=2, price=150),
    ), "reserve", 60),
    ("another disclosed amount", edit(60, "ReserveDisclosed", amount=251), "divergence", 60),
    ("a re-entry that failed", edit(51, "ReserveReentered", result=3), "divergence", 51),
    ("a refused entry that was taken", together(patch(7, 2, b"\0"), patch(7, 32, ONE)), "divergence", 7),
    # Bytes of records.
    ("a reserved type", patch(34, 0, b"\x22"), "unsupported", 34),
    ("an unknown type", patch(34, 0, b"\x63"), "unsupported", 34),
    ("an unknown reason", patch(34, 2, b"\x38"), "unsupported", 34),
    ("an unknown cause", patch(50, 40, b"\4"), "unsupported", 50),
    ("an unknown command", patch(40, 32, b"\x1a"), "unsupported", 40),
    ("an unknown rule key", patch_end(2, 6, b"\x63"), "unsupported", 2),
    ("an unknown value of a rule", patch_end(2, 1, b"\3"), "unsupported", 2),
    ("a rule of another tag", patch_end(2, 4, ONE), "record", 2),
    ("unknown semantics", patch(2, 45, b"\2"), "unsupported", 2),
    ("a trailing byte", patch(34, 88, b"\0"), "record", 34),
    ("a short record", patch(34, 32, b"", end=88), "record", 34),
    ("padding that is not zero", patch(34, 87, ONE), "record", 34),
    ("a key that is too long", patch(34, 48, b"\x21"), "record", 34),
    ("a control character", patch(9, 32, b"\1\7", end=36), "record", 9),
    ("a name that is not UTF-8", patch(9, 32, b"\1\xff", end=36), "record", 9),
    ("an empty name", patch(9, 32, b"\0", end=36), "record", 9),
    ("a control character of the second row", patch(9, 32, b"\2\xc2\x9b", end=36), "record", 9),
    ("a house record with a lot", patch(46, 4, ONE), "record", 46),
    ("a lot record without a lot", patch(34, 4, b"\0"), "record", 34),
    ("a refusal without a reason", patch(34, 2, b"\0\0"), "record", 34),
    ("a reason without a refusal", patch(24, 2, b"\x09\0"), "record", 24),
    ("a commitment of zeros", patch(8, 40, bytes(32)), "record", 8),
    ("a phase index that no lot has", patch(27, 48, b"\x08"), "record", 27),
    ("a deadline before 1970", patch(34, 40, struct.pack("<q", -5)), "record", 34),
    ("nobody entered the reserve", patch(8, 72, b"\0", end=82), "record", 8),
    ("nobody ordered a suspension", patch(41, 48, b"\0", end=67), "record", 41),
    ("somebody ordered an outage", patch(49, 48, b"\1x", end=49), "record", 49),
    ("a re-entry below the start price", patch(51, 32, TWO), "record", 51),
    # Frames that are intact and impossible.
    ("another state", body(STATE, 8, bytes(32)), "state", 21),
    ("an EPOCH before 1970", body(EPOCH, 0, struct.pack("<q", -1)), "tampered", 46),
    ("an EPOCH behind every valid time", body(EPOCH, 0, struct.pack("<q", LARGEST + 1)), "tampered", 46),
    ("a HEADER before 1970", body(HEADER, 64, struct.pack("<q", -1), nth=1), "tampered", None),
    ("a segment of no size", body(HEADER, 56, struct.pack("<Q", 0), nth=1), "tampered", None),
    ("a segment of an odd size", body(HEADER, 56, struct.pack("<Q", 8_191), nth=1), "tampered", None),
    ("no RECOVERY", without(rewriting.RECOVERY), None, None),
]  # fmt: skip


@pytest.mark.parametrize(("forge", "code", "seq"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_a_forged_journal_is_found_and_has_one_name(
    sale: rewriting.Files, both: Both, forge: Forgery, code: str | None, seq: int | None
) -> None:
    frames = rewriting.take_apart(sale)
    forge(frames)
    found = both.found(rewriting.put_together(frames, restate=code != "state"))
    assert [each[0] for each in found] == [code] * (code is not None)
    if seq is not None:
        assert [each[3] for each in found] == [seq]


def test_what_is_found_in_a_record_names_its_frame(sale: rewriting.Files, both: Both) -> None:
    places = {}
    for name in rewriting.segments(sale):
        for start, end in rewriting.written(sale[name], 512):
            frames = rewriting.take_apart_frame(sale[name][start:end])
            places |= {struct.unpack_from("<Q", record, 8)[0]: (name, start) for record in frames.records}
    for seq in (2, 24, 45, 57):
        frames = rewriting.take_apart(sale)
        patch(seq, 0, b"\x63")(frames)
        assert both.found(rewriting.put_together(frames)) == [("unsupported", *places[seq], seq)]


def test_numbers_that_do_not_follow_are_found(sale: rewriting.Files, both: Both) -> None:
    found = {}
    for seq, at, number in ((34, 24, 77), (34, 8, 77), (34, 4, 9), (2, 24, 2)):
        frames = rewriting.take_apart(sale)
        patch(seq, at, struct.pack("<I", number))(frames)
        (found[seq, at],) = (each[::3] for each in both.found(rewriting.put_together(frames, renumber=False)))
    assert found == {
        (34, 24): ("sequence", 34),
        (34, 8): ("tampered", 33),  # A frame is named by its first record.
        (34, 4): ("sequence", 34),
        (2, 24): ("sequence", 2),
    }


def test_an_opening_names_the_comparison_and_a_disclosure_itself(sale: rewriting.Files, both: Both) -> None:
    frames = rewriting.take_apart(sale)
    edit(52, "ReserveCompared", result=1)(frames)
    edit(53, "OutcomeRecorded", kind=1, cause=0, bidder=2, price=150)(frames)
    forged = rewriting.put_together(frames)
    assert [each[::3] for each in both.found(forged)] == [("reserve", 60)]
    assert [each[::3] for each in both.found(forged, opening=opening())] == [("reserve", 52)]
    later = rewriting.take_apart(forged)
    edit(57, "OutcomeRecorded", detail="x")(later)
    twice = rewriting.put_together(later)
    assert [each[::3] for each in both.found(twice, opening=opening())] == [("reserve", 52)], "judging stops there"


def _random_record(record: bytes, chance: random.Random) -> bytes:
    """Overwrite one field's worth of bytes; a single one among the small fields of a lot's rules."""
    size = 1 if record[0] == verifier.LotOpened.TYPE else chance.choice([1, 1, 2, 4, 8])
    at = chance.randrange(len(record) - size + 1)
    value = chance.choice([*NUMBERS, chance.randrange(256)]) % (1 << 8 * size)
    return record[:at] + value.to_bytes(size, "little") + record[at + size :]


def _rewrite(frames: list[Frame], chance: random.Random) -> None:
    frame = chance.choice([each for each in frames if each.records])
    index = chance.randrange(len(frame.records))
    match chance.randrange(8):
        case 0:
            del frame.records[index]
        case 1:
            frame.records.insert(index, chance.choice(chance.choice([each for each in frames if each.records]).records))
        case 2:
            control = chance.choice([each for each in frames if each.kind in (HEADER, EPOCH, STATE)])
            at = chance.randrange(len(control.body))
            control.body = control.body[:at] + chance.randbytes(1) + control.body[at + 1 :]
        case _:
            frame.records[index] = _random_record(frame.records[index], chance)
    frames[:] = [each for each in frames if each.kind != RECORDS or each.records]


def test_whatever_is_rewritten_has_one_name(sale: rewriting.Files, both: Both, scale: str) -> None:
    differing = []
    for seed in range(REWRITINGS[scale]):
        chance = random.Random(seed)
        frames = rewriting.take_apart(sale)
        _rewrite(frames, chance)
        # A size that a segment states may be more than a test can hold.
        if any(struct.unpack_from("<Q", each.body, 56)[0] > 1 << 20 for each in frames if each.kind == HEADER):
            continue
        options = {"renumber": chance.random() < 0.8, "restate": chance.random() < 0.8}
        own, independent = both.said(rewriting.put_together(frames, **options))
        if own != independent:
            differing.append((seed, own["findings"], independent["findings"]))
    assert differing == []
