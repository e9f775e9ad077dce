"""Parameters as callers state them. A fault says which parameter it is about, what was expected and what came."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from .clock import Duration, Time, nanoseconds, timestamp_ns
from .errors import MisuseError, RuleError
from .told import Told


@contextmanager
def naming(parameter: str) -> Iterator[None]:
    """Say in every `MisuseError` which parameter it is about."""
    try:
        yield
    except MisuseError as error:
        name = f"{parameter}: {error.parameter}" if error.parameter else parameter
        raise type(error)(error.problem, name) from None


def span(parameter: str, duration: Duration | None) -> int | None:
    """Return a stated length of time in nanoseconds."""
    with naming(parameter):
        return None if duration is None else _in_64_bits(nanoseconds(duration), duration)


def point(parameter: str, time: Time | None) -> int | None:
    """Return a stated time in nanoseconds."""
    with naming(parameter):
        return None if time is None else _in_64_bits(timestamp_ns(time), time)


def whole(parameter: str, number: int | None) -> int | None:
    """Return a stated number, which is an `int` in 64 bits and not a bool."""
    if number is not None and (isinstance(number, bool) or not isinstance(number, int) or abs(number) >= 2**63):
        raise RuleError(
            Told(f"expected a whole number in 64 bits, received {number!r}", f"应为 64 位整数，实为 {number!r}"),
            parameter,
        )
    return number


def _in_64_bits(ns: int, stated: object) -> int:
    if -(2**63) <= ns < 2**63:
        return ns
    came = stated.isoformat() if isinstance(stated, datetime) else repr(stated)
    raise MisuseError(
        Told(
            f"expected nanoseconds in 64 bits, about 292 years, received {came}",
            f"应为 64 位以内的纳秒数（约 292 年），实为 {came}",
        )
    )
