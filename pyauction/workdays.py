"""Workdays by the calendar: a table of days with the dates for which it speaks. For other days it refuses to answer.

Which days are worked is not a rule but a decision of every year: the State Council's notice moves days off and makes
weekends workdays (as 国办发明电〔2024〕12号 for 2025), and is published in the autumn before. A day of a year without a
notice is therefore no workday and no day off, and is refused. Nothing here knows today's date.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from importlib import import_module
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Self

import msgspec

from .errors import MissingExtra, MisuseError, UnknownDay
from .told import Told


class WorkdayCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """Which days are workdays. Made by `chinese`, `of_table` or `from_csv`; immutable, equal by value.

    - `source`: what the days were taken from, for whoever reads a report.
    - `worked`, `off`: the days that are named.
    - `first`, `last`: the dates between which, both included, days that are not named follow Monday to Friday.
    - `over`: the calendar over which this one is laid: it answers for every day that is not named here and that it
      covers, also between `first` and `last`.

    Raises `MisuseError` where a named day lies outside of everything that is covered.
    """

    source: str
    worked: frozenset[date] = frozenset()
    off: frozenset[date] = frozenset()
    first: date | None = None
    last: date | None = None
    over: WorkdayCalendar | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself. Raises `MisuseError`."""
        self._check_range()
        if outside := [day for day in self.worked | self.off if not self.covers(plain_day("days", day))]:
            raise _wrong(
                "days",
                f"expected days of {self.covered}, received {min(outside)}",
                f"应在 {self.covered} 之内，实有 {min(outside)}",
            )
        if both := self.worked & self.off:
            raise _wrong(
                "days",
                f"expected a workday or a day off, received both for {min(both)}",
                f"{min(both)} 不得既为工作日又为休息日",
            )

    @classmethod
    def chinese(cls) -> Self:
        """Return the workdays of the State Council's notices, from the package `chinesecalendar`.

        It covers the years of that release's data, without the days after 28 December of the last one: a year's notice
        may begin before the year (29 and 31 December 2018 were settled by the notice for 2019). What was decided after
        the release, a newer year or a day off that was added, is not in it; lay a table over it or update the package.

        Raises `MissingExtra` without the package.
        """
        try:
            notices = import_module("chinese_calendar.constants")
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] != "chinese_calendar":
                raise
            raise MissingExtra(
                "The calendar of Chinese workdays needs another package: pip install 'pyauction[calendar]' / "
                "中国工作日历需要额外组件"
            ) from missing
        worked, off = frozenset(notices.workdays), frozenset(notices.holidays)
        return cls(
            source=f"chinesecalendar {version('chinesecalendar')}",
            worked=worked,
            off=off,
            first=date(min(off).year, 1, 1),
            last=max(*off, *worked, date(max(off).year, 12, _LAST_SETTLED_IN_DECEMBER)),
        )

    @classmethod
    def of_table(
        cls,
        days: Mapping[date, bool],
        *,
        first: date | None = None,
        last: date | None = None,
        over: WorkdayCalendar | None = None,
        source: str = "table",
    ) -> Self:
        """Return a calendar of stated days: True is a workday, False a day off.

        `first` and `last` declare the dates for which the table speaks: there, days that it does not name follow
        Monday to Friday. Laid `over` another calendar, it changes the days that it names and leaves the others to that
        one; then `first` and `last` are needed only for dates that the other one does not cover.

        Raises `MisuseError` for a day that is no date or not covered, and for a value that is no bool.
        """
        for day, is_worked in days.items():
            if not isinstance(is_worked, bool):
                raise _wrong(
                    "days",
                    f"expected True for a workday or False, received {is_worked!r} for {day}",
                    f"{day} 应为 True（工作日）或 False，实为 {is_worked!r}",
                )
        return cls(
            source=source,
            worked=frozenset(day for day, is_worked in days.items() if is_worked),
            off=frozenset(day for day, is_worked in days.items() if not is_worked),
            first=first,
            last=last,
            over=over,
        )

    @classmethod
    def from_csv(
        cls,
        path: str | Path,
        *,
        first: date | None = None,
        last: date | None = None,
        over: WorkdayCalendar | None = None,
    ) -> Self:
        """Return a calendar of the days in a CSV file in UTF-8, as of `of_table`.

        The file has the header `date,kind`; a date is written as 2025-01-26, a kind is `workday` or `holiday`, 工作日 or
        休息日. Blank lines are no rows.

        Raises `MisuseError` where it cannot be read, with the file, the line and the column, what was expected and what
        came.
        """
        source = Path(path).name
        frame = cls(source=source, first=first, last=last, over=over)
        days: dict[date, bool] = {}
        lines: dict[date, int] = {}
        for line, (date_text, kind) in _rows(path):
            day = _day_of(date_text)
            if day is None:
                raise _unreadable(path, line, "date", "a date as 2025-01-26", repr(date_text))
            if day in days:
                raise _unreadable(path, line, "date", "every date once", f"{day} again, after line {lines[day]}")
            if not frame.covers(day):
                raise _unreadable(path, line, "date", f"a date of {frame.covered}", str(day))
            if kind not in _KINDS:
                raise _unreadable(path, line, "kind", f"one of {', '.join(_KINDS)}", repr(kind))
            days[day], lines[day] = _KINDS[kind], line
        return cls.of_table(days, first=first, last=last, over=over, source=source)

    @property
    def covered(self) -> str:
        """The calendar's source and the dates for which it speaks."""
        dates = "" if self.first is None else f" ({self.first} to {self.last})"
        return f"{self.source}{dates}" + ("" if self.over is None else f" over {self.over.covered}")

    def covers(self, day: date) -> bool:
        """Whether the calendar says of a day if it is worked."""
        plain_day("day", day)
        if self.first is not None and self.last is not None and self.first <= day <= self.last:
            return True
        return self.over is not None and self.over.covers(day)

    def is_workday(self, day: date) -> bool:
        """Whether a day is worked. Raises `UnknownDay` where the calendar does not cover it."""
        if not self.covers(day):
            raise UnknownDay(
                Told(
                    f"expected one of {self.covered}, received {day}: no notice and no table here says whether it is "
                    "worked; update chinesecalendar or lay a table over the calendar",
                    f"应在 {self.covered} 之内，实为 {day}：没有通知或表格载明该日是否为工作日；"
                    "请更新 chinesecalendar，或以表格补充",
                ),
                "day",
            )
        if day in self.worked or day in self.off:
            return day in self.worked
        if self.over is not None and self.over.covers(day):
            return self.over.is_workday(day)
        return day.weekday() < _SATURDAY

    def after(self, day: date, count: int) -> date:
        """Return the `count`-th workday after a day, which is not counted itself; for 0 the day as it is.

        This is how periods count: the day of the act does not count (民法典 art. 201). Raises `UnknownDay` where a day on
        the way is not covered, and `MisuseError` for a count below 0.
        """
        return self._walk(day, count, 1)

    def before(self, day: date, count: int) -> date:
        """Return the `count`-th workday before a day, which is not counted itself; for 0 the day as it is.

        Raises as `after` does.
        """
        return self._walk(day, count, -1)

    def count(self, first: date, last: date) -> int:
        """Return how many workdays there are from `first` to `last`, both included.

        Raises `UnknownDay` where a day of them is not covered, and `MisuseError` where `last` is before `first`.
        """
        if plain_day("last", last) < plain_day("first", first):
            raise _not_before("last", first, last)
        return sum(self.is_workday(first + timedelta(days)) for days in range((last - first).days + 1))

    def __repr__(self) -> str:
        return f"<WorkdayCalendar {self.covered}>"

    def _walk(self, day: date, count: int, step: int) -> date:
        day = plain_day("day", day)
        left = whole_number("count", count, least=0)
        while left:
            try:
                day += timedelta(step)
            except OverflowError:
                english = f"expected a day that a date can state, received {count} from {day}"
                raise UnknownDay(Told(english, f"应得出可表示的日期，实为自 {day} 起 {count} 日"), "count") from None
            left -= self.is_workday(day)
        return day

    def _check_range(self) -> None:
        if self.first is None or self.last is None:
            if self.first is not self.last:
                raise _wrong(
                    _BOTH,
                    f"expected both or none, received {self.first} and {self.last}",
                    f"须同时写明，或均不写，实为 {self.first} 与 {self.last}",
                )
            if self.over is None:
                raise _wrong(
                    _BOTH, "expected the dates for which the table speaks, received none", "应写明该表所涵盖的起止日期"
                )
        elif plain_day("last", self.last) < plain_day("first", self.first):
            raise _not_before("last", self.first, self.last)


