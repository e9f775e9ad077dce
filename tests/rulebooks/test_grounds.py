"""What a refusal says of its ground: the inputs, and what the lot's rules state, in both languages."""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from by_the_book import NO_RESERVE, H, M, Room, Step, auction, english
from msgspec import structs

from pyauction import Percent, Preset, explain, rulebook
from pyauction.citation import rule_of
from pyauction.clock import nanoseconds, show_duration
from pyauction.comparison import _TABLE
from pyauction.explain import explanations
from pyauction.ground import _GROUNDS

CASES: dict[str, tuple[Any, list[Step], tuple[str, str]]] = {
    "below_increment": (
        english(increment=Percent(1, 10, "up")), [(1, "bid", "A", 100), (2, "bid", "B", 109)],
        ("step 1/10 of the top, rounded up", "增价幅度 当前最高报价的 1/10（进位）")),
    "not_multiple": (
        english(increment=((0, 5), (100, 10)), multiples_from="start"), [(1, "bid", "A", 100), (2, "bid", "B", 115)],
        (("bid 1.15 CNY, 0.15 CNY above 1.00 CNY; 0.15 CNY = 1 × 0.10 CNY + 0.05 CNY; "
         "least acceptable bid 1.10 CNY; step by table (0.00 CNY: 0.05 CNY, 1.00 CNY: "
         "0.10 CNY); whole multiples counted from the start price"),
         ("报价 1.15 CNY，与 1.00 CNY 相差 0.15 CNY；0.15 CNY = 1 × 0.10 CNY + 0.05 CNY；"
         "最低有效报价 1.10 CNY；增价幅度 按表（0.00 CNY: 0.05 CNY, 1.00 CNY: "
         "0.10 CNY）；整数倍自起始价起算"))),
    "above_max_multiple": (
        english(increment=Percent(1, 10, "up"), max_multiple=2), [(1, "bid", "A", 100), (2, "bid", "B", 121)],
        (("bid 1.21 CNY rises by 0.21 CNY from 1.00 CNY; 0.21 CNY > 2 × 0.10 CNY = 0.20 CNY; "
         "least acceptable bid 1.10 CNY; step 1/10 of the top, rounded up; at "
         "most 2 × the step in one bid"),
         ("报价 1.21 CNY，自 1.00 CNY 加价 0.21 CNY；0.21 CNY > 2 × 0.10 CNY = 0.20 CNY；"
         "最低有效报价 1.10 CNY；增价幅度 当前最高报价的 1/10（进位）；单次至多 "
         "2 个幅度"))),
}  # fmt: skip
"""Steps that are no single amount; `test_comparisons.py` has a case of each reason."""


@pytest.mark.parametrize("reason", CASES)
def test_a_refusal_says_of_what_kind_the_step_is(reason: str) -> None:
    terms, steps, (english_words, chinese_words) = CASES[reason]
    room = Room(terms)
    for step in steps[:-1]:
        assert room.answer(*step) == "ok"
    decision, lot = room.do(*steps[-1]), room.house.snapshot(Room.LOT)
    assert decision.reason == reason
    english, chinese = rule_of(explain(reason), "en", lot), rule_of(explain(reason), "zh-CN", lot)
    assert decision.message(lot=lot).endswith(f"; {english_words}; rule: {english}")
    assert decision.message("zh-CN", lot=lot).endswith(f"；{chinese_words}；依据：{chinese}")


def test_a_sealed_bid_that_is_refused_says_what_is_allowed_and_not_what_was_bid() -> None:
    room = Room(auction("tender_comprehensive", **NO_RESERVE, sealed_most=500))
    decision = room.do(1, "place", "A", 501)
    told = decision.message("zh-CN", lot=room.house.snapshot(Room.LOT))
    assert (
        told == "已拒绝：密封报价高于规则允许的上限；上限 500 分；依据：FORMAT.md B.2、B.4；参见苏州 2016（报价区间）"
    )


def test_what_was_accepted_is_told_with_its_rule() -> None:
    room = Room(auction("tender_comprehensive", **NO_RESERVE))
    decision, lot = room.do(1, "place", "A", 500), room.house.snapshot(Room.LOT)
    seq = decision.seq
    assert decision.message(lot=lot) == (
        f"accepted as record {seq}, SealedBidPlaced: a sealed bid is placed: its commitment alone is recorded "
        "(FORMAT.md B.4; cf. 招标投标法 art. 28)"
    )
    assert decision.message("zh-CN", lot=lot).startswith(f"已接受（序号 {seq}，SealedBidPlaced）：")


