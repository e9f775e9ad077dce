"""Hours in which bidding is open, made into the spans in which it is closed: what a lot's rules take as `closed`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from .clock import timestamp_ns
from .errors import MisuseError
from .told import Told
from .workdays import plain_day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .clock import Time
    from .workdays import WorkdayCalendar

MOST_SPANS = 512
"""As many closed spans as the rules of a lot hold (FORMAT.md B.1)."""


def closed_spans(
    first: date,
    last: date,
    *,
    opens: time,
    closes: time,
    zone: tzinfo,
    calendar: WorkdayCalendar | None = None,
    maintenance: Iterable[tuple[Time, Time]] = (),
) -> tuple[tuple[int, int], ...]:
    """Return the spans in nanoseconds in which bidding is closed from `first` to `last`, both inclusive.

    Bidding is open every day from `opens` to `closes` in `zone`; with `calendar` on workdays only. `maintenance` are spans
    (from, until) besides. Spans that touch or overlap are one. Before `first` and after `last` nothing is closed: let them
    reach well beyond the sale, whose timed phase may run for days (加达: 63 hours).

    Raises `MisuseError` for hours that do not rise, days that do not, and more than 512 spans (a year of nights).
    """
    first, last = plain_day("first", first), plain_day("last", last)
    if opens >= closes:
        raise MisuseError(
            Told(
                f"expected rising times of a day, received {opens} and {closes}",
                f"应先开后闭，实为 {opens} 与 {closes}",
            ),
            Told("opens and closes", "opens 与 closes"),
        )
    if first > last:
        raise MisuseError(
            Told(f"expected rising days, received {first} and {last}", f"应先起后止，实为 {first} 与 {last}"),
            Told("first and last", "first 与 last"),
        )
    spans = [(timestamp_ns(start), timestamp_ns(end)) for start, end in maintenance]
    begin = _ns(first, time(0), zone)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if calendar is None or calendar.is_workday(day):
            spans.append((begin, _ns(day, opens, zone)))
            begin = _ns(day, closes, zone)
    spans.append((begin, _ns(last + timedelta(days=1), time(0), zone)))
    joined = _joined(spans)
    if len(joined) > MOST_SPANS:
        raise MisuseError(
            Told(
                f"expected at most {MOST_SPANS} spans, received {len(joined)}; state fewer days",
                f"至多 {MOST_SPANS} 个时段，实有 {len(joined)} 个；请缩短起止日期",
            ),
            "closed_spans",
        )
    return joined


def _ns(day: date, at: time, zone: tzinfo) -> int:
    return timestamp_ns(datetime.combine(day, at, zone))


def _joined(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
