"""Sealed bids in a house: who holds their amounts, what shows of them, and what a restart leaves."""

from __future__ import annotations

import copy
import os
import pickle
from typing import Any

import pytest
from house_room import SECOND

import pyauction
from pyauction import (
    CNY,
    YUAN,
    AmountError,
    AmountTypeError,
    AuctionHouse,
    Durability,
    EnteredReserve,
    ForkedEngine,
    ManualClock,
    MemoryJournal,
    MisuseError,
    NoReserve,
    RuleError,
    SealedBid,
    SealedFileError,
    SealedReserve,
    Tender,
    UnknownBidder,
    sealed_bid_commitment,
    verifier,
    verify,
)

AMOUNT = 0x1234_5678_9ABC
"""Long enough to be looked for in bytes."""
END = 100 * SECOND
ORDER = {"authority": "招标人", "why": "开标结束"}


def tender(**changes: Any) -> Tender:
    terms: dict[str, Any] = {
        "money": CNY, "start_price": 100, "submission": "100s", "sealed_custody": "house", "sealed_change": "change_or_withdraw",
        "sealed_min": 3, "sealed_award": "highest", "sealed_tie": "earlier", "reserve": NoReserve(), "on_outage": "suspend",
    }  # fmt: skip
    return Tender(**terms | changes)


def house_of(journal: Any = None, now: int = 0, **options: Any) -> AuctionHouse:
    return AuctionHouse(journal, clock=ManualClock(now), timers=False, **options)


def opened(journal: MemoryJournal, **changes: Any) -> AuctionHouse:
    """Return a house with a tender A and three bidders."""
    house = house_of(journal)
    house.open_lot("A", tender(**changes))
    for bidder in ("001", "002", "003"):
        house.admit("A", bidder)
    return house


def bytes_of(journal: MemoryJournal) -> bytes:
    return b"".join(journal.files().values())


def place_all(house: AuctionHouse, *amounts: int) -> list[SealedBid]:
    bids = [house.seal_bid("A", f"00{number}", amount) for number, amount in enumerate(amounts, 1)]
    for bid in bids:
        assert house.place_sealed_bid("A", bid.bidder, bid).accepted
    return bids


@pytest.mark.parametrize("custody", ["house", "bidder"])
def test_nothing_shows_an_amount_before_the_opening(custody: str) -> None:
    journal = MemoryJournal(snapshots=True)
    house = opened(journal, sealed_custody=custody)
    bids = place_all(house, AMOUNT, AMOUNT + 1, AMOUNT + 2)
    house.advance(at=END)
    assert house.quote("A").phase == "awaiting_opening"
    shown = [repr(bids), repr(house.lots()), repr(house.quote("A")), str(house._facts("A")), repr(house)]
    needles = [str(AMOUNT + more) for more in range(3)]
    assert not [text for text in shown for needle in needles if needle in text]
    assert not [more for more in range(3) if (AMOUNT + more).to_bytes(8, "little") in bytes_of(journal)]
    assert [bid.amount_minor for bid in house.snapshot("A").sealed_bids] == [None] * 3
    for bid in bids:
        house.open_sealed_bid("A", bid.bidder, bid)
    assert [bid.amount_minor for bid in house.snapshot("A").sealed_bids] == [AMOUNT, AMOUNT + 1, AMOUNT + 2]
    assert AMOUNT.to_bytes(8, "little") in bytes_of(journal)


def test_a_commitment_is_the_one_of_the_format_and_fits_one_bid_only() -> None:
    bid = SealedBid("A", "001", 500, blinding=b"\7" * 32)
    stated: dict[str, Any] = {"lot": "A", "bidder": "001", "amount_minor": 500, "blinding": b"\7" * 32}
    expected = verifier.sealed_commitment("A", 1, "CNY", 2, 0, "001", 500, b"\7" * 32)
    assert bid.commitment == expected.hex() == sealed_bid_commitment(**stated).hex()
    assert bid.opening() == (500, b"\7" * 32)
    others = [
        {"lot": "B"}, {"bidder": "002"}, {"amount_minor": 501}, {"blinding": b"\6" * 32}, {"round": 2}, {"currency": "USD"},
        {"exponent": 3}, {"further_round": 1},
    ]  # fmt: skip
    assert len({sealed_bid_commitment(**stated | other) for other in [{}, *others]}) == 9
    assert SealedBid("A", "001", 500).commitment != SealedBid("A", "001", 500).commitment, "the blinding is random"
    reserve = SealedReserve.for_simulation("A", 500, blinding=b"\7" * 32)
    assert reserve.commitment != bid.commitment


