"""Random rules of a lot: every parameter of FORMAT.md B.1 and every value of it, at sizes that let a lot live a while.

Durations are hundreds of nanoseconds where an auction's steps are tens; a few are a single one, or the longest possible.
"""

from __future__ import annotations

from typing import Any

from dice import Dice

from pyauction import LotRules, Phase, lottery_commitment
from pyauction.verifier.terms import DURATION_MAX, I64_MAX, TIME_MAX, U32_MAX

PHASES_MAX = 8
START_PRICES = (100, 1, 319, 5_000, I64_MAX - 1_000, I64_MAX)
PERCENTS = ((1, 10, "up"), (1, 10, "down"), (1, 3, "up"), (1, 3, "down"), (1, 1_000, "down"))
SCALES = (400, 1_000, 3_000)


def some_rules(dice: Dice, *, now: int, opens_at: int) -> LotRules:
    """Return rules for a lot that is opened about `now`; a few leave too little time from `opens_at` on."""
    phases = some_phases(dice, now=now)
    first, several = phases[0], len(phases) > 1
    waits = "after_ns" in first and first["kind"] != "sealed"
    clock = dice.pick(["opening", "opening", "first_bid"]) if waits else "opening"
    windowed = clock == "opening" and not is_called(first)
    inquires = any(phase["kind"] == "inquiry" for phase in phases)
    without_bids = dice.pick(["enter", "decide"]) if several else None
    amounts = some_amounts(dice, phases)
    cap = some_cap(dice, phases, amounts)
    sealed = some_sealed(dice, phases, amounts, cap)
    by_highest = not sealed or sealed["sealed_award"] == "highest"
    reserve = some_reserve(dice, windowed=windowed, several=by_highest)
    return LotRules(
        admission=dice.pick(["open", "listed"]),
        **amounts,
        self_outbid=dice.pick(["allowed", "refused"]),
        phases=[Phase(**phase) for phase in phases],
        clock=clock,
        timed_without_bids=without_bids,
        single_bidder=dice.pick(["timed", "decide"]) if several else None,
        on_outage=dice.pick(["close_at_schedule", "suspend"]),
        **some_least_bidders(dice),
        **reserve,
        **sealed,
        reserve_published=some_publication(dice, reserve, sealed) if sealed else None,
        **some_entry(dice, phases, without_bids),
        **some_suspension(dice, phases),
        **cap,
        free_stop_ns=some_free_stop(dice, phases),
        free_least_ns=some_free_least(dice, first, opens_at=opens_at),
        max_extensions=some_max_extensions(dice, phases),
        closed_ns=some_closed(dice, now=now) if inquires or dice.one_in(6) else None,
        priority=dice.pick(["once", "repeatedly"]) if not (cap or sealed) and dice.one_in(4) else None,
    )


def some_amounts(dice: Dice, phases: list[dict[str, Any]]) -> dict[str, Any]:
    precision = dice.pick([10, 2, 7]) if dice.one_in(5) else None
    start = dice.pick(START_PRICES) if dice.one_in(2) else dice.between(1, 10_000)
    increment = some_increment(dice)
    percent = isinstance(increment, tuple)
    kinds = {phase["kind"] for phase in phases}
    timed_increment = dice.pick([1, 30, dice.between(1, 50), I64_MAX]) if dice.one_in(3) else None
    if precision is not None:
        start, increment = on_grid(start, precision), increment_on_grid(increment, precision)
        timed_increment = timed_increment and on_grid(timed_increment, precision)
    return {
        "precision": precision,
        "first_bid_min": dice.pick([None, None, None, "start_plus_step"]),
        "timed_increment": timed_increment if kinds >= {"free", "timed"} else None,
        "start_price": start,
        "increment": increment,
        "multiple_anchor": dice.pick([None, None, "current"] if percent else [None, "start", "current"]),
        "max_multiple": dice.pick([None, None, None, 1, 3, 50, I64_MAX]),
    }


