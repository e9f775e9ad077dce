"""Everything that a host can do wrong, from sixteen threads of one house at once: what was acknowledged is kept, once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import storm

from pyauction import Durability, replay, verifier, verify
from pyauction.events import BidAccepted, BidRefused

SECONDS = {"default": 1.0, "ci": 8.0, "long": 120.0}
SEED = int(os.environ.get("PYAUCTION_SEED", "1"))
KINDS = [("file", Durability.EACH), ("file", Durability.DEFERRED), ("sqlite", Durability.EACH)]


def bids_of(journal: Any) -> tuple[dict[int, int], Counter[tuple[int, int, bytes]]]:
    """Return the amounts of the accepted bids by sequence, and how often each key was used."""
    events = [step.event for step in replay(journal)]
    amounts = {event.seq: event.amount_minor for event in events if isinstance(event, BidAccepted)}
    placed = (event for event in events if isinstance(event, BidAccepted | BidRefused))
    # A key with another amount is another bid, and refused.
    keys = Counter((e.lot, e.bidder, e.key) for e in placed if e.key and e.reason != "key_conflict")
    return amounts, keys


@pytest.mark.parametrize("ending", ["close", "exit"])
@pytest.mark.parametrize(("kind", "durability"), KINDS, ids=str)
def test_everything_wrong_at_once_loses_nothing_acknowledged(  # noqa: PLR0917 - what it is about, and the run
    kind: str, durability: Durability, ending: str, tmp_path: Path, scale: str, report: list[str]
) -> None:
    path = tmp_path / "journal"
    command = [sys.executable, storm.__file__, kind, path, durability, ending, str(SEED), str(SECONDS[scale])]
    child = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=SECONDS[scale] + 60
    )
    lines = child.stdout.splitlines(keepends=True)
    assert child.stderr == ""
    if ending == "close":
        assert child.returncode == 0
        done = json.loads(lines.pop())
        assert min(done[name] for name in ("bid", "repeat", "misuse", "fork", "observe", "wait")) > 0, done
        assert ("interrupted" in done) == (kind == "file"), done
        wrong = {name for name in done if name.startswith("misuse of ")}
        assert len(wrong) == 11, wrong
        what = f"{sum(done[action] for action in set(done) - wrong)} calls, {done['misuse']} of them misuse"
    else:
        assert child.returncode == storm.EXIT_STATUS
        what = "ended by an observer"
    told = {int(seq): int(amount) for seq, amount in (line.split() for line in lines if line.endswith("\n"))}
    journal = storm.journal_of(kind, str(path))
    amounts, keys = bids_of(journal)
    assert amounts.items() >= told.items()
    assert [key for key, times in keys.items() if times > 1] == []
    assert len(told) > 20
    assert verify(journal).ok
    if kind == "file":
        assert verifier.verify(path).ok
    report.append(
        f"storage | 16 threads, every misuse at once: {kind}, {durability}, seed {SEED} | {len(amounts)} | {what}; "
        f"{len(told)} acknowledged, 0 lost, 0 twice"
    )
