"""Where a bidder stands in a lot: its answer, its last bid, its priority, its top-up and its sealed bid."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .sealed_bid import SealedBid
from .terms import NONE, Answer

if TYPE_CHECKING:
    from .rules import LotRules


@dataclass
class Standing:
    """The facts of one admitted bidder. Rank 1 is the highest, 0 is none; a match is a bid of the top amount."""

    answer: Answer = Answer.NONE
    last_bid: int | None = None
    rank: int = 0
    matches: int = 0
    topped_up: bool = False
    sealed: SealedBid = field(default_factory=SealedBid)

    def hashed(self, rules: LotRules) -> bytes:
        """Return what the lot hash of B.9 covers of a bidder under these rules."""
        raw = b""
        if rules.has_inquiry:
            raw += struct.pack("<B", self.answer)
        if rules.recent_bidders is not None:
            raw += struct.pack("<q", NONE if self.last_bid is None else self.last_bid)
        if rules.priority is not None:
            raw += struct.pack("<II", self.rank, self.matches)
        if rules.top_up is not None:
            raw += struct.pack("<B", self.topped_up)
        if rules.has_sealed:
            raw += self.sealed.hashed()
        return raw
