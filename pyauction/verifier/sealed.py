"""Sealed bids: which stand and which are valid, and what a lot answers to the commands about them.

Pure decisions, in the order of B.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import bidding, ladder
from .sealed_bid import SealedBid, commitment_in
from .sealed_terms import ReservePublished, SealedAward, SealedChange, SealedCustody, SealedResult, SealedTie
from .terms import PhaseKind, Reason, State

if TYPE_CHECKING:
    from .lot import Lot

_REASONS = {
    SealedResult.ACCEPTED: None,
    SealedResult.BELOW_FLOOR: Reason.BELOW_FLOOR,
    SealedResult.ABOVE_MOST: Reason.ABOVE_MOST,
    SealedResult.TOO_PRECISE: Reason.TOO_PRECISE,
    SealedResult.EQUAL: Reason.EQUAL_SEALED_BID,
}


class Entry(NamedTuple):
    """A sealed bid with the number of its bidder."""

    bidder: int
    bid: SealedBid


def result_of(reason: Reason) -> SealedResult:
    """Return the vault's result that a refusal attests, or acceptance where something else was the reason."""
    return next((result for result, said in _REASONS.items() if said == reason), SealedResult.ACCEPTED)


def may_result(lot: Lot, result: SealedResult) -> bool:
    """Return whether the vault can say this of any amount under the lot's rules."""
    rules = lot.rules
    held = rules.sealed_custody == SealedCustody.HOUSE
    return {
        SealedResult.ACCEPTED: True,
        SealedResult.BELOW_FLOOR: held,
        SealedResult.ABOVE_MOST: held and rules.sealed_most is not None,
        SealedResult.TOO_PRECISE: held and rules.precision is not None,
        SealedResult.EQUAL: held and rules.sealed_equal is not None,
    }[result]


def standing(lot: Lot) -> list[Entry]:
    """Return the sealed bids that stand, in order of their bidders."""
    entries = (Entry(bidder, of.sealed) for bidder, of in enumerate(lot.standings, 1))
    return [entry for entry in entries if entry.bid.stands]


def opened(lot: Lot) -> list[Entry]:
    """Return the sealed bids that are opened, in order of their bidders."""
    return [entry for entry in standing(lot) if entry.bid.opened]


def valid(lot: Lot) -> list[Entry]:
    """Return the valid sealed bids in the order of their amounts, equal ones the later placed first."""
    entries = [entry for entry in opened(lot) if is_valid(lot, entry.bid)]
    return sorted(entries, key=lambda entry: (entry.bid.amount, -entry.bid.placed_seq))


def is_valid(lot: Lot, bid: SealedBid) -> bool:
    """Return whether an opened bid is within what sealed bids may be, and no equal one that is refused."""
    if not is_within(lot, bid.amount):
        return False
    before = (other for _, other in opened(lot) if other.placed_seq < bid.placed_seq)
    return lot.rules.sealed_equal is None or all(other.amount != bid.amount for other in before)


def is_within(lot: Lot, amount: int) -> bool:
    """Return whether an amount is one that a sealed bid may be."""
    most, precision = lot.rules.sealed_most, lot.rules.precision
    fits = precision is None or amount % precision == 0
    return ladder.base(lot) <= amount and (most is None or amount <= most) and fits


def counted(lot: Lot) -> list[Entry]:
    """Return the sealed bids that became accepted ones, in order of their bidders."""
    return [entry for entry in standing(lot) if entry.bid.counted]


def eligible(lot: Lot) -> list[Entry]:
    """Return the counted sealed bids that may win: where the published reserve decides, those that reach it."""
    decides = lot.rules.reserve_published == ReservePublished.DECIDES
    return [entry for entry in counted(lot) if not decides or entry.bid.amount >= lot.published]


def bid_again(lot: Lot) -> list[Entry]:
    """Return the equal highest bids whose bidders are to bid again, the later placed first, or none."""
    entries = valid(lot)
    if lot.rules.sealed_tie != SealedTie.REQUOTE or not entries:
        return []
    highest = [entry for entry in entries if entry.bid.amount == entries[-1].bid.amount]
    return highest if len(highest) > 1 else []


def are_too_few(lot: Lot) -> bool:
    """Return whether so few sealed bids stand at the end of their phase that nothing is opened."""
    least = (lot.rules.sealed_min or 1) if lot.further_rounds == 0 else 1
    return len(standing(lot)) < least


def is_unopened(lot: Lot) -> bool:
    """Return whether a sealed bid stands and the opening of sealed bids is not finished."""
    return bool(standing(lot)) and not lot.finished


