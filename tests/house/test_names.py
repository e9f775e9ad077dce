"""Names of lots and bidders: any text of 1 to 64 bytes without control characters, taken as it is."""

from __future__ import annotations

from typing import Any

import pytest
from house_room import english, events_of, manual_house

from pyauction import (
    AuctionHouse,
    MemoryJournal,
    MisuseError,
    Reason,
    UnknownBidder,
    UnknownLot,
    verifier,
    verify,
)
from pyauction.events import BidderAdmitted, LotOpened

GOOD = [
    "001",
    "F2149",
    "NA",
    "nan",
    "None",
    "0",
    "1",
    "晋矿挂 2026-007",
    "万" * 21 + "x",
    "x" * 64,
    " ",
    "a/b",
    "竞买人·七",
]
BAD = [
    ("", "expected a name of 1 to 64 bytes, received an empty one"),
    ("x" * 65, "expected at most 64 bytes of UTF-8, received 65"),
    ("万" * 22, "expected at most 64 bytes of UTF-8, received 66"),
    ("a\x00b", "expected text without control characters, received U+0000 at byte 1"),
    ("a\nb", "expected text without control characters, received U+000A at byte 1"),
    ("万\x1f", "expected text without control characters, received U+001F at byte 3"),
    ("\x7f", "expected text without control characters, received U+007F at byte 0"),
    ("a\x9b31m", "expected text without control characters, received U+009B at byte 1"),
]


@pytest.fixture
def house() -> AuctionHouse:
    house = manual_house()
    house.open_lot("A", english())
    return house


def test_names_stand_in_records_and_snapshots_as_they_were_given() -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        for lot in GOOD:
            number = house.open_lot(lot, english()).lot
            for bidder in GOOD:
                assert house.bid(number, bidder, house.quote(number).ask_minor or 0).accepted
        assert [lot.name for lot in house.lots()] == GOOD
        assert {lot.bidders for lot in house.lots()} == {tuple(GOOD)}
        assert [house.bidder_number(lot, name) for lot in GOOD for name in GOOD] == [*range(1, 14)] * 13
    assert [event.name for event in events_of(journal) if isinstance(event, LotOpened)] == GOOD
    assert [event.name for event in events_of(journal) if isinstance(event, BidderAdmitted)] == GOOD * 13
    assert verify(journal).ok
    assert verifier.verify_files(journal.files()).ok


@pytest.mark.parametrize(("name", "message"), BAD)
def test_another_bidder_name_is_misuse(house: AuctionHouse, name: str, message: str) -> None:
    before = house.last_seq
    for call in (lambda: house.bid("A", name, 100), lambda: house.admit("A", name)):
        with pytest.raises(MisuseError) as caught:
            call()
        assert (type(caught.value), str(caught.value)) == (MisuseError, f"bidder: {message}")
    assert house.last_seq == before


@pytest.mark.parametrize(("name", "message"), BAD)
def test_another_lot_name_is_misuse(house: AuctionHouse, name: str, message: str) -> None:
    before = house.last_seq
    with pytest.raises(MisuseError) as caught:
        house.open_lot(name, english())
    assert (type(caught.value), str(caught.value)) == (MisuseError, f"lot name: {message}")
    assert house.last_seq == before


def test_a_name_that_is_no_unicode_is_misuse(house: AuctionHouse) -> None:
    for call in (
        lambda: house.bid("A", "\ud800", 100),
        lambda: house.bid("\ud800", "001", 100),
        lambda: house.admit("A", "\ud800"),
        lambda: house.open_lot("\ud800", english()),
    ):
        with pytest.raises(MisuseError):
            call()


def test_a_lot_name_is_taken_once(house: AuctionHouse) -> None:
    before = house.last_seq
    with pytest.raises(
        MisuseError, match="a lot named A exists in this house; a re-offer is a new lot with reoffer_of"
    ):
        house.open_lot("A", english())
    assert house.last_seq == before


@pytest.mark.parametrize("lot", ["无", "a", "A ", "", 0, 2, 2**32 - 1, 2**32, -1, 10**30])
def test_an_unknown_lot_is_a_lookup_error(house: AuctionHouse, lot: Any) -> None:
    before = house.last_seq
    calls = [
        lambda: house.bid(lot, "001", 100),
        lambda: house.bid(lot, "001", "100"),
        lambda: house.admit(lot, "001"),
        lambda: house.close_lot(lot),
        lambda: house.quote(lot),
        lambda: house.snapshot(lot),
        lambda: house.outcome(lot),
        lambda: house.holds_reserve(lot),
        lambda: house.bidder_number(lot, "001"),
    ]
    for call in calls:
        with pytest.raises(UnknownLot, match="there is no"):
            call()
    assert house.last_seq == before


@pytest.mark.parametrize("lot", [None, True, 1.0, b"A", ("A",)])
def test_a_lot_of_another_type_is_misuse(house: AuctionHouse, lot: Any) -> None:
    with pytest.raises(MisuseError) as caught:
        house.bid(lot, "001", 100)
    expected = f"lot: expected its name or its number, received {type(lot).__name__}"
    assert (type(caught.value), str(caught.value)) == (MisuseError, expected)


@pytest.mark.parametrize("bidder", [0, 1, 2**32 - 1, 2**32, -1, 10**30])
def test_an_unknown_bidder_number_is_a_lookup_error(house: AuctionHouse, bidder: int) -> None:
    before = house.last_seq
    with pytest.raises(UnknownBidder, match=f"no bidder number {bidder}"):
        house.bid("A", bidder, 100)
    assert house.last_seq == before


@pytest.mark.parametrize("bidder", [None, True, 1.0, b"001"])
def test_a_bidder_of_another_type_is_misuse(house: AuctionHouse, bidder: Any) -> None:
    with pytest.raises(MisuseError) as caught:
        house.bid("A", bidder, 100)
    expected = f"bidder: expected its name or its number, received {type(bidder).__name__}"
    assert (type(caught.value), str(caught.value)) == (MisuseError, expected)


def test_an_unknown_bidder_name_has_no_number(house: AuctionHouse) -> None:
    with pytest.raises(UnknownBidder, match="the lot has no bidder named"):
        house.bidder_number("A", "001")


def test_an_unadmitted_bidder_of_a_listed_lot_is_refused_and_recorded() -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        house.open_lot("A", english(admission="listed"))
        refused = house.bid("A", "NA", 100)
        assert (refused.reason, refused.seq, refused.bidder) == (Reason.NOT_ADMITTED, 3, 0)
        assert house.admit("A", "NA").bidder == 1
        assert house.bid("A", 1, 100).accepted
    assert refused.fields() == {
        "type": "CommandRefused", "seq": 3, "at_ns": 0, "lot": 1, "lot_seq": 2, "bidder": 0, "reason": "not_admitted",
        "command": "place_bid", "amount_minor": 100, "name": "NA",
    }  # fmt: skip
