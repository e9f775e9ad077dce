"""`pyauction rules`: the rule books that come with the package, and the checks of a notice's own rule file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from ..citation import in_chinese
from ..rulebooks import (
    FORMS,
    PARAMETERS,
    Checked,
    Difference,
    Open,
    Parameter,
    Rulebook,
    Stated,
    check,
    differences,
    period_differences,
    rulebook,
    rulebook_names,
)
from ..rulebooks.values import as_data, show_value
from .faults import DONE, NO
from .output import console, print_json, table, verdict
from .program import Program, Settings, command

if TYPE_CHECKING:
    from ..explanations import Language
    from ..periods import Period

_WORDS = {
    "en": {
        "name": "name", "title": "title", "method": "method", "open": "left open", "parameter": "parameter",
        "value": "value", "source": "source", "status": "known from", "given": "to be given", "why": "why",
        "sources": "sources", "periods": "periods", "notes": "notes", "silent": "not stated", "based_on": "based on",
        "departs": "departs from {value} ({source})", "sound": "the rules hold together", "bad": "the rules do not hold",
        "needs": "still to be given before a lot opens", "same": "no difference",
        "form": "written as",
    },
    "zh-CN": {
        "name": "名称", "title": "标题", "method": "方式", "open": "待定项数", "parameter": "参数", "value": "取值",
        "source": "依据", "status": "来源", "given": "须给定", "why": "原因", "sources": "依据文件", "periods": "时限",
        "notes": "说明", "silent": "未规定", "based_on": "基于", "departs": "与 {value}（{source}）不同",
        "sound": "规则无矛盾", "bad": "规则有误", "needs": "标的开始前尚须给定", "same": "没有差别", "form": "写法",
    },
}  # fmt: skip
_COLON = {"en": ": ", "zh-CN": "："}
_NAMED = {"en": "{name} ({label})", "zh-CN": "{name}（{label}）"}
_METHODS = {"listing": ("listing", "网上挂牌"), "auction": ("online auction", "网上拍卖"), "tender": ("tender", "招标")}
_STATUS = {
    "text": ("text", "原文"),
    "press": ("press", "报道"),
    "inferred": ("inferred", "推断"),
    "notice": ("notice", "公告"),
}


@click.group("rules", cls=Program, short_help="Show and check rule books. 查看与检查规则")
def rules() -> None:
    """Show the rule books, and check a notice's own rule file.

    查看各地规则（均注明依据），检查公告自己的规则文件。
    """


@command("list", "列出随附的规则。")
def list_(settings: Settings) -> int:
    """List the rule books that come with the package."""
    books = [rulebook(name) for name in rulebook_names()]
    if settings.json:
        print_json({"schema": "pyauction.rules.list/1", "rulebooks": [_summary(book) for book in books]})
        return DONE
    words = _WORDS[settings.lang]
    made = table((words["name"], words["method"], words["open"], words["title"]), right=(words["open"],))
    for book in books:
        title = book.title if settings.lang == "zh-CN" else book.title_en
        made.add_row(book.name, _of(_METHODS[book.method], settings.lang), str(len(book.open_values)), title)
    console().print(made)
    return DONE


@command("show", "显示一种规则的各项取值与依据；也可给出规则文件的路径。")
@click.argument("name")
def show(settings: Settings, name: str) -> int:
    """Show a rule book, or a rule file by its path: every value, its source, and what is left open."""
    book = rulebook(name)
    if settings.json:
        print_json(_document(book))
    else:
        _tell(book, settings.lang)
    return DONE


@command("check", "检查规则文件：矛盾、不可能的阶段、增价表缺口，注明行号与键；有误则退出码为 1。")
@click.argument("file")
def check_(settings: Settings, file: str) -> int:
    """Check a rule file: contradictions, impossible phases, gaps in tables, each with its line and key."""
    found = check(file)
    if settings.json:
        print_json(_findings(file, found))
    else:
        _tell_findings(file, found, settings.lang)
    return NO if found.problems else DONE


@command("diff", "逐项比较两种规则。")
@click.argument("left")
@click.argument("right")
def diff(settings: Settings, left: str, right: str) -> int:
    """Compare two rule books or files: their methods, parameter by parameter, and their periods."""
    one, other = rulebook(left), rulebook(right)
    found, periods = differences(one, other), period_differences(one, other)
    if settings.json:
        rows = [{"name": each.name, "left": _rule(each.left), "right": _rule(each.right)} for each in found]
        rows_of_periods = [
            {"name": each.name, "left": _period(each.left), "right": _period(each.right)} for each in periods
        ]
        print_json(
            {
                "schema": "pyauction.rules.diff/1",
                "left": one.name,
                "right": other.name,
                "method": {"left": one.method, "right": other.method},
                "differences": rows,
                "periods": rows_of_periods,
            }
        )
        return DONE
    words = _WORDS[settings.lang]
    made = table((words["parameter"], "", one.name, other.name))
    if one.method != other.method:
        made.add_row("method", words["method"], *(_of(_METHODS[book.method], settings.lang) for book in (one, other)))
    for each in found:
        made.add_row(each.name, _label(each.name, settings.lang), *_sides(each, settings.lang))
    silent = f"({words['silent']})"
    for period in periods:
        sides = (silent if side is None else side.text(settings.lang) for side in (period.left, period.right))
        made.add_row(f"periods.{period.name}", words["periods"], *sides)
    console().print(made if made.row_count else words["same"])
    return DONE


@command("parameters", "列出规则文件可写的全部参数、含义与写法。")
def parameters(settings: Settings) -> int:
    """List every parameter that a rule file may state: what it is and how it is written."""
    if settings.json:
        rows = [
            {
                "name": each.name,
                "kind": each.kind,
                "en": each.en,
                "zh": each.zh,
                "choices": {
                    word: {"en": each.word(word, "en"), "zh": each.word(word, "zh-CN")} for word in each.choices
                },
            }
            for each in PARAMETERS.values()
        ]
        print_json({"schema": "pyauction.rules.parameters/1", "parameters": rows})
        return DONE
    words = _WORDS[settings.lang]
    made = table((words["parameter"], "", words["form"]))
    for each in PARAMETERS.values():
        choices = " | ".join(_choice(each, word, settings.lang) for word in each.choices)
        form = choices if each.kind == "choice" else _of(FORMS[each.kind], settings.lang)
        made.add_row(each.name, _label(each.name, settings.lang), form)
    console().print(made)
    return DONE


def _choice(parameter: Parameter, word: str, lang: Language) -> str:
    meaning = parameter.word(word, lang)
    return word if meaning == word else _NAMED[lang].format(name=word, label=meaning)


def _sides(difference: Difference, lang: Language) -> tuple[str, str]:
    return _said(difference.name, difference.left, lang), _said(difference.name, difference.right, lang)


def _said(name: str, rule: Stated | Open | None, lang: Language) -> str:
    match rule:
        case Stated():
            return show_value(name, rule.value, lang)
        case Open():
            return f"({_WORDS[lang]['given']})"
        case None:
            return f"({_WORDS[lang]['silent']})"


def _tell(book: Rulebook, lang: Language) -> None:
    words, shown = _WORDS[lang], console()
    titles = (book.title, book.title_en) if lang == "zh-CN" else (book.title_en, book.title)
    shown.print(f"{book.name}  ({_of(_METHODS[book.method], lang)})", style="bold", soft_wrap=True)
    for title in titles:
        shown.print(f"  {title}", soft_wrap=True)
    if book.based_on:
        shown.print(f"  {words['based_on']} {book.based_on}", soft_wrap=True)
    made = table((words["parameter"], "", words["value"], words["status"], words["source"]))
    for name, rule in book.rules.items():
        made.add_row(name, _label(name, lang), *_row(name, rule, lang))
    shown.print()
    shown.print(made)
    for title, lines in (
        (words["periods"], [f"{period.text(lang)}  [{_source(period.source, lang)}, {_of(_STATUS[period.status], lang)}]"
                            for period in book.periods]),
        (words["notes"], [note.text(lang) for note in book.notes]),
        (words["sources"], [f"{code}: {text}" for code, text in book.sources.items()]),
    ):  # fmt: skip
        if lines:
            shown.print(f"\n{title}", style="bold")
        for line in lines:
            shown.print(f"  {line}", soft_wrap=True)


def _row(name: str, rule: Stated | Open, lang: Language) -> tuple[str, str, str]:
    if isinstance(rule, Open):
        return f"({_WORDS[lang]['given']})", "", rule.reason(lang)
    source = _source(rule.source, lang)
    if rule.departs_from is not None:
        before = rule.departs_from
        departs = _WORDS[lang]["departs"].format(
            value=show_value(name, before.value, lang), source=_source(before.source, lang)
        )
        source = f"{source}; {departs}" if source else departs
    return show_value(name, rule.value, lang), _of(_STATUS[rule.status], lang), source


def _tell_findings(file: str, found: Checked, lang: Language) -> None:
    words, shown = _WORDS[lang], console()
    for problem in found.problems:
        shown.print(f"{file}{_COLON[lang]}{problem.message(lang)}", soft_wrap=True)
    if found.book is not None and not found.problems:
        for name in found.departures:
            rule = found.book.rules[name]
            if isinstance(rule, Stated):
                shown.print(
                    f"{name}: {show_value(name, rule.value, lang)}; {_row(name, rule, lang)[2]}", soft_wrap=True
                )
        for name, rule in found.book.rules.items():
            if isinstance(rule, Open) and name in found.open_values:
                label = _NAMED[lang].format(name=name, label=_label(name, lang))
                shown.print(f"{words['needs']}{_COLON[lang]}{label}{_COLON[lang]}{rule.reason(lang)}", soft_wrap=True)
    shown.print(verdict(words["bad"] if found.problems else words["sound"], good=not found.problems))


def _label(name: str, lang: Language) -> str:
    parameter = PARAMETERS[name]
    return parameter.zh if lang == "zh-CN" else parameter.en


def _of(pair: tuple[str, str], lang: Language) -> str:
    return pair[lang == "zh-CN"]


def _source(source: str, lang: Language) -> str:
    return in_chinese(source) if lang == "zh-CN" else source


def _summary(book: Rulebook) -> dict[str, Any]:
    return {
        "name": book.name,
        "title": book.title,
        "title_en": book.title_en,
        "method": book.method,
        "open": list(book.open_values),
    }


def _document(book: Rulebook) -> dict[str, Any]:
    return {
        "schema": "pyauction.rules.show/1",
        **_summary(book),
        "based_on": book.based_on,
        "digest": book.digest.hex(),
        "rules": {name: _rule(rule) for name, rule in book.rules.items()},
        "periods": [_period(period) for period in book.periods],
        "notes": [{"en": note.en, "zh": note.zh} for note in book.notes],
        "sources": book.sources,
    }


def _rule(rule: Stated | Open | None) -> dict[str, Any] | None:
    match rule:
        case Stated():
            before = None if rule.departs_from is None else as_data(rule.departs_from.value)
            stated = {"value": as_data(rule.value), "source": rule.source, "status": rule.status}
            return stated if rule.departs_from is None else {**stated, "departs_from": before}
        case Open():
            return {"required": rule.why, "required_zh": rule.why_zh}
        case None:
            return None


def _period(period: Period | None) -> dict[str, Any] | None:
    return None if period is None else {field: getattr(period, field) for field in period.__struct_fields__}


def _findings(file: str, found: Checked) -> dict[str, Any]:
    problems = [{"line": each.line, "key": each.key, "en": each.en, "zh": each.zh} for each in found.problems]
    return {
        "schema": "pyauction.rules.check/1",
        "file": file,
        "ok": not found.problems,
        "problems": problems,
        "open": list(found.open_values),
        "departures": list(found.departures),
    }


for _each in (list_, show, check_, diff, parameters):
    rules.add_command(_each)
