"""What every refusal says it compared: the record, the quote, the lot at that moment, the rules; in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from by_the_book import NO_RESERVE, H, M, Room, Step, auction, english
from sales import SECOND, manual_house

from pyauction import MemoryJournal, MisuseError, Percent, SealedReserve, explain, replay
from pyauction.events import PhaseStarted
from pyauction.explain import explanations
from pyauction.narrative import tell


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
        "bid 1.10 CNY; key 722d31; first used for 1.00 CNY; least acceptable bid 1.10 CNY",
        "报价 1.10 CNY；幂等键 722d31；先用于 1.00 CNY；最低有效报价 1.10 CNY",
    ),
    "not_admitted": (
        "bidder D; bid 1.00 CNY",
        "竞买号 D；报价 1.00 CNY",
    ),
    "suspended": (
        "arrived {1 00:00:02}, the lot was suspended; suspended since {1 00:00:01}",
        "到达 {1 00:00:02}，标的已中止；中止于 {1 00:00:01}",
    ),
    "closed": (
        "arrived {1 01:00:00}, the lot stands at: decided; the lot closed {1 01:00:00}",
        "到达 {1 01:00:00}，标的处于：已出结果；竞价程序结束于 {1 01:00:00}",
    ),
    "amount_not_positive": (
        "bid -0.05 CNY < 1 minor unit; least acceptable bid 1.00 CNY",
        "报价 -0.05 CNY < 1 个最小货币单位；最低有效报价 1.00 CNY",
    ),
    "already_leading": (
        "bid 1.20 CNY, top 1.00 CNY is the bidder's own",
        "报价 1.20 CNY，当前最高 1.00 CNY 即其本人报价",
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
            "报价 1.16 CNY，与 1.00 CNY 相差 0.16 CNY；0.16 CNY = 1 × 0.10 CNY + 0.06 CNY；最低有效报价 1.10 CNY；"
            "增价幅度 0.10 CNY；整数倍自起始价起算"
        ),
    ),
    "above_max_multiple": (
        (
            "bid 1.21 CNY rises by 0.21 CNY from 1.00 CNY; 0.21 CNY > 2 × 0.10 CNY = 0.20 CNY; "
            "least acceptable bid 1.10 CNY; step 0.10 CNY; at most 2 × the step in one bid"
        ),
        (
            "报价 1.21 CNY，自 1.00 CNY 加价 0.21 CNY；0.21 CNY > 2 × 0.10 CNY = 0.20 CNY；最低有效报价 1.10 CNY；"
            "增价幅度 0.10 CNY；单次至多 2 个幅度"
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
        "到达 {1 09:00:00}，自由报价期截止于 {1 10:00:00}；剩余 1小时；截止前 1小时 停止更新报价",
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
        ("bid 1.10 CNY, top 1.10 CNY; used before: 1; least acceptable bid 1.20 CNY; priority: may match the top once"),
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
        (
            "arrived {1 00:00:01}, the lot stands at: free quotes; the first phase ends {1 10:00:00}; "
            "at most 30m before the end of the first phase"
        ),
        "到达 {1 00:00:01}，标的处于：自由报价期；首阶段截止于 {1 10:00:00}；首阶段截止前至多 30分钟",
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
        (
            "arrived {1 09:45:00}; stated {1 11:00:00}; 30m was left when it was suspended; "
            "with no more than 1h left, at most so much is left after the resumption"
        ),
        "到达 {1 09:45:00}；所定时间 {1 11:00:00}；中止时剩余 30分钟；剩余不超过 1小时 的，恢复后至多剩余该时长",
    ),
    "notice_too_short": (
        "announced {1 00:00:02}, to be resumed {1 23:00:02}; notice of 1d",
        "公告 {1 00:00:02}，定于 {1 23:00:02} 恢复；须提前 1天 公告",
    ),
    "resumption_not_due": (
        (
            "arrived {1 01:00:02}; suspended for 1h1s; announced for {2 06:00:00}; notice of 1d; "
            "without notice within 1h"
        ),
        "到达 {1 01:00:02}；已中止 1小时1秒；公告的恢复时间：{2 06:00:00}；须提前 1天 公告；1小时 之内可直接恢复",
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
        "tied: 2 others",
        "并列者另有 2 人",
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
        "least 100 分, the start price",
        "下限 100 分（起始价）",
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
    # The journal says the same of the record, but for what the house alone keeps of a key.
    *_, last = replay(room.journal)
    narrated = tell(last.event, lot, "zh-CN", quote=last.quote)
    assert shortened(narrated).startswith(
        "；".join(filter(None, [f"{reason}：{explain(reason).zh}", TOLD[reason][1].replace("先用于 1.00 CNY；", "")]))
    )


def test_every_reason_has_a_case() -> None:
    # A settlement's outcome is refused by an exception, and a lot that is not open yet has a case of its own.
    assert {each.code for each in explanations()} - set(CASES) == {"outcome_invalid", "not_open"}


def test_a_bid_before_the_opening_says_when_bidding_begins() -> None:
    house = manual_house(MemoryJournal())
    house.open_lot("KQ-1", english(), opens_at=10**9)
    house.admit("KQ-1", "A")
    told = house.bid("KQ-1", "A", 100, at=1).message(lot=house.snapshot("KQ-1"))
    assert "; arrived 1970-01-01 00:00:00.000000001+0000, bidding begins 1970-01-01 00:00:01.000000000+0000; " in told


JUDICIAL = auction("judicial", **NO_RESERVE, free=None, listing_ends_at=48 * H * SECOND)


@pytest.mark.parametrize(
    ("resumed_at", "opens_at", "told"),
    [
        (20, 30,
         ("到达 {1 20:00:00}；所定时间 {2 06:00:00}；原定始于 {1 10:00:00}；"
         "首阶段截止于 {3 00:00:00}；首个阶段不短于 1天")),
        (26, None,
         ("到达 {2 02:00:00}；原定始于 {1 10:00:00}；竞价将始于 {2 07:00:00}；"
         "首阶段截止于 {3 00:00:00}；首个阶段不短于 1天")),
        (20, 49,
         ("到达 {1 20:00:00}；所定时间 {3 01:00:00}；原定始于 {1 10:00:00}；"
         "首阶段截止于 {3 00:00:00}；首个阶段不短于 1天")),
    ],
)  # fmt: skip
def test_an_opening_that_would_leave_too_little_is_told_with_both_times(
    resumed_at: int, opens_at: int | None, told: str
) -> None:
    house = manual_house(MemoryJournal())
    house.open_lot("KQ-1", JUDICIAL, opens_at=10 * H * SECOND)
    order = {"authority": "人民法院", "why": "暂缓"}
    house.suspend_lot("KQ-1", **order, at=5 * H * SECOND)
    opening = None if opens_at is None else opens_at * H * SECOND
    refused = house.resume_lot("KQ-1", **order, opens_at=opening, at=resumed_at * H * SECOND)
    assert inputs(refused.message("zh-CN", lot=house.snapshot("KQ-1")), "zh-CN", "end_not_allowed") == told


@pytest.mark.parametrize(
    ("ends_at", "told"),
    [
        (57.4 * H, "stated {3 09:24:00}; 9h30m was left when it was suspended"),
        (57.5 * H, None),
    ],
)
def test_an_end_that_is_too_early_is_told_from_when_on(ends_at: float, told: str | None) -> None:
    room = Room(auction("fujian", **NO_RESERVE))
    assert [room.answer(*step) for step in ((0.5 * H, "suspend"), (0.5 * H, "announce", 48 * H))] == ["ok", "ok"]
    answer, lot = room.do(48 * H, "resume", ends_at), room.house.snapshot(Room.LOT)
    said = None if answer.accepted else inputs(answer.message(lot=lot), "en", "end_not_allowed")
    most = "with no more than 1h left, at most so much is left after the resumption"
    assert said == (told and f"arrived {{3 00:00:00}}; {told}; {most}")


def test_in_timed_bidding_no_end_may_be_stated_and_none_is_named() -> None:
    room = Room(auction("fujian", **NO_RESERVE))
    for at, who, amount in ((1, "A", "100"), (9 * H + 1, "B", "110"), (9 * H + 2, "A", "120")):
        assert room.answer(at, "bid", who, amount) == "ok"
    assert room.answer(10 * H + 15 * M, "suspend") == "ok"
    refused = room.do(10 * H + 16 * M, "resume", 11 * H)
    told = inputs(refused.message(lot=room.house.snapshot(Room.LOT)), "en", "end_not_allowed")
    assert told == (
        "arrived {1 10:16:00}; stated {1 11:00:00}; 5m was left when it was suspended; the rules let nobody state an end here"
    )


def test_an_opening_before_the_one_that_stood_is_told_from_when_on() -> None:
    house = manual_house(MemoryJournal())
    house.open_lot("KQ-1", english(), opens_at=10 * H * SECOND)
    order = {"authority": "人民法院", "why": "暂缓"}
    house.suspend_lot("KQ-1", **order, at=5 * H * SECOND)
    refused = house.resume_lot("KQ-1", **order, opens_at=9 * H * SECOND, at=6 * H * SECOND)
    told = inputs(refused.message("zh-CN", lot=house.snapshot("KQ-1")), "zh-CN", "end_not_allowed")
    assert told == "到达 {1 06:00:00}；所定时间 {1 09:00:00}；原定始于 {1 10:00:00}"


def test_of_several_setters_no_commitment_of_them_all_is_told_for_one() -> None:
    room = Room(auction("wuxi_lottery", reserve_setters=3, reserve_rounding="up"))
    assert room.answer(1, "figure", 120, "张") == "ok"
    other = SealedReserve.for_simulation("KQ-9", 130)
    refused = room.house.enter_reserve(Room.LOT, other, by="李", witness="纪检组", at=2)
    assert refused.reason == "commitment_mismatch"
    assert inputs(refused.message(lot=room.house.snapshot(Room.LOT)), "en", "commitment_mismatch") == ""


def test_a_disclosure_where_none_was_to_be_is_told_so() -> None:
    room = Room(english())
    reserve = SealedReserve.for_simulation(Room.LOT, 120)
    refused = room.house.disclose_reserve(Room.LOT, reserve, by="张", at=2 * H * SECOND)
    assert refused.reason == "reserve_missing"
    told = inputs(refused.message("zh-CN", lot=room.house.snapshot(Room.LOT)), "zh-CN", "reserve_missing")
    assert told == "底价：声明无底价"


def test_the_least_length_is_not_told_of_a_lot_whose_bidding_has_begun() -> None:
    room = Room(JUDICIAL)
    assert room.answer(1, "suspend") == "ok"
    refused = room.do(2, "resume", 40 * H)
    told = inputs(refused.message(lot=room.house.snapshot(Room.LOT)), "en", "end_not_allowed")
    assert told == (
        "arrived {1 00:00:02}; stated {2 16:00:00}; 1d23h59m59s was left when it was suspended; the rules let nobody state an "
        "end here"
    )


def test_a_reserve_that_comes_before_the_opening_is_not_told_the_opening_for_an_end() -> None:
    house = manual_house(MemoryJournal())
    house.open_lot("KQ-1", auction("shantou"), opens_at=H * SECOND)
    early = house.enter_reserve("KQ-1", SealedReserve.for_simulation("KQ-1", 200), by="张", witness="李", at=1)
    told = inputs(early.message(lot=house.snapshot("KQ-1")), "en", "outside_entry_window")
    assert told.endswith("the lot stands at: not begun; at most 30m before the end of the first phase")


@pytest.mark.parametrize("step", ["max_multiple", "multiples_from"])
def test_a_repeated_answer_compares_nothing_with_the_present_quote(step: str) -> None:
    room = Room(english(**{step: 1 if step == "max_multiple" else "current"}))
    assert room.answer(1, "bid", "A", 100) == "ok"
    first = room.do(2, "keyed", "B", 125)
    for number, bidder in enumerate("ABA", 1):
        assert room.answer(2 + number, "bid", bidder, 100 + 10 * number) == "ok"
    again, lot = room.do(9, "keyed", "B", 125), room.house.snapshot(Room.LOT)
    assert (again.reason, again.repeated, again.seq) == (first.reason, True, first.seq)
    assert "1.00 CNY" in first.message(lot=lot)
    told = inputs(again.message(lot=lot), "en", str(again.reason))
    assert (
        told
        == {
            "max_multiple": "step 0.10 CNY; at most 1 × the step in one bid",
            "multiples_from": "step 0.10 CNY; whole multiples counted from the top",
        }[step]
    )


def test_a_key_that_was_used_before_is_told_for_which_amount_as_long_as_it_is_kept() -> None:
    room = Room(english())
    assert room.answer(1, "keyed", "A", 100) == "ok"
    assert [room.do(2, "keyed", "A", amount).first_minor for amount in (110, 100)] == [100, None]
    assert room.do(3, "bid", "B", 100).first_minor is None
    room.run_out()
    assert (room.do(2 * H, "keyed", "A", 110).reason, room.do(2 * H, "keyed", "A", 110).first_minor) == ("closed", None)


def test_a_repeated_answer_states_no_step_where_there_are_two() -> None:
    room = Room(auction("fujian", **NO_RESERVE))
    for at, who, amount in ((1, "A", "100"), (9 * H + 1, "B", "110"), (9 * H + 2, "A", "120")):
        assert room.answer(at, "bid", who, amount) == "ok"
    refused = room.do(10 * H + 15 * M, "keyed", "B", "124")
    assert "; step 5 万元; " in refused.message(lot=room.house.snapshot(Room.LOT))
    again = room.do(10 * H + 16 * M, "keyed", "B", "124")
    assert "step 5" not in again.message(lot=room.house.snapshot(Room.LOT)).partition("one step; ")[2]


def test_a_snapshot_of_another_lot_is_refused() -> None:
    room = Room(english())
    room.house.open_lot("KQ-2", english())
    refused = room.do(1, "bid", "A", 99)
    with pytest.raises(MisuseError) as wrong:
        refused.message(lot=room.house.snapshot("KQ-2"))
    assert wrong.value.message("zh-CN") == "lot：应为 1 号标的的快照，实为 2 号的"


def test_an_early_snapshot_knows_the_rules_and_not_the_bidder() -> None:
    house = manual_house(MemoryJournal())
    house.open_lot("KQ-1", english())
    opened = house.snapshot("KQ-1")
    house.admit("KQ-1", "A")
    assert "start price 1.00 CNY" in house.bid("KQ-1", "A", 99).message(lot=opened)
    assert (
        house.admit("KQ-1", "A")
        .message(lot=opened)
        .startswith("refused: the bidder is admitted already; bidder A; rule: ")
    )


@pytest.mark.parametrize(
    ("increment", "amount", "told"),
    [
        (Percent(1, 10, "up"), 1_121, "11.21 CNY rises by 1.21 CNY from 10.00 CNY; 1.21 CNY > 1 × 1.00 CNY = 1.00 CNY; "),
        (((0, 5), (900, 100)), 1_121, "11.21 CNY rises by 1.21 CNY from 10.00 CNY; 1.21 CNY > 1 × 1.00 CNY = 1.00 CNY; "),
    ],
)  # fmt: skip
def test_a_step_that_moves_with_the_top_is_told_as_it_was(increment: Any, amount: int, told: str) -> None:
    room = Room(english(increment=increment, max_multiple=1))
    assert room.answer(1, "bid", "A", 100) == "ok"
    room = Room(english(start_price=1_000, increment=increment, max_multiple=1))
    assert room.answer(1, "bid", "A", 1_000) == "ok"
    lot = room.house.snapshot(Room.LOT)
    assert lot.step_minor == 100
    refused = room.do(2, "bid", "B", amount)
    assert f"; bid {told}" in refused.message(lot=room.house.snapshot(Room.LOT))
    # A snapshot of another moment does not know the step.
    assert "1.00 CNY = 1.00" not in refused.message(lot=lot)


def test_what_a_later_snapshot_says_is_not_told_of_the_refusal() -> None:
    room = Room(auction("fujian", **NO_RESERVE))
    assert room.answer(1, "suspend") == "ok"
    refused = room.do(2 + H, "resume")
    assert room.answer(3 + H, "announce", 30 * H) == "ok"
    told = inputs(refused.message(lot=room.house.snapshot(Room.LOT)), "en", "resumption_not_due")
    assert told == "arrived {1 01:00:02}; notice of 1d; without notice within 1h"


CITED: list[tuple[str, list[Step], str]] = [
    ("dezhou", [(1, "suspend"), (2, "resume")], "（FORMAT.md B.4；参见福建第55条）"),
    ("fujian", [(1, "suspend"), (2, "resume")], "（FORMAT.md B.4；fujian：FJ 第55条）"),
    ("fujian", [(1, "suspend"), (2, "announce", 30 * H)], "（FORMAT.md B.4；fujian：FJ 第58条）"),
    ("taicang", [(1, "suspend")], "（FORMAT.md B.4；参见国土资规〔2017〕7号第27条）"),
    ("suzhou_oneprice", [(1, "bid", "A", "125"), (30 * M + 2, "yes", "A")],
     "表示参加其后的竞价（FORMAT.md B.4；suzhou_oneprice：公告、SZ-1P（表示参加者参加））"),
]  # fmt: skip


@pytest.mark.parametrize(("book", "steps", "told"), CITED)
def test_a_transition_cites_the_lot_s_own_book_or_others_for_comparison(
    book: str, steps: list[Step], told: str
) -> None:
    room = Room(auction(book, **NO_RESERVE))
    for step in steps[:-1]:
        assert room.answer(*step) == "ok"
    done, lot = room.do(*steps[-1]), room.house.snapshot(Room.LOT)
    assert done.message("zh-CN", lot=lot).endswith(told)


def test_a_result_that_is_held_for_want_of_the_reserve_says_so() -> None:
    room = Room(auction("dezhou", reserve="required", reserve_commitment="at_entry"))
    for step in [(1, "bid", "A", 100), (2, "bid", "B", 110)]:
        assert room.answer(*step) == "ok"
    room.run_out()
    *_, last = replay(room.journal)
    told = tell(last.event, room.house.snapshot(Room.LOT), "zh-CN", quote=last.quote)
    assert "；底价未录入，结果待定（FORMAT.md B.2；" in told
    late = room.do(11 * H, "enter", 120)
    assert "标的处于：已截止，因底价未录入结果待定" in late.message("zh-CN", lot=room.house.snapshot(Room.LOT))


def test_a_lot_that_was_terminated_is_told_so_to_whoever_bids() -> None:
    room = Room(english())
    assert room.answer(1, "terminate") == "ok"
    told = inputs(room.do(2, "bid", "A", 100).message("zh-CN", lot=room.house.snapshot(Room.LOT)), "zh-CN", "closed")
    assert told == "到达 {1 00:00:02}，标的处于：已终止"


def test_wrong_arguments_of_a_message_are_told() -> None:
    refused = Room(english()).do(1, "bid", "A", 99)
    with pytest.raises(MisuseError) as wrong:
        refused.message(money="万元")  # type: ignore[arg-type]
    assert wrong.value.message("zh-CN") == "money：应为 Money，如 WAN_YUAN，实为 '万元'"
    with pytest.raises(MisuseError, match="unknown code 'odd'"):
        explain("odd")


def test_what_led_to_a_phase_and_to_no_sale_is_told_with_its_figures() -> None:
    room = Room(auction("shantou", **NO_RESERVE))
    for step in [(1, "bid", "A", 100), (2, "bid", "B", 110), (10 * H, "yes", "A")]:
        assert room.answer(*step) == "ok"
    room.run_out()
    lot = room.house.snapshot(Room.LOT)
    told = [tell(step.event, lot, "zh-CN") for step in replay(room.journal) if isinstance(step.event, PhaseStarted)]
    assert told == [
        "进入询问期（FORMAT.md B.2；shantou：ST 第23条、ST 第21条）",
        "询问期 1 人表示参加，不少于 1 人，进入限时竞价期（FORMAT.md B.2；shantou：ST 第24条、ST 第19、23条）",
    ]


@pytest.mark.parametrize(
    ("terms", "steps", "told"),
    [
        (english(min_bidders=3, min_bidders_counts="quoted"), [(1, "bid", "A", 100)],
         "not sold: bidders with a valid bid: 1, fewer than 3 (FORMAT.md B.7)"),
        (english(min_bidders=4, min_bidders_counts="admitted"), [(1, "bid", "A", 100)],
         "not sold: bidders admitted: 3, fewer than 4 (FORMAT.md B.7)"),
        (sealed(), PLACED[:2], ("not sold: sealed bids: 2, fewer than 3 (FORMAT.md B.7; "
         "tender_comprehensive: TBL art. 28, TBR art. 44)")),
    ],
)  # fmt: skip
def test_too_few_are_told_with_how_many_there_must_be(terms: Any, steps: list[Step], told: str) -> None:
    room = Room(terms)
    for step in steps:
        assert room.answer(*step) == "ok"
    room.run_out()
    *_, last = replay(room.journal)
    assert tell(last.event, room.house.snapshot(Room.LOT)) == told
