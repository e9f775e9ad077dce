"""The records of a journal: one frozen class per type, with its bytes in both directions.

`encode(decode(raw)) == raw` for every `raw` that `decode` takes; everything else is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .layout import Layout
from .record import HEAD, Record
from .rules import LotRules, read_rules
from .sealed_records import (
    OpeningFinished,
    SealedBidExcluded,
    SealedBidOpened,
    SealedBidPlaced,
    SealedBidScored,
    SealedBidWithdrawn,
    SealedPhaseEnded,
)
from .terms import (
    TIME_MAX,
    U32_MAX,
    U64_MAX,
    ZERO_32,
    AfterClose,
    Answer,
    CloseCause,
    Command,
    Comparison,
    OutcomeCause,
    OutcomeKind,
    Reason,
    ReserveCommitment,
    Semantics,
    SuspendCause,
    VaultResult,
)
from .wire import (
    BYTES_32,
    COMMITMENT,
    DEADLINE,
    DEADLINE_OR_NONE,
    I64,
    KEY,
    NAME,
    OPTIONAL_COMMITMENT,
    SEEDS,
    STATED,
    TEXT,
    TIME,
    TIME_OR_NONE,
    U32,
    FormatError,
    OpenField,
    Reader,
    UnsupportedError,
    choice,
    integer,
    padding,
)

_EXPONENT = integer("B", 0, 18)
_PHASE_INDEX = integer("B", 0, 7)
_RULES = OpenField(read_rules, lambda rules: rules.encode())


@dataclass(frozen=True, kw_only=True)
class HouseOpened(Record):
    """The journal was opened for writing."""

    TYPE: ClassVar[int] = 1
    OF_HOUSE: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = Layout(("last", TIME_OR_NONE), ("epoch", integer("Q", 0, U64_MAX)))

    last: int
    epoch: int


@dataclass(frozen=True, kw_only=True)
class LotOpened(Record):
    """A lot came to be, with all that later decisions depend on."""

    TYPE: ClassVar[int] = 2
    LAYOUT: ClassVar[Layout] = Layout(
        ("name", NAME),
        ("type_id", NAME),
        ("semantics", choice(Semantics, "H")),
        ("currency", NAME),
        ("exponent", _EXPONENT),
        ("unit", TEXT),
        ("unit_scale", _EXPONENT),
        ("round", integer("I", 1, U32_MAX)),
        ("reoffer_of", TEXT),
        ("preset", TEXT),
        ("preset_digest", BYTES_32),
        ("opens_at", TIME),
        ("commitment", OPTIONAL_COMMITMENT),
        ("rules", _RULES),
    )

    name: str
    type_id: str
    semantics: int = Semantics.FIRST
    currency: str
    exponent: int
    unit: str = ""
    unit_scale: int = 0
    round: int = 1
    reoffer_of: str = ""
    preset: str = ""
    preset_digest: bytes = ZERO_32
    opens_at: int
    commitment: bytes = ZERO_32
    rules: LotRules


@dataclass(frozen=True, kw_only=True)
class BidderAdmitted(Record):
    """A bidder got its number."""

    TYPE: ClassVar[int] = 3
    LAYOUT: ClassVar[Layout] = Layout(("name", NAME))

    name: str


_BID = Layout(("amount", I64), ("closes_at", DEADLINE_OR_NONE), ("key", KEY), ("_", padding(7)))


@dataclass(frozen=True, kw_only=True)
class BidAccepted(Record):
    """A bid became the top."""

    TYPE: ClassVar[int] = 4
    LAYOUT: ClassVar[Layout] = _BID

    amount: int
    closes_at: int
    key: bytes = b""


@dataclass(frozen=True, kw_only=True)
class BidRefused(Record):
    """A bid of an admitted bidder was refused."""

    TYPE: ClassVar[int] = 5
    REFUSAL: ClassVar[bool | None] = True
    LAYOUT: ClassVar[Layout] = _BID

    amount: int
    closes_at: int
    key: bytes = b""


@dataclass(frozen=True, kw_only=True)
class PhaseStarted(Record):
    """A phase began because a deadline passed."""

    TYPE: ClassVar[int] = 6
    LAYOUT: ClassVar[Layout] = Layout(
        ("due", DEADLINE), ("closes_at", DEADLINE_OR_NONE), ("phase", _PHASE_INDEX), ("_", padding(7)),
    )  # fmt: skip

    due: int
    closes_at: int
    phase: int


@dataclass(frozen=True, kw_only=True)
class LotClosed(Record):
    """The bidding of a lot is over."""

    TYPE: ClassVar[int] = 7
    LAYOUT: ClassVar[Layout] = Layout(
        ("due", DEADLINE),
        ("cause", choice(CloseCause)),
        ("next", choice(AfterClose)),
        ("_", padding(6)),
        ("top", I64),
        ("accepted", U32),
        ("refused", U32),
        ("quoted", U32),
        ("admitted", U32),
    )

    due: int
    cause: CloseCause
    next: AfterClose
    top: int
    accepted: int
    refused: int
    quoted: int
    admitted: int


@dataclass(frozen=True, kw_only=True)
class LotSuspended(Record):
    """A lot is frozen."""

    TYPE: ClassVar[int] = 8
    LAYOUT: ClassVar[Layout] = Layout(
        ("cause", choice(SuspendCause)), ("_", padding(7)), ("remaining", DEADLINE_OR_NONE), ("authority", TEXT),
        ("why", TEXT),
    )  # fmt: skip

    cause: SuspendCause
    remaining: int
    authority: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class LotResumed(Record):
    """A frozen lot goes on."""

    TYPE: ClassVar[int] = 9
    LAYOUT: ClassVar[Layout] = Layout(("closes_at", DEADLINE_OR_NONE), ("authority", STATED), ("why", STATED))

    closes_at: int
    authority: str
    why: str


@dataclass(frozen=True, kw_only=True)
class LotTerminated(Record):
    """An authority ended a lot."""

    TYPE: ClassVar[int] = 10
    LAYOUT: ClassVar[Layout] = Layout(("authority", STATED), ("why", STATED))

    authority: str
    why: str


_ENTRY = Layout(
    ("result", choice(VaultResult)), ("_", padding(7)), ("commitment", COMMITMENT), ("by", STATED), ("witness", STATED),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ReserveEntered(Record):
    """Somebody entered the reserve; the reason says whether it was taken."""

    TYPE: ClassVar[int] = 11
    REFUSAL: ClassVar[bool | None] = None
    LAYOUT: ClassVar[Layout] = _ENTRY

    result: VaultResult
    commitment: bytes
    by: str
    witness: str


@dataclass(frozen=True, kw_only=True)
class ReserveReentered(Record):
    """Somebody entered the reserve again after a restart."""

    TYPE: ClassVar[int] = 12
    REFUSAL: ClassVar[bool | None] = None
    LAYOUT: ClassVar[Layout] = _ENTRY

    result: VaultResult
    commitment: bytes
    by: str
    witness: str


@dataclass(frozen=True, kw_only=True)
class ReserveCompared(Record):
    """The top amount was compared with the reserve."""

    TYPE: ClassVar[int] = 13
    LAYOUT: ClassVar[Layout] = Layout(("result", choice(Comparison)), ("_", padding(7)), ("top", I64))

    result: Comparison
    top: int


@dataclass(frozen=True, kw_only=True)
class ReserveDisclosed(Record):
    """The reserve became public, with what proves it."""

    TYPE: ClassVar[int] = 14
    LAYOUT: ClassVar[Layout] = Layout(("amount", I64), ("blinding", BYTES_32), ("by", STATED))

    amount: int
    blinding: bytes
    by: str


@dataclass(frozen=True, kw_only=True)
class OutcomeRecorded(Record):
    """The lot is decided."""

    TYPE: ClassVar[int] = 15
    LAYOUT: ClassVar[Layout] = Layout(
        ("kind", choice(OutcomeKind, without=(OutcomeKind.NONE,))),
        ("cause", choice(OutcomeCause)),
        ("_", padding(6)),
        ("price", I64),
        ("type_id", NAME),
        ("detail", TEXT),
    )

    kind: OutcomeKind
    cause: OutcomeCause
    price: int
    type_id: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class CommandRefused(Record):
    """A command other than a bid of an admitted bidder was refused."""

    TYPE: ClassVar[int] = 16
    REFUSAL: ClassVar[bool | None] = True
    LAYOUT: ClassVar[Layout] = Layout(
        ("command", choice(Command, "H")), ("_", padding(6)), ("amount", I64), ("name", TEXT),
    )  # fmt: skip

    command: Command
    amount: int = 0
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class ClockJumped(Record):
    """The wall clock showed a time that the monotonic clock contradicts."""

    TYPE: ClassVar[int] = 17
    OF_HOUSE: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = Layout(("shown", I64), ("expected", I64))

    shown: int
    expected: int


@dataclass(frozen=True, kw_only=True)
class InquiryAnswered(Record):
    """A bidder said whether it takes part in what follows the inquiry."""

    TYPE: ClassVar[int] = 18
    LAYOUT: ClassVar[Layout] = Layout(("answer", choice(Answer, without=(Answer.NONE,))), ("_", padding(7)))

    answer: Answer


@dataclass(frozen=True, kw_only=True)
class ResumptionAnnounced(Record):
    """An authority said when a frozen lot goes on."""

    TYPE: ClassVar[int] = 19
    LAYOUT: ClassVar[Layout] = Layout(("resumes_at", TIME), ("authority", STATED), ("why", STATED))

    resumes_at: int
    authority: str
    why: str


@dataclass(frozen=True, kw_only=True)
class PriorityGranted(Record):
    """A bidder may bid the top amount; rank 1 is the highest."""

    TYPE: ClassVar[int] = 20
    LAYOUT: ClassVar[Layout] = Layout(("rank", integer("I", 1, U32_MAX)), ("_", padding(4)), ("by", STATED))

    rank: int
    by: str


@dataclass(frozen=True, kw_only=True)
class TopUpConfirmed(Record):
    """A bidder has made the further deposit that the phases behind the cap ask for."""

    TYPE: ClassVar[int] = 21
    LAYOUT: ClassVar[Layout] = Layout(("by", STATED))

    by: str


@dataclass(frozen=True, kw_only=True)
class LotteryDrawn(Record):
    """A lottery among so many bidders at the cap gave the lot to one of them."""

    TYPE: ClassVar[int] = 22
    LAYOUT: ClassVar[Layout] = Layout(("at_cap", U32), ("seeds", SEEDS))

    at_cap: int
    seeds: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class LegalBasisStated(Record):
    """The legal basis of the suspension, announcement, resumption or termination of the lot that follows was stated."""

    TYPE: ClassVar[int] = 27
    LAYOUT: ClassVar[Layout] = Layout(("text", STATED))

    text: str


RECORD_TYPES: dict[int, type[Record]] = {
    kind.TYPE: kind
    for kind in (
        HouseOpened, LotOpened, BidderAdmitted, BidAccepted, BidRefused, PhaseStarted, LotClosed, LotSuspended,
        LotResumed, LotTerminated, ReserveEntered, ReserveReentered, ReserveCompared, ReserveDisclosed,
        OutcomeRecorded, CommandRefused, ClockJumped, InquiryAnswered, ResumptionAnnounced, PriorityGranted,
        TopUpConfirmed, LotteryDrawn, SealedBidWithdrawn, SealedPhaseEnded, OpeningFinished, SealedBidScored,
        LegalBasisStated, SealedBidExcluded, SealedBidPlaced, SealedBidOpened,
    )
}  # fmt: skip


_REASONS = {int(reason): reason for reason in Reason}


def decode(raw: bytes) -> Record:
    """Return the record that exactly these bytes stand for, or refuse them."""
    if len(raw) < HEAD.size:
        raise FormatError(
            f"a record of {len(raw)} bytes, at least {HEAD.size} are expected",
            f"记录长 {len(raw)} 字节，至少应有 {HEAD.size} 字节",
        )
    number, reason, lot, seq, at, lot_seq, bidder = HEAD.unpack_from(raw)
    kind = RECORD_TYPES.get(number)
    if kind is None:
        raise UnsupportedError(f"unknown record type {number}", f"记录类型 {number} 未知")
    if reason not in _REASONS:
        raise UnsupportedError(f"unknown reason {reason}", f"原因 {reason} 未知")
    reader = Reader(raw, HEAD.size)
    fields = kind.LAYOUT.read(reader)
    reader.finish()
    record = kind(seq=seq, at=at, lot=lot, lot_seq=lot_seq, bidder=bidder, reason=_REASONS[reason], **fields)
    _check(record)
    return record


def encode(record: Record) -> bytes:
    """Return the canonical bytes of a record, or refuse values that have none."""
    _check(record)
    head = HEAD.pack(
        record.TYPE, record.reason, record.lot, record.seq, record.at, record.lot_seq, record.bidder
    )  # fmt: skip
    return head + record.LAYOUT.write(record)


def _check(record: Record) -> None:
    """Refuse a head that contradicts the record's type, and fields that contradict each other."""
    _check_head(record)
    match record:
        case ReserveReentered() if record.result == VaultResult.BELOW_START:
            raise FormatError(
                "a reserve entered again is not checked against the start price", "重新录入的底价不与起始价比较"
            )
        case LotSuspended():
            _check_suspension(record)
        case LotOpened():
            before = record.rules.reserve_commitment == ReserveCommitment.BEFORE_OPENING
            if before != (record.commitment != ZERO_32):
                raise FormatError(
                    "a commitment stands in LotOpened if and only if the rules ask for it before opening",
                    "当且仅当规则要求开始前承诺时，LotOpened 才写承诺",
                )


