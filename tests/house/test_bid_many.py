"""`bid_many` is the same road as `bid`: a buffer of bids makes the records that the bids make one by one."""

from __future__ import annotations

import random
from array import array
from typing import Any

import pytest
from house_room import HOUR, SECOND, english, manual_house, records_of

from pyauction import (
    AuctionHouse,
    BidBatch,
    Durability,
    LotRules,
    MemoryJournal,
    MisuseError,
    Phase,
    Quote,
    Reason,
    UnknownBidder,
    UnknownLot,
    _engine,
)

NUMBERS = dict(_engine.REASONS)


def house_with_lots(journal: Any = None, **options: Any) -> AuctionHouse:
    house = manual_house(journal, **options)
    house.open_lot("A", english(self_outbid="refused", multiples_from="start"))
    house.open_lot("B", english(length=20 * SECOND))
    for bidder in ("001", "002", "003"):
        house.admit("A", bidder)
    return house


def columns(batch: BidBatch) -> tuple[list[int], list[int]]:
    return list(memoryview(batch.seqs).cast("Q")), list(batch.reasons)


@pytest.mark.parametrize("seed", range(20))
def test_a_batch_makes_the_records_of_its_bids_one_by_one(seed: int) -> None:
    chance = random.Random(seed)
    batched, single = MemoryJournal(), MemoryJournal()
    with house_with_lots(batched) as many, house_with_lots(single) as one:
        for _ in range(5):
            at = chance.randrange(0, 2 * HOUR)
            top = many.quote("A").standing_minor or 90
            bids = [(chance.randint(1, 3), top + chance.randint(-5, 60)) for _ in range(chance.randint(0, 40))]
            bidders, amounts = array("I", [b for b, _ in bids]), array("q", [a for _, a in bids])
            batch = many.bid_many("A", bidders, amounts, at=at)
            decisions = [one.bid("A", bidder, amount, at=at) for bidder, amount in bids]
            reasons = [0 if d.reason is None else _number(d.reason) for d in decisions]
            assert columns(batch) == ([d.seq for d in decisions], reasons)
            assert (len(batch), batch.accepted) == (len(bids), sum(d.accepted for d in decisions))
            assert batch.last_seq == (decisions[-1].seq if decisions else None)
            if decisions:
                assert batch.quote == decisions[-1].quote
        many.advance(at=3 * HOUR)
        one.advance(at=3 * HOUR)
        assert many.state_hash == one.state_hash
    assert records_of(batched) == records_of(single)
    assert len(records_of(single)) > 10


def _number(code: str) -> int:
    return next(number for number, known in NUMBERS.items() if known == code)


def test_a_batch_is_durable_when_it_returns() -> None:
    journal = MemoryJournal()
    with house_with_lots(journal) as house:
        batch = house.bid_many("A", array("I", [1, 2]), array("q", [100, 110]))
        assert house.durable_seq == house.last_seq == batch.last_seq
        assert house.quote("A") == batch.quote


def test_a_deferred_batch_is_durable_after_the_flush() -> None:
    with house_with_lots(MemoryJournal(), durability=Durability.DEFERRED) as house:
        house.flush()
        batch = house.bid_many("A", array("I", [1, 2]), array("q", [100, 110]))
        assert (house.quote("A").accepted_bids, batch.quote.accepted_bids) == (0, 2)
        assert house.flush() == batch.last_seq
        assert house.quote("A") == batch.quote


def test_an_empty_batch_places_nothing() -> None:
    with house_with_lots() as house:
        before = house.last_seq
        batch = house.bid_many("A", array("I"), array("q"))
        assert (len(batch), batch.accepted, batch.last_seq, columns(batch)) == (0, 0, None, ([], []))
        assert isinstance(batch.quote, Quote)
        assert house.last_seq == before


def test_a_batch_of_more_records_than_a_frame_holds_is_kept_whole() -> None:
    journal = MemoryJournal()
    count = 20_000
    with house_with_lots(journal) as house:
        before = house.last_seq
        bidders = array("I", (1 + index % 2 for index in range(count)))
        batch = house.bid_many("A", bidders, array("q", (100 + 10 * index for index in range(count))))
        assert (batch.accepted, batch.last_seq) == (count, before + count)
    assert len(records_of(journal)) == before + count


def test_a_batch_takes_any_buffer_of_the_right_numbers() -> None:
    with house_with_lots() as house:
        amounts = memoryview(array("q", [100, 0, 110, 0, 120, 0]))[::2]
        bidders = memoryview(bytes(array("I", [1, 2, 1]))).cast("I")
        assert house.bid_many("A", bidders, amounts).accepted == 3


