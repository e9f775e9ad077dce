"""Published sales, held again: their figures, and what other implementations are known to get wrong at them.

Between the published prices the bids are synthesized; every published price is on the path, after as many bids as were
published.
"""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sales import HOUR, JIADA, LIJIAGOU, MINUTE, WAN, WHO, Published, manual_house

from pyauction import (
    AuctionHouse,
    Durability,
    EnteredReserve,
    FileJournal,
    MemoryJournal,
    Outcome,
    Reason,
    SealedReserve,
    replay,
    verifier,
    verify,
)
from pyauction._engine import read_journal
from pyauction.events import BidAccepted, LotClosed, PhaseStarted

BEFORE_OPENING = EnteredReserve(commitment="before_opening")


def place(house: AuctionHouse, sale: Published, lot: str) -> None:
    numbers = {bidder: house.bidder_number(lot, bidder) for bidder in sale.bidders}
    for at, bidder, amount in sale.bids():
        decision = house.bid(lot, numbers[bidder], amount, at=at)
        assert decision.accepted, decision.message()


def sold_to(house: AuctionHouse, sale: Published, lot: str) -> Outcome:
    return Outcome(kind="sold", winner=house.bidder_number(lot, sale.winner), price_minor=sale.end_price * WAN)


def hold(sale: Published, journal: Any, **changes: Any) -> None:
    with manual_house(journal, now=sale.opened, durability=Durability.DEFERRED) as house:
        sale.open(house, "标的", sale.listing(**changes))
        place(house, sale, "标的")
        house.flush()
        assert house.quote("标的").closes_at_ns == sale.ended
        house.advance(at=sale.ended)
        assert house.outcome("标的") == sold_to(house, sale, "标的")


