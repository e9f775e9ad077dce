"""The nine invariants of ARCHITECTURE.md, each shown at the public surface by something decisive."""

from __future__ import annotations

import ast
import json
import random
import re
import subprocess
import sys
import tomllib
from array import array
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from streams import LARGEST, LOT, ORDER, SECOND, WHO, Stream

import pyauction
from pyauction import (
    AmountError,
    AuctionHouse,
    Durability,
    English,
    EnteredReserve,
    FileJournal,
    ManualClock,
    MemoryJournal,
    MisuseError,
    NoReserve,
    Outcome,
    Reason,
    ReplayMismatch,
    SealedReserve,
    _engine,
    replay,
    verifier,
    verify,
)
from pyauction.auctions.ascending import Percent
from pyauction.verifier import Opening

ROOT = Path(__file__).parents[2]
RUST = ROOT / "engine_rs" / "src"
STREAMS = {"default": 200, "ci": 1_000, "long": 20_000}


def english(**changes: Any) -> English:
    terms: dict[str, Any] = {
        "money": pyauction.CNY,
        "start_price": 100,
        "increment": 10,
        "length": "1h",
        "reserve": NoReserve(),
        "on_outage": "close_at_schedule",
        "self_outbid": "allowed",
        "admission": "open",
    }
    terms |= changes
    return English(**terms)


def manual_house(journal: Any = None, now: int = 0, **options: Any) -> AuctionHouse:
    return AuctionHouse(journal, clock=ManualClock(now), timers=False, **options)


def records_of(journal: Any) -> list[bytes]:
    return _engine.read_journal(journal)[1]


# 1. Pure


def rust(*places: str) -> dict[str, str]:
    """Return the Rust files in these places, without their comments and tests."""
    found = {}
    for place in places:
        path = RUST / place
        for file in sorted(path.rglob("*.rs")) if path.is_dir() else [path]:
            code = re.sub(r"//[^\n]*", "", file.read_text(encoding="utf-8"))
            found[str(file.relative_to(RUST))] = code.split("#[cfg(test)]", 1)[0]
    return found


CORE = ("lot", "rules", "engine.rs", "sequencer.rs", "command.rs", "decision.rs", "verdict.rs", "record.rs", "amount.rs",
        "time.rs", "text.rs", "ids.rs", "wire.rs", "replay.rs")  # fmt: skip
RESERVE_PATH = re.compile(r"\breserve::|crate::reserve|super::reserve|use .*\breserve\b")
IMPURE = re.compile(
    r"\bInstant\b|\bSystemTime\b|\brand\b|\bgetrandom\b|\bOsEntropy\b|std::(thread|fs|net|io|env|process)\b"
    r"|\bstatic mut\b|thread_local!|\bHashMap\b|\bHashSet\b|\brustix\b|\bf32\b|\bf64\b"
)


