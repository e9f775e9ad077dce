"""The rules of a lot: their values and their bytes.

A `LotRules` that exists is valid: the constructor refuses everything else.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .rule_checks import (
    PHASES_MAX,
    SPANS_MAX,
    TABLE_MAX,
    check_commitments,
    check_phase,
    check_rules,
    check_spans,
    member,
    require,
)
from .sealed_checks import check_sealed
from .sealed_terms import (
    ReservePublished,
    SealedAward,
    SealedChange,
    SealedCustody,
    SealedEqual,
    SealedTie,
)
from .terms import (
    SEEDS_MAX,
    Admission,
    Anchor,
    BiddersCounted,
    CapAction,
    CapInFree,
    CapPassing,
    Clock,
    Extension,
    FirstBidMin,
    HardEnd,
    OnOutage,
    PhaseEnd,
    PhaseKind,
    PostponedEnd,
    Priority,
    ReserveCommitment,
    ReserveCustody,
    ReservePolicy,
    ResumeFree,
    ResumeTimed,
    Rounding,
    SelfOutbid,
    SingleBidder,
    TimedEntry,
    TopUp,
    WithoutBids,
)
from .wire import Reader, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import IntEnum

    from .open_time import Spans

_PHASE = struct.Struct("<BBBBIqqqq")
_ENTRY = struct.Struct("<HBH")
_PAIR = struct.Struct("<qq")


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One phase of the bidding. `end_value` and `hard_end_value` are durations or times, as the kinds of end say."""

    kind: PhaseKind
    end: PhaseEnd
    end_value: int = 0
    extension: Extension = Extension.NONE
    extension_to: int = 0
    window: int = 0
    hard_end: HardEnd = HardEnd.NONE
    hard_end_value: int = 0

    def __post_init__(self) -> None:
        """Refuse values that contradict each other."""
        check_phase(self)

    def encode(self) -> bytes:
        """Return the 40 bytes of the phase."""
        return _PHASE.pack(
            self.kind, self.end, self.extension, self.hard_end, 0,
            self.end_value, self.extension_to, self.window, self.hard_end_value,
        )  # fmt: skip

    @classmethod
    def decode(cls, raw: bytes) -> Phase:
        """Return the phase that 40 bytes stand for."""
        kind, end, extension, hard_end, zero, end_value, extension_to, window, hard_value = _PHASE.unpack(raw)
        require(zero == 0, "reserved bytes of a phase are not zero", "阶段的保留字节不为零")
        return cls(
            kind=member(PhaseKind, kind), end=member(PhaseEnd, end), end_value=end_value,
            extension=member(Extension, extension), extension_to=extension_to, window=window,
            hard_end=member(HardEnd, hard_end), hard_end_value=hard_value,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LotRules:
    """The rules of one lot, each under the name of its key; `None` where the key is absent."""

    admission: Admission
    start_price: int
    increment_fixed: int | None = None
    increment_percent: tuple[int, int] | None = None
    increment_rounding: Rounding | None = None
    increment_table: tuple[tuple[int, int], ...] | None = None
    multiple_anchor: Anchor | None = None
    max_multiple: int | None = None
    self_outbid: SelfOutbid
    phases: tuple[Phase, ...]
    clock: Clock
    timed_without_bids: WithoutBids | None = None
    single_bidder: SingleBidder | None = None
    on_outage: OnOutage
    min_bidders: int | None = None
    min_bidders_counts: BiddersCounted | None = None
    reserve_policy: ReservePolicy
    reserve_custody: ReserveCustody | None = None
    reserve_commitment: ReserveCommitment | None = None
    entry_opens_before_end: int | None = None
    entry_ends_before_end: int | None = None
    free_stop: int | None = None
    timed_entry: TimedEntry | None = None
    inquiry_yes: int | None = None
    recent_bidders: int | None = None
    recent_window: int | None = None
    max_extensions: int | None = None
    timed_increment: int | None = None
    first_bid_min: FirstBidMin | None = None
    precision: int | None = None
    closed: Spans | None = None
    resume_free: ResumeFree | None = None
    resume_free_most: int | None = None
    resume_timed: ResumeTimed | None = None
    resume_direct_within: int | None = None
    resume_notice: int | None = None
    priority: Priority | None = None
    cap: int | None = None
    cap_action: CapAction | None = None
    cap_phase: int | None = None
    cap_passing: CapPassing | None = None
    cap_in_free: CapInFree | None = None
    top_up: TopUp | None = None
    lottery_seeds: tuple[bytes, ...] | None = None
    reserve_setters: int | None = None
    reserve_rounding: Rounding | None = None
    sealed_custody: SealedCustody | None = None
    sealed_change: SealedChange | None = None
    sealed_min: int | None = None
    sealed_most: int | None = None
    sealed_award: SealedAward | None = None
    sealed_tie: SealedTie | None = None
    sealed_equal: SealedEqual | None = None
    reserve_published: ReservePublished | None = None
    postponed_end: PostponedEnd | None = None
    free_least: int | None = None

    def __post_init__(self) -> None:
        """Refuse rules that the format does not allow."""
        for _, name, tag, values in _KEYS:
            value = getattr(self, name)
            if tag == _ENUM and value is not None:
                member(values, value)
        check_rules(self)
        check_sealed(self)

    @property
    def inquiry(self) -> int | None:
        """Return the index of the phase in which bidders are asked whether they take part in what follows, or None."""
        return next((index for index, phase in enumerate(self.phases) if phase.kind == PhaseKind.INQUIRY), None)

    @property
    def has_inquiry(self) -> bool:
        """Return whether bidders are asked whether they take part in what follows."""
        return self.inquiry is not None

    @property
    def has_sealed(self) -> bool:
        """Return whether there is a phase of sealed bids."""
        return any(phase.kind == PhaseKind.SEALED for phase in self.phases)

    @property
    def needs_prior_bid(self) -> bool:
        """Return whether an accepted bid is needed to go on behind the first phase."""
        return self.timed_entry in (TimedEntry.PRIOR_BID, TimedEntry.PRIOR_BID_AND_YES)

    @property
    def needs_yes(self) -> bool:
        """Return whether a yes in the inquiry is needed to bid behind it."""
        return self.timed_entry in (TimedEntry.YES, TimedEntry.PRIOR_BID_AND_YES)

    @property
    def figures(self) -> int:
        """Return the number of figures that make up a reserve."""
        return self.reserve_setters or 1

    def encode(self) -> bytes:
        """Return the canonical bytes of the rules."""
        entries = []
        for key, name, tag, _ in _KEYS:
            value = getattr(self, name)
            if value is not None:
                raw = _WRITE[tag](value)
                entries.append(_ENTRY.pack(key, tag, len(raw)) + raw)
        return struct.pack("<H", len(entries)) + b"".join(entries)

    @cached_property
    def rules_hash(self) -> bytes:
        """Return the hash that stands for the rules in a lot's state."""
        return hashlib.sha256(b"pyauction/rules/v1" + self.encode()).digest()


def read_rules(reader: Reader) -> LotRules:
    """Read rules from where they begin up to their last entry."""
    known = {key: (name, tag, values) for key, name, tag, values in _KEYS}
    fields: dict[str, Any] = {}
    before = -1
    for _ in range(reader.unpack("H")):
        key, tag, length = reader.unpack("H"), reader.unpack("B"), reader.unpack("H")
        require(key > before, f"key {key} stands behind key {before}", f"键 {before} 之后是键 {key}")
        if key not in known:
            raise UnsupportedError(f"rules: unknown key {key}", f"规则：键 {key} 未知")
        name, expected, values = known[key]
        require(
            tag == expected,
            f"key {key} has tag {tag}, expected {expected}",
            f"键 {key} 的标签为 {tag}，应为 {expected}",
        )
        fields[name] = _READ[tag](reader.take(length), values)
        before = key
    always = {"admission", "start_price", "self_outbid", "phases", "clock", "on_outage", "reserve_policy"}
    missing = sorted(always - fields.keys())
    require(not missing, f"missing: {', '.join(missing)}", f"缺少 {'、'.join(missing)}")
    return LotRules(**fields)


def decode_rules(raw: bytes) -> LotRules:
    """Return the rules that exactly these bytes stand for."""
    reader = Reader(raw)
    rules = read_rules(reader)
    reader.finish()
    return rules


def _sized(raw: bytes, size: int) -> bytes:
    require(
        len(raw) == size, f"a value of {len(raw)} bytes, {size} are expected", f"值长 {len(raw)} 字节，应为 {size} 字节"
    )
    return raw


def _rows(raw: bytes, size: int, most: int) -> list[bytes]:
    fits = len(raw) % size == 0 and 1 <= len(raw) // size <= most
    require(fits, f"{len(raw)} bytes are not 1 to {most} rows", f"{len(raw)} 字节不是 1 至 {most} 行")
    return [raw[at : at + size] for at in range(0, len(raw), size)]


def _pairs(raw: bytes, most: int) -> tuple[tuple[int, int], ...]:
    return tuple(_PAIR.unpack(row) for row in _rows(raw, 16, most))


def _read_spans(raw: bytes) -> Spans:
    spans = _pairs(raw, SPANS_MAX)
    check_spans(spans)
    return spans


def _read_hashes(raw: bytes) -> tuple[bytes, ...]:
    hashes = tuple(_rows(raw, 32, SEEDS_MAX))
    check_commitments(hashes)
    return hashes


_INT, _ENUM, _TABLE, _PHASES, _FRACTION, _SPANS, _HASHES = 1, 2, 3, 4, 5, 6, 7

_READ: dict[int, Callable[[bytes, Any], Any]] = {
    _INT: lambda raw, _: struct.unpack("<q", _sized(raw, 8))[0],
    _ENUM: lambda raw, values: member(values, _sized(raw, 1)[0]),
    _TABLE: lambda raw, _: _pairs(raw, TABLE_MAX),
    _PHASES: lambda raw, _: tuple(Phase.decode(row) for row in _rows(raw, 40, PHASES_MAX)),
    _FRACTION: lambda raw, _: _PAIR.unpack(_sized(raw, 16)),
    _SPANS: lambda raw, _: _read_spans(raw),
    _HASHES: lambda raw, _: _read_hashes(raw),
}
_WRITE: dict[int, Callable[[Any], bytes]] = {
    _INT: lambda value: struct.pack("<q", value),
    _ENUM: lambda value: bytes([value]),
    _TABLE: lambda rows: b"".join(_PAIR.pack(*row) for row in rows),
    _PHASES: lambda phases: b"".join(phase.encode() for phase in phases),
    _FRACTION: lambda parts: _PAIR.pack(*parts),
    _SPANS: lambda rows: b"".join(_PAIR.pack(*row) for row in rows),
    _HASHES: b"".join,
}
_KEYS: tuple[tuple[int, str, int, type[IntEnum] | None], ...] = (
    (1, "admission", _ENUM, Admission),
    (2, "start_price", _INT, None),
    (3, "increment_fixed", _INT, None),
    (4, "increment_percent", _FRACTION, None),
    (5, "increment_rounding", _ENUM, Rounding),
    (6, "increment_table", _TABLE, None),
    (7, "multiple_anchor", _ENUM, Anchor),
    (8, "max_multiple", _INT, None),
    (9, "self_outbid", _ENUM, SelfOutbid),
    (10, "phases", _PHASES, None),
    (11, "clock", _ENUM, Clock),
    (12, "timed_without_bids", _ENUM, WithoutBids),
    (13, "single_bidder", _ENUM, SingleBidder),
    (14, "on_outage", _ENUM, OnOutage),
    (15, "min_bidders", _INT, None),
    (16, "min_bidders_counts", _ENUM, BiddersCounted),
    (17, "reserve_policy", _ENUM, ReservePolicy),
    (18, "reserve_custody", _ENUM, ReserveCustody),
    (19, "reserve_commitment", _ENUM, ReserveCommitment),
    (20, "entry_opens_before_end", _INT, None),
    (21, "entry_ends_before_end", _INT, None),
    (22, "free_stop", _INT, None),
    (23, "timed_entry", _ENUM, TimedEntry),
    (24, "inquiry_yes", _INT, None),
    (25, "recent_bidders", _INT, None),
    (26, "recent_window", _INT, None),
    (27, "max_extensions", _INT, None),
    (28, "timed_increment", _INT, None),
    (29, "first_bid_min", _ENUM, FirstBidMin),
    (30, "precision", _INT, None),
    (31, "closed", _SPANS, None),
    (32, "resume_free", _ENUM, ResumeFree),
    (33, "resume_free_most", _INT, None),
    (34, "resume_timed", _ENUM, ResumeTimed),
    (35, "resume_direct_within", _INT, None),
    (36, "resume_notice", _INT, None),
    (37, "priority", _ENUM, Priority),
    (38, "cap", _INT, None),
    (39, "cap_action", _ENUM, CapAction),
    (40, "cap_phase", _INT, None),
    (41, "cap_passing", _ENUM, CapPassing),
    (42, "cap_in_free", _ENUM, CapInFree),
    (43, "top_up", _ENUM, TopUp),
    (44, "lottery_seeds", _HASHES, None),
    (45, "reserve_setters", _INT, None),
    (46, "reserve_rounding", _ENUM, Rounding),
    (47, "sealed_custody", _ENUM, SealedCustody),
    (48, "sealed_change", _ENUM, SealedChange),
    (49, "sealed_min", _INT, None),
    (50, "sealed_most", _INT, None),
    (51, "sealed_award", _ENUM, SealedAward),
    (52, "sealed_tie", _ENUM, SealedTie),
    (53, "sealed_equal", _ENUM, SealedEqual),
    (54, "reserve_published", _ENUM, ReservePublished),
    (55, "postponed_end", _ENUM, PostponedEnd),
    (56, "free_least", _INT, None),
)
