"""What the engine finds wrong with rules: a sentence in each language, and its figures, which the caller's unit shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import msgspec

from .clock import show_duration, show_time
from .errors import RuleError
from .told import Told, within

if TYPE_CHECKING:
    from datetime import tzinfo

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

    def problem(self, show_amount: Callable[[int], str] = str, zone: tzinfo | None = None) -> Told:
        """Return what was expected and what came, with amounts as `show_amount` writes minor units, and times in `zone`."""
        shown = [_shown(figure, show_amount, zone) for figure in self.figures]
        chinese = _DIGIT_BEFORE_CHINESE.sub(r"\1 ", self.chinese.format(*shown))
        return Told(self.english.format(*shown), chinese)

    def error(self) -> RuleError:
        """Return the fault as it is about the engine's own parameters, amounts in minor units."""
        problem = self.problem()
        if self.phase is not None:
            part, chinese = ("", "") if self.part is None else (f"{self.part}: ", f"{_PARTS[self.part]}：")
            problem = within(problem, f"phase {self.phase}: {part}{{}}", f"序号 {self.phase} 的阶段：{chinese}{{}}")
        return self.about(self.parameter, problem)

    def about(self, parameter: str, problem: Told) -> RuleError:
        """Return the fault as an error that is about a parameter of a caller."""
        error = RuleError(problem, parameter)
        error.fault = self
        return error


_DIGIT_BEFORE_CHINESE = re.compile("([0-9])(?=[\u4e00-\u9fff])")
_PARTS = {
    "length": "时长",
    "ends_at": "结束时间",
    "extension": "延时",
    "window": "延时时段",
    "hard_end": "最晚结束时间",
}


def _shown(figure: Figure, show_amount: Callable[[int], str], zone: tzinfo | None) -> str:
    match figure:
        case ("amount", int(minor)):
            return show_amount(minor)
        case ("length", int(ns)):
            return show_duration(ns)
        case ("time", int(ns)):
            return show_time(ns, zone)
    return str(figure[1])
