"""The rules of a lot: their values, their bytes and every constraint between them.

A `LotRules` that exists is valid: the constructor refuses everything else.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .terms import (
    DURATION_MAX,
    I64_MAX,
    TIME_MAX,
    U32_MAX,
    Admission,
    Anchor,
    BiddersCounted,
    Clock,
    Extension,
    HardEnd,
    OnOutage,
    PhaseEnd,
    PhaseKind,
    ReserveCommitment,
    ReserveCustody,
    ReservePolicy,
    Rounding,
    SelfOutbid,
    SingleBidder,
    WithoutBids,
)
from .wire import FormatError, Reader, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import IntEnum

_PHASE = struct.Struct("<BBBBIqqqq")
_ENTRY = struct.Struct("<HBH")
_PAIR = struct.Struct("<qq")
TABLE_MAX = 64
PHASES_MAX = 8


def _require(holds: bool, english: str, chinese: str) -> None:  # noqa: FBT001 - the claim itself, not a switch
    if not holds:
        raise FormatError(f"rules: {english}", f"规则：{chinese}")


def _whole(value: int, low: int, high: int, what: str) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    _require(
        whole and low <= value <= high,
        f"{what} is {value}, expected {low} to {high}", f"{what} 为 {value}，应在 {low} 与 {high} 之间",
    )  # fmt: skip


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
        ranges = {PhaseEnd.AFTER: (1, DURATION_MAX), PhaseEnd.AT: (0, TIME_MAX), PhaseEnd.CALLED: (0, 0)}
        _whole(self.end_value, *ranges[PhaseEnd(self.end)], "end_value")
        extends = self.extension != Extension.NONE
        _whole(self.extension_to, int(extends), DURATION_MAX if extends else 0, "extension_to")
        windowed = self.extension == Extension.WINDOW
        _whole(self.window, int(windowed), DURATION_MAX if windowed else 0, "window")
        hard = {HardEnd.NONE: (0, 0), HardEnd.AFTER: (1, DURATION_MAX), HardEnd.AT: (0, TIME_MAX)}
        _whole(self.hard_end_value, *hard[HardEnd(self.hard_end)], "hard_end_value")
        _require(
            not (extends and self.end == PhaseEnd.CALLED), "a called phase has no extension", "宣布结束的阶段不得延时"
        )
        _require(not (extends and self.kind == PhaseKind.FREE), "a free phase has no extension", "自由报价阶段不得延时")
        _require(extends or self.hard_end == HardEnd.NONE, "a hard end needs an extension", "有延时才可设最晚结束时间")

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
        _require(zero == 0, "reserved bytes of a phase are not zero", "阶段的保留字节不为零")
        return cls(
            kind=_member(PhaseKind, kind), end=_member(PhaseEnd, end), end_value=end_value,
            extension=_member(Extension, extension), extension_to=extension_to, window=window,
            hard_end=_member(HardEnd, hard_end), hard_end_value=hard_value,
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

    def __post_init__(self) -> None:
        """Refuse rules that the format does not allow."""
        for _, name, tag, values in _KEYS:
            value = getattr(self, name)
            if tag == _ENUM and value is not None:
                _member(values, value)
        _whole(self.start_price, 1, I64_MAX, "start_price")
        self._check_increment()
        self._check_phases()
        self._check_bidders()
        self._check_reserve()

    def _check_increment(self) -> None:
        steps = (self.increment_fixed, self.increment_percent, self.increment_table)
        _require(
            sum(step is not None for step in steps) == 1, "exactly one increment is expected", "应恰有一种增价幅度"
        )
        if self.increment_fixed is not None:
            _whole(self.increment_fixed, 1, I64_MAX, "increment_fixed")
        percent = self.increment_percent is not None
        rounded = self.increment_rounding is not None
        _require(rounded == percent, "rounding stands with a percentage only", "按比例增价时才写取整方式，且必须写明")
        for part in self.increment_percent or ():
            _whole(part, 1, I64_MAX, "increment_percent")
        from_start = self.multiple_anchor == Anchor.START_PRICE
        _require(
            not (percent and from_start),
            "a percentage has no multiples from the start price", "按比例增价时不得自起始价计整数倍",
        )  # fmt: skip
        if self.increment_table is not None:
            self._check_table(self.increment_table)
        if self.max_multiple is not None:
            _whole(self.max_multiple, 1, I64_MAX, "max_multiple")

    @staticmethod
    def _check_table(table: tuple[tuple[int, int], ...]) -> None:
        _require(1 <= len(table) <= TABLE_MAX, f"a table has 1 to {TABLE_MAX} rows", f"增价表应有 1 至 {TABLE_MAX} 行")
        least = 0
        for start, step in table:
            _whole(start, least, I64_MAX, "from")
            _whole(step, 1, I64_MAX, "step")
            least = start + 1
        _require(table[0][0] == 0, "the first row starts at 0", "增价表首行应从 0 起")

    def _check_phases(self) -> None:
        fits = 1 <= len(self.phases) <= PHASES_MAX
        _require(fits, f"1 to {PHASES_MAX} phases are expected", f"应有 1 至 {PHASES_MAX} 个阶段")
        called = any(phase.end == PhaseEnd.CALLED for phase in self.phases[:-1])
        _require(not called, "only the last phase may end by a call", "只有最后一个阶段可以宣布结束")
        after = self.phases[0].end == PhaseEnd.AFTER
        _require(
            self.clock == Clock.AT_OPENING or after,
            "a clock from the first bid needs a phase that ends after", "自首次报价起计时，首个阶段须按时长结束",
        )  # fmt: skip
        several = len(self.phases) > 1
        for name in ("timed_without_bids", "single_bidder"):
            given = getattr(self, name) is not None
            _require(
                given == several, f"{name} stands with several phases only", f"有多个阶段时才写 {name}，且必须写明"
            )

    def _check_bidders(self) -> None:
        counted = self.min_bidders_counts is not None
        _require(
            counted == (self.min_bidders is not None),
            "min_bidders and min_bidders_counts stand together", "min_bidders 与 min_bidders_counts 须同时写明",
        )  # fmt: skip
        if self.min_bidders is not None:
            _whole(self.min_bidders, 1, U32_MAX, "min_bidders")

    def _check_reserve(self) -> None:
        required = self.reserve_policy == ReservePolicy.REQUIRED
        for name in ("reserve_custody", "reserve_commitment"):
            stated = getattr(self, name) is not None
            _require(
                stated == required, f"{name} stands with a required reserve only", f"有底价时才写 {name}，且必须写明"
            )
        window = [self.entry_opens_before_end, self.entry_ends_before_end]
        given = [value for value in window if value is not None]
        for value in given:
            _whole(value, 1, DURATION_MAX, "entry window")
        if given:
            timed = self.clock == Clock.AT_OPENING and self.phases[0].end in (PhaseEnd.AFTER, PhaseEnd.AT)
            _require(
                required and timed,
                "an entry window needs a required reserve and a first phase with an end",
                "设底价录入时段须有底价，且首个阶段有结束时间",
            )
        _require(len(given) < 2 or given[1] < given[0], "the entry window ends before it opens", "底价录入时段先止后起")

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
        _require(key > before, f"key {key} stands behind key {before}", f"键 {before} 之后是键 {key}")
        if key not in known:
            raise UnsupportedError(f"rules: unknown key {key}", f"规则：键 {key} 未知")
        name, expected, values = known[key]
        _require(
            tag == expected,
            f"key {key} has tag {tag}, expected {expected}",
            f"键 {key} 的标签为 {tag}，应为 {expected}",
        )
        fields[name] = _READ[tag](reader.take(length), values)
        before = key
    always = {"admission", "start_price", "self_outbid", "phases", "clock", "on_outage", "reserve_policy"}
    missing = sorted(always - fields.keys())
    _require(not missing, f"missing: {', '.join(missing)}", f"缺少 {'、'.join(missing)}")
    return LotRules(**fields)


def decode_rules(raw: bytes) -> LotRules:
    """Return the rules that exactly these bytes stand for."""
    reader = Reader(raw)
    rules = read_rules(reader)
    reader.finish()
    return rules


def _member(values: Any, value: int) -> Any:  # noqa: ANN401 - a value of whichever enumeration is given
    if value not in values.__members__.values():
        name = values.__name__
        raise UnsupportedError(f"rules: unknown value {value} of {name}", f"规则：{name} 的值 {value} 未知")
    return values(value)


def _sized(raw: bytes, size: int) -> bytes:
    _require(
        len(raw) == size, f"a value of {len(raw)} bytes, {size} are expected", f"值长 {len(raw)} 字节，应为 {size} 字节"
    )
    return raw


def _rows(raw: bytes, size: int, most: int) -> list[bytes]:
    fits = len(raw) % size == 0 and 1 <= len(raw) // size <= most
    _require(fits, f"{len(raw)} bytes are not 1 to {most} rows", f"{len(raw)} 字节不是 1 至 {most} 行")
    return [raw[at : at + size] for at in range(0, len(raw), size)]


_INT, _ENUM, _TABLE, _PHASES, _FRACTION = 1, 2, 3, 4, 5

_READ: dict[int, Callable[[bytes, Any], Any]] = {
    _INT: lambda raw, _: struct.unpack("<q", _sized(raw, 8))[0],
    _ENUM: lambda raw, values: _member(values, _sized(raw, 1)[0]),
    _TABLE: lambda raw, _: tuple(_PAIR.unpack(row) for row in _rows(raw, 16, TABLE_MAX)),
    _PHASES: lambda raw, _: tuple(Phase.decode(row) for row in _rows(raw, 40, PHASES_MAX)),
    _FRACTION: lambda raw, _: _PAIR.unpack(_sized(raw, 16)),
}
_WRITE: dict[int, Callable[[Any], bytes]] = {
    _INT: lambda value: struct.pack("<q", value),
    _ENUM: lambda value: bytes([value]),
    _TABLE: lambda rows: b"".join(_PAIR.pack(*row) for row in rows),
    _PHASES: lambda phases: b"".join(phase.encode() for phase in phases),
    _FRACTION: lambda parts: _PAIR.pack(*parts),
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
)
