"""What every sale declares, whatever its method: how parameters are stated and become the native rules."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any, ClassVar, Literal

import msgspec

from .._engine import LotRules, Phase
from ..clock import Duration, Time
from ..errors import MisuseError, RuleError
from ..money import Amount, Money
from ..optional_rules import OPTIONAL, OptionalRule
from ..parameters import naming, point, span, whole
from ..reserve import EnteredReserve, NoReserve, Reserve
from ..told import Told
from .faults import unstated

HASH = 32
"""The bytes of a SHA-256."""


class Preset(msgspec.Struct, frozen=True):
    """Where rules were taken from: the name and the SHA-256 of a rule file. Provenance only, recorded with the lot."""

    name: str
    digest: bytes

    def __post_init__(self) -> None:
        """Refuse what no record can hold. Raises `MisuseError`."""
        if not isinstance(self.digest, bytes) or len(self.digest) != HASH:
            raise MisuseError(f"digest: expected the {HASH} bytes of a SHA-256, received {self.digest!r}")


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters that do not depend on how the price is found, and those of sealed bids."""

    _phase_words: ClassVar[dict[str, str]] = {}
    """What the parts of a phase are called here (`RuleFault.part`), by the name of the phase and the part, or the part."""

    money: Money
    start_price: Amount
    reserve: Reserve
    on_outage: Literal["close_at_schedule", "suspend"]
    min_bidders: int | None = None
    min_bidders_counts: Literal["admitted", "quoted"] | None = None
    admission: Literal["listed", "open"] = "listed"
    precision: Amount | None = None
    closed: tuple[tuple[Time, Time], ...] | None = None
    resume_timed: Literal["restart", "restart_from_preparation"] | None = None
    resume_direct_within: Duration | None = None
    resume_notice: Duration | None = None
    postponed_end: Literal["moves"] | None = None
    sealed_custody: Literal["bidder", "house"] | None = None
    sealed_change: Literal["change", "change_or_withdraw"] | None = None
    sealed_min: int | None = None
    sealed_most: Amount | None = None
    sealed_award: Literal["highest", "closest_to_mean", "most_points"] | None = None
    sealed_tie: Literal["requote", "earlier", "higher"] | None = None
    sealed_equal: Literal["refused"] | None = None
    preset: Preset | None = None
    further: tuple[tuple[str, Any], ...] = ()
    """Rules of the engine that no other field states, as (name in FORMAT.md B.1, value): a length as "24h", an amount in the unit
    of `money`, a choice as its word."""

    def _native(self, phases: list[tuple[str, Phase]], *, words: dict[str, object], **others: Any) -> LotRules:  # noqa: ANN401 - values of every kind
        """Return the native rules of named phases. A fault names the parameter as it is called here.

        `words` are parameters that are one of some words, by their names here; `others` whatever else the method states.
        """
        words = {
            "admission": self.admission,
            "on_outage": self.on_outage,
            "min_bidders_counts": self.min_bidders_counts,
            **words,
        }
        for name in ("admission", "self_outbid", "on_outage", "clock"):
            self._stated(name, words[name])
        stated: dict[str, Any] = {name: self._word(_WORDS.get(name, name), value) for name, value in words.items()}
        try:
            return LotRules(
                start_price=self._minor("start_price", self.start_price),
                min_bidders=whole("min_bidders", self.min_bidders),
                phases=[phase for _, phase in phases],
                **stated,
                **self.reserve.parameters(),
                **self._optional(),
                **others,
            )
        except RuleError as error:
            raise self.in_own_words(error) from None

    def _check_kinds(self) -> None:
        """Refuse what nothing could be read from. Raises `MisuseError`."""
        if not isinstance(self.money, Money):
            raise MisuseError(
                Told(
                    f"expected a Money, as CNY or WAN_YUAN, received {self.money!r}",
                    f"应为 Money，如 CNY 或 WAN_YUAN，实为 {self.money!r}",
                ),
                "money",
            )
        if not isinstance(self.reserve, NoReserve | EnteredReserve):
            raise MisuseError(
                Told(
                    f"expected NoReserve() or EnteredReserve(...), received {self.reserve!r}",
                    f"应为 NoReserve() 或 EnteredReserve(...)，实为 {self.reserve!r}",
                ),
                "reserve",
            )

    def _optional(self) -> dict[str, Any]:
        """Return the parameters that are off when absent, as the native rules take them."""
        stated = {name: getattr(self, name, None) for name in OPTIONAL} | self._further()
        rules = [(rule, stated[name]) for name, rule in OPTIONAL.items() if stated[name] is not None]
        return {rule.keyword: self._of_kind(rule, value) for rule, value in rules}

    def _further(self) -> dict[str, Any]:
        """Return the rules that no field states. Raises `RuleError` for one that there is not, or that has a field."""
        if not isinstance(self.further, tuple | list):
            raise _no_pair(self.further)
        stated: dict[str, Any] = {}
        for pair in self.further:
            match pair:
                case [str(name), value]:
                    self._check_further(name, stated)
                    stated[name] = value
                case _:
                    raise _no_pair(pair)
        return stated

    def _check_further(self, name: str, stated: dict[str, Any]) -> None:
        if name not in OPTIONAL or OPTIONAL[name].label is None or name in _OF_RESERVE:
            raise RuleError(Told(f"there is no rule {name!r}", f"没有规则 {name!r}"), "further")
        if name in self.__struct_fields__:
            raise RuleError(Told(f"{name} is a parameter of its own", f"{name} 应作为参数写明"), "further")
        if name in stated:
            raise RuleError(Told(f"{name} is stated twice", f"{name} 重复写明"), "further")

    def _of_kind(self, rule: OptionalRule, value: Any) -> Any:  # noqa: ANN401 - values of every kind
        match rule.kind:
            case "length":
                return span(rule.name, value)
            case "amount":
                return self._minor(rule.name, value)
            case "count":
                return whole(rule.name, value)
            case "spans":
                return self._spans(rule.name, value)
            case "hashes":
                return self._hashes(rule.name, value)
            case "choice":
                return self._word(rule.name, value)

    @staticmethod
    def _hashes(parameter: str, stated: tuple[bytes, ...]) -> list[bytes]:
        if not isinstance(stated, tuple | list):
            raise _no_hash(parameter, stated)
        for each in stated:
            if not isinstance(each, bytes) or len(each) != HASH:
                raise _no_hash(parameter, each)
        return list(stated)

    def _spans(self, parameter: str, stated: tuple[tuple[Time, Time], ...]) -> list[tuple[int | None, int | None]]:
        if not isinstance(stated, tuple | list):
            raise _no_span(parameter, stated)
        return [self._span(parameter, number, each) for number, each in enumerate(stated, 1)]

    @staticmethod
    def _span(parameter: str, number: int, stated: tuple[Time, Time] | list[Time]) -> tuple[int | None, int | None]:
        match stated:
            case [start, end]:
                name = Told(f"{parameter}: span {number}", f"{parameter}：第 {number} 个时段")
                return point(name, start), point(name, end)
        raise _no_span(parameter, stated)

    @staticmethod
    def _stated(parameter: str, value: object) -> None:
        if value is None:
            raise unstated(parameter)

    @staticmethod
    def _word(name: str, value: object) -> object:
        if value is not None and not isinstance(value, str):
            raise RuleError(Told(f"expected text, received {value!r}", f"应为文本，实为 {value!r}"), name)
        return value

    def _minor(self, parameter: str, amount: Amount) -> int:
        with naming(parameter):
            return self.money.minor(amount)

    def in_own_words(self, error: RuleError) -> RuleError:
        """Return what the engine found wrong as it is about a parameter of this type; of a phase, about what states that part."""
        if (fault := error.fault) is None:
            return RuleError(error.problem, self._own_word(error.parameter))
        problem = fault.problem(self.money.show if self.money.unit else str, self._zone())
        if fault.phase is None:
            return fault.about(self._own_word(fault.parameter), problem)
        (phase, _), part = self._phases()[fault.phase], fault.part or "length"
        return fault.about(self._phase_words.get(f"{phase} {part}", self._phase_words.get(part, phase)), problem)

    def _phases(self) -> list[tuple[str, Phase]]:
        """Return the phases by their names, in order."""
        raise NotImplementedError

    def _own_word(self, parameter: str) -> str:
        """Return what a parameter of the native rules is called here."""
        return _WORDS.get(parameter, parameter)

    def _zone(self) -> tzinfo | None:
        """Return the time zone in which a time was stated, if one was."""
        stated = [getattr(self, name, None) for name in self.__struct_fields__]
        times = [*stated, *(time for span in self.closed or () for time in span)]
        return next((time.tzinfo for time in times if isinstance(time, datetime)), None)


