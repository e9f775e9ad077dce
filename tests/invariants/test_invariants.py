"""The nine invariants of ARCHITECTURE.md, one test or more each; what else guards them stands there."""

from __future__ import annotations

import random
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pyauction import (
    CNY,
    AmountTypeError,
    AuctionHouse,
    Durability,
    English,
    EnteredReserve,
    HouseHalted,
    Listing,
    ManualClock,
    MemoryJournal,
    NoReserve,
    SealedReserve,
    decode_event,
    replay,
    verifier,
    verify,
)

ROOT = Path(__file__).parents[2]
CORE = ROOT / "engine_rs" / "src"
STREAMS = {"default": 200, "ci": 1_000, "long": 20_000}
MINUTE = 60_000_000_000
LIMIT = 2**63 - 1


def listing(reserve: Any) -> Listing:
    return Listing(
        money=CNY,
        start_price=100,
        increment=10,
        free="10m",
        countdown="4m",
        reserve=reserve,
        single_bidder="timed",
        timed_without_bids="decide",
        on_outage="suspend",
        self_outbid="allowed",
        admission="open",
    )


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((CORE / folder).rglob("*.rs"))]
    assert found
    return found


def test_invariant_1_pure_pyo3_is_named_in_one_folder() -> None:
    named = [path for path in CORE.rglob("*.rs") if "pyo3" in path.read_text(encoding="utf-8").lower()]
    assert {path.relative_to(CORE).parts[0] for path in named} == {"python"}


def test_invariant_1_pure_deciding_has_no_path_into_the_vault() -> None:
    deciding = [*sources("lot", "rules"), CORE / "engine.rs", CORE / "sequencer.rs"]
    path = re.compile(r"\breserve::|crate::reserve|super::reserve|use .*\breserve\b")
    assert [str(file) for file in deciding if path.search(file.read_text(encoding="utf-8"))] == []


def test_invariant_1_pure_the_core_reads_no_clock_and_draws_no_chance() -> None:
    core = [*sources("lot", "rules"), *CORE.glob("*.rs")]
    impure = re.compile(r"Instant::now|SystemTime|getrandom|\brand::|std::fs|std::net|thread::spawn|RandomState")
    assert [str(file) for file in core if impure.search(file.read_text(encoding="utf-8"))] == []


def test_invariant_1_pure_two_hard_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [re.split(r"[><=]", name)[0] for name in project["dependencies"]] == ["msgspec", "sortedcontainers"]


def test_invariant_2_sequenced_numbers_are_contiguous_in_house_and_lot() -> None:
    journal = MemoryJournal()
    play(journal, random.Random(2), reserve=None)
    events = [step.event for step in replay(journal)]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    for lot in {event.lot for event in events} - {0}:
        mine = [event.lot_seq for event in events if event.lot == lot]
        assert mine == list(range(1, len(mine) + 1))


def test_invariant_3_refusals_are_values_on_record() -> None:
    journal = MemoryJournal()
    with AuctionHouse(journal, clock=ManualClock(0), timers=False) as house:
        house.open_lot("A", listing(NoReserve()))
        refused = house.bid("A", "001", 99)
        assert (refused.accepted, refused.reason, refused.durable) == (False, "below_start", True)
    recorded = decode_event(refused.record)
    assert [step.event for step in replay(journal)][refused.seq - 1] == recorded


def test_invariant_4_exact_no_float_is_money_and_limits_are_decided() -> None:
    with AuctionHouse(clock=ManualClock(0), timers=False) as house:
        house.open_lot("A", listing(NoReserve()))
        for value in (100.0, True, float("nan")):
            with pytest.raises(AmountTypeError):
                house.bid("A", "001", value)  # type: ignore[arg-type] # what is refused
        assert house.bid("A", "001", LIMIT).accepted
        assert house.bid("A", "002", LIMIT).reason == "amount_limit"
        assert house.quote("A").ask_minor is None


def test_invariant_5_timers_are_records_whoever_polls() -> None:
    def records(polls: int) -> list[bytes]:
        journal = MemoryJournal()
        play(journal, random.Random(5), reserve=250, polls=polls)
        return [bytes(step.event.seq) + repr(step.event).encode() for step in replay(journal)]

    assert records(0) == records(1) == records(50)


def test_invariant_6_acknowledged_means_durable() -> None:
    journal = MemoryJournal()
    with AuctionHouse(journal, durability=Durability.DEFERRED, clock=ManualClock(0), timers=False) as house:
        house.open_lot("A", listing(NoReserve()))
        house.flush()
        decision = house.bid("A", "001", 100)
        assert (decision.durable, decision.digest, house.quote("A").standing_minor) == (False, None, None)
        house.flush()
        assert (decision.durable, house.quote("A").standing_minor) == (True, 100)
        assert decision.digest is not None


