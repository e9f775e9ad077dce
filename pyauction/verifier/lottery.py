"""The lottery among the bidders at the price cap: the commitments of its seeds, and the draw."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

from . import cap
from .terms import Reason, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .lot import Lot


def lottery_commitment(seed: bytes) -> bytes:
    """Return the commitment to a seed, as the rules of a lot state it."""
    return hashlib.sha256(b"pyauction/lottery/seed/v1" + seed).digest()


def is_due(lot: Lot) -> bool:
    """Return whether a lot that is to be sold is to be drawn: whether several bidders are at the cap."""
    sells = lot.accepted > 0 and lot.has_enough_bidders
    return sells and cap.draws(lot) and len(cap.bidders_at(lot)) > 1


def refusal(lot: Lot, seeds: Sequence[bytes]) -> Reason | None:
    """Return why the lottery is not drawn with these seeds, or None if it is."""
    if lot.state != State.AWAITING_DRAW:
        return Reason.WRONG_PHASE
    committed = tuple(map(lottery_commitment, seeds))
    return None if committed == lot.rules.lottery_seeds else Reason.SEED_MISMATCH


def draw(lot: Lot, seeds: Sequence[bytes]) -> int:
    """Return the bidder whom the lot falls to."""
    bidders, name = cap.bidders_at(lot), lot.name.encode("utf-8")
    digest = hashlib.sha256(
        b"pyauction/lottery/draw/v1"
        + struct.pack("<H", len(name))
        + name
        + struct.pack("<II", lot.opened.round, len(bidders))
        + struct.pack(f"<{len(bidders)}I", *bidders)
        + b"".join(seeds)
    ).digest()
    return bidders[int.from_bytes(digest, "big") % len(bidders)]
