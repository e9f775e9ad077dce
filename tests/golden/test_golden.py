"""What a release wrote, every later one replays to the same state, verifies with both verifiers and goes on writing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import pyauction
from pyauction import AuctionHouse, FileJournal, ManualClock, verifier
from pyauction._engine import read_journal
from pyauction.verifier import RECORD_TYPES

GOLDEN = Path(__file__).parent
RELEASES = sorted(path.parent.name for path in GOLDEN.glob("*/expected.json"))
KINDS = {"records", "header", "seal", "recovery", "epoch", "state"}


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> Path:
    return GOLDEN / str(request.param)


@pytest.fixture
def expected(release: Path) -> dict[str, Any]:
    stated: dict[str, Any] = json.loads((release / "expected.json").read_text(encoding="utf-8"))
    return stated


def test_this_release_has_a_journal_of_every_record_and_frame() -> None:
    journals = [GOLDEN / name / "journal" for name in RELEASES if name.split("-")[0] == pyauction.__version__]
    types = {type(step.event).__name__ for journal in journals for step in pyauction.replay(journal)}
    assert types == {kind.__name__ for kind in RECORD_TYPES.values()}
    assert {frame["kind"] for journal in journals for frame in read_journal(journal)[0]} == KINDS


def test_a_golden_journal_replays_to_the_same_state(release: Path, expected: dict[str, Any]) -> None:
    replayed = pyauction.replay(release / "journal")
    types = sorted({type(step.event).__name__ for step in replayed})
    assert (replayed.seq, replayed.state_hash.hex(), types) == (
        expected["last_seq"], expected["state_hash"], expected["records"],
    )  # fmt: skip


def test_both_verifiers_verify_a_golden_journal_and_its_chain_value(release: Path, expected: dict[str, Any]) -> None:
    noted = (expected["last_seq"], expected["chain"])
    own = pyauction.verify(release / "journal", expect_chain=noted)
    independent = verifier.verify(release / "journal", expect_chain=noted)
    assert own.to_dict() == independent.to_dict()
    assert (own.findings, own.reserve, own.last_seq) == ((), expected.get("reserve", "proven"), expected["last_seq"])


def test_a_golden_journal_is_taken_up_and_written_on(release: Path, expected: dict[str, Any], tmp_path: Path) -> None:
    copy = tmp_path / "journal"
    shutil.copytree(release / "journal", copy)
    before = pyauction.replay(copy)
    with AuctionHouse(FileJournal(copy), clock=ManualClock(2**61), timers=False) as house:
        assert (house.lots(), house.last_seq) == (before.lots, expected["last_seq"] + 1)
    again = pyauction.replay(copy)
    assert (again.seq, again.lots) == (before.seq + 1, before.lots)
    assert pyauction.verify(copy, expect_chain=(expected["last_seq"], expected["chain"])).ok
    assert verifier.verify(copy).ok
