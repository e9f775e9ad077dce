"""Times and durations as a file writes them, read exactly into nanoseconds. The zone of a time is never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from ..clock import nanoseconds, show_time
from ..told import Told
from .findings import MappingError, Unreadable, shown
from .mapping import SINCE, UNIX, Column, TimeFormat
from .whole import read_whole

ReadTime = Callable[[str], int]

LATEST_NS = 1 << 62
"""The latest time that a journal can hold, in the year 2116."""

_NS = {"d": 86_400 * 10**9, "h": 3_600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_COUNTED = dict(zip((*UNIX, *SINCE), ("s", "ms", "us", "ns", "s", "m", "h", "d"), strict=True))
NUMBER = re.compile(r"(-?)([0-9]{1,40})(?:\.([0-9]{1,100}))?", re.ASCII)
"""A decimal number, not longer than any clock needs."""
ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,]([0-9]{1,100}))?)?)"
    r"(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    re.ASCII,
)
"""A day, a time of day, its decimals of a second, its offset. Decimals of a minute would be read wrongly."""
_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):?([0-5][0-9])", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_NS = 10**18
"""The longest duration that rules can state (FORMAT.md B.1)."""


def time_reader(form: TimeFormat) -> ReadTime:
    """Return what reads a time into nanoseconds since 1970 UTC, or since its origin. It raises `Unreadable`."""
    if form.format in _COUNTED:
        return _count_reader(form)
    zone = None if form.zone is None else zone_of(form.zone)
    return _iso_reader(form, zone) if form.format == "iso" else _pattern_reader(form, zone)


def column_time_reader(column: Column, form: TimeFormat, key: str) -> ReadTime:
    """Return what reads the times of a column, which may have a format or a zone of its own. Raises `MappingError`."""
    if column.format is None and form.format in SINCE:
        raise MappingError(
            f"{key}: expected a format of its own for column {column.column!r}, because [time] counts {form.format} its "
            "origin"
        )
    try:
        own = TimeFormat(
            format=column.format or form.format,
            zone=column.zone or form.zone,
            ambiguous=form.ambiguous,
            finer=form.finer,
        )
        return time_reader(own)
    except MappingError as error:
        raise MappingError(f"{key}: {str(error).removeprefix('time.')}") from None


def constant_time(text: str, key: str, zone: str | None) -> int:
    """Return a time that a mapping states, in ISO form. Raises `MappingError`."""
    try:
        return time_reader(TimeFormat(format="iso", zone=zone))(text)
    except Unreadable as error:
        raise MappingError(error.args[0], key) from None


def constant_duration(value: object, key: str) -> int:
    """Return a duration that a mapping states, as "24h". Raises `MappingError`."""
    if isinstance(value, str):
        try:
            return _bounded(nanoseconds(value), value)
        except Unreadable as error:
            raise MappingError(error.args[0], key) from None
        except ValueError:  # MisuseError, and what Python says of thousands of digits.
            pass
    came = shown(value) if isinstance(value, str) else repr(value)
    raise MappingError(f'{key}: expected a duration as "24h", "10m" or "1h30m", received {came}')


def read_duration(text: str, unit: str | None) -> int:
    """Return the duration that a column states: a number in `unit`, or text as 24h. Raises `Unreadable`."""
    if unit is not None:
        return _bounded(_scaled(text, _NS[unit], truncate=False), text)
    try:
        return _bounded(nanoseconds(text), text)
    except Unreadable:
        raise
    except ValueError:  # MisuseError, and what Python says of thousands of digits.
        raise Unreadable(
            Told(
                f"expected a duration as 24h or 10m, received {shown(text)}; a number needs a unit",
                f"应为 24h 或 10m 这样的时长，实为 {shown(text)}；数字须在映射中注明单位",
            )
        ) from None


def in_range(ns: int, came: str) -> int:
    """Return a time that a journal can hold. `came` is what was read. Raises `Unreadable`."""
    if 0 <= ns <= LATEST_NS:
        return ns
    raise Unreadable(
        Told(f"expected a time from 1970 to 2116, received {came}", f"应为 1970 至 2116 年间的时间，实为 {came}")
    )


def since_text(ns: int, origin: int) -> str:
    """Return a time that counts from an origin as a reader of the file would say it."""
    return f"{Decimal(ns) / 10**9:f} s since {show_time(origin)}"


def _bounded(ns: int, text: str) -> int:
    if 0 < ns <= _LONGEST_NS:
        return ns
    raise Unreadable(
        Told(
            f"expected a duration above zero and of at most 11574 days, received {shown(text)}",
            f"应为大于零且不超过 11574 天的时长，实为 {shown(text)}",
        )
    )


def zone_of(name: str) -> tzinfo:
    """Return a zone by its name in the time zone database, or by its offset. Raises `MappingError`."""
    if offset := _OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        length = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-length if sign == "-" else length)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        expected = "a zone of the time zone database such as Asia/Shanghai, or an offset such as +08:00"
        raise MappingError(f"time.zone: expected {expected}, received {shown(name)}") from None


def _count_reader(form: TimeFormat) -> ReadTime:
    scale = _NS[_COUNTED[form.format]]
    truncate = form.finer == "truncate"
    absolute = form.format in UNIX

    def read(text: str) -> int:
        plain = text.isascii() and text.isdecimal()
        ns = read_whole(text) * scale if plain else _scaled(text, scale, truncate=truncate)
        return ns if not absolute or 0 <= ns <= LATEST_NS else in_range(ns, shown(text))

    return read


def _scaled(text: str, scale: int, *, truncate: bool) -> int:
    """Return a decimal number times `scale`, exactly."""
    match = NUMBER.fullmatch(text)
    if match is None:
        raise Unreadable(
            Told(f"expected a decimal number, received {shown(text)}", f"应为十进制数，实为 {shown(text)}")
        )
    sign, whole, places = match.groups()
    exact = int(whole) * scale
    if places:
        more, rest = divmod(int(places) * scale, 10 ** len(places))
        if rest and not truncate:
            raise Unreadable(_too_fine(text))
        exact += more
    return -exact if sign else exact


def _iso_reader(form: TimeFormat, zone: tzinfo | None) -> ReadTime:
    truncate = form.finer == "truncate"

    def read(text: str) -> int:
        match = ISO.fullmatch(text)
        if match is None:
            raise Unreadable(_no_time("2023-10-18T18:32:47+08:00", text))
        day, clock, places, offset = match.groups()
        seconds = re.split("[.,]", clock)[0]
        try:
            moment = datetime.fromisoformat(f"{day}T{seconds}{offset or ''}")
        except ValueError as error:
            raise Unreadable(
                Told(
                    f"expected a time that exists, received {shown(text)}: {error}",
                    f"应为实际存在的时间，实为 {shown(text)}",
                )
            ) from None
        ns = _fraction_ns(places, text, truncate=truncate) if places else 0
        return in_range(_moment_ns(moment, zone, form.ambiguous, text) + ns, shown(text))

    return read


def _fraction_ns(places: str, text: str, *, truncate: bool) -> int:
    exact = Fraction(int(places) * 10**9, 10 ** len(places))
    if exact.denominator != 1 and not truncate:
        raise Unreadable(_too_fine(text))
    return int(exact)


def _pattern_reader(form: TimeFormat, zone: tzinfo | None) -> ReadTime:
    def read(text: str) -> int:
        try:
            moment = datetime.strptime(text, form.format)  # noqa: DTZ007 - the zone is joined, or refused, below
        except ValueError:
            raise Unreadable(_no_time(form.format, text)) from None
        return in_range(_moment_ns(moment, zone, form.ambiguous, text), shown(text))

    return read


def _moment_ns(moment: datetime, zone: tzinfo | None, ambiguous: str, text: str) -> int:
    """Return a moment in nanoseconds; one without offset is taken in `zone`, if the clocks there showed it once."""
    try:
        if moment.tzinfo is None:
            if zone is None:
                raise Unreadable(
                    Told(
                        f"expected a time with its offset, or time.zone in the mapping; received {shown(text)}",
                        f"时间应带时区偏移，或在映射中写明 time.zone；实为 {shown(text)}",
                    )
                )
            moment = _in_zone(moment, zone, ambiguous, text)
        return nanoseconds(moment.astimezone(UTC) - _EPOCH)
    except OverflowError:  # In UTC it would be before the year 1 or after 9999.
        return in_range(-1, shown(text))


def _in_zone(naive: datetime, zone: tzinfo, ambiguous: str, text: str) -> datetime:
    earlier, later = naive.replace(tzinfo=zone), naive.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() == later.utcoffset():
        return earlier
    if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        raise Unreadable(
            Told(
                f"expected a time that the clocks of {zone} showed, received {shown(text)}: they skipped it",
                f"应为 {zone} 的时钟显示过的时间，实为 {shown(text)}：当地时钟跳过了它",
            )
        )
    if ambiguous == "refuse":
        raise Unreadable(
            Told(
                f"expected an unambiguous time, received {shown(text)}, which the clocks of {zone} showed twice",
                f"时间应无歧义，实为 {shown(text)}：{zone} 的时钟显示过它两次",
            )
        )
    return earlier if ambiguous == "earlier" else later


def _no_time(form: str, text: str) -> Told:
    return Told(f"expected a time as {form}, received {shown(text)}", f"应为形如 {form} 的时间，实为 {shown(text)}")


def _too_fine(text: str) -> Told:
    return Told(
        f"expected a whole number of nanoseconds, received {shown(text)}; finer = 'truncate' cuts it",
        f"应为整数纳秒，实为 {shown(text)}；finer = 'truncate' 可截去多余位数",
    )
