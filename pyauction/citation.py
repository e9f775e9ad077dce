"""The rule behind a code as a reader finds it: FORMAT.md's row, and the article of the lot's own rule book."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .ground import rules_compared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._engine import Quote
    from .explanations import Explanation, Language
    from .lot import LotSnapshot
    from .rulebooks import Rulebook

_BETWEEN = "; "
"""What stands between the row of FORMAT.md and the articles of other documents."""
_ALSO: dict[str, tuple[str, ...]] = {
    "already_leading": ("self_outbid",),
    "below_increment": ("limited_floor",),
    "outside_hours": ("closed",),
    "end_not_allowed": ("resume_free", "resume_free_most", "free_least"),
    "no_top_up": ("top_up",),
    "priority_outranked": ("priority",),
    "already_placed": ("sealed_change",),
    "not_withdrawable": ("sealed_change",),
    "not_tied": ("sealed_tie",),
    "equal_sealed_bid": ("sealed_equal",),
    "not_scored": ("sealed_award",),
}
"""By reason: the parameters that stand behind it, where a refusal says nothing of their values."""
_OF_TIMED = ("limited_floor",)
"""Those of timed bidding alone."""
_OF_THE_LAW = ("reserve_below_start",)
"""Reasons that no book's value stands behind, but a rule for every sale."""
_SAME = {"multiple_anchor": "multiples_from"}
"""What rule files call a parameter that the native rules call otherwise."""


def rule_of(
    explanation: Explanation, lang: Language = "en", lot: LotSnapshot | None = None, quote: Quote | None = None
) -> str:
    """Return the rule behind a code in one language, of a refusal under this quote.

    With `lot`, a snapshot of a lot that was opened with a rule book, the articles are those of that book, or the notice's,
    where the book leaves the value to it. Otherwise they are of documents that have such a rule, for comparison. A book is
    known if it comes with this package or was read by this process.
    """
    row, _, others = explanation.rule.partition(_BETWEEN)
    parameters = [] if lot is None or explanation.code in _OF_THE_LAW else _behind(explanation.code, lot, quote)
    return cited(row, others, parameters, lot, lang)


def cited(row: str, others: str, parameters: Sequence[str], lot: LotSnapshot | None, lang: Language) -> str:
    """Return a row of FORMAT.md with the articles behind these parameters in the lot's own book, or else with others."""
    own = None if lot is None or not parameters else _own(parameters, lot, lang)
    if own is not None:
        return f"{in_chinese(row)}；{own}" if lang == "zh-CN" else f"{row}{_BETWEEN}{own}"
    if not others:
        return in_chinese(row) if lang == "zh-CN" else row
    return f"{in_chinese(row)}；参见{in_chinese(others)}" if lang == "zh-CN" else f"{row}{_BETWEEN}cf. {others}"


def _behind(reason: str, lot: LotSnapshot, quote: Quote | None) -> list[str]:
    """Return the native rules and the parameters that stand behind a refusal."""
    may_be_timed = quote is None or quote.phase == "timed"
    names = [name for name in rules_compared(reason) if lot.rules.get(name) is not None]
    if "increment" in names and may_be_timed and lot.rules.get("timed_increment") is not None:
        names.append("timed_increment")
    return [*names, *(name for name in _ALSO.get(reason, ()) if may_be_timed or name not in _OF_TIMED)]


def _own(parameters: Sequence[str], lot: LotSnapshot, lang: Language) -> str | None:
    """Return the sources of parameters in the lot's own book, or None without a book or a source."""
    if not lot.preset:
        return None
    book = _book(lot.preset, lot.preset_digest)
    if book is None:
        return lot.preset
    sources: dict[str, None] = {}
    for name in parameters:
        rule = book.rules.get(_SAME.get(name, name.removesuffix("_ns")))
        if rule is None or getattr(rule, "value", True) is None:
            continue
        # What the book leaves open, and what the notice's own file states without a source, the notice rules.
        sources[getattr(rule, "source", "") or ("公告" if lang == "zh-CN" else "the notice")] = None
    if not sources:
        return None
    if lang == "zh-CN":
        return f"{book.name}：{'、'.join(in_chinese(source) for source in sources)}"
    return f"{book.name}: {', '.join(sources)}"


def _book(name: str, digest: str) -> Rulebook | None:
    """Return the rule book that a lot was opened with, if it is known."""
    from .rulebooks.reader import READ, rulebook, rulebook_names  # noqa: PLC0415 - they know what knows this

    if digest not in READ and name in rulebook_names():
        rulebook(name)
    return READ.get(digest)


_WORDS = (
    ("公告 (the notice)", "公告"),
    ("(deposit in full and on time)", "（保证金足额、按时）"),
    ("(time of arrival)", "（以到达时间为准）"),
    ("(maintenance)", "（系统维护）"),
    ("(none at a sale)", "（出让中没有）"),
    ("(circuit breaker with a further deposit)", "（熔断后补缴保证金）"),
    ("(equal highest quoters quote again)", "（最高价相同者再次报价）"),
    ("(band)", "（报价区间）"),
    ("(no two equal quotes)", "（报价不得相同）"),
    ("(every bid received in time is opened)", "（按时收到的投标均应开启）"),
    ("(cap − start is a whole multiple of the increment)", "（封顶价减起始价为增价幅度的整数倍）"),
    ("(whole multiples of the increment)", "（增价幅度的整数倍）"),
    ("(whole yuan)", "（整数元）"),
    ("(exact to the yuan)", "（精确到元）"),
    ("(who says yes takes part)", "（表示参加者参加）"),
    ("(opt-in)", "（自愿参加）"),
    ("(the text: above the limit)", "（原文：高于限价）"),
    ("(the platform refuses an equal quote)", "（平台不接受相同报价）"),
    ("(reached or passed, as in 2024)", "（达到或超过，同2024年）"),
    ("(reached or passed)", "（达到或超过）"),
    ("(TBL art. 37: at least two thirds)", "（TBL 第37条：不少于三分之二）"),
    ("(summary)", "（摘要）"),
    ("太仓 online listing flow, items", "太仓网上挂牌流程 items"),
    ("notice, in force 2026-01-01", "通知，2026-01-01 起施行"),
)
_NUMBERED = (
    (re.compile(r" ?\barts?\. (\d+(?:(?:, | to )\d+)*)"), "第{}条"),
    (re.compile(r" ?\brows? (\w+(?: and \w+)?)"), " 第{}行"),
    (re.compile(r" ?\bitems? (\d+(?:\(\d+\))?(?: and \d+)?)"), "第{}项"),
    (re.compile(r" ?\bpart (\d+(?:\(\d+\)(?:-\(\d+\))?)?)"), "第{}部分"),
)
_CODE_BEFORE_NUMBER = re.compile("([A-Za-z0-9])(?=第)")


def in_chinese(rule: str) -> str:
    """Return a rule as Chinese writes it: the numbers of articles, rows, items and parts, and what stands in brackets."""
    for english, chinese in _WORDS:
        rule = rule.replace(f" {english}" if english.startswith("(") else english, chinese)
    for pattern, form in _NUMBERED:
        rule = pattern.sub(lambda found, form=form: form.format(_numbers(found.group(1))), rule)  # type: ignore[misc]
    return _CODE_BEFORE_NUMBER.sub(r"\1 ", rule).replace("; ", "；").replace(", ", "、")


def _numbers(english: str) -> str:
    return english.replace(", ", "、").replace(" and ", "、").replace(" to ", "至")