@pytest.mark.parametrize("sale", [JIADA, LIJIAGOU], ids=["加达", "李家沟北"])
def test_the_synthesized_bids_pass_through_every_published_figure(sale: Published) -> None:
    bids = sale.bids()
    assert len(bids) == sale.prices[-1][0]
    assert [(n, bids[n - 1][2] // WAN, bids[n - 1][0]) for n, _, _ in sale.prices] == list(sale.prices)
    assert (bids[0][2], bids[-1][1]) == (sale.start * WAN, sale.winner)
    assert {bidder for _, bidder, _ in bids} == set(sale.bidders)
    assert all((amount // WAN - sale.start) % sale.step == 0 for _, _, amount in bids)


def test_jiada_sells_after_11307_bids_in_62_hours_and_59_minutes(tmp_path: Path) -> None:
    assert JIADA.ended - JIADA.timed == 62 * HOUR + 59 * MINUTE
    journal = FileJournal(tmp_path / "加达")
    hold(JIADA, journal)
    own, independent = verify(journal), verifier.verify(journal.path)
    assert own.ok, own.to_text()
    assert own == independent
    lot = own.lots[0]
    assert (lot.winner, lot.price, lot.reserve, own.bids) == ("1213", 420_579 * WAN, "none", 11_307)
    events = [step.event for step in replay(journal)]
    accepted = [event for event in events if isinstance(event, BidAccepted)]
    assert [(n, accepted[n - 1].amount_minor // WAN, accepted[n - 1].at_ns) for n, _, _ in JIADA.prices] == list(
        JIADA.prices
    )
    phase = next(event for event in events if isinstance(event, PhaseStarted))
    assert (phase.due_ns, phase.closes_at_ns) == (JIADA.timed, JIADA.timed + 4 * MINUTE)
    closed = next(event for event in events if isinstance(event, LotClosed))
    assert (closed.due_ns, closed.accepted, closed.quoted, closed.admitted) == (JIADA.ended, 11_307, 5, 5)


def test_in_jiada_a_bid_5_yuan_under_the_step_is_refused_and_one_at_exactly_the_deadline_is_late() -> None:
    journal = MemoryJournal(segment_bytes=4 << 20)
    with manual_house(journal, now=JIADA.opened, durability=Durability.DEFERRED) as house:
        JIADA.open(house, "加达", JIADA.listing())
        ask = None
        for at, bidder, amount in JIADA.bids():
            if ask is not None:
                assert house.bid("加达", bidder, ask - 5_00, at=at).reason == Reason.BELOW_INCREMENT, (
                    "5 yuan under the step"
                )
            bid = house.bid("加达", bidder, amount, at=at)
            ask = bid.quote.ask_minor
            assert (bid.accepted, ask) == (True, amount + JIADA.step * WAN)
        late = house.bid("加达", JIADA.bidders[0], JIADA.end_price * WAN + JIADA.step * WAN, at=JIADA.ended)
        assert (late.reason, late.at_ns) == (Reason.CLOSED, JIADA.ended)
        assert house.outcome("加达") == sold_to(house, JIADA, "加达")
    report = verify(journal)
    assert report.ok, report.to_text()
    assert (report.bids, report.lots[0].price) == (2 * 11_307, 420_579 * WAN), (
        "11,306 under the step, 11,307 accepted, one late"
    )


@pytest.mark.parametrize(
    ("reserve", "outcome"),
    [
        (400_000, "sold"),
        (420_579, "sold"),
        (420_580, "unsold"),
    ],
    ids=["met", "equal", "not met"],
)
def test_jiada_with_an_invented_reserve(reserve: int, outcome: str) -> None:
    journal = MemoryJournal(segment_bytes=4 << 20)
    sealed = SealedReserve.for_simulation("加达", reserve * WAN)
    with manual_house(journal, now=JIADA.opened, durability=Durability.DEFERRED) as house:
        JIADA.open(house, "加达", JIADA.listing(reserve=BEFORE_OPENING), commitment=sealed)
        assert house.enter_reserve("加达", sealed, **WHO).accepted
        place(house, JIADA, "加达")
        house.advance(at=JIADA.ended)
        unsold = Outcome(kind="unsold", cause="reserve_not_met")
        assert house.outcome("加达") == (sold_to(house, JIADA, "加达") if outcome == "sold" else unsold)
        assert house.disclose_reserve("加达", sealed, by="保密员").accepted
    report = verify(journal)
    assert report.ok, report.to_text()
    assert report.reserve == "proven"
    if outcome == "sold" and reserve == 420_579:
        assert verifier.verify_files(journal.files()) == report


def test_lijiagou_north_sells_at_its_published_price(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "李家沟北")
    hold(LIJIAGOU, journal)
    report = verify(journal)
    assert report.ok
    assert report == verifier.verify(journal.path)
    assert (report.lots[0].winner, report.lots[0].price) == ("1628", 101_017 * WAN)


@pytest.mark.parametrize(
    ("sale", "price", "k"),
    [
        (LIJIAGOU, 37_867, 3_781),
        (LIJIAGOU, 82_687, 8_263),
        (LIJIAGOU, 101_017, 10_096),
        (JIADA, 255_469, 25_515),
        (JIADA, 420_579, 42_026),
    ],
)
def test_every_published_price_lies_on_the_grid_and_its_neighbours_do_not(sale: Published, price: int, k: int) -> None:
    assert price == sale.start + k * sale.step
    with manual_house(now=sale.opened) as house:
        sale.open(house, "标的", sale.listing())
        for amount in (price * WAN - 1, price * WAN + 1, (price - 1) * WAN):
            assert house.bid("标的", 1, amount).reason == Reason.NOT_MULTIPLE
        assert house.bid("标的", 1, price * WAN).accepted
        assert house.quote("标的").ask_minor == (price + sale.step) * WAN


# What is known to be wrong elsewhere


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        ("1009.9995", Reason.BELOW_INCREMENT),
        ("1009.999999", Reason.BELOW_INCREMENT),
        (Decimal("1009.9995"), Reason.BELOW_INCREMENT),
        (1_009_999_500, Reason.BELOW_INCREMENT),
        ("1010", None),
        ("1010.000001", Reason.NOT_MULTIPLE),
        ("1019.9996", Reason.NOT_MULTIPLE),
        ("1020", None),
    ],
)
@pytest.mark.parametrize("anchor", ["start", "current"])
def test_defect_1_floating_point_a_bid_5_yuan_under_the_step_is_refused(amount: Any, reason: Any, anchor: str) -> None:
    sale = Published(
        start=1_000, step=10, opened=0, timed=HOUR, ended=0, countdown=MINUTE, bidders=("001", "002"), winner="001",
        prices=(),
    )  # fmt: skip
    with manual_house() as house:
        sale.open(house, "标的", sale.listing(multiples_from=anchor))
        assert house.bid("标的", "001", "1000").accepted
        assert house.bid("标的", "002", amount).reason == reason


def test_defect_2_late_quotes_a_bid_at_exactly_the_deadline_is_late_and_reopens_nothing() -> None:
    for polled in (False, True):
        with manual_house(MemoryJournal(), now=LIJIAGOU.opened, durability=Durability.DEFERRED) as house:
            LIJIAGOU.open(house, "标的", LIJIAGOU.listing())
            place(house, LIJIAGOU, "标的")
            if polled:
                house.advance(at=LIJIAGOU.ended)
            late = house.bid("标的", "1580", 200_007 * WAN, at=LIJIAGOU.ended)
            assert (late.reason, late.quote.closes_at_ns) == (Reason.CLOSED, None)
            assert house.outcome("标的") == sold_to(house, LIJIAGOU, "标的")


def test_defect_2_late_quotes_a_bid_one_nanosecond_before_the_deadline_counts() -> None:
    with manual_house(now=JIADA.opened) as house:
        JIADA.open(house, "标的", JIADA.listing())
        assert house.bid("标的", 1, 319 * WAN, at=JIADA.timed).accepted
        bid = house.bid("标的", 2, 329 * WAN, at=JIADA.timed + 4 * MINUTE - 1)
        assert (bid.accepted, bid.quote.closes_at_ns) == (True, JIADA.timed + 8 * MINUTE - 1)
        assert house.bid("标的", 1, 339 * WAN, at=JIADA.timed + 8 * MINUTE - 1).reason == Reason.CLOSED


def test_defect_3_no_lock_the_highest_is_by_price_and_not_by_latest_time() -> None:
    with manual_house(now=JIADA.opened) as house:
        JIADA.open(house, "标的", JIADA.listing())
        moment = JIADA.timed + MINUTE
        assert house.bid("标的", "1213", 10_009 * WAN, at=moment).accepted
        answers = [
            house.bid("标的", "1270", 10_009 * WAN, at=moment).reason,
            house.bid("标的", "1397", 9_999 * WAN, at=moment + 1).reason,
            house.bid("标的", "1675", 319 * WAN, at=moment + MINUTE).reason,
        ]
        assert answers == [Reason.BELOW_INCREMENT] * 3
        house.advance(at=JIADA.timed + HOUR)
        assert house.outcome("标的") == Outcome(kind="sold", winner=1, price_minor=10_009 * WAN)


@pytest.fixture(scope="module")
def unpolled() -> tuple[list[bytes], bytes]:
    return polled_sale([])


def polled_sale(polls: list[int]) -> tuple[list[bytes], bytes]:
    """Hold 加达 and ask the house to handle its deadlines at these times as well."""
    journal = MemoryJournal(segment_bytes=4 << 20)
    with manual_house(journal, now=JIADA.opened, durability=Durability.DEFERRED) as house:
        JIADA.open(house, "加达", JIADA.listing())
        times = iter([*sorted(polls), 2**62])
        poll = next(times)
        for at, bidder, amount in JIADA.bids():
            while poll <= at:
                house.advance(at=poll)
                poll = next(times)
            assert house.bid("加达", bidder, amount, at=at).accepted
        while poll < 2**62:
            house.advance(at=poll)
            poll = next(times)
        house.advance(at=JIADA.ended + HOUR)
        state = house.state_hash
    return read_journal(journal)[1], state


def test_polling_once_an_hour_changes_no_record(unpolled: tuple[list[bytes], bytes]) -> None:
    assert polled_sale(list(range(JIADA.opened, JIADA.ended + HOUR, HOUR))) == unpolled


def test_polling_around_every_bid_and_at_random_instants_changes_no_record(unpolled: tuple[list[bytes], bytes]) -> None:
    chance = random.Random(7)
    polls = [at + offset for at, _, _ in JIADA.bids() for offset in (-1, 0, 1)]
    polls += [chance.randrange(JIADA.timed, JIADA.ended + MINUTE) for _ in range(20_000)]
    polls += [JIADA.timed + offset for offset in (-1, 0, 1)] + [JIADA.ended + offset for offset in (-1, 0, 1)]
    assert polled_sale(polls) == unpolled


def test_polling_every_microsecond_around_the_end_changes_no_record(unpolled: tuple[list[bytes], bytes]) -> None:
    assert polled_sale(list(range(JIADA.ended - 2_000_000, JIADA.ended + 2_000_000, 1_000))) == unpolled
