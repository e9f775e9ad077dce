"""Replaying historical bids: every lot through the real engine, and every difference from what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from ..errors import MisuseError
from .amounts import amount_text
from .bids import Bid, BidLog, LotBids, read_bids
from .findings import Mismatch, Skipped, Unreadable, UnreadableCell, shown
from .lots import Columns, LotRows, Row, read_lots
from .mapping import Mapping
from .recorded import Recorded, RecordedOutcomes
from .report import HistoryReport
from .rules import LotAuctions
from .sale import Sale, hold_sale
from .table import Table
from .times import in_range

Progress = Callable[[int, int], None]
"""Called with how many bids were replayed and how many there are."""


def replay_history(
    bids: str | Path,
    mapping: Mapping | str | Path,
    *,
    lots: str | Path | None = None,
    journal: str | Path | None = None,
    progress: Progress | None = None,
) -> HistoryReport:
    """Replay the lots of a CSV file of bids and return how the results compare with what was recorded.

    `mapping` is a `Mapping` or the path of one in TOML (`pyauction.history.mapping`); `lots` is a CSV file with a row a
    lot. Each lot is held in a house of its own. With `journal`, a new or empty folder, each house keeps its journal in
    `journal/<lot>`, the name escaped. The log is held in memory, about 300 bytes a bid.

    Rows that cannot be read are left out and listed, and the lot is replayed without them. Raises `MisuseError` where
    the call or the mapping is wrong; nothing was written then.
    """
    form = mapping if isinstance(mapping, Mapping) else Mapping.load(mapping)
    folder = None if journal is None else _new_folder(Path(journal))
    with ExitStack() as files:
        bid_table = files.enter_context(Table(bids, form.file))
        lot_table = None if lots is None else files.enter_context(Table(lots, form.lots.file or form.file))
        return _Comparison(form, bid_table, lot_table, folder, progress).report()


def _new_folder(folder: Path) -> Path:
    if folder.exists() and not (folder.is_dir() and next(folder.iterdir(), None) is None):
        raise MisuseError(f"journal: expected a new or an empty folder, {folder} holds something")
    return folder


class _Comparison:
    """One replay: what was read, and what was found so far."""

    def __init__(
        self, mapping: Mapping, bids: Table, lots: Table | None, folder: Path | None, progress: Progress | None
    ) -> None:
        self._mapping = mapping
        self._bids = bids
        self._lots = lots
        self._folder = folder
        self._progress = progress
        self._done = self._total = 0
        self._matched = self._compared = self._bids_matched = 0
        self._mismatched: list[Mismatch] = []
        self._warnings: list[str] = []
        self._sales: list[Sale] = []

    def report(self) -> HistoryReport:
        """Read, replay, compare."""
        named = 0
        tables = [table for table in (self._bids, self._lots) if table is not None]
        if all(table.columns for table in tables):
            named = self._replay()
        return HistoryReport(
            lots=named,
            lots_matched=self._matched,
            bids=self._bids.rows_met,
            bids_compared=self._compared,
            bids_matched=self._bids_matched,
            mismatched=tuple(self._mismatched),
            skipped=tuple(skipped for table in tables for skipped in sorted(table.skipped, key=_by_line)),
            warnings=tuple(self._warnings),
            sales=tuple(self._sales),
        )

    def _replay(self) -> int:
        """Replay every lot; return how many the files name."""
        columns = Columns(self._mapping, self._bids, self._lots)
        self._auctions = LotAuctions(self._mapping, columns)
        self._outcomes = RecordedOutcomes(self._mapping, columns)
        rows = None if self._lots is None else read_lots(self._lots, self._mapping)
        log = read_bids(self._bids, self._mapping, columns.of_first_row)
        self._total = sum(len(lot.bids) for lot in log.lots.values())
        self._warn(log)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
        names = dict.fromkeys([*log.lots, *(rows or ())])
        for name in names:
            self._lot(name, log.lots.get(name), None if rows is None else rows.get(name))
        return len(names)

    def _warn(self, log: BidLog) -> None:
        for table in (self._bids, self._lots):
            for name in table.duplicates() if table else ():
                self._warnings.append(
                    f"{table.name if table else ''}: column {name!r} stands twice in the header; it is not read"
                )
        if not self._bids.rows_met:
            self._warnings.append(f"{self._bids.name}: no row after the header")
        if not self._outcomes.are_mapped:
            self._warnings.append("the mapping has no [outcome]: winners and prices are not compared")
        self._warnings.extend(log.warnings)

    def _lot(self, name: str, found: LotBids | None, lot_row: Row | None) -> None:
        """Replay one lot, or list why it cannot be."""
        bids = [] if found is None else found.bids
        lot = LotRows(name, lot_row, None if found is None else found.first_row)
        try:
            if self._lots is not None and lot_row is None:
                raise Unreadable(f"lot {shown(name)} has no row in {self._lots.name}")
            recorded = self._recorded(lot)
            origin = self._auctions.origin(lot)
            bids = [bid for bid in bids if self._is_in_range(bid, origin)] if origin else bids
            self._check_complete(lot, bids, recorded)
            sale = self._hold(lot, bids, origin)
        except UnreadableCell as error:
            self._leave_out(lot, bids, str(error), error.skipped)
            return
        except (Unreadable, MisuseError) as error:
            self._leave_out(lot, bids, str(error), None)
            return
        self._sales.append(sale)
        self._compare_bids(sale)
        self._compare_outcome(sale, recorded)

    def _recorded(self, lot: LotRows) -> Recorded:
        recorded = self._outcomes.of(lot)
        if recorded.nothing and self._outcomes.are_mapped:
            self._warnings.append(f"lot {shown(lot.name)}: no outcome is recorded; winner and price are not compared")
        return recorded

    def _check_complete(self, lot: LotRows, bids: list[Bid], recorded: Recorded) -> None:
        """Refuse a lot without its bids: what the engine makes of the rest says nothing of what was recorded."""
        if bids:
            return
        if lot.first_bid_row is not None:
            raise Unreadable(f"lot {shown(lot.name)} has no bid that can be read in {self._bids.name}")
        if recorded.sold:
            raise Unreadable(f"lot {shown(lot.name)} is recorded as sold and has no bid in {self._bids.name}")

    def _hold(self, lot: LotRows, bids: list[Bid], origin: int) -> Sale:
        auction = self._auctions.auction(lot)
        opens_at = self._auctions.opens_at(lot, bids[0][3] + origin if bids else None)
        sale = hold_sale(lot.name, auction, opens_at, bids, origin=origin, journal=self._folder, tell=self._tell)
        for bid, reason in sale.refused_input:
            self._bids.skip(bid[0], self._mapping.bids.bidder, reason)
        self._warn_of_fallen_times(sale, origin)
        return sale

    def _is_in_range(self, bid: Bid, origin: int) -> bool:
        try:
            in_range(bid[3] + origin)
        except Unreadable as error:
            self._bids.skip(bid[0], self._mapping.bids.time, str(error))
            return False
        return True

    def _warn_of_fallen_times(self, sale: Sale, origin: int) -> None:
        for bid, stamp in zip(sale.bids, sale.at_ns, strict=True):
            if stamp != bid[3] + origin:
                self._warnings.append(
                    f"{self._bids.name} line {bid[0]}: the time of this bid in lot {shown(sale.name)} is "
                    f"{stamp - bid[3] - origin} ns before an earlier one; it keeps its place and is stamped {stamp}"
                )

    def _compare_bids(self, sale: Sale) -> None:
        for bid, reason in zip(sale.bids, sale.reasons, strict=True):
            recorded = bid[4]
            if recorded is None:
                continue
            self._compared += 1
            if recorded == (reason is None):
                self._bids_matched += 1
                continue
            replayed = "accepted" if reason is None else f"refused: {reason}"
            word = "accepted" if recorded else "refused"
            self._mismatched.append(Mismatch(sale.name, bid[0], "acceptance", word, replayed))

    def _compare_outcome(self, sale: Sale, recorded: Recorded) -> None:
        if recorded.nothing:
            return
        differences = []
        if recorded.winner_line is not None and self._folded(recorded.winner) != self._folded(sale.winner):
            differences.append(Mismatch(sale.name, recorded.winner_line, "winner", recorded.winner, sale.winner))
        if recorded.price_line is not None and recorded.price_minor != sale.price_minor:
            scale = self._mapping.amount.scale
            sides = (amount_text(recorded.price_minor, scale), amount_text(sale.price_minor, scale))
            differences.append(Mismatch(sale.name, recorded.price_line, "price", *sides))
        self._matched += not differences
        self._mismatched.extend(differences)

    def _folded(self, bidder: str | None) -> str | None:
        ignored = self._mapping.bids.bidder_case == "ignored"
        return bidder.casefold() if bidder is not None and ignored else bidder

    def _leave_out(self, lot: LotRows, bids: list[Bid], reason: str, cell: Skipped | None) -> None:
        """List the cause, and every bid that is not replayed because of it."""
        if cell is not None:
            table = self._lots if self._lots is not None and cell.file == self._lots.name else self._bids
            table.skipped.append(cell)
        elif not bids and self._lots is not None and lot.lot_row is not None:
            self._lots.skip(lot.lot_row.line, self._mapping.lots.lot or self._mapping.bids.lot, reason)
        for bid in bids:
            self._bids.skip(bid[0], self._mapping.bids.lot, f"lot {shown(lot.name)} is not replayed: {reason}")
        self._tell(len(bids))

    def _tell(self, bids: int) -> None:
        self._done += bids
        if self._progress is not None:
            self._progress(self._done, self._total)


def _by_line(skipped: Skipped) -> int:
    return skipped.line or 0
