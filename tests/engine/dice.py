"""Where the choices of a random auction come from: a seed, or Hypothesis, which can shrink them.

The first option and the least number are the simplest ones, so that a shrunk auction is a simple one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import hypothesis.strategies as st

T = TypeVar("T")


class Dice(Protocol):
    """A maker of choices."""

    def between(self, least: int, most: int) -> int:
        """Return an integer."""

    def pick(self, options: Sequence[T]) -> T:
        return options[self.between(0, len(options) - 1)]

    def one_in(self, chances: int) -> bool:
        return self.between(1, chances) == chances


class SeededDice(Dice):
    """Choices that a seed makes."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def between(self, least: int, most: int) -> int:
        return self._random.randint(least, most)


class DrawnDice(Dice):
    """Choices that Hypothesis makes."""

    def __init__(self) -> None:
        self.draw: Any = None

    def between(self, least: int, most: int) -> int:
        return int(self.draw(st.integers(least, most)))
