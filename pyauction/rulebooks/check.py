"""What is wrong with a rule file: contradictions, phases that cannot be, gaps in tables, by line and key."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from ..clock import nanoseconds
from ..errors import AmountError, MisuseError, RulebookError, RuleError
from ..evaluation import LEAST_PANEL
from ..money import Unit
from ..told import in_language
from .book import INSTEAD, OF_RESERVE, UNITS, Open, Rulebook, Stated
from .document import Problem
from .parameters import PARAMETERS
from .reader import load
from .samples import amounts_of, fits, samples

_SOME_END = 2**60
"""Stands for a stated end of the first phase where a length of it would not do."""
_NAMES = re.compile(r" and |: ")
"""What stands between the names of several parameters, and between a parameter and its part."""
_SHORTER = (
    ("recent_window", "free", "it is the whole free phase", "已是整个自由报价期"),
    ("free_stop", "recent_window", "nobody could bid in that window", "该时段内将无人能够报价"),
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
    faulty = {problem.key for problem in problems}
    if faulty.isdisjoint(("rules", "method", "based_on")):
        problems += _contradictions(book, faulty)
    departures = tuple(
        name for name, rule in book.rules.items() if isinstance(rule, Stated) and rule.departs_from is not None
    )
    return Checked(book, tuple(problems), book.open_values, departures)


def _stated(book: Rulebook, name: str) -> Any:  # noqa: ANN401 - a value of any kind
    rule = book.rules.get(name)
    return rule.value if isinstance(rule, Stated) else None


def _without_unit(minor: int, unit: Unit | None) -> str:
    return f"{Decimal(minor).scaleb(0 if unit is None else -unit.scale).normalize():f}"


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
                    _line(book, short) or _line(book, long), short, f"expected less than {long} ({other}), received {one}: {en}",
                    f"应短于 {long}（{other}），实为 {one}：{zh}",
                )
            )  # fmt: skip
    return problems + _no_amounts(book) + _no_panel(book) + _idle(book)


def _no_amounts(book: Rulebook) -> list[Problem]:
    """Return what is no amount in the unit that is stated, or in any unit: too fine, or beyond 64 bits."""
    unit, problems = _stated(book, "unit"), []
    for name, rule in book.rules.items():
        if not isinstance(rule, Stated) or PARAMETERS[name].kind not in ("amount", "increment"):
            continue
        for amount in amounts_of(rule.value):
            units = [unit] if unit in UNITS else list(UNITS)
            if any(fits(amount, each) for each in units):
                continue
            try:
                UNITS[units[-1 if "." in amount else 0]].minor(amount)
            except AmountError as error:
                problems.append(Problem(rule.line, name, error.message(), error.message("zh-CN")))
            break
    return problems


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


def _idle(book: Rulebook) -> list[Problem]:
    """Return what the file itself states of a reserve that there is none of."""
    if _stated(book, "reserve") != "declared_none":
        return []
    words = "has no meaning where reserve is declared_none", "reserve 为 declared_none（无底价）时不适用"
    idle = [name for name in OF_RESERVE[1:] if _stated(book, name) is not None and _line(book, name) is not None]
    return [Problem(_line(book, name), name, *words) for name in idle]


def _contradictions(book: Rulebook, faulty: Collection[str]) -> list[Problem]:
    """Return what contradicts what among the stated values, with harmless ones for those that are open or `faulty`.

    Where a harmless value can take the place of what is wrong, the rest is looked at too.
    """
    stated = {name: rule for name, rule in book.rules.items() if isinstance(rule, Stated) and name not in faulty}
    unknown = {name for name, rule in book.rules.items() if isinstance(rule, Open)} | set(faulty)
    unknown |= {name for name, instead in INSTEAD.items() if instead in faulty}
    problems: list[Problem] = []
    given: dict[str, Any] = {}
    dropped: set[str] = set()
    while True:
        fitting = samples(book, unknown)
        given |= {name: fitting[name] for name in unknown if name in fitting and name not in dropped}
        if _stated(book, "postponed_end") is not None:
            given |= {INSTEAD[name]: _SOME_END for name in ("free", "submission") if given.pop(name, None) is not None}
        found = _first_problems(book, stated, given)
        wrong = next((name for problem in found for name in _NAMES.split(problem.key) if name in given), None)
        if wrong is not None:
            # Whoever gives that value will choose another one, or none.
            del given[wrong]
            dropped |= {wrong, *(name for name, instead in INSTEAD.items() if instead == wrong)}
            continue
        new = [
            _placed(book, stated, given, problem)
            for problem in found
            # What goes with a value that is left off, or wrong, is for whoever gives it.
            if problem.key not in unknown and dropped.union(faulty).isdisjoint(re.findall(r"\w+", problem.en))
        ]
        problems += new
        keys = {name for problem in new for name in _NAMES.split(problem.key)}
        if not new or not keys <= fitting.keys() or keys & dropped:
            return problems
        unknown |= keys
        stated = {name: rule for name, rule in stated.items() if name not in keys}


def _placed(book: Rulebook, stated: dict[str, Stated], given: dict[str, Any], problem: Problem) -> Problem:
    """Return a problem without a line with that of the file's own value without which it would not be."""
    if problem.line is not None:
        return problem
    fitting = samples(book, stated)
    for name, rule in stated.items():
        if rule.line is None:
            continue
        base, rest = rule.departs_from, {key: value for key, value in stated.items() if key != name}
        others = rest | ({} if base is None else {name: base})
        extra = {name: fitting[name]} if base is None and name in fitting and name in book.needed else {}
        if not _first_problems(book, others, given | extra):
            return msgspec.structs.replace(problem, line=rule.line)
    return problem


def _first_problems(book: Rulebook, stated: dict[str, Stated], given: dict[str, Any]) -> list[Problem]:
    """Return what is missing, or else the first contradiction among these values."""
    rules = stated | {name: rule for name, rule in book.rules.items() if isinstance(rule, Open) and name in given}
    ordered = {name: rules[name] for name in book.rules if name in rules}
    try:
        msgspec.structs.replace(book, rules=ordered).auction(**given).rules()
    except RulebookError as error:
        return [msgspec.structs.replace(problem, line=_line(book, problem.key)) for problem in error.problems]
    except MisuseError as error:
        return [_problem(book, error, given)]
    return []


def _problem(book: Rulebook, error: MisuseError, given: dict[str, Any]) -> Problem:
    """Return a fault of an auction type as a problem of the file, at the line of the parameter that it is about."""
    name, _, part = error.parameter.partition(": ")
    key = f"{name}_{part}" if f"{name}_{part}" in PARAMETERS else error.parameter
    problem = error.problem
    if isinstance(error, RuleError) and error.fault is not None and "unit" in given:
        # Nobody stated a unit: the sample's is left out.
        unit = UNITS[given["unit"]].unit
        problem = error.fault.problem(lambda minor: _without_unit(minor, unit))
    # What no line states may be wrong because of another that the sentence names.
    names = [*_NAMES.split(key), *re.findall(r"\w+", str(problem))]
    line = next(filter(None, (_line(book, each) for each in names)), None)
    return Problem(line, key, str(problem), in_language(problem, "zh-CN"))