class TestInvariant1Pure:
    @pytest.mark.parametrize(
        ("pattern", "guilty", "innocent"),
        [
            (RESERVE_PATH, "use crate::{amount, reserve};", "pub reserve: ReservePolicy,"),
            (RESERVE_PATH, "crate::reserve::Vault", "self.reserve_state"),
            (IMPURE, "std::time::SystemTime::now()", "fn stamp(&self, now: Timestamp)"),
            (IMPURE, "std::fs::read(path)", "self.first"),
        ],
    )
    def test_invariant_1_pure_the_scans_below_find_what_they_look_for(
        self, pattern: re.Pattern[str], guilty: str, innocent: str
    ) -> None:
        assert pattern.search(guilty)
        assert not pattern.search(innocent)

    def test_invariant_1_pure_the_engine_has_no_path_to_the_reserve(self) -> None:
        files = rust("lot", "engine.rs", "sequencer.rs")
        assert len(files) >= 6
        assert {name: RESERVE_PATH.findall(code) for name, code in files.items() if RESERVE_PATH.search(code)} == {}

    def test_invariant_1_pure_the_core_reads_no_clock_draws_no_chance_and_does_no_io(self) -> None:
        files = rust(*CORE)
        assert len(files) >= 18
        assert {name: IMPURE.findall(code) for name, code in files.items() if IMPURE.search(code)} == {}

    def test_invariant_1_pure_python_is_named_in_one_folder(self) -> None:
        named = {name for name, code in rust(".").items() if "pyo3" in code}
        outside = {name for name in named if not name.startswith("python/")}
        assert outside <= {"lib.rs"}
        assert re.findall(r"^.*pyo3.*$", rust("lib.rs")["lib.rs"], re.MULTILINE) == []
        assert len(named) > 5

    def test_invariant_1_pure_the_package_needs_two_libraries(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        needs = sorted(re.split(r"[<>=~! ]", need)[0] for need in project["dependencies"])
        assert needs == ["msgspec", "sortedcontainers"]

    def test_invariant_1_pure_the_verifier_imports_nothing_of_the_rest(self) -> None:
        imported = set()
        for file in (ROOT / "pyauction" / "verifier").glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom):
                    assert node.level <= 1, f"{file.name} imports from outside its folder"
                    imported |= {node.module} if node.level == 0 else set()
                elif isinstance(node, ast.Import):
                    imported |= {alias.name for alias in node.names}
        roots = {(name or "").split(".")[0] for name in imported}
        assert roots - set(sys.stdlib_module_names) == set()

    @pytest.mark.parametrize(
        ("folder", "above"),
        [
            ("auctions", {"house", "observers", "history", "cli", "demo", "bench", "journal", "verify", "replay"}),
            ("journal", {"house", "observers", "history", "cli", "demo", "bench", "auctions", "verify", "replay"}),
            ("history", {"cli", "demo", "bench"}),
            ("bench", {"cli", "demo"}),
        ],
    )
    def test_invariant_1_pure_dependencies_point_one_way(self, folder: str, above: set[str]) -> None:
        for file in (ROOT / "pyauction" / folder).glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.level == 2:
                    named = {node.module} if node.module else {alias.name for alias in node.names}
                    assert {(name or "").split(".")[0] for name in named} & above == set(), file.name

    def test_invariant_1_pure_the_same_commands_make_the_same_records(self) -> None:
        def hold() -> tuple[list[bytes], bytes]:
            journal = MemoryJournal()
            with manual_house(journal) as house:
                sell(house)
                return records_of(journal), house.state_hash

        assert hold() == hold()


def sell(house: AuctionHouse) -> None:
    """Do a little of everything in two lots, with a reserve that is met."""
    reserve = SealedReserve.for_simulation("A", 150, blinding=bytes(range(32)))
    house.open_lot("A", english(reserve=EnteredReserve(commitment="at_entry")))
    house.open_lot("B", english(length="2h", extension="10m"))
    house.enter_reserve("A", reserve, **WHO)
    house.admit("B", "009")
    for index, (lot, bidder, amount, key) in enumerate(
        [("A", "001", 100, "k"), ("B", "001", 100, None), ("A", "002", 105, None), ("A", "002", 200, "k")]
    ):
        house.bid(lot, bidder, amount, key=key, at=(index + 1) * SECOND)
    house.suspend_lot("B", **ORDER, at=60 * SECOND)
    house.resume_lot("B", **ORDER, at=90 * SECOND)
    house.close_lot("A")
    house.advance(at=100_000 * SECOND)


# 2. Sequenced


def test_invariant_2_sequenced_every_record_takes_the_next_number_of_house_and_lot() -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        sell(house)
    events = [step.event for step in replay(journal)]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    for lot in (1, 2):
        of_lot = [event for event in events if event.lot == lot]
        assert [event.lot_seq for event in of_lot] == list(range(1, len(of_lot) + 1))
        closed = next(event for event in of_lot if isinstance(event, pyauction.events.LotClosed))
        kinds = [type(event).__name__ for event in of_lot]
        assert (closed.accepted, closed.refused) == (kinds.count("BidAccepted"), kinds.count("BidRefused"))
    assert {event.lot_seq for event in events if event.lot == 0} == {0}


