"""Boundary cases, each as a row: what happens exactly at an edge, and just on both sides of it.

Sealed rounds are not among these.
"""

from __future__ import annotations

from typing import Any

import pytest
from by_the_book import GIVEN, NO_RESERVE, SEEDS, D, H, M, Room, Step, auction, course, events, ok, verified
from sales import SECOND, WHO, Told, manual_house

from pyauction import AuctionHouse, MemoryJournal, Outcome, RuleError, SealedReserve
from pyauction.events import BidAccepted, BidRefused, LotClosed, LotOpened, LotResumed

NS = 1 / SECOND
"""A nanosecond in seconds."""
WAN = 1_000_000
"""One 万元 in 分."""

# A bid is in time if and only if it arrives before the deadline.

TIMED: dict[str, tuple[str, list[Step], float, float]] = {
    # book, what leads to the timed phase, its first deadline, its countdown
    "钦州": ("qinzhou_auction", [], H + 5 * M, 5 * M),
    "德州": ("dezhou", [], 10 * H + 5 * M, 5 * M),
    "太仓": ("taicang", [], 10 * H + 4 * M, 4 * M),
    "汕头": ("shantou", [(10 * H + 1, "yes", "A"), (10 * H + 1, "yes", "B")], 10 * H + 10 * M, 5 * M),
    "吉林": ("jilin_2025", [(10 * H + 1, "yes", "A"), (10 * H + 1, "yes", "B")], 10 * H + 6 * M, 3 * M),
    "潍坊": ("weifang", [], 10 * H, 5 * M),
    "法释〔2016〕18号": ("judicial", [], 24 * H, 5 * M),
    "四川 2025": ("sichuan_2025_topup", [], 10 * H + 5 * M, 5 * M),
}


@pytest.mark.parametrize(("book", "before", "deadline", "countdown"), TIMED.values(), ids=TIMED.keys())
def test_a_bid_exactly_at_the_deadline_is_late_and_one_a_nanosecond_before_is_not(
    book: str, before: list[Step], deadline: float, countdown: float
) -> None:
    terms = auction(book, **NO_RESERVE)
    steps: list[Step] = [(10, "bid", "A", 100), (20, "bid", "B", 110), *before]
    late = [*steps, (deadline, "bid", "A", 120)]
    assert course(terms, late) == Told((*ok(steps), "closed"), deadline, ("B", 110))
    told = course(terms, [*steps, (deadline - NS, "bid", "A", 120), (deadline - NS + countdown, "bid", "B", 130)])
    assert told == Told((*ok(steps), "ok", "closed"), pytest.approx(deadline - NS + countdown, abs=NS / 2), ("A", 120))


ENDS_FREE: dict[str, tuple[str, str]] = {
    "福建, preparation": ("fujian", "phase_takes_no_bids"),
    "汕头, inquiry": ("shantou", "phase_takes_no_bids"),
    "吉林, inquiry": ("jilin_2025", "phase_takes_no_bids"),
    "德州, timed": ("dezhou", "ok"),
}


@pytest.mark.parametrize(("book", "answer"), ENDS_FREE.values(), ids=ENDS_FREE.keys())
def test_a_bid_exactly_at_the_listings_end_falls_into_what_follows(book: str, answer: str) -> None:
    unit = WAN if book == "fujian" else 1
    bids: list[Step] = [(9.5 * H, "bid", "A", 100 * unit), (9.5 * H, "bid", "B", 110 * unit)]
    told = course(
        auction(book, **NO_RESERVE),
        [*bids, (10 * H - NS, "bid", "A", 120 * unit), (10 * H, "bid", "B", 130 * unit)],
    )
    assert told.answers == ("ok", "ok", "ok", answer)
    assert told.result == (("B", 130) if answer == "ok" else ("A", 120 * unit))


def test_quotes_stop_exactly_an_hour_before_taicangs_listing_ends() -> None:
    steps: list[Step] = [
        (9 * H - NS, "bid", "A", 100),
        (9 * H, "bid", "B", 110),
        (10 * H - 1, "bid", "B", 110),
        (10 * H, "bid", "B", 110),
    ]
    told = course(auction("taicang", **NO_RESERVE, single_bidder="timed"), steps)
    assert told == Told(("ok", "free_stopped", "free_stopped", "ok"), 10 * H + 4 * M, ("B", 110))


