"""What happened, in words: each record's event as a sentence, with the rule that brought it about."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from . import events
from .citation import cited, rule_of
from .clock import show_duration, show_time
from .comparison import Shown, refusal
from .refusals import REFUSALS
from .words import PHASES

if TYPE_CHECKING:
    from datetime import tzinfo

    from ._engine import Quote
    from .explanations import Language
    from .lot import LotSnapshot

_CAUSES = {
    "deadline": ("the deadline came", "截止时间已到"),
    "called": ("the auctioneer called it", "主持人宣布结束"),
    "cap": ("the price cap was reached", "已达封顶价（熔断价）"),
}
_AFTER = {
    "await_reserve": ("the top bid is compared with the reserve next", "其后与底价比较"),
    "no_comparison": ("there is nothing to compare", "无须与底价比较"),
    "draw": ("a lottery decides among those at the cap", "其后在按封顶价报价者中摇号"),
}
_AWARDS = {
    "closest_to_mean": (
        "the bid closest to the mean wins, whoever stands here",
        "由最接近平均价者成交，与此处所列竞买人无关",
    ),
    "most_points": ("the most points win, whoever stands here", "由得分最高者成交，与此处所列投标人无关"),
}
"""How sealed bids are awarded where it is not the highest that wins, which the record of the close names."""
_COMPARED = {
    "met": ("the top bid reaches the reserve", "最高报价达到底价"),
    "not_met": ("the top bid is below the reserve", "最高报价低于底价"),
}
_OUTCOMES = {
    "none": ("sold", "成交"),
    "no_bids": ("not sold: nobody bid", "未成交：无人报价"),
    "too_few_bidders": ("not sold: too few bidders", "未成交：竞买人不足"),
    "reserve_not_met": ("not sold: the reserve was not reached", "未成交：未达底价"),
    "type_rule": ("not sold here: {detail}", "本标的未成交：{detail}"),
}
_DETAILS = {
    "next_round": ("it goes on in the next round", "转下一轮"),
    "other_quantity": ("it goes on for another quantity", "转竞其他条件"),
}
_VAULT = {
    "accepted": ("taken", "已接受"),
    "below_start": ("below the start price", "低于起始价"),
    "commitment_mismatch": ("not the committed amount", "与承诺不符"),
}
_ANSWERS = {"yes": ("yes: it takes part in what follows", "表示参加其后的竞价"), "no": ("no", "表示不参加")}
_RULES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "PhaseStarted": ("FORMAT.md B.2", "", ()),
    "LotClosed": ("FORMAT.md B.2", "", ()),
    "LotSuspended": ("FORMAT.md B.4", "国土资规〔2017〕7号 art. 27", ()),
    "LotResumed": ("FORMAT.md B.4", "福建 art. 55", ("resume_free", "resume_timed")),
    "LotTerminated": ("FORMAT.md B.4", "国土资规〔2017〕7号 art. 28", ()),
    "ResumptionAnnounced": ("FORMAT.md B.4", "福建 art. 58", ("resume_notice",)),
    "InquiryAnswered": ("FORMAT.md B.4", "汕头 art. 23", ("inquiry", "cap_inquiry", "inquiry_yes")),
    "PriorityGranted": ("FORMAT.md B.4", "法释〔2016〕18号 art. 19", ("priority",)),
    "TopUpConfirmed": ("FORMAT.md B.4", "", ("top_up",)),
    "LotteryDrawn": ("FORMAT.md B.4", "", ("cap_action",)),
    "ReserveEntered": ("FORMAT.md B.6", "", ("reserve", "entry_opens_before_end", "entry_ends_before_end")),
    "ReserveReentered": ("FORMAT.md B.6", "", ()),
    "ReserveCompared": ("FORMAT.md B.6", "福建 art. 44", ("reserve",)),
    "ReserveDisclosed": ("FORMAT.md B.6", "", ("reserve_published",)),
    "BidAccepted": ("FORMAT.md B.5", "", ()),
    "OutcomeRecorded": ("FORMAT.md B.7", "", ()),
    "LegalBasisStated": ("FORMAT.md B.4", "", ()),
    "SealedBidPlaced": ("FORMAT.md B.4", "招标投标法 art. 28", ()),
    "SealedBidExcluded": ("FORMAT.md B.4", "招标投标法实施条例 art. 35", ()),
    "SealedBidWithdrawn": ("FORMAT.md B.4", "招标投标法 art. 29", ("sealed_change",)),
    "SealedPhaseEnded": ("FORMAT.md B.2", "招标投标法实施条例 art. 36", ()),
    "SealedBidOpened": ("FORMAT.md A.6, B.4", "招标投标法 art. 34 to 36", ()),
    "SealedBidScored": ("FORMAT.md B.4", "招标投标法 art. 41", ()),
    "OpeningFinished": ("FORMAT.md B.4", "", ("sealed_award", "sealed_tie")),
}
"""The rule behind each transition: the row, articles of documents that have such a rule, and whose articles a book's own are."""
_OF_PHASE = {
    "free": ("free", "listing_ends_at"),
    "inquiry": ("inquiry", "cap_inquiry", "inquiry_yes"),
    "preparation": ("preparation", "cap_pause", "cap_pause_ends_at"),
    "timed": ("countdown", "cap_countdown", "timed_entry"),
    "sealed": ("sealed", "submission", "submissions_end_at"),
}
"""By kind of a phase: the parameters that say how long it is and who is in it."""
_OF_OUTCOME = {
    "too_few_bidders": ("min_bidders", "sealed_min"),
    "reserve_not_met": ("reserve",),
    "type_rule": ("cap_action",),
}


