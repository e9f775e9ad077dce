"""What open ascending auctions share: how their parameters are stated, and that the highest bid wins and is paid."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Literal

import msgspec

from .._engine import LotRules, Phase
from ..clock import Duration, Time
from ..errors import MisuseError, RuleError
from ..lot import LotSnapshot, Outcome
from ..money import Amount, Money
from ..parameters import naming, point, span, whole
from ..reserve import EnteredReserve, NoReserve, Reserve


class Percent(msgspec.Struct, frozen=True):
    """A step that is a part of the top amount: an exact fraction with a declared rounding. 0.5 % is Percent(1, 200)."""

    numerator: int
    denominator: int
    rounding: Literal["up", "down"]


Increment = Amount | Percent | tuple[tuple[Amount, Amount], ...]
"""A step (增价幅度): one amount; a percentage; or rows of (from this top amount, this step), the first from 0."""


class Preset(msgspec.Struct, frozen=True):
    """Where rules were taken from: the name and the SHA-256 of a rule file. Provenance only, recorded with the lot."""

    name: str
    digest: bytes

    def __post_init__(self) -> None:
        """Refuse what no record can hold. Raises `MisuseError`."""
        if not isinstance(self.digest, bytes) or len(self.digest) != _HASH:
            raise MisuseError(f"digest: expected the {_HASH} bytes of a SHA-256, received {self.digest!r}")


class Ascending(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of an open ascending auction, but for its phases."""

    _phase_words: ClassVar[dict[str, str]] = {}
    """What the parts of a phase are called here: "end", "extension", "window" and "hard end"."""

    money: Money
    start_price: Amount
    increment: Increment
    reserve: Reserve
    on_outage: Literal["close_at_schedule", "suspend"]
    self_outbid: Literal["allowed", "refused"]
    multiples_from: Literal["start", "current"] | None = None
    max_multiple: int | None = None
    min_bidders: int | None = None
    min_bidders_counts: Literal["admitted", "quoted"] | None = None
    admission: Literal["listed", "open"] = "listed"
    first_bid_min: Literal["start_plus_step"] | None = None
    precision: Amount | None = None
    max_extensions: int | None = None
    closed: tuple[tuple[Time, Time], ...] | None = None
    resume_timed: Literal["restart", "restart_from_preparation"] | None = None
    resume_direct_within: Duration | None = None
    resume_notice: Duration | None = None
    priority: Literal["once", "repeatedly"] | None = None
    cap: Amount | None = None
    cap_action: Literal["sell", "enter", "lottery", "next_round", "other_quantity"] | None = None
    cap_passing: Literal["allowed"] | None = None
    lottery_seeds: tuple[bytes, ...] | None = None
    preset: Preset | None = None

    def _rules(self, phases: list[tuple[str, Phase]], *, clock: object, **of_phases: object) -> LotRules:
        """Return the native rules of named phases. A fault names the parameter as it is called here."""
        if not isinstance(self.money, Money):
            raise MisuseError(f"money: expected a Money, as CNY or WAN_YUAN, received {self.money!r}")
        if not isinstance(self.reserve, NoReserve | EnteredReserve):
            raise MisuseError(f"reserve: expected NoReserve() or EnteredReserve(...), received {self.reserve!r}")
        words = {
            "admission": self.admission,
            "self_outbid": self.self_outbid,
            "multiple_anchor": self.multiples_from,
            "on_outage": self.on_outage,
            "min_bidders_counts": self.min_bidders_counts,
            "clock": clock,
            **of_phases,
        }
        cap_phase = words.pop("cap_phase", None)
        for name in ("admission", "self_outbid", "on_outage", "clock"):
            self._stated(name, words[name])
        parameters: dict[str, Any] = {name: self._word(_WORDS.get(name, name), value) for name, value in words.items()}
        try:
            return LotRules(
                start_price=self._minor("start_price", self.start_price),
                increment=self._increment(),
                max_multiple=whole("max_multiple", self.max_multiple),
                min_bidders=whole("min_bidders", self.min_bidders),
                phases=[phase for _, phase in phases],
                **parameters,
                **self.reserve.parameters(),
                **self._optional(),
                cap_phase=cap_phase,
            )
        except RuleError as error:
            raise self._in_own_words(error, [name for name, _ in phases]) from None

    def _optional(self) -> dict[str, Any]:
        """Return the parameters that are off when absent, as the native rules take them."""
        stated: dict[str, Any] = {
            name: getattr(self, name, None) for name in (*_LENGTHS, *_AMOUNTS, *_COUNTS, *_CHOICES)
        }
        closed = None if self.closed is None else self._spans(self.closed)
        return {
            **{f"{name}_ns": span(name, stated[name]) for name in _LENGTHS},
            **{name: None if stated[name] is None else self._minor(name, stated[name]) for name in _AMOUNTS},
            **{name: whole(name, stated[name]) for name in _COUNTS},
            **{name: self._word(name, stated[name]) for name in _CHOICES},
            "closed_ns": closed,
            "lottery_seeds": None if self.lottery_seeds is None else self._seeds(self.lottery_seeds),
        }

    @staticmethod
    def _seeds(stated: tuple[bytes, ...]) -> list[bytes]:
        if not isinstance(stated, tuple | list):
            raise RuleError(f"expected commitments of {_HASH} bytes each, received {stated!r}", "lottery_seeds")
        for seed in stated:
            if not isinstance(seed, bytes) or len(seed) != _HASH:
                raise RuleError(f"expected commitments of {_HASH} bytes each, received {seed!r}", "lottery_seeds")
        return list(stated)

    def _spans(self, stated: tuple[tuple[Time, Time], ...]) -> list[tuple[int | None, int | None]]:
        if not isinstance(stated, tuple | list):
            raise RuleError(f"expected spans of (from, until), received {stated!r}", "closed")
        return [self._span(index, each) for index, each in enumerate(stated)]

    @staticmethod
    def _span(index: int, stated: tuple[Time, Time] | list[Time]) -> tuple[int | None, int | None]:
        match stated:
            case [start, end]:
                return point(f"closed: span {index}", start), point(f"closed: span {index}", end)
        raise RuleError(f"expected spans of (from, until), received {stated!r}", "closed")

    @staticmethod
    def _stated(parameter: str, value: object) -> None:
        if value is None:
            raise RuleError("must be stated; there is no default", parameter)

    @staticmethod
    def _word(name: str, value: object) -> object:
        if value is not None and not isinstance(value, str):
            raise RuleError(f"expected text, received {value!r}", name)
        return value

    def _minor(self, parameter: str, amount: Amount) -> int:
        with naming(parameter):
            return self.money.minor(amount)

    def _increment(self) -> Any:  # noqa: ANN401 - one of the three shapes that the native rules take
        step = self.increment
        if isinstance(step, Percent):
            for part in (step.numerator, step.denominator, step.rounding):
                self._stated("increment", part)
            return (
                whole("increment", step.numerator),
                whole("increment", step.denominator),
                self._word("increment: rounding", step.rounding),
            )
        if isinstance(step, tuple | list):
            return [self._row(row) for row in step]
        return self._minor("increment", step)

    def _row(self, row: tuple[Amount, Amount] | list[Amount]) -> tuple[int, int]:
        match row:
            case [start, step]:
                return self._minor("increment", start), self._minor("increment", step)
        raise RuleError(f"expected rows of (from this top amount, this step), received {row!r}", "increment")

    def _in_own_words(self, error: RuleError, phases: list[str]) -> RuleError:
        """Return the fault as it is about a parameter of this type; of a phase, about the one that states that part."""
        if error.parameter != "phases":
            return RuleError(error.problem, _WORDS.get(error.parameter, error.parameter))
        if (of_phase := re.fullmatch(r"phase (\d): (?:(end|extension|window|hard end): )?(.*)", error.problem)) is None:
            return RuleError(error.problem, "phases")
        index, part, problem = of_phase.groups()
        phase = phases[int(index)]
        if part is None:
            return RuleError(f"the {phase} phase: {problem}", "phases")
        what = "ends_at" if "expected a time" in problem and part == "end" else part
        return RuleError(problem, self._phase_words.get(f"{phase} {what}", self._phase_words.get(what, phase)))


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
    "cap_phase": "cap_pause",
}
"""What the native rules call a parameter that has another name here."""

