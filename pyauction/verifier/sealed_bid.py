"""One sealed bid as a lot knows it, and the commitment to one."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .reserve import committed
from .terms import ZERO_32

if TYPE_CHECKING:
    from .lot import Lot


def sealed_commitment(  # noqa: PLR0917 - the parts in the order of the hash
    lot: str, round_: int, currency: str, exponent: int, further_rounds: int, bidder: str, amount: int, blinding: bytes
) -> bytes:
    """Return the commitment of A.6 to a sealed bid, for one lot, round, currency, further sealed round and bidder."""
    further = struct.pack("<I", further_rounds), bidder.encode("utf-8")
    return committed(b"pyauction/sealed-bid/v1", (lot, round_, currency, exponent), further, amount, blinding)


def commitment_in(lot: Lot, bidder: str, amount: int, blinding: bytes) -> bytes:
    """Return the commitment to a sealed bid that a bidder places in a lot in its present round."""
    terms, again = lot.opened, lot.further_rounds
    return sealed_commitment(terms.name, terms.round, terms.currency, terms.exponent, again, bidder, amount, blinding)


@dataclass
class SealedBid:
    """The facts of a bidder's sealed bid, resting where there is none.

    `tied` is of the bidder: once anybody is tied, only who is may bid. The points are a fraction as it was stated, 0/0 for
    none. A bid is `counted` once the end of the opening has made it an accepted one.
    """

    commitment: bytes = ZERO_32
    placed_seq: int = 0
    opened: bool = False
    amount: int = 0
    tied: bool = False
    numerator: int = 0
    denominator: int = 0
    counted: bool = False

    @property
    def stands(self) -> bool:
        """Return whether there is a sealed bid."""
        return self.commitment != ZERO_32

    @property
    def scored(self) -> bool:
        """Return whether points were given to the bid."""
        return self.denominator != 0

    def hashed(self) -> bytes:
        """Return what the lot hash of B.9 covers of a sealed bid."""
        placed = self.commitment + struct.pack("<IBqB", self.placed_seq, self.opened, self.amount, self.tied)
        return placed + struct.pack("<qqB", self.numerator, self.denominator, self.counted)
