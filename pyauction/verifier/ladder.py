"""The amounts that a lot takes: its step, its ask, and the rows 11 to 21 of the bid ladder."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from . import cap
from .terms import I64_MAX, Anchor, PhaseKind, Priority, Reason, Rounding, SelfOutbid

if TYPE_CHECKING:
    from .lot import Lot
    from .rules import LotRules


def step(lot: Lot) -> int:
    """Return the increment that holds for the next bid."""
    return step_at(lot.rules, lot.phase, base(lot))


def step_at(rules: LotRules, phase: int, amount: int) -> int:
    """Return the increment that rules give in a phase at an amount."""
    if rules.timed_increment is not None and rules.phases[phase].kind != PhaseKind.FREE:
        return rules.timed_increment
    return free_step(rules, amount)


def free_step(rules: LotRules, amount: int) -> int:
    """Return the increment that rules give in a free phase at an amount."""
    if rules.increment_fixed is not None:
        return rules.increment_fixed
    if rules.increment_percent is not None:
        unit = rules.precision or 1
        exact = amount * Fraction(*rules.increment_percent) / unit
        return unit * max(1, math.ceil(exact) if rules.increment_rounding == Rounding.UP else math.floor(exact))
    return [row_step for start, row_step in rules.increment_table or () if start <= amount][-1]


def base(lot: Lot) -> int:
    """Return the amount from which steps are computed and counted: the top, or else the start price."""
    return lot.rules.start_price if lot.top is None else lot.top


def anchor(lot: Lot) -> int:
    """Return the amount from which whole multiples are counted."""
    return lot.rules.start_price if lot.rules.multiple_anchor == Anchor.START_PRICE else base(lot)


def least(lot: Lot) -> int:
    """Return what a bid must reach, which may be beyond 64 bits: a step above the top, or what the first bid must."""
    if lot.top is None and lot.rules.first_bid_min is None:
        return lot.rules.start_price
    return base(lot) + step(lot)


def ask(lot: Lot) -> int | None:
    """Return the least acceptable amount, or None where no clear bid follows, or it is beyond 64 bits."""
    if not lot.takes_bidders or not _clear_bids_follow(lot):
        return None
    if cap.is_reached(lot):
        return lot.rules.cap if cap.draws(lot) else None
    amount = least(lot)
    if lot.rules.multiple_anchor == Anchor.START_PRICE:
        amount += -(amount - lot.rules.start_price) % step(lot)
    most = cap.limit(lot)
    if most is not None:
        amount = min(amount, most)
    return amount if amount <= I64_MAX else None


def _clear_bids_follow(lot: Lot) -> bool:
    """Return whether the present phase or one behind it takes clear bids, of those before the cap or of those it leads to."""
    end = None if cap.is_behind(lot) else lot.rules.cap_phase
    return any(phase.kind in (PhaseKind.FREE, PhaseKind.TIMED) for phase in lot.rules.phases[lot.phase : end])


def refusal(lot: Lot, bidder: int, amount: int) -> Reason | None:
    """Return why a lot that takes bids refuses an amount of a bidder who may bid, or None if it takes it."""
    if amount < 1:
        return Reason.AMOUNT_NOT_POSITIVE
    return cap.refusal(lot, bidder, amount) or _refusal_below_cap(lot, bidder, amount)


def _refusal_below_cap(lot: Lot, bidder: int, amount: int) -> Reason | None:
    """Return why a bid that the cap does not refuse is refused, by the rows 11c to 21, or None if it is not."""
    if cap.is_reached(lot) and amount == lot.rules.cap:
        return None
    if amount == lot.top and bidder != lot.leader and lot.standing(bidder).rank:
        return _match_refusal(lot, bidder)
    if lot.top is not None and bidder == lot.leader and lot.rules.self_outbid == SelfOutbid.MAY_NOT:
        return Reason.ALREADY_LEADING
    return _amount_refusal(lot, amount)


def _match_refusal(lot: Lot, bidder: int) -> Reason | None:
    """Return why the holder of a priority may not bid the top amount, or None if it may."""
    standing, leading = lot.standing(bidder), lot.standing(lot.leader).rank
    if lot.rules.priority == Priority.ONCE and standing.matches:
        return Reason.PRIORITY_USED
    return Reason.PRIORITY_OUTRANKED if leading and leading <= standing.rank else None


def _amount_refusal(lot: Lot, amount: int) -> Reason | None:
    first = _least_refusal(lot, amount) if lot.top is None else None
    if first is not None or amount == cap.limit(lot):  # Here the top is less: else the rows 11a and 11c have decided.
        return first
    return _least_refusal(lot, amount) or _grid_refusal(lot, amount)


def _least_refusal(lot: Lot, amount: int) -> Reason | None:
    if least(lot) > I64_MAX:
        return Reason.AMOUNT_LIMIT
    if amount < least(lot):
        return Reason.BELOW_START if lot.top is None else Reason.BELOW_INCREMENT
    return None


def _grid_refusal(lot: Lot, amount: int) -> Reason | None:
    rules = lot.rules
    if rules.precision is not None and amount % rules.precision != 0:
        return Reason.TOO_PRECISE
    if rules.multiple_anchor is not None and (amount - anchor(lot)) % step(lot) != 0:
        return Reason.NOT_MULTIPLE
    if rules.max_multiple is None or amount <= max(base(lot) + rules.max_multiple * step(lot), ask(lot) or 0):
        return None
    return Reason.ABOVE_MAX_MULTIPLE
