"""The names of a journal's files: which are segments, which are kept bytes, and how a name is shown."""

from __future__ import annotations

import re

from .terms import U64_MAX

_SEGMENT = re.compile(r"([0-9]{20})\.plog", re.ASCII)
_KEPT = re.compile(r"[0-9]{20}-[0-9]{20}\.torn", re.ASCII)


def is_segment(name: str) -> bool:
    """Return whether a name is that of a segment: 20 digits of a number below 2**64."""
    match = _SEGMENT.fullmatch(name)
    return match is not None and int(match[1]) <= U64_MAX


def is_kept(name: str) -> bool:
    """Return whether a name is that of a `.torn` file, which keeps the bytes of a cut."""
    return _KEPT.fullmatch(name) is not None


def segment_name(first_seq: int) -> str:
    """Return the name of the segment that begins with a record."""
    return f"{first_seq:020}.plog"


def kept_name(segment: str, offset: int) -> str:
    """Return the name of the `.torn` file of a cut."""
    return f"{segment.removesuffix('.plog')}-{offset:020}.torn"


def shown(name: str) -> str:
    r"""Return a name as one line of text: what cannot be printed, and the backslash, is escaped as in `\xff` or `\n`."""
    return "".join(map(_shown, name))


def _shown(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # A byte of a name that is not UTF-8, as Python hands it over.
        return f"\\x{ord(char) - 0xDC00:02x}"
    if char.isprintable() and char != "\\":
        return char
    return char.encode("unicode_escape").decode("ascii")
