"""The price cap: where it is in force, when it is reached, and what that means for bids and for the phase.

Pure decisions, as B.2 and B.5 state them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .terms import CapAction, PhaseKind, Reason

if TYPE_CHECKING:
    from .lot import Lot


def is_behind(lot: Lot) -> bool:
    """Return whether the lot is in one of the phases that only the cap leads to."""
    return lot.rules.cap_phase is not None and lot.phase >= lot.rules.cap_phase


def part_begins(lot: Lot) -> int:
    """Return the first phase of the part that the lot is in: of all before those that only the cap leads to, or of these."""
    return (lot.rules.cap_phase or 0) if is_behind(lot) else 0


def in_force(lot: Lot) -> int | None:
    """Return the cap while it is in force, or None."""
    return None if is_behind(lot) else lot.rules.cap


def limit(lot: Lot) -> int | None:
    """Return the cap while it is in force and no bid may pass it, or None."""
    return in_force(lot) if lot.rules.cap_passing is None else None


def is_reached(lot: Lot) -> bool:
    """Return whether the top is at or above a cap that is in force."""
    return lot.top is not None and _reaches(lot, lot.top)


def _reaches(lot: Lot, amount: int) -> bool:
    cap = in_force(lot)
    return cap is not None and amount >= cap


def draws(lot: Lot) -> bool:
    """Return whether several bidders may bid the cap, among whom a lottery decides."""
    return lot.rules.cap_action == CapAction.LOTTERY


def bidders_at(lot: Lot) -> list[int]:
    """Return the bidders at the cap, in the order of their first bids of it."""
    at_cap = (bid.bidder for bid in lot.bids if bid.amount == lot.rules.cap)
    return list(dict.fromkeys(at_cap))


def refusal(lot: Lot, bidder: int, amount: int) -> Reason | None:
    """Return why the cap refuses a bid, by the rows 11a and 11b, or None if it does not."""
    if is_reached(lot) and (not draws(lot) or bidder in bidders_at(lot)):
        return Reason.CAP_REACHED
    most = limit(lot)
    return Reason.ABOVE_CAP if most is not None and amount > most else None


def has_effect(lot: Lot) -> bool:
    """Return whether the end of the present phase is the effect of the cap."""
    return is_reached(lot) and not draws(lot)


def ends_phase(lot: Lot, amount: int) -> bool:
    """Return whether an accepted bid ends the phase by reaching the cap."""
    at_its_end = lot.rules.cap_in_free is not None and lot.running.kind == PhaseKind.FREE
    return _reaches(lot, amount) and not draws(lot) and not at_its_end