def plain_day(parameter: str, day: object) -> date:
    """Return a stated day. A datetime is refused: which day it is depends on a time zone."""
    if isinstance(day, datetime):
        raise _wrong(
            parameter,
            f"expected a date, received the datetime {day.isoformat()}; which day that is depends on a time zone, so state "
            "it: moment.astimezone(zone).date()",
            f"应为日期，实为 datetime {day.isoformat()}；属于哪一日取决于时区，请写明：moment.astimezone(zone).date()",
        )
    if not isinstance(day, date):
        raise _wrong(parameter, f"expected a date, received {day!r}", f"应为日期，实为 {day!r}")
    return day


def whole_number(parameter: str, number: object, *, least: int) -> int:
    """Return a stated number, which is an `int` of at least `least` and not a bool."""
    if isinstance(number, bool) or not isinstance(number, int) or number < least:
        raise _wrong(
            parameter,
            f"expected a whole number of at least {least}, received {number!r}",
            f"应为不小于 {least} 的整数，实为 {number!r}",
        )
    return number


_BOTH = Told("first and last", "first 与 last")


def _wrong(parameter: str, english: str, chinese: str) -> MisuseError:
    return MisuseError(Told(english, chinese), parameter)


def _not_before(parameter: str, first: date, received: date) -> MisuseError:
    return _wrong(parameter, f"expected {first} or later, received {received}", f"不得早于 {first}，实为 {received}")


