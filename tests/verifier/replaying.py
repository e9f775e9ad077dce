"""Records held against the rules: what the tests of the replay start from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from auction_room import OPENED, rules
from journal_writer import JournalWriter
from verifier import BidAccepted, Model, Record, Report, commitment, encode, verify_files

BLINDING = bytes(range(32))


def commitment_to(amount: int) -> bytes:
    """Return the commitment to an amount for the lot that most tests have."""
    return commitment("lot-1", 1, "CNY", 2, amount, BLINDING)


C = commitment_to(120)


def flat(course: list[list[Record]]) -> list[Record]:
    return [record for records in course for record in records]


def replayed(records: list[Record], **options: Any) -> Report:
    """Return the report of a journal that holds these records as they are, and is sound as far as bytes go."""
    writer = JournalWriter()
    for record in records:
        writer.raw_records([encode(record)])
    return verify_files(writer.files(), **options)


def divergence(records: list[Record]) -> tuple[str, int | None]:
    """Return code and sequence of the one finding."""
    (finding,) = replayed(records).findings
    return finding.code, finding.seq


def renumbered(records: list[Record]) -> list[Record]:
    """Return records with sequences as a forger would set them."""
    numbers: dict[int, int] = {}
    result = []
    for seq, record in enumerate(records, 1):
        numbers[record.lot] = numbers.get(record.lot, 0) + 1
        result.append(replace(record, seq=seq, lot_seq=numbers[record.lot] if record.lot else 0))
    return result


def accepted(model: Model, **changes: Any) -> BidAccepted:
    stated: dict[str, Any] = {
        "seq": model.seq + 1, "at": 1_050, "lot": 1, "lot_seq": model.lot(1).lot_seq + 1, "bidder": 1, "amount": 100,
        "closes_at": 1_100,
    }  # fmt: skip
    return BidAccepted(**(stated | changes))


def opened() -> tuple[Model, list[Record]]:
    """Return a house with one plain lot and one admitted bidder, with its records."""
    model = Model()
    records = model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=rules())
    return model, records + model.admit_bidder(1_010, 1, "a")
