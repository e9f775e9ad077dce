"""What a tender's book states of its evaluation: its parts and panel, read, checked, shown and used."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyauction import Evaluation, MisuseError, Panel, Panelist, Part, RulebookError, rulebook
from pyauction.rulebooks import check, differences

MEMBERS = (
    *(
        Panelist(name, expert=True, field=field)
        for name, field in (("甲", "地质"), ("乙", "矿业"), ("丙", ""), ("丁", ""))
    ),
    Panelist("戊", expert=False),
)
MARKS = {"1213": {"技术": dict.fromkeys("甲乙丙丁戊", 30)}}
SCORING = (Part("价格", 60, "share_of_highest"), Part("技术", 40, "panel"))
STATED = 'scoring = [["价格", 60, "share_of_highest"], ["技术", 40, "panel"]]'
FIELDS = ("地质", "矿业")


@pytest.fixture
def notice(tmp_path: Path) -> Callable[..., Path]:
    def write(*rules: str, based_on: str = "tender_comprehensive") -> Path:
        path = tmp_path / "notice.toml"
        path.write_text(
            "\n".join(('schema = "pyauction.rules/1"', f'based_on = "{based_on}"', "[rules]", *rules)), encoding="utf-8"
        )
        return path

    return write


def test_a_notice_states_its_scoring_and_the_book_its_panel(notice: Callable[..., Path]) -> None:
    made = rulebook(notice(STATED)).evaluation(members=MEMBERS, marks=MARKS)
    panel = Panel(MEMBERS, fields=FIELDS, of_fields=2, more_than_two_thirds=True)
    assert made == Evaluation(panel=panel, parts=SCORING, marks=MARKS)


def test_scoring_may_be_given_where_no_file_states_it() -> None:
    made = rulebook("tender_comprehensive").evaluation(members=MEMBERS, marks=MARKS, scoring=SCORING)
    assert made.parts == SCORING


def test_a_notice_may_ask_for_another_panel(notice: Callable[..., Path]) -> None:
    book = rulebook(
        notice(
            STATED, "panel_least = 7", 'panel_experts = "two_thirds"', "panel_fields = false", "panel_of_fields = false"
        )
    )
    with pytest.raises(MisuseError, match="^panel: expected an odd number of at least 7 members, received 5"):
        book.evaluation(members=MEMBERS, marks=MARKS)
    members = tuple(Panelist(f"m{number}", expert=number < 6) for number in range(9))
    assert book.evaluation(members=members, marks={}).panel == Panel(members, least=7)


@pytest.mark.parametrize(
    ("members", "told", "chinese"),
    [
        (MEMBERS[1:], "expected an odd number of at least 5 members, received 4", "成员应为 5 人以上单数，实为 4 人"),
        (tuple(Panelist(each.name, each.expert, "矿业" if each.name == "乙" else "") for each in MEMBERS),
         "expected at least 2 experts of 地质, 矿业, received 1", "地质, 矿业专业的专家不得少于 2 人，实为 1 人"),
        ((*MEMBERS[:3], Panelist("丁", expert=False), MEMBERS[4]), "expected more than two thirds experts, received 3 of 5",
         "专家应多于三分之二，实为 5 人中 3 人"),
    ],
    ids=["four", "one of the fields", "three experts of five"],
)  # fmt: skip
def test_a_panel_that_the_book_does_not_allow_is_refused(
    members: tuple[Panelist, ...], told: str, chinese: str
) -> None:
    with pytest.raises(MisuseError) as raised:
        rulebook("tender_comprehensive").evaluation(members=members, marks=MARKS, scoring=SCORING)
    assert (raised.value.message(), raised.value.message("zh-CN")) == (f"panel: {told}", f"panel：{chinese}")


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        (
            "tender_comprehensive",
            {},
            "scoring: must be given: each tender's documents state the parts and their points",
        ),
        (
            "tender_comprehensive",
            {"scoring": SCORING, "panel_least": 7},
            "panel_least: stated by TBL art. 37; to depart",
        ),
        ("tender_comprehensive", {"scoring": SCORING, "unit": "元"}, "unit: is no part of an evaluation"),
        ("taicang", {"scoring": SCORING}, "method: expected a tender, received a listing"),
    ],
    ids=["missing", "stated", "of the lot", "no tender"],
)
def test_what_an_evaluation_does_not_take_is_named(name: str, given: dict[str, Any], told: str) -> None:
    with pytest.raises(RulebookError, match=f"^{name}: (line [0-9]+: )?{told}"):
        rulebook(name).evaluation(members=MEMBERS, marks=MARKS, **given)


UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "rows": ({"scoring": [["price", 40, "panel"]]}, "parts: expected Part values in a tuple"),
    "text": ({"scoring": "abc"}, "parts: expected Part values in a tuple, received 'abc'"),
    "off": ({"scoring": False}, "parts: expected Part values in a tuple, received False"),
    "one part": ({"scoring": SCORING[0]}, "parts: expected Part values in a tuple"),
    "a name that is none": ({"scoring": (Part(["x"], 1, "panel"),)}, "parts: name: expected text"),  # type: ignore[arg-type]
    "names for members": ({"members": tuple("abcde")}, "panel: members: expected Panelist values in a tuple"),
    "no members": ({"members": None}, "panel: members: expected Panelist values in a tuple, received None"),
    "no marks": ({"marks": None}, "marks: expected a mapping, received None"),
    "marks of a number": ({"marks": {1213: {}}}, "marks: expected text, received 1213"),
    "a mark as text": ({"marks": {"1213": {"技术": {"甲": "55"}}}}, "marks of 1213, 技术, 甲: expected an int or a Fraction"),
    "one field as text": ({"panel_fields": "地质矿业"}, "panel: fields: expected str values in a tuple, received '地质矿业'"),
    "an empty field": ({"panel_fields": ("",)}, "panel: fields: expected text, received ''"),
    "a count as text": ({"panel_of_fields": "2"}, "panel: of_fields: expected a whole number, received '2'"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "told"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_what_no_evaluation_can_be_made_of_is_misuse(
    notice: Callable[..., Path], given: dict[str, Any], told: str
) -> None:
    opened = ('panel_fields = { required = "w" }', 'panel_of_fields = { required = "w" }')
    stated = {"members": MEMBERS, "marks": MARKS, "scoring": SCORING, "panel_fields": FIELDS, "panel_of_fields": 2}
    with pytest.raises(MisuseError, match=f"^{re.escape(told)}"):
        rulebook(notice(*opened)).evaluation(**stated | given)


def test_scoring_is_no_rule_of_a_lot() -> None:
    with pytest.raises(RulebookError, match=r"scoring: is given to evaluation\(\), not to a lot"):
        rulebook("tender_comprehensive").auction(scoring=SCORING)
    assert "scoring" not in rulebook("tender_comprehensive").open_values


PARTS = 'rows of [name, points, "panel" or "share_of_highest"], of different names'

WRONG: dict[str, tuple[str, str, str, str]] = {
    "no rows": ("scoring = 40", "tender_comprehensive", "scoring", f"expected {PARTS}, received 40"),
    "no points": ('scoring = [["价格", 0, "panel"]]', "tender_comprehensive", "scoring",
                  f"expected {PARTS}, received [['价格', 0, 'panel']]"),
    "half points": ('scoring = [["价格", 0.5, "panel"]]', "tender_comprehensive", "scoring",
                    f"expected {PARTS}, received [['价格', 0.5, 'panel']]"),
    "no such kind": ('scoring = [["价格", 40, "lottery"]]', "tender_comprehensive", "scoring",
                     f"expected {PARTS}, received [['价格', 40, 'lottery']]"),
    "one name twice": ('scoring = [["a", 1, "panel"], ["a", 1, "panel"]]', "tender_comprehensive", "scoring",
                       f"expected {PARTS}, received [['a', 1, 'panel'], ['a', 1, 'panel']]"),
    "too short a row": ('scoring = [["a", 1]]', "tender_comprehensive", "scoring",
                        f"expected {PARTS}, received [['a', 1]]"),
    "no name": ('scoring = [["", 1, "panel"]]', "tender_comprehensive", "scoring",
                f"expected {PARTS}, received [['', 1, 'panel']]"),
    "a number for a name": ('scoring = [[1, 1, "panel"]]', "tender_comprehensive", "scoring",
                            f"expected {PARTS}, received [[1, 1, 'panel']]"),
    "six members": ("panel_least = 6", "tender_comprehensive", "panel_least",
                    "expected an odd number, received 6 (招标投标法 art. 37)"),
    "fields of nobody": ("panel_of_fields = false", "tender_comprehensive", "panel_fields",
                         "expected panel_of_fields beside it"),
    "no texts": ("panel_fields = [1]", "tender_comprehensive", "panel_fields",
                 'expected texts as ["地质", "矿业"], received [1]'),
    "three members": ("panel_least = 3", "tender_comprehensive", "panel_least",
                      "expected at least 5, received 3 (招标投标法 art. 37)"),
    "fields off": ("panel_fields = false", "tender_comprehensive", "panel_of_fields", "expected panel_fields beside it"),
    "in a listing": (STATED, "taicang", "scoring", "has no meaning in a listing"),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "based_on", "key", "told"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_evaluation_is_found_in_the_file(
    notice: Callable[..., Path], rule: str, based_on: str, key: str, told: str
) -> None:
    line = 4 if rule.startswith(key) else None
    assert [(each.line, each.key, each.en) for each in check(notice(rule, based_on=based_on)).problems] == [
        (line, key, told)
    ]


def test_scoring_is_shown_compared_and_written_as_data(notice: Callable[..., Path], cli: Any) -> None:
    path = str(notice(STATED))
    assert "价格 60 (share of the highest); 技术 40 (panel)" in cli("rules", "show", path).out
    chinese = cli("rules", "show", path, "--lang", "zh-CN").out
    assert "价格 60（占最高报价的比例）; 技术 40（评委打分）" in chinese
    assert re.search("专家专业 +地质, 矿业", chinese)
    shown = json.loads(cli("rules", "show", path, "--json").out)
    assert shown["rules"]["scoring"]["value"] == [["价格", 60, "share_of_highest"], ["技术", 40, "panel"]]
    assert [each.name for each in differences(rulebook("tender_comprehensive"), rulebook(path))] == ["scoring"]
