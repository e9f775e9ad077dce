"""Listings under the rules that are off when absent: an inquiry, a priority, a long suspension with its notice; price caps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyauction import CNY, AuctionHouse, FileJournal, Listing, ManualClock, NoReserve, lottery_commitment

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
        house.suspend_lot("KQ-1", **ORDER, at=4 * HOUR)
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
