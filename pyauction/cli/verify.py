"""`pyauction verify`: whether a journal is whole and every record follows from the ones before."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from ..independent import run_verifier
from ..verifier import FormatError, Opening, read_opening
from ..verify import verify as verify_journal
from .faults import DONE, NO, UNREADABLE, Unreadable
from .journal_folder import check_journal
from .lot_money import in_units
from .output import console, note, print_json, verdict
from .program import FILE, FOLDER, Settings, command

if TYPE_CHECKING:
    _PinType = click.ParamType[tuple[int, str]]
else:
    _PinType = click.ParamType  # Before 8.4 click's types take no parameter.


class _Pin(_PinType):
    """A sequence and the chain value that was noted after it."""

    name = "SEQ:HEX"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, str]:
        """Return the pair, or refuse the text."""
        match = re.fullmatch(r"([0-9]{1,19}):([0-9a-fA-F]{64})", str(value), re.ASCII)
        if match is None:
            self.fail(f"expected SEQ:HEX, a sequence and 64 hexadecimal digits, received {value}", param, ctx)
        return int(match[1]), match[2].lower()


@command("verify", "验证日志：帧、哈希链、逐条重演、成交结果与底价。")
@click.argument("journal", type=FOLDER)
@click.option("--independent", is_flag=True, help="Verify in pure Python, in a process without the engine. 独立验证")
@click.option("--expect-chain", type=_Pin(), metavar="SEQ:HEX", help="A chain value noted after record SEQ. 应有链值")
@click.option("--opening", "openings", type=FILE, multiple=True, help="An opening that proves a reserve. 底价开示文件")
def verify(
    settings: Settings,
    journal: Path,
    *,
    independent: bool,
    expect_chain: tuple[int, str] | None,
    openings: tuple[Path, ...],
) -> int:
    """Verify a journal: its frames, its chain, every decision, the settlement and the reserve.

    Nothing is written and no lock is taken. Whoever can write the folder can recompute an unkeyed chain; a chain value
    that was noted elsewhere (--expect-chain) shows that too.
    """
    read = [_opening(path) for path in openings]
    check_journal(journal)
    if independent:
        return _verify_independently(settings, journal, expect_chain, openings)
    report = verify_journal(journal, opening=read, expect_chain=expect_chain)
    if settings.json:
        print_json(report.to_json())
    else:
        _print_titled(in_units(report.to_text(settings.lang), journal), good=report.ok)
    return DONE if report.ok else NO


def _opening(path: Path) -> Opening:
    try:
        return read_opening(path.read_bytes())
    except FormatError as error:
        raise Unreadable(f"{path}: {error}") from error


def _print_titled(text: str, *, good: bool) -> None:
    title, _, rest = text.partition("\n")
    shown = console()
    shown.print(verdict(title, good=good), soft_wrap=True)
    shown.print(rest, end="", soft_wrap=True)


def _verify_independently(
    settings: Settings, journal: Path, expect_chain: tuple[int, str] | None, openings: tuple[Path, ...]
) -> int:
    arguments = ["--lang", settings.lang]
    if settings.json:
        arguments.append("--json")
    if expect_chain is not None:
        arguments += ["--expect-chain", f"{expect_chain[0]}:{expect_chain[1]}"]
    for path in openings:
        arguments += ["--opening", str(path.absolute())]
    done = run_verifier(journal, arguments)
    if done.returncode == UNREADABLE:
        raise Unreadable(done.stderr.decode("utf-8", "replace").strip().removeprefix("verifier: "))
    text = done.stdout.decode()
    if settings.json:
        print_json(text)
    else:
        _print_titled(in_units(text, journal), good=done.returncode == DONE)
        words = "checked by the independent verifier, without pyauction's engine"
        note(words if settings.lang == "en" else "由独立验证程序检查，未使用 pyauction 引擎")
    return DONE if done.returncode == DONE else NO
