"""What a replay decides, compares and reports."""

from __future__ import annotations

import json
import pickle
import re
from typing import TYPE_CHECKING

import pytest

from pyauction.history import Mismatch, Skipped, replay_history
from pyauction.told import in_language

if TYPE_CHECKING:
    from .conftest import Log

T0 = 1_697_653_967
NS = 10**9
HEADER = "lot,bidder,amount,time"
OUTCOME = {"winner": '{column = "winner"}', "price": '{column = "price"}', "unsold": '["", "nobody"]'}
ALL_ACCEPTED = {"acceptance": '"all_accepted"'}


def rows(*lines: str, header: str = HEADER) -> str:
    return "\n".join([header, *lines, ""])


def test_a_bidder_called_na_is_a_bidder(log: Log) -> None:
    report = log.replay(rows(f"A,NA,1,{T0}", f"A,null,2,{T0 + 1}"), "lot,winner,price\nA,null,2\n", outcome=OUTCOME)
    assert log.decided(report) == [("A", 2, "NA", 100, None), ("A", 3, "null", 200, None)]
    assert (report.lots_matched, report.exit_code) == (1, 0)


def test_a_declared_null_word_is_a_missing_value(log: Log) -> None:
    report = log.replay(rows(f"A,x,1,{T0}", f"A,NA,2,{T0 + 1}", f"A,y,NA,{T0}"), file={"null": '["NA"]'})
    assert log.decided(report) == [("A", 2, "x", 100, None)]
    assert [(one.line, one.column, one.reason) for one in report.skipped] == [
        (3, "bidder", "expected a value, received 'NA', which means none"),
        (4, "amount", "expected a value, received 'NA', which means none"),
    ]


def test_the_engine_stamps_are_the_recorded_times_also_equal_ones(log: Log) -> None:
    report = log.replay(rows(f"A,x,1,{T0}", f"A,y,2,{T0}", f"A,x,3,{T0 + 7}.000000001"))
    assert list(report.sales[0].at_ns) == [T0 * NS, T0 * NS, (T0 + 7) * NS + 1]
    assert [bid[1] for bid in report.sales[0].bids] == ["x", "y", "x"]
    assert report.warnings == ("nothing was compared: the mapping has neither bids.acceptance nor [outcome]",)


def test_a_time_that_runs_backwards_keeps_the_order_of_the_file_and_is_a_warning_with_its_line(log: Log) -> None:
    report = log.replay(
        rows(f"A,x,1,{T0 + 5}", f"A,y,2,{T0 + 3}", f"A,x,3,{T0 + 4}", f"A,y,4,{T0 + 6}"),
        outcome={"price": '{column = "amount"}'},
        bids=ALL_ACCEPTED,
    )
    assert list(report.sales[0].at_ns) == [second * NS for second in (T0 + 5, T0 + 5, T0 + 5, T0 + 6)]
    after = f"before an earlier one; it keeps its place and is stamped {(T0 + 5) * NS}"
    assert report.warnings[-2:] == (
        f"{log.bids} line 3: the time of this bid in lot 'A' is {2 * NS} ns {after}",
        f"{log.bids} line 4: the time of this bid in lot 'A' is {NS} ns {after}",
    )
    assert (report.bids_matched, report.skipped) == (4, ())


@pytest.mark.parametrize(
    ("order", "bidders"),
    [("file", "cab"), ("time", "bca"), ("sequence", "abc"), ("sequence_descending", "cba")],
)
def test_bids_come_in_the_order_that_the_mapping_states(log: Log, order: str, bidders: str) -> None:
    text = rows(f"A,c,1,{T0 + 1},3", f"A,a,2,{T0 + 2},1", f"A,b,3,{T0},2", header=f"{HEADER},n")
    report = log.replay(text, bids={"sequence": '"n"', "order": f'"{order}"'})
    assert "".join(bid[1] for bid in report.sales[0].bids) == bidders