def _no_hash(parameter: str, received: object) -> RuleError:
    english = f"expected hashes of {HASH} bytes each, received {received!r}"
    return RuleError(Told(english, f"应为若干 {HASH} 字节的散列值，实为 {received!r}"), parameter)


def _no_pair(received: object) -> RuleError:
    english = f"expected pairs of (name, value), received {received!r}"
    return RuleError(Told(english, f"应为若干 (名称, 值)，实为 {received!r}"), "further")


def _no_span(parameter: str, received: object) -> RuleError:
    english = f"expected spans of (from, until), received {received!r}"
    return RuleError(Told(english, f"应为若干时段 (自, 至)，实为 {received!r}"), parameter)


_WORDS = {
    "increment_fixed": "increment",
    "increment_percent": "increment",
    "increment_table": "increment",
    "increment_rounding": "increment: rounding",
    "rounding": "increment: rounding",
    "multiple_anchor": "multiples_from",
    "reserve_commitment": "reserve: commitment",
    "reserve_setters": "reserve: setters",
    "reserve_rounding": "reserve: rounding",
    "reserve_published": "reserve: published",
}
"""What the native rules call a parameter that has another name here."""

_OF_RESERVE = ("reserve_setters", "reserve_rounding", "reserve_published")
"""What `reserve` states."""
