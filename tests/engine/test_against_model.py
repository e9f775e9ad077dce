"""The engine agrees with a model that was written from the documents by somebody who had not read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from random_auctions import Auction, SeededDice

T = TypeVar("T")
AUCTIONS = {"default": 2_000, "ci": 10_000, "long": 200_000}
EXAMPLES = {"default": 60, "ci": 300, "long": 5_000}
STEPS = 30


class DrawnDice:
    """Choices that Hypothesis makes, so that it can shrink a failing auction."""

    def __init__(self) -> None:
        self.draw: Any = None

    def pick(self, options: Sequence[T]) -> T:
        return options[self.between(0, len(options) - 1)]

    def between(self, least: int, most: int) -> int:
        return int(self.draw(st.integers(least, most)))


class AuctionMachine(RuleBasedStateMachine):
    """Steps of a random auction in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.dice = DrawnDice()
        self.auction: Auction | None = None

    @initialize(data=st.data())
    def open(self, data: st.DataObject) -> None:
        self.dice.draw = data.draw
        self.auction = Auction(self.dice)

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        self.dice.draw = data.draw
        assert self.auction is not None
        self.auction.run(1)

    def teardown(self) -> None:
        if self.auction is not None:
            self.auction.finish(verify=True)


def test_engine_and_model_agree_on_random_auctions(scale: str) -> None:
    for seed in range(AUCTIONS[scale]):
        try:
            auction = Auction(SeededDice(seed))
            auction.run(STEPS)
            auction.finish(verify=seed % 50 == 0)
        except Exception as error:
            pytest.fail(f"seed {seed}: {error!r}")


def test_engine_and_model_agree_in_a_state_machine(scale: str) -> None:
    run_state_machine_as_test(
        AuctionMachine, settings=settings(max_examples=EXAMPLES[scale], stateful_step_count=STEPS, deadline=None)
    )