def test_a_late_bid_exactly_five_minutes_before_weifangs_end_moves_nothing_and_one_later_does() -> None:
    steps: list[Step] = [(10 * H - 5 * M, "bid", "A", 100)]
    assert course(auction("weifang", **NO_RESERVE), steps) == Told(("ok",), 10 * H, ("A", 100))
    steps = [(10 * H - 5 * M + 1, "bid", "A", 100)]
    assert course(auction("weifang", **NO_RESERVE), steps) == Told(("ok",), 10 * H + 1, ("A", 100))


# Equal stamps


@pytest.mark.parametrize("book", ["dezhou", "taicang", "weifang", "capped_rounds", "wuxi_lottery"])
def test_of_two_quotes_with_equal_stamp_the_first_counts_and_an_equal_price_fails_the_increment(book: str) -> None:
    room = Room(auction(book, **({} if book == "capped_rounds" else NO_RESERVE)))
    same = [room.do(H, "bid", bidder, amount) for bidder, amount in (("B", 100), ("A", 100), ("A", 110), ("C", 110))]
    assert [each.reason for each in same] == [None, "below_increment", None, "below_increment"]
    assert {each.at_ns for each in same} == {H * SECOND}
    assert [each.seq for each in same] == list(range(same[0].seq, same[0].seq + 4))
    room.run_out()
    ended = room.end()
    assert ended is not None
    assert ended.result == ("A", 110)
    told = [event for event in events(room.journal) if isinstance(event, BidAccepted | BidRefused)]
    assert [(event.seq, event.bidder, event.amount_minor, event.at_ns) for event in told] == [
        (each.seq, each.bidder, each.amount_minor, H * SECOND) for each in same
    ]


# The start price and the reserve

EQUAL: dict[str, tuple[str, float, int, tuple[str, int] | str, int]] = {
    # book, when the reserve is entered, the reserve, what comes of bids of 100 and 110, how many bids
    "福建, first quote = start = reserve": ("fujian", 8 * H, 100, ("A", 100), 1),
    "汕头, first quote = start = reserve": ("shantou", 9.75 * H, 100, ("A", 100), 1),
    "太仓, first quote = start = reserve": ("taicang", 9.75 * H, 100, ("A", 100), 1),
    "法释〔2016〕18号, first quote = start = reserve": ("judicial", 1, 100, ("A", 100), 1),
    "福建 art. 44, top = reserve": ("fujian", 8 * H, 110, ("B", 110), 2),
    "福建, top one minor unit below": ("fujian", 8 * H, 111, "reserve_not_met", 2),
    "汕头 art. 21(1), top = reserve": ("shantou", 9.75 * H, 110, ("B", 110), 2),
    "汕头, top one minor unit below": ("shantou", 9.75 * H, 111, "reserve_not_met", 2),
    "太仓 art. 23, top = reserve": ("taicang", 9.75 * H, 110, ("B", 110), 2),
    "太仓, top one minor unit below": ("taicang", 9.75 * H, 111, "reserve_not_met", 2),
    "德州, top = reserve": ("dezhou", 0, 110, ("B", 110), 2),
    "钦州, top = reserve": ("qinzhou_auction", 0, 110, ("B", 110), 2),
    "钦州, top one minor unit below": ("qinzhou_auction", 0, 111, "reserve_not_met", 2),
}


@pytest.mark.parametrize(("book", "entered", "reserve", "result", "bids"), EQUAL.values(), ids=EQUAL.keys())
def test_equal_to_the_reserve_sells(
    book: str, entered: float, reserve: int, result: tuple[str, int] | str, bids: int
) -> None:
    unit = WAN if book == "fujian" else 1
    # One 分 over the top where amounts are in 万元.
    secret = reserve * unit if reserve % 10 == 0 else (reserve - 1) * unit + 1
    steps: list[Step] = [(1, "bid", "A", 100 * unit), (2, "bid", "B", 110 * unit)][:bids]
    told = course(auction(book), sorted([*steps, (entered, "enter", secret)], key=lambda step: step[0]))
    assert told.answers == ("ok",) * (bids + 1)
    assert told.result == (result if isinstance(result, str) else (result[0], result[1] * unit))


