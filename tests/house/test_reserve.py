"""The life of a reserve (底价): sealed, entered, held, compared once after the close, and disclosed only on purpose.

Tests named after an id of the published design's failure modes say so.
"""

from __future__ import annotations

import copy
import gc
import json
import os
import pickle
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from house_room import (
    AT_ENTRY,
    BEFORE_OPENING,
    HOUR,
    ORDER,
    SECOND,
    WHO,
    Recorder,
    english,
    events_of,
    manual_house,
    records_of,
    run_child,
    start_child,
)

from pyauction import (
    WAN_YUAN,
    AuctionHouse,
    CannotHoldReserve,
    Decision,
    English,
    EnteredReserve,
    FileJournal,
    HouseHalted,
    Listing,
    ManualClock,
    MemoryJournal,
    MisuseError,
    NoReserve,
    Outcome,
    Reason,
    ReserveBelowStart,
    SealedFileError,
    SealedReserve,
    _engine,
    decode_event,
    verifier,
    verify,
)
from pyauction.auctions.settlement import settle
from pyauction.events import (
    CommandRefused,
    LotClosed,
    OutcomeRecorded,
    ReserveCompared,
    ReserveDisclosed,
    ReserveEntered,
    ReserveReentered,
)

BLINDING = bytes(range(32))
PASSPHRASE = "correct horse 电池"
RESERVE = 987_654_321_012
"""An amount that does not come up by chance."""


def sealed(amount: int, lot: str = "A", **terms: Any) -> SealedReserve:
    return SealedReserve.for_simulation(lot, amount, **({"blinding": BLINDING} | terms))


def reserved_house(journal: Any = None, reserve: EnteredReserve = AT_ENTRY, **changes: Any) -> AuctionHouse:
    house = manual_house(journal)
    house.open_lot("A", english(reserve=reserve, **changes))
    return house


def verified(journal: Any, way: str) -> bool:
    own = verify(journal)
    same = verifier.verify(journal.path) if isinstance(journal, FileJournal) else verifier.verify_files(journal.files())
    assert own == same
    assert own.reserve == way
    return own.ok


# The whole life


@pytest.mark.parametrize(
    ("top", "result", "outcome"),
    [
        (500, "met", Outcome(kind="sold", winner=1, price_minor=500)),
        (501, "met", Outcome(kind="sold", winner=1, price_minor=501)),
        (499, "not_met", Outcome(kind="unsold", cause="reserve_not_met")),
    ],
    ids=["equal", "above", "below"],
)
def test_a_reserve_is_compared_once_after_the_close_and_equal_sells(top: int, result: Any, outcome: Outcome) -> None:
    journal = MemoryJournal()
    reserve = sealed(500)
    with reserved_house(journal) as house:
        entered = house.enter_reserve("A", reserve, **WHO, at=10)
        assert (entered.accepted, house.holds_reserve("A"), house.snapshot("A").reserve) == (True, True, "entered")
        house.bid("A", "001", top, at=20)
        house.advance(at=HOUR)
        assert (house.holds_reserve("A"), house.snapshot("A").reserve, house.outcome("A")) == (False, result, outcome)
    common = {"lot": 1, "reason": None}
    assert events_of(journal)[2:3] + events_of(journal)[5:] == [
        ReserveEntered(
            seq=3, at_ns=10, lot_seq=2, bidder=0, result="accepted", commitment=reserve.commitment, **WHO, **common
        ),
        LotClosed(
            seq=6, at_ns=HOUR, lot_seq=5, bidder=1, due_ns=HOUR, cause="deadline", next="await_reserve", top_minor=top,
            accepted=1, refused=0, quoted=1, admitted=1, **common,
        ),
        ReserveCompared(seq=7, at_ns=HOUR, lot_seq=6, bidder=0, result=result, top_minor=top, **common),
        OutcomeRecorded(
            seq=8, at_ns=HOUR, lot_seq=7, bidder=outcome.winner or 0, kind=outcome.kind, cause=outcome.cause,
            price_minor=outcome.price_minor or 0, type_id="english@1", detail="", **common,
        ),
    ]  # fmt: skip
    assert verified(journal, "attested")


@contextmanager
def typed(*lines: str) -> Iterator[int]:
    """Return a descriptor from which these lines are read, as somebody would type them."""
    reading, writing = os.pipe()
    os.write(writing, "".join(f"{line}\n" for line in lines).encode())
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)


@contextmanager
def typed_later() -> Iterator[tuple[int, Callable[..., None]]]:
    """Return a descriptor at which somebody is asked, and what types these lines there."""
    reading, writing = os.pipe()
    try:
        yield reading, lambda *lines: (os.write(writing, "".join(f"{line}\n" for line in lines).encode()), None)[1]
    finally:
        os.close(writing)
        os.close(reading)


NOBODY_TYPES = -1
"""A descriptor from which nothing can be read: a call that succeeds with it asked for nothing."""