def _check_head(record: Record) -> None:
    if not (1 <= record.seq <= U64_MAX and 0 <= record.at <= TIME_MAX and 0 <= record.bidder <= U32_MAX):
        text = f"seq {record.seq}, at {record.at}, bidder {record.bidder}"
        raise FormatError(f"out of range: {text}", f"超出范围（{text}）")
    if record.OF_HOUSE and (record.lot or record.lot_seq or record.bidder):
        raise FormatError("a record of the house names a lot or a bidder", "不属于标的的记录写有标的或竞买人")
    if not record.OF_HOUSE and not (1 <= record.lot <= U32_MAX and 1 <= record.lot_seq <= U32_MAX):
        raise FormatError("a record of a lot has no lot number or no lot_seq", "标的的记录缺少标的编号或 lot_seq")
    if record.REFUSAL is not None and (record.reason != Reason.NONE) != record.REFUSAL:
        name, reason = type(record).__name__, record.reason.name.lower()
        raise FormatError(f"{name} with reason {reason}", f"{name} 的原因为 {reason}")


def _check_suspension(record: LotSuspended) -> None:
    given = [bool(record.authority), bool(record.why)]
    if given != [record.cause == SuspendCause.COMMAND] * 2:
        raise FormatError(
            "authority and why are stated for a suspension by command and empty for one by an outage",
            "按命令中止须写明机关与理由，因停机中止则二者皆空",
        )
