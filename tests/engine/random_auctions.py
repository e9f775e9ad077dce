"""Random auctions: rules at their edges, times around deadlines, amounts around the ask and the limits of 64 bits.

Choices come from a `Dice`, so that a seed or Hypothesis can make them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from duo import Duo, Secret

from pyauction import LotRules, Phase
from pyauction.verifier.terms import State

T = TypeVar("T")
I64_MAX = 2**63 - 1
BIDDERS = ("001", "F2149", "竞买人七", "NA")
KEYS = (b"", b"", b"k1", b"k2", b"0123456789abcdef0123456789abcdef")


class Dice(Protocol):
    """Where choices come from."""

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""

    def between(self, least: int, most: int) -> int:
        """Return an integer."""


class SeededDice:
    """Choices that a seed makes."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def pick(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def between(self, least: int, most: int) -> int:
        return self._random.randint(least, most)


def some_rules(dice: Dice, *, now: int) -> LotRules:
    start = dice.pick([1, 100, 100, 319, I64_MAX - 1000, dice.between(1, 10_000)])
    increment: Any = dice.pick(
        [
            1,
            10,
            10,
            I64_MAX,
            (1, 10, "up"),
            (1, 10, "down"),
            (1, 3, "up"),
            (I64_MAX, 1, "down"),
            [(0, 5), (dice.between(1, 400), 20), (500, 7)],
        ]
    )
    phases = [some_phase(dice, now=now, last=index == 0) for index in reversed(range(dice.pick([1, 2, 2, 3])))]
    several = len(phases) > 1
    after_first = "after" in repr(phases[0]).lower() and "After" in repr(phases[0]).split("extension")[0]
    clock = dice.pick(["opening", "opening", "first_bid"]) if after_first else "opening"
    least = dice.pick([None, None, 1, 2, 3])
    reserve = some_reserve(dice, window=clock == "opening" and "Called" not in repr(phases[0]))
    percent = isinstance(increment, tuple)
    return LotRules(
        admission=dice.pick(["open", "open", "listed"]),
        start_price=start,
        increment=increment,
        multiple_anchor=dice.pick([None, None, "current"] if percent else [None, "start", "current"]),
        max_multiple=dice.pick([None, None, None, 1, 3, I64_MAX]),
        self_outbid=dice.pick(["allowed", "refused"]),
        phases=phases,
        clock=clock,
        timed_without_bids=dice.pick(["enter", "decide"]) if several else None,
        single_bidder=dice.pick(["decide", "timed"]) if several else None,
        on_outage=dice.pick(["close_at_schedule", "suspend"]),
        min_bidders=least,
        min_bidders_counts=dice.pick(["admitted", "quoted"]) if least else None,
        **reserve,
    )


def some_phase(dice: Dice, *, now: int, last: bool) -> Phase:
    length = dice.pick([1, 50, 100, 1000])
    end: dict[str, Any] = dice.pick([{"after_ns": length}, {"after_ns": length}, {"at_ns": now + length}])
    if last and dice.between(0, 5) == 0:
        return Phase(dice.pick(["free", "timed"]))
    extension: dict[str, Any] = dice.pick(
        [
            {},
            {"reset_to_ns": dice.pick([1, 40, 100])},
            {"window_ns": dice.pick([1, 20, 2000]), "window_to_ns": dice.pick([1, 30])},
        ]
    )
    if not extension:
        return Phase(dice.pick(["free", "timed"]), **end)
    hard: dict[str, Any] = dice.pick(
        [{}, {}, {"hard_end_after_ns": dice.pick([60, 300])}, {"hard_end_at_ns": now + 150}]
    )
    return Phase("timed", **end, **extension, **hard)


def some_reserve(dice: Dice, *, window: bool) -> dict[str, Any]:
    if dice.between(0, 1) == 0:
        return {"reserve": "declared_none"}
    opens, ends = dice.pick([(None, None), (None, None), (60, None), (None, 20), (60, 20)]) if window else (None, None)
    return {
        "reserve": "required",
        "reserve_custody": "entered",
        "reserve_commitment": dice.pick(["before_opening", "at_entry"]),
        "entry_opens_before_end_ns": opens,
        "entry_ends_before_end_ns": ends,
    }


