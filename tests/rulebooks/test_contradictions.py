"""What `check` takes for sound and what it refuses, where a book leaves values open or states wrong ones."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from by_the_book import GIVEN

from pyauction.rulebooks import PARAMETERS, check

Found = list[tuple[int | None, str, str]]


def toml(name: str, value: Any) -> str:
    """Return a value as a rule file states it."""
    if value is False:
        return "false"
    if isinstance(value, tuple):
        return str([each.hex() for each in value]).replace("'", '"')
    return str(value) if PARAMETERS[name].kind == "count" else f'"{value}"'


def found(folder: Path, text: str) -> Found:
    path = folder / "notice.toml"
    path.write_text(f'schema = "pyauction.rules/1"\n{text}', encoding="utf-8")
    return [(problem.line, str(problem.key), problem.en) for problem in check(path).problems]


@pytest.mark.parametrize("book", GIVEN)
def test_what_makes_a_lot_is_sound_whichever_part_of_it_is_stated(tmp_path: Path, book: str) -> None:
    drawn, stated = random.Random(book), [f"{name} = {toml(name, value)}\n" for name, value in GIVEN[book].items()]
    for count in [len(stated), *(drawn.randrange(len(stated)) for _ in range(25))]:
        part = "".join(drawn.sample(stated, count))
        assert found(tmp_path, f'based_on = "{book}"\n[rules]\n{part}') == [], part


SOUND: dict[str, tuple[str, str]] = {
    "a cap off the grid of an open start price": ("wuxi_lottery", 'cap = "125"\nincrement = "10"\n'),
    "a cap of a step and a half": ("wuxi_lottery", 'cap = "1.5"\n'),
    "a cap below a step": ("capped_rounds", 'unit = "万元"\nincrement = "1"\ncap = "0.1"\n'),
    "no answers, where the inquiry is open": ("sichuan_2023", "inquiry_yes = false\n"),
    "no equal quotes, where the custody is open": ("sichuan_2024_sealed", 'sealed_equal = "refused"\n'),
    "an inquiry behind the cap, where the other is open": ("sichuan_2025_topup", 'cap_inquiry = "5m"\ninquiry_yes = 1\n'),
    "late bids, where inquiry and preparation are open": (
        "sichuan_2023",
        'late_bids = "extend"\nextension_window = "5m"\nsingle_bidder = false\ntimed_without_bids = false\n',
    ),
    "no commitment, where the reserve is open": ("dezhou", "reserve_commitment = false\n"),
    "no bidders of an open window": ("dezhou", 'recent_bidders = false\nrecent_window = {required = "x"}\n'),
    "an hour of listing without a reserve": (
        "fujian", 'free = "30m"\nreserve = "declared_none"\nrecent_bidders = false\nrecent_window = false\n',
    ),
    "a stop longer than any usual listing, whose length is open": ("taicang", 'free_stop = "300h"\n'),
}  # fmt: skip


@pytest.mark.parametrize(("book", "rules"), SOUND.values(), ids=SOUND.keys())
def test_what_some_choice_of_the_open_values_makes_sound_is_sound(tmp_path: Path, book: str, rules: str) -> None:
    assert found(tmp_path, f'based_on = "{book}"\n[rules]\n{rules}') == []


WRONG: dict[str, tuple[str, str, Found]] = {
    "timed bidding and sealed bids behind the cap": (
        "sichuan_2024_sealed", 'cap_countdown = "30m"\n', [(4, "cap_countdown and sealed", "expected one of them")]),
    "the most of no sealed bid": (
        "capped_rounds", 'sealed_most = "1"\n', [(4, "sealed_most", "has no meaning without a sealed phase")]),
    "several setters of an open reserve, and no rounding": (
        "judicial", "reserve_setters = 3\n",
        [(4, "reserve_rounding", "must be stated with reserve_setters; there is no default")]),
    "an entry that no engine counts": (
        "taicang", 'entry_ends_before_end = "20000d"\n',
        [(4, "entry_ends_before_end", "expected a length from 1ns to 11574d1h46m40s, received 20000d")]),
    "a published reserve without sealed bids": (
        "weifang", 'reserve_published = "decides"\n',
        [(4, "reserve_published", "has no meaning without a sealed phase")]),
    "one fault beside another": (
        "suzhou_oneprice", 'sealed_custody = false\ncap_countdown = "1s"\n',
        [(5, "cap_countdown and sealed", "expected one of them")]),
    "everything at once": (
        "taicang",
        'start_price = "100"\ncap = "5"\ncap_action = "sell"\nsealed_most = "3"\nprecision = "3"\nresume_free_most = "1h"\n',
        [(8, "precision", "expected start_price as a whole multiple of 3, received 100"),
         (9, "resume_free_most", "bounds the end that resume_free lets somebody state; expected both"),
         (5, "cap", "expected more than the start price 100, received 5"),
         (7, "sealed_most", "has no meaning without a sealed phase")]),
}  # fmt: skip


@pytest.mark.parametrize(("book", "rules", "expected"), WRONG.values(), ids=WRONG.keys())
def test_what_no_choice_of_the_open_values_makes_sound_is_told(
    tmp_path: Path, book: str, rules: str, expected: Found
) -> None:
    assert found(tmp_path, f'based_on = "{book}"\n[rules]\n{rules}') == expected


READ: dict[str, tuple[str, Found]] = {
    "a name with a zero byte": ('based_on = "a\\u0000.toml"\n', [(2, "based_on", "'a\\x00.toml' is no path")]),
    "a file that is based on itself": (
        'based_on = "notice.toml"\n', [(2, "based_on", "notice.toml is based on this file")]),
    "separators that TOML does not know": (
        '# a\u2028b\u2028c\nmethod = "listing"\n[rules]\nfre = "1h"\n',
        [(5, "fre", "there is no such parameter; did you mean free?")]),
    "a quoted section": (
        'method = "listing"\n[rules."countdown"]\nvalue = 5\n',
        [(3, "countdown", 'expected a length of time as "5m", "1h30m" or "10d", received 5')]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ.keys())
def test_a_file_of_another_form_is_read_or_refused(tmp_path: Path, text: str, expected: Found) -> None:
    assert [each for each in found(tmp_path, text) if each[2] != "must be stated; there is no default"] == expected


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 100_000, "[rules]\ninquiry_yes = " + "9" * 5_000],
    ids=["lists in lists", "a number of thousands of digits"],
)
def test_what_no_reader_reads_is_refused(tmp_path: Path, text: str) -> None:
    ((line, key, told),) = found(tmp_path, text)
    assert (line, key, told.startswith("not TOML that can be read")) == (None, "", True)


def test_a_percentage_of_thousands_of_digits_is_refused(tmp_path: Path) -> None:
    ((line, key, told),) = [
        each
        for each in found(
            tmp_path, f'based_on = "taicang"\n[rules]\nincrement = {{percent = "{"9" * 5_000}%", rounding = "up"}}\n'
        )
        if each[1] == "increment"
    ]
    assert (line, key, told.startswith("expected a percentage")) == (4, "increment", True)
