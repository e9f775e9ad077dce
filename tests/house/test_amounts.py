"""What states an amount and what does not: every type that a host may pass, through `bid` and through `Money`."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from house_room import english, manual_house

from pyauction import (
    CNY,
    WAN_YUAN,
    YUAN,
    AmountError,
    AmountTypeError,
    AuctionHouse,
    MemoryJournal,
    MisuseError,
    Money,
    Unit,
    UnknownLot,
)

LIMIT = 2**63
HUGE = 10**5000
"""Python refuses to write so many digits out."""
RANGE = "an integer of minor units from -2**63 to 2**63 - 1"
NEEDS_UNIT = "an int of minor units: text and Decimal need a lot that declares its unit"
DIGITS = "an amount in 万元: expected ASCII digits with at most one point, as 319 or 319.50"
FRACTION = "an amount in 万元: expected at most 6 digits after the point: more would be a fraction of a minor unit"
TOO_LARGE = "an amount in 万元: expected at most 9223372036854.775807"
FINITE = "a finite amount"


class Index:
    """What a numpy integer looks like: no int, but `__index__`."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __repr__(self) -> str:
        return f"Index({self.value})"


class NumpyFloat(float):
    """What numpy.float64 looks like: a float, whatever else it offers."""

    def __index__(self) -> int:
        return int(self)


class Fen(enum.IntEnum):
    FIVE_HUNDRED = 500


EXACT: list[tuple[Any, int]] = [
    (319_000_000, 319_000_000),
    (0, 0),
    (-1, -1),
    (LIMIT - 1, LIMIT - 1),
    (-LIMIT, -LIMIT),
    (Index(500), 500),
    (Index(LIMIT - 1), LIMIT - 1),
    (Fen.FIVE_HUNDRED, 500),
]
EXACT_IN_WAN: list[tuple[Any, int]] = [
    *EXACT,
    ("319", 319_000_000),
    ("0319", 319_000_000),
    ("319.5", 319_500_000),
    ("0.000001", 1),
    ("1.5000000000", 1_500_000),
    ("9223372036854.775807", LIMIT - 1),
    (Decimal(319), 319_000_000),
    (Decimal("319.5"), 319_500_000),
    (Decimal("3.195E+2"), 319_500_000),
    (Decimal("3E+2"), 300_000_000),
    (Decimal("1E-6"), 1),
    (Decimal("0E+5"), 0),
    (Decimal("-0"), 0),
    (Decimal("0E-50"), 0),
    (Decimal("0E+999999"), 0),
    (Decimal("420579.000000000"), 420_579_000_000),
]
OUT_OF_RANGE = [LIMIT, -LIMIT - 1, 2**64, -(2**64), Index(LIMIT), Index(-LIMIT - 1)]
NO_AMOUNTS: list[Any] = [
    True,
    False,
    1.0,
    319.5,
    float("nan"),
    float("inf"),
    NumpyFloat(500.0),
    None,
    b"319",
    bytearray(b"319"),
    Fraction(319, 1),
    1 + 0j,
    (319,),
    [319],
    {"amount": 319},
]
NO_TEXTS = [
    "",
    " ",
    ".",
    "319.",
    ".5",
    "+319",
    "-319",
    "3_19",
    "3,190",
    "３１９",
    "٣١٩",
    "三百",
    " 319",
    "319 ",
    "319\n",
    "3.1.9",
    "3e2",
    "3E+2",
    "0x13f",
    "319万",
    "NaN",
    "inf",
]
NO_DECIMALS = [Decimal(-319), Decimal("-0.5")]


def received(value: Any, expected: str) -> str:
    return f"expected {expected}, received {value!r}"


def wrong_type(value: Any) -> str:
    return (
        "expected an int of minor units, or str or decimal.Decimal in the lot's unit, received "
        f"{type(value).__name__} {value!r}: a float cannot hold money exactly and a bool is no amount"
    )


