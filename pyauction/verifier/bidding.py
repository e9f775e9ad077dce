"""When a lot takes bids and from whom, and what it answers to an inquiry's answer, a grant of priority and a top-up.

Pure decisions, in the order of B.5 and B.4. Which amounts are taken is told by the ladder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import cap
from .terms import Answer, PhaseKind, Reason, State

if TYPE_CHECKING:
    from .lot import Lot

_NO_OPEN_BIDS = (PhaseKind.INQUIRY, PhaseKind.PREPARATION, PhaseKind.SEALED)


def refusal(lot: Lot, at: int, bidder: int) -> Reason | None:
    """Return why a lot refuses any bid of an admitted bidder at a time, by rows 3 to 10a, or None if it takes some."""
    return state_refusal(lot) or _time_refusal(lot, at) or entry_refusal(lot, bidder)


def state_refusal(lot: Lot) -> Reason | None:
    """Return why a lot takes no bids of any kind in its state, by rows 3 to 5, or None if it does."""
    if lot.state == State.SCHEDULED:
        return Reason.NOT_OPEN
    if lot.state == State.SUSPENDED:
        return Reason.SUSPENDED
    return None if lot.state == State.BIDDING else Reason.CLOSED


def _time_refusal(lot: Lot, at: int) -> Reason | None:
    if lot.running.kind in _NO_OPEN_BIDS:
        return Reason.PHASE_TAKES_NO_BIDS
    if lot.is_closed(at):
        return Reason.OUTSIDE_HOURS
    stop, left = lot.rules.free_stop, lot.time_left(at)
    stopped = stop is not None and left is not None and left <= stop
    return Reason.FREE_STOPPED if stopped and lot.running.kind == PhaseKind.FREE else None


def entry_refusal(lot: Lot, bidder: int) -> Reason | None:
    """Return why an admitted bidder may not bid in the present phase, by rows 9 to 10a, or None if it may."""
    if lot.phase == 0:
        return None
    if lot.rules.needs_prior_bid and bidder not in lot.quoters:
        return Reason.NO_PRIOR_BID
    standing = lot.standing(bidder)
    if _needs_yes(lot) and standing.answer != Answer.YES:
        return Reason.NO_YES
    topped_up = lot.rules.top_up is None or standing.topped_up
    return Reason.NO_TOP_UP if cap.is_behind(lot) and not topped_up else None


def _needs_yes(lot: Lot) -> bool:
    """Return whether only who said yes may bid: behind the inquiry, in the part of the phases that it lies in."""
    return lot.rules.needs_yes and lot.rules.inquiry in range(cap.part_begins(lot), lot.phase)


def answer_refusal(lot: Lot, at: int, bidder: int) -> Reason | None:
    """Return why the inquiry does not take an answer at a time, or None if it does; a stranger is bidder 0."""
    if lot.state == State.SUSPENDED:
        return Reason.SUSPENDED
    if lot.state != State.BIDDING or lot.running.kind != PhaseKind.INQUIRY:
        return Reason.WRONG_PHASE
    if not bidder:
        return Reason.NOT_ADMITTED
    if lot.is_closed(at):
        return Reason.OUTSIDE_HOURS
    if lot.rules.needs_prior_bid and bidder not in lot.quoters:
        return Reason.NO_PRIOR_BID
    return None if lot.standing(bidder).answer == Answer.NONE else Reason.ALREADY_ANSWERED


def grant_refusal(lot: Lot, bidder: int) -> Reason | None:
    """Return why a bidder gets no priority, or None if it gets it; a stranger is bidder 0."""
    if not lot.takes_bidders:
        return Reason.WRONG_PHASE
    if lot.rules.priority is None:
        return Reason.PRIORITY_NOT_ALLOWED
    if not bidder:
        return Reason.NOT_ADMITTED
    return Reason.ALREADY_GRANTED if lot.standing(bidder).rank else None


def top_up_refusal(lot: Lot, bidder: int) -> Reason | None:
    """Return why a bidder's further deposit is not confirmed, or None if it is; a stranger is bidder 0."""
    if not lot.takes_bidders:
        return Reason.WRONG_PHASE
    if lot.rules.top_up is None:
        return Reason.TOP_UP_NOT_REQUIRED
    if not bidder:
        return Reason.NOT_ADMITTED
    return Reason.ALREADY_CONFIRMED if lot.standing(bidder).topped_up else None
