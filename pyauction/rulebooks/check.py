"""What is wrong with a rule file: contradictions, phases that cannot be, gaps in tables, by line and key."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from ..clock import nanoseconds
from ..errors import MisuseError, RulebookError, RuleError
from .book import Open, Rulebook, Stated, load
from .document import Problem

_SAMPLES: dict[str, Any] = {
    "unit": "万元", "start_price": "1000000", "increment": "10000", "timed_increment": "10000", "free": "240h",
    "free_stop": "1s", "inquiry": "5m", "inquiry_yes": 1, "preparation": "15m", "countdown": "5m",
    "extension_window": "5m", "recent_bidders": 2, "recent_window": "1h", "self_outbid": "allowed",
    "on_outage": "suspend", "single_bidder": "decide", "timed_without_bids": "decide", "reserve": "required",
    "reserve_commitment": "before_opening", "min_bidders": 3, "min_bidders_counts": "admitted", "precision": "1",
    "cap": "2000000", "cap_pause": "24h", "cap_countdown": "5m", "lottery_seeds": (b"\1" * 32,),
}  # fmt: skip
"""Harmless values for what a book leaves open, to see whether the rest holds together."""

_SHORTER = (
    ("free_stop", "free", "nobody could ever bid", "将无人能够报价"),
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
    return problems + _beyond_table(book)


def _beyond_table(book: Rulebook) -> list[Problem]:
    """Return a table of steps that leaves a gap at its beginning: at the start price no row would give the step."""
    increment = _stated(book, "increment")
    if not isinstance(increment, tuple):
        return []
    line = _line(book, "increment")
    if Decimal(increment[0][0]) != 0:
        first = increment[0][0]
        return [
            Problem(line, "increment", f"a gap: the first row begins at {first}; expected a row from 0 on",
                    f"有缺口：首行自 {first} 起，应自 0 起")
        ]  # fmt: skip
    for before, after in pairwise(increment):
        if Decimal(before[0]) >= Decimal(after[0]):
            return [
                Problem(line, "increment", f"rows must rise: {after[0]} stands behind {before[0]}",
                        f"各行应递增：{before[0]} 之后为 {after[0]}")
            ]  # fmt: skip
    return []


def _contradictions(book: Rulebook) -> list[Problem]:
    """Return the first contradiction that the engine finds; open values are filled with harmless ones, or left off."""
    given = {name: _SAMPLES[name] for name, rule in book.rules.items() if isinstance(rule, Open) and name in _SAMPLES}
    rules = {name: rule for name, rule in book.rules.items() if isinstance(rule, Stated) or name in given}
    try:
        msgspec.structs.replace(book, rules=rules).auction(**given).rules()
    except RuleError as error:
        name = error.parameter.split(":")[0] or "rules"
        return [Problem(_line(book, name), name, error.problem, f"规则相互矛盾：{error.problem}")]
    except MisuseError as error:
        name, _, problem = str(error).partition(": ")
        return [Problem(_line(book, name), name, problem or str(error), f"规则有误：{error}")]
    return []