@pytest.mark.parametrize(("amount", "answer"), [(99, "below_start"), (100, "ok"), (105, "ok")])
def test_a_first_quote_may_equal_the_start_price(amount: int, answer: str) -> None:
    for book in ("dezhou", "shantou", "judicial", "qinzhou_auction"):
        assert course(auction(book, **NO_RESERVE), [(1, "bid", "A", amount)]).answers == (answer,)


@pytest.mark.parametrize(
    ("book", "end"), [("shanxi_2024", 10 * H + 5 * M), ("fujian", 10 * H), ("dezhou", 10 * H + 300)]
)
def test_a_required_reserve_that_is_missing_at_the_end_leaves_the_lot_undecided_until_it_is_terminated(
    book: str, end: float
) -> None:
    unit = WAN if book == "fujian" else 1
    room = Room(auction(book, reserve_commitment="at_entry"))
    for step in ((1, "bid", "A", 100 * unit), (2, "bid", "B", 110 * unit)):
        assert room.answer(*step) == "ok"
    room.run_out()
    assert (room.phase, room.result(), room.house.snapshot(room.LOT).reserve) == ("awaiting_reserve", None, "missing")
    assert room.answer(end, "enter", 100 * unit) in ("wrong_phase", "outside_entry_window")
    assert room.answer(2 * D, "enter", 100 * unit) == "wrong_phase"
    assert room.answer(2 * D, "bid", "A", 500 * unit) == "closed"
    assert room.result() is None
    assert room.answer(3 * D, "terminate") == "ok"
    assert (room.phase, room.result()) == ("terminated", None)
    room.end()
    assert [event.due_ns for event in events(room.journal) if isinstance(event, LotClosed)] == [round(end * SECOND)]


# One bidder only, and an inquiry in which nobody says yes

ONE: dict[str, tuple[str, dict[str, Any], list[Step], Told]] = {
    "福建 art. 33(1), decided": ("fujian", {}, [(9.5 * H, "bid", "A", "100")], Told(("ok",), 10 * H, ("A", 100 * WAN))),
    "福建 art. 33(2), one of two in the last hour": (
        "fujian", {}, [(8 * H, "bid", "A", "100"), (9.5 * H, "bid", "B", "110")],
        Told(("ok", "ok"), 10 * H, ("B", 110 * WAN)),
    ),
    "福建 art. 33(3), the earlier one exactly an hour before": (
        "fujian", {}, [(9 * H, "bid", "A", "100"), (9.5 * H, "bid", "B", "110")],
        Told(("ok", "ok"), 10 * H + 20 * M, ("B", 110 * WAN)),
    ),
    "福建 art. 33(2), a nanosecond more": (
        "fujian", {}, [(9 * H - NS, "bid", "A", "100"), (9.5 * H, "bid", "B", "110")],
        Told(("ok", "ok"), 10 * H, ("B", 110 * WAN)),
    ),
    "福建 art. 38, who has not quoted may join": (
        "fujian", {},
        [(9.5 * H, "bid", "A", "100"), (9.6 * H, "bid", "B", "110"), (10 * H + 16 * M, "bid", "C", "115")],
        Told(("ok",) * 3, 10 * H + 21 * M, ("C", 115 * WAN)),
    ),
    "太仓, decided": ("taicang", {}, [(1, "bid", "A", 100)], Told(("ok",), 10 * H, ("A", 100))),
    "太仓, timed, and who has not quoted may join": (
        "taicang", {"single_bidder": "timed"}, [(1, "bid", "A", 100), (10 * H + M, "bid", "B", 110)],
        Told(("ok", "ok"), 10 * H + 5 * M, ("B", 110)),
    ),
    "汕头, who has not quoted may not join": (
        "shantou", {}, [(1, "bid", "A", 100), (10 * H, "yes", "A"), (10 * H + 6 * M, "bid", "B", 110)],
        Told(("ok", "ok", "no_prior_bid"), 10 * H + 10 * M, ("A", 100)),
    ),
    "德州, who has not quoted may not join": (
        "dezhou", {}, [(1, "bid", "A", 100), (10 * H + M, "bid", "B", 110)],
        Told(("ok", "no_prior_bid"), 10 * H + 5 * M, ("A", 100)),
    ),
    "钦州, three are needed": ("qinzhou_auction", {"min_bidders_counts": "quoted"}, [(1, "bid", "A", 100)],
                          Told(("ok",), H + 5 * M, "too_few_bidders")),
    "潍坊": ("weifang", {}, [(1, "bid", "A", 100)], Told(("ok",), 10 * H, ("A", 100))),
    "法释〔2016〕18号 art. 11": ("judicial", {}, [(1, "bid", "A", 100)], Told(("ok",), 24 * H, ("A", 100))),
    "汕头, nobody says yes": ("shantou", {}, [(1, "bid", "A", 100), (2, "bid", "B", 110)],
                        Told(("ok", "ok"), 10 * H + 5 * M, ("B", 110))),
    "汕头, no is no yes": (
        "shantou", {}, [(1, "bid", "A", 100), (2, "bid", "B", 110), (10 * H, "no", "A"), (10 * H, "no", "B")],
        Told(("ok",) * 4, 10 * H + 5 * M, ("B", 110)),
    ),
    "汕头 art. 21, one yes, and who said no may not bid": (
        "shantou", {},
        [(1, "bid", "A", 100), (2, "bid", "B", 110), (10 * H, "no", "A"), (10 * H, "yes", "B"),
         (10 * H + 6 * M, "bid", "A", 120), (10 * H + 6 * M, "bid", "B", 120)],
        Told(("ok",) * 4 + ("no_yes", "ok"), 10 * H + 11 * M, ("B", 120)),
    ),
    "汕头, an answer stands": (
        "shantou", {}, [(1, "bid", "A", 100), (10 * H, "no", "A"), (10 * H + 1, "yes", "A")],
        Told(("ok", "ok", "already_answered"), 10 * H + 5 * M, ("A", 100)),
    ),
    "汕头, a yes before and after the inquiry": (
        "shantou", {}, [(1, "bid", "A", 100), (10 * H - 1, "yes", "A"), (10 * H + 5 * M, "yes", "A")],
        Told(("ok", "wrong_phase", "wrong_phase"), 10 * H + 5 * M, ("A", 100)),
    ),
    "吉林, nobody says yes": ("jilin_2025", {}, [(1, "bid", "A", 100), (2, "bid", "B", 110)],
                         Told(("ok", "ok"), 10 * H + 3 * M, ("B", 110))),
    "吉林, one quoted and nobody is asked": ("jilin_2025", {}, [(1, "bid", "A", 100), (10 * H, "yes", "A")],
                                   Told(("ok", "wrong_phase"), 10 * H, ("A", 100))),
}  # fmt: skip


