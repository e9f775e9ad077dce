"""The public surface: complete, sorted, documented, and in step with the native module."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import pyauction
from pyauction import WAN_YUAN, AuctionHouse, English, ManualClock, NoReserve, _engine, errors
from pyauction.explain import explanations
from pyauction.refusals import Reason


def test_all_is_sorted_and_everything_in_it_exists() -> None:
    names = pyauction.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), name))
    assert [name for name in names if not hasattr(pyauction, name)] == []


def test_all_names_everything_that_the_package_imports_for_its_users() -> None:
    tree = ast.parse(Path(pyauction.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
    }
    assert imported == set(pyauction.__all__)


def test_every_fault_is_in_the_tree_and_public() -> None:
    faults = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.AuctionError)
    }
    assert faults <= set(pyauction.__all__)
    assert [name for name in faults if name not in (errors.__doc__ or "")] == []


def test_every_public_name_has_a_docstring() -> None:
    undocumented = [
        name
        for name in pyauction.__all__
        if (inspect.isclass(value := getattr(pyauction, name)) or inspect.isfunction(value))
        and not inspect.getdoc(value)
    ]
    assert undocumented == []


def test_reasons_of_python_and_rust_are_the_same_list() -> None:
    native = _engine.REASONS
    assert [(each.number, each.code) for each in explanations()] == native
    assert [reason.value for reason in Reason] == [code for _, code in native]


def test_every_reason_is_explained_in_both_languages() -> None:
    for each in explanations():
        assert each.text("en") != each.text("zh-CN")
        assert each.en
        assert each.zh
        assert each.rule


def test_a_reason_is_explained_by_its_number_as_a_batch_of_bids_gives_it() -> None:
    assert [pyauction.explain(each.number) for each in explanations() if each.number is not None] == list(
        explanations()
    )
    assert pyauction.explain("9") == pyauction.explain("below_increment")
    with pytest.raises(pyauction.MisuseError, match="unknown code 99"):
        pyauction.explain(99)


def test_a_message_shows_amounts_in_the_unit_that_is_asked_for() -> None:
    with AuctionHouse(clock=ManualClock(0), timers=False) as house:
        house.open_lot(
            "A",
            English(
                money=WAN_YUAN,
                start_price="319",
                increment="10",
                reserve=NoReserve(),
                on_outage="suspend",
                self_outbid="allowed",
                admission="open",
            ),
        )
        first = house.bid("A", "001", "319")
        under = house.bid("A", "001", "328.9995")
    assert first.message("zh-CN", money=WAN_YUAN) == "已接受：报价 319 万元（序号 4）；当前最高 319 万元"
    assert first.message() == "accepted: bid 319,000,000 minor units as record 4; top amount 319,000,000 minor units"
    refusal = (
        "refused: the bid must reach the current top amount plus one step; bid 328.9995 万元 < least acceptable bid 329 万元, "
        "top 319 万元; rule: FORMAT.md B.5 row 17; cf. 福建 art. 30, 太仓 art. 19"
    )
    assert under.message(money=WAN_YUAN) == refusal
