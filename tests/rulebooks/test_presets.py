"""The rule books of the package: sources, what they leave open, the rules that they make, and departures from them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from by_the_book import GIVEN, NO_RESERVE, D, H, M, auction, events, rule_file, verified
from sales import SECOND, manual_house

from pyauction import (
    Listing,
    MemoryJournal,
    MisuseError,
    Preset,
    RulebookError,
    RuleError,
    rulebook,
    rulebook_names,
    verifier,
)
from pyauction.events import LotOpened
from pyauction.optional_rules import OPTIONAL
from pyauction.rulebooks import PARAMETERS, Checked, Difference, Open, Problem, Stated, check, differences
from pyauction.rulebooks.book import _FIELDS, METHODS
from pyauction.verifier.rules import _KEYS as KEYS

BOOKS = sorted(GIVEN)


def test_these_rule_books_come_with_the_package() -> None:
    assert rulebook_names() == BOOKS


@pytest.mark.parametrize("name", BOOKS)
def test_a_check_finds_nothing(name: str) -> None:
    book = rulebook(name)
    assert check(name) == Checked(book, (), book.open_values, ())
    assert check(Path(book.path)) == check(name)


@pytest.mark.parametrize("name", BOOKS)
def test_every_stated_value_has_a_listed_source_and_a_status(name: str) -> None:
    book = rulebook(name)
    stated = {key: rule for key, rule in book.rules.items() if isinstance(rule, Stated)}
    told = [(rule.source, rule.status) for rule in stated.values()]
    told += [(period.source, period.status) for period in book.periods]
    assert stated
    for source, status in told:
        assert source.split()[0].rstrip(",;") in book.sources
        assert status in ("text", "press", "inferred")
    assert all(rule.departs_from is None for rule in stated.values())
    assert (book.based_on, book.name) == (None, name)
    assert all(book.sources.values())


@pytest.mark.parametrize("name", BOOKS)
def test_every_line_is_where_the_parameter_stands(name: str) -> None:
    book = rulebook(name)
    lines = Path(book.path).read_text("utf-8").splitlines()
    assert {key: lines[rule.line - 1].partition(" = ")[0] for key, rule in book.rules.items() if rule.line} == {
        key: key for key in book.rules
    }


@pytest.mark.parametrize("name", BOOKS)
def test_the_open_values_are_these_and_each_has_its_reason_in_both_languages(name: str) -> None:
    book = rulebook(name)
    assert list(book.open_values) == [key for key in PARAMETERS if key in GIVEN[name]]
    for rule in book.rules.values():
        if isinstance(rule, Open):
            assert rule.reason() == rule.why != rule.reason("zh-CN") == rule.why_zh
            assert not any("\u4e00" <= each <= "\u9fff" for each in rule.why.replace("竞买人", "").replace("万元", ""))
            assert any("\u4e00" <= each <= "\u9fff" for each in rule.why_zh)


LEFT_OUT = [(name, key) for name in BOOKS for key in GIVEN[name]]


@pytest.mark.parametrize(("name", "key"), LEFT_OUT, ids=" ".join)
def test_an_open_value_that_is_left_out_is_named(name: str, key: str) -> None:
    book = rulebook(name)
    with pytest.raises(RulebookError) as caught:
        book.auction(**{each: value for each, value in GIVEN[name].items() if each != key})
    rule = book.rules[key]
    assert isinstance(rule, Open)
    en, zh = f"must be given: {rule.why}", f"须由调用方给定：{rule.why_zh}"
    assert (caught.value.name, caught.value.problems) == (name, (Problem(rule.line, key, en, zh),))
    assert str(caught.value) == f"{name}: line {rule.line}: {key}: {en}"
    assert caught.value.message("zh-CN") == f"{name}：第 {rule.line} 行：{key}：{zh}"


STATED = [(name, key) for name in BOOKS for key, rule in rulebook(name).rules.items() if isinstance(rule, Stated)]


@pytest.mark.parametrize(("name", "key"), STATED, ids=" ".join)
def test_a_stated_value_is_not_given_again_whatever_it_is(name: str, key: str) -> None:
    book = rulebook(name)
    rule = book.rules[key]
    assert isinstance(rule, Stated)
    for value in (rule.value, False, "5m"):
        if value is None:
            continue
        with pytest.raises(RulebookError) as caught:
            book.auction(**GIVEN[name], **{key: value})
        expected = f"stated by {rule.source}; to depart from it write a rule file with"
        assert [(problem.line, problem.key) for problem in caught.value.problems] == [(rule.line, key)]
        assert caught.value.problems[0].en.startswith(expected)


def test_every_open_value_is_named_at_once() -> None:
    with pytest.raises(RulebookError) as caught:
        rulebook("shanxi_2024").auction()
    assert [problem.key for problem in caught.value.problems] == list(rulebook("shanxi_2024").open_values)


def test_a_lot_without_a_reserve_needs_no_commitment_and_a_lot_with_a_stated_end_no_length() -> None:
    given = {name: value for name, value in GIVEN["shantou"].items() if name not in ("reserve_commitment", "free")}
    terms = rulebook("shantou").auction(**(given | {"reserve": "declared_none", "listing_ends_at": 5 * H * SECOND}))
    assert terms.rules().as_dict()["phases"][0] == {"kind": "free", "at_ns": 5 * H * SECOND}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"countdwn": "4m"}, "countdwn: there is no such parameter"),
        ({"unit": "shell"}, "unit: expected one of 分, 元, 万元, received 'shell'"),
        ({"reserve": "optional"}, "reserve: expected one of required, declared_none, received 'optional'"),
        ({"self_outbid": "perhaps"}, "self_outbid: expected one of allowed, refused, received 'perhaps'"),
        ({"free": False}, "free: cannot be off"),
        ({"increment": False}, "increment: cannot be off"),
    ],
)
def test_a_wrong_value_is_named(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(RulebookError, match=f"^shantou: (line [0-9]+: )?{problem}"):
        auction("shantou", **given)


def test_a_length_under_the_least_that_the_source_states_is_refused() -> None:
    with pytest.raises(RuleError, match=r"^free: expected at least free_least \(1d\), received 23h59m"):
        auction("judicial", free="23h59m").rules()
    assert auction("judicial", free="24h").rules() == auction("judicial", free=24 * H * SECOND).rules()


def test_a_length_that_is_none_is_named_where_the_source_states_a_least() -> None:
    with pytest.raises(MisuseError, match="free: expected nanoseconds, a timedelta or text as '4m' or '1h30m'"):
        auction("judicial", free="soon").rules()
    with pytest.raises(MisuseError, match="free: expected nanoseconds, a timedelta or text as '4m' or '1h30m'"):
        auction("dezhou", free="soon").rules()


# What each book makes of what is given, read by the independent verifier. Lengths are in seconds.
COMMON: dict[str, Any] = {
    "admission": "LISTED", "start_price": 100, "increment_fixed": 10, "self_outbid": "MAY", "clock": "AT_OPENING",
    "on_outage": "SUSPEND",
}  # fmt: skip
ENTERED: dict[str, Any] = {"reserve_policy": "REQUIRED", "reserve_custody": "ENTERED", "reserve_commitment": "AT_ENTRY"}
NONE: dict[str, Any] = {"reserve_policy": "DECLARED_NONE"}
WAN = 1_000_000

FREE = "free 36000"
RULES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "capped_rounds": (
        ["timed 86400 window 300 to 300"],
        {**COMMON, **NONE, "multiple_anchor": "START_PRICE", "cap": 400, "cap_action": "NEXT_ROUND"},
    ),
    "dezhou": (
        [FREE, "timed 300 reset to 300"],
        {**COMMON, **ENTERED, "timed_entry": "PRIOR_BID", "single_bidder": "ENTER", "timed_without_bids": "DECIDE"},
    ),
    "fujian": (
        [FREE, "preparation 900", "timed 300 reset to 300"],
        {
            **COMMON, **ENTERED, "start_price": 100 * WAN, "increment_fixed": 10 * WAN, "timed_increment": 5 * WAN,
            "precision": WAN // 10, "recent_bidders": 2, "recent_window": H, "single_bidder": "DECIDE",
            "timed_without_bids": "DECIDE", "entry_ends_before_end": H, "resume_free": "EXTEND", "resume_free_most": H,
            "resume_timed": "RESTART_FROM_PREPARATION", "resume_direct_within": H, "resume_notice": D,
        },
    ),
    "jilin_2025": (
        [FREE, "inquiry 180", "timed 180 reset to 180"],
        {
            **COMMON, **ENTERED, "inquiry_yes": 1, "timed_entry": "PRIOR_BID_AND_YES", "single_bidder": "DECIDE",
            "timed_without_bids": "DECIDE",
        },
    ),
    "judicial": (
        ["timed 86400 window 300 to 300"],
        {**COMMON, **ENTERED, "priority": "REPEATEDLY", "free_least": 24 * H},
    ),
    "qinzhou_auction": (
        ["free 3600", "timed 300 reset to 300"],
        {
            **COMMON, **ENTERED, "single_bidder": "ENTER", "timed_without_bids": "ENTER", "min_bidders": 3,
            "min_bidders_counts": "ADMITTED",
        },
    ),
    "shantou": (
        [FREE, "inquiry 300", "timed 300 reset to 300"],
        {
            **COMMON, **ENTERED, "inquiry_yes": 1, "timed_entry": "PRIOR_BID_AND_YES", "single_bidder": "ENTER",
            "timed_without_bids": "DECIDE", "entry_opens_before_end": 30 * M,
        },
    ),
    "shanxi_2024": (
        [FREE, "inquiry 300", "preparation 900", "timed 240 reset to 240"],
        {
            **COMMON, **ENTERED, "reserve_commitment": "BEFORE_OPENING", "multiple_anchor": "START_PRICE", "inquiry_yes": 2,
            "timed_entry": "YES", "single_bidder": "DECIDE", "timed_without_bids": "DECIDE", "entry_opens_before_end": H,
            "entry_ends_before_end": 30 * M,
        },
    ),
    "sichuan_2023": (
        [FREE, "timed 240 reset to 240"],
        {
            **COMMON, **NONE, "start_price": 319 * WAN, "increment_fixed": 10 * WAN, "multiple_anchor": "CURRENT_TOP",
            "self_outbid": "MAY_NOT", "on_outage": "CLOSE_AT_SCHEDULE", "single_bidder": "ENTER",
            "timed_without_bids": "ENTER",
        },
    ),
    "sichuan_2025_topup": (
        [FREE, "timed 300 reset to 300", "preparation 86400", "timed 180 reset to 180"],
        {
            **COMMON, **ENTERED, "single_bidder": "ENTER", "timed_without_bids": "DECIDE", "cap": 150,
            "cap_action": "ENTER", "cap_phase": 2, "cap_passing": "ALLOWED", "top_up": "REQUIRED",
        },
    ),
    "sichuan_2024_sealed": (
        [FREE, "timed 300 reset to 300", "preparation 86400", "sealed 7200"],
        {
            **COMMON, **ENTERED, "single_bidder": "ENTER", "timed_without_bids": "DECIDE", "cap": 150,
            "cap_action": "ENTER", "cap_phase": 2, "cap_passing": "ALLOWED", "sealed_custody": "BIDDER",
            "sealed_award": "HIGHEST", "sealed_tie": "REQUOTE",
        },
    ),
    "suzhou_oneprice": (
        [FREE, "timed 300 reset to 300", "preparation 1800", "inquiry 300", "sealed 600"],
        {
            **COMMON, **ENTERED, "start_price": 10_000, "increment_fixed": 1_000, "precision": 100, "single_bidder": "ENTER",
            "timed_without_bids": "DECIDE", "cap": 12_500, "cap_action": "ENTER", "cap_phase": 2, "inquiry_yes": 1,
            "timed_entry": "YES", "sealed_custody": "HOUSE", "sealed_most": 15_000, "sealed_equal": "REFUSED",
            "sealed_award": "CLOSEST_TO_MEAN", "reserve_published": "DECIDES",
        },
    ),
    "taicang": (
        [FREE, "timed 240 reset to 240"],
        {
            **COMMON, **ENTERED, "multiple_anchor": "CURRENT_TOP", "free_stop": H, "single_bidder": "DECIDE",
            "timed_without_bids": "DECIDE", "entry_opens_before_end": 30 * M, "resume_notice": 5 * D,
        },
    ),
    "tender_comprehensive": (
        ["sealed 1728000"],
        {
            **COMMON, **ENTERED, "increment_fixed": 1, "self_outbid": "MAY_NOT", "sealed_custody": "HOUSE",
            "sealed_change": "CHANGE_OR_WITHDRAW", "sealed_min": 3, "sealed_award": "MOST_POINTS", "sealed_tie": "HIGHER",
            "reserve_published": "REFERENCE",
        },
    ),
    "weifang": (["timed 36000 window 300 to 300"], {**COMMON, **ENTERED}),
    "wuxi_lottery": (
        [FREE, "timed 240 reset to 240"],
        {
            **COMMON, **ENTERED, "multiple_anchor": "START_PRICE", "free_stop": H, "single_bidder": "ENTER",
            "timed_without_bids": "DECIDE", "cap": 150, "cap_action": "LOTTERY",
            "lottery_seeds": GIVEN["wuxi_lottery"]["lottery_seeds"],
        },
    ),
}  # fmt: skip
LENGTHS = (
    "entry_opens_before_end", "entry_ends_before_end", "free_stop", "recent_window", "resume_free_most",
    "resume_direct_within", "resume_notice", "free_least",
)  # fmt: skip


def phase_of(phase: verifier.Phase) -> str:
    ending = f"{phase.kind.name.lower()} {phase.end_value // SECOND}"
    match phase.extension.name:
        case "RESET":
            return f"{ending} reset to {phase.extension_to // SECOND}"
        case "WINDOW":
            return f"{ending} window {phase.window // SECOND} to {phase.extension_to // SECOND}"
    return ending


@pytest.mark.parametrize("name", BOOKS)
def test_a_completed_book_builds_and_the_independent_verifier_reads_the_same_rules(name: str) -> None:
    canonical = auction(name).rules().canonical
    read = verifier.decode_rules(canonical)
    assert read.encode() == canonical
    phases, expected = RULES[name]
    fields = {field: getattr(read, field) for field in read.__dataclass_fields__ if field != "phases"}
    told = {
        field: value.name if hasattr(value, "name") else value // SECOND if field in LENGTHS else value
        for field, value in fields.items()
        if value is not None
    }
    assert ([phase_of(phase) for phase in read.phases], told) == (phases, expected)


@pytest.mark.parametrize("name", BOOKS)
def test_a_lot_records_the_name_and_the_digest_of_its_book(name: str) -> None:
    book, terms, journal = rulebook(name), auction(name), MemoryJournal()
    digest = hashlib.sha256(Path(book.path).read_bytes()).digest()
    assert (book.digest, terms.preset) == (digest, Preset(name, digest))
    changes = {"reserve_commitment": "at_entry"} if name == "shanxi_2024" else {}
    with manual_house(journal) as house:
        assert house.open_lot("KQ-1", auction(name, **changes)).accepted
    verified(journal)
    opened = next(event for event in events(journal) if isinstance(event, LotOpened))
    assert (opened.preset, opened.preset_digest, opened.type_id) == (name, digest.hex(), f"{book.method}@1")
    units = {"fujian": ("万元", 6), "sichuan_2023": ("万元", 6), "suzhou_oneprice": ("元", 2)}
    assert (opened.currency, opened.exponent, opened.unit, opened.unit_scale) == (
        "CNY",
        2,
        *units.get(name, ("分", 0)),
    )


# Departures


def test_a_rule_file_that_changes_one_value_departs_in_that_value(tmp_path: Path) -> None:
    path = rule_file(tmp_path, 'name = "公告七"\nbased_on = "taicang"\n\n[rules]\ncountdown = "5m"\n')
    base, found = rulebook("taicang"), check(path)
    before = base.rules["countdown"]
    assert isinstance(before, Stated)
    departure = Stated("5m", "", "notice", 6, before)
    assert found.book is not None
    assert (found.problems, found.departures, found.open_values) == ((), ("countdown",), base.open_values)
    inherited = {name: msgspec.structs.replace(rule, line=None) for name, rule in base.rules.items()}
    assert found.book.rules == inherited | {"countdown": departure}, "the base's lines are those of another file"
    assert differences(base, found.book) == (Difference("countdown", before, departure),)
    assert (found.book.name, found.book.based_on, found.book.method) == ("公告七", "taicang", "listing")
    assert found.book.digest == hashlib.sha256(path.read_bytes() + base.digest).digest()

    terms = rulebook(path).auction(**GIVEN["taicang"])
    assert terms.preset == Preset("公告七", found.book.digest)
    phases = terms.rules().as_dict()["phases"]
    assert phases == [
        {"kind": "free", "after_ns": 10 * H * SECOND},
        {"kind": "timed", "after_ns": 5 * M * SECOND, "reset_to_ns": 5 * M * SECOND},
    ]
    with pytest.raises(RulebookError, match="^公告七: line 6: countdown: stated by 公告七"):
        rulebook(path).auction(**GIVEN["taicang"], countdown="4m")


def test_a_rule_that_is_switched_off_departs_too(tmp_path: Path) -> None:
    found = check(rule_file(tmp_path, 'based_on = "taicang"\n[rules]\nfree_stop = false\n'))
    assert (found.problems, found.departures) == ((), ("free_stop",))
    assert found.book is not None
    terms = found.book.auction(**GIVEN["taicang"])
    assert (terms.free_stop, auction("taicang").free_stop) == (None, "1h")


def test_the_same_value_again_and_one_for_an_open_value_are_no_departures(tmp_path: Path) -> None:
    text = 'based_on = "taicang"\n[rules]\ncountdown = "4m"\nfree = "10h"\nsingle_bidder = "timed"\n'
    found = check(rule_file(tmp_path, text))
    base = rulebook("taicang")
    assert (found.problems, found.departures) == ((), ())
    assert found.book is not None
    assert list(found.open_values) == [name for name in base.open_values if name not in ("free", "single_bidder")]
    assert [each.name for each in differences(base, found.book)] == ["free", "single_bidder"]


def test_the_same_length_in_other_words_is_no_departure(tmp_path: Path) -> None:
    path = rule_file(tmp_path, 'based_on = "taicang"\n[rules]\ncountdown = "240s"\nfree_stop = "60m"\n')
    assert check(path).departures == ()


def test_a_notice_without_a_reserve_may_say_so(tmp_path: Path) -> None:
    path = rule_file(tmp_path, 'based_on = "shantou"\n[rules]\nreserve = "declared_none"\n')
    assert (check(path).problems, check(path).departures) == ((), ())
    given = {name: value for name, value in GIVEN["shantou"].items() if not name.startswith("reserve")}
    expected = auction("shantou", **NO_RESERVE)
    assert rulebook(path).auction(**given).rules() == expected.rules()


def test_a_notice_that_states_everything_needs_nothing_more(tmp_path: Path) -> None:
    path = rule_file(tmp_path, NOTICE)
    found = check(path)
    assert (found.problems, found.open_values, found.departures) == ((), {}, ())
    terms = rulebook(path).auction()
    assert terms.rules() == auction("shantou", unit="万元", start_price="319", increment="10", free="240h").rules()


NOTICE = """based_on = "shantou"
title = "某县采矿权挂牌出让公告"

