"""What a comparison finds: differences, and what could not be read. Plain values with the place where each stands."""

from __future__ import annotations

import msgspec

from ..errors import MisuseError

_SHOWN = 80


class MappingError(MisuseError):
    """A mapping contradicts itself or the files that it describes. Names the key, what was expected and what came."""


class Mismatch(msgspec.Struct, frozen=True):
    """A recorded fact that the replay does not share.

    `field` is "winner", "price" or "acceptance". Both sides are text, a price as a decimal number in the mapping's
    unit; None is nobody, or no price: unsold. `line` is the physical line on which the recorded fact's row begins.
    """

    lot: str
    line: int
    field: str
    recorded: str | None
    replayed: str | None


class Skipped(msgspec.Struct, frozen=True):
    """Something that was left out: the file, the physical line on which its row begins, the column, and why."""

    file: str
    line: int | None
    column: str | None
    reason: str


class Unreadable(ValueError):
    """One text that is not what its column should hold. `reason` says what was expected and what came."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnreadableCell(Unreadable):
    """An unreadable text with its place; `skipped` is what the report lists."""

    def __init__(self, skipped: Skipped) -> None:
        super().__init__(skipped.reason)
        self.skipped = skipped


def shown(text: str) -> str:
    """Return `text` quoted, with what cannot be printed escaped, and not longer than a line."""
    quoted = ascii(text) if any("\ud800" <= letter <= "\udfff" for letter in text) else repr(text)
    return quoted if len(quoted) <= _SHOWN else f"{quoted[: _SHOWN - 4]}...{quoted[0]}"


def is_text(text: str) -> bool:
    """Whether a value was in its file's encoding: bytes that were not are kept as lone surrogates."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
