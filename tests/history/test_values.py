"""How amounts, times and durations are read: exactly, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from pyauction.history.amounts import amount_reader, amount_text
from pyauction.history.findings import Unreadable
from pyauction.history.mapping import AmountFormat, TimeFormat
from pyauction.history.times import read_duration, time_reader
from pyauction.history.whole import read_whole

ETH = AmountFormat(currency="ETH", exponent=18)
SCIENTIFIC = AmountFormat(currency="ETH", exponent=18, notation="scientific")
WAN = AmountFormat(currency="CNY", exponent=2, unit="万元", unit_scale=6)
DOLLARS = AmountFormat(currency="USD", exponent=2, thousands=",")
EUROS = AmountFormat(currency="EUR", exponent=2, thousands=".", decimal=",")
CENTS = AmountFormat(currency="USD", exponent=2, unit="cent", unit_scale=0)


@pytest.mark.parametrize(
    ("form", "text", "minor"),
    [
        (ETH, "0.026724734404329435", 26_724_734_404_329_435),
        (ETH, "9.223372036854775807", 2**63 - 1),
        (WAN, "319", 319_000_000),
        (WAN, "10.2312", 10_231_200),
        (DOLLARS, "1,234,567.89", 123_456_789),
        (DOLLARS, "1234567.8", 123_456_780),
        (EUROS, "1.234,5", 123_450),
        (CENTS, "17", 17),
        (SCIENTIFIC, "5e-05", 5 * 10**13),
        (SCIENTIFIC, "1E-18", 1),
        (SCIENTIFIC, "2.6724734404329435e-2", 26_724_734_404_329_435),
        (SCIENTIFIC, "9.223372036854775807E+0", 2**63 - 1),
        (SCIENTIFIC, "1.000E-18", 1),
        (SCIENTIFIC, "0E-18", 0),
        (SCIENTIFIC, "0.5", 5 * 10**17),
    ],
)
def test_an_amount_is_read_to_the_last_minor_unit(form: AmountFormat, text: str, minor: int) -> None:
    assert amount_reader(form)(text) == minor


@pytest.mark.parametrize(
    ("form", "text", "reason"),
    [
        (ETH, "0.0267247344043294351", "expected an amount in ETH: expected at most 18 digits after the point"),
        (
            ETH,
            "9.223372036854775808",
            "expected at most 9.223372036854775807 ETH at exponent 18; a smaller exponent holds more, received '9.2233720",
        ),
        (ETH, "9" * 5000, "expected at most 9.223372036854775807 ETH at exponent 18"),
        (WAN, "9223372036854.775808", "expected at most 9223372036854.775807 万元 at exponent 2"),
        (DOLLARS, "92,233,720,368,547,758.08", "received '92,233,720,368,547,758.08'"),
        (SCIENTIFIC, "1e1", "expected at most 9.223372036854775807 ETH at exponent 18"),
        (SCIENTIFIC, "1e-19", "at most 18 digits after the point"),
        (SCIENTIFIC, "1.05e-17", "at most 18 digits after the point"),
        (SCIENTIFIC, "1e99999", "received '1e99999'"),
        (SCIENTIFIC, "-1e-5", "received '-1e-5'"),
        (SCIENTIFIC, "inf", "received 'inf'"),
        (SCIENTIFIC, "e5", "received 'e5'"),
        (WAN, "0.1234567", "expected at most 6 digits after the point"),
        (CENTS, "17.5", "expected at most 0 digits after the point"),
        (DOLLARS, "1,5", "with '.' as point and groups of three between ','"),
        (DOLLARS, "12,3456.00", "groups of three"),
        (DOLLARS, "1,234.5,0", "groups of three"),
        (EUROS, "1234.5", "with ',' as point"),
        (ETH, "1e3", "received '1e3'"),
        (ETH, "-1", "received '-1'"),
        (ETH, "", "received ''"),
        (ETH, "１２", "received '１２'"),
        (DOLLARS, "１２", "received '１２'"),
        (ETH, "\udc80", "received '\\udc80'"),
    ],
)
def test_what_is_no_exact_amount_is_refused(form: AmountFormat, text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as raised:
        amount_reader(form)(text)
    assert reason in str(raised.value)


def test_an_amount_is_shown_without_zeros_at_the_end() -> None:
    shown = [amount_text(minor, 18) for minor in (136 * 10**15, 10**18, 1, 0, -5 * 10**17, None)]
    assert shown == ["0.136", "1", "0.000000000000000001", "0", "-0.5", None]
    assert amount_text(17, 0) == "17"


def time(form: str, text: str, **options: str) -> int:
    if form.endswith("_since"):
        options["origin"] = "1970-01-01T00:00:00Z"
    return time_reader(TimeFormat(format=form, **options))(text)


T = 1_697_653_967


@pytest.mark.parametrize(
    ("form", "text", "options", "ns"),
    [
        ("unix_s", "1697653967", {}, T * 10**9),
        ("unix_s", "1697653967.000000001", {}, T * 10**9 + 1),
        ("unix_ms", "1697653967123", {}, T * 10**9 + 123 * 10**6),
        ("unix_us", "1697653967123456", {}, T * 10**9 + 123_456_000),
        ("unix_ns", "1697653967123456789", {}, T * 10**9 + 123_456_789),
        ("iso", "2023-10-18T18:32:47Z", {}, T * 10**9),
        ("iso", "2023-10-19T02:32:47+08:00", {}, T * 10**9),
        ("iso", "2023-10-19 02:32:47.123456789+0800", {}, T * 10**9 + 123_456_789),
        ("iso", "2023-10-18T13:32:47-05:00", {"zone": "Asia/Shanghai"}, T * 10**9),
        ("iso", "2023-10-19 02:32:47", {"zone": "Asia/Shanghai"}, T * 10**9),
        ("iso", "2023-10-19 02:32:47", {"zone": "+08:00"}, T * 10**9),
        ("iso", "1988-07-01 12:00:00", {"zone": "Asia/Shanghai"}, 583_729_200 * 10**9),
        ("%d/%m/%Y %H:%M:%S", "19/10/2023 02:32:47", {"zone": "Asia/Shanghai"}, T * 10**9),
        ("%Y-%m-%dT%H:%M:%S.%f%z", "2023-10-18T18:32:47.000001+0000", {}, T * 10**9 + 1000),
        ("days_since", "2.230949", {}, 192_753_993_600_000),
        ("days_since", "-0.5", {}, -43_200 * 10**9),
        ("hours_since", "1.5", {}, 5_400 * 10**9),
        ("minutes_since", "0.25", {}, 15 * 10**9),
        ("seconds_since", "0.000000001", {}, 1),
        ("seconds_since", "0.0000000019", {"finer": "truncate"}, 1),
        ("iso", "2024-11-03 01:30:00", {"zone": "America/New_York", "ambiguous": "earlier"}, 1_730_611_800 * 10**9),
        ("iso", "2024-11-03 01:30:00", {"zone": "America/New_York", "ambiguous": "later"}, 1_730_615_400 * 10**9),
    ],
)
def test_a_time_is_read_to_the_nanosecond_in_its_zone(form: str, text: str, options: dict[str, Any], ns: int) -> None:
    assert time(form, text, **options) == ns


@pytest.mark.parametrize(
    ("form", "text", "options", "reason"),
    [
        ("unix_s", "16976539.67e2", {}, "expected a decimal number"),
        ("unix_s", "-1", {}, "expected a time from 1970 to 2116"),
        ("unix_s", "99999999999", {}, "expected a time from 1970 to 2116, received '99999999999'"),
        ("unix_s", "9" * 5000, {}, "expected a whole number of at most 9223372036854775807"),
        ("unix_s", "1." + "9" * 5000, {}, "expected a decimal number"),
        ("iso", "2023-10-18T18:32.5Z", {}, "expected a time as 2023-10-18T18:32:47+08:00"),
        ("iso", "0001-01-01T00:00:00+14:00", {}, "expected a time from 1970 to 2116, received '0001-01-01T00"),
        ("iso", "9999-12-31T23:59:59-14:00", {}, "expected a time from 1970 to 2116, received '9999-12-31T23"),
        ("iso", "2116-12-31T23:59:59Z", {}, "expected a time from 1970 to 2116, received '2116-12-31T23:59:59Z'"),
        (
            "%Y-%m-%d %H:%M:%S",
            "0001-01-01 00:00:00",
            {"zone": "Asia/Shanghai"},
            "expected a time from 1970 to 2116, received '0001-01-01 00:00:00'",
        ),
        ("unix_s", "1697653967.0000000001", {}, "expected a whole number of nanoseconds"),
        ("days_since", "0.123456789012345", {}, "finer = 'truncate' cuts it"),
        ("iso", "2023-10-18", {}, "expected a time as 2023-10-18T18:32:47+08:00"),
        ("iso", "2023-02-30T00:00:00Z", {}, "expected a time that exists"),
        ("iso", "2023-10-18T18:32:47", {}, "expected a time with its offset, or time.zone in the mapping"),
        ("iso", "2023-10-18T18:32:47.1234567891Z", {}, "expected a whole number of nanoseconds"),
        (
            "iso",
            "2024-11-03 01:30:00",
            {"zone": "America/New_York"},
            "which the clocks of America/New_York showed twice",
        ),
        ("iso", "2024-03-10 02:30:00", {"zone": "America/New_York"}, "they skipped it"),
        ("%d/%m/%Y", "10/19/2023", {"zone": "UTC"}, "expected a time as %d/%m/%Y"),
    ],
)
def test_what_is_no_exact_time_is_refused(form: str, text: str, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unreadable) as raised:
        time(form, text, **options)
    assert reason in str(raised.value)


def test_a_duration_is_a_number_with_a_unit_or_text() -> None:
    assert (read_duration("1.5", "d"), read_duration("1h30m", None)) == (129_600 * 10**9, 5_400 * 10**9)
    with pytest.raises(Unreadable, match="a number needs a unit"):
        read_duration("90", None)
    for text, unit in (("0", "d"), ("-1", "d"), ("9" * 20, "d"), ("99999d", None), ("0h", None)):
        with pytest.raises(Unreadable, match="expected a duration above zero and of at most 11574 days"):
            read_duration(text, unit)
    with pytest.raises(Unreadable, match="expected a duration as 24h or 10m"):
        read_duration("9" * 5000 + "d", None)


def test_a_whole_number_is_digits_within_64_bits() -> None:
    assert [read_whole(text) for text in ("0", "007", str(2**63 - 1), "0" * 5000 + "1")] == [0, 7, 2**63 - 1, 1]
    for text in ("", "-1", "1.0", "１", "1_0", " 1", str(2**63), "9" * 5000):
        with pytest.raises(Unreadable, match=f"expected a whole number of at most {2**63 - 1}, received"):
            read_whole(text)
