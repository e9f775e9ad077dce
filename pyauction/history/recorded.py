"""What was recorded of how a lot ended."""

from __future__ import annotations

import msgspec

from ..told import Told
from .amounts import amount_reader
from .findings import Skipped, UnreadableCell, shown
from .lots import Columns, LotRows, Source
from .mapping import Mapping


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A lot's recorded outcome. A line is None where that fact was not recorded; recorded None is unsold.

    `unreadable` are cells that say nothing that could be compared.
    """

    winner: str | None = None
    winner_line: int | None = None
    price_minor: int | None = None
    price_line: int | None = None
    unreadable: tuple[Skipped, ...] = ()

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

    @property
    def files(self) -> dict[str, str]:
        """In which file each field is recorded."""
        sources = {"winner": self._winner, "price": self._price}
        return {field: source.file for field, source in sources.items() if source is not None}

    def of(self, lot: LotRows) -> Recorded:
        """Return what was recorded of a lot. A cell that cannot be read costs that cell alone."""
        unreadable: list[Skipped] = []
        winner, winner_line = self._winner_of(lot, unreadable)
        is_unsold = winner is None and winner_line is not None
        price, price_line = self._price_of(lot, unreadable, is_unsold=is_unsold, is_sold=winner is not None)
        return Recorded(
            winner=winner,
            winner_line=winner_line,
            price_minor=price,
            price_line=price_line,
            unreadable=tuple(unreadable),
        )

    def _winner_of(self, lot: LotRows, unreadable: list[Skipped]) -> tuple[str | None, int | None]:
        source = self._winner
        try:
            word = None if source is None else source.read(lot, str)
        except UnreadableCell as error:
            unreadable.append(error.skipped)
            return None, None
        if source is None or word is None:
            return None, None
        return (None if word in self._unsold else word), source.line(lot)

    def _price_of(
        self, lot: LotRows, unreadable: list[Skipped], *, is_unsold: bool, is_sold: bool
    ) -> tuple[int | None, int | None]:
        """Return the price, None for none. An unsold lot's price is a word that says so, nothing, or zero."""
        source = self._price
        text = None if source is None else source.text(lot)
        if source is None or text is None:
            return None, None
        if text in source.null:
            return None, source.line(lot) if is_unsold else None
        if text in self._unsold and not is_sold:
            return None, source.line(lot)
        try:
            price = source.read(lot, self._read_amount)
            if price and is_unsold:
                raise source.fault(lot, _contradiction(source, text))
        except UnreadableCell as error:
            unreadable.append(error.skipped)
            return None, None
        # No lot is sold for nothing; a winner's zero is kept, to be told as a difference.
        return price if is_sold else price or None, source.line(lot)


def _contradiction(source: Source, text: str) -> Told:
    return Told(
        f"recorded as unsold with a price of {text}: expected {source.column} to be 0, empty or a word for unsold; it is "
        "not compared",
        f"记载为未成交，却有价格 {shown(text)}；该值未核对",
    )
