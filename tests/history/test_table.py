"""What a CSV file may look like, and what is said of the rows that are none."""

from __future__ import annotations

import codecs
import json
import os
from typing import TYPE_CHECKING

import pytest

from pyauction import MisuseError
from pyauction.history import MappingError, replay_history

if TYPE_CHECKING:
    from .conftest import Log

T0 = 1_697_653_967


def test_a_byte_order_mark_and_crlf_change_nothing(log: Log) -> None:
    text = f"lot,bidder,amount,time\r\nA,x,1,{T0}\r\nA,y,2.50,{T0 + 1}\r\n"
    plain = log.replay(text.replace("\r\n", "\n"))
    marked = log.replay(codecs.BOM_UTF8 + text.encode())
    assert log.decided(marked) == log.decided(plain) == [("A", 2, "x", 100, None), ("A", 3, "y", 250, None)]
    assert marked.skipped == ()


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8", "big5"])
def test_other_encodings_are_read_where_the_mapping_names_them(log: Log, encoding: str) -> None:
    text = f"lot,bidder,amount,time\n地塊一,竞買人·七,1,{T0}\n".replace("竞", "競").replace("·", "")
    report = log.replay(text.encode(encoding), file={"encoding": f'"{encoding}"'})
    assert log.decided(report) == [("地塊一", 2, "競買人七", 100, None)]


def test_a_byte_order_mark_that_the_encoding_leaves_is_no_part_of_the_first_column(log: Log) -> None:
    report = log.replay(
        "\ufefflot,bidder,amount,time\n".encode() + f"A,x,1,{T0}\n".encode(), file={"encoding": '"utf-8"'}
    )
    assert log.decided(report) == [("A", 2, "x", 100, None)]


def test_quoted_separators_and_newlines_are_part_of_a_value_and_lines_are_physical(log: Log) -> None:
    report = log.replay(
        f'note,lot,bidder,amount,time\n"a, b","Plot 1, ""north""",x,1,{T0}\n"two\nlines","Plot 1, ""north""",y,2,{T0}\n'
        f'\n"","Plot 1, ""north""",z,3,{T0}\n'
    )
    lot = 'Plot 1, "north"'
    assert log.decided(report) == [(lot, 2, "x", 100, None), (lot, 3, "y", 200, None), (lot, 6, "z", 300, None)]
    assert report.skipped == ()


def test_a_header_over_two_lines_keeps_lines_physical(log: Log) -> None:
    report = log.replay(f'"no\nte",lot,bidder,amount,time\n,A,x,1,{T0}\n,A,x,?,{T0}\n')
    assert log.decided(report) == [("A", 3, "x", 100, None)]
    assert log.skipped(report) == [("bids.csv", 4, "amount")]


def test_another_delimiter_and_blanks_are_taken_as_declared(log: Log) -> None:
    text = f"lot;bidder;amount;time\n A ; x ;1 ;{T0}\n"
    form = {"delimiter": '";"', "strip": "true"}
    assert log.decided(log.replay(text, file=form)) == [("A", 2, "x", 100, None)]
    unstripped = log.replay(text, file={"delimiter": '";"'})
    assert log.skipped(unstripped) == [("bids.csv", 2, "amount")]


def test_short_and_long_rows_are_listed_with_line_column_and_reason(log: Log) -> None:
    report = log.replay(f"lot,bidder,amount,time\nA,x,1,{T0}\nA,y,2\nA,y,2,{T0},more\nA,y\nA,z,3,{T0}\n")
    assert log.decided(report) == [("A", 2, "x", 100, None), ("A", 6, "z", 300, None)]
    reason = "expected 4 values as in the header, received {}"
    assert [(one.line, one.column, one.reason) for one in report.skipped] == [
        (3, "time", reason.format(3)),
        (4, None, reason.format(5)),
        (5, "amount", reason.format(2)),
    ]
    assert (report.bids, report.exit_code) == (5, 3)


def test_an_unclosed_quote_is_listed_with_the_line_where_it_opens(log: Log) -> None:
    report = log.replay(f'lot,bidder,amount,time\nA,x,1,{T0}\nA,"y,2,{T0}\nA,z,3,{T0}\n')
    assert log.decided(report) == [("A", 2, "x", 100, None)]
    assert [(one.line, one.reason) for one in report.skipped] == [
        (3, "expected a CSV row: unexpected end of data (up to line 4)")
    ]


def test_text_after_a_closing_quote_costs_its_own_row_only(log: Log) -> None:
    report = log.replay(f'lot,bidder,amount,time\nA,"x"y,1,{T0}\nA,z,3,{T0}\n')
    assert log.decided(report) == [("A", 3, "z", 300, None)]
    assert log.skipped(report) == [("bids.csv", 2, None)]


