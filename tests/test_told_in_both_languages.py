"""What the engine finds wrong with rules is told in English and in Chinese. That both have the places of the figures is
checked where they are compiled."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from sales import english, listing

from pyauction import AuctionError, LotRules, MisuseError, Phase, RulebookError, RuleError, rulebook

ROOT = Path(__file__).parent.parent
PAIR = re.compile(r'(?:told!|fault)\(\s*(?:"\w+",\s*|parameter,\s*)?"([^"]*)",\s*"([^"]*)"', re.DOTALL)
CHINESE = re.compile("[\u4e00-\u9fff]")
SENTENCES = sorted(
    (*pair, path.name)
    for folder in ("rules", "python")
    for path in (ROOT / "engine_rs/src" / folder).glob("*.rs")
    for pair in PAIR.findall(path.read_text("utf-8"))
)
"""The sentences as they stand in the source: not every one can be reached from outside."""


def test_the_sentences_are_found() -> None:
    assert len(SENTENCES) > 90


@pytest.mark.parametrize(("english", "chinese", "file"), SENTENCES, ids=lambda value: value[:50])
def test_a_fault_of_rules_is_told_in_both_languages(english: str, chinese: str, file: str) -> None:
    assert (CHINESE.search(english), bool(CHINESE.search(chinese))) == (None, True), file


ERRORS: dict[str, tuple[Any, tuple[str, str, str, str]]] = {
    "of the engine": (
        lambda: listing(cap=300, start_price=319, increment=1, cap_action="sell").rules(),
        ("cap", "expected more than the start price 319, received 300",
         "cap: expected more than the start price 319, received 300", "cap：应高于起始价 319，实为 300"),
    ),
    "of the engine, raw": (
        lambda: LotRules(**NATIVE | {"phases": [Phase("timed", after_ns=0)]}),
        ("phases", "phase 0: length: expected a length from 1ns to 11574d1h46m40s, received 0s",
         "phases: phase 0: length: expected a length from 1ns to 11574d1h46m40s, received 0s",
         "phases：序号 0 的阶段：时长：时长应在 1ns 至 11574d1h46m40s 之间，实为 0s"),
    ),
    "of a part": (
        lambda: english(increment=((5, 10),), closed=((1.5, 2),)).rules(),
        ("closed: span 1", "expected nanoseconds since 1970 UTC or an aware datetime, received 1.5",
         "closed: span 1: expected nanoseconds since 1970 UTC or an aware datetime, received 1.5",
         "closed：第 1 个时段：应为自 1970 年（UTC）起的纳秒数或带时区的 datetime，实为 1.5"),
    ),
    "of two parameters": (
        lambda: english(length="1m", ends_at=5).rules(),
        ("length and ends_at", "expected one of them, or neither for an end that is called",
         "length and ends_at: expected one of them, or neither for an end that is called",
         "length 与 ends_at：只能写明其一；宣布结束的，均不写"),
    ),
}  # fmt: skip
NATIVE: dict[str, Any] = {
    "admission": "open", "start_price": 1, "increment": 1, "self_outbid": "allowed", "phases": [], "clock": "opening",
    "on_outage": "suspend", "reserve": "declared_none",
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "told"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_says_what_is_wrong_of_which_parameter(wrong: Any, told: tuple[str, str, str, str]) -> None:
    with pytest.raises(MisuseError) as raised:
        wrong()
    for error in [raised.value, *(pickle.loads(pickle.dumps(raised.value, protocol)) for protocol in range(6))]:
        assert (error.parameter, error.problem, error.message(), error.message("zh-CN")) == told
        assert str(error) == error.message()


def test_a_fault_of_the_engine_keeps_its_figures() -> None:
    with pytest.raises(RuleError) as raised:
        listing(cap=300, start_price=319, increment=1, cap_action="sell").rules()
    assert raised.value.fault is not None
    assert raised.value.fault.figures == (("amount", 319), ("amount", 300))


def test_the_problems_of_a_rule_book_outlive_a_pickle() -> None:
    with pytest.raises(RulebookError) as raised:
        rulebook("taicang").auction()
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (copy.problems, copy.message("zh-CN")) == (raised.value.problems, raised.value.message("zh-CN"))
    assert copy.message("zh-CN").startswith("taicang：第 ")


def test_another_language_is_refused() -> None:
    with pytest.raises(MisuseError, match="^lang: expected 'en' or 'zh-CN', received 'fr'$"):
        AuctionError("x").message("fr")  # type: ignore[arg-type]
