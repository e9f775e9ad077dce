"""The outcome that the built-in auction types give a lot whose bidding is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import award, cap, sealed
from .terms import CapAction, OutcomeCause, OutcomeKind, ReserveState

if TYPE_CHECKING:
    from .lot import Lot

KNOWN_TYPES = frozenset({"english@1", "listing@1", "auction@1", "tender@1"})
_GOES_ON: dict[CapAction | None, str] = {CapAction.NEXT_ROUND: "next_round", CapAction.OTHER_QUANTITY: "other_quantity"}
"""What goes on in another lot, with the detail that says so."""


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """How a lot ends: its winner's number and price, or why it is not sold."""

    kind: OutcomeKind
    cause: OutcomeCause = OutcomeCause.NONE
    winner: int = 0
    price: int = 0
    detail: str = ""


def settle(lot: Lot) -> Settlement | None:
    """Return the settlement that the lot's type prescribes, or None for a type that is not built in."""
    if lot.opened.type_id not in KNOWN_TYPES:
        return None
    return _unsold(lot) or _sold(lot)


def _unsold(lot: Lot) -> Settlement | None:
    """Return why a lot is not sold, or None if it is."""
    if lot.top is None:
        unopened = sealed.is_unopened(lot)
        cause = OutcomeCause.TOO_FEW_BIDDERS if unopened else OutcomeCause.NO_BIDS
        return Settlement(kind=OutcomeKind.UNSOLD, cause=cause)
    if not lot.has_enough_bidders:
        return Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.TOO_FEW_BIDDERS)
    if lot.reserve_state == ReserveState.NOT_MET:
        return Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.RESERVE_NOT_MET)
    detail = _GOES_ON.get(lot.rules.cap_action) if cap.is_reached(lot) else None
    if detail is not None:
        return Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.TYPE_RULE, detail=detail)
    return None


def _sold(lot: Lot) -> Settlement:
    best = award.awarded(lot)
    if best is not None:
        return Settlement(kind=OutcomeKind.SOLD, winner=best.bidder, price=best.bid.amount)
    return Settlement(kind=OutcomeKind.SOLD, winner=lot.drawn or lot.leader, price=lot.top or 0)
