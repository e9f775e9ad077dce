"""Hours of business as the spans in which bidding is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from pyauction import CNY, Listing, MisuseError, NoReserve, WorkdayCalendar, closed_spans, timestamp_ns

BEIJING = timezone(timedelta(hours=8))
HOURS: dict[str, Any] = {"opens": time(9), "closes": time(17), "zone": BEIJING}


def at(day: int, hour: int, month: int = 10, minute: int = 0) -> int:
    return timestamp_ns(datetime(2025, month, day, hour, minute, tzinfo=BEIJING))


def test_nights_are_closed() -> None:
    spans = closed_spans(date(2025, 10, 20), date(2025, 10, 21), **HOURS)
    assert spans == ((at(20, 0), at(20, 9)), (at(20, 17), at(21, 9)), (at(21, 17), at(22, 0)))


def test_holidays_are_closed_and_a_worked_saturday_is_not() -> None:
    calendar = WorkdayCalendar.chinese()
    spans = closed_spans(date(2025, 9, 30), date(2025, 10, 11), **HOURS, calendar=calendar)
    # 1 to 8 October 2025 are days off, Saturday the 11th is worked (国办发明电〔2024〕12号).
    assert spans[:2] == ((at(30, 0, month=9), at(30, 9, month=9)), (at(30, 17, month=9), at(9, 9)))
    assert spans[-2:] == ((at(10, 17), at(11, 9)), (at(11, 17), at(12, 0)))


def test_maintenance_joins_what_it_touches() -> None:
    night, noon = (at(20, 16), at(20, 17)), (at(20, 12), datetime(2025, 10, 20, 4, 30, tzinfo=UTC))
    spans = closed_spans(date(2025, 10, 20), date(2025, 10, 20), **HOURS, maintenance=[night, noon])
    assert spans == ((at(20, 0), at(20, 9)), (at(20, 12), at(20, 12, minute=30)), (at(20, 16), at(21, 0)))


def test_the_spans_are_rules_of_a_lot_whose_clock_stands_still_in_them() -> None:
    spans = closed_spans(date(2025, 10, 20), date(2025, 10, 24), **HOURS)
    rules = Listing(
        money=CNY, start_price=1, increment=1, free="10h", countdown="5m", closed=spans, reserve=NoReserve(),
        single_bidder="decide", timed_without_bids="decide", on_outage="suspend", self_outbid="allowed",
    ).rules()  # fmt: skip
    assert rules.as_dict()["closed_ns"] == [tuple(span) for span in spans]


@pytest.mark.parametrize(
    ("first", "last", "changes", "message"),
    [
        (date(2025, 1, 2), date(2025, 1, 1), {}, "first and last: expected rising days"),
        (date(2025, 1, 1), date(2025, 1, 1), {"closes": time(9)}, "opens and closes: expected rising times"),
        (date(2025, 1, 1), date(2026, 12, 31), {}, "closed_spans: expected at most 512 spans, received 731"),
        (datetime(2025, 1, 1, tzinfo=UTC), date(2025, 1, 2), {}, "first: expected a date"),
    ],
)
def test_hours_that_are_none_are_refused(first: date, last: date, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(MisuseError, match=f"^{message}"):
        closed_spans(first, last, **{**HOURS, **changes})
