"""The parameters that a rule file may state: of which kind each is, and what it is called in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from ..optional_rules import OPTIONAL

if TYPE_CHECKING:
    from ..explanations import Language

Kind = Literal["amount", "increment", "length", "time", "spans", "hashes", "count", "choice", "texts", "parts"]
"""What a value is: text in the file's unit; a step; text as "5m"; a time with its offset; pairs of times; hashes in
hexadecimal; a whole number; one of some words; texts; the parts of an evaluation."""


FORMS: dict[Kind, tuple[str, str]] = {
    "amount": ('an amount in the unit as text, like "10" or "0.1"', '以报价单位计的金额文本，如 "10"、"0.1"'),
    "increment": (
        'an amount as "10", {percent = "0.5%", rounding = "up"}, or rows of [from this top amount, this step]',
        '金额如 "10"、{percent = "0.5%", rounding = "up"}，或若干 [自此最高报价起, 幅度]',
    ),
    "length": ('a length of time as "5m", "1h30m" or "10d"', '时长，如 "5m"、"1h30m"、"10d"'),
    "time": (
        "a time with its offset, like 2026-12-01T10:00:00+08:00",
        "带时区的时间，如 2026-12-01T10:00:00+08:00",
    ),
    "spans": ("pairs of times [[from, until], ...]", "时间对 [[自, 至], ...]"),
    "hashes": ("hashes of 64 hexadecimal digits", "若干 64 位十六进制数"),
    "count": ("a whole number from 1 on", "不小于 1 的整数"),
    "texts": ('texts as ["地质", "矿业"]', '若干文本，如 ["地质", "矿业"]'),
    "parts": (
        'rows of [name, points, "panel" or "share_of_highest"], of different names',
        '若干行 [名称, 分值, "panel"（评委打分）或 "share_of_highest"（占最高报价的比例）]，名称不重复',
    ),
}
"""How a rule file writes a value of each kind but a choice, in English and Chinese."""


class Parameter(msgspec.Struct, frozen=True):
    """One parameter: its name in rule files and in the auction types, its kind, and its name for readers."""

    name: str
    kind: Kind
    en: str
    zh: str
    choices: dict[str, tuple[str, str]] = {}
    """What may be chosen, each in English and Chinese words."""

    def word(self, choice: str, lang: Language) -> str:
        """Return a choice in words for readers."""
        return self.choices.get(choice, (choice, choice))[lang == "zh-CN"]


_LIST: tuple[Parameter | str, ...] = (
    Parameter(
        "unit",
        "choice",
        "unit of quoting",
        "报价单位",
        {"分": ("分", "分"), "元": ("元", "元"), "万元": ("万元", "万元")},
    ),
    Parameter("start_price", "amount", "start price", "起始价"),
    "first_bid_min",
    Parameter("increment", "increment", "increment", "增价幅度"),
    "timed_increment",
    Parameter(
        "limited_floor",
        "choice",
        "start of timed bidding",
        "限时竞价起价",
        {
            "current": ("the current top", "当前最高报价"),
            "current_plus_step": ("the current top and one step", "当前最高报价加一个增价幅度"),
        },
    ),
    Parameter(
        "multiples_from",
        "choice",
        "whole multiples, from",
        "整数倍起算",
        {"start": ("the start price", "起始价"), "current": ("the current top", "当前最高报价")},
    ),
    Parameter("max_multiple", "count", "most steps in one bid", "单次加价最大倍数"),
    "precision",
    Parameter(
        "self_outbid",
        "choice",
        "a leader raising its own bid",
        "自行加价",
        {"allowed": ("allowed", "允许"), "refused": ("refused", "不允许")},
    ),
    Parameter("free", "length", "free phase", "自由报价期"),
    Parameter("listing_ends_at", "time", "end of the listing", "挂牌截止时间"),
    "free_least",
    "free_stop",
    Parameter("inquiry", "length", "inquiry", "询问期"),
    "inquiry_yes",
    Parameter("preparation", "length", "preparation", "准备期"),
    "recent_bidders",
    "recent_window",
    "timed_entry",
    Parameter("countdown", "length", "countdown", "限时竞价时长"),
    Parameter("extension_window", "length", "only bids so late extend", "延时触发时段"),
    Parameter("late_bids", "choice", "late bids extend the listing", "末段报价延时", {"extend": ("extend", "顺延")}),
    Parameter("hard_end", "length", "most time of timed bidding", "限时竞价最长时间"),
    "max_extensions",
    "cap",
    "cap_action",
    "lottery_seeds",
    "cap_passing",
    "cap_in_free",
    Parameter("cap_pause", "length", "pause behind the cap", "熔断后暂停"),
    Parameter("cap_pause_ends_at", "time", "end of that pause", "恢复竞价时间"),
    Parameter("cap_inquiry", "length", "inquiry behind the cap", "熔断后询问期"),
    Parameter("cap_countdown", "length", "countdown behind the cap", "恢复后限时竞价时长"),
    Parameter("sealed", "length", "sealed bids behind the cap", "密封报价期"),
    Parameter("submission", "length", "submission of bids", "投标期"),
    Parameter("submissions_end_at", "time", "deadline of submissions", "投标截止时间"),
    "sealed_custody",
    "sealed_change",
    "sealed_min",
    "sealed_most",
    "sealed_equal",
    "sealed_award",
    "sealed_tie",
    Parameter("scoring", "parts", "parts of the evaluation", "评分组成"),
    Parameter("panel_least", "count", "least members of the panel", "评标委员会最少人数"),
    Parameter(
        "panel_experts",
        "choice",
        "experts in the panel",
        "专家所占比例",
        {
            "two_thirds": ("at least two thirds", "不少于三分之二"),
            "more_than_two_thirds": ("more than two thirds", "超过三分之二"),
        },
    ),
    Parameter("panel_fields", "texts", "fields of experts", "专家专业"),
    Parameter("panel_of_fields", "count", "least experts of these fields", "上述专业专家最少人数"),
    "top_up",
    Parameter(
        "single_bidder",
        "choice",
        "with one bidder",
        "仅一人报价时",
        {"decide": ("decided at once", "即行确定结果"), "timed": ("timed bidding is held", "进入限时竞价")},
    ),
    Parameter(
        "timed_without_bids",
        "choice",
        "without any bid",
        "无人报价时",
        {"decide": ("decided at once", "即行确定结果"), "enter": ("timed bidding is held", "进入限时竞价")},
    ),
    Parameter("min_bidders", "count", "least number of bidders", "最少竞买人数"),
    Parameter(
        "min_bidders_counts",
        "choice",
        "who counts for it",
        "人数计算口径",
        {"admitted": ("admitted bidders", "取得资格者"), "quoted": ("bidders with a valid bid", "有有效报价者")},
    ),
    Parameter(
        "reserve",
        "choice",
        "reserve",
        "底价",
        {"required": ("required", "须设底价"), "declared_none": ("declared to have none", "声明无底价")},
    ),
    Parameter(
        "reserve_commitment",
        "choice",
        "its commitment",
        "底价承诺时间",
        {"before_opening": ("before the opening", "竞价开始前"), "at_entry": ("at its entry", "录入时")},
    ),
    "reserve_setters",
    "reserve_rounding",
    "reserve_published",
    Parameter("entry_opens_before_end", "length", "its entry, at most before the end", "底价录入：截止前至多"),
    Parameter("entry_ends_before_end", "length", "its entry, at least before the end", "底价录入：截止前至少"),
    "priority",
    "closed",
    Parameter(
        "on_outage",
        "choice",
        "a deadline missed in an outage",
        "停机错过截止",
        {"close_at_schedule": ("stands", "截止时间不变"), "suspend": ("suspends the lot", "标的中止")},
    ),
    "resume_free",
    "resume_free_most",
    "resume_timed",
    "resume_direct_within",
    "resume_notice",
    "postponed_end",
)
"""The parameters in the order in which a reader asks for them; by its name alone one whose words the engine states."""


def _of_engine(name: str) -> Parameter:
    rule = OPTIONAL[name]
    en, zh = rule.label or (name, name)
    return Parameter(name, rule.kind, en, zh, rule.choices)


_NAMED = [_of_engine(each) if isinstance(each, str) else each for each in _LIST]
_OTHERS = [_of_engine(name) for name, rule in OPTIONAL.items() if rule.label and name not in _LIST]
PARAMETERS = {parameter.name: parameter for parameter in (*_NAMED, *_OTHERS)}
"""Every parameter by its name: those of the list above, then what else the engine knows."""
