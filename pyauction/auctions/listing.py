"""Listing (网上挂牌): free quotes until the listing ends, then timed bidding that every valid bid extends."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from .._engine import LotRules, Phase
from ..clock import Duration, Time, nanoseconds, timestamp_ns
from ..lot import LotSnapshot, Outcome
from ..money import Amount, Money
from ..reserve import Reserve
from .ascending import Increment, increment_parameter, settle_highest


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A listing: a free phase (自由报价) followed by a timed phase (限时竞价).

    The national rules fix almost nothing about the clock; minutes, entry and multiples are provincial or per-notice
    settings, so what differs between sources has no default here.

    * `money`, `start_price` (起始价), `increment` (增价幅度): amounts in the unit of `money`, or `int` minor units.
    * `free`: how long the free phase lasts, or `listing_ends_at`: when it ends. One of the two.
    * `countdown`: the length of the timed phase, which every accepted bid resets (福建 art. 42, 太仓 art. 23). With
      `extension_window` a bid extends only within that time before the deadline, to `countdown` after itself.
    * `hard_end`: the most time that the timed phase may take. None for no limit, as in every rule text seen.
    * `multiples_from`: None if any amount from the ask on is valid; "start" or "current" if bids must rise by whole
      multiples (整数倍) of the step, counted from there. `max_multiple` bounds the steps of one bid.
    * `single_bidder`: with one bidder at the end of the free phase, "decide" at once (汕头 art. 21) or hold the "timed"
      phase. `timed_without_bids`: without any bid, "decide" (not sold) or "enter" the timed phase (钦州).
    * `on_outage`: a deadline that fell while the house was down stands ("close_at_schedule") or suspends the lot.
    * `min_bidders` with `min_bidders_counts` ("admitted" or "quoted"); a listing can be sold to one bidder
      (太仓 art. 21).
    """

    type_id: ClassVar[str] = "listing@1"

    money: Money
    start_price: Amount
    increment: Increment
    free: Duration | None = None
    listing_ends_at: Time | None = None
    countdown: Duration
    reserve: Reserve
    single_bidder: Literal["decide", "timed"]
    timed_without_bids: Literal["enter", "decide"]
    on_outage: Literal["close_at_schedule", "suspend"]
    self_outbid: Literal["allowed", "refused"]
    multiples_from: Literal["start", "current"] | None = None
    max_multiple: int | None = None
    extension_window: Duration | None = None
    hard_end: Duration | None = None
    min_bidders: int | None = None
    min_bidders_counts: Literal["admitted", "quoted"] | None = None
    admission: Literal["listed", "open"] = "listed"

    def rules(self) -> LotRules:
        """Return the rules of a lot. Raises `RuleError` where they contradict each other."""
        return LotRules(
            admission=self.admission,
            start_price=self.money.minor(self.start_price),
            increment=increment_parameter(self.increment, self.money),
            multiple_anchor=self.multiples_from,
            max_multiple=self.max_multiple,
            self_outbid=self.self_outbid,
            phases=[self._free(), self._timed()],
            clock="opening",
            timed_without_bids=self.timed_without_bids,
            single_bidder=self.single_bidder,
            on_outage=self.on_outage,
            min_bidders=self.min_bidders,
            min_bidders_counts=self.min_bidders_counts,
            **self.reserve.parameters(),
        )

    @staticmethod
    def settle(lot: LotSnapshot) -> Outcome:
        """Return that the highest bid wins at its amount, the reserve permitting."""
        return settle_highest(lot)

    def _free(self) -> Phase:
        return Phase(
            "free",
            after_ns=None if self.free is None else nanoseconds(self.free),
            at_ns=None if self.listing_ends_at is None else timestamp_ns(self.listing_ends_at),
        )

    def _timed(self) -> Phase:
        countdown = nanoseconds(self.countdown)
        hard_end = None if self.hard_end is None else nanoseconds(self.hard_end)
        if self.extension_window is None:
            return Phase("timed", after_ns=countdown, reset_to_ns=countdown, hard_end_after_ns=hard_end)
        window = nanoseconds(self.extension_window)
        return Phase("timed", after_ns=countdown, window_ns=window, window_to_ns=countdown, hard_end_after_ns=hard_end)
