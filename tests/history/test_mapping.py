"""What a mapping refuses before any row is read, and how it says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pyauction import MisuseError
from pyauction.history import Mapping, MappingError, replay_history
from pyauction.history.mapping import BidColumns, FileFormat

from .conftest import toml

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
        ({"amount": {"exponent": '"2"'}}, "mapping: amount.exponent: expected int, received str"),
        ({"amount": {"thousands": '"."'}}, "amount.decimal: expected a character, and not the thousands separator"),
        ({"file": {"delimiter": '";;"'}}, "file.delimiter: expected one character, received ';;'"),
        ({"file": {"encoding": '"utf-9"'}}, "file.encoding: expected a text encoding such as utf-8-sig"),
        ({"bids": {"order": '"sequence"'}}, 'bids.sequence: expected a column, because order is "sequence"'),
        ({"bids": {"time": None}}, "mapping: bids.time: expected a value, received none; there is no default"),
        (
            {"bids": {"acceptance": '{column = "s", accepted = ["y", "n"], refused = ["n"]}'}},
            "bids.acceptance: expected each word on one side, received ['n'] on both",
        ),
        ({"auction": {"opens": '{before = "1h"}'}}, "auction.opens: expected column or before_first_bid, and not both"),
        ({"bids": {"acceptance": '"all"'}}, 'mapping: bids.acceptance: expected "all_accepted", or {column = "...", '),
        ({"outcome": {"winner": '"w"'}}, 'mapping: outcome.winner: expected a reference as {column = "..."}, received'),
        ({"outcome": {"unsold": '"w"'}}, "mapping: outcome.unsold: expected array, received str"),
        ({"bids": {"order": '"tme"'}}, "mapping: bids.order: no such word: 'tme'"),
        ({"time": {"format": '"%Y %Z"', "zone": '"UTC"'}}, "mapping: time.format: expected %z or a zone, received"),
        ({"lots": {"file": '{encoding = "rot13"}'}}, "mapping: lots.file.encoding: expected a text encoding such as"),
        ({"file": {"encoding": '"idna"'}}, "mapping: file.encoding: expected a text encoding such as utf-8-sig"),
        (
            {"amount": {"notation": '"scientific"', "thousands": '","'}},
            'mapping: amount.notation: expected "decimal" with thousands or another decimal than "."',
        ),
        (
            {"amount": {"currency": '"?"', "exponent": '"?"'}, "auction__rules": {"length": '"?"'}},
            "mapping: amount.currency, amount.exponent, auction.rules.length: still '?': the draft could not tell",
        ),
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
        ({"time": {"format": '"iso"', "zone": '"+08:99"'}}, "time.zone: expected a zone of the time zone database"),
        ({"time": {"format": '"iso"', "zone": '"+24:00"'}}, "time.zone: expected a zone of the time zone database"),
        (
            {"auction": {"opens": '{column = "time", format = "%Z", zone = "UTC"}'}},
            "auction.opens: format: expected %z or a zone",
        ),
        (
            {"auction__rules": {"clock": '"frst"'}},
            "auction.rules.clock: expected one of ['opening', 'first_bid'], received 'frst'; did you mean 'first_bid'?",
        ),
        (
            {"auction__rules": {"clock": "5"}},
            "auction.rules.clock: expected one of ['opening', 'first_bid'], received 5",
        ),
        (
            {"auction__rules": {"self_outbid": "true"}},
            "auction.rules.self_outbid: expected one of ['allowed', 'refused'], received True",
        ),
        (
            {"auction__rules": {"increment": '{percent = "0", rounding = "up"}'}},
            "auction.rules.increment: expected a part above 0 of the top amount, received 0/1",
        ),
        (
            {"auction__rules": {"increment": f'{{percent = "{"9" * 5000}", rounding = "up"}}'}},
            'auction.rules.increment.percent: expected a percentage as "10" or "0.5" that fits 64 bits, received',
        ),
        (
            {"auction__rules": {"increment": '[["1", "1"]]'}},
            "auction.rules.increment: a gap: expected the first row from 0, received from 1 CNY",
        ),
        ({"auction__rules": {"length": '"0h"'}}, "auction.rules.length: expected a duration above zero and of at most"),
        (
            {"auction__rules": {"length": f'"{"9" * 20}d"'}},
            "auction.rules.length: expected a duration above zero and of at most 11574 days, received '99999",
        ),
        ({"auction__rules": {"length": f'"{"9" * 5000}d"'}}, 'auction.rules.length: expected a duration as "24h"'),
        ({"auction__rules": {"min_bidders": "2"}}, "auction.rules.min_bidders: expected with min_bidders_counts"),
        (
            {"auction__rules": {"max_multiple": "9" * 20}},
            f"auction.rules.max_multiple: expected a whole number of at most {2**63 - 1}",
        ),
        (
            {"auction__rules": {"extension_window": '"1m"'}},
            "auction.rules.extension_window: extension: must be stated with extension_window",
        ),
        (
            {"amount": {"currency": f'"{"x" * 300}"'}},
            "amount.currency: expected at most 64 bytes of UTF-8, received 300",
        ),
        (
            {"auction__rules": {"start_price": '{column = "amount"}', "extension_window": '"1m"'}},
            "auction.rules.extension_window: extension: must be stated with extension_window",
        ),
        (
            {"auction__rules": {"length": "{column = 5}"}},
            'auction.rules.length: expected a reference {column = "..."}, received',
        ),
    ],
)
def test_a_mapping_that_does_not_fit_the_files_is_refused_before_anything_is_written(
    log: Log, changes: dict[str, Any], message: str
) -> None:
    journal = log.folder / "journal"
    with pytest.raises(MappingError) as raised:
        log.replay("lot,bidder,amount,time\n", journal=journal, **changes)
    assert str(raised.value).startswith("mapping: ")
    assert message in str(raised.value)
    assert not journal.exists()


def test_a_mapping_names_its_file_in_errors(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text("[bids\n")
    with pytest.raises(MappingError, match=rf"{path}: .*line 1"):
        Mapping.load(path)
    with pytest.raises(MappingError, match="expected a mapping in TOML, could not read"):
        Mapping.load(tmp_path / "none.toml")


def test_a_fault_that_only_the_files_show_names_the_mappings_file_too(log: Log) -> None:
    log.write("lot,bidder,amount,time\n")
    path = log.folder / "map.toml"
    path.write_text(toml(bids={"bidder": '"plate"'}))
    with pytest.raises(MappingError, match=rf"^{path}: bids\.bidder: expected a column 'plate' in {log.bids}"):
        replay_history(log.bids, path)


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
