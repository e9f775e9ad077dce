"""Published sales, held again under the rule books: their figures lie on the grid and come out as they were reported.

Between the reported figures the bids are invention, and so is what a report leaves open: it is given here and
nowhere in the books.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from by_the_book import NO_RESERVE, Anchor, events, through, verified
from sales import HOUR, JIADA, LIJIAGOU, MINUTE, SECOND, WAN, Published, beijing, manual_house

from pyauction import YUAN, AuctionType, Durability, English, MemoryJournal, NoReserve, Outcome, Reason, rulebook
from pyauction.events import BidAccepted, LotClosed

YUAN_MINOR = 100
MILLION = 1_000_000 * YUAN_MINOR
"""A million yuan in 分."""


@dataclass(frozen=True)
class Reported:
    """A sale with a clock that late bids extend: bids through every reported figure, and its end."""

    opened: int
    ends_at: int
    step: int
    bidders: tuple[str, ...]
    winner: str
    anchors: tuple[Anchor, ...]
    ended: int

    def bids(self) -> list[tuple[int, str, int]]:
        return through(self.step, self.anchors, self.bidders, self.winner)


def hold(
    terms: AuctionType, opened: int, bids: list[tuple[int, str, int]], ended: int, **opening: Any
) -> MemoryJournal:
    """Hold a sale, check when its clock stands after the last bid, and return the verified journal."""
    journal = MemoryJournal(segment_bytes=4 << 20)
    with manual_house(journal, now=opened, durability=Durability.DEFERRED) as house:
        house.open_lot("标的", terms, **opening)
        for bidder in sorted({bidder for _, bidder, _ in bids}):
            house.admit("标的", bidder)
        for at, bidder, amount in bids:
            decision = house.bid("标的", bidder, amount, at=at)
            assert decision.accepted, decision.message()
        house.flush()
        house.advance(at=ended - 1)
        assert house.quote("标的").closes_at_ns == ended
        house.advance(at=ended)
        assert house.outcome("标的") is not None
    return journal


def told(journal: MemoryJournal) -> tuple[str | None, str | None, int | None, int, int]:
    """Return how the one lot ended: (outcome, winner, price), the number of accepted bids, and when bidding was over."""
    (lot,) = verified(journal).lots
    accepted = [event for event in events(journal) if isinstance(event, BidAccepted)]
    closed = next(event for event in events(journal) if isinstance(event, LotClosed))
    assert closed.accepted == len(accepted)
    return lot.outcome, lot.winner, lot.price, closed.accepted, closed.due_ns


# 四川 2023


def sichuan(sale: Published) -> AuctionType:
    return rulebook("sichuan_2023").auction(
        start_price=str(sale.start),
        self_outbid="refused",
        listing_ends_at=sale.timed,
        inquiry=False,
        inquiry_yes=False,
        preparation=False,
        timed_entry=False,
        single_bidder="timed",
        timed_without_bids="enter",
        on_outage="close_at_schedule",
    )


@pytest.mark.parametrize(
    ("sale", "bids", "price"), [(JIADA, 11_307, 420_579), (LIJIAGOU, 3_412, 101_017)], ids=["加达", "李家沟北"]
)
def test_sichuan_2023(sale: Published, bids: int, price: int) -> None:
    journal = hold(sichuan(sale), sale.opened, sale.bids(), sale.ended)
    assert told(journal) == ("sold", sale.winner, price * WAN, bids, sale.ended)
    accepted = [event for event in events(journal) if isinstance(event, BidAccepted)]
    reported = [(n, price * WAN, at) for n, price, at in sale.prices]
    assert [(n, accepted[n - 1].amount_minor, accepted[n - 1].at_ns) for n, _, _ in reported] == reported


def test_jiada_ended_62_hours_and_59_minutes_after_its_listing() -> None:
    assert sichuan(JIADA).rules().as_dict()["phases"] == [
        {"kind": "free", "at_ns": beijing(2023, 8, 10, 10)},
        {"kind": "timed", "after_ns": 4 * MINUTE, "reset_to_ns": 4 * MINUTE},
    ]
    assert JIADA.ended == beijing(2023, 8, 13, 0, 59) == JIADA.timed + 62 * HOUR + 59 * MINUTE


ON_GRID = [
    (LIJIAGOU, 37_867, 3_781),
    (LIJIAGOU, 81_747, 8_169),  # From the reported rise of 143,315.79 %.
    (LIJIAGOU, 82_687, 8_263),
    (LIJIAGOU, 101_017, 10_096),
    (JIADA, 250_159, 24_984),  # From the reported rise of 78,319.75 %.
    (JIADA, 255_469, 25_515),
    (JIADA, 420_579, 42_026),
]


@pytest.mark.parametrize(("sale", "price", "k"), ON_GRID)
def test_sichuan_2023_every_reported_price_is_a_bid_from_the_start_price_on_and_its_neighbours_are_none(
    sale: Published, price: int, k: int
) -> None:
    assert price == sale.start + k * 10
    with manual_house(now=sale.opened) as house:
        house.open_lot("标的", sichuan(sale))
        house.admit("标的", "1")
        house.admit("标的", "2")
        assert house.bid("标的", "1", sale.start * WAN).accepted
        for amount in (price * WAN - 1, price * WAN + 1, (price - 1) * WAN, (price + 5) * WAN):
            assert house.bid("标的", "2", amount).reason == Reason.NOT_MULTIPLE
        bid = house.bid("标的", "2", str(price))
        assert (bid.accepted, bid.quote.ask_minor) == (True, (price + 10) * WAN)


# 斯诺威 I: 335.29 万元, steps of 5 万元, 21 registered, 3,448 bids until the morning of 21 May. The hour of the end is ours,
# as are the numbers of bids in between and the next grid point where the press rounds.

START, STEP = 3_352_900 * YUAN_MINOR, 50_000 * YUAN_MINOR
_DAY = beijing(2022, 5, 16, 10)


def snowway(k: int) -> int:
    return START + k * STEP


SNOWWAY = Reported(
    opened=_DAY,
    ends_at=_DAY + 24 * HOUR,
    step=STEP,
    bidders=tuple(f"{number:03}" for number in (190, 995, *range(1, 20))),
    winner="995",
    anchors=(
        (1, START, _DAY + HOUR),
        (6, snowway(20), _DAY + 13 * HOUR),
        (7, snowway(21), _DAY + 24 * HOUR - 5 * MINUTE + SECOND),
        (60, snowway(100), _DAY + 24 * HOUR - SECOND),
        (200, snowway(1_933), _DAY + 25 * HOUR),
        (500, snowway(2_753), _DAY + 29 * HOUR + 40 * MINUTE),
        (1_300, snowway(3_613), _DAY + 38 * HOUR),
        (1_350, snowway(3_703), _DAY + 39 * HOUR + 20 * MINUTE),
        (1_351, snowway(3_933), _DAY + 39 * HOUR + 21 * MINUTE),
        (2_301, snowway(8_133), _DAY + 54 * HOUR),
        (3_448, snowway(39_937), _DAY + 119 * HOUR - 5 * MINUTE),
    ),
    ended=_DAY + 119 * HOUR,
)
ROUNDED = {200: 100, 500: 141, 1_300: 184, 1_351: 200, 2_301: 410}
"""What the press says, in millions of yuan, of the price after so many bids: the next grid point above it."""


def test_snowway_1_the_stream_passes_what_the_press_says() -> None:
    amounts = {n: amount for n, amount, _ in SNOWWAY.anchors}
    for n, millions in ROUNDED.items():
        assert amounts[n] - STEP < millions * MILLION <= amounts[n]
    assert amounts[3_448] == 2_000_202_900 * YUAN_MINOR
    late = [at for at, _, _ in SNOWWAY.bids() if SNOWWAY.ends_at - 5 * MINUTE < at < SNOWWAY.ends_at]
    assert len(late) > 50
    assert sum(at < SNOWWAY.ends_at - 5 * MINUTE for at, _, _ in SNOWWAY.bids()) == 6
    assert len(SNOWWAY.bidders) == 21


def late_bids(sale: Reported, **given: Any) -> AuctionType:
    """Return the late-bid listing of 潍坊 for a sale."""
    return rulebook("weifang").auction(
        **NO_RESERVE, self_outbid="refused", on_outage="suspend", listing_ends_at=sale.ends_at, **given
    )


def snowway_english() -> English:
    return English(
        money=YUAN,
        start_price="3352900",
        increment="50000",
        multiples_from="start",
        reserve=NoReserve(),
        self_outbid="refused",
        on_outage="suspend",
        ends_at=SNOWWAY.ends_at,
        extension="5m",
        extension_window="5m",
    )


def snowway_listing() -> AuctionType:
    return late_bids(SNOWWAY, unit="万元", start_price="335.29", increment="5", multiples_from="start")


@pytest.mark.parametrize("terms", [snowway_english, snowway_listing], ids=["english", "late-bid listing"])
def test_snowway_1(terms: Any) -> None:
    journal = hold(terms(), SNOWWAY.opened, SNOWWAY.bids(), SNOWWAY.ended)
    assert told(journal) == ("sold", "995", 2_000_202_900 * YUAN_MINOR, 3_448, SNOWWAY.ended)


@pytest.mark.parametrize("terms", [snowway_english, snowway_listing], ids=["english", "late-bid listing"])
@pytest.mark.parametrize(
    ("yuan", "on_grid"), [(3_352_900, True), (200_002_900, True), (2_000_202_900, True), (2_000_200_000, False)]
)
def test_snowway_1_on_its_grid(terms: Any, yuan: int, on_grid: bool) -> None:  # noqa: FBT001 - a column of the table
    with manual_house(now=SNOWWAY.opened) as house:
        house.open_lot("标的", terms())
        house.admit("标的", "190")
        assert house.bid("标的", "190", yuan * YUAN_MINOR).accepted == on_grid


# 斯诺威 II: rounds with a cap. Reaching it ends the round; the next begins from there.


def round_terms(start: int, cap: int, step: int, ends_at: int) -> AuctionType:
    return rulebook("capped_rounds").auction(
        unit="元",
        start_price=str(start * 1_000_000),
        increment=str(step * 1_000_000),
        cap=str(cap * 1_000_000),
        self_outbid="refused",
        listing_ends_at=ends_at,
        countdown="5m",
        extension_window="5m",
        on_outage="suspend",
    )


_ONE, _TWO, _NINE = beijing(2022, 11, 25, 10), beijing(2022, 11, 27, 10), beijing(2022, 12, 13, 16)
ROUND_1 = through(
    1 * MILLION,
    ((1, 200 * MILLION, _ONE), (25, 346 * MILLION, _ONE + 21 * MINUTE), (26, 400 * MILLION, _ONE + 22 * MINUTE)),
    ("J9682", "V8629"),
    "V8629",
)
ROUND_2 = through(
    2 * MILLION,
    (
        (1, 400 * MILLION, _TWO + SECOND),
        (20, 572 * MILLION, _TWO + HOUR),
        (28, 600 * MILLION, beijing(2022, 11, 27, 11, 18, 6)),
    ),
    ("U0095", "F2149", "E6982"),
    "U0095",
)
ROUND_9 = [(_NINE + 5 * MINUTE, "F2149", 1_800 * MILLION), (_NINE + 7 * MINUTE, "E6982", 2_000 * MILLION)]


def test_snowway_2_the_stream_passes_what_the_press_says() -> None:
    assert (ROUND_1[0], ROUND_1[-1]) == (
        (_ONE, "J9682", 200 * MILLION),
        (_ONE + 22 * MINUTE, "V8629", 400 * MILLION),
    )
    assert (len(ROUND_1), ROUND_1[-1][2] - ROUND_1[-2][2]) == (26, 54 * MILLION)
    assert (len(ROUND_2), ROUND_2[-1][:2]) == (28, (beijing(2022, 11, 27, 11, 18, 6), "U0095"))
    # The next round begins within 48 hours.
    assert 0 < ROUND_2[0][0] - ROUND_1[-1][0] < 48 * HOUR


def test_snowway_2_each_round_ends_at_its_cap_and_the_next_begins_from_there() -> None:
    journal = MemoryJournal()
    rounds = [
        (1, 200, 400, 1, _ONE, ROUND_1),
        (2, 400, 600, 2, _TWO, ROUND_2),
        # In the ninth round the cap is not on the grid: 1,800 and k × 9 million.
        (9, 1_800, 2_000, 9, _NINE, ROUND_9),
    ]
    before, ends = "", []
    with manual_house(journal, now=_ONE) as house:
        for number, start, cap, step, opened, bids in rounds:
            name = f"斯诺威股权 第{number}轮"
            terms = round_terms(start, cap, step, opened + 24 * HOUR)
            house.open_lot(name, terms, round=number, reoffer_of=before, at=opened)
            for bidder in sorted({bidder for _, bidder, _ in bids}):
                house.admit(name, bidder)
            low = house.bid(name, bids[0][1], (start - 1) * MILLION)
            assert low.reason == Reason.BELOW_START, "a round begins from the cap before"
            for at, bidder, amount in bids:
                decision = house.bid(name, bidder, amount, at=at)
                assert decision.accepted, decision.message()
            over = house.bid(name, bids[0][1], cap * MILLION)
            assert (over.reason, house.next_deadline()) == (Reason.CLOSED, None)
            assert house.outcome(name) == Outcome(kind="unsold", cause="type_rule", detail="next_round")
            before = name
    report = verified(journal)
    assert [(lot.outcome, lot.cause, lot.reserve) for lot in report.lots] == [("unsold", "type_rule", "none")] * 3
    ends = [event for event in events(journal) if isinstance(event, LotClosed)]
    assert [(event.due_ns, event.top_minor, event.accepted, event.cause) for event in ends] == [
        (_ONE + 22 * MINUTE, 400 * MILLION, 26, "cap"),
        (beijing(2022, 11, 27, 11, 18, 6), 600 * MILLION, 28, "cap"),
        (_NINE + 7 * MINUTE, 2_000 * MILLION, 2, "cap"),
    ]


def test_snowway_2_a_round_that_does_not_reach_its_cap_is_sold() -> None:
    bids = ROUND_1[:-1]
    ends_at = _ONE + 24 * HOUR
    journal = hold(round_terms(200, 400, 1, ends_at), _ONE, bids, ends_at)
    assert told(journal) == ("sold", bids[-1][1], 346 * MILLION, 25, ends_at)


# 潍坊 2017: start price, end price, number of bids and the end are reported; the step of 10 万元 is ours.


def weifang(*, start: int, price: int, bids: int, ends_at: int, ended: int, bidders: tuple[str, ...]) -> Reported:
    last = ended - 5 * MINUTE
    return Reported(
        opened=ends_at - 10 * 24 * HOUR,
        ends_at=ends_at,
        step=10 * WAN,
        bidders=bidders,
        winner=bidders[0],
        anchors=(
            (1, start * WAN, ends_at - 3 * 24 * HOUR),
            (2, (start + 10) * WAN, ends_at - 4 * MINUTE),
            (bids, price * WAN, last),
        ),
        ended=ended,
    )


RUJIAZHUANG = weifang(
    start=5_000,
    price=44_440,
    bids=1_154,
    ends_at=beijing(2017, 11, 22, 10),
    ended=beijing(2017, 11, 22, 17, 52),
    bidders=("001", "002", "003"),
)
DABUSHAN = weifang(
    start=2_200,
    price=18_440,
    bids=657,
    ends_at=beijing(2017, 11, 23, 10),
    ended=beijing(2017, 11, 24, 0, 39),
    bidders=tuple(f"{number:03}" for number in range(1, 8)),
)
WEIFANG = {
    "茹家庄": (RUJIAZHUANG, 5_000, 44_440, 1_154, 7 * HOUR + 52 * MINUTE),
    "大埠山": (DABUSHAN, 2_200, 18_440, 657, 14 * HOUR + 39 * MINUTE),
}


@pytest.mark.parametrize(("sale", "start", "price", "bids", "delayed"), WEIFANG.values(), ids=WEIFANG.keys())
def test_weifang_2017(sale: Reported, start: int, price: int, bids: int, delayed: int) -> None:
    terms = late_bids(sale, unit="万元", start_price=str(start), increment="10", multiples_from="start")
    journal = hold(terms, sale.opened, sale.bids(), sale.ended)
    assert told(journal) == ("sold", sale.winner, price * WAN, bids, sale.ends_at + delayed)


def test_weifang_2017_without_a_late_bid_the_listing_ends_at_ten() -> None:
    terms = late_bids(RUJIAZHUANG, unit="万元", start_price="5000", increment="10", multiples_from="start")
    bids = RUJIAZHUANG.bids()[:1]
    journal = hold(terms, RUJIAZHUANG.opened, bids, RUJIAZHUANG.ends_at)
    assert told(journal) == ("sold", bids[0][1], 5_000 * WAN, 1, beijing(2017, 11, 22, 10))
