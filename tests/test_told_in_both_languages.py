"""What the engine finds wrong with rules is told in English and in Chinese. That both have the places of the figures is
checked where they are compiled."""

from __future__ import annotations

import pickle
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from sales import english, listing, manual_house

from pyauction import (
    AuctionError,
    EnteredReserve,
    LotRules,
    MisuseError,
    Money,
    Phase,
    RulebookError,
    RuleError,
    SealedReserve,
    WorkdayCalendar,
    closed_spans,
    rulebook,
)

ROOT = Path(__file__).parent.parent
PAIR = re.compile(r'(?:told!|fault)\(\s*(?:"\w+",\s*|parameter,\s*)?"([^"]*)",\s*"([^"]*)"', re.DOTALL)
CHINESE = re.compile("[\u4e00-\u9fff]")
SENTENCES = sorted(
    (*pair, path.name)
    for folder in ("rules", "python")
    for path in (ROOT / "engine_rs/src" / folder).glob("*.rs")
    for pair in PAIR.findall(path.read_text("utf-8"))
)
"""The sentences as they stand in the source: not every one can be reached from outside."""


def test_the_sentences_are_found() -> None:
    assert len(SENTENCES) > 90


@pytest.mark.parametrize(("english", "chinese", "file"), SENTENCES, ids=lambda value: value[:50])
def test_a_fault_of_rules_is_told_in_both_languages(english: str, chinese: str, file: str) -> None:
    assert (CHINESE.search(english), bool(CHINESE.search(chinese))) == (None, True), file


