"""The parameters that a rule file may state: of which kind each is, and what it is called in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

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
    choices: tuple[str, ...] = ()

    def word(self, choice: str, lang: Language) -> str:
        """Return a choice in words for readers."""
        words = _OWN_WORDS.get((self.name, choice)) or _WORDS.get(choice, (choice, choice))
        return words[lang == "zh-CN"]


_LIST: tuple[Parameter, ...] = (
    Parameter("unit", "choice", "unit of quoting", "报价单位", ("分", "元", "万元")),
    Parameter("start_price", "amount", "start price", "起始价"),
    Parameter("first_bid_min", "choice", "least first bid", "首次报价下限", ("start_plus_step",)),
    Parameter("increment", "increment", "increment", "增价幅度"),
    Parameter("timed_increment", "amount", "increment of the timed phase", "限时竞价增价幅度"),
    Parameter("limited_floor", "choice", "start of timed bidding", "限时竞价起价", ("current", "current_plus_step")),
    Parameter("multiples_from", "choice", "whole multiples, from", "整数倍起算", ("start", "current")),
    Parameter("max_multiple", "count", "most steps in one bid", "单次加价最大倍数"),
    Parameter("precision", "amount", "precision of amounts", "报价精度"),
    Parameter("self_outbid", "choice", "a leader raising its own bid", "自行加价", ("allowed", "refused")),
    Parameter("free", "length", "free phase", "自由报价期"),
    Parameter("listing_ends_at", "time", "end of the listing", "挂牌截止时间"),
    Parameter("free_least", "length", "least time until then", "自开始至该截止的最短时长"),
    Parameter("free_stop", "length", "quotes stop before its end", "停止更新报价"),
    Parameter("inquiry", "length", "inquiry", "询问期"),
    Parameter("inquiry_yes", "count", "bidders who must say yes", "须表示参加的人数"),
    Parameter("preparation", "length", "preparation", "准备期"),
    Parameter("recent_bidders", "count", "bidders in the last window", "最后时段报价人数"),
    Parameter("recent_window", "length", "last window", "最后时段"),
    Parameter(
        "timed_entry", "choice", "entry to timed bidding", "限时竞价参加条件", ("prior_bid", "yes", "prior_bid_and_yes")
    ),
    Parameter("countdown", "length", "countdown", "限时竞价时长"),
    Parameter("extension_window", "length", "only bids so late extend", "延时触发时段"),
    Parameter("late_bids", "choice", "late bids extend the listing", "末段报价延时", ("extend",)),
    Parameter("hard_end", "length", "most time of timed bidding", "限时竞价最长时间"),
    Parameter("max_extensions", "count", "most extensions", "延时次数上限"),
    Parameter("cap", "amount", "price cap", "封顶价（熔断价）"),
    Parameter(
        "cap_action",
        "choice",
        "what the cap brings",
        "达到封顶价后",
        ("sell", "enter", "lottery", "next_round", "other_quantity"),
    ),
    Parameter("lottery_seeds", "hashes", "commitments of its seeds", "摇号种子承诺值"),
    Parameter("cap_passing", "choice", "a bid above the cap", "超过封顶价的报价", ("allowed",)),
    Parameter("cap_in_free", "choice", "the cap in the free phase", "自由报价期达到封顶价", ("at_end",)),
    Parameter("cap_pause", "length", "pause behind the cap", "熔断后暂停"),
    Parameter("cap_pause_ends_at", "time", "end of that pause", "恢复竞价时间"),
    Parameter("cap_inquiry", "length", "inquiry behind the cap", "熔断后询问期"),
    Parameter("cap_countdown", "length", "countdown behind the cap", "恢复后限时竞价时长"),
    Parameter("sealed", "length", "sealed bids behind the cap", "密封报价期"),
    Parameter("submission", "length", "submission of bids", "投标期"),
    Parameter("submissions_end_at", "time", "deadline of submissions", "投标截止时间"),
    Parameter("sealed_custody", "choice", "who holds sealed amounts", "密封报价由谁保管", ("bidder", "house")),
    Parameter("sealed_change", "choice", "a placed sealed bid", "密封报价递交后", ("change", "change_or_withdraw")),
    Parameter("sealed_min", "count", "least sealed bids to open", "开启所需最少份数"),
    Parameter("sealed_most", "amount", "most of a sealed bid", "密封报价上限"),
    Parameter("sealed_equal", "choice", "equal sealed bids", "相同密封报价", ("refused",)),
    Parameter(
        "sealed_award", "choice", "which sealed bid wins", "密封报价定标", ("highest", "closest_to_mean", "most_points")
    ),
    Parameter("sealed_tie", "choice", "among equal ones", "并列时", ("requote", "earlier", "higher")),
    Parameter("scoring", "parts", "parts of the evaluation", "评分组成"),
    Parameter("panel_least", "count", "least members of the panel", "评标委员会最少人数"),
    Parameter(
        "panel_experts", "choice", "experts in the panel", "专家所占比例", ("two_thirds", "more_than_two_thirds")
    ),
    Parameter("panel_fields", "texts", "fields of experts", "专家专业"),
    Parameter("panel_of_fields", "count", "least experts of these fields", "上述专业专家最少人数"),
    Parameter("top_up", "choice", "further deposit", "补交保证金", ("required",)),
    Parameter("single_bidder", "choice", "with one bidder", "仅一人报价时", ("decide", "timed")),
    Parameter("timed_without_bids", "choice", "without any bid", "无人报价时", ("decide", "enter")),
    Parameter("min_bidders", "count", "least number of bidders", "最少竞买人数"),
    Parameter("min_bidders_counts", "choice", "who counts for it", "人数计算口径", ("admitted", "quoted")),
    Parameter("reserve", "choice", "reserve", "底价", ("required", "declared_none")),
    Parameter("reserve_commitment", "choice", "its commitment", "底价承诺时间", ("before_opening", "at_entry")),
    Parameter("reserve_setters", "count", "people who set a figure each", "底价录入人数（取平均值）"),
    Parameter(
        "reserve_rounding", "choice", "rounding of their mean, to the minor unit", "平均值取整（至分）", ("up", "down")
    ),
    Parameter("reserve_published", "choice", "disclosed at the opening", "开启时公布底价", ("decides", "reference")),
    Parameter("entry_opens_before_end", "length", "its entry, at most before the end", "底价录入：截止前至多"),
    Parameter("entry_ends_before_end", "length", "its entry, at least before the end", "底价录入：截止前至少"),
    Parameter("priority", "choice", "priority holders", "优先权", ("once", "repeatedly")),
    Parameter("closed", "spans", "closed spans", "停止报价时段"),
    Parameter(
        "on_outage", "choice", "a deadline missed in an outage", "停机错过截止", ("close_at_schedule", "suspend")
    ),
    Parameter("resume_free", "choice", "end stated at a resumption", "恢复时另定截止", ("extend",)),
    Parameter("resume_free_most", "length", "most left after it", "恢复后最多剩余"),
    Parameter(
        "resume_timed", "choice", "a suspended timed phase", "限时竞价中止后", ("restart", "restart_from_preparation")
    ),
    Parameter("resume_direct_within", "length", "resumed without notice within", "可直接恢复的时限"),
    Parameter("resume_notice", "length", "notice of a resumption", "恢复告知提前"),
    Parameter(
        "postponed_end", "choice", "a stated end, if the opening is postponed", "开始延期时既定的截止时间", ("moves",)
    ),
)

PARAMETERS = {parameter.name: parameter for parameter in _LIST}
"""Every parameter by its name, in the order in which a reader asks for them."""

_WORDS: dict[str, tuple[str, str]] = {
    "allowed": ("allowed", "允许"),
    "refused": ("refused", "不允许"),
    "start": ("the start price", "起始价"),
    "current": ("the current top", "当前最高报价"),
    "current_plus_step": ("the current top and one step", "当前最高报价加一个增价幅度"),
    "start_plus_step": ("the start price and one step", "起始价加一个增价幅度"),
    "prior_bid": ("a valid bid before", "此前有有效报价"),
    "yes": ("yes in the inquiry", "询问期表示参加"),
    "prior_bid_and_yes": ("a valid bid before, and yes", "此前有有效报价且表示参加"),
    "decide": ("decided at once", "即行确定结果"),
    "timed": ("timed bidding is held", "进入限时竞价"),
    "enter": ("timed bidding is held", "进入限时竞价"),
    "extend": ("extend", "顺延"),
    "moves": ("moves with the opening, which leaves as much time", "随之顺延，可报价时长不变"),
    "sell": ("the bid wins", "即成交"),
    "lottery": ("a lottery decides", "摇号"),
    "next_round": ("the next round, another lot", "转下一轮（另一标的）"),
    "other_quantity": ("another quantity is bid for, another lot", "转竞其他条件（另一标的）"),
    "at_end": ("has its effect at the phase's end", "至该阶段截止时生效"),
    "admitted": ("admitted bidders", "取得资格者"),
    "quoted": ("bidders with a valid bid", "有有效报价者"),
    "declared_none": ("declared to have none", "声明无底价"),
    "before_opening": ("before the opening", "竞价开始前"),
    "at_entry": ("at its entry", "录入时"),
    "two_thirds": ("at least two thirds", "不少于三分之二"),
    "more_than_two_thirds": ("more than two thirds", "超过三分之二"),
    "up": ("up", "进位"),
    "down": ("down", "舍去"),
    "once": ("may match the top once", "可按最高价行使一次"),
    "repeatedly": ("may match the top repeatedly", "可按最高价多次行使"),
    "close_at_schedule": ("stands", "截止时间不变"),
    "suspend": ("suspends the lot", "标的中止"),
    "restart": ("begins again", "重新计时"),
    "bidder": ("each bidder its own", "各竞买人自行保管"),
    "house": ("the house, in its vault", "平台密存"),
    "change": ("may be changed", "可以修改"),
    "change_or_withdraw": ("may be changed or withdrawn", "可以修改或撤回"),
    "highest": ("the highest", "最高者"),
    "closest_to_mean": ("the closest to the mean", "最接近平均值者"),
    "most_points": ("the one with most points", "得分最高者"),
    "requote": ("those bid again", "并列者再次报价"),
    "earlier": ("the first placed", "先递交者"),
    "higher": ("the higher amount, then the first placed", "报价高者，再先递交者"),
    "decides": ("and it decides", "公布并据以确定结果"),
    "reference": ("for reference only", "仅供参考（标底）"),
    "restart_from_preparation": ("begins again with its preparation", "自准备期重新开始"),
}
"""The words of choices for readers, in English and Chinese."""

_OWN_WORDS: dict[tuple[str, str], tuple[str, str]] = {
    ("reserve", "required"): ("required", "须设底价"),
    ("sealed_equal", "refused"): ("refused: another must be chosen", "不接受，须另选"),
    ("top_up", "required"): ("required", "须补交"),
    ("cap_action", "enter"): ("bidding goes on behind a pause", "暂停后继续竞价"),
    ("resume_free", "extend"): ("may be later", "可以顺延"),
}
"""Those of a choice that means something of its own under one parameter."""
