"""Periods that rules prescribe for a sale, and whether a sale's stated dates keep them.

How days are counted, for every period here:

- The day of the act does not count; counting begins on the next day (民法典 art. 201). "Within 3 workdays after bidding
  ended" ends on `calendar.after(ended, 3)`; "20 workdays before the opening" is kept by an opening on
  `calendar.after(announced, 20)` or later.
- For how long something stands open, a listing or a publicity, its first and its last day both count: a listing keeps
  10 workdays if `calendar.count(opens, ends)` is 10 or more. This is our reading; published notices agree with it: 山东
  listed from 25 September to 12 October 2024, which are 10 workdays with both days and two worked weekend days.
- A period of at most so many calendar days whose last day is no workday ends on the next workday (民法典 art. 203), if a
  calendar is given. That article says 法定休假日; that weekends are among them is our reading. A period of at least
  so many days is not moved: its last day is no time limit for anybody.
- A rule or a notice may count in another way (民法典 art. 204). These conventions do not know of it.

Periods in hours, as the 24 hours for deposits of judicial sales (法释〔2016〕18号 art. 23), are not here: they begin at a time
and not on a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from .citation import in_chinese
from .errors import MisuseError
from .told import Told
from .workdays import plain_day, whole_number

if TYPE_CHECKING:
    from .explanations import Language
    from .workdays import WorkdayCalendar

PeriodName = Literal[
    "announcement",
    "tender_announcement",
    "listing",
    "confirmation",
    "publicity_begins",
    "publicity",
    "contract",
    "deposit_refund",
    "resumption",
]
"""Which period of a sale; `Period` says from what to what each is counted."""

PeriodUnit = Literal["workdays", "days"]
"""Workdays of a calendar, or calendar days."""

PeriodStatus = Literal["text", "press", "inferred"]
"""How the period is known: from the rule's text, from the press, or as our reading of what a rule leaves open."""


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A period that a rule prescribes: at `least` or at `most` so many days, and exactly one of the two.

    | `name` | | counted from | to |
    |---|---|---|---|
    | `announcement` | 公告 | the announcement | the opening of bidding |
    | `tender_announcement` | 招标公告 | the announcement | the end of bidding, the deadline of a tender |
    | `listing` | 挂牌 | the opening, included | the end of the listing, included |
    | `confirmation` | 成交确认书 | the end of bidding | the confirmation letter |
    | `publicity_begins` | 公示开始 | the letter's taking effect | the beginning of the result's publicity |
    | `publicity` | 公示 | its beginning, included | its end, included |
    | `contract` | 签订合同 | the confirmation letter | the contract |
    | `deposit_refund` | 退还保证金 | the end of bidding | the refund of the last loser's deposit |
    | `resumption` | 恢复交易 | the end of the cause of a suspension | the resumption |

    `source` is the document and the article. Rules differ in what the contract is counted from; where a rule counts from
    something else than this table says, do not state it as such a period.

    Raises `MisuseError` for what is no period.
    """

    name: PeriodName
    least: int | None = None
    most: int | None = None
    unit: PeriodUnit
    source: str
    status: PeriodStatus

    def __post_init__(self) -> None:
        """Refuse what is no period. Raises `MisuseError`."""
        _one_of("name", self.name, get_args(PeriodName))
        _one_of("unit", self.unit, get_args(PeriodUnit))
        _one_of("status", self.status, get_args(PeriodStatus))
        if not isinstance(self.source, str) or not self.source:
            raise MisuseError(
                Told(
                    f"expected a document and its article, received {self.source!r}",
                    f"应为文件及其条款，实为 {self.source!r}",
                ),
                "source",
            )
        if (self.least is None) == (self.most is None):
            raise MisuseError(
                Told(
                    f"expected one of them, received {self.least} and {self.most}",
                    f"只能写明其一，实为 {self.least} 与 {self.most}",
                ),
                Told("least and most", "least 与 most"),
            )
        parameter, number = ("most", self.most) if self.least is None else ("least", self.least)
        if whole_number(parameter, number, least=1) > _LONGEST:
            words = f"expected at most {_LONGEST} days, received {number}", f"不得超过 {_LONGEST} 日，实为 {number}"
            raise MisuseError(Told(*words), parameter)

    def text(self, lang: Language = "en") -> str:
        """Return what the period asks for, in one language."""
        span = _SPANS[self.name]
        if _language(lang) == "zh-CN":
            bound = f"不少于{self.least}" if self.least is not None else f"不超过{self.most}"
            unit = "个工作日" if self.unit == "workdays" else "日"
            counted = "首尾两日均计入" if span.inclusive else "起始当日不计入"
            return f"{span.zh}：自{_EVENTS[span.since][1]}至{span.closing[1]}{bound}{unit}（{counted}）"
        bound = f"at least {self.least}" if self.least is not None else f"at most {self.most}"
        unit = self.unit.removesuffix("s") if 1 in (self.least, self.most) else self.unit
        counted = "both days counted" if span.inclusive else "the first day not counted"
        return f"{span.en}: {bound} {unit} from {_EVENTS[span.since][0]} to {span.closing[0]} ({counted})"


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """The days that a sale states or kept, each in the time zone of the sale. None is a day that is not stated.

    - `announced`, `opens`, `ends`: the announcement, the opening of bidding, the end of the listing as announced.
    - `bidding_ended`: the day on which bidding was over, where that is not the day `ends`: a timed phase may run for days.
    - `confirmed`: the confirmation letter's signature, with which it takes effect.
    - `publicity_begins`, `publicity_ends`: the result's publicity, its first and its last day.
    - `contract_signed`; `deposits_refunded`: the contract, and the refund of the last loser's deposit.
    - `cause_ended`, `resumed`: the end of a suspension's cause, and the resumption. A sale that was suspended twice is
      checked with two schedules.

    Raises `MisuseError` for what is no date. The order of the days is not asked for: that is what a check finds.
    """

    announced: date | None = None
    opens: date | None = None
    ends: date | None = None
    bidding_ended: date | None = None
    confirmed: date | None = None
    publicity_begins: date | None = None
    publicity_ends: date | None = None
    contract_signed: date | None = None
    deposits_refunded: date | None = None
    cause_ended: date | None = None
    resumed: date | None = None

    def __post_init__(self) -> None:
        """Refuse what is no date. Raises `MisuseError`."""
        for event in self.__struct_fields__:
            day = getattr(self, event)
            if day is not None:
                plain_day(event, day)


class Shortfall(msgspec.Struct, frozen=True, kw_only=True):
    """A period that a schedule does not keep.

    It was counted from `since`; `received` is the stated day that is too early or too late, `expected` the nearest day
    that is neither.
    """

    period: Period
    since: date
    expected: date
    received: date

    def message(self, lang: Language = "en") -> str:
        """Return in words what was expected and what came, with the source of the rule."""
        text, status = self.period.text(lang), _STATUSES[self.period.status]
        is_early = self.received < self.expected
        if lang == "zh-CN":
            bound = "不早于" if is_early else "不晚于"
            return (
                f"{text}；自 {self.since} 起算，应{bound} {self.expected}，实为 {self.received}；"
                f"依据：{in_chinese(self.period.source)}{status[1]}"
            )
        expected = f"{self.expected} or later" if is_early else f"{self.expected} or earlier"
        return (
            f"{text}; counted from {self.since}, expected {expected}, received {self.received}; "
            f"source: {self.period.source}{status[0]}"
        )


class ScheduleCheck(msgspec.Struct, frozen=True):
    """What a check found: the periods that are not kept, and those of which not both days are stated.

    Both are in the order of the periods. A sale without shortfalls keeps only what was judged.
    """

    shortfalls: list[Shortfall]
    unjudged: list[Period]


def earliest(period: Period, from_day: date, calendar: WorkdayCalendar | None = None) -> date:
    """Return the first admissible day of what ends a period of at least so many days.

    Raises `MisuseError` for a period with `most`, for workdays without a calendar, and for days that the calendar does
    not cover (`UnknownDay`).
    """
    if period.least is None:
        raise MisuseError(
            Told(
                f"expected one with `least`, received {period.text()}",
                f"应为写明 least 的时限，实为：{period.text('zh-CN')}",
            ),
            "period",
        )
    return _nth_day(period, period.least, plain_day("from_day", from_day), calendar)


def latest(period: Period, from_day: date, calendar: WorkdayCalendar | None = None) -> date:
    """Return the last admissible day of what ends a period of at most so many days.

    With a calendar, calendar days that end on no workday end on the next one (民法典 art. 203).

    Raises `MisuseError` for a period with `least`, for workdays without a calendar, and for days that the calendar does
    not cover (`UnknownDay`).
    """
    if period.most is None:
        raise MisuseError(
            Told(
                f"expected one with `most`, received {period.text()}",
                f"应为写明 most 的时限，实为：{period.text('zh-CN')}",
            ),
            "period",
        )
    last = _nth_day(period, period.most, plain_day("from_day", from_day), calendar)
    if calendar is None or calendar.is_workday(last):
        return last
    return calendar.after(last, 1)


def check_schedule(
    schedule: Schedule, periods: Iterable[Period], calendar: WorkdayCalendar | None = None
) -> ScheduleCheck:
    """Judge a sale's stated days by the periods that rules prescribe for it.

    A period of which not both days are stated is not judged. What a period of at most so many days ends with may not be
    before its beginning either: a confirmation letter of the day before bidding ended is a shortfall.

    Raises `MisuseError` for workdays without a calendar, whether their days are stated or not, and for days that the
    calendar does not cover (`UnknownDay`).
    """
    shortfalls: list[Shortfall] = []
    unjudged: list[Period] = []
    for period in periods:
        if period.unit == "workdays":
            _needed(period, calendar)
        span = _SPANS[period.name]
        since, received = _stated(schedule, span.since), _stated(schedule, span.until)
        if since is None or received is None:
            unjudged.append(period)
            continue
        expected = _nearest(period, since, received, calendar)
        if received != expected:
            shortfalls.append(Shortfall(period=period, since=since, expected=expected, received=received))
    return ScheduleCheck(shortfalls, unjudged)


def _nearest(period: Period, since: date, received: date, calendar: WorkdayCalendar | None) -> date:
    """Return the admissible day that is nearest to the received one: itself, if it is admissible."""
    if period.least is not None:
        return max(received, earliest(period, since, calendar))
    return max(since, min(received, latest(period, since, calendar)))


def _nth_day(period: Period, count: int, from_day: date, calendar: WorkdayCalendar | None) -> date:
    start = from_day - timedelta(1) if _SPANS[period.name].inclusive else from_day
    if period.unit == "days":
        return start + timedelta(count)
    return _needed(period, calendar).after(start, count)


def _needed(period: Period, calendar: WorkdayCalendar | None) -> WorkdayCalendar:
    if calendar is None:
        raise MisuseError(
            Told(
                f"expected one, as WorkdayCalendar.chinese(), for {period.text()}, received None",
                f"须给定工作日历，如 WorkdayCalendar.chinese()，用于：{period.text('zh-CN')}",
            ),
            "calendar",
        )
    return calendar


def _stated(schedule: Schedule, event: str) -> date | None:
    day: date | None = getattr(schedule, event)
    return schedule.ends if day is None and event == "bidding_ended" else day


def _one_of(parameter: str, value: object, values: tuple[str, ...]) -> None:
    if value not in values:
        known = ", ".join(values)
        raise MisuseError(
            Told(f"expected one of {known}, received {value!r}", f"应为 {known} 之一，实为 {value!r}"), parameter
        )


def _language(lang: str) -> str:
    _one_of("lang", lang, ("en", "zh-CN"))
    return lang


_LONGEST = 3_650
"""Ten years. A greater number is no period of a sale but a slip."""


class _Span(msgspec.Struct, frozen=True):
    """From which day of a schedule to which a period is counted, and whether the first of them counts."""

    en: str
    zh: str
    since: str
    until: str
    inclusive: bool = False
    named: tuple[str, str] | None = None
    """What the second day is called here, where a schedule's word for it is another's."""

    @property
    def closing(self) -> tuple[str, str]:
        return self.named or _EVENTS[self.until]


_SPANS: dict[PeriodName, _Span] = {
    "announcement": _Span("announcement", "公告", "announced", "opens"),
    "tender_announcement": _Span(
        "announcement of a tender", "招标公告", "announced", "ends", named=("the deadline of the tender", "投标截止")
    ),
    "listing": _Span("listing", "挂牌", "opens", "ends", inclusive=True),
    "confirmation": _Span("confirmation letter", "成交确认书", "bidding_ended", "confirmed"),
    "publicity_begins": _Span("beginning of publicity", "公示开始", "confirmed", "publicity_begins"),
    "publicity": _Span("publicity", "公示", "publicity_begins", "publicity_ends", inclusive=True),
    "contract": _Span("contract", "签订合同", "confirmed", "contract_signed"),
    "deposit_refund": _Span("deposit refund", "退还保证金", "bidding_ended", "deposits_refunded"),
    "resumption": _Span("resumption", "恢复交易", "cause_ended", "resumed"),
}

_EVENTS = {
    "announced": ("the announcement", "公告发布"),
    "opens": ("the opening of bidding", "竞价开始"),
    "ends": ("the end of the listing", "挂牌截止"),
    "bidding_ended": ("the end of bidding", "竞价结束"),
    "confirmed": ("the confirmation letter", "成交确认书生效"),
    "publicity_begins": ("the beginning of publicity", "公示开始"),
    "publicity_ends": ("the end of publicity", "公示结束"),
    "contract_signed": ("the contract", "合同签订"),
    "deposits_refunded": ("the refund of deposits", "保证金退还"),
    "cause_ended": ("the end of the cause of suspension", "中止原因消除"),
    "resumed": ("the resumption", "交易恢复"),
}

_STATUSES: dict[PeriodStatus, tuple[str, str]] = {
    "text": ("", ""),
    "press": (" (as reported by the press)", "（据新闻报道）"),
    "inferred": (" (our reading, not the rule's text)", "（系推断，非规则原文）"),
}
