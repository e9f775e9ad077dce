"""Records and outcomes in words, for findings."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from .rules import LotRules
from .terms import NONE, ZERO_32

if TYPE_CHECKING:
    from .record import Record
    from .settle import Settlement


def describe(said: Record | Settlement) -> str:
    """Return one line that a person can read: the type and every field that is not at its resting value."""
    resting = {0, NONE, "", b"", ZERO_32}
    parts = []
    for name in (field.name for field in fields(said)):
        value = getattr(said, name)
        if isinstance(value, LotRules) or value in resting:
            continue
        parts.append(f"{name}={_show(value)}")
    return f"{type(said).__name__}({', '.join(parts)})"


def _show(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return " ".join(map(_show, value))
    name = getattr(value, "name", None)
    return name.lower() if isinstance(name, str) else str(value)
