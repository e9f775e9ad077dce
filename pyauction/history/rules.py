"""The auction of one lot: the parameters of its type, from constants and from the columns of that lot."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from .._engine import parse_amount
from ..auctions import AuctionType, auction_type
from ..auctions.ascending import Percent
from ..errors import AmountError, MisuseError
from ..reserve import NoReserve
from .amounts import amount_reader, money_of
from .findings import MappingError, Unreadable, shown
from .lots import Columns, LotRows, Source
from .mapping import SINCE, Column, Mapping, Opening, nearest
from .times import (
    column_time_reader,
    constant_duration,
    constant_time,
    in_range,
    read_duration,
)

PerLot = Callable[[LotRows], Any]
"""What gives a parameter's value for one lot."""

_AMOUNTS = ("start_price",)
_DURATIONS = ("length", "extension", "extension_window", "hard_end", "free", "countdown")
_TIMES = ("ends_at", "listing_ends_at")
_NUMBERS = ("max_multiple", "min_bidders")


class LotAuctions:
    """Makes the auction of each lot, and says when it opens. What the mapping states is checked here, once."""

    def __init__(self, mapping: Mapping, columns: Columns) -> None:
        self._mapping = mapping
        self._columns = columns
        self._money = money_of(mapping.amount)
        self._type: Any = auction_type(mapping.auction.type)
        stated = mapping.auction.rules
        self._parameters = {name: self._parameter(name, value) for name, value in stated.items() if name != "reserve"}
        self._opens = self._opening()
        self._origin = self._origin_reader()

    def auction(self, lot: LotRows) -> AuctionType:
        """Return the auction of a lot. Raises `Unreadable` or `MisuseError` where its values make none."""
        values = {name: value(lot) for name, value in self._parameters.items()}
        stated = {name: value for name, value in values.items() if value is not None}
        stated.setdefault("on_outage", "close_at_schedule")
        try:
            auction: AuctionType = self._type(money=self._money, admission="open", reserve=NoReserve(), **stated)
        except TypeError as error:
            raise MisuseError(f"lot {shown(lot.name)} has no {self._mapping.auction.type}: {error}") from None
        auction.rules()
        return auction

    def origin(self, lot: LotRows) -> int:
        """Return what the lot's times count from."""
        return self._origin(lot)

    def opens_at(self, lot: LotRows, first_bid_ns: int | None) -> int:
        """Return when a lot opens; one that opens with its first bid and has none opens in 1970."""
        return self._opens(lot, first_bid_ns)

    def _parameter(self, name: str, value: Any) -> PerLot:  # noqa: ANN401 - TOML
        key = f"auction.rules.{name}"
        if name == "increment":
            return self._increment(value, key)
        if name in _AMOUNTS:
            return self._amount(value, key)
        if isinstance(value, dict):
            return self._column(self._as_column(value, key), name, key)
        if name in _DURATIONS:
            value = constant_duration(value, key)
        elif name in _TIMES:
            value = constant_time(value, key, self._mapping.time.zone)
        elif name in _NUMBERS and (not isinstance(value, int) or isinstance(value, bool)):
            raise MappingError(f"{key}: expected a whole number, received {value!r}")
        return lambda _lot: value

    def _column(self, column: Column, name: str, key: str) -> PerLot:
        source = self._columns.find(column, key)
        if name in _DURATIONS:
            return lambda lot: source.read(lot, lambda text: read_duration(text, column.unit))
        if column.unit is not None:
            raise MappingError(f"{key}: unit is for durations, received {column.unit!r}")
        if name in _TIMES:
            read_time = column_time_reader(column, self._mapping.time)
            return lambda lot: source.read(lot, read_time)
        return lambda lot: source.read(lot, _whole if name in _NUMBERS else str)

    def _amount(self, value: Any, key: str) -> PerLot:  # noqa: ANN401 - TOML
        if isinstance(value, dict):
            source = self._columns.find(self._as_column(value, key), key)
            read = amount_reader(self._mapping.amount)
            return lambda lot: source.read(lot, read)
        minor = self._constant_amount(value, key)
        return lambda _lot: minor

    def _increment(self, value: Any, key: str) -> PerLot:  # noqa: ANN401 - TOML
        if isinstance(value, dict) and "column" not in value:
            return self._percent(value, key)
        if isinstance(value, list):
            if not all(isinstance(row, list) and len(row) == 2 for row in value):
                raise MappingError(f'{key}: expected rows [["0", "0.05"], ...] of from and step, received {value!r}')
            rows = tuple((self._constant_amount(start, key), self._constant_amount(step, key)) for start, step in value)
            return lambda _lot: rows
        return self._amount(value, key)

    def _percent(self, value: dict[str, Any], key: str) -> PerLot:
        for name in value:
            if name not in ("percent", "rounding"):
                raise MappingError(
                    f"{key}.{name}: no such key{nearest(name, ('percent', 'rounding', 'column'))}; expected percent "
                    "and rounding, or column"
                )
        rounding = value.get("rounding")
        if rounding not in ("up", "down"):
            raise MappingError(f'{key}.rounding: expected "up" or "down", received {rounding!r}; there is no default')
        stated = value.get("percent")

        def percent(text: str) -> Percent:
            part = _percentage(text)
            return Percent(part.numerator, part.denominator, rounding)

        if isinstance(stated, dict):
            source = self._columns.find(self._as_column(stated, f"{key}.percent"), f"{key}.percent")
            return lambda lot: source.read(lot, percent)
        try:
            constant = percent(str(stated))
        except Unreadable as error:
            raise MappingError(f"{key}.percent: {error}") from None
        return lambda _lot: constant

    def _constant_amount(self, value: Any, key: str) -> int:  # noqa: ANN401 - TOML
        unit = self._money.unit
        if unit is None or not isinstance(value, str | int):
            raise MappingError(f'{key}: expected an amount as "0.50", received {value!r}')
        try:
            return parse_amount(value, unit.name, unit.scale)
        except AmountError as error:
            raise MappingError(f"{key}: {error}") from None

    def _opening(self) -> Callable[[LotRows, int | None], int]:
        opens, time = self._mapping.auction.opens, self._mapping.time
        key = "auction.opens"
        if opens == "first_bid":
            return lambda _lot, first: first or 0
        if not isinstance(opens, Opening):
            constant = constant_time(opens, key, time.zone)
            return lambda _lot, _first: constant
        if opens.before_first_bid is not None:
            length = constant_duration(opens.before_first_bid, key)
            return lambda _lot, first: max((first or 0) - length, 0)
        column = Column(column=opens.column or "", file=opens.file, format=opens.format, zone=opens.zone)
        source, read = self._columns.find(column, key), column_time_reader(column, time)
        earlier = 0 if opens.before is None else constant_duration(opens.before, f"{key}.before")
        return lambda lot, _first: in_range(self._needed(source, lot, read, key) - earlier)

    def _origin_reader(self) -> Callable[[LotRows], int]:
        time = self._mapping.time
        if time.format not in SINCE or time.origin is None:
            return lambda _lot: 0
        if isinstance(time.origin, str):
            constant = constant_time(time.origin, "time.origin", time.zone)
            return lambda _lot: constant
        column = time.origin
        source, read = self._columns.find(column, "time.origin"), column_time_reader(column, time)
        return lambda lot: self._needed(source, lot, read, "time.origin")

    @staticmethod
    def _needed(source: Source, lot: LotRows, read: Callable[[str], int], key: str) -> int:
        value = source.read(lot, read)
        if value is None:
            raise Unreadable(f"expected {key} in column {source.column!r} of {source.file}, received none")
        return value

    @staticmethod
    def _as_column(value: dict[str, Any], key: str) -> Column:
        fields = Column.__struct_fields__
        for name in value:
            if name not in fields:
                raise MappingError(f"{key}.{name}: no such key{nearest(name, fields)}; expected one of {list(fields)}")
        try:
            return Column(**value)
        except TypeError:
            raise MappingError(f'{key}: expected a reference {{column = "..."}}, received {value!r}') from None


def _whole(text: str) -> int:
    if text.isascii() and text.isdecimal():
        return int(text)
    raise Unreadable(f"expected a whole number, received {shown(text)}")


def _percentage(text: str) -> Fraction:
    whole, _, places = text.partition(".")
    if whole.isascii() and whole.isdecimal() and (not places or (places.isascii() and places.isdecimal())):
        return Fraction(int(whole + places), 100 * 10 ** len(places))
    raise Unreadable(f'expected a percentage as "10" or "0.5", received {shown(text)}')