@pytest.fixture(scope="module")
def sealed_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A file that keepers sealed: 400,000 万元 for lot 加达, and its commitment."""
    path = tmp_path_factory.mktemp("keepers") / "加达.sealed"
    with typed(PASSPHRASE, "400000") as fd:
        commitment = _engine.seal_reserve(path, "加达", 319_000_000, unit="万元", unit_scale=6, fd=fd)
    return path, commitment


def test_a_sealed_file_lives_from_the_keepers_to_the_disclosure(sealed_file: tuple[Path, str], tmp_path: Path) -> None:
    path, commitment = sealed_file
    reserve = SealedReserve.from_file(path)
    assert (reserve.lot, reserve.commitment) == ("加达", commitment)
    assert path.stat().st_mode & 0o777 == 0o600
    journal = FileJournal(tmp_path / "journal")
    lot = Listing(
        money=WAN_YUAN, start_price="319", increment="10", free="1h", countdown="4m", reserve=BEFORE_OPENING,
        single_bidder="decide", timed_without_bids="decide", on_outage="suspend", self_outbid="allowed",
        admission="open",
    )  # fmt: skip
    with manual_house(journal) as house:
        house.open_lot("加达", lot, commitment=reserve)
        with typed("wrong") as fd, pytest.raises(SealedFileError, match="wrong passphrase"):
            house.enter_reserve("加达", reserve, passphrase_fd=fd, **WHO)
        assert not house.holds_reserve("加达")
        with typed(PASSPHRASE) as fd:
            assert house.enter_reserve("加达", reserve, passphrase_fd=fd, **WHO).accepted
        house.bid("加达", "1213", "400000")
        house.advance(at=HOUR)
        assert house.outcome("加达") == Outcome(kind="sold", winner=1, price_minor=400_000_000_000)
        assert verified(journal, "attested")
        with typed(PASSPHRASE) as fd:
            disclosed = house.disclose_reserve("加达", reserve, by="保密员", passphrase_fd=fd)
        assert (disclosed.accepted, disclosed.fields()["amount_minor"]) == (True, 400_000_000_000)
    assert verified(journal, "proven")


def test_sealing_below_the_start_price_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    with typed(PASSPHRASE, "318.999999") as fd, pytest.raises(ReserveBelowStart) as caught:
        _engine.seal_reserve(tmp_path / "x", "A", 319_000_000, unit="万元", unit_scale=6, fd=fd)
    assert str(caught.value) == "the reserve is below the start price"
    assert list(tmp_path.iterdir()) == []


def test_a_sealed_file_is_not_overwritten(sealed_file: tuple[Path, str]) -> None:
    before = sealed_file[0].read_bytes()
    with typed(PASSPHRASE, "400000") as fd, pytest.raises(SealedFileError, match="a sealed file is never overwritten"):
        _engine.seal_reserve(sealed_file[0], "加达", 1, fd=fd)
    assert sealed_file[0].read_bytes() == before


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: b"", "it does not begin with PYAUSEAL"),
        (lambda data: b"X" + data[1:], "it does not begin with PYAUSEAL"),
        (lambda data: data[:-1], "ends inside its field"),
        (lambda data: data + b"\x00", "has 1 bytes after its end"),
        (lambda data: data + bytes(5_000), "expected at most"),
        (lambda data: data[:8] + b"\x02\x00" + data[10:], "the sealed file has version 2; this program knows 1 only"),
    ],
)
def test_a_damaged_sealed_file_is_refused(
    sealed_file: tuple[Path, str], tmp_path: Path, damage: Any, message: str
) -> None:
    copy_of = tmp_path / "copy"
    copy_of.write_bytes(damage(sealed_file[0].read_bytes()))
    with pytest.raises(SealedFileError, match=message):
        SealedReserve.from_file(copy_of)


def test_a_seal_that_comes_second_leaves_the_first_ones_file(tmp_path: Path) -> None:
    path = tmp_path / "lot.sealed"
    with typed_later() as (fd, type_now), ThreadPoolExecutor(1) as pool:
        slow = pool.submit(_engine.seal_reserve, path, "A", 1, fd=fd)
        with typed(PASSPHRASE, "500") as other:
            first = _engine.seal_reserve(path, "A", 1, fd=other)
        type_now("another", "600")
        with pytest.raises(SealedFileError, match="lot.sealed: exists; a sealed file is never overwritten"):
            slow.result()
    assert SealedReserve.from_file(path).commitment == first
    assert [entry.name for entry in tmp_path.iterdir()] == ["lot.sealed"], "nothing else is left"


def nothing_of(path: Path) -> Path:
    return path


def a_link_to_nothing(path: Path) -> Path:
    path.symlink_to(path.parent / "nowhere")
    return path


@pytest.mark.parametrize(
    ("prepare", "start", "error"),
    [
        (a_link_to_nothing, 1, "lot.sealed: exists; a sealed file is never overwritten"),
        (lambda path: path.parent / "no folder" / path.name, 1, "lot.sealed: No such file or directory"),
        (lambda path: path.parent / "..", 1, "expected the name of a file"),
        (nothing_of, 0, "start_price_minor: expected at least 1, received 0"),
        (nothing_of, -5, "start_price_minor: expected at least 1, received -5"),
    ],
)
def test_what_cannot_be_sealed_is_refused_before_anybody_types(
    tmp_path: Path, prepare: Any, start: int, error: str
) -> None:
    path = prepare(tmp_path / "lot.sealed")
    before = sorted(tmp_path.iterdir())
    with pytest.raises((SealedFileError, MisuseError), match=error):
        _engine.seal_reserve(path, "A", start, fd=NOBODY_TYPES)
    assert sorted(tmp_path.iterdir()) == before


SEAL_AND_BE_INTERRUPTED = """
from pyauction import _engine
try:
    print("asking", flush=True)
    _engine.seal_reserve(sys.argv[1], "A", 1, fd=0)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_a_seal_that_was_interrupted_writes_nothing(tmp_path: Path) -> None:
    child = start_child(SEAL_AND_BE_INTERRUPTED, tmp_path / "lot.sealed", stdin=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == "asking\n"
    child.send_signal(signal.SIGINT)
    said, _ = child.communicate(f"{PASSPHRASE}\n500\n", timeout=60)
    assert (said, list(tmp_path.iterdir())) == ("interrupted\n", [])


def test_a_byte_order_mark_is_no_part_of_a_passphrase(sealed_file: tuple[Path, str]) -> None:
    with reserved_house() as house, typed("\ufeff" + PASSPHRASE) as fd:
        house.open_lot("加达", english(reserve=AT_ENTRY))
        with pytest.raises(SealedFileError, match=r"without a byte order mark \(U\+FEFF\)"):
            house.enter_reserve("加达", SealedReserve.from_file(sealed_file[0]), passphrase_fd=fd, **WHO)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/dev/zero", "expected a regular file"),
        ("/proc/self/smaps", "expected at most 1712 bytes, received more"),
        ("/", "expected a regular file"),
    ],
)
def test_what_is_no_sealed_file_is_refused_however_long_it_is(path: str, message: str) -> None:
    with pytest.raises(SealedFileError, match=f"{path}: {message}"):
        SealedReserve.from_file(path)


def test_a_named_pipe_is_no_sealed_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SealedFileError, match="expected a regular file"):
        SealedReserve.from_file(tmp_path / "pipe")


