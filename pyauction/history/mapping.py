"""How a file of historical bids is to be read: a mapping, usually a TOML file. All is text until it says otherwise.

A mapping has one table for each question. Constants are text in quotes (`"0.5"`), never TOML floats. A value that
differs from lot to lot is a reference, `{column = "reserve_eth"}`: the column is looked up in LOTS.csv (the lot's row),
then in BIDS.csv (the lot's first row); `file = "lots"` or `file = "bids"` says which.

```toml
[file]                      # the CSV dialect; [lots.file] where LOTS.csv has another
delimiter = ","             # default
quote = '"'                 # default
encoding = "utf-8-sig"      # default: UTF-8 with or without BOM. GB18030, UTF-16 and others work
null = []                   # default: no word means "missing", so that a bidder called NA stays a bidder
strip = false               # default: blanks around a value belong to it

[bids]                      # columns of BIDS.csv
lot = "auction_id"
bidder = "bidder"           # or {constant = "-"}: the log does not say who
amount = "amount"
time = "placed_at"
acceptance = "all_accepted" # the log holds accepted bids only; or a column:
# acceptance = {column = "status", accepted = ["ok"], refused = ["too low", "late"]}
sequence = "n"              # whole numbers that order = "sequence" sorts by
order = "file"              # default; or "time", "sequence", "sequence_descending"
bidder_case = "exact"       # default; "ignored": 0xAb and 0xaB are one bidder, and one winner

[amount]
currency = "CNY"
exponent = 2                # a minor unit is 10^-2 of the currency (分)
unit = "万元"                # what the files state amounts in; default: the currency
unit_scale = 6              # one unit is 10^6 minor units; default: the exponent, if no unit is stated
thousands = ","             # default: no separator. Groups must be of three digits
decimal = "."               # default
notation = "decimal"        # default; "scientific" also reads 5e-05 and 1E-18, exactly

[time]
format = "%Y-%m-%d %H:%M:%S"  # or unix_s, unix_ms, unix_us, unix_ns, iso, seconds_since, minutes_since, hours_since,
                            # days_since. Numbers may have decimals and are read exactly
zone = "Asia/Shanghai"      # for times that do not state their own; a zone of the time zone database, or "+08:00"
ambiguous = "refuse"        # default; or "earlier", "later": an hour that a clock change repeats
origin = "2023-10-18T00:00:00Z"  # what ..._since counts from: an ISO time or a reference
finer = "refuse"            # default; or "truncate": what is finer than a nanosecond

[lots]                      # LOTS.csv, if there is one
lot = "auction_id"          # default: the name that BIDS.csv uses
# on = "sale_id"            # the column of BIDS.csv that says which row of LOTS.csv is the lot's; default: bids.lot

[auction]
type = "english@1"          # or listing@1, or any installed auction type
opens = "first_bid"         # default: with the lot's first bid; or an ISO time; or {column = "starts"}, with
                            # before = "24h" so much earlier; or {before_first_bid = "1h"}

[auction.rules]             # the parameters of the auction type, by the names that it has in Python
start_price = {column = "reserve"}          # "319" or "0.50" in the unit, or a reference; an int is minor units
increment = {percent = "10", rounding = "down"}   # or an amount, or rows [["0", "0.05"], ["1", "0.25"]]
length = "24h"              # or {column = "days", unit = "d"}
clock = "first_bid"
self_outbid = "allowed"
reserve = "none"            # the one value: a log does not hold the sealed file that a secret reserve needs

[outcome]                   # what was recorded; leave out what was not
winner = {column = "winner"}
price = {column = "hammer_price"}
unsold = [""]               # words in either column that record a lot as unsold; so does a price of 0 without a winner
```

`admission` is always open and `money` comes from `[amount]`; `on_outage` is of no effect and need not be stated. A word
of `null` in an outcome column means that nothing was recorded (in the price's, of a lot recorded as unsold, no price); in
a rule's column, that the lot lacks that rule. A start price of 0 is read as one minor unit, and told as a warning.
"""

from __future__ import annotations

