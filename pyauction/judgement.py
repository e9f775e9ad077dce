"""Records judged in order by the engine, up to the first that fails (FORMAT.md B.10).

Is each the record that the rules make, does its type's settlement give the outcome, does a proven reserve fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ._engine import Replay, commitment, reserve_mean
from .auctions import auction_type
from .errors import JournalUnsupported, ReplayMismatch
from .events import Event, OutcomeRecorded, ReserveCompared, ReserveDisclosed, ReserveEntered, event_of
from .lot import LotSnapshot, Outcome, snapshot
from .verifier import Finding, Opening

Frame = dict[str, Any]


class Judgement:
    """What the records that were taken so far say, all of them found right.

    `settlement` says of each decided lot how its outcome is known, `compared` what a comparison is recorded as, `proven`
    which comparisons an opening proves.
    """

    def __init__(self, openings: Sequence[Opening] = ()) -> None:
        self.replayed = 0
        self.bids = 0
        self.settlement: dict[int, str] = {}
        self.compared: dict[int, str] = {}
        self.proven: set[int] = set()
        self._openings = openings
        self._amounts: dict[int, dict[str, int]] = {}
        self._engine = Replay()

    def lots(self) -> list[LotSnapshot]:
        """Return the lots as the last record leaves them."""
        return [snapshot(facts) for facts in self._engine.lots()]

    def take_frame(self, frame: Frame, records: Sequence[bytes]) -> Finding | None:
        """Judge the records of a frame, which stand among `records` by their sequence, or the state that it states."""
        first = frame["first_seq"] - 1
        for record in records[first : first + frame["count"]]:
            finding = self._take(record, frame)
            if finding is not None:
                return finding
        return self._judge_state(frame) if frame["kind"] == "state" else None

    def _take(self, record: bytes, frame: Frame) -> Finding | None:
        seq = self.replayed + 1
        try:
            fields, _ = self._engine.feed(record, frame["epoch"])
        except ReplayMismatch as mismatch:
            return _finding(frame, mismatch.code, seq, str(mismatch).partition(": ")[2], _in_chinese(mismatch))
        except JournalUnsupported as unknown:
            told = str(unknown).partition(": ")[2]
            return _finding(frame, "unsupported", seq, told, f"含本版本不支持的内容（{told}）")
        finding = self._judge(event_of(fields), frame)
        if finding is None:
            self.replayed = seq
            self.bids += fields["type"] in {"BidAccepted", "BidRefused"}
        return finding

    def _judge_state(self, frame: Frame) -> Finding | None:
        """Compare the hash of a STATE frame with the engine's."""
        computed, stated = self._engine.state_hash.hex(), frame["state_hash"]
        if computed == stated:
            return None
        english = f"the state after it has the hash {computed}, the frame states {stated}"
        return _finding(frame, "state", frame["seq"], english, f"其后的状态哈希应为 {computed}，帧中为 {stated}")

    def _judge(self, event: Event, frame: Frame) -> Finding | None:
        match event:
            case OutcomeRecorded():
                return self._judge_settlement(event, frame)
            case ReserveEntered():
                return self._judge_openings(event, frame)
            case ReserveCompared():
                self.compared[event.lot] = event.result
                return self._judge_openings(event, frame)
            case ReserveDisclosed():
                lot = snapshot(self._engine.lot(event.lot))
                opening = Opening(
                    lot.name, lot.round, lot.currency, lot.exponent, event.amount_minor, bytes.fromhex(event.blinding)
                )
                return self._judge_figure(lot, opening, event.seq, frame) or self._judge_comparison(
                    lot, event.seq, frame
                )
        return None

    def _judge_settlement(self, event: OutcomeRecorded, frame: Frame) -> Finding | None:
        """Settle the lot again. Bids and reserve cannot have changed since it closed."""
        lot = snapshot(self._engine.lot(event.lot))
        settled = _settled(lot)
        if settled is None:
            self.settlement[lot.lot] = "attested"
            return None
        if lot.outcome is not None and settled != lot.outcome:
            recorded, by_type = _told(lot, lot.outcome), _told(lot, settled)
            english = f"{lot.type_id} settles lot {lot.name} as {by_type[0]}, recorded is {recorded[0]}"
            chinese = f"按 {lot.type_id}，标的 {lot.name} 的结果应为{by_type[1]}，记录为{recorded[1]}"
            return _finding(frame, "settlement", event.seq, english, chinese)
        self.settlement[lot.lot] = "verified"
        return None

    def _judge_openings(self, event: ReserveEntered | ReserveCompared, frame: Frame) -> Finding | None:
        lot = snapshot(self._engine.lot(event.lot))
        for opening in self._openings:
            if opens(opening, lot):
                finding = self._judge_figure(lot, opening, event.seq, frame)
                if finding is not None:
                    return finding
        return self._judge_comparison(lot, event.seq, frame)

    def _judge_figure(self, lot: LotSnapshot, opening: Opening, seq: int, frame: Frame) -> Finding | None:
        """Hold what the vault took against the amount that a commitment proves, and keep the amount."""
        amount, start, several = opening.amount, lot.rules["start_price"], lot.reserve_setters > 1
        proved = commitment_of(opening, lot)
        taken = proved in lot.reserve_figures.values() if several else lot.reserve in ("entered", "met", "not_met")
        if taken and amount < start:
            what = ("reserve figure", "单人底价") if several else ("reserve", "底价")
            english = f"the {what[0]} {amount} of lot {lot.name} was taken, below the start price {start}"
            chinese = f"标的 {lot.name} 的{what[1]} {amount} 低于起始价 {start}，却被接受"
            return _finding(frame, "reserve", seq, english, chinese)
        self._amounts.setdefault(lot.lot, {})[proved] = amount
        return None

    def _judge_comparison(self, lot: LotSnapshot, seq: int, frame: Frame) -> Finding | None:
        """Hold the comparison against the reserve, once every amount that makes it is known."""
        top, result = lot.standing_minor, self.compared.get(lot.lot)
        amounts = self._amounts.get(lot.lot, {})
        if result is None or top is None or len(amounts) < lot.reserve_setters:
            return None
        amount = reserve_mean(list(amounts.values()), lot.rules.get("reserve_rounding", "up"))
        if (top >= amount) != (result == "met"):
            english = f"the top {top} of lot {lot.name} and its reserve {amount} contradict the comparison: {result}"
            chinese = f"标的 {lot.name} 的最高价 {top} 与底价 {amount} 同记录的比较结果（{result}）矛盾"
            return _finding(frame, "reserve", seq, english, chinese)
        self.proven.add(lot.lot)
        return None


