"""Reading BIDS.csv: its rows, by lot and in the order in which the mapping says they came."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeAlias

import msgspec

from ..told import Told
from .amounts import amount_reader
from .findings import Unreadable, is_text, shown
from .lots import Row
from .mapping import Acceptance, Constant, Mapping
from .table import Table
from .times import time_reader
from .whole import read_whole

Bid: TypeAlias = tuple[int, str, int, int, bool | None, int]
"""A row: its line, bidder, amount in minor units, time, whether it was recorded as accepted, and its sequence number.

A plain tuple, because a file has millions of them. The time counts from the lot's origin, if the format has one.
"""


class LotBids(msgspec.Struct):
    """The bids of one lot, and the first row that names it."""

    first_row: Row
    bids: list[Bid]


class BidLog(msgspec.Struct, frozen=True):
    """The lots in the order in which BIDS.csv names them."""

    lots: dict[str, LotBids]
    warnings: list[str]


def read_bids(table: Table, mapping: Mapping, of_first_row: Iterable[int]) -> BidLog:
    """Return every row that states a bid; the others are listed in `table.skipped`.

    `of_first_row` are places whose values are read from a lot's first row; a later row that differs there is a warning.
    """
    null, at_lot = mapping.file.null, table.place(mapping.bids.lot, "bids.lot")
    read_row = _RowReader(table, mapping)
    needed, fixed = read_row.places, sorted(set(of_first_row))
    lots: dict[str, LotBids] = {}
    differing: dict[str, str] = {}
    for line, row in table.rows():
        if null and _skip_missing(table, line, row, needed, null):
            continue
        name = row[at_lot]
        lot = lots.get(name) or _new_lot(lots, table, Row(line, row), at_lot)
        if lot is None:
            continue
        if fixed and name not in differing:
            difference = _difference(table, name, lot.first_row, Row(line, row), fixed)
            if difference is not None:
                differing[name] = difference
        bid = read_row(line, row)
        if bid is not None:
            lot.bids.append(bid)
    warnings = list(differing.values())
    _arrange(lots, mapping, table.name, warnings)
    return BidLog(lots, warnings)


def _new_lot(lots: dict[str, LotBids], table: Table, row: Row, at_lot: int) -> LotBids | None:
    """Begin a lot with its first row. A name that is no text is listed instead."""
    name = row.values[at_lot]
    if not is_text(name):
        table.skip(row.line, table.columns[at_lot], table.not_text(name))
        return None
    lot = lots[name] = LotBids(row, [])
    return lot


class _RowReader:
    """Reads the bid of a row, or lists why there is none. `places` are the columns without which there is none."""

    def __init__(self, table: Table, mapping: Mapping) -> None:
        form = mapping.bids
        self._table, self._form = table, form
        self._at_amount, self._at_time = (table.place(getattr(form, key), f"bids.{key}") for key in ("amount", "time"))
        self._at_bidder = None if isinstance(form.bidder, Constant) else table.place(form.bidder, "bids.bidder")
        self._bidder = form.bidder.constant if isinstance(form.bidder, Constant) else ""
        at_lot = table.place(form.lot, "bids.lot")
        known = (at_lot, self._at_bidder, self._at_amount, self._at_time)
        self.places = [place for place in known if place is not None]
        self._read_amount, self._read_time = amount_reader(mapping.amount), time_reader(mapping.time)
        self._read_sequence = _sequence_reader(table, mapping)
        self._read_accepted = _acceptance_reader(table, mapping)
        self._accepted = True if form.acceptance == "all_accepted" else None
        self._spellings: dict[str, str] | None = {} if form.bidder_case == "ignored" else None

    def __call__(self, line: int, row: list[str]) -> Bid | None:
        bidder = self._bidder if self._at_bidder is None else row[self._at_bidder]
        if not is_text(bidder) and self._skip_garbled(line, row):
            return None
        column, number = self._form.amount, 0
        try:
            minor = self._read_amount(row[self._at_amount])
            column = self._form.time
            at = self._read_time(row[self._at_time])
            if self._read_sequence is not None:
                column = self._form.sequence or ""
                number = self._read_sequence(row)
        except Unreadable as error:
            if not self._skip_garbled(line, row):
                self._table.skip(line, column, error.reason)
            return None
        if self._spellings is not None:
            bidder = self._spellings.setdefault(bidder.casefold(), bidder)
        accepted = self._accepted if self._read_accepted is None else self._read_accepted(line, row)
        return line, bidder, minor, at, accepted, number

    def _skip_garbled(self, line: int, row: list[str]) -> bool:
        """List the first needed value that is not in the file's encoding; return whether there is one."""
        for place in self.places:
            if not is_text(row[place]):
                self._table.skip(line, self._table.columns[place], self._table.not_text(row[place]))
                return True
        return False