def test_the_step_of_the_timed_phase_is_said_there() -> None:
    room = Room(auction("fujian", **NO_RESERVE))
    for at, who, amount in ((1, "A", "100"), (9 * H + 1, "B", "110"), (9 * H + 2, "A", "120")):
        assert room.answer(at, "bid", who, amount) == "ok"
    decision = room.do(10 * H + 15 * M, "bid", "B", "124")
    assert (decision.reason, decision.quote.phase) == ("below_increment", "timed")
    assert "增价幅度 5 万元" in decision.message("zh-CN", lot=room.house.snapshot(Room.LOT))


def test_every_ground_is_that_of_a_reason() -> None:
    known = {each.code for each in explanations()}
    assert known >= _GROUNDS.keys() | _TABLE.keys()


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (2_001, "2us1ns"),
        (5_000_000, "5ms"),
        (-60_000_000_000, "-1m"),
        (90_000_000_000, "1m30s"),
        (nanoseconds("1d2h"), "1d2h"),
    ],
)
def test_a_duration_is_shown_as_it_is_written(ns: int, text: str) -> None:
    assert show_duration(ns) == text


@pytest.mark.parametrize(
    ("zone", "time"),
    [
        (None, "1970-01-01 01:00:00.000000000+0000"),
        (timezone(8 * timedelta(hours=1)), "1970-01-01 09:00:00.000000000+0800"),
    ],
    ids=str,
)
def test_times_are_told_in_the_zone_of_the_reader(zone: timezone | None, time: str) -> None:
    room = Room(english())
    late = room.do(H, "bid", "A", 100)
    rule = "FORMAT.md B.3、B.5 第5行；参见福建第42、53条（以到达时间为准）、招标投标法实施条例第36条"
    told = f"已拒绝：{explain('closed').text('zh-CN')}；到达 {time}，标的处于：已出结果；依据：{rule}"
    assert late.message("zh-CN", zone=zone) == told

    room = Room(auction("fujian", **NO_RESERVE))
    assert room.answer(1, "suspend") == "ok"
    announced = room.do(2, "announce", 25 * H)
    shown = "1970-01-02 01:00:00.000000000+0000" if zone is None else "1970-01-02 09:00:00.000000000+0800"
    assert f"定于 {shown} 恢复" in announced.message("zh-CN", zone=zone)


CITED: dict[str, tuple[Any, list[Step], tuple[str, str]]] = {
    "no book": (
        english(), [(1, "bid", "A", 100), (2, "bid", "B", 109)],
        ("FORMAT.md B.5 row 17; cf. 福建 art. 30, 太仓 art. 19", "FORMAT.md B.5 第17行；参见福建第30条、太仓第19条")),
    "the book's own article": (
        auction("dezhou", **NO_RESERVE), [(1, "bid", "A", 100), (10 * H, "bid", "B", 110)],
        ("FORMAT.md B.4, B.5 row 9; dezhou: DZ 4(1)", "FORMAT.md B.4、B.5 第9行；dezhou：DZ 4(1)")),
    "what the book leaves to the notice": (
        auction("dezhou", **NO_RESERVE), [(1, "bid", "A", 100), (2, "bid", "B", 109)],
        ("FORMAT.md B.5 row 17; dezhou: the notice", "FORMAT.md B.5 第17行；dezhou：公告")),
    "an article and a flow": (
        auction("taicang", **NO_RESERVE), [(9 * H, "bid", "A", 100)],
        ("FORMAT.md B.5 row 8; taicang: TC FAQ 10; TC-flow 7-8", "FORMAT.md B.5 第8行；taicang：TC FAQ 10；TC-flow 7-8")),
    "articles": (
        auction("shantou", **NO_RESERVE),
        [(1, "bid", "A", "100"), (2, "bid", "B", "110"), (10 * H, "yes", "A"), (10 * H + 5 * M, "bid", "B", "120")],
        ("FORMAT.md B.5 row 10; shantou: ST art. 19, 23", "FORMAT.md B.5 第10行；shantou：ST 第19、23条")),
    "a book that says nothing of it": (
        auction("weifang", **NO_RESERVE), [(1, "bid", "A", "100"), (20 * H, "bid", "B", "200")],
        ("FORMAT.md B.3, B.5 row 5; cf. 福建 art. 42, 53 (time of arrival), 招标投标法实施条例 art. 36",
         "FORMAT.md B.3、B.5 第5行；参见福建第42、53条（以到达时间为准）、招标投标法实施条例第36条")),
    "a rule for every sale": (
        auction("dezhou", reserve="required", reserve_commitment="at_entry"), [(1, "enter", 99)],
        ("FORMAT.md B.6; cf. 自然资源部 2025-12 notice, in force 2026-01-01",
         "FORMAT.md B.6；参见自然资源部 2025-12 通知，2026-01-01 起施行")),
    "both steps, in the timed phase": (
        auction("fujian", **NO_RESERVE),
        [(1, "bid", "A", "100"), (9 * H + 1, "bid", "B", "110"), (9 * H + 2, "bid", "A", "120"),
         (10 * H + 15 * M, "bid", "B", "124")],
        ("FORMAT.md B.5 row 17; fujian: the notice, FJ art. 36", "FORMAT.md B.5 第17行；fujian：公告、FJ 第36条")),
}  # fmt: skip


