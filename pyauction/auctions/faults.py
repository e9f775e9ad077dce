"""Faults of the rules that several auction types find, before the engine sees them."""

from __future__ import annotations

from ..errors import RuleError
from ..told import Told


def unstated(parameter: str) -> RuleError:
    """Return that a parameter must be stated."""
    return RuleError(Told("must be stated; there is no default", "须写明，没有默认值"), parameter)


def one_of_two(one: str, other: str, *, exactly: bool = False) -> RuleError:
    """Return that not both of two parameters may be stated, or that exactly one must be."""
    english, chinese = ("exactly one", "必须且只能") if exactly else ("one", "只能")
    problem = Told(f"expected {english} of them", f"{chinese}写明其一")
    return RuleError(problem, Told(f"{one} and {other}", f"{one} 与 {other}"))


def too_few(parameter: str, least: int, method: Told, received: object) -> RuleError:
    """Return that a method needs more of something; the Chinese of `method` says of what, with the place of the number."""
    if received is None:
        return unstated(parameter)
    english = f"expected at least {least} for {method}, received {received!r}"
    return RuleError(Told(english, f"{method.chinese.format(least)}，实为 {received!r}"), parameter)
