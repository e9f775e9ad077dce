"""What open ascending auctions share: how amounts are stated, and that the highest bid wins and is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ..lot import LotSnapshot, Outcome
from ..money import Amount

if TYPE_CHECKING:
    from ..money import Money


class Percent(msgspec.Struct, frozen=True):
    """A step that is a part of the top amount: an exact fraction with a declared rounding. 0.5 % is Percent(1, 200)."""

    numerator: int
    denominator: int
    rounding: Literal["up", "down"]


Increment = Amount | Percent | tuple[tuple[Amount, Amount], ...]
"""A step (增价幅度): one amount; a percentage; or rows of (from this top amount, this step), the first from 0."""


def increment_parameter(increment: Increment, money: Money) -> Any:  # noqa: ANN401 - one of three shapes
    """Return the step as the native rules take it."""
    if isinstance(increment, Percent):
        return (increment.numerator, increment.denominator, increment.rounding)
    if isinstance(increment, tuple):
        return [(money.minor(start), money.minor(step)) for start, step in increment]
    return money.minor(increment)


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
