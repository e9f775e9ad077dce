"""The engine agrees with a model that was written from the documents by somebody who had not read it."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis.strategies as st
from dice import DrawnDice
from hypothesis import note, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from random_auctions import Auction, random_auction
from tally import PROVOKED, Tally

from pyauction.verifier.terms import Reason

AUCTIONS = {"default": 2_500, "ci": 10_000, "long": 200_000}
EXAMPLES = {"default": 150, "ci": 600, "long": 5_000}
STEPS = 30


class AuctionMachine(RuleBasedStateMachine):
    """The steps of a random auction, chosen and shrunk by Hypothesis."""

    def __init__(self) -> None:
        super().__init__()
        self.dice = DrawnDice()
        self.auction: Auction | None = None

    @initialize(data=st.data())
    def open(self, data: st.DataObject) -> None:
        self.dice.draw = data.draw
        self.auction = Auction(self.dice)
        self.auction.begin()

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        self.dice.draw = data.draw
        assert self.auction is not None
        self.auction.step()

    def teardown(self) -> None:
        if self.auction is not None:
            note(f"commands:\n{self.auction.duo.course()}")
            self.auction.duo.check_whole_journal()


def test_engine_and_model_agree_on_random_auctions(scale: str, report: Callable[[str], None]) -> None:
    tally = Tally()
    for seed in range(AUCTIONS[scale]):
        try:
            tally.take(random_auction(seed, verify=seed % 20 == 0))
        except Exception as error:
            error.add_note(f"repeat it with: uv run python tests/engine/random_auctions.py {seed}")
            raise
    report(tally.report())
    assert tally.shortfalls() == [], "the auctions agree, but about too little"


def test_every_reason_is_either_provoked_or_said_not_to_be() -> None:
    assert set().union(*PROVOKED.values()) == set(Reason) - {Reason.NONE}


def test_engine_and_model_agree_in_a_state_machine(scale: str) -> None:
    run_state_machine_as_test(
        AuctionMachine, settings=settings(max_examples=EXAMPLES[scale], stateful_step_count=STEPS, deadline=None)
    )
