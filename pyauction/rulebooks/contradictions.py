"""What contradicts what among the stated values of a rule file, whatever the open ones are given."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from ..errors import MisuseError, RulebookError, RuleError
from ..money import Unit
from ..told import Told, in_language
from .book import INSTEAD, OF_RESERVE, UNITS, Open, Rulebook, Stated
from .document import Problem
from .parameters import PARAMETERS
from .samples import samples

Given = dict[str, Any]
_SOME_END = 2**60
"""Stands for a stated end of a phase where a length of it would not do."""
_NAMES = re.compile(r" and ")
"""What stands between the names of several parameters."""
_STEPS = 8
"""So many changes of values that are not stated are tried one after the other."""


def contradictions(book: Rulebook, faulty: Collection[str]) -> list[Problem]:
    """Return what contradicts what among the stated values but those that are `faulty`, and what is missing.

    A contradiction is what no choice of the other values cures that is found: a harmless one, none, another word. What is told
    is set aside, and the rest looked at again.
    """
    search = _Search(book, faulty)
    told: list[Problem] = []
    while new := search.next_problems():
        aside = {name for problem in told for name in _NAMES.split(problem.key)}
        # What goes with a value that is wrong is for whoever puts it right.
        told += [problem for problem in new if aside.isdisjoint(re.findall(r"\w+", problem.en))]
        if not search.set_aside(new):
            break
    return told


class _Search:
    """The stated values of a book, and what stands for the others."""

    def __init__(self, book: Rulebook, faulty: Collection[str]) -> None:
        self._book = book
        self._stated = {name: rule for name, rule in book.rules.items() if isinstance(rule, Stated)}
        self._unknown = {name for name, rule in book.rules.items() if isinstance(rule, Open)}
        self._given: Given = {}
        self._aside: set[str] = set()
        # A file that says something of a reserve means one.
        of_reserve = [rule for name, rule in self._stated.items() if name in OF_RESERVE]
        speaks = any(rule.line is not None and rule.value is not None for rule in of_reserve)
        self._fixed = {"unit", "reserve"} if speaks else {"unit"}
        self._put_aside(faulty)

    def next_problems(self) -> list[Problem]:
        """Return problems that nothing cures, and that are about what is stated or missing, each with a line if it has one."""
        return [self._placed(problem) for problem in self.found()]

    def found(self) -> list[Problem]:
        """Return problems that nothing cures, and that are about what is stated or missing."""
        given, met, told = self._given, set[tuple[str, str]](), list[Problem]()
        for _ in range(_STEPS):
            found = self._first(given)
            if not found:
                return []
            told = told or [problem for problem in found if not self._is_unknown(problem)]
            met |= {_same(problem) for problem in found}
            changed = self._changed(given, found, met)
            if changed is None:
                break
            given = changed
        return told

    def set_aside(self, problems: list[Problem]) -> bool:
        """Let the values that problems are about be any. Returns whether there is something to be looked at again."""
        names = {name for problem in problems for name in _NAMES.split(problem.key)} & PARAMETERS.keys()
        new = names - self._unknown
        self._put_aside(new)
        return bool(new)

    def _put_aside(self, names: Collection[str]) -> None:
        self._aside |= set(names)
        self._unknown |= set(names) & PARAMETERS.keys()
        self._unknown |= {name for name, instead in INSTEAD.items() if instead in names}
        self._stated = {name: rule for name, rule in self._stated.items() if name not in self._unknown}
        self._samples = samples(self._book, self._unknown)
        self._given = {name: self._samples[name] for name in self._unknown if name in self._samples}

    def _is_unknown(self, problem: Problem) -> bool:
        return self._unknown.issuperset(_NAMES.split(problem.key))

    def _changed(self, given: Given, found: list[Problem], met: Collection[tuple[str, str]]) -> Given | None:
        """Return other values for those that are not stated with which these problems are gone; best with none left."""
        better = None
        for names, changed in self._changes(given, found):
            after = self._first(changed)
            if not after:
                return changed
            # Something else is wrong now, and not with the value that was changed.
            is_new = not any(_same(problem) in met or names & set(_NAMES.split(problem.key)) for problem in after)
            better = changed if better is None and is_new else better
        return better

    def _changes(self, given: Given, found: list[Problem]) -> Iterator[tuple[set[str], Given]]:
        """Yield other values, with the names of what is changed: first what the problems name."""
        named = {
            name
            for problem in found
            for name in re.findall(r"\w+", problem.en)
            if name in given and name not in self._fixed
        }
        if len(named) > 1:
            yield named, {name: value for name, value in given.items() if name not in named}
        about = [name for problem in found for name in _NAMES.split(problem.key) if name in self._unknown]
        for name in dict.fromkeys([*about, *sorted(self._unknown)]):
            yield from (({name}, changed) for changed in self._alternatives(name, given))

    def _alternatives(self, name: str, given: Given) -> Iterator[Given]:
        """Yield the values with another one, or none, for one that is not stated."""
        if name in self._fixed:
            return
        others = {key: value for key, value in given.items() if key != name}
        values = [*((self._samples[name],) if name in self._samples else ()), *PARAMETERS[name].choices]
        yield from (others | {name: value} for value in values if value != given.get(name))
        if name in given:
            yield others
        instead = INSTEAD.get(name)
        if instead is not None and instead not in self._stated and instead not in given:
            yield others | {instead: _SOME_END}

    def _first(self, given: Given) -> list[Problem]:
        """Return what is missing, or else the first contradiction among these values."""
        book = self._book
        left_open = {name: rule for name, rule in book.rules.items() if isinstance(rule, Open) and name in given}
        rules = self._stated | left_open
        ordered = {name: rules[name] for name in book.rules if name in rules}
        try:
            msgspec.structs.replace(book, rules=ordered).auction(**given).rules()
        except RulebookError as error:
            return [msgspec.structs.replace(problem, line=book.line(problem.key)) for problem in error.problems]
        except MisuseError as error:
            return [_problem(book, error, given)]
        return []

    def _placed(self, problem: Problem) -> Problem:
        """Return a problem without a line with that of the file's own value without which nothing would be wrong."""
        if problem.line is not None:
            return problem
        for name, rule in self._stated.items():
            if rule.line is not None and not _Search(self._book, self._aside | {name}).found():
                return msgspec.structs.replace(problem, line=rule.line)
        return problem