def test_a_sealed_bid_cannot_be_copied_or_pickled_and_tells_what_it_was_made_for() -> None:
    bid = SealedBid("A", "001", 500, currency="ETH", exponent=18, round=2)
    assert (bid.lot, bid.bidder, bid.currency, bid.exponent, bid.round) == ("A", "001", "ETH", 18, 2)
    assert repr(bid) == f'SealedBid(lot="A", bidder="001", commitment={bid.commitment})'
    for act in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="a sealed bid cannot be"):
            act(bid)


def test_an_amount_can_come_through_a_descriptor_and_never_be_a_python_object() -> None:
    journal = MemoryJournal()
    house = opened(journal, money=YUAN, start_price="1")
    reader, writer = os.pipe()
    os.write(writer, b"1234.56\n")
    bid = SealedBid.from_fd("A", "001", reader, unit_scale=2)
    assert house.place_sealed_bid("A", "001", bid).accepted
    os.write(writer, b"12,34\n")
    with pytest.raises(SealedFileError, match="expected an amount in the digits 0 to 9 with at most 2 digits"):
        SealedBid.from_fd("A", "001", reader, unit_scale=2)
    os.close(writer)
    os.close(reader)
    place_all(house, 200)
    house.place_sealed_bid("A", "001", bid)
    for number, bidder in ((2, "002"), (3, "003")):
        house.place_sealed_bid("A", number, house.seal_bid("A", bidder, 300))
    house.advance(at=END)
    assert [decision.accepted for decision in house.open_sealed_bids("A")] == [True] * 3
    assert house.snapshot("A").sealed_bids[0].amount_minor == 123_456


def test_what_was_read_from_a_descriptor_is_written_to_one_and_not_shown() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"777.77\n")
    bid = SealedBid.from_fd("A", "001", reader, unit_scale=2)
    with pytest.raises(MisuseError, match="opening: the amount was read from a descriptor and is not shown"):
        bid.opening()
    bid.write_opening(writer)
    amount, blinding = os.read(reader, 200).decode().split()
    again = SealedBid("A", "001", int(amount), blinding=bytes.fromhex(blinding))
    assert (amount, again.commitment) == ("77777", bid.commitment)
    os.close(reader)
    os.close(writer)


def test_a_forked_child_has_not_the_amount_and_says_so() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"777.77\n")
    bid = SealedBid.from_fd("A", "001", reader, unit_scale=2)
    child = os.fork()
    if child == 0:
        try:
            bid.write_opening(writer)
        except ForkedEngine:
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_an_amount_is_an_integer_and_is_not_repeated_in_an_error() -> None:
    house = opened(MemoryJournal(), money=YUAN, start_price="1")
    for wrong in (True, 1.5, 2**63):
        with pytest.raises((AmountError, AmountTypeError)):
            SealedBid("A", "001", wrong)  # type: ignore[arg-type]
    with pytest.raises(AmountError) as caught:
        house.seal_bid("A", "001", "1234.567")
    assert str(caught.value) == "amount: expected one in 元; what was received is not repeated"
    with pytest.raises(MisuseError, match="unit_scale: expected 0 to 18, received 19"):
        SealedBid.from_fd("A", "001", 0, unit_scale=19)


@pytest.mark.parametrize(
    ("bid", "told"),
    [
        (SealedBid("B", "001", 500), "received one of 001 for lot B, round 1, in CNY with 2 digits"),
        (SealedBid("A", "002", 500), "received one of 002 for lot A"),
        (SealedBid("A", "001", 500, round=2), "round 2"),
        (SealedBid("A", "001", 500, currency="USD"), "in USD with 2"),
        (SealedBid("A", "001", 500, exponent=0), "in CNY with 0"),
        (SealedBid("A", "001", 500, further_round=1), "round 1, further round 1, in CNY"),
    ],
)
def test_a_bid_that_was_made_for_something_else_is_refused_before_anything_is_recorded(
    bid: SealedBid, told: str
) -> None:
    for custody in ("house", "bidder"):
        house = opened(MemoryJournal(), sealed_custody=custody)
        before = house.last_seq
        with pytest.raises(
            MisuseError, match="bid: expected a sealed bid of 001 for lot A, round 1, in CNY with 2"
        ) as caught:
            house.place_sealed_bid("A", "001", bid)
        assert told in str(caught.value)
        assert house.last_seq == before


