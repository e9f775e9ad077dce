"""Online auction (网上拍卖): timed or called by an auctioneer, with at least three bidders."""

from __future__ import annotations

from typing import ClassVar

from .._engine import LotRules
from ..lot import LotSnapshot, Outcome
from ..told import Told
from .faults import too_few
from .phased import Phased
from .settlement import settle

_LEAST_BIDDERS = 3


class OnlineAuction(Phased, frozen=True, kw_only=True):
    """An online auction: a free phase if there is one, then timed bidding, or bidding that an auctioneer ends.

    The parameters are those of `Listing`, and:

    * Neither `free` nor `listing_ends_at`: bidding is timed from the opening.
    * No `countdown`: the last phase ends when somebody calls `close_lot` (落槌).
    * `min_bidders` with `min_bidders_counts` must be stated, and be at least 3: with fewer the auction is stopped and
      nothing is sold (国土资发〔2011〕242号 art. 17; 四川 2020).
    """

    type_id: ClassVar[str] = "auction@1"

    def rules(self) -> LotRules:
        """Return the rules of a lot. Raises `MisuseError` that names the parameter, `RuleError` for contradictions."""
        least = self.min_bidders
        if not isinstance(least, int) or least < _LEAST_BIDDERS:
            raise too_few("min_bidders", _LEAST_BIDDERS, Told("an auction", "拍卖的竞买人不得少于 {} 人"), least)
        return super().rules()

    @staticmethod
    def settle(lot: LotSnapshot) -> Outcome:
        """Return that the highest bid wins at its amount, with enough bidders and the reserve permitting."""
        return settle(lot)
