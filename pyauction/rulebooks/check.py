"""What is wrong with a rule file: contradictions, phases that cannot be, gaps in tables, by line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ..clock import nanoseconds
from ..errors import RulebookError
from ..evaluation import LEAST_PANEL
from .book import OF_RESERVE, UNITS, Open, Rulebook, Stated
from .contradictions import contradictions
from .document import Problem
from .parameters import PARAMETERS
from .reader import load
from .samples import amounts_of, fits

_SHORTER = (
    ("recent_window", "free", "it is the whole free phase", "已是整个自由报价期"),
    ("free_stop", "recent_window", "nobody could bid in that window", "该时段内将无人能够报价"),
    (
        "entry_ends_before_end",
        "free",
        "the reserve could be entered before the opening only",
        "底价只能在竞价开始前录入",
    ),
    ("countdown", "hard_end", "the phase would end before its first countdown", "阶段将先于首个倒计时结束"),
    ("resume_direct_within", "resume_notice", "the exception would swallow the rule", "例外将架空规则"),
)
"""Which length must be shorter than which, and why."""


class Checked(msgspec.Struct, frozen=True):
    """What a check found: the book if it could be read, its problems, what is open, and where it departs from its base."""

    book: Rulebook | None
    problems: tuple[Problem, ...]
    open_values: dict[str, str]
    departures: tuple[str, ...]


def check(name: str | Path) -> Checked:
    """Check a rule file or a rule book of the package. Raises `OSError` or `MisuseError` if there is no such file."""
    try:
        book, problems = load(name)
    except RulebookError as error:
        return Checked(None, error.problems, {}, ())
    if book is None:
        return Checked(None, tuple(problems), {}, ())
    problems += _impossible(book, {problem.key for problem in problems})
    faulty = {problem.key for problem in problems}
    if faulty.isdisjoint(("rules", "method", "based_on")):
        problems += contradictions(book, faulty)
    departures = tuple(
        name for name, rule in book.rules.items() if isinstance(rule, Stated) and rule.departs_from is not None
    )
    return Checked(book, tuple(problems), book.open_values, departures)


def _stated(book: Rulebook, name: str) -> Any:  # noqa: ANN401 - a value of any kind
    rule = book.rules.get(name)
    return rule.value if isinstance(rule, Stated) else None


def _impossible(book: Rulebook, unread: set[str]) -> list[Problem]:
    """Return what makes a phase, a window or a panel impossible, but for values of the base in place of `unread` ones."""
    problems = []
    without_reserve = _stated(book, "reserve") == "declared_none"
    for short, long, en, zh in _SHORTER:
        if (without_reserve and short in OF_RESERVE) or not unread.isdisjoint((short, long)):
            continue
        one, other = _stated(book, short), _stated(book, long)
        if one is not None and other is not None and nanoseconds(one) >= nanoseconds(other):
            problems.append(
                Problem(
                    book.line(short) or book.line(long), short, f"expected less than {long} ({other}), received {one}: {en}",
                    f"应短于 {long}（{other}），实为 {one}：{zh}",
                )
            )  # fmt: skip
    others = _no_amounts(book) + _no_panel(book) + _idle(book)
    return problems + [problem for problem in others if problem.key not in unread]


def _no_amounts(book: Rulebook) -> list[Problem]:
    """Return what is no amount in the unit that is stated, or in any unit: too fine, or beyond 64 bits."""
    unit, problems = _stated(book, "unit"), []
    units = [unit] if unit in UNITS else list(UNITS)
    named = str(unit) if unit in UNITS else ", ".join(UNITS), str(unit) if unit in UNITS else "、".join(UNITS)
    for name, rule in book.rules.items():
        if not isinstance(rule, Stated) or PARAMETERS[name].kind not in ("amount", "increment"):
            continue
        amount = next((each for each in amounts_of(rule.value) if not any(fits(each, unit) for unit in units)), None)
        if amount is not None:
            english = f"expected an amount in {named[0]} that is whole minor units in 64 bits, received {amount}"
            chinese = f"应为以{named[1]}计的金额（64 位以内，精确到最小货币单位），实为 {amount}"
            problems.append(Problem(rule.line, name, english, chinese))
    return problems


def _no_panel(book: Rulebook) -> list[Problem]:
    """Return what no panel can be: fewer members than the law asks for, or experts of fields that are not stated."""
    problems, least = [], _stated(book, "panel_least")
    if least is not None and least < LEAST_PANEL:
        expected = f"expected at least {LEAST_PANEL}, received {least} (招标投标法 art. 37)"
        chinese = f"不得少于 {LEAST_PANEL}，实为 {least}（招标投标法第37条）"
        problems.append(Problem(book.line("panel_least"), "panel_least", expected, chinese))
    if least is not None and least % 2 == 0:
        words = (
            f"expected an odd number, received {least} (招标投标法 art. 37)",
            f"应为单数，实为 {least}（招标投标法第37条）",
        )
        problems.append(Problem(book.line("panel_least"), "panel_least", *words))
    for name, other in (("panel_of_fields", "panel_fields"), ("panel_fields", "panel_of_fields")):
        beside = book.rules.get(other)
        if _stated(book, name) is not None and not isinstance(beside, Open) and _stated(book, other) is None:
            problems.append(Problem(book.line(name), name, f"expected {other} beside it", f"须同时写明 {other}"))
    return problems


def _idle(book: Rulebook) -> list[Problem]:
    """Return what the file itself states of a reserve that there is none of."""
    if _stated(book, "reserve") != "declared_none":
        return []
    words = "has no meaning where reserve is declared_none", "reserve 为 declared_none（无底价）时不适用"
    idle = [name for name in OF_RESERVE[1:] if _stated(book, name) is not None and book.line(name) is not None]
    return [Problem(book.line(name), name, *words) for name in idle]
