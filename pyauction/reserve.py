"""How a lot declares its reserve (底价). There is no default: a lot states one or states that it has none."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from .clock import Duration
from .parameters import span, whole


class NoReserve(msgspec.Struct, frozen=True):
    """The lot is declared to have no reserve (无底价) before bidding opens (N11 art. 18, 拍卖法 art. 50)."""

    def parameters(self) -> dict[str, Any]:
        """Return the rule parameters."""
        return {"reserve": "declared_none"}


class EnteredReserve(msgspec.Struct, frozen=True, kw_only=True):
    """A reserve is required and entered into the house, then held where nothing can read it until the comparison.

    `commitment` says when its commitment is recorded: "before_opening", with the lot, or "at_entry". The entry window
    is counted back from the end of the first phase: Shantou's last 30 minutes (art. 20) are
    `entry_opens_before_end="30m"`, Fujian's "more than an hour before" (art. 32) is `entry_ends_before_end="1h1ns"`.

    With `setters`, 2 to 16, so many people seal and enter a figure each, with `enter_reserve` each, and the reserve is the
    arithmetic mean of the figures (as the platforms of 无锡 have it), in minor units and rounded "up" or "down" as
    `rounding` says. Nobody computes it before the comparison, and the figures must be committed to at their entry. Each
    figure must be at least the start price by itself: a check of the mean would tell the last to enter about the others.
    Who enters is told apart by name, as written: the house knows nobody, and the platform must.

    `published`, where bids are sealed: the reserve is disclosed while they are opened, and the opening cannot be finished
    before. It "decides" as always (四川 2025), or is for "reference" and never compared (标底: 招标投标法实施条例 art. 27, 50).
    """

    commitment: Literal["before_opening", "at_entry"]
    entry_opens_before_end: Duration | None = None
    entry_ends_before_end: Duration | None = None
    setters: int | None = None
    rounding: Literal["up", "down"] | None = None
    published: Literal["decides", "reference"] | None = None

    def parameters(self) -> dict[str, Any]:
        """Return the rule parameters."""
        return {
            "reserve": "required",
            "reserve_setters": whole("reserve_setters", self.setters),
            "reserve_rounding": self.rounding,
            "reserve_published": self.published,
            "reserve_custody": "entered",
            "reserve_commitment": self.commitment,
            "entry_opens_before_end_ns": span("entry_opens_before_end", self.entry_opens_before_end),
            "entry_ends_before_end_ns": span("entry_ends_before_end", self.entry_ends_before_end),
        }


Reserve = NoReserve | EnteredReserve
