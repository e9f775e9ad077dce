"""What every auction type keeps to, the built-in ones and those of third parties found through the entry points."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sales import SECOND, english, listing, manual_house, online_auction, tender

from pyauction import (
    AuctionHouse,
    AuctionType,
    Decision,
    LotRules,
    MemoryJournal,
    MisuseError,
    Outcome,
    UnknownAuctionType,
    verifier,
    verify,
)
from pyauction._engine import decode_record, read_journal
from pyauction.auctions import auction_type, auction_types
from pyauction.events import CommandRefused, event_of

VENDOR = "vendor.second_price@1"
PACKAGE = '''
"""The highest bidder pays the amount of the second highest bidder, or the start price."""
import msgspec
import pyauction
from pyauction import English, LotRules, NoReserve, Outcome


class SecondPrice:
    type_id = "vendor.second_price@1"
    money = pyauction.CNY

    def rules(self) -> LotRules:
        return English(
            money=self.money, start_price=100, increment=10, length="100s", reserve=NoReserve(), admission="open",
            on_outage="close_at_schedule", self_outbid="allowed",
        ).rules()

    @staticmethod
    def settle(lot):
        if not lot.bids:
            return Outcome(kind="unsold", cause="no_bids")
        others = [amount for bidder, amount in lot.bids if bidder != lot.leader]
        if not others:
            return Outcome(kind="unsold", cause="type_rule", detail="one bidder makes no second price")
        return Outcome(kind="sold", winner=lot.leader, price_minor=max(others))
'''


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution of a third party, installed."""
    site = tmp_path / "site-packages"
    info = site / "vendor_sale-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vendor-sale\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[pyauction.auctions]\n{VENDOR} = vendor_sale:SecondPrice\n")
    (site / "vendor_sale.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(site)
    yield site
    sys.modules.pop("vendor_sale", None)


SAMPLES: dict[str, Any] = {
    "english@1": english,
    "listing@1": listing,
    "auction@1": online_auction,
    "tender@1": tender,
    VENDOR: lambda: auction_type(VENDOR)(),
}  # fmt: skip
every_type = pytest.mark.parametrize("type_id", SAMPLES)
END = 1_000 * SECOND


@pytest.mark.usefixtures("vendor")
def test_every_installed_type_keeps_the_contract_below() -> None:
    assert sorted(auction_types()) == sorted(SAMPLES), "a new type needs a sample"


@every_type
@pytest.mark.usefixtures("vendor")
def test_a_type_is_found_under_its_own_id(type_id: str) -> None:
    found = auction_types()[type_id]
    assert found is auction_type(type_id)
    assert found.type_id == type_id
    assert isinstance(SAMPLES[type_id](), AuctionType)


@every_type
@pytest.mark.usefixtures("vendor")
def test_a_type_states_valid_rules(type_id: str) -> None:
    rules = SAMPLES[type_id]().rules()
    assert isinstance(rules, LotRules)
    assert rules == SAMPLES[type_id]().rules()
    assert verifier.decode_rules(rules.canonical).start_price == 100, "the independent verifier reads them"


def quote(house: AuctionHouse, type_id: str, bidder: str, amount: int) -> Decision:
    """Bid as the type takes bids."""
    if type_id != "tender@1":
        return house.bid("A", bidder, amount)
    house.admit("A", bidder)
    return house.place_sealed_bid("A", bidder, house.seal_bid("A", bidder, amount))


@every_type
@pytest.mark.parametrize(
    ("bids", "kind"),
    [([], "unsold"), ([("001", 100), ("002", 120), ("003", 150)], "sold")],
    ids=["unsold", "sold"],
)
@pytest.mark.usefixtures("vendor")
def test_a_type_settles_a_lot_of_a_real_house_as_a_pure_function(
    type_id: str, bids: list[tuple[str, int]], kind: str
) -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        house.open_lot("A", SAMPLES[type_id]())
        for bidder, amount in bids:
            assert quote(house, type_id, bidder, amount).accepted
        house.advance(at=END)
        if type_id == "tender@1" and bids:
            house.open_sealed_bids("A")
            house.finish_opening("A", authority="招标人", why="开标结束")
        lot, outcome = house.snapshot("A"), house.outcome("A")
        assert lot.state == "decided"
    assert outcome is not None
    assert outcome.kind == kind
    before = msgspec.json.encode(lot)
    closed = msgspec.structs.replace(lot, state="closed", outcome=None)
    settle = auction_type(type_id).settle
    assert settle(closed) == settle(closed) == outcome
    assert msgspec.json.encode(lot) == before
    own, independent = verify(journal), verifier.verify_files(journal.files())
    assert own.ok, own.to_text()
    assert independent.ok, independent.to_text()
    assert own.lots[0].settlement == "verified"
    known = type_id != VENDOR
    assert independent.lots[0].settlement == ("verified" if known else "attested")


@pytest.mark.usefixtures("vendor")
def test_a_third_partys_price_is_recorded_as_it_settled() -> None:
    with manual_house() as house:
        house.open_lot("A", SAMPLES[VENDOR]())
        house.open_lot("B", SAMPLES[VENDOR]())
        for lot, bidder, amount in (("A", "001", 100), ("A", "002", 120), ("A", "001", 150), ("B", "001", 100)):
            house.bid(lot, bidder, amount)
        house.advance(at=END)
        assert house.outcome("A") == Outcome(kind="sold", winner=1, price_minor=120)
        detail = "one bidder makes no second price"
        assert house.outcome("B") == Outcome(kind="unsold", cause="type_rule", detail=detail)


def test_an_unknown_type_names_the_installed_ones() -> None:
    with pytest.raises(
        UnknownAuctionType, match=r"no auction type 'x@1' is installed; expected one of \['auction@1', 'english@1'"
    ):
        auction_type("x@1")


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution whose auction type does not load, installed."""
    info = tmp_path / "broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[pyauction.auctions]\nbroken.type@1 = no_such_module:Type\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("broken")
def test_a_type_that_does_not_load_is_unknown_and_concerns_no_other() -> None:
    with pytest.raises(
        UnknownAuctionType, match=r"'broken.type@1' does not load from 'no_such_module:Type': No module"
    ):
        auction_type("broken.type@1")
    with pytest.raises(
        UnknownAuctionType, match=r"'x@1' is installed; expected one of \['auction@1', 'broken.type@1', 'english@1'"
    ):
        auction_type("x@1")
    journal = MemoryJournal()
    with manual_house(journal) as house:
        house.open_lot("A", custom(lambda _: Outcome(kind="unsold", cause="no_bids")))
        house.advance(at=END)
        assert house.outcome("A") == Outcome(kind="unsold", cause="no_bids")
    (lot,) = verify(journal).lots
    assert lot.settlement == "attested"


# Types that fail


class Custom:
    """A type whose settlement a test supplies."""

    type_id = "test.custom@1"
    money = english().money

    def rules(self) -> LotRules:
        return english().rules()


def custom(settlement: Any) -> Any:
    return type("Given", (Custom,), {"settle": staticmethod(settlement)})()


def failing(_: Any) -> Outcome:
    raise RuntimeError("the vendor's server is down")


def test_a_settlement_that_raises_leaves_its_lot_closed_and_concerns_no_other_lot() -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        house.open_lot("A", custom(failing))
        house.open_lot("B", english(length="200s"))
        house.bid("A", "001", 100)
        bid = house.bid("B", "001", 100, at=100 * SECOND)
        assert (bid.accepted, bid.durable) == (True, True)
        assert house.quote("A").phase == "closed"
        with pytest.raises(RuntimeError, match="the vendor's server is down"):
            house.outcome("A")
        assert house.bid("B", "002", 110).accepted
        assert house.bid("A", "001", 110).reason == "closed"
        house.advance(at=200 * SECOND)
        assert house.outcome("B") == Outcome(kind="sold", winner=2, price_minor=110)
    report = verify(journal)
    assert report.ok
    assert [(lot.state, lot.settlement) for lot in report.lots] == [("closed", "none"), ("decided", "verified")]


IMPOSSIBLE: dict[str, Any] = {
    "a price nobody bid": Outcome(kind="sold", winner=2, price_minor=105),
    "a winner below the price": Outcome(kind="sold", winner=1, price_minor=110),
    "nobody wins": Outcome(kind="sold", winner=None, price_minor=110),
    "a winner who never bid": Outcome(kind="sold", winner=3, price_minor=110),
    "an unknown winner": Outcome(kind="sold", winner=9, price_minor=110),
    "no price": Outcome(kind="sold", winner=2, price_minor=None),
    "no bids where there are": Outcome(kind="unsold", cause="no_bids"),
    "a reserve that there is not": Outcome(kind="unsold", cause="reserve_not_met"),
    "too few bidders without a rule": Outcome(kind="unsold", cause="too_few_bidders"),
    "a rule without detail": Outcome(kind="unsold", cause="type_rule"),
    "no cause": Outcome(kind="unsold"),
    "unsold to somebody": Outcome(kind="unsold", cause="type_rule", winner=2, price_minor=110, detail="x"),
    "sold with a cause": Outcome(kind="sold", cause="no_bids", winner=2, price_minor=110),
}


@pytest.mark.parametrize("outcome", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_an_outcome_that_the_bids_do_not_allow_is_refused_and_recorded(outcome: Outcome) -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        house.open_lot("A", custom(lambda _: outcome))
        house.bid("A", "001", 100)
        house.bid("A", "002", 110)
        house.admit("A", "003")
        house.advance(at=END)
        assert house.quote("A").phase == "closed"
        with pytest.raises(MisuseError, match="which its bids do not allow"):
            house.outcome("A")
    last = event_of(decode_record(read_journal(journal)[1][-1]))
    assert isinstance(last, CommandRefused)
    assert (last.command, last.reason) == ("record_outcome", "outcome_invalid")
    assert verify(journal).ok


@pytest.mark.parametrize(
    "returned",
    [None, ("sold", 1, 110), Outcome(kind="sold", winner=1, price_minor=2**70), Outcome(kind="given")],  # type: ignore[arg-type]
)
def test_a_settlement_that_returns_something_else_leaves_its_lot_closed(returned: Any) -> None:
    with manual_house() as house:
        house.open_lot("A", custom(lambda _: returned))
        house.open_lot("B", english(length="200s"))
        house.bid("A", "001", 100)
        assert house.bid("B", "001", 100, at=100 * SECOND).accepted
        assert house.quote("A").phase == "closed"
        with pytest.raises((AttributeError, OverflowError, MisuseError)):
            house.outcome("A")


def test_a_restart_settles_again_what_was_not_settled(
    vendor: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journal = MemoryJournal()
    auction = SAMPLES[VENDOR]()
    with monkeypatch.context() as patch, manual_house(journal) as house:
        patch.setattr(type(auction), "settle", staticmethod(failing))
        house.open_lot("A", auction)
        house.bid("A", "001", 100)
        house.bid("A", "002", 120)
        house.advance(at=END)
        assert house.quote("A").phase == "closed"
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", [entry for entry in sys.path if entry != str(vendor)])
        with manual_house(journal, now=END) as house:
            assert house.quote("A").phase == "closed"
            with pytest.raises(UnknownAuctionType):
                house.outcome("A")
            assert house.open_lot("B", english()).accepted
    with manual_house(journal, now=END) as house:
        assert house.outcome("A") == Outcome(kind="sold", winner=2, price_minor=100)
    assert verify(journal).ok
    assert "lot 'A' is closed and not settled" in caplog.text