def tell(
    event: events.Event,
    lot: LotSnapshot | None = None,
    lang: Language = "en",
    zone: tzinfo | None = None,
    *,
    quote: Quote | None = None,
    before: Quote | None = None,
) -> str:
    """Return what a record says, in one language, with the rule behind it; empty where its columns say it all.

    `lot` is a snapshot of its lot, of any later time: the phases' names are taken from its rules. `quote` is the quote
    after the record and `before` the one before it; with them a close says which rule ended the bidding, a refusal what it
    compared, and a bid whether it matches the top.
    """
    chinese = lang == "zh-CN"
    if event.reason is not None:
        shown = Shown.of(None if lot is None else lot.money, lang, zone)
        told = ("；" if chinese else "; ").join(refusal(event, quote, lot, shown))
        rule = rule_of(REFUSALS[event.reason], lang, lot, quote)
        return f"{event.reason}：{told}（{rule}）" if chinese else f"{event.reason}: {told} ({rule})"
    if isinstance(event, events.BidAccepted):
        said = _acceptance(event, lot, before)[chinese]
    elif isinstance(event, events.LotClosed):
        after = "draw" if quote is not None and quote.phase == "awaiting_draw" else event.next
        ground = _ground(event, lot, quote)
        parts = [ground.zh if chinese else ground.en, _AFTER[after][chinese]]
        if _is_held(event, lot):
            parts[-1] = "底价未录入，结果待定" if chinese else "the reserve is not entered, so the result is held"
        if lot is not None and any(bid.counted for bid in lot.sealed_bids):
            parts += [words[chinese] for award, words in _AWARDS.items() if award == lot.rules["sealed_award"]]
        said = ("；" if chinese else "; ").join(parts)
    else:
        said = _said(event, lot, chinese, zone)
    behind = _RULES.get(type(event).__name__)
    if not said or behind is None:
        return said
    row, others, parameters = behind
    rule = cited(row, others, parameters or _parameters(event, lot, quote), lot, lang)
    return f"{said}（{rule}）" if chinese else f"{said} ({rule})"


def _parameters(event: events.Event, lot: LotSnapshot | None, quote: Quote | None) -> tuple[str, ...]:
    """Return the parameters of rule books that stand behind a transition whose ground is not always the same."""
    match event:
        case events.PhaseStarted() if lot is not None:
            return _OF_PHASE[lot.rules["phases"][event.phase_index]["kind"]]
        case events.LotSuspended() if event.cause == "outage":
            return ("on_outage",)
        case events.LotClosed() if event.cause == "cap":
            return ("cap_action",)
        case events.LotClosed() if lot is not None and quote is not None:
            return _ground(event, lot, quote).parameters
        case events.OutcomeRecorded():
            return _OF_OUTCOME.get(event.cause, ())
    return ()


