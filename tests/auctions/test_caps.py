"""Price caps (封顶价, 熔断价): what each action brings, through a real house, and what both verifiers say of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from sales import SECOND, Told, hold, listing, manual_house

from pyauction import (
    AuctionHouse,
    EnteredReserve,
    LotSnapshot,
    MemoryJournal,
    Reason,
    SealedReserve,
    lottery_commitment,
    verifier,
    verify,
)

A, B, C = "001", "002", "003"
SEEDS = (b"\7" * 32, b"\x08" * 32)
LOTTERY: dict[str, Any] = {
    "cap": 120, "cap_action": "lottery", "lottery_seeds": tuple(lottery_commitment(seed) for seed in SEEDS),
}  # fmt: skip
FREE = [(1, A, 100), (2, B, 110)]

CASES: dict[str, tuple[dict[str, Any], list[Any], Told]] = {
    "the cap sells at once": ({"cap": 120, "cap_action": "sell"}, [*FREE, (3, A, 120), (4, B, 120)],
                              Told(("ok", "ok", "ok", "closed"), 3, (A, 120))),
    "hit in the free phase, at its end": ({"cap": 120, "cap_action": "sell", "cap_in_free": "at_end"},
                                          [*FREE, (3, A, 120), (4, B, 130)],
                                          Told(("ok", "ok", "ok", "cap_reached"), 100, (A, 120))),
    "hit by the first bid": ({"cap": 120, "cap_action": "sell"}, [(1, A, 120)], Told(("ok",), 1, (A, 120))),
    "hit by the last bid before the deadline": ({"cap": 120, "cap_action": "sell"}, [*FREE, (159.999999999, A, 120)],
                                                Told(("ok", "ok", "ok"), 159.999999999, (A, 120))),
    "exactly at the deadline it is late": ({"cap": 120, "cap_action": "sell"}, [*FREE, (160, A, 120)],
                                           Told(("ok", "ok", "closed"), 160, (B, 110))),
    "off the step grid the cap itself may be bid": (
        {"cap": 125, "cap_action": "sell", "multiples_from": "start"}, [*FREE, (3, A, 120), (4, B, 124), (5, B, 125)],
        Told(("ok", "ok", "ok", "below_increment", "ok"), 5, (B, 125))),
    "above it nothing may": ({"cap": 125, "cap_action": "sell"}, [*FREE, (3, A, 126)],
                             Told(("ok", "ok", "above_cap"), 160, (B, 110))),
    "a circuit breaker may be passed": ({"cap": 125, "cap_action": "next_round", "cap_passing": "allowed"},
                                        [*FREE, (3, A, 200)], Told(("ok", "ok", "ok"), 3, "type_rule")),
    "the next round is another lot": ({"cap": 120, "cap_action": "next_round"}, [(1, A, 120)],
                                      Told(("ok",), 1, "type_rule")),
    "another quantity is another lot": ({"cap": 120, "cap_action": "other_quantity"}, [(1, A, 120)],
                                        Told(("ok",), 1, "type_rule")),
    "not reached, the lot is sold as ever": ({"cap": 500, "cap_action": "next_round"}, FREE,
                                             Told(("ok", "ok"), 160, (B, 110))),
    "one bidder at the cap of a lottery": (LOTTERY, [*FREE, (3, A, 120)], Told(("ok", "ok", "ok"), 160, (A, 120))),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "bids", "told"), CASES.values(), ids=CASES.keys())
def test_a_cap(changes: dict[str, Any], bids: list[Any], told: Told) -> None:
    assert hold(listing(**changes), bids, admitted=f"{A} {B}") == told


def drawn_by_hand(house: AuctionHouse, at_cap: list[int]) -> int:
    """Draw a lottery from FORMAT.md B.4 alone."""
    lot = house.snapshot("KQ-1")
    name = lot.name.encode()
    numbers = [lot.round, len(at_cap), *at_cap]
    told = b"".join(number.to_bytes(4, "little") for number in numbers)
    digest = hashlib.sha256(
        b"pyauction/lottery/draw/v1" + len(name).to_bytes(2, "little") + name + told + b"".join(SEEDS)
    ).digest()
    return at_cap[int.from_bytes(digest, "big") % len(at_cap)]


def at_the_cap(**changes: Any) -> tuple[AuctionHouse, MemoryJournal]:
    """Return a house in which three bidders are at the cap of a lottery."""
    journal = MemoryJournal()
    house = manual_house(journal)
    house.open_lot("KQ-1", listing(**LOTTERY, **changes))
    return house, journal


def bid_the_cap(house: AuctionHouse) -> None:
    for at, bidder in enumerate((A, B, C)):
        decision = house.bid("KQ-1", bidder, 120, at=(101 + at) * SECOND)
        assert (decision.accepted, decision.quote.ask_minor) == (True, 120)
        assert decision.quote.closes_at_ns == (161 + at) * SECOND, "a bid at the cap refreshes the countdown"
    assert house.bid("KQ-1", A, 120).reason == Reason.CAP_REACHED
    house.advance(at=170 * SECOND)


def test_a_lottery_is_drawn_from_the_committed_seeds_and_can_be_drawn_again() -> None:
    house, journal = at_the_cap()
    with house:
        bid_the_cap(house)
        assert (house.snapshot("KQ-1").state, house.outcome("KQ-1")) == ("awaiting_draw", None)
        assert house.draw_lottery("KQ-1", SEEDS[::-1]).reason == Reason.SEED_MISMATCH
        assert house.draw_lottery("KQ-1", SEEDS).accepted
        lot = house.snapshot("KQ-1")
        assert lot.outcome is not None
        assert (lot.outcome.winner, lot.outcome.price_minor) == (drawn_by_hand(house, [1, 2, 3]), 120)
    assert verify(journal).ok
    assert verify(journal) == verifier.verify_files(journal.files())


@pytest.mark.parametrize(("reserve", "state"), [(120, "awaiting_draw"), (121, "decided")])
def test_a_reserve_above_the_cap_leaves_nothing_to_draw(reserve: int, state: str) -> None:
    house, journal = at_the_cap(reserve=EnteredReserve(commitment="at_entry"))
    with house:
        house.enter_reserve(
            "KQ-1", SealedReserve.for_simulation("KQ-1", reserve, currency="CNY", exponent=2), by="甲", witness="乙"
        )
        bid_the_cap(house)
        assert house.snapshot("KQ-1").state == state
    assert verify(journal) == verifier.verify_files(journal.files())


def test_a_drawn_lottery_survives_a_restart_before_the_draw() -> None:
    house, journal = at_the_cap()
    with house:
        bid_the_cap(house)
    with manual_house(journal, now=200 * SECOND) as again:
        assert again.draw_lottery("KQ-1", SEEDS).accepted
        assert again.outcome("KQ-1") is not None
    assert verify(journal) == verifier.verify_files(journal.files())


@pytest.fixture
def paused() -> tuple[AuctionHouse, Callable[[], LotSnapshot]]:
    house = manual_house(MemoryJournal())
    house.open_lot("KQ-1", listing(
        cap=150, cap_action="enter", cap_passing="allowed", cap_pause="1h", cap_countdown="30s", top_up="required",
    ))  # fmt: skip
    for bidder in (A, B):
        house.admit("KQ-1", bidder)
    return house, lambda: house.snapshot("KQ-1")


def test_bidding_pauses_at_the_circuit_breaker_and_resumes_for_those_who_topped_up(
    paused: tuple[AuctionHouse, Callable[[], LotSnapshot]],
) -> None:
    house, lot = paused
    with house:
        house.bid("KQ-1", A, 100, at=SECOND)
        house.bid("KQ-1", B, 180, at=5 * SECOND)
        assert house.bid("KQ-1", A, 190, at=6 * SECOND).reason == Reason.PHASE_TAKES_NO_BIDS
        assert house.quote("KQ-1").phase == "preparation"
        assert house.confirm_top_up("KQ-1", A, by="银行").accepted
        assert house.confirm_top_up("KQ-1", A, by="银行").reason == Reason.ALREADY_CONFIRMED
        resumed = (3_600 + 5) * SECOND
        assert house.bid("KQ-1", B, 190, at=resumed).reason == Reason.NO_TOP_UP
        assert house.bid("KQ-1", A, 190, at=resumed + SECOND).accepted
        house.advance(at=resumed + 31 * SECOND)
        outcome = lot().outcome
    assert outcome is not None
    assert (outcome.winner, outcome.price_minor) == (1, 190)