def test_equal_and_unreadable_sequence_numbers_are_told(log: Log) -> None:
    text = rows(f"A,a,1,{T0},1", f"A,b,2,{T0},1", f"A,c,3,{T0},x", header=f"{HEADER},n")
    report = log.replay(text, bids={"sequence": '"n"', "order": '"sequence"'})
    assert report.warnings[-1] == (
        f"{log.bids} line 3: sequence 1 of lot 'A' stands on line 2 too; the order of the file is kept"
    )
    assert log.skipped(report) == [("bids.csv", 4, "n")]


def test_interleaved_lots_are_replayed_apart_in_order_of_appearance(log: Log) -> None:
    report = log.replay(rows(f"B,x,1,{T0}", f"A,x,5,{T0 + 9}", f"B,y,2,{T0 + 1}", f"A,y,6,{T0 + 10}"))
    assert log.decided(report) == [
        ("B", 2, "x", 100, None),
        ("B", 4, "y", 200, None),
        ("A", 3, "x", 500, None),
        ("A", 5, "y", 600, None),
    ]


def test_values_that_cannot_be_read_are_listed_and_the_rest_is_replayed(log: Log) -> None:
    report = log.replay(rows("A,x,1,yesterday", f"A,y,1.005,{T0}", f"A,z,2,{T0}"))
    assert log.decided(report) == [("A", 4, "z", 200, None)]
    assert report.skipped == (
        Skipped(str(log.bids), 2, "time", "expected a decimal number, received 'yesterday'"),
        Skipped(
            str(log.bids),
            3,
            "amount",
            "expected an amount in CNY: expected at most 2 digits after the point: more would be a fraction of a minor "
            "unit, received '1.005'",
        ),
    )
    assert report.exit_code == 3


def test_every_difference_is_listed_with_both_sides(log: Log) -> None:
    bids = rows(f"A,x,1,{T0},ok", f"A,y,1,{T0},ok", f"A,y,2,{T0},low", f"B,x,3,{T0},", header=f"{HEADER},status")
    status = {"acceptance": '{column = "status", accepted = ["ok"], refused = ["low"]}'}
    report = log.replay(
        bids, "lot,winner,price\nA,x,1.50\nB,nobody,\n", bids=status, outcome=OUTCOME, file={"null": '["-"]'}
    )
    assert report.mismatched == (
        Mismatch("A", 3, "acceptance", "accepted", "refused: below_increment"),
        Mismatch("A", 4, "acceptance", "refused", "accepted"),
        Mismatch("A", 2, "winner", "x", "y"),
        Mismatch("A", 2, "price", "1.5", "2"),
        Mismatch("B", 3, "winner", None, "x"),
        Mismatch("B", 3, "price", None, "3"),
    )
    assert report.skipped == (
        Skipped(
            str(log.bids),
            5,
            "status",
            "expected one of ['ok'] or ['low'], received ''; the bid is replayed and not compared",
        ),
    )
    assert (report.lots, report.lots_matched, report.bids, report.bids_compared, report.bids_matched) == (2, 0, 4, 3, 1)
    assert report.exit_code == 3


def test_a_mismatch_alone_is_exit_code_1_and_the_json_has_the_schema(log: Log) -> None:
    report = log.replay(rows(f"A,x,1,{T0}"), "lot,winner,price\nA,x,2\n", bids=ALL_ACCEPTED, outcome=OUTCOME)
    text = report.to_json()
    assert json.loads(text) == {
        "schema": "pyauction.replay/1",
        "lots": 1,
        "lots_matched": 0,
        "bids": 1,
        "bids_compared": 1,
        "bids_matched": 1,
        "mismatched": [{"lot": "A", "line": 2, "field": "price", "recorded": "2", "replayed": "1"}],
        "skipped": [],
        "warnings": [],
    }
    assert list(json.loads(text)) == [
        "schema", "lots", "lots_matched", "bids", "bids_compared", "bids_matched", "mismatched", "skipped", "warnings"
    ]  # fmt: skip
    assert report.exit_code == 1