def on_grid(amount: int, precision: int) -> int:
    """Return a multiple of the precision near the amount, at least one."""
    return max(amount // precision, 1) * precision


def increment_on_grid(increment: Any, precision: int) -> Any:
    if isinstance(increment, int):
        return on_grid(increment, precision)
    if isinstance(increment, list):
        return [(start, on_grid(step, precision)) for start, step in increment]
    return increment


def some_increment(dice: Dice) -> Any:
    if dice.one_in(25):
        return dice.pick([I64_MAX, (I64_MAX, 1, "down"), (1, I64_MAX, "up"), [(0, 1), (I64_MAX, I64_MAX)]])
    longest = [(row * 50, 1 + row % 7) for row in range(64)]
    table = [(0, 5), (dice.between(1, 400), 20), (500, 7)]
    return dice.pick([10, 1, dice.between(1, 50), dice.pick(PERCENTS), dice.pick(PERCENTS), table, table, longest])


def some_phases(dice: Dice, *, now: int) -> list[dict[str, Any]]:
    """Return the arguments of each phase."""
    count, sealed = dice.pick([1, 2, 2, 2, 3, 3, 8]), dice.one_in(4)
    count = 1 if sealed and dice.one_in(2) else count
    phases = [some_phase(dice, now=now, last=index == count - 1 and not sealed) for index in range(count - sealed)]
    phases += [some_sealed_phase(dice, now=now)] * sealed
    often = 2 if sealed else 4
    pauses = [some_pause(dice, kind, now) for kind in ("inquiry", "preparation") if count > 1 and dice.one_in(often)]
    return [*phases[:-1], *pauses, phases[-1]][-PHASES_MAX:]


def some_sealed_phase(dice: Dice, *, now: int) -> dict[str, Any]:
    """Return a last phase in which bids are sealed."""
    if dice.one_in(5):
        return {"kind": "sealed", "at_ns": min(max(now + dice.pick([400, 2_000, 2_000, 0]), 0), TIME_MAX)}
    return {"kind": "sealed", "after_ns": dice.pick([300, 300, 600, 1, DURATION_MAX] if dice.one_in(4) else [300, 600])}


def some_pause(dice: Dice, kind: str, now: int) -> dict[str, Any]:
    """Return a phase without bids, between those that take them."""
    if kind == "preparation" and dice.one_in(5):
        return {"kind": kind, "at_ns": min(now + dice.pick([500, 1_200]), TIME_MAX)}
    return {"kind": kind, "after_ns": dice.pick([60, 200, 1])}


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


def some_entry(dice: Dice, phases: list[dict[str, Any]], without_bids: str | None) -> dict[str, Any]:
    """Return what leads to the phases behind the first, and who may bid in them."""
    if len(phases) == 1:
        return {}
    inquires = any(phase["kind"] == "inquiry" for phase in phases)
    entries = [None, "yes"] if inquires else [None]
    if without_bids == "decide":
        entries += ["prior_bid", *["prior_bid_and_yes"] * 2] if inquires else ["prior_bid"]
    recent = dice.one_in(5)
    return {
        "timed_entry": dice.pick(entries),
        "inquiry_yes": dice.pick([1, 1, 1, 1, 2, 2, U32_MAX]) if inquires else None,
        "recent_bidders": dice.pick([1, 2, 2]) if recent else None,
        "recent_window_ns": dice.pick([300, 100, 1_000, 1, DURATION_MAX]) if recent else None,
    }


def some_suspension(dice: Dice, phases: list[dict[str, Any]]) -> dict[str, Any]:
    free = any(phase["kind"] == "free" and not is_called(phase) for phase in phases)
    extends = free and dice.one_in(2)
    notice = dice.pick([40, 200, 1, DURATION_MAX]) if dice.one_in(5) else None
    others = [phase for phase in phases if phase["kind"] != "free"]
    stated = any("at_ns" in phase or "hard_end_at_ns" in phase for phase in others)
    restarts = others and not stated and dice.one_in(2)
    prepares = any(phase["kind"] == "preparation" for phase in phases)
    return {
        "resume_free": "extend" if extends else None,
        "resume_free_most_ns": dice.pick([None, 200, 1, 1_000]) if extends else None,
        "resume_timed": dice.pick(["restart", *["restart_from_preparation"] * (6 * prepares)]) if restarts else None,
        "resume_notice_ns": notice,
        "resume_direct_within_ns": dice.pick([None, 30, 1]) if notice else None,
        "postponed_end": dice.pick([None, "moves"]) if "at_ns" in phases[0] else None,
    }


def some_cap(dice: Dice, phases: list[dict[str, Any]], amounts: dict[str, Any]) -> dict[str, Any]:
    """Return a cap some steps above the start price, on their grid or off it, and what it brings."""
    start, step, precision = amounts["start_price"], amounts["increment"], amounts["precision"] or 1
    step = step if isinstance(step, int) else 10 * precision
    least = max(step, amounts["timed_increment"] or 0) if amounts["first_bid_min"] else precision
    off_grid = precision * dice.pick([0, 0, 1])
    cap = start + max(step * dice.pick([3, 8, 20, 20, 60]), least) + off_grid
    if (
        not dice.one_in(3)
        or (isinstance(amounts["increment"], list | tuple) and amounts["first_bid_min"])
        or cap > I64_MAX
    ):
        return {}
    sealed = phases[-1]["kind"] == "sealed"
    first = dice.between(1, len(phases) - 1) if len(phases) > 1 else 0
    enters = first > 0 and phases[first - 1]["kind"] in ("free", "timed")
    if sealed and not (enters and "after_ns" in phases[-1]):
        return {}
    action = dice.pick(
        ["enter"]
        if sealed
        else [
            *["sell"] * 3,
            *["lottery"] * 8,
            *["next_round", "other_quantity"] * 3,
            *["enter"] * (5 * enters),
        ]
    )
    if action == "lottery":
        on_grid = start + step * max(dice.pick([1, 1, 2, 3, 8]), -(-least // step))
        seeds = [lottery_commitment(bytes([number]) * 32) for number in range(1, dice.pick([1, 2]) + 1)]
        rules = {"cap": on_grid, "cap_action": action, "lottery_seeds": seeds}
        return rules if on_grid <= I64_MAX else {}
    before = phases[:first] if action == "enter" else phases
    free = [is_called(phase) for phase in before if phase["kind"] == "free"]
    return {
        "cap": cap,
        "cap_action": action,
        "cap_phase": first if action == "enter" else None,
        "cap_passing": dice.pick([None, "allowed"]),
        "cap_in_free": dice.pick([None, *["at_end"] * 12]) if free and not any(free) else None,
        "top_up": dice.pick([None, *["required"] * 3]) if action == "enter" else None,
    }


def some_sealed(
    dice: Dice, phases: list[dict[str, Any]], amounts: dict[str, Any], cap: dict[str, Any]
) -> dict[str, Any]:
    """Return who holds sealed amounts, what may be changed, what counts and who wins."""
    if phases[-1]["kind"] != "sealed":
        return {}
    award = dice.pick(["highest", "highest", "highest", "closest_to_mean", "most_points", "most_points"])
    again = ["requote"] * 5 if "after_ns" in phases[-1] else []
    ties = {"highest": ["earlier", *again], "most_points": ["earlier", "higher"], "closest_to_mean": [None]}
    custody = "house" if award == "closest_to_mean" else dice.pick(["bidder", "bidder", "house"])
    tie = dice.pick(ties[award])
    precision = amounts["precision"] or 1
    most = max(amounts["start_price"], cap.get("cap", 0)) + precision * dice.pick([1, 5, 12, 200])
    equal = dice.pick([None, "refused"]) if custody == "house" else None
    bounded = tie != "requote" and "cap_passing" not in stated(cap) and not dice.one_in(3)
    return {
        "sealed_custody": custody,
        "sealed_change": None if equal else dice.pick([None, "change", "change_or_withdraw", "change_or_withdraw"]),
        "sealed_min": dice.pick([None, None, None, 1, 1, 2, U32_MAX]) if dice.one_in(2) else None,
        "sealed_most": most if bounded and most <= I64_MAX else None,
        "sealed_award": award,
        "sealed_tie": tie,
        "sealed_equal": equal,
    }


def stated(rules: dict[str, Any]) -> set[str]:
    return {name for name, value in rules.items() if value is not None}


def some_publication(dice: Dice, reserve: dict[str, Any], sealed: dict[str, Any]) -> str | None:
    """Return whether the reserve is disclosed while sealed bids are opened, and whether it then decides."""
    possible = reserve["reserve"] == "required" and reserve["reserve_setters"] is None
    possible = possible and sealed["sealed_tie"] != "requote"
    must = [] if sealed["sealed_award"] != "highest" else [None]
    return dice.pick(["decides", "reference", *must]) if possible else None


def some_free_stop(dice: Dice, phases: list[dict[str, Any]]) -> int | None:
    free = [phase for phase in phases if phase["kind"] == "free" and not is_called(phase)]
    if not free or not dice.one_in(4):
        return None
    stop = dice.pick([60, 200, 1])
    shortest = min(phase.get("after_ns", DURATION_MAX) for phase in free)
    return stop if stop < shortest else None


def some_free_least(dice: Dice, first: dict[str, Any], *, opens_at: int) -> int | None:
    """Return about the length of the first phase, or a part of it."""
    if is_called(first) or not dice.one_in(4):
        return None
    length = first["after_ns"] if "after_ns" in first else first["at_ns"] - opens_at
    length = min(length, first.get("hard_end_after_ns", length))
    beyond = "at_ns" in first and "hard_end_after_ns" not in first
    return min(max(dice.pick([length, length, length // 2, 1, length + beyond]), 1), DURATION_MAX)


def some_max_extensions(dice: Dice, phases: list[dict[str, Any]]) -> int | None:
    extended = any("reset_to_ns" in phase or "window_ns" in phase for phase in phases)
    return dice.pick([1, 2, 5, U32_MAX]) if extended and dice.one_in(4) else None


def some_closed(dice: Dice, *, now: int) -> list[tuple[int, int]]:
    """Return spans of closed time around `now`, which may touch each other."""
    spans, at = [], now
    for _ in range(dice.pick([1, 2, 3])):
        start = at + dice.pick([50, 120, 300, 300, 1, 0])
        end = start + dice.pick([1, 40, 40, 80, 200])
        if end > TIME_MAX:
            break
        spans.append((start, end))
        at = end
    return spans or [(0, 1)]


def some_least_bidders(dice: Dice) -> dict[str, Any]:
    least = U32_MAX if dice.one_in(25) else dice.pick([None, None, 1, 1, 2, 2, 3])
    return {"min_bidders": least, "min_bidders_counts": dice.pick(["quoted", "admitted"]) if least else None}


def some_reserve(dice: Dice, *, windowed: bool, several: bool) -> dict[str, Any]:
    if dice.one_in(2):
        return {"reserve": "declared_none"}
    none = (None, None)
    opens, ends = dice.pick([none, none, (300, None), (None, 60), (300, 60), (DURATION_MAX, 1)]) if windowed else none
    setters = dice.pick([2, 2, 3, 3, 16]) if several and dice.one_in(4) else None
    return {
        "reserve": "required",
        "reserve_custody": "entered",
        "reserve_commitment": "at_entry" if setters else dice.pick(["before_opening", "at_entry"]),
        "reserve_setters": setters,
        "reserve_rounding": dice.pick(["up", "down"]) if setters else None,
        "entry_opens_before_end_ns": opens,
        "entry_ends_before_end_ns": ends,
    }
