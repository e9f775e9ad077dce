"""`pyauction rules`: what it lists, shows, finds and compares, in both languages and as JSON."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from by_the_book import GIVEN, Cli, rule_file

from pyauction import rulebook
from pyauction.citation import in_chinese
from pyauction.rulebooks import PARAMETERS, Open, Stated

BOOKS = sorted(GIVEN)
CHINESE = re.compile("[\u4e00-\u9fff]")

NOTICE = """method = "listing"
[rules]
unit = "万元"
start_price = "319"
increment = "10"
self_outbid = "allowed"
free = "240h"
countdown = "5m"
single_bidder = "decide"
timed_without_bids = "decide"
reserve = "declared_none"
on_outage = "suspend"
"""
"""A rule file that is based on nothing and leaves nothing open; with the schema its lines are 2 to 13."""

TAICANG = 'based_on = "taicang"\n[rules]\n'
OWN = '[sources]\n"公告" = "某县公告"\n'


# list


def test_list_tells_every_book_with_its_method_and_how_much_it_leaves_open(cli: Cli) -> None:
    done = cli("rules", "list")
    assert (done.status, done.err) == (0, "")
    rows = [re.split(r"\s{2,}", line.strip()) for line in done.out.splitlines()[2:]]
    assert rows == [
        [
            name,
            {"listing": "listing", "auction": "online auction", "tender": "tender"}[rulebook(name).method],
            str(len(GIVEN[name])),
            rulebook(name).title_en,
        ]
        for name in BOOKS
    ]
    assert not CHINESE.search(done.out)


def test_list_in_chinese(cli: Cli) -> None:
    done = cli("rules", "list", "--lang", "zh-CN")
    assert (done.status, done.err) == (0, "")
    head, _, *lines = done.out.splitlines()
    assert head.split() == ["名称", "方式", "待定项数", "标题"]
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines]
    assert rows == [
        [
            name,
            {"listing": "网上挂牌", "auction": "网上拍卖", "tender": "招标"}[rulebook(name).method],
            str(len(GIVEN[name])),
            rulebook(name).title,
        ]
        for name in BOOKS
    ]


@pytest.mark.parametrize("lang", [(), ("--lang", "zh-CN")], ids=["en", "zh-CN"])
def test_list_as_json_is_the_same_in_both_languages(cli: Cli, lang: tuple[str, ...]) -> None:
    done = cli("rules", "list", "--json", *lang)
    assert (done.status, done.err) == (0, "")
    assert done.json == {
        "schema": "pyauction.rules.list/1",
        "rulebooks": [
            {
                "name": name,
                "title": rulebook(name).title,
                "title_en": rulebook(name).title_en,
                "method": {"qinzhou_auction": "auction", "tender_comprehensive": "tender"}.get(name, "listing"),
                "open": [key for key in PARAMETERS if key in GIVEN[name]],
            }
            for name in BOOKS
        ],
    }


# show


@pytest.mark.parametrize("name", BOOKS)
def test_show_tells_every_value_with_its_source_and_every_reason(cli: Cli, name: str) -> None:
    book, english, chinese = rulebook(name), cli("rules", "show", name), cli("rules", "show", name, "--lang", "zh-CN")
    for done in (english, chinese):
        assert (done.status, done.err) == (0, "")
        assert book.title in done.out
        assert book.title_en in done.out
        assert book.notes
        assert all(f"  {note.text('zh-CN' if done is chinese else 'en')}\n" in done.out for note in book.notes)
        assert all(f"  {code}: {text}\n" in done.out for code, text in book.sources.items())
    for key, rule in book.rules.items():
        parameter = PARAMETERS[key]
        assert re.search(rf"^{key} +{re.escape(parameter.en)} ", english.out, re.MULTILINE)
        (row,) = re.findall(rf"^{key} +{re.escape(parameter.zh)} .*$", chinese.out, re.MULTILINE)
        if isinstance(rule, Open):
            assert squeezed(rule.why) in squeezed(english.out)
            assert squeezed(rule.why_zh) in squeezed(chinese.out)
            assert "(须给定)" in row
        else:
            known = {"text": "原文", "press": "报道", "inferred": "推断"}[rule.status]
            assert squeezed(row).endswith(squeezed(f"{known}{in_chinese(rule.source)}")), row
            assert not re.search("[a-z]{5}", row.partition(f" {known} ")[2].replace("design", "")), row
            assert re.search(rf"^{key} .* {rule.status} +{re.escape(rule.source)}\s*$", english.out, re.MULTILINE)


def squeezed(text: str) -> str:
    """Return text without its blanks: a table folds long cells."""
    return re.sub(r"\s", "", text)


def test_show_tells_values_in_words(cli: Cli) -> None:
    english, chinese = cli("rules", "show", "fujian"), cli("rules", "show", "fujian", "--lang", "zh-CN")
    for key, en, zh in (
        ("free_stop", "off", "不设"),
        ("preparation", "15m", "15m"),
        ("limited_floor", "the current top and one step", "当前最高报价加一个增价幅度"),
        ("resume_timed", "begins again with its preparation", "自准备期重新开始"),
        ("recent_bidders", "2", "2"),
    ):
        for out, value in ((english.out, en), (chinese.out, zh)):
            (row,) = re.findall(rf"^{key} .*$", out, re.MULTILINE)
            assert re.split(r"\s{2,}", row.strip())[2] == value


@pytest.mark.parametrize("name", BOOKS)
def test_show_as_json(cli: Cli, name: str) -> None:
    book, done = rulebook(name), cli("rules", "show", name, "--json")
    assert (done.status, done.err) == (0, "")
    shown = done.json
    rules = shown.pop("rules")
    periods = shown.pop("periods")
    assert shown == {
        "schema": "pyauction.rules.show/1",
        "name": name,
        "title": book.title,
        "title_en": book.title_en,
        "method": book.method,
        "open": list(book.open_values),
        "based_on": None,
        "digest": book.digest.hex(),
        "notes": [{"en": note.en, "zh": note.zh} for note in book.notes],
        "sources": book.sources,
    }
    assert rules == {
        key: {
            "value": list(rule.value) if isinstance(rule.value, tuple) else rule.value,
            "source": rule.source,
            "status": rule.status,
        }
        if isinstance(rule, Stated)
        else {"required": rule.why, "required_zh": rule.why_zh}
        for key, rule in book.rules.items()
    }
    assert [(period["name"], period["source"]) for period in periods] == [
        (period.name, period.source) for period in book.periods
    ]


def test_show_tells_from_what_a_file_departs(cli: Cli, tmp_path: Path) -> None:
    path = rule_file(
        tmp_path, f'{TAICANG}countdown = {{value = "5m", source = "公告 第三条"}}\nfree_stop = false\n{OWN}'
    )
    done = cli("rules", "show", path)
    assert (done.status, done.err) == (0, "")
    assert re.search(r"^countdown .* 5m +notice +公告 第三条; departs from 4m \(TC art\. 23\)", done.out, re.MULTILINE)
    off = r"^free_stop .* off +notice +departs from 1h \(TC FAQ 10; TC-flow 7-8\)"
    assert re.search(off, done.out, re.MULTILINE)
    chinese = cli("rules", "show", path, "--lang", "zh-CN")
    assert re.search(r"^countdown .* 5m +公告 +公告 第三条; 与 4m（TC 第23条）不同", chinese.out, re.MULTILINE)
    shown = cli("rules", "show", path, "--json").json
    assert (shown["based_on"], shown["name"]) == ("taicang", "notice")
    assert (shown["rules"]["countdown"], shown["rules"]["free_stop"]) == (
        {"value": "5m", "source": "公告 第三条", "status": "notice", "departs_from": "4m"},
        {"value": None, "source": "", "status": "notice", "departs_from": "1h"},
    )


# check


@pytest.mark.parametrize("name", BOOKS)
def test_check_finds_nothing_in_a_book_and_tells_what_is_still_to_be_given(cli: Cli, name: str) -> None:
    book = rulebook(name)
    english, chinese = cli("rules", "check", name), cli("rules", "check", name, "--lang", "zh-CN")
    opened = {key: rule for key, rule in book.rules.items() if isinstance(rule, Open) and key in book.open_values}
    assert (english.status, chinese.status, english.err, chinese.err) == (0, 0, "", "")
    assert english.out.splitlines() == [
        *(
            f"still to be given before a lot opens: {key} ({PARAMETERS[key].en}): {rule.why}"
            for key, rule in opened.items()
        ),
        "the rules hold together",
    ]
    lines = chinese.out.splitlines()
    assert [line.replace("：", ": ") for line in lines[:-1]] == [
        f"标的开始前尚须给定: {key}（{PARAMETERS[key].zh}）: {rule.why_zh}".replace("：", ": ")
        for key, rule in opened.items()
    ]
    assert lines[-1] == "规则无矛盾"
    assert cli("rules", "check", name, "--json").json == {
        "schema": "pyauction.rules.check/1",
        "file": name,
        "ok": True,
        "problems": [],
        "open": list(opened),
        "departures": [],
    }


def test_check_of_a_file_that_leaves_nothing_open(cli: Cli, tmp_path: Path) -> None:
    path = rule_file(tmp_path, NOTICE)
    done = cli("rules", "check", path)
    assert (done.status, done.out, done.err) == (0, "the rules hold together\n", "")


def test_check_tells_departures(cli: Cli, tmp_path: Path) -> None:
    path = rule_file(tmp_path, TAICANG + 'countdown = "5m"\n')
    assert cli("rules", "check", path).out.splitlines()[0] == "countdown: 5m; departs from 4m (TC art. 23)"
    done = cli("rules", "check", path, "--lang", "zh-CN").out.splitlines()[0]
    assert done.replace("：", ": ") == "countdown: 5m; 与 4m（TC 第23条）不同"
    found = cli("rules", "check", path, "--json")
    assert (found.status, found.json) == (
        0,
        {
            "schema": "pyauction.rules.check/1",
            "file": str(path),
            "ok": True,
            "problems": [],
            "open": list(rulebook("taicang").open_values),
            "departures": ["countdown"],
        },
    )


Found = tuple[int | None, str, str, str]
"""(line, key, English, Chinese)"""

_LENGTH = 'expected a length of time as "5m", "1h30m" or "10d", received {}'
_LENGTH_ZH = '应为时长，如 "5m"、"1h30m"、"10d"，实为 {}'
_STEP = (
    'expected an amount as "10", {{percent = "0.5%", rounding = "up"}}, or rows of [from this top amount, this step], '
    "received {}"
)
_STEP_ZH = '应为金额如 "10"、{{percent = "0.5%", rounding = "up"}}，或若干 [自此最高报价起, 幅度]，实为 {}'

FAULTS: dict[str, tuple[str, list[Found]]] = {
    "a wrong key, and what may be meant": (
        f'{NOTICE}countdwn = "4m"\n',
        [(14, "countdwn", "there is no such parameter; did you mean countdown?", "没有这一参数；是否为 countdown？")],
    ),
    "a wrong key that resembles nothing": (
        f'{NOTICE}xyzzy = "4m"\n',
        [(14, "xyzzy", "there is no such parameter", "没有这一参数")],
    ),
    "wrong types": (
        NOTICE.replace('"5m"', "5").replace('"319"', "319").replace('"allowed"', '"perhaps"') + 'min_bidders = "3"\n',
        [
            (5, "start_price", 'expected an amount in the unit as text, like "10" or "0.1", received 319',
             '应为以报价单位计的金额文本，如 "10"、"0.1"，实为 319'),
            (7, "self_outbid", "expected one of allowed, refused, received 'perhaps'",
             "应为 allowed, refused 之一，实为 'perhaps'"),
            (9, "countdown", _LENGTH.format(5), _LENGTH_ZH.format(5)),
            (14, "min_bidders", "expected a whole number from 1 on, received '3'", "应为不小于 1 的整数，实为 '3'"),
        ],
    ),
    "a length of nothing, and one in words": (
        NOTICE.replace('"5m"', '"0m"').replace('"240h"', '"ten days"'),
        [
            (8, "free", _LENGTH.format("'ten days'"), _LENGTH_ZH.format("'ten days'")),
            (9, "countdown", _LENGTH.format("'0m'"), _LENGTH_ZH.format("'0m'")),
        ],
    ),
    "true is no whole number": (
        f"{NOTICE}max_multiple = true\n",
        [(14, "max_multiple", "expected a whole number from 1 on, received True", "应为不小于 1 的整数，实为 True")],
    ),
    "a time without its offset": (
        NOTICE.replace('free = "240h"', "listing_ends_at = 2026-12-01T10:00:00"),
        [(8, "listing_ends_at",
          "expected a time with its offset, like 2026-12-01T10:00:00+08:00, received 2026-12-01T10:00:00",
          "应为带时区的时间，如 2026-12-01T10:00:00+08:00，实为 2026-12-01T10:00:00")],
    ),
    "a phase in which nobody could bid": (
        f'{NOTICE}free_stop = "240h"\n',
        [(14, "free_stop", "expected less than the free phase (10d), or nobody could ever bid; received 10d",
          "应短于自由报价期（10d），否则无人能够报价；实为 10d")],
    ),
    "a window that is the whole phase": (
        f'{NOTICE}recent_bidders = 2\nrecent_window = "11d"\n',
        [(15, "recent_window", "expected less than free (240h), received 11d: it is the whole free phase",
          "应短于 free（240h），实为 11d：已是整个自由报价期")],
    ),
    "a phase that ends before its first countdown": (
        f'{NOTICE}hard_end = "4m"\n',
        [(9, "countdown", "expected less than hard_end (4m), received 5m: the phase would end before its first countdown",
          "应短于 hard_end（4m），实为 5m：阶段将先于首个倒计时结束")],
    ),
    "a reserve that can be entered before the opening only": (
        NOTICE.replace('"declared_none"', '"required"')
        + 'reserve_commitment = "at_entry"\nentry_ends_before_end = "10d"\n',
        [(15, "entry_ends_before_end",
          "expected less than free (240h), received 10d: the reserve could be entered before the opening only",
          "应短于 free（240h），实为 10d：底价只能在竞价开始前录入")],
    ),
    "an exception that swallows the rule": (
        f'{NOTICE}resume_notice = "24h"\nresume_direct_within = "1d"\n',
        [(15, "resume_direct_within",
          "expected less than resume_notice (24h), received 1d: the exception would swallow the rule",
          "应短于 resume_notice（24h），实为 1d：例外将架空规则")],
    ),
    "a gap in a table": (
        NOTICE.replace('"10"', '[["319", "10"], ["1000", "50"]]'),
        [(6, "increment", "a gap: expected the first row from 0, received from 319 万元",
          "有缺口：首行应自 0 起，实为 319 万元")],
    ),
    "a table that falls": (
        NOTICE.replace('"10"', '[["0", "10"], ["1000", "50"], ["900", "100"]]'),
        [(6, "increment", "expected rising rows, received from 900 万元 after 1,000 万元",
          "各行应递增，实为 1,000 万元之后为 900 万元")],
    ),
    "a step that is none of the three": (
        NOTICE.replace('"10"', '[["0", "10", "20"]]'),
        [(6, "increment",
          _STEP.format("[['0', '10', '20']]"),
          _STEP_ZH.format("[['0', '10', '20']]"))],
    ),
    "a percentage without its rounding": (
        NOTICE.replace('"10"', '{percent = "0.5%"}'),
        [(6, "increment",
          _STEP.format("{'percent': '0.5%'}"),
          _STEP_ZH.format("{'percent': '0.5%'}"))],
    ),
    "a percentage that is none": (
        NOTICE.replace('"10"', '{percent = "half", rounding = "up"}'),
        [(6, "increment", "expected a percentage as \"0.5%\" or \"1/200\", received 'half'",
          "应为百分比，如 \"0.5%\" 或 \"1/200\"，实为 'half'")],
    ),
    "a source that is not listed": (
        TAICANG + 'countdown = {value = "5m", source = "XX art. 1", status = "text"}\n',
        [(4, "countdown", "source: expected one of TC, TC-flow, GT-code first, received 'XX art. 1'",
          "source 应以 TC, TC-flow, GT-code 之一开头，实为 'XX art. 1'")],
    ),
    "a status that is none": (
        TAICANG + 'countdown = {value = "5m", source = "TC art. 23", status = "rumour"}\n',
        [(4, "countdown", "status: expected text, press or inferred, received 'rumour'",
          "status 应为 text、press 或 inferred，实为 'rumour'")],
    ),
    "a key within a value": (
        TAICANG + 'countdown = {value = "5m", article = "23"}\n',
        [(4, "countdown", "there is no 'article' here", "此处不应有 'article'")],
    ),
    "a key at the top": (
        f'methode = "listing"\n{NOTICE}',
        [(2, "methode",
          "there is no such key; expected schema, name, title, title_en, method, based_on, sources, rules, periods, notes",
          "没有这一键；可用的键为 schema, name, title, title_en, method, based_on, sources, rules, periods, notes")],
    ),
    "a method that is none": (
        NOTICE.replace('"listing"', '"lottery"'),
        [
            (
                2,
                "method",
                "expected one of listing, auction, tender, received 'lottery'",
                "应为 listing, auction, tender 之一，实为 'lottery'",
            )
        ],
    ),
    "a title that is no text": (
        f"title = 7\n{NOTICE}", [(2, "title", "expected text, received 7", "应为文本，实为 7")],
    ),
    "a section that is none": (
        'method = "listing"\nrules = 7\n', [(3, "rules", "expected a section, received 7", "应为小节，实为 7")],
    ),
}  # fmt: skip


def said(path: Path, found: Found, lang: str) -> str:
    line, key, en, zh = found
    where = "" if line is None else f"第 {line} 行：" if lang == "zh-CN" else f"line {line}: "
    return f"{path}: {where}{key}{'：' if lang == 'zh-CN' else ': '}{zh if lang == 'zh-CN' else en}"


def lines_of(out: str, path: Path) -> list[str]:
    """Return lines with a plain colon behind the path: which one stands there is not what these tests are about."""
    return [line.replace(f"{path}：", f"{path}: ") for line in out.splitlines()]


@pytest.mark.parametrize(("text", "found"), FAULTS.values(), ids=FAULTS.keys())
def test_check_names_what_is_wrong_with_its_line_and_its_key(
    cli: Cli, tmp_path: Path, text: str, found: list[Found]
) -> None:
    path = rule_file(tmp_path, text)
    english, chinese = cli("rules", "check", path), cli("rules", "check", path, "--lang", "zh-CN")
    assert (english.status, chinese.status, english.err, chinese.err) == (1, 1, "", "")
    told = sorted(found, key=lambda each: each[0] or 0)
    shown = sorted(lines_of(english.out, path)[:-1]), sorted(lines_of(chinese.out, path)[:-1])
    expected = [said(path, each, "en") for each in told], [said(path, each, "zh-CN") for each in told]
    assert shown == (sorted(expected[0]), sorted(expected[1]))
    assert (english.out.splitlines()[-1], chinese.out.splitlines()[-1]) == ("the rules do not hold", "规则有误")
    assert not any(each[2] in chinese.out for each in found)

    document = cli("rules", "check", path, "--json")
    assert (document.status, document.json["ok"], document.json["schema"]) == (1, False, "pyauction.rules.check/1")
    problems = [{"line": line, "key": key, "en": en, "zh": zh} for line, key, en, zh in told]
    assert sorted(document.json["problems"], key=lambda each: each["line"]) == problems


UNSOUND = {
    name: fault
    for name, fault in FAULTS.items()
    if not re.match("expected less than|a gap|expected rising", fault[1][0][2])
}
"""Files with a value that is wrong in itself. That sound values do not fit each other is what only `check` finds."""


@pytest.mark.parametrize(("text", "found"), UNSOUND.values(), ids=UNSOUND.keys())
@pytest.mark.parametrize("command", [("show",), ("diff", "taicang")], ids=" ".join)
def test_a_faulty_file_is_not_shown_or_compared(
    cli: Cli, tmp_path: Path, command: tuple[str, ...], text: str, found: list[Found]
) -> None:
    path = rule_file(tmp_path, text)
    done = cli("rules", *command, path)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"pyauction: {path}: line {found[0][0]}: ")
    chinese = cli("rules", *command, path, "--lang", "zh-CN")
    assert (chinese.status, chinese.out) == (2, "")
    assert chinese.err.startswith(f"pyauction: {path}：第 {found[0][0]} 行：")


CONTRADICTIONS: dict[str, tuple[str, str, str, str]] = {
    "prior bids where none are needed to enter": (
        NOTICE.replace('timed_without_bids = "decide"', 'timed_without_bids = "enter"') + 'timed_entry = "prior_bid"\n',
        "timed_entry", "with prior_bid nobody could bid in a phase that is entered without bids",
        "timed_entry 为 prior_bid 时，无人报价而进入的阶段将无人可以报价",
    ),
    "a yes without a question": (
        f'{NOTICE}timed_entry = "yes"\n', "timed_entry", "yes needs an inquiry phase", "yes 须有询问期",
    ),
    "a restart from no preparation": (
        f'{NOTICE}resume_timed = "restart_from_preparation"\n', "resume_timed",
        "restart_from_preparation needs a preparation", "restart_from_preparation 须有准备期",
    ),
    "an end that moves where none is stated": (
        f'{NOTICE}postponed_end = "moves"\n', "postponed_end", "needs a first phase that ends at a stated time",
        "首个阶段须在既定时间结束",
    ),
    "a cap below the start price": (
        f'{NOTICE}cap = "300"\ncap_action = "sell"\n', "cap",
        "expected more than the start price 319 万元, received 300 万元", "应高于起始价 319 万元，实为 300 万元",
    ),
    "a step that is finer than amounts may be": (
        f'{NOTICE}precision = "3"\n', "precision",
        "expected start_price as a whole multiple of 3 万元, received 319 万元",
        "start_price 应为 3 万元的整数倍，实为 319 万元",
    ),
    "a listing that an auctioneer would end": (
        NOTICE.replace('"listing"', '"auction"') + 'min_bidders = 2\nmin_bidders_counts = "quoted"\n', "min_bidders",
        "expected at least 3 for an auction, received 2", "拍卖的竞买人不得少于 3 人，实为 2",
    ),
    "a start price that no minor units express": (
        NOTICE.replace('"319"', '"319.00000001"'), "start_price",
        "expected an amount in 万元 that is whole minor units in 64 bits, received 319.00000001",
        "应为以万元计的金额（64 位以内，精确到最小货币单位），实为 319.00000001",
    ),
    "a length that no engine counts": (
        NOTICE.replace('"240h"', '"999999d"'), "free", "expected nanoseconds in 64 bits, about 292 years, received '999999d'",
        "应为 64 位以内的纳秒数（约 292 年），实为 '999999d'",
    ),
    "two ends of one phase": (
        f"{NOTICE}listing_ends_at = 2026-12-01T10:00:00+08:00\n", "free and listing_ends_at",
        "expected exactly one of them", "必须且只能写明其一",
    ),
}  # fmt: skip


@pytest.mark.parametrize("contradiction", CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_check_names_a_contradiction(cli: Cli, tmp_path: Path, contradiction: tuple[str, str, str, str]) -> None:
    text, key, en, zh = contradiction
    path = rule_file(tmp_path, text)
    lines = [each.partition(" ")[0] for each in text.splitlines()]
    line = lines.index(key.partition(" ")[0]) + 2
    done, chinese = cli("rules", "check", path), cli("rules", "check", path, "--lang", "zh-CN")
    assert (done.status, done.err, chinese.status, chinese.err) == (1, "", 1, "")
    assert done.out.splitlines() == [f"{path}: line {line}: {key}: {en}", "the rules do not hold"]
    shown = key.replace(" and ", " 与 ")
    assert lines_of(chinese.out, path) == [f"{path}: 第 {line} 行：{shown}：{zh}", "规则有误"]


_LATER, _EARLIER = (f"2026-12-0{day} 10:00:00.000000000+0800" for day in (2, 1))
TOGETHER: dict[str, tuple[str, list[tuple[int | None, str, str, str]]]] = {
    "a gap, a stop as long as the phase, and a hard end before the countdown": (
        NOTICE.replace('"10"', '[["5", "10"]]') + 'free_stop = "240h"\nhard_end = "1m"\n',
        [(9, "countdown", "expected less than hard_end (1m), received 5m: the phase would end before its first countdown",
          "应短于 hard_end（1m），实为 5m：阶段将先于首个倒计时结束"),
         (6, "increment", "a gap: expected the first row from 0, received from 5 万元", "有缺口：首行应自 0 起，实为 5 万元"),
         (14, "free_stop", "expected less than the free phase (10d), or nobody could ever bid; received 10d",
          "应短于自由报价期（10d），否则无人能够报价；实为 10d")],
    ),
    "a gap where the unit is open, beside another wrong amount": (
        f'{TAICANG}precision = "0"\nincrement = [["5", "10"]]\n',
        [(5, "increment", "a gap: expected the first row from 0, received from 5", "有缺口：首行应自 0 起，实为 5"),
         (4, "precision", "expected at least 0.000002, received 0", "不得小于 0.000002，实为 0")],
    ),
    "a phase that is shorter than a stop of the base": (
        f'{TAICANG}free = "30m"\n',
        [(4, "free_stop", "expected less than the free phase (30m), or nobody could ever bid; received 1h",
          "应短于自由报价期（30m），否则无人能够报价；实为 1h")],
    ),
    "a stop that leaves nobody the last window": (
        f'{TAICANG}recent_bidders = 2\nrecent_window = "1h"\n',
        [(5, "free_stop", "expected less than recent_window (1h), received 1h: nobody could bid in that window",
          "应短于 recent_window（1h），实为 1h：该时段内将无人能够报价")],
    ),
    "sealed bids without a cap": (
        f'{NOTICE}sealed = "24h"\n', [(14, "sealed", "has no meaning without a cap", "没有封顶价时不适用")],
    ),
    "several setters of no reserve": (
        f"{NOTICE}reserve_setters = 3\n",
        [(14, "reserve_setters", "has no meaning where reserve is declared_none",
          "reserve 为 declared_none（无底价）时不适用")],
    ),
    "late bids, and a listing that no engine counts": (
        NOTICE.replace('"240h"', '"20000d"').replace('single_bidder = "decide"\ntimed_without_bids = "decide"\n', "")
        + 'late_bids = "extend"\nextension_window = "5m"\n',
        [(8, "free", "expected a length from 1ns to 11574d1h46m40s, received 20000d",
          "时长应在 1ns 至 11574d1h46m40s 之间，实为 20000d")],
    ),
    "a span that ends before it begins, in the zone in which it is stated": (
        f"{NOTICE}closed = [[2026-12-02T10:00:00+08:00, 2026-12-01T10:00:00+08:00]]\n",
        [(14, "closed", f"span 1: expected an end behind its beginning, received {_LATER} to {_EARLIER}",
          f"第 1 个时段：应先起后止，实为 {_LATER} 至 {_EARLIER}")],
    ),
    "quoted and dotted keys": (
        NOTICE.replace('free = "240h"', '"free" = "20000d"'),
        [(8, "free", "expected a length from 1ns to 11574d1h46m40s, received 20000d",
          "时长应在 1ns 至 11574d1h46m40s 之间，实为 20000d")],
    ),
    "a period without its source": (
        f'{NOTICE}[periods.listing]\nleast = 10\nunit = "workdays"\nstatus = "text"\n',
        [(14, "periods.listing.source", "must be stated; there is no default", "须写明，没有默认值")],
    ),
    "a base that is none": (
        'based_on = "dezho.toml"\n',
        [(2, "based_on", "dezho.toml cannot be read: No such file or directory",
          "dezho.toml：没有这个文件")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "found"), TOGETHER.values(), ids=TOGETHER.keys())
def test_check_names_everything_that_is_wrong(
    cli: Cli, tmp_path: Path, text: str, found: list[tuple[int | None, str, str, str]]
) -> None:
    path = rule_file(tmp_path, text)
    english, chinese = cli("rules", "check", path), cli("rules", "check", path, "--lang", "zh-CN")
    shown = lines_of(english.out, path)[:-1], lines_of(chinese.out, path)[:-1]
    assert sorted(shown[0]) == sorted(said(path, each, "en") for each in found)
    assert sorted(shown[1]) == sorted(said(path, each, "zh-CN") for each in found)


def test_a_city_may_build_on_a_province_of_its_own(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "province.toml").write_text(
        'schema = "pyauction.rules/1"\nbased_on = "dezhou"\n[rules]\nfree_stop = "1h"\n'
    )
    path = rule_file(tmp_path, 'based_on = "province.toml"\n[rules]\ncountdown = "3m"\n')
    shown = cli("rules", "show", path, "--json").json
    assert (shown["based_on"], shown["rules"]["free_stop"]["value"]) == ("province", "1h")
    assert shown["rules"]["countdown"] == {"value": "3m", "source": "", "status": "notice"}
    before = shown["digest"]
    province = tmp_path / "province.toml"
    province.write_text(province.read_text().replace("1h", "2h"))
    assert cli("rules", "show", path, "--json").json["digest"] != before
    province.write_text(f'schema = "pyauction.rules/1"\nbased_on = "{path.name}"\n')
    told = cli("rules", "check", path)
    assert told.out.splitlines()[0] == (
        f"{path}: line 2: based_on: province.toml: line 2: based_on: {path.name} is based on this file"
    )


NOT_TOML: dict[str, tuple[bytes, int, str]] = {
    "no value": (b'schema = "pyauction.rules/1"\nmethod =\n', 2, "not TOML: Invalid value"),
    "a key twice": (b'[rules]\nfree = "1h"\nfree = "2h"\n', 3, "free: not TOML: Cannot overwrite a value"),
    "an end that is missing": (b'[rules]\nincrement = [\n  ["0", "10"],\n', 3, "not TOML: "),
    "no UTF-8": ('method = "listing"\ntitle = "挂牌"\n'.encode("gb18030"), 2, "expected UTF-8"),
}


@pytest.mark.parametrize(("raw", "line", "problem"), NOT_TOML.values(), ids=NOT_TOML.keys())
def test_check_names_the_line_of_what_is_no_toml(cli: Cli, tmp_path: Path, raw: bytes, line: int, problem: str) -> None:
    path = tmp_path / "notice.toml"
    path.write_bytes(raw)
    done = cli("rules", "check", path)
    assert (done.status, done.err) == (1, "")
    first, last = done.out.splitlines()
    assert first.startswith(f"{path}: line {line}: {problem}")
    assert last == "the rules do not hold"
    chinese = lines_of(cli("rules", "check", path, "--lang", "zh-CN").out, path)[0]
    key = problem.partition(": ")[0] if problem.startswith("free") else ""
    expected = "应为 UTF-8 编码" if problem == "expected UTF-8" else "不是有效的 TOML："
    assert chinese.startswith(f"{path}: 第 {line} 行：{key and f'{key}：'}{expected}")
    assert not re.search("[A-Za-z]{3}", chinese.rpartition("：")[2].replace("UTF-8", ""))
    found = cli("rules", "check", path, "--json").json
    assert (found["ok"], found["open"], [(each["line"], each["key"]) for each in found["problems"]]) == (
        False,
        [],
        [(line, key)],
    )


@pytest.mark.parametrize("command", [("show",), ("check",), ("diff", "taicang")], ids=" ".join)
def test_a_missing_file_is_unreadable_and_an_unknown_name_is_wrong_use(cli: Cli, command: tuple[str, ...]) -> None:
    done = cli("rules", *command, "nowhere/notice.toml")
    assert (done.status, done.out, done.err) == (
        3,
        "",
        "pyauction: nowhere/notice.toml: No such file or directory\n",
    )
    done = cli("rules", *command, "atlantis")
    assert (done.status, done.out) == (2, "")
    known = ", ".join(BOOKS)
    expected = f"there is no rule book 'atlantis'; expected one of {known}, or the path of a .toml file\n"
    assert done.err == f"pyauction: {expected}"
    done = cli("rules", *command, "atlantis", "--lang", "zh-CN")
    told = f"没有规则书 'atlantis'；应为 {known} 之一，或 .toml 文件的路径\n"
    assert (done.status, done.err) == (2, f"pyauction: {told}")


def test_a_folder_is_no_rule_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "notice.toml").mkdir()
    done = cli("rules", "check", tmp_path / "notice.toml")
    assert (done.status, done.out, "Is a directory" in done.err) == (3, "", True)


# The lines of files that are written in other ways


def test_a_table_in_several_lines_does_not_shift_the_lines_behind_it(cli: Cli, tmp_path: Path) -> None:
    rows = '[\n    ["0", "10"],\n    ["1000", "50"]\n]'
    path = rule_file(tmp_path, NOTICE.replace('"10"', rows, 1) + 'fre = "1h"\n')
    found = cli("rules", "check", path, "--json").json["problems"]
    assert [(each["line"], each["key"]) for each in found] == [(17, "fre")]


def test_a_value_in_a_section_of_its_own_has_the_line_of_the_section(cli: Cli, tmp_path: Path) -> None:
    path = rule_file(tmp_path, f'{NOTICE}\n[rules.inquiry]\nvalue = 5\nsource = "x"\n')
    found = cli("rules", "check", path, "--json").json["problems"]
    assert [(each["line"], each["key"]) for each in found] == [(15, "inquiry")]


def test_a_problem_with_a_value_of_the_base_has_no_line_of_another_file(cli: Cli, tmp_path: Path) -> None:
    path = rule_file(tmp_path, f'{TAICANG}free = "30m"\n')
    found = cli("rules", "check", path, "--json").json["problems"]
    assert [each["key"] for each in found] == ["free_stop"]
    assert found[0]["line"] in (4, None), "the file has 4 lines; free is stated in the last"
    path = rule_file(tmp_path, 'based_on = "shantou"\n[rules]\ntimed_without_bids = "enter"\n')
    found = cli("rules", "check", path, "--json").json["problems"]
    assert [each["key"] for each in found] == ["timed_entry"]
    assert found[0]["line"] in (4, None)


# Files that must not end in a fault of ours

ODD: dict[str, tuple[str, str]] = {
    "notes that are a number": (f"notes = 5\n{NOTICE}", "notes"),
    "notes that are one text": (f'notes = "底价保密"\n{NOTICE}', "notes"),
    "a note in one language only": (f'notes = ["one", {{ zh = "two" }}]\n{NOTICE}', "notes"),
    "a note that is a number": (f"notes = [5]\n{NOTICE}", "notes"),
    "a method that is a list": (NOTICE.replace('"listing"', '["listing"]'), "method"),
    "a method that is a table": (NOTICE.replace('"listing"', "{a = 1}"), "method"),
    "no unit": (NOTICE.replace('unit = "万元"\n', ""), "unit"),
    "no start price": (NOTICE.replace('start_price = "319"\n', ""), "start_price"),
    "no increment": (NOTICE.replace('increment = "10"\n', ""), "increment"),
    "no reserve": (NOTICE.replace('reserve = "declared_none"\n', ""), "reserve"),
    "no word of raising one's own bid": (NOTICE.replace('self_outbid = "allowed"\n', ""), "self_outbid"),
    "no word of outages": (NOTICE.replace('on_outage = "suspend"\n', ""), "on_outage"),
    "no countdown": (NOTICE.replace('countdown = "5m"\n', ""), "countdown"),
    "no free phase": (NOTICE.replace('free = "240h"\n', ""), "free"),
    "no word of one bidder": (NOTICE.replace('single_bidder = "decide"\n', ""), "single_bidder"),
    "a unit that is off": (NOTICE.replace('"万元"', "false"), "unit"),
    "a start price that is off": (NOTICE.replace('"319"', "false"), "start_price"),
    "an increment that is off": (NOTICE.replace('"10"', "false"), "increment"),
    "a reserve that is off": (NOTICE.replace('"declared_none"', "false"), "reserve"),
    "a period that is none": (f"{NOTICE}[periods]\nlisting = 5\n", "periods.listing"),
    "a period in hours": (
        f'{NOTICE}[periods.listing]\nleast = 5\nunit = "hours"\nsource = "x"\nstatus = "text"\n',
        "periods.listing",
    ),
    "sources that are a list": (f'sources = ["x"]\n{NOTICE}', "sources"),
    "rules that are a list": ('method = "listing"\n[[rules]]\nfree = "1h"\n', "rules"),
    "a base that is a number": (f"based_on = 3\n{NOTICE}", "based_on"),
    "a base that is unknown": (f'based_on = "atlantis"\n{NOTICE}', "based_on"),
    "another schema": (NOTICE, "schema"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "key"), ODD.values(), ids=ODD.keys())
def test_check_answers_whatever_a_file_holds(cli: Cli, tmp_path: Path, text: str, key: str) -> None:
    path = rule_file(tmp_path, text)
    if key == "schema":
        path.write_text(path.read_text("utf-8").replace("pyauction.rules/1", "pyauction.rules/2"), "utf-8")
    done = cli("rules", "check", path, "--json")
    assert (done.status, done.err) == (1, "")
    assert key in [each["key"] for each in done.json["problems"]]
    assert all(CHINESE.search(each["zh"]) and not CHINESE.search(each["en"]) for each in done.json["problems"])


def test_a_stated_end_of_the_listing_takes_the_place_of_an_open_length(cli: Cli, tmp_path: Path) -> None:
    text = f"{TAICANG}listing_ends_at = 2026-12-01T10:00:00+08:00\n"
    done = cli("rules", "check", rule_file(tmp_path, text), "--json")
    assert (done.status, done.json["problems"]) == (0, [])
    assert "free" not in done.json["open"]


def test_chinese_lines_have_chinese_colons(cli: Cli, tmp_path: Path) -> None:
    path = rule_file(tmp_path, f'{NOTICE}fre = "1h"\n')
    out = cli("rules", "check", path, "--lang", "zh-CN").out
    assert out.splitlines()[0] == f"{path}：第 14 行：fre：没有这一参数；是否为 free？"
    out = cli("rules", "check", "weifang", "--lang", "zh-CN").out
    assert out.splitlines()[0] == "标的开始前尚须给定：unit（报价单位）：报道未载报价单位"


# diff


def test_diff_of_two_books(cli: Cli) -> None:
    done = cli("rules", "diff", "taicang", "weifang")
    assert (done.status, done.err) == (0, "")
    head, _, *lines = done.out.splitlines()
    assert head.split() == ["parameter", "taicang", "weifang"]
    rows = {row[0]: row[1:] for row in (re.split(r"\s{2,}", line.strip()) for line in lines)}
    assert rows == {
        "first_bid_min": ["least first bid", "off", "(not stated)"],
        "limited_floor": ["start of timed bidding", "the current top", "(not stated)"],
        "multiples_from": ["whole multiples, from", "the current top", "(to be given)"],
        "free_stop": ["quotes stop before its end", "1h", "(not stated)"],
        "timed_entry": ["entry to timed bidding", "off", "(not stated)"],
        "countdown": ["countdown", "4m", "5m"],
        "extension_window": ["only bids so late extend", "(not stated)", "5m"],
        "late_bids": ["late bids extend the listing", "(not stated)", "extend"],
        "single_bidder": ["with one bidder", "(to be given)", "(not stated)"],
        "timed_without_bids": ["without any bid", "decided at once", "(not stated)"],
        "entry_opens_before_end": ["its entry, at most before the end", "30m", "(not stated)"],
        "resume_notice": ["notice of a resumption", "5d", "(not stated)"],
        "periods.announcement": [
            "periods",
            "announcement: at least 20 days from the announcement to the opening of bidding (the first day not counted)",
            "(not stated)",
        ],
    }


def test_diff_in_chinese(cli: Cli) -> None:
    done = cli("rules", "diff", "taicang", "weifang", "--lang", "zh-CN")
    head, _, *lines = done.out.splitlines()
    assert (done.status, head.split()) == (0, ["参数", "taicang", "weifang"])
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines]
    assert rows[5:8] == [
        ["countdown", "限时竞价时长", "4m", "5m"],
        ["extension_window", "延时触发时段", "(未规定)", "5m"],
        ["late_bids", "末段报价延时", "(未规定)", "顺延"],
    ]


def test_diff_of_a_file_and_its_base_shows_the_departure(cli: Cli, tmp_path: Path) -> None:
    path = rule_file(tmp_path, f'name = "公告七"\n{TAICANG}countdown = "5m"\n')
    done = cli("rules", "diff", "taicang", path)
    assert done.status == 0
    assert [re.split(r"\s{2,}", line.strip()) for line in done.out.splitlines()[2:]] == [
        ["countdown", "countdown", "4m", "5m"]
    ]
    document: dict[str, Any] = cli("rules", "diff", "taicang", path, "--json").json
    assert document == {
        "schema": "pyauction.rules.diff/1",
        "left": "taicang",
        "right": "公告七",
        "method": {"left": "listing", "right": "listing"},
        "periods": [],
        "differences": [
            {
                "name": "countdown",
                "left": {"value": "4m", "source": "TC art. 23", "status": "text"},
                "right": {"value": "5m", "source": "", "status": "notice", "departs_from": "4m"},
            }
        ],
    }


@pytest.mark.parametrize(("lang", "said"), [((), "no difference\n"), (("--lang", "zh-CN"), "没有差别\n")])
def test_diff_of_the_same(cli: Cli, lang: tuple[str, ...], said: str) -> None:
    done = cli("rules", "diff", "fujian", "fujian", *lang)
    assert (done.status, done.out, done.err) == (0, said, "")
    assert cli("rules", "diff", "fujian", "fujian", "--json").json["differences"] == []


@pytest.mark.parametrize("left", BOOKS)
def test_diff_as_json_tells_both_sides(cli: Cli, left: str) -> None:
    right = BOOKS[BOOKS.index(left) - 1]
    documents = [cli("rules", "show", name, "--json").json for name in (left, right)]
    one, other = (document["rules"] for document in documents)
    periods = [{period["name"]: period for period in document["periods"]} for document in documents]

    def days(period: dict[str, Any] | None) -> object:
        return period and (period["least"], period["most"], period["unit"])

    def compared(rule: dict[str, Any] | None) -> object:
        return rule and ("open" if "required" in rule else rule["value"], "value" in rule)

    done = cli("rules", "diff", left, right, "--json")
    assert (done.status, done.json) == (
        0,
        {
            "schema": "pyauction.rules.diff/1",
            "left": left,
            "right": right,
            "method": {"left": documents[0]["method"], "right": documents[1]["method"]},
            "periods": [
                {"name": name, "left": periods[0].get(name), "right": periods[1].get(name)}
                for name in dict.fromkeys([*periods[0], *periods[1]])
                if days(periods[0].get(name)) != days(periods[1].get(name))
            ],
            "differences": [
                {"name": key, "left": one.get(key), "right": other.get(key)}
                for key in PARAMETERS
                if compared(one.get(key)) != compared(other.get(key))
            ],
        },
    )


# parameters


def test_parameters_tells_every_parameter_and_every_choice_in_both_languages(cli: Cli) -> None:
    english, chinese = cli("rules", "parameters"), cli("rules", "parameters", "--lang", "zh-CN")
    stated = {each["name"]: each for each in cli("rules", "parameters", "--json").json["parameters"]}
    assert list(stated) == list(PARAMETERS)
    for name, parameter in PARAMETERS.items():
        assert re.search(rf"^{name} +{re.escape(parameter.en)} ", english.out, re.MULTILINE)
        assert re.search(rf"^{name} +{re.escape(parameter.zh)} ", chinese.out, re.MULTILINE)
        for word in parameter.choices:
            assert squeezed(word) in squeezed(english.out)
            assert word in stated[name]["choices"]
    assert (english.status, chinese.status) == (0, 0)


def test_the_rule_book_that_contributing_shows_is_sound(cli: Cli, tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text("utf-8")
    text = guide.partition("```toml\n")[2].partition("```")[0]
    path = tmp_path / "example_2026.toml"
    path.write_text(text, "utf-8")
    done = cli("rules", "check", path, "--json")
    assert (done.status, done.json["problems"]) == (0, [])
    assert done.json["open"] == ["start_price", "increment", "free"]


# A reserve that several set

SETTERS = NOTICE.replace(
    'reserve = "declared_none"', 'reserve = "required"\nreserve_setters = 3\nreserve_rounding = "up"'
)
OPEN_COMMITMENT = 'reserve_commitment = { required = "each notice", required_zh = "由公告写明" }\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f'{SETTERS}reserve_commitment = "at_entry"\n', None),
        (f"{SETTERS}{OPEN_COMMITMENT}", None),
        (
            f'{SETTERS}reserve_commitment = "before_opening"\n',
            ("reserve_setters", "needs a required reserve that is committed to at its entry"),
        ),
        (
            f'{SETTERS}reserve_commitment = "at_entry"\n'.replace("= 3", "= 17"),
            ("reserve_setters", "expected 2 to 16, received 17"),
        ),
        (
            f'{SETTERS}reserve_commitment = "at_entry"\n'.replace('reserve_rounding = "up"\n', ""),
            ("reserve_rounding", "must be stated with reserve_setters; there is no default"),
        ),
    ],
    ids=["sound", "open commitment", "committed before", "too many", "no rounding"],
)
def test_check_knows_the_setters_of_a_reserve(cli: Cli, tmp_path: Path, text: str, found: Any) -> None:
    path = rule_file(tmp_path, text)
    done = cli("rules", "check", path, "--json")
    assert [(each["key"], each["en"]) for each in done.json["problems"]] == ([] if found is None else [found])
    if found is not None and found[0] in text:
        (problem,) = done.json["problems"]
        assert path.read_text("utf-8").splitlines()[problem["line"] - 1].startswith(found[0])
