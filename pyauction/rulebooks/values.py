"""Values of rule files: from TOML to what the auction types take, and to text for readers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..auctions import Percent
from ..clock import nanoseconds
from ..errors import MisuseError
from .parameters import PARAMETERS, Parameter

if TYPE_CHECKING:
    from ..explanations import Language

_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%")
_FRACTION = re.compile(r"([0-9]+)/([0-9]+)")
_HASH = re.compile(r"[0-9a-f]{64}")
_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?")


class WrongValue(Exception):
    """A value that is not of its parameter's kind: what was expected, in both languages."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


def read_value(parameter: Parameter, raw: Any) -> Any:  # noqa: ANN401, PLR0911 - a value of any kind, one return for each
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


def _amount(raw: object) -> str:
    if isinstance(raw, str) and _AMOUNT.fullmatch(raw):
        return raw
    raise WrongValue(
        f'expected an amount in the unit as text, like "10" or "0.1", received {raw!r}',
        f'应为以报价单位计的金额文本，如 "10"、"0.1"，实为 {raw!r}',
    )


def _increment(raw: object) -> str | Percent | tuple[tuple[str, str], ...]:
    match raw:
        case str():
            return _amount(raw)
        case {"percent": str(part), "rounding": "up" | "down" as rounding, **rest} if not rest:
            return _percent(part, rounding)
        case list() if _are_pairs(raw):
            return tuple((_amount(start), _amount(step)) for start, step in raw)
    raise WrongValue(
        'expected an amount as "10", {percent = "0.5%", rounding = "up"}, or rows of [from this top amount, this step], '
        f"received {raw!r}",
        f'应为金额如 "10"、{{percent = "0.5%", rounding = "up"}}，或若干 [自此最高报价起, 幅度]，实为 {raw!r}',
    )


def _are_pairs(rows: list[Any]) -> bool:
    return bool(rows) and all(isinstance(row, list) and len(row) == _PAIR for row in rows)


_PAIR = 2


def _percent(part: str, rounding: Any) -> Percent:  # noqa: ANN401 - one of two words, as matched
    if (stated := _PERCENT.fullmatch(part)) is not None:
        fraction = Fraction(stated.group(1)) / 100
    elif (stated := _FRACTION.fullmatch(part)) is not None and int(stated.group(2)):
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
    raise WrongValue(
        f'expected a length of time as "5m", "1h30m" or "10d", received {raw!r}',
        f'应为时长，如 "5m"、"1h30m"、"10d"，实为 {raw!r}',
    )


def _time(raw: object) -> datetime:
    if isinstance(raw, datetime) and raw.tzinfo is not None:
        return raw
    raise WrongValue(
        f"expected a time with its offset, like 2026-12-01T10:00:00+08:00, received {raw!r}",
        f"应为带时区的时间，如 2026-12-01T10:00:00+08:00，实为 {raw!r}",
    )


def _spans(raw: object) -> tuple[tuple[datetime, datetime], ...]:
    if isinstance(raw, list) and _are_pairs(raw):
        return tuple((_time(start), _time(end)) for start, end in raw)
    raise WrongValue(
        f"expected pairs of times [[from, until], ...], received {raw!r}", f"应为时间对 [[自, 至], ...]，实为 {raw!r}"
    )


def _hashes(raw: object) -> tuple[bytes, ...]:
    if isinstance(raw, list) and raw and all(isinstance(each, str) and _HASH.fullmatch(each) for each in raw):
        return tuple(bytes.fromhex(each) for each in raw)
    raise WrongValue(
        f"expected hashes of 64 hexadecimal digits, received {raw!r}", f"应为若干 64 位十六进制数，实为 {raw!r}"
    )


def _count(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool) and raw > 0:
        return raw
    raise WrongValue(f"expected a whole number from 1 on, received {raw!r}", f"应为不小于 1 的整数，实为 {raw!r}")


def _choice(parameter: Parameter, raw: object) -> str:
    if isinstance(raw, str) and raw in parameter.choices:
        return raw
    known = ", ".join(parameter.choices)
    raise WrongValue(f"expected one of {known}, received {raw!r}", f"应为 {known} 之一，实为 {raw!r}")


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
        case tuple() if all(isinstance(each, bytes) for each in value):
            return " ".join(_shown(each, lang) for each in value)
        case tuple():
            return "; ".join(f"{_shown(start, lang)} – {_shown(end, lang)}" for start, end in value)
        case _:
            return str(value)


def as_data(value: Any) -> Any:  # noqa: ANN401 - a value of any kind
    """Return a value as JSON holds it."""
    match value:
        case Percent():
            return {"percent": f"{value.numerator}/{value.denominator}", "rounding": value.rounding}
        case bytes():
            return value.hex()
        case datetime():
            return value.isoformat()
        case tuple():
            return [as_data(each) for each in value]
        case Mapping():
            return {key: as_data(each) for key, each in value.items()}
        case _:
            return value
