"""The file that `replay --out` fills: opened before the work, never one of its inputs."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import rich_click as click

from ..told import Told
from .faults import Unreadable

if TYPE_CHECKING:
    from ..history import HistoryReport


class OutFile:
    """An open file whose content stays as it was until `fill`. A new one is removed again if nothing was filled in."""

    def __init__(self, path: Path, inputs: Iterable[Path]) -> None:
        """Open the file. Raises a usage error where it is an input, and `OSError` where it cannot be written."""
        for one in inputs:
            if _is_same(path, one):
                raise click.UsageError(
                    Told(
                        f"--out: expected another file than the input {one}, received {path}",
                        f"--out：不得与输入文件 {one} 相同，实为 {path}",
                    )
                )
        self._path = path
        self._is_new = not path.exists()
        self._file = path.open("a", encoding="utf-8", newline="")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._file.closed:
            self._file.close()
            if self._is_new:
                self._path.unlink(missing_ok=True)

    def fill(self, report: HistoryReport) -> Unreadable | None:
        """Write the report's bids and close. Return what went wrong, so that the report itself can still be printed."""
        try:
            with self._file as file:
                if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    file.truncate(0)
                report.write_out(file)
        except OSError as error:
            said = f"{self._path}: {error.strerror}"
            return Unreadable(Told(f"{said}; the file is not complete", f"{said}；文件不完整"))
        return None


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # One of them is missing.
        return path.absolute() == other.absolute()
