"""What was decided and what a code means, in words, in English and Chinese. The tables are in `explanations.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .citation import rule_of
from .clock import show_time
from .errors import MisuseError
from .events import event_of
from .explanations import FINDINGS, Explanation, Language
from .explanations import language as language_of
from .ground import ground
from .narrative import PHASES, tell
from .refusals import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from ._engine import Decision
    from .lot import LotSnapshot
    from .money import Money


def explain(code: str | int) -> Explanation:
    """Return what a refusal's or a finding's code means; a refusal's may be given by its number, as `bid_many` does.

    Raises `MisuseError` for an unknown one.
    """
    if not isinstance(code, str) or code.isdecimal():
        found = next((each for each in REFUSALS.values() if str(each.number) == str(code)), None)
    else:
        found = REFUSALS.get(code) or FINDINGS.get(code)
    if found is None:
        raise MisuseError(f"unknown code {code!r}; expected one of {', '.join([*REFUSALS, *FINDINGS])}")
    return found


def explanations() -> tuple[Explanation, ...]:
    """Return every reason of a refusal, in the order of their numbers."""
    return tuple(REFUSALS.values())


def finding_explanations() -> tuple[Explanation, ...]:
    """Return every code of a verifier's finding."""
    return tuple(FINDINGS.values())


def describe(
    decision: Decision,
    lang: str = "en",
    money: Money | None = None,
    lot: LotSnapshot | None = None,
    zone: tzinfo | None = None,
) -> str:
    """Return in words what was decided, amounts in the unit of `money` or of `lot`, or else in minor units.

    With `lot` a refusal also says what the lot's rules state of its ground: the step, the cap, the precision.

    Nothing said depends on the reserve while bidding is open.
    """
    language = language_of(lang)
    if money is None and lot is not None:
        money = lot.money

    def shown(minor: int | None) -> str:
        return "-" if minor is None else f"{minor:,} {_MINOR_UNITS[language]}" if money is None else money.show(minor)

    if decision.reason is not None:
        return _refusal(decision, language, _Shown(shown, lambda ns: show_time(ns, zone)), lot)
    seq, bid, top = decision.seq, shown(decision.amount_minor), shown(decision.quote.standing_minor)
    if decision.amount_minor is None:
        event = event_of(decision.fields())
        told, kind = tell(event, lot, language, zone), type(event).__name__
        if language == "zh-CN":
            return f"已接受（序号 {seq}，{kind}）{'：' if told else ''}{told}"
        return f"accepted as record {seq}, {kind}{': ' if told else ''}{told}"
    if language == "zh-CN":
        return f"已接受：报价 {bid}（序号 {seq}）；当前最高 {top}"
    return f"accepted: bid {bid} as record {seq}; top amount {top}"


_MINOR_UNITS: dict[Language, str] = {"en": "minor units", "zh-CN": "最小货币单位"}


class _Shown(NamedTuple):
    """How amounts and times are shown."""

    amount: Callable[[int | None], str]
    time: Callable[[int | None], str]


def _refusal(decision: Decision, language: Language, shown: _Shown, lot: LotSnapshot | None) -> str:
    """Return the reason in words, the comparison that decided, and the rule."""
    chinese, reason = language == "zh-CN", str(decision.reason)
    explanation = REFUSALS[reason]
    parts = [explanation.text(language)]
    if (compared := _comparison(decision, reason, language, shown, lot)) is not None:
        parts.append(compared)
    elif decision.amount_minor is not None:
        parts.append(f"{'报价' if chinese else 'bid'} {shown.amount(decision.amount_minor)}")
    if decision.amount_minor is not None and decision.quote.ask_minor is not None and reason not in _NO_ASK:
        least = shown.amount(decision.quote.ask_minor)
        parts.append(f"{'最低有效报价' if chinese else 'least acceptable bid'} {least}")
    if lot is not None:
        is_timed = decision.quote.phase == "timed"
        parts.extend(ground(reason, lot, chinese=chinese, is_timed=is_timed))
    parts.append(f"{'依据' if chinese else 'rule'}{'：' if chinese else ': '}{rule_of(explanation, language, lot)}")
    return ("已拒绝：" if chinese else "refused: ") + ("；" if chinese else "; ").join(parts)


