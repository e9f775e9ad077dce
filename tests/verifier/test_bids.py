"""The bid ladder of B.5: one claim for each row, with amounts worked by hand."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import OPENED, REQUIRED_AT_ENTRY, last, room, rules, verdict
from verifier import BidAccepted, BidderAdmitted, BidRefused, CommandError, CommandRefused, Model
from verifier.ladder import ask, step
from verifier.terms import I64_MAX, NONE, Admission, Anchor, Command, Reason, Rounding, SelfOutbid

PERCENT: dict[str, Any] = {"increment_fixed": None, "increment_percent": (1, 10)}
UP, DOWN = PERCENT | {"increment_rounding": Rounding.UP}, PERCENT | {"increment_rounding": Rounding.DOWN}
TABLE: dict[str, Any] = {"increment_fixed": None, "increment_table": ((0, 10), (150, 25), (1_000, 100))}


def after(amounts: list[int], **changes: Any) -> Model:
    """Return a room in which two bidders took turns with these amounts, all accepted."""
    model = room(rules(**changes))
    for index, amount in enumerate(amounts):
        assert verdict(model.place_bid(1_001, 1, "ab"[index % 2], amount)) == "accepted"
    return model


LADDER: list[tuple[str, dict[str, Any], list[int], str, int, str]] = [
    ("row 11: zero", {}, [], "c", 0, "amount_not_positive"),
    ("row 11: the least number", {}, [], "c", -(2**63), "amount_not_positive"),
    ("row 11 before row 13", {}, [100], "a", 0, "amount_not_positive"),
    ("row 13: the leader may not", {}, [100], "a", 200, "already_leading"),
    ("row 13 before row 17", {}, [100], "a", 101, "already_leading"),
    ("row 13: the leader may", {"self_outbid": SelfOutbid.MAY}, [100], "a", 110, "accepted"),
    ("row 15: below the start", {}, [], "c", 99, "below_start"),
    ("row 15: at the start", {}, [], "c", 100, "accepted"),
    ("row 15: no step above the start is needed", {}, [], "c", 101, "accepted"),
    ("row 16: no amount is left", {}, [I64_MAX - 9], "c", I64_MAX, "amount_limit"),
    ("row 16 before row 17", {}, [I64_MAX - 9], "c", 1, "amount_limit"),
    ("row 16: exactly one amount is left", {}, [I64_MAX - 10], "c", I64_MAX, "accepted"),
    ("row 17: one less than a step", {}, [100], "c", 109, "below_increment"),
    ("row 17: equal to the top", {}, [100], "c", 100, "below_increment"),
    ("row 17: one step", {}, [100], "c", 110, "accepted"),
    ("row 19: from the start, first bid off", {"multiple_anchor": Anchor.START_PRICE}, [], "c", 105, "not_multiple"),
    ("row 19: from the start, first bid on", {"multiple_anchor": Anchor.START_PRICE}, [], "c", 130, "accepted"),
    ("row 19: from the start, off", {"multiple_anchor": Anchor.START_PRICE}, [100], "c", 115, "not_multiple"),
    ("row 19: from the top, first bid off", {"multiple_anchor": Anchor.CURRENT_TOP}, [], "c", 105, "not_multiple"),
    ("row 19: from the top, on", {"multiple_anchor": Anchor.CURRENT_TOP}, [120], "c", 150, "accepted"),
    ("row 19: from the top, off", {"multiple_anchor": Anchor.CURRENT_TOP}, [120], "c", 145, "not_multiple"),
    ("row 17 before row 19", {"multiple_anchor": Anchor.CURRENT_TOP}, [120], "c", 125, "below_increment"),
    ("row 20: first bid at the most", {"max_multiple": 3}, [], "c", 130, "accepted"),
    ("row 20: first bid above the most", {"max_multiple": 3}, [], "c", 131, "above_max_multiple"),
    ("row 20: at the most", {"max_multiple": 3}, [100], "c", 130, "accepted"),
    ("row 20: above the most", {"max_multiple": 3}, [100], "c", 131, "above_max_multiple"),
    ("row 19 before row 20", {"max_multiple": 3, "multiple_anchor": Anchor.CURRENT_TOP}, [100], "c", 135,
     "not_multiple"),
    ("row 20 near the limit", {"max_multiple": I64_MAX}, [100], "c", I64_MAX, "accepted"),
    ("percent up: 10.1 is 11", UP, [101], "c", 111, "below_increment"),
    ("percent up: 112", UP, [101], "c", 112, "accepted"),
    ("percent down: 10.1 is 10", DOWN, [101], "c", 111, "accepted"),
    ("percent down: 110", DOWN, [101], "c", 110, "below_increment"),
    ("table: first row", TABLE, [149], "c", 159, "accepted"),
    ("table: second row from its from", TABLE, [150], "c", 174, "below_increment"),
    ("table: second row", TABLE, [150], "c", 175, "accepted"),
    ("table: last row", TABLE, [2_000], "c", 2_099, "below_increment"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "before", "bidder", "amount", "expected"), [row[1:] for row in LADDER], ids=[row[0] for row in LADDER]
)
def test_the_ladder_decides(
    changes: dict[str, Any], before: list[int], bidder: str, amount: int, expected: str
) -> None:
    assert verdict(after(before, **changes).place_bid(1_002, 1, bidder, amount)) == expected


@pytest.mark.parametrize(
    ("changes", "before", "expected_step", "expected_ask"),
    [
        ({}, [], 10, 100),
        ({}, [105], 10, 115),
        ({"multiple_anchor": Anchor.CURRENT_TOP}, [110], 10, 120),
        (UP, [], 10, 100),
        (UP, [105], 11, 116),
        (DOWN, [109], 10, 119),
        (DOWN | {"start_price": 1}, [1], 1, 2),
        (DOWN | {"increment_percent": (1, 3)}, [100], 33, 133),
        (UP | {"increment_percent": (5, 4)}, [101], 127, 228),
        (TABLE, [], 10, 100),
        (TABLE | {"multiple_anchor": Anchor.START_PRICE}, [100, 140, 160], 25, 200),
        ({"increment_fixed": 7, "multiple_anchor": Anchor.START_PRICE}, [107, 128], 7, 135),
        ({}, [I64_MAX - 10], 10, I64_MAX),
        ({}, [I64_MAX - 9], 10, None),
    ],
)
def test_step_and_ask_are_those_worked_by_hand(
    changes: dict[str, Any], before: list[int], expected_step: int, expected_ask: int | None
) -> None:
    lot = after(before, **changes).lot(1)
    assert (step(lot), ask(lot)) == (expected_step, expected_ask)


def test_the_ask_beats_the_most_multiple_when_multiples_count_from_the_start() -> None:
    """Top 160 in row two: base + 1 × 25 is 185, which is no multiple of 25 from 100; the ask 200 stays acceptable."""
    model = after([160], **(TABLE | {"multiple_anchor": Anchor.START_PRICE, "max_multiple": 1}), start_price=160)
    assert ask(model.lot(1)) == 185
    model = after([100, 140, 160], **(TABLE | {"multiple_anchor": Anchor.START_PRICE, "max_multiple": 4}))
    assert ask(model.lot(1)) == 200
    tight = rules(**(TABLE | {"multiple_anchor": Anchor.START_PRICE, "max_multiple": 1}))
    lot = model.lot(1)
    lot.opened = type(lot.opened)(
        seq=2, at=OPENED, lot=1, lot_seq=1, name="lot-1", type_id="english@1", currency="CNY", exponent=2,
        opens_at=OPENED, rules=tight,
    )  # fmt: skip
    assert verdict(model.place_bid(1_002, 1, "c", 225)) == "above_max_multiple"
    assert verdict(model.place_bid(1_002, 1, "c", 185)) == "not_multiple"
    assert verdict(model.place_bid(1_002, 1, "c", 200)) == "accepted"


def test_there_is_an_ask_until_the_bidding_is_over() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(**REQUIRED_AT_ENTRY), opens_at=1_050)
    asks = [model.quote(1).ask]
    model.suspend_lot(1_010, 1)
    asks.append(model.quote(1).ask)
    model.resume_lot(1_010, 1)
    model.place_bid(1_060, 1, "a", 100)
    asks.append(model.quote(1).ask)
    model.advance(1_150)
    assert (asks, model.quote(1).state, model.quote(1).ask) == ([100, 100, 110], "awaiting_reserve", None)
    model.terminate_lot(1_200, 1)
    assert model.quote(1).ask is None
    model = room()
    model.advance(1_100)
    assert (model.quote(1).state, model.quote(1).ask) == ("closed", None)
    model.record_outcome(1_100, 1, kind=2, cause=1)
    assert (model.quote(1).state, model.quote(1).ask) == ("decided", None)


def test_the_name_of_a_lot_is_used_once() -> None:
    model = room()
    model.terminate_lot(1_001, 1)
    with pytest.raises(CommandError):
        model.open_lot(1_002, name="lot-1", rules=rules())
    assert last(model.open_lot(1_002, name="Lot-1", rules=rules())).lot == 2


def test_a_multiple_beyond_64_bits_leaves_no_ask() -> None:
    model = after([I64_MAX - 7], increment_fixed=5, multiple_anchor=Anchor.START_PRICE, start_price=I64_MAX - 7)
    assert ask(model.lot(1)) == I64_MAX - 2
    assert verdict(model.place_bid(1_002, 1, "c", I64_MAX - 2)) == "accepted"
    assert ask(model.lot(1)) is None
    assert verdict(model.place_bid(1_003, 1, "a", I64_MAX)) == "amount_limit"


def test_a_first_bid_admits_its_bidder_when_admission_is_open() -> None:
    records = room().place_bid(1_001, 1, "甲", 100)
    assert records == [
        BidderAdmitted(seq=3, at=1_001, lot=1, lot_seq=2, bidder=1, name="甲"),
        BidAccepted(seq=4, at=1_001, lot=1, lot_seq=3, bidder=1, amount=100, closes_at=1_100),
    ]


def test_a_refused_first_bid_still_admits_its_bidder() -> None:
    records = room().place_bid(1_001, 1, "甲", 99, b"k")
    assert records == [
        BidderAdmitted(seq=3, at=1_001, lot=1, lot_seq=2, bidder=1, name="甲"),
        BidRefused(
            seq=4, at=1_001, lot=1, lot_seq=3, bidder=1, reason=Reason.BELOW_START, amount=99, closes_at=1_100, key=b"k"
        ),
    ]


def test_a_stranger_is_refused_where_bidders_are_listed() -> None:
    model = room(rules(admission=Admission.LISTED))
    refused = CommandRefused(
        seq=3, at=1_001, lot=1, lot_seq=2, reason=Reason.NOT_ADMITTED, command=Command.PLACE_BID, amount=100, name="甲"
    )
    assert model.place_bid(1_001, 1, "甲", 100) == [refused]
    assert model.lot(1).refused == 0


def test_a_stranger_is_refused_when_the_bidding_is_over() -> None:
    model = room()
    model.advance(1_100)
    assert verdict(model.place_bid(1_101, 1, "甲", 100)) == "not_admitted"


def test_the_state_decides_before_the_amount() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(), opens_at=1_050)
    assert verdict(model.place_bid(1_001, 1, "a", 0)) == "not_open"
    model.suspend_lot(1_002, 1)
    assert verdict(model.place_bid(1_003, 1, "a", 0)) == "suspended"
    model.resume_lot(1_004, 1)
    assert verdict(model.place_bid(1_053, 1, "a", 0)) == "amount_not_positive"
    model.terminate_lot(1_054, 1)
    assert verdict(model.place_bid(1_055, 1, "a", 0)) == "closed"


def test_an_exact_repeat_of_a_keyed_bid_yields_no_record() -> None:
    model = room()
    accepted = last(model.place_bid(1_001, 1, "a", 100, b"k"))
    assert model.place_bid(1_002, 1, "a", 100, b"k") == []
    assert model.earlier(1, "a", b"k") == accepted


def test_a_key_is_held_for_a_refused_bid_too() -> None:
    model = room()
    refused = last(model.place_bid(1_001, 1, "a", 1, b"k"))
    assert model.place_bid(1_002, 1, "a", 1, b"k") == []
    assert model.earlier(1, "a", b"k") == refused


def test_a_key_with_another_amount_is_a_conflict_and_keeps_the_first_decision() -> None:
    model = room()
    first = last(model.place_bid(1_001, 1, "a", 1, b"k"))
    for _ in range(2):
        assert verdict(model.place_bid(1_002, 1, "a", 100, b"k")) == "key_conflict"
    assert model.place_bid(1_002, 1, "a", 1, b"k") == []
    assert (model.earlier(1, "a", b"k"), model.lot(1).refused) == (first, 3)


def test_keys_of_two_bidders_and_of_two_lots_are_apart() -> None:
    model = room()
    model.open_lot(1_000, name="lot-2", rules=rules())
    for lot, bidder, amount in ((1, "a", 100), (1, "b", 110), (2, "a", 120)):
        assert verdict(model.place_bid(1_001, lot, bidder, amount, b"k")) == "accepted"


def test_a_bid_without_a_key_is_never_a_repeat() -> None:
    model = room()
    assert verdict(model.place_bid(1_001, 1, "a", 1)) == "below_start"
    assert verdict(model.place_bid(1_001, 1, "a", 1)) == "below_start"


def test_keys_are_held_until_the_lot_is_decided() -> None:
    model = room()
    model.place_bid(1_001, 1, "a", 100, b"k")
    model.advance(1_100)
    assert model.place_bid(1_101, 1, "a", 100, b"k") == []
    model.record_outcome(1_102, 1, kind=1, winner=1, price=100)
    assert verdict(model.place_bid(1_103, 1, "a", 100, b"k")) == "closed"
    assert verdict(model.place_bid(1_103, 1, "a", 100, b"k")) == "closed"
    assert model.earlier(1, "a", b"k") is None


def test_admission_is_refused_twice_and_outside_of_the_bidding() -> None:
    model = room()
    model.admit_bidder(1_001, 1, "a")
    again = last(model.admit_bidder(1_002, 1, "a"))
    assert again == CommandRefused(
        seq=4, at=1_002, lot=1, lot_seq=3, bidder=1, reason=Reason.ALREADY_ADMITTED, command=Command.ADMIT_BIDDER,
        name="a",
    )  # fmt: skip
    model.advance(1_100)
    late = last(model.admit_bidder(1_101, 1, "b"))
    assert late == CommandRefused(
        seq=6, at=1_101, lot=1, lot_seq=5, reason=Reason.WRONG_PHASE, command=Command.ADMIT_BIDDER, name="b"
    )  # fmt: skip


def test_a_quote_shows_what_a_bidder_needs() -> None:
    quote = after([100, 130]).quote(1)
    assert (quote.state, quote.phase, quote.top, quote.leader, quote.ask, quote.closes_at) == (
        "bidding", 0, 130, 2, 140, 1_100,
    )  # fmt: skip


def test_the_deadline_of_a_refused_bid_is_the_one_that_stands() -> None:
    model = room()
    model.suspend_lot(1_001, 1)
    refused = last(model.place_bid(1_002, 1, "a", 100))
    assert isinstance(refused, BidRefused)
    assert (refused.reason, refused.closes_at) == (Reason.SUSPENDED, NONE)
