"""The engine and the independent model, driven side by side: every command goes to both, every record must be equal.

The model is `pyauction.verifier.Model`, written from FORMAT.md alone. Times are nanoseconds, amounts minor units.
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import foreign_type
import pytest
from foreign_type import Foreign

import pyauction
from pyauction import ClockJump, Durability, ManualClock, Money, SystemClock, verifier
from pyauction.verifier.lot import Lot
from pyauction.verifier.records import LotteryDrawn
from pyauction.verifier.sealed_bid import sealed_commitment
from pyauction.verifier.sealed_terms import SealedCustody, SealedResult
from pyauction.verifier.settle import Settlement
from pyauction.verifier.terms import Reason, ReserveState, Rounding, State, VaultResult

WHO = {"by": "保密员", "witness": "纪检组"}
ORDER = {"authority": "市自然资源局", "why": "不可抗力"}


@dataclass(frozen=True)
class Secret:
    """A reserve as its keepers know it, for one lot, round and currency."""

    amount: int
    blinding: bytes
    lot: str
    round: int
    money: Money

    def sealed(self) -> pyauction.SealedReserve:
        return pyauction.SealedReserve.for_simulation(
            self.lot,
            self.amount,
            currency=self.money.currency,
            exponent=self.money.exponent,
            round=self.round,
            blinding=self.blinding,
        )

    def commitment(self) -> bytes:
        return verifier.commitment(
            self.lot, self.round, self.money.currency, self.money.exponent, self.amount, self.blinding
        )


@dataclass(frozen=True)
class Setup:
    """How a house is opened."""

    durability: Durability = Durability.EACH
    clock: type[ManualClock | SystemClock] = ManualClock


class Duo:
    """One house over a journal in memory, and one model."""

    def __init__(self, now: int, setup: Setup, *, snapshots: bool) -> None:
        self.journal = pyauction.MemoryJournal(segment_bytes=32_768, snapshots=snapshots)
        self.model = verifier.Model()
        self.epoch = 0
        self.epoch_begins = 0
        """The sequence of the last record before this house."""
        self.secrets: dict[int, dict[bytes, Secret]] = {}
        """The reserves that the house must be holding, or figures of them, by lot and commitment."""
        self.sealed: dict[tuple[int, str], tuple[int, bytes]] = {}
        """What the bidders know of their sealed bids: amount and blinding, by lot and name."""
        self.held: dict[int, dict[str, int]] = {}
        """The amounts of sealed bids that the house must be holding, by lot and name."""
        self.records: list[verifier.Record] = []
        self.repeats: list[int] = []
        """The sequence that each repeated decision had, less `epoch_begins`: not above 0 if another house took it."""
        self.commands: list[tuple[str, Any]] = []
        self.openings_refused = 0
        self._reopen(now, setup)

    def close(self) -> None:
        self.house.close()

    def course(self) -> str:
        """Return every command so far, one a line."""
        return "\n".join(f"{name}{arguments}" for name, arguments in self.commands)

    def restart(self, now: int, setup: Setup, *, cleanly: bool) -> None:
        """Close the house or let it die, and open its journal again."""
        self.commands.append(("restart", (now, setup, cleanly)))
        if cleanly:
            self.house.close()
        # A settlement's fault refers to its house, which would keep the journal until the next garbage collection.
        self.house._settlement_failures.clear()
        del self.house
        self._reopen(now, setup)

    def _reopen(self, now: int, setup: Setup) -> None:
        self.epoch += 1
        self.epoch_begins = self.model.seq
        self.secrets.clear()
        self.held.clear()
        self._knows_foreign = False
        self.setup = setup
        self.clock = SystemClock.for_tests(now, now) if setup.clock is SystemClock else ManualClock(now)
        self._skew_ns = 0
        self.house = pyauction.AuctionHouse(self.journal, durability=setup.durability, clock=self.clock, timers=False)
        records = self.model.open_house(now, self.epoch)
        records += self._settle_closed(lot.number for lot in self.model.lots if lot.state == State.CLOSED)
        self._check(records)

    def open_lot(
        self,
        now: int,
        type_id: str,
        rules: pyauction.LotRules,
        secret: Secret,
        *,
        opens_at: int,
        reoffer_of: str = "",
    ) -> bool:
        """Open the lot of `secret`, whose commitment is recorded if the rules want it before the opening.

        Returns whether it opens: not if both sides find that its first phase would leave too little time.
        """
        self.commands.append(("open_lot", (now, type_id, rules.as_dict(), secret, opens_at, reoffer_of)))
        self._knows_foreign |= type_id == Foreign.ID
        before = self._run_due(now)
        committed = commits_before_opening(rules)
        opens: dict[str, Any] = {"opens_at": opens_at, "round": secret.round, "reoffer_of": reoffer_of}
        sealed = secret.sealed() if committed else None
        foreign = Foreign(type_id, secret.money, rules)
        try:
            opened = self.model.open_lot(
                now,
                name=secret.lot,
                type_id=type_id,
                rules=verifier.decode_rules(rules.canonical),
                currency=secret.money.currency,
                exponent=secret.money.exponent,
                unit=secret.money.unit.name if secret.money.unit else "",
                unit_scale=secret.money.unit.scale if secret.money.unit else 0,
                commitment=secret.commitment() if committed else bytes(32),
                **opens,
            )
        except verifier.CommandError:
            with pytest.raises(pyauction.RuleError, match="expected at least .* behind the opening"):
                self.house.open_lot(secret.lot, foreign, commitment=sealed, **opens, **self._at(now))
            self.openings_refused += 1
            # A misuse leaves what is due undone.
            self.house.advance(**self._at(now))
            self._check(before)
            return False
        self.house.open_lot(secret.lot, foreign, commitment=sealed, **opens, **self._at(now))
        self._check([*before, *opened])
        return True

    def bid(self, now: int, lot: int, bidder: str, amount: int, key: bytes = b"", *, by_number: bool = False) -> None:
        self.commands.append(("bid", (now, lot, bidder, amount, key, by_number)))
        before = self._run_due(now)
        earlier = self.model.earlier(lot, bidder, key) if key else None
        who: str | int = self.model.lot(lot).bidder_number(bidder) if by_number else bidder
        decision = self.house.bid(lot, who, amount, key=key or None, **self._at(now))
        records = self.model.place_bid(now, lot, bidder, amount, key)
        self._check([*before, *records])
        expected = records[-1] if records else earlier
        assert expected is not None
        assert decision.record == verifier.encode(expected)
        assert decision.repeated == (not records)
        if decision.repeated:
            self.repeats.append(decision.seq - self.epoch_begins)

    def bid_many(self, now: int, lot: int, bids: Sequence[tuple[int, int]]) -> None:
        """Place (bidder number, amount) in one call; deadlines that a bid brings about fall between two of them."""
        self.commands.append(("bid_many", (now, lot, bids)))
        batch = self.house.bid_many(
            lot, array("I", [bidder for bidder, _ in bids]), array("q", [amount for _, amount in bids]), **self._at(now)
        )
        records: list[verifier.Record] = []
        decided: list[verifier.Record] = []
        for bidder, amount in bids:
            records += self._run_due(now)
            decided += self.model.place_bid(now, lot, self.model.lot(lot).bidder_name(bidder), amount)
            records.append(decided[-1])
        self._check(records)
        assert list(memoryview(batch.seqs).cast("Q")) == [record.seq for record in decided]
        assert list(batch.reasons) == [record.reason for record in decided]

    def lose(self, lot: int, bidder: str, amount: int) -> None:
        """Let a deferred house decide a bid and die before it is durable: nobody may ever hear of it."""
        self.commands.append(("lose", (lot, bidder, amount)))
        self.house.bid(lot, bidder, amount, **self._at(self.model.stamp))
        assert self.house.durable_seq == self.model.seq

    def admit(self, now: int, lot: int, bidder: str) -> None:
        self.commands.append(("admit", (now, lot, bidder)))
        before = self._run_due(now)
        self.house.admit(lot, bidder, **self._at(now))
        self._check([*before, *self.model.admit_bidder(now, lot, bidder)])

    def call(self, now: int, lot: int) -> None:
        self.commands.append(("call", (now, lot)))
        before = self._run_due(now)
        self.house.close_lot(lot, **self._at(now))
        self._check([*before, *self._with_what_follows(self.model.close_lot(now, lot))])

    def suspend(self, now: int, lot: int, basis: str | None = None) -> None:
        self.commands.append(("suspend", (now, lot, basis)))
        before = self._run_due(now)
        decision = self.house.suspend_lot(lot, **ORDER, basis=basis, **self._at(now))
        stated = self._stated_basis(now, lot, basis, accepted=decision.accepted)
        self._check([*before, *stated, *self.model.suspend_lot(now, lot, *ORDER.values())])

    def resume(self, now: int, lot: int, ends_at: int | None = None, basis: str | None = None) -> None:
        self.commands.append(("resume", (now, lot, ends_at, basis)))
        before = self._run_due(now)
        decision = self.house.resume_lot(lot, **ORDER, basis=basis, ends_at=ends_at, **self._at(now))
        stated = self._stated_basis(now, lot, basis, accepted=decision.accepted)
        self._check([*before, *stated, *self.model.resume_lot(now, lot, *ORDER.values(), ends_at=ends_at)])

    def announce(self, now: int, lot: int, resumes_at: int, basis: str | None = None) -> None:
        self.commands.append(("announce", (now, lot, resumes_at, basis)))
        before = self._run_due(now)
        decision = self.house.announce_resumption(lot, resumes_at, **ORDER, basis=basis, **self._at(now))
        stated = self._stated_basis(now, lot, basis, accepted=decision.accepted)
        self._check([*before, *stated, *self.model.announce_resumption(now, lot, resumes_at, *ORDER.values())])

    def answer(self, now: int, lot: int, bidder: str, *, yes: bool) -> None:
        self.commands.append(("answer", (now, lot, bidder, yes)))
        before = self._run_due(now)
        self.house.answer_inquiry(lot, bidder, "yes" if yes else "no", **self._at(now))
        self._check([*before, *self.model.answer_inquiry(now, lot, bidder, yes)])

    def top_up(self, now: int, lot: int, bidder: str) -> None:
        self.commands.append(("top_up", (now, lot, bidder)))
        before = self._run_due(now)
        self.house.confirm_top_up(lot, bidder, by=ORDER["authority"], **self._at(now))
        self._check([*before, *self.model.confirm_top_up(now, lot, bidder, ORDER["authority"])])

    def draw(self, now: int, lot: int, seeds: list[bytes]) -> None:
        self.commands.append(("draw", (now, lot, seeds)))
        before = self._run_due(now)
        self.house.draw_lottery(lot, seeds, **self._at(now))
        drawn = self.model.draw_lottery(now, lot, seeds)
        self._check([*before, *drawn, *self._settle_closed(r.lot for r in drawn if isinstance(r, LotteryDrawn))])

    def grant(self, now: int, lot: int, bidder: str, rank: int) -> None:
        self.commands.append(("grant", (now, lot, bidder, rank)))
        before = self._run_due(now)
        self.house.grant_priority(lot, bidder, rank=rank, by=ORDER["authority"], **self._at(now))
        self._check([*before, *self.model.grant_priority(now, lot, bidder, rank, ORDER["authority"])])

    def place_sealed(self, now: int, lot: int, bidder: str, amount: int, blinding: bytes) -> None:
        self.commands.append(("place_sealed", (now, lot, bidder, amount, blinding)))
        before = self._run_due(now)
        of = self.model.lot(lot)
        bid = self._sealed_bid(of, bidder, amount, blinding)
        held = of.rules.sealed_custody == SealedCustody.HOUSE
        commitment = bytes.fromhex(bid.commitment)
        self.house.place_sealed_bid(lot, bidder, bid if held or amount % 2 else commitment, **self._at(now))
        result = self._sealed_result(of, bidder, amount) if held else SealedResult.ACCEPTED
        number = of.bidder_number(bidder)
        stands = number and of.standing(number).sealed.commitment == commitment
        records = self.model.place_sealed_bid(now, lot, bidder, commitment, result)
        accepted = records[-1].reason == 0
        if accepted:
            self.sealed[lot, bidder] = (amount, blinding)
        if held and (accepted or (stands and records[-1].reason == Reason.ALREADY_PLACED)):
            self.held.setdefault(lot, {})[bidder] = amount
        self._check([*before, *records])

    def _sealed_bid(self, of: Lot, bidder: str, amount: int, blinding: bytes) -> pyauction.SealedBid:
        terms = of.opened
        stated = (terms.name, terms.round, terms.currency, terms.exponent)
        bid = pyauction.SealedBid(
            terms.name,
            bidder,
            amount,
            currency=terms.currency,
            exponent=terms.exponent,
            round=terms.round,
            further_round=of.further_rounds,
            blinding=blinding,
        )
        assert bid.commitment == sealed_commitment(*stated, of.further_rounds, bidder, amount, blinding).hex()
        return bid

    def _sealed_result(self, of: Lot, bidder: str, amount: int) -> SealedResult:
        """Return what a vault that holds the amounts must find."""
        rules = of.rules
        if amount < (rules.start_price if of.top is None else of.top):
            return SealedResult.BELOW_FLOOR
        if rules.sealed_most is not None and amount > rules.sealed_most:
            return SealedResult.ABOVE_MOST
        if rules.precision is not None and amount % rules.precision:
            return SealedResult.TOO_PRECISE
        others = [held for name, held in self.held.get(of.number, {}).items() if name != bidder]
        if rules.sealed_equal is not None and amount in others:
            return SealedResult.EQUAL
        return SealedResult.ACCEPTED

    def withdraw_sealed(self, now: int, lot: int, bidder: str) -> None:
        self.commands.append(("withdraw_sealed", (now, lot, bidder)))
        before = self._run_due(now)
        if self.house.withdraw_sealed_bid(lot, bidder, **self._at(now)).accepted:
            self.held.get(lot, {}).pop(bidder, None)
        self._check([*before, *self.model.withdraw_sealed_bid(now, lot, bidder)])

    def open_sealed(self, now: int, lot: int, bidder: str, amount: int, blinding: bytes, *, held: bool) -> None:
        """Open a sealed bid that its bidder brings, or the one that the house holds."""
        self.commands.append(("open_sealed", (now, lot, bidder, amount, blinding, held)))
        before = self._run_due(now)
        bid = None if held else self._sealed_bid(self.model.lot(lot), bidder, amount, blinding)
        self.house.open_sealed_bid(lot, bidder, bid, **self._at(now))
        self._check([*before, *self.model.open_sealed_bid(now, lot, bidder, amount, blinding)])

    def exclude_sealed(self, now: int, lot: int, bidder: str) -> None:
        self.commands.append(("exclude_sealed", (now, lot, bidder)))
        before = self._run_due(now)
        self.house.exclude_sealed_bid(lot, bidder, **ORDER, **self._at(now))
        self._check([*before, *self.model.exclude_sealed_bid(now, lot, bidder, *ORDER.values())])

    def score_sealed(self, now: int, lot: int, bidder: str, points: Fraction) -> None:
        self.commands.append(("score_sealed", (now, lot, bidder, points)))
        before = self._run_due(now)
        self.house.score_sealed_bid(lot, bidder, points, by=ORDER["authority"], **self._at(now))
        stated = (points.numerator, points.denominator, ORDER["authority"])
        self._check([*before, *self.model.score_sealed_bid(now, lot, bidder, *stated)])

    def finish_opening(self, now: int, lot: int) -> None:
        self.commands.append(("finish_opening", (now, lot)))
        before = self._run_due(now)
        self.house.finish_opening(lot, **ORDER, **self._at(now))
        finished = self.model.finish_opening(now, lot, *ORDER.values())
        if finished[-1].reason == 0:
            # A further round begins without a bid; otherwise nothing is left to open.
            self.held.pop(lot, None)
        self._check([*before, *finished, *self._run_due(self.model.stamp)])

    def terminate(self, now: int, lot: int, basis: str | None = None) -> None:
        self.commands.append(("terminate", (now, lot, basis)))
        before = self._run_due(now)
        accepted = self.house.terminate_lot(lot, **ORDER, basis=basis, **self._at(now)).accepted
        if accepted:
            self.secrets.pop(lot, None)
        stated = self._stated_basis(now, lot, basis, accepted=accepted)
        self._check([*before, *stated, *self.model.terminate_lot(now, lot, *ORDER.values())])

    def _stated_basis(self, now: int, lot: int, basis: str | None, *, accepted: bool) -> list[verifier.Record]:
        """Return the record that states the legal basis of what an authority does, if it is not refused."""
        return self.model.state_legal_basis(now, lot, basis) if basis is not None and accepted else []

    def enter(self, now: int, lot: int, secret: Secret, by: str = WHO["by"]) -> None:
        self.commands.append(("enter", (now, lot, secret, by)))
        before = self._run_due(now)
        of = self.model.lot(lot)
        self.house.enter_reserve(lot, secret.sealed(), by=by, witness=WHO["witness"], **self._at(now))
        commitment = secret.commitment()
        result = self._vault_result(lot, secret, commitment)
        again = self._is_again(of, commitment, by)
        enter = self.model.reenter_reserve if again else self.model.enter_reserve
        records = enter(now, lot, result, commitment, by, WHO["witness"])
        if records[-1].reason == 0:
            self.secrets.setdefault(lot, {})[commitment] = secret
            records += self._follow_up(lot)
            records += self._settle_closed([])
        self._check([*before, *records])

    def holds(self, lot: Lot) -> bool:
        """Return whether the house must be holding the whole reserve of a lot."""
        return len(self.secrets.get(lot.number, {})) == (lot.rules.reserve_setters or 1)

    def disclose(self, now: int, lot: int, secret: Secret) -> None:
        self.commands.append(("disclose", (now, lot, secret)))
        before = self._run_due(now)
        self.house.disclose_reserve(lot, secret.sealed(), by=WHO["by"], **self._at(now))
        records = self.model.disclose_reserve(now, lot, secret.amount, secret.blinding, WHO["by"])
        self._check([*before, *records])

    def decide(self, lot: int, outcome: Settlement, type_id: str) -> None:
        """Record an outcome as an auction type's settlement would; no deadline may be due."""
        self.commands.append(("decide", (lot, outcome, type_id)))
        decision = self.house._record_outcome(
            lot,
            outcome.kind.name.lower(),
            outcome.cause.name.lower(),
            outcome.winner,
            outcome.price,
            type_id,
            outcome.detail,
        )
        if decision.accepted:
            self.secrets.pop(lot, None)
        self._check(self._record_outcome(lot, outcome, type_id))

    def advance(self, now: int) -> None:
        self.commands.append(("advance", (now,)))
        before = self._run_due(now)
        self.house.advance(**self._at(now))
        self._check(before)

    def jump(self, now: int, by: int) -> None:
        """Move the wall clock against the monotonic one. It is recorded and raised once, and no time passes by it."""
        self.commands.append(("jump", (now, by)))
        self._skew_ns += by
        try:
            self.house.admit(1, "001", **self._at(now))
        except ClockJump:
            self._check(self.model.clock_jumped(now + self._skew_ns, now))
        else:
            raise AssertionError("the wall clock jumped and nobody was told")

    def check_whole_journal(self) -> None:
        """Let both verifiers read what the house wrote."""
        self.house.close()
        own = pyauction.verify(self.journal)
        assert own.ok, own.to_text()
        independent = verifier.verify_files(self.journal.files())
        assert independent.ok, independent.to_text()
        assert own == independent

    def _at(self, now: int) -> dict[str, int]:
        """State the time of the next command: as its argument, or by the hands of a system clock."""
        if isinstance(self.clock, ManualClock):
            return {"at": now}
        self.clock.set_hands(now + self._skew_ns, now)
        return {}

    def _is_again(self, lot: Lot, commitment: bytes, by: str) -> bool:
        """Return whether a house takes an entry for one of what was entered already."""
        if lot.rules.reserve_setters is None:
            return lot.reserve_state == ReserveState.ENTERED
        figures = {figure.commitment: figure.by for figure in lot.figures}
        is_held = commitment in self.secrets.get(lot.number, {})
        return commitment in figures and (figures[commitment] == by or not is_held)

    def _vault_result(self, lot: int, secret: Secret, commitment: bytes) -> VaultResult:
        of = self.model.lot(lot)
        held, figures = self.secrets.get(lot, {}), of.rules.reserve_setters or 1
        is_full = len(held) >= figures and commitment not in held
        settled = of.reserve_state not in (ReserveState.MISSING, ReserveState.DECLARED_NONE)
        known = figures_of(of) or {of.commitment}
        if is_full or (settled and commitment not in known):
            return VaultResult.COMMITMENT_MISMATCH
        return VaultResult.BELOW_START if secret.amount < of.rules.start_price else VaultResult.ACCEPTED

    def _run_due(self, now: int) -> list[verifier.Record]:
        """Return what the house does by itself before a command at `now`: transitions, and what follows each close."""
        records: list[verifier.Record] = []
        at = max(now, self.model.stamp)
        while (due := self.model.next_due()) is not None and due.deadline is not None and due.deadline <= at:
            records += self._with_what_follows([self.model.transition()])
        return records

    def _with_what_follows(self, records: list[verifier.Record]) -> list[verifier.Record]:
        return records + self._settle_closed(r.lot for r in records if isinstance(r, verifier.LotClosed))

    def _settle_closed(self, closed: Iterable[int]) -> list[verifier.Record]:
        """Return what follows closes, in order; settling one lot may let another one's deadline pass."""
        records: list[verifier.Record] = []
        waiting = deque(closed)
        while waiting:
            made = self._follow_up(waiting.popleft())
            waiting.extend(r.lot for r in made if isinstance(r, verifier.LotClosed))
            records += made
        return records

    def _follow_up(self, lot: int) -> list[verifier.Record]:
        records: list[verifier.Record] = []
        of = self.model.lot(lot)
        if of.state == State.AWAITING_RESERVE and self.holds(of):
            met = (of.top or 0) >= mean_of(of, [secret.amount for secret in self.secrets.pop(lot).values()])
            records += self.model.compare_reserve(self.model.stamp, lot, met)
        settled = self._settle(of) if of.state == State.CLOSED else None
        if settled is not None:
            records += self._record_outcome(lot, settled, of.opened.type_id)
            if records[-1].reason == 0:
                self.secrets.pop(lot, None)
        return records

    def _settle(self, lot: Lot) -> Settlement | None:
        """Return what the lot's type decides, or None where this house does not know the type."""
        if lot.opened.type_id != Foreign.ID:
            return verifier.settle(lot)
        return foreign_type.settlement(lot) if self._knows_foreign else None

    def _record_outcome(self, lot: int, outcome: Settlement, type_id: str) -> list[verifier.Record]:
        return self.model.record_outcome(
            self.model.stamp,
            lot,
            kind=outcome.kind,
            cause=outcome.cause,
            winner=outcome.winner,
            price=outcome.price,
            type_id=type_id,
            detail=outcome.detail,
        )

    def _check(self, expected: list[verifier.Record]) -> None:
        """Compare what the house recorded since the last check, its quotes and its state with the model."""
        self.records += expected
        before = self.model.seq - len(expected)
        self.house.flush()
        made = self.house._records(before, 1_000_000)
        assert made == [verifier.encode(record) for record in expected], (
            f"engine: {[pyauction.decode_event(bytes(r)) for r in made]}\nmodel: {expected}"
        )
        assert self.house.last_seq == self.house.durable_seq == self.model.seq
        for lot in self.model.lots:
            self._check_quote(lot.number)
        assert self.house.state_hash == self.model.state_hash(), "the state hashes differ"

    def _check_quote(self, lot: int) -> None:
        shown, expected, of = self.house.quote(lot), self.model.quote(lot), self.model.lot(lot)
        bidding = of.state == State.BIDDING
        assert (
            shown.phase,
            shown.standing_minor,
            shown.leader or 0,
            shown.ask_minor,
            shown.closes_at_ns,
            shown.phase_index,
            shown.accepted_bids,
        ) == (
            of.rules.phases[of.phase].kind.name.lower() if bidding else expected.state,
            expected.top,
            expected.leader,
            expected.ask,
            expected.closes_at,
            expected.phase,
            of.accepted,
        )
        assert self.house.holds_reserve(lot) == self.holds(of)
        if of.state in (State.BIDDING, State.SUSPENDED, State.AWAITING_OPENING):
            held = {name for name in of.bidders if self.house._holds_sealed_bid(lot, of.bidder_number(name))}
            assert held == set(self.held.get(lot, {}))


def commits_before_opening(rules: pyauction.LotRules) -> bool:
    return bool(rules.as_dict().get("reserve_commitment") == "before_opening")


def figures_of(lot: Lot) -> set[bytes]:
    """Return the commitments of what several people entered."""
    return {figure.commitment for figure in lot.figures} if lot.rules.reserve_setters else set()


def mean_of(lot: Lot, amounts: Sequence[int]) -> int:
    """Return the reserve that the amounts make."""
    mean = Fraction(sum(amounts), len(amounts))
    return math.ceil(mean) if lot.rules.reserve_rounding == Rounding.UP else math.floor(mean)