def awaits_one(lot: Lot) -> bool:
    """Return whether a sealed bid stands that is not opened."""
    return not all(entry.bid.opened for entry in standing(lot))


def placing_refusal(lot: Lot, at: int, bidder: int, commitment: bytes, result: SealedResult) -> Reason | None:
    """Return why a sealed bid is not taken, or None if it is; a stranger is bidder 0."""
    refused = _phase_refusal(lot, at, bidder) or bidding.entry_refusal(lot, bidder)
    if refused is not None:
        return refused
    bid = lot.standing(bidder).sealed
    if not bid.tied and any(of.sealed.tied for of in lot.standings):
        return Reason.NOT_TIED
    if bid.stands and (lot.rules.sealed_change is None or bid.commitment == commitment):
        return Reason.ALREADY_PLACED
    return _REASONS[result]


def withdrawal_refusal(lot: Lot, at: int, bidder: int) -> Reason | None:
    """Return why a sealed bid is not given back, or None if it is; a stranger is bidder 0."""
    refused = _phase_refusal(lot, at, bidder)
    if refused is not None:
        return refused
    if lot.rules.sealed_change != SealedChange.CHANGE_OR_WITHDRAW:
        return Reason.NOT_WITHDRAWABLE
    return None if lot.standing(bidder).sealed.stands else Reason.NO_SEALED_BID


def _phase_refusal(lot: Lot, at: int, bidder: int) -> Reason | None:
    """Return why a lot does not let a bidder touch its sealed bid at a time, or None if it does."""
    refused = bidding.state_refusal(lot)
    if refused is not None:
        return refused
    if lot.running.kind != PhaseKind.SEALED:
        return Reason.PHASE_TAKES_NO_SEALED_BIDS
    if not bidder:
        return Reason.NOT_ADMITTED
    return Reason.OUTSIDE_HOURS if lot.is_closed(at) else None


def _opening_state_refusal(lot: Lot) -> Reason | None:
    """Return why a lot's sealed bids are not being opened, or None if they are."""
    if lot.state == State.SUSPENDED:
        return Reason.SUSPENDED
    return None if lot.state == State.AWAITING_OPENING else Reason.WRONG_PHASE


def exclusion_refusal(lot: Lot, bidder: int) -> Reason | None:
    """Return why a bidder's sealed bid is not excluded, or None if it is; a stranger is bidder 0."""
    refused = _opening_state_refusal(lot)
    if refused is not None:
        return refused
    if not bidder:
        return Reason.NOT_ADMITTED
    bid = lot.standing(bidder).sealed
    if not bid.stands:
        return Reason.NO_SEALED_BID
    return Reason.ALREADY_OPENED if bid.opened else None


def opening_refusal(lot: Lot, bidder: int, amount: int, blinding: bytes) -> Reason | None:
    """Return why an amount and a blinding do not open a bidder's sealed bid, or None; a stranger is bidder 0.

    What is opened is what could be excluded as well, so that the checks before that of the commitment are the same.
    """
    refused = exclusion_refusal(lot, bidder)
    if refused is not None:
        return refused
    opens = commitment_in(lot, lot.bidder_name(bidder), amount, blinding) == lot.standing(bidder).sealed.commitment
    return None if opens else Reason.COMMITMENT_MISMATCH


def scoring_refusal(lot: Lot, bidder: int) -> Reason | None:
    """Return why a bidder's sealed bid gets no points, or None if it gets them; a stranger is bidder 0."""
    refused = _opening_state_refusal(lot)
    if refused is not None:
        return refused
    if lot.rules.sealed_award != SealedAward.MOST_POINTS:
        return Reason.POINTS_NOT_ASKED
    if awaits_one(lot):
        return Reason.NOT_OPENED
    if not bidder:
        return Reason.NOT_ADMITTED
    bid = lot.standing(bidder).sealed
    if not bid.opened or not is_valid(lot, bid):
        return Reason.NO_SEALED_BID
    return Reason.ALREADY_SCORED if bid.scored else None


def finishing_refusal(lot: Lot) -> Reason | None:
    """Return why the opening cannot be finished, or None if it can."""
    refused = _opening_state_refusal(lot)
    if refused is not None:
        return refused
    if awaits_one(lot):
        return Reason.NOT_OPENED
    if lot.rules.reserve_published is not None and lot.published == 0:
        return Reason.RESERVE_MISSING
    asked = lot.rules.sealed_award == SealedAward.MOST_POINTS
    return Reason.NOT_SCORED if asked and not all(bid.scored for _, bid in valid(lot)) else None
