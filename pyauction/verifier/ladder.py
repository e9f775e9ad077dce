"""The amounts that a lot takes: its step, its ask, and the rows 6 to 13 of the bid ladder."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from .terms import I64_MAX, Anchor, Reason, Rounding, SelfOutbid, State

if TYPE_CHECKING:
    from .lot import Lot


def step(lot: Lot) -> int:
    """Return the increment that holds for the next bid."""
    rules = lot.rules
    amount = base(lot)
    if rules.increment_fixed is not None:
        return rules.increment_fixed
    if rules.increment_percent is not None:
        exact = amount * Fraction(*rules.increment_percent)
        return max(1, math.ceil(exact) if rules.increment_rounding == Rounding.UP else math.floor(exact))
    return [row_step for start, row_step in rules.increment_table or () if start <= amount][-1]


def base(lot: Lot) -> int:
    """Return the amount from which steps are computed and counted: the top, or else the start price."""
    return lot.rules.start_price if lot.top is None else lot.top


def anchor(lot: Lot) -> int:
    """Return the amount from which whole multiples are counted."""
    return lot.rules.start_price if lot.rules.multiple_anchor == Anchor.START_PRICE else base(lot)


def ask(lot: Lot) -> int | None:
    """Return the least acceptable amount, or None where bids are over for good or it is beyond 64 bits."""
    if lot.state not in (State.SCHEDULED, State.BIDDING, State.SUSPENDED):
        return None
    if lot.top is None:
        return lot.rules.start_price
    least = lot.top + step(lot)
    if lot.rules.multiple_anchor == Anchor.START_PRICE:
        least += -(least - lot.rules.start_price) % step(lot)
    return least if least <= I64_MAX else None


def refusal(  # noqa: PLR0911 - one return for each row of the ladder
    lot: Lot, bidder: int, amount: int
) -> Reason | None:
    """Return why a running lot refuses an amount of an admitted bidder, or None if it takes it."""
    rules, top = lot.rules, lot.top
    if amount < 1:
        return Reason.AMOUNT_NOT_POSITIVE
    if top is not None and bidder == lot.leader and rules.self_outbid == SelfOutbid.MAY_NOT:
        return Reason.ALREADY_LEADING
    if top is None and amount < rules.start_price:
        return Reason.BELOW_START
    if top is not None and top + step(lot) > I64_MAX:
        return Reason.AMOUNT_LIMIT
    if top is not None and amount < top + step(lot):
        return Reason.BELOW_INCREMENT
    if rules.multiple_anchor is not None and (amount - anchor(lot)) % step(lot) != 0:
        return Reason.NOT_MULTIPLE
    if rules.max_multiple is None or amount <= max(base(lot) + rules.max_multiple * step(lot), ask(lot) or 0):
        return None
    return Reason.ABOVE_MAX_MULTIPLE