def _same(problem: Problem) -> tuple[str, str]:
    return str(problem.key), problem.en


def _problem(book: Rulebook, error: MisuseError, given: Given) -> Problem:
    """Return a fault of an auction type as a problem of the file, at the line of the parameter that it is about."""
    problem: str = error.problem
    if isinstance(error, RuleError) and error.fault is not None and "unit" in given:
        # Nobody stated a unit: the sample's is left out.
        unit = UNITS[given["unit"]].unit
        problem = error.fault.problem(lambda minor: _without_unit(minor, unit))
    name, _, part = error.parameter.partition(": ")
    key = f"{name}_{part}" if f"{name}_{part}" in PARAMETERS else name
    if part and key == name:
        chinese = in_language(error.parameter, "zh-CN").partition("：")[2] or part
        problem = Told(f"{part}: {problem}", f"{chinese}：{in_language(problem, 'zh-CN')}")
    # The names of two parameters carry their Chinese.
    shown = key if part else error.parameter
    # What no line states may be wrong because of another that the sentence names.
    names = [*_NAMES.split(key), *re.findall(r"\w+", str(problem))]
    line = next(filter(None, (book.line(each) for each in names)), None)
    return Problem(line, shown, str(problem), in_language(problem, "zh-CN"))


def _without_unit(minor: int, unit: Unit | None) -> str:
    return f"{Decimal(minor).scaleb(0 if unit is None else -unit.scale).normalize():f}"
