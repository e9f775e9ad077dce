"""The calendar says which days are worked, counts them, and refuses days for which nothing says it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pyauction import MisuseError
from pyauction.errors import AuctionError, MissingExtra, UnknownDay
from pyauction.workdays import WorkdayCalendar

CHINESE = WorkdayCalendar.chinese()
YEAR: dict[str, Any] = {"first": date(2025, 1, 1), "last": date(2025, 12, 31)}
PLAIN = WorkdayCalendar.of_table({}, **YEAR)

# 国办发明电〔2024〕12号: off from 28 January to 4 February and from 1 to 8 October 2025; the Sundays 26 January and
# 28 September and the Saturdays 8 February and 11 October are worked.
WEEKS_2025: dict[str, tuple[date, str]] = {
    "Spring Festival": (date(2025, 1, 20), "wwwww.w w....... .wwww. wwwww.."),
    "Qingming, after a plain week": (date(2025, 3, 24), "wwwww.. wwww... wwwww.."),
    "Labour Day": (date(2025, 4, 21), "wwwww.w www.... .wwww.."),
    "Dragon Boat": (date(2025, 5, 26), "wwwww.. .wwww.."),
    "National Day": (date(2025, 9, 22), "wwwww.w ww..... ...www. wwwww.."),
}


@pytest.mark.parametrize(("monday", "weeks"), WEEKS_2025.values(), ids=WEEKS_2025.keys())
def test_days_of_2025_are_as_the_notice_says(monday: date, weeks: str) -> None:
    told = weeks.replace(" ", "")
    said = "".join("w" if CHINESE.is_workday(monday + timedelta(day)) else "." for day in range(len(told)))
    assert said == told


def test_the_chinese_calendar_says_of_every_day_what_its_library_says() -> None:
    library: Any = import_module("chinese_calendar")
    assert CHINESE.first is not None
    assert CHINESE.last is not None
    days = [CHINESE.first + timedelta(day) for day in range((CHINESE.last - CHINESE.first).days + 1)]
    assert [day for day in days if CHINESE.is_workday(day) != library.is_workday(day)] == []
    assert len(days) > 20 * 365


AFTER: dict[str, tuple[date, int, date]] = {
    "the day itself": (date(2025, 1, 24), 0, date(2025, 1, 24)),
    "a day off itself": (date(2025, 2, 1), 0, date(2025, 2, 1)),
    "a worked Sunday": (date(2025, 1, 24), 1, date(2025, 1, 26)),
    "the last one before Spring Festival": (date(2025, 1, 24), 2, date(2025, 1, 27)),
    "over Spring Festival": (date(2025, 1, 24), 3, date(2025, 2, 5)),
    "a worked Saturday": (date(2025, 1, 24), 6, date(2025, 2, 8)),
    "beyond the worked Saturday": (date(2025, 1, 24), 7, date(2025, 2, 10)),
    "from a day off": (date(2025, 1, 30), 1, date(2025, 2, 5)),
    "from a worked Sunday": (date(2025, 1, 26), 1, date(2025, 1, 27)),
    "20 days with Spring Festival": (date(2025, 1, 10), 20, date(2025, 2, 13)),
    "the worked Sunday before National Day": (date(2025, 9, 26), 1, date(2025, 9, 28)),
    "over National Day": (date(2025, 9, 30), 1, date(2025, 10, 9)),
    "the worked Saturday after National Day": (date(2025, 9, 26), 6, date(2025, 10, 11)),
    "beyond it": (date(2025, 9, 26), 7, date(2025, 10, 13)),
    "over New Year": (date(2025, 12, 31), 1, date(2026, 1, 4)),
}

BEFORE: dict[str, tuple[date, int, date]] = {
    "the day itself": (date(2025, 2, 5), 0, date(2025, 2, 5)),
    "over Spring Festival": (date(2025, 2, 5), 1, date(2025, 1, 27)),
    "a worked Sunday": (date(2025, 2, 5), 2, date(2025, 1, 26)),
    "beyond the worked Sunday": (date(2025, 2, 5), 3, date(2025, 1, 24)),
    "from a day off": (date(2025, 10, 8), 1, date(2025, 9, 30)),
    "20 days with Spring Festival": (date(2025, 2, 13), 20, date(2025, 1, 10)),
}

COUNTED: dict[str, tuple[date, date, int]] = {
    "one workday": (date(2025, 1, 24), date(2025, 1, 24), 1),
    "one day off": (date(2025, 1, 25), date(2025, 1, 25), 0),
    "one worked Sunday": (date(2025, 1, 26), date(2025, 1, 26), 1),
    "around Spring Festival": (date(2025, 1, 24), date(2025, 2, 10), 8),
    "Spring Festival": (date(2025, 1, 28), date(2025, 2, 4), 0),
    "around National Day": (date(2025, 9, 26), date(2025, 10, 13), 8),
    "January": (date(2025, 1, 1), date(2025, 1, 31), 19),
}


@pytest.mark.parametrize(("day", "count", "expected"), AFTER.values(), ids=AFTER.keys())
def test_the_nth_workday_after_a_day(day: date, count: int, expected: date) -> None:
    assert CHINESE.after(day, count) == expected


@pytest.mark.parametrize(("day", "count", "expected"), BEFORE.values(), ids=BEFORE.keys())
def test_the_nth_workday_before_a_day(day: date, count: int, expected: date) -> None:
    assert CHINESE.before(day, count) == expected


@pytest.mark.parametrize(("first", "last", "expected"), COUNTED.values(), ids=COUNTED.keys())
def test_workdays_are_counted_with_both_ends(first: date, last: date, expected: int) -> None:
    assert CHINESE.count(first, last) == expected


def test_a_year_without_a_notice_is_refused() -> None:
    last_year = max(import_module("chinese_calendar.constants").holidays).year
    refused = [date(2003, 12, 31), date(last_year, 12, 29), date(last_year, 12, 31), date(last_year + 1, 1, 4)]
    assert [CHINESE.covers(day) for day in refused] == [False] * 4
    for day in refused:
        with pytest.raises(UnknownDay, match=f"received {day}"):
            CHINESE.is_workday(day)
    with pytest.raises(UnknownDay):
        CHINESE.after(date(last_year, 12, 20), 20)
    with pytest.raises(UnknownDay):
        CHINESE.before(date(2004, 1, 5), 20)
    with pytest.raises(UnknownDay):
        CHINESE.count(date(last_year, 12, 1), date(last_year + 1, 1, 31))


def test_years_are_those_of_the_data_and_december_waits_for_the_next_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    notices = SimpleNamespace(
        holidays={date(2024, 1, 1): "", date(2025, 1, 1): "", date(2025, 10, 1): ""}, workdays={date(2025, 9, 28): ""}
    )
    monkeypatch.setitem(sys.modules, "chinese_calendar.constants", notices)
    calendar = WorkdayCalendar.chinese()
    source = f"chinesecalendar {version('chinesecalendar')}"
    assert calendar == WorkdayCalendar(
        source=source,
        worked=frozenset({date(2025, 9, 28)}),
        off=frozenset({date(2024, 1, 1), date(2025, 1, 1), date(2025, 10, 1)}),
        first=date(2024, 1, 1),
        last=date(2025, 12, 28),
    )
    with pytest.raises(UnknownDay) as raised:
        calendar.after(date(2025, 12, 26), 1)
    assert str(raised.value) == (
        f"day: expected one of {source} (2024-01-01 to 2025-12-28), received 2025-12-29: no notice and no table here says "
        "whether it is worked; update chinesecalendar or lay a table over the calendar"
    )


def test_without_the_library_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "chinese_calendar.constants")
    monkeypatch.setitem(sys.modules, "chinese_calendar", None)  # How Python marks what is missing.
    with pytest.raises(MissingExtra) as raised:
        WorkdayCalendar.chinese()
    assert (isinstance(raised.value, AuctionError), isinstance(raised.value, ImportError)) == (True, True)
    assert str(raised.value) == (
        "The calendar of Chinese workdays needs another package: pip install 'pyauction[calendar]' / 中国工作日历需要额外组件"
    )


def test_days_that_a_table_does_not_name_follow_monday_to_friday() -> None:
    table = WorkdayCalendar.of_table({date(2025, 1, 6): False, date(2025, 1, 11): True}, **YEAR)
    week = [date(2025, 1, 6) + timedelta(day) for day in range(7)]
    assert [table.is_workday(day) for day in week] == [False, True, True, True, True, True, False]
    assert [PLAIN.is_workday(day) for day in week] == [True, True, True, True, True, False, False]
    with pytest.raises(UnknownDay, match=r"expected one of table \(2025-01-01 to 2025-12-31\), received 2026-01-01"):
        table.is_workday(date(2026, 1, 1))


def test_a_table_laid_over_a_calendar_changes_the_days_that_it_names() -> None:
    closed = {date(2025, 1, 26): False, date(2025, 10, 8): True}
    laid = WorkdayCalendar.of_table(closed, over=CHINESE, source="office")
    assert (laid.is_workday(date(2025, 1, 26)), laid.is_workday(date(2025, 10, 8))) == (False, True)
    assert (laid.is_workday(date(2025, 2, 8)), laid.is_workday(date(2025, 10, 7))) == (True, False)
    assert (laid.after(date(2025, 1, 24), 1), laid.after(date(2025, 9, 30), 1)) == (
        date(2025, 1, 27),
        date(2025, 10, 8),
    )
    assert laid.covered == f"office over {CHINESE.covered}"


def test_a_range_of_a_table_laid_over_a_calendar_adds_dates_and_leaves_the_others_to_it() -> None:
    named = {date(2027, 1, 1): False, date(2027, 1, 2): True}
    under = WorkdayCalendar.of_table({date(2026, 12, 28): False}, first=date(2026, 1, 1), last=date(2026, 12, 28))
    laid = WorkdayCalendar.of_table(named, first=date(2026, 12, 1), last=date(2027, 12, 31), over=under)
    days = [date(2026, 12, 28) + timedelta(day) for day in range(7)]
    assert [laid.is_workday(day) for day in days] == [False, True, True, True, False, True, False]
    assert (laid.covers(date(2026, 1, 1)), laid.covers(date(2028, 1, 1))) == (True, False)
    assert laid.covered == "table (2026-12-01 to 2027-12-31) over table (2026-01-01 to 2026-12-28)"


def test_a_day_between_two_ranges_is_refused() -> None:
    later = WorkdayCalendar.of_table({}, first=date(2027, 1, 1), last=date(2027, 12, 31), over=PLAIN)
    assert later.is_workday(date(2027, 1, 1))
    with pytest.raises(UnknownDay, match="received 2026-01-01"):
        later.after(date(2025, 12, 31), 1)


def test_a_calendar_is_an_immutable_value() -> None:
    days = {date(2025, 1, 6): False}
    table = WorkdayCalendar.of_table(days, **YEAR)
    days[date(2025, 1, 7)] = False
    again = WorkdayCalendar.of_table({date(2025, 1, 6): False}, **YEAR)
    assert (table, hash(table)) == (again, hash(again))
    assert repr(table) == "<WorkdayCalendar table (2025-01-01 to 2025-12-31)>"
    with pytest.raises(AttributeError):
        table.last = date(2026, 12, 31)  # type: ignore[misc]


MOMENT = datetime(2025, 1, 6, 9, tzinfo=UTC)
NAIVE = datetime(2025, 1, 6, 9)  # noqa: DTZ001 - what is refused
DAY, EVE = date(2025, 1, 6), date(2025, 1, 5)
NO_DATETIME = (
    "expected a date, received the datetime 2025-01-06T09:00:00+00:00; which day that is depends on a time zone"
)
table = WorkdayCalendar.of_table


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PLAIN.is_workday(MOMENT), f"day: {NO_DATETIME}"),
        (lambda: PLAIN.is_workday(NAIVE), "day: expected a date, received the datetime 2025-01-06T09:00:00; which day"),
        (lambda: PLAIN.covers(MOMENT), f"day: {NO_DATETIME}"),
        (lambda: PLAIN.after(MOMENT, 1), f"day: {NO_DATETIME}"),
        (lambda: PLAIN.before(NAIVE, 0), "day: expected a date, received the datetime 2025-01-06T09:00:00; which day"),
        (lambda: PLAIN.count(MOMENT, DAY), f"first: {NO_DATETIME}"),
        (lambda: PLAIN.count(DAY, MOMENT), f"last: {NO_DATETIME}"),
        (lambda: PLAIN.is_workday("2025-01-06"), "day: expected a date, received '2025-01-06'"),  # type: ignore[arg-type]
        (lambda: PLAIN.after(DAY, -1), "count: expected a whole number of at least 0, received -1"),
        (lambda: PLAIN.before(DAY, True), "count: expected a whole number of at least 0, received True"),  # noqa: FBT003 - what is refused
        (lambda: PLAIN.after(DAY, 1.0), "count: expected a whole number of at least 0, received 1.0"),  # type: ignore[arg-type]
        (lambda: PLAIN.count(DAY, EVE), "last: expected 2025-01-06 or later, received 2025-01-05"),
        (lambda: table({}), "first and last: expected the dates for which the table speaks, received none"),
        (lambda: table({}, first=DAY), "first and last: expected both or none, received 2025-01-06 and None"),
        (lambda: table({}, last=DAY, over=PLAIN), "first and last: expected both or none, received None and 2025-01-06"),
        (lambda: table({}, first=DAY, last=EVE), "last: expected 2025-01-06 or later, received 2025-01-05"),
        (lambda: table({}, first=MOMENT, last=DAY), f"first: {NO_DATETIME}"),
        (lambda: table({MOMENT: True}, **YEAR), f"days: {NO_DATETIME}"),
        (lambda: table({DAY: "workday"}, **YEAR),  # type: ignore[dict-item]
         "days: expected True for a workday or False, received 'workday' for 2025-01-06"),
        (lambda: table({date(2026, 1, 2): True, date(2026, 1, 1): True}, **YEAR),
         "days: expected days of table (2025-01-01 to 2025-12-31), received 2026-01-01"),
        (lambda: table({date(2026, 1, 1): True}, over=PLAIN),
         "days: expected days of table over table (2025-01-01 to 2025-12-31), received 2026-01-01"),
        (lambda: WorkdayCalendar(source="x", worked=frozenset({DAY}), off=frozenset({DAY}), **YEAR),
         "days: expected a workday or a day off, received both for 2025-01-06"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_told_what_was_expected(call: Callable[[], object], message: str) -> None:
    with pytest.raises(MisuseError) as raised:
        call()
    assert str(raised.value).startswith(message)
    assert not isinstance(raised.value, UnknownDay)


def test_counting_ends_with_the_last_date_that_there_is() -> None:
    endless = WorkdayCalendar.of_table({}, first=date(9999, 12, 1), last=date.max)
    with pytest.raises(UnknownDay, match="count: expected a day that a date can state, received 100 from 9999-12-31"):
        endless.after(date(9999, 12, 1), 100)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_calendar_is_read_from_a_csv_file(tmp_path: Path, encoding: str, newline: str) -> None:
    path = tmp_path / "2025.csv"
    rows = [
        "date,kind",
        "2025-01-26,workday",
        "",
        "2025-01-28, holiday ",
        '"2025-02-08",工作日',
        "2025-01-29,休息日",
    ]
    path.write_bytes(newline.join(rows).encode(encoding))
    named = {
        date(2025, 1, 26): True,
        date(2025, 1, 28): False,
        date(2025, 2, 8): True,
        date(2025, 1, 29): False,
    }
    assert WorkdayCalendar.from_csv(path, **YEAR) == WorkdayCalendar.of_table(named, **YEAR, source="2025.csv")
    laid = WorkdayCalendar.from_csv(str(path), over=CHINESE)
    assert laid == WorkdayCalendar.of_table(named, over=CHINESE, source="2025.csv")


CSV_ERRORS: dict[str, tuple[bytes, str]] = {
    "an empty file": (b"", "line 1, column header: expected date,kind, received an empty file"),
    "blank lines only": (b"\n\n", "line 1, column header: expected date,kind, received an empty file"),
    "another header": (b"\nday,kind\n", "line 2, column header: expected date,kind, received 'day,kind'"),
    "no header": (b"2025-01-26,workday\n",
                  "line 1, column header: expected date,kind, received '2025-01-26,workday'"),
    "another form of date": (b"date,kind\n2025/1/26,workday\n",
                             "line 2, column date: expected a date as 2025-01-26, received '2025/1/26'"),
    "a compact date": (b"date,kind\n20250126,workday\n",
                       "line 2, column date: expected a date as 2025-01-26, received '20250126'"),
    "no such date": (b"date,kind\n2025-02-29,workday\n",
                     "line 2, column date: expected a date as 2025-01-26, received '2025-02-29'"),
    "no date": (b"date,kind\n,workday\n", "line 2, column date: expected a date as 2025-01-26, received ''"),
    "another kind": (b"date,kind\n\n2025-01-26,Workday\n",
                     "line 3, column kind: expected one of workday, holiday, 工作日, 休息日, received 'Workday'"),
    "a date twice": (b"date,kind\n2025-01-26,workday\n2025-01-27,holiday\n2025-01-26,workday\n",
                     "line 4, column date: expected every date once, received 2025-01-26 again, after line 2"),
    "a date outside": (b"date,kind\n2026-01-01,holiday\n",
                       "line 2, column date: expected a date of 2025.csv (2025-01-01 to 2025-12-31), received 2026-01-01"),
    "one value": (b"date,kind\n2025-01-26\n", "line 2, column kind: expected 2 values, received 1"),
    "three values": (b"date,kind\n2025-01-26,workday,x\n", "line 2, column 3: expected 2 values, received 3"),
    "an open quote": (b'date,kind\n2025-01-26,workday\n"2025-01-27,holiday\n',
                      "line 3, column date or kind: expected a CSV row, received unexpected end of data"),
    "a row over two lines": (b'date,kind\n2025-01-26,"work\nday"\n2025-01-27,x\n',
                             "line 2, column kind: expected one of workday, holiday, 工作日, 休息日, received 'work\\nday'"),
    "GB 18030": ("date,kind\n2025-01-26,工作日\n".encode("gb18030"),
                 "line 2, column kind: expected UTF-8 text, received the byte 0xb9"),
    "no text": (b"date,kind\n\xff,workday\n", "line 2, column date: expected UTF-8 text, received the byte 0xff"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "message"), CSV_ERRORS.values(), ids=CSV_ERRORS.keys())
def test_a_fault_in_a_csv_file_is_named_with_its_place(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "2025.csv"
    path.write_bytes(data)
    with pytest.raises(MisuseError) as raised:
        WorkdayCalendar.from_csv(path, **YEAR)
    assert str(raised.value) == f"{path}: {message}"


def test_a_csv_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    with pytest.raises(MisuseError) as raised:
        WorkdayCalendar.from_csv(path, **YEAR)
    assert str(raised.value) == f"expected a CSV file, could not read {path}: No such file or directory"
