"""Which of the sealed bids wins, where that is not simply the highest."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from . import sealed
from .sealed_terms import SealedAward, SealedTie

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .lot import Lot
    from .sealed import Entry


def awarded(lot: Lot) -> Entry | None:
    """Return the sealed bid that wins by its nearness to the mean or by its points, or None where neither is asked."""
    entries = sealed.eligible(lot)
    if entries and lot.rules.sealed_award == SealedAward.CLOSEST_TO_MEAN:
        return _closest_to_mean(entries)
    if entries and lot.rules.sealed_award == SealedAward.MOST_POINTS:
        return _most_points(entries, higher=lot.rules.sealed_tie == SealedTie.HIGHER)
    return None


def rounded_mean(amounts: Sequence[int]) -> int:
    """Return the arithmetic mean, rounded half up to a whole number."""
    return (2 * sum(amounts) + len(amounts)) // (2 * len(amounts))


def _closest_to_mean(entries: list[Entry]) -> Entry:
    mean = rounded_mean([bid.amount for _, bid in entries])
    return min(entries, key=lambda of: (abs(of.bid.amount - mean), of.bid.amount, of.bid.placed_seq))


def _most_points(entries: list[Entry], *, higher: bool) -> Entry:
    return max(
        entries,
        key=lambda of: (
            Fraction(of.bid.numerator, of.bid.denominator), of.bid.amount if higher else 0, -of.bid.placed_seq
        ),
    )  # fmt: skip
