"""The price cap in the bid ladder: the rows 10a to 11c and 15a, and the ask."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import LOTTERY, SELL, entering, free, last, room, rules, timed, verdict
from verifier import BidAccepted, BidderAdmitted, BidRefused, Model
from verifier.ladder import ask
from verifier.terms import I64_MAX, Anchor, CapInFree, CapPassing, Reason, SelfOutbid, State, TopUp

PASSING: dict[str, Any] = SELL | {"cap_passing": CapPassing.ALLOWED}
AT_END: dict[str, Any] = SELL | {"cap_in_free": CapInFree.AT_END, "phases": (free(),)}
FROM_START: dict[str, Any] = {"cap": 155, "multiple_anchor": Anchor.START_PRICE}
FROM_TOP: dict[str, Any] = {"cap": 155, "multiple_anchor": Anchor.CURRENT_TOP}
NEAR: dict[str, Any] = SELL | {"start_price": I64_MAX - 5, "cap": I64_MAX}
MAY: dict[str, Any] = {"self_outbid": SelfOutbid.MAY}
BIG_STEP: dict[str, Any] = {"increment_fixed": 40}
ONE_STEP: dict[str, Any] = {"max_multiple": 1}


def after(bids: list[tuple[str, int]], **changes: Any) -> Model:
    """Return a room in which these bids were accepted one after the other."""
    model = room(rules(**changes))
    for bidder, amount in bids:
        assert verdict(model.place_bid(1_001, 1, bidder, amount)) == "accepted"
    return model


A100 = [("a", 100)]
AT_CAP = [("a", 100), ("b", 150)]
LADDER: list[tuple[str, dict[str, Any], list[tuple[str, int]], str, int, str]] = [
    ("11b: a first bid above", SELL, [], "c", 151, "above_cap"),
    ("11b: far above", SELL, [], "c", I64_MAX, "above_cap"),
    ("11b: a next bid above", SELL, A100, "c", 151, "above_cap"),
    ("11b: a first bid above, on the step", SELL, [], "c", 160, "above_cap"),
    ("11b before 13", SELL, A100, "a", 151, "above_cap"),
    ("11b before 17", SELL | {"cap": 105}, A100, "c", 106, "above_cap"),
    ("11b before 16", NEAR | {"cap": I64_MAX - 1}, [("a", I64_MAX - 5)], "c", I64_MAX, "above_cap"),
    ("11b before 20", SELL | ONE_STEP, A100, "c", 151, "above_cap"),
    ("11b: passing is allowed", PASSING, A100, "c", 151, "accepted"),
    ("11b: the first bid passes", PASSING, [], "c", 1_000, "accepted"),
    ("11b: a lottery's cap is not passed", LOTTERY, A100, "c", 151, "above_cap"),
    ("below", SELL, [], "c", 149, "accepted"),
    ("below, not enough", SELL, A100, "c", 109, "below_increment"),
    ("below the start price", SELL, [], "c", 99, "below_start"),
    ("11: nothing", SELL, [], "c", 0, "amount_not_positive"),
    ("15a: the first bid", SELL, [], "c", 150, "accepted"),
    ("15a: a next bid", SELL, A100, "c", 150, "accepted"),
    ("15a: by less than a step", SELL | {"cap": 105}, A100, "c", 105, "accepted"),
    ("15a: by one", SELL | {"cap": 101}, A100, "c", 101, "accepted"),
    ("15a: not what is below it", SELL | {"cap": 105}, A100, "c", 104, "below_increment"),
    ("15a: a first bid off the multiples", SELL | FROM_START, [], "c", 155, "accepted"),
    ("15a: a next bid off the multiples", SELL | FROM_START, A100, "c", 155, "accepted"),
    ("15a: off the multiples of the top", SELL | FROM_TOP, A100, "c", 155, "accepted"),
    ("15a: not what is off the multiples below it", SELL | FROM_START, A100, "c", 145, "not_multiple"),
    ("15a: more than the most steps", SELL | ONE_STEP, A100, "c", 150, "accepted"),
    ("15a: a first bid of more than the most steps", SELL | ONE_STEP, [], "c", 150, "accepted"),
    ("15a: not what is too many steps below it", SELL | ONE_STEP, A100, "c", 111, "above_max_multiple"),
    ("15a before 16", NEAR, [("a", I64_MAX - 5)], "c", I64_MAX, "accepted"),
    ("15a: 16 for what is below it", NEAR, [("a", I64_MAX - 5)], "c", I64_MAX - 1, "amount_limit"),
    ("15a: behind 13", SELL, A100, "a", 150, "already_leading"),
    ("15a: by a leader that may", SELL | MAY, A100, "a", 150, "accepted"),
    ("15a: of a lottery", LOTTERY | BIG_STEP | {"cap": 140}, [("a", 101)], "c", 140, "accepted"),
    ("15a: not where passing is allowed, by less than a step", PASSING | {"cap": 105}, A100, "c", 105, "below_increment"),
    ("15a: not where passing is allowed, off the multiples", PASSING | FROM_START, A100, "c", 155, "not_multiple"),
    ("15a: not where passing is allowed, by too many steps", PASSING | ONE_STEP, A100, "c", 150, "above_max_multiple"),
    ("15a: where passing is allowed and all else is in order", PASSING, A100, "c", 150, "accepted"),
    ("11a: the cap again", AT_END, AT_CAP, "a", 150, "cap_reached"),
    ("11a: by the leader", AT_END, AT_CAP, "b", 150, "cap_reached"),
    ("11a: below", AT_END, AT_CAP, "c", 140, "cap_reached"),
    ("11a before 11b", AT_END, AT_CAP, "c", 151, "cap_reached"),
    ("11a behind 11", AT_END, AT_CAP, "c", 0, "amount_not_positive"),
    ("11a: behind a passing", AT_END | PASSING, [("a", 170)], "c", 180, "cap_reached"),
    ("11a: before a passing", AT_END | PASSING, [("a", 149)], "c", 159, "accepted"),
    ("11a: at a first bid", AT_END, [("a", 150)], "c", 150, "cap_reached"),
    ("11a: one below", AT_END, [("a", 149)], "c", 150, "accepted"),
    ("11a: a lottery's bidder at the cap", LOTTERY, AT_CAP, "b", 150, "cap_reached"),
    ("11a: one that others followed", LOTTERY, [*AT_CAP, ("a", 150)], "b", 150, "cap_reached"),
    ("11a: one at the cap, below", LOTTERY, AT_CAP, "b", 140, "cap_reached"),
    ("11a: one at the cap, above", LOTTERY, AT_CAP, "b", 160, "cap_reached"),
    ("11a before 13: a leader that may not", LOTTERY, AT_CAP, "b", 150, "cap_reached"),
    ("11c: another bidder", LOTTERY, AT_CAP, "a", 150, "accepted"),
    ("11c: a stranger", LOTTERY, AT_CAP, "c", 150, "accepted"),
    ("11c: a third", LOTTERY, [*AT_CAP, ("a", 150)], "c", 150, "accepted"),
    ("11c: behind a first bid", LOTTERY, [("a", 150)], "c", 150, "accepted"),
    ("11c: more than the most steps", LOTTERY | ONE_STEP, AT_CAP, "c", 150, "accepted"),
    ("11c: not below", LOTTERY, AT_CAP, "c", 149, "below_increment"),
    ("11c: not above", LOTTERY, AT_CAP, "c", 151, "above_cap"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "bids", "bidder", "amount", "expected"), [row[1:] for row in LADDER], ids=[row[0] for row in LADDER]
)
def test_the_ladder_decides(
    *, changes: dict[str, Any], bids: list[tuple[str, int]], bidder: str, amount: int, expected: str
) -> None:
    assert verdict(after(bids, **changes).place_bid(1_002, 1, bidder, amount)) == expected


ASKS: list[tuple[str, dict[str, Any], list[tuple[str, int]], int | None]] = [
    ("no top", SELL, [], 100),
    ("no top with key 29", SELL | {"first_bid_min": 1, "cap": 110}, [], 110),
    ("a step below", SELL, [("a", 139)], 149),
    ("a step at the cap", SELL, [("a", 140)], 150),
    ("a step above", SELL, [("a", 141)], 150),
    ("one below", SELL, [("a", 149)], 150),
    ("a multiple above", SELL | FROM_START, [("a", 150)], 155),
    ("a multiple below", SELL | FROM_START, [("a", 140)], 150),
    ("passing is allowed", PASSING, [("a", 141)], 151),
    ("passing is allowed, a multiple above", PASSING | FROM_START, [("a", 150)], 160),
    ("beyond the limit", NEAR, [("a", I64_MAX - 5)], I64_MAX),
    ("beyond the limit where passing is allowed", NEAR | {"cap_passing": 1}, [("a", I64_MAX - 5)], None),
    ("reached", SELL, AT_CAP, None),
    ("reached, at the end of the free phase", AT_END, AT_CAP, None),
    ("passed", PASSING, [("a", 170)], None),
    ("a lottery below", LOTTERY, [("a", 140)], 150),
    ("a lottery one below", LOTTERY, [("a", 149)], 150),
    ("a lottery at the cap", LOTTERY, AT_CAP, 150),
    ("a lottery with two at the cap", LOTTERY, [*AT_CAP, ("a", 150)], 150),
]


@pytest.mark.parametrize(("changes", "bids", "expected"), [row[1:] for row in ASKS], ids=[row[0] for row in ASKS])
def test_the_ask_is_not_above_the_cap_and_none_once_it_is_reached(
    changes: dict[str, Any], bids: list[tuple[str, int]], expected: int | None
) -> None:
    model = after(bids, **changes)
    assert (model.lot(1).state, ask(model.lot(1)), model.quote(1).ask) == (State.BIDDING, expected, expected)


def test_the_ask_follows_the_cap_while_the_lot_is_scheduled_or_frozen_and_is_none_when_it_is_over() -> None:
    model = room(rules(**LOTTERY), opens_at=1_050)
    asks = [model.quote(1).ask]
    model.place_bid(1_050, 1, "a", 150)
    model.suspend_lot(1_060, 1)
    asks.append(model.quote(1).ask)
    model.resume_lot(1_070, 1)
    model.advance(1_160)
    asks.append(model.quote(1).ask)
    assert asks == [100, 150, None]
    frozen = after(AT_CAP, **AT_END)
    frozen.suspend_lot(1_060, 1)
    assert (frozen.quote(1).state, frozen.quote(1).ask) == ("suspended", None)


BEHIND: list[tuple[str, dict[str, Any], int, str]] = [
    ("the cap again", {}, 150, "below_increment"),
    ("above by less than a step", {}, 159, "below_increment"),
    ("a step above", {}, 160, "accepted"),
    ("far above", {}, 9_999, "accepted"),
    ("an amount that the multiples refuse", {"multiple_anchor": Anchor.START_PRICE}, 165, "not_multiple"),
]


@pytest.mark.parametrize(("changes", "amount", "expected"), [row[1:] for row in BEHIND], ids=[row[0] for row in BEHIND])
def test_behind_the_cap_it_is_not_in_force(changes: dict[str, Any], amount: int, expected: str) -> None:
    model = after([("a", 150)], **entering(timed(), **changes))
    model.advance(1_001)
    assert (model.quote(1).phase, model.quote(1).ask) == (1, 160)
    assert verdict(model.place_bid(1_002, 1, "b", amount)) == expected


def test_one_more_bid_of_the_cap_is_no_match() -> None:
    model = after([("a", 100), ("b", 150), ("a", 150)], **LOTTERY)
    lot = model.lot(1)
    assert ([standing.matches for standing in lot.standings], lot.leader, lot.accepted) == ([0, 0], 1, 3)


def test_refused_and_accepted_bids_at_the_cap_state_the_deadline_as_it_stands() -> None:
    model = after([("a", 150)], **LOTTERY)
    assert model.place_bid(1_002, 1, "a", 150, b"k") == [
        BidRefused(
            seq=5, at=1_002, lot=1, lot_seq=4, bidder=1, reason=Reason.CAP_REACHED, amount=150, closes_at=1_100, key=b"k",
        )
    ]  # fmt: skip
    assert model.place_bid(1_003, 1, "b", 151) == [
        BidderAdmitted(seq=6, at=1_003, lot=1, lot_seq=5, bidder=2, name="b"),
        BidRefused(seq=7, at=1_003, lot=1, lot_seq=6, bidder=2, reason=Reason.ABOVE_CAP, amount=151, closes_at=1_100),
    ]
    assert last(model.place_bid(1_004, 1, "b", 150)) == BidAccepted(
        seq=8, at=1_004, lot=1, lot_seq=7, bidder=2, amount=150, closes_at=1_100
    )
    lot = model.lot(1)
    assert (lot.top, lot.leader, lot.accepted, lot.refused, lot.quoted) == (150, 2, 2, 2, 2)


def test_time_and_entry_are_asked_before_the_cap() -> None:
    model = room(rules(**AT_END, free_stop=20))
    model.place_bid(1_001, 1, "a", 150)
    assert [verdict(model.place_bid(at, 1, "b", 151)) for at in (1_079, 1_080)] == ["cap_reached", "free_stopped"]


TOPPED: dict[str, Any] = entering(timed(), timed(), top_up=TopUp.REQUIRED, single_bidder=2)


@pytest.mark.parametrize("topped", [TOPPED, TOPPED | {"top_up": None}])
def test_row_10a_asks_for_the_top_up_in_every_phase_behind_the_cap(topped: dict[str, Any]) -> None:
    """A reaches the cap at 1001; the phases behind it end at 1101 and 1201. B's deposit is confirmed, c's is not."""
    model = room(rules(**topped))
    for bidder in "abc":
        model.admit_bidder(1_000, 1, bidder)
    model.confirm_top_up(1_000, 1, "b")
    bids = [
        (1_000, "c", 110),
        (1_001, "a", 150),
        (1_002, "c", 160),
        (1_002, "c", 0),
        (1_002, "b", 161),
        (1_101, "a", 180),
    ]
    said = [verdict(model.place_bid(at, 1, bidder, amount)) for at, bidder, amount in [*bids, (1_102, "b", 190)]]
    if topped["top_up"] is None:
        assert said == [
            "accepted",
            "accepted",
            "accepted",
            "amount_not_positive",
            "below_increment",
            "accepted",
            "accepted",
        ]
    else:
        assert said == ["accepted", "accepted", "no_top_up", "no_top_up", "accepted", "no_top_up", "already_leading"]
        model.confirm_top_up(1_103, 1, "c")
        assert verdict(model.place_bid(1_103, 1, "c", 190)) == "accepted"


def test_row_10a_asks_for_nothing_in_a_later_phase_before_the_cap() -> None:
    model = room(rules(**entering(timed(), before=(free(), timed()), top_up=TopUp.REQUIRED)))
    model.place_bid(1_001, 1, "a", 100)
    assert [verdict(model.place_bid(at, 1, bidder, amount)) for at, bidder, amount in (
        (1_100, "b", 110), (1_101, "a", 150), (1_102, "b", 160),
    )] == ["accepted", "accepted", "no_top_up"]  # fmt: skip


def test_row_10a_comes_behind_rows_9_and_10() -> None:
    model = room(rules(**TOPPED, timed_entry=1))
    model.place_bid(1_001, 1, "a", 150)
    assert [verdict(model.place_bid(1_002, 1, bidder, 160)) for bidder in "ba"] == ["no_prior_bid", "no_top_up"]