def test_misuse_is_named() -> None:
    house = opened(MemoryJournal())
    with pytest.raises(
        MisuseError, match="bid: expected a SealedBid, since under these rules the house holds the amounts"
    ):
        house.place_sealed_bid("A", "001", b"\1" * 32)
    with pytest.raises(MisuseError, match="bid: expected a SealedBid or the 32 bytes of its commitment, received"):
        house.place_sealed_bid("A", "001", b"\1" * 31)
    with pytest.raises(UnknownBidder):
        house.place_sealed_bid("A", 9, SealedBid("A", "001", 500))
    with pytest.raises(MisuseError, match="points: expected an int or a Fraction, received 0.5"):
        house.score_sealed_bid("A", "001", 0.5, by="x")  # type: ignore[arg-type]
    with pytest.raises(MisuseError, match="points: expected a fraction from 0 on of 64-bit numbers, received -1"):
        house.score_sealed_bid("A", "001", -1, by="x")
    with pytest.raises(MisuseError, match="by must be stated"):
        house.score_sealed_bid("A", "001", 1, by="")
    with pytest.raises(MisuseError, match="authority must be stated"):
        house.finish_opening("A", authority="", why="x")
    other = opened(MemoryJournal(), sealed_custody="bidder")
    with pytest.raises(MisuseError, match="a commitment that is not zero must be stated"):
        other.place_sealed_bid("A", "001", bytes(32))


def test_a_refused_change_leaves_the_bid_before_in_the_vault() -> None:
    house = opened(MemoryJournal())
    place_all(house, 200, 300, 400)
    assert house.place_sealed_bid("A", "001", house.seal_bid("A", "001", 99)).reason == "below_floor"
    assert house.place_sealed_bid("A", "002", house.seal_bid("A", "002", 310)).accepted
    house.advance(at=END)
    house.open_sealed_bids("A")
    assert [bid.amount_minor for bid in house.snapshot("A").sealed_bids] == [200, 310, 400]


def test_who_enters_an_amount_that_another_has_is_told_that_and_may_choose_another() -> None:
    house = opened(MemoryJournal(), sealed_equal="refused", sealed_change=None)
    place_all(house, 200, 300)
    refused = house.place_sealed_bid("A", "003", house.seal_bid("A", "003", 300))
    assert refused.reason == "equal_sealed_bid"
    assert refused.message("zh-CN").startswith("已拒绝：已有相同金额的密封报价，规则不接受相同报价，请另选金额")
    assert not house._holds_sealed_bid("A", 3)
    assert house.place_sealed_bid("A", "003", house.seal_bid("A", "003", 301)).accepted
    assert house.place_sealed_bid("A", "003", house.seal_bid("A", "003", 200)).reason == "already_placed"


@pytest.mark.parametrize("change", ["change", "change_or_withdraw"])
def test_rules_that_would_let_a_bidder_search_for_the_amounts_of_others_are_refused(change: str) -> None:
    with pytest.raises(
        RuleError, match="sealed_change: is not possible with sealed_equal: who changes a bid could search"
    ):
        tender(sealed_equal="refused", sealed_change=change).rules()


def test_withdrawn_is_gone_from_the_vault() -> None:
    house = opened(MemoryJournal())
    place_all(house, 200)
    assert house._holds_sealed_bid("A", 1)
    assert house.withdraw_sealed_bid("A", "001").accepted
    assert not house._holds_sealed_bid("A", 1)
    house.place_sealed_bid("A", "001", house.seal_bid("A", "001", 250))
    assert house._holds_sealed_bid("A", 1)


def test_an_opening_needs_the_end_of_the_phase_and_the_amount_that_was_placed() -> None:
    house = opened(MemoryJournal(), sealed_custody="bidder")
    first, _, _ = place_all(house, 200, 300, 400)
    assert house.open_sealed_bid("A", "001", first).reason == "wrong_phase"
    house.advance(at=END)
    assert house.open_sealed_bid("A", "001", SealedBid("A", "001", 201)).reason == "commitment_mismatch"
    amount, blinding = first.opening()
    assert house.open_sealed_bid("A", "001", SealedBid("A", "001", amount, blinding=blinding)).accepted
    with pytest.raises(
        MisuseError, match="the house does not hold this bid; expected the SealedBid that its bidder kept"
    ):
        house.open_sealed_bid("A", "002")
    assert house.open_sealed_bids("A") == ()
    assert house.open_sealed_bid("A", "004", SealedBid("A", "004", 1)).reason == "not_admitted"