[rules]
unit = "万元"
start_price = "319"
increment = "10"
multiples_from = false
self_outbid = "allowed"
free = "240h"
reserve = "required"
reserve_commitment = "at_entry"
on_outage = "suspend"
"""


def test_a_notice_may_state_when_its_listing_ends(tmp_path: Path) -> None:
    path = rule_file(tmp_path, NOTICE.replace('free = "240h"', "listing_ends_at = 1970-01-11T08:00:00+08:00"))
    assert check(path).problems == ()
    phases = rulebook(path).auction().rules().as_dict()["phases"]
    assert phases[0] == {"kind": "free", "at_ns": 10 * D * SECOND}


def test_a_notice_may_count_in_the_smallest_unit(tmp_path: Path) -> None:
    text = NOTICE.replace("万元", "分").replace('"319"', '"31900"').replace('"10"', '"1000"')
    path = rule_file(tmp_path, text)
    assert check(path).problems == ()
    rules = rulebook(path).auction().rules().as_dict()
    assert (rules["start_price"], rules["increment"]) == (31_900, 1_000)


@pytest.mark.parametrize("amount", ['"319.0000001"', '"319.5"'])
def test_an_amount_is_exact_or_wrong(tmp_path: Path, amount: str) -> None:
    found = check(rule_file(tmp_path, NOTICE.replace('"319"', amount)))
    keys = [(problem.line, problem.key) for problem in found.problems]
    assert keys == ([(7, "start_price")] if amount == '"319.0000001"' else [])


# What a file leaves open is no contradiction: somebody can still give a value that fits.


@pytest.mark.parametrize(
    ("text", "fitting"),
    [
        ('based_on = "wuxi_lottery"\n[rules]\nunit = "万元"\nstart_price = "319"\nincrement = "10"\n', {"cap": "419"}),
        (
            'based_on = "capped_rounds"\n[rules]\nunit = "元"\nstart_price = "200000000"\nincrement = "1000000"\n',
            {"cap": "400000000"},
        ),
        ('based_on = "shanxi_2024"\n[rules]\ninquiry = false\n', {"inquiry_yes": False, "timed_entry": False}),
        ('based_on = "shantou"\n[rules]\nunit = "元"\nprecision = "3"\n', {"start_price": "300", "increment": "30"}),
    ],
    ids=["the cap", "the cap of a round", "how many must say yes", "the start price"],
)
def test_what_is_still_open_is_no_contradiction(tmp_path: Path, text: str, fitting: dict[str, Any]) -> None:
    path = rule_file(tmp_path, text)
    book = rulebook(path)
    name = str(book.based_on)
    given = {key: value for key, value in (GIVEN[name] | fitting).items() if isinstance(book.rules.get(key), Open)}
    assert verifier.decode_rules(book.auction(**given).rules().canonical).phases
    assert check(path).problems == ()


@pytest.mark.parametrize(
    "stated", ['free = "1h"', 'free = {value = "1h", source = "公告"}', 'free_least = "24h"\nfree = "23h59m59s"']
)
def test_a_length_under_the_least_of_the_base_is_told(tmp_path: Path, stated: str) -> None:
    found = check(rule_file(tmp_path, f'based_on = "judicial"\n[rules]\n{stated}\n'))
    assert [(problem.key, problem.en.partition(",")[0]) for problem in found.problems] == [
        ("free", "expected at least free_least (1d)")
    ]


def test_a_file_that_leaves_the_length_open_again_keeps_the_least_of_its_base(tmp_path: Path) -> None:
    path = rule_file(tmp_path, 'based_on = "judicial"\n[rules]\nfree = {required = "每次公告"}\n')
    assert check(path).problems == ()
    given = {key: value for key, value in GIVEN["judicial"].items() if key != "free"}
    with pytest.raises(RuleError, match=r"^free: expected at least free_least \(1d\), received 23h"):
        rulebook(path).auction(**given, free="23h").rules()


def test_a_rule_that_no_auction_type_has_a_field_for_is_stated_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare:
        """An auction type as it was before it had a field for the rule."""

        __struct_fields__ = tuple(name for name in Listing.__struct_fields__ if name != "free_least")

        def __init__(self, **stated: Any) -> None:
            assert stated.keys() <= set(self.__struct_fields__)
            self.further = stated["further"]

    monkeypatch.setattr("pyauction.rulebooks.book._FIELDS", _FIELDS - {"free_least"})
    monkeypatch.setitem(METHODS, "listing", Bare)  # type: ignore[arg-type]
    assert auction("judicial").further == (("free_least", "24h"),)
    assert auction("shantou").further == ()


def test_every_rule_of_the_engine_is_a_parameter_with_its_words() -> None:
    kinds = {1: {"amount", "length", "count"}, 2: {"choice"}, 6: {"spans"}, 7: {"hashes"}}
    known = [(name, tag, choices) for key, name, tag, choices in KEYS if key >= 22]
    assert [name for name, _, _ in known] == list(OPTIONAL)
    for name, tag, choices in known:
        assert OPTIONAL[name].kind in kinds[tag]
        assert len(OPTIONAL[name].choices) == (0 if choices is None else len(choices))
    assert OPTIONAL.keys() - PARAMETERS.keys() == {"cap_phase"}


def test_a_notice_that_shortens_the_least_departs_from_its_base(tmp_path: Path) -> None:
    found = check(rule_file(tmp_path, 'based_on = "judicial"\n[rules]\nfree_least = "12h"\nfree = "12h"\n'))
    assert (found.problems, found.departures) == ((), ("free_least",))


@pytest.mark.parametrize("name", ["shantou", "judicial", "tender_comprehensive"])
def test_a_notice_may_let_its_stated_end_move_with_its_opening(tmp_path: Path, name: str) -> None:
    file = tmp_path / "notice.toml"
    file.write_text(f'schema = "pyauction.rules/1"\nbased_on = "{name}"\n[rules]\npostponed_end = "moves"\n', "utf-8")
    assert check(file).problems == ()
    end = (
        {"listing_ends_at": 5 * H * SECOND}
        if name != "tender_comprehensive"
        else {"submissions_end_at": 5 * H * SECOND}
    )
    given = {key: value for key, value in GIVEN[name].items() if key not in ("free", "submission")} | end
    assert rulebook(file).auction(**given).rules().as_dict()["postponed_end"] == "moves"