def test_skipped_objects_in_json_have_file_line_column_and_reason(log: Log) -> None:
    report = log.replay(rows(f"A,x,one,{T0}", f"A,x,1,{T0}"))
    (skipped,) = json.loads(report.to_json())["skipped"]
    assert list(skipped) == ["file", "line", "column", "reason"]
    assert (skipped["file"], skipped["line"], skipped["column"]) == (str(log.bids), 2, "amount")


def test_the_summary_is_written_in_two_languages_and_names_what_differs(log: Log) -> None:
    report = log.replay(rows(f"A,x,1,{T0}"), "lot,winner,price\nA,y,1\n", bids=ALL_ACCEPTED, outcome=OUTCOME)
    assert report.to_text() == (
        "1 lots; the recorded outcome of 0 came out again\n"
        "1 bids; 1 of 1 whose acceptance was recorded were decided as recorded\n"
        "1 differences:\n"
        f"  {log.lots} line 2, lot A: winner: recorded y, replayed x\n"
    )
    assert report.to_text("zh-CN") == (
        "标的 1 个；其中 0 个的结果与记载一致\n"
        "报价 1 次；有记载可核对的 1 次中 1 次与记载一致\n"
        "1 处不一致：\n"
        f"  {log.lots} 第 2 行，标的 A：竞得人：记载 y，重演 x\n"
    )


def test_a_winner_of_other_case_is_the_winner_only_if_the_mapping_says_so(log: Log) -> None:
    bids, lots = rows(f"A,0xAb,1,{T0}", f"A,0xaB,2,{T0}"), "lot,winner,price\nA,0xAB,2\n"
    exact = log.replay(bids, lots, outcome=OUTCOME)
    assert exact.mismatched == (Mismatch("A", 2, "winner", "0xAB", "0xaB"),)
    ignored = log.replay(bids, lots, outcome=OUTCOME, bids={"bidder_case": '"ignored"'})
    assert (ignored.mismatched, ignored.lots_matched) == ((), 1)
    assert [bid[1] for bid in ignored.sales[0].bids] == ["0xAb", "0xAb"], "one bidder, spelled as at first"


def test_one_bidder_in_two_spellings_cannot_outbid_itself_where_that_is_refused(log: Log) -> None:
    report = log.replay(
        rows(f"A,0xAb,1,{T0}", f"A,0xaB,2,{T0}"),
        bids={"bidder_case": '"ignored"'},
        auction__rules={"self_outbid": '"refused"'},
    )
    assert log.decided(report) == [("A", 2, "0xAb", 100, None), ("A", 3, "0xAb", 200, "already_leading")]


def test_a_lot_that_one_file_lacks_is_skipped_and_the_others_are_replayed(log: Log) -> None:
    report = log.replay(
        rows(f"A,x,1,{T0}", f"B,x,1,{T0}", f"B,y,2,{T0}"),
        "lot,winner,price\nA,x,1\nC,z,9\nD,nobody,\n",
        outcome=OUTCOME,
        bids=ALL_ACCEPTED,
    )
    assert report.skipped == (
        Skipped(str(log.bids), 3, "lot", f"lot 'B' is not replayed: lot 'B' has no row in {log.lots}"),
        Skipped(str(log.bids), 4, "lot", f"lot 'B' is not replayed: lot 'B' has no row in {log.lots}"),
        Skipped(str(log.lots), 3, "lot", f"lot 'C' is recorded as sold and has no bid in {log.bids}"),
    )
    assert (report.lots, report.lots_matched, report.bids, report.bids_compared, report.mismatched) == (4, 2, 3, 1, ())
    assert [sale.name for sale in report.sales] == ["A", "D"]


def test_a_second_row_of_a_lot_is_skipped(log: Log) -> None:
    report = log.replay(rows(f"A,x,1,{T0}"), "lot,winner,price\nA,x,1\nA,y,1\n", outcome=OUTCOME)
    assert [(one.line, one.reason) for one in report.skipped] == [
        (3, "expected one row a lot, received a second one of 'A' after line 2")
    ]
    assert report.lots_matched == 1


