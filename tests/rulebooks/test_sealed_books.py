"""Sealed bids under the rule books: the round behind a circuit breaker, one quote closest to the mean, a scored tender."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from by_the_book import NO_RESERVE, D, H, M, Room, Step, auction, course, events, ok
from sales import SECOND, Told

from pyauction import Candidate, RulebookError, candidates, replay
from pyauction.events import LotClosed, OpeningFinished
from pyauction.narrative import tell

# 四川 2024: a quote that reaches or passes the circuit breaker stops the listing; sealed quotes follow, and equal highest
# ones are quoted again until one is alone.
BROKEN: list[Step] = [(H, "bid", "A", 100), (2 * H, "bid", "B", 160)]
SEALED = 26 * H
"""When the sealed quotes begin: 24 h behind the breaker at 2 h."""
END = SEALED + 2 * H

SICHUAN: dict[str, tuple[dict[str, Any], list[Step], Told]] = {
    "the highest quote wins": (
        {},
        [*BROKEN, (SEALED, "place", "A", 200), (SEALED + 1, "place", "B", 210), (SEALED + 2, "place", "C", 190),
         (END, "open", "A"), (END, "open", "B"), (END, "open", "C"), (END, "finish")],
        Told(("ok",) * 9, END, ("B", 210)),
    ),
    "equal highest quote again": (
        {},
        [*BROKEN, (SEALED, "place", "A", 200), (SEALED, "place", "B", 200), (SEALED, "place", "C", 190),
         (END, "open", "A"), (END, "open", "B"), (END, "open", "C"), (END, "finish"),
         (END + 1, "place", "C", 500), (END + 1, "place", "A", 199), (END + 2, "place", "B", 220),
         (END + 2 * H, "open", "A"), (END + 2 * H, "open", "B"), (END + 2 * H, "finish")],
        Told((*("ok",) * 9, "not_tied", *("ok",) * 5), END + 2 * H, ("B", 220)),
    ),
    "tied twice, then one alone at the same amount": (
        {},
        [*BROKEN, (SEALED, "place", "A", 200), (SEALED, "place", "B", 200), (END, "open", "A"), (END, "open", "B"),
         (END, "finish"), (END + 1, "place", "A", 200), (END + 1, "place", "B", 200), (END + 2 * H, "open", "A"),
         (END + 2 * H, "open", "B"), (END + 2 * H, "finish"), (END + 3 * H, "place", "A", 200),
         (END + 4 * H, "open", "A"), (END + 4 * H, "finish")],
        Told(("ok",) * 15, END + 4 * H, ("A", 200)),
    ),
    "nobody quotes again: the first of the equal ones": (
        {},
        [*BROKEN, (SEALED, "place", "C", 200), (SEALED, "place", "B", 200), (END, "open", "C"), (END, "open", "B"),
         (END, "finish")],
        Told(("ok",) * 7, END + 2 * H, ("C", 200)),
    ),
    "nobody quotes at all: the leader of before": ({}, BROKEN, Told(("ok", "ok"), END, ("B", 160))),
    "below the price that was reached it does not count": (
        {},
        [*BROKEN, (SEALED, "place", "A", 159), (SEALED, "place", "C", 160), (END, "open", "A"), (END, "open", "C"),
         (END, "finish")],
        Told(("ok",) * 7, END, ("C", 160)),
    ),
    "what nobody opens is excluded on record, and nothing ends before": (
        {},
        [*BROKEN, (SEALED, "place", "A", 900), (SEALED, "place", "C", 170), (END, "open", "C"), (END, "finish"),
         (END, "exclude", "A"), (END, "exclude", "C"), (END, "open", "A"), (END, "finish")],
        Told((*("ok",) * 5, "not_opened", "ok", "already_opened", "no_sealed_bid", "ok"), END, ("C", 170)),
    ),
    "each quotes once, in time, and nobody bids in the clear": (
        {},
        [*BROKEN, (3 * H, "place", "A", 200), (SEALED, "bid", "A", 300), (SEALED, "place", "A", 200),
         (SEALED, "place", "A", 300), (SEALED, "withdraw", "A"), (SEALED, "place", "D", 200), (END, "place", "C", 200),
         (END, "open", "C"), (END, "open", "A"), (END, "open", "A"), (END, "finish")],
        Told(("ok", "ok", "phase_takes_no_sealed_bids", "phase_takes_no_bids", "ok", "already_placed",
              "not_withdrawable", "not_admitted", "closed", "no_sealed_bid", "ok", "already_opened", "ok"),
             END, ("A", 200)),
    ),
    "a quote may be changed where the notice says so": (
        {"sealed_change": "change"},
        [*BROKEN, (SEALED, "place", "A", 200), (SEALED + 1, "place", "A", 180), (END, "open", "A"), (END, "finish")],
        Told(("ok",) * 6, END, ("A", 180)),
    ),
    "the breaker hit in the free phase waits for its end where the notice says so": (
        {"cap_in_free": "at_end"},
        [*BROKEN, (34 * H, "place", "A", 200), (36 * H, "open", "A"), (36 * H, "finish")],
        Told(("ok",) * 5, 36 * H, ("A", 200)),
    ),
    "the breaker hit in the timed phase": (
        {},
        [(H, "bid", "A", 100), (10 * H + 60, "bid", "B", 150), (34 * H + 60, "place", "A", 151),
         (36 * H + 60, "open", "A"), (36 * H + 60, "finish")],
        Told(("ok",) * 5, 36 * H + 60, ("A", 151)),
    ),
}  # fmt: skip


JUDGED = (
    "equal highest quote again",
    "below the price that was reached it does not count",
    "what nobody opens is excluded on record, and nothing ends before",
)
"""Where a house that holds the amounts would not take what does not count, or would open it itself."""


@pytest.mark.parametrize(
    ("case", "custody"),
    [(case, "bidder") for case in SICHUAN] + [(case, "house") for case in SICHUAN if case not in JUDGED],
)
def test_sichuan_2024(case: str, custody: str) -> None:
    given, steps, told = SICHUAN[case]
    assert course(auction("sichuan_2024_sealed", **NO_RESERVE, **given | {"sealed_custody": custody}), steps) == told


def test_a_house_that_holds_the_amounts_refuses_what_would_not_count() -> None:
    steps: list[Step] = [
        *BROKEN, (SEALED, "place", "A", 159), (SEALED, "place", "A", 160), (SEALED, "place", "B", 160),
        (END, "open", "A"), (END, "open", "B"), (END, "finish"), (END, "place", "A", 159), (END, "place", "B", 170),
        (END + 2 * H, "open", "B"), (END + 2 * H, "finish"),
    ]  # fmt: skip
    told = Told(("ok", "ok", "below_floor", *("ok",) * 5, "below_floor", *("ok",) * 3), END + 2 * H, ("B", 170))
    assert course(auction("sichuan_2024_sealed", **NO_RESERVE, sealed_custody="house"), steps) == told


def test_there_is_no_ask_once_only_sealed_quotes_follow() -> None:
    room = Room(auction("sichuan_2024_sealed", **NO_RESERVE))
    asks = []
    for step in [*BROKEN, (3 * H, "place", "A", 200), (SEALED, "place", "A", 200)]:
        asks.append(room.house.quote(room.LOT).ask_minor)
        room.do(*step)
    assert [*asks, room.house.quote(room.LOT).ask_minor] == [100, 110, None, None, None]


def test_a_reserve_is_compared_with_the_quote_that_wins_the_sealed_round() -> None:
    terms = auction("sichuan_2024_sealed")
    steps: list[Step] = [*BROKEN, (3 * H, "enter", 205), (SEALED, "place", "A", 200)]
    assert course(terms, [*steps, (END, "open", "A"), (END, "finish")]).result == "reserve_not_met"
    steps[-1] = (SEALED, "place", "A", 205)
    assert course(terms, [*steps, (END, "open", "A"), (END, "finish")]).result == ("A", 205)


# 苏州 2016: bidding stops at 125; after a wait of 30 min and an inquiry of 5 min who said yes quotes once, 125 to 150 元,
# no two alike; the closest to the mean wins, of two as close the lower.
STOPPED: list[Step] = [(H, "bid", "A", "100"), (2 * H, "bid", "B", "125")]
ASKED = 2 * H + 30 * M
QUOTED = ASKED + 5 * M
YES: list[Step] = [(ASKED, "yes", bidder) for bidder in "ABC"]
OPENED = QUOTED + 10 * M


def one_price(*amounts: str) -> list[Step]:
    """Return the steps of a sale in which A, B and C quote these amounts."""
    placed: list[Step] = [(QUOTED, "place", bidder, amount) for bidder, amount in zip("ABC", amounts, strict=False)]
    opened: list[Step] = [(OPENED, "open", bidder) for bidder, _ in zip("ABC", amounts, strict=False)]
    return [*STOPPED, *YES, *placed, *opened, (OPENED, "finish")]


SUZHOU: dict[str, tuple[list[Step], Any]] = {
    "the closest to the mean": (one_price("126", "130", "150"), ("B", 13_000)),
    "of two as close the lower": (one_price("126", "130"), ("A", 12_600)),
    "the mean is rounded half up to the fen": (one_price("126", "127", "129"), ("B", 12_700)),
    "the mean itself": (one_price("126", "128", "130"), ("B", 12_800)),
    "one quote alone": (one_price("140"), ("A", 14_000)),
    "nobody quotes: the last ascending bid": ([*STOPPED, *YES], ("B", 12_500)),
    "nobody says yes: the last ascending bid": (STOPPED, ("B", 12_500)),
}


@pytest.mark.parametrize(("steps", "result"), SUZHOU.values(), ids=SUZHOU.keys())
def test_suzhou_one_price(steps: list[Step], result: Any) -> None:
    told = course(auction("suzhou_oneprice", **NO_RESERVE), steps)
    assert (told.answers, told.result) == (ok(steps), result)


def test_suzhou_refuses_equal_quotes_quotes_outside_the_band_and_who_did_not_say_yes() -> None:
    steps: list[Step] = [
        *STOPPED, (ASKED, "yes", "A"), (ASKED, "yes", "B"), (ASKED, "no", "C"),
        (QUOTED, "place", "A", "124"), (QUOTED, "place", "A", "151"), (QUOTED, "place", "A", "130.5"),
        (QUOTED, "place", "A", "130"), (QUOTED, "place", "B", "130"), (QUOTED, "place", "B", "131"),
        (QUOTED, "place", "C", "140"), (OPENED, "open", "A"), (OPENED, "open", "B"), (OPENED, "finish"),
    ]  # fmt: skip
    answers = (
        *("ok",) * 5, "below_floor", "above_most", "too_precise", "ok", "equal_sealed_bid", "ok", "no_yes", "ok", "ok", "ok",
    )  # fmt: skip
    assert course(auction("suzhou_oneprice", **NO_RESERVE), steps) == Told(answers, OPENED, ("A", 13_000))


def test_a_close_behind_the_limit_is_told_with_its_own_ground() -> None:
    room = Room(auction("suzhou_oneprice", **NO_RESERVE))
    for step in [*STOPPED, (ASKED, "no", "A")]:
        assert room.answer(*step) == "ok"
    room.house.advance(at=OPENED * SECOND)
    lot = room.house.snapshot(Room.LOT)
    closed = [step for step in replay(room.journal) if isinstance(step.event, LotClosed)]
    assert [tell(step.event, lot, quote=step.quote) for step in closed] == [
        (
            "0 said yes in the inquiry, fewer than 1; there is nothing to compare (FORMAT.md B.2; suzhou_oneprice: the notice, "
            "SZ-1P (who says yes takes part))"
        )
    ]


def test_a_close_that_is_not_awarded_to_the_highest_says_so() -> None:
    room = Room(auction("suzhou_oneprice", **NO_RESERVE))
    for step in one_price("126", "131", "149"):
        assert room.answer(*step) == "ok"
    lot = room.house.snapshot(Room.LOT)
    (closed,) = [step for step in replay(room.journal) if isinstance(step.event, LotClosed)]
    assert tell(closed.event, lot, "zh-CN", quote=closed.quote).endswith(
        "无须与底价比较；由最接近平均价者成交，与此处所列竞买人无关（FORMAT.md B.2；suzhou_oneprice：SZ-1P）"
    )
    assert tell(closed.event, lot, quote=closed.quote).endswith(
        "there is nothing to compare; the bid closest to the mean wins, whoever stands here (FORMAT.md B.2; "
        "suzhou_oneprice: SZ-1P)"
    )


def test_a_published_reserve_decides_who_may_win_and_is_no_part_of_the_mean_below_it() -> None:
    steps = one_price("126", "131", "149")
    steps[2:2] = [(2 * H + 1, "enter", 13_000)]
    steps[-1:] = [(OPENED, "finish"), (OPENED, "disclose", 13_000), (OPENED, "finish")]
    told = course(auction("suzhou_oneprice"), steps)
    answers = (*("ok",) * (len(steps) - 3), "reserve_missing", "ok", "ok")
    assert (told.answers, told.result) == (answers, ("B", 13_100)), "without the reserve the mean would be 135.33"


# A tender: 480 h for bids, at least three, points of a panel.
DEADLINE = 20 * D
BIDS: list[Step] = [(H, "place", "A", 120), (2 * H, "place", "B", 130), (3 * H, "place", "C", 140)]
OPEN: list[Step] = [(DEADLINE, "open", bidder) for bidder in "ABC"]


def scored(*points: Any) -> list[Step]:
    """Return the steps of a tender whose bids of A, B and C get these points."""
    given: list[Step] = [(DEADLINE + H, "score", bidder, each) for bidder, each in zip("ABC", points, strict=True)]
    return [*BIDS, *OPEN, *given, (DEADLINE + 2 * H, "finish")]


TENDERS: dict[str, tuple[dict[str, Any], list[Step], Told]] = {
    "the most points": ({}, scored(80, Fraction(241, 3), 70), Told(("ok",) * 10, DEADLINE + 2 * H, ("B", 130))),
    "equal points, the higher amount": ({}, scored(80, 80, 70), Told(("ok",) * 10, DEADLINE + 2 * H, ("B", 130))),
    "equal points, the first placed": (
        {"sealed_tie": "earlier"}, scored(80, 80, 70), Told(("ok",) * 10, DEADLINE + 2 * H, ("A", 120))),
    "points are compared exactly": (
        {}, scored(Fraction(10**17 + 1, 10**17), Fraction(1), 0), Told(("ok",) * 10, DEADLINE + 2 * H, ("A", 120))),
    "two bids are not opened": ({}, BIDS[:2], Told(("ok", "ok"), DEADLINE, "too_few_bidders")),
    "nobody bids": ({}, [], Told((), DEADLINE, "no_bids")),
    "withdrawn before the deadline, it is not among the three": (
        {}, [*BIDS, (4 * H, "withdraw", "C"), (5 * H, "withdraw", "C")],
        Told(("ok", "ok", "ok", "ok", "no_sealed_bid"), DEADLINE, "too_few_bidders")),
    "changed, not withdrawn (N11 art. 19)": (
        {"sealed_change": "change"},
        [*BIDS, (4 * H, "withdraw", "C"), (5 * H, "place", "C", 150), *scored(80, 80, 90)[3:]],
        Told(("ok", "ok", "ok", "not_withdrawable", *("ok",) * 8), DEADLINE + 2 * H, ("C", 150))),
    "late at the deadline": (
        {}, [*BIDS, (DEADLINE, "place", "A", 200), (DEADLINE, "withdraw", "A")],
        Told(("ok", "ok", "ok", "closed", "closed"), None, None)),
    "each valid bid has points before the end": (
        {}, [*BIDS, *OPEN, (DEADLINE, "score", "A", 1), (DEADLINE, "finish"), (DEADLINE, "score", "A", 2)],
        Told((*("ok",) * 7, "not_scored", "already_scored"), None, None)),
    "no points before every bid is open": (
        {}, [*BIDS, *OPEN[:2], (DEADLINE, "score", "A", 1), (DEADLINE, "finish")],
        Told((*("ok",) * 5, "not_opened", "not_opened"), None, None)),
}  # fmt: skip


@pytest.mark.parametrize(("given", "steps", "told"), TENDERS.values(), ids=TENDERS.keys())
def test_a_tender(given: dict[str, Any], steps: list[Step], told: Told) -> None:
    assert course(auction("tender_comprehensive", **NO_RESERVE, **given), steps) == told


def test_a_tender_of_two_who_were_admitted_is_stopped_like_an_auction() -> None:
    # 国土资发〔2011〕242号 art. 17, 招标投标法 art. 28: the case min-bidders-tender of the vectors, as a tender.
    terms = auction("tender_comprehensive", **NO_RESERVE)
    assert course(terms, BIDS[:2], admitted="A B").result == "too_few_bidders"


@pytest.mark.parametrize("published", ["reference", "decides"])
def test_a_base_price_is_published_at_the_opening_and_only_refers_while_a_reserve_decides(published: str) -> None:
    room = Room(auction("tender_comprehensive", reserve_published=published))
    assert room.answer(0, "enter", 135) == "ok"
    steps = scored(90, 80, 70)
    assert [room.answer(*step) for step in steps[:-1]] == ["ok"] * 9
    assert room.answer(DEADLINE + 2 * H, "finish") == "reserve_missing"
    assert room.answer(DEADLINE + 2 * H, "disclose", 135) == "ok"
    assert room.house.snapshot(Room.LOT).published_minor == 135
    assert room.answer(DEADLINE + 2 * H, "finish") == "ok"
    lot = room.house.snapshot(Room.LOT)
    best = [
        Candidate(1, "A", 120, Fraction(90)),
        Candidate(2, "B", 130, Fraction(80)),
        Candidate(3, "C", 140, Fraction(70)),
    ]
    reached = [Candidate(1, "C", 140, Fraction(70))]
    assert list(candidates(lot)) == (best if published == "reference" else reached)
    ended = room.end()
    assert ended is not None
    assert ended.result == (("A", 120) if published == "reference" else ("C", 140))


def test_the_end_of_an_opening_says_how_many_were_opened_and_counted() -> None:
    room = Room(auction("tender_comprehensive", **NO_RESERVE, sealed_custody="bidder"))
    for step in [*BIDS[:2], (3 * H, "place", "C", 99), *OPEN, (DEADLINE, "score", "A", 1), (DEADLINE, "score", "B", 2)]:
        assert room.answer(*step) == "ok"
    assert room.answer(DEADLINE, "score", "C", 3) == "no_sealed_bid", (
        "99 is below the start price and counts for nothing"
    )
    assert room.answer(DEADLINE, "finish") == "ok"
    room.end()
    (finished,) = [event for event in events(room.journal) if isinstance(event, OpeningFinished)]
    assert (finished.next, finished.opened, finished.valid) == ("close", 3, 2)


def test_what_a_method_does_not_know_is_refused_by_name() -> None:
    with pytest.raises(RulebookError, match="free: has no meaning in a tender"):
        auction("tender_comprehensive", **NO_RESERVE, free="1h")
