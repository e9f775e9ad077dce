"""The replay: derives from each record the command that caused it, lets the model decide it, and compares the bytes.

It stops at the first divergence, because nothing behind it can be judged.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from . import resumption, sealed_replay
from .describe import describe
from .figures import mean
from .findings import Finding
from .frames import Frame, read_state_body
from .model import Model
from .record import Record
from .records import (
    BidAccepted,
    BidderAdmitted,
    BidRefused,
    ClockJumped,
    CommandRefused,
    HouseOpened,
    InquiryAnswered,
    LegalBasisStated,
    LotClosed,
    LotOpened,
    LotResumed,
    LotSuspended,
    LotTerminated,
    LotteryDrawn,
    OutcomeRecorded,
    PhaseStarted,
    PriorityGranted,
    ReserveCompared,
    ReserveDisclosed,
    ReserveEntered,
    ReserveReentered,
    ResumptionAnnounced,
    TopUpConfirmed,
    decode,
    encode,
)
from .sealed_records import (
    OpeningFinished,
    SealedBidExcluded,
    SealedBidOpened,
    SealedBidPlaced,
    SealedBidScored,
    SealedBidWithdrawn,
    SealedPhaseEnded,
)
from .settle import settle
from .terms import (
    SEEDS_MAX,
    ZERO_32,
    Answer,
    CloseCause,
    Command,
    Comparison,
    OutcomeKind,
    SuspendCause,
)
from .timeline import UNSTATED, CommandError
from .wire import FormatError, UnsupportedError
from .words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .lot import Lot
    from .reserve import Opening


class Place(NamedTuple):
    """Where a record stands, for findings."""

    segment: str | None = None
    offset: int | None = None
    epoch: int | None = None


class DivergenceError(Exception):
    """What ends a replay."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text_en)
        self.finding = finding


