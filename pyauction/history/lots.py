"""What files say of one lot beside its bids: its row in LOTS.csv, its first row in BIDS.csv, and where columns are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from ..told import Told
from .findings import MappingError, Skipped, Unreadable, UnreadableCell, is_text, shown
from .mapping import Column, Mapping
from .table import Table

T = TypeVar("T")


class Row(msgspec.Struct, frozen=True):
    """A row's values and the physical line on which it begins."""

    line: int
    values: Sequence[str]


class LotRows(msgspec.Struct, frozen=True):
    """The rows that tell about a lot. A lot without bids has no first bid row; without LOTS.csv there is no lot row."""

    name: str
    lot_row: Row | None
    first_bid_row: Row | None


class Source(msgspec.Struct, frozen=True):
    """Where the values of a referenced column stand. A word of `null` there means that nothing is stated."""

    table: Table
    column: str
    in_lots: bool
    place: int
    null: frozenset[str]

    @property
    def file(self) -> str:
        """The file that has the column."""
        return self.table.name

    def read(self, lot: LotRows, read: Callable[[str], T]) -> T | None:
        """Return what `read` makes of the lot's value, or None where none is stated. Raises `UnreadableCell`."""
        row = lot.lot_row if self.in_lots else lot.first_bid_row
        if row is None or (text := row.values[self.place]) in self.null:
            return None
        if not is_text(text):
            raise self.fault(lot, self.table.not_text(text))
        try:
            return read(text)
        except Unreadable as error:
            raise self.fault(lot, error.reason) from None

    def needed(self, lot: LotRows, read: Callable[[str], T], key: str) -> T:
        """Return what `read` makes of the lot's value, which has to be stated. Raises `UnreadableCell`."""
        value = self.read(lot, read)
        if value is None:
            raise self.fault(lot, Told(f"expected a value for {key}, received none", f"{key} 须有值，而未载明"))
        return value

    def fault(self, lot: LotRows, reason: str) -> UnreadableCell:
        """Return that the lot's value cannot be used, with its place."""
        return UnreadableCell(Skipped(self.file, self.line(lot), self.column, reason))

    def line(self, lot: LotRows) -> int | None:
        """Return the line of the lot's value, or None where there is no row."""
        row = lot.lot_row if self.in_lots else lot.first_bid_row
        return None if row is None else row.line

    def text(self, lot: LotRows) -> str | None:
        """Return the lot's value as it stands, or None where there is no row."""
        row = lot.lot_row if self.in_lots else lot.first_bid_row
        return None if row is None else row.values[self.place]


class Columns:
    """Finds referenced columns. `of_first_row` are the places in BIDS.csv that are read from a lot's first row."""

    def __init__(self, mapping: Mapping, bids: Table, lots: Table | None) -> None:
        self.of_first_row: set[int] = set()
        self._bids, self._bids_null = bids, mapping.file.null
        self._lots, self._lots_null = lots, (mapping.lots.file or mapping.file).null
        self._bids_lot, self._lots_lot = mapping.bids.lot, lots_column(mapping)

    def find(self, column: Column, key: str) -> Source:
        """Return where a column stands. Raises `MappingError` where it is in neither file."""
        name, lots, bids = column.column, self._lots, self._bids
        if lots is None and column.file == "lots":
            raise MappingError(f"{key}: expected LOTS.csv for column {name!r}, received no such file")
        if lots is not None and column.file != "bids" and (name in lots.columns or column.file == "lots"):
            return Source(lots, name, True, lots.place(name, key), self._lots_null)  # noqa: FBT003 - a Struct's field
        if lots is not None and column.file is None and name not in bids.columns:
            raise MappingError(
                f"{key}: expected a column {name!r} in {lots.name} or {bids.name}, which have {list(lots.columns)} and "
                f"{list(bids.columns)}"
            )
        if lots is None and name not in bids.columns:
            raise MappingError(
                f"{key}: expected a column {name!r} in {bids.name}, which has {list(bids.columns)}; no LOTS.csv given"
            )
        place = bids.place(name, key)
        self.of_first_row.add(place)
        return Source(bids, name, False, place, self._bids_null)  # noqa: FBT003 - a Struct's field

    def place_of(self, lot: LotRows) -> tuple[str, int | None, str]:
        """Return the file, line and column that name a lot: its row in LOTS.csv, or its first bid."""
        if self._lots is not None and lot.lot_row is not None:
            return self._lots.name, lot.lot_row.line, self._lots_lot
        return self._bids.name, None if lot.first_bid_row is None else lot.first_bid_row.line, self._bids_lot


def lots_column(mapping: Mapping) -> str:
    """Return the column of LOTS.csv that names a lot, or what `lots.on` joins."""
    return mapping.lots.lot or mapping.lots.on or mapping.bids.lot


def read_lots(table: Table, mapping: Mapping) -> dict[str, Row]:
    """Return the row of every lot in LOTS.csv. A second row of the same lot is listed and left out."""
    column = lots_column(mapping)
    place = table.place(column, "lots.lot")
    null = (mapping.lots.file or mapping.file).null
    lots: dict[str, Row] = {}
    for line, row in table.rows():
        name = row[place]
        if name in null:
            table.skip(
                line,
                column,
                Told(
                    f"expected the name of a lot, received {shown(name)}, which means that it is missing",
                    f"应为标的名称，实为表示缺失的 {shown(name)}",
                ),
            )
        elif not is_text(name):
            table.skip(line, column, table.not_text(name))
        elif name in lots:
            table.skip(
                line,
                column,
                Told(
                    f"expected one row a lot, received a second one of {shown(name)} after line {lots[name].line}",
                    f"每个标的应只有一行，{shown(name)} 在第 {lots[name].line} 行之后又出现",
                ),
            )
        else:
            lots[name] = Row(line, row)
    return lots
