"""What a lot's rules state of the ground of a refusal: the cap, the step, the precision that were compared, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .clock import show_duration
from .optional_rules import OPTIONAL

if TYPE_CHECKING:
    from ._engine import Quote
    from .lot import LotSnapshot

_GROUNDS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "below_start": (
        ("start_price", "start price {}", "起始价 {}"),
        ("first_bid_min", "the first bid exceeds it by a step", "首次报价须高出一个增价幅度"),
        ("increment", "step {}", "增价幅度 {}"),
    ),
    "below_increment": (("increment", "step {}", "增价幅度 {}"),),
    "not_multiple": (
        ("increment", "step {}", "增价幅度 {}"),
        ("multiple_anchor", "whole multiples counted from the {}", "整数倍自{}起算"),
    ),
    "above_max_multiple": (
        ("increment", "step {}", "增价幅度 {}"),
        ("max_multiple", "at most {} × the step in one bid", "单次至多 {} 个幅度"),
    ),
    "free_stopped": (("free_stop_ns", "bids stop {} before the end", "截止前 {} 停止更新报价"),),
    "too_precise": (("precision", "precision {}", "报价精度 {}"),),
    "cap_reached": (("cap", "price cap {}", "封顶价（熔断价） {}"),),
    "above_cap": (("cap", "price cap {}", "封顶价（熔断价） {}"),),
    "no_prior_bid": (("timed_entry", "entry: {}", "参加条件：{}"),),
    "no_yes": (("timed_entry", "entry: {}", "参加条件：{}"),),
    "above_most": (("sealed_most", "at most {}", "上限 {}"),),
    "outside_entry_window": (
        ("entry_opens_before_end_ns", "at most {} before the end of the first phase", "首阶段截止前至多 {}"),
        ("entry_ends_before_end_ns", "at least {} before the end of the first phase", "首阶段截止前至少 {}"),
    ),
    "notice_too_short": (("resume_notice_ns", "notice of {}", "须提前 {} 公告"),),
    "resumption_not_due": (
        ("resume_notice_ns", "notice of {}", "须提前 {} 公告"),
        ("resume_direct_within_ns", "without notice within {}", "{} 之内可直接恢复"),
    ),
    "reserve_below_start": (("start_price", "start price {}", "起始价 {}"),),
    "reserve_not_required": (("reserve", "reserve: {}", "底价：{}"),),
    "priority_used": (("priority", "priority: {}", "优先权：{}"),),
    "seed_mismatch": (("lottery_seeds", "{} commitments", "{} 个承诺值"),),
    "points_not_asked": (("sealed_award", "wins: {}", "成交者：{}"),),
}
"""By reason: which rules decided, and what is said of each."""

_WORDS = {
    "start": ("start price", "起始价"),
    "current": ("top", "当前最高报价"),
    "declared_none": ("declared to have none", "声明无底价"),
}


def rules_compared(reason: str) -> tuple[str, ...]:
    """Return the names of the native rules that a refusal for this reason compared."""
    return tuple(name for name, _, _ in _GROUNDS.get(reason, ()))


def ground(reason: str, lot: LotSnapshot, quote: Quote | None, *, chinese: bool) -> list[str]:
    """Return what the lot's rules state of a refusal's ground; nothing in it is secret.

    `quote` is the lot's at the refusal, None where it is not known: in timed bidding a lot may have another step.
    """
    said = []
    for name, en, zh in _GROUNDS.get(reason, ()):
        value = _increment(lot, quote) if name == "increment" else lot.rules.get(name)
        if name == "multiple_anchor" and quote is not None and quote.standing_minor is None:
            value = value and "start"
        if value is not None:
            said.append((zh if chinese else en).format(_shown(name, value, lot, chinese=chinese)))
    return said


def fixed_step(lot: LotSnapshot, quote: Quote | None) -> int | None:
    """Return the step where it is one amount, whatever the top."""
    step = _increment(lot, quote)
    return step if isinstance(step, int) else None


def _increment(lot: LotSnapshot, quote: Quote | None) -> Any:  # noqa: ANN401 - one of the three shapes, or None
    """Return the increment of the phase; None where there are two and it is not known which."""
    timed = lot.rules.get("timed_increment")
    if timed is None:
        return lot.rules["increment"]
    if quote is None:
        return None
    return timed if quote.phase == "timed" else lot.rules["increment"]


def _shown(name: str, value: Any, lot: LotSnapshot, *, chinese: bool) -> str:  # noqa: ANN401 - of every kind
    if name == "increment":
        return _step(value, lot, chinese=chinese)
    if name == "start_price" or (name in OPTIONAL and OPTIONAL[name].kind == "amount"):
        return lot.money.show(value)
    if name.endswith("_ns"):
        return show_duration(value, chinese=chinese)
    if isinstance(value, list):
        return str(len(value))
    if name in OPTIONAL and value in OPTIONAL[name].choices:
        return OPTIONAL[name].choices[value][chinese]
    return _WORDS[value][chinese] if value in _WORDS else str(value)


def _step(increment: Any, lot: LotSnapshot, *, chinese: bool) -> str:  # noqa: ANN401 - one of the three shapes
    match increment:
        case int():
            return lot.money.show(increment)
        case (int(part), int(whole), str(rounding)):
            words = {"up": ("rounded up", "进位"), "down": ("rounded down", "舍去")}[rounding][chinese]
            return f"当前最高报价的 {part}/{whole}（{words}）" if chinese else f"{part}/{whole} of the top, {words}"
        case rows:
            told = ", ".join(f"{lot.money.show(start)}: {lot.money.show(step)}" for start, step in rows)
            return f"按表（{told}）" if chinese else f"by table ({told})"
