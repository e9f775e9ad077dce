"""Defects that live implementations of such rules are known to have, each tried under rule books; here they are absent."""

from __future__ import annotations

import copy
import hashlib
import pickle
import random
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from by_the_book import NO_RESERVE, H, M, Room, auction, course, events, verified
from sales import SECOND, WHO, Told, manual_house

from pyauction import Durability, MemoryJournal, Outcome, Reason, SealedReserve
from pyauction._engine import leaf, read_journal
from pyauction.events import BidAccepted, BidRefused, LotClosed, PhaseStarted, ReserveCompared

WAN = 1_000_000
"""One 万元 in 分."""

# Floating-point multiples: with a step of 10 万元 a platform takes 1,009.9995 万元 for a valid bid on a top of 1,000 万元.

AMOUNTS: list[tuple[Any, Reason | None]] = [
    ("1009.9995", Reason.BELOW_INCREMENT),
    ("1009.999999", Reason.BELOW_INCREMENT),
    (Decimal("1009.9995"), Reason.BELOW_INCREMENT),
    (1_009_999_500, Reason.BELOW_INCREMENT),
    (1_009_999_999, Reason.BELOW_INCREMENT),
    ("1010", None),
    (Decimal("1010.0"), None),
    ("1010.000001", Reason.NOT_MULTIPLE),
    ("1019.9996", Reason.NOT_MULTIPLE),
    (1_019_999_600, Reason.NOT_MULTIPLE),
    ("1020", None),
    ("1020.000001", Reason.NOT_MULTIPLE),
]


@pytest.mark.parametrize(("amount", "reason"), AMOUNTS, ids=str)
@pytest.mark.parametrize("book", ["taicang", "sichuan_2023", "wuxi_lottery", "capped_rounds"])
def test_floating_point_multiples(book: str, amount: Any, reason: Reason | None) -> None:
    terms: dict[str, dict[str, Any]] = {
        "taicang": {"unit": "万元", "start_price": "1000", "increment": "10", **NO_RESERVE},
        "sichuan_2023": {"start_price": "1000"},
        "wuxi_lottery": {"unit": "万元", "start_price": "1000", "increment": "10", "cap": "2000", **NO_RESERVE},
        "capped_rounds": {"unit": "万元", "start_price": "1000", "increment": "10", "cap": "2000"},
    }
    room = Room(auction(book, **terms[book]))
    assert room.answer(1, "bid", "A", "1000") == "ok"
    decision = room.do(2, "bid", "B", amount)
    assert (decision.reason, decision.quote.standing_minor) == (
        reason,
        1_000 * WAN if reason else decision.amount_minor,
    )
    room.end()


def test_floating_point_multiples_fujian_asks_for_no_multiples_but_for_a_tenth_of_a_wan() -> None:
    room = Room(auction("fujian", **NO_RESERVE, start_price="1000", increment="10", timed_increment="5"))
    amounts = ("1000.05", "1000", "1009.9", "1010.1", "1020.05", "1020.10", "1030.1000")
    answers = [room.answer(at, "bid", "AB"[at % 2], amount) for at, amount in enumerate(amounts)]
    assert answers == ["too_precise", "ok", "below_increment", "ok", "below_increment", "ok", "ok"]
    assert room.answer(9, "bid", "B", "1040.15") == "too_precise"
    room.end()


# Late quotes: where closing is done by a thread that polls, a quote between expiry and poll re-opens the clock.

EXPIRIES: dict[str, tuple[str, int]] = {
    "太仓": ("taicang", 10 * H + 4 * M),
    "德州": ("dezhou", 10 * H + 5 * M),
    "钦州": ("qinzhou_auction", H + 5 * M),
    "潍坊": ("weifang", 10 * H),
}


