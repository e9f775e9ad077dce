"""What was recorded of how a lot ended."""

from __future__ import annotations

import msgspec

from .amounts import amount_reader
from .lots import Columns, LotRows, Source
from .mapping import Mapping


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A lot's recorded outcome. A line is None where that fact was not recorded; recorded None is unsold."""

    winner: str | None = None
    winner_line: int | None = None
    price_minor: int | None = None
    price_line: int | None = None

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to compare."""
        return self.winner_line is None and self.price_line is None

    @property
    def sold(self) -> bool:
        """Whether a sale was recorded."""
        return self.winner is not None or self.price_minor is not None


class RecordedOutcomes:
    """Reads the outcome columns."""

    def __init__(self, mapping: Mapping, columns: Columns) -> None:
        self._unsold = mapping.outcome.unsold
        self._read_amount = amount_reader(mapping.amount)
        winner, price = mapping.outcome.winner, mapping.outcome.price
        self._winner = None if winner is None else columns.find(winner, "outcome.winner")
        self._price = None if price is None else columns.find(price, "outcome.price")
        self.are_mapped = winner is not None or price is not None

    def of(self, lot: LotRows) -> Recorded:
        """Return what was recorded of a lot. Raises `UnreadableCell`."""
        deciding = self._winner or self._price
        word = None if deciding is None else deciding.read(lot, str)
        winner_line, price_line = _line(self._winner, lot), _line(self._price, lot)
        if word is not None and word in self._unsold:
            return Recorded(winner_line=winner_line, price_line=price_line)
        winner = None if self._winner is None else self._winner.read(lot, str)
        price = None if self._price is None else self._price.read(lot, self._read_amount)
        return Recorded(
            winner=winner,
            winner_line=None if winner is None else winner_line,
            price_minor=price,
            price_line=None if price is None else price_line,
        )


def _line(source: Source | None, lot: LotRows) -> int | None:
    return None if source is None else source.line(lot)