def test_the_very_bid_that_stands_keeps_its_place_whatever_may_be_changed() -> None:
    for change in (None, "change"):
        house = opened(MemoryJournal(), sealed_change=change)
        bid, _, _ = place_all(house, 300, 300, 300)
        assert house.place_sealed_bid("A", "001", bid).reason == "already_placed", "a retry after a lost answer"
        house.advance(at=END)
        house.open_sealed_bids("A")
        house.finish_opening("A", **ORDER)
        assert house.outcome("A") == pyauction.Outcome(kind="sold", winner=1, price_minor=300)


def test_after_a_restart_the_vault_takes_the_bids_that_stand_again() -> None:
    journal = MemoryJournal()
    house = opened(journal, sealed_equal="refused", sealed_change=None)
    bids = place_all(house, 200, 300, 250)
    before = [bid.placed_seq for bid in house.snapshot("A").sealed_bids]
    house.close()
    house = house_of(journal, now=SECOND)
    for bid in bids:
        assert house.place_sealed_bid("A", bid.bidder, bid).reason == "already_placed"
    other = SealedBid("A", "001", 999)
    assert house.place_sealed_bid("A", "001", other).reason == "already_placed"
    assert [bid.placed_seq for bid in house.snapshot("A").sealed_bids] == before
    house.advance(at=END)
    assert len(house.open_sealed_bids("A")) == 3
    assert [bid.amount_minor for bid in house.snapshot("A").sealed_bids] == [200, 300, 250]


def test_neither_points_nor_the_end_come_before_every_bid_is_open_or_excluded() -> None:
    house = opened(MemoryJournal(), sealed_custody="bidder", sealed_award="most_points")
    first, second, _ = place_all(house, 200, 300, 400)
    house.advance(at=END)
    for bid in (first, second):
        house.open_sealed_bid("A", bid.bidder, bid)
    assert house.score_sealed_bid("A", "001", 1, by="x").reason == "not_opened"
    assert house.finish_opening("A", **ORDER).reason == "not_opened"
    assert house.exclude_sealed_bid("A", "003", **ORDER).accepted
    assert [bid.bidder for bid in house.snapshot("A").sealed_bids] == [1, 2]
    assert [house.score_sealed_bid("A", number, number, by="x").accepted for number in (1, 2)] == [True, True]
    assert house.finish_opening("A", **ORDER).accepted
    assert house.outcome("A") == pyauction.Outcome(kind="sold", winner=2, price_minor=300)


def test_a_bid_that_the_house_holds_is_opened_and_not_excluded() -> None:
    house = opened(MemoryJournal())
    place_all(house, 200, 300, 400)
    house.advance(at=END)
    assert house.finish_opening("A", **ORDER).reason == "not_opened"
    with pytest.raises(MisuseError, match="bidder: the house holds this bid and opens it"):
        house.exclude_sealed_bid("A", "003", **ORDER)
    house.open_sealed_bids("A")
    assert house.exclude_sealed_bid("A", "003", **ORDER).reason == "already_opened"


def test_a_commitment_that_was_opened_fits_no_further_round() -> None:
    house = opened(MemoryJournal(), sealed_custody="bidder", sealed_tie="requote")
    bids = place_all(house, 300, 300, 200)
    house.advance(at=END)
    for bid in bids:
        house.open_sealed_bid("A", bid.bidder, bid)
    assert house.finish_opening("A", **ORDER).accepted
    with pytest.raises(MisuseError, match="expected a sealed bid of 001 for lot A, round 1, further round 1, in CNY"):
        house.place_sealed_bid("A", "001", bids[0])
    again = house.seal_bid("A", "001", 300)
    assert (again.further_round, again.commitment != bids[0].commitment) == (1, True)
    assert house.place_sealed_bid("A", "001", again).accepted


