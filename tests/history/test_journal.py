"""The journals that a replay keeps: one a lot, whole, and the same as what was reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pyauction
from pyauction import MisuseError
from pyauction.history.sale import lot_folder
from pyauction.verifier import verify as verify_independently

if TYPE_CHECKING:
    from .conftest import Log

T0 = 1_697_653_967
NAMES = ["16", "..", "a/b", ".hidden", "地块 7", "A, 1", "CON~1"]


def test_every_lot_has_a_journal_of_its_own_that_verifies(log: Log) -> None:
    rows = "".join(f'"{name}",x,1,{T0}\n"{name}",y,1,{T0 + 1}\n"{name}",y,2,{T0 + 2}\n' for name in NAMES)
    journal = log.folder / "kept" / "journals"
    report = log.replay("lot,bidder,amount,time\n" + rows, journal=journal)
    assert sorted(path.name for path in journal.iterdir()) == sorted(
        ["16", "%2E%2E", "a%2Fb", "%2Ehidden", "%E5%9C%B0%E5%9D%97%207", "A%2C%201", "CON%7E1"]
    )
    for sale in report.sales:
        folder = lot_folder(journal, sale.name)
        assert pyauction.verify(folder).ok
        assert verify_independently(folder).ok
        (kept,) = pyauction.replay(folder).lots
        assert (kept.name, kept.bids, kept.refused) == (sale.name, ((1, 100), (2, 200)), 1)
        assert kept.outcome == pyauction.Outcome(kind="sold", winner=2, price_minor=200)
        assert [step.event.at_ns for step in pyauction.replay(folder) if step.seq in sale.seqs] == list(sale.at_ns)


def test_a_long_lot_spans_segments(log: Log) -> None:
    rows = "".join(f"A,b{bid % 3},{bid + 1},{T0 + bid // 50}\n" for bid in range(20_000))
    journal = log.folder / "journal"
    report = log.replay("lot,bidder,amount,time\n" + rows, journal=journal)
    assert report.sales[0].price_minor == 2_000_000
    assert len(list((journal / "A").glob("*"))) > 2
    assert pyauction.verify(journal / "A").ok


def test_a_replay_with_journals_reports_the_same(log: Log) -> None:
    text = f"lot,bidder,amount,time\nA,x,1,{T0}\nA,y,1,{T0}\nB,y,1,{T0}\n"
    with_journals = log.replay(text, journal=log.folder / "journal")
    without = log.replay(text)
    assert with_journals == without


def test_a_folder_that_holds_something_is_refused(log: Log) -> None:
    journal = log.folder / "journal"
    journal.mkdir()
    (journal / "note").touch()
    with pytest.raises(MisuseError, match="journal: expected a new or an empty folder"):
        log.replay(f"lot,bidder,amount,time\nA,x,1,{T0}\n", journal=journal)
    (journal / "note").unlink()
    assert log.replay(f"lot,bidder,amount,time\nA,x,1,{T0}\n", journal=journal).bids == 1


def test_a_lot_that_cannot_be_opened_leaves_no_folder(log: Log) -> None:
    journal = log.folder / "journal"
    report = log.replay(f"lot,bidder,amount,time\n{'x' * 300},x,1,{T0}\nA,x,1,{T0}\n", journal=journal)
    assert [path.name for path in journal.iterdir()] == ["A"]
    assert log.skipped(report) == [("bids.csv", 2, "lot")]