_LENGTHS = ("free_stop", "recent_window", "resume_free_most", "resume_direct_within", "resume_notice")
_AMOUNTS = ("timed_increment", "precision", "cap")
_COUNTS = ("inquiry_yes", "recent_bidders", "max_extensions")
_CHOICES = (
    "timed_entry",
    "first_bid_min",
    "resume_free",
    "resume_timed",
    "priority",
    "cap_action",
    "cap_passing",
    "cap_in_free",
    "top_up",
)
_HASH = 32


def settle_highest(lot: LotSnapshot) -> Outcome:
    """Return that the top bid wins at its amount, if there are bids, enough bidders and a reserve that is met.

    Equal to the reserve sells (福建 art. 44, 汕头 art. 21, 22). A lot whose cap leads to another lot is not sold in this one;
    among several at the cap the drawn one wins. FORMAT.md B.7 states the same for verifiers.
    """
    if not lot.bids:
        return Outcome(kind="unsold", cause="no_bids")
    if not lot.enough_bidders:
        return Outcome(kind="unsold", cause="too_few_bidders")
    if lot.reserve == "not_met":
        return Outcome(kind="unsold", cause="reserve_not_met")
    if lot.cap_reached and lot.rules["cap_action"] in ("next_round", "other_quantity"):
        return Outcome(kind="unsold", cause="type_rule", detail=lot.rules["cap_action"])
    if lot.drawn is not None:
        return Outcome(kind="sold", winner=lot.drawn, price_minor=lot.rules["cap"])
    return Outcome(kind="sold", winner=lot.leader, price_minor=lot.standing_minor)
