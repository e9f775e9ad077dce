"""`pyauction explain`: what a code means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import rich_click as click

from ..citation import rule_of
from ..explain import explain as explain_code
from ..explain import explanations, finding_explanations
from ..explanations import Explanation
from .faults import DONE
from .output import console, print_json, table
from .program import Settings, command

if TYPE_CHECKING:
    from ..explanations import Language

_WORDS = {
    "en": ("code", "no.", "meaning", "rule"),
    "zh-CN": ("代码", "编号", "含义", "依据"),
}
_EXAMPLE = {"en": "example", "zh-CN": "示例"}
_FINDING = {"en": "a verifier's finding", "zh-CN": "验证发现"}


@command("explain", "说明拒绝代码或验证发现代码的含义、依据与示例；不给代码则全部列出。")
@click.argument("code", required=False)
def explain(settings: Settings, code: str | None) -> int:
    """Say what the code of a refusal or of a verifier's finding means, with its rule and an example; or list all."""
    found = (*explanations(), *finding_explanations()) if code is None else (explain_code(code),)
    if settings.json:
        print_json({"schema": "pyauction.explain/1", "codes": [msgspec.to_builtins(each) for each in found]})
    elif code is None:
        _list(found, settings.lang)
    else:
        _tell(found[0], settings.lang)
    return DONE


def _list(found: tuple[Explanation, ...], lang: Language) -> None:
    name, number, meaning, rule = _WORDS[lang]
    made = table((number, name, meaning, rule), right=(number,))
    for each in found:
        made.add_row("-" if each.number is None else str(each.number), each.code, each.text(lang), rule_of(each, lang))
    console().print(made)


def _tell(found: Explanation, lang: Language) -> None:
    """Say it in both languages, the asked one first: a bidder's complaint may come in either."""
    texts = (found.en, found.zh) if lang == "en" else (found.zh, found.en)
    name, number, _, rule = _WORDS[lang]
    shown = console()
    kind = _FINDING[lang] if found.number is None else f"{name} / {number} {found.number}"
    shown.print(f"{found.code}  ({kind})", style="bold", soft_wrap=True)
    for text in texts:
        shown.print(f"  {text}", soft_wrap=True)
    shown.print(f"  {rule}: {rule_of(found, lang)}", soft_wrap=True)
    shown.print(f"  {_EXAMPLE[lang]}: {found.example(lang)}", soft_wrap=True)
