"""Drafting a mapping from a file: what it tells is filled in, what it does not is asked."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

import pyauction
from pyauction import MisuseError
from pyauction.history import Mapping, MappingError, draft_mapping, replay_history

T0 = 1_697_653_967
QUESTIONS = (
    r"mapping: amount\.currency, amount\.exponent, auction\.rules\.start_price, auction\.rules\.increment, "
    r"auction\.rules\.length, auction\.rules\.self_outbid: still '\?': the draft could not tell, you must"
)
DATA = Path(pyauction.__file__).parent / "demo_data"


def test_a_draft_of_the_demonstration_becomes_a_working_mapping_once_its_questions_are_answered() -> None:
    draft = draft_mapping(DATA / "cash_onchain_bids.csv")
    with pytest.raises(MappingError, match=QUESTIONS):
        Mapping.parse(draft)
    answers = {
        'currency = "?"': 'currency = "ETH"',
        'start_price = "?"': 'start_price = {column = "reserve_eth"}',
        'increment = "?"': 'increment = {percent = "10", rounding = "down"}',
        'length = "?"': 'length = "24h"',
        'self_outbid = "?"': 'self_outbid = "allowed"',
        'exponent = "?"  # decimal digits of a minor unit, as a number: 2 for 分, 18 for wei; the sample has up to 6': (
            "exponent = 18 #"
        ),
        "# acceptance": "acceptance",
        "# clock": "clock",
        "# extension": "extension",
        "# [outcome]": "[outcome]",
        '# winner = {column = "?"}': 'winner = {column = "recorded_winner"}',
        '# price = {column = "?"}': 'price = {column = "recorded_high_bid_eth"}',
    }
    for question, answer in answers.items():
        assert question in draft
        draft = draft.replace(question, answer)
    report = replay_history(DATA / "cash_onchain_bids.csv", Mapping.parse(draft), lots=DATA / "cash_onchain_lots.csv")
    assert (report.lots_matched, report.bids_matched, report.exit_code) == (8, 99, 0)


@pytest.mark.parametrize(
    ("encoding", "text", "expected"),
    [
        (
            "gb18030",
            "标的;竞买号;报价(万元);报价时间;状态\n地块一;001;1,319.5;2024/3/1 09:30:00;有效\n",
            {
                "file": {"delimiter": ";", "encoding": "gb18030", "null": []},
                "bids": {"lot": "标的", "bidder": "竞买号", "amount": "报价(万元)", "time": "报价时间"},
                "amount": {"currency": "?", "exponent": "?", "thousands": ","},
                "time": {"format": "%Y/%m/%d %H:%M:%S", "zone": "?"},
            },
        ),
        (
            "utf-8-sig",
            "auction_id,item_id,bid_number,time_of_bid,amount_cad\n1,2,1,2025-11-26T20:32:42-05:00,41.10\n",
            {
                "file": {"delimiter": ",", "encoding": "utf-8-sig", "null": []},
                "bids": {"lot": "auction_id", "bidder": "?", "amount": "amount_cad", "time": "time_of_bid"},
                "amount": {"currency": "?", "exponent": "?"},
                "time": {"format": "iso"},
            },
        ),
        (
            "utf-16",
            'a\tb\n"1"\t2\n',
            {
                "file": {"delimiter": "\t", "encoding": "utf-16", "null": []},
                "bids": {"lot": "?", "bidder": "?", "amount": "?", "time": "?"},
                "amount": {"currency": "?", "exponent": "?"},
                "time": {"format": "?"},
            },
        ),
    ],
)
def test_a_draft_is_toml_that_says_what_the_file_tells(
    tmp_path: Path, encoding: str, text: str, expected: dict[str, Any]
) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(text.encode(encoding))
    drafted = tomllib.loads(draft_mapping(path))
    del drafted["auction"]
    assert drafted == expected


def test_a_naive_time_leaves_the_zone_open(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("lot,bidder,amount,time\nA,x,1,2024-03-01 09:30:00\n")
    assert tomllib.loads(draft_mapping(path))["time"] == {"format": "iso", "zone": "?"}


def test_a_column_is_drafted_only_for_what_its_values_can_be(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    header = "lot,user,bid,price,date,time_of_day,placed_at,seq"
    path.write_text(f"{header}\nA,x,first,1e-05,long ago,noon,2024-03-01 09:30:00+08,one\n")
    drafted = tomllib.loads(draft_mapping(path))
    assert drafted["bids"] == {"lot": "lot", "bidder": "user", "amount": "price", "time": "placed_at"}
    assert drafted["amount"] == {"currency": "?", "exponent": "?", "notation": "scientific"}
    assert drafted["time"] == {"format": "iso"}
    assert "sequence =" not in draft_mapping(path)


def test_times_that_count_leave_the_format_and_the_origin_open(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("auctionid,bid,bidtime,bidder\n1638893549,175,2.230949,u0001\n1638893549,100,2.6,NA\n")
    drafted = tomllib.loads(draft_mapping(path))
    assert drafted["bids"] == {"lot": "auctionid", "bidder": "bidder", "amount": "bid", "time": "bidtime"}
    assert drafted["time"] == {"format": "?", "origin": "?"}


def test_decimals_of_a_minute_are_no_time(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("lot,bidder,amount,time\nA,x,1,2023-10-18T18:32.5Z\n")
    assert tomllib.loads(draft_mapping(path))["bids"]["time"] == "?"


def test_odd_column_names_and_values_stay_valid_toml(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b'"lot ""x""\n\\",bidder,amount,time\nA\x7f\x01,"b\nc",1,1697653967\n')
    assert tomllib.loads(draft_mapping(path))["bids"] == {
        "lot": 'lot "x"\n\\',
        "bidder": "bidder",
        "amount": "amount",
        "time": "time",
    }


def test_a_file_without_header_cannot_be_drafted_from(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.touch()
    with pytest.raises(MisuseError, match="expected a CSV file with a header: expected a header, the file is empty"):
        draft_mapping(path)
    with pytest.raises(MisuseError, match="could not read"):
        draft_mapping(tmp_path / "none.csv")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MisuseError, match="expected a CSV file, which is read twice"):
        draft_mapping(tmp_path / "pipe")


def test_a_file_without_a_column_of_bidders_may_have_a_constant_one(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("lot,amount,time\nA,1,1697653967\n")
    assert 'bidder = "?"  # or {constant = "-"} if the log does not say who\n' in draft_mapping(path)
