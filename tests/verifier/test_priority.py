"""Key 37, priority: who gets one, and when its holder may bid the top amount."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import OPENED, REQUIRED_AT_ENTRY, free, last, room, rules, timed, verdict, window
from verifier import BidAccepted, BidRefused, CommandError, CommandRefused, Model, PriorityGranted, settle
from verifier.settle import Settlement
from verifier.terms import I64_MAX, Anchor, Command, OutcomeKind, Priority, Reason, SelfOutbid, TimedEntry


def admitted(**changes: Any) -> Model:
    """Return a room with the bidders a to d, none of whom has bid."""
    model = room(rules(**changes))
    for bidder in "abcd":
        model.admit_bidder(1_001, 1, bidder)
    return model


def test_a_priority_is_recorded_with_its_rank_and_who_granted_it() -> None:
    model = admitted(priority=Priority.ONCE)
    assert model.grant_priority(1_010, 1, "c", 2, "court") == [
        PriorityGranted(seq=7, at=1_010, lot=1, lot_seq=6, bidder=3, rank=2, by="court")
    ]
    assert [standing.rank for standing in model.lot(1).standings] == [0, 0, 2, 0]


def refused(reason: Reason, **changes: Any) -> CommandRefused:
    fields: dict[str, Any] = {
        "seq": 7, "at": 1_010, "lot": 1, "lot_seq": 6, "command": Command.GRANT_PRIORITY, "reason": reason,
    }  # fmt: skip
    return CommandRefused(**(fields | changes))


def test_a_priority_is_granted_once_to_an_admitted_bidder_and_under_key_37_only() -> None:
    model = admitted(priority=Priority.ONCE)
    assert model.grant_priority(1_010, 1, "戊") == [refused(Reason.NOT_ADMITTED, name="戊")]
    model.grant_priority(1_010, 1, "a", 3)
    again = refused(Reason.ALREADY_GRANTED, seq=9, lot_seq=8, bidder=1)
    assert model.grant_priority(1_010, 1, "a", 1) == [again]
    assert model.lot(1).standing(1).rank == 3
    without = admitted()
    assert without.grant_priority(1_010, 1, "a") == [refused(Reason.PRIORITY_NOT_ALLOWED, bidder=1)]
    assert without.grant_priority(1_010, 1, "戊") == [
        refused(Reason.PRIORITY_NOT_ALLOWED, seq=8, lot_seq=7, name="戊")
    ]  # fmt: skip


def test_a_priority_is_granted_until_the_end_of_the_bidding() -> None:
    model = admitted(priority=Priority.ONCE)
    model.place_bid(1_010, 1, "b", 100)
    assert verdict(model.grant_priority(1_010, 1, "a")) == "accepted"
    model.terminate_lot(1_011, 1)
    assert verdict(model.grant_priority(1_012, 1, "b")) == "wrong_phase"


def test_a_priority_is_granted_before_the_opening_and_while_the_lot_is_frozen_but_not_when_it_is_over() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(priority=Priority.ONCE), opens_at=1_050)
    for bidder in "abcd":
        model.admit_bidder(1_001, 1, bidder)
    said = [verdict(model.grant_priority(1_010, 1, "a"))]
    model.suspend_lot(1_010, 1)
    said.append(verdict(model.grant_priority(1_010, 1, "b")))
    model.resume_lot(1_010, 1)
    said += [verdict(model.grant_priority(at, 1, bidder)) for at, bidder in ((1_149, "c"), (1_150, "d"))]
    assert said == ["accepted", "accepted", "accepted", "wrong_phase"]
    model.terminate_lot(1_150, 1)
    assert verdict(model.grant_priority(1_150, 1, "d")) == "wrong_phase"


@pytest.mark.parametrize(
    ("lot", "name", "rank", "by"),
    [
        (2, "a", 1, "-"), (1, "", 1, "-"), (1, "b" * 65, 1, "-"), (1, "a", 0, "-"), (1, "a", -1, "-"),
        (1, "a", 2**32, "-"), (1, "a", 1, ""),
    ],
)  # fmt: skip
def test_a_grant_that_cannot_be_stated_is_no_command(lot: int, name: str, rank: int, by: str) -> None:
    model = admitted(priority=Priority.ONCE)
    with pytest.raises(CommandError):
        model.grant_priority(1_010, lot, name, rank, by)
    assert model.seq == 6


def test_the_greatest_rank_is_one() -> None:
    assert verdict(admitted(priority=Priority.ONCE).grant_priority(1_010, 1, "a", 2**32 - 1)) == "accepted"


def ranked(ranks: dict[str, int], bids: list[tuple[str, int]], **changes: Any) -> Model:
    """Return a room with these ranks, in which these bids were all accepted."""
    model = admitted(**{"priority": Priority.ONCE} | changes)
    for bidder, rank in ranks.items():
        model.grant_priority(1_002, 1, bidder, rank)
    for bidder, amount in bids:
        assert verdict(model.place_bid(1_003, 1, bidder, amount)) == "accepted"
    return model


MANY = {"priority": Priority.REPEATEDLY}
FAR = {"start_price": I64_MAX}
LADDER: list[tuple[str, dict[str, Any], dict[str, int], list[tuple[str, int]], str, int, str]] = [
    ("without a rank", {}, {"b": 1}, [("a", 100)], "c", 100, "below_increment"),
    ("with a rank", {}, {"c": 1}, [("a", 100)], "c", 100, "accepted"),
    ("not the top", {}, {"c": 1}, [("a", 100)], "c", 101, "below_increment"),
    ("below the top", {}, {"c": 1}, [("a", 100)], "c", 99, "below_increment"),
    ("more than the top", {}, {"c": 1}, [("a", 100)], "c", 110, "accepted"),
    ("no top", {}, {"c": 1}, [], "c", 99, "below_start"),
    ("the leader", {}, {"a": 1}, [("a", 100)], "a", 100, "already_leading"),
    ("the leader that may", {"self_outbid": SelfOutbid.MAY}, {"a": 1}, [("a", 100)], "a", 100, "below_increment"),
    ("a higher rank than the leader's", {}, {"a": 2, "c": 1}, [("a", 100)], "c", 100, "accepted"),
    ("the rank of the leader", {}, {"a": 2, "c": 2}, [("a", 100)], "c", 100, "priority_outranked"),
    ("a lower rank than the leader's", {}, {"a": 1, "c": 2}, [("a", 100)], "c", 100, "priority_outranked"),
    ("a match of a match", {}, {"b": 2, "c": 1}, [("a", 100), ("b", 100)], "c", 100, "accepted"),
    ("a match of a higher match", {}, {"b": 1, "c": 2}, [("a", 100), ("b", 100)], "c", 100, "priority_outranked"),
    ("a second match", {}, {"b": 1}, [("a", 100), ("b", 100), ("a", 110)], "b", 110, "priority_used"),
    ("a second match repeatedly", MANY, {"b": 1}, [("a", 100), ("b", 100), ("a", 110)], "b", 110, "accepted"),
    ("a second match that is outranked", {}, {"b": 2, "c": 1}, [("a", 100), ("b", 100), ("c", 110)], "b", 110,
     "priority_used"),
    ("the same, repeatedly", MANY, {"b": 2, "c": 1}, [("a", 100), ("b", 100), ("c", 110)], "b", 110,
     "priority_outranked"),
    ("a raise behind a match", {}, {"b": 1}, [("a", 100), ("b", 100), ("a", 110)], "b", 120, "accepted"),
    ("a match at the limit", FAR, {"b": 1}, [("a", I64_MAX)], "b", I64_MAX, "accepted"),
    ("no match at the limit", FAR, {"b": 1}, [("a", I64_MAX)], "c", I64_MAX, "amount_limit"),
    ("a match off the multiples of the next step", {"increment_fixed": None, "increment_table": ((0, 10), (110, 25)),
     "multiple_anchor": Anchor.START_PRICE}, {"b": 1}, [("a", 110)], "b", 110, "accepted"),
    ("who does not lead may, where the leader may not", {"self_outbid": SelfOutbid.MAY_NOT}, {"b": 1}, [("a", 100)],
     "b", 100, "accepted"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "ranks", "bids", "bidder", "amount", "expected"), [r[1:] for r in LADDER], ids=[r[0] for r in LADDER]
)
def test_row_12_decides_about_the_top_amount(
    *,
    changes: dict[str, Any],
    ranks: dict[str, int],
    bids: list[tuple[str, int]],
    bidder: str,
    amount: int,
    expected: str,
) -> None:
    model = ranked(ranks, bids, **changes)
    assert verdict(model.place_bid(1_004, 1, bidder, amount)) == expected


def test_a_match_leads_and_counts_and_extends_like_any_accepted_bid() -> None:
    model = ranked({"b": 1}, [("a", 100)], phases=(window(),))
    assert model.place_bid(1_090, 1, "b", 100, b"k") == [
        BidAccepted(seq=9, at=1_090, lot=1, lot_seq=8, bidder=2, amount=100, closes_at=1_120, key=b"k")
    ]
    lot = model.lot(1)
    assert (lot.top, lot.leader, lot.accepted, lot.quoted, lot.extensions) == (100, 2, 2, 2, 1)
    assert [(standing.matches, standing.last_bid) for standing in lot.standings[:2]] == [(0, 1_003), (1, 1_090)]
    assert model.quote(1).ask == 110


def test_matches_are_counted_without_the_raises() -> None:
    bids = [("a", 100), ("b", 100), ("a", 110), ("b", 110), ("a", 120), ("b", 130)]
    model = ranked({"b": 1}, bids, priority=Priority.REPEATEDLY)
    assert [standing.matches for standing in model.lot(1).standings] == [0, 2, 0, 0]


def test_a_refused_match_counts_as_refused_and_leaves_the_leader() -> None:
    model = ranked({"a": 1, "c": 2}, [("a", 100)])
    assert last(model.place_bid(1_004, 1, "c", 100)) == BidRefused(
        seq=10, at=1_004, lot=1, lot_seq=9, bidder=3, reason=Reason.PRIORITY_OUTRANKED, amount=100, closes_at=1_100
    )
    lot = model.lot(1)
    assert (lot.leader, lot.refused, lot.standing(3).matches) == (1, 1, 0)


def test_time_and_entry_are_asked_before_a_priority() -> None:
    model = ranked({"b": 1}, [("a", 100)], phases=(free(), timed()), free_stop=20, timed_entry=TimedEntry.PRIOR_BID)
    said = [verdict(model.place_bid(at, 1, "b", 100)) for at in (1_080, 1_100)]
    assert said == ["free_stopped", "no_prior_bid"]


def test_a_lot_is_sold_to_the_holder_of_a_priority_that_matched() -> None:
    model = ranked({"b": 1}, [("a", 100), ("b", 100)])
    model.advance(1_100)
    settlement = settle(model.lot(1))
    assert settlement == Settlement(kind=OutcomeKind.SOLD, winner=2, price=100)
    assert verdict(model.record_outcome(1_101, 1, kind=1, winner=2, price=100)) == "accepted"


def test_the_type_auction_is_settled_like_the_other_built_in_types() -> None:
    model = room(rules(**REQUIRED_AT_ENTRY), type_id="auction@1")
    model.enter_reserve(1_001, 1, 1, bytes([1]) * 32)
    model.place_bid(1_001, 1, "a", 100)
    model.advance(1_100)
    model.compare_reserve(1_100, 1, met=True)
    assert settle(model.lot(1)) == Settlement(kind=OutcomeKind.SOLD, winner=1, price=100)