def test_a_lot_all_of_whose_bids_are_unreadable_is_skipped_not_unsold(log: Log) -> None:
    report = log.replay(rows(f"A,x,one,{T0}"), "lot,winner,price\nA,nobody,\n", outcome=OUTCOME)
    assert log.skipped(report) == [("bids.csv", 2, "amount"), ("lots.csv", 2, "lot")]
    assert (report.lots_matched, report.mismatched, report.sales) == (0, (), ())


def test_an_outcome_that_was_not_recorded_is_not_compared(log: Log) -> None:
    report = log.replay(rows(f"A,x,1,{T0}"), "lot,winner,price\nA,-,-\n", outcome=OUTCOME, file={"null": '["-"]'})
    assert report.warnings == (
        "the mapping has no bids.acceptance: the decisions on bids are not compared",
        "lot 'A': no outcome is recorded; winner and price are not compared",
    )
    assert (report.lots_matched, report.mismatched, report.exit_code) == (0, (), 0)


def test_names_that_the_engine_refuses_are_skipped_with_what_it_said(log: Log) -> None:
    long = "地" * 22
    report = log.replay(rows(f"A,x,1,{T0}", f"A,{long},2,{T0}", f"A,,3,{T0}", f"{long},x,1,{T0}", f"A,y,4,{T0}"))
    assert log.decided(report) == [("A", 2, "x", 100, None), ("A", 6, "y", 400, None)]
    assert log.skipped(report) == [("bids.csv", 3, "bidder"), ("bids.csv", 4, "bidder"), ("bids.csv", 5, "lot")]
    assert "expected at most 64 bytes of UTF-8, received 66" in report.skipped[0].reason
    assert "received an empty one" in report.skipped[1].reason
    assert "expected at most 64 bytes of UTF-8, received 66" in report.skipped[2].reason


def test_rules_come_from_columns_of_either_file_and_a_later_row_that_differs_is_told(log: Log) -> None:
    bids = rows(f"A,x,2,{T0},5", f"A,y,7,{T0},5", f"A,x,8,{T0},6", header=f"{HEADER},step")
    report = log.replay(
        bids,
        "lot,start\nA,2\n",
        auction__rules={"start_price": '{column = "start"}', "increment": '{column = "step", file = "bids"}'},
    )
    assert log.decided(report) == [
        ("A", 2, "x", 200, None),
        ("A", 3, "y", 700, None),
        ("A", 4, "x", 800, "below_increment"),
    ]
    assert report.warnings[-1] == (
        f"{log.bids} line 4: column 'step' is '6'; the first row of lot 'A' on line 2 has '5', which is taken"
    )


def test_a_null_in_a_rule_column_means_that_the_lot_has_no_such_rule(log: Log) -> None:
    bids = rows(f"A,x,1,{T0}", f"A,x,99,{T0}", f"B,x,1,{T0}", f"B,x,99,{T0}")
    report = log.replay(
        bids,
        "lot,most\nA,-\nB,10\n",
        file={"null": '["-"]'},
        auction__rules={"max_multiple": '{column = "most"}'},
    )
    assert [reason for *_, reason in log.decided(report)] == [None, None, None, "above_max_multiple"]


def test_a_rule_that_cannot_be_read_costs_its_lot_with_every_bid_listed(log: Log) -> None:
    bids, lots = rows(f"A,x,1,{T0}", f"A,y,2,{T0}", f"B,x,1,{T0}"), "lot,start\nA,free\nB,1\n"
    report = log.replay(bids, lots, auction__rules={"start_price": '{column = "start"}'})
    assert log.skipped(report) == [("bids.csv", 2, "lot"), ("bids.csv", 3, "lot"), ("lots.csv", 2, "start")]
    assert [sale.name for sale in report.sales] == ["B"]