def test_invariant_7_fail_stop_nothing_after_a_fault_is_acknowledged() -> None:
    journal = MemoryJournal()
    house = AuctionHouse(journal, clock=ManualClock(0), timers=False)
    house.open_lot("A", listing(NoReserve()))
    house._halt("the disk is gone")
    with pytest.raises(HouseHalted, match="the disk is gone"):
        house.bid("A", "001", 100)
    house.close()
    assert [type(step.event).__name__ for step in replay(journal)] == ["HouseOpened", "LotOpened"]


def play(journal: MemoryJournal, dice: random.Random, *, reserve: int | None, polls: int = 0) -> list[str]:
    """Hold one listing whose bids `dice` chooses, and return everything that anybody was told before the close."""
    told: list[str] = []
    clock = ManualClock(0)
    with AuctionHouse(journal, clock=clock, timers=False) as house:
        house.observe(lambda event: told.append(repr(event)))
        declared = NoReserve() if reserve is None else EnteredReserve(commitment="at_entry")
        told.append(repr(house.open_lot("A", listing(declared))))
        if reserve is not None:
            sealed = SealedReserve.for_simulation("A", reserve, blinding=bytes(range(32)))
            told += [repr(sealed), house.enter_reserve("A", sealed, by="保密员", witness="纪检组").message("zh-CN")]
        for now in sorted(dice.randrange(13 * MINUTE) for _ in range(12)):
            for poll in sorted(random.Random(now).randrange(clock.now_ns(), now + 1) for _ in range(polls)):
                house.advance(at=poll)
            ask = house.quote("A").ask_minor or 100
            decision = house.bid("A", dice.choice("123"), ask + dice.choice([-1, 0, 0, 5, 30]), at=now)
            if decision.quote.phase not in ("free", "timed"):
                break
            told += [repr(decision), decision.message(), repr(decision.quote), repr(house.quote("A"))]
            told += [repr(house), repr(house.snapshot("A")), str(house.next_deadline()), str(house.last_seq)]
        house.advance(at=60 * MINUTE)
    return told


def before_the_close(journal: MemoryJournal) -> list[str]:
    """Return the records before the close, as bytes and sizes, without the commitment."""
    steps = []
    for step in replay(journal):
        if type(step.event).__name__ == "LotClosed":
            break
        steps.append(re.sub("commitment='[0-9a-f]{64}'", "commitment=...", repr(step.event)))
    return steps


def masked(told: list[str]) -> list[str]:
    hidden = [re.sub("[0-9a-f]{64}", "...", text) for text in told]
    return [text for text in hidden if not re.match("LotClosed|ReserveCompared|OutcomeRecorded", text)]


def test_invariant_8_secret_nothing_before_the_close_depends_on_the_reserve(scale: str) -> None:
    decided: set[str] = set()
    for seed in range(STREAMS[scale]):
        views, outcomes = [], []
        for reserve in (100, random.Random(seed).randrange(100, 400), LIMIT):
            journal = MemoryJournal()
            told = play(journal, random.Random(seed), reserve=reserve)
            views.append(
                (masked([text for text in told if not text.startswith("LotSnapshot")]), before_the_close(journal))
            )
            outcomes.append(replay(journal).lot("A").reserve)
        assert views[0][1] == views[1][1] == views[2][1], f"seed {seed}"
        direct = [[text for text in view[0] if not re.match(r"[A-Z]\w+\(seq=", text)] for view in views]
        assert direct[0] == direct[1] == direct[2], f"seed {seed}"
        decided.update(outcomes)
    assert decided >= {"met", "not_met"}, "the reserve decides in the end"


def test_invariant_9_replayable_same_records_same_state() -> None:
    journal = MemoryJournal()
    with AuctionHouse(journal, clock=ManualClock(0), timers=False) as house:
        rules = English(
            money=CNY,
            start_price=100,
            increment=10,
            length="1h",
            reserve=NoReserve(),
            on_outage="suspend",
            self_outbid="allowed",
            admission="open",
        )
        house.open_lot("A", rules)
        for amount in (100, 105, 110, 130):
            house.bid("A", "001", amount)
        state = house.state_hash
    assert replay(journal).state_hash == state
    assert verify(journal) == verifier.verify_files(journal.files())
    assert verify(journal).ok
