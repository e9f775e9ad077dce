"""The auction of one lot: the parameters of its type, from constants and from the columns of that lot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, get_args, get_type_hints

import msgspec

from .._engine import parse_amount
from ..auctions import AuctionType, auction_type
from ..auctions.ascending import Percent
from ..errors import AmountError, MisuseError
from ..reserve import NoReserve
from ..told import Told, within
from .amounts import amount_reader, money_of, read_amount
from .faulty_rule import faulty_rule
from .findings import MappingError, Skipped, Unreadable, UnreadableCell, shown
from .lots import Columns, LotRows, Source
from .mapping import SINCE, Column, Mapping, Opening, nearest
from .sale import try_opening
from .times import (
    NUMBER,
    column_time_reader,
    constant_duration,
    constant_time,
    in_range,
    read_duration,
)
from .whole import MOST, read_whole

PerLot = Callable[[LotRows], Any]
"""What gives a parameter's value for one lot."""

_AMOUNTS = ("start_price", "increment")
_DURATIONS = ("length", "extension", "extension_window", "hard_end", "free", "countdown")
_TIMES = ("ends_at", "listing_ends_at")
_NUMBERS = ("max_multiple", "min_bidders")
_LEAST_START = 1
"""The engine starts at one minor unit (FORMAT.md B.1). Zero decides alike: an amount below one is refused anyway."""


class LotAuctions:
    """Makes the auction of each lot, and says when it opens. What the mapping states is checked here, once."""

    def __init__(self, mapping: Mapping, columns: Columns, warn: Callable[[str], None]) -> None:
        self._mapping = mapping
        self._columns = columns
        self._warn = warn
        self._money = money_of(mapping.amount)
        self._type: Any = auction_type(mapping.auction.type)
        self._words = _words_of(self._type)
        self._sources: dict[str, Source] = {}
        stated = mapping.auction.rules
        self._parameters = {name: self._parameter(name, value) for name, value in stated.items() if name != "reserve"}
        self._opens = self._opening()
        self._origin = self._origin_reader()
        self._check_constants()

    def auction(self, lot: LotRows) -> AuctionType:
        """Return the auction of a lot. Raises `UnreadableCell` where its values make none."""
        values = {name: value(lot) for name, value in self._parameters.items()}
        try:
            return self._built(values)
        except (MisuseError, TypeError, OverflowError) as error:
            rule, problem = faulty_rule(error, values)
            raise UnreadableCell(self._at(rule, lot, problem)) from None

    def origin(self, lot: LotRows) -> int:
        """Return what the lot's times count from."""
        return self._origin(lot)

    def opens_at(self, lot: LotRows, first_bid_ns: int | None) -> int:
        """Return when a lot opens; one that opens with its first bid and has none opens in 1970."""
        return self._opens(lot, first_bid_ns)

    def _built(self, values: dict[str, Any]) -> AuctionType:
        stated = {name: value for name, value in values.items() if value is not None}
        stated.setdefault("on_outage", "close_at_schedule")
        auction: AuctionType = self._type(money=self._money, admission="open", reserve=NoReserve(), **stated)
        auction.rules()
        return auction

    def _check_constants(self) -> None:
        """Open one lot for trial, so that what is wrong in every lot is the mapping's fault and found before any."""
        if not self._sources.keys() <= set(_AMOUNTS):
            return
        # One minor unit contradicts nothing, so that amounts of each lot do not hide what the constants are.
        values = {name: 1 if name in self._sources else value(_NO_ROWS) for name, value in self._parameters.items()}
        try:
            try_opening(self._built(values))
        except (MisuseError, TypeError, OverflowError, UnicodeError) as error:
            rule, problem = faulty_rule(error, values)
            raise MappingError(problem, rule) from None

    def _at(self, rule: str, lot: LotRows, problem: str) -> Skipped:
        """Return a fault of a lot's rules with the place of the value, or else of the lot."""
        source = self._sources.get(rule.removeprefix("auction.rules."))
        if source is None or (line := source.line(lot)) is None:
            file, line, column = self._columns.place_of(lot)
        else:
            file, column = source.file, source.column
        return Skipped(file, line, column, within(problem, f"{rule}: {{}}", f"{rule}：规则不成立：{{}}"))

    def _parameter(self, name: str, value: Any) -> PerLot:  # noqa: ANN401 - TOML
        key = f"auction.rules.{name}"
        if name == "increment":
            return self._increment(value, key)
        if name == "start_price":
            return self._start_price(value, key)
        if isinstance(value, dict):
            return self._column(self._as_column(value, key), name, key)
        return self._constant(value, name, key)

    def _constant(self, value: Any, name: str, key: str) -> PerLot:  # noqa: ANN401 - TOML
        if name in _DURATIONS:
            value = constant_duration(value, key)
        elif name in _TIMES:
            value = constant_time(value, key, self._mapping.time.zone)
        elif name in _NUMBERS and (not isinstance(value, int) or isinstance(value, bool)):
            raise MappingError(f"{key}: expected a whole number, received {value!r}")
        elif name in _NUMBERS and value > MOST:
            raise MappingError(f"{key}: expected a whole number of at most {MOST}, received {value}")
        elif (words := self._words.get(name)) and value not in words:
            raise MappingError(f"{key}: expected one of {words}, received {value!r}{nearest(str(value), words)}")
        return lambda _lot: value

    def _column(self, column: Column, name: str, key: str) -> PerLot:
        source = self._sources[name] = self._columns.find(column, key)
        if name in _DURATIONS:
            return lambda lot: source.read(lot, lambda text: read_duration(text, column.unit))
        if column.unit is not None:
            raise MappingError(f"{key}: unit is for durations, received {column.unit!r}")
        if name in _TIMES:
            read_time = column_time_reader(column, self._mapping.time, key)
            return lambda lot: source.read(lot, read_time)
        if name in _NUMBERS:
            return lambda lot: source.read(lot, read_whole)
        words = self._words.get(name, ())
        return lambda lot: source.read(lot, lambda text: _word(text, words))

    def _start_price(self, value: Any, key: str) -> PerLot:  # noqa: ANN401 - TOML
        amount = self._amount(value, key)
        source = self._sources.get("start_price")
        if source is not None:
            return lambda lot: self._started(amount(lot), f"{source.file} line {source.line(lot)}: {source.column}")
        started = self._started(amount(_NO_ROWS), key)
        return lambda _lot: started

    def _started(self, minor: int | None, place: str) -> int | None:
        if minor != 0:
            return minor
        self._warn(
            Told(
                f"{place}: a start price of 0 is read as 1 minor unit, the least that the engine knows; no bid is "
                "decided otherwise",
                f"{place}：起始价 0 按 1 个最小货币单位计（引擎的下限），不影响任何报价的判定",
            )
        )
        return _LEAST_START

    def _amount(self, value: Any, key: str) -> PerLot:  # noqa: ANN401 - TOML
        if isinstance(value, dict):
            source = self._columns.find(self._as_column(value, key), key)
            self._sources[key.removeprefix("auction.rules.")] = source
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
            self._sources["increment"] = source
            return lambda lot: source.read(lot, percent)
        try:
            constant = percent(str(stated))
        except Unreadable as error:
            raise MappingError(error.args[0], f"{key}.percent") from None
        return lambda _lot: constant

    def _constant_amount(self, value: Any, key: str) -> int:  # noqa: ANN401 - TOML
        form = self._mapping.amount
        try:
            if isinstance(value, str):
                return read_amount(value, form)
            if isinstance(value, int):
                return parse_amount(value, form.unit or form.currency, form.scale)
        except (AmountError, Unreadable) as error:
            raise MappingError(error.args[0], key) from None
        raise MappingError(f'{key}: expected an amount as "0.50", received {value!r}')

    def _opening(self) -> Callable[[LotRows, int | None], int]:
        opens, time = self._mapping.auction.opens, self._mapping.time
        key = "auction.opens"
        if opens == "first_bid":
            return lambda _lot, first: first or 0
        if not isinstance(opens, Opening):
            constant = constant_time(opens, key, time.zone)
            return lambda _lot, _first: constant
        if opens.before_first_bid is not None:
            length = constant_duration(opens.before_first_bid, f"{key}.before_first_bid")
            return lambda _lot, first: max((first or 0) - length, 0)
        column = Column(column=opens.column or "", file=opens.file, format=opens.format, zone=opens.zone)
        source, read = self._columns.find(column, key), column_time_reader(column, time, key)
        earlier = 0 if opens.before is None else constant_duration(opens.before, f"{key}.before")

        def read_earlier(text: str) -> int:
            return in_range(read(text) - earlier, f"{shown(text)} less {opens.before}")

        return lambda lot, _first: source.needed(lot, read_earlier, key)

    def _origin_reader(self) -> Callable[[LotRows], int]:
        time, key = self._mapping.time, "time.origin"
        if time.format not in SINCE or time.origin is None:
            return lambda _lot: 0
        if isinstance(time.origin, str):
            constant = constant_time(time.origin, key, time.zone)
            return lambda _lot: constant
        column = time.origin
        source, read = self._columns.find(column, key), column_time_reader(column, time, key)
        return lambda lot: source.needed(lot, read, key)

    @staticmethod
    def _as_column(value: dict[str, Any], key: str) -> Column:
        fields = Column.__struct_fields__
        for name in value:
            if name not in fields:
                raise MappingError(f"{key}.{name}: no such key{nearest(name, fields)}; expected one of {list(fields)}")
        try:
            return msgspec.convert(value, Column)
        except msgspec.ValidationError:
            raise MappingError(f'{key}: expected a reference {{column = "..."}}, received {value!r}') from None


