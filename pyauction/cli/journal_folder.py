"""A folder that should be a journal. What `replay --journal` leaves is one journal a lot, each in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from ..told import Told
from .faults import Unreadable

_SEGMENTS = "*.plog"
_NAMED = 3


def journals_in(folder: Path) -> list[Path]:
    """Return the folders in a folder that hold a journal, by name."""
    return sorted({segment.parent for segment in folder.glob(f"*/{_SEGMENTS}")})


def check_journal(folder: Path) -> None:
    """Raise `Unreadable` for a folder that is none but holds some, and name them. Others are for who reads them."""
    if next(folder.glob(_SEGMENTS), None) is not None:
        return
    if inner := journals_in(folder):
        named, more = ", ".join(str(each) for each in inner[:_NAMED]), len(inner) - _NAMED
        raise Unreadable(
            Told(
                f"{folder}: expected a journal, found folders that hold one each; name one of them: {named}"
                + (f" and {more} more" if more > 0 else ""),
                f"{folder}：应为一份日志，而其中各子目录分别是一份日志，请指定其一：{named}"
                + (f" 等，另有 {more} 份" if more > 0 else ""),
            )
        )