def _skip_missing(table: Table, line: int, row: list[str], places: list[int], null: frozenset[str]) -> bool:
    """List the first needed value that a null word stands for; return whether there is one."""
    for place in places:
        if row[place] in null:
            came = shown(row[place])
            table.skip(
                line,
                table.columns[place],
                Told(f"expected a value, received {came}, which means none", f"应有值，实为表示缺失的 {came}"),
            )
            return True
    return False


def _difference(table: Table, name: str, first: Row, row: Row, fixed: list[int]) -> str | None:
    """Return what to warn of where a row differs from the lot's first row in a column that is read from there."""
    for place in fixed:
        if row.values[place] != first.values[place]:
            column, came, taken = table.columns[place], shown(row.values[place]), shown(first.values[place])
            return Told(
                f"{table.name} line {row.line}: column {column!r} is {came}; the "
                f"first row of lot {shown(name)} on line {first.line} has {taken}, which is taken",
                f"{table.name} 第 {row.line} 行：列 {column!r} 为 {came}；标的 {shown(name)} 的首行（第 {first.line} 行）"
                f"为 {taken}，以首行为准",
            )
    return None


def _acceptance_reader(table: Table, mapping: Mapping) -> Callable[[int, list[str]], bool | None] | None:
    """Return what reads whether a bid was recorded as accepted, or None where no column records that."""
    form = mapping.bids.acceptance
    if not isinstance(form, Acceptance):
        return None
    place = table.place(form.column, "bids.acceptance.column")
    words = dict.fromkeys(form.accepted, True) | dict.fromkeys(form.refused, False)
    null = mapping.file.null

    def read(line: int, row: list[str]) -> bool | None:
        word = row[place]
        if word in words:
            return words[word]
        if word not in null:
            accepted, refused = sorted(form.accepted), sorted(form.refused)
            reason = Told(
                f"expected one of {accepted} or {refused}, received {shown(word)}; the bid is replayed and not compared",
                f"应为 {accepted} 或 {refused} 之一，实为 {shown(word)}；该报价已重演，未核对",
            )
            table.skip(line, form.column, reason if is_text(word) else table.not_text(word))
        return None

    return read


def _sequence_reader(table: Table, mapping: Mapping) -> Callable[[list[str]], int] | None:
    column = mapping.bids.sequence
    if column is None:
        return None
    place = table.place(column, "bids.sequence")
    return lambda row: read_whole(row[place])


def _arrange(lots: dict[str, LotBids], mapping: Mapping, file: str, warnings: list[str]) -> None:
    """Put the bids of each lot in the order that the mapping states. Equal ones stay as in the file."""
    order = mapping.bids.order
    if order == "file":
        return
    for name, lot in lots.items():
        if order == "time":
            lot.bids.sort(key=lambda bid: bid[3])
            continue
        lot.bids.sort(key=lambda bid: bid[5], reverse=order == "sequence_descending")
        warnings.extend(
            Told(
                f"{file} line {later[0]}: sequence {later[5]} of lot {shown(name)} stands on line {earlier[0]} too; "
                "the order of the file is kept",
                f"{file} 第 {later[0]} 行：标的 {shown(name)} 的序号 {later[5]} 与第 {earlier[0]} 行重复；保持文件中的次序",
            )
            for earlier, later in pairwise(lot.bids)
            if earlier[5] == later[5]
        )
