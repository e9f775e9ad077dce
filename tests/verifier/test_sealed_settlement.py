"""Who wins of the sealed bids: the highest, the one closest to the mean, the one of the most points."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import TWO_QUOTED, entering, timed, verdict
from replaying import divergence, replayed
from sealed_room import (
    CHANGING,
    EQUAL_REFUSED,
    MEAN,
    POINTS,
    SEALED,
    SOME,
    blinding_of,
    committed,
    finished,
    judged,
    placed,
    sealed,
    sold,
    taken,
)
from verifier import settle
from verifier.award import rounded_mean
from verifier.sealed_terms import SealedAward, SealedTie
from verifier.settle import Settlement
from verifier.terms import I64_MAX, OutcomeCause, OutcomeKind

HIGHER: dict[str, Any] = POINTS | {"sealed_tie": SealedTie.HIGHER}
MEAN_CHANGING: dict[str, Any] = MEAN | {"sealed_change": 1}
MEAN_EQUAL: dict[str, Any] = EQUAL_REFUSED | {"sealed_award": SealedAward.CLOSEST_TO_MEAN, "sealed_tie": None}


HIGHEST: list[tuple[str, dict[str, Any], str, str, str, int]] = [
    ("the highest", SEALED, "a120 c140 b130", "", "c", 140),
    ("of equal ones the first placed", SEALED, "a120 c140 b140", "", "c", 140),
    ("of equal ones the first placed, changed later", CHANGING, "a130 b140 a140", "", "b", 140),
    ("the highest of those that are not excluded", SEALED, "a120 c140 b130", "c", "b", 130),
]
MEANS: list[tuple[str, dict[str, Any], str, str, str, int]] = [
    ("one", MEAN, "a120", "", "a", 120),
    ("the mean itself", MEAN, "a100 b110 c120", "", "b", 110),
    ("the nearest above", MEAN, "a100 b108 c110", "", "b", 108),
    ("the nearest below", MEAN, "a100 b102 c110", "", "b", 102),
    ("two as near, the lower", MEAN, "a100 b102 c106 d108", "", "b", 102),
    ("two as near, the lower, placed last", MEAN, "d108 c106 a100 b102", "", "b", 102),
    ("two alone", MEAN, "b200 a100", "", "a", 100),
    ("half up, so that the higher is nearer", MEAN, "a100 b101", "", "b", 101),
    ("half up with four", MEAN, "a100 b101 c102 d103", "", "c", 102),
    ("less than half down", MEAN, "a100 b100 c101", "", "a", 100),
    ("more than half up", MEAN, "a100 b101 c101", "", "b", 101),
    ("equal ones, the first placed", MEAN, "c100 b100 a101", "", "c", 100),
    ("equal ones, the first placed, changed later", MEAN_CHANGING, "a105 b110 c100 d121 a110", "", "b", 110),
    ("without those that are excluded", MEAN, "a100 b110 c120 d500", "d", "b", 110),
    ("without those above the most", MEAN | {"sealed_most": 400}, "a100 b110 c120 d500", "", "b", 110),
    ("without those below the floor", MEAN, "a100 b110 c120 d50", "", "b", 110),
    ("without equal ones that are refused", MEAN_EQUAL, "a100 b107 c120 d120", "", "b", 107),
    ("of the greatest amounts", MEAN, f"a{I64_MAX} b{I64_MAX - 1}", "", "a", I64_MAX),
    ("of the greatest amounts, exactly", MEAN, f"a{I64_MAX} b{I64_MAX - 2} c{I64_MAX - 4}", "", "b", I64_MAX - 2),
]
ROWS = HIGHEST + MEANS


@pytest.mark.parametrize(
    ("of", "bids", "without", "bidder", "price"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_the_lot_is_sold_to_whom_the_amounts_give(
    of: dict[str, Any], bids: str, without: str, bidder: str, price: int
) -> None:
    model, records = finished(bids, of, without=without, type_id="tender@1")
    assert sold(model, bidder, price)
    assert judged(model, records, bidder, price) == (True, "verified")


@pytest.mark.parametrize(
    ("amounts", "mean"),
    [([5], 5), ([1, 2], 2), ([1, 1, 2], 1), ([1, 2, 2], 2), ([1, 2, 3, 4], 3), ([1, 1, 1, 2], 1), ([3, 3, 4, 4], 4)],
)
def test_the_mean_is_rounded_half_up(amounts: list[int], mean: int) -> None:
    assert rounded_mean(amounts) == mean


BIG = 10**18
POINT_ROWS: list[tuple[str, dict[str, Any], str, dict[str, tuple[int, int]], str]] = [
    ("the most", POINTS, "a120 b110 c130", {"a": (5, 1), "b": (9, 1), "c": (8, 1)}, "b"),
    ("the most, as fractions", POINTS, "a120 b110 c130", {"a": (3, 4), "b": (2, 3), "c": (7, 10)}, "a"),
    ("a third is more than its digits", POINTS, "a120 b110", {"a": (BIG // 3, BIG), "b": (1, 3)}, "b"),
    ("fractions that no float tells apart", POINTS, "a120 b110",
     {"a": (I64_MAX, I64_MAX - 1), "b": (I64_MAX - 1, I64_MAX - 2)}, "b"),
    ("whole numbers that no float tells apart", POINTS, "a120 b110", {"a": (I64_MAX - 1, 1), "b": (I64_MAX, 1)}, "b"),
    ("equal, the first placed", POINTS, "b110 a120", {"a": (1, 2), "b": (1, 2)}, "b"),
    ("equal as fractions, the first placed", POINTS, "b110 a120 c130", {"a": (1, 2), "b": (2, 4), "c": (3, 6)}, "b"),
    ("equal, the first placed and scored last", POINTS, "c110 a120", {"a": (1, 2), "c": (1, 2)}, "c"),
    ("equal, a change makes a bid later", POINTS | {"sealed_change": 1}, "a110 b105 a120",
     {"a": (1, 2), "b": (1, 2)}, "b"),
    ("no points at all, the first placed", POINTS, "b110 a120", {"a": (0, 1), "b": (0, 5)}, "b"),
    ("equal, the higher", HIGHER, "b110 a120 c115", {"a": (1, 2), "b": (2, 4), "c": (1, 2)}, "a"),
    ("equal and as high, the first placed", HIGHER, "b120 a120 c110", {"a": (1, 2), "b": (2, 4), "c": (1, 2)}, "b"),
    ("more points are more than a higher amount", HIGHER, "b110 a120", {"a": (1, 2), "b": (2, 3)}, "b"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("of", "bids", "points", "bidder"), [row[1:] for row in POINT_ROWS], ids=[row[0] for row in POINT_ROWS]
)
def test_the_lot_is_sold_to_whom_the_points_give(
    of: dict[str, Any], bids: str, points: dict[str, tuple[int, int]], bidder: str
) -> None:
    model, records = finished(bids, of, points=points, type_id="tender@1")
    price = dict(taken(model))[bidder]
    assert sold(model, bidder, price)
    assert judged(model, records, bidder, price) == (True, "verified")


def test_an_equal_bid_gets_no_points_in_whatever_order_they_are_opened() -> None:
    """The later of two equal bids is opened first; it is scored once all are opened, and then it is not valid."""
    model, records = placed("a120 b120 c110", EQUAL_REFUSED | {"sealed_award": SealedAward.MOST_POINTS})
    records += model.advance(1_100)
    said = []
    for bidder, amount in (("b", 120), ("c", 110), ("a", 120)):
        records += model.open_sealed_bid(1_101, 1, bidder, amount, blinding_of(bidder))
        records += model.score_sealed_bid(1_102, 1, "b", 9)
        said.append(verdict(records))
    assert said == ["not_opened", "not_opened", "no_sealed_bid"]
    for bidder, points in (("a", 1), ("c", 2)):
        records += model.score_sealed_bid(1_104, 1, bidder, points)
    records += model.finish_opening(1_110, 1) + model.advance(1_110)
    assert (taken(model), sold(model, "c", 110)) == ([("c", 110), ("a", 120)], True)
    assert judged(model, records, "c", 110) == (True, "verified")


@pytest.mark.parametrize("of", [SEALED, MEAN, POINTS])
def test_without_a_counted_bid_the_lot_is_unsold_or_falls_to_who_led_before(of: dict[str, Any]) -> None:
    model, _ = finished("a99", of)
    assert settle(model.lot(1)) == Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.NO_BIDS)
    model, _ = placed("", of | {"phases": (timed(50), sealed())})
    model.place_bid(1_010, 1, "a", 100)
    model.place_sealed_bid(1_060, 1, "b", SOME)
    model.advance(1_150)
    model.exclude_sealed_bid(1_151, 1, "b")
    model.finish_opening(1_151, 1)
    model.advance(1_151)
    assert sold(model, "a", 100)


def test_bids_of_the_phases_before_are_not_in_the_mean() -> None:
    """The mean is 130; with that of 100 it would be 123, and a's bid the nearest."""
    model, records = placed("", MEAN | {"phases": (timed(50), sealed())})
    records += model.place_bid(1_010, 1, "d", 100)
    bids = [("a", 120), ("b", 130), ("c", 141)]
    for at, (bidder, amount) in enumerate(bids, 1_060):
        records += model.place_sealed_bid(at, 1, bidder, committed(bidder, amount))
    records += model.advance(1_150)
    for bidder, amount in bids:
        records += model.open_sealed_bid(1_151, 1, bidder, amount, blinding_of(bidder))
    records += model.finish_opening(1_152, 1) + model.advance(1_152)
    assert sold(model, "b", 130)
    assert replayed([*records, *model.record_outcome(1_152, 1, kind=1, winner=2, price=130)]).ok


