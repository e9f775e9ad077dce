"""Verification with the engine itself: bytes, chain, replay of every decision, settlement and reserve.

The report has the form of the independent verifier's (`pyauction.verifier`), which checks the same in pure Python
without this engine; `pyauction verify --independent` runs that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ._engine import FileJournal, MemoryJournal, Replay, commitment, read_journal
from .auctions import auction_type
from .errors import ReplayMismatch, UnknownAuctionType
from .events import OutcomeRecorded, ReserveCompared, ReserveDisclosed, event_of
from .lot import LotSnapshot, Outcome, snapshot
from .replay import JournalLike
from .verifier import Finding, LotSummary, Opening, Recovery, Report
from .verifier.segments import stray_names

__all__ = ["Finding", "LotSummary", "Opening", "Recovery", "Report", "verify"]


def verify(
    journal: JournalLike,
    *,
    opening: Opening | Sequence[Opening] = (),
    expect_chain: tuple[int, str] | None = None,
) -> Report:
    """Return whether a journal is whole and every record follows from the ones before.

    `opening` proves a reserve that the journal itself does not disclose. `expect_chain` is a sequence and the chain
    value, in hexadecimal, that somebody noted after it: an unkeyed chain can be recomputed by whoever can write the
    directory, and only what is known outside shows that. Nothing is written and no lock is taken.
    """
    frames, records, bad = read_journal(journal, expect_chain[0] if expect_chain else 0)
    openings = [opening] if isinstance(opening, Opening) else list(opening)
    return _Verification(frames, records, bad, openings).report(expect_chain, stray_names(_names(journal)))


class _Verification:
    """One journal's replay, and what was found in it."""

    def __init__(
        self,
        frames: list[dict[str, Any]],
        records: list[bytes],
        bad: dict[str, Any] | None,
        openings: list[Opening],
    ) -> None:
        self._frames = frames
        self._records = records
        self._bad = bad
        self._openings = openings
        self._engine = Replay()
        self._findings: list[Finding] = []
        self._settlement: dict[int, str] = {}
        self._compared: dict[int, ReserveCompared] = {}
        self._disclosed: dict[int, ReserveDisclosed] = {}
        self._bids = 0
        self._replayed = 0

    def report(self, expect_chain: tuple[int, str] | None, strays: list[str]) -> Report:
        self._replay()
        lots = [snapshot(facts) for facts in self._engine.lots()]
        reserves = {lot.lot: self._reserve(lot) for lot in lots}
        self._judge_openings(lots)
        self._judge_bad_frame()
        if expect_chain is not None:
            self._judge_expected(*expect_chain)
        for name in strays:
            self._findings.append(Finding("stray", f"{name} is not the name of a segment", f"{name} 不是分段文件名"))
        return Report(
            findings=tuple(self._findings),
            segments=len({frame["segment"] for frame in self._frames}),
            frames=len(self._frames),
            records=len(self._records),
            replayed=self._replayed,
            bids=self._bids,
            chain_head=self._frames[-1]["chain"] if self._frames else "",
            last_seq=len(self._records),
            reserve=next((way for way in ("attested", "proven") if way in reserves.values()), "none"),
            lots=tuple(self._summary(lot, reserves[lot.lot]) for lot in lots),
            recoveries=tuple(_recovery(frame) for frame in self._frames if frame["kind"] == "recovery"),
        )

    def _replay(self) -> None:
        """Feed frame by frame, up to the first record that differs."""
        for frame in self._frames:
            first = frame["first_seq"] - 1
            for index in range(first, first + frame["count"]):
                if not self._feed(self._records[index]):
                    return
            if frame["kind"] == "state" and frame["state_hash"] != self._engine.state_hash.hex():
                seq = frame["seq"]
                english = f"the state after record {seq} is not the one that the journal states"
                self._find("state", english, f"第 {seq} 条记录之后的状态与日志所载不符", seq)
                return

    def _feed(self, record: bytes) -> bool:
        seq = self._replayed + 1
        try:
            fields, _ = self._engine.feed(record)
        except ReplayMismatch as mismatch:
            self._find("divergence", str(mismatch), f"第 {seq} 条记录与重放结果不符:{mismatch}", seq)
            return False
        self._replayed = seq
        event = event_of(fields)
        if fields["type"] in ("BidAccepted", "BidRefused"):
            self._bids += 1
        elif isinstance(event, OutcomeRecorded):
            self._judge_settlement(event)
        elif isinstance(event, ReserveCompared):
            self._compared[event.lot] = event
        elif isinstance(event, ReserveDisclosed):
            self._disclosed[event.lot] = event
        return True

    def _judge_settlement(self, event: OutcomeRecorded) -> None:
        """Settle the lot again. Bids and reserve cannot have changed since it closed."""
        lot = snapshot(self._engine.lot(event.lot))
        try:
            settled = auction_type(event.type_id).settle(lot)
        except UnknownAuctionType:
            self._settlement[event.lot] = "attested"
            return
        recorded = Outcome(
            kind="sold" if event.kind == "sold" else "unsold",
            cause=event.cause,  # type: ignore[arg-type] # the engine's codes are the literals
            winner=event.bidder or None,
            price_minor=event.price_minor if event.bidder else None,
            detail=event.detail,
        )
        self._settlement[event.lot] = "verified"
        if settled != recorded:
            english = f"lot {lot.name}: recorded {recorded}, settled {settled}"
            self._find("settlement", english, f"标的 {lot.name}:记录为 {recorded},重新结算为 {settled}", event.seq)

    def _reserve(self, lot: LotSnapshot) -> str:
        """Return how the comparison of a lot is known."""
        compared = self._compared.get(lot.lot)
        if compared is None or lot.commitment is None:
            return "none"
        amount = self._opened(lot, lot.commitment)
        if amount is None:
            return "attested"
        if ("met" if compared.top_minor >= amount else "not_met") != compared.result:
            english = f"lot {lot.name}: the comparison is recorded as {compared.result}, its opening says otherwise"
            self._find("reserve", english, f"标的 {lot.name}:底价比较结果与开示不符", compared.seq)
        if amount < lot.rules["start_price"]:
            english = f"lot {lot.name}: the entered reserve is below the start price"
            self._find("reserve", english, f"标的 {lot.name}:录入的底价低于起始价", compared.seq)
        return "proven"

    def _opened(self, lot: LotSnapshot, expected: str) -> int | None:
        known = [(opening.amount, opening.blinding) for opening in self._openings if _is_for(opening, lot)]
        if disclosed := self._disclosed.get(lot.lot):
            known.append((disclosed.amount_minor, bytes.fromhex(disclosed.blinding)))
        for amount, blinding in known:
            found = commitment(
                lot.name, amount, blinding, currency=lot.currency, exponent=lot.exponent, round=lot.round
            )
            if found.hex() == expected:
                return amount
        return None

    def _judge_openings(self, lots: list[LotSnapshot]) -> None:
        for opening in self._openings:
            if not any(_opens(opening, lot) for lot in lots):
                english = f"the opening of lot {opening.lot}, round {opening.round}, fits no commitment in the journal"
                chinese = f"标的 {opening.lot} 第 {opening.round} 轮的开示与日志中的任何承诺都不相符"
                self._findings.append(Finding("opening", english, chinese))

    def _judge_bad_frame(self) -> None:
        if self._bad is not None:
            found = self._bad
            segment, offset, seq = found["segment"], found["offset"], found["next_seq"]
            chinese = f"{segment} 偏移 {offset} 处的帧无效({found['class']}),涉及第 {seq} 条及以后的记录"
            self._findings.append(Finding(found["class"], found["detail"], chinese, seq, segment, offset))

    def _judge_expected(self, seq: int, value: str) -> None:
        ends = [frame["chain"] for frame in self._frames if frame["first_seq"] + frame["count"] - 1 == seq]
        if value.lower() not in ends:
            found = ", ".join(ends) or "-"
            english = f"the chain value after record {seq} is {found}, expected {value}"
            self._find("expect_chain", english, f"第 {seq} 条记录之后的链值为 {found},应为 {value}", seq)

    def _find(self, code: str, english: str, chinese: str, seq: int) -> None:
        self._findings.append(Finding(code, english, chinese, seq=seq))

    def _summary(self, lot: LotSnapshot, reserve: str) -> LotSummary:
        outcome = lot.outcome
        sold = outcome is not None and outcome.kind == "sold"
        return LotSummary(
            number=lot.lot,
            name=lot.name,
            type_id=lot.type_id,
            currency=lot.currency,
            exponent=lot.exponent,
            state=lot.state,
            outcome=outcome.kind if outcome else None,
            cause=outcome.cause if outcome and not sold else None,
            winner=lot.bidder_name(outcome.winner) if outcome else None,
            price=outcome.price_minor if outcome else None,
            reserve=reserve,
            settlement=self._settlement.get(lot.lot, "none"),
        )


def _recovery(frame: dict[str, Any]) -> Recovery:
    return Recovery(
        segment=frame["segment"],
        offset=frame["offset"],
        cut_at=frame["cut_at"],
        removed=frame["removed"],
        removed_hash=frame["removed_hash"],
        why=frame["why"],
        operator=frame["operator"],
        next_seq=frame["first_seq"],
    )


def _names(journal: JournalLike) -> dict[str, bytes]:
    """Return the names of a journal's files; their bytes were read already."""
    if isinstance(journal, MemoryJournal):
        return journal.files()
    folder = journal.path if isinstance(journal, FileJournal) else Path(journal)
    return {path.name: b"" for path in folder.iterdir()}


def _is_for(opening: Opening, lot: LotSnapshot) -> bool:
    terms = (opening.lot, opening.round, opening.currency, opening.exponent)
    return terms == (lot.name, lot.round, lot.currency, lot.exponent)


def _opens(opening: Opening, lot: LotSnapshot) -> bool:
    found = commitment(
        lot.name, opening.amount, opening.blinding, currency=lot.currency, exponent=lot.exponent, round=lot.round
    )
    return _is_for(opening, lot) and found.hex() == lot.commitment