_NO_ASK = (
    "below_start",
    "below_increment",
    "not_open",
    "suspended",
    "closed",
    "outside_hours",
    "free_stopped",
    "phase_takes_no_bids",
    "no_prior_bid",
    "no_yes",
    "no_top_up",
)
"""Where the least acceptable bid is said already, or no bid would have been acceptable."""
_STATES = {
    "scheduled": ("not begun", "尚未开始"),
    "suspended": ("suspended", "已中止"),
    "awaiting_opening": ("waiting for its sealed bids to be opened", "待开启密封报价"),
    "awaiting_reserve": ("waiting for its reserve", "待录入底价"),
    "awaiting_draw": ("waiting for its lottery", "待摇号"),
    "closed": ("closed", "已截止"),
    "decided": ("decided", "已出结果"),
    "terminated": ("terminated", "已终止"),
}
"""Where a lot stands outside its phases, in English and Chinese."""


def _comparison(
    decision: Decision, reason: str, language: Language, shown: _Shown, lot: LotSnapshot | None
) -> str | None:
    """Return which inputs were compared: the bid, the quote at that time, the time of arrival. None of them is secret."""
    quote, bid, arrived = decision.quote, shown.amount(decision.amount_minor), shown.time(decision.at_ns)
    ask, top, end = shown.amount(quote.ask_minor), shown.amount(quote.standing_minor), shown.time(quote.closes_at_ns)
    phase = (PHASES | _STATES).get(quote.phase, (quote.phase, quote.phase))[language == "zh-CN"]
    template = _COMPARED.get(reason)
    if template is None:
        return None
    stated = shown.time(decision.fields().get("stated_ns"))
    start = None if lot is None else lot.rules["start_price"]
    ranks: dict[int, int] = {} if lot is None else lot.ranks
    rank, leading = ranks.get(decision.bidder, "-"), ranks.get(quote.leader or 0, "-")
    floor = shown.amount(start if quote.standing_minor is None else quote.standing_minor)
    return template[language == "zh-CN"].format(
        bid=bid,
        ask=ask,
        top=top,
        arrived=arrived,
        end=end,
        phase=phase,
        stated=stated,
        floor=floor,
        rank=rank,
        leading=leading,
    )


_COMPARED = {
    "not_open": ("arrived {arrived}, bidding begins {end}", "到达 {arrived}，竞价始于 {end}"),
    "closed": ("arrived {arrived}, bidding was over", "到达 {arrived}，竞价已结束"),
    "suspended": ("arrived {arrived}, the lot was suspended", "到达 {arrived}，标的已中止"),
    "outside_hours": ("arrived {arrived}, in closed hours", "到达 {arrived}，处于停止报价时段"),
    "free_stopped": ("arrived {arrived}, the free phase ends {end}", "到达 {arrived}，自由报价期截止于 {end}"),
    "phase_takes_no_bids": ("arrived {arrived}, the phase is {phase}", "到达 {arrived}，当前阶段为 {phase}"),
    "below_start": ("bid {bid} < least first bid {ask}", "报价 {bid} < 首次报价下限 {ask}"),
    "below_increment": (
        "bid {bid} < least acceptable bid {ask}, top {top}",
        "报价 {bid} < 最低有效报价 {ask}，当前最高 {top}",
    ),
    "not_multiple": ("bid {bid}, top {top}", "报价 {bid}，当前最高 {top}"),
    "above_max_multiple": ("bid {bid}, top {top}", "报价 {bid}，当前最高 {top}"),
    "end_not_allowed": ("arrived {arrived}, stated end {stated}", "到达 {arrived}，所定截止时间 {stated}"),
    "notice_too_short": ("announced {arrived}, to be resumed {stated}", "公告 {arrived}，定于 {stated} 恢复"),
    "wrong_phase": ("arrived {arrived}, the lot stands at: {phase}", "到达 {arrived}，标的处于：{phase}"),
    "resumption_not_due": ("arrived {arrived}", "到达 {arrived}"),
    "outside_entry_window": ("arrived {arrived}, the phase ends {end}", "到达 {arrived}，该阶段截止于 {end}"),
    "priority_outranked": (
        "bid {bid}, top {top}; rank {rank}, the leader's {leading}",
        "报价 {bid}，当前最高 {top}；优先权顺位 {rank}，领先者顺位 {leading}",
    ),
    "priority_used": ("bid {bid}, top {top}", "报价 {bid}，当前最高 {top}"),
    "above_cap": ("bid {bid}, top {top}", "报价 {bid}，当前最高 {top}"),
    "below_floor": ("least {floor}", "下限 {floor}"),
    "cap_reached": ("bid {bid}, top {top}", "报价 {bid}，当前最高 {top}"),
    "already_leading": ("bid {bid}, top {top} is the bidder's own", "报价 {bid}，当前最高 {top} 即其本人报价"),
}
"""What a refusal compared, in English and Chinese."""
