"""Which inputs a refusal compared, in words: the bid, the quote, the time of arrival, what is known of the lot.

None of them depends on a reserve or on an amount that is sealed. What the lot's rules state is said by `ground.py`.
"""

from __future__ import annotations

from fractions import Fraction
from string import Formatter
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from .clock import show_duration, show_time
from .events import BidRefused
from .ground import fixed_step, ground
from .refusals import REFUSALS
from .words import PHASES, STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import tzinfo

    from ._engine import Quote
    from .events import Event
    from .explanations import Language
    from .lot import LotSnapshot, SealedBidFacts
    from .money import Money

T = TypeVar("T")


class Shown(NamedTuple):
    """How amounts and times are shown, and in which language."""

    amount: Callable[[int], str]
    time: Callable[[int], str]
    lang: Language

    def length(self, ns: int) -> str:
        """Show a length of time."""
        return show_duration(ns, chinese=self.lang == "zh-CN")

    @classmethod
    def of(cls, money: Money | None, lang: Language, zone: tzinfo | None) -> Shown:
        """Show amounts in the unit of `money`, or else in minor units, and times in `zone`."""
        in_minor_units = "{:,} 最小货币单位" if lang == "zh-CN" else "{:,} minor units"
        amount = in_minor_units.format if money is None else money.show
        return cls(amount, lambda ns: show_time(ns, zone), lang)


def refusal(
    event: Event, quote: Quote | None, lot: LotSnapshot | None, shown: Shown, *, first: int | None = None
) -> list[str]:
    """Return why a record refuses: the reason in words, what was compared, what the lot's rules state.

    `quote` is the lot's quote behind the record. `lot` is a snapshot of its lot: what changes in a lot is said of the moment of
    the refusal only, so not from a later one. `first` is the amount for which a key was used before.
    """
    reason, chinese, bid = str(event.reason), shown.lang == "zh-CN", getattr(event, "amount_minor", None)
    parts = [REFUSALS[reason].text(shown.lang), *_compared(event, quote, lot, shown, first)]
    if bid is not None and quote is not None and quote.ask_minor is not None and reason in _WITH_ASK:
        parts.append(f"{'最低有效报价' if chinese else 'least acceptable bid'} {shown.amount(quote.ask_minor)}")
    if lot is not None:
        parts += ground(reason, lot, quote, chinese=chinese)
    return parts


def _compared(event: Event, quote: Quote | None, lot: LotSnapshot | None, shown: Shown, first: int | None) -> list[str]:
    """Return what the refusal of a record compared."""
    known = _inputs(event, quote, lot, shown) | {"first": _or_none(shown.amount, first)}
    values = {name: value for name, value in known.items() if value is not None}
    templates = [template[shown.lang == "zh-CN"] for template in _TABLE.get(str(event.reason), ())]
    return [words.format(**values) for words in templates if _names_of(words) <= values.keys()]


def _is_then(event: Event, lot: LotSnapshot) -> bool:
    """Return whether a snapshot is of the moment of a record."""
    return lot.lot_seq == event.lot_seq


