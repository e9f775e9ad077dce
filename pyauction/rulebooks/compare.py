"""The differences between two rule books, parameter by parameter."""

from __future__ import annotations

import msgspec

from .book import Open, Rulebook, Stated
from .parameters import PARAMETERS
from .reader import same


class Difference(msgspec.Struct, frozen=True):
    """One parameter in which two books differ; None where a book says nothing of it."""

    name: str
    left: Stated | Open | None
    right: Stated | Open | None


def differences(left: Rulebook, right: Rulebook) -> tuple[Difference, ...]:
    """Return the parameters in which two books differ, in the order in which a reader asks for them."""
    return tuple(
        Difference(name, left.rules.get(name), right.rules.get(name))
        for name in PARAMETERS
        if not _agree(name, left.rules.get(name), right.rules.get(name))
    )


def _agree(name: str, one: Stated | Open | None, other: Stated | Open | None) -> bool:
    if isinstance(one, Stated) and isinstance(other, Stated):
        return same(PARAMETERS[name], one.value, other.value)
    return type(one) is type(other)