import codecs
import difflib
import inspect
import re
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from ..auctions import auction_type
from ..errors import UnknownAuctionType
from .findings import MappingError, shown

SINCE = ("seconds_since", "minutes_since", "hours_since", "days_since")
"""Formats that count from an origin."""
UNIX = ("unix_s", "unix_ms", "unix_us", "unix_ns")
"""Formats that count from 1970 UTC."""
GIVEN = ("money", "admission")
"""Parameters of an auction type that history itself states."""
_TRIAL = "lot,bidder,amount\n" * 8
"""What an encoding must be able to write and read again; longer than a name on the net, which some codecs are for."""
OPEN_QUESTION = "?"
"""What a drafted mapping holds where the file does not tell."""


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reference to a column. `unit` is for durations; `format` and `zone` are for times that differ from `[time]`."""

    column: str
    file: Literal["lots", "bids"] | None = None
    unit: Literal["d", "h", "m", "s", "ms", "us", "ns"] | None = None
    format: str | None = None
    zone: str | None = None


class FileFormat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dialect of a CSV file."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8-sig"
    null: frozenset[str] = frozenset()
    strip: bool = False

    def __post_init__(self) -> None:
        for key, letter in (("delimiter", self.delimiter), ("quote", self.quote)):
            if len(letter) != 1 or letter in "\r\n":
                raise MappingError(f"file.{key}: expected one character, received {shown(letter)}")
        if self.delimiter == self.quote:
            raise MappingError(f"file.quote: expected another character than the delimiter {shown(self.quote)}")
        try:
            # Not every codec turns bytes into text, and not every text codec can go on after a wrong byte.
            decoder = codecs.getincrementaldecoder(self.encoding)("surrogateescape")
            is_usable = decoder.decode(_TRIAL.encode(self.encoding), final=True) == _TRIAL
        except (LookupError, ValueError, TypeError):
            is_usable = False
        if not is_usable:
            raise MappingError(
                f"file.encoding: expected a text encoding such as utf-8-sig or gb18030, received {shown(self.encoding)}"
            )


class Acceptance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The column that records whether a bid was accepted, and its words."""

    column: str
    accepted: frozenset[str]
    refused: frozenset[str]

    def __post_init__(self) -> None:
        if both := self.accepted & self.refused:
            raise MappingError(f"bids.acceptance: expected each word on one side, received {sorted(both)} on both")


class Constant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value for every row, where a file has no such column."""

    constant: str


class BidColumns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the columns of BIDS.csv are called, and in which order its bids came."""

    lot: str
    bidder: str | Constant
    amount: str
    time: str
    acceptance: Literal["all_accepted"] | Acceptance | None = None
    sequence: str | None = None
    order: Literal["file", "time", "sequence", "sequence_descending"] = "file"
    bidder_case: Literal["exact", "ignored"] = "exact"

    def __post_init__(self) -> None:
        if self.order.startswith("sequence") and self.sequence is None:
            raise MappingError(f'bids.sequence: expected a column, because order is "{self.order}"')


