"""One journal, both verifiers: the engine's own and the independent one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eventful import BLINDING, RESERVE
from rewriting import Files

import pyauction
from pyauction import Opening, Report, verifier

Said = dict[str, Any]
Place = tuple[str, str | None, int | None, int | None]


class Both:
    """A folder that takes one journal after the other, and what both verifiers say of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: Files = {}

    def said(self, files: Files, **known: Any) -> tuple[Said, Said]:
        """Return both reports without the words of their findings."""
        self._put(files)
        return _wordless(pyauction.verify(self._folder, **known)), _wordless(verifier.verify(self._folder, **known))

    def found(self, files: Files, **known: Any) -> list[Place]:
        """Return the findings' code, segment, offset and sequence, on which both verifiers agree, and all else too."""
        own, independent = self.said(files, **known)
        assert own == independent
        return [(each["code"], each["segment"], each["offset"], each["seq"]) for each in own["findings"]]

    def _put(self, files: Files) -> None:
        for name in self._held.keys() - files.keys():
            (self._folder / name).unlink()
        for name, data in files.items():
            if self._held.get(name) != data:
                (self._folder / name).write_bytes(data)
        self._held = dict(files)


def _wordless(report: Report | verifier.Report) -> Said:
    said = report.to_dict()
    for finding in said["findings"]:
        assert finding.pop("text_en")
        assert finding.pop("text_zh")
    return said


def opening(**changes: Any) -> Opening:
    """Return the opening of the eventful journal's reserve, with the changes."""
    terms: dict[str, Any] = {"lot": "B", "round": 1, "currency": "CNY", "exponent": 2, "amount": RESERVE}
    return Opening(**(terms | {"blinding": BLINDING} | changes))