@pytest.mark.parametrize(("book", "expiry"), EXPIRIES.values(), ids=EXPIRIES.keys())
@pytest.mark.parametrize("after", [0, 1, 999_999_999, SECOND])
def test_late_quotes_between_expiry_and_poll(book: str, expiry: int, after: int) -> None:
    journals = {}
    for polled in (False, True):
        room = Room(auction(book, **NO_RESERVE), journal=MemoryJournal(entropy_for_tests=b"\3" * 32))
        assert [room.answer(1, "bid", "A", 100), room.answer(2, "bid", "B", 110)] == ["ok", "ok"]
        if polled:
            for tick in range(0, expiry + 2, 60):
                room.house.advance(at=tick * SECOND)
            room.house.advance(at=expiry * SECOND)
        late = room.house.bid(room.LOT, "A", 1_000, at=expiry * SECOND + after)
        assert (late.reason, late.quote.closes_at_ns, late.quote.standing_minor) == (Reason.CLOSED, None, 110)
        assert room.result() == ("B", 110)
        assert room.house.next_deadline() is None
        room.end()
        journals[polled] = read_journal(room.journal)[1]
        closed = [event for event in events(room.journal) if isinstance(event, LotClosed)]
        assert [event.due_ns for event in closed] == [expiry * SECOND]
    assert journals[False] == journals[True]


# The highest by price and order, not the latest by time; and no top that is read before another bid is written.


def test_top_by_price_and_order_not_by_latest_time() -> None:
    steps = [
        (1, "bid", "A", 100),
        (5, "bid", "B", 500),
        (5, "bid", "C", 500),
        (6, "bid", "A", 490),
        (7, "bid", "C", 110),
    ]
    told = course(auction("dezhou", **NO_RESERVE), steps)
    assert told == Told(("ok", "ok", *["below_increment"] * 3), 10 * H + 5 * M, ("B", 500))


def test_no_lock_many_threads_bid_at_once_and_amounts_strictly_rise() -> None:
    threads, each, step = 8, 150, 10
    journal = MemoryJournal()
    with manual_house(journal, durability=Durability.DEFERRED) as house:
        house.open_lot("A", auction("taicang", **NO_RESERVE))
        names = [f"{number:03}" for number in range(threads)]
        numbers = [house.admit("A", name).bidder for name in names]
        begin = threading.Barrier(threads)
        faults: list[BaseException] = []

        def bid(number: int) -> None:
            chance = random.Random(number)
            try:
                begin.wait()
                for _ in range(each):
                    ask = house.bid("A", number, 1).quote.ask_minor
                    assert ask is not None
                    house.bid("A", number, ask + step * chance.randrange(-1, 3))
            except BaseException as fault:
                faults.append(fault)

        running = [threading.Thread(target=bid, args=[number]) for number in numbers]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        assert not faults
        house.advance(at=11 * H * SECOND)
        outcome = house.outcome("A")
    verified(journal)
    told = events(journal)
    bids = [event for event in told if isinstance(event, BidAccepted)]
    refused = [event for event in told if isinstance(event, BidRefused)]
    assert len(bids) + len(refused) == 2 * threads * each
    assert {event.bidder for event in bids} == set(numbers)
    assert {event.at_ns for event in bids} == {0}
    assert all(later.amount_minor >= earlier.amount_minor + step for earlier, later in pairwise(bids))
    top = max(bids, key=lambda event: event.amount_minor)
    assert top == bids[-1]
    assert outcome == Outcome(kind="sold", winner=top.bidder, price_minor=top.amount_minor)


# The reserve


@pytest.mark.parametrize(("reserve", "result"), [(109, ("B", 110)), (110, ("B", 110)), (111, "reserve_not_met")])
@pytest.mark.parametrize("book", ["shantou", "taicang", "dezhou", "judicial", "weifang"])
def test_reserve_compared_with_greater_or_equal(book: str, reserve: int, result: Any) -> None:
    entered = 23 * H if book == "judicial" else 9.75 * H
    steps = [(1, "bid", "A", 100), (2, "bid", "B", 110), (entered, "enter", reserve)]
    assert course(auction(book), steps).result == result