class AmountFormat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What amounts are in, and how they are written."""

    currency: str
    exponent: int
    unit: str | None = None
    unit_scale: int | None = None
    thousands: str = ""
    decimal: str = "."
    notation: Literal["decimal", "scientific"] = "decimal"

    def __post_init__(self) -> None:
        for key, digits in (("exponent", self.exponent), ("unit_scale", self.scale)):
            if not 0 <= digits <= 18:
                raise MappingError(f"amount.{key}: expected 0 to 18, received {digits}")
        if self.unit not in (None, self.currency) and self.unit_scale is None:
            raise MappingError(
                f"amount.unit_scale: expected how many decimal digits one {self.unit} has in minor units (万元 in 分: "
                "6); there is no default"
            )
        for key, letter in (("thousands", self.thousands), ("decimal", self.decimal)):
            if len(letter) > 1 or letter.isdecimal():
                raise MappingError(f"amount.{key}: expected one character that is no digit, received {shown(letter)}")
        if not self.decimal or self.decimal == self.thousands:
            raise MappingError(
                f"amount.decimal: expected a character, and not the thousands separator, received {shown(self.decimal)}"
            )
        if self.notation == "scientific" and (self.thousands or self.decimal != "."):
            raise MappingError('amount.notation: expected "decimal" with thousands or another decimal than "."')

    @property
    def scale(self) -> int:
        """How many decimal digits one unit has in minor units."""
        return self.exponent if self.unit_scale is None else self.unit_scale


class TimeFormat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How times are written."""

    format: str
    zone: str | None = None
    ambiguous: Literal["refuse", "earlier", "later"] = "refuse"
    origin: str | Column | None = None
    finer: Literal["refuse", "truncate"] = "refuse"

    def __post_init__(self) -> None:
        known = (*UNIX, *SINCE, "iso")
        if self.format not in known and "%" not in self.format:
            raise MappingError(
                f"time.format: expected {', '.join(known)} or a strptime pattern, received {shown(self.format)}"
                + nearest(self.format, known)
            )
        directives = self.format.replace("%%", "")
        if "%Z" in directives:
            raise MappingError(
                f"time.format: expected %z or a zone, received {shown(self.format)}: %Z reads a zone's name and drops it"
            )
        if "%" in self.format and "%z" not in directives and self.zone is None:
            raise MappingError(
                f"time.zone: expected the zone of {shown(self.format)}, which does not state one; there is no default"
            )
        if (self.format in SINCE) != (self.origin is not None):
            raise MappingError(
                f"time.origin: expected with {', '.join(SINCE)} and nowhere else; format is {self.format}"
            )


class LotColumns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """LOTS.csv: what joins it to BIDS.csv, and its dialect where that is not the one of BIDS.csv."""

    lot: str | None = None
    on: str | None = None
    file: FileFormat | None = None


class Opening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a lot opens, if not at a constant time or with its first bid."""

    column: str | None = None
    file: Literal["lots", "bids"] | None = None
    format: str | None = None
    zone: str | None = None
    before: str | None = None
    before_first_bid: str | None = None

    def __post_init__(self) -> None:
        if (self.column is None) == (self.before_first_bid is None):
            raise MappingError("auction.opens: expected column or before_first_bid, and not both")


class AuctionForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The auction type, its rules, and when a lot opens."""

    type: str
    opens: str | Opening = "first_bid"
    rules: dict[str, Any]

    def __post_init__(self) -> None:
        try:
            parameters = inspect.signature(auction_type(self.type)).parameters
        except UnknownAuctionType as error:
            raise MappingError(f"auction.type: {error}") from None
        stated = [name for name in parameters if name not in GIVEN]
        for key in self.rules:
            if key in GIVEN:
                raise MappingError(
                    f"auction.rules.{key}: not stated here: admission is open, money comes from [amount]"
                )
            if key not in stated:
                raise MappingError(
                    f"auction.rules.{key}: expected a parameter of {self.type}{nearest(key, stated)}; it has {stated}"
                )
        needed = {name for name in stated if parameters[name].default is inspect.Parameter.empty} - {"on_outage"}
        if missing := sorted(needed - set(self.rules)):
            raise MappingError(f"auction.rules: {self.type} needs {', '.join(missing)}, and there is no default")
        if self.rules.get("reserve", "none") != "none":
            raise MappingError(f'auction.rules.reserve: expected "none", received {self.rules["reserve"]!r}')


class OutcomeColumns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was recorded of how a lot ended."""

    winner: Column | None = None
    price: Column | None = None
    unsold: frozenset[str] = frozenset()


class Mapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How files of historical bids are to be read. The module `pyauction.history.mapping` describes every key."""

    bids: BidColumns
    amount: AmountFormat
    time: TimeFormat
    auction: AuctionForm
    file: FileFormat = FileFormat()
    lots: LotColumns = LotColumns()
    outcome: OutcomeColumns = OutcomeColumns()

    @classmethod
    def load(cls, path: str | Path) -> Mapping:
        """Return the mapping of a TOML file. Raises `MappingError`, which names the key."""
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise MappingError(f"expected a mapping in TOML, could not read {path}: {reason}") from error
        return cls.parse(text, source=str(path))

    @classmethod
    def parse(cls, toml: str, *, source: str = "mapping") -> Mapping:
        """Return the mapping that a TOML text states. `source` names it in errors."""
        try:
            raw = tomllib.loads(toml)
            if questions := _check_values(raw, ""):
                raise MappingError(
                    f"{', '.join(questions)}: still {OPEN_QUESTION!r}: the draft could not tell, you must"
                )
            _check_keys(raw, cls, "")
            return msgspec.convert(raw, cls)
        except msgspec.ValidationError as error:
            raise MappingError(f"{source}: {_own_words(str(error))}") from error
        except (tomllib.TOMLDecodeError, MappingError) as error:
            raise MappingError(f"{source}: {error}") from error


