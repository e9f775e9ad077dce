"""`pyauction disclose`: put on record what a reserve was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import rich_click as click

from .._engine import FileJournal, SealedReserve
from ..errors import MisuseError, UnknownLot
from ..explain import explain
from ..house import AuctionHouse
from ..lot import LotSnapshot
from ..refusals import Reason
from ..replay import replay
from ..told import Told
from ..verifier.reserve import SCHEMA as OPENING_SCHEMA
from .faults import DONE, NO, Unreadable
from .journal_folder import check_journal
from .output import console, note, print_json
from .program import FILE, FOLDER, Settings, command

if TYPE_CHECKING:
    from .._engine import Decision

_OF_FIGURE = {
    "en": "record {seq}: one setter's figure of the reserve of lot {lot} was {amount}; it fits the recorded commitment",
    "zh-CN": "第 {seq} 条记录：标的 {lot} 的单人底价为 {amount}，与已登记的承诺值相符",
}
_WORDS = {
    "en": "record {seq}: the reserve of lot {lot} was {amount}; it fits the recorded commitment",
    "zh-CN": "第 {seq} 条记录：标的 {lot} 的底价为 {amount}，与已登记的承诺值相符",
}

_LONGEST_TEXT = 255
"""Bytes of a text of a record (FORMAT.md A.1)."""


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
    _check_by(by)
    facts = _lot_to_disclose(journal, lot)
    sealed = SealedReserve.from_file(sealed_file)
    if (reason := _refusal(facts, sealed)) is not None:
        return _refused(reason, settings)
    with _new_file(opening) as file:
        # Whatever may go wrong with the passphrase and the files goes wrong before the journal is taken up.
        sealed._unlock(passphrase_fd=passphrase_fd, lang=settings.lang)  # noqa: SLF001 - the house's own way, ahead of it
        with AuctionHouse(FileJournal(journal), timers=False) as house:
            decision = house.disclose_reserve(lot, sealed, by=by)
        if not decision.accepted:
            raise MisuseError(decision.message(settings.lang))
    _say(decision, facts, settings)
    if file is not None:
        _write(file, facts, decision)
    return DONE


def _check_by(by: str) -> None:
    if (
        not by
        or len(by.encode()) > _LONGEST_TEXT
        or any(character < " " or "\x7f" <= character <= "\x9f" for character in by)
    ):
        raise MisuseError(
            Told(
                f"--by: expected 1 to {_LONGEST_TEXT} bytes without control characters, received {by!r}",
                f"--by：应为 1 至 {_LONGEST_TEXT} 字节且不含控制字符，实为 {by!r}",
            )
        )


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


def _refusal(lot: LotSnapshot, sealed: SealedReserve) -> Reason | None:
    """Return why a disclosure would be refused (FORMAT.md B.6), as far as it can be known without the passphrase."""
    if lot.state not in ("decided", "terminated"):
        return Reason.WRONG_PHASE
    if not lot.reserve_commitments:
        return Reason.RESERVE_MISSING
    return None if sealed.commitment in lot.reserve_commitments else Reason.COMMITMENT_MISMATCH


def _refused(reason: Reason, settings: Settings) -> int:
    """Say that nothing was disclosed, and why. Nothing was recorded either."""
    if settings.json:
        print_json({"schema": "pyauction.disclose/1", "accepted": False, "reason": reason, "seq": None})
    else:
        note(explain(reason).text(settings.lang))
    return NO


@contextmanager
def _new_file(path: Path | None) -> Iterator[TextIO | None]:
    """Create the file for the opening before anything is disclosed; it does not stay if nothing is."""
    if path is None:
        yield None
        return
    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError:
        said = Told(f"{path}: exists; an opening is not written over it", f"{path}：已存在；开示文件不覆盖已有文件")
        raise Unreadable(said) from None
    try:
        yield file
    except BaseException:
        file.close()
        path.unlink()
        raise


def _say(decision: Decision, lot: LotSnapshot, settings: Settings) -> None:
    fields = decision.fields()
    if settings.json:
        stated = {name: fields[name] for name in ("seq", "at_ns", "amount_minor", "blinding", "by")}
        print_json({"schema": "pyauction.disclose/1", "accepted": True, "lot": lot.name, "reason": None, **stated})
    else:
        amount = lot.money.show(fields["amount_minor"])
        words = _OF_FIGURE if lot.reserve_setters > 1 else _WORDS
        console().print(words[settings.lang].format(seq=decision.seq, lot=lot.name, amount=amount), soft_wrap=True)


def _write(file: TextIO, lot: LotSnapshot, decision: Decision) -> None:
    """Write the opening of FORMAT.md A.6. The reserve is disclosed, whatever becomes of this."""
    fields: dict[str, Any] = decision.fields()
    opening = {
        "schema": OPENING_SCHEMA,
        "lot": lot.name,
        "round": lot.round,
        "currency": lot.currency,
        "exponent": lot.exponent,
        "amount_minor": fields["amount_minor"],
        "blinding": fields["blinding"],
    }
    try:
        with file:
            json.dump(opening, file, ensure_ascii=False, indent=2)
            file.write("\n")
    except OSError as error:
        raise Unreadable(
            Told(
                f"{file.name}: {error.strerror}; record {decision.seq} of the journal discloses the reserve all the same",
                f"{file.name}：{error.strerror}；底价仍已由日志第 {decision.seq} 条记录开示",
            )
        ) from error
