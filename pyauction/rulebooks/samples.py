"""Harmless values for what a book leaves open or states wrongly, to see whether the rest holds together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from ..clock import nanoseconds, show_duration
from ..errors import AmountError
from .book import INSTEAD, UNITS, Rulebook, Stated
from .parameters import PARAMETERS

_SAMPLES: dict[str, Any] = {
    "free_stop": "1s", "inquiry": "5m", "inquiry_yes": 1, "preparation": "15m",
    "countdown": "5m", "extension_window": "5m", "recent_bidders": 2, "recent_window": "1h", "self_outbid": "allowed",
    "on_outage": "suspend", "single_bidder": "decide", "timed_without_bids": "decide", "reserve": "required",
    "reserve_commitment": "at_entry", "min_bidders": 3, "min_bidders_counts": "admitted", "cap_pause": "24h",
    "cap_countdown": "5m", "lottery_seeds": (b"\1" * 32,), "cap_inquiry": "5m",
    "reserve_setters": 3, "reserve_rounding": "up",
    "sealed_custody": "bidder", "sealed_min": 3, "sealed_award": "highest", "sealed_tie": "earlier",
}  # fmt: skip
_LONG = ("free", "sealed", "submission")
"""Phases that every other length must fit into."""
_LEAST_LONG = nanoseconds("240h")
_MOST = nanoseconds("11574d")
"""The most days that a length may have (FORMAT.md B.1)."""
_STEPS = 100
"""The steps from a sampled start price to the cap, and the other way round."""
_GREAT = 1_000_000
"""A step from which on so many of them may not fit into 64 bits."""


def samples(book: Rulebook, faulty: Collection[str]) -> dict[str, Any]:
    """Return harmless values by parameter. They fit the values that the book states, but for those that are `faulty`."""
    stated = {
        name: rule.value
        for name, rule in book.rules.items()
        if isinstance(rule, Stated) and rule.value is not None and name not in faulty
    }
    lengths = [nanoseconds(value) for name, value in stated.items() if PARAMETERS[name].kind == "length"]
    long = show_duration(min(max(_LEAST_LONG, 2 * max(lengths, default=0)), _MOST))
    made = (
        {"unit": sampled_unit(stated)}
        | _SAMPLES
        | dict.fromkeys(_LONG, long)
        | {name: f"{value:f}" for name, value in _amounts(stated).items()}
    )
    return {name: value for name, value in made.items() if INSTEAD.get(name) not in stated}


def amounts_of(value: object) -> list[str]:
    """Return the amounts of a stated amount or step."""
    rows = value if isinstance(value, tuple) else ((value,),)
    return [each for row in rows for each in row if isinstance(each, str)]


def sampled_unit(stated: Mapping[str, Any]) -> str:
    """Return the greatest unit in which every stated amount is one."""
    amounts = [each for name, value in stated.items() if PARAMETERS[name].kind in _MONEY for each in amounts_of(value)]
    return next((unit for unit in _GREATEST_FIRST if all(fits(amount, unit) for amount in amounts)), _GREATEST_FIRST[0])


def fits(amount: str, unit: str) -> bool:
    """Return whether a text is an amount in a unit."""
    try:
        UNITS[unit].minor(amount)
    except AmountError:
        return False
    return True


_MONEY = ("amount", "increment")
_GREATEST_FIRST = tuple(reversed(UNITS))


def _amounts(stated: dict[str, Any]) -> dict[str, Decimal]:
    """Return amounts on one grid: a start price below what bounds it, and a cap above it."""
    precision = _positive(stated.get("precision")) or Decimal(1)
    increment = stated.get("increment")
    step = (_positive(increment) if isinstance(increment, str) else None) or precision
    bounds = [bound for name in ("cap", "sealed_most") if (bound := _positive(stated.get(name))) is not None]
    start = _positive(stated.get("start_price")) or _below(min(bounds, default=None), step)
    cap = min([start + (_STEPS * step if step < _GREAT else step), *bounds])
    return {"precision": precision, "start_price": start, "increment": step, "timed_increment": step, "cap": cap}


def _below(bound: Decimal | None, step: Decimal) -> Decimal:
    """Return an amount some steps below a bound, so many that whatever the bound is the amount fits."""
    usual = 10 * _STEPS * step if step < _GREAT else step
    if bound is None:
        return usual
    if bound <= step:
        return bound / 2
    # Whole steps below the bound, above 0.
    steps = min(_STEPS, int((bound / step).to_integral_value(ROUND_CEILING)) - 1)
    near = bound - steps * step
    return near if near <= usual else usual + bound % step


def _positive(stated: Any) -> Decimal | None:  # noqa: ANN401 - a stated value, or none
    return Decimal(stated) if isinstance(stated, str) and Decimal(stated) > 0 else None