def nearest(word: str, known: Any) -> str:  # noqa: ANN401 - any iterable of words
    """Return "; did you mean ...?" or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _check_keys(table: dict[str, Any], form: type[msgspec.Struct], where: str) -> None:
    """Refuse a key that no table has, and name the nearest one that it has."""
    fields = {field.name: field.type for field in msgspec.structs.fields(form)}
    for key, value in table.items():
        if key not in fields:
            raise MappingError(f"{where}{key}: no such key{nearest(key, fields)}; expected one of {sorted(fields)}")
        inner = _struct_of(fields[key])
        if inner is None:
            continue
        if isinstance(value, dict):
            _check_keys(value, inner, f"{where}{key}.")
        elif expected := _EXPECTED.get(inner):
            words = _words_beside(fields[key])
            if words is not None and value not in words:
                raise MappingError(f"{where}{key}: expected {expected}, received {value!r}")


_EXPECTED: dict[type[msgspec.Struct], str] = {
    Column: 'a reference as {column = "..."}',
    Acceptance: '"all_accepted", or {column = "...", accepted = [...], refused = [...]}',
}
"""What to say where something else stands in place of a table."""


def _words_beside(hint: Any) -> tuple[str, ...] | None:  # noqa: ANN401 - a type or a union of types
    """Return the words that may stand in place of a table, or None where any text may."""
    options = getattr(hint, "__args__", (hint,))
    if str in options:
        return None
    return tuple(word for one in options if get_origin(one) is Literal for word in get_args(one))


def _own_words(said: str) -> str:
    """Return what msgspec says of a value with the key in front, as everything else here has it."""
    problem, _, path = said.partition(" - at `$")
    key = path.rstrip("`").lstrip(".")
    parent, _, name = key.rpartition(".")
    if problem.startswith((f"{key}.", f"{key}:")):  # What a table of ours says names the key itself.
        return problem
    if problem.startswith(f"{name}."):
        return f"{parent}.{problem}"
    if (missing := re.fullmatch(r"Object missing required field `(\w+)`", problem)) is not None:
        return f"{'.'.join(filter(None, (key, missing[1])))}: expected a value, received none; there is no default"
    plain = problem.replace("`", "").replace(", got ", ", received ").replace("Invalid enum value", "no such word:")
    return f"{key}: {plain[:1].lower()}{plain[1:]}" if key else plain


def _struct_of(hint: Any) -> type[msgspec.Struct] | None:  # noqa: ANN401 - a type or a union of types
    options = getattr(hint, "__args__", (hint,))
    return next((one for one in options if isinstance(one, type) and issubclass(one, msgspec.Struct)), None)


def _check_values(table: dict[str, Any], where: str) -> list[str]:
    """Refuse what TOML can hold and a mapping cannot; turn dates of TOML into text. Return the open questions."""
    questions = []
    for key, value in table.items():
        if isinstance(value, dict):
            questions += _check_values(value, f"{where}{key}.")
        elif isinstance(value, float):
            raise MappingError(f'{where}{key}: expected text as "0.5", received the float {value}: it may not be exact')
        elif isinstance(value, datetime):
            table[key] = value.isoformat()
        elif isinstance(value, date | time):
            raise MappingError(f"{where}{key}: expected a date with a time, received {value.isoformat()}")
        elif value == OPEN_QUESTION:
            questions.append(f"{where}{key}")
    return questions