WRONG_RULES: dict[str, tuple[dict[str, Any], str]] = {
    "the mean of amounts that the bidders keep": (
        {"sealed_award": "closest_to_mean", "sealed_tie": None, "sealed_custody": "bidder"},
        "sealed_award: expected highest or most_points for a tender"),
    "a most with bids placed again": (
        {"sealed_most": 500, "sealed_tie": "requote"}, "sealed_most: is not possible with requote"),
    "a published reserve with bids placed again": (
        {"reserve": EnteredReserve(commitment="at_entry", published="decides"), "sealed_tie": "requote"},
        "reserve: published: is not possible with requote: who bids again would know the reserve"),
    "points and a reserve that is not published": (
        {"reserve": EnteredReserve(commitment="at_entry"), "sealed_award": "most_points"},
        "reserve: published: must be stated with most_points"),
    "two bids": ({"sealed_min": 2}, "sealed_min: expected at least 3 for a tender, received 2"),
    "no length": ({"submission": None}, "submission and submissions_end_at: expected exactly one of them"),
    "a most at the start price": ({"sealed_most": 100}, "sealed_most: expected more than the start price 100, received 100"),
    "no tie rule": ({"sealed_tie": None}, "sealed_tie: must be stated with this award; there is no default"),
    "no custody": ({"sealed_custody": None}, "sealed_custody: must be stated with a sealed phase; there is no default"),
    "higher of equal amounts": ({"sealed_tie": "higher"}, "sealed_tie: higher is about equal points, not about equal amounts"),
    "equal refused where the bidders keep amounts": (
        {"sealed_custody": "bidder", "sealed_equal": "refused", "sealed_change": None},
        "sealed_equal: needs amounts that the house holds"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), WRONG_RULES.values(), ids=WRONG_RULES.keys())
