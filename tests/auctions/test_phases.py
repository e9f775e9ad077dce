"""What lies between free quotes and timed bidding, and the rules that are off when absent: as callers state them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs
from sales import SECOND, Told, hold, listing, manual_house, online_auction

from pyauction import (
    CNY,
    WAN_YUAN,
    English,
    MisuseError,
    NoReserve,
    OnlineAuction,
    Preset,
    Reason,
    RuleError,
    lottery_commitment,
)

HOUR = 3_600 * SECOND
A, B, C = "001", "002", "003"
NINE = datetime(1970, 1, 1, 0, 0, 9, tzinfo=UTC)

STATED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"free_stop": "60s"}, {"free_stop_ns": 60 * SECOND}),
    ({"timed_entry": "prior_bid", "timed_without_bids": "decide"}, {"timed_entry": "prior_bid"}),
    ({"inquiry": "5m", "inquiry_yes": 1}, {"inquiry_yes": 1}),
    ({"recent_bidders": 2, "recent_window": "1h"}, {"recent_bidders": 2, "recent_window_ns": 3_600 * SECOND}),
    ({"max_extensions": 7}, {"max_extensions": 7}),
    ({"timed_increment": 30}, {"timed_increment": 30}),
    ({"first_bid_min": "start_plus_step"}, {"first_bid_min": "start_plus_step"}),
    ({"precision": 10}, {"precision": 10}),
    ({"money": WAN_YUAN, "start_price": "319", "increment": "10", "precision": "0.1", "timed_increment": "5"},
     {"precision": 100_000, "timed_increment": 5_000_000}),
    ({"closed": ((5, NINE), [NINE, 10**10])}, {"closed_ns": [(5, 9 * SECOND), (9 * SECOND, 10**10)]}),
    ({"resume_free": "extend", "resume_free_most": "1h"},
     {"resume_free": "extend", "resume_free_most_ns": 3_600 * SECOND}),
    ({"preparation": "15m", "resume_timed": "restart_from_preparation"}, {"resume_timed": "restart_from_preparation"}),
    ({"resume_direct_within": "1h", "resume_notice": "1d"},
     {"resume_direct_within_ns": 3_600 * SECOND, "resume_notice_ns": 86_400 * SECOND}),
    ({"free": None, "listing_ends_at": NINE, "postponed_end": "moves"}, {"postponed_end": "moves"}),
    ({"free_least": "100s"}, {"free_least_ns": 100 * SECOND}),
    ({"priority": "once"}, {"priority": "once"}),
    ({"cap": 150, "cap_action": "sell", "cap_in_free": "at_end", "cap_passing": "allowed"},
     {"cap": 150, "cap_action": "sell", "cap_in_free": "at_end", "cap_passing": "allowed"}),
    ({"cap": 150, "cap_action": "enter", "cap_pause": "1d", "cap_countdown": "5m", "top_up": "required"},
     {"cap": 150, "cap_action": "enter", "cap_phase": 2, "top_up": "required"}),
    ({"cap": 150, "cap_action": "lottery", "lottery_seeds": (b"\1" * 32,)},
     {"cap": 150, "cap_action": "lottery", "lottery_seeds": [b"\1" * 32]}),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "rules"), STATED)
def test_a_parameter_reaches_the_rules_and_is_off_otherwise(changes: dict[str, Any], rules: dict[str, Any]) -> None:
    plain = listing().rules().as_dict()
    stated = listing(**changes).rules().as_dict()
    assert {key: value for key, value in stated.items() if key not in plain} == rules


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"free_stop": "100s"}, "free_stop: expected less than"),
    ({"free_stop": 1.5}, "free_stop: expected nanoseconds"),
    ({"timed_entry": "yes"}, "timed_entry: yes needs an inquiry"),
    ({"timed_entry": "always"}, "timed_entry: expected one of prior_bid, yes, prior_bid_and_yes"),
    ({"timed_entry": 1}, "timed_entry: expected text"),
    ({"timed_entry": "prior_bid"}, "timed_entry: with prior_bid nobody could bid"),
    ({"inquiry": "5m"}, "inquiry_yes: must be stated"),
    ({"inquiry": "0s", "inquiry_yes": 1}, "inquiry: expected a length from"),
    ({"inquiry": "1s", "inquiry_yes": True}, "inquiry_yes: expected a whole number"),
    ({"inquiry_yes": 1}, "inquiry_yes: needs an inquiry phase"),
    ({"preparation": 0}, "preparation: expected a length from 1ns to 11574d1h46m40s, received 0s"),
    ({"recent_bidders": 2}, "recent_window: must be stated"),
    ({"recent_window": "1m"}, "recent_bidders: must be stated"),
    ({"max_extensions": 0}, "max_extensions: expected at least 1"),
    ({"max_extensions": -1}, "max_extensions: expected 1 to 4294967295"),
    ({"timed_increment": 0}, "timed_increment: expected more than 0"),
    ({"precision": 30}, "precision: expected start_price as a whole multiple of 30, received 100"),
    ({"precision": 20}, "precision: expected increment as a whole multiple of 20, received 10"),
    ({"first_bid_min": "start"}, "first_bid_min: expected one of start_plus_step"),
    ({"closed": ()}, "closed: expected 1 to 512 entries"),
    ({"closed": ((9, 5),)}, "closed: span 1: expected an end behind its beginning"),
    ({"closed": ((5, 9), (8, 10))}, "closed: span 2: expected a beginning from 1970-01-01 00:00:00.000000009"),
    ({"closed": (5,)}, "closed: expected spans of"),
    ({"resume_free_most": "1h"}, "resume_free_most: bounds the end"),
    ({"resume_timed": "restart_from_preparation"}, "resume_timed: restart_from_preparation needs a preparation"),
    ({"resume_direct_within": "1h"}, "resume_direct_within: is the exception"),
    ({"postponed_end": "moves"}, "postponed_end: needs a first phase that ends at a stated time"),
    ({"listing_ends_at": NINE, "free": None, "postponed_end": "stays"}, "postponed_end: expected one of moves"),
    ({"priority": "twice"}, "priority: expected one of once, repeatedly"),
    ({"cap": 150}, "cap_action: must be stated"),
    ({"cap": 100, "cap_action": "sell"}, "cap: expected more than the start price"),
    ({"cap": 150, "cap_action": "enter"}, "cap_pause: must be stated with enter"),
    ({"cap": 150, "cap_action": "enter", "cap_pause": "1d"}, "cap_countdown: must be stated"),
    (
        {"cap": 150, "cap_action": "enter", "cap_pause": "1d", "cap_pause_ends_at": 5, "cap_countdown": "5m"},
        "cap_pause and cap_pause_ends_at: expected one of them",
    ),
    ({"cap": 155, "cap_action": "lottery", "lottery_seeds": (bytes(32),)}, "cap: expected 100 and whole steps"),
    ({"cap": 150, "cap_action": "lottery"}, "lottery_seeds: must be stated"),
    ({"cap": 150, "cap_action": "lottery", "lottery_seeds": (b"short",)}, "lottery_seeds: expected hashes of 32"),
    ({"cap": 150, "cap_action": "win"}, "cap_action: expected one of sell, enter, lottery"),
    ({"late_bids": "extend"}, "extension_window: must be stated"),
    ({"cap_countdown": "5m"}, "cap_countdown: has no meaning without a pause"),
    ({"cap": 150, "cap_action": "sell", "priority": "once"}, "priority: is not possible with a cap"),
    ({"lottery_seeds": 5}, "lottery_seeds: expected hashes of 32"),
    ({"lottery_seeds": b"x" * 32}, "lottery_seeds: expected hashes of 32"),
    ({"closed": 5}, "closed: expected spans of"),
    (
        {"free": None, "listing_ends_at": 5, "preparation": "1m", "resume_timed": "restart", "countdown": None},
        "countdown: must be stated",
    ),
    ({"free_least": "101s"}, r"free: expected at least free_least \(1m41s\), received 1m40s"),
    (
        {"late_bids": "extend", "extension_window": "5s", "resume_timed": "restart"},
        "resume_timed: there is no countdown",
    ),
    ({"late_bids": "shorten"}, "late_bids: expected extend"),
    ({"late_bids": "extend", "inquiry": "1s"}, "late_bids: extend leaves no room"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_a_wrong_parameter_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(MisuseError, match=f"^{message}") as raised:
        listing(**changes).rules()
    parameter, told = raised.value.parameter, raised.value.message("zh-CN")
    assert parameter
    assert (message.startswith(parameter), str(raised.value)) == (True, f"{parameter}: {raised.value.problem}")
    assert re.search("[\u4e00-\u9fff]", told.partition("：")[2])


def test_an_unknown_rule_is_refused_by_its_name() -> None:
    with pytest.raises(TypeError, match='no rule "countdown_limit"; the optional ones are free_stop_ns, timed_entry'):
        type(listing().rules())(**{**NATIVE, "countdown_limit": 3})


NATIVE: dict[str, Any] = {
    "admission": "open", "start_price": 1, "increment": 1, "self_outbid": "allowed", "phases": [], "clock": "opening",
    "on_outage": "suspend", "reserve": "declared_none",
}  # fmt: skip


def test_late_bids_extend_the_listing_itself() -> None:
    weifang = {"late_bids": "extend", "extension_window": "30s", "countdown": "30s", "single_bidder": None,
               "timed_without_bids": None}  # fmt: skip
    assert hold(listing(**weifang), [(10, A, 100), (70, B, 110), (99, A, 120), (129, B, 130)]) == Told(
        ("ok", "ok", "ok", "closed"), 129, (A, 120)
    )
    assert hold(listing(**weifang), [(10, A, 100)]) == Told(("ok",), 100, (A, 100))


def test_an_auction_is_stopped_with_fewer_than_three_bidders() -> None:
    two, three = [(1, A, 100), (2, B, 110)], [(1, A, 100), (2, B, 110), (3, C, 120)]
    assert hold(online_auction(), two) == Told(("ok", "ok"), 62, "too_few_bidders")
    assert hold(online_auction(), three) == Told(("ok",) * 3, 63, (C, 120))
    for changes, problem in (
        ({"min_bidders": 2}, "expected at least 3 for an auction, received 2"),
        ({"min_bidders": None, "min_bidders_counts": None}, "must be stated"),
    ):
        with pytest.raises(RuleError, match=f"^min_bidders: {problem}"):
            online_auction(**changes).rules()


def test_an_auction_may_be_called_by_an_auctioneer_after_free_bidding() -> None:
    called: OnlineAuction = online_auction(
        countdown=None, free="60s", single_bidder="timed", timed_without_bids="enter", min_bidders_counts="quoted"
    )
    with manual_house() as house:
        house.open_lot("A", called)
        for at, bidder in enumerate((A, B, C)):
            assert house.bid("A", bidder, 100 + 10 * at, at=at).accepted
        assert house.close_lot("A", at=59 * SECOND).reason == Reason.CLOSE_NOT_CALLED
        assert house.close_lot("A", at=61 * SECOND).accepted
        outcome = house.outcome("A")
    assert outcome is not None
    assert (outcome.kind, outcome.price_minor) == ("sold", 120)


@pytest.mark.parametrize("changes", [{"extension_window": "5s"}, {"hard_end": "5s"}])
def test_what_says_nothing_beside_the_rest_is_refused(changes: dict[str, Any]) -> None:
    (name,) = changes
    with pytest.raises(RuleError, match=f"^{name}: has no meaning without a countdown"):
        online_auction(countdown=None, **changes).rules()


def english(*further: tuple[str, Any]) -> English:
    """Return an auction that has no parameter of its own for what is stated."""
    return English(
        money=CNY, start_price=100, increment=10, length="1h", reserve=NoReserve(), on_outage="suspend",
        self_outbid="allowed", further=further, precision=5,
    )  # fmt: skip


FURTHER: list[tuple[tuple[tuple[str, Any], ...], dict[str, Any]]] = [
    ((("free_least", "1h"),), {"free_least_ns": HOUR}),
    ((("timed_entry", None),), {}),
    ((), {}),
]


@pytest.mark.parametrize(("further", "rules"), FURTHER)
def test_a_rule_that_no_parameter_states_is_stated_by_its_name(
    further: tuple[tuple[str, Any], ...], rules: dict[str, Any]
) -> None:
    plain = english().rules().as_dict()
    assert english(*further).rules().as_dict() == plain | rules
    assert hash(english(*further)) == hash(english(*further))


@pytest.mark.parametrize(
    ("further", "message", "chinese"),
    [
        (("free_lest", "1h"), "further: there is no rule 'free_lest'", "further：没有规则 'free_lest'"),
        ((1, "1h"), "further: expected pairs of (name, value), received (1, '1h')",
         "further：应为若干 (名称, 值)，实为 (1, '1h')"),
        (("settle", "1h"), "further: there is no rule 'settle'", "further：没有规则 'settle'"),
        (("cap_phase", 1), "further: there is no rule 'cap_phase'", "further：没有规则 'cap_phase'"),
        (("reserve_setters", 3), "further: there is no rule 'reserve_setters'", "further：没有规则 'reserve_setters'"),
        (("closed", None), "further: closed is a parameter of its own", "further：closed 应作为参数写明"),
        (("free_least", "2h"), "length: expected at least free_least (2h), received 1h",
         "length：不得短于 free_least（2h），实为 1h"),
        (("inquiry_yes", "many"), "inquiry_yes: expected a whole number in 64 bits, received 'many'",
         "inquiry_yes：应为 64 位整数，实为 'many'"),
        (("timed_entry", 5), "timed_entry: expected text, received 5", "timed_entry：应为文本，实为 5"),
    ],
)  # fmt: skip
def test_a_further_rule_that_is_wrong_is_named(further: tuple[Any, Any], message: str, chinese: str) -> None:
    with pytest.raises(RuleError) as wrong:
        english(further).rules()
    assert (str(wrong.value), wrong.value.message("zh-CN")) == (message, chinese)


def test_a_further_rule_is_stated_once() -> None:
    with pytest.raises(RuleError, match="^further: free_least is stated twice"):
        english(("free_least", "1h"), ("free_least", "2h")).rules()


@pytest.mark.parametrize("further", [5, {"free_least": "1h"}, ("free_least", "1h"), (("free_least",),)])
def test_further_rules_are_given_as_pairs(further: Any) -> None:
    with pytest.raises(RuleError, match="^further: expected pairs of "):
        structs.replace(english(), further=further).rules()


def test_a_stated_end_keeps_the_least_length_of_the_listing() -> None:
    judicial = listing(free=None, listing_ends_at=24 * HOUR, free_least="24h")
    with manual_house() as house:
        with pytest.raises(RuleError) as short:
            house.open_lot("A", judicial, at=1)
        received = "23h59m59s999ms999us999ns"
        english = f"listing_ends_at: expected at least free_least (1d) behind the opening, received {received}"
        chinese = f"listing_ends_at：距开始不得短于 free_least（1d），实为 {received}"
        assert (str(short.value), short.value.message("zh-CN")) == (english, chinese)
        assert house.last_seq == 1
        assert house.open_lot("A", judicial, at=0).accepted


def test_closed_hours_do_not_count_for_the_least_length_of_the_listing() -> None:
    night = {"closed": ((10 * HOUR, 11 * HOUR),), "free": None, "free_least": "24h"}
    with manual_house() as house:
        with pytest.raises(RuleError, match=r"^listing_ends_at: expected at least free_least \(1d\) .* received 23h"):
            house.open_lot("A", listing(**night, listing_ends_at=24 * HOUR))
        assert house.open_lot("A", listing(**night, listing_ends_at=25 * HOUR)).accepted


@pytest.mark.parametrize(
    ("stated", "opens_at", "answer", "end"),
    [(None, 16 * HOUR, None, 40 * HOUR), (None, 16 * HOUR + 1, Reason.END_NOT_ALLOWED, None),
     ("moves", 16 * HOUR + 1, None, 45 * HOUR + 1)],
)  # fmt: skip
def test_a_postponed_opening_leaves_the_least_length_of_the_listing(
    stated: Any, opens_at: int, answer: Reason | None, end: int | None
) -> None:
    order = {"authority": "人民法院", "why": "暂缓拍卖"}
    judicial = listing(free=None, listing_ends_at=40 * HOUR, free_least="24h", postponed_end=stated)
    with manual_house() as house:
        house.open_lot("A", judicial, opens_at=11 * HOUR)
        house.suspend_lot("A", **order, at=5 * HOUR)
        assert house.resume_lot("A", **order, opens_at=opens_at, at=6 * HOUR).reason == answer
        house.advance(at=opens_at)
        assert house.quote("A").closes_at_ns == end


WRONG_CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("grant_priority", ("A", "001"), {"rank": -1, "by": "x"}, "rank: expected 1"),
    ("grant_priority", ("A", "001"), {"rank": 2**40, "by": "x"}, "rank: expected 1"),
    ("grant_priority", ("A", "001"), {"rank": True, "by": "x"}, "rank: expected 1"),
    ("grant_priority", ("A", "001"), {"rank": 1, "by": ""}, "by must be stated"),
    ("draw_lottery", ("A", [b"x" * 31]), {}, "seeds: expected bytes of 32 each, received 31 bytes"),
    ("draw_lottery", ("A", "ab" * 32), {}, "seeds: expected bytes of 32 each, received str"),
    ("draw_lottery", ("A", b"x" * 32), {}, "seeds: expected bytes of 32 each, received bytes"),
    ("draw_lottery", ("A", 5), {}, "seeds: expected bytes of 32 each, received 5"),
    ("draw_lottery", ("A", []), {}, "seeds: expected 1 to 16"),
    ("draw_lottery", ("A", [bytes(32)]), {}, "a seed that is not zero"),
    ("answer_inquiry", ("A", "001", "maybe"), {}, "answer: expected yes or no"),
    ("resume_lot", ("A",), {"authority": "x", "why": "y", "ends_at": 5, "opens_at": 5}, "ends_at and opens_at"),
    (
        "resume_lot",
        ("A",),
        {"authority": "x", "why": "y", "opens_at": 5},
        "opens_at: expected a lot whose bidding has not",
    ),
    ("announce_resumption", ("A", None), {"authority": "x", "why": "y"}, "resumes_at: expected a time"),
]


@pytest.mark.parametrize(("method", "arguments", "named", "message"), WRONG_CALLS)
def test_a_wrong_call_is_a_misuse_that_says_what_was_expected(
    method: str, arguments: tuple[Any, ...], named: dict[str, Any], message: str
) -> None:
    with manual_house() as house:
        house.open_lot("A", listing())
        before = house.last_seq
        with pytest.raises(MisuseError, match=f"^{message}"):
            getattr(house, method)(*arguments, **named)
        assert house.last_seq == before


def test_an_opening_is_postponed_by_suspending_the_lot_and_resuming_it_with_its_new_time() -> None:
    order = {"authority": "市自然资源局", "why": "城市活动"}
    with manual_house() as house:
        house.open_lot("A", listing(), opens_at=100 * SECOND)
        house.suspend_lot("A", **order, at=50 * SECOND)
        assert house.snapshot("A").has_begun is False
        assert house.resume_lot("A", **order, opens_at=500 * SECOND, at=60 * SECOND).accepted
        assert house.bid("A", "001", 100, at=400 * SECOND).reason == Reason.NOT_OPEN
        assert house.bid("A", "001", 100, at=500 * SECOND).accepted


@pytest.mark.parametrize(
    ("resumed_at", "opens_at", "answer"),
    [(6, 11 * HOUR - 1, Reason.END_NOT_ALLOWED), (6, 11 * HOUR, None), (12, 12 * HOUR, None), (6, None, None)],
)
def test_a_lot_that_was_suspended_before_its_opening_may_keep_it(
    resumed_at: int, opens_at: int | None, answer: Reason | None
) -> None:
    """法释〔2016〕18号 art. 28 wants a sale resumed within five days; nothing asks for time that was not lost."""
    order = {"authority": "人民法院", "why": "暂缓拍卖"}
    judicial = listing(free=None, listing_ends_at=36 * HOUR, free_least="24h")
    with manual_house() as house:
        house.open_lot("A", judicial, opens_at=11 * HOUR)
        house.suspend_lot("A", **order, at=5 * HOUR)
        assert house.resume_lot("A", **order, opens_at=opens_at, at=resumed_at * HOUR).reason == answer
        if answer is None:
            assert house.quote("A").closes_at_ns == (12 * HOUR if opens_at is None else opens_at)


@pytest.mark.parametrize(
    ("stated", "opens_at", "answer", "end"),
    [(None, 500, None, 1_000), (None, 1_000, Reason.END_NOT_ALLOWED, None), ("moves", 500, None, 1_400),
     ("moves", 2_000, None, 2_900)],
)  # fmt: skip
def test_a_stated_end_moves_with_a_postponed_opening_where_the_rules_say_so(
    stated: Any, opens_at: int, answer: Reason | None, end: int | None
) -> None:
    order = {"authority": "市自然资源局", "why": "公告内容变更"}
    terms = listing(free=None, listing_ends_at=1_000 * SECOND, postponed_end=stated)
    with manual_house() as house:
        house.open_lot("A", terms, opens_at=100 * SECOND)
        house.suspend_lot("A", **order, at=50 * SECOND)
        assert house.resume_lot("A", **order, opens_at=opens_at * SECOND, at=60 * SECOND).reason == answer
        house.advance(at=opens_at * SECOND)
        assert house.quote("A").closes_at_ns == (None if end is None else end * SECOND)


@pytest.mark.parametrize("wrong", [b"short", "x" * 32, None])
def test_a_preset_that_no_record_can_hold_is_refused(wrong: Any) -> None:
    with pytest.raises(MisuseError, match="^digest: expected the 32 bytes"):
        Preset("x", wrong)
    with manual_house() as house, pytest.raises(MisuseError, match="^preset: expected a Preset"):
        house.open_lot("A", listing(preset="x"))


def test_a_seed_that_is_none_has_no_commitment() -> None:
    for wrong in (b"x", "x" * 32, bytes(32)):
        with pytest.raises(MisuseError, match="^seed: expected 32 bytes that are not all zero"):
            lottery_commitment(wrong)  # type: ignore[arg-type]
