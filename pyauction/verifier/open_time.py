"""Open time: the clock of a lot, which stands still in the spans that its rules close.

Spans are sorted and do not overlap; each holds its first time and not its last.
"""

from __future__ import annotations

from .terms import I64_MAX

Spans = tuple[tuple[int, int], ...]


def elapsed(start: int, end: int, closed: Spans = ()) -> int:
    """Return the open time between two times, of which the second is not the earlier one."""
    shut = sum(max(0, min(end, until) - max(start, since)) for since, until in closed)
    return end - start - shut


def later(start: int, by: int, closed: Spans = ()) -> int:
    """Return the earliest time that is later by an open time; a time beyond 64 bits counts as the greatest one."""
    at, left = start, by
    for since, until in closed:
        if until <= at:
            continue
        before = max(0, since - at)
        if left <= before:
            break
        at, left = until, left - before
    return min(at + left, I64_MAX)


def earlier(end: int, by: int, closed: Spans = ()) -> int:
    """Return the latest time that is earlier by an open time."""
    at, left = end, by
    for since, until in reversed(closed):
        if since >= at:
            continue
        behind = max(0, at - until)
        if left <= behind:
            break
        at, left = since, left - behind
    return at - left


def is_closed(at: int, closed: Spans) -> bool:
    """Return whether a time lies in one of the spans."""
    return any(since <= at < until for since, until in closed)
