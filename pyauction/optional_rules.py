"""The rules of the engine that are off when absent (FORMAT.md B.1, from key 22 on), as the engine states them."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from ._engine import OPTIONAL_RULES

OptionalKind = Literal["amount", "length", "count", "spans", "hashes", "choice"]


class OptionalRule(NamedTuple):
    """One of them: its name, the keyword of the native rules, its kind, its name for readers, and its choices.

    `label` is None for a rule that the auction types derive. `choices` has the words for readers by code.
    """

    name: str
    keyword: str
    kind: OptionalKind
    label: tuple[str, str] | None
    choices: dict[str, tuple[str, str]]


_KINDS: dict[str, OptionalKind] = {kind: kind for kind in get_args(OptionalKind)}
OPTIONAL = {
    name: OptionalRule(name, keyword, _KINDS[kind], label, dict(choices))
    for name, keyword, kind, label, choices in OPTIONAL_RULES
}
"""Each by its name, in the order of keys."""
