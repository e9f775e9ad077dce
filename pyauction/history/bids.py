"""Reading BIDS.csv: its rows, by lot and in the order in which the mapping says they came."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeAlias

import msgspec

from .amounts import amount_reader
from .findings import Unreadable, shown
from .lots import Row
from .mapping import Acceptance, Mapping
from .table import Table
from .times import time_reader

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
    form, null = mapping.bids, mapping.file.null
    places = [table.place(getattr(form, key), f"bids.{key}") for key in ("lot", "bidder", "amount", "time")]
    at_lot, at_bidder, at_amount, at_time = places
    read_amount, read_time = amount_reader(mapping.amount), time_reader(mapping.time)
    accepted = True if form.acceptance == "all_accepted" else None
    read_accepted = _acceptance_reader(table, mapping)
    number, read_sequence = 0, _sequence_reader(table, mapping)
    fixed = sorted(set(of_first_row))
    spellings: dict[str, str] | None = {} if form.bidder_case == "ignored" else None
    lots: dict[str, LotBids] = {}
    differing: dict[str, str] = {}
    skip = table.skip
    for line, row in table.rows():
        name, bidder = row[at_lot], row[at_bidder]
        if null and _skip_missing(table, line, row, places, null):
            continue
        lot = lots.get(name)
        if lot is None:
            lot = lots[name] = LotBids(Row(line, row), [])
        elif fixed and name not in differing:
            difference = _difference(table, name, lot.first_row, Row(line, row), fixed)
            if difference is not None:
                differing[name] = difference
        column = form.amount
        try:
            minor = read_amount(row[at_amount])
            column = form.time
            at = read_time(row[at_time])
            if read_sequence is not None:
                column = form.sequence or ""
                number = read_sequence(row)
        except Unreadable as error:
            skip(line, column, str(error))
            continue
        if spellings is not None:
            bidder = spellings.setdefault(bidder.casefold(), bidder)
        if read_accepted is not None:
            accepted = read_accepted(line, row)
        lot.bids.append((line, bidder, minor, at, accepted, number))
    warnings = list(differing.values())
    _arrange(lots, mapping, table.name, warnings)
    return BidLog(lots, warnings)


def _skip_missing(table: Table, line: int, row: list[str], places: list[int], null: frozenset[str]) -> bool:
    """List the first needed value that a null word stands for; return whether there is one."""
    for place in places:
        if row[place] in null:
            table.skip(line, table.columns[place], f"expected a value, received {shown(row[place])}, which means none")
            return True
    return False


def _difference(table: Table, name: str, first: Row, row: Row, fixed: list[int]) -> str | None:
    """Return what to warn of where a row differs from the lot's first row in a column that is read from there."""
    for place in fixed:
        if row.values[place] != first.values[place]:
            return (
                f"{table.name} line {row.line}: column {table.columns[place]!r} is {shown(row.values[place])}; the "
                f"first row of lot {shown(name)} on line {first.line} has {shown(first.values[place])}, which is taken"
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
            expected = f"one of {sorted(form.accepted)} or {sorted(form.refused)}"
            reason = f"expected {expected}, received {shown(word)}; the bid is replayed and not compared"
            table.skip(line, form.column, reason)
        return None

    return read


def _sequence_reader(table: Table, mapping: Mapping) -> Callable[[list[str]], int] | None:
    column = mapping.bids.sequence
    if column is None:
        return None
    place = table.place(column, "bids.sequence")

    def read(row: list[str]) -> int:
        text = row[place]
        if text.isascii() and text.isdecimal():
            return int(text)
        raise Unreadable(f"expected a whole number, received {shown(text)}")

    return read


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
            f"{file} line {later[0]}: sequence {later[5]} of lot {shown(name)} stands on line {earlier[0]} too; "
            "the order of the file is kept"
            for earlier, later in pairwise(lot.bids)
            if earlier[5] == later[5]
        )