def _names_of(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


_WITH_ASK = (
    "key_conflict",
    "amount_not_positive",
    "not_multiple",
    "above_max_multiple",
    "too_precise",
    "priority_used",
    "priority_outranked",
    "above_cap",
)
"""Where another bid would have been acceptable, and the comparison does not say which."""
_ARRIVED = "arrived {arrived}", "到达 {arrived}"
_BID = "bid {bid}", "报价 {bid}"
_AT_TOP = "bid {bid}, top {top}", "报价 {bid}，当前最高 {top}"
_WHERE = "arrived {arrived}, the lot stands at: {phase}", "到达 {arrived}，标的处于：{phase}"
_WHO = "bidder {name}", "竞买号 {name}"
_PLACED = "placed as record {placed} of the lot", "递交于本标的第 {placed} 条记录"
_TABLE: dict[str, tuple[tuple[str, str], ...]] = {
    "key_conflict": (_BID, ("key {key}", "幂等键 {key}"), ("first used for {first}", "先用于 {first}")),
    "not_admitted": (_WHO, _BID),
    "not_open": (("arrived {arrived}, bidding begins {end}", "到达 {arrived}，竞价始于 {end}"),),
    "suspended": (
        ("arrived {arrived}, the lot was suspended", "到达 {arrived}，标的已中止"),
        ("suspended since {suspended_at}", "中止于 {suspended_at}"),
    ),
    "closed": (
        _WHERE,
        ("the lot closed {closed_at}", "竞价程序结束于 {closed_at}"),
    ),
    "amount_not_positive": (("bid {bid} < 1 minor unit", "报价 {bid} < 1 个最小货币单位"),),
    "already_leading": (("bid {bid}, top {top} is the bidder's own", "报价 {bid}，当前最高 {top} 即其本人报价"),),
    "below_start": (("bid {bid} < least first bid {ask}", "报价 {bid} < 首次报价下限 {ask}"),),
    "below_increment": (
        ("bid {bid} < least acceptable bid {ask}, top {top}", "报价 {bid} < 最低有效报价 {ask}，当前最高 {top}"),
    ),
    "not_multiple": (
        ("bid {bid}, {distance} above {anchor}", "报价 {bid}，与 {anchor} 相差 {distance}"),
        ("{distance} = {times} × {step} + {rest}", "{distance} = {times} × {step} + {rest}"),
    ),
    "above_max_multiple": (
        ("bid {bid} rises by {rise} from {base}", "报价 {bid}，自 {base} 加价 {rise}"),
        ("{rise} > {most} × {step} = {most_rise}", "{rise} > {most} × {step} = {most_rise}"),
    ),
    "amount_limit": (_BID, ("top {top}", "当前最高 {top}")),
    "phase_takes_no_bids": (("arrived {arrived}, the phase is {phase}", "到达 {arrived}，当前阶段为 {phase}"),),
    "free_stopped": (
        ("arrived {arrived}, the free phase ends {end}", "到达 {arrived}，自由报价期截止于 {end}"),
        ("{left} left", "剩余 {left}"),
    ),
    "no_prior_bid": (_ARRIVED, ("the bidder has no valid bid", "该竞买人无有效报价")),
    "no_yes": (_ARRIVED, ("its answer: {answer}", "其答复：{answer}")),
    "outside_hours": (
        ("arrived {arrived}, in closed hours", "到达 {arrived}，处于停止报价时段"),
        ("{closed_from} to {closed_until}", "{closed_from} 至 {closed_until}"),
    ),
    "too_precise": (_BID,),
    "priority_used": (_AT_TOP, ("used before: {matches}", "已行使 {matches} 次")),
    "priority_outranked": (
        _AT_TOP,
        ("rank {rank}, the leader's {leading_rank}", "优先权顺位 {rank}，领先者顺位 {leading_rank}"),
    ),
    "cap_reached": (_AT_TOP,),
    "above_cap": (_BID,),
    "no_top_up": (_ARRIVED, ("the phase is {phase}", "当前阶段为 {phase}")),
    "already_admitted": (_WHO, ("admitted as number {number}", "已登记为第 {number} 号")),
    "wrong_phase": (_WHERE,),
    "close_not_called": (("arrived {arrived}, the phase ends {end}", "到达 {arrived}，该阶段截止于 {end}"),),
    "outside_entry_window": (
        _WHERE,
        ("the first phase ends {first_end}", "首阶段截止于 {first_end}"),
    ),
    "already_entered": (("{entered} of {setters} figures entered", "已录入 {entered} 份，共 {setters} 份"),),
    "commitment_mismatch": (("committed: {commitment}", "已登记的承诺值 {commitment}"),),
    "reserve_missing": (
        ("reserve: {reserve}", "底价：{reserve}"),
        ("{entered} of {setters} figures entered", "已录入 {entered} 份，共 {setters} 份"),
    ),
    "already_answered": (("its answer: {answer}", "其答复：{answer}"),),
    "end_not_allowed": (
        _ARRIVED,
        ("stated {stated}", "所定时间 {stated}"),
        ("{remaining} was left when it was suspended", "中止时剩余 {remaining}"),
        ("{not_stated}", "{not_stated}"),
        ("it was to open {stood}", "原定始于 {stood}"),
        ("bidding would begin {opening}", "竞价将始于 {opening}"),
        ("the first phase ends {first_stated}", "首阶段截止于 {first_stated}"),
        (
            "with no more than {most_left} left, at most so much is left after the resumption",
            "剩余不超过 {most_left} 的，恢复后至多剩余该时长",
        ),
        ("the first phase lasts at least {free_least}", "首个阶段不短于 {free_least}"),
    ),
    "notice_too_short": (("announced {arrived}, to be resumed {stated}", "公告 {arrived}，定于 {stated} 恢复"),),
    "resumption_not_due": (
        _ARRIVED,
        ("suspended for {suspended_for}", "已中止 {suspended_for}"),
        ("announced for {announced}", "公告的恢复时间：{announced}"),
    ),
    "already_granted": (("rank {rank}", "顺位 {rank}"),),
    "already_confirmed": (_WHO,),
    "phase_takes_no_sealed_bids": (("arrived {arrived}, the phase is {phase}", "到达 {arrived}，当前阶段为 {phase}"),),
    "not_tied": (("tied: {tied} others", "并列者另有 {tied} 人"),),
    "already_placed": (_PLACED,),
    "not_withdrawable": (_PLACED,),
    "no_sealed_bid": (_WHO,),
    "already_opened": (_WHO, ("opened as {opened}", "开启金额 {opened}")),
    "below_floor": (("least {floor}, {floor_of}", "下限 {floor}（{floor_of}）"),),
    "already_scored": (("points {points}", "得分 {points}"),),
    "not_scored": (("without points: {unscored}", "尚无评分：{unscored}"),),
    "not_opened": (("not open: {unopened}", "尚未开启：{unopened}"),),
}
"""By reason: what it compared, in English and Chinese. A part is left out where one of its values is not known."""


def _inputs(event: Event, quote: Quote | None, lot: LotSnapshot | None, shown: Shown) -> dict[str, str | None]:
    """Return the values of a refusal by their names in the table, each None where it is not known."""
    values: dict[str, str | None] = {"arrived": shown.time(event.at_ns)}
    bid = getattr(event, "amount_minor", None) or None
    values |= _of_record(event, bid, shown)
    if quote is not None:
        values |= _of_quote(quote, shown)
    if lot is not None:
        values |= _of_rules(event, bid, quote, lot, shown)
        if _is_then(event, lot):
            values |= _of_lot(event, lot, shown) | _of_resumption(event, lot, shown)
    return values


def _of_record(event: Event, bid: int | None, shown: Shown) -> dict[str, str | None]:
    stated = getattr(event, "stated_ns", None)
    return {
        # A refused amount may be 0 or less: a bid always states one.
        "bid": shown.amount(event.amount_minor) if isinstance(event, BidRefused) else _or_none(shown.amount, bid),
        "key": getattr(event, "key", None) or None,
        "name": getattr(event, "name", None) or None,
        "stated": _or_none(shown.time, stated),
    }


def _of_quote(quote: Quote, shown: Shown) -> dict[str, str | None]:
    words = (PHASES | STATES).get(quote.phase, (quote.phase, quote.phase))
    end = _or_none(shown.time, quote.closes_at_ns)
    return {
        "phase": words[shown.lang == "zh-CN"],
        "top": _or_none(shown.amount, quote.standing_minor),
        "ask": _or_none(shown.amount, quote.ask_minor),
        "end": end,
        "first_end": end if quote.phase_index == 0 and quote.phase in PHASES else None,
    }


def _of_rules(
    event: Event, bid: int | None, quote: Quote | None, lot: LotSnapshot, shown: Shown
) -> dict[str, str | None]:
    """Return what follows from the rules, which never change, and the quote."""
    rules, values = lot.rules, dict[str, str | None]()
    if event.bidder <= len(lot.bidders):
        values["name"] = lot.bidder_name(event.bidder) or getattr(event, "name", None) or None
    spans: list[tuple[int, int]] = rules.get("closed_ns") or []
    for start, until in spans:
        if start <= event.at_ns < until:
            values |= {"closed_from": shown.time(start), "closed_until": shown.time(until)}
    if quote is None:
        return values
    end = quote.closes_at_ns
    if end is not None and all(until <= event.at_ns or start >= end for start, until in spans):
        values["left"] = shown.length(end - event.at_ns)
    values["floor"] = shown.amount(_base(lot, quote))
    values["floor_of"] = _FLOORS[quote.standing_minor is None][shown.lang == "zh-CN"]
    if bid is not None:
        step = lot.step_minor if _is_then(event, lot) else fixed_step(lot, quote)
        values |= _of_bid(bid, step, lot, quote, shown)
    return values


def _base(lot: LotSnapshot, quote: Quote) -> int:
    """Return what a bid rises from."""
    start: int = lot.rules["start_price"]
    return start if quote.standing_minor is None else quote.standing_minor


def _of_bid(bid: int, step: int | None, lot: LotSnapshot, quote: Quote, shown: Shown) -> dict[str, str | None]:
    """Return how a bid stands to what it rises from, and to the step."""
    rules, base = lot.rules, _base(lot, quote)
    anchor = rules["start_price"] if rules.get("multiple_anchor") == "start" else base
    values: dict[str, str | None] = {
        "base": shown.amount(base),
        "rise": shown.amount(bid - base),
        "anchor": shown.amount(anchor),
        "distance": shown.amount(bid - anchor),
    }
    if step is None:
        return values
    times, rest = divmod(bid - anchor, step)
    values |= {"step": shown.amount(step), "times": str(times), "rest": shown.amount(rest)}
    if (most := rules.get("max_multiple")) is not None and bid - base > most * step:
        values |= {"most": str(most), "most_rise": shown.amount(most * step)}
    return values


def _of_lot(event: Event, lot: LotSnapshot, shown: Shown) -> dict[str, str | None]:
    """Return what changes in a lot, as it was at the refusal."""
    chinese, bidder = shown.lang == "zh-CN", event.bidder
    ranks, matches, answer = lot.ranks, lot.matches, lot.answers.get(bidder)
    sealed = next((bid for bid in lot.sealed_bids if bid.bidder == bidder), None)
    since = lot.suspended_at_ns
    return {
        "number": str(bidder) if bidder else None,
        "rank": _or_none(str, ranks.get(bidder)),
        "leading_rank": _or_none(str, ranks.get(lot.leader or 0)),
        "matches": _or_none(str, matches.get(bidder)),
        "answer": _ANSWERS[answer][chinese],
        "suspended_at": _or_none(shown.time, since),
        "closed_at": _or_none(shown.time, lot.closed_at_ns),
        "suspended_for": None if since is None else shown.length(event.at_ns - since),
        "announced": _NOT_YET[chinese] if lot.resumes_at_ns is None else shown.time(lot.resumes_at_ns),
        "reserve": _RESERVES.get(lot.reserve, (None, None))[chinese],
        "entered": str(len(lot.reserve_figures)) if lot.reserve_setters > 1 else None,
        "setters": str(lot.reserve_setters),
        "commitment": _committed(lot) if sealed is None else sealed.commitment,
        "placed": None if sealed is None or sealed.commitment is None else str(sealed.placed_seq),
        "opened": None if sealed is None else _or_none(shown.amount, sealed.amount_minor),
        "points": None if sealed is None or sealed.points is None else str(Fraction(*sealed.points)),
        "tied": str(sum(bid.tied for bid in lot.sealed_bids)),
        "unopened": _names(lot, (bid for bid in lot.sealed_bids if bid.commitment and bid.amount_minor is None)),
        "unscored": _names(lot, (bid for bid in lot.sealed_bids if bid.valid and bid.points is None)),
    }


def _committed(lot: LotSnapshot) -> str | None:
    """Return the commitment that one amount is bound by; that of several setters binds none by itself."""
    return lot.commitment if lot.reserve_setters == 1 else None


def _of_resumption(event: Event, lot: LotSnapshot, shown: Shown) -> dict[str, str | None]:
    """Return what a resumption is held against: what was left of a phase, or, of a lot that was to open, its opening."""
    remaining, since, rules = lot.remaining_ns, lot.suspended_at_ns, lot.rules
    if since is None:
        return {}
    if lot.has_begun:
        return {
            "remaining": _or_none(shown.length, remaining),
            "not_stated": None if lot.may_state_end else _NOT_STATED[shown.lang == "zh-CN"],
            "most_left": _or_none(shown.length, rules.get("resume_free_most_ns") if lot.may_state_end else None),
        }
    if remaining is None:
        return {}
    stated: int | None = getattr(event, "stated_ns", None)
    return {
        "stood": shown.time(since + remaining),
        "opening": shown.time(event.at_ns + remaining) if stated is None else None,
        "first_stated": _or_none(shown.time, rules["phases"][0].get("at_ns")),
        "free_least": _or_none(shown.length, rules.get("free_least_ns")),
    }


_NOT_STATED = ("the rules let nobody state an end here", "按规则此时不得另定截止时间")
_FLOORS = (("the top", "此前最高报价"), ("the start price", "起始价"))
_ANSWERS = {None: ("none", "无"), "yes": ("yes", "参加"), "no": ("no", "不参加")}
_RESERVES = {
    "declared_none": ("declared to have none", "声明无底价"),
    "missing": ("not entered", "未录入"),
    "committed": ("committed to, not entered", "已承诺，未录入"),
    "entered": ("entered, not disclosed", "已录入，未公布"),
}
_NOT_YET = ("no time yet", "尚未公告")


def _names(lot: LotSnapshot, bids: Iterable[SealedBidFacts]) -> str | None:
    return ", ".join(lot.bidders[bid.bidder - 1] for bid in bids) or None


def _or_none(show: Callable[[T], str], value: T | None) -> str | None:
    return None if value is None else show(value)
