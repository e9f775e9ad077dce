"""An auction type that is not installed: the winner pays the second price, and a lot with one bid is not sold.

It looks neither at the reserve nor at the least number of bidders, so the engine must refuse some of what it decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pyauction import LotRules, LotSnapshot, Money, Outcome
from pyauction.verifier.lot import Lot
from pyauction.verifier.settle import Settlement
from pyauction.verifier.terms import OutcomeCause, OutcomeKind


@dataclass(frozen=True)
class Foreign:
    """Rules under any type id; the settlement counts for `ID` only, since built-in types have their own."""

    ID: ClassVar[str] = "second_price@1"

    type_id: str
    money: Money
    of_lot: LotRules

    def rules(self) -> LotRules:
        return self.of_lot

    @staticmethod
    def settle(lot: LotSnapshot) -> Outcome:
        outcome = _decided(lot.bids)
        return Outcome(
            kind="sold" if outcome.kind == OutcomeKind.SOLD else "unsold",
            cause=outcome.cause.name.lower(),  # type: ignore[arg-type]
            winner=outcome.winner or None,
            price_minor=outcome.price or None,
            detail=outcome.detail,
        )


def settlement(lot: Lot) -> Settlement:
    """Return the same for a lot of the model."""
    return _decided([(bid.bidder, bid.amount) for bid in lot.bids])


def _decided(bids: Sequence[tuple[int, int]]) -> Settlement:
    if not bids:
        return Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.NO_BIDS)
    if len(bids) == 1:
        return Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.TYPE_RULE, detail="只有一个报价")
    return Settlement(kind=OutcomeKind.SOLD, winner=bids[-1][0], price=bids[-2][1])
