"""A workbench for historical logs: writes the files of one log and replays them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pyauction.history import HistoryReport, Mapping, replay_history

T0 = 1_697_653_967
"""The time of the first bid in most tests, in seconds since 1970."""

TABLES: dict[str, dict[str, str]] = {
    "bids": {"lot": '"lot"', "bidder": '"bidder"', "amount": '"amount"', "time": '"time"'},
    "amount": {"currency": '"CNY"', "exponent": "2"},
    "time": {"format": '"unix_s"'},
    "auction": {"type": '"english@1"'},
    "auction.rules": {
        "start_price": '"1"',
        "increment": '"1"',
        "length": '"1h"',
        "self_outbid": '"allowed"',
        "reserve": '"none"',
    },
}


def toml(**changes: dict[str, str | None]) -> str:
    """Return the usual mapping with changed keys, as raw TOML; None removes one. `a__b` names the table a.b."""
    tables = {name: dict(table) for name, table in TABLES.items()}
    for name, change in changes.items():
        table = tables.setdefault(name.replace("__", "."), {})
        table.update({key: value for key, value in change.items() if value is not None})
        for key in [key for key, value in change.items() if value is None]:
            del table[key]
    return "\n".join(
        line for name, table in tables.items() for line in [f"[{name}]", *(f"{k} = {v}" for k, v in table.items())]
    )


class Log:
    """The files of one log in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bids = folder / "bids.csv"
        self.lots = folder / "lots.csv"

    def write(self, bids: str | bytes, lots: str | bytes | None = None) -> None:
        self.bids.write_bytes(bids if isinstance(bids, bytes) else bids.encode())
        if lots is not None:
            self.lots.write_bytes(lots if isinstance(lots, bytes) else lots.encode())

    def replay(
        self, bids: str | bytes, lots: str | bytes | None = None, /, *, journal: Path | None = None, **changes: Any
    ) -> HistoryReport:
        self.write(bids, lots)
        return replay_history(
            self.bids, self.mapping(**changes), lots=None if lots is None else self.lots, journal=journal
        )

    @staticmethod
    def mapping(**changes: Any) -> Mapping:
        return Mapping.parse(toml(**changes))

    @staticmethod
    def decided(report: HistoryReport) -> list[tuple[str, int, str, int, str | None]]:
        """Return every decided bid as (lot, line, bidder, amount in minor units, reason)."""
        return [
            (sale.name, bid[0], bid[1], bid[2], reason)
            for sale in report.sales
            for bid, reason in zip(sale.bids, sale.reasons, strict=True)
        ]

    @staticmethod
    def skipped(report: HistoryReport) -> list[tuple[str, int | None, str | None]]:
        """Return what was skipped as (file name, line, column)."""
        return [(Path(one.file).name, one.line, one.column) for one in report.skipped]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)
