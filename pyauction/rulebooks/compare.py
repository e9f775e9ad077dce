"""The differences between two rule books: parameter by parameter, and period by period."""

from __future__ import annotations

import msgspec

from ..periods import Period
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


class PeriodDifference(msgspec.Struct, frozen=True):
    """One period in which two books differ; None where a book has none of that name."""

    name: str
    left: Period | None
    right: Period | None


def period_differences(left: Rulebook, right: Rulebook) -> tuple[PeriodDifference, ...]:
    """Return the periods in which two books differ, in the order of the books."""
    one, other = ({period.name: period for period in book.periods} for book in (left, right))
    return tuple(
        PeriodDifference(name, one.get(name), other.get(name))
        for name in dict.fromkeys([*one, *other])
        if _length(one.get(name)) != _length(other.get(name))
    )


def _length(period: Period | None) -> tuple[object, ...] | None:
    return None if period is None else (period.least, period.most, period.unit)


def _agree(name: str, one: Stated | Open | None, other: Stated | Open | None) -> bool:
    if isinstance(one, Stated) and isinstance(other, Stated):
        return same(PARAMETERS[name], one.value, other.value)
    return type(one) is type(other)