def _said(  # noqa: C901, PLR0911, PLR0912 - one case for each type
    event: events.Event,
    lot: LotSnapshot | None,
    chinese: bool,  # noqa: FBT001 - which of two languages
    zone: tzinfo | None,
) -> str:
    match event:
        case events.LotOpened() if event.preset:
            return f"规则取自 {event.preset}" if chinese else f"rules from {event.preset}"
        case events.PhaseStarted():
            phase = _phase(lot, event.phase_index, chinese)
            why = "" if lot is None else _entry(event.phase_index, lot)[chinese]
            return f"{why}进入{phase}" if chinese else f"{why}now: {phase}"
        case events.LotSuspended() if event.cause == "outage":
            return "停机期间错过截止" if chinese else "its deadline fell while the house was down"
        case events.LotSuspended() | events.LotResumed() | events.LotTerminated():
            return f"{event.authority}：{event.why}" if chinese else f"{event.authority}: {event.why}"
        case events.ResumptionAnnounced():
            time = show_time(event.resumes_at_ns, zone)
            if chinese:
                return f"{event.authority}：定于 {time} 恢复，{event.why}"
            return f"{event.authority}: to be resumed at {time}, {event.why}"
        case events.InquiryAnswered():
            return _ANSWERS[event.answer][chinese]
        case events.PriorityGranted():
            return (
                f"{event.by} 确认，第 {event.rank} 顺位" if chinese else f"rank {event.rank}, confirmed by {event.by}"
            )
        case events.TopUpConfirmed():
            return f"{event.by} 确认补交保证金" if chinese else f"further deposit confirmed by {event.by}"
        case events.LotteryDrawn():
            seeds = len(event.seeds)
            if chinese:
                return f"{event.at_cap} 人中摇号产生，由已承诺的 {seeds} 个种子算出，任何人可复算"
            return f"drawn among {event.at_cap} at the cap from {seeds} committed seeds; anybody can draw it again"
        case events.LegalBasisStated():
            return f"法律依据：{event.basis}" if chinese else f"legal basis: {event.basis}"
        case events.SealedBidPlaced():
            return (
                "递交密封报价，只登记承诺值" if chinese else "a sealed bid is placed: its commitment alone is recorded"
            )
        case events.SealedBidWithdrawn():
            return "撤回密封报价" if chinese else "the sealed bid is withdrawn"
        case events.SealedBidExcluded():
            if chinese:
                return f"密封报价未开启，排除：{event.authority}，{event.why}"
            return f"the sealed bid was not opened and is excluded by {event.authority}: {event.why}"
        case events.SealedPhaseEnded():
            return f"密封报价截止，{event.standing} 份待开启" if chinese else f"{event.standing} sealed bids to open"
        case events.SealedBidOpened():
            return "开启密封报价，与承诺值相符" if chinese else "the sealed bid is opened and fits its commitment"
        case events.SealedBidScored():
            points = Fraction(event.numerator, event.denominator)
            return f"得分 {points}，{event.by}" if chinese else f"{points} points, by {event.by}"
        case events.OpeningFinished():
            return _opening(event, chinese)
        case events.ReserveEntered() | events.ReserveReentered():
            who = (
                f"录入人 {event.by}，见证人 {event.witness}"
                if chinese
                else f"by {event.by}, watched by {event.witness}"
            )
            found = _VAULT[event.result][chinese]
            if isinstance(event, events.ReserveReentered):
                found = f"重新录入，{found}" if chinese else f"entered again, {found}"
            figure = _figure(event, lot, chinese)
            return f"{found}，{who}{figure}" if chinese else f"{found}, {who}{figure}"
        case events.ReserveDisclosed():
            en, zh = _disclosed(lot)
            return f"{zh}开示，{event.by}" if chinese else f"{en} is disclosed by {event.by}"
        case events.ReserveCompared():
            return _COMPARED[event.result][chinese]
        case events.OutcomeRecorded():
            few = _too_few(lot) if event.cause == "too_few_bidders" and lot is not None else None
            if few is not None:
                return few[chinese]
            detail = _DETAILS.get(event.detail, (event.detail, event.detail))[chinese]
            return _OUTCOMES[event.cause][chinese].format(detail=detail)
        case _:
            return ""


