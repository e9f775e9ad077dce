"""Which of the counted bids may win beside a published reserve: all of them, or those that are not below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from auction_room import timed
from replaying import BLINDING, commitment_to, divergence, replayed
from sealed_room import (
    DECIDES,
    MEAN,
    POINTS,
    REFERENCE,
    blinding_of,
    committed,
    judged,
    placed,
    published,
    sealed,
    sold,
    taken,
)
from verifier import settle
from verifier.sealed_terms import SealedTie
from verifier.settle import Settlement
from verifier.terms import OutcomeCause, OutcomeKind, State

if TYPE_CHECKING:
    from verifier import Model, Record

MEAN_DECIDES: dict[str, Any] = DECIDES | MEAN
MEAN_REFERENCE: dict[str, Any] = REFERENCE | MEAN
POINTS_DECIDE: dict[str, Any] = DECIDES | POINTS
POINTS_REFERENCE: dict[str, Any] = REFERENCE | POINTS
HIGHER: dict[str, Any] = POINTS_DECIDE | {"sealed_tie": SealedTie.HIGHER}

ROWS: list[tuple[str, dict[str, Any], str, int, str, str, int]] = [
    ("the highest, whatever the reserve", DECIDES, "a100 b150 c140", 145, "", "b", 150),
    ("the highest, for reference", REFERENCE, "a100 b150 c140", 160, "", "b", 150),
    ("the mean of those that reach the reserve", MEAN_DECIDES, "a100 b120 c140 d150", 120, "", "c", 140),
    ("the mean of all, where it is for reference", MEAN_REFERENCE, "a100 b120 c140 d150", 120, "", "b", 120),
    ("the reserve itself is enough", MEAN_DECIDES, "a100 b101 c111 d113", 111, "", "c", 111),
    ("one below it is not", MEAN_DECIDES, "a100 b101 c111 d113", 112, "", "d", 113),
    ("the nearest to the mean is below the reserve", MEAN_DECIDES, "a100 b110 c120", 111, "", "c", 120),
    ("the mean of two, half up", MEAN_DECIDES, "a100 b120 c121", 120, "", "c", 121),
    ("two as near, the lower", MEAN_DECIDES, "a100 d130 c120 b101", 115, "", "c", 120),
    ("equal ones, the first placed", MEAN_DECIDES, "a100 d130 c130 b101", 115, "", "d", 130),
    ("a reserve that all reach", MEAN_DECIDES, "a100 b110 c120 d150", 100, "", "c", 120),
    ("a reserve above all, for reference", MEAN_REFERENCE, "a100 b110 c120", 500, "", "b", 110),
    ("the most points of those that reach the reserve", POINTS_DECIDE, "a120 b140 c150", 130, "a9 b2 c1", "b", 140),
    (
        "the most points of all, where it is for reference",
        POINTS_REFERENCE,
        "a120 b140 c150",
        130,
        "a9 b2 c1",
        "a",
        120,
    ),
    ("the most points, at the reserve", POINTS_DECIDE, "a130 b140", 130, "a9 b2", "a", 130),
    ("the most points, one below", POINTS_DECIDE, "a129 b140", 130, "a9 b2", "b", 140),
    ("as many points, the first placed", POINTS_DECIDE, "a120 b140 c150", 130, "a5 b5 c5", "b", 140),
    ("as many points, the higher", HIGHER, "a120 b140 c150", 130, "a5 b5 c5", "c", 150),
    ("no points, but the only one", POINTS_DECIDE, "a120 b140", 130, "a9 b0", "b", 140),
]


@pytest.mark.parametrize(
    ("of", "bids", "reserve", "points", "bidder", "price"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_only_what_reaches_a_reserve_that_decides_may_win(  # noqa: PLR0917 - a row of the table
    of: dict[str, Any], bids: str, reserve: int, points: str, bidder: str, price: int
) -> None:
    model, records = published(bids, of, reserve, points, type_id="tender@1")
    if of["reserve_published"] == 1:
        records += model.compare_reserve(1_110, 1, met=True)
    assert (model.lot(1).state, model.lot(1).published) == (State.CLOSED, reserve)
    assert sold(model, bidder, price)
    assert judged(model, records, bidder, price) == (True, "verified")


def compared(of: dict[str, Any], *, met: bool = True) -> tuple[Model, list[Record]]:
    """Return a lot of 100, 110 and 150 whose reserve of 120, or of 151 where it is not met, was compared."""
    model, records = published("a100 b110 c150", of, 120 if met else 151)
    return model, records + model.compare_reserve(1_110, 1, met=met)


@pytest.mark.parametrize(("bidder", "price"), [(1, 100), (2, 110), (3, 110), (3, 100)])
def test_a_sale_to_one_who_is_below_the_reserve_or_at_such_a_price_is_found(bidder: int, price: int) -> None:
    """The rules of an outcome allow any accepted bid, the settlement of the type does not."""
    model, records = compared(MEAN_DECIDES)
    records += model.record_outcome(1_110, 1, kind=1, winner=bidder, price=price)
    assert divergence(records) == ("settlement", len(records))


def test_a_reserve_is_compared_with_the_top_and_not_with_what_wins() -> None:
    """The mean of 100, 110 and 150 would be won by 110, which is below the reserve."""
    model, records = compared(MEAN_DECIDES)
    assert judged(model, records, "c", 150) == (True, "verified")
    model, records = compared(MEAN_DECIDES, met=False)
    assert settle(model.lot(1)) == Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.RESERVE_NOT_MET)
    records += model.record_outcome(1_110, 1, kind=2, cause=OutcomeCause.RESERVE_NOT_MET)
    assert (replayed(records).ok, replayed(records).lots[0].settlement) == (True, "verified")


@pytest.mark.parametrize("of", [MEAN_DECIDES, POINTS_DECIDE])
def test_a_lot_without_a_counted_bid_falls_to_who_led_before(of: dict[str, Any]) -> None:
    model, records = placed("", of | {"phases": (timed(50), sealed())})
    records += model.place_bid(1_010, 1, "a", 130) + model.enter_reserve(1_020, 1, 1, commitment_to(120))
    records += model.place_sealed_bid(1_060, 1, "b", committed("b", 129)) + model.advance(1_150)
    records += model.open_sealed_bid(1_151, 1, "b", 129, blinding_of("b"))
    records += model.disclose_reserve(1_152, 1, 120, BLINDING) + model.finish_opening(1_153, 1)
    records += model.compare_reserve(1_153, 1, met=True)
    assert sold(model, "a", 130)
    assert judged(model, records, "a", 130) == (True, "verified")


def test_an_open_bid_that_reaches_the_reserve_is_not_in_the_mean() -> None:
    """The mean of 150, 160 and 161 is 157; with the open bid of 130 it would be 150, and b's the nearest."""
    model, records = placed("", MEAN_DECIDES | {"phases": (timed(50), sealed())})
    records += model.place_bid(1_010, 1, "a", 130) + model.enter_reserve(1_020, 1, 1, commitment_to(120))
    for at, (bidder, amount) in enumerate([("b", 150), ("c", 160), ("d", 161)], 1_060):
        records += model.place_sealed_bid(at, 1, bidder, committed(bidder, amount))
    records += model.advance(1_150)
    for bidder, amount in (("b", 150), ("c", 160), ("d", 161)):
        records += model.open_sealed_bid(1_151, 1, bidder, amount, blinding_of(bidder))
    records += model.disclose_reserve(1_152, 1, 120, BLINDING) + model.finish_opening(1_153, 1)
    records += model.compare_reserve(1_153, 1, met=True)
    assert taken(model) == [("a", 130), ("b", 150), ("c", 160), ("d", 161)]
    assert sold(model, "c", 160)
    assert judged(model, records, "c", 160) == (True, "verified")