class Replay:
    """A model that is driven by recorded records and stops at the first one it does not agree with."""

    def __init__(self, openings: Sequence[Opening] = ()) -> None:
        self.model = Model()
        self.finding: Finding | None = None
        self.agreed = 0
        self.bids = 0
        self.compared: dict[int, Comparison] = {}
        self.proven: set[int] = set()
        self.settled: dict[int, str] = {}
        self._openings = openings
        self._amounts: dict[int, dict[bytes, int]] = {}
        self._records = 0
        self._last_at: int | None = None
        self._open_epoch: int | None = None
        self._place = Place()

    def take_records(self, frame: Frame) -> None:
        """Judge the records of a frame, unless an earlier one ended the replay."""
        place = Place(frame.segment, frame.offset, frame.head.epoch)
        for raw in frame.records:
            self.take(raw, place)

    def take(self, raw: bytes, place: Place | None = None) -> None:
        """Judge one record, unless an earlier one ended the replay. Without a place its own epoch is believed."""
        if self.finding is None:
            self._place = place or Place()
            try:
                self._judge(raw)
            except DivergenceError as divergence:
                self.finding = divergence.finding

    def take_state(self, frame: Frame) -> None:
        """Compare a STATE frame with the model."""
        if self.finding is not None:
            return
        self._place = Place(frame.segment, frame.offset, frame.head.epoch)
        seq, stated = read_state_body(frame.body)
        computed = self.model.state_hash()
        if stated != computed or seq != self.model.seq:
            english = f"the state behind record {seq} is {computed.hex()}, the frame states {stated.hex()}"
            chinese = f"第 {seq} 条记录之后的状态应为 {computed.hex()}，帧中为 {stated.hex()}"
            self.finding = self._because("state", english, chinese, seq).finding

    def _judge(self, raw: bytes) -> None:
        self._records += 1
        try:
            record = decode(raw)
        except UnsupportedError as error:
            english = f"another release wrote what this verifier does not know: {error}"
            chinese = f"由其他版本写入，含本验证器不支持的内容（{error.words.chinese}）"
            raise self._because("unsupported", english, chinese) from error
        except FormatError as error:
            english, chinese = f"the record is not valid: {error}", f"记录无效（{error.words.chinese}）"
            raise self._because("record", english, chinese) from error
        self._check_sequence(record)
        self._compare(self._consequence(record), record, raw)
        self._note(record)
        self.agreed += 1

    def _check_sequence(self, record: Record) -> None:
        """Check what holds for any record, whatever the rules are."""
        if record.seq != self._records:
            raise self._because("sequence", f"seq is {record.seq}", f"序号为 {record.seq}")
        if self._last_at is not None and record.at < self._last_at:
            english = f"the stamp falls from {self._last_at} to {record.at}"
            raise self._because("sequence", english, f"时间戳由 {self._last_at} 退至 {record.at}")
        self._last_at = record.at
        self._check_epoch(record)
        follows = self._lot_seq_of(record.lot) + 1
        if record.lot and record.lot_seq != follows:
            english = f"lot_seq is {record.lot_seq}, expected {follows}"
            raise self._because("sequence", english, f"lot_seq 为 {record.lot_seq}，应为 {follows}")

    def _lot_seq_of(self, number: int) -> int:
        return self.model.lot(number).lot_seq if 1 <= number <= len(self.model.lots) else 0

    def _check_epoch(self, record: Record) -> None:
        """Check that HouseOpened begins its epoch, behind the suspensions that an interrupted opening left open."""
        opens = isinstance(record, HouseOpened)
        epoch = record.epoch if isinstance(record, HouseOpened) else self._open_epoch
        epoch = self._place.epoch if self._place.epoch is not None else epoch
        begins = epoch is None or epoch != self._open_epoch
        if begins and not opens and self.model.outage is not None and isinstance(record, LotSuspended):
            return
        if opens != begins:
            english = f"HouseOpened stands first in each epoch and nowhere else, epoch {epoch}"
            raise self._because("sequence", english, f"每个纪元的第一条且仅第一条记录是 HouseOpened（纪元 {epoch}）")
        if isinstance(record, HouseOpened) and record.epoch != epoch:
            english = f"HouseOpened states epoch {record.epoch} in epoch {epoch}"
            raise self._because("sequence", english, f"HouseOpened 写明纪元 {record.epoch}，实际为纪元 {epoch}")
        self._open_epoch = epoch

    def _consequence(self, record: Record) -> Record:
        """Return what the model records for the command, or the passing of time, that the record bears witness to."""
        if self.model.outage is not None:
            return self.model.suspend_struck()
        closed_by_time = isinstance(record, LotClosed) and record.cause != CloseCause.CALLED
        if closed_by_time or isinstance(record, PhaseStarted | SealedPhaseEnded):
            if self.model.next_due() is None:
                raise self._unexpected(record, Words("no lot has a deadline", "没有任何截止时间"))
            return self.model.transition()
        try:
            yielded = self._command(record)
        except CommandError as error:
            raise self._unexpected(record, error.words) from error
        if not yielded:
            raise self._unexpected(record, Words("an exact repeat of a bid is not recorded", "重复的报价不应再次记录"))
        return yielded[0]

    def _command(  # noqa: C901, PLR0911, PLR0912 - one case for each type of record
        self, record: Record
    ) -> list[Record]:
        model, at, lot = self.model, record.at, record.lot
        match record:
            case BidAccepted() | BidRefused():
                return model.place_bid(at, lot, self._bidder(record), record.amount, record.key)
            case HouseOpened():
                return [model.house_opened(at, record.epoch)]
            case ClockJumped():
                return model.clock_jumped(record.shown, record.expected)
            case LotOpened():
                return model.open_lot(
                    at, name=record.name, type_id=record.type_id, currency=record.currency, exponent=record.exponent,
                    unit=record.unit, unit_scale=record.unit_scale, round=record.round, reoffer_of=record.reoffer_of,
                    preset=record.preset, preset_digest=record.preset_digest, opens_at=record.opens_at,
                    commitment=record.commitment, rules=record.rules,
                )  # fmt: skip
            case BidderAdmitted():
                # The first bid of an openly admitted bidder yields the same record as its admission by command.
                return model.admit_bidder(at, lot, record.name)
            case LotClosed():
                return model.close_lot(at, lot)
            case LotSuspended() if record.cause == SuspendCause.COMMAND:
                return model.suspend_lot(at, lot, record.authority, record.why)
            case ResumptionAnnounced():
                return model.announce_resumption(at, lot, record.resumes_at, record.authority, record.why)
            case LotResumed():
                return model.resume_lot(at, lot, record.authority, record.why, self._stated_end(record))
            case LotTerminated():
                return model.terminate_lot(at, lot, record.authority, record.why)
            case LegalBasisStated():
                return model.state_legal_basis(at, lot, record.text)
            case InquiryAnswered():
                return model.answer_inquiry(at, lot, self._bidder(record), record.answer == Answer.YES)
            case PriorityGranted():
                return model.grant_priority(at, lot, self._bidder(record), record.rank, record.by)
            case TopUpConfirmed():
                return model.confirm_top_up(at, lot, self._bidder(record), record.by)
            case LotteryDrawn():
                return model.draw_lottery(at, lot, record.seeds)
            case OpeningFinished():
                return sealed_replay.repeated(model, record, "")
            case SealedBidPlaced() | SealedBidWithdrawn() | SealedBidOpened() | SealedBidExcluded() | SealedBidScored():
                return sealed_replay.repeated(model, record, self._bidder(record))
            case ReserveEntered():
                return model.enter_reserve(at, lot, record.result, record.commitment, record.by, record.witness)
            case ReserveReentered():
                return model.reenter_reserve(at, lot, record.result, record.commitment, record.by, record.witness)
            case ReserveCompared():
                return model.compare_reserve(at, lot, record.result == Comparison.MET)
            case ReserveDisclosed():
                return model.disclose_reserve(at, lot, record.amount, record.blinding, record.by)
            case OutcomeRecorded():
                return model.record_outcome(
                    at, lot, kind=record.kind, cause=record.cause, winner=record.bidder, price=record.price,
                    type_id=record.type_id, detail=record.detail,
                )  # fmt: skip
            case CommandRefused():
                return self._refused_command(record)
            case _:
                raise CommandError("no command yields this record", "没有命令会产生这条记录")

    def _bidder(self, record: Record) -> str:
        bidders = self.model.lot(record.lot).bidders
        if not 1 <= record.bidder <= len(bidders):
            raise CommandError(
                f"bidder {record.bidder} of lot {record.lot} is not admitted",
                f"标的 {record.lot} 的竞买人 {record.bidder} 未获准入",
            )
        return bidders[record.bidder - 1]

    def _named(self, record: CommandRefused) -> str:
        return self._bidder(record) if record.bidder else record.name

    def _stated_end(self, record: LotResumed) -> int | None:
        """Return the end that a resumption stated, as far as its record shows that it stated one."""
        lot = self.model.lot(record.lot)
        goes_on = record.closes_at == lot.resumed_end(record.at)
        return None if goes_on or not resumption.may_state_end(lot) else record.closes_at

    def _refused_command(  # noqa: C901, PLR0911, PLR0912 - one case for each command
        self, record: CommandRefused
    ) -> list[Record]:
        """Repeat a refused command as far as its record tells what it was."""
        model, at, lot = self.model, record.at, record.lot
        match record.command:
            case Command.ADMIT_BIDDER:
                return model.admit_bidder(at, lot, record.name)
            case Command.PLACE_BID:
                return model.place_bid(at, lot, record.name, record.amount)
            case Command.CLOSE_LOT:
                return model.close_lot(at, lot)
            case Command.SUSPEND_LOT:
                return model.suspend_lot(at, lot)
            case Command.RESUME_LOT:
                return model.resume_lot(at, lot, ends_at=record.amount or None)
            case Command.ANNOUNCE_RESUMPTION:
                return model.announce_resumption(at, lot, record.amount)
            case Command.ANSWER_INQUIRY:
                # The refused answer is not recorded, nor is the rank of a refused grant.
                return model.answer_inquiry(at, lot, self._named(record), yes=True)
            case Command.GRANT_PRIORITY:
                return model.grant_priority(at, lot, self._named(record))
            case Command.CONFIRM_TOP_UP:
                return model.confirm_top_up(at, lot, self._named(record))
            case command if command in sealed_replay.REFUSABLE:
                return sealed_replay.refused(model, record, self._named(record))
            case Command.DRAW_LOTTERY:
                return model.draw_lottery(at, lot, self._other_seeds(lot))
            case Command.TERMINATE_LOT:
                return model.terminate_lot(at, lot)
            case Command.STATE_LEGAL_BASIS:
                return model.state_legal_basis(at, lot, UNSTATED)
            case Command.COMPARE_RESERVE:
                return model.compare_reserve(at, lot, met=False)
            case Command.DISCLOSE_RESERVE:
                # The refused amount is not recorded. A zero blinding opens no commitment, so only the state decides.
                return model.disclose_reserve(at, lot, 0, ZERO_32)
            case Command.RECORD_OUTCOME:
                # The refused outcome is not recorded either; an empty type id is never the lot's own.
                return model.record_outcome(at, lot, kind=OutcomeKind.UNSOLD, type_id="")
            case _:
                name = record.command.name.lower()
                raise CommandError(f"{name} is never recorded as refused", f"{name} 从不记为被拒绝")

    def _other_seeds(self, lot: int) -> list[bytes]:
        """Return seeds that are not those of a lot, whose number they do not have: refused ones are not recorded."""
        committed = self.model.lot(lot).rules.lottery_seeds or ()
        return [b"\1" * 32] * (len(committed) % SEEDS_MAX + 1)

    def _compare(self, expected: Record, record: Record, raw: bytes) -> None:
        try:
            agrees = encode(expected) == raw
        except FormatError:
            # A deadline behind every valid stamp is never due, whatever a record claims.
            agrees = False
        if not agrees:
            english = f"the rules give {describe(expected)}, the journal has {describe(record)}"
            chinese = f"按规则应为 {describe(expected)}，日志中为 {describe(record)}"
            raise self._because("divergence", english, chinese)

    def _note(self, record: Record) -> None:
        match record:
            case BidAccepted() | BidRefused():
                self.bids += 1
            case OutcomeRecorded():
                self._check_settlement(record)
            case ReserveEntered():
                self._check_openings(record.lot)
            case ReserveCompared():
                self.compared[record.lot] = record.result
                self._check_openings(record.lot)
            case ReserveDisclosed():
                lot = self.model.lot(record.lot)
                self._learn(lot, lot.opening(record.amount, record.blinding))
                self._check_comparison(lot)

    def _check_openings(self, number: int) -> None:
        lot = self.model.lot(number)
        for opening in self._openings:
            if opens(opening, lot):
                self._learn(lot, opening)
        self._check_comparison(lot)

    def _check_settlement(self, record: OutcomeRecorded) -> None:
        lot = self.model.lot(record.lot)
        settlement = settle(lot)
        if settlement is None:
            self.settled[lot.number] = "attested"
            return
        recorded = replace(
            settlement, kind=record.kind, cause=record.cause, winner=record.bidder, price=record.price,
            detail=record.detail,
        )  # fmt: skip
        if recorded != settlement:
            due, found = describe(settlement), describe(recorded)
            english = f"{lot.opened.type_id} settles lot {lot.name} as {due}, recorded is {found}"
            chinese = f"按 {lot.opened.type_id}，标的 {lot.name} 的结果应为 {due}，记录为 {found}"
            raise self._because("settlement", english, chinese)
        self.settled[lot.number] = "verified"

    def _learn(self, lot: Lot, opening: Opening) -> None:
        """Hold what the vault took against the amount that a commitment proves, and keep the amount."""
        commitment, amount = opening.commitment, opening.amount
        taken = any(figure.commitment == commitment for figure in lot.figures)
        if taken and amount < lot.rules.start_price:
            what = Words("reserve", "底价") if lot.rules.figures == 1 else Words("reserve figure", "单人底价")
            name, start = lot.name, lot.rules.start_price
            english = f"the {what.english} {amount} of lot {name} was taken, below the start price {start}"
            chinese = f"标的 {name} 的{what.chinese} {amount} 低于起始价 {start}，却被接受"
            raise self._because("reserve", english, chinese)
        self._amounts.setdefault(lot.number, {})[commitment] = amount

    def _check_comparison(self, lot: Lot) -> None:
        """Hold the comparison against the reserve, as soon as the amounts are known that make it up."""
        amounts = self._amounts.get(lot.number, {})
        name, result, top = lot.name, self.compared.get(lot.number), lot.top
        if result is None or top is None or len(amounts) < lot.rules.figures:
            return
        reserve = mean(amounts.values(), lot.rules.reserve_rounding)
        if (top >= reserve) != (result == Comparison.MET):
            english = f"the top {top} of lot {name} and the reserve {reserve} contradict {result.name.lower()}"
            chinese = f"标的 {name} 的最高价 {top} 与底价 {reserve} 同记录的结果 {result.name.lower()} 矛盾"
            raise self._because("reserve", english, chinese)
        self.proven.add(lot.number)

    def _unexpected(self, record: Record, why: Words) -> DivergenceError:
        found = describe(record)
        return self._because(
            "divergence", f"{why.english}, the journal has {found}", f"{why.chinese}；日志中为 {found}"
        )

    def _because(self, code: str, english: str, chinese: str, seq: int | None = None) -> DivergenceError:
        seq = self._records if seq is None else seq
        place = self._place
        return DivergenceError(
            Finding(
                code, f"record {seq}: {english}", f"第 {seq} 条记录：{chinese}", seq=seq, segment=place.segment,
                offset=place.offset,
            )
        )  # fmt: skip


def opens(opening: Opening, lot: Lot) -> bool:
    """Return whether an opening proves what the reserve of a lot, or a figure of it, is."""
    same = opening == lot.opening(opening.amount, opening.blinding)
    return same and opening.commitment in lot.commitments