ERRORS: dict[str, tuple[Any, tuple[str, str, str, str]]] = {
    "of the engine": (
        lambda: listing(cap=300, start_price=319, increment=1, cap_action="sell").rules(),
        ("cap", "expected more than the start price 319, received 300",
         "cap: expected more than the start price 319, received 300", "cap：应高于起始价 319，实为 300"),
    ),
    "of the engine, raw": (
        lambda: LotRules(**NATIVE | {"phases": [Phase("timed", after_ns=0)]}),
        ("phases", "phase 0: length: expected a length from 1ns to 11574d1h46m40s, received 0s",
         "phases: phase 0: length: expected a length from 1ns to 11574d1h46m40s, received 0s",
         "phases：序号 0 的阶段：时长：时长应在 1ns 至 11574d1h46m40s 之间，实为 0s"),
    ),
    "of a part": (
        lambda: english(increment=((5, 10),), closed=((1.5, 2),)).rules(),
        ("closed: span 1", "expected nanoseconds since 1970 UTC or an aware datetime, received 1.5",
         "closed: span 1: expected nanoseconds since 1970 UTC or an aware datetime, received 1.5",
         "closed：第 1 个时段：应为自 1970 年（UTC）起的纳秒数或带时区的 datetime，实为 1.5"),
    ),
    "of two parameters": (
        lambda: english(length="1m", ends_at=5).rules(),
        ("length and ends_at", "expected one of them, or neither for an end that is called",
         "length and ends_at: expected one of them, or neither for an end that is called",
         "length 与 ends_at：只能写明其一；宣布结束的，均不写"),
    ),
}  # fmt: skip
NATIVE: dict[str, Any] = {
    "admission": "open", "start_price": 1, "increment": 1, "self_outbid": "allowed", "phases": [], "clock": "opening",
    "on_outage": "suspend", "reserve": "declared_none",
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "told"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_says_what_is_wrong_of_which_parameter(wrong: Any, told: tuple[str, str, str, str]) -> None:
    with pytest.raises(MisuseError) as raised:
        wrong()
    for error in [raised.value, *(pickle.loads(pickle.dumps(raised.value, protocol)) for protocol in range(6))]:
        assert (error.parameter, error.problem, error.message(), error.message("zh-CN")) == told
        assert str(error) == error.message()


def test_a_fault_of_the_engine_keeps_its_figures() -> None:
    with pytest.raises(RuleError) as raised:
        listing(cap=300, start_price=319, increment=1, cap_action="sell").rules()
    assert raised.value.fault is not None
    assert raised.value.fault.figures == (("amount", 319), ("amount", 300))


def test_the_problems_of_a_rule_book_outlive_a_pickle() -> None:
    with pytest.raises(RulebookError) as raised:
        rulebook("taicang").auction()
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (copy.problems, copy.message("zh-CN")) == (raised.value.problems, raised.value.message("zh-CN"))
    assert copy.message("zh-CN").startswith("taicang：第 ")


def test_another_language_is_refused() -> None:
    with pytest.raises(MisuseError, match="^lang: expected 'en' or 'zh-CN', received 'fr'$"):
        AuctionError("x").message("fr")  # type: ignore[arg-type]


DAY = date(2026, 12, 1)
EARLIER = date(2026, 11, 30)
WAN = date(2027, 1, 1)
MISUSES: dict[str, tuple[Any, str]] = {
    "an unknown lot": (lambda house: house.bid(7, "001", 1), "没有 7 号标的"),
    "an unknown bidder": (lambda house: house.bid("A", 7, 1), "1 号标的没有 7 号竞买人；请先登记，或以竞买号文本指明"),
    "a lot twice": (lambda house: house.open_lot("A", english()), "已有名为 A 的标的；再次出让是写明 reoffer_of 的新标的"),
    "in the past": (lambda house: house.open_lot("B", english(), opens_at=1, at=5), "opens_at：不得早于 5 ns，实为 1 ns"),
    "no witness": (
        lambda house: house.enter_reserve("A", SealedReserve.for_simulation("A", 500), by="张", witness="张"),
        "witness：见证人不得与录入人为同一人",
    ),
    "seeds": (lambda house: house.draw_lottery("A", []), "seeds：应为 1 至 16，实为 0"),
    "rank": (lambda house: house.grant_priority("A", "001", rank=0, by="局"),
             "rank：应为 1（最高）至 4294967295，实为 0"),
    "an answer": (lambda house: house.answer_inquiry("A", "001", "maybe"), 'answer：应为 yes 或 no，实为 "maybe"'),
    "a key": (lambda house: house.bid("A", "001", 1, key=b""), "key：应为 1 至 32 字节，实为 0"),
    "a number for a key": (lambda house: house.bid("A", "001", 1, key=5), "key：应为 str 或 bytes，实为 int"),
    "a name": (lambda house: house.admit("A", ""), "bidder：应为 1 至 64 字节的名称，实为空"),
    "a long name": (lambda house: house.admit("A", "x" * 65), "bidder：至多 64 字节（UTF-8），实为 65"),
    "a control character": (lambda house: house.suspend_lot("A", authority="a\nb", why="x"),
                            "authority：不得含控制字符，第 1 字节处为 U+000A"),
    "a basis": (lambda house: house.suspend_lot("A", authority="a", why="x", basis=""),
                "basis：应为文本，没有依据的应为 None，实为空文本"),
    "a short seed": (lambda house: house.draw_lottery("A", [b"x"]), "seeds：应为若干 32 字节的 bytes，实为 1 bytes"),
    "a time": (lambda house: house.advance(at=-1), "at：应为 1970 至 2116 年间的时间，实为 -1 ns"),
    "a time that is none": (lambda house: house.advance(at=1.5), "at：应为自 1970 年（UTC）起的 64 位纳秒数，实为 1.5"),
    "no reason": (lambda house: house.suspend_lot("A", authority="局", why=""), "须写明 why"),
    "points": (lambda house: house.score_sealed_bid("A", "001", -1, by="委员会"),
               "points：应为不小于 0、分子分母在 64 位以内的分数，实为 -1"),
    "both ends": (lambda house: house.resume_lot("A", authority="局", why="x", ends_at=1, opens_at=1),
                  "ends_at 与 opens_at：只能写明其一"),
    "no type": (lambda house: house.open_lot("B", None), "auction：应为给定了参数的拍卖类型，如 English(...)，实为 None"),
    "a datetime": (
        lambda _: WorkdayCalendar.of_table({}, first=datetime(2026, 1, 1, tzinfo=UTC), last=DAY),
        ("first：应为日期，实为 datetime 2026-01-01T00:00:00+00:00；属于哪一日取决于时区，请写明："
        "moment.astimezone(zone).date()"),
    ),
    "days": (lambda _: WorkdayCalendar.of_table({WAN: True}, first=DAY, last=DAY),
             "days：应在 table (2026-12-01 to 2026-12-01) 之内，实有 2027-01-01"),
    "a table backwards": (lambda _: WorkdayCalendar.of_table({}, first=DAY, last=EARLIER),
                          "last：不得早于 2026-12-01，实为 2026-11-30"),
    "one end of a table": (lambda _: WorkdayCalendar.of_table({}, first=DAY),
                           "first 与 last：须同时写明，或均不写，实为 2026-12-01 与 None"),
    "hours backwards": (
        lambda _: closed_spans(DAY, DAY, opens=time(17), closes=time(9), zone=UTC),
        "opens 与 closes：应先开后闭，实为 17:00:00 与 09:00:00",
    ),
    "a unit": (lambda _: Money("CNY", 2, "元"), "unit：应为 Unit，如 Unit('万元', 6)，或 None，实为 '元'"),
    "digits": (lambda _: Money("CNY", 19), "exponent：小数位数应为 0 至 18，实为 19"),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "chinese"), MISUSES.values(), ids=MISUSES.keys())
def test_a_wrong_call_is_told_in_chinese_too(wrong: Any, chinese: str) -> None:
    with manual_house() as house:
        house.open_lot("A", english(reserve=EnteredReserve(commitment="at_entry")))
        with pytest.raises(MisuseError) as raised:
            wrong(house)
    assert raised.value.message("zh-CN") == chinese
    assert not CHINESE.search(raised.value.message().replace("张", "").replace("元", "").replace("万", ""))
