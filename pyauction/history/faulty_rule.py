"""Which key of a mapping a fault of the engine's rules is about. The engine names its own parameters, not the mapping's."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..errors import MisuseError

_RULES = "auction.rules"
_SAME = {
    "currency": "amount.currency",
    "unit": "amount.unit",
    "exponent": "amount.exponent",
    "unit_scale": "amount.unit_scale",
}


def faulty_rule(error: Exception, stated: Collection[str]) -> tuple[str, str]:
    """Return the key of the mapping that an error is about, and what is wrong with it, without that name again."""
    text = str(error)
    said = next(iter(error.args), text) if isinstance(error, MisuseError) else text
    name, colon, problem = text.partition(": ")
    if isinstance(error, MisuseError) and error.parameter:
        problem = error.problem
    if name in _SAME:
        return _SAME[name], problem
    if colon and name in stated:
        return f"{_RULES}.{name}", problem
    # Python and the binding quote or begin with the argument that they could not take.
    named = next((word for word in re.findall(r"\w+", text) if word in stated), None)
    return (f"{_RULES}.{named}" if named else _RULES), said
