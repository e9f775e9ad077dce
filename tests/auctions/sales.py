"""Sales as tables: what was bid and when, what came of it, and streams that pass through published figures."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pyauction
from pyauction import (
    WAN_YUAN,
    AuctionHouse,
    AuctionType,
    English,
    Listing,
    ManualClock,
    MemoryJournal,
    NoReserve,
    OnlineAuction,
    Tender,
)

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
WAN = 1_000_000
"""One 万元 in 分."""
WHO = {"by": "保密员", "witness": "纪检组"}


def english(**changes: Any) -> English:
    """Return an English auction of 100 s from 100 on in steps of 10, open to everybody, with the changes."""
    terms: dict[str, Any] = {
        "money": pyauction.CNY,
        "start_price": 100,
        "increment": 10,
        "length": "100s",
        "reserve": NoReserve(),
        "on_outage": "close_at_schedule",
        "self_outbid": "allowed",
        "admission": "open",
    }
    terms |= changes
    return English(**terms)


def listing(**changes: Any) -> Listing:
    """Return a listing of 100 s free and a countdown of 60 s from 100 on in steps of 10, open to all, with the changes."""
    terms: dict[str, Any] = {
        "money": pyauction.CNY,
        "start_price": 100,
        "increment": 10,
        "free": "100s",
        "countdown": "60s",
        "reserve": NoReserve(),
        "single_bidder": "timed",
        "timed_without_bids": "enter",
        "on_outage": "close_at_schedule",
        "self_outbid": "allowed",
        "admission": "open",
    }
    terms |= changes
    return Listing(**terms)


def online_auction(**changes: Any) -> OnlineAuction:
    """Return an online auction of 60 s from the opening that bids reset, for three bidders or more, with the changes."""
    terms: dict[str, Any] = {
        "money": pyauction.CNY,
        "start_price": 100,
        "increment": 10,
        "countdown": "60s",
        "reserve": NoReserve(),
        "min_bidders": 3,
        "min_bidders_counts": "admitted",
        "on_outage": "close_at_schedule",
        "self_outbid": "allowed",
        "admission": "open",
    }
    terms |= changes
    return OnlineAuction(**terms)


def tender(**changes: Any) -> Tender:
    """Return a tender of 100 s from 100 on, which the house opens and the highest of three bids wins, with the changes."""
    terms: dict[str, Any] = {
        "money": pyauction.CNY,
        "start_price": 100,
        "submission": "100s",
        "sealed_custody": "house",
        "sealed_change": "change",
        "sealed_min": 3,
        "sealed_award": "highest",
        "sealed_tie": "earlier",
        "reserve": NoReserve(),
        "on_outage": "close_at_schedule",
    }
    terms |= changes
    return Tender(**terms)


def manual_house(journal: Any = None, now: int = 0, **options: Any) -> AuctionHouse:
    return AuctionHouse(journal, clock=ManualClock(now), timers=False, **options)


@dataclass(frozen=True)
class Told:
    """What a lot answered, when it closed (in seconds), and its outcome as (winner's name, price) or the cause."""

    answers: tuple[str, ...]
    closed_at: float | None
    result: tuple[str, int] | str | None


def hold(auction: AuctionType, bids: list[tuple[float, str, Any]], admitted: str = "", **opening: Any) -> Told:
    """Hold an auction: place bids at their seconds, then let all deadlines pass."""
    journal = MemoryJournal()
    with manual_house(journal) as house:
        house.open_lot("A", auction, **opening)
        for bidder in admitted.split():
            house.admit("A", bidder)
        answers = [house.bid("A", who, amount, at=round(at * SECOND)).reason or "ok" for at, who, amount in bids]
        while (deadline := house.next_deadline()) is not None:
            house.advance(at=deadline)
        lot, outcome = house.snapshot("A"), house.outcome("A")
    report = pyauction.verify(journal)
    assert report.ok, report.to_text()
    assert report == pyauction.verifier.verify_files(journal.files())
    closed = [step.event for step in pyauction.replay(journal) if isinstance(step.event, pyauction.events.LotClosed)]
    result: Any = None
    if outcome is not None:
        result = (lot.bidder_name(outcome.winner), outcome.price_minor) if outcome.kind == "sold" else outcome.cause
    return Told(tuple(answers), closed[0].at_ns / SECOND if closed else None, result)


BEIJING = timezone(timedelta(hours=8))


def beijing(*moment: int) -> int:
    return pyauction.timestamp_ns(datetime(*moment, tzinfo=BEIJING))  # type: ignore[arg-type,misc]


@dataclass(frozen=True)
class Published:
    """A sale as its press reports it: prices in 万元 after so many bids at such a time. Between them is invention."""

    start: int
    step: int
    opened: int
    timed: int
    ended: int
    countdown: int
    bidders: tuple[str, ...]
    winner: str
    prices: tuple[tuple[int, int, int], ...]
    """(bids so far, price in 万元, time)"""

    @property
    def end_price(self) -> int:
        return self.prices[-1][1]

    def bids(self) -> list[tuple[int, str, int]]:
        """Return a valid course of bids through every published price, as (time, bidder, amount in 分)."""
        chance = random.Random(self.end_price)
        steps, times = [0], [self.timed]
        anchors = [(1, 0, self.timed), *((n, (price - self.start) // self.step, at) for n, price, at in self.prices)]
        for (n0, k0, t0), (n1, k1, t1) in pairwise(anchors):
            steps += [*sorted(chance.sample(range(k0 + 1, k1), n1 - n0 - 1)), k1]
            width = (t1 - t0) // (n1 - n0)
            times += [t0 + (index - 1) * width + chance.randrange(width) for index in range(1, n1 - n0)] + [t1]
        who, bids = [self.winner], []
        for _ in steps[1:]:
            who.append(chance.choice([bidder for bidder in self.bidders if bidder != who[-1]]))
        for at, bidder, k in zip(times, reversed(who), steps, strict=True):
            bids.append((at, bidder, (self.start + k * self.step) * WAN))
        return bids

    def listing(self, **changes: Any) -> Listing:
        terms: dict[str, Any] = {
            "money": WAN_YUAN,
            "start_price": str(self.start),
            "increment": str(self.step),
            "free": None,
            "listing_ends_at": self.timed,
            "countdown": self.countdown,
            "multiples_from": "start",
            "self_outbid": "refused",
            "admission": "listed",
        }
        return listing(**(terms | changes))

    def open(self, house: AuctionHouse, name: str, auction: AuctionType, **opening: Any) -> None:
        house.open_lot(name, auction, at=self.opened, **opening)
        for bidder in self.bidders:
            house.admit(name, bidder)


_TEN = beijing(2023, 8, 10, 10)
_END = beijing(2023, 8, 13, 0, 59)
JIADA = Published(
    start=319,
    step=10,
    opened=beijing(2023, 7, 21, 9),
    timed=_TEN,
    ended=_END,
    countdown=4 * MINUTE,
    bidders=("1213", "1397", "1675", "1818", "1270"),
    winner="1213",
    prices=(
        (1_616, 109_009, _TEN + 2 * HOUR),
        (4_499, 250_159, _TEN + 7 * HOUR),
        (4_654, 255_469, _TEN + 7 * HOUR + 30 * MINUTE),
        (5_401, 266_009, _TEN + 10 * HOUR),
        (7_000, 300_009, _TEN + 22 * HOUR),
        (11_307, 420_579, _END - 4 * MINUTE),
    ),
)
"""加达, Sichuan 2023: the greatest number of valid bids known. "> 109,000" and the like stand for the next grid point."""

_TEN = beijing(2023, 8, 9, 10)
LIJIAGOU = Published(
    start=57,
    step=10,
    opened=beijing(2023, 7, 20, 9),
    timed=_TEN,
    ended=_TEN + 48 * HOUR,
    countdown=4 * MINUTE,
    bidders=("1580", "1628", "1956"),
    winner="1628",
    prices=(
        (669, 37_867, _TEN + 9 * HOUR + 7 * MINUTE),
        (2_124, 77_007, _TEN + 26 * HOUR),
        (2_480, 82_687, _TEN + 30 * HOUR),
        (3_412, 101_017, _TEN + 48 * HOUR - 4 * MINUTE),
    ),
)
"""李家沟北, Sichuan 2023. It ended "in the morning"; the hour here is ours."""
