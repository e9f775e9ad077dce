"""What a lot answers to the commands about its reserve and its outcome: pure decisions, in the order of B.6 and B.7."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import sealed
from .sealed_terms import ReservePublished
from .terms import (
    ZERO_32,
    OutcomeCause,
    OutcomeKind,
    Reason,
    ReserveState,
    State,
    VaultResult,
)

if TYPE_CHECKING:
    from .figures import Figure
    from .lot import Lot
    from .settle import Settlement

_TAKES_NONE = (State.TERMINATED, State.AWAITING_DRAW, State.CLOSED, State.DECIDED)
_COMPARED = (ReserveState.MET, ReserveState.NOT_MET)
_ENTERED = (ReserveState.ENTERED, *_COMPARED)


def entry_refusal(  # noqa: PLR0911 - one return for each line of the ladder
    lot: Lot, at: int, result: VaultResult, figure: Figure
) -> Reason:
    """Return why an entered reserve, or figure of it, is not taken, or NONE if it is."""
    if lot.reserve_state == ReserveState.DECLARED_NONE:
        return Reason.RESERVE_NOT_REQUIRED
    if lot.state in _TAKES_NONE:
        return Reason.WRONG_PHASE
    if lot.reserve_state in _ENTERED or any(_repeats(figure, taken) for taken in lot.figures):
        return Reason.ALREADY_ENTERED
    if lot.reserve_state == ReserveState.MISSING and _is_too_late(lot):
        return Reason.WRONG_PHASE
    window = _window_refusal(lot, at)
    if window is not None:
        return window
    if result == VaultResult.BELOW_START:
        return Reason.RESERVE_BELOW_START
    if result == VaultResult.COMMITMENT_MISMATCH:
        return Reason.COMMITMENT_MISMATCH
    if lot.opened.commitment not in (ZERO_32, figure.commitment):
        return Reason.COMMITMENT_MISMATCH
    return Reason.NONE


def _is_too_late(lot: Lot) -> bool:
    """Return whether sealed bids were opened or bidding is over, so that only a reserve that was committed to is entered."""
    return lot.course in (State.AWAITING_RESERVE, State.AWAITING_OPENING) or lot.further_rounds > 0


def _repeats(figure: Figure, taken: Figure) -> bool:
    return figure.by == taken.by or figure.commitment == taken.commitment


def _window_refusal(lot: Lot, at: int) -> Reason | None:
    opens, ends = lot.rules.entry_opens_before_end, lot.rules.entry_ends_before_end
    if opens is None and ends is None:
        return None
    if lot.state == State.SUSPENDED:
        return Reason.SUSPENDED
    left = _time_left_of_first_phase(lot, at)
    if left is None or (opens is not None and left > opens) or (ends is not None and left < ends):
        return Reason.OUTSIDE_ENTRY_WINDOW
    return None


def _time_left_of_first_phase(lot: Lot, at: int) -> int | None:
    end = None
    if lot.state == State.SCHEDULED and lot.deadline is not None:
        end = lot.deadline_from(lot.deadline)
    elif lot.state == State.BIDDING and lot.phase == 0:
        end = lot.deadline
    return None if end is None else lot.elapsed(at, end)


def reentry_refusal(lot: Lot, result: VaultResult, commitment: bytes) -> Reason:
    """Return why a reserve entered again is not taken, or NONE if it is."""
    if lot.state in _TAKES_NONE:
        return Reason.WRONG_PHASE
    if lot.reserve_state == ReserveState.DECLARED_NONE:
        return Reason.RESERVE_NOT_REQUIRED
    if not lot.figures:
        return Reason.RESERVE_MISSING
    if lot.reserve_state in _COMPARED:
        return Reason.WRONG_PHASE
    if result == VaultResult.COMMITMENT_MISMATCH or commitment not in lot.commitments:
        return Reason.COMMITMENT_MISMATCH
    return Reason.NONE


def comparison_refusal(lot: Lot) -> Reason:
    """Return why the reserve cannot be compared, or NONE if it can."""
    if lot.state != State.AWAITING_RESERVE:
        return Reason.WRONG_PHASE
    return Reason.NONE if lot.reserve_state == ReserveState.ENTERED else Reason.RESERVE_MISSING


def disclosure_refusal(lot: Lot, opened: bytes) -> Reason:
    """Return why a disclosure is refused whose amount and blinding give the commitment `opened`, or NONE."""
    if lot.state not in (State.DECIDED, State.TERMINATED) and not _publishes(lot):
        return Reason.WRONG_PHASE
    if not lot.commitments:
        return Reason.RESERVE_MISSING
    return Reason.NONE if opened in lot.commitments else Reason.COMMITMENT_MISMATCH


def _publishes(lot: Lot) -> bool:
    """Return whether the reserve is disclosed while the sealed bids are opened."""
    opening = lot.state == State.AWAITING_OPENING and lot.rules.reserve_published is not None
    return opening and lot.reserve_state == ReserveState.ENTERED


def outcome_refusal(lot: Lot, type_id: str, outcome: Settlement) -> Reason:
    """Return why an outcome cannot be recorded, or NONE if it can."""
    if lot.state != State.CLOSED:
        return Reason.WRONG_PHASE
    possible = _may_be_sold if outcome.kind == OutcomeKind.SOLD else _may_be_unsold
    return Reason.NONE if type_id == lot.opened.type_id and possible(lot, outcome) else Reason.OUTCOME_INVALID


def _may_be_sold(lot: Lot, outcome: Settlement) -> bool:
    return (
        outcome.cause == OutcomeCause.NONE
        and lot.accepted > 0
        and lot.has_enough_bidders
        and _reserve_lets_sell(lot)
        and any(bid.amount == outcome.price for bid in lot.bids)
        and any(bid.bidder == outcome.winner and bid.amount >= outcome.price for bid in lot.bids)
        and (not lot.drawn or (outcome.winner == lot.drawn and outcome.price == lot.rules.cap))
    )


def _reserve_lets_sell(lot: Lot) -> bool:
    if lot.rules.reserve_published == ReservePublished.REFERENCE:
        return lot.reserve_state != ReserveState.NOT_MET
    return lot.reserve_state in (ReserveState.DECLARED_NONE, ReserveState.MET)


def _may_be_unsold(lot: Lot, outcome: Settlement) -> bool:
    if outcome.kind != OutcomeKind.UNSOLD or outcome.price != 0 or outcome.winner != 0:
        return False
    unopened = sealed.is_unopened(lot)
    facts = {
        OutcomeCause.NO_BIDS: lot.accepted == 0 and not unopened,
        OutcomeCause.TOO_FEW_BIDDERS: unopened if lot.accepted == 0 else not lot.has_enough_bidders,
        OutcomeCause.RESERVE_NOT_MET: lot.reserve_state == ReserveState.NOT_MET,
    }
    if outcome.cause == OutcomeCause.TYPE_RULE:
        return not any(facts.values()) and outcome.detail != ""
    return facts.get(outcome.cause, False)