def test_invariant_2_sequenced_polls_repeats_and_faults_take_no_number() -> None:
    with manual_house(MemoryJournal()) as house:
        house.open_lot("A", english())
        first = house.bid("A", "001", 100, key="k")
        faults: list[Any] = [
            lambda: house.bid("无", "001", 100),
            lambda: house.bid("A", 9, 100),
            lambda: house.bid("A", "", 100),
            lambda: house.bid("A", "001", 1.0),  # type: ignore[arg-type]
            lambda: house.bid("A", "001", 110, key=""),
            lambda: house.bid_many("A", array("I", [9]), array("q", [110])),
            lambda: house.terminate_lot("A", authority="", why=""),
            lambda: house.open_lot("A", english()),
        ]
        for fault in faults:
            with pytest.raises(MisuseError):
                fault()
        for _ in range(10):
            house.advance()
            house.quote("A")
            house.snapshot("A")
            house.next_deadline()
            house.flush()
            assert house.bid("A", "001", 100, key="k").repeated
        assert house.last_seq == first.seq
        assert house.bid("A", "002", 110).seq == first.seq + 2, "an admission and a bid"


# 3. Refusals are values


def test_invariant_3_refusals_are_values_with_the_numbers_that_the_format_states() -> None:
    text = (ROOT / "FORMAT.md").read_text(encoding="utf-8").split("## B.8 Reasons")[1].split("## ")[0]
    rows = re.findall(r"\| (\d+) \| ([a-z_]+) (?=\|)", text)
    assert sorted((int(number), code) for number, code in rows) == _engine.REASONS
    assert len(rows) == 55


def test_invariant_3_refusals_are_values_sequenced_and_recorded_like_accepted_bids() -> None:
    journal = MemoryJournal()
    decisions = []
    with manual_house(journal) as house:
        terms = {"admission": "listed", "multiples_from": "start", "max_multiple": 3, "self_outbid": "refused"}
        house.open_lot("A", english(**terms), opens_at=SECOND)
        for bidder in ("001", "002"):
            house.admit("A", bidder)
        decisions.append(house.bid("A", "001", 100))
        bids = [
            ("003", 100),
            ("001", 0),
            ("001", 90),
            ("001", 105),
            ("001", 500),
            ("001", 100),
            ("001", 110),
            ("002", 109),
        ]
        decisions += [house.bid("A", bidder, amount, at=SECOND) for bidder, amount in bids]
        house.suspend_lot("A", **ORDER)
        decisions.append(house.bid("A", "002", 110))
        house.terminate_lot("A", **ORDER)
        decisions.append(house.bid("A", "002", 110))
    assert [decision.reason for decision in decisions] == [
        Reason.NOT_OPEN, Reason.NOT_ADMITTED, Reason.AMOUNT_NOT_POSITIVE, Reason.BELOW_START, Reason.NOT_MULTIPLE,
        Reason.ABOVE_MAX_MULTIPLE, None, Reason.ALREADY_LEADING, Reason.BELOW_INCREMENT, Reason.SUSPENDED, Reason.CLOSED,
    ]  # fmt: skip
    numbers = {code: number for number, code in _engine.REASONS}
    records = records_of(journal)
    for decision in decisions:
        assert records[decision.seq - 1] == decision.record
        assert int.from_bytes(decision.record[2:4], "little") == (numbers[decision.reason] if decision.reason else 0)
    assert verify(journal).ok


# 4. Exact


