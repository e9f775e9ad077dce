"""Periods of a sale are counted by the stated conventions; what a schedule does not keep is named with both days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pyauction import MisuseError
from pyauction.errors import UnknownDay
from pyauction.periods import Period, Schedule, ScheduleCheck, Shortfall, check_schedule, earliest, latest
from pyauction.workdays import WorkdayCalendar

CHINESE = WorkdayCalendar.chinese()
SICHUAN = "四川省省级矿业权出让网上交易规则（试行）"


def period(name: str, unit: str = "workdays", **changes: Any) -> Period:
    told: dict[str, Any] = {"source": SICHUAN, "status": "press", **changes}
    return Period(name=name, unit=unit, **told)  # type: ignore[arg-type]


ANNOUNCEMENT = period("announcement", least=20)
LISTING = period("listing", least=10)
CONFIRMATION = period("confirmation", most=3)
PUBLICITY_BEGINS = period("publicity_begins", most=5)
PUBLICITY = period("publicity", least=10)
CONTRACT = period("contract", "days", most=10, source="太仓 网上挂牌出让流程", status="text")
REFUND = period("deposit_refund", most=5, source="福建省国有建设用地使用权出让网上交易规则 art. 46", status="text")
RESUMPTION = period("resumption", "days", most=5, source="法释〔2016〕18号 art. 28", status="text")
ALL = [ANNOUNCEMENT, LISTING, CONFIRMATION, PUBLICITY_BEGINS, PUBLICITY, CONTRACT, REFUND, RESUMPTION]

LISTING_TEXT = "listing: at least 10 workdays from the opening of bidding to the end of the listing (both days counted)"
CONTRACT_TEXT = "contract: at most 10 days from the confirmation letter to the contract (the first day not counted)"

# 2025: off from 28 January to 4 February and from 1 to 8 October; worked on the weekend days 26 January, 8 February,
# 28 September and 11 October.
EARLIEST: dict[str, tuple[Period, date, date]] = {
    "announcement over Spring Festival": (ANNOUNCEMENT, date(2025, 1, 10), date(2025, 2, 13)),
    "announcement on a day off": (ANNOUNCEMENT, date(2025, 1, 11), date(2025, 2, 13)),
    "announcement in calendar days": (period("announcement", "days", least=20), date(2025, 1, 10), date(2025, 1, 30)),
    "listing over Spring Festival": (LISTING, date(2025, 1, 20), date(2025, 2, 7)),
    "listing from a day off": (LISTING, date(2025, 1, 19), date(2025, 2, 7)),
    "listing from a worked Sunday": (LISTING, date(2025, 1, 26), date(2025, 2, 13)),
    "listing of one day": (period("listing", least=1), date(2025, 1, 20), date(2025, 1, 20)),
    "listing in calendar days": (period("listing", "days", least=10), date(2025, 1, 20), date(2025, 1, 29)),
    "publicity over National Day": (PUBLICITY, date(2025, 9, 22), date(2025, 10, 10)),
    "contract not before": (period("contract", least=2), date(2025, 9, 30), date(2025, 10, 10)),
}

LATEST: dict[str, tuple[Period, date, date]] = {
    "confirmation over National Day": (CONFIRMATION, date(2025, 9, 29), date(2025, 10, 10)),
    "confirmation on a worked Saturday": (CONFIRMATION, date(2025, 9, 30), date(2025, 10, 11)),
    "publicity begins over National Day": (PUBLICITY_BEGINS, date(2025, 9, 26), date(2025, 10, 10)),
    "refund over Spring Festival": (REFUND, date(2025, 1, 24), date(2025, 2, 7)),
    "contract in calendar days": (CONTRACT, date(2025, 9, 1), date(2025, 9, 11)),
    "contract by a day off": (CONTRACT, date(2025, 9, 22), date(2025, 10, 9)),
    "contract by a worked Sunday": (CONTRACT, date(2025, 9, 18), date(2025, 9, 28)),
    "contract by a Saturday": (CONTRACT, date(2025, 9, 3), date(2025, 9, 15)),
    "resumption by a day off": (RESUMPTION, date(2025, 1, 25), date(2025, 2, 5)),
    "listing not longer than": (period("listing", most=10), date(2025, 1, 20), date(2025, 2, 7)),
}


@pytest.mark.parametrize(("rule", "day", "expected"), EARLIEST.values(), ids=EARLIEST.keys())
def test_the_first_day_that_keeps_a_period(rule: Period, day: date, expected: date) -> None:
    assert earliest(rule, day, CHINESE) == expected


@pytest.mark.parametrize(("rule", "day", "expected"), LATEST.values(), ids=LATEST.keys())
def test_the_last_day_that_keeps_a_period(rule: Period, day: date, expected: date) -> None:
    assert latest(rule, day, CHINESE) == expected


def test_a_tender_is_announced_until_its_deadline() -> None:
    announced = period("tender_announcement", "days", least=20, source="招标投标法 art. 24", status="text")
    assert earliest(announced, date(2025, 1, 10)) == date(2025, 1, 30)
    assert announced.text() == (
        "announcement of a tender: at least 20 days from the announcement to the deadline of the tender "
        "(the first day not counted)"
    )
    assert announced.text("zh-CN") == "招标公告：自公告发布至投标截止不少于20日（起始当日不计入）"


def test_calendar_days_without_a_calendar_end_where_they_end() -> None:
    assert latest(CONTRACT, date(2025, 9, 22)) == date(2025, 10, 2)
    assert earliest(period("announcement", "days", least=20), date(2025, 1, 10)) == date(2025, 1, 30)


@pytest.mark.parametrize("first", [date(2025, 1, 20), date(2025, 1, 25), date(2025, 1, 26), date(2025, 9, 27)])
@pytest.mark.parametrize("name", ["listing", "publicity"])
def test_what_stands_open_counts_its_first_and_its_last_day(name: str, first: date) -> None:
    last = earliest(period(name, least=10), first, CHINESE)
    assert (CHINESE.count(first, last), CHINESE.count(first, last - timedelta(1))) == (10, 9)


KEPT = Schedule(
    announced=date(2025, 1, 10),
    opens=date(2025, 2, 13),
    ends=date(2025, 2, 26),
    confirmed=date(2025, 3, 3),
    publicity_begins=date(2025, 3, 10),
    publicity_ends=date(2025, 3, 21),
    contract_signed=date(2025, 3, 13),
    deposits_refunded=date(2025, 3, 5),
    cause_ended=date(2025, 2, 14),
    resumed=date(2025, 2, 19),
)


def test_a_sale_that_keeps_every_period_to_the_day_has_no_shortfall() -> None:
    assert check_schedule(KEPT, ALL, CHINESE) == ScheduleCheck([], [])


MISSED: dict[str, tuple[dict[str, date], list[tuple[Period, date, date, date]]]] = {
    "announcement": ({"announced": date(2025, 1, 13)},
                     [(ANNOUNCEMENT, date(2025, 1, 13), date(2025, 2, 14), date(2025, 2, 13))]),
    "listing": ({"ends": date(2025, 2, 25), "bidding_ended": date(2025, 2, 26)},
                [(LISTING, date(2025, 2, 13), date(2025, 2, 26), date(2025, 2, 25))]),
    "confirmation": ({"confirmed": date(2025, 3, 4)},
                     [(CONFIRMATION, date(2025, 2, 26), date(2025, 3, 3), date(2025, 3, 4))]),
    "confirmation before the end": ({"confirmed": date(2025, 2, 25), "publicity_begins": date(2025, 3, 4),
                                     "publicity_ends": date(2025, 3, 17), "contract_signed": date(2025, 3, 7)},
                                    [(CONFIRMATION, date(2025, 2, 26), date(2025, 2, 26), date(2025, 2, 25))]),
    "publicity begins": ({"publicity_begins": date(2025, 3, 11), "publicity_ends": date(2025, 3, 24)},
                         [(PUBLICITY_BEGINS, date(2025, 3, 3), date(2025, 3, 10), date(2025, 3, 11))]),
    "publicity": ({"publicity_ends": date(2025, 3, 20)},
                  [(PUBLICITY, date(2025, 3, 10), date(2025, 3, 21), date(2025, 3, 20))]),
    "publicity that ends before it begins": ({"publicity_ends": date(2025, 3, 1)},
                                             [(PUBLICITY, date(2025, 3, 10), date(2025, 3, 21), date(2025, 3, 1))]),
    "contract": ({"contract_signed": date(2025, 3, 14)},
                 [(CONTRACT, date(2025, 3, 3), date(2025, 3, 13), date(2025, 3, 14))]),
    "refund": ({"deposits_refunded": date(2025, 3, 6)},
               [(REFUND, date(2025, 2, 26), date(2025, 3, 5), date(2025, 3, 6))]),
    "resumption": ({"resumed": date(2025, 2, 20)},
                   [(RESUMPTION, date(2025, 2, 14), date(2025, 2, 19), date(2025, 2, 20))]),
    "two at once": ({"publicity_ends": date(2025, 3, 20), "contract_signed": date(2025, 4, 1)},
                    [(PUBLICITY, date(2025, 3, 10), date(2025, 3, 21), date(2025, 3, 20)),
                     (CONTRACT, date(2025, 3, 3), date(2025, 3, 13), date(2025, 4, 1))]),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "missed"), MISSED.values(), ids=MISSED.keys())
def test_a_period_that_is_missed_by_a_day_is_named(
    changes: dict[str, date], missed: list[tuple[Period, date, date, date]]
) -> None:
    told = check_schedule(msgspec.structs.replace(KEPT, **changes), ALL, CHINESE)
    shortfalls = [
        Shortfall(period=rule, since=since, expected=expected, received=received)
        for rule, since, expected, received in missed
    ]
    assert told == ScheduleCheck(shortfalls, [])


def test_what_follows_the_end_of_bidding_is_counted_from_there_and_not_from_the_end_of_the_listing() -> None:
    # 加达, 2023: listed from 21 July to 10 August; the timed phase ended in the night to Sunday, 13 August.
    jiada = Schedule(opens=date(2023, 7, 21), ends=date(2023, 8, 10), bidding_ended=date(2023, 8, 13))
    in_time = msgspec.structs.replace(jiada, confirmed=date(2023, 8, 16))
    assert check_schedule(in_time, [LISTING, CONFIRMATION], CHINESE) == ScheduleCheck([], [])
    late = msgspec.structs.replace(jiada, confirmed=date(2023, 8, 17))
    found = Shortfall(
        period=CONFIRMATION, since=date(2023, 8, 13), expected=date(2023, 8, 16), received=date(2023, 8, 17)
    )
    assert check_schedule(late, [LISTING, CONFIRMATION], CHINESE) == ScheduleCheck([found], [])


def test_a_period_of_which_not_both_days_are_stated_is_not_judged() -> None:
    assert check_schedule(Schedule(), ALL, CHINESE) == ScheduleCheck([], ALL)
    half = Schedule(announced=date(2025, 1, 10), ends=date(2025, 2, 26), publicity_ends=date(2025, 3, 1))
    assert check_schedule(half, ALL, CHINESE) == ScheduleCheck([], ALL)
    some = Schedule(opens=date(2025, 2, 13), ends=date(2025, 2, 14), confirmed=date(2025, 2, 14))
    found = Shortfall(period=LISTING, since=date(2025, 2, 13), expected=date(2025, 2, 26), received=date(2025, 2, 14))
    unjudged = [rule for rule in ALL if rule not in (LISTING, CONFIRMATION)]
    assert check_schedule(some, ALL, CHINESE) == ScheduleCheck([found], unjudged)


# Days as published: 中国矿业报 2024-09-04 (山东); a notice of 吉林 磐石 of 2025 for a gold exploration right; the
# exploration rights that 辽宁 announced on 28 June 2024.
PUBLISHED: dict[str, tuple[Schedule, int]] = {
    "山东 2024, second batch": (Schedule(opens=date(2024, 9, 25), ends=date(2024, 10, 12)), 10),
    "吉林 磐石 2025": (Schedule(opens=date(2025, 12, 8), ends=date(2025, 12, 22)), 11),
    "辽宁 2024": (Schedule(announced=date(2024, 6, 28), opens=date(2024, 7, 29), ends=date(2024, 8, 12)), 11),
}


@pytest.mark.parametrize(("schedule", "listed"), PUBLISHED.values(), ids=PUBLISHED.keys())
def test_published_notices_keep_the_periods_as_they_are_counted_here(schedule: Schedule, listed: int) -> None:
    assert schedule.opens is not None
    assert schedule.ends is not None
    assert check_schedule(schedule, [ANNOUNCEMENT, LISTING], CHINESE).shortfalls == []
    assert CHINESE.count(schedule.opens, schedule.ends) == listed


MESSAGES: list[tuple[Shortfall, str, str]] = [
    (
        Shortfall(period=LISTING, since=date(2025, 1, 20), expected=date(2025, 2, 7), received=date(2025, 2, 6)),
        (
            f"{LISTING_TEXT}; counted from 2025-01-20, expected 2025-02-07 or later, received 2025-02-06; "
            f"source: {SICHUAN} (as reported by the press)"
        ),
        (
            "挂牌：自竞价开始至挂牌截止不少于10个工作日（首尾两日均计入）；自 2025-01-20 起算，应不早于 2025-02-07，"
            f"实为 2025-02-06；依据：{SICHUAN}（据新闻报道）"
        ),
    ),
    (
        Shortfall(period=CONTRACT, since=date(2025, 9, 22), expected=date(2025, 10, 9), received=date(2025, 10, 10)),
        (
            f"{CONTRACT_TEXT}; counted from 2025-09-22, expected 2025-10-09 or earlier, received 2025-10-10; "
            "source: 太仓 网上挂牌出让流程"
        ),
        (
            "签订合同：自成交确认书生效至合同签订不超过10日（起始当日不计入）；自 2025-09-22 起算，应不晚于 2025-10-09，"
            "实为 2025-10-10；依据：太仓 网上挂牌出让流程"
        ),
    ),
    (
        Shortfall(
            period=period("resumption", most=1, source="国土资规〔2017〕7号 art. 27", status="inferred"),
            since=date(2025, 9, 30),
            expected=date(2025, 10, 9),
            received=date(2025, 10, 10),
        ),
        (
            "resumption: at most 1 workday from the end of the cause of suspension to the resumption (the first day not "
            "counted); counted from 2025-09-30, expected 2025-10-09 or earlier, received 2025-10-10; "
            "source: 国土资规〔2017〕7号 art. 27 (our reading, not the rule's text)"
        ),
        (
            "恢复交易：自中止原因消除至交易恢复不超过1个工作日（起始当日不计入）；自 2025-09-30 起算，应不晚于 2025-10-09，"
            "实为 2025-10-10；依据：国土资规〔2017〕7号第27条（系推断，非规则原文）"
        ),
    ),
]


@pytest.mark.parametrize(("shortfall", "english", "chinese"), MESSAGES, ids=["too early", "too late", "inferred"])
def test_a_shortfall_says_what_was_expected_and_what_came(shortfall: Shortfall, english: str, chinese: str) -> None:
    assert (shortfall.message(), shortfall.message("zh-CN")) == (english, chinese)


def test_a_shortfall_and_a_schedule_are_written_to_json_and_read_again() -> None:
    check = check_schedule(msgspec.structs.replace(KEPT, resumed=date(2025, 2, 20)), ALL, CHINESE)
    assert msgspec.json.decode(msgspec.json.encode(check), type=ScheduleCheck) == check
    assert msgspec.json.decode(msgspec.json.encode(KEPT), type=Schedule) == KEPT


MOMENT = datetime(2025, 1, 6, 9, tzinfo=UTC)
DAY = date(2025, 1, 6)
NAMES = (
    "announcement, tender_announcement, listing, confirmation, publicity_begins, publicity, contract, deposit_refund, "
    "resumption"
)
NO_DATETIME = (
    "expected a date, received the datetime 2025-01-06T09:00:00+00:00; which day that is depends on a time zone, so state "
    "it: moment.astimezone(zone).date()"
)
NO_CALENDAR = f"calendar: expected one, as WorkdayCalendar.chinese(), for {LISTING_TEXT}, received None"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: period("bidding", least=1), f"name: expected one of {NAMES}, received 'bidding'"),
        (lambda: period("listing", "hours", least=24), "unit: expected one of workdays, days, received 'hours'"),
        (lambda: period("listing", least=1, status="seen"), "status: expected one of text, press, inferred, received 'seen'"),
        (lambda: period("listing", least=1, source=""), "source: expected a document and its article, received ''"),
        (lambda: period("listing"), "least and most: expected one of them, received None and None"),
        (lambda: period("listing", least=1, most=2), "least and most: expected one of them, received 1 and 2"),
        (lambda: period("listing", least=0), "least: expected a whole number of at least 1, received 0"),
        (lambda: period("listing", most=True), "most: expected a whole number of at least 1, received True"),
        (lambda: period("listing", least=3_651), "least: expected at most 3650 days, received 3651"),
        (lambda: Schedule(opens=MOMENT), f"opens: {NO_DATETIME}"),
        (lambda: Schedule(resumed="2025-01-06"), "resumed: expected a date, received '2025-01-06'"),  # type: ignore[arg-type]
        (lambda: earliest(LISTING, MOMENT, CHINESE), f"from_day: {NO_DATETIME}"),
        (lambda: latest(CONTRACT, MOMENT), f"from_day: {NO_DATETIME}"),
        (lambda: earliest(CONTRACT, DAY, CHINESE), f"period: expected one with `least`, received {CONTRACT_TEXT}"),
        (lambda: latest(LISTING, DAY, CHINESE), f"period: expected one with `most`, received {LISTING_TEXT}"),
        (lambda: earliest(LISTING, DAY), NO_CALENDAR),
        (lambda: check_schedule(Schedule(), [LISTING]), NO_CALENDAR),
        (lambda: LISTING.text("zh"), "lang: expected one of en, zh-CN, received 'zh'"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_wrong_call_is_told_what_was_expected(call: Callable[[], object], message: str) -> None:
    with pytest.raises(MisuseError) as raised:
        call()
    assert str(raised.value) == message


def test_calendar_days_are_judged_without_a_calendar() -> None:
    late = msgspec.structs.replace(KEPT, contract_signed=date(2025, 3, 14))
    found = Shortfall(period=CONTRACT, since=date(2025, 3, 3), expected=date(2025, 3, 13), received=date(2025, 3, 14))
    assert check_schedule(late, [CONTRACT, RESUMPTION]) == ScheduleCheck([found], [])


def test_a_period_that_reaches_into_a_year_without_a_notice_is_refused_and_not_guessed() -> None:
    table = WorkdayCalendar.of_table({}, first=date(2025, 1, 1), last=date(2025, 12, 31))
    with pytest.raises(UnknownDay, match="received 2026-01-01"):
        latest(CONFIRMATION, date(2025, 12, 30), table)
    with pytest.raises(UnknownDay, match="received 2026-01-04"):
        latest(RESUMPTION, date(2025, 12, 30), table)
