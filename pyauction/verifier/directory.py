"""The directory of a journal: its files by name, none of which is opened before it is known to be a regular file."""

from __future__ import annotations

import stat
from pathlib import Path

from .contents import FileContents, UnreadableError, unreadable
from .names import is_kept, is_segment, shown


def files_of(directory: str | Path) -> dict[str, FileContents]:
    """Return the files of a directory, or raise `UnreadableError` if a segment or a `.torn` file is not a file."""
    try:
        paths = sorted(Path(directory).iterdir())
    except OSError as error:
        raise unreadable(str(directory), error) from error
    for path in paths:
        if is_segment(path.name) or is_kept(path.name):
            _check_regular(path)
    return {path.name: FileContents(path) for path in paths}


def _check_regular(path: Path) -> None:
    """Refuse what may be a directory, a device or nothing at all; a pipe would never end."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise unreadable(path.name, error) from error
    if not stat.S_ISREG(mode):
        raise UnreadableError(f"{shown(path.name)} is not a regular file", f"{shown(path.name)} 不是普通文件")
