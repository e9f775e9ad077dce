"""What settlement and reports see of a lot, and what settlement returns."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from .money import Money, Unit


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a lot ended. `winner` is a bidder number, `price_minor` the hammer price (成交价); both None if unsold.

    `cause` says why a lot was not sold; a third party's type uses "type_rule" with a `detail`.
    """

    kind: Literal["sold", "unsold"]
    cause: Literal["none", "no_bids", "too_few_bidders", "reserve_not_met", "type_rule"] = "none"
    winner: int | None = None
    price_minor: int | None = None
    detail: str = ""


class SealedBidFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a bidder's sealed bid (密封报价). The amount is None until it is opened.

    `commitment` is None where the bidder has none yet and may place one in a further round, being `tied`. `placed_seq` is the
    `lot_seq` of the record that placed it. `valid` says whether an opened bid counts, `points` what it was given, as
    numerator and denominator, `counted` whether it became an accepted bid when the opening was finished.
    """

    bidder: int
    commitment: str | None
    placed_seq: int
    amount_minor: int | None
    valid: bool
    points: tuple[int, int] | None
    counted: bool
    tied: bool


class LotSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a lot at one moment, after its record `lot_seq`. Nothing in them depends on an amount that was sealed.

    `step_minor` is by how much a bid must rise now over the top, or over the start price. `bids` are the accepted bids
    in order, as (bidder number, amount in minor units); `bidders` are names by number from 1, `ranks` those of holders
    of a priority by their numbers, `matches` how often they used it. `answers` are those to the inquiry, `topped_up`
    whose further deposit was confirmed. `preset` and `preset_digest` name the rule book that the rules were taken from,
    "" and zeros for none. `has_begun` says whether bidding began, `closed_at_ns` when the lot closed; `suspended_at_ns`
    is since when a suspended lot is so, `may_state_end` whether who resumes it may state an end or an opening,
    `remaining_ns` what it has left and `resumes_at_ns` when it will be resumed, as announced under rules with
    `resume_notice`. `reserve` is what is known of the reserve: declared_none, missing, committed, entered, met or
    not_met; where several people set it, it is missing until all of them have entered a figure, `reserve_figures` says
    who has, with the commitment of each, and `commitment` binds them. `cap_reached` says whether the top reached a cap
    that is in force, `at_cap` who bid it, `drawn` whom a lottery gave the lot. `sealed_bids` are what is known of
    sealed bids, by bidder number; `further_rounds` how many sealed rounds followed the first; `published_minor` the
    reserve once it was disclosed, where that belongs to the opening; `has_unopened` whether sealed bids stand and no
    opening was finished, which at the end means that they were too few.
    """

    lot: int
    lot_seq: int
    name: str
    type_id: str
    currency: str
    exponent: int
    unit: str
    unit_scale: int
    round: int
    opens_at_ns: int
    preset: str
    preset_digest: str
    rules: dict[str, Any]
    state: Literal[
        "scheduled",
        "bidding",
        "suspended",
        "awaiting_opening",
        "awaiting_reserve",
        "awaiting_draw",
        "closed",
        "decided",
        "terminated",
    ]
    standing_minor: int | None
    step_minor: int
    leader: int | None
    bids: tuple[tuple[int, int], ...]
    bidders: tuple[str, ...]
    ranks: dict[int, int]
    matches: dict[int, int]
    answers: dict[int, Literal["yes", "no"]]
    topped_up: tuple[int, ...]
    accepted: int
    refused: int
    extensions: int
    quoted: int
    enough_bidders: bool
    closes_at_ns: int | None
    has_begun: bool
    suspended_at_ns: int | None
    may_state_end: bool
    closed_at_ns: int | None
    remaining_ns: int | None
    resumes_at_ns: int | None
    reserve: Literal["declared_none", "missing", "committed", "entered", "met", "not_met"]
    commitment: str | None
    reserve_figures: dict[str, str]
    cap_reached: bool
    at_cap: tuple[int, ...]
    drawn: int | None
    sealed_bids: tuple[SealedBidFacts, ...] = ()
    further_rounds: int = 0
    published_minor: int | None = None
    has_unopened: bool = False
    outcome: Outcome | None

    @property
    def money(self) -> Money:
        """The lot's currency and unit."""
        return Money(self.currency, self.exponent, Unit(self.unit, self.unit_scale) if self.unit else None)

    @property
    def reserve_setters(self) -> int:
        """How many people set the reserve."""
        return int(self.rules.get("reserve_setters", 1))

    @property
    def reserve_commitments(self) -> tuple[str, ...]:
        """What a disclosure of the reserve, or of a figure of it, must fit."""
        if self.reserve_setters > 1:
            return tuple(self.reserve_figures.values())
        return () if self.commitment is None else (self.commitment,)

    def bidder_name(self, number: int | None) -> str | None:
        """Return the name (竞买号) of a bidder number, or None for nobody."""
        return self.bidders[number - 1] if number else None


def snapshot(facts: dict[str, Any]) -> LotSnapshot:
    """Return the snapshot of a lot's native facts."""
    return msgspec.convert(facts, LotSnapshot)
