"""What open ascending auctions share: how their parameters are stated, and that the highest bid wins and is paid."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

from .._engine import LotRules, Phase
from ..errors import MisuseError, RuleError
from ..lot import LotSnapshot, Outcome
from ..money import Amount, Money
from ..parameters import naming, whole
from ..reserve import EnteredReserve, NoReserve, Reserve


class Percent(msgspec.Struct, frozen=True):
    """A step that is a part of the top amount: an exact fraction with a declared rounding. 0.5 % is Percent(1, 200)."""

    numerator: int
    denominator: int
    rounding: Literal["up", "down"]


Increment = Amount | Percent | tuple[tuple[Amount, Amount], ...]
"""A step (增价幅度): one amount; a percentage; or rows of (from this top amount, this step), the first from 0."""


class Ascending(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of an open ascending auction, but for its phases."""

    _words: ClassVar[dict[str, str]] = {}
    """What the native rules call a parameter that has another name here."""

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

    def _rules(self, phases: list[Phase], *, clock: object, **of_phases: object) -> LotRules:
        """Return the native rules. A fault names the parameter as it is called here."""
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
        for name in ("admission", "self_outbid", "on_outage", "clock"):
            self._stated(name, words[name])
        parameters: dict[str, Any] = {name: self._word(name, value) for name, value in words.items()}
        try:
            return LotRules(
                start_price=self._minor("start_price", self.start_price),
                increment=self._increment(),
                max_multiple=whole("max_multiple", self.max_multiple),
                min_bidders=whole("min_bidders", self.min_bidders),
                phases=phases,
                **parameters,
                **self.reserve.parameters(),
            )
        except RuleError as error:
            raise RuleError(self._in_own_words(str(error))) from None

    @staticmethod
    def _stated(parameter: str, value: object) -> None:
        if value is None:
            raise RuleError(f"{parameter}: must be stated; there is no default")

    def _word(self, name: str, value: object) -> object:
        if value is not None and not isinstance(value, str):
            raise RuleError(f"{self._in_own_words(name)}: expected text, received {value!r}")
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
                self._word("rounding", step.rounding),
            )
        if isinstance(step, tuple | list):
            return [self._row(row) for row in step]
        return self._minor("increment", step)

    def _row(self, row: tuple[Amount, Amount] | list[Amount]) -> tuple[int, int]:
        match row:
            case [start, step]:
                return self._minor("increment", start), self._minor("increment", step)
        raise RuleError(f"increment: expected rows of (from this top amount, this step), received {row!r}")

    def _in_own_words(self, message: str) -> str:
        for native, own in {**_WORDS, **self._words}.items():
            if message.startswith(native):
                return own + message.removeprefix(native)
        return message


_WORDS = {
    "increment_fixed": "increment",
    "increment_percent": "increment",
    "increment_table": "increment",
    "rounding": "increment: rounding",
    "multiple_anchor": "multiples_from",
    "reserve_commitment": "reserve: commitment",
}


def settle_highest(lot: LotSnapshot) -> Outcome:
    """Return that the top bid wins at its amount, if there are bids, enough bidders and a reserve that is met.

    Equal to the reserve sells (福建 art. 44, 汕头 art. 21, 22). FORMAT.md B.7 states the same for verifiers.
    """
    if not lot.bids:
        return Outcome(kind="unsold", cause="no_bids")
    if not lot.enough_bidders:
        return Outcome(kind="unsold", cause="too_few_bidders")
    if lot.reserve == "not_met":
        return Outcome(kind="unsold", cause="reserve_not_met")
    return Outcome(kind="sold", winner=lot.leader, price_minor=lot.standing_minor)