_SATURDAY = 5
_LAST_SETTLED_IN_DECEMBER = 28
"""No notice so far moved an earlier day of the December before its year (2007-12-29 and 2018-12-29 were worked)."""

_HEADER = ("date", "kind")
_KINDS = {"workday": True, "holiday": False, "工作日": True, "休息日": False}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _rows(path: str | Path) -> Iterator[tuple[int, tuple[str, str]]]:
    """Yield the line and the two values of every row after the header."""
    reader = csv.reader(StringIO(_text(path), newline=""), strict=True)
    header: tuple[str, ...] | None = None
    line = 1
    try:
        for row in reader:
            values = tuple(value.strip() for value in row)
            if values and header is None:
                header = values
                if header != _HEADER:
                    raise _unreadable(path, line, "header", ",".join(_HEADER), repr(",".join(header)))
            elif values:
                if len(values) != len(_HEADER):
                    column = "kind" if len(values) < len(_HEADER) else str(len(_HEADER) + 1)
                    raise _unreadable(path, line, column, f"{len(_HEADER)} values", str(len(values)))
                yield line, (values[0], values[1])
            line = reader.line_num + 1
    except csv.Error as error:
        raise _unreadable(path, line, "date or kind", "a CSV row", str(error)) from error
    if header is None:
        raise _unreadable(path, 1, "header", ",".join(_HEADER), "an empty file")


def _text(path: str | Path) -> str:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        why = error.strerror or error
        raise MisuseError(
            Told(f"expected a CSV file, could not read {path}: {why}", f"应为 CSV 文件，无法读取 {path}：{why}")
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = _HEADER[b"," in before.rpartition(b"\n")[2]]
        received = f"the byte 0x{data[error.start]:02x}"
        raise _unreadable(path, before.count(b"\n") + 1, column, "UTF-8 text", received) from error


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _unreadable(path: str | Path, line: int, column: str, expected: str, received: str) -> MisuseError:
    english = f"line {line}, column {column}: expected {expected}, received {received}"
    return _wrong(str(path), english, f"第 {line} 行 {column} 列：应为 {expected}，实为 {received}")
