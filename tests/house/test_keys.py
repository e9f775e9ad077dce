"""Keys make a retry safe: a repeat is answered with the earlier decision, another amount is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from house_room import HOUR, SECOND, english, events_of, manual_house, records_of

from pyauction import AuctionHouse, Durability, FileJournal, MemoryJournal, MisuseError, Reason
from pyauction.events import BidAccepted, BidRefused


def house_with_a_lot(journal: Any = None, **options: Any) -> AuctionHouse:
    house = manual_house(journal, **options)
    house.open_lot("A", english())
    for bidder in ("001", "002"):
        house.admit("A", bidder)
    return house


@pytest.mark.parametrize("key", ["k", b"k", "x" * 32, b"\xff" * 32, b"\x00", "键" * 10, "键" * 10 + "ab"])
def test_a_repeat_returns_the_earlier_decision(key: str | bytes) -> None:
    with house_with_a_lot(MemoryJournal()) as house:
        first = house.bid("A", "001", 100, key=key)
        house.bid("A", "002", 110)
        last = house.last_seq
        again = house.bid("A", "001", 100, key=key)
        assert (again, again.seq, again.record, again.repeated) == (first, first.seq, first.record, True)
        assert not first.repeated
        assert house.last_seq == last


def test_the_quote_of_a_repeat_is_the_present_one() -> None:
    with house_with_a_lot(MemoryJournal()) as house:
        house.bid("A", "001", 100, key="k")
        other = house.bid("A", "002", 110)
        assert house.bid("A", "001", 100, key="k").quote == other.quote


def test_a_refused_bid_is_repeated_as_refused() -> None:
    with house_with_a_lot() as house:
        first = house.bid("A", "001", 99, key="k")
        again = house.bid("A", "001", 99, key="k")
        assert (again, again.reason, again.repeated) == (first, Reason.BELOW_START, True)


def test_str_and_bytes_are_the_same_key() -> None:
    with house_with_a_lot() as house:
        first = house.bid("A", "001", 100, key="键")
        assert house.bid("A", "001", 100, key="键".encode()).seq == first.seq


def test_a_short_key_is_not_a_longer_key_with_zeros_behind() -> None:
    with house_with_a_lot() as house:
        house.bid("A", "001", 100, key=b"k")
        longer = house.bid("A", "001", 110, key=b"k\x00")
        assert (longer.accepted, longer.repeated) == (True, False)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "key: expected 1 to 32 bytes, received 0"),
        (b"", "key: expected 1 to 32 bytes, received 0"),
        ("x" * 33, "key: expected 1 to 32 bytes, received 33"),
        (b"x" * 33, "key: expected 1 to 32 bytes, received 33"),
        ("键" * 11, "key: expected 1 to 32 bytes, received 33"),
        (7, "key: expected str or bytes, received int"),
        (bytearray(b"k"), "key: expected str or bytes, received bytearray"),
        (("k",), "key: expected str or bytes, received tuple"),
    ],
)
def test_a_key_of_another_length_or_type_is_misuse(key: Any, message: str) -> None:
    with house_with_a_lot() as house:
        before = house.last_seq
        with pytest.raises(MisuseError) as caught:
            house.bid("A", "001", 100, key=key)
        assert (type(caught.value), str(caught.value)) == (MisuseError, message)
        assert house.last_seq == before


def test_a_key_that_is_no_unicode_is_misuse() -> None:
    with house_with_a_lot() as house, pytest.raises(MisuseError, match="key"):
        house.bid("A", "001", 100, key="\ud800")


def test_the_same_key_for_another_amount_is_a_recorded_conflict_and_changes_nothing() -> None:
    journal = MemoryJournal()
    with house_with_a_lot(journal) as house:
        first = house.bid("A", "001", 100, key="k")
        conflict = house.bid("A", "001", 110, key="k")
        assert (conflict.reason, conflict.seq) == (Reason.KEY_CONFLICT, first.seq + 1)
        assert house.bid("A", "001", 100, key="k").seq == first.seq
        assert house.bid("A", "001", 110, key="k").seq == first.seq + 2, "a conflict itself is not kept as an answer"
    refused = [event for event in events_of(journal) if isinstance(event, BidRefused)]
    assert refused[0] == BidRefused(
        seq=conflict.seq, at_ns=0, lot=1, lot_seq=5, bidder=1, reason="key_conflict", amount_minor=110,
        closes_at_ns=HOUR, key=b"k".hex(),
    )  # fmt: skip


def test_a_key_belongs_to_one_bidder_of_one_lot() -> None:
    with house_with_a_lot() as house:
        house.open_lot("B", english())
        house.admit("B", "001")
        decisions = [
            house.bid("A", "001", 100, key="k"),
            house.bid("A", "002", 110, key="k"),
            house.bid("B", "001", 120, key="k"),
        ]
        assert [(each.accepted, each.repeated) for each in decisions] == [(True, False)] * 3


def test_a_key_is_remembered_across_a_restart(tmp_path: Path) -> None:
    for journal in (MemoryJournal(), FileJournal(tmp_path / "journal")):
        with house_with_a_lot(journal) as house:
            accepted = house.bid("A", "001", 100, key="k")
            refused = house.bid("A", "002", 100, key="k")
        with manual_house(journal) as house:
            last = house.last_seq
            again = [house.bid("A", "001", 100, key="k"), house.bid("A", "002", 100, key="k")]
            assert again == [accepted, refused]
            assert all(each.repeated and each.durable for each in again)
            assert house.last_seq == last
            assert house.bid("A", "001", 500, key="k").reason == Reason.KEY_CONFLICT


def test_a_key_is_free_again_when_the_lot_is_decided() -> None:
    with house_with_a_lot() as house:
        first = house.bid("A", "001", 100, key="k")
        late = house.bid("A", "001", 100, key="k", at=HOUR)
        assert (late.reason, late.repeated) == (Reason.CLOSED, False)
        assert late.seq > first.seq


def test_a_repeat_that_runs_into_a_deadline_of_another_lot_publishes_the_transition() -> None:
    journal = MemoryJournal()
    with house_with_a_lot(journal) as house:
        house.open_lot("B", english(length=SECOND))
        house.bid("A", "001", 100, key="k")
        assert house.bid("A", "001", 100, key="k", at=SECOND).repeated
        assert house.durable_seq == house.last_seq
        assert house.quote("B").phase == "decided"
        assert len(records_of(journal)) == house.last_seq


def test_a_provisional_decision_is_repeated_as_provisional() -> None:
    with house_with_a_lot(MemoryJournal(), durability=Durability.DEFERRED) as house:
        house.flush()
        first = house.bid("A", "001", 100, key="k")
        again = house.bid("A", "001", 100, key="k")
        assert (again, again.durable) == (first, False)
        house.flush()
        assert again.durable


def test_a_key_stands_in_the_record() -> None:
    with house_with_a_lot() as house:
        fields = house.bid("A", "001", 100, key="合同-1").fields()
        assert fields == {
            "type": "BidAccepted", "seq": 5, "at_ns": 0, "lot": 1, "lot_seq": 4, "bidder": 1, "reason": None,
            "amount_minor": 100, "closes_at_ns": HOUR, "key": "合同-1".encode().hex(),
        }  # fmt: skip
        assert BidAccepted.__struct_fields__[-3:] == ("amount_minor", "closes_at_ns", "key")