UNSOLD: list[tuple[str, str, str]] = [
    ("too few quoted", "a120", ""),
    ("too few quoted, others are invalid", "a120 b99", ""),
    ("too few quoted, others are excluded", "a120 b130", "b"),
]


@pytest.mark.parametrize(("bids", "without"), [row[1:] for row in UNSOLD], ids=[row[0] for row in UNSOLD])
def test_what_is_not_sold_for_another_reason_is_not_awarded(bids: str, without: str) -> None:
    model, records = finished(bids, MEAN | TWO_QUOTED, without=without)
    cause = OutcomeCause.TOO_FEW_BIDDERS
    assert settle(model.lot(1)) == Settlement(kind=OutcomeKind.UNSOLD, cause=cause)
    assert replayed([*records, *model.record_outcome(1_110, 1, kind=2, cause=cause)]).ok


def test_a_cap_that_led_to_sealed_bids_does_not_award() -> None:
    """The mean of 200, 210 and 250 is 220; the bid of the cap is not in it."""
    model, records = placed("", MEAN | entering(sealed()))
    records += model.place_bid(1_010, 1, "d", 150)
    bids = [("a", 200), ("b", 210), ("c", 250)]
    for at, (bidder, amount) in enumerate(bids, 1_020):
        records += model.place_sealed_bid(at, 1, bidder, committed(bidder, amount))
    records += model.advance(1_110)
    for bidder, amount in bids:
        records += model.open_sealed_bid(1_111, 1, bidder, amount, blinding_of(bidder))
    records += model.finish_opening(1_112, 1) + model.advance(1_112)
    assert sold(model, "b", 210)
    assert replayed([*records, *model.record_outcome(1_112, 1, kind=1, winner=2, price=210)]).ok


def test_another_outcome_than_the_award_is_found() -> None:
    """The rules of an outcome allow any accepted bid, the settlement of the type does not."""
    for bidder, price in (("c", 150), ("a", 100), ("c", 110)):
        model, records = finished("a100 b110 c150", MEAN)
        records += model.record_outcome(1_110, 1, kind=1, winner="abc".index(bidder) + 1, price=price)
        assert divergence(records) == ("settlement", len(records))


def test_no_outcome_takes_a_price_that_nobody_bid() -> None:
    model, _ = finished("a100 b110 c150", MEAN)
    for winner, price in ((2, 120), (1, 110), (4, 110), (0, 110)):
        assert verdict(model.record_outcome(1_110, 1, kind=1, winner=winner, price=price)) == "outcome_invalid"


def test_a_type_that_is_not_known_is_attested() -> None:
    model, records = finished("a100 b110 c150", MEAN, type_id="tender@2")
    assert (settle(model.lot(1)), judged(model, records, "c", 150)) == (None, (True, "attested"))