def test_reserve_never_overwritten_by_the_same_hands_by_others_or_after_a_restart() -> None:
    journal = MemoryJournal()
    sealed = SealedReserve.for_simulation("A", 120)
    others = [SealedReserve.for_simulation("A", amount) for amount in (100, 120, 5_000)]
    with manual_house(journal) as house:
        house.open_lot("A", auction("dezhou"))
        house.admit("A", "001")
        house.bid("A", "001", 119)
        assert house.enter_reserve("A", sealed, **WHO).accepted
        again = [
            house.enter_reserve("A", other, by=by, witness="纪检组") for other in others for by in ("保密员", "局长")
        ]
        assert {decision.reason for decision in again} == {Reason.COMMITMENT_MISMATCH}
        assert house.snapshot("A").commitment == sealed.commitment
    with manual_house(journal, now=H * SECOND) as house:
        assert not house.holds_reserve("A")
        again = [house.enter_reserve("A", other, **WHO) for other in others]
        assert {decision.reason for decision in again} == {Reason.COMMITMENT_MISMATCH}
        assert house.enter_reserve("A", sealed, **WHO).accepted
        house.advance(at=11 * H * SECOND)
        assert house.outcome("A") == Outcome(kind="unsold", cause="reserve_not_met")
        assert house.enter_reserve("A", others[0], **WHO).reason == Reason.WRONG_PHASE
        assert house.outcome("A") == Outcome(kind="unsold", cause="reserve_not_met")
        opened = house.disclose_reserve("A", others[0], by="保密员")
        assert opened.reason == Reason.COMMITMENT_MISMATCH
        assert house.disclose_reserve("A", sealed, by="保密员").accepted
    verified(journal)


def test_reserve_is_no_plain_number_anywhere() -> None:
    amount = 123_456_789_123
    sealed = SealedReserve.for_simulation("KQ-1", amount)
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leak(sealed)
    shown = [repr(sealed), *(repr(getattr(sealed, name)) for name in dir(sealed) if not name.startswith("__"))]
    assert not any(spelling in text for text in shown for spelling in ("123456789123", "123,456,789,123", "1234567891"))
    room = Room(auction("dezhou"))
    assert room.house.enter_reserve(room.LOT, sealed, **WHO).accepted
    assert room.answer(1, "bid", "A", 100) == "ok"
    room.run_out()
    assert room.result() == "reserve_not_met"
    assert str(amount) not in repr(room.house.snapshot(room.LOT))
    room.end()
    compared = [event for event in events(room.journal) if isinstance(event, ReserveCompared)]
    assert [(event.result, event.top_minor) for event in compared] == [("not_met", 100)]
    data = b"".join(room.journal.files().values())
    for spelling in (amount.to_bytes(8, "little"), amount.to_bytes(8, "big"), str(amount).encode()):
        assert spelling not in data


# The wall clock


def sale_at(moment: int) -> dict[str, bytes]:
    """Hold a sale on a manual clock that stands at `moment`, and return the journal's bytes."""
    room_journal = MemoryJournal(entropy_for_tests=b"\3" * 32)
    with manual_house(room_journal, now=moment) as house:
        house.open_lot("A", auction("shantou"))
        for bidder in ("A", "B"):
            house.admit("A", bidder)
        house.bid("A", "A", 100)
        house.bid("A", "B", 110, at=moment + SECOND)
        sealed = SealedReserve.for_simulation("A", 105, blinding=b"\4" * 32)
        house.enter_reserve("A", sealed, **WHO, at=moment + round(9.75 * H) * SECOND)
        house.answer_inquiry("A", "A", "yes", at=moment + 10 * H * SECOND)
        house.bid("A", "A", 120, at=moment + (10 * H + 5 * M) * SECOND)
        house.suspend_lot("A", authority="局", why="故障", at=moment + (10 * H + 6 * M) * SECOND)
        house.resume_lot("A", authority="局", why="已修复", at=moment + 11 * H * SECOND)
        house.advance(at=moment + 12 * H * SECOND)
        assert house.outcome("A") == Outcome(kind="sold", winner=1, price_minor=120)
    verified(room_journal)
    return room_journal.files()


def test_no_wall_clock_the_same_records_whatever_the_systems_time_is(monkeypatch: pytest.MonkeyPatch) -> None:
    first = sale_at(10**18)
    time.sleep(0.02)  # The system's time moves on; what would have been stamped with it would differ.

    def forbidden(*_: object) -> float:
        raise AssertionError("the system's time was read")

    with monkeypatch.context() as patched:
        for name in ("time", "time_ns", "localtime", "gmtime"):
            patched.setattr(time, name, forbidden)
        second = sale_at(10**18)
    assert first == second
    assert sale_at(10**18 + 1) != first


