"""Who wins and pays what, of the types that this package provides (FORMAT.md B.7 states the same for verifiers)."""

from __future__ import annotations

from fractions import Fraction

from ..lot import LotSnapshot, Outcome, SealedBidFacts


def settle(lot: LotSnapshot) -> Outcome:
    """Return who wins, if there are bids, enough bidders and a reserve that is met.

    Equal to the reserve sells (福建 art. 44, 汕头 art. 21, 22). A lot whose cap leads to another lot is not sold in this one;
    among several at the cap the drawn one wins. Of sealed bids that counted, the award that the rules state decides;
    everywhere else the top bid wins at its amount.
    """
    unsold = _why_unsold(lot)
    if unsold is not None:
        return unsold
    if lot.drawn is not None:
        return Outcome(kind="sold", winner=lot.drawn, price_minor=lot.rules["cap"])
    if ranked := ranked_bids(lot):
        return Outcome(kind="sold", winner=ranked[0].bidder, price_minor=ranked[0].amount_minor)
    return Outcome(kind="sold", winner=lot.leader, price_minor=lot.standing_minor)


def _why_unsold(lot: LotSnapshot) -> Outcome | None:
    if not lot.bids:
        return Outcome(kind="unsold", cause="too_few_bidders" if lot.has_unopened else "no_bids")
    if not lot.enough_bidders:
        return Outcome(kind="unsold", cause="too_few_bidders")
    if lot.reserve == "not_met":
        return Outcome(kind="unsold", cause="reserve_not_met")
    if lot.cap_reached and lot.rules["cap_action"] in ("next_round", "other_quantity"):
        return Outcome(kind="unsold", cause="type_rule", detail=lot.rules["cap_action"])
    return None


def ranked_bids(lot: LotSnapshot) -> list[SealedBidFacts]:
    """Return the sealed bids that may win, the best first by the award and the tie rule of the lot.

    They counted, and reach the reserve where it was published at the opening and decides. Closest to the mean (苏州 2016):
    the mean is rounded half up to a minor unit; of two that are as near the lower comes first, of equal ones the one placed
    first. By points: the fractions are compared exactly.
    """
    least = lot.published_minor or 0 if lot.rules.get("reserve_published") == "decides" else 0
    counted = [bid for bid in lot.sealed_bids if bid.counted and _amount(bid) >= least]
    match lot.rules.get("sealed_award"):
        case "closest_to_mean":
            mean = _mean(counted)
            return sorted(counted, key=lambda bid: (abs(_amount(bid) - mean), _amount(bid), bid.placed_seq))
        case "most_points" if lot.rules["sealed_tie"] == "higher":
            return sorted(counted, key=lambda bid: (-_points(bid), -_amount(bid), bid.placed_seq))
        case "most_points":
            return sorted(counted, key=lambda bid: (-_points(bid), bid.placed_seq))
        case _:
            return sorted(counted, key=lambda bid: (-_amount(bid), bid.placed_seq))


def _mean(bids: list[SealedBidFacts]) -> int:
    """Return the mean of amounts, rounded half up."""
    total, count = sum(_amount(bid) for bid in bids), len(bids)
    return (2 * total + count) // (2 * count) if count else 0


def _amount(bid: SealedBidFacts) -> int:
    return bid.amount_minor or 0


def _points(bid: SealedBidFacts) -> Fraction:
    return Fraction(*bid.points) if bid.points else Fraction(0)
