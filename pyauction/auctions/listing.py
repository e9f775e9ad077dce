"""Listing (网上挂牌): free quotes until the listing ends, then timed bidding that every valid bid extends."""

from __future__ import annotations

from typing import ClassVar, Literal

from .._engine import LotRules, Phase
from ..clock import Duration, Time
from ..errors import RuleError
from ..lot import LotSnapshot, Outcome
from ..parameters import point, span
from .ascending import Ascending, settle_highest


class Listing(Ascending, frozen=True, kw_only=True):
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
    _words: ClassVar[dict[str, str]] = {
        "phases: phase 0: end: expected a time": "listing_ends_at: expected a time",
        "phases: phase 0: end": "free",
        "phases: phase 1: end": "countdown",
        "phases: phase 1: window": "extension_window",
        "phases: phase 1: extension": "countdown",
        "phases: phase 1: hard end": "hard_end",
    }

    free: Duration | None = None
    listing_ends_at: Time | None = None
    countdown: Duration
    extension_window: Duration | None = None
    hard_end: Duration | None = None
    single_bidder: Literal["decide", "timed"]
    timed_without_bids: Literal["enter", "decide"]

    def rules(self) -> LotRules:
        """Return the rules of a lot. Raises `MisuseError` that names the parameter, `RuleError` for contradictions."""
        return self._rules(
            [self._free(), self._timed()],
            clock="opening",
            timed_without_bids=self.timed_without_bids,
            single_bidder=self.single_bidder,
        )

    @staticmethod
    def settle(lot: LotSnapshot) -> Outcome:
        """Return that the highest bid wins at its amount, the reserve permitting."""
        return settle_highest(lot)

    def _free(self) -> Phase:
        if (self.free is None) == (self.listing_ends_at is None):
            raise RuleError("free and listing_ends_at: expected exactly one of them")
        return Phase("free", after_ns=span("free", self.free), at_ns=point("listing_ends_at", self.listing_ends_at))

    def _timed(self) -> Phase:
        self._stated("countdown", self.countdown)
        countdown, hard_end = span("countdown", self.countdown), span("hard_end", self.hard_end)
        window = span("extension_window", self.extension_window)
        if window is None:
            return Phase("timed", after_ns=countdown, reset_to_ns=countdown, hard_end_after_ns=hard_end)
        return Phase("timed", after_ns=countdown, window_ns=window, window_to_ns=countdown, hard_end_after_ns=hard_end)