WRONG_EVERYWHERE = [
    *((value, AmountError, received(value, RANGE)) for value in OUT_OF_RANGE),
    (HUGE, AmountError, f"expected {RANGE}, received an object without a repr"),
    *((value, AmountTypeError, wrong_type(value)) for value in NO_AMOUNTS),
]
WRONG_IN_WAN = [
    *WRONG_EVERYWHERE,
    *((text, AmountError, received(text, DIGITS)) for text in NO_TEXTS),
    *((value, AmountError, received(value, DIGITS)) for value in NO_DECIMALS),
    *((Decimal(text), AmountError, f"expected {FINITE}, received Decimal('{text}')") for text in ("NaN", "Infinity")),
    (Decimal("sNaN"), AmountError, f"expected {FINITE}, received Decimal('sNaN')"),
    (Decimal("-Infinity"), AmountError, f"expected {FINITE}, received Decimal('-Infinity')"),
    *((value, AmountError, received(value, FRACTION)) for value in ("0.0000001", "319.1234567", Decimal("1E-7"))),
    *((value, AmountError, received(value, TOO_LARGE)) for value in ("9223372036854.775808", Decimal("1E+30"))),
]
WRONG_WITHOUT_UNIT = [
    *WRONG_EVERYWHERE,
    ("319", AmountError, received("319", NEEDS_UNIT)),
    ("", AmountError, received("", NEEDS_UNIT)),
    (Decimal(319), AmountError, received(Decimal(319), NEEDS_UNIT)),
    (Decimal("NaN"), AmountError, f"expected {FINITE}, received Decimal('NaN')"),
]


def ids(rows: list[Any]) -> list[str]:
    return [f"{type(row[0]).__name__} {'10**5000' if row[0] is HUGE else ascii(row[0])[:40]}" for row in rows]


def table(rows: list[Any]) -> dict[str, Any]:
    return {"argvalues": rows, "ids": ids(rows)}


@pytest.fixture(scope="module")
def house() -> Iterator[AuctionHouse]:
    with manual_house(MemoryJournal()) as house:
        house.open_lot("分", english(self_outbid="allowed"))
        house.open_lot("万元", english(money=WAN_YUAN))
        house.admit("分", "001")
        house.admit("万元", "001")
        yield house


@pytest.mark.parametrize(("value", "minor"), **table(EXACT))
def test_a_bid_states_minor_units_as_an_integer(house: AuctionHouse, value: Any, minor: int) -> None:
    assert house.bid("分", "001", value).amount_minor == minor


@pytest.mark.parametrize(("value", "minor"), **table(EXACT_IN_WAN))
def test_a_bid_states_units_as_text_or_decimal_where_the_lot_declares_its_unit(
    house: AuctionHouse, value: Any, minor: int
) -> None:
    assert house.bid("万元", "001", value).amount_minor == minor


@pytest.mark.parametrize(("value", "minor"), **table(EXACT_IN_WAN))
def test_money_states_the_same_minor_units_as_a_bid(value: Any, minor: int) -> None:
    assert WAN_YUAN.minor(value) == minor


def refused_before_sequencing(house: AuctionHouse, lot: str, value: Any, error: type[Exception], message: str) -> None:
    before = house.last_seq
    with pytest.raises(AmountError) as caught:
        house.bid(lot, "001", value)
    assert (type(caught.value), str(caught.value)) == (error, message)
    assert house.last_seq == before


@pytest.mark.parametrize(("value", "error", "message"), **table(WRONG_WITHOUT_UNIT))
def test_a_bid_of_anything_else_says_what_was_expected_and_sequences_nothing(
    house: AuctionHouse, value: Any, error: type[Exception], message: str
) -> None:
    refused_before_sequencing(house, "分", value, error, message)


@pytest.mark.parametrize(("value", "error", "message"), **table(WRONG_IN_WAN))
def test_a_bid_of_anything_else_in_a_lot_with_a_unit_sequences_nothing(
    house: AuctionHouse, value: Any, error: type[Exception], message: str
) -> None:
    refused_before_sequencing(house, "万元", value, error, message)


