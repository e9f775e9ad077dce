"""What phases and states are called, in English and Chinese."""

from __future__ import annotations

PHASES: dict[str, tuple[str, str]] = {
    "free": ("free quotes", "自由报价期"),
    "inquiry": ("the inquiry", "询问期"),
    "preparation": ("the preparation", "准备期"),
    "timed": ("timed bidding", "限时竞价期"),
    "sealed": ("sealed bids", "密封报价期"),
}
"""The kinds of phases."""

STATES: dict[str, tuple[str, str]] = {
    "scheduled": ("not begun", "尚未开始"),
    "suspended": ("suspended", "已中止"),
    "awaiting_opening": ("waiting for its sealed bids to be opened", "待开启密封报价"),
    "awaiting_reserve": ("closed, held for want of its reserve", "已截止，因底价未录入结果待定"),
    "awaiting_draw": ("waiting for its lottery", "待摇号"),
    "closed": ("closed", "已截止"),
    "decided": ("decided", "已出结果"),
    "terminated": ("terminated", "已终止"),
}
"""Where a lot stands outside its phases, in English and Chinese."""
