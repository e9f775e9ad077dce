"""Records: one sequence of bytes for each value, and nothing else is taken."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from auction_room import REQUIRED_BEFORE, room, rules, sale
from verifier import (
    RECORD_TYPES,
    BidAccepted,
    BidderAdmitted,
    BidRefused,
    ClockJumped,
    CommandError,
    CommandRefused,
    FormatError,
    HouseOpened,
    InquiryAnswered,
    LegalBasisStated,
    LotClosed,
    LotOpened,
    LotResumed,
    LotSuspended,
    LotTerminated,
    LotteryDrawn,
    OpeningFinished,
    OutcomeRecorded,
    PhaseStarted,
    PriorityGranted,
    Record,
    ReserveCompared,
    ReserveDisclosed,
    ReserveEntered,
    ReserveReentered,
    ResumptionAnnounced,
    SealedBidExcluded,
    SealedBidOpened,
    SealedBidPlaced,
    SealedBidScored,
    SealedBidWithdrawn,
    SealedPhaseEnded,
    TopUpConfirmed,
    decode,
    encode,
)
from verifier.sealed_terms import AfterOpening
from verifier.terms import (
    I64_MAX,
    NONE,
    AfterClose,
    Answer,
    CloseCause,
    Command,
    Comparison,
    OutcomeCause,
    OutcomeKind,
    Reason,
    SuspendCause,
    VaultResult,
)
from verifier.wire import UnsupportedError

C = bytes(range(32))
HEAD = {"seq": 7, "at": 1_000, "lot": 2, "lot_seq": 3}
EVERY: list[Record] = [
    HouseOpened(seq=1, at=5, last=NONE, epoch=1),
    LotOpened(
        **HEAD, name="标的一", type_id="listing@1", currency="CNY", exponent=2, unit="万元", unit_scale=6, round=2,
        reoffer_of="lot-0", preset="cn", preset_digest=C, opens_at=2_000, commitment=C, rules=rules(**REQUIRED_BEFORE),
    ),
    BidderAdmitted(**HEAD, bidder=1, name="甲"),
    BidAccepted(**HEAD, bidder=1, amount=100, closes_at=1_100, key=b"k"),
    BidRefused(**HEAD, bidder=1, reason=Reason.BELOW_START, amount=-5, closes_at=NONE, key=bytes(32)),
    PhaseStarted(**HEAD, due=999, closes_at=NONE, phase=7),
    LotClosed(
        **HEAD, bidder=1, due=1_000, cause=CloseCause.CALLED, next=AfterClose.COMPARE, top=100, accepted=1, refused=2,
        quoted=1, admitted=3,
    ),
    LotSuspended(**HEAD, cause=SuspendCause.COMMAND, remaining=NONE, authority="court", why="motion"),
    LotResumed(**HEAD, closes_at=1_200, authority="court", why="settled"),
    LotTerminated(**HEAD, authority="court", why="withdrawn"),
    ReserveEntered(**HEAD, reason=Reason.SUSPENDED, result=VaultResult.ACCEPTED, commitment=C, by="k", witness="n"),
    ReserveReentered(**HEAD, result=VaultResult.ACCEPTED, commitment=C, by="k", witness="n"),
    ReserveCompared(**HEAD, result=Comparison.NOT_MET, top=100),
    ReserveDisclosed(**HEAD, amount=120, blinding=C, by="k"),
    OutcomeRecorded(
        **HEAD, bidder=1, kind=OutcomeKind.SOLD, cause=OutcomeCause.NONE, price=100, type_id="listing@1", detail="",
    ),
    CommandRefused(**HEAD, reason=Reason.WRONG_PHASE, command=Command.CLOSE_LOT),
    ClockJumped(seq=9, at=6, shown=-1, expected=6),
    LotSuspended(**HEAD, cause=SuspendCause.OUTAGE, remaining=50),
    InquiryAnswered(**HEAD, bidder=1, answer=Answer.NO),
    ResumptionAnnounced(**HEAD, resumes_at=2_000, authority="court", why="settled"),
    PriorityGranted(**HEAD, bidder=1, rank=2**32 - 1, by="court"),
    CommandRefused(**HEAD, bidder=1, reason=Reason.NO_PRIOR_BID, command=Command.ANSWER_INQUIRY),
    TopUpConfirmed(**HEAD, bidder=1, by="bank"),
    LotteryDrawn(**HEAD, bidder=1, at_cap=2**32 - 1, seeds=(C, C[::-1])),
    LotteryDrawn(**HEAD, bidder=1, at_cap=2, seeds=(C,) * 16),
    LotClosed(
        **HEAD, bidder=1, due=1_000, cause=CloseCause.CAP, next=AfterClose.NO_COMPARISON, top=100, accepted=1,
        refused=2, quoted=1, admitted=3,
    ),
    CommandRefused(**HEAD, reason=Reason.SEED_MISMATCH, command=Command.DRAW_LOTTERY),
    SealedBidPlaced(**HEAD, bidder=1, commitment=C),
    SealedBidWithdrawn(**HEAD, bidder=1),
    SealedPhaseEnded(**HEAD, due=999, standing=2),
    SealedBidOpened(**HEAD, bidder=1, amount=-5, blinding=C),
    SealedBidScored(**HEAD, bidder=1, numerator=0, denominator=I64_MAX, by="panel"),
    OpeningFinished(
        **HEAD, next=AfterOpening.ANOTHER_ROUND, opened=2, valid=1, authority="court", why="opened",
    ),
    CommandRefused(**HEAD, reason=Reason.BELOW_FLOOR, command=Command.PLACE_SEALED_BID, bidder=1),
    LegalBasisStated(**HEAD, text="第二十七条"),
    CommandRefused(**HEAD, reason=Reason.WRONG_PHASE, command=Command.STATE_LEGAL_BASIS),
    SealedBidExcluded(**HEAD, bidder=1, authority="court", why="not opened"),
    CommandRefused(**HEAD, reason=Reason.NOT_OPENED, command=Command.FINISH_OPENING),
    CommandRefused(**HEAD, reason=Reason.NOT_ADMITTED, command=Command.EXCLUDE_SEALED_BID, name="戊"),
]  # fmt: skip


def test_every_type_is_among_the_samples() -> None:
    assert {record.TYPE for record in EVERY} == set(RECORD_TYPES) == {*range(1, 29), 32, 33}


@pytest.mark.parametrize("record", EVERY, ids=lambda record: type(record).__name__)
def test_a_record_survives_its_bytes(record: Record) -> None:
    raw = encode(record)
    assert decode(raw) == record
    assert encode(decode(raw)) == raw


@pytest.mark.parametrize("record", EVERY, ids=lambda record: type(record).__name__)
def test_a_record_of_another_length_is_refused(record: Record) -> None:
    raw = encode(record)
    for size in range(len(raw)):
        with pytest.raises(FormatError):
            decode(raw[:size])
    with pytest.raises(FormatError):
        decode(raw + b"\0")


@pytest.mark.parametrize("record", EVERY, ids=lambda record: type(record).__name__)
def test_every_byte_that_is_taken_is_written_again(record: Record) -> None:
    raw = encode(record)
    for at in range(len(raw)):
        for flip in (0x01, 0x80):
            changed = raw[:at] + bytes([raw[at] ^ flip]) + raw[at + 1 :]
            try:
                taken = decode(changed)
            except FormatError:
                continue
            assert (encode(taken), taken == record) == (changed, False)


def test_the_bytes_of_a_bid_are_those_of_the_document() -> None:
    bid = BidAccepted(seq=9, at=1_020, lot=1, lot_seq=4, bidder=2, amount=110, closes_at=1_120, key=b"k1")
    raw = struct.pack("<HHIQqII", 4, 0, 1, 9, 1_020, 4, 2) + struct.pack("<qqB", 110, 1_120, 2) + b"k1" + bytes(30 + 7)
    assert (encode(bid), len(raw)) == (raw, 88)


def test_the_bytes_of_house_opened_are_those_of_the_document() -> None:
    raw = struct.pack("<HHIQqII", 1, 0, 0, 1, 5, 0, 0) + struct.pack("<qQ", -(2**63), 1)
    assert encode(HouseOpened(seq=1, at=5, last=NONE, epoch=1)) == raw


BYTES: list[tuple[Record, int, bytes]] = [
    (InquiryAnswered(**HEAD, bidder=1, answer=Answer.YES), 18, b"\x01" + bytes(7)),
    (ResumptionAnnounced(**HEAD, bidder=1, resumes_at=2**62, authority="a", why="bc"), 19,
     struct.pack("<q", 2**62) + b"\x01a\x02bc"),
    (PriorityGranted(**HEAD, bidder=1, rank=3, by="a"), 20, b"\x03" + bytes(7) + b"\x01a"),
    (TopUpConfirmed(**HEAD, bidder=1, by="ab"), 21, b"\x02ab"),
    (LotteryDrawn(**HEAD, bidder=1, at_cap=3, seeds=(C, C[::-1])), 22, struct.pack("<IB3s", 3, 2, b"") + C + C[::-1]),
    (SealedBidWithdrawn(**HEAD, bidder=1), 23, b""),
    (SealedPhaseEnded(**HEAD, bidder=1, due=999, standing=5), 24, struct.pack("<qII", 999, 5, 0)),
    (OpeningFinished(
        **HEAD, bidder=1, next=AfterOpening.CLOSE, opened=2, valid=1, authority="a", why="bc",
     ), 25, struct.pack("<III", 1, 2, 1) + b"\x01a\x02bc"),
    (SealedBidScored(**HEAD, bidder=1, numerator=2, denominator=4, by="ab"), 26, struct.pack("<qq", 2, 4) + b"\x02ab"),
    (LegalBasisStated(**HEAD, bidder=1, text="a法"), 27, b"\x04a\xe6\xb3\x95"),
    (SealedBidExcluded(**HEAD, bidder=1, authority="a", why="bc"), 28, b"\x01a\x02bc"),
    (SealedBidPlaced(**HEAD, bidder=1, commitment=C), 32, C),
    (SealedBidOpened(**HEAD, bidder=1, amount=-7, blinding=C), 33, struct.pack("<q", -7) + C),
]  # fmt: skip


@pytest.mark.parametrize(("record", "number", "fields"), BYTES, ids=lambda value: type(value).__name__)
def test_the_bytes_of_later_types_are_those_of_the_document(record: Record, number: int, fields: bytes) -> None:
    assert encode(record) == struct.pack("<HHIQqII", number, 0, 2, 7, 1_000, 3, 1) + fields


def changed(record: Record, at: int, to: bytes) -> bytes:
    raw = encode(record)
    return raw[:at] + to + raw[at + len(to) :]


def emptied(record: Record, field: str) -> bytes:
    """Return the bytes of a record with one of its texts empty."""
    text = getattr(record, field).encode()
    return encode(record).replace(bytes([len(text)]) + text, b"\0")


STATED = [
    (EVERY[7], "authority"), (EVERY[7], "why"), (EVERY[8], "authority"), (EVERY[8], "why"), (EVERY[9], "authority"),
    (EVERY[9], "why"), (EVERY[10], "by"), (EVERY[10], "witness"), (EVERY[11], "by"), (EVERY[11], "witness"),
    (EVERY[13], "by"), (EVERY[19], "authority"), (EVERY[19], "why"), (EVERY[20], "by"),
    (EVERY[22], "by"), (EVERY[31], "by"), (EVERY[32], "authority"), (EVERY[32], "why"), (EVERY[34], "text"),
    (EVERY[36], "authority"), (EVERY[36], "why"),
]  # fmt: skip

REFUSED = [
    *((f"{type(record).__name__} without {field}", emptied(record, field)) for record, field in STATED),
    ("an outage with an authority", encode(EVERY[17])[:-2] + b"\x01a\0"),
    ("an outage with a reason", encode(EVERY[17])[:-2] + b"\0\x01a"),
    ("an outage with both", encode(EVERY[17])[:-2] + b"\x01a\x01a"),
    ("a command without both", encode(EVERY[17])[:32] + b"\x01" + encode(EVERY[17])[33:]),
    ("a reason on an accepted bid", changed(EVERY[3], 2, b"\x05")),
    ("no reason on a refused bid", changed(EVERY[4], 2, b"\x00")),
    ("a lot on a record of the house", changed(EVERY[0], 4, b"\x01")),
    ("no lot on a record of a lot", changed(EVERY[3], 4, b"\x00")),
    ("sequence 0", changed(EVERY[3], 8, bytes(8))),
    ("a stamp before 1970", changed(EVERY[3], 16, b"\xff" * 8)),
    ("a key that is not padded with zeros", changed(EVERY[3], 49 + 31, b"\x01")),
    ("a key of 33 bytes", changed(EVERY[3], 48, b"\x21")),
    ("a phase index above 7", changed(EVERY[5], 48, b"\x08")),
    ("a reserved byte", changed(EVERY[5], 49, b"\x01")),
    ("an entered commitment of zeros", changed(EVERY[10], 40, bytes(32))),
    ("a commitment of zeros on a refused entry", changed(EVERY[11], 40, bytes(32))),
    ("a stated commitment of zeros", encode(EVERY[1]).replace(b"\x01" + C, b"\x01" + bytes(32))),
    ("below_start on a reserve entered again", changed(EVERY[11], 32, b"\x02")),
    ("a reserved byte of an answer", changed(EVERY[18], 33, b"\x01")),
    ("an announcement of no time", changed(EVERY[19], 32, struct.pack("<q", NONE))),
    ("an announcement before 1970", changed(EVERY[19], 32, struct.pack("<q", -1))),
    ("an announcement behind every valid time", changed(EVERY[19], 32, struct.pack("<q", 2**62 + 1))),
    ("rank 0", changed(EVERY[20], 32, bytes(4))),
    ("a reserved byte of a priority", changed(EVERY[20], 36, b"\x01")),
    ("a reserved byte of a lottery", changed(EVERY[23], 37, b"\x01")),
    ("no seed", encode(EVERY[23])[:36] + bytes(4)),
    ("17 seeds", encode(EVERY[24])[:36] + b"\x11" + bytes(3) + bytes(17 * 32)),
    ("a seed too many", encode(EVERY[23]) + bytes(32)),
    ("a seed too few", encode(EVERY[23])[:-32]),
    ("a sealed bid of zeros", changed(EVERY[27], 32, bytes(32))),
    ("a reserved byte of the end of a sealed phase", changed(EVERY[29], 44, b"\x01")),
    ("the end of a sealed phase before 1970", changed(EVERY[29], 32, struct.pack("<q", -1))),
    ("the end of a sealed phase at no time", changed(EVERY[29], 32, struct.pack("<q", NONE))),
    ("points below zero", changed(EVERY[31], 32, struct.pack("<q", -1))),
    ("points in parts of none", changed(EVERY[31], 40, bytes(8))),
    ("points in parts of less than none", changed(EVERY[31], 40, struct.pack("<q", -1))),
    ("a reserved byte of a finished opening", changed(EVERY[32], 33, b"\x01")),
    ("a reason on a placed sealed bid", changed(EVERY[27], 2, b"\x2c")),
    ("a reason on a legal basis", changed(EVERY[34], 2, b"\x15")),
    ("a reason on an excluded sealed bid", changed(EVERY[36], 2, b"\x37")),
    ("a legal basis of no lot", changed(EVERY[34], 4, bytes(4))),
    ("a control character in a legal basis", changed(EVERY[34], 33, b"\x0a")),
    ("a name without bytes", encode(EVERY[2])[:32] + b"\0"),
    ("a name of 65 bytes", encode(EVERY[2])[:32] + b"\x41" + b"a" * 65),
    ("a control character of the second row", encode(EVERY[2])[:32] + b"\x02\xc2\x9b"),
    ("a control character", encode(EVERY[2])[:32] + b"\x01\x1f"),
    ("a delete character", encode(EVERY[2])[:32] + b"\x01\x7f"),
    ("text that is not UTF-8", encode(EVERY[2])[:32] + b"\x01\xff"),
    ("a surrogate", encode(EVERY[2])[:32] + b"\x03\xed\xa0\x80"),
]  # fmt: skip


UNSUPPORTED = [
    ("an unknown type", changed(EVERY[3], 0, b"\x1d")),
    ("a reserved type", changed(EVERY[3], 0, b"\x22")),
    ("an unknown reason", changed(EVERY[4], 2, b"\x38")),
    ("an unknown result", changed(EVERY[12], 32, b"\x03")),
    ("an unknown command", changed(EVERY[15], 32, b"\x1a")),
    ("an unknown cause of a close", changed(EVERY[25], 40, b"\x04")),
    ("an unknown cause of a suspension", changed(EVERY[7], 32, b"\x03")),
    ("an unknown kind of outcome", changed(EVERY[14], 32, b"\x03")),
    ("an outcome of no kind", changed(EVERY[14], 32, b"\x00")),
    ("an unknown answer", changed(EVERY[18], 32, b"\x03")),
    ("nothing next behind an opening", changed(EVERY[32], 32, b"\x00")),
    ("something unknown next behind an opening", changed(EVERY[32], 32, b"\x03")),
    ("no answer", changed(EVERY[18], 32, b"\x00")),
    ("an unknown semantics", encode(EVERY[1]).replace(b"listing@1\x01\0", b"listing@1\x02\0")),
    ("an unknown rule key", encode(EVERY[1]).replace(struct.pack("<HBHB", 19, 2, 1, 1), struct.pack("<HBHB", 57, 2, 1, 1))),
    ("custody by keepers", encode(EVERY[1]).replace(struct.pack("<HBHB", 18, 2, 1, 1), struct.pack("<HBHB", 18, 2, 1, 2))),
    ("an unknown value of a rule", encode(EVERY[1]).replace(struct.pack("<HBHB", 9, 2, 1, 2), struct.pack("<HBHB", 9, 2, 1, 3))),
]  # fmt: skip


@pytest.mark.parametrize("raw", [raw for _, raw in UNSUPPORTED], ids=[claim for claim, _ in UNSUPPORTED])
def test_what_another_release_may_have_written_is_unsupported(raw: bytes) -> None:
    with pytest.raises(UnsupportedError):
        decode(raw)


@pytest.mark.parametrize("raw", [raw for _, raw in REFUSED], ids=[claim for claim, _ in REFUSED])
def test_what_no_release_writes_is_not_called_unsupported(raw: bytes) -> None:
    with pytest.raises(FormatError) as refusal:
        decode(raw)
    assert not isinstance(refusal.value, UnsupportedError)


def test_a_commitment_stands_in_lot_opened_iff_the_rules_ask_for_it() -> None:
    opened = EVERY[1]
    assert isinstance(opened, LotOpened)
    with pytest.raises(FormatError):
        encode(replace(opened, commitment=bytes(32)))
    with pytest.raises(FormatError):
        encode(replace(opened, rules=rules()))


def test_every_record_of_a_sale_survives_its_bytes() -> None:
    for records in sale()[1]:
        assert [decode(encode(record)) for record in records] == records


def test_a_model_takes_no_command_without_its_texts() -> None:
    model = room(rules(**REQUIRED_BEFORE), commitment=C)
    for command in (
        lambda: model.suspend_lot(1_001, 1, "", "motion"),
        lambda: model.suspend_lot(1_001, 1, "court", ""),
        lambda: model.resume_lot(1_001, 1, "court", ""),
        lambda: model.announce_resumption(1_001, 1, 2_000, "", "settled"),
        lambda: model.announce_resumption(1_001, 1, 2_000, "court", ""),
        lambda: model.grant_priority(1_001, 1, "a", 1, ""),
        lambda: model.confirm_top_up(1_001, 1, "a", ""),
        lambda: model.terminate_lot(1_001, 1, "", "withdrawn"),
        lambda: model.state_legal_basis(1_001, 1, ""),
        lambda: model.enter_reserve(1_001, 1, 1, C, "", "notary"),
        lambda: model.reenter_reserve(1_001, 1, 1, C, "keeper", ""),
        lambda: model.disclose_reserve(1_001, 1, 100, C, ""),
        lambda: model.score_sealed_bid(1_001, 1, "a", 1, 1, ""),
        lambda: model.exclude_sealed_bid(1_001, 1, "a", "", "not opened"),
        lambda: model.exclude_sealed_bid(1_001, 1, "a", "court", ""),
        lambda: model.finish_opening(1_001, 1, "", "opened"),
        lambda: model.finish_opening(1_001, 1, "court", ""),
    ):
        with pytest.raises(CommandError):
            command()
    assert model.seq == 2
