"""Each parameter of the built-in types does what its docstring says: one table a type, worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sales import SECOND, WHO, Told, english, hold, listing, manual_house

from pyauction import (
    WAN_YUAN,
    YUAN,
    AmountError,
    AmountTypeError,
    English,
    EnteredReserve,
    MemoryJournal,
    MisuseError,
    RuleError,
    SealedReserve,
    verify,
)
from pyauction.auctions.ascending import Percent

A, B, C = "001", "002", "003"
PLAIN = [(1, A, 100), (2, B, 110)]
TABLE = ((0, 10), (200, 50), (1_000, 100))

ENGLISH: dict[str, tuple[dict[str, Any], list[Any], Told]] = {
    "plain": ({}, PLAIN, Told(("ok", "ok"), 100, (B, 110))),
    "no bids": ({}, [], Told((), 100, "no_bids")),
    "start price": ({"start_price": 500}, [(1, A, 499), (1, A, 500)], Told(("below_start", "ok"), 100, (A, 500))),
    "increment": ({"increment": 25}, [(1, A, 100), (2, B, 124), (3, B, 125)],
                  Told(("ok", "below_increment", "ok"), 100, (B, 125))),
    "increment, percent up": ({"increment": Percent(1, 30, "up")}, [(1, A, 100), (2, B, 103), (3, B, 104)],
                              Told(("ok", "below_increment", "ok"), 100, (B, 104))),
    "increment, percent down": ({"increment": Percent(1, 30, "down")}, [(1, A, 100), (2, B, 102), (3, B, 103)],
                                Told(("ok", "below_increment", "ok"), 100, (B, 103))),
    "increment, percent at least 1": ({"increment": Percent(1, 1000, "down")}, [(1, A, 100), (2, B, 100), (3, B, 101)],
                                      Told(("ok", "below_increment", "ok"), 100, (B, 101))),
    "increment, rows": ({"increment": TABLE},
                        [(1, A, 100), (2, B, 109), (3, B, 200), (4, A, 249), (5, A, 1_000), (6, B, 1_099), (7, B, 1_100)],
                        Told(("ok", "below_increment", "ok", "below_increment", "ok", "below_increment", "ok"), 100, (B, 1_100))),
    "length": ({"length": "7s"}, [(6.999999999, A, 100), (7, B, 110)], Told(("ok", "closed"), 7, (A, 100))),
    "length as timedelta": ({"length": timedelta(seconds=7)}, PLAIN, Told(("ok", "ok"), 7, (B, 110))),
    "ends at": ({"length": None, "ends_at": datetime(1970, 1, 1, 0, 0, 9, tzinfo=UTC)}, [(8, A, 100), (9, B, 110)],
                Told(("ok", "closed"), 9, (A, 100))),
    "hard close": ({}, [(1, A, 100), (99, B, 110)], Told(("ok", "ok"), 100, (B, 110))),
    "extension resets": ({"extension": "60s"}, [(1, A, 100), (50, B, 110), (109, A, 120)],
                         Told(("ok", "ok", "ok"), 169, (A, 120))),
    "extension is never shorter": ({"extension": "60s"}, [(1, A, 100)], Told(("ok",), 100, (A, 100))),
    "extension window": ({"extension": "60s", "extension_window": "30s"}, [(69, A, 100), (70, B, 110), (131, A, 120)],
                         Told(("ok", "ok", "closed"), 130, (B, 110))),
    "outside the window": ({"extension": "60s", "extension_window": "30s"}, [(69.999999999, A, 100)],
                           Told(("ok",), 100, (A, 100))),
    "hard end": ({"extension": "60s", "hard_end": "120s"}, [(90, A, 100), (119, B, 110), (120, A, 120)],
                 Told(("ok", "ok", "closed"), 120, (B, 110))),
    "clock from the first bid": ({"clock": "first_bid"}, [(1_000, A, 100), (1_099, B, 110), (1_100, A, 120)],
                                 Told(("ok", "ok", "closed"), 1_100, (B, 110))),
    "clock from the first bid, none": ({"clock": "first_bid"}, [(1_000, A, 99)], Told(("below_start",), None, None)),
    "clock from the first bid, extension": ({"clock": "first_bid", "extension": "60s", "hard_end": "130s"},
                                            [(1_000, A, 100), (1_099, B, 110), (1_129, A, 120), (1_130, B, 130)],
                                            Told(("ok", "ok", "ok", "closed"), 1_130, (A, 120))),
    "any amount": ({}, [(1, A, 101), (2, B, 112)], Told(("ok", "ok"), 100, (B, 112))),
    "multiples from start": ({"multiples_from": "start"}, [(1, A, 105), (2, A, 120), (3, B, 135), (4, B, 150)],
                             Told(("not_multiple", "ok", "not_multiple", "ok"), 100, (B, 150))),
    "multiples from current": ({"multiples_from": "current"}, [(1, A, 120), (2, B, 135), (3, B, 150)],
                               Told(("ok", "not_multiple", "ok"), 100, (B, 150))),
    "max multiple": ({"max_multiple": 3}, [(1, A, 131), (2, A, 130), (3, B, 161), (4, B, 160)],
                     Told(("above_max_multiple", "ok", "above_max_multiple", "ok"), 100, (B, 160))),
    "max multiple lets the ask pass": ({"max_multiple": 1, "multiples_from": None}, [(1, A, 100), (2, B, 110)],
                                       Told(("ok", "ok"), 100, (B, 110))),
    "self outbid allowed": ({}, [(1, A, 100), (2, A, 110)], Told(("ok", "ok"), 100, (A, 110))),
    "self outbid refused": ({"self_outbid": "refused"}, [(1, A, 100), (2, A, 110), (3, B, 110), (4, A, 120)],
                            Told(("ok", "already_leading", "ok", "ok"), 100, (A, 120))),
    "min bidders quoted": ({"min_bidders": 2, "min_bidders_counts": "quoted"}, [(1, A, 100), (2, B, 100), (3, A, 110)],
                           Told(("ok", "below_increment", "ok"), 100, "too_few_bidders")),
    "min bidders admitted": ({"min_bidders": 2, "min_bidders_counts": "admitted"},
                             [(1, A, 100), (2, B, 100), (3, A, 110)],
                             Told(("ok", "below_increment", "ok"), 100, (A, 110))),
    "admission listed": ({"admission": "listed"}, [(1, A, 100), (2, C, 110), (3, B, 110)],
                         Told(("ok", "not_admitted", "ok"), 100, (B, 110))),
    "unit": ({"money": WAN_YUAN, "start_price": "319", "increment": Decimal("0.5")},
             [(1, A, "318.999999"), (2, A, "319"), (3, B, "319.4"), (4, B, Decimal("319.5")), (5, A, 320_000_000)],
             Told(("below_start", "ok", "below_increment", "ok", "ok"), 100, (A, 320_000_000))),
    "rows in a unit": ({"money": YUAN, "start_price": "1", "increment": (("0", "0.1"), ("2", "1"))},
                       [(1, A, "1"), (2, B, "1.09"), (3, B, "2"), (4, A, "2.99"), (5, A, "3")],
                       Told(("ok", "below_increment", "ok", "below_increment", "ok"), 100, (A, 300))),
    "the greatest amount": ({}, [(1, A, 2**63 - 1), (2, B, 2**63 - 1)], Told(("ok", "amount_limit"), 100, (A, 2**63 - 1))),
    "two bids of one instant": ({}, [(1, A, 100), (1, B, 100), (1, B, 110)],
                                Told(("ok", "below_increment", "ok"), 100, (B, 110))),
    "not positive": ({}, [(1, A, 0), (2, A, -100)], Told(("amount_not_positive",) * 2, 100, "no_bids")),
}  # fmt: skip

LISTING: dict[str, tuple[dict[str, Any], list[Any], Told]] = {
    "plain": ({}, PLAIN, Told(("ok", "ok"), 160, (B, 110))),
    "a free bid does not extend": ({}, [(99, A, 100), (100, B, 110)], Told(("ok", "ok"), 160, (B, 110))),
    "every timed bid resets": ({}, [(1, A, 100), (120, B, 110), (179, A, 120), (239, B, 130)],
                               Told(("ok", "ok", "ok", "closed"), 239, (A, 120))),
    "listing ends at": ({"free": None, "listing_ends_at": 50 * SECOND}, [(1, A, 100), (109, B, 110)],
                        Told(("ok", "ok"), 169, (B, 110))),
    "extension window": ({"extension_window": "20s"}, [(1, A, 100), (139, B, 110), (140, A, 120)],
                         Told(("ok", "ok", "ok"), 200, (A, 120))),
    "outside the window": ({"extension_window": "20s"}, [(1, A, 100), (139, B, 110)], Told(("ok", "ok"), 160, (B, 110))),
    "hard end": ({"hard_end": "90s"}, [(1, A, 100), (150, B, 110), (189, A, 120), (190, B, 130)],
                 Told(("ok", "ok", "ok", "closed"), 190, (A, 120))),
    "single bidder decides": ({"single_bidder": "decide"}, [(1, A, 100), (2, A, 110), (100, B, 120)],
                              Told(("ok", "ok", "closed"), 100, (A, 110))),
    "single bidder is timed": ({"single_bidder": "timed"}, [(1, A, 100), (100, B, 120)],
                               Told(("ok", "ok"), 160, (B, 120))),
    "two bidders are timed": ({"single_bidder": "decide"}, PLAIN, Told(("ok", "ok"), 160, (B, 110))),
    "without bids decided": ({"timed_without_bids": "decide"}, [(1, A, 99), (100, B, 100)],
                             Told(("below_start", "closed"), 100, "no_bids")),
    "without bids entered": ({"timed_without_bids": "enter"}, [(1, A, 99), (159, B, 100)],
                             Told(("below_start", "ok"), 219, (B, 100))),
    "without any bid": ({}, [], Told((), 160, "no_bids")),
    "sold to one bidder at the start price": ({}, [(1, A, 100)], Told(("ok",), 160, (A, 100))),
    "min bidders": ({"min_bidders": 3, "min_bidders_counts": "quoted"}, PLAIN, Told(("ok", "ok"), 160, "too_few_bidders")),
    "multiples from start": ({"multiples_from": "start"}, [(1, A, 105), (2, A, 110), (3, B, 125), (4, B, 120)],
                             Told(("not_multiple", "ok", "not_multiple", "ok"), 160, (B, 120))),
    "max multiple": ({"max_multiple": 2}, [(1, A, 100), (2, B, 121), (3, B, 120)],
                     Told(("ok", "above_max_multiple", "ok"), 160, (B, 120))),
    "self outbid refused": ({"self_outbid": "refused"}, [(1, A, 100), (110, A, 110)],
                            Told(("ok", "already_leading"), 160, (A, 100))),
    "admission listed": ({"admission": "listed"}, [(1, A, 100), (2, C, 110)],
                         Told(("ok", "not_admitted"), 160, (A, 100))),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "bids", "told"), ENGLISH.values(), ids=ENGLISH.keys())
def test_a_parameter_of_an_english_auction(changes: dict[str, Any], bids: list[Any], told: Told) -> None:
    assert hold(english(**changes), bids, admitted=f"{A} {B}") == told


@pytest.mark.parametrize(("changes", "bids", "told"), LISTING.values(), ids=LISTING.keys())
def test_a_parameter_of_a_listing(changes: dict[str, Any], bids: list[Any], told: Told) -> None:
    assert hold(listing(**changes), bids, admitted=f"{A} {B}") == told


def test_an_english_auction_without_length_ends_when_it_is_called() -> None:
    with manual_house() as house:
        house.open_lot("A", english(length=None))
        house.bid("A", A, 100, at=10**15)
        assert (house.next_deadline(), house.quote("A").closes_at_ns) == (None, None)
        house.close_lot("A")
        outcome = house.outcome("A")
        assert outcome is not None
        assert outcome.price_minor == 100


@pytest.mark.parametrize("auction", [english(), listing()], ids=["english", "listing"])
def test_a_lot_may_open_later(auction: Any) -> None:
    bids = [(9, A, 100), (10, A, 100)]
    told = hold(auction, bids, admitted=A, opens_at=10 * SECOND)
    assert told.answers == ("not_open", "ok")
    assert told.closed_at == (110 if auction.type_id == "english@1" else 170)


def test_a_re_offer_is_a_lot_of_the_next_round() -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        house.open_lot("A", english())
        house.advance(at=100 * SECOND)
        reserve = SealedReserve.for_simulation("A 第二轮", 100, round=2)
        again = english(reserve=EnteredReserve(commitment="before_opening"))
        house.open_lot("A 第二轮", again, round=2, reoffer_of="A", commitment=reserve)
        assert house.enter_reserve("A 第二轮", reserve, **WHO).accepted
        assert house.snapshot("A 第二轮").round == 2
    assert verify(journal).ok


@pytest.mark.parametrize(
    ("auction", "parameter"),
    [
        (english(extension_window="5s"), "extension"),
        (english(hard_end="5s"), "hard_end: has no meaning without an extension to bound"),
        (english(length="1m", ends_at=5), "length and ends_at: expected one"),
        (english(length=0), "length: expected a length from 1ns"),
        (english(length=-1), "length: expected a length from 1ns"),
        (english(length=None, clock="first_bid"), "clock"),
        (english(length=None, extension="1m"), "extension: a phase ended by a call"),
        (english(start_price=0), "start_price"),
        (english(start_price=-1), "start_price"),
        (english(increment=0), "increment: expected more than 0"),
        (english(increment=-5), "increment"),
        (english(increment=Percent(0, 5, "up")), "increment"),
        (english(increment=Percent(1, 0, "up")), "increment"),
        (english(increment=Percent(1, 5, "half")), "increment: rounding"),  # type: ignore[arg-type]
        (english(increment=((5, 10),)), "increment"),
        (english(increment=((0, 10), (0, 20))), "increment"),
        (english(increment=((0, 10), (5, 0))), "increment"),
        (english(increment=()), "increment"),
        (english(increment=Percent(1, 5, "up"), multiples_from="start"), "multiples_from: start"),
        (english(max_multiple=0), "max_multiple"),
        (english(min_bidders=0, min_bidders_counts="quoted"), "min_bidders"),
        (english(min_bidders=2), "min_bidders: expected with min_bidders_counts"),
        (english(min_bidders_counts="quoted"), "min_bidders"),
        (english(self_outbid="maybe"), "self_outbid"),
        (english(on_outage="wait"), "on_outage"),
        (english(admission="all"), "admission"),
        (english(clock="noon"), "clock"),
        (listing(free=None), "free and listing_ends_at"),
        (listing(free="1m", listing_ends_at=5), "free and listing_ends_at"),
        (english(length=None, ends_at=-1), "ends_at: expected a time"),
        (listing(free=None, listing_ends_at=-5), "listing_ends_at: expected a time"),
        (listing(countdown=0), "countdown: expected a length from 1ns"),
        (listing(single_bidder="wait"), "single_bidder"),
        (listing(timed_without_bids="wait"), "timed_without_bids"),
        (listing(reserve=EnteredReserve(commitment="never")), "reserve: commitment"),  # type: ignore[arg-type]
        (listing(reserve=EnteredReserve(commitment="at_entry", entry_opens_before_end="1m", entry_ends_before_end="1m")),
         "entry_"),
        (english(length=None, reserve=EnteredReserve(commitment="at_entry", entry_opens_before_end="1m")), "entry_"),
        (english(clock="first_bid", reserve=EnteredReserve(commitment="at_entry", entry_ends_before_end="1m")), "entry_"),
    ],
)  # fmt: skip
def test_rules_that_contradict_each_other_name_their_parameter(auction: Any, parameter: str) -> None:
    with pytest.raises(RuleError, match=f"^{parameter}"):
        auction.rules()
    with manual_house() as house, pytest.raises(RuleError, match=f"^{parameter}"):
        house.open_lot("A", auction)


WRONG_TYPES: list[tuple[Any, type[Exception], str]] = [
    (english(start_price=1.5), AmountTypeError, "start_price: expected an int of minor units"),
    (english(start_price=True), AmountTypeError, "start_price: expected an int of minor units"),
    (english(start_price="319"), AmountError, "start_price: expected an int of minor units"),
    (english(increment=10.0), AmountTypeError, "increment: expected an int of minor units"),
    (english(increment=((0, 1.5),)), AmountTypeError, "increment: expected an int of minor units"),
    (english(increment=Percent(0.5, 100, "up")), RuleError, "increment: expected a whole number"),  # type: ignore[arg-type]
    (english(increment=Percent(1, True, "up")), RuleError, "increment: expected a whole number"),  # noqa: FBT003 - what is refused
    (english(increment=Percent(1, 200, 3)), RuleError, "increment: rounding: expected text"),  # type: ignore[arg-type]
    (english(increment=Percent(1, 200, None)), RuleError, "increment: must be stated"),  # type: ignore[arg-type]
    (english(increment=((0,),)), RuleError, r"increment: expected rows of \(from"),
    (english(increment=((0, 1, 2),)), RuleError, r"increment: expected rows of \(from"),
    (english(increment=(5,)), RuleError, r"increment: expected rows of \(from"),
    (english(increment=None), AmountTypeError, "increment: expected an int of minor units"),
    (english(on_outage=None), RuleError, "on_outage: must be stated; there is no default"),
    (english(self_outbid=None), RuleError, "self_outbid: must be stated; there is no default"),
    (english(admission=None), RuleError, "admission: must be stated; there is no default"),
    (english(clock=None), RuleError, "clock: must be stated; there is no default"),
    (listing(countdown=None), RuleError, "countdown: must be stated; there is no default"),
    (english(length=1.5), MisuseError, "length: expected nanoseconds, a timedelta or text"),
    (english(length="1 h"), MisuseError, "length: expected nanoseconds, a timedelta or text"),
    (english(length="99999999d"), MisuseError, "length: expected nanoseconds in 64 bits"),
    (english(length=None, ends_at="2026-01-01"), MisuseError, "ends_at: expected nanoseconds since 1970 UTC"),
    (english(length=None, ends_at=datetime(2026, 1, 1)), MisuseError, "ends_at: expected a datetime with a time zone"),  # noqa: DTZ001 - what is refused
    (english(length=None, ends_at=10**20), MisuseError, "ends_at: expected nanoseconds in 64 bits"),
    (english(max_multiple=True), RuleError, "max_multiple: expected a whole number"),
    (english(min_bidders=2**64, min_bidders_counts="quoted"), RuleError, "min_bidders: expected a whole number"),
    (english(self_outbid=True), RuleError, "self_outbid: expected text"),
    (english(multiples_from=1), RuleError, "multiples_from: expected text"),
    (english(money="CNY"), MisuseError, "money: expected a Money"),
    (english(reserve="none"), MisuseError, "reserve: expected NoReserve"),
    (listing(countdown="4min"), MisuseError, "countdown: expected nanoseconds, a timedelta or text"),
    (listing(reserve=EnteredReserve(commitment="at_entry", entry_opens_before_end="30")), MisuseError,
     "entry_opens_before_end: expected nanoseconds, a timedelta or text"),
    (English, MisuseError, "auction: expected an auction type with its parameters"),
    ({}, MisuseError, "auction: expected an auction type with its parameters"),
]  # fmt: skip


@pytest.mark.parametrize(("auction", "error", "message"), WRONG_TYPES)
def test_a_parameter_of_the_wrong_type_is_named_and_changes_nothing(
    auction: Any, error: type[Exception], message: str
) -> None:
    with manual_house() as house:
        before = house.last_seq
        with pytest.raises(error, match=f"^{message}") as raised:
            house.open_lot("A", auction)
        assert (type(raised.value), house.last_seq) == (error, before)


def test_rows_of_steps_may_be_a_list() -> None:
    assert english(increment=[(0, 10), (200, 50)]).rules() == english(increment=((0, 10), (200, 50))).rules()


@pytest.mark.parametrize("make", [english, listing])
@pytest.mark.parametrize("missing", ["money", "start_price", "increment", "reserve", "on_outage", "self_outbid"])
def test_what_differs_between_sources_has_no_default(make: Any, missing: str) -> None:
    given = {name: getattr(make(), name) for name in make().__struct_fields__ if name != missing}
    with pytest.raises(TypeError, match=missing):
        type(make())(**given)
