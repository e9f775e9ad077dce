"""Currencies and the units in which people quote. Amounts are whole minor units; a unit only reads and shows them."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from ._engine import parse_amount
from .errors import MisuseError
from .told import Told

Amount = int | str | Decimal
"""An amount as a caller may state it: `int` is minor units; `str` and `Decimal` are in the declared unit."""


class Unit(msgspec.Struct, frozen=True):
    """A unit of quoting: one unit is 10**scale minor units. 万元 with 分 as minor unit has scale 6."""

    name: str
    scale: int

    def __post_init__(self) -> None:
        """Refuse what is no unit. Raises `MisuseError`."""
        _text("unit: name", self.name)
        _digits("unit: scale", self.scale)


class Money(msgspec.Struct, frozen=True):
    """What amounts of a lot are: a currency, the decimal digits that a minor unit stands for, the unit of quoting."""

    currency: str
    exponent: int
    unit: Unit | None = None

    def __post_init__(self) -> None:
        """Refuse what is no money. Raises `MisuseError`."""
        _text("currency", self.currency)
        _digits("exponent", self.exponent)
        if self.unit is not None and not isinstance(self.unit, Unit):
            raise MisuseError(
                Told(
                    f"expected a Unit, as Unit('万元', 6), or None, received {self.unit!r}",
                    f"应为 Unit，如 Unit('万元', 6)，或 None，实为 {self.unit!r}",
                ),
                "unit",
            )

    def minor(self, amount: Amount) -> int:
        """Return the minor units of `amount`. Raises `AmountError` where that is not exact."""
        name, scale = (self.unit.name, self.unit.scale) if self.unit else ("", 0)
        return parse_amount(amount, name, scale)

    def show(self, minor: int) -> str:
        """Return `minor` in the unit of quoting, as `420,579 万元`; without one in the currency, as `1,234.50 CNY`."""
        name, scale = (self.unit.name, self.unit.scale) if self.unit else (self.currency, self.exponent)
        whole, rest = divmod(abs(minor), 10**scale)
        places = f"{rest:0{scale}d}".rstrip("0") if self.unit else f"{rest:0{scale}d}"
        sign = "-" if minor < 0 else ""
        return f"{sign}{whole:,}{'.' + places if scale and places else ''} {name}"


def _text(parameter: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        raise MisuseError(Told(f"expected text, received {value!r}", f"应为文本，实为 {value!r}"), parameter)


def _digits(parameter: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_DIGITS:
        raise MisuseError(
            Told(
                f"expected a number of decimal digits from 0 to {_MOST_DIGITS}, received {value!r}",
                f"小数位数应为 0 至 {_MOST_DIGITS}，实为 {value!r}",
            ),
            parameter,
        )


_MOST_DIGITS = 18
"""10**18 is the greatest power of ten that an amount of 64 bits holds."""

CNY = Money("CNY", 2)
"""Yuan with 分 as minor unit; amounts are stated in 分."""

YUAN = Money("CNY", 2, Unit("元", 2))
"""The same, with text and Decimal read in 元."""

WAN_YUAN = Money("CNY", 2, Unit("万元", 6))
"""The same, with text and Decimal read in 万元, the unit of mining-right notices."""