@pytest.mark.parametrize(("book", "given", "steps", "told"), ONE.values(), ids=ONE.keys())
def test_one_bidder_or_nobody_says_yes(book: str, given: dict[str, Any], steps: list[Step], told: Told) -> None:
    assert course(auction(book, **(NO_RESERVE | given)), steps) == told


def test_shanxi_where_two_must_agree_one_yes_is_not_enough() -> None:
    terms = auction("shanxi_2024", reserve_commitment="at_entry")
    steps: list[Step] = [(1, "bid", "A", 100), (2, "bid", "B", 110), (9.25 * H, "enter", 100)]
    one: list[Step] = [*steps, (10 * H, "yes", "A")]
    two: list[Step] = [
        *one,
        (10 * H, "yes", "C"),
        (10 * H + 21 * M, "bid", "C", 120),
        (10 * H + 21 * M, "bid", "B", 130),
    ]
    assert course(terms, one) == Told(ok(one), 10 * H + 5 * M, ("B", 110))
    # Here a yes is enough to bid, whether one has quoted before or not.
    assert course(terms, two) == Told((*ok(two[:-1]), "no_yes"), 10 * H + 25 * M, ("C", 120))


# The cap

CAPS: dict[str, tuple[str, dict[str, Any], list[Step], Told]] = {
    "四川 2025, hit in the free phase: bidding pauses at once": (
        "sichuan_2025_topup", {},
        [(1, "bid", "A", 100), (2, "bid", "B", 150), (3, "bid", "A", 160), (3, "top_up", "A"),
         (D + 1, "bid", "A", 160), (D + 2, "bid", "A", 160), (D + 2, "bid", "C", 200)],
        Told(("ok", "ok", "phase_takes_no_bids", "ok", "phase_takes_no_bids", "ok", "no_top_up"), D + 2 + 180, ("A", 160)),
    ),
    "四川 2025, hit in the free phase: at the listing's end": (
        "sichuan_2025_topup", {"cap_in_free": "at_end"},
        [(1, "bid", "A", 100), (2, "bid", "B", 150), (3, "bid", "A", 160)],
        Told(("ok", "ok", "cap_reached"), 10 * H + D + 180, ("B", 150)),
    ),
    "四川 2025, passed": ("sichuan_2025_topup", {}, [(1, "bid", "A", 500)], Told(("ok",), D + 181, ("A", 500))),
    "四川 2025, hit in the timed phase": (
        "sichuan_2025_topup", {}, [(1, "bid", "A", 100), (10 * H + M, "bid", "B", 150)],
        Told(("ok", "ok"), 10 * H + M + D + 180, ("B", 150)),
    ),
    "四川 2025, one below is not the cap": (
        "sichuan_2025_topup", {}, [(1, "bid", "A", 149)], Told(("ok",), 10 * H + 300, ("A", 149)),
    ),
    "斯诺威, hit by the first bid": ("capped_rounds", {}, [(1, "bid", "A", 400)], Told(("ok",), 1, "type_rule")),
    "斯诺威, above it nothing may be bid": (
        "capped_rounds", {}, [(1, "bid", "A", 410), (2, "bid", "A", 390)], Told(("above_cap", "ok"), 24 * H, ("A", 390)),
    ),
    "斯诺威, the cap is not on the grid and may be bid all the same": (
        # 100 + k × 70 knows 380 and 450. A platform is known to count the cap as reached at 380 already.
        "capped_rounds", {"increment": 70},
        [(1, "bid", "A", 100), (2, "bid", "B", 380), (3, "bid", "A", 399), (4, "bid", "A", 400), (5, "bid", "B", 470)],
        Told(("ok", "ok", "below_increment", "ok", "closed"), 4, "type_rule"),
    ),
    "斯诺威, a step below a cap that is not on the grid does not reach it": (
        "capped_rounds", {"increment": 70}, [(1, "bid", "B", 380)], Told(("ok",), 24 * H, ("B", 380)),
    ),
    "无锡, hit in the free phase, by one": (
        "wuxi_lottery", {}, [(1, "bid", "A", 100), (2, "bid", "B", 150), (3, "bid", "A", 150 + 10)],
        Told(("ok", "ok", "above_cap"), 10 * H + 4 * M, ("B", 150)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("book", "given", "steps", "told"), CAPS.values(), ids=CAPS.keys())
def test_the_cap(book: str, given: dict[str, Any], steps: list[Step], told: Told) -> None:
    reserve = {} if book == "capped_rounds" else NO_RESERVE
    assert course(auction(book, **reserve, **given), steps) == told


def test_the_least_next_bid_below_a_cap_that_is_not_on_the_grid_is_the_cap() -> None:
    room = Room(auction("capped_rounds", increment=70))
    assert room.do(1, "bid", "A", 310).quote.ask_minor == 380
    assert room.do(2, "bid", "B", 380).quote.ask_minor == 400
    assert room.do(3, "bid", "A", 400).quote.ask_minor is None
    room.end()


def test_two_at_the_cap_in_the_free_phase_await_the_lottery() -> None:
    room = Room(auction("wuxi_lottery", **NO_RESERVE))
    for step in ((1, "bid", "A", 150), (2, "bid", "B", 150), (3, "bid", "A", 150)):
        assert room.answer(*step) == ("cap_reached" if step[0] == 3 else "ok")
    room.run_out()
    assert (room.phase, room.result()) == ("awaiting_draw", None)
    assert room.house.draw_lottery(room.LOT, SEEDS).accepted
    drawn = room.house.snapshot(room.LOT).drawn
    assert room.result() == (("", "A", "B")[drawn or 0], 150)
    ended = room.end()
    assert ended is not None
    assert ended.closed_at == 10 * H + 4 * M


def test_a_cap_of_a_lottery_that_is_not_on_the_grid_is_no_rule() -> None:
    with pytest.raises(
        RuleError, match="^cap: expected 100 分 and whole steps of 10 分 for a lottery, received 155 分$"
    ):
        auction("wuxi_lottery", cap=155).rules()


# Suspension (中止) under 福建 art. 55, 58; 太仓 art. 26; and where a rule says nothing

BIDS: list[Step] = [(9 * H - 2 * M, "bid", "A", "100"), (9 * H - M, "bid", "B", "110")]


def fujian(**changes: Any) -> Room:
    return Room(auction("fujian", **(NO_RESERVE | changes)))


def ended_at(room: Room) -> float | None:
    ended = room.end()
    assert ended is not None
    return ended.closed_at


@pytest.mark.parametrize(
    ("left", "states", "answer"),
    [
        # Suspended for half an hour from 61 minutes before the end: at least that is given back, and no most.
        (61, None, 61),
        (61, 60, "end_not_allowed"),
        (61, 61, 61),
        (61, 600, 600),
        # Exactly an hour, and 59 minutes before: in the last hour, so that at most an hour is left afterwards.
        (60, 60, 60),
        (60, 61, "end_not_allowed"),
        (59, None, 59),
        (59, 58, "end_not_allowed"),
        (59, 59, 59),
        (59, 60, 60),
        (59, 61, "end_not_allowed"),
    ],
)
def test_suspended_59_to_61_minutes_before_the_end(left: int, states: int | None, answer: int | str) -> None:
    room = fujian()
    suspended = 10 * H - left * M
    for step in (BIDS[0], (suspended, "suspend")):
        assert room.answer(*step) == "ok"
    resumed = suspended + 30 * M
    assert (room.phase, room.closes_at) == ("suspended", None)
    assert room.answer(resumed - 1, "bid", "B", "110") == "suspended"
    told = room.answer(resumed, "resume", *([] if states is None else [resumed + states * M]))
    if isinstance(answer, str):
        assert (told, room.phase) == (answer, "suspended")
        room.house.close()
        verified(room.journal)
        return
    assert (told, room.phase, room.closes_at) == ("ok", "free", resumed + answer * M)
    room.run_out()
    assert room.result() == ("A", 100 * WAN)
    assert ended_at(room) == resumed + answer * M


@pytest.mark.parametrize(
    ("steps", "answers"),
    [
        ([(8 * H, "resume")], ["ok"]),
        ([(8 * H + NS, "resume")], ["resumption_not_due"]),
        ([(9 * H, "announce", 33 * H - 1), (9 * H, "announce", 33 * H)], ["notice_too_short", "ok"]),
        ([(9 * H, "announce", 33 * H), (33 * H - 1, "resume"), (33 * H, "resume")], ["ok", "resumption_not_due", "ok"]),
        ([(9 * H, "announce", 33 * H), (10 * H, "announce", 35 * H), (34 * H, "resume"), (35 * H, "resume")],
         ["ok", "ok", "resumption_not_due", "ok"]),
        # A resumption without notice is still possible within the hour, whatever was announced.
        ([(7.5 * H, "announce", 40 * H), (8 * H, "resume")], ["ok", "ok"]),
    ],
)  # fmt: skip
def test_resumed_within_an_hour_directly_and_otherwise_24_hours_after_an_announcement(
    steps: list[Step], answers: list[str]
) -> None:
    room = fujian()
    assert (room.answer(1, "bid", "A", "100"), room.answer(7 * H, "suspend")) == ("ok", "ok")
    assert [room.answer(*step) for step in steps] == answers
    resumed = answers[-1] == "ok" and steps[-1][1] == "resume"
    assert (room.phase, room.closes_at) == (("free", steps[-1][0] + 3 * H) if resumed else ("suspended", None))
    room.house.close()
    verified(room.journal)


def test_taicang_announces_five_days_ahead_however_short_the_suspension_was() -> None:
    room = Room(auction("taicang", **NO_RESERVE))
    steps: list[Step] = [
        (1, "bid", "A", 100),
        (H, "suspend"),
        (H + 1, "resume"),
        (2 * H, "announce", 2 * H + 5 * D - 1),
    ]
    assert [room.answer(*step) for step in steps] == ["ok", "ok", "resumption_not_due", "notice_too_short"]
    assert room.answer(2 * H, "announce", 2 * H + 5 * D) == "ok"
    assert room.answer(2 * H + 5 * D, "resume", 2 * H + 6 * D) == "end_not_allowed"
    assert room.answer(2 * H + 5 * D, "resume") == "ok"
    assert (room.phase, room.closes_at) == ("free", 2 * H + 5 * D + 9 * H)
    room.run_out()
    assert ended_at(room) == 11 * H + 5 * D


@pytest.mark.parametrize("suspended_in", ["preparation", "timed"])
def test_suspended_in_the_limited_stage_it_begins_again_with_a_full_preparation_and_quotes_stand(
    suspended_in: str,
) -> None:
    room = fujian()
    steps: list[Step] = [(9.5 * H, "bid", "A", "100"), (9.6 * H, "bid", "B", "110")]
    suspended: float = 10 * H + 5 * M
    if suspended_in == "timed":
        steps.append((10 * H + 17 * M, "bid", "A", "115"))
        suspended = 10 * H + 18 * M
    assert [room.answer(*step) for step in (*steps, (suspended, "suspend"))] == ["ok"] * (len(steps) + 1)
    resumed = suspended + 30 * M
    assert room.answer(resumed, "resume", resumed + H) == "end_not_allowed"
    assert room.answer(resumed, "resume") == "ok"
    assert (room.phase, room.closes_at) == ("preparation", resumed + 15 * M)
    assert room.answer(resumed + 15 * M - 1, "bid", "A", "120") == "phase_takes_no_bids"
    room.house.advance(at=round((resumed + 15 * M) * SECOND))
    assert (room.phase, room.closes_at) == ("timed", resumed + 20 * M)
    room.run_out()
    assert room.result() == (("A", 115 * WAN) if suspended_in == "timed" else ("B", 110 * WAN))
    assert ended_at(room) == resumed + 20 * M


def test_suspended_in_the_timed_phase_where_no_rule_says_more_it_goes_on_with_what_was_left() -> None:
    room = Room(auction("dezhou", **NO_RESERVE))
    steps: list[Step] = [(1, "bid", "A", 100), (10 * H + 4 * M, "suspend"), (11 * H, "resume")]
    assert [room.answer(*step) for step in steps] == ["ok"] * 3
    assert (room.phase, room.closes_at) == ("timed", 11 * H + M)
    assert room.answer(11 * H + M - 1, "bid", "A", 110) == "ok"
    assert room.answer(11 * H + 6 * M - 1, "bid", "A", 120) == "closed"
    assert room.result() == ("A", 110)
    assert ended_at(room) == 11 * H + 6 * M - 1


def test_suspended_during_the_inquiry_answers_stand_and_the_inquiry_goes_on() -> None:
    room = Room(auction("shantou", **NO_RESERVE))
    steps: list[Step] = [
        (1, "bid", "A", 100),
        (2, "bid", "B", 110),
        (10 * H + M, "yes", "A"),
        (10 * H + 2 * M, "suspend"),
        (10 * H + 3 * M, "yes", "B"),
        (12 * H, "resume"),
        (12 * H + 3 * M - 1, "yes", "A"),
        (12 * H + 3 * M - 1, "yes", "B"),
    ]
    answers = [room.answer(*step) for step in steps]
    assert answers == ["ok", "ok", "ok", "ok", "suspended", "ok", "already_answered", "ok"]
    assert (room.phase, room.closes_at) == ("inquiry", 12 * H + 3 * M)
    assert room.answer(12 * H + 3 * M, "bid", "A", 120) == "ok"
    room.run_out()
    assert room.result() == ("A", 120)
    assert ended_at(room) == 12 * H + 8 * M


def test_resumed_twice_the_second_is_refused_and_nothing_changes() -> None:
    for terms in (auction("fujian", **NO_RESERVE), auction("shantou", **NO_RESERVE)):
        room = Room(terms)
        assert [room.answer(H, "suspend"), room.answer(1.5 * H, "resume")] == ["ok", "ok"]
        before = (room.phase, room.closes_at, room.house.next_deadline())
        assert [room.answer(1.5 * H, "resume"), room.answer(2 * H, "resume")] == ["wrong_phase"] * 2
        assert room.answer(2 * H, "announce", 40 * H) == "wrong_phase"
        assert (room.phase, room.closes_at, room.house.next_deadline()) == before == ("free", 10.5 * H, 37_800 * SECOND)
        room.house.close()
        verified(room.journal)
        resumed = [event for event in events(room.journal) if isinstance(event, LotResumed)]
        assert [event.closes_at_ns for event in resumed] == [37_800 * SECOND]


def test_suspended_twice_the_second_is_refused_and_two_suspensions_add_up() -> None:
    room = fujian()
    steps: list[Step] = [
        (1, "bid", "A", "100"),
        (H, "suspend"),
        (1.25 * H, "suspend"),
        (1.5 * H, "resume"),
        (2 * H, "suspend"),
        (2.75 * H, "resume"),
    ]
    assert [room.answer(*step) for step in steps] == ["ok", "ok", "wrong_phase", "ok", "ok", "ok"]
    assert room.closes_at == 11.25 * H
    room.run_out()
    assert ended_at(room) == 11.25 * H


def test_what_was_quoted_in_the_last_hour_before_a_suspension_counts_after_it() -> None:
    # 福建 art. 33: two in the last hour. The suspension does not make the quotes older.
    room = fujian()
    steps: list[Step] = [(9.25 * H, "bid", "A", "100"), (9.5 * H, "bid", "B", "110"), (9.75 * H, "suspend")]
    assert [room.answer(*step) for step in steps] == ["ok"] * 3
    assert room.answer(10.5 * H, "resume") == "ok"
    assert room.closes_at == 10.75 * H
    room.house.advance(at=round(10.75 * H * SECOND))
    assert (room.phase, room.closes_at) == ("preparation", 11 * H)
    room.run_out()
    assert ended_at(room) == 11 * H + 5 * M


# A winner that turns out to be none


def sold(house: AuctionHouse, name: str, at: float, **opening: Any) -> Outcome | None:
    house.open_lot(name, auction("shantou", **NO_RESERVE), **opening, at=round(at * SECOND))
    for bidder, amount in (("A", 100), ("B", 110)):
        house.admit(name, bidder)
        if not opening:
            assert house.bid(name, bidder, amount).accepted
    house.advance(at=round((at + 11 * H) * SECOND))
    return house.outcome(name)


def test_where_the_winner_is_void_nobody_takes_its_place_and_the_lot_is_offered_again() -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        won = Outcome(kind="sold", winner=2, price_minor=110)
        assert sold(house, "A", 0) == won
        day = D * SECOND
        sealed = SealedReserve.for_simulation("A", 100)
        after = [
            house.bid("A", "A", 500, at=day),
            house.suspend_lot("A", authority="市自然资源局", why="竞得人不具备资格"),
            house.resume_lot("A", authority="市自然资源局", why="竞得人不具备资格"),
            house.terminate_lot("A", authority="市自然资源局", why="竞得人不具备资格"),
            house.close_lot("A"),
            house.admit("A", "C"),
            house.answer_inquiry("A", "A", "yes"),
            house.enter_reserve("A", sealed, **WHO),
            house._record_outcome(1, "sold", "none", 1, 100, "listing@1", ""),
            house._record_outcome(1, "unsold", "type_rule", 0, 0, "listing@1", "winner void"),
        ]
        assert [decision.reason for decision in after] == [
            "closed", *["wrong_phase"] * 6, "reserve_not_required", *["wrong_phase"] * 2,
        ]  # fmt: skip
        assert house.outcome("A") == won
        # Nothing of the first offer counts in the second, not even who was admitted.
        assert sold(house, "A 二", 2 * D, round=2, reoffer_of="A") == Outcome(kind="unsold", cause="no_bids")
        assert house.outcome("A") == won
        again = house.snapshot("A 二")
        assert (again.bids, again.round, again.bidders) == ((), 2, ("A", "B"))
    verified(journal)
    opened = [event for event in events(journal) if isinstance(event, LotOpened)]
    assert [(event.name, event.round, event.reoffer_of) for event in opened] == [("A", 1, ""), ("A 二", 2, "A")]


def test_every_rule_book_is_tried_at_an_edge() -> None:
    tried = {book for table in (TIMED, ENDS_FREE, EQUAL, ONE, CAPS) for book, *_ in table.values()}
    sealed = {"sichuan_2024_sealed", "suzhou_oneprice", "tender_comprehensive"}
    assert tried | {"shanxi_2024", "sichuan_2023"} | sealed == GIVEN.keys(), "those are tried in test_sealed_books.py"
