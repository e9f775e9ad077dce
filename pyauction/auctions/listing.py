"""Listing (网上挂牌): free quotes until the listing ends, then timed bidding that every valid bid extends."""

from __future__ import annotations

from typing import ClassVar

from .._engine import LotRules
from ..lot import LotSnapshot, Outcome
from .faults import one_of_two
from .phased import Phased
from .settlement import settle


class Listing(Phased, frozen=True, kw_only=True):
    """A listing: a free phase (自由报价) followed by a timed phase (限时竞价).

    The national rules fix almost nothing about the clock; minutes, entry and multiples are provincial or per-notice
    settings, so what differs between sources has no default here, and what a source may leave out is off.

    * `money`, `start_price` (起始价), `increment` (增价幅度): amounts in the unit of `money`, or `int` minor units.
      `timed_increment`: another step for the timed phase (福建 art. 43). `first_bid_min`: "start_plus_step" if the first
      bid must exceed the start price by a step. `precision`: amounts are whole multiples of it (福建 art. 30).
    * `multiples_from`: None if any amount from the ask on is valid; "start" or "current" if bids must rise by whole
      multiples (整数倍) of the step, counted from there. `max_multiple` bounds the steps of one bid.
    * `free`: how long the free phase lasts, or `listing_ends_at`: when it ends. One of the two. `free_least`: not
      shorter than that (法释〔2016〕18号 art. 20: 24 hours); with a stated end a lot does not open, nor is its opening
      postponed, so that less open time is left. `free_stop`: bids are refused in so much time before its end
      (太仓: one hour).
    * `inquiry` (询问期): so long bidders are asked whether they want timed bidding; `inquiry_yes` of them must say yes
      (汕头 art. 23: any; an option of 太仓's platform: two), or the bidding is over. `preparation` (准备期): so long nobody
      bids before it begins.
    * `recent_bidders` within `recent_window`: so many must have bid at the end of the free phase, or the bidding is over
      (福建 art. 33, 40: two in the last hour).
    * `timed_entry`: who may bid in the timed phase: None for everybody, "prior_bid" (汕头 art. 19, 德州), "yes" in the
      inquiry, or "prior_bid_and_yes".
    * `countdown`: the length of the timed phase, which every accepted bid resets (福建 art. 42, 太仓 art. 23). With
      `extension_window` a bid extends only within that time before the deadline, to `countdown` after itself.
      `hard_end`: the most time that the timed phase may take; `max_extensions`: the most extensions. Off in every rule
      text seen.
    * `late_bids`: "extend" if there is no timed phase, but bids in the `extension_window` before the listing's end move
      that end to `countdown` after themselves (潍坊).
    * `single_bidder`: with one bidder at the end of the free phase, "decide" at once (福建 art. 33) or hold the "timed"
      phase. `timed_without_bids`: without any bid, "decide" (not sold) or "enter" the timed phase (钦州).
    * `closed`: spans of time in which bidding is closed and its clock stands still (maintenance, nights, holidays).
    * `on_outage`: a deadline that fell while the house was down stands ("close_at_schedule") or suspends the lot.
    * A suspended lot (中止) goes on with the time that was left, but `resume_free`: "extend" if who resumes it may state
      a later end of the free phase, `resume_free_most`: with no more left than that at most so much is left afterwards;
      `resume_timed`: a timed phase begins again by itself ("restart") or with its preparation (福建 art. 55).
      `resume_notice`: the resumption must be announced so long ahead, unless it comes `resume_direct_within` after the
      suspension (福建 art. 58). `postponed_end`: where the opening is postponed (`resume_lot(opens_at=...)`) `listing_ends_at`
      "moves", so that as much open time is left; otherwise it stays, and the opening must be before it.
    * `priority`: confirmed holders of a priority (优先权) may bid the top amount "once" or "repeatedly".
    * `cap` (封顶价, 熔断价) with `cap_action`: a bid of the cap ends the bidding and wins ("sell"); "enter": it leads to a pause
      of `cap_pause`, or until `cap_pause_ends_at`, an inquiry of `cap_inquiry` if there is one, and then to timed bidding with
      `cap_countdown`, with `top_up`: "required" only for bidders whose further deposit is confirmed (四川 2025), or to sealed
      bids; "lottery": other bidders may bid the cap too, and with several at it a lottery decides (摇号), drawn from seeds
      whose commitments are `lottery_seeds`; "next_round" or "other_quantity": bidding goes on in another lot (斯诺威).
      `cap_passing`: "allowed" if a bid may pass the cap; otherwise it is refused, and the cap itself may always be bid, on the
      grid of steps or not. `cap_in_free`: "at_end" if a cap reached in the free phase has its effect at that phase's end.
    * Sealed bids behind the cap, for the time of `sealed` (四川 2024, 苏州 2016). `Tender` explains
      `sealed_custody`, `sealed_change`, `sealed_min` and `sealed_most`. `sealed_award`: the "highest" wins, of equal ones as
      `sealed_tie` says, where "requote" lets those bid again; or the one "closest_to_mean". `sealed_equal`: "refused" if nobody
      may place an amount that another has; who tries learns that there is such a bid.
    * `further`: rules of the engine that no parameter here states, as (("name", value), ...) with their names in FORMAT.md B.1:
      a rule that the engine learns can be stated so at once.
    * `min_bidders` with `min_bidders_counts` ("admitted" or "quoted"); a listing can be sold to one bidder
      (太仓 art. 21).
    """

    type_id: ClassVar[str] = "listing@1"

    def rules(self) -> LotRules:
        """Return the rules of a lot. Raises `MisuseError` that names the parameter, `RuleError` for contradictions."""
        if (self.free is None) == (self.listing_ends_at is None):
            raise one_of_two("free", "listing_ends_at", exactly=True)
        self._stated("countdown", self.countdown)
        return super().rules()

    @staticmethod
    def settle(lot: LotSnapshot) -> Outcome:
        """Return that the highest bid wins at its amount, the reserve permitting."""
        return settle(lot)