@pytest.mark.parametrize(("terms", "steps", "rules"), CITED.values(), ids=CITED.keys())
def test_a_refusal_cites_the_lot_s_own_rule_book(terms: Any, steps: list[Step], rules: tuple[str, str]) -> None:
    room = Room(terms)
    for step in steps[:-1]:
        assert room.answer(*step) == "ok"
    decision, lot = room.do(*steps[-1]), room.house.snapshot(Room.LOT)
    assert decision.message(lot=lot).endswith(f"; rule: {rules[0]}")
    assert decision.message("zh-CN", lot=lot).endswith(f"；依据：{rules[1]}")


def too_low(terms: Any) -> str:
    """Return what is told of a bid that does not reach the step."""
    room = Room(terms)
    assert room.answer(1, "bid", "A", 100) == "ok"
    told: str = room.do(2, "bid", "B", 101).message(lot=room.house.snapshot(Room.LOT))
    return told.rpartition("; rule: ")[2]


def test_a_book_that_nobody_knows_any_more_is_named_and_no_other_cited() -> None:
    terms = structs.replace(auction("dezhou", **NO_RESERVE), preset=Preset("dezhou", b"\1" * 32))
    assert too_low(terms) == "FORMAT.md B.5 row 17; dezhou"


def test_a_notice_s_own_file_is_cited_with_what_it_states_and_what_it_is_based_on(tmp_path: Path) -> None:
    path = tmp_path / "linjiang.toml"
    path.write_text(
        'schema = "pyauction.rules/1"\nbased_on = "dezhou"\n[sources]\nLJ26 = "2026年第3号公告"\n[rules]\nunit = "分"\n'
        'increment = {value = "10", source = "LJ26 art. 5", status = "text"}\n',
        encoding="utf-8",
    )
    given = {
        "start_price": "100",
        "free": "10h",
        "countdown": "5m",
        "self_outbid": "allowed",
        "multiples_from": "start",
    }
    terms = rulebook(path).auction(**given, on_outage="suspend", reserve="declared_none")
    assert too_low(terms) == "FORMAT.md B.5 row 17; linjiang: LJ26 art. 5"


def test_a_sealed_bid_below_the_floor_is_told_the_floor() -> None:
    room = Room(auction("sichuan_2024_sealed", **NO_RESERVE, sealed_custody="house"))
    for at, bidder, amount in ((H, "A", 100), (2 * H, "B", 160)):
        assert room.answer(at, "bid", bidder, amount) == "ok"
    low = room.do(26 * H, "place", "A", 159)
    told = low.message("zh-CN", lot=room.house.snapshot(Room.LOT))
    assert (low.reason, "；下限 160 分（此前最高报价）；" in told) == ("below_floor", True)


def test_no_english_is_left_in_the_rule_of_a_refusal_in_chinese() -> None:
    for explanation in explanations():
        told = rule_of(explanation, "zh-CN").replace("FORMAT.md", "")
        assert not re.search("[a-z]{2}", told), explanation.code


def test_a_refusal_says_where_the_lot_stands_and_no_ask_where_no_bid_would_do() -> None:
    room = Room(english())
    assert room.answer(1, "suspend") == "ok"
    bid, again = room.do(2, "bid", "A", 100), room.do(2, "suspend")
    assert bid.message("zh-CN").endswith(
        "1970-01-01 00:00:02.000000000+0000，标的已中止；依据：FORMAT.md B.5 第4行；参见国土资规〔2017〕7号第27条、福建第55条"
    )
    assert "arrived 1970-01-01 00:00:02.000000000+0000, the lot stands at: suspended; rule" in again.message()
    assert "标的处于：已中止；依据" in again.message("zh-CN")


def test_a_priority_that_is_outranked_is_told_both_ranks() -> None:
    room = Room(auction("judicial", **NO_RESERVE))
    for bidder, rank in (("A", 2), ("B", 1)):
        assert room.house.grant_priority(Room.LOT, bidder, rank=rank, by="法院").accepted
    for at, bidder in ((1, "C"), (2, "B")):
        assert room.answer(at, "bid", bidder, 100) == "ok"
    outranked = room.do(3, "bid", "A", 100)
    assert outranked.reason == "priority_outranked"
    told = outranked.message("zh-CN", lot=room.house.snapshot(Room.LOT))
    assert "；报价 100 分，当前最高 100 分；优先权顺位 2，领先者顺位 1；" in told