@pytest.mark.parametrize(
    ("rules", "cell", "column", "reason"),
    [
        ({"increment": '{column = "v"}'}, "0", "v", "auction.rules.increment: expected more than 0, received 0 CNY"),
        ({"max_multiple": '{column = "v"}'}, "0", "v", "auction.rules.max_multiple: expected at least 1, received 0"),
        (
            {"max_multiple": '{column = "v"}'},
            "9" * 20,
            "v",
            f"expected a whole number of at most {2**63 - 1}, received '{'9' * 20}'",
        ),
        (
            {"min_bidders": '{column = "v"}', "min_bidders_counts": '"quoted"'},
            "4294967296",
            "v",
            "auction.rules.min_bidders: expected 1 to 4294967295, received 4294967296",
        ),
        (
            {"length": '{column = "v", unit = "d"}'},
            "9" * 20,
            "v",
            f"expected a duration above zero and of at most 11574 days, received '{'9' * 20}'",
        ),
        ({"clock": '{column = "v"}'}, "frst", "v", "expected one of ['opening', 'first_bid'], received 'frst'"),
        (
            {"extension": '{column = "v"}', "length": None},
            "1m",
            "v",
            "auction.rules.extension: a phase ended by a call has no deadline to extend",
        ),
        (
            {"max_multiple": '{column = "v"}', "hard_end": '"2h"'},
            "3",
            "lot",
            "auction.rules.hard_end: has no meaning without an extension to bound",
        ),
    ],
)
def test_rules_that_make_no_auction_are_pinned_on_the_cell_they_come_from_and_cost_their_lot(
    log: Log, rules: dict[str, str | None], cell: str, column: str, reason: str
) -> None:
    report = log.replay(rows(f"A,x,1,{T0}"), f"lot,w,v\nB,,\nA,,{cell}\n", auction__rules=rules)
    (named,) = (one for one in report.skipped if one.line == 3)
    assert named == Skipped(str(log.lots), 3, column, reason)
    assert report.skipped[0] == Skipped(
        str(log.bids), 2, "lot", f"lot 'A' is not replayed: {log.lots} line 3, column {column}: {reason}"
    )
    assert report.sales == () or [sale.name for sale in report.sales] == ["B"]


def test_an_opening_that_is_missing_or_out_of_range_is_pinned_on_its_cell(log: Log) -> None:
    report = log.replay(
        rows(f"A,x,1,{T0}", f"B,x,1,{T0}"),
        "lot,opens\nA,-\nB,5\n",
        lots={"file": '{null = ["-"]}'},
        auction={"opens": '{column = "opens", before = "1h"}'},
    )
    assert report.skipped[2:] == (
        Skipped(str(log.lots), 2, "opens", "expected a value for auction.opens, received none"),
        Skipped(str(log.lots), 3, "opens", "expected a time from 1970 to 2116, received '5' less 1h"),
    )


@pytest.mark.parametrize("start", ["0", "0.00"])
def test_a_start_price_of_zero_is_one_minor_unit_and_told(log: Log, start: str) -> None:
    bids = rows(f"A,x,0,{T0}", f"A,x,0.01,{T0}", f"A,y,1.01,{T0}")
    said = ": a start price of 0 is read as 1 minor unit, the least that the engine knows; no bid is decided otherwise"
    decided = [("A", 2, "x", 0, "amount_not_positive"), ("A", 3, "x", 1, None), ("A", 4, "y", 101, None)]
    column = log.replay(bids, f"lot,start\nA,{start}\n", auction__rules={"start_price": '{column = "start"}'})
    assert (log.decided(column), column.warnings[-1]) == (decided, f"{log.lots} line 2: start{said}")
    constant = log.replay(bids, auction__rules={"start_price": f'"{start}"'})
    assert (log.decided(constant), constant.warnings[0]) == (decided, f"auction.rules.start_price{said}")


@pytest.mark.parametrize("price", ["0", "0.00", "", "nobody", "-"])
def test_nothing_zero_and_a_word_are_the_price_of_an_unsold_lot(log: Log, price: str) -> None:
    lots = f"lot,winner,price\nA,nobody,{price}\nB,,{price}\n"
    report = log.replay(rows(f"A,x,1,{T0}"), lots, outcome=OUTCOME, lots={"file": '{null = ["-"]}'})
    assert report.mismatched == (Mismatch("A", 2, "winner", None, "x"), Mismatch("A", 2, "price", None, "1"))
    assert (report.lots_matched, report.skipped) == (1, ())


