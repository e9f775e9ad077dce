"""Sales under the rule books: what the books leave open is given here, and a sale is a table of steps."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from sales import SECOND, WHO, Told, manual_house

from pyauction import (
    CNY,
    AuctionHouse,
    AuctionType,
    Decision,
    English,
    Event,
    Listing,
    MemoryJournal,
    NoReserve,
    OnlineAuction,
    Report,
    SealedBid,
    SealedReserve,
    Tender,
    lottery_commitment,
    replay,
    rulebook,
    verifier,
    verify,
)
from pyauction.events import LotClosed

M, H, D = 60, 3_600, 86_400
"""A minute, an hour and a day in seconds."""
ORDER = {"authority": "市自然资源局", "why": "系统故障"}
SEEDS = (b"\7" * 32, b"\x08" * 32)

_EVERY: dict[str, Any] = {
    "unit": "分",
    "start_price": 100,
    "increment": 10,
    "self_outbid": "allowed",
    "on_outage": "suspend",
}
_RESERVE: dict[str, Any] = {"reserve": "required", "reserve_commitment": "at_entry"}

GIVEN: dict[str, dict[str, Any]] = {
    "capped_rounds": {**_EVERY, "free": "24h", "countdown": "5m", "extension_window": "5m", "cap": 400},
    "dezhou": {**_EVERY, **_RESERVE, "multiples_from": False, "free": "10h", "countdown": "5m"},
    "fujian": {
        **_RESERVE,
        "start_price": "100",
        "increment": "10",
        "timed_increment": "5",
        "self_outbid": "allowed",
        "on_outage": "suspend",
        "free": "10h",
    },
    "jilin_2025": {**_EVERY, **_RESERVE, "multiples_from": False, "free": "10h", "timed_entry": "prior_bid_and_yes"},
    "judicial": {**_EVERY, **_RESERVE, "multiples_from": False, "free": "24h"},
    "qinzhou_auction": {**_EVERY, **_RESERVE, "multiples_from": False, "min_bidders_counts": "admitted"},
    "shantou": {**_EVERY, **_RESERVE, "multiples_from": False, "free": "10h"},
    "shanxi_2024": {
        **_EVERY,
        "reserve_commitment": "before_opening",
        "multiples_from": "start",
        "free": "10h",
        "free_stop": False,
        "inquiry": "5m",
        "inquiry_yes": 2,
        "preparation": "15m",
        "timed_entry": "yes",
        "countdown": "4m",
        "single_bidder": "decide",
        "timed_without_bids": "decide",
        "entry_opens_before_end": "1h",
        "entry_ends_before_end": "30m",
    },
    "sichuan_2023": {
        "start_price": "319",
        "self_outbid": "refused",
        "on_outage": "close_at_schedule",
        "free": "10h",
        "inquiry": False,
        "inquiry_yes": False,
        "preparation": False,
        "timed_entry": False,
        "single_bidder": "timed",
        "timed_without_bids": "enter",
    },
    "sichuan_2025_topup": {
        **_EVERY,
        **_RESERVE,
        "multiples_from": False,
        "free": "10h",
        "inquiry": False,
        "inquiry_yes": False,
        "preparation": False,
        "timed_entry": False,
        "countdown": "5m",
        "cap": 150,
        "cap_in_free": False,
        "cap_pause": "24h",
        "cap_countdown": "3m",
        "single_bidder": "timed",
        "timed_without_bids": "decide",
    },
    "sichuan_2024_sealed": {
        **_EVERY,
        **_RESERVE,
        "multiples_from": False,
        "free": "10h",
        "inquiry": False,
        "inquiry_yes": False,
        "preparation": False,
        "timed_entry": False,
        "countdown": "5m",
        "cap": 150,
        "cap_in_free": False,
        "cap_pause": "24h",
        "sealed": "2h",
        "sealed_custody": "bidder",
        "sealed_change": False,
        "single_bidder": "timed",
        "timed_without_bids": "decide",
    },
    "suzhou_oneprice": {
        **_RESERVE,
        "start_price": "100",
        "increment": "10",
        "self_outbid": "allowed",
        "on_outage": "suspend",
        "free": "10h",
        "countdown": "5m",
        "cap": "125",
        "cap_in_free": False,
        "cap_pause": "30m",
        "cap_inquiry": "5m",
        "sealed": "10m",
        "sealed_most": "150",
        "single_bidder": "timed",
        "timed_without_bids": "decide",
        "reserve_published": "decides",
    },
    "taicang": {**_EVERY, **_RESERVE, "free": "10h", "single_bidder": "decide"},
    "tender_comprehensive": {
        **_RESERVE,
        "unit": "分",
        "start_price": 100,
        "on_outage": "suspend",
        "submission": "480h",
        "sealed_custody": "house",
        "sealed_change": "change_or_withdraw",
        "sealed_tie": "higher",
        "reserve_published": "reference",
    },
    "weifang": {**_EVERY, **_RESERVE, "multiples_from": False, "free": "10h"},
    "wuxi_lottery": {
        **_EVERY,
        **_RESERVE,
        "free": "10h",
        "cap": 150,
        "lottery_seeds": tuple(lottery_commitment(seed) for seed in SEEDS),
        "reserve_setters": False,
        "reserve_rounding": False,
        "single_bidder": "timed",
        "timed_without_bids": "decide",
    },
}
"""For every rule book a value for each thing that it leaves open."""

NO_RESERVE: dict[str, Any] = {"reserve": "declared_none", "reserve_commitment": None}


def auction(name: str, **changes: Any) -> Listing | OnlineAuction | Tender:
    """Return the auction of a rule book with what it leaves open, given with the changes."""
    return rulebook(name).auction(**(GIVEN[name] | changes))


def english(**changes: Any) -> English:
    """Return an auction of an hour under no rule book."""
    terms: dict[str, Any] = {
        "money": CNY, "start_price": 100, "increment": 10, "length": "1h", "reserve": NoReserve(), "on_outage": "suspend",
        "self_outbid": "allowed",
    }  # fmt: skip
    return English(**terms | changes)


class Room:
    """A house with one lot, whose time stands at what the caller states, in seconds."""

    LOT = "KQ-1"

    def __init__(
        self, terms: AuctionType, admitted: str = "A B C", sealed: int | None = None, journal: Any = None
    ) -> None:
        """Open the lot at 0 and admit bidders; `sealed` is a reserve whose commitment is recorded with the opening."""
        self.journal = MemoryJournal() if journal is None else journal
        self.house: AuctionHouse = manual_house(self.journal)
        self.sealed = None if sealed is None else SealedReserve.for_simulation(self.LOT, sealed)
        self.house.open_lot(self.LOT, terms, commitment=self.sealed)
        for bidder in admitted.split():
            self.house.admit(self.LOT, bidder)
        self.quotes: dict[str, SealedBid] = {}
        """The sealed bid that each bidder keeps."""
        self.reserves: dict[int, SealedReserve] = {}

    def do(self, at: float, verb: str, *what: Any) -> Decision:
        """Do one thing at a second: "bid", "yes", "enter" and so on, as the methods below."""
        decision: Decision = getattr(self, f"_{verb}")(*what, at=round(at * SECOND))
        return decision

    def _bid(self, bidder: str, amount: Any, at: int) -> Decision:
        return self.house.bid(self.LOT, bidder, amount, at=at)

    def _keyed(self, bidder: str, amount: Any, at: int) -> Decision:
        return self.house.bid(self.LOT, bidder, amount, key=b"r-1", at=at)

    def _admit(self, bidder: str, at: int) -> Decision:
        return self.house.admit(self.LOT, bidder, at=at)

    def _close(self, at: int) -> Decision:
        return self.house.close_lot(self.LOT, at=at)

    def _grant(self, bidder: str, rank: int, at: int) -> Decision:
        return self.house.grant_priority(self.LOT, bidder, rank=rank, by="法院", at=at)

    def _draw(self, *seeds: bytes, at: int) -> Decision:
        return self.house.draw_lottery(self.LOT, list(seeds), at=at)

    def _yes(self, bidder: str, at: int) -> Decision:
        return self.house.answer_inquiry(self.LOT, bidder, "yes", at=at)

    def _no(self, bidder: str, at: int) -> Decision:
        return self.house.answer_inquiry(self.LOT, bidder, "no", at=at)

    def _enter(self, amount: int, at: int) -> Decision:
        self.reserves[amount] = SealedReserve.for_simulation(self.LOT, amount)
        return self.house.enter_reserve(self.LOT, self.reserves[amount], **WHO, at=at)

    def _figure(self, amount: int, by: str, at: int) -> Decision:
        reserve = SealedReserve.for_simulation(self.LOT, amount)
        return self.house.enter_reserve(self.LOT, reserve, by=by, witness="纪检组", at=at)

    def _suspend(self, at: int) -> Decision:
        return self.house.suspend_lot(self.LOT, **ORDER, at=at)

    def _announce(self, resumes_at: float, at: int) -> Decision:
        return self.house.announce_resumption(self.LOT, round(resumes_at * SECOND), **ORDER, at=at)

    def _resume(self, ends_at: float | None = None, *, at: int) -> Decision:
        stated = None if ends_at is None else round(ends_at * SECOND)
        return self.house.resume_lot(self.LOT, **ORDER, ends_at=stated, at=at)

    def _terminate(self, at: int) -> Decision:
        return self.house.terminate_lot(self.LOT, **ORDER, at=at)

    def _top_up(self, bidder: str, at: int) -> Decision:
        return self.house.confirm_top_up(self.LOT, bidder, by="银行", at=at)

    def _place(self, bidder: str, amount: Any, at: int) -> Decision:
        bid = self.house.seal_bid(self.LOT, bidder, amount)
        decision = self.house.place_sealed_bid(self.LOT, bidder, bid, at=at)
        if decision.accepted:
            self.quotes[bidder] = bid
        return decision

    def _withdraw(self, bidder: str, at: int) -> Decision:
        return self.house.withdraw_sealed_bid(self.LOT, bidder, at=at)

    def _open(self, bidder: str, at: int) -> Decision:
        return self.house.open_sealed_bid(self.LOT, bidder, self.quotes.get(bidder), at=at)

    def _open_other(self, bidder: str, amount: Any, at: int) -> Decision:
        """Open another sealed bid than the one that was placed."""
        return self.house.open_sealed_bid(self.LOT, bidder, self.house.seal_bid(self.LOT, bidder, amount), at=at)

    def _exclude(self, bidder: str, at: int) -> Decision:
        return self.house.exclude_sealed_bid(self.LOT, bidder, authority="招标人", why="未到场开启", at=at)

    def _score(self, bidder: str, points: Any, at: int) -> Decision:
        return self.house.score_sealed_bid(self.LOT, bidder, points, by="评标委员会", at=at)

    def _disclose(self, amount: int, at: int) -> Decision:
        reserve = self.reserves[amount]
        return self.house.disclose_reserve(self.LOT, reserve, by="招标人", at=at)

    def _finish(self, at: int) -> Decision:
        return self.house.finish_opening(self.LOT, authority="招标人", why="开标结束", at=at)

    def answer(self, at: float, verb: str, *what: Any) -> str:
        """Do one thing and return "ok" or the reason of the refusal."""
        return self.do(at, verb, *what).reason or "ok"

    @property
    def closes_at(self) -> float | None:
        """When the present phase ends, in seconds."""
        ns = self.house.quote(self.LOT).closes_at_ns
        return None if ns is None else ns / SECOND

    @property
    def phase(self) -> str:
        return self.house.quote(self.LOT).phase

    def run_out(self) -> None:
        """Let every deadline pass."""
        while (deadline := self.house.next_deadline()) is not None:
            self.house.advance(at=deadline)

    def result(self) -> tuple[str, int] | str | None:
        """Return how the lot ended: (winner's name, price), the cause, or None while that is open."""
        lot, outcome = self.house.snapshot(self.LOT), self.house.outcome(self.LOT)
        if outcome is None:
            return None
        name = lot.bidder_name(outcome.winner)
        return (name, outcome.price_minor) if name and outcome.price_minor is not None else outcome.cause

    def end(self) -> Told | None:
        """Close the house, have both verifiers agree, and return when bidding ended and how."""
        result = self.result()
        self.house.close()
        verified(self.journal)
        closed = [event for event in events(self.journal) if isinstance(event, LotClosed)]
        return Told((), closed[0].due_ns / SECOND if closed else None, result)


Step = tuple[Any, ...]
"""(second, verb, what)"""


def course(terms: AuctionType, steps: Sequence[Step], *, admitted: str = "A B C", sealed: int | None = None) -> Told:
    """Hold a sale: do the steps, let all deadlines pass, verify; return the answers, when it closed and how it ended."""
    room = Room(terms, admitted, sealed)
    answers = tuple(room.answer(*step) for step in steps)
    room.run_out()
    ended = room.end()
    assert ended is not None
    return Told(answers, ended.closed_at, ended.result)


def ok(steps: Sequence[Step]) -> tuple[str, ...]:
    """Return the answers where nothing is refused."""
    return ("ok",) * len(steps)


def events(journal: Any) -> list[Event]:
    return [step.event for step in replay(journal)]


def verified(journal: Any) -> Report:
    """Return the report on which both verifiers agree: nothing is wrong."""
    report = verify(journal)
    assert report.ok, report.to_text()
    assert report == verifier.verify_files(journal.files())
    return report


Anchor = tuple[int, int, int]
"""(bids so far, amount in minor units, time in nanoseconds)"""


def through(step: int, anchors: Sequence[Anchor], bidders: Sequence[str], winner: str) -> list[tuple[int, str, int]]:
    """Return a valid course of bids through every anchor, as (time, bidder, amount); the first anchor is bid 1.

    Amounts rise by whole steps. Between two anchors bids are an equal time apart, and everything is invention.
    """
    chance = random.Random(anchors[-1][1])
    n, amount, at = anchors[0]
    assert n == 1
    placed = [(at, amount)]
    for (n0, from_, t0), (n1, to, t1) in pairwise(anchors):
        between, k = n1 - n0 - 1, (to - from_) // step
        assert from_ + k * step == to, f"{to} does not lie on the grid"
        rises = sorted(chance.sample(range(1, k), between))
        width = (t1 - t0) // (n1 - n0)
        placed += [(t0 + width * (index + 1), from_ + rise * step) for index, rise in enumerate(rises)] + [(t1, to)]
    who = [winner]
    for _ in placed[1:]:
        who.append(chance.choice([bidder for bidder in bidders if bidder != who[-1]]))
    return [(at, bidder, amount) for (at, amount), bidder in zip(placed, reversed(who), strict=True)]


@dataclass(frozen=True)
class Done:
    """What a run of the program left."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


Cli = Callable[..., Done]


def rule_file(folder: Path, text: str, name: str = "notice.toml") -> Path:
    """Write a rule file whose first line is the schema, and return its path."""
    path = folder / name
    path.write_text(f'schema = "pyauction.rules/1"\n{text}', "utf-8")
    return path