class Auction:
    """One random auction: a house with up to three lots, and the steps that may happen to it."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self.now = dice.pick([0, 10**18])
        self.duo = Duo(self.now)
        self._secrets: dict[int, Secret] = {}
        self.open_lot()

    def steps(self) -> Sequence[Callable[[], None]]:
        often = [self.bid] * 10 + [self.advance] * 2
        return [
            *often,
            self.open_lot,
            self.admit,
            self.suspend,
            self.resume,
            self.enter,
            self.enter,
            self.call,
            self.terminate,
            self.disclose,
            self.restart,
        ]

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self._dice.pick(self.steps())()

    def finish(self, *, verify: bool) -> None:
        self.duo.check_state()
        if verify:
            self.duo.check_whole_journal()
        self.duo.close()

    def open_lot(self) -> None:
        number = len(self.duo.model.lots) + 1
        if number > 3:
            return
        now = self.time()
        rules = some_rules(self._dice, now=self.now)
        least = rules.as_dict()["start_price"]
        amount = self._dice.pick([least, least + 5, min(least + 30, I64_MAX), I64_MAX, least - 1])
        self._secrets[number] = Secret(amount, bytes([number]) * 32)
        name = f"KQ-{number}"
        before = rules.as_dict().get("reserve_commitment") == "before_opening"
        self.duo.open_lot(
            now,
            name,
            rules,
            opens_at=max(now, self.duo.model.stamp) + self._dice.pick([0, 0, 0, 1, 70]),
            commitment=self._secrets[number].commitment(name) if before else None,
        )

    def bid(self) -> None:
        lot = self.lot()
        self.duo.bid(self.time(), lot, self._dice.pick(BIDDERS), self.amount(lot), self._dice.pick(KEYS))

    def advance(self) -> None:
        self.duo.advance(self.time())

    def admit(self) -> None:
        self.duo.admit(self.time(), self.lot(), self._dice.pick(BIDDERS))

    def suspend(self) -> None:
        self.duo.suspend(self.time(), self.lot())

    def resume(self) -> None:
        suspended = [lot.number for lot in self.duo.model.lots if lot.state == State.SUSPENDED]
        self.duo.resume(self.time(), self._dice.pick(suspended) if suspended else self.lot())

    def call(self) -> None:
        self.duo.call(self.time(), self.lot())

    def terminate(self) -> None:
        if self._dice.between(0, 3) == 0:
            self.duo.terminate(self.time(), self.lot())

    def enter(self) -> None:
        lot = self.lot()
        right = self._secrets[lot]
        wrong = Secret(min(right.amount, I64_MAX - 1) + 1, right.blinding)
        self.duo.enter(self.time(), lot, self._dice.pick([right, right, right, wrong]))

    def disclose(self) -> None:
        lot = self.lot()
        right = self._secrets[lot]
        self.duo.disclose(self.time(), lot, self._dice.pick([right, right, Secret(right.amount, bytes(32))]))

    def restart(self) -> None:
        if self._dice.between(0, 1) == 0:
            self.duo.restart(self.time(), cleanly=self._dice.pick([True, False]))

    def lot(self) -> int:
        return self._dice.between(1, len(self.duo.model.lots))

    def time(self) -> int:
        """Return a time around the next deadline, a little later, or earlier than before."""
        due = self.duo.model.next_due()
        around = [] if due is None or due.deadline is None else [due.deadline - 1, due.deadline, due.deadline + 1]
        self.now = max(0, self._dice.pick([*around, self.now, self.now + 1, self.now + 7, self.now + 60, self.now - 3]))
        return self.now

    def amount(self, lot: int) -> int:
        quote = self.duo.model.quote(lot)
        of = self.duo.model.lot(lot)
        ask = quote.ask or I64_MAX
        base = of.top or of.rules.start_price
        near = [ask, ask, ask, ask - 1, ask + 1, ask + 10, base, base + 20, base + 30, ask + 3 * (ask - base)]
        edge = [0, -1, 1, I64_MAX, -(2**63)]
        return min(self._dice.pick([*near, *near, *edge]), I64_MAX)