def test_an_unsold_lot_with_a_price_is_a_contradiction_and_its_bids_are_compared(log: Log) -> None:
    bids = rows(f"A,x,5,{T0}", f"A,y,1,{T0}")
    report = log.replay(bids, "lot,winner,price\nA,nobody,5.0\n", outcome=OUTCOME, bids=ALL_ACCEPTED)
    assert report.skipped == (
        Skipped(
            str(log.lots),
            2,
            "price",
            "recorded as unsold with a price of 5.0: expected price to be 0, empty or a word for unsold; it is not "
            "compared",
        ),
    )
    assert report.mismatched == (
        Mismatch("A", 3, "acceptance", "accepted", "refused: below_increment"),
        Mismatch("A", 2, "winner", None, "x"),
    )
    assert (report.lots_matched, report.bids_compared, report.bids_matched, report.exit_code) == (0, 2, 1, 3)


def test_an_outcome_cell_that_cannot_be_read_costs_that_cell_alone(log: Log) -> None:
    bids = rows(f"A,x,1,{T0}", f"B,y,1,{T0}")
    report = log.replay(bids, "lot,winner,price\nA,z,much\nB,y,more\n", outcome=OUTCOME, bids=ALL_ACCEPTED)
    assert log.skipped(report) == [("lots.csv", 2, "price"), ("lots.csv", 3, "price")]
    assert report.mismatched == (Mismatch("A", 2, "winner", "z", "x"),)
    assert (report.lots_matched, report.bids_compared, report.bids_matched) == (0, 2, 2)
    assert report.warnings == ()


def test_a_price_of_zero_with_a_winner_is_a_difference(log: Log) -> None:
    report = log.replay(rows(f"A,x,1,{T0}"), "lot,winner,price\nA,x,0\n", outcome=OUTCOME)
    assert report.mismatched == (Mismatch("A", 2, "price", "0", "1"),)


def test_a_late_bid_of_a_bidder_never_seen_is_not_admitted_and_the_text_adds_that_bidding_was_over(log: Log) -> None:
    report = log.replay(rows(f"A,x,1,{T0}", f"A,y,2,{T0 + 3600}"), bids=ALL_ACCEPTED)
    assert report.mismatched == (Mismatch("A", 3, "acceptance", "accepted", "refused: not_admitted"),)
    assert (
        f"  {log.bids} line 3, lot A: acceptance: recorded accepted, replayed refused: not_admitted (and bidding was "
        "over)\n" in report.to_text()
    )
    assert (
        f"  {log.bids} 第 3 行，标的 A：报价有效性：记载 有效，重演 无效：该竞买人未取得本标的的竞买资格（not_admitted），"
        "且竞价已结束\n" in report.to_text("zh-CN")
    )
    early = log.replay(rows(f"A,x,1,{T0}"), bids=ALL_ACCEPTED, auction={"opens": '"2030-01-01T00:00:00Z"'})
    assert "bidding was over" not in early.to_text()


def test_a_name_with_braces_stays_where_it_is(log: Log) -> None:
    report = log.replay(rows(f"{{}},x,1,{T0}"), "lot\nA\n")
    assert report.skipped[0].reason == f"lot '{{}}' is not replayed: lot '{{}}' has no row in {log.lots}"


def test_a_log_without_bidders_is_replayed_with_a_constant_one(log: Log) -> None:
    report = log.replay(
        rows(f"A,1,{T0}", f"A,2,{T0 + 1}", f"A,x,{T0}", header="lot,amount,time"), bids={"bidder": '{constant = "-"}'}
    )
    assert log.decided(report) == [("A", 2, "-", 100, None), ("A", 3, "-", 200, None)]
    assert log.skipped(report) == [("bids.csv", 4, "amount")]


