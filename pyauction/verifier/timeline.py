"""The course of a house: its lots, its last stamp, and the transitions that passing time brings.

A `Timeline` numbers and stamps records; the commands that cause them are the model's.
"""

from __future__ import annotations

import hashlib
import struct
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, TypeVar

from . import cap, lottery, sealed
from .record import Record
from .records import ClockJumped, CommandRefused, LotClosed, PhaseStarted
from .sealed_records import SealedPhaseEnded
from .terms import (
    I64_MAX,
    NONE,
    TIME_MAX,
    AfterClose,
    CloseCause,
    Command,
    PhaseKind,
    Reason,
    SingleBidder,
    State,
    WithoutBids,
)
from .wire import FormatError, check_name
from .words import BilingualError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lot import Lot

_R = TypeVar("_R", bound=Record)
_T = TypeVar("_T")

UNSTATED = "-"
"""Stands for who or why where a caller does not care: the records take no empty text."""


class CommandError(BilingualError, ValueError):
    """A command that cannot be stated, and of which nothing is recorded."""


class Timeline:
    """The lots as the records so far have made them, with the sequence and the stamp of the last record."""

    def __init__(self) -> None:
        self.lots: list[Lot] = []
        self.seq = 0
        self.stamp = NONE
        self._deadlines: list[tuple[int, int]] = []
        self._noted: dict[int, int | None] = {}

    def lot(self, number: int) -> Lot:
        """Return a lot by its number."""
        if not 1 <= number <= len(self.lots):
            raise CommandError(f"there is no lot {number}", f"没有第 {number} 号标的")
        return self.lots[number - 1]

    def lot_hash(self, number: int) -> bytes:
        """Return the lot hash of B.9."""
        return self.lot(number).digest()

    def state_hash(self) -> bytes:
        """Return the state hash of B.9 after the last record."""
        head = struct.pack("<QqI", self.seq, self.stamp, len(self.lots))
        digests = b"".join(lot.digest() for lot in self.lots)
        return hashlib.sha256(b"pyauction/state/v1" + head + digests).digest()

    def next_due(self) -> Lot | None:
        """Return the lot whose deadline comes first, ties by number, or None if no lot has one."""
        while self._deadlines:
            deadline, number = self._deadlines[0]
            lot = self.lots[number - 1]
            if lot.deadline == deadline:
                return lot
            heappop(self._deadlines)
        return None

    def _note_deadline(self, lot: Lot) -> None:
        """Keep the order of the deadlines; an entry that its lot has left behind is dropped when it comes first."""
        if lot.deadline != self._noted.get(lot.number):
            self._noted[lot.number] = lot.deadline
            if lot.deadline is not None:
                heappush(self._deadlines, (lot.deadline, lot.number))

    def advance(self, now: int) -> list[Record]:
        """Let every deadline up to `now` take effect."""
        return self._pass_time(self._stamped(now))

    def transition(self) -> Record:
        """Let the one deadline that comes first take effect, whenever it is."""
        lot = self.next_due()
        if lot is None or lot.deadline is None:
            raise CommandError("no lot has a deadline", "没有任何截止时间")
        due = lot.deadline
        if lot.state == State.SCHEDULED:
            return self._start_phase(lot, 0, due)
        return self._end_phase(lot, due)

    def clock_jumped(self, shown: int, expected: int) -> list[Record]:
        """Note that the wall clock contradicts the monotonic clock: no time passes by it, what is due comes first."""
        at = self._stamped(self.stamp)
        return [*self._pass_time(at), self._record(ClockJumped, at, None, shown=shown, expected=expected)]

    def _stamped(self, now: int) -> int:
        at = max(now, self.stamp)
        if not 0 <= at <= TIME_MAX:
            raise CommandError(
                f"the time {now} is not within 0 and {TIME_MAX}", f"时间 {now} 不在 0 与 {TIME_MAX} 之间"
            )
        return at

    def _pass_time(self, at: int) -> list[Record]:
        records = []
        while (lot := self.next_due()) is not None and lot.deadline is not None and lot.deadline <= at:
            records.append(self.transition())
        return records

    def _begin(self, now: int, number: int) -> tuple[int, Lot, list[Record]]:
        lot = self.lot(number)
        at = self._stamped(now)
        return at, lot, self._pass_time(at)

    def _start_phase(self, lot: Lot, index: int, due: int) -> Record:
        lot.start_phase(index, due)
        at = max(due, self.stamp)
        return self._record(PhaseStarted, at, lot, due=due, closes_at=lot.closes_at, phase=index)

    def _end_phase(self, lot: Lot, due: int) -> Record:
        if lot.running.kind == PhaseKind.SEALED:
            return self._end_sealed_phase(lot, due)
        if cap.has_effect(lot):
            if lot.rules.cap_phase is not None:
                return self._start_phase(lot, lot.rules.cap_phase, due)
            return self._close(lot, max(due, self.stamp), due, CloseCause.CAP)
        if self._bidding_is_over(lot, due):
            return self._close(lot, max(due, self.stamp), due, CloseCause.DEADLINE)
        return self._start_phase(lot, lot.phase + 1, due)

    def _end_sealed_phase(self, lot: Lot, due: int) -> Record:
        at = max(due, self.stamp)
        if lot.finished or sealed.are_too_few(lot):
            return self._close(lot, at, due, CloseCause.DEADLINE)
        lot.end_bidding(State.AWAITING_OPENING)
        return self._record(SealedPhaseEnded, at, lot, due=due, standing=len(sealed.standing(lot)))

    @staticmethod
    def _bidding_is_over(lot: Lot, due: int) -> bool:
        """Return whether a phase that ends is the last one, by its place or by what happened in it."""
        rules = lot.rules
        return (
            lot.phase + 1 in (len(rules.phases), rules.cap_phase)
            or (lot.running.kind == PhaseKind.INQUIRY and lot.said_yes < (rules.inquiry_yes or 0))
            or (not cap.is_behind(lot) and _is_decided(lot, due))
        )

    def _close(self, lot: Lot, at: int, due: int, cause: CloseCause) -> Record:
        compares = lot.needs_comparison
        lot.end_bidding(State.AWAITING_RESERVE if compares else self._state_without_comparison(lot))
        return self._record(
            LotClosed, at, lot, bidder=lot.leader, due=due, cause=cause,
            next=AfterClose.COMPARE if compares else AfterClose.NO_COMPARISON,
            top=lot.top or 0, accepted=lot.accepted, refused=lot.refused, quoted=lot.quoted, admitted=lot.admitted,
        )  # fmt: skip

    @staticmethod
    def _state_without_comparison(lot: Lot) -> State:
        """Return the state of a lot behind its bidding, with the reserve met or none to be compared."""
        return State.AWAITING_DRAW if lottery.is_due(lot) else State.CLOSED

    def _record(
        self,
        kind: type[_R],
        at: int,
        lot: Lot | None,
        /,
        **fields: Any,  # noqa: ANN401 - the fields of that type
    ) -> _R:
        self.seq, self.stamp = self.seq + 1, at
        if lot is None:
            return kind(seq=self.seq, at=at, **fields)
        self._note_deadline(lot)
        lot.lot_seq += 1
        return kind(seq=self.seq, at=at, lot=lot.number, lot_seq=lot.lot_seq, **fields)

    def _refuse(
        self,
        lot: Lot,
        at: int,
        command: Command,
        reason: Reason,
        *,
        bidder: int = 0,
        amount: int = 0,
        name: str = "",
    ) -> Record:
        return self._record(
            CommandRefused, at, lot, bidder=bidder, reason=reason, command=command, amount=amount, name=name
        )  # fmt: skip

    def _refuse_of(self, lot: Lot, at: int, command: Command, reason: Reason, name: str) -> Record:
        """Refuse a command about a bidder, who is named by its number, or by its name if it is a stranger."""
        bidder = lot.bidder_number(name)
        return self._refuse(lot, at, command, reason, bidder=bidder, name="" if bidder else name)

    def _check_bidder(self, lot: int, name: str) -> None:
        if name not in self.lot(lot).numbers:
            self._check(check_name, name)

    @staticmethod
    def _check_opening(amount: int, blinding: bytes) -> None:
        if not -I64_MAX - 1 <= amount <= I64_MAX or len(blinding) != 32:
            raise CommandError(
                "an amount of 64 bits and a blinding of 32 bytes are expected", "应有 64 位金额与 32 字节盲化值"
            )

    @staticmethod
    def _check_whole(value: int, low: int, high: int, what: str) -> None:
        if not low <= value <= high:
            raise CommandError(
                f"{what} is {value}, expected {low} to {high}", f"{what} 为 {value}，应在 {low} 与 {high} 之间"
            )

    @staticmethod
    def _check(check: Callable[[_T], object], *values: _T) -> None:
        try:
            for value in values:
                check(value)
        except FormatError as error:
            raise CommandError(*error.words) from error


def _is_decided(lot: Lot, due: int) -> bool:
    """Return whether bidding is over for want of bids, of bidders or of recent bids."""
    rules = lot.rules
    return (
        (lot.accepted == 0 and rules.timed_without_bids == WithoutBids.DECIDE)
        or (lot.quoted == 1 and rules.single_bidder == SingleBidder.DECIDE)
        or (lot.phase == 0 and lot.bid_recently(due) < (rules.recent_bidders or 0))
    )