_NO_ROWS = LotRows("", None, None)


def _words_of(kind: type[AuctionType]) -> dict[str, list[str]]:
    """Return the words that a type's parameters take, for those that take one of a few."""
    try:
        hints = get_type_hints(kind)
    except (NameError, TypeError):  # A type of others may name in its annotations what only its type checker sees.
        return {}
    return {name: words for name, hint in hints.items() if (words := _literals(hint))}


def _literals(hint: Any) -> list[str]:  # noqa: ANN401 - an annotation
    """Return the words of a Literal, also inside a union, or none if other values are possible."""
    parts = [part for part in get_args(hint) if part is not type(None)]
    if all(isinstance(part, str) for part in parts):
        return list(parts)
    return _literals(parts[0]) if len(parts) == 1 else []


def _word(text: str, words: Sequence[str]) -> str:
    if not words or text in words:
        return text
    raise Unreadable(Told(f"expected one of {words}, received {shown(text)}", f"应为 {words} 之一，实为 {shown(text)}"))


def _percentage(text: str) -> Fraction:
    match = NUMBER.fullmatch(text)
    if match is not None and not match[1]:
        part = Fraction(text) / 100
        if max(part.numerator, part.denominator) <= MOST:
            return part
    raise Unreadable(
        Told(
            f'expected a percentage as "10" or "0.5" that fits 64 bits, received {shown(text)}',
            f'应为 "10" 或 "0.5" 这样、不超出 64 位的百分数，实为 {shown(text)}',
        )
    )
