"""`pyauction doctor`: what one needs to know of a machine to judge a fault or a figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from ..told import in_language
from . import machine
from .diagnosis import USABLE
from .faults import DONE, UNREADABLE
from .output import console, print_json, table
from .program import FOLDER, Settings, command

if TYPE_CHECKING:
    from ..explanations import Language

_PARTS = {
    "en": {"versions": "versions", "clock": "clock", "reserve": "reserve", "journal": "journal folder"},
    "zh-CN": {"versions": "版本", "clock": "时钟", "reserve": "底价保管", "journal": "日志目录"},
}
_CANNOT = {
    "en": "A reserve cannot be held on this machine: {why}",
    "zh-CN": "本机无法保管底价：{why}",
}


@command("doctor", "检查运行环境：版本、时钟、锁定内存、日志目录的落盘耗时。")
@click.option("--journal", type=FOLDER, help="Also look at this folder: sync cost, filesystem, lock, journal. 日志目录")
def doctor(settings: Settings, *, journal: Path | None) -> int:
    """Show versions, build, clock, whether a reserve can be held, and what a journal's folder costs.

    A journal in the folder is read and not touched: its state is told, and what can be done if it is damaged. Exit status
    3 if a reserve cannot be held on this machine, or if the journal is not clean.
    """
    found: dict[str, dict[str, Any]] = {
        "versions": machine.versions(),
        "clock": machine.clock(),
        "reserve": machine.locked_memory(),
    }
    if journal is not None:
        found["journal"] = machine.folder(journal)
    if settings.json:
        print_json({"schema": "pyauction.doctor/1", **found})
    else:
        _print(found, settings)
    usable = found.get("journal", {}).get("state", "clean") in USABLE
    return DONE if found["reserve"]["can_hold_reserve"] and usable else UNREADABLE


def _print(found: dict[str, dict[str, Any]], settings: Settings) -> None:
    shown = console()
    made = table(("", "", ""))
    made.show_header = False
    for part, facts in found.items():
        for number, (name, value) in enumerate(facts.items()):
            made.add_row("" if number else _PARTS[settings.lang][part], name, _text(name, value, settings.lang))
        made.add_section()
    shown.print(made)
    if not found["reserve"]["can_hold_reserve"]:
        shown.print(_CANNOT[settings.lang].format(why=found["reserve"]["why"]), style="bold red", soft_wrap=True)


def _text(name: str, value: object, lang: Language) -> str:
    """Return a fact as text: sizes in bytes and times in nanoseconds with their separators."""
    if value is None:
        return "unlimited" if name.startswith("memlock") else "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        f"{value:,}"
        if isinstance(value, int)
        else in_language(str(value) if not isinstance(value, str) else value, lang)
    )
