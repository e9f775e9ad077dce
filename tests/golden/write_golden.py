"""Writes the journals of the present release: `python tests/golden/write_golden.py`. Leaves those that exist alone."""

from __future__ import annotations

import json
import struct
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "verification"))

import eventful
import rewriting
import rulebook

import pyauction
from pyauction import verifier

GOLDEN = Path(__file__).parent


def main() -> None:
    """Write the journals that are not there, and what is true of them."""
    for name, files in (("", _eventful), ("-rulebook", _rulebook)):
        folder = GOLDEN / f"{pyauction.__version__}{name}"
        if not folder.exists():
            _save(folder, files())


def _rulebook() -> rewriting.Files:
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "journal"
        rulebook.write(directory)
        return rewriting.read_files(directory)


def _eventful() -> rewriting.Files:
    """Return the eventful journal with a clock jump behind its first suspension."""
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "journal"
        eventful.write(directory, align=512)
        files = rewriting.read_files(directory)
    frames = rewriting.take_apart(files)
    _jump(next(frame for frame in frames if _types(frame) == [8]))
    # The jump is one record more before the segment that was cut.
    torn = {f"{int(name[:20]) + 1:020}{name[20:]}": data for name, data in files.items() if name.endswith(".torn")}
    return rewriting.put_together(frames) | torn


def _types(frame: rewriting.Frame) -> list[int]:
    return [struct.unpack_from("<H", record)[0] for record in frame.records]


def _jump(frame: rewriting.Frame) -> None:
    at = verifier.decode(frame.records[0]).at
    jump = verifier.ClockJumped(seq=1, at=at, shown=at + 5_000_000_000, expected=at)
    frame.records.append(verifier.encode(jump))


def _save(folder: Path, files: rewriting.Files) -> None:
    (folder / "journal").mkdir(parents=True)
    for name, data in files.items():
        (folder / "journal" / name).write_bytes(data)
    replayed, report = pyauction.replay(folder / "journal"), pyauction.verify(folder / "journal")
    assert report.ok
    expected = {
        "last_seq": replayed.seq,
        "state_hash": replayed.state_hash.hex(),
        "chain": report.chain_head,
        "reserve": report.reserve,
        "records": sorted({type(step.event).__name__ for step in replayed}),
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
