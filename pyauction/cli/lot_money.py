"""The money of a journal's lots, so that every command shows an amount in the unit that the lot was quoted in."""

from __future__ import annotations

import re
from pathlib import Path

from .._engine import decode_record, read_journal
from ..errors import JournalError
from ..money import Money, Unit


def money_of_lots(journal: Path) -> dict[int, Money]:
    """Return the money of every lot, by its number. A journal that cannot be read to its end has those before it."""
    _, records, _ = read_journal(journal, 0)
    money = {}
    for record in records:
        try:
            fields = decode_record(record)
        except JournalError:
            break  # Bytes that fit their frame and are no record: whoever verifies the journal is told so.
        if fields["type"] == "LotOpened":
            money[fields["lot"]] = _money(fields)
    return money


def in_units(report: str, journal: Path) -> str:
    """Return a verifier's report with hammer prices in the lots' units: a verifier knows the currency alone."""
    money = money_of_lots(journal)
    return "\n".join(_line_in_unit(line, money) for line in report.split("\n"))


def _line_in_unit(line: str, money: dict[int, Money]) -> str:
    lot = re.match(r"  ([0-9]+)  ", line)
    known = money.get(int(lot[1])) if lot else None
    if known is None:
        return line
    # A bidder's name stands before the amount and may look like one.
    amount = re.fullmatch(rf"(.*) ([0-9.]+) {re.escape(known.currency)}([^0-9]*)", line)
    if amount is None:
        return line
    return f"{amount[1]} {known.show(int(amount[2].replace('.', '')))}{amount[3]}"


def _money(fields: dict[str, object]) -> Money:
    unit = Unit(str(fields["unit"]), int(str(fields["unit_scale"]))) if fields["unit"] else None
    return Money(str(fields["currency"]), int(str(fields["exponent"])), unit)
