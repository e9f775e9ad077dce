"""Replaying historical bids: every lot through the real engine, and every difference from what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from ..errors import MisuseError
from ..told import Told, within
from .amounts import amount_text
from .bids import Bid, BidLog, LotBids, read_bids
from .findings import MappingError, Mismatch, Skipped, Unreadable, UnreadableCell, shown
from .lots import Columns, LotRows, Row, read_lots
from .mapping import Mapping
from .recorded import Recorded, RecordedOutcomes
from .report import HistoryReport
from .rules import LotAuctions
from .sale import Sale, hold_sale
from .table import Table
from .times import in_range, since_text

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
    lots_form = ("file", form.file) if form.lots.file is None else ("lots.file", form.lots.file)
    try:
        with ExitStack() as files:
            bid_table = files.enter_context(Table(bids, form.file))
            lot_table = None if lots is None else files.enter_context(Table(lots, lots_form[1], lots_form[0]))
            return _Comparison(form, bid_table, lot_table, folder, progress).report()
    except MappingError as error:
        # Found only beside the files, where nobody knows any more which file the mapping is from.
        file = "mapping" if isinstance(mapping, Mapping) else mapping
        raise MappingError(error.problem, f"{file}: {error.parameter}" if error.parameter else str(file)) from error


def _new_folder(folder: Path) -> Path:
    if folder.exists() and not (folder.is_dir() and next(folder.iterdir(), None) is None):
        raise MisuseError(f"journal: expected a new or an empty folder, {folder} holds something")
    return folder


_NOTHING_COMPARED = Told(
    "nothing was compared: the mapping has neither bids.acceptance nor [outcome]",
    "未核对任何内容：映射中既无 bids.acceptance，也无 [outcome]",
)
_NO_OUTCOME = Told(
    "the mapping has no [outcome]: winners and prices are not compared", "映射中没有 [outcome]：未核对竞得人与成交价"
)
_NO_ACCEPTANCE = Told(
    "the mapping has no bids.acceptance: the decisions on bids are not compared",
    "映射中没有 bids.acceptance：未核对各次报价的判定",
)


def _without_row(name: str, file: str) -> Told:
    return Told(f"lot {shown(name)} has no row in {file}", f"标的 {shown(name)} 在 {file} 中没有对应的行")


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
        self._files = {"acceptance": bids.name}

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
            files=self._files,
        )

    def _replay(self) -> int:
        """Replay every lot; return how many the files name."""
        columns = Columns(self._mapping, self._bids, self._lots)
        self._columns = columns
        self._auctions = LotAuctions(self._mapping, columns, self._warnings.append)
        self._outcomes = RecordedOutcomes(self._mapping, columns)
        self._files |= self._outcomes.files
        joined = self._joined_place()
        rows = None if self._lots is None else read_lots(self._lots, self._mapping)
        log = read_bids(self._bids, self._mapping, columns.of_first_row | ({joined} if joined is not None else set()))
        self._total = sum(len(lot.bids) for lot in log.lots.values())
        self._warn(log)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
        found = [self._paired(name, log, rows or {}, joined) for name in self._names(log, rows or {}, joined)]
        for lot in found:
            self._lot(lot, log.lots.get(lot.name))
        if joined is not None:
            self._warn_of_unjoined(rows or {}, found)
        return len(found)

    def _joined_place(self) -> int | None:
        """Return the column of BIDS.csv that says which row of LOTS.csv is a lot's, if that is not the lot's name."""
        on = self._mapping.lots.on
        return None if on is None or self._lots is None else self._bids.place(on, "lots.on")

    @staticmethod
    def _names(log: BidLog, rows: dict[str, Row], joined: int | None) -> list[str]:
        """Return the names of all lots. Rows that are joined by another column name none."""
        return list(dict.fromkeys([*log.lots, *(rows if joined is None else ())]))

    @staticmethod
    def _paired(name: str, log: BidLog, rows: dict[str, Row], joined: int | None) -> LotRows:
        found = log.lots.get(name)
        first = None if found is None else found.first_row
        key = name if joined is None or first is None else first.values[joined]
        return LotRows(name, rows.get(key), first)

    def _warn_of_unjoined(self, rows: dict[str, Row], found: list[LotRows]) -> None:
        joined = {lot.lot_row.line for lot in found if lot.lot_row is not None}
        file, on = self._lots.name if self._lots else "", self._mapping.lots.on
        for name, row in rows.items():
            if row.line not in joined:
                self._warnings.append(
                    Told(
                        f"{file} line {row.line}: no bid has {shown(name)} in column {on!r}; the row is not used",
                        f"{file} 第 {row.line} 行：没有报价在列 {on!r} 中为 {shown(name)}；该行未采用",
                    )
                )

    def _warn(self, log: BidLog) -> None:
        for table in (self._bids, self._lots):
            for name in table.duplicates() if table else ():
                file = table.name if table else ""
                self._warnings.append(
                    Told(
                        f"{file}: column {name!r} stands twice in the header; it is not read",
                        f"{file}：表头中列 {name!r} 出现两次，未予读取",
                    )
                )
        if not self._bids.rows_met:
            name = self._bids.name
            self._warnings.append(Told(f"{name}: no row after the header", f"{name}：表头之后没有数据行"))
        self._warnings.extend(self._uncompared())
        self._warnings.extend(log.warnings)

    def _uncompared(self) -> list[str]:
        """Return what the mapping leaves out of the comparison: agreement about nothing should not look like success."""
        has_acceptance, has_outcome = self._mapping.bids.acceptance is not None, self._outcomes.are_mapped
        if not has_acceptance and not has_outcome:
            return [_NOTHING_COMPARED]
        return [] if has_outcome and has_acceptance else [_NO_ACCEPTANCE if has_outcome else _NO_OUTCOME]

    def _lot(self, lot: LotRows, found: LotBids | None) -> None:
        """Replay one lot, or list why it cannot be."""
        bids = [] if found is None else found.bids
        try:
            if self._lots is not None and lot.lot_row is None:
                raise Unreadable(_without_row(lot.name, self._lots.name))
            recorded = self._recorded(lot)
            origin = self._auctions.origin(lot)
            bids = [bid for bid in bids if self._is_in_range(bid, origin)] if origin else bids
            self._check_complete(lot, bids, recorded)
            sale = self._hold(lot, bids, origin)
        except UnreadableCell as error:
            self._leave_out(lot, bids, error.reason, error.skipped)
            return
        except Unreadable as error:
            self._leave_out(lot, bids, error.reason, None)
            return
        self._sales.append(sale)
        self._compare_bids(sale)
        self._compare_outcome(sale, recorded)

    def _recorded(self, lot: LotRows) -> Recorded:
        recorded = self._outcomes.of(lot)
        for cell in recorded.unreadable:
            self._table(cell).skipped.append(cell)
        if recorded.nothing and self._outcomes.are_mapped and not recorded.unreadable:
            name = shown(lot.name)
            self._warnings.append(
                Told(
                    f"lot {name}: no outcome is recorded; winner and price are not compared",
                    f"标的 {name}：没有结果记载，未核对竞得人与成交价",
                )
            )
        return recorded

    def _check_complete(self, lot: LotRows, bids: list[Bid], recorded: Recorded) -> None:
        """Refuse a lot without its bids: what the engine makes of the rest says nothing of what was recorded."""
        if bids:
            return
        if lot.first_bid_row is not None:
            raise Unreadable(
                Told(
                    f"lot {shown(lot.name)} has no bid that can be read in {self._bids.name}",
                    f"标的 {shown(lot.name)} 在 {self._bids.name} 中没有可读取的报价",
                )
            )
        if recorded.sold:
            raise Unreadable(
                Told(
                    f"lot {shown(lot.name)} is recorded as sold and has no bid in {self._bids.name}",
                    f"标的 {shown(lot.name)} 记载为成交，但在 {self._bids.name} 中没有报价",
                )
            )

    def _hold(self, lot: LotRows, bids: list[Bid], origin: int) -> Sale:
        auction = self._auctions.auction(lot)
        opens_at = self._auctions.opens_at(lot, bids[0][3] + origin if bids else None)
        sale = hold_sale(lot.name, auction, opens_at, bids, origin=origin, journal=self._folder, tell=self._tell)
        bidder = self._mapping.bids.bidder
        for bid, reason in sale.refused_input:
            chinese = f"不是引擎可接受的报价：{reason}"
            self._bids.skip(bid[0], bidder if isinstance(bidder, str) else None, Told(reason, chinese))
        self._warn_of_fallen_times(sale, origin)
        return sale

    def _is_in_range(self, bid: Bid, origin: int) -> bool:
        try:
            in_range(bid[3] + origin, since_text(bid[3], origin))
        except Unreadable as error:
            self._bids.skip(bid[0], self._mapping.bids.time, error.reason)
            return False
        return True

    def _warn_of_fallen_times(self, sale: Sale, origin: int) -> None:
        for bid, stamp in zip(sale.bids, sale.at_ns, strict=True):
            if stamp != bid[3] + origin:
                file, name, early = self._bids.name, shown(sale.name), stamp - bid[3] - origin
                self._warnings.append(
                    Told(
                        f"{file} line {bid[0]}: the time of this bid in lot {name} is {early} ns before an earlier one; "
                        f"it keeps its place and is stamped {stamp}",
                        f"{file} 第 {bid[0]} 行：标的 {name} 的该报价时间早于前一报价 {early} 纳秒；保持原位，"
                        f"时间戳记为 {stamp}",
                    )
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
        self._matched += not differences and not recorded.unreadable
        self._mismatched.extend(differences)

    def _folded(self, bidder: str | None) -> str | None:
        ignored = self._mapping.bids.bidder_case == "ignored"
        return bidder.casefold() if bidder is not None and ignored else bidder

    def _leave_out(self, lot: LotRows, bids: list[Bid], reason: str, cell: Skipped | None) -> None:
        """List the cause, and every bid that is not replayed because of it."""
        if cell is None and lot.lot_row is not None and self._lots is not None:
            cell = Skipped(*self._columns.place_of(lot), reason)
        if cell is not None:
            self._table(cell).skipped.append(cell)
            place = f"{cell.file} line {cell.line}, column {cell.column}: {{}}"
            reason = within(reason, place, f"{cell.file} 第 {cell.line} 行，列 {cell.column}：{{}}")
        name = shown(lot.name)
        why = within(reason, f"lot {name} is not replayed: {{}}", f"标的 {name} 未重演：{{}}")
        for bid in bids:
            self._bids.skip(bid[0], self._mapping.bids.lot, why)
        self._tell(len(bids))

    def _table(self, cell: Skipped) -> Table:
        return self._lots if self._lots is not None and cell.file == self._lots.name else self._bids

    def _tell(self, bids: int) -> None:
        self._done += bids
        if self._progress is not None:
            self._progress(self._done, self._total)


def _by_line(skipped: Skipped) -> int:
    return skipped.line or 0