@pytest.mark.parametrize("seed", range(20))
def test_invariant_4_exact_a_step_is_the_declared_rounding_of_an_exact_fraction(seed: int) -> None:
    chance = random.Random(seed)
    numerator, denominator = chance.randint(1, 10**12), chance.randint(1, 10**12)
    rounding = chance.choice(["up", "down"])
    top = chance.choice([1, 10**6, 10**15, LARGEST // 2]) + chance.randint(0, 1_000)
    exact = Fraction(top) * Fraction(numerator, denominator)
    whole = -(-exact.numerator // exact.denominator) if rounding == "up" else exact.numerator // exact.denominator
    step = max(1, whole)
    with manual_house() as house:
        house.open_lot("A", english(start_price=1, increment=Percent(numerator, denominator, rounding)))  # type: ignore[arg-type]
        ask = house.bid("A", "001", top).quote.ask_minor
        if top + step > LARGEST:
            assert ask is None
            assert house.bid("A", "002", LARGEST).reason == Reason.AMOUNT_LIMIT
        else:
            assert ask == top + step
            assert house.bid("A", "002", top + step - 1).reason == Reason.BELOW_INCREMENT
            assert house.bid("A", "002", top + step).accepted


def test_invariant_4_exact_every_minor_unit_up_to_the_last_one_counts() -> None:
    with manual_house() as house:
        house.open_lot("A", english(start_price=LARGEST - 3, increment=1))
        for amount in range(LARGEST - 3, LARGEST + 1):
            assert house.bid("A", "001", amount).quote.standing_minor == amount
        assert house.bid("A", "001", LARGEST).reason == Reason.AMOUNT_LIMIT
        for inexact in (1.0, float(2**53), True, float("nan")):
            with pytest.raises(AmountError):
                house.bid("A", "001", inexact)  # type: ignore[arg-type]


def test_invariant_4_exact_currency_and_exponent_are_bound_into_the_commitment() -> None:
    commitments = {
        SealedReserve.for_simulation("A", 500, currency=currency, exponent=exponent, blinding=bytes(32)).commitment
        for currency in ("CNY", "USD")
        for exponent in (0, 2, 18)
    }
    assert len(commitments) == 6


# 5. Timers are records


@pytest.mark.parametrize("seed", range(10))
def test_invariant_5_timers_are_records_and_polling_changes_none(seed: int) -> None:
    def hold(*, polled: bool) -> list[bytes]:
        chance, polls = random.Random(seed), random.Random(seed + 1)
        journal = MemoryJournal()
        with manual_house(journal) as house:
            for lot in "ABCD":
                length = f"{chance.choice([30, 40, 40])}s"
                house.open_lot(lot, english(length=length, extension=chance.choice([None, "20s"]), admission="open"))
            now = 0
            for _ in range(60):
                later = now + chance.randrange(4 * SECOND)
                if polled:
                    for at in sorted(polls.randrange(now, later + 1) for _ in range(polls.randrange(5))):
                        house.advance(at=at)
                now = later
                house.bid(chance.choice("ABCD"), "001", chance.randrange(90, 2_000), at=now)
            house.advance(at=now + 1_000 * SECOND)
        return records_of(journal)

    assert hold(polled=True) == hold(polled=False)


def test_invariant_5_timers_are_records_in_order_of_deadline_and_lot() -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        for lot, length in (("A", "3s"), ("B", "2s"), ("C", "2s"), ("D", "1s")):
            house.open_lot(lot, english(length=length))
        house.advance(at=3 * SECOND)
    closed = [step.event for step in replay(journal) if isinstance(step.event, pyauction.events.LotClosed)]
    assert [(event.lot, event.due_ns, event.at_ns) for event in closed] == [
        (4, SECOND, SECOND), (2, 2 * SECOND, 2 * SECOND), (3, 2 * SECOND, 2 * SECOND), (1, 3 * SECOND, 3 * SECOND),
    ]  # fmt: skip


def test_invariant_5_timers_are_records_and_a_bid_at_the_deadline_is_late() -> None:
    with manual_house(MemoryJournal()) as house:
        house.open_lot("A", english(length="1s"))
        assert house.bid("A", "001", 100, at=SECOND - 1).accepted
        assert house.bid("A", "001", 110, at=SECOND).reason == Reason.CLOSED


def test_invariant_5_timers_are_records_and_opening_the_house_comes_before_any_deadline() -> None:
    for on_outage, follows in (("close_at_schedule", "LotClosed"), ("suspend", "LotSuspended")):
        journal = MemoryJournal()
        with manual_house(journal) as house:
            house.open_lot("A", english(length="1s", on_outage=on_outage))
        with manual_house(journal, now=9 * SECOND) as house:
            house.advance()
        names = [type(step.event).__name__ for step in replay(journal)]
        assert names[2:4] == ["HouseOpened", follows]


# 6. Acknowledged means durable


def test_invariant_6_acknowledged_means_durable_when_a_bid_returns_a_reader_finds_it(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal")
    with manual_house(journal) as house:
        house.open_lot("A", english())
        for number in range(20):
            decision = house.bid("A", "001", 100 + 10 * number)
            assert decision.durable
            assert records_of(journal.path)[-1] == decision.record


def test_invariant_6_acknowledged_means_durable_and_before_that_only_the_caller_knows() -> None:
    journal = MemoryJournal()
    told: list[Any] = []
    with manual_house(journal, durability=Durability.DEFERRED) as house:
        house.open_lot("A", english())
        house.admit("A", "001")
        house.flush()
        observation = house.observe(told.append)
        quote, records = house.quote("A"), records_of(journal)
        decision = house.bid("A", "001", 100)
        assert (decision.accepted, decision.durable, decision.digest) == (True, False, None)
        assert (house.quote("A"), records_of(journal), told) == (quote, records, [])
        house.flush()
        observation.close()
        assert (decision.durable, house.quote("A")) == (True, decision.quote)
        assert records_of(journal) == [*records, decision.record]
        assert told == [pyauction.decode_event(decision.record)]


# 7. Fail-stop

NO_ROOM = """
import json, resource, sys
import pyauction
from pyauction import AuctionHouse, English, FileJournal, HouseHalted, ManualClock, NoReserve, OutcomeUnknown

house = AuctionHouse(FileJournal(sys.argv[1], segment_bytes=1 << 18), clock=ManualClock(0), timers=False)
house.open_lot("A", English(
    money=pyauction.CNY, start_price=100, increment=10, reserve=NoReserve(), on_outage="suspend", self_outbid="allowed",
    admission="open",
))
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 17, resource.RLIM_INFINITY))
acknowledged, raised = [], []
for number in range(100):
    try:
        decision = house.bid("A", "001", 100 + 10 * number)
        assert decision.durable and not raised
        acknowledged.append(decision.record.hex())
    except (OutcomeUnknown, HouseHalted) as error:
        raised.append(type(error).__name__)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
try:
    house.bid("A", "001", 10_000)
except HouseHalted as error:
    raised.append(type(error).__name__)
print(json.dumps([acknowledged, raised, house.quote("A").standing_minor]))
"""


def test_invariant_7_fail_stop_nothing_is_acknowledged_after_the_first_failure(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    done = subprocess.run([sys.executable, "-c", NO_ROOM, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    acknowledged, raised, shown = json.loads(done.stdout)
    assert raised == ["OutcomeUnknown", *["HouseHalted"] * (len(raised) - 1)]
    assert len(acknowledged) + len(raised) == 101
    assert len(acknowledged) > 5
    kept = [record.hex() for record in records_of(path)[3:]]
    assert kept == acknowledged
    assert shown == 100 + 10 * (len(acknowledged) - 1)
    with manual_house(FileJournal(path)) as house:
        assert house.bid("A", "001", 10_000).accepted
    assert verify(path) == verifier.verify(path)
    assert verify(path).ok


# 8. Secret


class TestInvariant8Secret:
    def test_invariant_8_secret_nothing_that_is_seen_before_the_close_depends_on_the_reserve(self, scale: str) -> None:
        kinds: set[tuple[str | None, str | None]] = set()
        differing = 0
        for seed in range(STREAMS[scale]):
            stream = Stream(seed)
            reserves = stream.reserves(random.Random(seed))
            runs = [stream.run(reserve) for reserve in reserves]
            for reserve, run in zip(reserves, runs, strict=True):
                assert run.said == runs[0].said, f"seed {seed}: reserve {reserve} shows"
                assert run.top == runs[0].top
                assert run.outcome == expected(stream, run.top, reserve, runs[0].outcome)
                kinds.add((run.outcome.kind, run.outcome.cause) if run.outcome else (None, None))
            differing += len({run.outcome for run in runs}) > 1
        assert kinds >= {("sold", "none"), ("unsold", "reserve_not_met"), ("unsold", "no_bids")}
        assert differing > STREAMS[scale] // 3, "the reserves must have decided differently"

    def test_invariant_8_secret_the_comparison_would_notice_what_is_seen_after_the_close(self) -> None:
        # The same harness, with the close inside what is seen: then the reserve shows.
        stream = next(stream for stream in map(Stream, range(100)) if Stream.run(stream, stream.start).top is not None)
        stream.acts.append(lambda house: house.advance(at=house._now_ns + 100_000 * SECOND))
        stream.keepers.append("nothing")
        assert stream.run(stream.start).said != stream.run(LARGEST).said

    def test_invariant_8_secret_an_entry_answers_no_more_than_two_things(self) -> None:
        with manual_house() as house:
            house.open_lot(LOT, english(reserve=EnteredReserve(commitment="at_entry"), start_price=100))
            reasons = set()
            for amount in (99, 100, 101, LARGEST):
                sealed = SealedReserve.for_simulation(LOT, amount)
                reasons.add(house.enter_reserve(LOT, sealed, **WHO).reason)
        assert reasons == {None, Reason.RESERVE_BELOW_START, Reason.COMMITMENT_MISMATCH}


def expected(stream: Stream, top: int | None, reserve: int, any_outcome: Outcome | None) -> Outcome | None:
    """Return the outcome that the top amount has under the reserve; whether there is one does not depend on it."""
    if any_outcome is None:
        return None
    if top is None:
        return Outcome(kind="unsold", cause="no_bids")
    if top < reserve:
        return Outcome(kind="unsold", cause="reserve_not_met")
    lowest = stream.run(stream.start).outcome
    assert lowest is not None
    assert lowest.price_minor == top
    return lowest


# 9. Replayable


class TestInvariant9Replayable:
    @pytest.fixture
    def journal(self) -> MemoryJournal:
        journal = MemoryJournal()
        with manual_house(journal) as house:
            sell(house)
            self.state_hash, self.lots = house.state_hash, house.lots()
        return journal

    def test_invariant_9_replayable_the_same_records_outcomes_and_state(self, journal: MemoryJournal) -> None:
        replayed = replay(journal)
        assert (replayed.state_hash, replayed.lots) == (self.state_hash, self.lots)
        engine = _engine.Replay()
        for record, step in zip(records_of(journal), replayed, strict=True):
            fields, quote = engine.feed(record)
            assert (pyauction.events.event_of(fields), quote) == (step.event, step.quote)
        assert engine.state_hash == self.state_hash

    def test_invariant_9_replayable_in_another_process_and_by_the_independent_verifier(
        self, journal: MemoryJournal, tmp_path: Path
    ) -> None:
        for name, data in journal.files().items():
            (tmp_path / name).write_bytes(data)
        code = "import sys, pyauction; print(pyauction.replay(sys.argv[1]).state_hash.hex())"
        command = [sys.executable, "-X", "utf8", "-c", code, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == self.state_hash.hex()
        assert verifier.verify(tmp_path).ok

    def test_invariant_9_replayable_a_record_that_differs_is_named(self, journal: MemoryJournal) -> None:
        records = records_of(journal)
        decided = {"reason": 2, "seq": 8, "lot_seq": 24}
        for seq, record in enumerate(records, start=1):
            for offset in decided.values():
                changed = bytearray(record)
                changed[offset] ^= 1
                engine = _engine.Replay()
                engine.feed_all(records[: seq - 1])
                with pytest.raises(ReplayMismatch, match=rf"\b{seq}\b"):
                    engine.feed(bytes(changed))

    def test_invariant_9_replayable_attested_and_proven_reserves_have_equal_state(self, journal: MemoryJournal) -> None:
        opening = Opening(lot="A", round=1, currency="CNY", exponent=2, amount=150, blinding=bytes(range(32)))
        attested, proven = verify(journal), verify(journal, opening=opening)
        assert (attested.ok, proven.ok) == (True, True)
        assert (attested.reserve, proven.reserve) == ("attested", "proven")
        assert (json.loads(attested.to_json())["reserve"], attested.chain_head) == ("attested", proven.chain_head)