def test_lots_are_joined_by_another_column_than_their_name(log: Log) -> None:
    bids = rows(f"S1,A,x,1,{T0}", f"S1,B,x,1,{T0}", f"S2,C,x,5,{T0}", f"S1,C,y,9,{T0}", header=f"sale,{HEADER}")
    report = log.replay(
        bids,
        "sale,start\nS1,1\nS2,5\nS3,7\n",
        lots={"on": '"sale"'},
        auction__rules={"start_price": '{column = "start"}'},
    )
    assert [(sale.name, sale.price_minor) for sale in report.sales] == [("A", 100), ("B", 100), ("C", 900)]
    assert report.warnings[1:] == (
        f"{log.bids} line 5: column 'sale' is 'S1'; the first row of lot 'C' on line 4 has 'S2', which is taken",
        f"{log.lots} line 4: no bid has 'S3' in column 'sale'; the row is not used",
    )
    assert (report.lots, report.skipped) == (3, ())


def test_everything_that_is_left_out_or_told_is_in_chinese_too_and_english_in_json(log: Log) -> None:
    bids = rows(
        f"A,x,1,{T0 + 5}", f"A,x,2,{T0}", f"A,x,?,{T0}", "A,x,9,?", "A,x", f"B,x,1,{T0}", f"C,x,1,{T0}", f"A,,9,{T0}"
    )
    report = log.replay(bids, "lot,start\nA,1\nB,no\nB,1\n", auction__rules={"start_price": '{column = "start"}'})
    assert (len(report.skipped), len(report.warnings)) == (8, 2)
    told = [in_language(text, "zh-CN") for text in (*[one.reason for one in report.skipped], *report.warnings)]
    assert [text for text in told if not re.search("[\u4e00-\u9fff]{2}", text)] == []
    assert [text for text in told if "expected" in text] == [
        "不是引擎可接受的报价：bidder: expected a name of 1 to 64 bytes, received an empty one"
    ], "what the engine says stays in English"
    assert [text for text in told if f"{text}\n" not in report.to_text("zh-CN")] == []
    assert all(text.isascii() for text in (report.to_json(), report.to_text()))
    assert pickle.loads(pickle.dumps(report)).to_text("zh-CN") == report.to_text("zh-CN")


def test_a_bid_after_the_deadline_is_refused_and_the_deadline_itself_is_late(log: Log) -> None:
    report = log.replay(rows(f"A,x,1,{T0}", f"A,y,2,{T0 + 3599}", f"A,x,3,{T0 + 3600}"))
    assert [reason for *_, reason in log.decided(report)] == [None, None, "closed"]
    assert (report.sales[0].winner, report.sales[0].price_minor) == ("y", 200)


@pytest.mark.parametrize(
    ("opens", "reasons"),
    [
        ('"first_bid"', [None, None, "closed"]),
        ('{column = "opens"}', ["not_open", None, None]),
        ('{column = "opens", before = "10m"}', [None, None, "closed"]),
        ('{before_first_bid = "30m"}', [None, "closed", "closed"]),
        ('"2023-10-18T18:32:48Z"', ["not_open", None, None]),
    ],
)
def test_a_lot_opens_when_the_mapping_says(log: Log, opens: str, reasons: list[str | None]) -> None:
    bids = rows(f"A,x,1,{T0}", f"A,x,2,{T0 + 1800}", f"A,x,3,{T0 + 3600}")
    report = log.replay(bids, f"lot,opens\nA,{T0 + 1}\n", auction={"opens": opens})
    assert [reason for *_, reason in log.decided(report)] == reasons


def test_an_opening_without_zone_in_a_format_of_its_own(log: Log) -> None:
    report = log.replay(
        rows(f"A,x,1,{T0}"),
        "lot,opens\nA,2023/10/19 02:32:47\n",
        auction={"opens": '{column = "opens", format = "%Y/%m/%d %H:%M:%S", zone = "Asia/Shanghai"}'},
    )
    assert log.decided(report) == [("A", 2, "x", 100, None)]


def test_a_lot_without_deadline_is_called_after_its_last_bid(log: Log) -> None:
    report = log.replay(rows(f"A,x,1,{T0}", f"A,y,2,{T0 + 9}"), auction__rules={"length": None})
    assert (report.sales[0].winner, report.sales[0].price_minor) == ("y", 200)


