"""Amounts as a file writes them, read exactly into minor units, and shown again. No float anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable

from .._engine import parse_amount
from ..errors import AmountError
from ..money import Money, Unit
from .findings import Unreadable, shown
from .mapping import AmountFormat

ReadAmount = Callable[[str], int]


def money_of(form: AmountFormat) -> Money:
    """Return the money of the lots: text is read in the unit that the files state."""
    return Money(form.currency, form.exponent, Unit(form.unit or form.currency, form.scale))


def amount_reader(form: AmountFormat) -> ReadAmount:
    """Return what reads an amount as the columns write it. It raises `Unreadable`."""
    unit, scale = form.unit or form.currency, form.scale

    def read_plain(text: str) -> int:
        try:
            return parse_amount(text, unit, scale)
        except AmountError as error:
            raise Unreadable(str(error)) from None
        except UnicodeError:
            raise Unreadable(f"expected an amount in {unit}, received {shown(text)}") from None

    if not form.thousands and form.decimal == ".":
        return read_plain
    separator, point = re.escape(form.thousands), re.escape(form.decimal)
    grouped = rf"|[0-9]{{1,3}}(?:{separator}[0-9]{{3}})+" if form.thousands else ""
    written = re.compile(rf"((?:[0-9]+{grouped}))(?:{point}([0-9]+))?", re.ASCII)

    def read_written(text: str) -> int:
        match = written.fullmatch(text)
        if match is None:
            groups = f" and groups of three between {form.thousands!r}" if form.thousands else ""
            raise Unreadable(
                f"expected an amount in {unit} with {form.decimal!r} as point{groups}, received {shown(text)}"
            )
        whole, places = match.groups()
        digits = whole.replace(form.thousands, "") if form.thousands else whole
        return read_plain(digits if places is None else f"{digits}.{places}")

    return read_written


def amount_text(minor: int | None, scale: int) -> str | None:
    """Return minor units as a decimal number in a unit of that scale, without zeros at the end: 0.136, 319, 1234.5."""
    if minor is None:
        return None
    whole, rest = divmod(abs(minor), 10**scale)
    places = f"{rest:0{scale}d}".rstrip("0") if scale else ""
    return f"{'-' if minor < 0 else ''}{whole}{'.' + places if places else ''}"