def _entry(index: int, lot: LotSnapshot) -> tuple[str, str]:
    """Return what led to a phase: the cap, the answers to the inquiry, the bids in the last window; they are over by then."""
    rules = lot.rules
    if index == rules.get("cap_phase"):
        cap = lot.money.show(rules["cap"])
        return f"the circuit-breaker price {cap} was reached; ", f"已达熔断价 {cap}，"
    if index > 0 and rules["phases"][index - 1]["kind"] == "inquiry":
        yes, needed = _yes(lot), rules["inquiry_yes"]
        return (
            f"{yes} said yes in the inquiry, at least {needed} must; ",
            f"询问期 {yes} 人表示参加，不少于 {needed} 人，",
        )
    if index == 1 and (needed := rules.get("recent_bidders")):
        window = rules["recent_window_ns"]
        return (
            f"at least {needed} bid in the last {show_duration(window)}; ",
            f"最后 {show_duration(window, chinese=True)} 内报价的不少于 {needed} 人，",
        )
    return "", ""


def _yes(lot: LotSnapshot) -> int:
    return sum(answer == "yes" for answer in lot.answers.values())


def _too_few(lot: LotSnapshot) -> tuple[str, str] | None:
    """Return how many bidders or sealed bids there were, and how many there must be, where the lot's rules say so."""
    rules = lot.rules
    if lot.has_unopened:
        count, needed = sum(bid.commitment is not None for bid in lot.sealed_bids), rules.get("sealed_min")
        en, zh = f"sealed bids: {count}", f"密封报价 {count} 份"
    else:
        is_admitted, needed = rules.get("min_bidders_counts") == "admitted", rules.get("min_bidders")
        count = len(lot.bidders) if is_admitted else lot.quoted
        en = f"bidders {'admitted' if is_admitted else 'with a valid bid'}: {count}"
        zh = f"{'取得资格' if is_admitted else '有有效报价'}的竞买人 {count} 人"
    if needed is None or count >= needed:
        return None
    return f"not sold: {en}, fewer than {needed}", f"未成交：{zh}，不足 {needed}"


def _disclosed(lot: LotSnapshot | None) -> tuple[str, str]:
    """Return what a disclosure discloses: the reserve, a figure of it, or a base price that only refers."""
    if lot is None:
        return "what was sealed", "密封金额"
    if lot.reserve_setters > 1:
        return "one figure of the reserve", "单人底价"
    if lot.rules.get("reserve_published") == "reference":
        return "the base price", "标底"
    return "the reserve", "底价"


def _opening(event: events.OpeningFinished, chinese: bool) -> str:  # noqa: FBT001 - which of two languages
    """Return what an opening found and what follows."""
    if chinese:
        after = "最高报价相同，由其再次密封报价" if event.next == "further_round" else "其后确定结果"
        found = f"开启 {event.opened} 份，有效 {event.valid} 份"
        return f"{found}；{after}，{event.authority}：{event.why}"
    after = "equal highest bids: those bidders bid again" if event.next == "further_round" else "the result follows"
    found = f"{event.opened} sealed bids opened, {event.valid} valid"
    return f"{found}; {after}, {event.authority}: {event.why}"


def _figure(
    event: events.ReserveEntered | events.ReserveReentered,
    lot: LotSnapshot | None,
    chinese: bool,  # noqa: FBT001 - which of two languages
) -> str:
    """Return which of several figures was entered."""
    figures = [] if lot is None else list(lot.reserve_figures.values())
    if lot is None or event.commitment not in figures:
        return ""
    number, of = figures.index(event.commitment) + 1, lot.reserve_setters
    return f"（第 {number} 份，共 {of} 份）" if chinese else f" (figure {number} of {of})"