@pytest.mark.parametrize(("value", "error", "message"), **table(WRONG_IN_WAN))
def test_money_refuses_what_a_bid_refuses(value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(AmountError) as caught:
        WAN_YUAN.minor(value)
    assert (type(caught.value), str(caught.value)) == (error, message)


@pytest.mark.parametrize(("value", "error", "message"), **table(WRONG_WITHOUT_UNIT))
def test_money_without_a_unit_takes_minor_units_only(value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(AmountError) as caught:
        CNY.minor(value)
    assert (type(caught.value), str(caught.value)) == (error, message)


@pytest.mark.parametrize("exponent", ["1E+999999999999999999", "1E-999999999999999999", "-1E+999999999999999999"])
def test_a_decimal_too_large_to_write_out_is_refused_as_an_amount(house: AuctionHouse, exponent: str) -> None:
    before = house.last_seq
    with pytest.raises(AmountError, match="expected .* received Decimal"):
        house.bid("万元", "001", Decimal(exponent))
    assert house.last_seq == before


@pytest.mark.parametrize("text", ["\ud800", "319\udfff"])
def test_text_that_is_no_unicode_is_refused_as_an_amount(house: AuctionHouse, text: str) -> None:
    before = house.last_seq
    with pytest.raises(AmountError, match="expected"):
        house.bid("万元", "001", text)
    assert house.last_seq == before


def test_an_amount_of_an_unknown_lot_is_that_lots_fault(house: AuctionHouse) -> None:
    for amount in (100, "100"):
        with pytest.raises(UnknownLot) as raised:
            house.bid("无", "001", amount)
        told = raised.value.message(), raised.value.message("zh-CN")
        assert told == ('there is no lot named "无" in this house', '没有名为 "无" 的标的')


@pytest.mark.parametrize(
    ("money", "minor", "shown"),
    [
        (WAN_YUAN, 420_579_000_000, "420,579 万元"),
        (WAN_YUAN, 1, "0.000001 万元"),
        (YUAN, 123_450, "1,234.5 元"),
        (CNY, 123_450, "1,234.50 CNY"),
        (CNY, -5, "-0.05 CNY"),
    ],
)
def test_an_amount_is_shown_in_the_unit_of_quoting(money: Any, minor: int, shown: str) -> None:
    assert money.show(minor) == shown


@pytest.mark.parametrize("minor", [0, 1, 99, 100, 319_500_000, LIMIT - 1])
def test_what_is_shown_states_the_same_amount_again(minor: int) -> None:
    assert WAN_YUAN.minor(WAN_YUAN.show(minor).removesuffix(" 万元").replace(",", "")) == minor


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Money("CNY", True), "exponent: expected a number of decimal digits from 0 to 18, received True"),  # noqa: FBT003 - what is refused
        (lambda: Money("CNY", -1), "exponent: expected a number of decimal digits from 0 to 18, received -1"),
        (lambda: Money("CNY", 19), "exponent: expected a number of decimal digits from 0 to 18, received 19"),
        (lambda: Money("CNY", "2"), "exponent: expected a number of decimal digits from 0 to 18, received '2'"),  # type: ignore[arg-type]
        (lambda: Money(None, 2), "currency: expected text, received None"),  # type: ignore[arg-type]
        (lambda: Money("", 2), "currency: expected text, received ''"),
        (lambda: Money("CNY", 2, "元"), r"unit: expected a Unit, as Unit\('万元', 6\), or None, received '元'"),  # type: ignore[arg-type]
        (lambda: Unit("元", True), "unit: scale: expected a number of decimal digits from 0 to 18, received True"),  # noqa: FBT003 - what is refused
        (lambda: Unit("元", 19), "unit: scale: expected a number of decimal digits from 0 to 18, received 19"),
        (lambda: Unit(3, 2), "unit: name: expected text, received 3"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_what_is_no_money_is_refused_where_it_is_stated(make: Callable[[], object], message: str) -> None:
    with pytest.raises(MisuseError, match=f"^{message}$"):
        make()
