"""Real logs whose terms forbid shipping: import and order. PYAUCTION_DATA names their folder; without it, skipped."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pyauction.history import Mapping, replay_history
from pyauction.history.mapping import BidColumns, FileFormat

RULES = """
[auction]
type = "english@1"
[auction.rules]
start_price = "0.01"
increment = "0.01"
self_outbid = "allowed"
reserve = "none"
"""

EBAY = (
    RULES
    + """
[bids]
lot = "auctionid"
bidder = "bidder"
amount = "bid"
time = "bidtime"
order = "time"
[amount]
currency = "USD"
exponent = 2
[time]
format = "days_since"
origin = "2004-01-01T00:00:00Z"
"""
)

MAXSOLD = (
    RULES
    + """
[bids]
lot = "item_id"
bidder = {constant = "-"}
amount = "amount_cad"
time = "time_of_bid"
sequence = "bid_number_1_is_last"
order = "sequence_descending"
[amount]
currency = "CAD"
exponent = 2
[time]
format = "iso"
[outcome]
price = {column = "last_amount"}
"""
)


def folder(data_dir: Path, name: str) -> Path:
    path = data_dir / name
    if not path.is_dir():
        pytest.skip(f"real bid logs are missing: {path} does not exist")
    return path


def lines(path: Path) -> list[list[str]]:
    return [line.split(",") for line in path.read_text(encoding="utf-8-sig").splitlines()[1:]]


def test_ebay_times_are_exact_decimals_of_days_and_na_is_a_bidder(data_dir: Path) -> None:
    """Proxy bids: what the engine makes of them as plain bids is not compared."""
    path = folder(data_dir, "ebay_jank_shmueli") / "bids.csv"
    report = replay_history(path, Mapping.parse(EBAY))
    raw = lines(path)
    assert (report.bids, report.skipped) == (len(raw), ())
    assert report.lots == len({row[0] for row in raw})
    read = {bid[0]: bid for sale in report.sales for bid in sale.bids}
    day = Decimal(86_400 * 10**9)
    assert {line: (bid[1], bid[2], bid[3]) for line, bid in read.items()} == {
        line: (row[3], int(Decimal(row[1]) * 100), int(Decimal(row[2]) * day)) for line, row in enumerate(raw, 2)
    }
    assert sum(bid[1] == "NA" for bid in read.values()) == sum(row[3] == "NA" for row in raw) > 0
    assert not [warning for warning in report.warnings if "before an earlier one" in warning]


def test_maxsold_ladders_are_put_in_order_and_their_last_price_comes_out(data_dir: Path, tmp_path: Path) -> None:
    """No bidders are recorded, so that only order, times and the last amount can be compared."""
    path = folder(data_dir, "maxsold_ladder") / "bids.csv"
    raw = lines(path)
    last = {row[1]: row[4] for row in raw if row[2] == "1"}
    lots = tmp_path / "lots.csv"
    lots.write_text("item_id,last_amount\n" + "".join(f"{item},{amount}\n" for item, amount in last.items()))
    report = replay_history(path, Mapping.parse(MAXSOLD), lots=lots)
    assert (report.bids, report.skipped, report.lots) == (len(raw), (), len({row[1] for row in raw}))
    numbers = [[bid[5] for bid in sale.bids] for sale in report.sales]
    assert numbers == [sorted(each, reverse=True) for each in numbers]
    top = {sale.name: max(bid[2] for bid in sale.bids) for sale in report.sales}
    assert {sale.name: sale.price_minor for sale in report.sales} == top
    assert report.lots_matched == sum(int(Decimal(amount) * 100) == top[item] for item, amount in last.items())


def test_maxsold_items_are_joined_to_the_auction_that_they_are_part_of(data_dir: Path) -> None:
    """An auction has many items: its row tells of each when it opens."""
    path = folder(data_dir, "maxsold_ladder")
    joined = MAXSOLD.replace('[outcome]\nprice = {column = "last_amount"}', '[lots]\non = "auction_id"').replace(
        "[auction.rules]", 'opens = {column = "starts"}\n[auction.rules]'
    )
    report = replay_history(path / "bids.csv", Mapping.parse(joined), lots=path / "auctions.csv")
    raw = lines(path / "bids.csv")
    starts = {row[0]: datetime.fromisoformat(row[1]) for row in lines(path / "auctions.csv")}
    early = {row[1] for row in raw if datetime.fromisoformat(row[3]) < starts[row[0]]}
    not_open = {sale.name for sale in report.sales if "not_open" in sale.reasons}
    assert (report.bids, report.skipped, not_open) == (len(raw), (), early)


def test_korean_bids_are_read_in_their_zone_and_unit(data_dir: Path) -> None:
    """Sealed tenders: only the import is tested, with every bid's time and amount."""
    path = folder(data_dir, "kr_konep_sealed") / "bids.csv"
    columns = 'lot = "auction_id"\nbidder = "bidder"\namount = "amount_krw"\ntime = "submitted_at_kst"\n'
    form = '[amount]\ncurrency = "KRW"\nexponent = 0\n[time]\nformat = "iso"\nzone = "Asia/Seoul"\n'
    mapping = Mapping.parse(f"{RULES.replace('0.01', '1')}\n[bids]\n{columns}{form}")
    assert mapping.bids == BidColumns(lot="auction_id", bidder="bidder", amount="amount_krw", time="submitted_at_kst")
    assert mapping.file == FileFormat()
    report = replay_history(path, mapping)
    decided = sum(len(sale.bids) for sale in report.sales)
    assert report.bids == decided + len(report.skipped)
    assert {one.column for one in report.skipped} <= {"amount_krw", "submitted_at_kst"}
