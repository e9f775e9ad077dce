"""The recorded auctions that ship with the package, and what other auctions of the same contract may hold."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

import pyauction
from pyauction import Mapping, replay_history
from pyauction.history import HistoryReport, Mismatch

DATA = Path(pyauction.__file__).parent / "demo_data"
EXAMPLE = Path(__file__).parents[2] / "examples" / "cash_onchain"
BIDS, LOTS, MAPPING = (DATA / f"cash_onchain{end}" for end in ("_bids.csv", "_lots.csv", ".toml"))
NS = 10**9
DAY = 86_400
T0 = 1_697_653_967
RESERVE = "0.026724734404329435"
ALICE, BOB = "0x47144372eb383466D18FC91DB9Cd0396Aa6c87A4", "0x4D4Ae97c9f8D8391880765c71DeDc4eF18F9e762"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_all_eight_auctions_and_every_bid_come_out_as_recorded() -> None:
    report = replay_history(BIDS, MAPPING, lots=LOTS)
    assert report.to_dict() == {
        "schema": "pyauction.replay/1",
        "lots": 8,
        "lots_matched": 8,
        "bids": 99,
        "bids_compared": 99,
        "bids_matched": 99,
        "mismatched": [],
        "skipped": [],
        "warnings": [],
    }
    assert report.exit_code == 0


def test_winners_and_prices_are_the_recorded_ones_read_apart_from_the_mapping() -> None:
    recorded = {row["auction_id"]: row for row in table(LOTS)}
    sales = replay_history(BIDS, MAPPING, lots=LOTS).sales
    assert {sale.name: sale.winner for sale in sales} == {lot: row["recorded_winner"] for lot, row in recorded.items()}
    assert {sale.name: f"{sale.price_minor}" for sale in sales} == {
        lot: (whole + places.ljust(18, "0")).lstrip("0")
        for lot, row in recorded.items()
        for whole, _, places in [row["recorded_high_bid_eth"].partition(".")]
    }


def test_every_stamp_is_the_recorded_time() -> None:
    recorded = [int(row["timestamp"]) * NS for row in table(BIDS)]
    assert [at for sale in replay_history(BIDS, MAPPING, lots=LOTS).sales for at in sale.at_ns] == recorded


def test_the_example_has_the_same_mapping_and_the_provenance_is_kept() -> None:
    assert (EXAMPLE / "cash_onchain.toml").read_bytes() == MAPPING.read_bytes()
    for readme in (EXAMPLE / "README.md", DATA / "README.md"):
        text = readme.read_text(encoding="utf-8")
        assert "github.com/scyclow/cash" in text
        assert "(contract header MIT; public chain data)" in text


def test_the_example_shows_what_the_replay_says() -> None:
    summary = replay_history(BIDS, MAPPING, lots=LOTS).to_text()
    assert summary in (EXAMPLE / "README.md").read_text(encoding="utf-8")


def test_a_falsified_price_is_the_one_difference(tmp_path: Path) -> None:
    lots = tmp_path / "lots.csv"
    lots.write_text(LOTS.read_text().replace(",0.1,0x0e63", ",0.11,0x0e63"))
    report = replay_history(BIDS, MAPPING, lots=lots)
    assert report.mismatched == (Mismatch("19", 5, "price", "0.11", "0.1"),)
    assert (report.lots_matched, report.bids_matched, report.exit_code) == (7, 99, 1)


Replay = Callable[..., tuple[HistoryReport, list[str | None]]]


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    def replay(  # noqa: PLR0917 - a lot as its two files state it
        bids: list[tuple[str, str, int]],
        winner: str,
        price: str,
        title: str = "$0.00",
        reserve: str = RESERVE,
        notation: str = "scientific",
    ) -> tuple[HistoryReport, list[str | None]]:
        rows = "".join(f"7,{bidder},{amount},{at}\n" for bidder, amount, at in bids)
        (tmp_path / "b.csv").write_text("auction_id,bidder,amount_eth,timestamp\n" + rows)
        header = "auction_id,title,reserve_eth,recorded_high_bid_eth,recorded_winner"
        (tmp_path / "l.csv").write_text(f'{header}\n7,"{title}",{reserve},{price},{winner}\n')
        text = MAPPING.read_text(encoding="utf-8").replace('notation = "scientific"', f'notation = "{notation}"')
        report = replay_history(tmp_path / "b.csv", Mapping.parse(text), lots=tmp_path / "l.csv")
        return report, [reason for sale in report.sales for reason in sale.reasons]

    return replay


def test_the_contract_rounds_a_tenth_of_a_wei_down(replay: Replay) -> None:
    least = "0.029397207844762378"  # floor(26724734404329435 * 11000 / 10000)
    report, reasons = replay([(ALICE, RESERVE, T0), (BOB, least, T0 + 1)], BOB, least)
    assert (report.exit_code, reasons) == (0, [None, None])
    report, reasons = replay([(ALICE, RESERVE, T0), (BOB, "0.029397207844762377", T0 + 1)], ALICE, RESERVE)
    assert (report.exit_code, reasons, report.lots_matched) == (1, [None, "below_increment"], 1)


def test_a_first_bid_below_the_reserve_starts_nothing(replay: Replay) -> None:
    report, reasons = replay([(ALICE, "0.026724734404329434", T0), (BOB, "1", T0 + 2 * DAY)], BOB, "1")
    assert (reasons, report.lots_matched) == (["below_start", None], 1)


def test_bids_extend_while_ten_minutes_are_left_and_the_last_second_is_late(replay: Replay) -> None:
    end = T0 + DAY
    bids = [
        (ALICE, "1", T0),
        (BOB, "1.1", end - 601),  # more than 10 minutes: leaves the end where it is
        (ALICE, "1.21", end - 1),  # until end + 599
        (BOB, "2", end + 598),  # until end + 1198
        (BOB, "2.2", end + 1197),  # its own bid, until end + 1797
        (ALICE, "3", end + 1797),  # late
    ]
    report, reasons = replay(bids, BOB, "2.2")
    assert reasons == [None, None, None, None, None, "closed"]
    assert [(close - end * NS) // NS for close in report.sales[0].closes_at[:5]] == [0, 0, 599, 1198, 1797]
    assert report.lots_matched == 1


def test_bids_of_one_block_have_one_time_and_keep_their_order(replay: Replay) -> None:
    report, reasons = replay([(ALICE, "1", T0), (BOB, "1.1", T0), (ALICE, "1.21", T0)], ALICE, "1.210")
    assert (report.exit_code, reasons, report.warnings) == (0, [None, None, None], ())


def test_addresses_are_compared_without_their_checksum_and_titles_may_hold_commas(replay: Replay) -> None:
    report, reasons = replay([(ALICE.lower(), "1", T0), (ALICE, "1.1", T0)], ALICE.upper(), "1.1", title="$1,000.00")
    assert (report.exit_code, reasons) == (0, [None, None])


@pytest.mark.parametrize("winner", ["", "0x" + "0" * 40])
def test_an_auction_without_bids_is_recorded_as_unsold(replay: Replay, winner: str) -> None:
    report, reasons = replay([], winner, "0.0")
    assert (report.lots, report.lots_matched, report.exit_code, reasons) == (1, 1, 0, [])


@pytest.mark.parametrize("reserve", ["0", "0.0", "0.000000000000000001"])
def test_a_reserve_of_zero_is_one_wei_as_in_the_contract(replay: Replay, reserve: str) -> None:
    least = "0.000000000000000001"
    bids = [(ALICE, "0", T0), (ALICE, least, T0), (BOB, "0.000000000000000002", T0 + 1)]
    report, reasons = replay(bids, BOB, "0.000000000000000002", reserve=reserve)
    assert (reasons, report.lots_matched) == (["amount_not_positive", None, None], 1)
    assert len(report.warnings) == (reserve != least)


def test_amounts_as_python_prints_floats_and_decimals_are_read_as_the_mapping_says(replay: Replay) -> None:
    bids = [(ALICE, "1E-18", T0), (BOB, "5e-05", T0 + 1)]
    report, reasons = replay(bids, BOB, "0.00005", reserve="1e-18")
    assert (report.exit_code, reasons, report.lots_matched) == (0, [None, None], 1)
    report, _ = replay(bids, BOB, "0.00005", notation="decimal")
    assert [one.column for one in report.skipped] == ["amount_eth", "amount_eth", "auction_id"]


def test_more_ether_than_sixty_four_bits_of_wei_is_left_out_naming_the_limit(replay: Replay) -> None:
    report, reasons = replay([(ALICE, "8", T0), (BOB, "9.223372036854775808", T0 + 1)], BOB, "9.223372036854775808")
    reason = (
        "expected at most 9.223372036854775807 ETH at exponent 18; a smaller exponent holds more, received "
        "'9.223372036854775808'"
    )
    assert (reasons, [one.reason for one in report.skipped]) == ([None], [reason, reason])
    assert (report.bids_matched, report.lots_matched, report.exit_code) == (1, 0, 3)
    assert "9.223372036854775807 ETH" in (EXAMPLE / "README.md").read_text(encoding="utf-8")


def test_an_auction_recorded_as_unsold_with_a_price_contradicts_itself(replay: Replay) -> None:
    report, reasons = replay([(ALICE, "1", T0)], "", "5.0")
    assert ([one.column for one in report.skipped], reasons) == (["recorded_high_bid_eth"], [None])
    assert report.mismatched == (Mismatch("7", 2, "winner", None, ALICE),)
