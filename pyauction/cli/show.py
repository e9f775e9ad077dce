"""`pyauction show`: the records of a journal as a table."""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import rich_click as click

from ..clock import show_time
from ..errors import UnknownLot
from ..events import Event
from ..narrative import tell
from ..replay import Replayed, Step
from ..replay import replay as replay_journal
from ..told import Told
from .faults import DONE
from .journal_folder import check_journal
from .output import console, note, print_json, table
from .program import FOLDER, Settings, command

if TYPE_CHECKING:
    from .._engine import Quote
    from ..explanations import Language
    from ..lot import LotSnapshot

_COLUMNS = {
    "en": ("seq", "time", "lot", "record", "bidder", "amount", "what", "top after", "closes at"),
    "zh-CN": ("序号", "时间", "标的", "记录", "竞买号", "金额", "说明", "记录后最高价", "截止时间"),
}
_LOT_COLUMN, _TOP_COLUMN, _CLOSES_COLUMN = 2, 7, 8
_NARROW = 130
"""Columns of a terminal below which the state after a record is left out, and long names are cut in their middle."""
_NAME = 13
"""Letters that a name has in a narrow terminal."""
_WIDE = 200
"""Columns of a terminal from which on reasons are also told in words."""
_LEFT_OUT = {
    "en": "The terminal is narrow: years, the top bid and the deadline are left out and names are cut; --json has all.",
    "zh-CN": "终端较窄：未列年份、最高价与截止时间，名称有省略；--json 列出全部。",
}
_DONE_WORDS = {
    "en": "{count} records shown, times in {zone}; lots: {lots}; state hash after record {seq}: {hash}",
    "zh-CN": "共 {count} 条记录，时区 {zone}；标的：{lots}；第 {seq} 条记录之后的状态哈希：{hash}",
}


if TYPE_CHECKING:
    _ZoneType = click.ParamType[timezone]
else:
    _ZoneType = click.ParamType  # Before 8.4 click's types take no parameter.


class _Zone(_ZoneType):
    """An offset from UTC. Names of zones would depend on what the machine has installed."""

    name = "±HH:MM"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timezone:
        """Return the zone, or refuse the text."""
        if isinstance(value, timezone):
            return value
        match = re.fullmatch(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])", str(value), re.ASCII)
        if match is None:
            self.fail(f"expected an offset from UTC as +08:00, received {value}", param, ctx)
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(offset if match[1] == "+" else -offset)


@command("show", "以表格列出日志中的记录；金额按标的的计价单位显示。")
@click.argument("journal", type=FOLDER)
@click.option("--until", type=click.IntRange(1), metavar="SEQ", help="Up to and with record SEQ. 截至序号")
@click.option("--lot", metavar="NAME", help="Only the records of this lot. 仅列此标的")
@click.option("--zone", type=_Zone(), default="+08:00", show_default=True, help="The offset of times from UTC. 时区")
def show(settings: Settings, journal: Path, *, until: int | None, lot: str | None, zone: timezone) -> int:
    """List the records of a journal: who did what, what was decided, and the price after it.

    The journal is replayed while it is read, so that what is shown was decided so. Nothing is written.
    """
    check_journal(journal)
    replayed = replay_journal(journal, until=until)
    steps = _chosen(replayed, lot, journal)
    if settings.json:
        print_json(_document(journal, replayed, steps))
        return DONE
    shown = console()
    columns = _COLUMNS[settings.lang]
    narrow = shown.width < _NARROW
    # One lot needs no column of its own; the line below names it.
    dropped = [_LOT_COLUMN] if len(replayed.lots) == 1 else []
    dropped += [_TOP_COLUMN, _CLOSES_COLUMN] if narrow else []
    made = table(_without(columns, dropped), right=(columns[0],), cut=narrow)
    quotes: dict[int, Quote] = {}
    for step in steps:
        lang = settings.lang if shown.width >= _WIDE else None
        row = _row(step, replayed, lang, zone, before=quotes.get(step.event.lot))
        quotes[step.event.lot] = step.quote
        made.add_row(*_without(_shortened(row) if narrow else row, dropped))
    shown.print(made)
    if narrow:
        note(_LEFT_OUT[settings.lang])
    words = {
        "count": len(steps),
        "lots": ", ".join(each.name for each in replayed.lots) or "-",
        "seq": replayed.seq,
        "hash": replayed.state_hash.hex(),
        "zone": zone,
    }
    note(_DONE_WORDS[settings.lang].format(**words))
    return DONE