BIDDERS = "bidders: expected an unsigned 32-bit buffer (array('I')), received <class '{}'>"
AMOUNTS = "amounts: expected a signed 64-bit buffer (array('q')), received <class '{}'>"
GOOD_BIDDERS, GOOD_AMOUNTS = array("I", [1, 2]), array("q", [100, 110])


@pytest.mark.parametrize(
    ("bidders", "amounts", "message"),
    [
        (array("i", [1, 2]), GOOD_AMOUNTS, BIDDERS.format("array.array")),
        (array("Q", [1, 2]), GOOD_AMOUNTS, BIDDERS.format("array.array")),
        (array("f", [1, 2]), GOOD_AMOUNTS, BIDDERS.format("array.array")),
        ([1, 2], GOOD_AMOUNTS, BIDDERS.format("list")),
        (b"12", GOOD_AMOUNTS, BIDDERS.format("bytes")),
        (None, GOOD_AMOUNTS, BIDDERS.format("NoneType")),
        (GOOD_BIDDERS, array("Q", [100, 110]), AMOUNTS.format("array.array")),
        (GOOD_BIDDERS, array("i", [100, 110]), AMOUNTS.format("array.array")),
        (GOOD_BIDDERS, array("d", [100, 110]), AMOUNTS.format("array.array")),
        (GOOD_BIDDERS, [100, 110], AMOUNTS.format("list")),
        (GOOD_BIDDERS, array("q", [100]), "expected as many bidders as amounts, received 2 and 1"),
        (GOOD_BIDDERS, array("q"), "expected as many bidders as amounts, received 2 and 0"),
    ],
)
def test_a_bad_buffer_is_misuse_and_places_nothing(bidders: Any, amounts: Any, message: str) -> None:
    with house_with_lots() as house:
        before = house.last_seq
        with pytest.raises(MisuseError) as caught:
            house.bid_many("A", bidders, amounts)
        assert (type(caught.value), str(caught.value)) == (MisuseError, message)
        assert house.last_seq == before


@pytest.mark.parametrize("unknown", [0, 4, 2**32 - 1])
def test_a_batch_with_an_unknown_bidder_places_nothing(unknown: int) -> None:
    with house_with_lots() as house:
        before = house.last_seq
        with pytest.raises(UnknownBidder) as caught:
            house.bid_many("A", array("I", [1, 2, unknown]), array("q", [100, 110, 120]))
        assert str(caught.value) == f"bidders[2]: expected 1 to 3, received {unknown}; no bid was placed"
        assert house.last_seq == before


def test_a_batch_in_an_unknown_lot_places_nothing() -> None:
    with house_with_lots() as house:
        before = house.last_seq
        for lot in ("无", 9):
            for bidders, amounts in ((GOOD_BIDDERS, GOOD_AMOUNTS), (array("I"), array("q"))):
                with pytest.raises(UnknownLot):
                    house.bid_many(lot, bidders, amounts)
        assert house.last_seq == before


def test_a_batch_after_a_deadline_is_late() -> None:
    journal = MemoryJournal()
    with house_with_lots(journal) as house:
        house.bid_many("A", GOOD_BIDDERS, GOOD_AMOUNTS, at=HOUR - 1)
        batch = house.bid_many("A", GOOD_BIDDERS, array("q", [120, 130]), at=HOUR)
        assert columns(batch)[1] == [_number(Reason.CLOSED)] * 2
        outcome = house.outcome("A")
        assert (outcome.winner, outcome.price_minor) == (2, 110) if outcome else False


class EndsWithItsFirstBid:
    """A lot whose clock starts at its first bid and whose hard end has come by then."""

    def __init__(self) -> None:
        self.type_id = "english@1"
        self.money = english().money

    def rules(self) -> LotRules:
        timed = Phase("timed", after_ns=HOUR, reset_to_ns=HOUR, hard_end_at_ns=10)
        return LotRules(
            admission="listed", start_price=100, increment=10, self_outbid="allowed", phases=[timed], clock="first_bid",
            on_outage="close_at_schedule", reserve="declared_none",
        )  # fmt: skip

    settle = staticmethod(english().settle)


def test_a_deadline_that_comes_inside_a_batch_ends_the_lot_there() -> None:
    batched, single = MemoryJournal(), MemoryJournal()
    with manual_house(batched, now=20) as many, manual_house(single, now=20) as one:
        for house in (many, one):
            house.open_lot("A", EndsWithItsFirstBid())
            house.admit("A", "001")
        batch = many.bid_many("A", array("I", [1, 1, 1]), array("q", [100, 110, 120]))
        for amount in (100, 110, 120):
            one.bid("A", 1, amount)
        assert columns(batch) == ([4, 7, 8], [0, _number(Reason.CLOSED), _number(Reason.CLOSED)])
        outcome = many.outcome("A")
        assert outcome is not None
        assert outcome.price_minor == 100
    assert records_of(batched) == records_of(single)