def test_a_sealed_file_says_what_it_was_sealed_for(sealed_file: tuple[Path, str]) -> None:
    reserve = SealedReserve.from_file(sealed_file[0])
    assert (reserve.lot, reserve.round, reserve.currency, reserve.exponent) == ("加达", 1, "CNY", 2)
    assert (reserve.start_price_minor, sealed(500).start_price_minor) == (319_000_000, None)


def test_a_missing_sealed_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SealedFileError, match="nowhere"):
        SealedReserve.from_file(tmp_path / "nowhere")


def test_a_flipped_bit_of_the_contents_does_not_open(sealed_file: tuple[Path, str], tmp_path: Path) -> None:
    data = bytearray(sealed_file[0].read_bytes())
    data[-1] ^= 1
    (tmp_path / "copy").write_bytes(data)
    with reserved_house() as house, typed(PASSPHRASE) as fd, pytest.raises(SealedFileError, match="do not agree"):
        house.enter_reserve("A", SealedReserve.from_file(tmp_path / "copy"), passphrase_fd=fd, **WHO)


# Entry


@pytest.mark.parametrize(
    ("window", "at", "reason"),
    [
        ({"entry_opens_before_end": "30m"}, HOUR // 2 - 1, Reason.OUTSIDE_ENTRY_WINDOW),
        ({"entry_opens_before_end": "30m"}, HOUR // 2, None),
        ({"entry_opens_before_end": "30m"}, HOUR - 1, None),
        ({"entry_opens_before_end": "30m"}, HOUR, Reason.OUTSIDE_ENTRY_WINDOW),
        ({"entry_ends_before_end": "20m"}, 0, None),
        ({"entry_ends_before_end": "20m"}, 2 * HOUR // 3, None),
        ({"entry_ends_before_end": "20m"}, 2 * HOUR // 3 + 1, Reason.OUTSIDE_ENTRY_WINDOW),
        ({"entry_opens_before_end": "30m", "entry_ends_before_end": "20m"}, HOUR // 2 - 1, Reason.OUTSIDE_ENTRY_WINDOW),
        ({"entry_opens_before_end": "30m", "entry_ends_before_end": "20m"}, HOUR // 2, None),
        ({"entry_opens_before_end": "30m", "entry_ends_before_end": "20m"}, 2 * HOUR // 3 + 1, Reason.OUTSIDE_ENTRY_WINDOW),
    ],
)  # fmt: skip
def test_a_reserve_is_entered_in_its_window(window: Any, at: int, reason: Any) -> None:
    lot = Listing(
        money=english().money, start_price=100, increment=10, free="1h", countdown="1h",
        reserve=EnteredReserve(commitment="at_entry", **window), single_bidder="timed", timed_without_bids="enter",
        on_outage="suspend", self_outbid="allowed", admission="open",
    )  # fmt: skip
    with manual_house() as house:
        house.open_lot("A", lot)
        decision = house.enter_reserve("A", sealed(500), **WHO, at=at)
        assert (decision.reason, house.holds_reserve("A")) == (reason, reason is None)


def test_a_suspended_lot_has_no_entry_window() -> None:
    with reserved_house(reserve=EnteredReserve(commitment="at_entry", entry_opens_before_end="1h")) as house:
        house.suspend_lot("A", **ORDER)
        assert house.enter_reserve("A", sealed(500), **WHO).reason == Reason.SUSPENDED


def test_without_a_window_a_reserve_is_entered_before_during_and_while_suspended() -> None:
    with manual_house() as house:
        for lot in "ABC":
            house.open_lot(lot, english(reserve=AT_ENTRY), opens_at=SECOND if lot == "B" else 0)
        house.suspend_lot("C", **ORDER)
        for lot in "ABC":
            assert house.enter_reserve(lot, sealed(500, lot), **WHO).accepted


@pytest.mark.parametrize("amount", [99, 1, 0, -1, -(2**63)])
def test_a_reserve_below_the_start_price_is_refused_and_recorded(amount: int) -> None:
    journal = MemoryJournal()
    reserve = sealed(amount)
    with reserved_house(journal) as house:
        decision = house.enter_reserve("A", reserve, **WHO)
        assert (decision.reason, house.holds_reserve("A")) == (Reason.RESERVE_BELOW_START, False)
        assert house.snapshot("A").reserve == "missing"
        assert house.enter_reserve("A", sealed(100), **WHO).accepted, "a refused entry does not stand in the way"
    assert events_of(journal)[2] == ReserveEntered(
        seq=3, at_ns=0, lot=1, lot_seq=2, bidder=0, reason="reserve_below_start", result="below_start",
        commitment=reserve.commitment, **WHO,
    )  # fmt: skip


def test_a_second_entry_of_another_amount_is_refused_and_recorded() -> None:
    journal = MemoryJournal()
    first, second = sealed(500), sealed(400)
    with reserved_house(journal) as house:
        house.enter_reserve("A", first, **WHO)
        decision = house.enter_reserve("A", second, **WHO)
        assert (decision.reason, house.holds_reserve("A")) == (Reason.COMMITMENT_MISMATCH, True)
        assert house.snapshot("A").commitment == first.commitment
        house.bid("A", "001", 450)
        house.advance(at=HOUR)
        assert house.outcome("A") == Outcome(kind="unsold", cause="reserve_not_met"), "the first amount counts"
    assert events_of(journal)[3] == ReserveReentered(
        seq=4, at_ns=0, lot=1, lot_seq=3, bidder=0, reason="commitment_mismatch", result="commitment_mismatch",
        commitment=second.commitment, **WHO,
    )  # fmt: skip
    assert verified(journal, "attested")


@pytest.mark.parametrize("terms", [{"lot": "B"}, {"round": 2}, {"currency": "USD"}, {"exponent": 0}], ids=str)
@pytest.mark.parametrize("reserve", [AT_ENTRY, BEFORE_OPENING], ids=["at entry", "before opening"])
def test_a_reserve_sealed_for_another_lot_round_or_currency_is_refused(reserve: Any, terms: dict[str, Any]) -> None:
    with manual_house() as house:
        commitment = sealed(500) if reserve == BEFORE_OPENING else None
        house.open_lot("A", english(reserve=reserve), commitment=commitment)
        decision = house.enter_reserve("A", sealed(500, **terms), **WHO)
        assert (decision.reason, house.holds_reserve("A")) == (Reason.COMMITMENT_MISMATCH, False)


def test_a_sealed_file_of_another_lot_is_refused(sealed_file: tuple[Path, str]) -> None:
    with reserved_house() as house, typed(PASSPHRASE) as fd:
        decision = house.enter_reserve("A", SealedReserve.from_file(sealed_file[0]), passphrase_fd=fd, **WHO)
        assert (decision.reason, house.holds_reserve("A")) == (Reason.COMMITMENT_MISMATCH, False)


def test_a_reserve_that_was_committed_before_the_opening_must_be_that_one() -> None:
    with manual_house() as house:
        house.open_lot("A", english(reserve=BEFORE_OPENING), commitment=sealed(500))
        assert house.snapshot("A").reserve == "committed"
        for other in (sealed(501), sealed(500, blinding=bytes(32)), sealed(99)):
            assert house.enter_reserve("A", other, **WHO).reason == Reason.COMMITMENT_MISMATCH
        assert house.enter_reserve("A", sealed(500), **WHO).accepted


def test_a_commitment_is_given_when_and_only_when_the_rules_want_it() -> None:
    with manual_house() as house:
        with pytest.raises(MisuseError, match="a commitment is expected when the lot opens under these rules"):
            house.open_lot("A", english(reserve=BEFORE_OPENING))
        for reserve in (AT_ENTRY, NoReserve()):
            with pytest.raises(MisuseError, match="a commitment is not expected when the lot opens under these rules"):
                house.open_lot("A", english(reserve=reserve), commitment=sealed(500))


def test_a_lot_declared_without_reserve_takes_none() -> None:
    with manual_house() as house:
        house.open_lot("A", english())
        decision = house.enter_reserve("A", sealed(500), **WHO)
        assert (decision.reason, house.holds_reserve("A")) == (Reason.RESERVE_NOT_REQUIRED, False)


@pytest.mark.parametrize("bidders", [0, 1])
def test_a_reserve_is_forgotten_where_there_is_nothing_to_compare(bidders: int) -> None:
    with reserved_house(min_bidders=2, min_bidders_counts="quoted") as house:
        house.enter_reserve("A", sealed(500), **WHO)
        for number in range(bidders):
            house.bid("A", f"00{number}", 600)
        house.advance(at=HOUR)
        assert not house.holds_reserve("A")
        assert house.snapshot("A").reserve == "entered"


@pytest.mark.parametrize(
    ("terms", "changes", "message"),
    [
        ({"lot": "B"}, {}, "expected a reserve sealed for lot 'A', received 'B'"),
        ({"round": 2}, {}, "expected a reserve sealed for round 1, received 2"),
        ({"currency": "USD"}, {}, "expected a reserve sealed for currency 'CNY', received 'USD'"),
        ({"exponent": 0}, {}, "expected a reserve sealed for exponent 2, received 0"),
        ({"round": 2}, {"round": 2}, None),
    ],
)
def test_a_lot_is_not_opened_with_a_commitment_that_can_never_be_entered(
    terms: dict[str, Any], changes: dict[str, Any], message: str | None
) -> None:
    with manual_house() as house:
        before = house.last_seq
        if message is None:
            assert house.open_lot("A", english(reserve=BEFORE_OPENING), commitment=sealed(500, **terms), **changes)
            assert house.enter_reserve("A", sealed(500, **terms), **WHO).accepted
            return
        with pytest.raises(MisuseError, match=f"^commitment: {message}$"):
            house.open_lot("A", english(reserve=BEFORE_OPENING), commitment=sealed(500, **terms), **changes)
        assert house.last_seq == before


def test_a_lot_does_not_start_above_the_price_that_its_reserve_was_sealed_at(sealed_file: tuple[Path, str]) -> None:
    reserve = SealedReserve.from_file(sealed_file[0])

    def open_at(price: int) -> Decision:
        with manual_house() as house:
            return house.open_lot("加达", english(reserve=BEFORE_OPENING, start_price=price), commitment=reserve)

    message = "expected a reserve sealed at the start price 319000001 or a higher one, received one sealed at 319000000"
    with pytest.raises(MisuseError, match=message):
        open_at(319_000_001)
    assert [open_at(price).accepted for price in (319_000_000, 1)] == [True, True]


# What is asked for


def given(path: Path, **changes: Any) -> tuple[AuctionHouse, SealedReserve]:
    """Return a house with the lot of a sealed file, and the file."""
    house = manual_house(changes.pop("journal", None))
    house.open_lot("加达", english(**({"reserve": AT_ENTRY} | changes)))
    return house, SealedReserve.from_file(path)


@pytest.mark.parametrize(
    ("changes", "then", "reason"),
    [
        ({"reserve": NoReserve()}, lambda house: None, Reason.RESERVE_NOT_REQUIRED),
        ({}, lambda house: house.terminate_lot("加达", **ORDER), Reason.WRONG_PHASE),
        ({}, lambda house: house.advance(at=HOUR), Reason.WRONG_PHASE),
        ({}, lambda house: (house.bid("加达", "001", 100), house.advance(at=HOUR)), Reason.WRONG_PHASE),
    ],
    ids=["declared none", "terminated", "decided", "awaiting without a commitment"],
)
def test_a_passphrase_is_not_asked_for_where_no_amount_is_taken(
    sealed_file: tuple[Path, str], changes: dict[str, Any], then: Any, reason: Reason
) -> None:
    journal = MemoryJournal()
    house, reserve = given(sealed_file[0], journal=journal, **changes)
    then(house)
    decision = house.enter_reserve("加达", reserve, passphrase_fd=NOBODY_TYPES, **WHO)
    assert decode_event(decision.record) == ReserveEntered(
        seq=decision.seq, at_ns=decision.at_ns, lot=1, lot_seq=decision.lot_seq, bidder=0, reason=reason,
        result="accepted", commitment=reserve.commitment, **WHO,
    )  # fmt: skip
    assert not house.holds_reserve("加达")
    house.close()
    assert verified(journal, "none")


def test_a_passphrase_is_asked_for_where_the_refusal_may_pass(sealed_file: tuple[Path, str]) -> None:
    late = EnteredReserve(commitment="at_entry", entry_opens_before_end="1m")
    house, reserve = given(sealed_file[0], reserve=late)
    with typed(PASSPHRASE) as fd:
        assert house.enter_reserve("加达", reserve, passphrase_fd=fd, **WHO).reason == Reason.OUTSIDE_ENTRY_WINDOW
    house.advance(at=HOUR - 60 * SECOND)
    with typed(PASSPHRASE) as fd:
        assert house.enter_reserve("加达", reserve, passphrase_fd=fd, **WHO).accepted


def test_a_passphrase_is_not_asked_for_where_nothing_can_be_disclosed(sealed_file: tuple[Path, str]) -> None:
    house, reserve = given(sealed_file[0])
    refused = house.disclose_reserve("加达", reserve, by="保密员", passphrase_fd=NOBODY_TYPES)
    assert refused.reason == Reason.WRONG_PHASE
    house.advance(at=HOUR)
    refused = house.disclose_reserve("加达", reserve, by="保密员", passphrase_fd=NOBODY_TYPES)
    assert refused.reason == Reason.RESERVE_MISSING


@pytest.mark.parametrize(
    "wrong",
    [{"lot": "乙"}, {"at": -5}, {"by": ""}, {"witness": ""}, {"by": "x" * 256}, {"by": WHO["witness"]}],
    ids=["lot", "time", "by", "witness", "long", "one person"],
)
def test_a_passphrase_is_not_asked_for_in_a_wrong_call(sealed_file: tuple[Path, str], wrong: dict[str, Any]) -> None:
    house, reserve = given(sealed_file[0])
    call = {"lot": "加达", "sealed": reserve, "passphrase_fd": NOBODY_TYPES, **WHO} | wrong
    with pytest.raises(MisuseError):
        house.enter_reserve(**call)


def test_who_enters_a_reserve_is_not_its_witness(sealed_file: tuple[Path, str]) -> None:
    house, _ = given(sealed_file[0])
    before = house.last_seq
    with pytest.raises(
        MisuseError, match="^witness: expected another person than by: a reserve is entered under somebody's eyes"
    ):
        house.enter_reserve("加达", SealedReserve.for_simulation("加达", 1), by="张", witness="张")
    assert house.last_seq == before


def test_an_entry_is_dated_when_the_passphrase_was_typed(sealed_file: tuple[Path, str]) -> None:
    clock = ManualClock(0)
    house = AuctionHouse(MemoryJournal(), clock=clock, timers=False)
    house.open_lot("加达", english(reserve=AT_ENTRY))
    house.open_lot("先", english(length="1m"))
    reserve = SealedReserve.from_file(sealed_file[0])
    with typed_later() as (fd, type_now), ThreadPoolExecutor(1) as pool:
        entering = pool.submit(house.enter_reserve, "加达", reserve, passphrase_fd=fd, **WHO)
        clock.set(HOUR // 2)
        type_now(PASSPHRASE)
        decision = entering.result()
    assert (decision.accepted, decision.at_ns) == (True, HOUR // 2)
    assert house.outcome("先") == Outcome(kind="unsold", cause="no_bids"), "what was due came before"


def test_a_key_that_was_asked_for_ahead_is_used_once(sealed_file: tuple[Path, str]) -> None:
    house, reserve = given(sealed_file[0])
    with typed("wrong") as fd, pytest.raises(SealedFileError, match="wrong passphrase, or the sealed file was changed"):
        reserve._unlock(passphrase_fd=fd)
    with typed(PASSPHRASE) as fd:
        reserve._unlock(passphrase_fd=fd)
    assert house.enter_reserve("加达", reserve, passphrase_fd=NOBODY_TYPES, **WHO).accepted
    with pytest.raises(SealedFileError, match="descriptor -1"):
        house.enter_reserve("加达", reserve, passphrase_fd=NOBODY_TYPES, **WHO)


# Letting go


@pytest.mark.parametrize("end", [lambda house: house.close(), lambda house: house._halt("the disk failed")])
def test_a_house_that_has_stopped_holds_no_reserve(end: Any) -> None:
    house = reserved_house(MemoryJournal())
    house.enter_reserve("A", sealed(500), **WHO)
    assert house.holds_reserve("A")
    end(house)
    assert not house.holds_reserve("A")
    with pytest.raises(HouseHalted):
        house.enter_reserve("A", sealed(500), **WHO)
    assert not house.holds_reserve("A")


def test_a_lot_that_is_over_does_not_take_its_reserve_again() -> None:
    journal = MemoryJournal()
    with reserved_house(journal) as house:
        house.enter_reserve("A", sealed(500), **WHO)
        house.advance(at=HOUR)
        assert house.snapshot("A").reserve == "entered", "without bids there was nothing to compare"
        decision = house.enter_reserve("A", sealed(500), **WHO)
        assert (decision.reason, house.holds_reserve("A")) == (Reason.WRONG_PHASE, False)
        assert isinstance(decode_event(decision.record), ReserveReentered)
    assert verify(journal).ok


class Interrupted:
    """A settlement that is interrupted the first time, as by Ctrl-C."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, facts: Any) -> Outcome:
        self.calls += 1
        if self.calls == 1:
            raise KeyboardInterrupt
        return settle(facts)


def test_an_interrupted_settlement_after_a_reentry_is_taken_up_by_the_next_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    journal = MemoryJournal()
    with reserved_house(journal) as house:
        house.enter_reserve("A", sealed(500), **WHO)
        house.bid("A", "001", 600)
    with manual_house(journal, now=HOUR) as house:
        house.advance()
        monkeypatch.setattr(English, "settle", staticmethod(Interrupted()))
        with pytest.raises(KeyboardInterrupt):
            house.enter_reserve("A", sealed(500), **WHO)
        assert house.quote("A").phase == "closed"
        house.open_lot("B", english())
        assert house.outcome("A") == Outcome(kind="sold", winner=1, price_minor=600)


def test_an_entry_that_ran_into_an_interrupted_settlement_took_nothing_and_may_be_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with reserved_house(MemoryJournal()) as house:
        house.open_lot("X", english(length="10m"))
        monkeypatch.setattr(English, "settle", staticmethod(Interrupted()))
        with pytest.raises(KeyboardInterrupt):
            house.advance(at=HOUR // 2)
        twice = Interrupted()
        monkeypatch.setattr(English, "settle", staticmethod(twice))
        with pytest.raises(KeyboardInterrupt):
            house.enter_reserve("A", sealed(500), **WHO)
        assert twice.calls == 1
        assert (house.snapshot("A").reserve, house.holds_reserve("A")) == ("missing", False)
        assert house.enter_reserve("A", sealed(500), **WHO).accepted
        assert (house.snapshot("A").reserve, house.holds_reserve("A")) == ("entered", True)
        house.bid("A", "001", 600)
        house.advance(at=HOUR)
        assert house.outcome("A") == Outcome(kind="sold", winner=1, price_minor=600)


# Restarts

ENTER_AND_DIE = """
import os
from house_room import AT_ENTRY, WHO, english, manual_house
from pyauction import FileJournal, SealedReserve
house = manual_house(FileJournal(sys.argv[1]))
house.open_lot("A", english(reserve=AT_ENTRY))
house.enter_reserve("A", SealedReserve.for_simulation("A", 500, blinding=bytes(range(32))), **WHO)
house.bid("A", "001", 500)
print("entered", flush=True)
os._exit(0)
"""


def test_a_process_that_dies_after_the_entry_is_followed_by_a_reentry_and_the_comparison(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal")
    assert run_child(ENTER_AND_DIE, journal.path) == ["entered"]
    with manual_house(journal, now=2 * HOUR) as house:
        house.advance()
        assert (house.holds_reserve("A"), house.quote("A").phase, house.outcome("A")) == (
            False,
            "awaiting_reserve",
            None,
        )
        wrong = house.enter_reserve("A", sealed(400), **WHO)
        assert (wrong.reason, house.quote("A").phase) == (Reason.COMMITMENT_MISMATCH, "awaiting_reserve")
        last = house.last_seq
        assert house.enter_reserve("A", sealed(500), **WHO).accepted
        assert house.outcome("A") == Outcome(kind="sold", winner=1, price_minor=500)
    assert [type(event) for event in events_of(journal)[last:]] == [ReserveReentered, ReserveCompared, OutcomeRecorded]
    assert verified(journal, "attested")


def test_a_restart_before_the_close_needs_the_reserve_again_also_outside_its_window() -> None:
    journal = MemoryJournal()
    with reserved_house(journal, EnteredReserve(commitment="at_entry", entry_ends_before_end="50m")) as house:
        house.enter_reserve("A", sealed(500), **WHO)
    with manual_house(journal, now=HOUR - 1) as house:
        assert (house.holds_reserve("A"), house.snapshot("A").reserve) == (False, "entered")
        assert house.enter_reserve("A", sealed(500), **WHO).accepted
        assert house.holds_reserve("A")
    assert isinstance(events_of(journal)[-1], ReserveReentered)


def test_a_reserve_compared_before_the_restart_is_not_entered_again() -> None:
    journal = MemoryJournal()
    with reserved_house(journal) as house:
        house.enter_reserve("A", sealed(500), **WHO)
        house.bid("A", "001", 600)
        house.advance(at=HOUR)
    with manual_house(journal, now=HOUR) as house:
        decision = house.enter_reserve("A", sealed(500), **WHO)
        assert (decision.accepted, house.holds_reserve("A")) == (False, False)
        assert house.outcome("A") == Outcome(kind="sold", winner=1, price_minor=600)


# Disclosure


def decided(journal: Any = None) -> AuctionHouse:
    house = reserved_house(journal)
    house.enter_reserve("A", sealed(500), **WHO)
    house.bid("A", "001", 499)
    house.advance(at=HOUR)
    return house


def test_a_disclosure_proves_the_comparison() -> None:
    journal = MemoryJournal()
    with decided(journal) as house:
        before = house.state_hash
        assert verified(journal, "attested")
        decision = house.disclose_reserve("A", sealed(500), by="保密员")
        assert decode_event(decision.record) == ReserveDisclosed(
            seq=9, at_ns=HOUR, lot=1, lot_seq=8, bidder=0, reason=None, amount_minor=500, blinding=BLINDING.hex(),
            by="保密员",
        )  # fmt: skip
        assert house.state_hash != before, "the sequence is part of the state"
    assert verified(journal, "proven")


def test_an_opening_beside_the_journal_proves_the_comparison_as_well() -> None:
    journal = MemoryJournal()
    decided(journal).close()
    opening = verifier.Opening(lot="A", round=1, currency="CNY", exponent=2, amount=500, blinding=BLINDING)
    assert (verify(journal, opening=opening).ok, verify(journal, opening=opening).reserve) == (True, "proven")
    assert verify(journal).lots[0].reserve == "attested"


def test_a_reserve_is_not_disclosed_while_the_lot_is_open() -> None:
    journal = MemoryJournal()
    with reserved_house(journal) as house:
        house.enter_reserve("A", sealed(RESERVE), **WHO)
        assert house.disclose_reserve("A", sealed(RESERVE), by="保密员").reason == Reason.WRONG_PHASE
    assert RESERVE.to_bytes(8, "little") not in b"".join(journal.files().values())


# Secrets


def spellings(amount: int) -> list[bytes]:
    texts = [str(amount), f"{amount:,}", hex(amount)[2:], str(amount)[:-2] + "." + str(amount)[-2:]]
    return [*(text.encode() for text in texts), amount.to_bytes(8, "little"), amount.to_bytes(8, "big")]


def readable(thing: object) -> list[object]:
    """Return everything that can be read of an object without calling it."""
    values: list[object] = [repr(thing), str(thing), getattr(thing, "__dict__", None), gc.get_referents(thing)]
    for name in dir(thing):
        values.append(name)
        values.append(getattr(thing, name, None))
    return values


def test_nothing_that_can_be_read_says_the_amount() -> None:
    reserve = sealed(RESERVE)
    journal = MemoryJournal()
    told = Recorder()
    with reserved_house(journal) as house:
        house.observe(told, after=0)
        decisions = [house.enter_reserve("A", reserve, **WHO), house.bid("A", "001", 600)]
        seen = [
            *readable(reserve),
            *readable(house),
            *readable(vars(house)),
            [readable(decision) for decision in decisions],
            [decision.message(lang) for decision in decisions for lang in ("en", "zh-CN")],
            [decision.fields() for decision in decisions],
            house.snapshot("A"),
            house._facts("A"),
            house.lots(),
            msgspec.json.encode(house.snapshot("A")),
            told.wait_for(5),
            records_of(journal),
            journal.files(),
            verify(journal).to_text(),
        ]
        text = repr(seen).encode()
        raw = b"".join(journal.files().values())
        assert reserve.commitment.encode() in text, "what may be seen is seen"
        assert [spelling for spelling in spellings(RESERVE) if spelling in text or spelling in raw] == []
        assert BLINDING not in raw
        assert BLINDING.hex().encode() not in text


def test_a_sealed_reserve_offers_its_commitment_and_its_terms_only() -> None:
    public = [name for name in dir(SealedReserve) if not name.startswith("_")]
    terms = ["currency", "exponent", "lot", "round", "start_price_minor"]
    assert public == sorted(["commitment", "for_simulation", "from_file", *terms])
    assert not hasattr(sealed(500), "__dict__")
    assert gc.get_referents(sealed(500)) in ([], [SealedReserve])


@pytest.mark.parametrize("amount", [500, RESERVE])
def test_the_repr_of_a_sealed_reserve_shows_no_amount(amount: int) -> None:
    reserve = sealed(amount)
    assert repr(reserve) == str(reserve) == f'SealedReserve(lot="A", commitment={reserve.commitment})'


@pytest.mark.parametrize("attempt", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode, vars])
def test_a_sealed_reserve_is_neither_serialised_nor_copied(attempt: Any) -> None:
    with pytest.raises(TypeError) as caught:
        attempt(sealed(RESERVE))
    assert str(RESERVE) not in str(caught.value)


@pytest.mark.parametrize("attempt", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode])
def test_a_house_that_holds_a_reserve_is_neither_serialised_nor_copied(attempt: Any) -> None:
    with reserved_house() as house:
        house.enter_reserve("A", sealed(RESERVE), **WHO)
        with pytest.raises(TypeError) as caught:
            attempt(house)
        assert str(RESERVE) not in str(caught.value)


def test_two_reserves_are_not_compared_by_their_amounts() -> None:
    assert sealed(500) != sealed(500)
    with pytest.raises(TypeError):
        assert sealed(500) < sealed(501)  # type: ignore[operator]


LOCK_NOTHING = """
import os, resource, sys
from house_room import AT_ENTRY, WHO, english, manual_house
from pyauction import CannotHoldReserve, MemoryJournal, SealedReserve
house = manual_house(MemoryJournal())
house.open_lot("A", english(reserve=AT_ENTRY))
reserve = SealedReserve.for_simulation("A", 500)
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
if os.getuid() == 0:
    os.setuid(65534)
before = house.last_seq
try:
    house.enter_reserve("A", reserve, **WHO)
except CannotHoldReserve as error:
    print(error)
print(house.last_seq == before, house.holds_reserve("A"), house.bid("A", "001", 100).accepted)
"""


def test_memory_that_cannot_be_locked_holds_no_reserve_and_the_error_names_the_limit() -> None:
    said, after = run_child(LOCK_NOTHING)
    page = resource.getpagesize()
    assert said.startswith(f"cannot hold a reserve: mlock of {page} bytes failed (")
    assert "This process may lock 0 bytes of memory (RLIMIT_MEMLOCK); raise the limit with `ulimit -l`" in said
    assert after == "True False True"
    assert issubclass(CannotHoldReserve, Exception)


ASK_WITHOUT_MEMORY = """
import os, resource
from house_room import AT_ENTRY, WHO, english, manual_house
from pyauction import CannotHoldReserve, SealedReserve, _engine
house = manual_house()
house.open_lot("加达", english(reserve=AT_ENTRY))
reserve = SealedReserve.from_file(sys.argv[1])
os.chdir("/tmp")
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
if os.getuid() == 0:
    os.setuid(65534)
for ask in (
    lambda: house.enter_reserve("加达", reserve, passphrase_fd=-1, **WHO),
    lambda: reserve._unlock(passphrase_fd=-1),
    lambda: _engine.seal_reserve("new.sealed", "A", 1, fd=-1),
):
    try:
        ask()
    except CannotHoldReserve as error:
        print(str(error).split(" failed")[0])
print(house.last_seq)
"""


def test_nobody_types_what_no_memory_can_be_locked_for(sealed_file: tuple[Path, str]) -> None:
    said = run_child(ASK_WITHOUT_MEMORY, sealed_file[0])
    assert said == [f"cannot hold a reserve: mlock of {resource.getpagesize()} bytes"] * 3 + ["2"]


FORK = """
import os
from house_room import AT_ENTRY, WHO, english, manual_house
from pyauction import MemoryJournal, SealedReserve
house = manual_house(MemoryJournal())
house.open_lot("A", english(reserve=AT_ENTRY))
house.enter_reserve("A", SealedReserve.for_simulation("A", 500), **WHO)
house.bid("A", "001", 600)
if os.fork() == 0:
    try:
        house.advance(at=10**18)
        print("child", house.outcome("A"), flush=True)
    except Exception as error:
        print("child", type(error).__name__, flush=True)
    os._exit(0)
os.wait()
house.advance(at=10**18)
print("parent", house.outcome("A").kind)
"""


def test_a_forked_child_has_no_reserve_and_decides_nothing() -> None:
    assert run_child(FORK) == ["child ForkedEngine", "parent sold"]


# The published design's failure modes, by their ids


ENDINGS: dict[str, tuple[dict[str, Any], Any]] = {
    "deadline": ({}, lambda house: house.advance(at=HOUR)),
    "at a time": ({"length": None, "ends_at": HOUR}, lambda house: house.advance(at=HOUR)),
    "first bid": ({"clock": "first_bid"}, lambda house: house.advance(at=HOUR)),
    "extended": ({"extension": "2h"}, lambda house: house.advance(at=2 * HOUR)),
    "window": ({"extension": "2h", "extension_window": "1h"}, lambda house: house.advance(at=2 * HOUR)),
    "hard end": ({"extension": "2h", "hard_end": "1h"}, lambda house: house.advance(at=HOUR)),
    "called": ({"length": None}, lambda house: house.close_lot("A")),
    "late bid": ({}, lambda house: house.bid("A", "001", 700, at=HOUR)),
    "batch": ({}, lambda house: house.admit("A", "009", at=HOUR)),
}


@pytest.mark.parametrize(("changes", "end"), ENDINGS.values(), ids=ENDINGS.keys())
def test_timed_auction_can_be_opened(changes: dict[str, Any], end: Any) -> None:
    with reserved_house(**changes) as house:
        house.enter_reserve("A", sealed(500), **WHO)
        house.bid("A", "001", 600)
        end(house)
        assert house.outcome("A") == Outcome(kind="sold", winner=1, price_minor=600)
        assert house.disclose_reserve("A", sealed(500), by="保密员").accepted


def test_timed_auction_can_be_opened_after_its_termination() -> None:
    with reserved_house() as house:
        house.enter_reserve("A", sealed(500), **WHO)
        house.terminate_lot("A", **ORDER)
        assert house.disclose_reserve("A", sealed(500), by="保密员").accepted


@pytest.mark.parametrize("top", [100, 2**63 - 1])
def test_unopened_is_not_zero(top: int) -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        house.open_lot("A", english(reserve=BEFORE_OPENING), commitment=sealed(500))
        house.bid("A", "001", top)
        house.advance(at=100 * HOUR)
        assert (house.quote("A").phase, house.outcome("A")) == ("awaiting_reserve", None)
        assert house.enter_reserve("A", sealed(500), **WHO).accepted, "committed before, so it may come now"
        kind = house.outcome("A")
        assert (kind.kind if kind else None) == ("sold" if top >= 500 else "unsold")
    assert verified(journal, "attested")


def test_met_flag_during_bidding() -> None:
    # What is seen of a lot whose reserve is met equals what is seen of one whose reserve is not.
    def seen(amount: int) -> list[object]:
        with reserved_house(MemoryJournal()) as house:
            house.enter_reserve("A", sealed(amount), **WHO)
            decision = house.bid("A", "001", 600)
            facts = msgspec.structs.replace(house.snapshot("A"), commitment="masked")
            return [decision.record, repr(decision), decision.message(), house.quote("A"), facts, house.next_deadline()]

    assert seen(500) == seen(700)


def test_bound_to_auction() -> None:
    reserves = [
        sealed(500),
        sealed(500, "B"),
        sealed(500, round=2),
        sealed(500, currency="USD"),
        sealed(500, exponent=0),
        sealed(501),
        sealed(500, blinding=bytes(32)),
    ]
    assert len({reserve.commitment for reserve in reserves}) == len(reserves)
    assert sealed(500).commitment == _engine.commitment("A", 500, BLINDING).hex()


@pytest.mark.parametrize("length", [0, 8, 31, 33, 64])
def test_salt_length(length: int) -> None:
    with pytest.raises(ValueError, match="32"):
        sealed(500, blinding=bytes(length))


def test_salt_length_is_made_of_chance_where_none_is_given() -> None:
    commitments = {SealedReserve.for_simulation("A", 500).commitment for _ in range(100)}
    assert len(commitments) == 100


@pytest.mark.parametrize(
    "wrong",
    [sealed(501), sealed(499), sealed(500, blinding=bytes([*BLINDING[:-1], 32])), sealed(500, blinding=BLINDING[::-1])],
    ids=["amount + 1", "amount - 1", "blinding + 1", "other blinding"],
)
def test_wrong_open(wrong: SealedReserve) -> None:
    journal = MemoryJournal()
    with decided(journal) as house:
        before = house.snapshot("A")
        decision = house.disclose_reserve("A", wrong, by="保密员")
        assert decode_event(decision.record) == CommandRefused(
            seq=9, at_ns=HOUR, lot=1, lot_seq=8, bidder=0, reason="commitment_mismatch", command="disclose_reserve",
            amount_minor=0, name="",
        )  # fmt: skip
        assert msgspec.structs.replace(house.snapshot("A"), lot_seq=before.lot_seq) == before
    assert verified(journal, "attested")


def test_missing_open() -> None:
    journal = MemoryJournal()
    with reserved_house(journal) as house:
        house.bid("A", "001", 600)
        house.advance(at=1_000 * HOUR)
        assert (house.quote("A").phase, house.outcome("A"), house.snapshot("A").reserve) == (
            "awaiting_reserve",
            None,
            "missing",
        )
        assert house.enter_reserve("A", sealed(100), **WHO).reason == Reason.WRONG_PHASE
        refused = house._record_outcome(1, "sold", "none", 1, 600, "english@1", "")
        assert refused.reason == Reason.WRONG_PHASE
        house.advance(at=9_000 * HOUR)
        assert house.outcome("A") is None
        assert house.terminate_lot("A", **ORDER).accepted
        assert house.disclose_reserve("A", sealed(100), by="保密员").reason == Reason.RESERVE_MISSING
        assert house.outcome("A") is None
    assert verified(journal, "none")


def test_open_twice() -> None:
    journal = MemoryJournal()
    with decided(journal) as house:
        for _ in range(2):
            assert house.disclose_reserve("A", sealed(500), by="保密员").accepted
        before = house.snapshot("A")
        assert house.disclose_reserve("A", sealed(501), by="保密员").reason == Reason.COMMITMENT_MISMATCH
        assert msgspec.structs.replace(house.snapshot("A"), lot_seq=before.lot_seq) == before
    assert verified(journal, "proven")


def test_non_leading_bid_extends() -> None:
    # Here no bid that does not lead is accepted, and what is refused extends nothing.
    with reserved_house(extension="2h") as house:
        assert house.bid("A", "001", 600, at=10).quote.closes_at_ns == 2 * HOUR + 10
        for amount in (1, 100, 599, 600, 609):
            assert house.bid("A", "002", amount, at=20).quote.closes_at_ns == 2 * HOUR + 10
        assert house.bid("A", "002", 610, at=30).quote.closes_at_ns == 2 * HOUR + 30