def test_bytes_of_another_encoding_cost_their_row_only(log: Log) -> None:
    report = log.replay(
        f"lot,bidder,amount,time\nA,x,1,{T0}\n".encode() + f"A,竞买,2,{T0}\nA,z,3,{T0}\n".encode("gb18030")
    )
    assert log.decided(report) == [("A", 2, "x", 100, None), ("A", 4, "z", 300, None)]
    assert log.skipped(report) == [("bids.csv", 3, "bidder")]


@pytest.mark.parametrize(
    ("bids", "lots", "skipped"),
    [
        (b"A,\xc4\xe3,1,1697653967\n", b"", ("bids.csv", 3, "bidder")),
        (b"\xc4\xe3,x,1,1697653967\n", b"", ("bids.csv", 3, "lot")),
        (b"A,x,\xc4\xe3,1697653967\n", b"", ("bids.csv", 3, "amount")),
        (b"A,x,1,\xc4\xe3\n", b"", ("bids.csv", 3, "time")),
        (b"", b"\xc4\xe3,x,1,1\n", ("lots.csv", 3, "lot")),
        (b"B,x,1,1697653967\n", b"B,\xc4\xe3,1,1\n", ("lots.csv", 3, "winner")),
        (b"B,x,1,1697653967\n", b"B,x,\xc4\xe3,1\n", ("lots.csv", 3, "price")),
    ],
)
def test_a_value_of_another_encoding_is_skipped_naming_the_key_and_can_be_written_as_json(
    log: Log, bids: bytes, lots: bytes, skipped: tuple[str, int, str]
) -> None:
    report = log.replay(
        f"lot,bidder,amount,time\nA,x,1,{T0}\n".encode() + bids,
        b"lot,winner,price,start\nA,x,1,1\n" + lots,
        outcome={"winner": '{column = "winner"}', "price": '{column = "price"}'},
        auction__rules={"start_price": '{column = "start"}'},
    )
    assert log.skipped(report) == [skipped]
    assert report.skipped[0].reason.startswith("file.encoding: expected utf-8-sig text, received '\\udcc4\\udce3")
    assert json.loads(report.to_json())["skipped"][0]["reason"] == report.skipped[0].reason


def test_a_value_that_is_not_read_may_be_of_any_encoding(log: Log) -> None:
    report = log.replay(f"lot,bidder,amount,time,note\nA,x,1,{T0},".encode() + b"\xc4\xe3\n")
    assert (log.decided(report), report.skipped) == ([("A", 2, "x", 100, None)], ())


def test_a_path_that_is_no_text_can_be_reported(log: Log) -> None:
    path = log.folder / os.fsdecode(b"\xff.csv")
    path.write_text(f"lot,bidder,amount,time\nA,x,?,{T0}\n")
    report = replay_history(path, log.mapping())
    assert json.loads(report.to_json())["skipped"][0]["file"] == f"{log.folder}/\\udcff.csv"


def test_a_header_of_another_encoding_is_a_wrong_mapping(log: Log) -> None:
    with pytest.raises(MappingError, match=r"file\.encoding: the header of .*bids\.csv is not utf-8-sig"):
        log.replay(f"标的,bidder,amount,time\nA,x,1,{T0}\n".encode("gb18030"))


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_unreadable(log: Log, text: str) -> None:
    report = log.replay(text)
    assert log.skipped(report) == [("bids.csv", 1, None)]
    assert (report.lots, report.bids, report.exit_code) == (0, 0, 3)


def test_a_file_of_a_header_alone_has_nothing_to_compare(log: Log) -> None:
    report = log.replay("lot,bidder,amount,time\n", outcome={"price": '{column = "amount"}'})
    assert report.warnings[0] == f"{log.bids}: no row after the header"
    assert (report.lots, report.bids, report.exit_code) == (0, 0, 0)


def test_a_column_that_stands_twice_is_refused_where_it_is_read(log: Log) -> None:
    with pytest.raises(
        MappingError, match=r"bids\.amount: expected one column 'amount' in .*, its header has it at \[3, 5\]"
    ):
        log.replay(f"lot,bidder,amount,time,amount\nA,x,1,{T0},2\n")
    report = log.replay(f"lot,bidder,amount,time,note,note\nA,x,1,{T0},,\n", outcome={"price": '{column = "amount"}'})
    assert report.warnings[0] == f"{log.bids}: column 'note' stands twice in the header; it is not read"
    assert report.exit_code == 0


def test_a_missing_column_is_refused_with_the_nearest_one(log: Log) -> None:
    with pytest.raises(MappingError) as raised:
        log.replay(f"lot,bidder,amont,time\nA,x,1,{T0}\n")
    assert str(raised.value) == (
        f"mapping: bids.amount: expected a column 'amount' in {log.bids}; did you mean 'amont'?; it has "
        "['lot', 'bidder', 'amont', 'time']"
    )


def test_a_missing_file_is_misuse(log: Log) -> None:
    with pytest.raises(MisuseError, match=r"expected a CSV file, could not read .*bids\.csv: No such file"):
        replay_history(log.bids, log.mapping())
