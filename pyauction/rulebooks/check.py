"""What is wrong with a rule file: contradictions, phases that cannot be, gaps in tables, by line and key."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from ..clock import nanoseconds
from ..errors import MisuseError, RulebookError
from ..evaluation import LEAST_PANEL
from ..told import in_language
from .book import INSTEAD, Open, Rulebook, Stated
from .document import Problem
from .parameters import PARAMETERS
from .reader import load

_SAMPLES: dict[str, Any] = {
    "unit": "万元", "free": "240h", "free_stop": "1s", "inquiry": "5m", "inquiry_yes": 1, "preparation": "15m",
    "countdown": "5m", "extension_window": "5m", "recent_bidders": 2, "recent_window": "1h", "self_outbid": "allowed",
    "on_outage": "suspend", "single_bidder": "decide", "timed_without_bids": "decide", "reserve": "required",
    "reserve_commitment": "at_entry", "min_bidders": 3, "min_bidders_counts": "admitted", "cap_pause": "24h",
    "cap_countdown": "5m", "lottery_seeds": (b"\1" * 32,), "cap_inquiry": "5m", "sealed": "24h", "submission": "480h",
    "sealed_custody": "bidder", "sealed_min": 3, "sealed_award": "highest", "sealed_tie": "earlier",
}  # fmt: skip
"""Harmless values for what a book leaves open, to see whether the rest holds together."""
_SOME_END = 2**60
"""Stands for a stated end of the first phase where a length of it would not do."""


def _samples(book: Rulebook) -> dict[str, Any]:
    """Return harmless values for open ones; amounts fit the precision, the start price and the step that are stated."""
    precision = Decimal(_stated(book, "precision") or 1)
    increment, cap = _stated(book, "increment"), _stated(book, "cap")
    step = Decimal(increment) if isinstance(increment, str) else precision
    below_cap = None if cap is None else max(Decimal(cap) - 100 * step, step)
    start = Decimal(_stated(book, "start_price") or below_cap or 1_000 * step)
    amounts = {"precision": precision, "start_price": start, "increment": step, "timed_increment": step,
               "cap": start + 100 * step}  # fmt: skip
    replaced = [name for name, instead in INSTEAD.items() if _stated(book, instead) is not None]
    samples = _SAMPLES | {name: f"{amount:f}" for name, amount in amounts.items()}
    if _stated(book, "reserve_setters") is not None:
        samples["reserve_rounding"] = "up"
    return {name: value for name, value in samples.items() if name not in replaced}


_SHORTER = (
    ("recent_window", "free", "it is the whole free phase and more", "已超过整个自由报价期"),
    ("entry_ends_before_end", "free", "the reserve could never be entered", "底价将无从录入"),
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
    problems += _impossible(book)
    if not problems:
        problems += _contradictions(book)
    departures = tuple(
        name for name, rule in book.rules.items() if isinstance(rule, Stated) and rule.departs_from is not None
    )
    return Checked(book, tuple(problems), book.open_values, departures)


def _stated(book: Rulebook, name: str) -> Any:  # noqa: ANN401 - a value of any kind
    rule = book.rules.get(name)
    return rule.value if isinstance(rule, Stated) else None


def _line(book: Rulebook, name: str) -> int | None:
    rule = book.rules.get(name)
    return None if rule is None else rule.line


def _impossible(book: Rulebook) -> list[Problem]:
    """Return lengths that make a phase or a window impossible."""
    problems = []
    for short, long, en, zh in _SHORTER:
        one, other = _stated(book, short), _stated(book, long)
        if one is not None and other is not None and nanoseconds(one) >= nanoseconds(other):
            problems.append(
                Problem(
                    _line(book, short), short, f"expected less than {long} ({other}), received {one}: {en}",
                    f"应短于 {long}（{other}），实为 {one}：{zh}",
                )
            )  # fmt: skip
    return problems + _no_panel(book)


def _no_panel(book: Rulebook) -> list[Problem]:
    """Return what no panel can be: fewer members than the law asks for, or experts of fields that are not stated."""
    problems, least = [], _stated(book, "panel_least")
    if least is not None and least < LEAST_PANEL:
        expected = f"expected at least {LEAST_PANEL}, received {least} (招标投标法 art. 37)"
        chinese = f"不得少于 {LEAST_PANEL}，实为 {least}（招标投标法第37条）"
        problems.append(Problem(_line(book, "panel_least"), "panel_least", expected, chinese))
    if least is not None and least % 2 == 0:
        words = (
            f"expected an odd number, received {least} (招标投标法 art. 37)",
            f"应为单数，实为 {least}（招标投标法第37条）",
        )
        problems.append(Problem(_line(book, "panel_least"), "panel_least", *words))
    for name, other in (("panel_of_fields", "panel_fields"), ("panel_fields", "panel_of_fields")):
        beside = book.rules.get(other)
        if _stated(book, name) is not None and not isinstance(beside, Open) and _stated(book, other) is None:
            problems.append(Problem(_line(book, name), name, f"expected {other} beside it", f"须同时写明 {other}"))
    return problems


def _contradictions(book: Rulebook) -> list[Problem]:
    """Return the first contradiction among what is stated; open values are filled with harmless ones, or left off.

    A sample that does not fit what is stated is left off too: whoever gives the value will choose another.
    """
    samples = _samples(book)
    given = {name: samples[name] for name, rule in book.rules.items() if isinstance(rule, Open) and name in samples}
    if _stated(book, "postponed_end") is not None:
        given |= {INSTEAD[name]: _SOME_END for name in ("free", "submission") if given.pop(name, None) is not None}
    while True:
        rules = {name: rule for name, rule in book.rules.items() if isinstance(rule, Stated) or name in given}
        try:
            msgspec.structs.replace(book, rules=rules).auction(**given).rules()
        except RulebookError as error:
            return [problem for problem in error.problems if not isinstance(book.rules.get(problem.key), Open)]
        except MisuseError as error:
            problem = _problem(book, error)
            if problem.key not in given:
                # A rule that only stands beside an open value is for whoever gives that.
                return [] if isinstance(book.rules.get(problem.key), Open) else [problem]
            del given[problem.key]
        else:
            return []


def _problem(book: Rulebook, error: MisuseError) -> Problem:
    """Return a fault of an auction type as a problem of the file, at the line of the parameter that it names."""
    name, _, part = error.parameter.partition(": ")
    key = f"{name}_{part}" if f"{name}_{part}" in PARAMETERS else error.parameter
    lines = (_line(book, each) for each in re.split(" and |: ", key))
    return Problem(next(filter(None, lines), None), key, str(error.problem), in_language(error.problem, "zh-CN"))
