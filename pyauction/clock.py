"""Points and lengths of time as callers state them. Inside they are nanoseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from .errors import MisuseError
from .told import Told

Duration = int | str | timedelta
"""A length of time: `int` is nanoseconds; text as "4m", "1h30m", "90s", "250ms", "1h1ns"; or a `timedelta`."""

Time = int | datetime
"""A point in time: `int` is nanoseconds since 1970 UTC; or an aware `datetime`."""

_NS = {
    "d": 86_400_000_000_000,
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
_UNITS = {"d": "天", "h": "小时", "m": "分钟", "s": "秒", "ms": "毫秒", "us": "微秒", "ns": "纳秒"}
_PART = re.compile(r"([0-9]{1,20})(ms|us|ns|[dhms])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def nanoseconds(duration: Duration) -> int:
    """Return a duration in nanoseconds. Raises `MisuseError` for a bool, a float or text of another form."""
    if isinstance(duration, timedelta):
        return (duration.days * 86_400_000_000 + duration.seconds * 1_000_000 + duration.microseconds) * 1_000
    if isinstance(duration, int) and not isinstance(duration, bool):
        return duration
    if isinstance(duration, str) and re.fullmatch(f"(?:{_PART.pattern})+", duration, re.ASCII):
        return sum(int(count) * _NS[unit] for count, unit in _PART.findall(duration))
    raise MisuseError(
        Told(
            f"expected nanoseconds, a timedelta or text as '4m' or '1h30m', received {duration!r}",
            f"应为纳秒数、timedelta 或形如 '4m'、'1h30m' 的文本，实为 {duration!r}",
        )
    )


def timestamp_ns(time: Time) -> int:
    """Return a time in nanoseconds since 1970 UTC. A naive datetime is refused: it does not say which time it is."""
    if isinstance(time, datetime):
        if time.tzinfo is None or time.utcoffset() is None:
            came = time.isoformat()
            raise MisuseError(
                Told(
                    f"expected a datetime with a time zone, received the naive {came}",
                    f"应为带时区的 datetime，实为不带时区的 {came}",
                )
            )
        return nanoseconds(time - _EPOCH)
    if isinstance(time, int) and not isinstance(time, bool):
        return time
    raise MisuseError(
        Told(
            f"expected nanoseconds since 1970 UTC or an aware datetime, received {time!r}",
            f"应为自 1970 年（UTC）起的纳秒数或带时区的 datetime，实为 {time!r}",
        )
    )


def show_time(ns: int | None, zone: tzinfo | None = None) -> str:
    """Return a time as text with all nine digits; in UTC unless a zone is given."""
    if ns is None:
        return "-"
    seconds, rest = divmod(ns, 1_000_000_000)
    moment = (_EPOCH + timedelta(seconds=seconds)).astimezone(zone or UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{rest:09d}{moment:%z}"


def show_duration(ns: int, *, chinese: bool = False) -> str:
    """Return a length of time as text that `nanoseconds` reads, as "1h30m"; or in Chinese, as "1小时30分钟"."""
    shown, rest = "", abs(ns)
    for unit, length in _NS.items():
        count, rest = divmod(rest, length)
        shown += f"{count}{_UNITS[unit] if chinese else unit}" if count else ""
    return f"{'-' if ns < 0 else ''}{shown or ('0秒' if chinese else '0s')}"