def _acceptance(event: events.BidAccepted, lot: LotSnapshot | None, before: Quote | None) -> tuple[str, str]:
    """Return why a bid was accepted: that it is valid, or what is special about it."""
    valid = "a valid bid", "有效报价"
    if lot is None:
        return valid
    cap = _cap_in_force(lot, before)
    if before is not None and before.standing_minor == event.amount_minor:
        if cap == event.amount_minor:
            return "at the cap, as others", "按封顶价报价"
        return "matches the top by priority", "行使优先权，与最高报价相同"
    if cap is not None and event.amount_minor >= cap:
        return "a valid bid, which reaches the price cap", "有效报价，达到封顶价（熔断价）"
    return valid


def _cap_in_force(lot: LotSnapshot, quote: Quote | None) -> int | None:
    """Return the cap, unless the phase is one that only the cap leads to."""
    first, index = lot.rules.get("cap_phase"), 0 if quote is None else quote.phase_index
    cap: int | None = lot.rules.get("cap")
    return cap if first is None or index < first else None


def _is_held(event: events.LotClosed, lot: LotSnapshot | None) -> bool:
    """Return whether the decision still waits for a reserve that nobody entered."""
    waits = lot is not None and lot.state == "awaiting_reserve" and lot.reserve in ("missing", "committed")
    return event.next == "await_reserve" and waits


class _Ground(NamedTuple):
    """Which rule ended the bidding, in English and Chinese, and the parameters behind it."""

    en: str
    zh: str
    parameters: tuple[str, ...] = ()


def _ground(event: events.LotClosed, lot: LotSnapshot | None, quote: Quote | None) -> _Ground:
    """Return which rule ended the bidding."""
    if event.cause != "deadline" or lot is None or quote is None:
        return _Ground(*_CAUSES[event.cause])
    rules, index = lot.rules, quote.phase_index
    last, kind = rules.get("cap_phase", len(rules["phases"])) - 1, rules["phases"][index]["kind"]
    if kind == "inquiry":
        yes, needed = _yes(lot), rules["inquiry_yes"]
        return _Ground(
            f"{yes} said yes in the inquiry, fewer than {needed}",
            f"询问期表示参加的 {yes} 人，不足 {needed} 人",
            _OF_PHASE["inquiry"],
        )
    if index >= last:
        return _end_of_sealed(lot) if kind == "sealed" else _Ground(*_CAUSES["deadline"], _OF_PHASE[kind][:1])
    if event.accepted == 0 and rules["timed_without_bids"] == "decide":
        return _Ground(
            "nobody bid, and the rules then hold no timed bidding",
            "无人报价，按规则不进入限时竞价",
            ("timed_without_bids",),
        )
    if event.quoted == 1 and rules["single_bidder"] == "decide":
        return _Ground(
            "one bidder alone bid, and the rules then hold no timed bidding",
            "仅一人报价，按规则不进入限时竞价",
            ("single_bidder",),
        )
    needed, window = rules["recent_bidders"], rules["recent_window_ns"]
    return _Ground(
        f"fewer than {needed} bid in the last {show_duration(window)}",
        f"最后 {show_duration(window, chinese=True)} 内报价的不足 {needed} 人",
        ("recent_bidders", "recent_window"),
    )


def _end_of_sealed(lot: LotSnapshot) -> _Ground:
    if lot.has_unopened:
        return _Ground("too few sealed bids: nothing is opened", "密封报价份数不足，不予开启", ("sealed_min",))
    if any(bid.counted for bid in lot.sealed_bids):
        return _Ground("the opening is finished", "开启完毕", ("sealed_award",))
    return _Ground("no sealed bid counts", "无有效密封报价")


def _phase(lot: LotSnapshot | None, index: int, chinese: bool) -> str:  # noqa: FBT001 - which of two languages
    """Return the name of a phase of a lot."""
    phases: list[dict[str, Any]] = [] if lot is None else lot.rules["phases"]
    if index >= len(phases):
        return f"第 {index + 1} 阶段" if chinese else f"phase {index}"
    return PHASES[phases[index]["kind"]][chinese]
