"""What a journal keeps of the bids that a process made in it."""

from __future__ import annotations

from typing import Any

from pyauction import replay
from pyauction.events import BidAccepted

LOT_B = 2
"""The number of the lot that processes bid in: the second one that `pyauction.testing` opens."""


def amounts_by_seq(journal: Any) -> dict[int, int]:
    """Return the amount of every accepted bid of lot B, by its sequence."""
    events = [step.event for step in replay(journal)]
    return {event.seq: event.amount_minor for event in events if isinstance(event, BidAccepted) and event.lot == LOT_B}
