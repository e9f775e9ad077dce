"""What the engine finds wrong with rules: a sentence in each language, and its figures, which the caller's unit shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from .clock import show_duration, show_time
from .errors import RuleError
from .told import Told

Figure = tuple[Literal["number", "amount", "length", "time", "word"], int | str]
"""What stands in a place of a sentence: minor units, nanoseconds, a number or a word, as its first member says."""


class RuleFault(msgspec.Struct, frozen=True):
    """A fault of rules, as the engine makes one.

    `parameter` is the name in FORMAT.md; the sentences say what was expected and what came.

    `phase` is the index of a phase and `part` one of "length", "ends_at", "extension", "window" and "hard_end". The sentences
    have places `{0}`, `{1}`… for the figures.
    """

    parameter: str
    phase: int | None
    part: str | None
    english: str
    chinese: str
    figures: tuple[Figure, ...]

    def problem(self, show_amount: Callable[[int], str] = str) -> Told:
        """Return what was expected and what came, with amounts as `show_amount` writes minor units."""
        shown = [_shown(figure, show_amount) for figure in self.figures]
        return Told(self.english.format(*shown), self.chinese.format(*shown))

    def error(self) -> RuleError:
        """Return the fault as it is about the engine's own parameters, amounts in minor units."""
        problem = self.problem()
        where, place = self.where()
        error = RuleError(Told(where + problem, place + problem.chinese), self.parameter)
        error.fault = self
        return error

    def where(self) -> tuple[str, str]:
        """Return where in the parameter it is, in English and Chinese, before the sentence."""
        part = "" if self.part is None else self.part
        if self.phase is None:
            return "", ""
        return (f"phase {self.phase}: {part and f'{part}: '}", f"第 {self.phase} 阶段：{part and f'{part}：'}")


def _shown(figure: Figure, show_amount: Callable[[int], str]) -> str:
    match figure:
        case ("amount", int(minor)):
            return show_amount(minor)
        case ("length", int(ns)):
            return show_duration(ns)
        case ("time", int(ns)):
            return show_time(ns)
    return str(figure[1])