def test_rules_that_could_not_be_held_are_refused_by_name(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(RuleError) as caught:
        tender(**changes).rules()
    assert str(caught.value).startswith(told), str(caught.value)


@pytest.mark.parametrize("snapshots", [False, True])
def test_after_a_restart_each_bidder_brings_its_bid_and_of_equal_ones_the_first_counts(*, snapshots: bool) -> None:
    journal = MemoryJournal(snapshots=snapshots)
    house = opened(journal, sealed_equal="refused", sealed_change=None)
    bids = place_all(house, 200, 300)
    house.close()
    house = house_of(journal, now=SECOND)
    assert [house._holds_sealed_bid("A", number) for number in (1, 2)] == [False, False]
    late = house.seal_bid("A", "003", 300)
    assert house.place_sealed_bid("A", "003", late).accepted, "nobody knows any more that another has this amount"
    house.advance(at=END)
    assert [decision.bidder for decision in house.open_sealed_bids("A")] == [3]
    for bid in bids:
        assert house.open_sealed_bid("A", bid.bidder, bid).accepted
    assert [bid.valid for bid in house.snapshot("A").sealed_bids] == [True, True, False]
    assert house.finish_opening("A", **ORDER).accepted
    assert house.outcome("A") == pyauction.Outcome(kind="sold", winner=2, price_minor=300)
    house.close()
    own = verify(journal)
    assert own.ok, own.to_text()
    assert own == verifier.verify_files(journal.files())


@pytest.mark.parametrize("durability", list(Durability))
def test_an_opening_is_durable_and_so_is_what_follows_its_end(durability: Durability) -> None:
    journal = MemoryJournal()
    house = house_of(journal, durability=durability)
    house.open_lot("A", tender(sealed_min=3))
    for bidder in ("001", "002", "003"):
        house.admit("A", bidder)
    place_all(house, 200, 300, 250)
    house.advance(at=END)
    house.open_sealed_bids("A")
    decision = house.finish_opening("A", **ORDER)
    assert house.outcome("A") == pyauction.Outcome(kind="sold", winner=2, price_minor=300)
    assert decision.durable
    assert house.durable_seq == house.last_seq


def test_an_outage_over_the_deadline_goes_by_the_rule_of_the_lot() -> None:
    for on_outage, phase in (("suspend", "suspended"), ("close_at_schedule", "awaiting_opening")):
        journal = MemoryJournal()
        house = opened(journal, on_outage=on_outage)
        place_all(house, 200, 300, 400)
        house.close()
        house = house_of(journal, now=2 * END)
        house.advance()
        assert house.quote("A").phase == phase
        house.close()
        assert verify(journal) == verifier.verify_files(journal.files())


def test_a_suspension_keeps_the_bids_and_takes_none() -> None:
    house = opened(MemoryJournal())
    place_all(house, 200, 300)
    house.suspend_lot("A", **ORDER, at=90 * SECOND)
    bid = house.seal_bid("A", "003", 400)
    assert house.place_sealed_bid("A", "003", bid).reason == "suspended"
    assert house.withdraw_sealed_bid("A", "001").reason == "suspended"
    house.resume_lot("A", **ORDER, at=900 * SECOND)
    assert house.quote("A").closes_at_ns == 910 * SECOND
    assert house.place_sealed_bid("A", "003", bid).accepted
    house.advance(at=910 * SECOND)
    assert len(house.open_sealed_bids("A")) == 3


def test_an_opening_can_be_terminated_and_then_nothing_is_held() -> None:
    house = opened(MemoryJournal())
    place_all(house, 200, 300, 400)
    house.advance(at=END)
    assert house.admit("A", "004").reason == "wrong_phase"
    assert house.suspend_lot("A", **ORDER).accepted
    assert house.terminate_lot("A", **ORDER).accepted
    assert not any(house._holds_sealed_bid("A", number) for number in (1, 2, 3))
    assert house.open_sealed_bids("A") == ()


@pytest.mark.parametrize("snapshots", [False, True])
def test_an_opening_is_suspended_and_goes_on_where_it_stood(*, snapshots: bool) -> None:
    journal = MemoryJournal(snapshots=snapshots)
    house = opened(journal, reserve=EnteredReserve(commitment="at_entry"))
    bids = place_all(house, 200, 300, 400)
    house.advance(at=END)
    assert house.open_sealed_bid("A", "001", bids[0]).accepted
    assert house.suspend_lot("A", **ORDER).accepted
    house.close()
    house = house_of(journal, now=2 * END)
    sealed = SealedReserve.for_simulation("A", 350)
    refused = [
        house.open_sealed_bid("A", "002", bids[1]),
        house.exclude_sealed_bid("A", "002", **ORDER),
        house.finish_opening("A", **ORDER),
        house.place_sealed_bid("A", "002", bids[1]),
        house.admit("A", "004"),
        house.enter_reserve("A", sealed, by="保密员", witness="纪检组"),
        house.resume_lot("A", **ORDER, ends_at=9 * END),
    ]
    assert [decision.reason for decision in refused] == [
        *["suspended"] * 4,
        "wrong_phase",
        "wrong_phase",
        "end_not_allowed",
    ]
    assert house.open_sealed_bids("A") == ()
    assert house.resume_lot("A", **ORDER).accepted
    assert (house.quote("A").phase, house.quote("A").closes_at_ns) == ("awaiting_opening", None)
    assert [house.open_sealed_bid("A", bid.bidder, bid).accepted for bid in bids[1:]] == [True, True]
    assert house.finish_opening("A", **ORDER).accepted
    assert house.quote("A").phase == "awaiting_reserve", "it was not entered while it could be"
    house.close()
    own = verify(journal)
    assert own.ok, own.to_text()
    assert own == verifier.verify_files(journal.files())


def test_too_few_are_never_opened_and_the_vault_lets_go_of_them() -> None:
    house = opened(MemoryJournal())
    place_all(house, 200, 300)
    house.advance(at=END)
    assert house.outcome("A") == pyauction.Outcome(kind="unsold", cause="too_few_bidders")
    assert [bid.amount_minor for bid in house.snapshot("A").sealed_bids] == [None, None]
    assert not any(house._holds_sealed_bid("A", number) for number in (1, 2))


def test_no_reserve_can_be_entered_once_amounts_are_known() -> None:
    reserve = EnteredReserve(commitment="at_entry")
    house = opened(MemoryJournal(), reserve=reserve, sealed_tie="requote")
    place_all(house, 400, 400, 300)
    sealed = SealedReserve.for_simulation("A", 350)
    house.advance(at=END)
    assert house.enter_reserve("A", sealed, by="保密员", witness="纪检组").reason == "wrong_phase"
    house.open_sealed_bids("A")
    assert house.finish_opening("A", **ORDER).record is not None
    assert house.quote("A").phase == "sealed"
    assert house.snapshot("A").further_rounds == 1
    assert house.enter_reserve("A", sealed, by="保密员", witness="纪检组").reason == "wrong_phase"


def test_a_reserve_that_is_to_be_published_is_disclosed_at_the_opening_only() -> None:
    house = opened(MemoryJournal(), reserve=EnteredReserve(commitment="at_entry", published="decides"))
    sealed = SealedReserve.for_simulation("A", 250)
    house.enter_reserve("A", sealed, by="保密员", witness="纪检组")
    place_all(house, 200, 240, 230)
    assert house.disclose_reserve("A", sealed, by="招标人").reason == "wrong_phase"
    house.advance(at=END)
    house.open_sealed_bids("A")
    other = SealedReserve.for_simulation("A", 251)
    assert house.disclose_reserve("A", other, by="招标人").reason == "commitment_mismatch"
    assert house.disclose_reserve("A", sealed, by="招标人").accepted
    assert house.finish_opening("A", **ORDER).accepted
    assert house.outcome("A") == pyauction.Outcome(kind="unsold", cause="reserve_not_met")
