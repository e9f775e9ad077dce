"""A journal of any store as a directory, which `pyauction verify` and the independent verifier read."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from ..errors import MisuseError
from .protocol import Journal

SEGMENT = "00000000000000000001.plog"
"""The one segment that a store's frames make (FORMAT.md A.7)."""


def export_journal(journal: Journal, directory: str | PathLike[str]) -> Path:
    """Write the frames of a store into a new or empty directory, as the one segment they are; return the segment's path.

    What is exported may be verified, replayed and shown. A house must not write it: the store goes on elsewhere.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise MisuseError(f"{folder}: expected a new or empty directory")
    segment = folder / SEGMENT
    with segment.open("xb") as file:
        for frame in journal.read(0):
            file.write(frame)
    return segment
