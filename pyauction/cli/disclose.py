"""`pyauction disclose`: put on record what a reserve was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from .._engine import FileJournal, SealedReserve
from ..errors import MisuseError, UnknownLot
from ..history.findings import Told
from ..house import AuctionHouse
from ..lot import LotSnapshot
from ..replay import replay
from ..verifier.reserve import SCHEMA as OPENING_SCHEMA
from .faults import DONE, NO, Unreadable
from .journal_folder import check_journal
from .output import console, note, print_json
from .program import FILE, FOLDER, Settings, command

if TYPE_CHECKING:
    from .._engine import Decision

_WORDS = {
    "en": "record {seq}: the reserve of lot {lot} was {amount}; it fits the recorded commitment",
    "zh-CN": "第 {seq} 条记录：标的 {lot} 的底价为 {amount}，与已登记的承诺值相符",
}


@command("disclose", "将已结束标的的底价开示并记入日志；须有密封文件及其口令。")
@click.argument("journal", type=FOLDER)
@click.argument("lot")
@click.argument("sealed_file", type=FILE)
@click.option("--by", required=True, metavar="WHO", help="Who discloses it; recorded. 开示人")
@click.option("--passphrase-fd", type=click.IntRange(0), help="Read the passphrase from a pipe or file. 口令描述符")
@click.option("--opening", type=FILE, help="Also write the opening, with which others prove it. 写出开示文件")
def disclose(
    settings: Settings,
    journal: Path,
    lot: str,
    sealed_file: Path,
    *,
    by: str,
    passphrase_fd: int | None,
    opening: Path | None,
) -> int:
    """Disclose the reserve of a lot that is over, and record who did.

    The house of the journal must not be running, and no lot of it may be open: a house that is taken up handles the
    deadlines that have passed, and that is not for this command to cause.
    """
    facts = _lot_to_disclose(journal, lot)
    sealed = SealedReserve.from_file(sealed_file)
    if opening is not None and opening.exists():
        raise Unreadable(
            Told(f"{opening}: exists; an opening is not written over it", f"{opening}：已存在；开示文件不覆盖已有文件")
        )
    with AuctionHouse(FileJournal(journal), timers=False) as house:
        decision = house.disclose_reserve(lot, sealed, by=by, passphrase_fd=passphrase_fd)
    if not decision.accepted:
        return _refused(decision, settings)
    fields = decision.fields()
    if opening is not None:
        _write(opening, facts, fields)
    if settings.json:
        stated = {name: fields[name] for name in ("seq", "at_ns", "amount_minor", "blinding", "by")}
        print_json({"schema": "pyauction.disclose/1", "accepted": True, "lot": lot, "reason": None, **stated})
    else:
        amount = facts.money.show(fields["amount_minor"])
        console().print(_WORDS[settings.lang].format(seq=decision.seq, lot=lot, amount=amount), soft_wrap=True)
    return DONE


def _lot_to_disclose(journal: Path, name: str) -> LotSnapshot:
    """Return the lot's facts, read without opening the journal for writing."""
    check_journal(journal)
    lots = {lot.name: lot for lot in replay(journal).lots}
    if running := [lot.name for lot in lots.values() if lot.state in ("scheduled", "bidding")]:
        raise MisuseError(
            Told(
                f"lot {running[0]} is still open; disclose through the house that runs it (disclose_reserve)",
                f"标的 {running[0]} 尚未结束；请由主持它的拍卖行开示（disclose_reserve）",
            )
        )
    if name not in lots:
        raise UnknownLot(Told(f"{journal}: there is no lot named {name}", f"{journal}：没有名为 {name} 的标的"))
    return lots[name]


def _refused(decision: Decision, settings: Settings) -> int:
    if settings.json:
        print_json(
            {"schema": "pyauction.disclose/1", "accepted": False, "reason": decision.reason, "seq": decision.seq}
        )
    else:
        note(decision.message(settings.lang))
    return NO


def _write(path: Path, lot: LotSnapshot, fields: dict[str, Any]) -> None:
    """Write the opening of FORMAT.md A.6."""
    opening = {
        "schema": OPENING_SCHEMA,
        "lot": lot.name,
        "round": lot.round,
        "currency": lot.currency,
        "exponent": lot.exponent,
        "amount_minor": fields["amount_minor"],
        "blinding": fields["blinding"],
    }
    with path.open("x", encoding="utf-8") as file:
        json.dump(opening, file, ensure_ascii=False, indent=2)
        file.write("\n")
