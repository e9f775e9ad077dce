"""Amounts as a file writes them, read exactly into minor units, and shown again. No float anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from .._engine import parse_amount
from ..errors import AmountError
from ..money import Money, Unit
from ..told import Told
from .findings import Unreadable, shown
from .mapping import AmountFormat
from .whole import MOST

ReadAmount = Callable[[str], int]

_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)
_SCIENTIFIC = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,40})?[eE][+-]?[0-9]{1,3}", re.ASCII)


def money_of(form: AmountFormat) -> Money:
    """Return the money of the lots: amounts are shown in the unit that the files state."""
    return Money(form.currency, form.exponent, Unit(form.unit or form.currency, form.scale))


def amount_reader(form: AmountFormat) -> ReadAmount:
    """Return what reads an amount as the columns write it. It raises `Unreadable`."""
    if form.notation == "scientific":
        return lambda text: read_amount(_written_out(text), form, received=text)
    if not form.thousands and form.decimal == ".":
        return lambda text: read_amount(text, form)
    return _grouped_reader(form)


def read_amount(text: str, form: AmountFormat, *, received: str | None = None) -> int:
    """Return a plain decimal number in the unit as minor units. `received` is what the file has. Raises `Unreadable`."""
    unit, scale, came = form.unit or form.currency, form.scale, shown(text if received is None else received)
    try:
        return parse_amount(text, unit, scale)
    except AmountError as error:
        if _is_too_much(text, scale):
            raise Unreadable(_too_much(form, came)) from None
        english = str(error) if received in (None, text) else f"{error}, written as {came}"
        raise Unreadable(Told(english, f"应为以 {unit} 计的金额，至多 {scale} 位小数，实为 {came}")) from None
    except UnicodeError:
        raise Unreadable(_no_amount(unit, came)) from None


def amount_text(minor: int | None, scale: int) -> str | None:
    """Return minor units as a decimal number in a unit of that scale, without zeros at the end: 0.136, 319, 1234.5."""
    if minor is None:
        return None
    whole, rest = divmod(abs(minor), 10**scale)
    places = f"{rest:0{scale}d}".rstrip("0") if scale else ""
    return f"{'-' if minor < 0 else ''}{whole}{'.' + places if places else ''}"


def _written_out(text: str) -> str:
    """Return a number with an exponent as plain digits, exactly; any other text as it is."""
    if _SCIENTIFIC.fullmatch(text) is None:
        return text
    plain = format(Decimal(text), "f")
    return plain.rstrip("0").removesuffix(".") if "." in plain else plain


def _grouped_reader(form: AmountFormat) -> ReadAmount:
    separator, point = re.escape(form.thousands), re.escape(form.decimal)
    grouped = rf"|[0-9]{{1,3}}(?:{separator}[0-9]{{3}})+" if form.thousands else ""
    written = re.compile(rf"((?:[0-9]+{grouped}))(?:{point}([0-9]+))?", re.ASCII)

    def read(text: str) -> int:
        match = written.fullmatch(text)
        if match is None:
            raise Unreadable(_not_grouped(form, shown(text)))
        whole, places = match.groups()
        digits = whole.replace(form.thousands, "") if form.thousands else whole
        return read_amount(digits if places is None else f"{digits}.{places}", form, received=text)

    return read


def _is_too_much(text: str, scale: int) -> bool:
    # Decimals compare exactly, whatever their length.
    return _PLAIN.fullmatch(text) is not None and Decimal(text) > Decimal(MOST).scaleb(-scale)


def _too_much(form: AmountFormat, came: str) -> Told:
    unit, most = form.unit or form.currency, amount_text(MOST, form.scale)
    return Told(
        f"expected at most {most} {unit} at exponent {form.exponent}; a smaller exponent holds more, received {came}",
        f"指数为 {form.exponent} 时至多 {most} {unit}（减小 exponent 可容纳更大金额），实为 {came}",
    )


def _no_amount(unit: str, came: str) -> Told:
    return Told(f"expected an amount in {unit}, received {came}", f"应为以 {unit} 计的金额，实为 {came}")


def _not_grouped(form: AmountFormat, came: str) -> Told:
    unit = form.unit or form.currency
    groups = f" and groups of three between {form.thousands!r}" if form.thousands else ""
    among = f"、三位一组以 {form.thousands!r} 分隔" if form.thousands else ""
    return Told(
        f"expected an amount in {unit} with {form.decimal!r} as point{groups}, received {came}",
        f"应为以 {unit} 计、以 {form.decimal!r} 为小数点{among}的金额，实为 {came}",
    )
