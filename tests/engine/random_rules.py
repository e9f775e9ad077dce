"""Random rules of a lot: every parameter of FORMAT.md B.1 and every value of it, at sizes that let a lot live a while.

Durations are hundreds of nanoseconds where an auction's steps are tens; a few are a single one, or the longest possible.
"""

from __future__ import annotations

from typing import Any

from dice import Dice

from pyauction import LotRules, Phase
from pyauction.verifier.terms import DURATION_MAX, I64_MAX, TIME_MAX, U32_MAX

START_PRICES = (100, 1, 319, 5_000, I64_MAX - 1_000, I64_MAX)
PERCENTS = ((1, 10, "up"), (1, 10, "down"), (1, 3, "up"), (1, 3, "down"), (1, 1_000, "down"))
SCALES = (400, 1_000, 3_000)


def some_rules(dice: Dice, *, now: int) -> LotRules:
    """Return rules for a lot that is opened about `now`."""
    phases = some_phases(dice, now=now)
    first, several = phases[0], len(phases) > 1
    clock = dice.pick(["opening", "opening", "first_bid"]) if "after_ns" in first else "opening"
    windowed = clock == "opening" and not is_called(first)
    return LotRules(
        admission=dice.pick(["open", "listed"]),
        **some_amounts(dice),
        self_outbid=dice.pick(["allowed", "refused"]),
        phases=[Phase(**phase) for phase in phases],
        clock=clock,
        timed_without_bids=dice.pick(["enter", "decide"]) if several else None,
        single_bidder=dice.pick(["timed", "decide"]) if several else None,
        on_outage=dice.pick(["close_at_schedule", "suspend"]),
        **some_least_bidders(dice),
        **some_reserve(dice, windowed=windowed),
    )


def some_amounts(dice: Dice) -> dict[str, Any]:
    start = dice.pick(START_PRICES) if dice.one_in(2) else dice.between(1, 10_000)
    increment = some_increment(dice)
    percent = isinstance(increment, tuple)
    return {
        "start_price": start,
        "increment": increment,
        "multiple_anchor": dice.pick([None, None, "current"] if percent else [None, "start", "current"]),
        "max_multiple": dice.pick([None, None, None, 1, 3, 50, I64_MAX]),
    }


def some_increment(dice: Dice) -> Any:
    if dice.one_in(25):
        return dice.pick([I64_MAX, (I64_MAX, 1, "down"), (1, I64_MAX, "up"), [(0, 1), (I64_MAX, I64_MAX)]])
    longest = [(row * 50, 1 + row % 7) for row in range(64)]
    table = [(0, 5), (dice.between(1, 400), 20), (500, 7)]
    return dice.pick([10, 1, dice.between(1, 50), dice.pick(PERCENTS), dice.pick(PERCENTS), table, table, longest])


def some_phases(dice: Dice, *, now: int) -> list[dict[str, Any]]:
    """Return the arguments of each phase."""
    count = dice.pick([1, 2, 2, 2, 3, 3, 8])
    return [some_phase(dice, now=now, last=index == count - 1) for index in range(count)]


def some_phase(dice: Dice, *, now: int, last: bool) -> dict[str, Any]:
    length = some_length(dice)
    if last and dice.one_in(5):
        return {"kind": dice.pick(["free", "timed"])}
    ends_at = min(max(now + dice.pick([400, 1, 0, -5] if dice.one_in(4) else SCALES), 0), TIME_MAX)
    end: dict[str, Any] = dice.pick([{"after_ns": length}, {"after_ns": length}, {"at_ns": ends_at}])
    if dice.one_in(4):
        return {"kind": dice.pick(["free", "timed"]), **end}
    return {"kind": "timed", **end, **some_extension(dice, length), **some_hard_end(dice, length, now=now)}


def some_length(dice: Dice) -> int:
    return dice.pick([1, 2, 60, DURATION_MAX]) if dice.one_in(20) else dice.pick(SCALES)


def some_extension(dice: Dice, length: int) -> dict[str, Any]:
    to = dice.pick([length, length, 300, 40, 1])
    return dice.pick([{"reset_to_ns": to}, {"window_ns": dice.pick([300, length, length, 60, 1]), "window_to_ns": to}])


def some_hard_end(dice: Dice, length: int, *, now: int) -> dict[str, Any]:
    if not dice.one_in(3):
        return {}
    longer = min(length + dice.pick([60, 300, 1_000, 0, -1]), DURATION_MAX)
    at = min(now + dice.pick([1_000, 3_000, 150]), TIME_MAX)
    return dice.pick([{"hard_end_after_ns": max(longer, 1)}, {"hard_end_at_ns": at}])


def is_called(phase: dict[str, Any]) -> bool:
    return "after_ns" not in phase and "at_ns" not in phase


def some_least_bidders(dice: Dice) -> dict[str, Any]:
    least = U32_MAX if dice.one_in(25) else dice.pick([None, None, 1, 1, 2, 2, 3])
    return {"min_bidders": least, "min_bidders_counts": dice.pick(["quoted", "admitted"]) if least else None}


def some_reserve(dice: Dice, *, windowed: bool) -> dict[str, Any]:
    if dice.one_in(2):
        return {"reserve": "declared_none"}
    none = (None, None)
    opens, ends = dice.pick([none, none, (300, None), (None, 60), (300, 60), (DURATION_MAX, 1)]) if windowed else none
    return {
        "reserve": "required",
        "reserve_custody": "entered",
        "reserve_commitment": dice.pick(["before_opening", "at_entry"]),
        "entry_opens_before_end_ns": opens,
        "entry_ends_before_end_ns": ends,
    }
