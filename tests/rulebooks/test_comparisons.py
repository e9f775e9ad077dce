"""What every refusal says it compared: the record, the quote, the lot at that moment, the rules; in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from by_the_book import NO_RESERVE, H, M, Room, Step, auction
from sales import manual_house

from pyauction import CNY, English, MemoryJournal, NoReserve, explain, replay
from pyauction.events import PhaseStarted
from pyauction.explain import explanations
from pyauction.narrative import tell


def english(**changes: Any) -> English:
    terms: dict[str, Any] = {
        "money": CNY, "start_price": 100, "increment": 10, "length": "1h", "reserve": NoReserve(), "on_outage": "suspend",
        "self_outbid": "allowed",
    }  # fmt: skip
    return English(**terms | changes)


def sealed(**changes: Any) -> Any:
    return auction("tender_comprehensive", **NO_RESERVE, **changes)


PLACED: list[Step] = [(1, "place", "A", 200), (2, "place", "B", 300), (3, "place", "C", 400)]
OPENED: list[Step] = [*PLACED, (480 * H, "open", "A"), (480 * H, "open", "B")]
CASES: dict[str, tuple[Any, list[Step]]] = {
    "key_conflict": (english(), [(1, "keyed", "A", 100), (2, "keyed", "A", 110)]),
    "not_admitted": (english(), [(1, "bid", "D", 100)]),
    "suspended": (english(), [(1, "suspend"), (2, "bid", "A", 100)]),
    "closed": (english(), [(H, "bid", "A", 100)]),
    "amount_not_positive": (english(), [(1, "bid", "A", -5)]),
    "already_leading": (english(self_outbid="refused"), [(1, "bid", "A", 100), (2, "bid", "A", 120)]),
    "below_start": (english(), [(1, "bid", "A", 99)]),
    "below_increment": (english(), [(1, "bid", "A", 100), (2, "bid", "B", 109)]),
    "not_multiple": (english(multiples_from="start"), [(1, "bid", "A", 100), (2, "bid", "B", 116)]),
    "above_max_multiple": (english(max_multiple=2), [(1, "bid", "A", 100), (2, "bid", "B", 121)]),
    "amount_limit": (english(), [(1, "bid", "A", 2**63 - 1), (2, "bid", "B", 2**63 - 1)]),
    "phase_takes_no_bids": (
        auction("shantou", **NO_RESERVE),
        [(1, "bid", "A", 100), (2, "bid", "B", 110), (10 * H, "bid", "A", 120)],
    ),
    "free_stopped": (auction("taicang", **NO_RESERVE), [(9 * H, "bid", "A", 100)]),
    "no_prior_bid": (
        auction("dezhou", **NO_RESERVE),
        [(1, "bid", "A", 100), (2, "bid", "B", 110), (10 * H, "bid", "C", 120)],
    ),
    "no_yes": (
        auction("shantou", **NO_RESERVE),
        [
            (1, "bid", "A", 100),
            (2, "bid", "B", 110),
            (10 * H, "yes", "A"),
            (10 * H, "no", "B"),
            (10 * H + 5 * M, "bid", "B", 120),
        ],
    ),
    "outside_hours": (english(closed=((60 * 10**9, 120 * 10**9),)), [(60, "bid", "A", 100)]),
    "too_precise": (english(precision=10), [(1, "bid", "A", 101)]),
    "priority_used": (
        english(priority="once"),
        [(0, "grant", "B", 1), (1, "bid", "A", 100), (2, "bid", "B", 100), (3, "bid", "A", 110), (4, "bid", "B", 110)],
    ),
    "priority_outranked": (
        english(priority="once"),
        [(0, "grant", "A", 1), (0, "grant", "B", 2), (1, "bid", "A", 100), (2, "bid", "B", 100)],
    ),
    "already_admitted": (english(), [(1, "admit", "B")]),
    "wrong_phase": (english(), [(1, "suspend"), (2, "suspend")]),
    "close_not_called": (english(), [(1, "close")]),
    "reserve_not_required": (english(), [(1, "enter", 100)]),
    "outside_entry_window": (auction("shantou"), [(1, "enter", 120)]),
    "already_entered": (
        auction("wuxi_lottery", reserve_setters=3, reserve_rounding="up"),
        [(1, "figure", 120, "张"), (2, "figure", 130, "张")],
    ),
    "reserve_below_start": (auction("shantou"), [(10 * H - 60, "enter", 99)]),
    "commitment_mismatch": (sealed(), [*PLACED, (480 * H, "open_other", "A", 210)]),
    "reserve_missing": (
        auction("tender_comprehensive"),
        [
            *PLACED,
            (480 * H, "open", "A"),
            (480 * H, "open", "B"),
            (480 * H, "open", "C"),
            (480 * H, "score", "A", 1),
            (480 * H, "score", "B", 1),
            (480 * H, "score", "C", 1),
            (480 * H, "finish"),
        ],
    ),
    "already_answered": (
        auction("shantou", **NO_RESERVE),
        [(1, "bid", "A", 100), (2, "bid", "B", 110), (10 * H, "yes", "A"), (10 * H, "no", "A")],
    ),
    "end_not_allowed": (auction("fujian", **NO_RESERVE), [(9.5 * H, "suspend"), (9.75 * H, "resume", 11 * H)]),
    "notice_too_short": (auction("fujian", **NO_RESERVE), [(1, "suspend"), (2, "announce", 2 + 23 * H)]),
    "resumption_not_due": (
        auction("fujian", **NO_RESERVE),
        [(1, "suspend"), (2, "announce", 30 * H), (2 + H, "resume")],
    ),
    "already_granted": (english(priority="once"), [(1, "grant", "A", 1), (2, "grant", "A", 2)]),
    "priority_not_allowed": (english(), [(1, "grant", "A", 1)]),
    "cap_reached": (auction("wuxi_lottery", **NO_RESERVE), [(1, "bid", "A", 150), (2, "bid", "A", 150)]),
    "above_cap": (english(cap=150, cap_action="sell"), [(1, "bid", "A", 151)]),
    "no_top_up": (auction("sichuan_2025_topup", **NO_RESERVE), [(1, "bid", "A", 150), (24 * H + 1, "bid", "B", 160)]),
    "top_up_not_required": (english(), [(1, "top_up", "A")]),
    "already_confirmed": (auction("sichuan_2025_topup", **NO_RESERVE), [(1, "top_up", "A"), (2, "top_up", "A")]),
    "seed_mismatch": (
        auction("wuxi_lottery", **NO_RESERVE),
        [(1, "bid", "A", 150), (2, "bid", "B", 150), (11 * H, "draw", b"x" * 32)],
    ),
    "phase_takes_no_sealed_bids": (
        auction("sichuan_2024_sealed", **NO_RESERVE, sealed_custody="house"),
        [(1, "place", "A", 120)],
    ),
    "not_tied": (
        auction("sichuan_2024_sealed", **NO_RESERVE, sealed_custody="house"),
        [
            (1, "bid", "A", 150),
            (24 * H + 1, "place", "A", 160),
            (24 * H + 1, "place", "B", 160),
            (26 * H + 1, "open", "A"),
            (26 * H + 1, "open", "B"),
            (26 * H + 1, "finish"),
            (26 * H + 2, "place", "C", 170),
        ],
    ),
    "already_placed": (sealed(sealed_change=False), [(1, "place", "A", 200), (2, "place", "A", 210)]),
    "not_withdrawable": (sealed(sealed_change="change"), [(1, "place", "A", 200), (2, "withdraw", "A")]),
    "no_sealed_bid": (sealed(), [(1, "withdraw", "A")]),
    "already_opened": (sealed(), [*OPENED, (480 * H, "open", "A")]),
    "below_floor": (sealed(), [(1, "place", "A", 99)]),
    "above_most": (sealed(sealed_most=500), [(1, "place", "A", 501)]),
    "equal_sealed_bid": (
        auction("suzhou_oneprice", **NO_RESERVE),
        [
            (1, "bid", "A", "125"),
            (30 * M + 2, "yes", "A"),
            (30 * M + 2, "yes", "B"),
            (35 * M + 2, "place", "A", "130"),
            (35 * M + 2, "place", "B", "130"),
        ],
    ),
    "points_not_asked": (
        auction("sichuan_2024_sealed", **NO_RESERVE, sealed_custody="house"),
        [(1, "bid", "A", 150), (24 * H + 1, "place", "A", 160), (26 * H + 1, "score", "A", 80)],
    ),
    "already_scored": (
        sealed(),
        [*OPENED, (480 * H, "open", "C"), (480 * H, "score", "A", 80), (480 * H, "score", "A", 81)],
    ),
    "not_scored": (sealed(), [*OPENED, (480 * H, "open", "C"), (480 * H, "score", "A", 80), (480 * H, "finish")]),
    "not_opened": (sealed(), [*OPENED, (480 * H, "finish")]),
}

TOLD: dict[str, tuple[str, str]] = {
    "key_conflict": (
        "bid 1.10 CNY; key 722d31; least acceptable bid 1.10 CNY",
        "报价 1.10 CNY；幂等键 722d31；最低有效报价 1.10 CNY",
    ),
    "not_admitted": (
        "bidder D; bid 1.00 CNY",
        "竞买号 D；报价 1.00 CNY",
    ),
    "suspended": (
        "arrived {1 00:00:02}, the lot was suspended",
        "到达 {1 00:00:02}，标的已中止",
    ),
    "closed": (
        "arrived {1 01:00:00}, bidding was over",
        "到达 {1 01:00:00}，竞价已结束",
    ),
    "amount_not_positive": (
        "bid -0.05 CNY < 1 minor unit; least acceptable bid 1.00 CNY",
        "报价 -0.05 CNY < 1 个最小货币单位；最低有效报价 1.00 CNY",
    ),
    "already_leading": (
        "bid 1.20 CNY, top 1.00 CNY is the bidder's own; least acceptable bid 1.10 CNY",
        "报价 1.20 CNY，当前最高 1.00 CNY 即其本人报价；最低有效报价 1.10 CNY",
    ),
    "below_start": (
        "bid 0.99 CNY < least first bid 1.00 CNY; start price 1.00 CNY; step 0.10 CNY",
        "报价 0.99 CNY < 首次报价下限 1.00 CNY；起始价 1.00 CNY；增价幅度 0.10 CNY",
    ),
    "below_increment": (
        "bid 1.09 CNY < least acceptable bid 1.10 CNY, top 1.00 CNY; step 0.10 CNY",
        "报价 1.09 CNY < 最低有效报价 1.10 CNY，当前最高 1.00 CNY；增价幅度 0.10 CNY",
    ),
    "not_multiple": (
        (
            "bid 1.16 CNY, 0.16 CNY above 1.00 CNY; 0.16 CNY = 1 × 0.10 CNY + 0.06 CNY; "
            "least acceptable bid 1.10 CNY; step 0.10 CNY; whole multiples counted from the start price"
        ),
        (
            "报价 1.16 CNY，与 1.00 CNY 相差 0.16 CNY；0.16 CNY = 1 × 0.10 CNY + 0.06 CNY；"
            "最低有效报价 1.10 CNY；增价幅度 0.10 CNY；整数倍自起始价起算"
        ),
    ),
    "above_max_multiple": (
        (
            "bid 1.21 CNY rises by 0.21 CNY from 1.00 CNY; 0.21 CNY > 2 × 0.10 CNY = 0.20 CNY; "
            "least acceptable bid 1.10 CNY; step 0.10 CNY; at most 2 steps in one bid"
        ),
        (
            "报价 1.21 CNY，自 1.00 CNY 加价 0.21 CNY；0.21 CNY > 2 × 0.10 CNY = 0.20 CNY；"
            "最低有效报价 1.10 CNY；增价幅度 0.10 CNY；单次至多 2 个幅度"
        ),
    ),
    "amount_limit": (
        "bid 92,233,720,368,547,758.07 CNY; top 92,233,720,368,547,758.07 CNY",
        "报价 92,233,720,368,547,758.07 CNY；当前最高 92,233,720,368,547,758.07 CNY",
    ),
    "phase_takes_no_bids": (
        "arrived {1 10:00:00}, the phase is the inquiry",
        "到达 {1 10:00:00}，当前阶段为 询问期",
    ),
    "free_stopped": (
        "arrived {1 09:00:00}, the free phase ends {1 10:00:00}; 1h left; bids stop 1h before the end",
        "到达 {1 09:00:00}，自由报价期截止于 {1 10:00:00}；剩余 1h；截止前 1h 停止更新报价",
    ),
    "no_prior_bid": (
        "arrived {1 10:00:00}; the bidder has no valid bid; entry: a valid bid before",
        "到达 {1 10:00:00}；该竞买人无有效报价；参加条件：此前有有效报价",
    ),
    "no_yes": (
        "arrived {1 10:05:00}; its answer: no; entry: a valid bid before, and yes in the inquiry",
        "到达 {1 10:05:00}；其答复：不参加；参加条件：此前有有效报价且询问期表示参加",
    ),
    "outside_hours": (
        "arrived {1 00:01:00}, in closed hours; {1 00:01:00} to {1 00:02:00}",
        "到达 {1 00:01:00}，处于停止报价时段；{1 00:01:00} 至 {1 00:02:00}",
    ),
    "too_precise": (
        "bid 1.01 CNY; least acceptable bid 1.00 CNY; precision 0.10 CNY",
        "报价 1.01 CNY；最低有效报价 1.00 CNY；报价精度 0.10 CNY",
    ),
    "priority_used": (
        "bid 1.10 CNY, top 1.10 CNY; used before: 1; least acceptable bid 1.20 CNY; priority: may match the top once",
        "报价 1.10 CNY，当前最高 1.10 CNY；已行使 1 次；最低有效报价 1.20 CNY；优先权：可按最高价行使一次",
    ),
    "priority_outranked": (
        "bid 1.00 CNY, top 1.00 CNY; rank 2, the leader's 1; least acceptable bid 1.10 CNY",
        "报价 1.00 CNY，当前最高 1.00 CNY；优先权顺位 2，领先者顺位 1；最低有效报价 1.10 CNY",
    ),
    "already_admitted": (
        "bidder B; admitted as number 2",
        "竞买号 B；已登记为第 2 号",
    ),
    "wrong_phase": (
        "arrived {1 00:00:02}, the lot stands at: suspended",
        "到达 {1 00:00:02}，标的处于：已中止",
    ),
    "close_not_called": (
        "arrived {1 00:00:01}, the phase ends {1 01:00:00}",
        "到达 {1 00:00:01}，该阶段截止于 {1 01:00:00}",
    ),
    "reserve_not_required": (
        "reserve: declared to have none",
        "底价：声明无底价",
    ),
    "outside_entry_window": (
        "arrived {1 00:00:01}, the phase ends {1 10:00:00}; at most 30m before the end of the first phase",
        "到达 {1 00:00:01}，该阶段截止于 {1 10:00:00}；首阶段截止前至多 30m",
    ),
    "already_entered": (
        "1 of 3 figures entered",
        "已录入 1 份，共 3 份",
    ),
    "reserve_below_start": (
        "start price 100 分",
        "起始价 100 分",
    ),
    "commitment_mismatch": (
        "committed: {hash}",
        "已登记的承诺值 {hash}",
    ),
    "reserve_missing": (
        "reserve: not entered",
        "底价：未录入",
    ),
    "already_answered": (
        "its answer: yes",
        "其答复：参加",
    ),
    "end_not_allowed": (
        "arrived {1 09:45:00}, stated {1 11:00:00}; 30m was left when it was suspended; at most 1h left after the resumption",
        "到达 {1 09:45:00}，所定时间 {1 11:00:00}；中止时剩余 30m；恢复后至多剩余 1h",
    ),
    "notice_too_short": (
        "announced {1 00:00:02}, to be resumed {1 23:00:02}; notice of 1d",
        "公告 {1 00:00:02}，定于 {1 23:00:02} 恢复；须提前 1d 公告",
    ),
    "resumption_not_due": (
        "arrived {1 01:00:02}; suspended for 1h1s; announced for {2 06:00:00}; notice of 1d; without notice within 1h",
        "到达 {1 01:00:02}；已中止 1h1s；公告的恢复时间：{2 06:00:00}；须提前 1d 公告；1h 之内可直接恢复",
    ),
    "already_granted": (
        "rank 1",
        "顺位 1",
    ),
    "priority_not_allowed": (
        "",
        "",
    ),
    "cap_reached": (
        "bid 150 分, top 150 分; price cap 150 分",
        "报价 150 分，当前最高 150 分；封顶价（熔断价） 150 分",
    ),
    "above_cap": (
        "bid 1.51 CNY; least acceptable bid 1.00 CNY; price cap 1.50 CNY",
        "报价 1.51 CNY；最低有效报价 1.00 CNY；封顶价（熔断价） 1.50 CNY",
    ),
    "no_top_up": (
        "arrived {2 00:00:01}; the phase is timed bidding",
        "到达 {2 00:00:01}；当前阶段为 限时竞价期",
    ),
    "top_up_not_required": (
        "",
        "",
    ),
    "already_confirmed": (
        "bidder A",
        "竞买号 A",
    ),
    "seed_mismatch": (
        "2 commitments",
        "2 个承诺值",
    ),
    "phase_takes_no_sealed_bids": (
        "arrived {1 00:00:01}, the phase is free quotes",
        "到达 {1 00:00:01}，当前阶段为 自由报价期",
    ),
    "not_tied": (
        "tied: A, B",
        "并列者：A, B",
    ),
    "already_placed": (
        "placed as record 5 of the lot",
        "递交于本标的第 5 条记录",
    ),
    "not_withdrawable": (
        "placed as record 5 of the lot",
        "递交于本标的第 5 条记录",
    ),
    "no_sealed_bid": (
        "bidder A",
        "竞买号 A",
    ),
    "already_opened": (
        "bidder A; opened as 200 分",
        "竞买号 A；开启金额 200 分",
    ),
    "below_floor": (
        "least 100 分",
        "下限 100 分",
    ),
    "above_most": (
        "at most 500 分",
        "上限 500 分",
    ),
    "equal_sealed_bid": (
        "",
        "",
    ),
    "points_not_asked": (
        "wins: the highest",
        "成交者：最高者",
    ),
    "already_scored": (
        "points 80",
        "得分 80",
    ),
    "not_scored": (
        "without points: B, C",
        "尚无评分：B, C",
    ),
    "not_opened": (
        "not open: C",
        "尚未开启：C",
    ),
}
"""By reason: the inputs in English and Chinese, times as {day hour:minute:second}, a commitment as {hash}."""


def inputs(message: str, lang: str, reason: str) -> str:
    """Return what a message says between the reason and the rule."""
    before, between, rule = ("已拒绝：", "；", "依据：") if lang == "zh-CN" else ("refused: ", "; ", "rule: ")
    told = message.removeprefix(f"{before}{explain(reason).text(lang)}{between}")
    told = told[: told.rindex(rule)].removesuffix(between)
    return shortened(told)


def shortened(told: str) -> str:
    """Return what is told with short times, and without what is another each time."""
    told = re.sub(r"1970-01-0([0-9]) ([0-9:]{8})\.000000000\+0000", r"{\1 \2}", told)
    return re.sub("[0-9a-f]{64}", "{hash}", told)


@pytest.mark.parametrize("reason", CASES)
def test_a_refusal_says_what_it_compared(reason: str) -> None:
    terms, steps = CASES[reason]
    room = Room(terms)
    for step in steps[:-1]:
        assert room.answer(*step) == "ok"
    refused, lot = room.do(*steps[-1]), room.house.snapshot(Room.LOT)
    assert refused.reason == reason
    told = [inputs(refused.message(lang, lot=lot), lang, reason) for lang in ("en", "zh-CN")]
    assert tuple(told) == TOLD[reason]
    # The journal says the same of the record, but for what a later snapshot no longer knows.
    *_, last = replay(room.journal)
    narrated = tell(last.event, lot, "zh-CN", quote=last.quote)
    assert shortened(narrated).startswith("；".join(filter(None, [f"{reason}：{explain(reason).zh}", TOLD[reason][1]])))


def test_every_reason_has_a_case() -> None:
    # A settlement's outcome is refused by an exception, and a lot that is not open yet has a case of its own.
    assert {each.code for each in explanations()} - set(CASES) == {"outcome_invalid", "not_open"}


def test_a_bid_before_the_opening_says_when_bidding_begins() -> None:
    house = manual_house(MemoryJournal())
    house.open_lot("KQ-1", english(), opens_at=10**9)
    house.admit("KQ-1", "A")
    told = house.bid("KQ-1", "A", 100, at=1).message(lot=house.snapshot("KQ-1"))
    assert "; arrived 1970-01-01 00:00:00.000000001+0000, bidding begins 1970-01-01 00:00:01.000000000+0000; " in told


def test_what_a_later_snapshot_says_is_not_told_of_the_refusal() -> None:
    room = Room(auction("fujian", **NO_RESERVE))
    assert room.answer(1, "suspend") == "ok"
    refused = room.do(2 + H, "resume")
    assert room.answer(3 + H, "announce", 30 * H) == "ok"
    told = inputs(refused.message(lot=room.house.snapshot(Room.LOT)), "en", "resumption_not_due")
    assert told == "arrived {1 01:00:02}; notice of 1d; without notice within 1h"


def test_what_led_to_a_phase_and_to_no_sale_is_told_with_its_figures() -> None:
    room = Room(auction("shantou", **NO_RESERVE))
    for step in [(1, "bid", "A", 100), (2, "bid", "B", 110), (10 * H, "yes", "A")]:
        assert room.answer(*step) == "ok"
    room.run_out()
    lot = room.house.snapshot(Room.LOT)
    told = [tell(step.event, lot, "zh-CN") for step in replay(room.journal) if isinstance(step.event, PhaseStarted)]
    assert told == ["进入询问期（FORMAT.md B.2）", "询问期 1 人表示参加，不少于 1 人，进入限时竞价期（FORMAT.md B.2）"]


@pytest.mark.parametrize(
    ("terms", "steps", "told"),
    [
        (english(min_bidders=3, min_bidders_counts="quoted"), [(1, "bid", "A", 100)],
         "not sold: 1 bidders with a valid bid, fewer than 3 (FORMAT.md B.7)"),
        (english(min_bidders=4, min_bidders_counts="admitted"), [(1, "bid", "A", 100)],
         "not sold: 3 bidders admitted, fewer than 4 (FORMAT.md B.7)"),
        (sealed(), PLACED[:2], "not sold: 2 sealed bids, fewer than 3 (FORMAT.md B.7)"),
    ],
)  # fmt: skip
def test_too_few_are_told_with_how_many_there_must_be(terms: Any, steps: list[Step], told: str) -> None:
    room = Room(terms)
    for step in steps:
        assert room.answer(*step) == "ok"
    room.run_out()
    *_, last = replay(room.journal)
    assert tell(last.event, room.house.snapshot(Room.LOT)) == told
