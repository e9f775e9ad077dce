"""Values of rule files: from TOML to what the auction types take, and to text for readers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..auctions import Percent
from ..clock import nanoseconds
from ..errors import MisuseError
from ..evaluation import Part, check_parts
from .parameters import FORMS, PARAMETERS, Kind, Parameter

if TYPE_CHECKING:
    from ..explanations import Language

_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%")
_FRACTION = re.compile(r"([0-9]+)/([0-9]+)")
_LONGEST_PERCENT = 40
"""Beyond so many characters no part fits into 64 bits."""
_HASH = re.compile(r"[0-9a-f]{64}")
_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?")


class WrongValue(Exception):
    """A value that is not of its parameter's kind: what was expected, in both languages."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


def read_value(parameter: Parameter, raw: Any) -> Any:  # noqa: ANN401, C901, PLR0911 - one return for each kind
    """Return the value that a rule file states. Raises `WrongValue`."""
    match parameter.kind:
        case "amount":
            return _amount(raw)
        case "increment":
            return _increment(raw)
        case "length":
            return _length(raw)
        case "time":
            return _time(raw)
        case "spans":
            return _spans(raw)
        case "hashes":
            return _hashes(raw)
        case "count":
            return _count(raw)
        case "choice":
            return _choice(parameter, raw)
        case "texts":
            return _texts(raw)
        case "parts":
            return _parts(raw)


def _wrong(kind: Kind, raw: object) -> WrongValue:
    en, zh = FORMS[kind]
    came = raw.isoformat() if isinstance(raw, date) else repr(raw)
    return WrongValue(f"expected {en}, received {came}", f"应为{zh}，实为 {came}")


def _amount(raw: object) -> str:
    if isinstance(raw, str) and _AMOUNT.fullmatch(raw):
        return raw
    raise _wrong("amount", raw)


def _increment(raw: object) -> str | Percent | tuple[tuple[str, str], ...]:
    match raw:
        case str():
            return _amount(raw)
        case {"percent": str(part), "rounding": "up" | "down" as rounding, **rest} if not rest:
            return _percent(part, rounding)
        case list() if _are_pairs(raw):
            return tuple((_amount(start), _amount(step)) for start, step in raw)
    raise _wrong("increment", raw)


def _are_pairs(rows: list[Any]) -> bool:
    return bool(rows) and all(isinstance(row, list) and len(row) == _PAIR for row in rows)


_PAIR = 2


def _percent(part: str, rounding: Any) -> Percent:  # noqa: ANN401 - one of two words, as matched
    short = part if len(part) <= _LONGEST_PERCENT else ""
    if (stated := _PERCENT.fullmatch(short)) is not None:
        fraction = Fraction(stated.group(1)) / 100
    elif (stated := _FRACTION.fullmatch(short)) is not None and int(stated.group(2)):
        fraction = Fraction(int(stated.group(1)), int(stated.group(2)))
    else:
        raise WrongValue(
            f'expected a percentage as "0.5%" or "1/200", received {part!r}',
            f'应为百分比，如 "0.5%" 或 "1/200"，实为 {part!r}',
        )
    return Percent(fraction.numerator, fraction.denominator, rounding)


def _length(raw: object) -> str:
    if isinstance(raw, str):
        try:
            if nanoseconds(raw) > 0:
                return raw
        except MisuseError:
            pass
    raise _wrong("length", raw)


def _time(raw: object) -> datetime:
    if isinstance(raw, datetime) and raw.tzinfo is not None:
        return raw
    raise _wrong("time", raw)


def _spans(raw: object) -> tuple[tuple[datetime, datetime], ...]:
    if isinstance(raw, list) and _are_pairs(raw):
        return tuple((_time(start), _time(end)) for start, end in raw)
    raise _wrong("spans", raw)


def _hashes(raw: object) -> tuple[bytes, ...]:
    if isinstance(raw, list) and raw and all(isinstance(each, str) and _HASH.fullmatch(each) for each in raw):
        return tuple(bytes.fromhex(each) for each in raw)
    raise _wrong("hashes", raw)


def _count(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool) and raw > 0:
        return raw
    raise _wrong("count", raw)


def _choice(parameter: Parameter, raw: object) -> str:
    if isinstance(raw, str) and raw in parameter.choices:
        return raw
    known = ", ".join(parameter.choices)
    raise WrongValue(f"expected one of {known}, received {raw!r}", f"应为 {known} 之一，实为 {raw!r}")


def _texts(raw: object) -> tuple[str, ...]:
    if isinstance(raw, list) and raw and all(isinstance(each, str) and each for each in raw):
        return tuple(raw)
    raise _wrong("texts", raw)


def _parts(raw: object) -> tuple[Part, ...]:
    try:
        parts = tuple(Part(name, points, by) for name, points, by in raw)  # type: ignore[attr-defined]
        check_parts(parts)
    except (TypeError, ValueError, MisuseError):
        raise _wrong("parts", raw) from None
    return parts


def show_value(name: str, value: Any, lang: Language) -> str:  # noqa: ANN401 - a value of any kind
    """Return the value of a parameter for readers."""
    parameter = PARAMETERS[name]
    return parameter.word(value, lang) if value in parameter.choices else _shown(value, lang)


def _shown(value: Any, lang: Language) -> str:  # noqa: ANN401, PLR0911 - a value of any kind, one return for each
    chinese = lang == "zh-CN"
    match value:
        case None:
            return "不设" if chinese else "off"
        case Percent():
            rounding = {"up": ("up", "进位"), "down": ("down", "舍去")}[value.rounding][chinese]
            return f"{value.numerator}/{value.denominator} ({rounding})"
        case datetime():
            return value.isoformat()
        case bytes():
            return value.hex()
        case Part():
            by = {"panel": ("panel", "评委打分"), "share_of_highest": ("share of the highest", "占最高报价的比例")}
            words = by[value.by][chinese]
            return f"{value.name} {value.points}（{words}）" if chinese else f"{value.name} {value.points} ({words})"
        case tuple() if all(isinstance(each, Part) for each in value):
            return "; ".join(_shown(each, lang) for each in value)
        case tuple() if all(isinstance(each, str) for each in value):
            return ", ".join(value)
        case tuple() if all(isinstance(each, bytes) for each in value):
            return " ".join(_shown(each, lang) for each in value)
        case tuple():
            return "; ".join(f"{_shown(start, lang)} – {_shown(end, lang)}" for start, end in value)
        case _:
            return str(value)


def as_data(value: Any) -> Any:  # noqa: ANN401, PLR0911 - a value of any kind, one return for each
    """Return a value as JSON holds it."""
    match value:
        case Percent():
            return {"percent": f"{value.numerator}/{value.denominator}", "rounding": value.rounding}
        case bytes():
            return value.hex()
        case Part():
            return [value.name, value.points, value.by]
        case datetime():
            return value.isoformat()
        case tuple():
            return [as_data(each) for each in value]
        case Mapping():
            return {key: as_data(each) for key, each in value.items()}
        case _:
            return value
