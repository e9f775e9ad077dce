"""What a mapping refuses before any row is read, and how it says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pyauction import MisuseError
from pyauction.history import Mapping, MappingError
from pyauction.history.mapping import BidColumns, FileFormat

if TYPE_CHECKING:
    from .conftest import Log


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bids": {"biddr": '"bidder"'}}, "bids.biddr: no such key; did you mean 'bidder'?; expected one of"),
        ({"file": {"encodng": '"gb18030"'}}, "file.encodng: no such key; did you mean 'encoding'?"),
        ({"outcomes": {"winner": '{column = "w"}'}}, "outcomes: no such key; did you mean 'outcome'?"),
        ({"outcome": {"winner": '{colum = "w"}'}}, "outcome.winner.colum: no such key; did you mean 'column'?"),
        (
            {"auction__rules": {"extention": '"10m"'}},
            "auction.rules.extention: expected a parameter of english@1; did you mean 'extension'?",
        ),
        ({"auction__rules": {"admission": '"listed"'}}, "auction.rules.admission: not stated here"),
        (
            {"auction__rules": {"start_price": "0.5"}},
            'auction.rules.start_price: expected text as "0.5", received the float',
        ),
        ({"auction__rules": {"increment": '"?"'}}, "auction.rules.increment: still '?'"),
        (
            {"auction__rules": {"increment": None, "self_outbid": None}},
            "auction.rules: english@1 needs increment, self_outbid, and there is no default",
        ),
        ({"auction__rules": {"reserve": '"5"'}}, "auction.rules.reserve: expected \"none\", received '5'"),
        ({"auction": {"type": '"englsh@1"'}}, "auction.type: no auction type 'englsh@1' is installed"),
        ({"time": {"format": '"unix"'}}, "time.format: expected unix_s, unix_ms, unix_us, unix_ns, seconds_since"),
        ({"time": {"format": '"%Y-%m-%d"'}}, "time.zone: expected the zone of '%Y-%m-%d'"),
        ({"time": {"format": '"days_since"'}}, "time.origin: expected with seconds_since"),
        ({"amount": {"unit": '"万元"'}}, "amount.unit_scale: expected how many decimal digits one 万元 has"),
        ({"amount": {"exponent": "19"}}, "amount.exponent: expected 0 to 18, received 19"),
        ({"amount": {"exponent": '"2"'}}, "Expected `int`, got `str` - at `$.amount.exponent`"),
        ({"amount": {"thousands": '"."'}}, "amount.decimal: expected a character, and not the thousands separator"),
        ({"file": {"delimiter": '";;"'}}, "file.delimiter: expected one character, received ';;'"),
        ({"file": {"encoding": '"utf-9"'}}, "file.encoding: expected a text encoding such as utf-8-sig"),
        ({"bids": {"order": '"sequence"'}}, 'bids.sequence: expected a column, because order is "sequence"'),
        ({"bids": {"time": None}}, "Object missing required field `time`"),
        (
            {"bids": {"acceptance": '{column = "s", accepted = ["y", "n"], refused = ["n"]}'}},
            "bids.acceptance: expected each word on one side, received ['n'] on both",
        ),
        ({"auction": {"opens": '{before = "1h"}'}}, "auction.opens: expected column or before_first_bid, and not both"),
    ],
)
def test_a_wrong_mapping_is_refused_by_key(log: Log, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(MappingError) as raised:
        log.mapping(**changes)
    assert message in str(raised.value)
    assert isinstance(raised.value, MisuseError)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"auction__rules": {"start_price": '"1.005"'}}, "auction.rules.start_price: expected an amount in CNY"),
        ({"auction__rules": {"length": "3600"}}, 'auction.rules.length: expected a duration as "24h"'),
        (
            {"auction__rules": {"increment": '{percent = "10"}'}},
            'auction.rules.increment.rounding: expected "up" or "down"',
        ),
        (
            {"auction__rules": {"increment": '{percent = "1e1", rounding = "up"}'}},
            'auction.rules.increment.percent: expected a percentage as "10" or "0.5"',
        ),
        (
            {"auction__rules": {"increment": '{percnt = "10", rounding = "up"}'}},
            "auction.rules.increment.percnt: no such key; did you mean 'percent'?",
        ),
        ({"auction__rules": {"increment": '[["0", "1", "2"]]'}}, "auction.rules.increment: expected rows"),
        ({"auction__rules": {"start_price": '{column = "reserve"}'}}, "which has ['lot', 'bidder', 'amount', 'time']"),
        (
            {"auction__rules": {"start_price": '{column = "reserve", file = "lots"}'}},
            "auction.rules.start_price: expected LOTS.csv for column 'reserve', received no such file",
        ),
        ({"auction": {"opens": '"2023-10-18 18:00:00"'}}, "auction.opens: expected a time with its offset"),
        (
            {"time": {"format": '"iso"', "zone": '"Asia/Shanhai"'}},
            "time.zone: expected a zone of the time zone database",
        ),
    ],
)
def test_a_mapping_that_does_not_fit_the_files_is_refused_before_anything_is_written(
    log: Log, changes: dict[str, Any], message: str
) -> None:
    journal = log.folder / "journal"
    with pytest.raises(MappingError) as raised:
        log.replay("lot,bidder,amount,time\n", journal=journal, **changes)
    assert message in str(raised.value)
    assert not journal.exists()


def test_a_mapping_names_its_file_in_errors(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text("[bids\n")
    with pytest.raises(MappingError, match=rf"{path}: .*line 1"):
        Mapping.load(path)
    with pytest.raises(MappingError, match="expected a mapping in TOML, could not read"):
        Mapping.load(tmp_path / "none.toml")


def test_defaults_treat_no_word_as_missing(log: Log) -> None:
    assert log.mapping() == log.mapping(file={"delimiter": '","', "encoding": '"utf-8-sig"', "null": "[]"})
    assert log.mapping().file == FileFormat(
        delimiter=",", quote='"', encoding="utf-8-sig", null=frozenset(), strip=False
    )
    assert log.mapping().bids == BidColumns(
        lot="lot", bidder="bidder", amount="amount", time="time", acceptance=None, order="file", bidder_case="exact"
    )


def test_the_mapping_in_the_documentation_can_be_loaded() -> None:
    from pyauction.history import mapping  # noqa: PLC0415 - its documentation is what is tested

    documented = (mapping.__doc__ or "").split("```toml\n")[1].split("```")[0]
    loaded = Mapping.parse(documented.replace('origin = "2023-10-18T00:00:00Z"', ""))
    assert loaded.amount.scale == 6
    assert loaded.auction.rules["increment"] == {"percent": "10", "rounding": "down"}
