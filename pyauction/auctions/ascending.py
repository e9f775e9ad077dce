"""What open ascending auctions share: increments, the leader's own bids, priorities and the price cap."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from .._engine import LotRules, Phase
from ..errors import RuleError
from ..money import Amount
from ..parameters import whole
from ..told import Told
from .sale import Sale


class Percent(msgspec.Struct, frozen=True):
    """A step that is a part of the top amount: an exact fraction with a declared rounding. 0.5 % is Percent(1, 200)."""

    numerator: int
    denominator: int
    rounding: Literal["up", "down"]


Increment = Amount | Percent | tuple[tuple[Amount, Amount], ...]
"""A step (增价幅度): one amount; a percentage; or rows of (from this top amount, this step), the first from 0."""


class Ascending(Sale, frozen=True, kw_only=True):
    """The parameters of an open ascending auction, but for its phases."""

    increment: Increment
    self_outbid: Literal["allowed", "refused"]
    multiples_from: Literal["start", "current"] | None = None
    max_multiple: int | None = None
    first_bid_min: Literal["start_plus_step"] | None = None
    max_extensions: int | None = None
    priority: Literal["once", "repeatedly"] | None = None
    cap: Amount | None = None
    cap_action: Literal["sell", "enter", "lottery", "next_round", "other_quantity"] | None = None
    cap_passing: Literal["allowed"] | None = None
    lottery_seeds: tuple[bytes, ...] | None = None

    def _rules(
        self, phases: list[tuple[str, Phase]], *, clock: object, cap_phase: int | None = None, **of_phases: object
    ) -> LotRules:
        """Return the native rules of named phases."""
        self._check_kinds()
        words = {"self_outbid": self.self_outbid, "multiple_anchor": self.multiples_from, "clock": clock, **of_phases}
        return self._native(
            phases,
            words=words,
            increment=self._increment(),
            max_multiple=whole("max_multiple", self.max_multiple),
            cap_phase=cap_phase,
        )

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
        raise RuleError(
            Told(
                f"expected rows of (from this top amount, this step), received {row!r}",
                f"应为若干行 (自此最高报价起, 幅度)，实为 {row!r}",
            ),
            "increment",
        )
