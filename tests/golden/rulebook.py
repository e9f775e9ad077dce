"""Sales under the rules that are off when absent.

An inquiry, a priority, a long suspension with its notice; price caps; a sealed round with equal bids; a tender with points;
postponed openings.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from pyauction import (
    CNY,
    AuctionHouse,
    EnteredReserve,
    FileJournal,
    Listing,
    ManualClock,
    NoReserve,
    SealedBid,
    SealedReserve,
    Tender,
    lottery_commitment,
)

SECOND = 1_000_000_000
HOUR = 3_600 * SECOND
ORDER = {"authority": "市自然资源局", "why": "系统故障"}


def listing() -> Listing:
    """Return rules with every parameter that may stand beside the others."""
    return Listing(
        money=CNY, start_price=1_000, increment=100, timed_increment=200, precision=50, first_bid_min="start_plus_step",
        free="10h", free_stop="30m", inquiry="5m", inquiry_yes=1, preparation="15m", countdown="5m", max_extensions=2,
        timed_entry="prior_bid", recent_bidders=2, recent_window="2h", closed=((2 * HOUR, 3 * HOUR),),
        resume_free="extend", resume_free_most="1h", resume_timed="restart_from_preparation", resume_direct_within="1h",
        resume_notice="24h", priority="once", reserve=NoReserve(), single_bidder="decide", timed_without_bids="decide",
        on_outage="close_at_schedule", self_outbid="refused",
    )  # fmt: skip


def write(directory: Path) -> None:
    """Write the journal of a sale that meets each of them."""
    clock = ManualClock(0)
    with AuctionHouse(FileJournal(directory, align=512, segment_bytes=65_536), clock=clock, timers=False) as house:
        house.open_lot("KQ-1", listing())
        for bidder in ("001", "002", "008"):
            house.admit("KQ-1", bidder)
        house.grant_priority("KQ-1", "008", rank=1, by="法院")
        house.grant_priority("KQ-1", "008", rank=1, by="法院")
        for at, bidder, amount in [(1, "001", 1_000), (1, "001", 1_125), (1, "001", 1_100), (2, "002", 1_200)]:
            house.bid("KQ-1", bidder, amount, at=at * HOUR)
        house.suspend_lot("KQ-1", **ORDER, basis="国土资规〔2017〕7号 第二十七条", at=4 * HOUR)
        house.resume_lot("KQ-1", **ORDER, at=6 * HOUR)
        house.announce_resumption("KQ-1", 29 * HOUR, **ORDER, at=6 * HOUR)
        house.announce_resumption("KQ-1", 30 * HOUR, **ORDER, at=6 * HOUR)
        house.resume_lot("KQ-1", **ORDER, ends_at=36 * HOUR, at=30 * HOUR)
        house.resume_lot("KQ-1", **ORDER, ends_at=38 * HOUR, at=30 * HOUR)
        house.bid("KQ-1", "002", 1_200, at=37 * HOUR)
        house.bid("KQ-1", "001", 1_400, at=37 * HOUR)
        house.bid("KQ-1", "002", 1_500, at=37 * HOUR + HOUR // 2)
        house.answer_inquiry("KQ-1", "008", "yes", at=38 * HOUR)
        house.answer_inquiry("KQ-1", "001", "no")
        house.answer_inquiry("KQ-1", "002", "yes")
        house.bid("KQ-1", "002", 1_600)
        house.suspend_lot("KQ-1", **ORDER, at=38 * HOUR + 10 * 60 * SECOND)
        house.resume_lot("KQ-1", **ORDER, at=38 * HOUR + 20 * 60 * SECOND)
        timed = 38 * HOUR + 35 * 60 * SECOND
        for minute, bidder, amount in [(1, "008", 1_400), (2, "002", 1_600), (3, "001", 1_800), (4, "002", 2_000)]:
            house.bid("KQ-1", bidder, amount, at=timed + minute * 60 * SECOND)
        house.advance(at=timed + HOUR)
        _lottery(house, timed + 2 * HOUR)
        _topped_up(house, timed + 4 * HOUR)
        _sealed(house, timed + 7 * HOUR)
        _tender(house, timed + 20 * HOUR)
        _postponed(house, timed + 40 * HOUR)


def capped(**terms: Any) -> Listing:
    """Return a listing whose cap is 1,500."""
    return Listing(
        money=CNY, start_price=1_000, increment=100, cap=1_500, free="1h", countdown="5m", reserve=NoReserve(),
        single_bidder="timed", timed_without_bids="decide", on_outage="suspend", self_outbid="allowed", admission="open",
        **terms,
    )  # fmt: skip


def _lottery(house: AuctionHouse, begin: int) -> None:
    seeds = [b"\7" * 32, b"\x08" * 32]
    house.open_lot(
        "KQ-2", capped(cap_action="lottery", lottery_seeds=tuple(map(lottery_commitment, seeds))), opens_at=begin
    )
    for bidder, amount in [("001", 1_600), ("001", 1_500), ("001", 1_500), ("002", 1_500), ("008", 1_500)]:
        house.bid("KQ-2", bidder, amount, at=begin)
    house.advance(at=begin + 3 * HOUR // 2)
    house.draw_lottery("KQ-2", seeds[::-1])
    house.draw_lottery("KQ-2", seeds)


def _topped_up(house: AuctionHouse, begin: int) -> None:
    sale = capped(cap_action="enter", cap_passing="allowed", cap_pause="1h", cap_countdown="5m", top_up="required")
    house.open_lot("KQ-3", sale, opens_at=begin)
    for bidder, amount in [("001", 1_000), ("002", 1_550)]:
        house.bid("KQ-3", bidder, amount, at=begin)
    house.confirm_top_up("KQ-3", "001", by="银行", at=begin + HOUR // 2)
    house.confirm_top_up("KQ-3", "001", by="银行")
    for bidder, amount in [("002", 1_700), ("001", 1_700)]:
        house.bid("KQ-3", bidder, amount, at=begin + HOUR)
    house.advance(at=begin + 2 * HOUR)


def bid_of(lot: str, bidder: str, amount: int, further_round: int = 0) -> SealedBid:
    return SealedBid(
        lot, bidder, amount, further_round=further_round, blinding=bidder.encode() * 10 + bytes([amount % 251, 1])
    )


def _sealed(house: AuctionHouse, begin: int) -> None:
    """Bids reach a cap, two sealed ones are equal, and one of the two then bids more."""
    sale = capped(
        cap_action="enter", cap_pause="1h", sealed="1h", sealed_custody="bidder", sealed_award="highest",
        sealed_tie="requote", sealed_min=2,
    )  # fmt: skip
    house.open_lot("KQ-4", sale, opens_at=begin)
    for bidder, amount in [("001", 1_000), ("002", 1_500)]:
        house.bid("KQ-4", bidder, amount, at=begin)
    sealed = begin + HOUR
    house.admit("KQ-4", "008", at=sealed - 1)
    bids = {name: bid_of("KQ-4", name, amount) for name, amount in [("001", 2_000), ("002", 2_000), ("008", 1_400)]}
    for name, bid in bids.items():
        house.place_sealed_bid("KQ-4", name, bytes.fromhex(bid.commitment), at=sealed)
    house.place_sealed_bid("KQ-4", "001", bids["001"], at=sealed)
    house.finish_opening("KQ-4", authority="招标人", why="并列", at=sealed + HOUR)
    for name in ("001", "002"):
        house.open_sealed_bid("KQ-4", name, bids[name])
    house.exclude_sealed_bid("KQ-4", "008", authority="招标人", why="未到场开启")
    house.finish_opening("KQ-4", authority="招标人", why="并列")
    again = bid_of("KQ-4", "002", 2_100, 1)
    house.place_sealed_bid("KQ-4", "002", again)
    house.place_sealed_bid("KQ-4", "008", bytes.fromhex(bids["008"].commitment))
    house.open_sealed_bid("KQ-4", "002", again, at=sealed + 2 * HOUR)
    house.finish_opening("KQ-4", authority="招标人", why="开启完毕")


def _postponed(house: AuctionHouse, begin: int) -> None:
    """Two openings are postponed: a stated end stays and then leaves too little time, or moves."""
    for lot, postponed_end in [("KQ-6", None), ("KQ-7", "moves")]:
        sale = Listing(
            money=CNY, start_price=1_000, increment=100, listing_ends_at=begin + 30 * HOUR, free_least="24h",
            countdown="5m", extension_window="5m", late_bids="extend", postponed_end=postponed_end, reserve=NoReserve(),
            on_outage="suspend", self_outbid="allowed", admission="open",
        )  # fmt: skip
        house.open_lot(lot, sale, opens_at=begin + 2 * HOUR, at=begin)
        house.suspend_lot(lot, **ORDER, at=begin)
        house.resume_lot(lot, **ORDER, opens_at=begin + 6 * HOUR + 1, at=begin)
        house.resume_lot(lot, **ORDER, opens_at=begin + 6 * HOUR, at=begin)
    for lot in ("KQ-6", "KQ-7"):
        house.bid(lot, "001", 1_000, at=begin + 30 * HOUR - 1)
    house.advance(at=begin + 40 * HOUR)


def _tender(house: AuctionHouse, begin: int) -> None:
    """Bids that the house holds are placed, changed, withdrawn, refused, opened and scored; a base price is published."""
    terms = Tender(
        money=CNY, start_price=1_000, submission="10h", sealed_custody="house", sealed_change="change_or_withdraw",
        sealed_min=3, sealed_award="most_points", sealed_tie="higher", on_outage="suspend",
        reserve=EnteredReserve(commitment="at_entry", published="reference"),
    )  # fmt: skip
    house.open_lot("KQ-5", terms, opens_at=begin)
    reserve = SealedReserve.for_simulation("KQ-5", 1_900, blinding=b"\5" * 32)
    house.enter_reserve("KQ-5", reserve, by="保密员", witness="纪检组", at=begin)
    for name, amount in [("001", 999), ("001", 1_500), ("002", 1_500), ("002", 2_000), ("003", 1_800), ("008", 3_000)]:
        if name not in house.snapshot("KQ-5").bidders:
            house.admit("KQ-5", name)
        house.place_sealed_bid("KQ-5", name, bid_of("KQ-5", name, amount))
    house.place_sealed_bid("KQ-5", "001", bid_of("KQ-5", "001", 1_600))
    house.withdraw_sealed_bid("KQ-5", "008")
    house.open_sealed_bids("KQ-5", at=begin + 10 * HOUR)
    house.disclose_reserve("KQ-5", reserve, by="招标人")
    for name, points in [("001", 80), ("002", Fraction(241, 3)), ("003", 60)]:
        house.score_sealed_bid("KQ-5", name, points, by="评标委员会")
    house.finish_opening("KQ-5", authority="招标人", why="评标结束")