def test_no_wall_clock_every_stamp_is_one_that_was_stated() -> None:
    journal = MemoryJournal()
    with manual_house(journal, now=5 * SECOND) as house:
        house.open_lot("A", auction("dezhou", **NO_RESERVE))
        house.admit("A", "A")
        house.bid("A", "A", 100, at=7 * SECOND)
        house.advance(at=12 * H * SECOND)
    opened, ends = 5 * SECOND, (10 * H + 5) * SECOND
    told = {type(event).__name__: event.at_ns for event in events(journal)}
    assert told == {
        "HouseOpened": opened, "LotOpened": opened, "BidderAdmitted": opened, "BidAccepted": 7 * SECOND,
        "PhaseStarted": ends, "LotClosed": ends + 5 * M * SECOND, "OutcomeRecorded": ends + 5 * M * SECOND,
    }  # fmt: skip
    assert all(event.at_ns < datetime(2000, 1, 1, tzinfo=UTC).timestamp() * SECOND for event in events(journal))


# The sequence


def test_no_sequence_number_every_record_has_one_and_equal_stamps_are_ordered_by_it() -> None:
    room = Room(auction("taicang", **NO_RESERVE))
    placed = [room.do(H, "bid", "ABC"[turn % 3], 100 + 10 * (turn // 2)) for turn in range(40)]
    room.run_out()
    room.end()
    told = events(room.journal)
    assert [event.seq for event in told] == list(range(1, len(told) + 1))
    assert [event.lot_seq for event in told if event.lot] == list(range(1, len(told)))
    assert all(earlier.at_ns <= later.at_ns for earlier, later in pairwise(told))
    bids = [event for event in told if isinstance(event, BidAccepted | BidRefused)]
    assert {event.at_ns for event in bids} == {H * SECOND}
    assert [(event.seq, event.bidder, event.amount_minor, event.reason) for event in bids] == [
        (each.seq, each.bidder, each.amount_minor, each.reason) for each in placed
    ]
    assert [event.reason for event in bids] == [None, "below_increment"] * 20
    started = [event for event in told if isinstance(event, PhaseStarted)]
    assert [event.due_ns for event in started] == [10 * H * SECOND]


# Signatures and hashes: nothing is signed here, and what pins a record is SHA-256.


def sha256_chain(journal: MemoryJournal) -> list[tuple[bytes, bytes]]:
    """Return (stored, computed) chain values of every frame, from FORMAT.md A.3 alone."""
    pairs = []
    for data in journal.files().values():
        at = 0
        while data[at : at + 4] == b"PAJF":
            kind, length = (
                int.from_bytes(data[at + 6 : at + 8], "little"),
                int.from_bytes(data[at + 8 : at + 12], "little"),
            )
            body = data[at + 80 : at + 80 + length]
            leaves = hashlib.sha256(b"\2" + body).digest() if kind != 1 else b""
            while kind == 1 and body:
                size = int.from_bytes(body[:4], "little")
                leaves += hashlib.sha256(b"\0" + body[4 : 4 + size]).digest()
                body = body[4 + size :]
            before = data[at + 40 : at + 72]
            made = hashlib.sha256(b"pyauction/chain/v1" + before + data[at : at + 40] + leaves).digest()
            pairs.append((data[at + 80 + length : at + 112 + length], made))
            at += 4096 if kind == 2 else -(-(116 + length + 8) // 512) * 512
    return pairs


def test_weak_hashes_receipts_and_the_chain_are_sha_256() -> None:
    room = Room(auction("taicang", **NO_RESERVE))
    bid = room.do(1, "bid", "A", 100)
    assert bid.digest == hashlib.sha256(b"\0" + bid.record).hexdigest() == leaf(bid.record).hex()
    room.run_out()
    room.end()
    pairs = sha256_chain(room.journal)
    assert len(pairs) > 5
    assert all(stored == made for stored, made in pairs)
    assert verified(room.journal).chain_head == pairs[-1][0].hex()
