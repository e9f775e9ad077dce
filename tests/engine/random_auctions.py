"""Random auctions: lots that live long enough to be fought over, times around every edge, amounts around the ask.

Run as a program with a seed, this repeats the auction of that seed, tells its commands, and ends where it fails:
`uv run python tests/engine/random_auctions.py 1234`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from dice import Dice, SeededDice
from duo import WHO, Duo, Secret, Setup
from foreign_type import Foreign
from random_rules import some_rules

from pyauction import CNY, WAN_YUAN, Durability, LotRules, ManualClock, Money, SystemClock
from pyauction.verifier import ladder
from pyauction.verifier.lot import Lot
from pyauction.verifier.rules import Phase
from pyauction.verifier.sealed_terms import SealedAward, SealedTie
from pyauction.verifier.settle import Settlement
from pyauction.verifier.terms import (
    I64_MAX,
    TIME_MAX,
    Extension,
    OutcomeCause,
    OutcomeKind,
    PhaseKind,
    ReservePolicy,
    ReserveState,
    State,
)

STEPS = 100
SECOND = 1_000_000_000
LOTS_MAX = 3
SETTERS = (WHO["by"], *(f"录入人{number}" for number in range(2, 17)))
BIDDERS = ("001", "F2149", "竞买人七", "NA")
KEYS = (b"k1", b"k2", b"0123456789abcdef0123456789abcdef")
TYPES = ("listing@1", "auction@1", "english@1", "tender@1", Foreign.ID)
MONEY = (CNY, WAN_YUAN, Money("ETH", 18))
STARTS = (0, 10**18, TIME_MAX - 20_000)
RUNNING = (State.SCHEDULED, State.BIDDING)
Edges = Callable[[Lot], Iterator[tuple[str, int]]]


class Auction:
    """One random auction: a house with up to three lots, and the steps that may happen to it. `begin` comes first."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self.now = dice.pick(STARTS)
        self.duo = Duo(self.now, self._setup(), snapshots=self._dice.one_in(2))
        self.edges: Counter[str] = Counter()
        """How often a step happened at an edge of its lot, as "bid at deadline -1"."""
        self._edge = ""
        self._secrets: dict[int, list[Secret]] = {}
        """The reserve of each lot, or the figure of each setter."""
        self._keyed: list[tuple[int, str, int, bytes]] = []

    @property
    def steps(self) -> list[Callable[[], None]]:
        """Return the steps as often as they should happen among each other."""
        bidding = [self.bid] * 24 + [self.bid_many, self.advance, self.advance, self.retry, self.retry, self.admit]
        reserve = [self.enter] * 2 + [self.disclose] + [self.enter] * 3 * any(map(self._must_reenter, self._lots))
        course = [self.call, self.suspend, self.terminate, self.restart, self.restart, self.jump, self.grant]
        asking = any(map(inquires, self._in(State.BIDDING)))
        opening = self._in(State.AWAITING_OPENING)
        return [
            *bidding,
            *reserve,
            *course,
            *[self.decide] * (4 if self._in(State.CLOSED) else 1),
            *[self.resume] * (12 if self._in(State.SUSPENDED) else 1),
            *[self.announce] * (8 if self._in(State.SUSPENDED) else 1),
            *[self.answer] * (40 if asking else 1),
            *[self.top_up] * (3 if any(lot.rules.top_up for lot in self._in(*RUNNING)) else 1),
            *[self.draw] * (4 if self._in(State.AWAITING_DRAW) else 1),
            *[self.place_sealed] * (30 if self._sealed() else 1),
            *[self.withdraw_sealed] * (12 if self._sealed() else 1),
            *[self.open_sealed] * (40 if opening else 1),
            *[self.score_sealed] * (15 if opening else 1),
            *[self.exclude_sealed] * (3 if opening else 1),
            *[self.finish_opening] * (4 if opening else 1),
            *[self.disclose] * (8 if opening else 0),
            *[self.open_lot] * (1 if self._in(*RUNNING, State.AWAITING_OPENING) else 20),
        ]

    def run(self, steps: int) -> None:
        """Take some steps, fewer if no lot is left to bid for."""
        for _ in range(steps):
            if len(self._lots) == LOTS_MAX and not self._in(*RUNNING, State.SUSPENDED, State.AWAITING_OPENING):
                break
            self.step()

    def step(self) -> None:
        self._edge = ""
        step = self._dice.pick(self.steps)
        step()
        if self._edge:
            self.edges[f"{step.__name__} at {self._edge}"] += 1

    def finish(self, *, verify: bool) -> None:
        """Bring most auctions to their end, try what can still be tried then, and let the journal be verified."""
        if not self._dice.one_in(4):
            self._wind_up()
        for _ in range(5):
            self.step()
        if verify:
            self.duo.check_whole_journal()
        self.duo.close()

    def _wind_up(self) -> None:
        for lot in self._lots:
            if self._wants_reserve(lot) or self._must_reenter(lot):
                self._enter_all(lot)
            if lot.state == State.SUSPENDED:
                self._announce_in_time(lot)
                self.duo.resume(self.now, lot.number)
            for _ in lot.rules.phases:
                self._end_phase(lot)
            self._open_all(lot)
            if lot.state == State.AWAITING_DRAW:
                self.draw()

    def _end_phase(self, lot: Lot) -> None:
        if lot in self._sealed():
            self._place_all(lot)
        if lot.deadline is not None and lot.deadline <= TIME_MAX:
            self.now = max(self.now, lot.deadline)
            self.duo.advance(self.now)
        elif lot.state == State.BIDDING and lot.phase + 1 == len(lot.rules.phases):
            self.duo.call(self.now, lot.number)

    def _open_all(self, lot: Lot) -> None:
        """Open what is sealed, once or for two further rounds in which nobody bids or somebody does."""
        for _ in range(3):
            if lot.state != State.AWAITING_OPENING:
                return
            for bidder in lot.bidders:
                bid = self.duo.sealed.get((lot.number, bidder))
                if bid is not None and not self._dice.one_in(16):
                    self._open(lot, bidder, *bid)
            for bidder in lot.bidders:
                if not self._dice.one_in(16):
                    self._exclude(lot, bidder)
                if self._dice.one_in(2) or lot.rules.sealed_award == SealedAward.MOST_POINTS:
                    self.duo.score_sealed(self.now, lot.number, bidder, self._some_points())
            if lot.rules.reserve_published is not None:
                self.duo.disclose(self.now, lot.number, self._secrets[lot.number][0])
            self.duo.finish_opening(self.now, lot.number)
            if lot in self._sealed():
                self._end_phase(lot)

    def _place_all(self, lot: Lot) -> None:
        """Place bids, often equal ones."""
        amount = self._some_sealed_amount(lot)
        for bidder in lot.bidders:
            alone = self._dice.one_in(6 if lot.rules.sealed_tie == SealedTie.REQUOTE else 2)
            placed = self._some_sealed_amount(lot) if alone else amount
            self.duo.place_sealed(self.now, lot.number, bidder, placed, self._blinding())

    def _must_reenter(self, lot: Lot) -> bool:
        return lot.reserve_state == ReserveState.ENTERED and not self.duo.holds(lot)

    def _enter_all(self, lot: Lot) -> None:
        """Enter every figure of a reserve that the house does not hold."""
        for index, secret in enumerate(self._secrets[lot.number]):
            if secret.commitment() not in self.duo.secrets.get(lot.number, {}):
                self.duo.enter(self.now, lot.number, secret, SETTERS[index])

    def begin(self) -> None:
        """Open a first lot."""
        while not self._lots:
            self.open_lot()

    def open_lot(self) -> None:
        """Open a lot, if its rules let it open then, sometimes two that are alike, so that their deadlines fall together."""
        if len(self._lots) == LOTS_MAX:
            return
        now = self.time()
        opens_at = min(max(now, self.duo.model.stamp) + self._dice.pick([0, 0, 0, 1, 70]), TIME_MAX)
        rules, type_id = some_rules(self._dice, now=now, opens_at=opens_at), self._dice.pick(TYPES)
        for _ in range(min(self._dice.pick([1, 1, 2]), LOTS_MAX - len(self._lots))):
            number = len(self._lots) + 1
            self._secrets[number] = secrets = self._some_secrets(number, rules)
            secret = secrets[0]
            reoffer_of = "KQ-0" if secret.round > 1 else ""
            if not self.duo.open_lot(now, type_id, rules, secret, opens_at=opens_at, reoffer_of=reoffer_of):
                return
            self._gather(self.duo.model.lot(number))

    def _some_secrets(self, number: int, rules: LotRules) -> list[Secret]:
        """Return the reserve, or the figure of each setter."""
        stated = rules.as_dict()
        first = self._some_secret(number, stated["start_price"])
        others = range(1, stated.get("reserve_setters", 1))
        amounts = [max(first.amount - self._dice.pick([0, 1, 10, 30]), 1) for _ in others]
        blindings = [bytes([number]) * 31 + bytes([128 + index]) for index in others]
        pairs = zip(amounts, blindings, strict=True)
        return [first, *(replace(first, amount=amount, blinding=blinding) for amount, blinding in pairs)]

    def _some_secret(self, number: int, start: int) -> Secret:
        near = min(start + self._dice.pick([0, 1, 10, 30, 100, start // 4, start]), I64_MAX)
        return Secret(
            amount=self._dice.pick([I64_MAX, start - 1]) if self._dice.one_in(8) else near,
            blinding=bytes([number]) * 32,
            lot=f"KQ-{number}",
            round=self._dice.pick([1, 1, 2]),
            money=self._dice.pick(MONEY),
        )

    def _gather(self, lot: Lot) -> None:
        """Admit bidders and enter the reserve, as in most auctions happens before anybody bids."""
        sealed = lot.rules.phases[0].kind == PhaseKind.SEALED
        for bidder in BIDDERS[: self._dice.pick([4, 3, 3, 2] if sealed else [2, 3, 2, 2, 1, 0])]:
            self.duo.admit(self.now, lot.number, bidder)
        for bidder in lot.bidders:
            if lot.rules.priority is not None and self._dice.one_in(2):
                self.duo.grant(self.now, lot.number, bidder, self._dice.pick([1, 1, 2]))
        windowed = lot.rules.entry_opens_before_end is not None or lot.rules.entry_ends_before_end is not None
        if lot.rules.reserve_policy == ReservePolicy.REQUIRED and not self._dice.one_in(2 if windowed else 3):
            self._enter_all(lot)

    def bid(self) -> None:
        lot = self.lot()
        now = self.time(lot)
        bidder = self._some_bidder(lot)
        key = self._dice.pick(KEYS) if self._dice.one_in(4) else b""
        by_number = lot.bidder_number(bidder) > 0 and self._dice.one_in(4)
        amount = self._some_amount(lot)
        self.duo.bid(now, lot.number, bidder, amount, key, by_number=by_number)
        if key:
            self._keyed.append((lot.number, bidder, amount, key))

    def retry(self) -> None:
        """Send a keyed bid again, sometimes for another amount."""
        if not self._keyed:
            return
        lot, bidder, amount, key = self._dice.pick(self._keyed[-3:])
        if self._dice.one_in(3):
            amount = max(amount - 1, -I64_MAX)
        self.duo.bid(self.time(), lot, bidder, amount, key)

    def bid_many(self) -> None:
        lot = self.lot()
        if lot.admitted:
            now = self.time(lot)
            bidders = [self._dice.between(1, lot.admitted) for _ in range(self._dice.between(1, 3))]
            self.duo.bid_many(now, lot.number, [(bidder, self._some_amount(lot)) for bidder in bidders])

    def advance(self) -> None:
        self.duo.advance(self.time(self.lot()))

    def admit(self) -> None:
        lot = self.lot()
        self.duo.admit(self.time(lot), lot.number, self._dice.pick(BIDDERS))

    def suspend(self) -> None:
        lot = self.lot()
        self.duo.suspend(self.time(lot), lot.number, self._some_basis())

    def _announce_in_time(self, lot: Lot) -> None:
        notice = lot.rules.resume_notice or 0
        resumes_at = max(self.now, self.duo.model.stamp) + notice
        if notice and resumes_at <= TIME_MAX:
            self.duo.announce(self.now, lot.number, resumes_at)
            self.now = resumes_at

    def resume(self) -> None:
        lot = self._one_of(State.SUSPENDED)
        now = self.time(lot, resumption_edges_of)
        kept = max(now, self.duo.model.stamp) + (lot.remaining or 0)
        most = max(now, self.duo.model.stamp) + (lot.rules.resume_free_most or 0)
        stood = (lot.suspended_at or 0) + (lot.remaining or 0)
        ends = [kept, kept, kept + 1, kept - 1, kept + 300, most, most + 1]
        if lot.resumes_to == State.SCHEDULED:
            ends = [kept, stood, stood, stood - 1, stood + 300, now, now - 1]
        often = lot.rules.resume_free or (lot.rules.postponed_end and lot.resumes_to == State.SCHEDULED)
        ends_at = self._dice.pick(ends) if self._dice.one_in(3 if often else 20) else None
        stated = None if ends_at is None else min(max(ends_at, 1), TIME_MAX)
        self.duo.resume(now, lot.number, stated, self._some_basis())

    def announce(self) -> None:
        lot = self._one_of(State.SUSPENDED)
        now = self.time()
        notice = min(lot.rules.resume_notice or 0, TIME_MAX)
        resumes_at = max(now, self.duo.model.stamp) + notice + self._dice.pick([0, 0, 1, -1, 50])
        self.duo.announce(now, lot.number, min(max(resumes_at, 1), TIME_MAX), self._some_basis())

    def answer(self) -> None:
        asking = [lot for lot in self._in(State.BIDDING) if inquires(lot)]
        lot = self._dice.pick(asking) if asking and not self._dice.one_in(8) else self.lot()
        bidder = self._dice.pick(BIDDERS if not lot.bidders or self._dice.one_in(8) else lot.bidders)
        self.duo.answer(self.time(lot), lot.number, bidder, yes=not self._dice.one_in(4))

    def top_up(self) -> None:
        lot = self.lot()
        bidder = self._dice.pick(BIDDERS if not lot.bidders or self._dice.one_in(8) else lot.bidders)
        self.duo.top_up(self.time(lot), lot.number, bidder)

    def draw(self) -> None:
        """Draw a lottery, sometimes from other seeds than the committed ones."""
        lot = self._one_of(State.AWAITING_DRAW)
        count = len(lot.rules.lottery_seeds or (b"",))
        seeds = [bytes([number]) * 32 for number in range(1, count + 1)]
        other = b"\x09" * 32
        wrong = [seeds[::-1], [*seeds, other], [other] * count]
        self.duo.draw(self.time(), lot.number, self._dice.pick(wrong) if self._dice.one_in(4) else seeds)

    def grant(self) -> None:
        lot = self.lot()
        self.duo.grant(self.time(lot), lot.number, self._dice.pick(BIDDERS), self._dice.pick([1, 2, 7]))

    def _some_basis(self) -> str | None:
        return self._dice.pick([None, "国土资规〔2017〕7号 第二十七条"])

    def _sealed(self) -> list[Lot]:
        """Return the lots whose phase is sealed."""
        return [lot for lot in self._in(State.BIDDING) if lot.rules.phases[lot.phase].kind == PhaseKind.SEALED]

    def _some_sealed_lot(self) -> Lot:
        sealed = self._sealed()
        return self.lot() if not sealed or self._dice.one_in(8) else self._dice.pick(sealed)

    def _anybody(self, lot: Lot) -> str:
        """Return somebody, mostly an admitted bidder."""
        return self._dice.pick(BIDDERS if not lot.bidders or self._dice.one_in(12) else lot.bidders)

    def _blinding(self) -> bytes:
        return bytes([self._dice.between(1, 255)]) * 32

    def place_sealed(self) -> None:
        lot = self._some_sealed_lot()
        now, bidder = self.time(lot), self._anybody(lot)
        again = self.duo.sealed.get((lot.number, bidder)) if self._dice.one_in(4) else None
        amount, blinding = again or (self._some_sealed_amount(lot), self._blinding())
        self.duo.place_sealed(now, lot.number, bidder, amount, blinding)

    def _some_sealed_amount(self, lot: Lot) -> int:
        """Return an amount, mostly one that counts, from so few that some are equal."""
        rules, precision = lot.rules, lot.rules.precision or 1
        floor = rules.start_price if lot.top is None else lot.top
        most = I64_MAX if rules.sealed_most is None else rules.sealed_most
        amounts = [floor, *(floor + precision * steps for steps in (1, 3, 3, 3, 3, 3, 7)), min(most, floor + 100)]
        wrong = [floor - 1, floor + 1, most, min(most + 1, I64_MAX), 0, -1, I64_MAX]
        amount = self._dice.pick(wrong if self._dice.one_in(6) else amounts)
        return min(amount, I64_MAX)

    def withdraw_sealed(self) -> None:
        lot = self._some_sealed_lot()
        now = self.time(lot)
        self.duo.withdraw_sealed(now, lot.number, self._anybody(lot))

    def open_sealed(self) -> None:
        lot = self._one_of(State.AWAITING_OPENING)
        bidder = self._anybody(lot)
        self.time()
        self._open(lot, bidder, *self.duo.sealed.get((lot.number, bidder), (lot.rules.start_price, bytes(32))))

    def _open(self, lot: Lot, bidder: str, amount: int, blinding: bytes) -> None:
        """Open a bid that the house holds or that its bidder brings, sometimes another than was placed."""
        held = bidder in self.duo.held.get(lot.number, {}) and self._dice.one_in(2)
        if not held and self._dice.one_in(12):
            amount, blinding = self._dice.pick([(max(amount, 2) - 1, blinding), (amount, bytes(32))])
        self.duo.open_sealed(self.now, lot.number, bidder, amount, blinding, held=held)

    def exclude_sealed(self) -> None:
        lot = self._one_of(State.AWAITING_OPENING)
        self.time()
        self._exclude(lot, self._anybody(lot))

    def _exclude(self, lot: Lot, bidder: str) -> None:
        """Exclude a bid, unless the house holds it and so has to open it."""
        if bidder not in self.duo.held.get(lot.number, {}):
            self.duo.exclude_sealed(self.now, lot.number, bidder)

    def _some_points(self) -> Fraction:
        return self._dice.pick([Fraction(0), Fraction(80), Fraction(80), Fraction(241, 3), Fraction(I64_MAX, 2)])

    def score_sealed(self) -> None:
        lot = self._one_of(State.AWAITING_OPENING)
        self.duo.score_sealed(self.time(), lot.number, self._anybody(lot), self._some_points())

    def finish_opening(self) -> None:
        lot = self._one_of(State.AWAITING_OPENING)
        self.duo.finish_opening(self.time(), lot.number)

    def call(self) -> None:
        lot = self.lot()
        self.duo.call(self.time(lot), lot.number)

    def terminate(self) -> None:
        waiting = self._in(State.AWAITING_DRAW)
        if waiting or self._dice.one_in(2):
            lot = self._dice.pick(waiting or self._lots)
            self.duo.terminate(self.time(lot), lot.number, self._some_basis())
            if waiting:
                self._edge = "a lottery that is to be drawn"

    def enter(self) -> None:
        """Enter a reserve that is missing, or one that is none of the lot's."""
        waiting = [lot for lot in self._lots if self._wants_reserve(lot) or self._must_reenter(lot)]
        lot = self._dice.pick(waiting) if waiting and not self._dice.one_in(4) else self.lot()
        secrets, held = self._secrets[lot.number], self.duo.secrets.get(lot.number, {})
        missing = [index for index, secret in enumerate(secrets) if secret.commitment() not in held]
        index = self._dice.pick(missing) if missing and not self._dice.one_in(4) else 0
        right, by = secrets[index], SETTERS[0 if self._dice.one_in(4) else index]
        wrong = replace(right, amount=max(right.amount, 2) - 1)
        now = self.time(lot, entry_edges_of if self._dice.one_in(2) else edges_of)
        self.duo.enter(now, lot.number, wrong if self._dice.one_in(4) else right, by)

    def _wants_reserve(self, lot: Lot) -> bool:
        if lot.state in (State.AWAITING_RESERVE, State.AWAITING_OPENING):
            return lot.reserve_state == ReserveState.COMMITTED
        return lot.state in (*RUNNING, State.SUSPENDED) and lot.reserve_state in (
            ReserveState.MISSING,
            ReserveState.COMMITTED,
        )

    def disclose(self) -> None:
        publishing = [lot for lot in self._in(State.AWAITING_OPENING) if lot.rules.reserve_published is not None]
        decided = self._one_of(State.DECIDED, State.TERMINATED)
        lot = self._dice.pick(publishing) if publishing and not self._dice.one_in(4) else decided
        right = self._dice.pick(self._secrets[lot.number])
        wrong = replace(right, blinding=bytes(32))
        self.duo.disclose(self.time(), lot.number, wrong if self._dice.one_in(3) else right)

    def decide(self) -> None:
        """State an outcome for a lot that its type left undecided; the lot may or may not allow it."""
        lot = self._one_of(State.CLOSED)
        self.duo.advance(self.now)
        outcome = self._some_sale(lot) if self._dice.one_in(3) else self._some_failure()
        own = lot.opened.type_id
        self.duo.decide(lot.number, outcome, self._dice.pick([own, own, own, own, "other@1"]))

    def _some_sale(self, lot: Lot) -> Settlement:
        bids = [(bid.bidder, bid.amount) for bid in lot.bids] or [(0, lot.rules.start_price)]
        winner, price = self._dice.pick(bids)[0], self._dice.pick(bids)[1]
        return Settlement(
            kind=OutcomeKind.SOLD,
            cause=OutcomeCause.TYPE_RULE if self._dice.one_in(8) else OutcomeCause.NONE,
            winner=lot.admitted + 1 if self._dice.one_in(4) else winner,
            price=min(price + 1, I64_MAX) if self._dice.one_in(4) else price,
        )

    def _some_failure(self) -> Settlement:
        return Settlement(
            kind=OutcomeKind.UNSOLD,
            cause=self._dice.pick(list(OutcomeCause)),
            winner=int(self._dice.one_in(10)),
            price=int(self._dice.one_in(10)),
            detail=self._dice.pick(["流拍", ""]),
        )

    def restart(self) -> None:
        """Stop the house, or let it die, with deferred bids that nobody was told of; time passes meanwhile."""
        lot = self.lot()
        cleanly = self._dice.one_in(2)
        if not cleanly and self.duo.setup.durability == Durability.DEFERRED:
            for _ in range(self._dice.between(0, 2)):
                self._lose_bid(lot)
        self.duo.restart(self.time(lot), self._setup(), cleanly=cleanly)

    def _lose_bid(self, lot: Lot) -> None:
        """Lose a bid, unless a deadline is due: also one that the bid lost before brought about, as by reaching a cap."""
        coming = self.duo.house.next_deadline()
        if not self._is_due() and (coming is None or coming > self.duo.model.stamp):
            self.duo.lose(lot.number, self._some_bidder(lot), self._some_amount(lot))

    def _is_due(self) -> bool:
        """Whether a deadline passes with the next command, even at the last stamp."""
        lot = self.duo.model.next_due()
        return lot is not None and lot.deadline is not None and lot.deadline <= self.duo.model.stamp

    def _setup(self) -> Setup:
        durability = self._dice.pick([Durability.EACH, Durability.EACH, Durability.DEFERRED])
        return Setup(durability, self._dice.pick([ManualClock, ManualClock, SystemClock]))

    def jump(self) -> None:
        """Set the wall clock, where the house has one, at a time at which it is surely compared with the monotonic one."""
        now = self.now + SECOND
        # A deadline that is due at its stamp comes first; what follows that close is left to the next call.
        possible = self.duo.setup.clock is SystemClock and now <= TIME_MAX and not self._is_due()
        if possible and self._dice.one_in(3):
            self.now = now
            self.duo.jump(now, self._dice.pick([SECOND + 1, -SECOND - 1, 3_600 * SECOND, -3_600 * SECOND]))

    @property
    def _lots(self) -> list[Lot]:
        return self.duo.model.lots

    def _in(self, *states: State) -> list[Lot]:
        return [lot for lot in self._lots if lot.state in states]

    def lot(self) -> Lot:
        """Return a lot, mostly one that runs."""
        return self._one_of(*RUNNING)

    def _one_of(self, *states: State) -> Lot:
        """Return a lot in one of the states, mostly, if there is one."""
        lots = self._in(*states)
        return self._dice.pick(self._lots if not lots or self._dice.one_in(8) else lots)

    def time(self, lot: Lot | None = None, edges: Edges | None = None) -> int:
        """Return the time of the next step: about now, or at an edge of a lot, just before it or just after it."""
        now = max(self.now, self.duo.model.stamp)
        times = [] if lot is None else list((edges or edges_of)(lot))
        coming = [(name, time) for name, time in times if now < time < TIME_MAX]
        if coming and self._dice.one_in(2 if edges else 7):
            (name, time), offset = self._dice.pick(coming), self._dice.pick([0, -1, 1])
            self.now, self._edge = time + offset, f"{name} {offset:+}"
        else:
            self.now += self._dice.pick([0, 0, 0, 1, 7, 7, 7, 60, -3])
        self.now = min(max(0, self.now), TIME_MAX)
        return self.now

    def _some_bidder(self, lot: Lot) -> str:
        """Return somebody, mostly an admitted bidder who does not lead."""
        rivals = [name for name in lot.bidders if lot.bidder_number(name) != lot.leader] or lot.bidders
        return self._dice.pick(BIDDERS if not rivals or self._dice.one_in(8) else rivals)

    def _some_amount(self, lot: Lot) -> int:
        """Return an amount, mostly one that the lot takes."""
        step, base = ladder.step(lot), ladder.base(lot)
        ask = ladder.ask(lot) or base + step
        multiple = lot.rules.max_multiple or 3
        most = base + multiple * step
        good = [ask, ask, ask, ask + step, base + min(multiple, 50) * step]
        wrong = [ask - 1, ask + 1, base, base + step, most + 1, most + step, ask + step // 2, lot.rules.start_price - 1]
        good += [base] * (3 if lot.rules.priority is not None else 0)
        if lot.rules.cap is not None:
            good += [lot.rules.cap] * 2
            wrong += [lot.rules.cap + 1]
        limits = [0, -1, 1, I64_MAX, -(2**63), I64_MAX - step, I64_MAX - 10]
        kind = self._dice.between(1, 24)
        amount = self._dice.pick(limits if kind == 24 else wrong if kind > 16 else good)
        return min(max(amount, -(2**63)), I64_MAX)


def edges_of(lot: Lot) -> Iterator[tuple[str, int]]:
    """Yield the times at which something about a lot changes, by name."""
    if lot.deadline is None:
        return
    if lot.state == State.SCHEDULED:
        yield "opening", lot.deadline
    elif lot.state == State.BIDDING:
        yield "deadline", lot.deadline
        if lot.rules.free_stop is not None and lot.rules.phases[lot.phase].kind == PhaseKind.FREE:
            yield "stop of free bids", lot.deadline - lot.rules.free_stop
        for start, end in lot.rules.closed or ():
            yield "closing hour", start
            yield "opening hour", end
        yield from _extension_edges(lot, lot.rules.phases[lot.phase], lot.deadline)
    yield from entry_edges_of(lot)


def resumption_edges_of(lot: Lot) -> Iterator[tuple[str, int]]:
    """Yield when a suspended lot may be resumed: as announced, or directly up to a time."""
    if lot.state != State.SUSPENDED or lot.suspended_at is None:
        return
    if lot.resumes_at is not None:
        yield "announced resumption", lot.resumes_at
    if lot.rules.resume_direct_within is not None:
        yield "direct resumption", lot.suspended_at + lot.rules.resume_direct_within


def inquires(lot: Lot) -> bool:
    """Return whether the lot's phase is an inquiry."""
    return lot.state == State.BIDDING and lot.rules.phases[lot.phase].kind == PhaseKind.INQUIRY


def _extension_edges(lot: Lot, phase: Phase, deadline: int) -> Iterator[tuple[str, int]]:
    if phase.extension == Extension.WINDOW:
        yield "window", deadline - phase.window
    if phase.extension != Extension.NONE:
        yield "first extension", deadline - phase.extension_to
    if lot.hard_end is not None:
        yield "last full extension", lot.hard_end - phase.extension_to


def entry_edges_of(lot: Lot) -> Iterator[tuple[str, int]]:
    """Yield when the reserve may be entered, if the rules bound it to a part of the first phase."""
    opens, ends = lot.rules.entry_opens_before_end, lot.rules.entry_ends_before_end
    end = lot.deadline if lot.phase == 0 else None
    if lot.state == State.SCHEDULED and lot.deadline is not None:
        end = lot.deadline_from(lot.deadline)
    if end is not None and opens is not None:
        yield "entry opens", end - opens
    if end is not None and ends is not None:
        yield "entry ends", end - ends


def random_auction(seed: int, *, verify: bool) -> Auction:
    """Run the auction of a seed. A fault of it carries its commands."""
    auction = Auction(SeededDice(seed))
    try:
        auction.begin()
        auction.run(STEPS)
        auction.finish(verify=verify)
    except Exception as error:
        error.add_note(f"commands:\n{auction.duo.course()}")
        raise
    return auction


if __name__ == "__main__":
    print(random_auction(int(sys.argv[1]), verify=True).duo.course())