def judge(
    frames: Sequence[Frame], records: Sequence[bytes], openings: Sequence[Opening] = ()
) -> tuple[Judgement, Finding | None]:
    """Return what the records say up to the first that fails, and why that fails."""
    judgement = Judgement(openings)
    for frame in frames:
        finding = judgement.take_frame(frame, records)
        if finding is not None:
            return _without_the_rest(frames, records[: judgement.replayed], openings), finding
    return judgement, None


def _without_the_rest(frames: Sequence[Frame], records: Sequence[bytes], openings: Sequence[Opening]) -> Judgement:
    """Take only the records that were right: the one that failed has moved the engine already."""
    again = Judgement(openings)
    for frame in frames:
        again.take_frame(frame, records)
    return again


def opens(opening: Opening, lot: LotSnapshot) -> bool:
    """Return whether an opening proves what the reserve of a lot, or a figure of it, is."""
    stated = (opening.lot, opening.round, opening.currency, opening.exponent)
    if stated != (lot.name, lot.round, lot.currency, lot.exponent):
        return False
    return commitment_of(opening, lot) in lot.reserve_commitments


def commitment_of(opening: Opening, lot: LotSnapshot) -> str:
    """Return the commitment that an opening has under the terms of a lot."""
    return commitment(
        lot.name, opening.amount, opening.blinding, currency=lot.currency, exponent=lot.exponent, round=lot.round
    ).hex()


def _settled(lot: LotSnapshot) -> Outcome | None:
    """Return what the lot's type settles, or None where it is not installed or does not do its work here."""
    closed = msgspec.structs.replace(lot, lot_seq=lot.lot_seq - 1, state="closed", outcome=None)
    try:
        settled = auction_type(lot.type_id).settle(closed)
    except (Exception, SystemExit):  # noqa: BLE001 - a third party's fault says nothing about the journal
        return None
    return settled if isinstance(settled, Outcome) else None


def _told(lot: LotSnapshot, outcome: Outcome) -> tuple[str, str]:
    """Return an outcome in English and in Chinese words."""
    detail = f", {outcome.detail!r}" if outcome.detail else ""
    if outcome.kind == "unsold":
        return f"unsold ({outcome.cause}{detail})", f"流拍（{outcome.cause}{detail}）"
    known = outcome.winner if outcome.winner in range(1, len(lot.bidders) + 1) else None
    winner = lot.bidder_name(known) or outcome.winner
    more = f" ({outcome.detail!r})" if outcome.detail else "", f"（{outcome.detail!r}）" if outcome.detail else ""
    return f"sold to {winner} for {outcome.price_minor}{more[0]}", f"由 {winner} 以 {outcome.price_minor} 成交{more[1]}"


def _in_chinese(mismatch: ReplayMismatch) -> str:
    match mismatch.code:
        case "record":
            return f"无法解析（{mismatch.found}）"
        case "sequence" if mismatch.expected.startswith("no "):
            return f"一个纪元只能由一条 HouseOpened 开始，实际又有 {mismatch.found}"
        case "sequence":
            return f"应为 {mismatch.expected}，实际为 {mismatch.found}"
        case _ if mismatch.expected.startswith("no record"):
            return f"日志中为 {mismatch.found}，按规则不应有这条记录"
        case _:
            return f"日志中为 {mismatch.found}，按规则应为 {mismatch.expected}"


def _finding(frame: Frame, code: str, seq: int, english: str, chinese: str) -> Finding:
    text = (f"record {seq}: {english}", f"第 {seq} 条记录：{chinese}")
    return Finding(code, *text, seq=seq, segment=frame["segment"], offset=frame["offset"])