def test_an_end_from_a_column_closes_the_lot(log: Log) -> None:
    report = log.replay(
        rows(f"A,x,1,{T0}", f"A,x,2,{T0 + 9}"),
        f"lot,ends\nA,{T0 + 9}\n",
        auction__rules={"length": None, "ends_at": '{column = "ends"}'},
    )
    assert [reason for *_, reason in log.decided(report)] == [None, "closed"]


def test_a_listing_is_replayed_with_its_free_and_its_timed_phase(log: Log) -> None:
    report = log.replay(
        rows(f"A,1,319,{T0}", f"A,2,320,{T0 + 3600 + 239}", f"A,1,321,{T0 + 3600 + 478}", f"A,2,322,{T0 + 3600 + 718}"),
        amount={"unit": '"万元"', "unit_scale": "6"},
        auction={"type": '"listing@1"'},
        auction__rules={
            "start_price": '"319"',
            "length": None,
            "free": '"1h"',
            "countdown": '"4m"',
            "single_bidder": '"timed"',
            "timed_without_bids": '"decide"',
        },
    )
    assert log.decided(report) == [
        ("A", 2, "1", 319_000_000, None),
        ("A", 3, "2", 320_000_000, None),
        ("A", 4, "1", 321_000_000, None),
        ("A", 5, "2", 322_000_000, "closed"),
    ]


def test_times_count_from_an_origin_of_each_lot(log: Log) -> None:
    report = log.replay(
        rows("A,x,1,0.5", "B,x,1,10", "B,x,2,1", "C,x,1,10"),
        "lot,start\nA,2023-10-18T00:00:00Z\nB,2116-02-15T00:00:00Z\nC,2116-02-15T00:00:00Z\n",
        time={"format": '"days_since"', "origin": '{column = "start", format = "iso"}'},
    )
    assert [list(sale.at_ns) for sale in report.sales] == [[1_697_630_400 * NS], [4_611_254_400 * NS]]
    assert log.skipped(report) == [("bids.csv", 3, "time"), ("bids.csv", 5, "time"), ("lots.csv", 4, "lot")]


def test_an_increment_is_a_percentage_or_a_table(log: Log) -> None:
    bids = rows(f"A,x,1,{T0}", f"A,y,1.1,{T0}", f"A,x,1.2,{T0}", f"A,x,1.21,{T0}")
    percent = log.replay(bids, auction__rules={"increment": '{percent = "10", rounding = "up"}'})
    assert [reason for *_, reason in log.decided(percent)] == [None, None, "below_increment", None]
    table = log.replay(bids, auction__rules={"increment": '[["0", "0.05"], ["1.1", "0.11"]]'})
    assert [reason for *_, reason in log.decided(table)] == [None, None, "below_increment", None]


def test_the_out_file_has_a_line_for_every_decided_bid(log: Log) -> None:
    report = log.replay(rows(f'"A, 1",x,1,{T0}', f'"A, 1",竞买人,1,{T0 + 1}', f'"A, 1",y,2,{T0 + 2}'))
    out = log.folder / "out.csv"
    report.write_out(out)
    close = (T0 + 3600) * NS
    assert out.read_text(encoding="utf-8") == (
        "lot,line,seq,at_ns,bidder,amount_minor,verdict,reason,standing_minor,closes_at_ns\n"
        f'"A, 1",2,4,{T0 * NS},x,100,accepted,,100,{close}\n'
        f'"A, 1",3,6,{(T0 + 1) * NS},竞买人,100,refused,below_increment,100,{close}\n'
        f'"A, 1",4,8,{(T0 + 2) * NS},y,200,accepted,,200,{close}\n'
    )


def test_progress_counts_bids_up_to_all_of_them(log: Log) -> None:
    log.write(rows(f"A,x,1,{T0}", f"B,x,1,{T0}", f"B,y,2,{T0}"))
    told: list[tuple[int, int]] = []
    replay_history(log.bids, log.mapping(), progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (3, 3)]
