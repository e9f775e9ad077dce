"""Times and durations as a file writes them, read exactly into nanoseconds. The zone of a time is never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from fractions import Fraction
from zoneinfo import ZoneInfo

from ..clock import nanoseconds
from ..errors import MisuseError
from .findings import MappingError, Unreadable, shown
from .mapping import SINCE, UNIX, Column, TimeFormat

ReadTime = Callable[[str], int]

LATEST_NS = 1 << 62
"""The latest time that a journal can hold, in the year 2116."""

_NS = {"d": 86_400 * 10**9, "h": 3_600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_COUNTED = dict(zip((*UNIX, *SINCE), ("s", "ms", "us", "ns", "s", "m", "h", "d"), strict=True))
_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,]([0-9]+))?"
    r"(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    re.ASCII,
)
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_reader(form: TimeFormat) -> ReadTime:
    """Return what reads a time into nanoseconds since 1970 UTC, or since its origin. It raises `Unreadable`."""
    if form.format in _COUNTED:
        return _count_reader(form)
    zone = None if form.zone is None else zone_of(form.zone)
    return _iso_reader(form, zone) if form.format == "iso" else _pattern_reader(form, zone)


def column_time_reader(column: Column, form: TimeFormat) -> ReadTime:
    """Return what reads the times of a column, which may have a format or a zone of its own."""
    if column.format is None and form.format in SINCE:
        raise MappingError(
            f"column {column.column!r}: expected a format of its own, because [time] counts {form.format} its origin"
        )
    own = TimeFormat(
        format=column.format or form.format,
        zone=column.zone or form.zone,
        ambiguous=form.ambiguous,
        finer=form.finer,
    )
    return time_reader(own)


def constant_time(text: str, key: str, zone: str | None) -> int:
    """Return a time that a mapping states, in ISO form. Raises `MappingError`."""
    try:
        return in_range(time_reader(TimeFormat(format="iso", zone=zone))(text))
    except Unreadable as error:
        raise MappingError(f"{key}: {error}") from None


def constant_duration(value: object, key: str) -> int:
    """Return a duration that a mapping states, as "24h". Raises `MappingError`."""
    if isinstance(value, str):
        try:
            return nanoseconds(value)
        except MisuseError:
            pass
    raise MappingError(f'{key}: expected a duration as "24h", "10m" or "1h30m", received {value!r}')


def read_duration(text: str, unit: str | None) -> int:
    """Return the duration that a column states: a number in `unit`, or text as 24h. Raises `Unreadable`."""
    if unit is not None:
        return _scaled(text, _NS[unit], truncate=False)
    try:
        return nanoseconds(text)
    except MisuseError:
        raise Unreadable(f"expected a duration as 24h or 10m, received {shown(text)}; a number needs a unit") from None


def in_range(ns: int) -> int:
    """Return a time that a journal can hold. Raises `Unreadable`."""
    if 0 <= ns <= LATEST_NS:
        return ns
    raise Unreadable(f"expected a time from 1970 to 2116, received {ns} ns since 1970 UTC")


def zone_of(name: str) -> tzinfo:
    """Return a zone by its name in the time zone database, or by its offset. Raises `MappingError`."""
    if offset := _OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        length = timedelta(hours=int(hours), minutes=int(minutes))
        if length < timedelta(hours=24):
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
        ns = int(text) * scale if plain else _scaled(text, scale, truncate=truncate)
        return ns if not absolute or 0 <= ns <= LATEST_NS else in_range(ns)

    return read


def _scaled(text: str, scale: int, *, truncate: bool) -> int:
    """Return a decimal number times `scale`, exactly."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise Unreadable(f"expected a decimal number, received {shown(text)}")
    sign, whole, places = match.groups()
    exact = int(whole) * scale
    if places:
        more, rest = divmod(int(places) * scale, 10 ** len(places))
        if rest and not truncate:
            raise Unreadable(
                f"expected a whole number of nanoseconds, received {shown(text)}; finer = 'truncate' cuts it"
            )
        exact += more
    return -exact if sign else exact


def _iso_reader(form: TimeFormat, zone: tzinfo | None) -> ReadTime:
    truncate = form.finer == "truncate"

    def read(text: str) -> int:
        match = _ISO.fullmatch(text)
        if match is None:
            raise Unreadable(f"expected a time as 2023-10-18T18:32:47+08:00, received {shown(text)}")
        day, clock, places, offset = match.groups()
        try:
            moment = datetime.fromisoformat(f"{day}T{clock}{offset or ''}")
        except ValueError as error:
            raise Unreadable(f"expected a time that exists, received {shown(text)}: {error}") from None
        ns = _fraction_ns(places, text, truncate=truncate) if places else 0
        return in_range(_moment_ns(moment, zone, form.ambiguous, text) + ns)

    return read


def _fraction_ns(places: str, text: str, *, truncate: bool) -> int:
    exact = Fraction(int(places) * 10**9, 10 ** len(places))
    if exact.denominator != 1 and not truncate:
        raise Unreadable(f"expected a whole number of nanoseconds, received {shown(text)}; finer = 'truncate' cuts it")
    return int(exact)


def _pattern_reader(form: TimeFormat, zone: tzinfo | None) -> ReadTime:
    def read(text: str) -> int:
        try:
            moment = datetime.strptime(text, form.format)  # noqa: DTZ007 - the zone is joined, or refused, below
        except ValueError:
            raise Unreadable(f"expected a time as {form.format}, received {shown(text)}") from None
        return in_range(_moment_ns(moment, zone, form.ambiguous, text))

    return read


def _moment_ns(moment: datetime, zone: tzinfo | None, ambiguous: str, text: str) -> int:
    """Return a moment in nanoseconds; one without offset is taken in `zone`, if the clocks there showed it once."""
    if moment.tzinfo is None:
        if zone is None:
            raise Unreadable(f"expected a time with its offset, or time.zone in the mapping; received {shown(text)}")
        moment = _in_zone(moment, zone, ambiguous, text)
    return nanoseconds(moment.astimezone(UTC) - _EPOCH)


def _in_zone(naive: datetime, zone: tzinfo, ambiguous: str, text: str) -> datetime:
    earlier, later = naive.replace(tzinfo=zone), naive.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() == later.utcoffset():
        return earlier
    if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        raise Unreadable(f"expected a time that the clocks of {zone} showed, received {shown(text)}: they skipped it")
    if ambiguous == "refuse":
        raise Unreadable(
            f"expected an unambiguous time, received {shown(text)}, which the clocks of {zone} showed twice"
        )
    return earlier if ambiguous == "earlier" else later
