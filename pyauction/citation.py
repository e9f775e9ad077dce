"""The rule behind a code as a reader finds it: FORMAT.md's row, and the article of the lot's own rule book."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from .ground import rules_compared

if TYPE_CHECKING:
    from .explanations import Explanation, Language
    from .lot import LotSnapshot
    from .rulebooks import Rulebook

_BETWEEN = "; "
"""What stands between the row of FORMAT.md and the articles of other documents."""
_ALSO: dict[str, tuple[str, ...]] = {
    "already_leading": ("self_outbid",),
    "phase_takes_no_bids": ("inquiry", "preparation"),
    "outside_hours": ("closed",),
    "no_top_up": ("top_up",),
    "priority_used": ("priority",),
    "priority_outranked": ("priority",),
    "already_placed": ("sealed_change",),
    "not_withdrawable": ("sealed_change",),
    "not_tied": ("sealed_tie",),
    "equal_sealed_bid": ("sealed_equal",),
    "points_not_asked": ("sealed_award",),
    "not_scored": ("sealed_award",),
    "reserve_not_required": ("reserve",),
}
"""By reason: the parameters that stand behind it, where a refusal says nothing of their values."""
_SAME = {"multiple_anchor": "multiples_from"}
"""What rule files call a parameter that the native rules call otherwise."""


def rule_of(explanation: Explanation, lang: Language = "en", lot: LotSnapshot | None = None) -> str:
    """Return the rule behind a code in one language.

    With `lot`, a snapshot of a lot that was opened with a rule book of this package, the articles are those of that book, or
    the notice's, where the book leaves the value to it. Otherwise they are of documents that have such a rule.
    """
    row = explanation.rule.partition(_BETWEEN)[0]
    own = None if lot is None else _own(explanation.code, lot, lang)
    if own is None:
        return _translated(explanation.rule) if lang == "zh-CN" else explanation.rule
    return f"{_translated(row)}；{own}" if lang == "zh-CN" else f"{row}{_BETWEEN}{own}"


def _own(reason: str, lot: LotSnapshot, lang: Language) -> str | None:
    """Return the sources of the rules behind a refusal in the lot's own book, or None without a book or a source."""
    book = _book(lot.preset, lot.preset_digest) if lot.preset else None
    if book is None:
        return None
    sources: dict[str, None] = {}
    for name in (*rules_compared(reason), *_ALSO.get(reason, ())):
        rule = book.rules.get(_SAME.get(name, name.removesuffix("_ns")))
        source = getattr(rule, "source", None if rule is None else ("公告" if lang == "zh-CN" else "the notice"))
        if source and name in (*lot.rules, *_ALSO.get(reason, ())):
            sources[source] = None
    if not sources:
        return None
    if lang == "zh-CN":
        return f"{book.name}：{'、'.join(_translated(source) for source in sources)}"
    return f"{book.name}: {', '.join(sources)}"


@lru_cache(maxsize=64)
def _book(name: str, digest: str) -> Rulebook | None:
    """Return a rule book of this package, if it is the one that a lot was opened with."""
    from .rulebooks import rulebook, rulebook_names  # noqa: PLC0415 - they know the auction types, which know this

    book = rulebook(name) if name in rulebook_names() else None
    return book if book is not None and book.digest.hex() == digest else None


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
    ("太仓 online listing flow, items", "太仓网上挂牌流程 items"),
    ("notice, in force 2026-01-01", "通知，2026-01-01 起施行"),
)
_NUMBERED = (
    (re.compile(r" ?\barts?\. (\d+(?:(?:, | to )\d+)*)"), "第{}条"),
    (re.compile(r" ?\brows? (\w+(?: and \w+)?)"), " 第{}行"),
    (re.compile(r" ?\bitems? (\d+(?:\(\d+\))?(?: and \d+)?)"), "第{}项"),
    (re.compile(r" ?\bpart (\d+(?:\(\d+\))?)"), "第{}部分"),
)


_CODE_BEFORE_NUMBER = re.compile("([A-Za-z0-9])(?=第)")


def _translated(rule: str) -> str:
    """Return a rule as Chinese writes it: the numbers of articles, rows, items and parts, and what stands in brackets."""
    for english, chinese in _WORDS:
        rule = rule.replace(f" {english}" if english.startswith("(") else english, chinese)
    for pattern, form in _NUMBERED:
        rule = pattern.sub(lambda found, form=form: form.format(_numbers(found.group(1))), rule)  # type: ignore[misc]
    return _CODE_BEFORE_NUMBER.sub(r"\1 ", rule).replace("; ", "；").replace(", ", "、")


def _numbers(english: str) -> str:
    return english.replace(", ", "、").replace(" and ", "、").replace(" to ", "至")
