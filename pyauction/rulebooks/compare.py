"""The differences between two rule books, parameter by parameter."""

from __future__ import annotations

import msgspec

from .book import Open, Rulebook, Stated
from .parameters import PARAMETERS


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
        if _said(left.rules.get(name)) != _said(right.rules.get(name))
    )


def _said(rule: Stated | Open | None) -> tuple[str, object]:
    match rule:
        case Stated():
            return "stated", rule.value
        case Open():
            return "open", None
        case None:
            return "silent", None
