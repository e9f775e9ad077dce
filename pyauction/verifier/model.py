"""The engine as a model: one method per command, each returning the records that the command yields.

It is slow and obvious on purpose. A method raises `CommandError` and changes nothing where a command could not even be
stated (an unknown lot, a text that is too long, an amount of more than 64 bits); everything else is a record.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import bidding, cap, custody, ladder, lottery, resumption
from .figures import Figure
from .lot import Lot
from .record import Record
from .records import (
    BidAccepted,
    BidderAdmitted,
    BidRefused,
    HouseOpened,
    InquiryAnswered,
    LegalBasisStated,
    LotOpened,
    LotResumed,
    LotSuspended,
    LotTerminated,
    LotteryDrawn,
    OutcomeRecorded,
    PriorityGranted,
    ReserveCompared,
    ReserveDisclosed,
    ReserveEntered,
    ReserveReentered,
    ResumptionAnnounced,
    TopUpConfirmed,
    encode,
)
from .sealed_commands import SealedCommands
from .settle import Settlement
from .terms import (
    I64_MAX,
    KEY_MAX,
    NONE,
    TIME_MAX,
    U32_MAX,
    ZERO_32,
    Admission,
    Answer,
    CloseCause,
    Command,
    Comparison,
    OnOutage,
    OutcomeCause,
    OutcomeKind,
    PhaseEnd,
    Reason,
    ReservePolicy,
    ReserveState,
    State,
    SuspendCause,
    VaultResult,
)
from .timeline import UNSTATED, CommandError
from .wire import check_name, check_seeds, check_stated, check_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .rules import LotRules

_SUSPENDABLE = (State.SCHEDULED, State.BIDDING, State.AWAITING_OPENING)
_OVER = (State.DECIDED, State.TERMINATED)


@dataclass(frozen=True)
class Quote:
    """What a bidder sees of a lot. Absent amounts and times are None; no leader is 0."""

    state: str
    phase: int
    top: int | None
    leader: int
    ask: int | None
    closes_at: int | None


class Model(SealedCommands):
    """A house that can be asked and commanded."""

    def __init__(self) -> None:
        super().__init__()
        self._names: set[str] = set()
        self._struck: deque[Lot] = deque()
        self._struck_since = NONE

    def quote(self, number: int) -> Quote:
        """Return what a bidder sees of a lot."""
        lot = self.lot(number)
        return Quote(lot.state.name.lower(), lot.phase, lot.top, lot.leader, ladder.ask(lot), lot.deadline)

    def earlier(self, number: int, bidder: str, key: bytes) -> BidAccepted | BidRefused | None:
        """Return the decision that a bidder's key stands for in a lot, if it is held."""
        lot = self.lot(number)
        return lot.keys.get((lot.bidder_number(bidder), key))

    def open_house(self, now: int, epoch: int) -> list[Record]:
        """Open the house after a start: the first command, decided before any deadline.

        Suspensions that an interrupted opening left open come first.
        """
        left_open = self._suspend_all_struck()
        return [*left_open, self.house_opened(now, epoch), *self._suspend_all_struck()]

    def _suspend_all_struck(self) -> list[Record]:
        return [self.suspend_struck() for _ in range(len(self._struck))]

    def house_opened(self, now: int, epoch: int) -> Record:
        """Open the house, without the suspensions that follow: the lots they concern are `outage`, one at a time."""
        at, last = self._stamped(now), self.stamp
        for lot in self.lots:
            fell = lot.deadline is not None and last < lot.deadline <= at
            if fell and lot.rules.on_outage == OnOutage.SUSPEND:
                self._struck.append(lot)
        self._struck_since = last
        return self._record(HouseOpened, at, None, last=last, epoch=epoch)

    @property
    def outage(self) -> Lot | None:
        """Return the lot that the last outage is to suspend next, or None."""
        return self._struck[0] if self._struck else None

    def suspend_struck(self) -> Record:
        """Suspend the lot of `outage`, with the time that was left when the house went down."""
        lot = self._struck.popleft()
        lot.suspend(self._struck_since)
        return self._suspended(lot, self.stamp, SuspendCause.OUTAGE, "", "")

    def open_lot(
        self,
        now: int,
        *,
        name: str,
        rules: LotRules,
        opens_at: int | None = None,
        type_id: str = "english@1",
        currency: str = "CNY",
        exponent: int = 2,
        unit: str = "",
        unit_scale: int = 0,
        round: int = 1,
        reoffer_of: str = "",
        preset: str = "",
        preset_digest: bytes = ZERO_32,
        commitment: bytes = ZERO_32,
    ) -> list[Record]:
        """Open a lot, at once unless `opens_at` says when."""
        at = self._stamped(now)
        opens_at = at if opens_at is None else opens_at
        if opens_at < at:
            raise CommandError(f"opens_at is {opens_at}, before {at}", f"opens_at 为 {opens_at}，早于 {at}")
        number = len(self.lots) + 1
        fields: dict[str, Any] = {
            "name": name, "type_id": type_id, "currency": currency, "exponent": exponent, "unit": unit,
            "unit_scale": unit_scale, "round": round, "reoffer_of": reoffer_of, "preset": preset,
            "preset_digest": preset_digest, "opens_at": opens_at, "commitment": commitment, "rules": rules,
        }  # fmt: skip
        stated = LotOpened(seq=1, at=at, lot=number, lot_seq=1, **fields)
        self._check(encode, stated)
        if name in self._names:
            raise CommandError(f"there is a lot {name} already", f"已有标的 {name}")
        lacks = Lot(number, stated).opening_lacks(opens_at)
        if lacks:
            least = rules.free_least
            raise CommandError(
                f"from {opens_at} on the first phase is {lacks} shorter than free_least {least}",
                f"自 {opens_at} 起，首个阶段比 free_least {least} 短 {lacks}",
            )
        records = self._pass_time(at)
        records.append(self._open_lot(number, at, fields))
        return records

    def _open_lot(self, number: int, at: int, fields: dict[str, Any]) -> Record:
        self.seq, self.stamp = self.seq + 1, at
        opened = LotOpened(seq=self.seq, at=at, lot=number, lot_seq=1, **fields)
        lot = Lot(number, opened, lot_seq=1, deadline=opened.opens_at, commitment=opened.commitment)
        if opened.rules.reserve_policy == ReservePolicy.DECLARED_NONE:
            lot.reserve_state = ReserveState.DECLARED_NONE
        elif opened.commitment != ZERO_32:
            lot.reserve_state = ReserveState.COMMITTED
        if opened.opens_at == at:
            lot.start_phase(0, at)
        self.lots.append(lot)
        self._names.add(opened.name)
        self._note_deadline(lot)
        return opened

    def close_lot(self, now: int, lot: int) -> list[Record]:
        """Close a phase that ends by a call."""
        at, of, records = self._begin(now, lot)
        if of.state != State.BIDDING:
            return [*records, self._refuse(of, at, Command.CLOSE_LOT, Reason.WRONG_PHASE)]
        if of.rules.phases[of.phase].end != PhaseEnd.CALLED:
            return [*records, self._refuse(of, at, Command.CLOSE_LOT, Reason.CLOSE_NOT_CALLED)]
        return [*records, self._close(of, at, at, CloseCause.CALLED)]

    def suspend_lot(self, now: int, lot: int, authority: str = UNSTATED, why: str = UNSTATED) -> list[Record]:
        """Freeze a lot."""
        self._check(check_stated, authority, why)
        at, of, records = self._begin(now, lot)
        if of.state not in _SUSPENDABLE:
            return [*records, self._refuse(of, at, Command.SUSPEND_LOT, Reason.WRONG_PHASE)]
        of.suspend(at)
        return [*records, self._suspended(of, at, SuspendCause.COMMAND, authority, why)]

    def _suspended(self, lot: Lot, at: int, cause: SuspendCause, authority: str, why: str) -> Record:
        remaining = NONE if lot.remaining is None else lot.remaining
        return self._record(LotSuspended, at, lot, cause=cause, remaining=remaining, authority=authority, why=why)

    def announce_resumption(
        self, now: int, lot: int, resumes_at: int, authority: str = UNSTATED, why: str = UNSTATED
    ) -> list[Record]:
        """Say when a frozen lot may go on."""
        self._check(check_stated, authority, why)
        self._check_whole(resumes_at, 0, TIME_MAX, "resumes_at")
        at, of, records = self._begin(now, lot)
        reason = resumption.announcement_refusal(of, at, resumes_at)
        if reason is not None:
            return [*records, self._refuse(of, at, Command.ANNOUNCE_RESUMPTION, reason, amount=resumes_at)]
        of.resumes_at = resumes_at
        announced = self._record(ResumptionAnnounced, at, of, resumes_at=resumes_at, authority=authority, why=why)
        return [*records, announced]

    def resume_lot(
        self, now: int, lot: int, authority: str = UNSTATED, why: str = UNSTATED, ends_at: int | None = None
    ) -> list[Record]:
        """Let a frozen lot go on with the time that was left, or up to a stated end where the rules allow one."""
        self._check(check_stated, authority, why)
        if ends_at is not None:
            self._check_whole(ends_at, 1, TIME_MAX, "ends_at")
        at, of, records = self._begin(now, lot)
        reason = resumption.resumption_refusal(of, at, ends_at)
        if reason is not None:
            return [*records, self._refuse(of, at, Command.RESUME_LOT, reason, amount=ends_at or 0)]
        of.resume(at, ends_at)
        resumed = self._record(LotResumed, at, of, closes_at=of.closes_at, authority=authority, why=why)
        return [*records, resumed]

    def terminate_lot(self, now: int, lot: int, authority: str = UNSTATED, why: str = UNSTATED) -> list[Record]:
        """End a lot by authority."""
        self._check(check_stated, authority, why)
        at, of, records = self._begin(now, lot)
        if of.state in _OVER:
            return [*records, self._refuse(of, at, Command.TERMINATE_LOT, Reason.WRONG_PHASE)]
        of.end_bidding(State.TERMINATED)
        of.keys.clear()
        return [*records, self._record(LotTerminated, at, of, authority=authority, why=why)]

    def state_legal_basis(self, now: int, lot: int, text: str) -> list[Record]:
        """State the legal basis of what an authority does next with the lot; nothing else changes."""
        self._check(check_stated, text)
        at, of, records = self._begin(now, lot)
        if of.state in _OVER:
            return [*records, self._refuse(of, at, Command.STATE_LEGAL_BASIS, Reason.WRONG_PHASE)]
        return [*records, self._record(LegalBasisStated, at, of, text=text)]

    def admit_bidder(self, now: int, lot: int, name: str) -> list[Record]:
        """Admit a bidder by command."""
        self._check(check_name, name)
        at, of, records = self._begin(now, lot)
        if not of.takes_bidders:
            return [*records, self._refuse(of, at, Command.ADMIT_BIDDER, Reason.WRONG_PHASE, name=name)]
        number = of.bidder_number(name)
        if number:
            reason = Reason.ALREADY_ADMITTED
            return [*records, self._refuse(of, at, Command.ADMIT_BIDDER, reason, bidder=number, name=name)]
        return [*records, self._admit(of, at, name)]

    def _admit(self, lot: Lot, at: int, name: str) -> Record:
        return self._record(BidderAdmitted, at, lot, bidder=lot.admit(name), name=name)

    def place_bid(self, now: int, lot: int, bidder_name: str, amount: int, key: bytes = b"") -> list[Record]:
        """Bid. An exact repeat of a keyed bid yields no record of its own: `earlier` has the decision."""
        self._check_bidder(lot, bidder_name)
        if not -I64_MAX - 1 <= amount <= I64_MAX or len(key) > KEY_MAX:
            raise CommandError(
                f"the amount {amount} or the key {key.hex()} is too long", f"金额 {amount} 或键 {key.hex()} 过长"
            )
        at, of, records = self._begin(now, lot)
        earlier = self.earlier(lot, bidder_name, key) if key else None
        if earlier is not None and earlier.amount == amount:
            return records
        bidder = of.bidder_number(bidder_name)
        if earlier is not None:
            return [*records, self._refuse_bid(of, at, bidder, amount, key=key, reason=Reason.KEY_CONFLICT)]
        if not bidder:
            if of.rules.admission == Admission.LISTED or not of.takes_bidders:
                refused = self._refuse(
                    of, at, Command.PLACE_BID, Reason.NOT_ADMITTED, amount=amount, name=bidder_name
                )  # fmt: skip
                return [*records, refused]
            records.append(self._admit(of, at, bidder_name))
            bidder = of.bidder_number(bidder_name)
        reason = bidding.refusal(of, at, bidder) or ladder.refusal(of, bidder, amount)
        if reason is not None:
            return [*records, self._refuse_bid(of, at, bidder, amount, key=key, reason=reason)]
        return [*records, self._accept_bid(of, at, bidder, amount, key)]

    def _accept_bid(self, lot: Lot, at: int, bidder: int, amount: int, key: bytes) -> Record:
        if cap.ends_phase(lot, amount):
            lot.end_phase_at(at)
        else:
            lot.move_deadline(at)
        bid = self._record(BidAccepted, at, lot, bidder=bidder, amount=amount, closes_at=lot.closes_at, key=key)
        lot.take_bid(bid)
        self._hold_key(lot, bid)
        return bid

    def _refuse_bid(self, lot: Lot, at: int, bidder: int, amount: int, *, key: bytes, reason: Reason) -> Record:
        lot.refused += 1
        bid = self._record(
            BidRefused, at, lot, bidder=bidder, reason=reason, amount=amount, closes_at=lot.closes_at, key=key
        )  # fmt: skip
        if reason != Reason.KEY_CONFLICT:
            self._hold_key(lot, bid)
        return bid

    @staticmethod
    def _hold_key(lot: Lot, bid: BidAccepted | BidRefused) -> None:
        if bid.key and lot.state not in _OVER:
            lot.keys[(bid.bidder, bid.key)] = bid

    def answer_inquiry(self, now: int, lot: int, bidder_name: str, yes: bool) -> list[Record]:  # noqa: FBT001 - the answer
        """Answer the inquiry: whether a bidder takes part in what follows it."""
        self._check_bidder(lot, bidder_name)
        at, of, records = self._begin(now, lot)
        bidder = of.bidder_number(bidder_name)
        reason = bidding.answer_refusal(of, at, bidder)
        if reason is not None:
            return [*records, self._refuse_of(of, at, Command.ANSWER_INQUIRY, reason, bidder_name)]
        answer = Answer.YES if yes else Answer.NO
        of.standing(bidder).answer = answer
        return [*records, self._record(InquiryAnswered, at, of, bidder=bidder, answer=answer)]

    def grant_priority(
        self, now: int, lot: int, bidder_name: str, rank: int = 1, by: str = UNSTATED
    ) -> list[Record]:  # fmt: skip
        """Give a bidder the right to bid the top amount."""
        self._check(check_stated, by)
        self._check_whole(rank, 1, U32_MAX, "rank")
        self._check_bidder(lot, bidder_name)
        at, of, records = self._begin(now, lot)
        bidder = of.bidder_number(bidder_name)
        reason = bidding.grant_refusal(of, bidder)
        if reason is not None:
            return [*records, self._refuse_of(of, at, Command.GRANT_PRIORITY, reason, bidder_name)]
        of.standing(bidder).rank = rank
        return [*records, self._record(PriorityGranted, at, of, bidder=bidder, rank=rank, by=by)]

    def confirm_top_up(self, now: int, lot: int, bidder_name: str, by: str = UNSTATED) -> list[Record]:
        """Note that a bidder made the further deposit which the phases behind the cap ask for."""
        self._check(check_stated, by)
        self._check_bidder(lot, bidder_name)
        at, of, records = self._begin(now, lot)
        bidder = of.bidder_number(bidder_name)
        reason = bidding.top_up_refusal(of, bidder)
        if reason is not None:
            return [*records, self._refuse_of(of, at, Command.CONFIRM_TOP_UP, reason, bidder_name)]
        of.standing(bidder).topped_up = True
        return [*records, self._record(TopUpConfirmed, at, of, bidder=bidder, by=by)]

    def enter_reserve(  # noqa: PLR0917 - the fields in the order of the record
        self, now: int, lot: int, result: int, commitment: bytes, by: str = UNSTATED, witness: str = UNSTATED
    ) -> list[Record]:
        """Enter the reserve, or a figure of it; the vault's result stands for the amount, which only the vault knows."""
        self._check_entry(result, commitment, by, witness)
        at, of, records = self._begin(now, lot)
        vault, figure = VaultResult(result), Figure(commitment, by)
        reason = custody.entry_refusal(of, at, vault, figure)
        if reason == Reason.NONE:
            of.take_figure(figure)
        entered = self._record(
            ReserveEntered, at, of, reason=reason, result=vault, commitment=commitment, by=by, witness=witness
        )  # fmt: skip
        return [*records, entered]

    def reenter_reserve(  # noqa: PLR0917 - the fields in the order of the record
        self, now: int, lot: int, result: int, commitment: bytes, by: str = UNSTATED, witness: str = UNSTATED
    ) -> list[Record]:
        """Enter the reserve, or a figure of it, again after a restart."""
        self._check_entry(result, commitment, by, witness)
        if result == VaultResult.BELOW_START:
            raise CommandError(
                "a reserve entered again is not checked against the start price", "重新录入的底价不与起始价比较"
            )
        at, of, records = self._begin(now, lot)
        vault = VaultResult(result)
        reason = custody.reentry_refusal(of, vault, commitment)
        entered = self._record(
            ReserveReentered, at, of, reason=reason, result=vault, commitment=commitment, by=by, witness=witness
        )  # fmt: skip
        return [*records, entered]

    def compare_reserve(self, now: int, lot: int, met: bool) -> list[Record]:  # noqa: FBT001 - the command's one field
        """Compare the top amount with the reserve; `met` is the vault's answer."""
        at, of, records = self._begin(now, lot)
        reason = custody.comparison_refusal(of)
        if reason != Reason.NONE:
            return [*records, self._refuse(of, at, Command.COMPARE_RESERVE, reason)]
        of.state = self._state_without_comparison(of) if met else State.CLOSED
        of.reserve_state = ReserveState.MET if met else ReserveState.NOT_MET
        result = Comparison.MET if met else Comparison.NOT_MET
        return [*records, self._record(ReserveCompared, at, of, result=result, top=of.top or 0)]

    def disclose_reserve(self, now: int, lot: int, amount: int, blinding: bytes, by: str = UNSTATED) -> list[Record]:
        """Make the reserve, or a figure of it, public. A refusal does not record the amount, which is still secret."""
        self._check(check_stated, by)
        self._check_opening(amount, blinding)
        at, of, records = self._begin(now, lot)
        reason = custody.disclosure_refusal(of, of.opening(amount, blinding).commitment)
        if reason != Reason.NONE:
            return [*records, self._refuse(of, at, Command.DISCLOSE_RESERVE, reason)]
        if of.rules.reserve_published is not None:
            of.published = amount
        return [*records, self._record(ReserveDisclosed, at, of, amount=amount, blinding=blinding, by=by)]

    def draw_lottery(self, now: int, lot: int, seeds: Sequence[bytes]) -> list[Record]:
        """Draw the lottery among the bidders at the cap. A refusal does not record the seeds, which may yet be secret."""
        self._check(check_seeds, seeds)
        at, of, records = self._begin(now, lot)
        reason = lottery.refusal(of, seeds)
        if reason is not None:
            return [*records, self._refuse(of, at, Command.DRAW_LOTTERY, reason)]
        of.state, of.drawn = State.CLOSED, lottery.draw(of, seeds)
        at_cap = len(cap.bidders_at(of))
        return [*records, self._record(LotteryDrawn, at, of, bidder=of.drawn, at_cap=at_cap, seeds=tuple(seeds))]

    def record_outcome(
        self,
        now: int,
        lot: int,
        *,
        kind: int,
        cause: int = 0,
        winner: int = 0,
        price: int = 0,
        type_id: str | None = None,
        detail: str = "",
    ) -> list[Record]:
        """Decide the lot; `winner` is a bidder's number, and without a type id the lot's own is meant."""
        self._check(check_text, detail)
        at, of, records = self._begin(now, lot)
        type_id = of.opened.type_id if type_id is None else type_id
        outcome = Settlement(
            kind=OutcomeKind(kind), cause=OutcomeCause(cause), winner=winner, price=price, detail=detail
        )  # fmt: skip
        reason = custody.outcome_refusal(of, type_id, outcome)
        if reason != Reason.NONE:
            return [*records, self._refuse(of, at, Command.RECORD_OUTCOME, reason)]
        of.state = State.DECIDED
        of.outcome, of.cause, of.winner, of.price = outcome.kind, outcome.cause, winner, price
        of.keys.clear()
        recorded = self._record(
            OutcomeRecorded, at, of, bidder=winner, kind=outcome.kind, cause=outcome.cause, price=price,
            type_id=type_id, detail=detail,
        )  # fmt: skip
        return [*records, recorded]

    def _check_entry(self, result: int, commitment: bytes, by: str, witness: str) -> None:
        self._check(check_stated, by, witness)
        if result not in VaultResult.__members__.values() or len(commitment) != 32 or commitment == ZERO_32:
            stated = commitment.hex()
            raise CommandError(
                f"the result {result} or the commitment {stated} is not possible", f"结果 {result} 或承诺 {stated} 无效"
            )