def _chosen(replayed: Replayed, name: str | None, journal: Path) -> list[Step]:
    if name is None:
        return list(replayed)
    numbers = {lot.name: lot.lot for lot in replayed.lots}
    if name not in numbers:
        raise UnknownLot(Told(f"{journal}: there is no lot named {name}", f"{journal}：没有名为 {name} 的标的"))
    return [step for step in replayed if step.event.lot == numbers[name]]


def _lot(event: Event, replayed: Replayed) -> LotSnapshot | None:
    """Return the facts of a record's lot as they are after the last record: its names and its money never change."""
    return replayed.lots[event.lot - 1] if event.lot else None


def _bidder(event: Event, lot: LotSnapshot | None) -> str:
    if lot is not None and event.bidder:
        return lot.bidder_name(event.bidder) or ""
    return getattr(event, "name", "") if type(event).__name__ == "CommandRefused" else ""


def _row(
    step: Step, replayed: Replayed, lang: Language | None, zone: timezone, *, before: Quote | None
) -> tuple[str, ...]:
    event, quote = step.event, step.quote
    lot = _lot(event, replayed)
    amount = _amount_of(event)
    return (
        str(event.seq),
        _short(event.at_ns, zone),
        lot.name if lot else "",
        type(event).__name__,
        _bidder(event, lot),
        lot.money.show(amount) if lot and amount is not None else "",
        tell(event, lot, lang, zone, quote=quote, before=before) if lang else _what(event),
        lot.money.show(quote.standing_minor) if lot and quote.standing_minor is not None else "",
        _closing(quote.closes_at_ns, event.at_ns, zone) if lot and quote.closes_at_ns is not None else "",
    )


def _amount_of(event: Event) -> int | None:
    """Return the amount that a record states, if it states one."""
    for field in ("amount_minor", "price_minor", "top_minor"):
        amount = getattr(event, field, None)
        if isinstance(amount, int) and amount > 0:
            return amount
    return None


def _what(event: Event) -> str:
    """Return what a record says, in a word."""
    if event.reason is not None:
        return event.reason
    words = (getattr(event, field, "") for field in ("kind", "result", "cause", "command"))
    return " ".join(str(word) for word in words if word not in ("", "none"))


def _short(ns: int, zone: timezone) -> str:
    """Return a time without its offset, which stands below the table, and without the zeros of an even second."""
    day, clock = show_time(ns, zone)[: -len("+0800")].split(" ")
    seconds, _, digits = clock.partition(".")
    while digits.endswith("000"):
        digits = digits[:-3]
    return f"{day} {seconds}{'.' + digits if digits else ''}"


def _closing(closes_at_ns: int, now_ns: int, zone: timezone) -> str:
    """Return a deadline, without its day if that is the record's own."""
    deadline = _short(closes_at_ns, zone)
    day, _, clock = deadline.partition(" ")
    return clock if _short(now_ns, zone).startswith(day) else deadline


def _shortened(row: tuple[str, ...]) -> tuple[str, ...]:
    """Return a row for a narrow terminal: no year, and names that keep their two ends."""
    seq, time, lot, record, bidder, *rest = row
    return (seq, time[len("2026-") :], _ends(lot), record, _ends(bidder), *rest)


def _ends(name: str) -> str:
    half = _NAME // 2
    return name if len(name) <= _NAME else f"{name[:half]}…{name[-half:]}"


def _without(cells: tuple[str, ...], dropped: list[int]) -> tuple[str, ...]:
    return tuple(cell for number, cell in enumerate(cells) if number not in dropped)


def _document(journal: Path, replayed: Replayed, steps: list[Step]) -> dict[str, Any]:
    return {
        "schema": "pyauction.show/1",
        "journal": str(journal),
        "last_seq": replayed.seq,
        "state_hash": replayed.state_hash.hex(),
        "lots": [{"lot": lot.lot, "name": lot.name, "state": lot.state} for lot in replayed.lots],
        "records": [_record(step, replayed) for step in steps],
    }


def _record(step: Step, replayed: Replayed) -> dict[str, Any]:
    lot = _lot(step.event, replayed)
    fields: dict[str, Any] = msgspec.to_builtins(step.event)
    quote = step.quote
    after = {
        "standing_minor": quote.standing_minor,
        "ask_minor": quote.ask_minor,
        "leader": lot.bidder_name(quote.leader) if lot else None,
        "phase": quote.phase,
        "closes_at_ns": quote.closes_at_ns,
    }
    return fields | {
        "lot_name": lot.name if lot else None,
        "bidder_name": _bidder(step.event, lot) or None,
        "quote": after,
    }
