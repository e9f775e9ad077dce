"""The engine and the independent model, driven side by side: every command goes to both, every record must be equal.

The model is `pyauction.verifier.Model`, written from FORMAT.md alone. Times are nanoseconds, amounts minor units.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import pyauction
from pyauction import verifier
from pyauction.verifier.terms import ReserveState, State, VaultResult

WHO = {"by": "保密员", "witness": "纪检组"}
ORDER = {"authority": "市自然资源局", "why": "不可抗力"}


@dataclass(frozen=True)
class Secret:
    """A reserve as its keepers know it."""

    amount: int
    blinding: bytes

    def sealed(self, lot: str) -> pyauction.SealedReserve:
        return pyauction.SealedReserve.for_simulation(lot, self.amount, blinding=self.blinding)

    def commitment(self, lot: str) -> bytes:
        return verifier.commitment(lot, 1, "CNY", 2, self.amount, self.blinding)


class Duo:
    """One house over a journal in memory, and one model."""

    def __init__(self, now: int = 0) -> None:
        self.journal = pyauction.MemoryJournal(segment_bytes=32_768)
        self.model = verifier.Model()
        self.clock = pyauction.ManualClock(now)
        self.epoch = 0
        self.secrets: dict[int, Secret] = {}
        """The reserve that the house must be holding, by lot."""
        self._reopen(now)

    def close(self) -> None:
        self.house.close()

    def restart(self, now: int, *, cleanly: bool) -> None:
        """Close the house or let it die, and open its journal again."""
        if cleanly:
            self.house.close()
        del self.house
        self._reopen(now)

    def _reopen(self, now: int) -> None:
        self.epoch += 1
        self.secrets.clear()
        self.clock.set(now)
        self.house = pyauction.AuctionHouse(self.journal, clock=self.clock, timers=False)
        records = self.model.open_house(now, self.epoch)
        records += self._settle_closed(lot.number for lot in self.model.lots if lot.state == State.CLOSED)
        self._check(records)

    def open_lot(self, now: int, name: str, rules: pyauction.LotRules, **terms: Any) -> None:
        before = self._run_due(now)
        self.house._open_lot(name, "listing@1", rules, currency="CNY", exponent=2, at=now, **terms)
        terms["commitment"] = terms.get("commitment") or bytes(32)
        opened = self.model.open_lot(
            now, name=name, type_id="listing@1", rules=verifier.decode_rules(rules.canonical), **terms
        )
        self._check([*before, *opened])

    def bid(self, now: int, lot: int, bidder: str, amount: int, key: bytes = b"") -> pyauction.Decision:
        before = self._run_due(now)
        earlier = self.model.earlier(lot, bidder, key) if key else None
        decision = self.house.bid(lot, bidder, amount, key=key or None, at=now)
        records = self.model.place_bid(now, lot, bidder, amount, key)
        self._check([*before, *records])
        expected = records[-1] if records else earlier
        assert decision.record == verifier.encode(expected)
        assert decision.repeated == (not records)
        return decision

    def admit(self, now: int, lot: int, bidder: str) -> None:
        before = self._run_due(now)
        self.house.admit(lot, bidder, at=now)
        self._check([*before, *self.model.admit_bidder(now, lot, bidder)])

    def call(self, now: int, lot: int) -> None:
        before = self._run_due(now)
        self.house.close_lot(lot, at=now)
        self._check([*before, *self._with_what_follows(self.model.close_lot(now, lot))])

    def suspend(self, now: int, lot: int) -> None:
        before = self._run_due(now)
        self.house.suspend_lot(lot, **ORDER, at=now)
        self._check([*before, *self.model.suspend_lot(now, lot, *ORDER.values())])

    def resume(self, now: int, lot: int) -> None:
        before = self._run_due(now)
        self.house.resume_lot(lot, **ORDER, at=now)
        self._check([*before, *self.model.resume_lot(now, lot, *ORDER.values())])

    def terminate(self, now: int, lot: int) -> None:
        before = self._run_due(now)
        accepted = self.house.terminate_lot(lot, **ORDER, at=now).accepted
        if accepted:
            self.secrets.pop(lot, None)
        self._check([*before, *self.model.terminate_lot(now, lot, *ORDER.values())])

    def enter(self, now: int, lot: int, secret: Secret) -> None:
        before = self._run_due(now)
        of = self.model.lot(lot)
        self.house.enter_reserve(lot, secret.sealed(of.name), **WHO, at=now)
        commitment = secret.commitment(of.name)
        result = self._vault_result(lot, secret, commitment)
        again = of.reserve_state == ReserveState.ENTERED
        enter = self.model.reenter_reserve if again else self.model.enter_reserve
        records = enter(now, lot, result, commitment, *WHO.values())
        if records[-1].reason == 0:
            self.secrets[lot] = secret
            records += self._follow_up(lot)
            records += self._settle_closed([])
        self._check([*before, *records])

    def disclose(self, now: int, lot: int, secret: Secret) -> None:
        before = self._run_due(now)
        self.house.disclose_reserve(lot, secret.sealed(self.model.lot(lot).name), by=WHO["by"], at=now)
        records = self.model.disclose_reserve(now, lot, secret.amount, secret.blinding, WHO["by"])
        self._check([*before, *records])

    def advance(self, now: int) -> None:
        before = self._run_due(now)
        self.house.advance(at=now)
        self._check(before)

    def check_whole_journal(self) -> None:
        """Let both verifiers read what the house wrote."""
        self.house.close()
        own = pyauction.verify(self.journal)
        assert own.ok, own.to_text()
        independent = verifier.verify_files(self.journal.files())
        assert independent.ok, independent.to_text()
        assert own == independent

    def _vault_result(self, lot: int, secret: Secret, commitment: bytes) -> VaultResult:
        of = self.model.lot(lot)
        held = self.secrets.get(lot)
        known = {held.commitment(of.name)} if held else set()
        known |= {of.commitment} - {bytes(32)}
        if known - {commitment}:
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

    def _settle_closed(self, closed: Any) -> list[verifier.Record]:
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
        if of.state == State.AWAITING_RESERVE and lot in self.secrets:
            met = (of.top or 0) >= self.secrets.pop(lot).amount
            records += self.model.compare_reserve(self.model.stamp, lot, met)
        if of.state == State.CLOSED:
            settled = verifier.settle(of)
            assert settled is not None
            records += self.model.record_outcome(
                self.model.stamp,
                lot,
                kind=settled.kind,
                cause=settled.cause,
                winner=settled.winner,
                price=settled.price,
            )
            self.secrets.pop(lot, None)
        return records

    def _check(self, expected: list[verifier.Record]) -> None:
        """Compare what the house recorded since the last check, and its quotes, with the model."""
        before = self.model.seq - len(expected)
        made = self.house._records(before, 1_000_000)
        assert made == [verifier.encode(record) for record in expected], (
            f"engine: {[pyauction.decode_event(bytes(r)) for r in made]}\nmodel: {expected}"
        )
        assert self.house.last_seq == self.house.durable_seq == self.model.seq
        for lot in self.model.lots:
            self._check_quote(lot.number)

    def _check_quote(self, lot: int) -> None:
        shown, expected = self.house.quote(lot), self.model.quote(lot)
        assert (
            shown.standing_minor,
            shown.leader or 0,
            shown.ask_minor,
            shown.closes_at_ns,
            shown.phase_index,
        ) == (expected.top, expected.leader, expected.ask, expected.closes_at, expected.phase)
        assert self.house.holds_reserve(lot) == (lot in self.secrets)

    def check_state(self) -> None:
        assert self.house.state_hash == self.model.state_hash()
